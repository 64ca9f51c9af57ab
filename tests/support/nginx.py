"""A real nginx with the configuration that we give along, on a free port, before nodes of a test."""

import asyncio
import contextlib
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from support.desk import Agent, Visitor, free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin")


class Proxy:
    """What guests take for a desk."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.guests: list[Visitor | Agent] = []
        self.certificate: Path | None = None

    def know(self, guest: Visitor | Agent) -> None:
        """Hang up on this one at the end."""
        self.guests.append(guest)


@contextlib.asynccontextmanager
async def behind_nginx(folder: Path, ports: Sequence[int], listen: str = "listen {};") -> AsyncIterator[Proxy]:
    """An nginx before the nodes at these ports, ended by its process id. `listen`: its listen.conf, with a place for the address."""
    proxy = Proxy(free_port())
    (folder / "listen.conf").write_text(listen.replace("{}", f"127.0.0.1:{proxy.port}"))
    configuration = (DEPLOY / "nginx" / "nginx.conf").read_text()
    (folder / "nginx.conf").write_text(
        configuration.replace("worker_processes auto;", f"worker_processes 1;\npid {folder}/nginx.pid;")
    )
    given = re.findall(r"127\.0\.0\.1:\d+", (upstream := (DEPLOY / "nginx" / "upstream.conf").read_text()))
    for old, port in zip(sorted(set(given)), ports, strict=True):
        upstream = upstream.replace(old, f"127.0.0.1:{port}")
    (folder / "upstream.conf").write_text(upstream)
    command = [
        str(PROGRAM),
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "nginx.log"),
        "-g",
        "daemon off;",
    ]
    process = subprocess.Popen(command)
    try:
        async with asyncio.timeout(10):
            while not await _open(proxy.port):
                await asyncio.sleep(0.02)
        yield proxy
    finally:
        await asyncio.gather(*(guest.close() for guest in proxy.guests), return_exceptions=True)
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


async def _open(port: int) -> bool:
    try:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
