"""The machine: where things are, running commands, progress lines, one set-up at a time."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none; there two set-ups at once are the reader's business
    fcntl = None

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = ROOT / ".dev"
VENV = ROOT / ".venv"
WEB = ROOT / "web"
FACES = ROOT / "src" / "qiao" / "app" / "faces"
_SCRIPTS = "Scripts" if os.name == "nt" else "bin"
_FOREIGN = (
    "VIRTUAL_ENV",
    "PYTHONHOME",
    "PYTHONPATH",
    "CONDA_PREFIX",
    "NODE_ENV",
    "NODE_OPTIONS",
    "FORCE_COLOR",
    "UV_PROJECT_ENVIRONMENT",
    # Without compiled files every start and every test run compiles the whole house and its libraries again.
    "PYTHONDONTWRITEBYTECODE",
)


class StepFailed(Exception):
    """A step did not work out. `fix` says what the reader can do about it."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def program(environment: Path, name: str) -> str:
    """The path of a program inside a Python environment."""
    return str(environment / _SCRIPTS / name)


def clean_environment(given: dict[str, str], private: Path) -> dict[str, str]:
    """`given` without what other environments left behind, and with a home that exists: tools keep their caches there."""
    environment = {name: value for name, value in given.items() if name not in _FOREIGN}
    environment.update(UV_PYTHON_DOWNLOADS="never", PIP_DISABLE_PIP_VERSION_CHECK="1", npm_config_update_notifier="false")
    home = environment.get("HOME") or environment.get("USERPROFILE")
    if not home or not os.access(home, os.W_OK):
        (private / "home").mkdir(parents=True, exist_ok=True)
        environment["HOME"] = str(private / "home")
    return environment


def quietly(title: str, command: Sequence[str], *, fix: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a step with one progress line; its output is shown only when it fails. Raises StepFailed."""
    started = time.monotonic()
    say(f"  … {title}")
    plain = {**(env or os.environ), "NO_COLOR": "1"}
    with tempfile.TemporaryFile() as output:
        try:
            code = subprocess.call(command, cwd=cwd, env=plain, stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # noqa: S603
        except OSError as problem:
            raise StepFailed(f"{title}: {problem}", fix) from problem
        if code:
            output.seek(0)
            tail = output.read().decode(errors="replace").strip().splitlines()[-40:]
            say("\n".join(f"    {line}" for line in tail))
            raise StepFailed(f"{title}: {Path(command[0]).name} ended with code {code}", fix)
    say(f"  ✓ {title} ({time.monotonic() - started:.1f} s)")


def openly(command: Sequence[str], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> int:
    """Run with its output on the screen; gives back its exit code, once it has really ended."""
    with subprocess.Popen(command, cwd=cwd, env=env) as process:  # noqa: S603 - our own commands
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The child got the same Ctrl-C; give it time to put its things in order.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.terminate()
            raise


@contextlib.contextmanager
def one_at_a_time() -> Generator[None]:
    """Hold the set-up lock. A second run waits and then finds the work done."""
    PRIVATE.mkdir(exist_ok=True)
    with (PRIVATE / "lock").open("w") as lock:
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("  … another ./dev is setting up; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
