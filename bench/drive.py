"""Starts desks, limits and load clients, and puts what the client saw beside what the server spent."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.load import Outcome, Plan
from bench.prepare import Desk
from bench.processes import Cost, child_environment, cost, module, running, wait_until

LOAD_LIMIT_SECONDS = 180.0
QUIET = 0.10
QUIET_SECONDS = 45.0


class Run(Struct, frozen=True):
    """One measured run. `cost` covers the measured time; `whole` everything from the moment the client's sockets were open until
    the server was quiet again, what it did about the load afterwards included.
    """

    outcome: Outcome
    cost: Cost
    whole: Cost
    backlog_seconds: float

    @property
    def per_cpu_second(self) -> float:
        """Counted things for each CPU second of the server and its database, in the measured time."""
        return self.outcome.count / max(self.cost.total, 0.01)


class Line(Struct, frozen=True):
    """What a load client tells."""

    kind: str
    outcome: Outcome | None = None


class Started(Struct, frozen=True):
    """A server that answers."""

    pid: int
    port: int
    ready_after: float
    log: Path


def free_port() -> int:
    """A port of this machine that nobody listens to."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def folder() -> Generator[Path]:
    """A folder of our own, in $TMPDIR or /var/tmp (a real disk), that a database's account may enter; gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="qiao-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def prepare_desk(at: Path, visitors: int, talking: int, companies: int = 0) -> Desk:
    """A prepared data folder. Raises RuntimeError with what was said when it cannot be made."""
    done = subprocess.run(
        module("bench.prepare", str(at), str(visitors), str(talking), str(companies)),
        check=False,
        capture_output=True,
        env=child_environment(),
        timeout=300,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the desk was not prepared:\n{done.stderr.decode(errors='replace')[-3_000:]}")
    return msgspec.json.decode((at / "desk.json").read_bytes(), type=Desk)


@contextlib.contextmanager
def desk_running(at: Path, *, model: str = "off", settings: Mapping[str, str] | None = None) -> Generator[Started]:
    """`qiao serve` on a prepared folder. Another program that serves may be named in BENCH_SERVE; it gets the same environment."""
    port = free_port()
    own = {"QIAO_DATA_DIR": str(at), "QIAO_PORT": str(port), "QIAO_BOT_MODEL": model, "QIAO_LOG_LEVEL": "warning"}
    command = os.environ.get("BENCH_SERVE", f"{Path(sys.executable).parent / 'qiao'} serve").split()
    with server(command, port, at / "server.log", child_environment(**own, **(settings or {}))) as started:
        yield started


@contextlib.contextmanager
def server(command: list[str], port: int, log: Path, environment: dict[str, str] | None = None) -> Generator[Started]:
    """Any server that answers /readyz on `port`."""
    log.touch()
    with running(command, log, environment) as process:
        taken = wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), process, log)
        yield Started(process.pid, port, taken, log)


def answers(url: str) -> bool:
    """True when there is an answer of 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class _Heard:
    """Samples of the server's cost at what the client tells."""

    def __init__(self, pid: int, at_end: Callable[[], None] | None) -> None:
        self._pid = pid
        self._at_end = at_end
        self.samples: dict[str, Cost] = {}
        self.outcome: Outcome | None = None

    def listen(self, client: subprocess.Popen[bytes], plan: Plan) -> None:
        """Tell the client its plan and follow it to its end."""
        if client.stdin is None or client.stdout is None:
            return
        client.stdin.write(msgspec.json.encode(plan) + b"\n")
        client.stdin.flush()
        for text in client.stdout:
            line = msgspec.json.decode(text, type=Line)
            self.samples[line.kind] = cost(self._pid)
            if line.kind == "end" and self._at_end is not None:
                self._at_end()
            self.outcome = line.outcome or self.outcome


def drive(plan: Plan, pid: int, *, settle: bool = False, at_end: Callable[[], None] | None = None) -> Run:
    """Run a load client to its end. With `settle`, wait until the server is quiet again and count what that cost.

    `at_end` is called when the measured time is over and the client's sockets are still open.
    """
    client = subprocess.Popen(
        module("bench.load"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment()
    )
    watch = threading.Timer(LOAD_LIMIT_SECONDS, lambda: client.send_signal(signal.SIGKILL))
    watch.start()
    heard = _Heard(pid, at_end)
    try:
        heard.listen(client, plan)
    finally:
        watch.cancel()
        client.kill()
        said = client.stderr.read().decode(errors="replace") if client.stderr else ""
        client.wait(timeout=10)
        for pipe in (client.stdin, client.stdout, client.stderr):
            if pipe is not None:
                pipe.close()
    if heard.outcome is None:
        raise RuntimeError(f"the load client gave up on {plan.scenario}:\n{said[-3_000:]}")
    samples = heard.samples
    quiet, backlog = until_quiet(pid) if settle else (samples["end"], 0.0)
    return Run(heard.outcome, samples["end"] - samples["begin"], quiet - samples.get("opened", samples["begin"]), backlog)


def until_quiet(pid: int) -> tuple[Cost, float]:
    """The cost once the tree uses less than a tenth of a core, or after a while; and how long that took."""
    started, last = time.perf_counter(), cost(pid)
    while (passed := time.perf_counter() - started) < QUIET_SECONDS:
        time.sleep(0.5)
        now = cost(pid)
        if (now - last).total < QUIET * 0.5:
            return now, passed
        last = now
    return last, QUIET_SECONDS
