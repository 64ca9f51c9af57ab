"""A real desk for tests: `qiao serve` in a process of its own, on a data folder of its own."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import websockets

from qiao.app.house import House
from qiao.app.server import open_database
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.domains.people.contracts import NewPerson, Role
from qiao.platform.settings import Settings, read_settings

PASSWORD = "tea-for-two-2026"
PEOPLE = {
    "owner": ("owner@test.example", "周宁", Role.OWNER),
    "agent": ("agent@test.example", "李想", Role.AGENT),
    "second": ("second@test.example", "Alice Moore", Role.AGENT),
}


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Desk:
    """A server process with one workspace, an owner, two agents and an inbox."""

    def __init__(self, *, bot: bool = False) -> None:
        # Not pytest's folder: the database's own account must be able to pass through.
        self.folder = Path(tempfile.mkdtemp(prefix="qiao-desk-"))
        self.folder.chmod(0o711)
        self.port = free_port()
        self.bot = bot
        self.inbox_key = ""
        self.process: subprocess.Popen[bytes] | None = None
        self._guests: list[Visitor | Agent] = []

    def know(self, guest: "Visitor | Agent") -> None:
        """Hang up on this one at the end."""
        self._guests.append(guest)

    async def close(self) -> None:
        """Hang up on everybody and stop the server."""
        for guest in self._guests:
            await guest.close()
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        return read_settings({}, data_dir=str(self.folder), port=self.port)

    async def prepare(self) -> None:
        """Make the workspace while no server runs."""
        async with open_database(self.settings) as (database, dsn):
            house = House(self.settings, database, dsn)
            workspace = await house.workspaces.create("test", {"zh": "测试", "en": "Test"})
            async with database.scope(workspace.id) as scope:
                for email, name, role in PEOPLE.values():
                    await house.people.create_person(scope, NewPerson(email=email, name=name, role=role, password=PASSWORD))
                inbox = await house.inboxes.create(scope, NewInbox(channel=house.inboxes.channels()[0].name, name="Test"))
                await house.inboxes.change(scope, inbox.id, InboxChanges(bot_enabled=self.bot))
            self.inbox_key = inbox.key

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        environment = {**os.environ, "QIAO_LOG_LEVEL": "warning", "QIAO_BOT_MODEL": "off"}
        command = [sys.executable, "-m", "qiao.app", "--data-dir", str(self.folder), "serve", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=1).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.03)
        # What is not ready in time would otherwise go on beside the tests that follow.
        self.kill()
        raise RuntimeError(f"the server is not ready: {(self.folder / 'server.log').read_text()[-3000:]}")

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """End it politely; the exit status."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    async def visitor(self) -> "Visitor":
        """A new visitor with an open socket."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            answer = await client.post("/visitor/v1/sessions", json={"inbox_key": self.inbox_key, "locale": "zh-CN"})
            answer.raise_for_status()
        visitor = Visitor(self, answer.json()["token"])
        await visitor.connect()
        return visitor

    async def agent(self, who: str = "agent") -> "Agent":
        """A signed-in person with an open socket."""
        agent = Agent(self, PEOPLE[who][0])
        await agent.sign_in()
        return agent


class Visitor:
    """A customer at the end of a socket, who keeps what a good widget keeps.

    `receive_buffer` is how many bytes their machine holds that were not read yet.
    """

    def __init__(self, desk: Desk, token: str, receive_buffer: int | None = None) -> None:
        self.desk = desk
        desk.know(self)
        self.token = token
        self._receive_buffer = receive_buffer
        self.epoch: str | None = None
        self.after = 0
        self.messages: dict[int, dict[str, Any]] = {}
        self.acked: dict[str, int] = {}
        self.recovered: list[bool] = []
        self.socket: Any = None

    async def connect(self) -> None:
        """Open the socket and catch up."""
        await self.close()
        wire = socket.socket()
        if self._receive_buffer is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        try:
            wire.connect(("127.0.0.1", self.desk.port))
        except OSError:
            wire.close()
            raise
        wire.setblocking(False)
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{self.desk.port}/visitor/v1/live", sock=wire, open_timeout=5, max_queue=None
        )
        await self.socket.send(json.dumps({"type": "hello", "token": self.token, "epoch": self.epoch, "after": self.after}))
        welcome = await self.receive("welcome")
        self.epoch = welcome["epoch"]
        self.recovered.append(welcome["recovered"])
        for message in welcome["messages"]:
            self._keep(message)

    async def send(self, text: str, client_id: str) -> None:
        """Put a message on the wire without waiting."""
        await self.socket.send(json.dumps({"type": "send", "client_id": client_id, "text": text}))

    async def say(self, text: str, client_id: str) -> int:
        """Send and wait for the acknowledgement; its number."""
        await self.send(text, client_id)
        while client_id not in self.acked:
            await self.receive_any()
        return self.acked[client_id]

    async def receive_any(self, timeout: float = 5) -> dict[str, Any]:
        """The next frame, kept."""
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), timeout))
        if frame["type"] == "ack":
            self.acked[frame["client_id"]] = frame["seq"]
        elif frame["type"] == "message":
            self._keep(frame["message"])
        return frame

    async def receive(self, kind: str, timeout: float = 5) -> dict[str, Any]:
        """The next frame of a type."""
        while True:
            frame = await self.receive_any(timeout)
            if frame["type"] == kind:
                return frame

    async def close(self) -> None:
        """Hang up."""
        if self.socket:
            await self.socket.close()

    def cut(self) -> None:
        """Lose the network: no closing handshake."""
        self.socket.transport.abort()

    def _keep(self, message: dict[str, Any]) -> None:
        self.messages[message["seq"]] = message
        self.after = max(self.after, message["seq"])


class Agent:
    """A person at a console: HTTP with a cookie, and a socket."""

    def __init__(self, desk: Desk, email: str) -> None:
        self.desk = desk
        desk.know(self)
        self.email = email
        self.http = httpx.AsyncClient(base_url=desk.url, headers={"X-Qiao-Client": "test"}, timeout=15)
        self.me: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.socket: Any = None

    async def sign_in(self) -> None:
        """Begin a session and open the socket."""
        answer = await self.http.post("/api/v1/session", json={"email": self.email, "password": PASSWORD})
        answer.raise_for_status()
        self.me = answer.json()
        await self.connect(self.me["epoch"], self.me["position"])

    async def connect(self, epoch: str, after: int) -> dict[str, Any]:
        """Open the socket from a number; the welcome."""
        if self.socket:
            await self.socket.close()
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{self.desk.port}/live",
            additional_headers={"Cookie": cookie, "Origin": self.desk.url},
            max_queue=None,
        )
        await self.socket.send(json.dumps({"type": "hello", "epoch": epoch, "after": after}))
        return json.loads(await asyncio.wait_for(self.socket.recv(), 5))

    async def event(self, name: str, timeout: float = 5) -> dict[str, Any]:
        """The next fact of a name, taken."""
        event = await self.peek(name, timeout)
        self.events.remove(event)
        return event

    async def peek(self, name: str, timeout: float = 5) -> dict[str, Any]:
        """The next fact of a name, left where it is."""
        while True:
            for event in self.events:
                if event["name"] == name:
                    return event
            await self._hear(timeout)

    async def next_event(self, timeout: float = 5) -> dict[str, Any]:
        """The next fact, whatever it is, taken."""
        while not self.events:
            await self._hear(timeout)
        return self.events.pop(0)

    async def _hear(self, timeout: float) -> None:
        frame = json.loads(await asyncio.wait_for(self.socket.recv(), timeout))
        if frame["type"] == "events":
            self.events += frame["items"]

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """A request to the console's API; the body of a good answer."""
        answer = await self.http.request(method, f"/api/v1{path}", **options)
        assert answer.status_code < 400, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def close(self) -> None:
        """Leave."""
        if self.socket:
            await self.socket.close()
        await self.http.aclose()
