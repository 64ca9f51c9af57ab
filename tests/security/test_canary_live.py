"""The canary sweep where nobody asks (F-X1): every fact of the catalogue happens in another company with the canary in each of its words,
and nothing of it comes by any socket, by long-polling, by a webhook or in the log of the company at home.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from structlog.testing import capture_logs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import sample
from support.process import Process, processes
from support.routes import api_routes
from support.webhook_receiver import Receiver

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database
from qiao.platform.log.facts import Fact

pytestmark = [pytest.mark.database, pytest.mark.fault("F-X1")]

CANARY = "zqfunkkanarie"
LAST = "das letzte Wort"
POLLED = [route for route in api_routes() if "wait" in route.query]


class AnyId(dict[str, UUID]):
    """An id for every name."""

    def __missing__(self, name: str) -> UUID:
        return self.setdefault(name, uuid4())


def facts(kind: type[Fact]) -> Iterator[type[Fact]]:
    """Every kind of fact that the program knows."""
    for one in kind.__subclasses__():
        yield one
        yield from facts(one)


def with_canary(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: one if name == "kind" else with_canary(one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_canary(one) for one in value]
    return CANARY if value == "text" else value


def told_there() -> list[Fact]:
    """One of each, as it would be recorded."""
    kinds = [one for one in facts(Fact) if "wire_name" in vars(one) and one.__module__.startswith("qiao.domains.")]
    return [msgspec.convert(with_canary(sample(one, AnyId())), one, strict=False) for one in kinds]


@pytest.fixture(scope="module")
async def home(database: Database, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    workspace = await Workspaces(database).create(f"home-{uuid4().hex[:8]}", {"en": "Home"})
    folder = tmp_path_factory.mktemp("home")
    async with processes(postgres_dsn, workspace, folder, outbound_private="allow") as (process,):
        yield process


@pytest.fixture(scope="module")
async def away(home: Process, database: Database) -> AsyncIterator[Process]:
    """The other company, in the same process."""
    away = home.of(await Workspaces(database).create(f"away-{uuid4().hex[:8]}", {"en": CANARY}))
    yield away
    await away.hang_up()


async def hooked(process: Process, receiver: Receiver) -> None:
    """A webhook for everything that there is."""
    async with await process.person("Inhaberin", Role.OWNER) as owner:
        kinds = [one["type"] for one in (await owner.get("/api/v1/webhooks/catalogue")).json()["items"]]
        made = await owner.post("/api/v1/webhooks", json={"url": await receiver.open(), "events": kinds})
        assert made.is_success, made.text


async def test_nothing_that_happens_there_is_heard_here(home: Process, away: Process) -> None:
    receiver = Receiver()
    with capture_logs() as logged:
        await hooked(home, receiver)
        here, there = await home.inbox(bot_enabled=False), await away.inbox(bot_enabled=False)
        people = {role: await home.person(role, role) for role in Role}
        ears = [await home.console(one) for one in people.values()]
        visitor = await home.visitor(here)
        phone = await home.phone(visitor)
        neighbour = await away.console(await away.person("Nachbarin", Role.OWNER))
        waiting = [
            asyncio.create_task((visitor if one.path.startswith("/visitor/") else people[Role.OWNER]).get(f"{one.path}?wait=20"))
            for one in POLLED
        ]
        happened = told_there()
        for fact in happened:
            async with away.scope() as scope:
                scope.emit(fact)
        other = await away.phone(await away.visitor(there))
        said_last = f"{CANARY} {uuid4().hex}"
        other.say(type="send", client_id=uuid4().hex, text=said_last)
        await other.next("ack")
        await neighbour.until(lambda: said_last in str(neighbour.frames))

        phone.say(type="send", client_id=uuid4().hex, text=LAST)
        await phone.next("ack")
        for ear in ears[:2]:
            await ear.fact("conversations.message_posted.v1")
        await receiver.until(lambda: any(LAST in one.body.decode() for one in receiver.got), seconds=150)
        polled = [(await one).text for one in waiting]
    await receiver.close()

    assert len(happened) > 30 and len(POLLED) >= 1 and len(polled) == len(POLLED)
    heard = [str(ear.frames) for ear in (*ears, phone)] + polled + [f"{one.headers} {one.body!r}" for one in receiver.got]
    assert [one for one in heard if CANARY in one or away.workspace.id.hex in one or str(away.workspace.id) in one] == []
    assert any(LAST in one for one in heard)
    assert [one for one in logged if CANARY in str(one)] == []
