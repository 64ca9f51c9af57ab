"""A real NATS server for tests: started on a free port, killed, held still and started anew, ended by its process id."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

BINARY = Path(sys.executable).parent / "nats-server"
SECONDS = 10


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class NatsServer:
    """One server. `url` stays the same over its deaths and starts."""

    def __init__(self, *options: str, login: str = "", scheme: str = "nats") -> None:
        self._options = options
        self.port = free_port()
        self.url = f"{scheme}://{login}127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, with nothing remembered; returns when it accepts connections."""
        self._process = subprocess.Popen(
            [str(BINARY), "-a", "127.0.0.1", "-p", str(self.port), *self._options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SECONDS
        while not self._accepts():
            assert self._process.poll() is None, "nats-server ended at once"
            assert time.monotonic() < deadline, "nats-server does not accept connections"
            time.sleep(0.01)

    def kill(self) -> None:
        """As by a machine that loses its power."""
        if self._process is not None and self._process.poll() is None:
            # What is held still is killed all the same.
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(SECONDS)

    def hold(self) -> None:
        """Let it be silent and keep its connections."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End of the silence."""
        os.kill(self.pid, signal.SIGCONT)

    def _accepts(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


@contextlib.contextmanager
def nats_server(*options: str, login: str = "", scheme: str = "nats") -> Iterator[NatsServer]:
    """A server for as long as the block runs."""
    server = NatsServer(*options, login=login, scheme=scheme)
    server.start()
    try:
        yield server
    finally:
        server.kill()
