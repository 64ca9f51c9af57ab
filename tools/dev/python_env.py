"""The Python side: a private uv, and the project's environment in .venv from uv.lock."""

import importlib.util
import shutil
import sys
from pathlib import Path

from dev import stamps
from dev.machine import PRIVATE, ROOT, VENV, StepFailed, program, quietly, remove

_TOOLS = PRIVATE / "tools"
_UV_LIST = Path(__file__).with_name("requirements-uv.txt")
_STAMP = VENV / ".qiao-stamp"
_NETWORK = "Is the package index reachable? Behind a proxy set HTTPS_PROXY; with a mirror set PIP_INDEX_URL and UV_DEFAULT_INDEX."


def ensure_uv(env: dict[str, str]) -> str:
    """The path of the pinned uv, installed into .dev/tools when it is not there yet. Raises StepFailed."""
    stamp, expected = _TOOLS / ".qiao-stamp", stamps.hash_files(ROOT, [_UV_LIST], sys.version, str(ROOT))
    uv = program(_TOOLS, "uv")
    if stamps.is_fresh(stamp, expected) and Path(uv).exists():
        return uv
    if importlib.util.find_spec("ensurepip") is None:
        return _uv_from_elsewhere()
    remove(_TOOLS)
    quietly("private tools folder", [sys.executable, "-m", "venv", str(_TOOLS)], fix=_venv_advice(), env=env)
    install = [program(_TOOLS, "python"), "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", str(_UV_LIST)]
    quietly("uv, the package installer", install, fix=_NETWORK, env=env)
    stamps.write(stamp, expected)
    return uv


def _venv_advice() -> str:
    return f"apt-get install python3-venv (or python{sys.version_info[0]}.{sys.version_info[1]}-venv), then run this again."


def _uv_from_elsewhere() -> str:
    found = shutil.which("uv")
    if found:
        return found
    raise StepFailed("this Python cannot make environments: its venv part is not installed", _venv_advice())


def sync(uv: str, env: dict[str, str]) -> None:
    """Make .venv hold exactly what uv.lock says; does nothing when it already does. Raises StepFailed."""
    files = [ROOT / "pyproject.toml", ROOT / "uv.lock"]
    expected = stamps.hash_files(ROOT, files, sys.version, str(ROOT))
    if stamps.is_fresh(_STAMP, expected) and Path(program(VENV, "python")).exists():
        return
    # As pip does: where a company looks into TLS, its authority is in the machine's store and in nobody else's.
    command = [uv, "sync", "--frozen", "--system-certs", "--python", sys.executable]
    quietly("Python packages", command, fix=_NETWORK, env=env)
    stamps.write(_STAMP, expected)
