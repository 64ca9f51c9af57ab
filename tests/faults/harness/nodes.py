"""One `qiao serve` process of a target."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil
from faults.harness.engines import kill_tree
from support.desk import Agent, Visitor, free_port

READY_SECONDS = 120.0


class Node:
    """A `qiao serve` process. `environment` may be changed before a start; `before` stands in front of the command (prlimit)."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.folder = folder
        self.port = free_port()
        self.environment = dict(environment)
        self.before: list[str] = []
        # Where its errors go in place of its log file: a path, or a descriptor.
        self.errors_to: Path | int | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._guests: list[Visitor | Agent] = []

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the server."""
        assert self.process
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> str:
        """What it wrote to its log, all starts together."""
        path = self.folder / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def know(self, guest: Visitor | Agent) -> None:
        """Hang up on this one at the end."""
        self._guests.append(guest)

    def worker(self) -> int | None:
        """The process of its worker, when there is one now."""
        children = psutil.Process(self.pid).children(recursive=True) if self.running else []
        return next((one.pid for one in children if "worker" in one.cmdline()), None)

    def launch(self) -> None:
        """Start the process without waiting for it."""
        environment = {**os.environ, "QIAO_LOG_LEVEL": "warning", "QIAO_BOT_MODEL": "off", **self.environment}
        command = [*self.before, sys.executable, "-m", "qiao.app", "serve", "--port", str(self.port)]
        with (self.folder / f"{self.name}.log").open("ab") as log, contextlib.ExitStack() as stack:
            errors: Any = self.errors_to
            if isinstance(errors, Path):
                errors = stack.enter_context(errors.open("ab"))
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log if errors is None else errors)

    async def start(self) -> float:
        """Start it and wait until it is ready; how many seconds that took."""
        began = time.monotonic()
        self.launch()
        await self.ready()
        return time.monotonic() - began

    async def ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until it says that it can serve. Raises RuntimeError with the end of its log."""
        async with httpx.AsyncClient(base_url=self.url, timeout=2) as client:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and self.running:
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.03)
        raise RuntimeError(f"{self.name} is not ready: {self.log[-3000:]}")

    async def kill(self) -> None:
        """End it at once."""
        assert self.process
        if self.before:
            kill_tree(self.process.pid)
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def stop(self, seconds: float = 60) -> int:
        """End it politely; the exit status."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, seconds)

    async def close(self) -> None:
        """Hang up on its guests and end it."""
        await asyncio.gather(*(guest.close() for guest in self._guests), return_exceptions=True)
        if self.running:
            try:
                await self.stop(30)
            except subprocess.TimeoutExpired:
                await self.kill()
