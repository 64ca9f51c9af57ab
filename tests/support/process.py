"""One process of an installation, inside the test's own: everything runs as `qiao serve` runs it, but for the port."""

import asyncio
import contextlib
import copy
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import msgspec

from qiao.app.asgi import Front, make_litestar
from qiao.app.house import House
from qiao.app.roles import only_its_part
from qiao.app.wiring import Running
from qiao.domains.inboxes.contracts import Inbox, InboxChanges, NewInbox
from qiao.domains.people.contracts import NewPerson, Role, Visit
from qiao.domains.people.repository.sessions import Face
from qiao.domains.people.service.sessions import begin_session
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database
from qiao.platform.settings import read_settings

ORIGIN = "http://127.0.0.1:8717"
SECONDS = 150.0
"""Generous: a server of these tests first reads what the tests before it left in the log of the same database."""


class Ear:
    """The client's end of a socket of this process."""

    def __init__(self, front: Front, path: str, headers: dict[str, str]) -> None:
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._inbox.put_nowait({"type": "websocket.connect"})
        self._changed = asyncio.Event()
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None
        self.closed_at = 0.0
        pairs = [
            (name.encode(), value.encode()) for name, value in {"host": "127.0.0.1:8717", "origin": ORIGIN, **headers}.items()
        ]
        self.task = asyncio.create_task(front({"type": "websocket", "path": path, "headers": pairs}, self._inbox.get, self._send))

    async def _send(self, message: Any) -> None:
        self.frames += [msgspec.json.decode(message["text"])] if message["type"] == "websocket.send" else []
        if message["type"] == "websocket.close" and self.closed is None:
            self.closed, self.closed_at = message.get("code"), time.monotonic()
        self._changed.set()

    def say(self, **frame: Any) -> None:
        """Send one frame."""
        self._inbox.put_nowait({"type": "websocket.receive", "text": msgspec.json.encode(frame).decode()})

    def hang_up(self) -> None:
        """Go away without a word."""
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Frames of a type."""
        return [frame for frame in self.frames if frame["type"] == kind]

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Facts heard, in the order in which they came."""
        return [item for frame in self.of("events") for item in frame["items"]]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for something that the server says or does."""
        async with asyncio.timeout(SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def fact(self, name: str, count: int = 1) -> dict[str, Any]:
        """The count-th fact of a name."""
        heard: Callable[[], list[dict[str, Any]]] = lambda: [one for one in self.facts if one["name"] == name]  # noqa: E731
        await self.until(lambda: len(heard()) >= count)
        return heard()[count - 1]

    async def next(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The count-th frame of a type."""
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]


class Process:
    """A running house with doors for people and visitors."""

    def __init__(self, house: House, workspace: Workspace) -> None:
        self.house, self.workspace = house, workspace
        self.running = Running(house, alone=True)
        self.front = only_its_part(Front(self.running, make_litestar()), house.settings.role)
        self._ears: list[Ear] = []

    def of(self, workspace: Workspace) -> Self:
        """The same process, for another of its companies; who asks for it hangs up."""
        other = copy.copy(self)
        other.workspace, other._ears = workspace, []
        return other

    def scope(self) -> Any:
        """A transaction in the workspace."""
        return self.house.database.scope(self.workspace.id)

    async def inbox(self, **changes: Any) -> Inbox:
        """A new inbox of the first channel."""
        async with self.scope() as scope:
            made = await self.house.inboxes.create(scope, NewInbox(channel=next(iter(self.house.channels)), name="官网"))
            return await self.house.inboxes.change(scope, made.id, InboxChanges(**changes))

    async def person(self, name: str, role: Role = Role.AGENT) -> httpx.AsyncClient:
        """Somebody new, signed in; their id is in the header X-Test-Person."""
        async with self.scope() as scope:
            new = NewPerson(email=f"{uuid4().hex}@shop.example", name=name, role=role)
            person = await self.house.people.create_person(scope, new)
            begun = await begin_session(scope, Face(person.id, person.name, role, "zh"), Visit("192.0.2.1", "tests"))
        return self.door(Cookie=f"qiao_session={begun.token}", **{"X-Qiao-Client": "tests", "X-Test-Person": str(person.id)})

    def door(self, **headers: str) -> httpx.AsyncClient:
        """A client of this process."""
        transport = httpx.ASGITransport(self.front, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)

    async def visitor(self, inbox: Inbox) -> httpx.AsyncClient:
        """A visitor with a token of their own."""
        begun = await self.door().post("/visitor/v1/sessions", json={"inbox_key": inbox.key})
        return self.door(Authorization=f"Bearer {begun.json()['token']}")

    async def console(self, person: httpx.AsyncClient) -> Ear:
        """The console's socket of somebody who is signed in: following, and counted as here."""
        ear = self._ear("/live", {"cookie": person.headers["cookie"]})
        ear.say(type="hello", epoch="", after=0)
        await ear.next("welcome")
        # Whoever arrives is told of after the welcome, and before the next frame is read.
        ear.say(type="ping", id=1)
        await ear.next("pong")
        return ear

    async def phone(self, visitor: httpx.AsyncClient) -> Ear:
        """The visitor's socket."""
        ear = self._ear("/visitor/v1/live", {})
        ear.say(type="hello", token=visitor.headers["authorization"].removeprefix("Bearer "), epoch="", after=0)
        await ear.next("welcome")
        return ear

    def _ear(self, path: str, headers: dict[str, str]) -> Ear:
        self._ears.append(Ear(self.front, path, headers))
        return self._ears[-1]

    async def close(self) -> None:
        """Hang up and stop everything."""
        await self.hang_up()
        await self.running.stop()

    async def hang_up(self) -> None:
        """Everybody goes."""
        for ear in self._ears:
            ear.hang_up()
        await asyncio.gather(*(ear.task for ear in self._ears), return_exceptions=True)


@contextlib.asynccontextmanager
async def processes(
    dsn: str, workspace: Workspace, folder: Path, count: int = 1, **settings: str
) -> AsyncIterator[list[Process]]:
    """Running processes over one database, each with a pool of its own. Without a model, unless the settings say so."""
    async with contextlib.AsyncExitStack() as stack:
        made: list[Process] = []
        for _ in range(count):
            database = await Database.connect(dsn)
            stack.push_async_callback(database.close)
            process = Process(
                House(read_settings({}, data_dir=str(folder), **{"bot_model": "off", **settings}), database, dsn), workspace
            )
            await process.running.start()
            stack.push_async_callback(process.close)
            made.append(process)
        yield made


async def eventually(ask: Callable[[], Awaitable[Any]]) -> Any:
    """What `ask` gives once it gives something: for effects of subscribers that no frame tells of."""
    async with asyncio.timeout(SECONDS):
        while not (found := await ask()):
            await asyncio.sleep(0.02)
        return found
