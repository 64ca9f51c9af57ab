"""One socket: order is kept, a slow reader is cut off alone, what is not text ends it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from qiao.platform.live.socket import (
    CLOSE_ENDED,
    CLOSE_NOT_JSON,
    CLOSE_RESTART,
    CLOSE_TOO_LARGE,
    CLOSE_TOO_SLOW,
    MAX_FRAME,
    MAX_WAITING,
    Frame,
    Socket,
    SocketClosed,
    refuse,
)


async def test_frames_are_written_in_the_order_they_were_pushed(connect):
    socket, wire = await connect()
    for number in range(20):
        socket.push(str(number))
    await wire.until(lambda: len(wire.texts) == 20)
    assert wire.texts == [str(number) for number in range(20)]


async def test_structs_travel_as_json(connect):
    socket, wire = await connect()
    socket.push_struct({"type": "pong", "name": "桥"})
    assert await wire.next("pong") == {"type": "pong", "name": "桥"}


async def test_what_is_pushed_during_a_hold_comes_after_the_snapshot(connect):
    socket, wire = await connect()
    socket.hold()
    socket.push("late 1")
    socket.push("late 2")
    await asyncio.sleep(0)
    assert wire.texts == []
    socket.release(["snapshot 1", "snapshot 2"])
    socket.push("later")
    await wire.until(lambda: len(wire.texts) == 5)
    assert wire.texts == ["snapshot 1", "snapshot 2", "late 1", "late 2", "later"]


async def test_a_reader_that_is_too_slow_is_cut_off(connect):
    socket, wire = await connect()
    wire.block = asyncio.Event()
    for number in range(MAX_WAITING + 2):
        socket.push(str(number))
    wire.block.set()
    await wire.until(lambda: wire.closed is not None)
    assert wire.closed == CLOSE_TOO_SLOW
    assert len(wire.texts) <= 1


async def test_a_cut_says_nothing_more_of_what_is_queued(connect):
    socket, wire = await connect()
    wire.block = asyncio.Event()
    for text in ("under way", "queued", "queued too"):
        socket.push(text)
    await asyncio.sleep(0)
    socket.cut(CLOSE_ENDED)
    wire.block.set()
    await wire.until(lambda: wire.closed is not None)
    assert (wire.texts, wire.closed) == (["under way"], CLOSE_ENDED)


async def test_a_cut_during_a_hold_shows_neither_the_snapshot_nor_what_came_after_it(connect):
    socket, wire = await connect()
    socket.hold()
    socket.push("late")
    socket.cut(CLOSE_ENDED)
    socket.release(["snapshot"])
    await wire.until(lambda: wire.closed is not None)
    assert wire.texts == []


async def test_exactly_the_bound_is_not_too_slow(connect):
    socket, wire = await connect()
    socket.hold()
    for number in range(MAX_WAITING):
        socket.push(str(number))
    socket.release([])
    await wire.until(lambda: len(wire.texts) == MAX_WAITING)
    assert wire.closed is None


async def test_what_was_queued_is_written_before_the_close(connect):
    socket, wire = await connect()
    socket.push("last words")
    socket.close(CLOSE_RESTART)
    socket.push("unheard")
    await wire.until(lambda: wire.closed is not None)
    assert (wire.texts, wire.closed) == (["last words"], CLOSE_RESTART)


async def test_the_first_reason_to_close_stands(connect):
    socket, wire = await connect()
    socket.close(CLOSE_ENDED)
    socket.close(CLOSE_RESTART)
    await socket.finish()
    assert wire.closed == CLOSE_ENDED
    assert len([message for message in wire.sent if message["type"] == "websocket.close"]) == 1


async def test_a_close_during_a_hold_says_nothing_of_what_came_after_the_snapshot_that_was_not_said(connect):
    socket, wire = await connect()
    socket.hold()
    socket.push("late")
    socket.close(CLOSE_RESTART)
    await wire.until(lambda: wire.closed is not None)
    assert (wire.texts, wire.closed) == ([], CLOSE_RESTART)


async def test_who_is_refused_during_a_hold_is_told_so_and_nothing_else(connect):
    socket, wire = await connect()
    socket.hold()
    socket.push("late")
    socket.forget()
    socket.push("refused")
    socket.close(CLOSE_ENDED)
    await wire.until(lambda: wire.closed is not None)
    assert (wire.texts, wire.closed) == (["refused"], CLOSE_ENDED)


async def test_text_is_received_whole(connect):
    socket, wire = await connect()
    wire.say_raw(text="你好")
    wire.say_raw(text="x" * MAX_FRAME)
    assert await socket.receive() == "你好"
    assert len(await socket.receive()) == MAX_FRAME


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"bytes": b"\x00\x01"}, CLOSE_NOT_JSON),
        ({"text": None, "bytes": b"{}"}, CLOSE_NOT_JSON),
        ({"text": "x" * (MAX_FRAME + 1)}, CLOSE_TOO_LARGE),
    ],
)
async def test_what_cannot_be_read_ends_the_socket(connect, message, code):
    socket, wire = await connect()
    wire.say_raw(**message)
    with pytest.raises(SocketClosed):
        await socket.receive()
    await wire.until(lambda: wire.closed is not None)
    assert wire.closed == code


async def test_a_client_that_has_gone_ends_the_reading(connect):
    socket, wire = await connect()
    wire.hang_up()
    with pytest.raises(SocketClosed):
        await socket.receive()


async def test_after_our_close_nothing_is_read(connect):
    socket, wire = await connect()
    wire.say_raw(text="too late")
    socket.close(CLOSE_ENDED)
    with pytest.raises(SocketClosed):
        await socket.receive()


async def test_a_close_during_the_wait_for_a_frame_ends_the_reading(connect):
    socket, wire = await connect()
    reading = asyncio.create_task(socket.receive())
    await asyncio.sleep(0)
    socket.close(CLOSE_ENDED)
    wire.say_raw(text="too late")
    with pytest.raises(SocketClosed):
        await reading


async def test_finishing_writes_what_is_left(connect):
    socket, wire = await connect()
    socket.push("one")
    socket.push("two")
    await socket.finish()
    assert (wire.texts, wire.closed) == (["one", "two"], 1000)


async def test_a_transport_that_is_gone_harms_nobody(wire):
    async def send(message):
        if message["type"] == "websocket.send":
            raise ConnectionResetError

    socket = Socket(wire.receive, send)
    await socket.accept()
    socket.push("into the void")
    await socket.finish()
    socket.push("again")


async def test_a_refusal_is_an_http_answer(wire):
    await refuse(wire.receive, wire.send, 401, b'{"code":"auth.unauthenticated"}')
    start, body = wire.sent
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert (b"content-length", b"31") in start["headers"]
    assert body["body"] == b'{"code":"auth.unauthenticated"}'


class Transport:
    """The server's direct way, with room for so many frames."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.written: list[bytes] = []

    def write(self, frame: bytes) -> bool:
        if self.room <= 0:
            return False
        self.room -= 1
        self.written.append(frame)
        return True


@given(st.text(max_size=70_000) | st.integers(0, 70_000).map("x".__mul__))
def test_an_encoded_frame_is_what_a_client_reads(text):
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=OPEN)
    client.receive_data(Frame(text).wire)
    (event,) = client.events_received()
    assert (event.opcode, event.fin, event.data.decode()) == (Opcode.TEXT, True, text)


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_lengths_are_written_in_the_shortest_form(length):
    assert len(Frame("x" * length).wire) - length == {0: 2, 125: 2, 126: 4, 65_535: 4, 65_536: 10}[length]


async def test_frames_go_straight_out_while_there_is_room_and_keep_their_order(new_wire):
    wire, transport = new_wire(), Transport(room=2)
    socket = Socket(wire.receive, wire.send, transport.write)
    socket.push("before the handshake")
    assert transport.written == []
    await socket.accept()
    await wire.until(lambda: wire.texts == ["before the handshake"])
    for text in ("1", "2", "3"):
        socket.push(text)
    transport.room = 9
    socket.push("4")
    await wire.until(lambda: len(wire.texts) == 3)
    assert transport.written == [Frame("1").wire, Frame("2").wire]
    assert wire.texts[1:] == ["3", "4"]
    socket.push("5")
    assert transport.written[-1] == Frame("5").wire
    await socket.finish()


async def test_nothing_overtakes_a_frame_that_is_being_sent_or_held(new_wire):
    wire, transport = new_wire(), Transport(room=9)
    socket = Socket(wire.receive, wire.send, transport.write)
    await socket.accept()
    socket.hold()
    socket.push("held")
    wire.block = asyncio.Event()
    socket.release(["first"])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    socket.push("last")
    assert transport.written == []
    wire.block.set()
    await wire.until(lambda: wire.texts == ["first", "held", "last"])
    await socket.finish()
