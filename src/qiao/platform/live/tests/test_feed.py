"""The console's socket: all that was missed or a plain no, then every fact the person may see and no other."""

import asyncio
import random
from uuid import UUID, uuid4

import pytest

from qiao.kit.errors import Unauthenticated
from qiao.platform.live import feed as module
from qiao.platform.live import socket as socket_module
from qiao.platform.live.feed import Feed, Telling, session_topic
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED, CLOSE_NOT_JSON
from qiao.platform.live.tail import Tail
from qiao.platform.log.facts import Fact
from qiao.platform.log.read import head

pytestmark = pytest.mark.database


class Told(Fact, frozen=True, kw_only=True):
    wire_name = "open.told.v1"
    text: str = ""
    subject: UUID

    @property
    def about(self) -> UUID:
        return self.subject


class Secret(Told, frozen=True, kw_only=True):
    wire_name = "secret.told.v1"


class Personal(Told, frozen=True, kw_only=True):
    wire_name = "personal.told.v1"


class Hidden(Told, frozen=True, kw_only=True):
    wire_name = "hidden.told.v1"


def audience(entry):
    kind = entry.name.split(".")[0]
    return {"open": "read", "secret": "write", "personal": f"person:{entry.subject}"}.get(kind)


class Desk:
    """A feed over the real log, its sockets, and somebody who commits facts."""

    def __init__(self, database, workspace) -> None:
        self.database, self.workspace, self.hub = database, workspace, Hub()
        self.tail = Tail(database, [lambda workspace_id, entries: self.feed.project(workspace_id, entries)])  # noqa: PLW0108 - looked up when it is called
        self.ended: set[UUID] = set()

        async def still_in(_connection, caller) -> bool:
            return caller.session_id not in self.ended

        telling = Telling(audience, lambda name: name.replace("open.", "shown."), still_in)
        self.feed = Feed(database, self.hub, self.tail, telling, "1.2.3")
        self.tasks: list[asyncio.Task[None]] = []

    def serve(self, wire, caller) -> asyncio.Task[None]:
        task = asyncio.create_task(self.feed.serve(caller, wire.receive, wire.send))
        self.tasks.append(task)
        return task

    async def tell(self, *facts) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            for fact in facts:
                scope.emit(fact)

    async def say(self, *words, kind=Told, subject=None) -> None:
        await self.tell(*(kind(text=word, subject=subject or uuid4()) for word in words))

    async def head(self) -> tuple[str, int]:
        async with self.database.across() as connection:
            return await head(connection, self.workspace.id)


@pytest.fixture
async def desk(database, workspace):
    desk = Desk(database, workspace)
    await desk.tail.start()
    yield desk
    desk.hub.close_all()
    for task in desk.tasks:
        task.cancel()
    await asyncio.gather(*desk.tasks, return_exceptions=True)
    await desk.tail.stop()


def texts(wire) -> list[str]:
    return [item["data"]["text"] for frame in wire.of("events") for item in frame["items"]]


def numbers(wire) -> list[int]:
    return [item["n"] for frame in wire.of("events") for item in frame["items"]]


@pytest.fixture
def enter(desk, caller_in, new_wire):
    """Somebody with permissions who has said hello; their wire."""

    async def enter(*permissions, epoch=None, after=None, caller=None):
        now, position = await desk.head()
        wire = new_wire()
        desk.serve(wire, caller or caller_in(desk.workspace.id, *permissions))
        wire.say({"type": "hello", "epoch": now if epoch is None else epoch, "after": position if after is None else after})
        await wire.next("welcome")
        return wire

    return enter


async def test_a_welcome_says_where_the_log_is(desk, enter):
    await desk.say("a", "b")
    epoch, position = await desk.head()
    wire = await enter("read")
    assert wire.frames[0] == {"type": "welcome", "epoch": epoch, "position": position, "recovered": True, "app_version": "1.2.3"}
    assert wire.sent[0]["type"] == "websocket.accept"


async def test_what_was_missed_comes_after_the_welcome_in_order(desk, enter):
    _, before = await desk.head()
    await desk.say("a", "b", "c")
    wire = await enter("read", after=before)
    await wire.until(lambda: len(texts(wire)) == 3)
    assert [frame["type"] for frame in wire.frames] == ["welcome", "events"]
    assert (texts(wire), numbers(wire)) == (["a", "b", "c"], [before + 1, before + 2, before + 3])


@pytest.mark.parametrize(("epoch", "after"), [("another", 0), (None, 10**9), (None, -(10**9)), ("", 0)])
async def test_who_cannot_be_caught_up_is_told_to_reload(desk, enter, epoch, after):
    await desk.say("a")
    wire = await enter("read", epoch=epoch, after=after)
    assert wire.frames[0]["recovered"] is False
    await desk.say("b")
    await wire.until(lambda: texts(wire) == ["b"])


async def test_who_missed_too_much_is_told_to_reload(desk, enter, monkeypatch):
    monkeypatch.setattr(module, "MAX_MISSED", 3)
    _, before = await desk.head()
    await desk.say("a", "b", "c")
    assert (await enter("read", after=before)).frames[0]["recovered"] is True
    await desk.say("d")
    assert (await enter("read", after=before)).frames[0]["recovered"] is False


async def test_facts_that_arrive_are_pushed_with_their_numbers(desk, enter):
    wire = await enter("read")
    subject = uuid4()
    await desk.say('你好 "quoted" \\', subject=subject)
    frame = await wire.next("events")
    (item,) = frame["items"]
    assert (item["name"], item["subject"], item["seq"]) == ("shown.told.v1", str(subject), None)
    assert item["data"] == {"text": '你好 "quoted" \\', "subject": str(subject)}
    assert item["at"]


async def test_nobody_sees_what_their_role_may_not(desk, enter):
    reader, writer = await enter("read"), await enter("read", "write")
    await desk.tell(
        Secret(text="secret", subject=uuid4()), Hidden(text="hidden", subject=uuid4()), Told(text="open", subject=uuid4())
    )
    await reader.until(lambda: "open" in texts(reader))
    await writer.until(lambda: {"open", "secret"} <= set(texts(writer)))
    assert texts(reader) == ["open"]
    assert sorted(texts(writer)) == ["open", "secret"]


async def test_what_was_missed_is_filtered_alike(desk, enter):
    _, before = await desk.head()
    await desk.tell(
        Secret(text="secret", subject=uuid4()), Hidden(text="hidden", subject=uuid4()), Told(text="open", subject=uuid4())
    )
    wire = await enter("read", after=before)
    await wire.until(lambda: bool(texts(wire)))
    assert texts(wire) == ["open"]


async def test_a_personal_fact_is_for_one_person_alone(desk, enter, caller_in):
    me = caller_in(desk.workspace.id, "read", "write")
    mine, other = await enter(caller=me), await enter("read", "write")
    await desk.say("for me", kind=Personal, subject=me.person_id)
    await desk.say("for all")
    await mine.until(lambda: len(texts(mine)) == 2)
    await other.until(lambda: bool(texts(other)))
    assert (texts(mine), texts(other)) == (["for me", "for all"], ["for all"])


async def test_another_company_hears_nothing(desk, enter, caller_in, house, new_wire):
    elsewhere = await house.workspaces.create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    wire = new_wire()
    desk.serve(wire, caller_in(elsewhere.id, "read", "write"))
    wire.say({"type": "hello"})
    await wire.next("welcome")
    home = await enter("read")
    await desk.say("ours")
    await home.until(lambda: bool(texts(home)))
    assert texts(wire) == []


async def test_a_ping_is_answered_and_the_unknown_refused(desk, enter):
    wire = await enter("read")
    wire.say({"type": "dance"})
    wire.say({"type": "ping", "id": 7})
    assert await wire.next("pong") == {"type": "pong", "id": 7}
    assert wire.of("refused") == [{"type": "refused", "code": "live.unknown_type"}]


async def test_frames_go_to_their_handler_with_who_sent_them(desk, enter, caller_in):
    handled = []
    desk.feed.on_frame("view", lambda caller, _socket, frame: handled.append((caller, frame.conversation_id)))
    me, talk = caller_in(desk.workspace.id, "read"), uuid4()
    wire = await enter(caller=me)
    wire.say({"type": "view", "conversation_id": str(talk)})
    wire.say({"type": "ping"})
    await wire.next("pong")
    assert handled == [(me, talk)]


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"type":5}', "[" * 60_000, '{"type":"hello","after":"x"}'])
async def test_what_is_no_frame_ends_the_socket(desk, caller_in, wire, text):
    task = desk.serve(wire, caller_in(desk.workspace.id, "read"))
    wire.say_raw(text=text)
    await asyncio.wait_for(task, 10)
    assert wire.closed == CLOSE_NOT_JSON


@pytest.mark.fault("F-U1")
async def test_a_page_that_speaks_what_is_not_understood_any_more_is_told_to_load_anew(desk, caller_in, wire, monkeypatch):
    monkeypatch.setattr(socket_module, "OLDEST_PROTOCOL", 2)
    monkeypatch.setattr(socket_module, "OUTDATED_SECONDS", 0)
    task = desk.serve(wire, caller_in(desk.workspace.id, "read"))
    wire.say({"type": "hello"})
    await asyncio.wait_for(task, 10)
    assert wire.closed == socket_module.CLOSE_OUTDATED
    assert desk.hub.size == 0
    assert await socket_module.understood(2)
    assert not await socket_module.understood(1)


async def test_who_says_nothing_is_not_waited_for(desk, caller_in, wire, monkeypatch):
    monkeypatch.setattr(module, "HELLO_SECONDS", 0.01)
    task = desk.serve(wire, caller_in(desk.workspace.id, "read"))
    await asyncio.wait_for(task, 10)
    assert wire.closed == 1000
    assert desk.hub.size == 0


async def test_arriving_and_leaving_are_told_however_the_socket_ends(desk, enter, caller_in):
    told = []
    desk.feed.on_arrive(lambda caller, _socket: told.append(("came", caller.person_id)))

    async def left(caller, _socket):
        told.append(("left", caller.person_id))

    desk.feed.on_leave(left)
    me = caller_in(desk.workspace.id, "read")
    wire = await enter(caller=me)
    wire.say({"type": "ping"})
    await wire.next("pong")
    wire.hang_up()
    await asyncio.wait_for(desk.tasks[-1], 10)
    assert told == [("came", me.person_id), ("left", me.person_id)]
    assert (desk.hub.size, desk.tail.position(desk.workspace.id)) == (0, 0)


async def test_the_end_of_a_session_ends_its_sockets(desk, enter, caller_in):
    me = caller_in(desk.workspace.id, "read")
    mine, other = await enter(caller=me), await enter("read")
    desk.hub.close_topic(session_topic(me.session_id), CLOSE_ENDED)
    await mine.until(lambda: mine.closed is not None)
    assert (mine.closed, other.closed) == (CLOSE_ENDED, None)


@pytest.mark.fault("F-N15")
async def test_who_was_told_out_before_they_listened_is_shown_nothing(desk, caller_in, wire):
    me = caller_in(desk.workspace.id, "read")
    epoch, before = await desk.head()
    await desk.say("missed")
    desk.ended.add(me.session_id)
    task = desk.serve(wire, me)
    wire.say({"type": "hello", "epoch": epoch, "after": before})
    await asyncio.wait_for(task, 10)
    assert (wire.texts, wire.closed, desk.hub.size) == ([], CLOSE_ENDED, 0)
    with pytest.raises(Unauthenticated):
        await desk.feed.since(me, epoch, before)


async def test_nothing_falls_between_the_snapshot_and_the_first_push(desk, enter):
    """Facts commit while sockets say hello: each client has every number once it has passed over doubles."""
    _, before = await desk.head()

    async def write() -> None:
        for number in range(30):
            await desk.say(str(number))

    writing = asyncio.create_task(write())
    wires = [await enter("read", after=before) for _ in range(5)]
    await writing
    for wire in wires:
        await wire.until(lambda wire=wire: len(set(numbers(wire))) == 30)
        assert sorted(set(numbers(wire))) == list(range(before + 1, before + 31))


async def test_a_flood_of_frames_is_refused_and_the_socket_lives(desk, enter):
    heard = []
    desk.feed.on_frame("typing", lambda _caller, _socket, frame: heard.append(frame.id))
    desk.feed._frames_of = module.Throttle(rate=0.001, burst=3)
    wire = await enter("read")
    for number in range(6):
        wire.say({"type": "typing", "id": number})
    await wire.until(lambda: len(wire.of("refused")) == 3)
    assert heard == [0, 1, 2]
    assert {frame["code"] for frame in wire.of("refused")} == {"qiao.too_many"}
    await desk.say("still here")
    await wire.until(lambda: texts(wire) == ["still here"])


async def test_windows_of_one_session_share_what_it_may_say(desk, enter, caller_in):
    caller = caller_in(desk.workspace.id, "read")
    desk.feed._frames_of = module.Throttle(rate=0.001, burst=2)
    first, second = await enter(caller=caller), await enter(caller=caller)
    for wire in (first, second, first, second):
        wire.say({"type": "ping", "id": 1})
    await second.until(lambda: len(first.of("refused")) + len(second.of("refused")) == 2)
    assert len(first.of("pong")) + len(second.of("pong")) == 2


async def test_a_flood_of_one_harms_no_other(desk, enter):
    desk.feed._frames_of = module.Throttle(rate=0.001, burst=1)
    loud, quiet = await enter("read"), await enter("read")
    for _ in range(5):
        loud.say({"type": "ping", "id": 1})
    await loud.until(lambda: len(loud.of("refused")) == 4)
    quiet.say({"type": "ping", "id": 7})
    assert (await quiet.next("pong"))["id"] == 7


class Client:
    """Keeps (epoch, number) as ours does, and passes over what it knows already."""

    def __init__(self, epoch: str, position: int) -> None:
        self.epoch, self.position = epoch, position
        self.shown: list[str] = []

    def take(self, wire) -> None:
        for number, text in zip(numbers(wire), texts(wire), strict=True):
            self.shown += [text] if number > self.position else []
            self.position = max(self.position, number)


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_comes_and_goes_has_every_fact_once_and_in_order(desk, enter, seed):
    rng = random.Random(seed)
    client, told = Client(*await desk.head()), []
    for step in range(30):
        wire = await enter("read", epoch=client.epoch, after=client.position)
        assert wire.frames[0]["recovered"] is True
        for number in range(rng.randrange(4)):
            words = [f"{step}.{number}.{n}" for n in range(rng.choice([1, 1, 5]))]
            told += words
            await desk.say(*words)
        await asyncio.sleep(rng.choice([0, 0, 0.01]))
        client.take(wire)
        wire.hang_up()
    wire = await enter("read", epoch=client.epoch, after=client.position)
    _, end = await desk.head()
    await wire.until(lambda: max([client.position, *numbers(wire)]) == end)
    client.take(wire)
    assert client.shown == told


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_hears_several_audiences_hears_rising_numbers(desk, enter, caller_in, seed):
    """A client keeps the highest number as what it has: an earlier fact that came later would be lost to it."""
    rng = random.Random(seed)
    me = caller_in(desk.workspace.id, "read", "write")
    wire, reader = await enter(caller=me), await enter("read")
    kinds = [rng.choice([Told, Secret, Personal, Hidden]) for _ in range(40)]
    subjects = [me.person_id if kind is Personal else uuid4() for kind in kinds]
    facts = [kind(text=str(n), subject=subject) for n, (kind, subject) in enumerate(zip(kinds, subjects, strict=True))]
    await desk.tell(*facts)
    mine = [str(n) for n, kind in enumerate(kinds) if kind is not Hidden]
    await wire.until(lambda: len(texts(wire)) == len(mine))
    assert (texts(wire), numbers(wire)) == (mine, sorted(numbers(wire)))
    everybodys = [str(n) for n, kind in enumerate(kinds) if kind is Told]
    await reader.until(lambda: len(texts(reader)) == len(everybodys))
    assert texts(reader) == everybodys


async def test_facts_of_one_audience_in_a_row_are_one_frame(desk, enter):
    wire = await enter("read", "write")
    await desk.tell(*(kind(text="x", subject=uuid4()) for kind in [Told, Told, Hidden, Told, Secret, Secret, Told]))
    await wire.until(lambda: len(texts(wire)) == 6)
    assert [len(frame["items"]) for frame in wire.of("events")] == [3, 2, 1]
