"""The visitor's socket over ASGI: catch up, send and be acknowledged, hear what is meant for the customer."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations import visitor_socket as module
from qiao.domains.conversations.contracts import Author, AuthorKind, MessageKind, NewMessage
from qiao.domains.conversations.visitor_socket import VisitorSockets
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.live.feed import Frame
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED, CLOSE_NOT_JSON
from qiao.platform.live.tail import Tail
from qiao.platform.log.read import head
from qiao.platform.version import APP_VERSION

pytestmark = pytest.mark.database

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")


class Phone:
    """The visitor's end of an ASGI socket."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.inbox.put_nowait({"type": "websocket.connect"})
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None
        self.arrived = asyncio.Event()

    async def send(self, message) -> None:
        self.frames += [msgspec.json.decode(message["text"])] if message["type"] == "websocket.send" else []
        self.closed = message["code"] if message["type"] == "websocket.close" else self.closed
        self.arrived.set()

    def say(self, **frame: Any) -> None:
        self.inbox.put_nowait({"type": "websocket.receive", "text": msgspec.json.encode(frame).decode()})

    def raw(self, text: str | None) -> None:
        self.inbox.put_nowait({"type": "websocket.receive", "text": text, "bytes": b"x"})

    def hang_up(self) -> None:
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]

    async def until(self, condition) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.arrived.clear()
                await self.arrived.wait()

    async def next(self, kind: str, count: int = 1) -> dict[str, Any]:
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]


class Shop:
    """A process that serves visitors of one inbox."""

    def __init__(self, house, workspace) -> None:
        self.house, self.workspace, self.database = house, workspace, house.database
        self.hub = Hub()
        self.tail = Tail(self.database, [lambda workspace_id, entries: self.sockets.project(workspace_id, entries)])  # noqa: PLW0108 - looked up when it is called
        self.sockets = VisitorSockets(house.visitors, house.contacts, self.hub, self.tail, house.presence)
        self.tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            channel = next(iter(self.house.channels))
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel=channel, name="官网"))
            self.epoch, _ = await head(scope.connection, self.workspace.id)
        await self.tail.start()

    async def token(self) -> str:
        async with self.database.scope(self.workspace.id) as scope:
            token, _ = await self.house.contacts.begin_visit(scope, self.inbox.id, ContactFields(name="林语桐"))
        return token

    def dial(self) -> Phone:
        phone = Phone()
        self.tasks.append(asyncio.create_task(self.sockets.serve(phone.inbox.get, phone.send)))
        return phone

    async def connect(self, token: str, **hello: Any) -> Phone:
        phone = self.dial()
        phone.say(type="hello", token=token, **{"epoch": self.epoch, "after": 0, **hello})
        await phone.next("welcome")
        return phone

    async def begun(self) -> tuple[str, Phone, Any]:
        """A visitor who has said one thing: token, phone, the conversation's id."""
        token = await self.token()
        phone = await self.connect(token)
        phone.say(type="send", client_id="first", text="在吗")
        ack = await phone.next("ack")
        return token, phone, msgspec.convert(ack["conversation_id"], type(new_id()))

    async def write(self, talk, text, kind=MessageKind.TEXT) -> None:
        item = NewMessage(conversation_id=talk, author=AGENT, text=text, client_id=uuid4().hex, kind=kind)
        await self.house.conversations.post(self.workspace.id, item)

    async def act(self, name, *arguments, **options):
        async with self.database.scope(self.workspace.id) as scope:
            return await getattr(self.house.conversations, name)(scope, *arguments, **options)


@pytest.fixture
async def shop(house, workspace):
    shop = Shop(house, workspace)
    await shop.begin()
    yield shop
    shop.hub.close_all()
    for task in shop.tasks:
        task.cancel()
    await asyncio.gather(*shop.tasks, return_exceptions=True)
    await shop.tail.stop()


async def test_a_first_hello_is_welcomed_with_nothing(shop):
    phone = await shop.connect(await shop.token(), epoch=None)
    nothing = {"recovered": True, "conversation": None, "messages": []}
    assert phone.frames == [{"type": "welcome", "epoch": shop.epoch, **nothing, "app_version": APP_VERSION}]


async def test_a_message_is_acknowledged_after_it_is_stored(shop):
    _, phone, talk = await shop.begun()
    ack = phone.of("ack")[0]
    assert (ack["client_id"], ack["seq"]) == ("first", 1)
    page = await shop.act("messages", talk)
    assert [(str(one.id), one.text) for one in page.items] == [(ack["id"], "在吗")]


async def test_sending_it_again_is_acknowledged_alike(shop):
    token, phone, _ = await shop.begun()
    again = await shop.connect(token)
    again.say(type="send", client_id="first", text="在吗")
    first, second = phone.of("ack")[0], await again.next("ack")
    assert first == second


async def test_replies_arrive_by_number_on_every_device(shop):
    token, phone, talk = await shop.begun()
    tablet = await shop.connect(token)
    for number in range(3):
        await shop.write(talk, f"回复 {number}")
    for device in (phone, tablet):
        await device.until(
            lambda device=device: len([one for one in device.of("message") if one["message"]["author"]["kind"] == "agent"]) == 3
        )
        shown = [
            (one["message"]["seq"], one["message"]["text"])
            for one in device.of("message")
            if one["message"]["author"]["kind"] == "agent"
        ]
        assert shown == [(2, "回复 0"), (3, "回复 1"), (4, "回复 2")]


async def test_what_was_missed_comes_with_the_welcome(shop):
    token, phone, talk = await shop.begun()
    phone.hang_up()
    await shop.write(talk, "一")
    await shop.write(talk, "内部", MessageKind.NOTE)
    await shop.write(talk, "二")
    back = await shop.connect(token, after=1)
    welcome = back.frames[0]
    assert (welcome["recovered"], [one["seq"] for one in welcome["messages"]]) == (True, [2, 4])
    assert welcome["conversation"]["last_seq"] == 4


@pytest.mark.parametrize("hello", [{"epoch": "another"}, {"after": 99}, {"after": -(10**6)}])
async def test_who_cannot_be_caught_up_is_told(shop, hello):
    token, _, _ = await shop.begun()
    back = await shop.connect(token, **hello)
    assert (back.frames[0]["recovered"], back.frames[0]["messages"]) == (False, [])


async def test_notes_and_strangers_words_are_never_heard(shop):
    _, phone, talk = await shop.begun()
    _, stranger, _ = await shop.begun()
    await shop.write(talk, "内部 canary", MessageKind.NOTE)
    await shop.write(talk, "您好")
    await phone.until(lambda: any(one["message"]["text"] == "您好" for one in phone.of("message")))
    stranger.say(type="ping", id=1)
    await stranger.next("pong")
    assert "canary" not in str(phone.frames)
    assert "您好" not in str(stranger.frames)


async def test_a_change_of_hands_is_told(shop):
    _, phone, talk = await shop.begun()
    await shop.act("hand_over", talk, Author(AuthorKind.BOT), reason="asked")
    frame = await phone.next("conversation")
    assert (frame["conversation"]["status"], frame["conversation"]["queue"]) == (
        "waiting",
        {"position": 1, "estimate_seconds": None},
    )
    await shop.act("claim", talk, AGENT)
    await phone.until(lambda: phone.of("conversation")[-1]["conversation"]["status"] == "open")
    await shop.act("resolve", talk, AGENT)
    await phone.until(lambda: phone.of("conversation")[-1]["conversation"]["status"] == "resolved")
    shown = [one["message"]["content"]["event"] for one in phone.of("message") if one["message"]["kind"] == "event"]
    assert shown == ["handed_over", "assigned", "resolved"]


async def test_being_put_aside_is_not_told(shop):
    _, phone, talk = await shop.begun()
    await shop.act("claim", talk, AGENT)
    await shop.act("snooze", talk, AGENT, utc_now() + timedelta(hours=1))
    await shop.write(talk, "稍后回复您")
    await phone.until(lambda: any(one["message"]["text"] == "稍后回复您" for one in phone.of("message")))
    assert {one["conversation"]["status"] for one in phone.of("conversation")} <= {"open"}


async def test_places_in_the_queue_are_told_to_those_who_are_here(shop):
    _, phone, talk = await shop.begun()
    await shop.act("hand_over", talk, Author(AuthorKind.BOT), reason="asked")
    await phone.next("conversation")
    shop.sockets.queue_moved(shop.workspace.id, [new_id(), talk])
    frame = await phone.next("conversation", 2)
    assert frame["conversation"]["queue"]["position"] == 1


async def test_a_queue_that_moves_a_hundred_times_at_once_is_told_a_few_times(shop):
    _, phone, talk = await shop.begun()
    await shop.act("hand_over", talk, Author(AuthorKind.BOT), reason="asked")
    await phone.next("conversation")
    before = len(phone.of("conversation"))
    for _ in range(100):
        shop.sockets.queue_moved(shop.workspace.id, [talk])
    await phone.until(lambda: len(phone.of("conversation")) > before)
    await asyncio.sleep(0.6)
    assert len(phone.of("conversation")) - before <= 4


async def test_a_bot_less_shop_puts_a_new_customer_into_the_queue(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.house.inboxes.change(scope, shop.inbox.id, InboxChanges(bot_enabled=False))
    _, _, talk = await shop.begun()
    assert (await shop.act("get", talk)).status == "waiting"


async def test_writing_after_the_end_takes_it_up_again(shop):
    token, phone, talk = await shop.begun()
    await shop.act("resolve", talk, AGENT)
    phone.say(type="send", client_id="more", text="还有一事")
    assert (await phone.next("ack", 2))["conversation_id"] == str(talk)
    assert (await shop.act("get", talk)).status == "bot"
    back = await shop.connect(token)
    assert back.frames[0]["conversation"]["id"] == str(talk)


async def test_after_a_long_silence_a_new_conversation_begins(shop):
    token, phone, talk = await shop.begun()
    phone.hang_up()
    await shop.act("resolve", talk, AGENT)
    async with shop.database.scope(shop.workspace.id) as scope:
        await scope.connection.execute(
            "update conversations set resolved_at = now() - interval '8 days' where workspace_id = $1", shop.workspace.id
        )
    back = await shop.connect(token)
    back.say(type="send", client_id="anew", text="又是我")
    ack = await back.next("ack")
    assert (ack["conversation_id"] != str(talk), ack["seq"]) == (True, 1)


async def test_reading_is_marked_and_heard(shop):
    _, phone, talk = await shop.begun()
    await shop.write(talk, "您好")
    phone.say(type="read", seq=2)
    phone.say(type="read", seq=10**15)
    phone.say(type="read", seq=-5)
    phone.say(type="ping", id=1)
    await phone.next("pong")
    assert (await shop.act("get", talk)).contact_seen_seq == 2
    await shop.act("mark_read", talk, "agent", 1)
    assert await phone.next("read") == {"type": "read", "seq": 1}


async def test_typing_goes_both_ways(shop):
    _, phone, talk = await shop.begun()
    signs = []
    shop.house.bus.subscribe("conversations.presence", lambda _topic, payload: signs.append(msgspec.json.decode(payload)))
    phone.say(type="typing", on=True, length=12)
    phone.say(type="ping", id=1)
    await phone.next("pong")
    assert (signs[0]["act"], signs[0]["length"], signs[0]["conversation_id"]) == ("typing", 12, str(talk))
    known = {"workspace_id": shop.workspace.id, "person_id": new_id(), "name": "周宁", "permissions": {"conversations.read"}}
    caller = type("Caller", (), known)
    shop.house.presence.typing(caller, object(), Frame(type="typing", conversation_id=talk, on=True))
    assert await phone.next("typing") == {"type": "typing", "author": {"kind": "agent", "name": "周宁"}, "on": True}
    phone.hang_up()
    await asyncio.wait_for(shop.tasks[-1], 10)
    assert signs[-1]["act"] == "still"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "send", "client_id": "e", "text": "  "}, "conversations.message_empty"),
        ({"type": "send", "client_id": "", "text": "x"}, "conversations.message_too_long"),
        ({"type": "send", "client_id": "a\x00", "text": "x"}, "qiao.invalid"),
        ({"type": "send", "client_id": "f", "text": "x", "attachments": [str(new_id())]}, "files.not_found"),
        ({"type": "dance"}, "live.unknown_type"),
        ({"type": "hello", "token": "x"}, "live.unknown_type"),
    ],
)
async def test_what_cannot_be_done_is_refused_and_the_socket_lives(shop, frame, code):
    phone = await shop.connect(await shop.token())
    phone.say(**frame)
    refused = await phone.next("refused")
    assert (refused["code"], refused["client_id"]) == (code, frame.get("client_id"))
    phone.say(type="send", client_id="ok", text="好的")
    assert (await phone.next("ack"))["client_id"] == "ok"


async def test_who_writes_too_fast_is_told_when_to_go_on(shop):
    phone = await shop.connect(await shop.token())
    shop.sockets._sending = module.Throttle(rate=0.1, burst=1)
    phone.say(type="send", client_id="a", text="一")
    phone.say(type="send", client_id="b", text="二")
    refused = await phone.next("refused")
    assert (refused["client_id"], refused["code"], refused["retry_after"]) == ("b", "qiao.too_many", 10)


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"type":"hello","after":"x"}', '{"type":"send"}', "[" * 60_000, None])
async def test_what_is_no_hello_ends_the_socket(shop, text):
    phone = shop.dial()
    phone.raw(text)
    await asyncio.wait_for(shop.tasks[-1], 10)
    assert (phone.closed, shop.hub.size) == (CLOSE_NOT_JSON, 0)


async def test_a_token_that_is_nobodys_is_refused(shop):
    phone = shop.dial()
    phone.say(type="hello", token=f"qv_{shop.workspace.id.hex}_{'x' * 43}")
    await asyncio.wait_for(shop.tasks[-1], 10)
    assert (phone.of("refused")[0]["code"], phone.closed) == ("contacts.visitor_unknown", CLOSE_ENDED)


async def test_who_says_nothing_is_not_waited_for(shop, monkeypatch):
    monkeypatch.setattr(module, "HELLO_SECONDS", 0.01)
    phone = shop.dial()
    await asyncio.wait_for(shop.tasks[-1], 10)
    assert phone.closed == 1000


async def test_a_hello_that_fails_leaves_nothing_followed(shop, monkeypatch):
    async def broken(*_arguments):
        raise ConnectionResetError("gone")

    token = await shop.token()
    monkeypatch.setattr(shop.house.visitors, "arrive", broken)
    phone = shop.dial()
    phone.say(type="hello", token=token)
    await asyncio.gather(shop.tasks[-1], return_exceptions=True)
    assert (shop.tail._followers, shop.hub.size, phone.of("welcome")) == ({}, 0, [])


async def test_the_last_who_leaves_is_followed_no_more(shop):
    _, phone, _ = await shop.begun()
    assert shop.tail.position(shop.workspace.id) > 0
    phone.hang_up()
    await asyncio.wait_for(shop.tasks[-1], 10)
    assert (shop.tail.position(shop.workspace.id), shop.hub.size) == (0, 0)


async def test_a_crowd_loses_and_doubles_nothing(shop):
    _, phone, talk = await shop.begun()

    async def answer() -> None:
        for number in range(20):
            await shop.write(talk, f"回复 {number}")

    answering = asyncio.create_task(answer())
    for number in range(20):
        phone.say(type="send", client_id=f"c{number}", text=f"问题 {number}")
    await phone.next("ack", 21)
    await answering
    await phone.until(
        lambda: len({one["message"]["seq"] for one in phone.of("message")} | {one["seq"] for one in phone.of("ack")}) == 41
    )
    seqs = [one["message"]["seq"] for one in phone.of("message")]
    assert seqs == sorted(set(seqs))


async def test_more_signs_than_fingers_make_are_passed_over(shop):
    _, phone, _ = await shop.begun()
    shop.sockets._gestures = module.Throttle(rate=0.001, burst=2)
    for number in range(6):
        phone.say(type="ping", id=number)
    phone.say(type="send", client_id="after", text="还在")
    await phone.next("ack", 2)
    assert [frame["id"] for frame in phone.of("pong")] == [0, 1]


async def test_a_flood_of_read_marks_moves_nothing_further(shop):
    _, phone, talk = await shop.begun()
    shop.sockets._gestures = module.Throttle(rate=0.001, burst=0)
    phone.say(type="read", seq=1)
    phone.say(type="send", client_id="after", text="还在")
    await phone.next("ack", 2)
    assert (await shop.act("get", talk)).contact_seen_seq == 0


async def test_those_who_are_refused_together_come_back_one_behind_the_other(shop):
    phones = [await shop.connect(await shop.token()) for _ in range(3)]
    shop.sockets._sending = module.Throttle(rate=1, burst=0)
    shop.sockets._turned_away = module.TurnedAway(0.5)
    told = []
    for phone in phones:
        phone.say(type="send", client_id="a", text="在吗")
        told.append((await phone.next("refused"))["retry_after"])
    assert told == [1, 3, 5]


async def test_who_begins_where_no_bot_answers_hears_in_every_window_that_they_wait(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.house.inboxes.change(scope, shop.inbox.id, InboxChanges(bot_enabled=False))
    token = await shop.token()
    phone, other = await shop.connect(token), await shop.connect(token)
    phone.say(type="send", client_id="first", text="在吗")
    ack = await phone.next("ack")
    for window in (phone, other):
        told = (await window.next("conversation"))["conversation"]
        assert (told["id"], told["status"]) == (ack["conversation_id"], "waiting")
        assert told["queue"]["estimate_seconds"] is None
