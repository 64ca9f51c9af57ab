"""Who hears of what: every fact has an audience, every listener is wired, and everything that is started can be stopped."""

import asyncio
from uuid import uuid4

import pytest

from qiao.app import generate, wiring
from qiao.app.routes import controllers
from qiao.app.wiring import AUDIENCES, SHOWN_NAMES, Running, all_subscribers, audience, shown_name
from qiao.app.wiring_page import render
from qiao.domains.people.access import PERMISSIONS
from qiao.kit.clock import utc_now
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import DatabaseUnavailable
from qiao.platform.log.facts import Entry, Fact

pytestmark = pytest.mark.slow


def fact_kinds() -> dict[str, type[Fact]]:
    found, waiting = {}, [Fact]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if isinstance(getattr(kind, "wire_name", None), str) and kind.__module__.startswith("qiao.domains"):
            found[kind.wire_name] = kind
    return found


def entry(name: str) -> Entry:
    return Entry(uuid4(), 1, name, uuid4(), None, utc_now(), "{}", None, 0)


FACTS = fact_kinds()


@pytest.mark.parametrize("name", sorted(FACTS))
def test_every_fact_has_a_versioned_name_of_its_domain_and_an_audience(name):
    domain, what, version = name.split(".")
    assert FACTS[name].__module__ == f"qiao.domains.{domain}.events"
    assert what.islower()
    assert version == "v1"
    assert any(name.startswith(prefix) for prefix, _ in AUDIENCES)


def test_audiences_are_permissions_that_exist():
    assert {permission for _, permission in AUDIENCES} - PERMISSIONS <= {None, "person"}


def test_personal_facts_go_to_their_person_alone():
    told = entry("notifications.created.v1")
    assert audience(told) == f"person:{told.subject}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("people.session_ended.v1", None), ("people.invited.v1", "people.write"), ("people.presence_changed.v1", "knowledge.read"),
        ("conversations.note_posted.v1", "conversations.read"), ("contacts.changed.v1", "contacts.read"), ("unknown.thing.v1", None),
    ],
)  # fmt: skip
def test_who_sees_what(name, expected):
    assert audience(entry(name)) == expected


def test_consoles_hear_names_of_facts_that_exist():
    assert set(SHOWN_NAMES) <= set(FACTS)
    assert shown_name("people.changed.v1") == "people.changed.v1"


@pytest.mark.database
async def test_subscribers_have_names_of_their_own_and_listen_to_facts_that_exist(house):
    subscribers = all_subscribers(house)
    names = [one.name for one in subscribers]
    assert len(set(names)) == len(names)
    assert {name for one in subscribers for name in one.handlers} <= set(FACTS)


def test_the_page_lists_every_fact_that_is_heard():
    page = render()
    assert page.startswith("# Wiring\n")
    assert "| `conversations.message_received.v1` | bot.answer" in page
    assert page == generate.wiring_page()


def test_every_controller_is_found_once():
    found = controllers()
    assert len(found) == len(set(found)) > 10


def test_stale_files_are_named(monkeypatch, capsys):
    monkeypatch.setattr(generate, "generated", lambda: {generate.ROOT / "docs/none.md": "x"})
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    assert generate.main() == 1
    assert capsys.readouterr().out == "docs/none.md is stale: run ./dev gen\n"


@pytest.mark.database
async def test_a_hint_of_another_process_wakes_this_one(house, workspace):
    running = Running(house)
    woken = []
    running.runner.wake = lambda *hint: woken.append(hint)
    running.hints.heard("log", b'{"%s": ["tests.happened.v1"]}' % str(workspace.id).encode())
    assert woken == [(workspace.id, ["tests.happened.v1"])]


def xiao_tang(workspace_id) -> Caller:
    """An agent's new session there."""
    return Caller(
        workspace_id=workspace_id,
        person_id=uuid4(),
        session_id=uuid4(),
        name="Xiao Tang",
        role="agent",
        permissions=frozenset(),
        locale="zh",
    )


@pytest.mark.database
async def test_who_is_connected_stays_so_through_an_outage(house, workspace, monkeypatch):
    caller = xiao_tang(workspace.id)
    told, outage = asyncio.Event(), [DatabaseUnavailable("away")]

    async def connected(_scope, person_id, *, node):
        if outage:
            raise outage.pop()
        if person_id == caller.person_id:
            told.set()

    monkeypatch.setattr(wiring, "PRESENCE_SECONDS", 0.01)
    running = Running(house)
    running._people[object()] = caller
    monkeypatch.setattr(house.people, "connected", connected)
    keeping = asyncio.create_task(running._keep_presence())
    async with asyncio.timeout(5):
        await told.wait()
    keeping.cancel()


@pytest.mark.database
async def test_presence_of_one_company_does_not_wait_for_anothers(house, workspace, monkeypatch):
    other = await house.workspaces.create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    told = []

    async def connected(scope, person_id, *, node):
        if scope.workspace_id == workspace.id:
            raise ValueError("of its own")
        told.append(person_id)

    monkeypatch.setattr(wiring, "PRESENCE_SECONDS", 0.01)
    running = Running(house)
    callers = [xiao_tang(one) for one in (workspace.id, other.id, other.id)]
    running._people |= {object(): caller for caller in callers}
    monkeypatch.setattr(house.people, "connected", connected)
    keeping = asyncio.create_task(running._keep_presence())
    async with asyncio.timeout(5):
        while set(told) != {caller.person_id for caller in callers[1:]}:
            await asyncio.sleep(0.01)
    keeping.cancel()


@pytest.mark.database
async def test_what_was_started_stops(house):
    running = Running(house)
    await running.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await running.stop()
    left = [
        task.get_name()
        for task in asyncio.all_tasks()
        if task.get_name() in {"hints", "presence", "bus", "tail", "tail-sweep", "log-sweep", "jobs"}
    ]
    assert left == []


async def test_a_company_whose_turn_fails_keeps_no_other_from_its_own(house, database, workspace, monkeypatch):
    await house.workspaces.create(f"other-{uuid4().hex[:8]}", {"en": "Other"})
    seen = []

    async def tick(workspace_id):
        seen.append(workspace_id)
        raise ValueError(workspace_id)

    monkeypatch.setattr(house.routing, "tick", tick)
    await Running(house)._every_workspace()
    assert len(seen) == len(await house.workspaces.all_ids()) >= 2
