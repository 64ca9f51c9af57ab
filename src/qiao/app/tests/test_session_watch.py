"""Sockets end with their session also when nobody tells of it."""

import asyncio

import pytest

from qiao.app.session_watch import SECONDS, SessionWatch
from qiao.domains.people.api import Limits, People
from qiao.domains.people.contracts import NewPerson, Role, Visit
from qiao.domains.people.keys import NewApiKey
from qiao.domains.people.repository.sessions import Face
from qiao.domains.people.service.sessions import begin_session
from qiao.kit.ids import new_id
from qiao.platform.live.feed import session_topic
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED

pytestmark = pytest.mark.database


class Ear:
    """What listens; it remembers how it was closed."""

    def __init__(self) -> None:
        self.closed: int | None = None
        self.ended = asyncio.Event()

    def cut(self, code: int) -> None:
        self.closed = code
        self.ended.set()


@pytest.fixture
async def desk(database, workspace):
    people = People(database, Limits(name=new_id().hex))
    async with database.scope(workspace.id) as scope:
        made = await people.create_person(scope, NewPerson(name="Ann", email="ann@shop.example", role=Role.ADMIN))
        begun = await begin_session(scope, Face(made.id, "Ann", Role.ADMIN, "en"), Visit("192.0.2.1"))
        key = await people.make_key(scope, begun.caller, NewApiKey(name="sync", scopes=["reports.read"]))
    return people, begun.caller, await people.authenticate(key.secret)


def listening(watch: SessionWatch, hub: Hub, *callers) -> list[Ear]:
    ears = [Ear() for _ in callers]
    for ear, caller in zip(ears, callers, strict=True):
        hub.join(ear, [session_topic(caller.session_id)])
        watch.arrived(caller, ear)
    return ears


@pytest.mark.parametrize(
    ("change", "closed"),
    [
        ("delete from sessions where workspace_id = $1", [CLOSE_ENDED, None]),
        ("delete from api_keys where workspace_id = $1", [None, CLOSE_ENDED]),
        ("update people set role = 'viewer' where workspace_id = $1", [CLOSE_ENDED, CLOSE_ENDED]),
        ("update people set disabled = true where workspace_id = $1", [CLOSE_ENDED, CLOSE_ENDED]),
        ("update sessions set last_seen_at = now() - interval '15 days' where workspace_id = $1", [CLOSE_ENDED, None]),
        ("update sessions set created_at = now() - interval '61 days' where workspace_id = $1", [CLOSE_ENDED, None]),
        ("update api_keys set expires_at = now() where workspace_id = $1", [None, CLOSE_ENDED]),
        ("update people set name = 'Anna' where workspace_id = $1", [None, None]),
    ],
    ids=["session", "key", "role", "disabled", "idle", "old", "expired", "nothing"],
)
async def test_what_ends_access_closes_sockets_though_no_fact_tells_it(desk, database, workspace, change, closed):
    people, caller, program = desk
    hub = Hub()
    watch = SessionWatch(hub, people)
    ears = listening(watch, hub, caller, program)
    await database.pool.execute(change, workspace.id)
    await watch.look()
    assert [ear.closed for ear in ears] == closed


async def test_it_looks_within_the_promised_second_and_by_itself(desk, database, workspace):
    people, caller, _program = desk
    hub = Hub()
    watch = SessionWatch(hub, people)
    (ear,) = listening(watch, hub, caller)
    await watch.start()
    await database.pool.execute("delete from sessions where workspace_id = $1", workspace.id)
    await asyncio.wait_for(ear.ended.wait(), 1.0)
    await watch.stop()
    assert SECONDS < 1


class Away:
    """A database that does not answer, then does."""

    def __init__(self, ended) -> None:
        self.asked = 0
        self.ended_ids = ended

    async def ended(self, callers):
        self.asked += 1
        if self.asked == 1:
            raise OSError("away")
        return self.ended_ids


async def test_while_nobody_can_say_nothing_is_closed(desk):
    _people, caller, _program = desk
    hub, away = Hub(), Away([caller.session_id])
    watch = SessionWatch(hub, away)
    (ear,) = listening(watch, hub, caller)
    with pytest.raises(OSError, match="away"):
        await watch.look()
    assert ear.closed is None
    await watch.look()
    assert ear.closed == CLOSE_ENDED


async def test_sockets_that_have_gone_are_not_asked_about(desk):
    people, caller, _program = desk
    hub = Hub()
    watch = SessionWatch(hub, people)
    (ear,) = listening(watch, hub, caller)
    watch.left(caller, ear)
    await watch.look()
    assert await people.ended([]) == [] and ear.closed is None
