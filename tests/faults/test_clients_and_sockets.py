"""What bad networks do to sockets, seen from inside two processes: acknowledgements lost, hints lost, doubles, gaps, ended rights."""

import asyncio
import contextlib
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.promises import within
from support.process import Ear, Process, processes

from qiao.domains.conversations import visitors
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.people.contracts import Role
from qiao.domains.people.events import SessionEnded
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database, DatabaseUnavailable
from qiao.platform.live import feed
from qiao.platform.live import socket as live_socket
from qiao.platform.live.socket import CLOSE_ENDED, CLOSE_TOO_SLOW
from qiao.platform.log.facts import Entry

pytestmark = pytest.mark.database

POSTED = "conversations.message_posted.v1"


@pytest.fixture(scope="module")
async def both(database: Database, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Process]]:
    workspace = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"})
    async with processes(postgres_dsn, workspace, tmp_path_factory.mktemp("both"), count=2) as both:
        yield both


@pytest.fixture(scope="module")
async def inbox(both: list[Process]) -> Inbox:
    return await both[0].inbox(bot_enabled=False)


async def said(door: httpx.AsyncClient, text: str, client_id: str = "") -> dict[str, Any]:
    body = {"client_id": client_id or uuid4().hex, "text": text}
    answer = await door.post("/visitor/v1/messages", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def replied(agent: httpx.AsyncClient, talk: str, text: str) -> None:
    answer = await agent.post(f"/api/v1/conversations/{talk}/messages", json={"client_id": uuid4().hex, "text": text})
    assert answer.status_code == 201, answer.text


async def mine(visitor: httpx.AsyncClient) -> list[dict[str, Any]]:
    items = (await visitor.get("/visitor/v1/messages", params={"after": 0, "limit": 100})).json()["items"]
    return [one for one in items if one["author"]["kind"] == "contact"]


def shown(ear: Ear) -> list[tuple[int, str]]:
    """What a customer has on the screen: each number once, from the welcome and what came after it."""
    welcome = ear.of("welcome")[0]["messages"]
    by_number = {one["seq"]: one["text"] for one in [*welcome, *(frame["message"] for frame in ear.of("message"))]}
    return sorted(by_number.items())


def applied(ear: Ear) -> list[dict[str, Any]]:
    """What a console makes of what it hears: it passes over what it has, by its number."""
    taken: list[dict[str, Any]] = []
    for fact in ear.facts:
        taken += [fact] if not taken or fact["n"] > taken[-1]["n"] else []
    return taken


async def back(process: Process, visitor: httpx.AsyncClient, epoch: str, after: int) -> Ear:
    """A customer who comes back from where they were."""
    ear = process._ear("/visitor/v1/live", {})
    ear.say(type="hello", token=visitor.headers["authorization"].removeprefix("Bearer "), epoch=epoch, after=after)
    await ear.next("welcome")
    return ear


@pytest.mark.fault("F-N2")
async def test_a_lost_acknowledgement_gives_the_same_message_again_on_any_node(both: list[Process], inbox: Inbox) -> None:
    here, there = both
    visitor = await here.visitor(inbox)
    first = await here.phone(visitor)
    first.say(type="send", client_id="lost-ack", text="在吗")
    ack = await first.next("ack")
    # The client never heard it: it goes to another node with the same words.
    second = await there.phone(there.door(Authorization=visitor.headers["authorization"]))
    second.say(type="send", client_id="lost-ack", text="在吗")
    again = await second.next("ack")
    by_http = await said(visitor, "在吗", "lost-ack")
    assert again == ack
    assert (by_http["message"]["id"], by_http["message"]["seq"]) == (ack["id"], ack["seq"])
    assert [one["text"] for one in await mine(visitor)] == ["在吗"]


@pytest.mark.fault("F-N2")
async def test_other_words_under_the_same_id_change_nothing(both: list[Process], inbox: Inbox) -> None:
    visitor = await both[0].visitor(inbox)
    first, second = await said(visitor, "原来的话", "same"), await said(visitor, "别的话", "same")
    assert second["message"] == first["message"]
    assert [one["text"] for one in await mine(visitor)] == ["原来的话"]


@pytest.mark.fault("F-N8")
async def test_messages_sent_over_two_sockets_are_there_once_and_in_order(both: list[Process], inbox: Inbox) -> None:
    visitor = await both[0].visitor(inbox)
    sockets = [await process.phone(visitor) for process in both]
    names = [f"n{number:02}" for number in range(30)]
    for name in names:
        for socket in sockets:
            socket.say(type="send", client_id=name, text=name)
    for socket in sockets:
        await socket.next("ack", len(names))
    numbers = [{frame["client_id"]: frame["seq"] for frame in socket.of("ack")} for socket in sockets]
    assert numbers[0] == numbers[1]
    assert [one["text"] for one in await mine(visitor)] == names


@pytest.mark.fault("F-N9")
async def test_two_windows_of_one_person_show_the_same_and_read_marks_only_rise(both: list[Process], inbox: Inbox) -> None:
    here, there = both
    visitor, agent = await here.visitor(inbox), await here.person("周宁")
    talk = (await said(visitor, "0"))["conversation"]["id"]
    tabs = [await here.phone(visitor), await there.phone(visitor)]
    windows = [await here.console(agent), await there.console(agent)]
    for number in range(1, 8):
        tabs[number % 2].say(type="send", client_id=f"tab-{number}", text=f"c{number}")
        await tabs[number % 2].next("ack", (number + 1) // 2)
        await replied(agent, talk, f"a{number}")
    last = (await said(visitor, "终"))["message"]["seq"]
    for window in windows:
        await window.until(lambda window=window: any(one["seq"] == last for one in window.facts if one["subject"] == talk))
    heard = [
        [(one["n"], one["seq"]) for one in window.facts if one["name"] == POSTED and one["subject"] == talk] for window in windows
    ]
    assert heard[0] == heard[1]
    for seq in (last, 3, 1, 10**6):
        tabs[0].say(type="read", seq=min(seq, last))
        tabs[1].say(type="read", seq=2)
    tabs[0].say(type="ping", id=1)
    tabs[1].say(type="ping", id=1)
    await asyncio.gather(*(tab.next("pong") for tab in tabs))
    begun = await visitor.post(
        "/visitor/v1/sessions", json={"inbox_key": inbox.key, "token": visitor.headers["authorization"][7:]}
    )
    assert begun.json()["conversation"]["contact_seen_seq"] == last


@pytest.mark.fault("F-N9")
async def test_a_window_open_before_the_first_message_hears_what_the_other_began(both: list[Process], inbox: Inbox) -> None:
    here, there = both
    visitor = await here.visitor(inbox)
    early, other = await there.phone(visitor), await here.phone(visitor)
    stranger = await there.phone(await there.visitor(inbox))
    other.say(type="send", client_id="first-of-two", text="在吗")
    await other.next("ack")
    await said(visitor, "由请求")
    await early.until(lambda: [text for _, text in shown(early) if text][-1:] == ["由请求"])
    assert [text for _, text in shown(early) if text] == ["在吗", "由请求"]
    assert stranger.of("message") == []


@pytest.mark.fault("F-N11")
async def test_hints_that_are_lost_cost_a_moment_and_no_message(
    both: list[Process], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = both
    chance = random.Random(11)
    publish = here.house.bus.publish

    def lossy(topic: str, payload: bytes, **options: Any) -> None:
        if chance.random() >= 0.3:
            publish(topic, payload, **options)

    monkeypatch.setattr(here.house.bus, "publish", lossy)
    console, visitor = await there.console(await there.person("周宁")), await here.visitor(inbox)
    texts = [f"提示 {number}" for number in range(25)]
    for text in texts:
        await said(visitor, text)
    sent = time.monotonic()
    monkeypatch.setattr(here.house.bus, "publish", lambda *_, **__: None)
    last = (await said(visitor, "没有提示"))["message"]["seq"]
    await console.until(lambda: any(one["seq"] == last and one["data"].get("text") == "没有提示" for one in console.facts))
    assert time.monotonic() - sent < 4
    heard = [
        one["data"]["text"] for one in console.facts if one["name"] == POSTED and one["data"].get("text") in {*texts, "没有提示"}
    ]
    assert heard == [*texts, "没有提示"]


@pytest.mark.fault("F-B3")
async def test_hints_that_come_twice_and_out_of_order_show_everything_once(
    both: list[Process], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = both
    held: list[tuple[str, bytes]] = []
    publish = here.house.bus.publish

    def mixed(topic: str, payload: bytes, **options: Any) -> None:
        held.append((topic, payload))
        if len(held) >= 3:
            for late in (*reversed(held), *held):
                publish(*late, **options)
            held.clear()

    monkeypatch.setattr(here.house.bus, "publish", mixed)
    console, visitor = await there.console(await there.person("周宁")), await here.visitor(inbox)
    texts = [f"乱序 {number}" for number in range(12)]
    for text in texts:
        await said(visitor, text)
    await console.until(lambda: any(one["data"].get("text") == texts[-1] for one in console.facts))
    assert [one["data"]["text"] for one in console.facts if one["name"] == POSTED and one["data"]["text"]] == texts


class Deaf(Ear):
    """Takes the welcome and nothing after it."""

    async def _send(self, message: Any) -> None:
        await super()._send(message)
        if len(self.frames) > 1:
            await asyncio.Event().wait()


@pytest.mark.fault("F-N6")
async def test_who_takes_nothing_is_let_go_at_a_bound_and_the_others_hear_everything(
    both: list[Process], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_socket, "MAX_WAITING", 20)
    here, there = both
    agent, other = await there.person("周宁"), await there.console(await there.person("Li Xiang"))
    deaf = Deaf(there.front, "/live", {"cookie": agent.headers["cookie"]})
    there._ears.append(deaf)
    deaf.say(type="hello", epoch="", after=0)
    await deaf.next("welcome")
    (socket,) = there.house.hub.listeners(f"{there.workspace.id}/person:{agent.headers['x-test-person']}")
    phone, waiting = await here.phone(await here.visitor(inbox)), [0]
    for number in range(40):
        phone.say(type="send", client_id=f"deaf-{number}", text=f"{number}")
        # One by one, so that they are not gathered into a few frames.
        await other.until(lambda number=number: any(one["data"].get("text") == f"{number}" for one in other.facts))
        waiting.append(len(socket._outbox))
    assert 15 < max(waiting) <= 20
    assert (socket._closing, waiting[-1]) == (CLOSE_TOO_SLOW, 0)
    heard = [one["n"] for one in other.facts]
    assert heard == sorted(set(heard))


@pytest.mark.fault("F-N12")
@pytest.mark.parametrize("who", ["visitor", "agent"])
async def test_what_is_written_between_the_snapshot_and_the_listening_is_shown_once(
    both: list[Process], inbox: Inbox, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Every step of a hello that reads is held until somebody has written, before it and after it."""
    here, there = both
    visitor, agent = await here.visitor(inbox), await here.person("周宁")
    talk = (await said(visitor, "0"))["conversation"]["id"]
    epoch = (await there.phone(visitor)).of("welcome")[0]["epoch"]
    written: list[str] = []

    def writes_around(plain: Callable[..., Any]) -> Callable[..., Any]:
        async def read(*arguments: Any) -> Any:
            written.append(f"before {len(written)}")
            await replied(agent, talk, written[-1])
            result = await plain(*arguments)
            written.append(f"after {len(written)}")
            await replied(agent, talk, written[-1])
            return result

        return read

    if who == "visitor":
        for step in ("current", "show"):
            monkeypatch.setattr(there.house.visitors, step, writes_around(getattr(there.house.visitors, step)))
        ear = await back(there, visitor, epoch, 0)
    else:
        begun = await there.console(agent)
        where = begun.of("welcome")[0]
        monkeypatch.setattr(feed, "head", writes_around(feed.head))
        monkeypatch.setattr(feed, "read_after", writes_around(feed.read_after))
        ear = there._ear("/live", {"cookie": agent.headers["cookie"]})
        ear.say(type="hello", epoch=where["epoch"], after=where["position"])
        await ear.next("welcome")
    monkeypatch.undo()
    await replied(agent, talk, "终")
    if who == "visitor":
        await ear.until(lambda: (shown(ear) or [(0, "")])[-1][1] == "终")
        texts = [text for _, text in shown(ear) if text in {*written, "终"}]
    else:
        await ear.until(lambda: any(one["data"].get("text") == "终" for one in ear.facts))
        texts = [one["data"]["text"] for one in applied(ear) if one["subject"] == talk and one["data"].get("text")]
    assert len(written) >= 4
    assert texts == [*written, "终"]


@pytest.mark.fault("F-N12")
@pytest.mark.parametrize("who", ["visitor", "agent"])
async def test_a_hello_that_fails_on_its_way_shows_nothing_of_what_came_meanwhile(
    both: list[Process], inbox: Inbox, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Shown a later number before the earlier ones, a page would take those for heard when it comes back."""
    here, there = both
    visitor, agent = await here.visitor(inbox), await here.person("周宁")
    talk = (await said(visitor, "0"))["conversation"]["id"]
    begun = await (there.phone(visitor) if who == "visitor" else there.console(agent))
    where = begun.of("welcome")[0]
    tail = there.running.tail

    async def fails(*_: Any) -> None:
        position = tail.position(there.workspace.id)
        await replied(agent, talk, "其间")
        while tail.position(there.workspace.id) <= position:
            await asyncio.sleep(0.01)
        raise DatabaseUnavailable("in the middle of a hello")

    if who == "visitor":
        monkeypatch.setattr(visitors, "head", fails)
        ear = there._ear("/visitor/v1/live", {})
        ear.say(type="hello", token=visitor.headers["authorization"].removeprefix("Bearer "), epoch=where["epoch"], after=0)
    else:
        monkeypatch.setattr(feed, "read_after", fails)
        ear = there._ear("/live", {"cookie": agent.headers["cookie"]})
        ear.say(type="hello", epoch=where["epoch"], after=0)
    await ear.until(lambda: ear.closed is not None)
    assert ear.frames == []


@pytest.mark.fault("F-N3")
@pytest.mark.parametrize("missed", [0, 1, 7])
async def test_who_was_away_gets_everything_by_number(both: list[Process], inbox: Inbox, missed: int) -> None:
    here, there = both
    visitor, agent = await here.visitor(inbox), await here.person("周宁")
    sent = await said(visitor, "0")
    first = await here.phone(visitor)
    epoch = first.of("welcome")[0]["epoch"]
    first.hang_up()
    for number in range(missed):
        await replied(agent, sent["conversation"]["id"], f"r{number}")
    again = await back(there, visitor, epoch, sent["message"]["seq"])
    frame = again.of("welcome")[0]
    assert frame["recovered"] is True
    assert [one["text"] for one in frame["messages"] if one["text"].startswith("r")] == [f"r{number}" for number in range(missed)]


@pytest.mark.fault("F-N3")
@pytest.mark.parametrize("why", ["too many", "other epoch", "ahead of history"])
async def test_who_cannot_be_given_everything_is_told_so_and_sees_what_is_there_after_the_reload(
    both: list[Process], inbox: Inbox, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    here, there = both
    visitor, agent = await here.visitor(inbox), await here.person("周宁")
    talk = (await said(visitor, "0"))["conversation"]["id"]
    welcome = (await here.phone(visitor)).of("welcome")[0]
    for number in range(4):
        await replied(agent, talk, f"r{number}")
    monkeypatch.setattr(visitors, "CATCH_UP", 3)
    last = (await mine(visitor))[-1]["seq"] + 100
    epoch = "another" if why == "other epoch" else welcome["epoch"]
    after = {"too many": 0, "other epoch": 1, "ahead of history": last}[why]
    frame = (await back(there, visitor, epoch, after)).of("welcome")[0]
    assert (frame["recovered"], frame["messages"]) == (False, [])
    begun = await visitor.post(
        "/visitor/v1/sessions", json={"inbox_key": inbox.key, "token": visitor.headers["authorization"][7:]}
    )
    assert [one["text"] for one in begun.json()["messages"] if one["text"].startswith("r")] == ["r0", "r1", "r2", "r3"]


@pytest.mark.fault("F-N15")
@pytest.mark.parametrize("end", ["signed out", "signed out by an admin", "demoted", "disabled"])
async def test_nothing_is_heard_a_second_after_rights_end(both: list[Process], inbox: Inbox, end: str) -> None:
    here, there = both
    owner, agent, visitor = await here.person("主人", Role.OWNER), await here.person("周宁"), await here.visitor(inbox)
    person = agent.headers["x-test-person"]
    window = await there.console(agent)
    await said(visitor, "之前")
    await window.fact(POSTED)
    ways: dict[str, Callable[[], Any]] = {
        "signed out": lambda: agent.delete("/api/v1/session"),
        "signed out by an admin": lambda: owner.delete(f"/api/v1/people/{person}/sessions"),
        "demoted": lambda: owner.patch(f"/api/v1/people/{person}", json={"role": "editor"}),
        "disabled": lambda: owner.patch(f"/api/v1/people/{person}", json={"disabled": True}),
    }
    answer = await ways[end]()
    assert answer.status_code < 300, answer.text
    ended = time.monotonic()
    for number in range(6):
        await said(visitor, f"之后 {number}")
    await window.until(lambda: window.closed is not None)
    # When it was closed, and not when the six were said.
    assert window.closed_at - ended < within(1)
    assert window.closed == CLOSE_ENDED
    heard = len(window.facts)
    await said(visitor, "再之后")
    await (await there.console(owner)).next("welcome")
    assert len(window.facts) == heard


@pytest.mark.fault("F-N15")
async def test_a_node_that_waits_for_the_database_still_lets_go_at_once(both: list[Process], inbox: Inbox) -> None:
    """Every connection of the node is in use: neither the log can be read nor anybody be asked."""
    here, there = both
    agent, visitor = await here.person("周宁"), await here.visitor(inbox)
    window, pool = await there.console(agent), there.house.database.pool
    async with contextlib.AsyncExitStack() as held:
        for _ in range(10):
            while pool.get_idle_size() or pool.get_size() < pool.get_max_size():
                await held.enter_async_context(there.house.database.across())
            # Whoever had one for a moment gives it back.
            await asyncio.sleep(0.05)
        await said(visitor, "之后")
        assert (await agent.delete("/api/v1/session")).status_code < 300
        ended = time.monotonic()
        await window.until(lambda: window.closed is not None)
        assert (window.closed, pool.get_idle_size()) == (CLOSE_ENDED, 0)
    assert window.closed_at - ended < within(1)
    assert POSTED not in [fact["name"] for fact in window.facts]


@pytest.mark.fault("F-N15")
async def test_a_window_that_opens_as_the_session_ends_elsewhere_is_shown_nothing(both: list[Process], inbox: Inbox) -> None:
    """The other node was asked with this session a moment ago, holds the answer, and is not told of the end."""
    here, there = both
    agent, visitor = await here.person("周宁"), await here.visitor(inbox)
    assert (await there.door(**agent.headers).get("/api/v1/session")).status_code == 200
    deaf = there.house.bus._listeners
    there.house.bus._listeners = {}
    try:
        assert (await agent.delete("/api/v1/session")).status_code < 300
        await said(visitor, "之后")
        ear = there._ear("/live", {"cookie": agent.headers["cookie"]})
        ear.say(type="hello", epoch="", after=0)
        await ear.task
    finally:
        there.house.bus._listeners = deaf
    assert (ear.frames, ear.closed) == ([], CLOSE_ENDED)


@pytest.mark.fault("F-N15")
async def test_nothing_that_is_read_together_with_the_end_is_shown(both: list[Process], inbox: Inbox) -> None:
    """A node that lags reads the end of a session and what follows it in one piece."""
    here, there = both
    agent, visitor = await here.person("周宁"), await here.visitor(inbox)
    window = await there.console(agent)
    project = there.running._project
    workspace_id = there.workspace.id
    async with there.scope() as scope:
        session = await scope.connection.fetchval(
            "select id from sessions where workspace_id = $1 and person_id = $2", workspace_id, agent.headers["x-test-person"]
        )
    await said(visitor, "之前")
    posted = await window.fact(POSTED)
    async with there.scope() as scope:
        row = await scope.connection.fetchrow(
            "select workspace_id, position, name, subject, seq, at, data, caused_by, depth from log_events"
            " where workspace_id = $1 and position = $2",
            workspace_id,
            posted["n"],
        )
    later = Entry(*row.values())
    ended = msgspec.structs.replace(later, name=SessionEnded.wire_name, subject=session, seq=None)
    before = len(window.facts)
    project(workspace_id, [ended, later])
    await window.until(lambda: window.closed is not None)
    assert (window.closed, len(window.facts)) == (CLOSE_ENDED, before)
