"""R2, R4, R7, R12 through the public doors: resends, cuts, claims, a polite stop."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import PASSWORD, Desk, Visitor

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.prepare()
    desk.start()
    yield desk
    await desk.close()


async def test_the_same_client_id_on_two_sockets_is_one_message(desk: Desk) -> None:
    first = await desk.visitor()
    await first.say("你好", "begin")
    second = Visitor(desk, first.token)
    await second.connect()
    await asyncio.gather(first.say("在吗", "same"), second.say("在吗", "same"))
    assert first.acked["same"] == second.acked["same"] == 2
    third = Visitor(desk, first.token)
    await third.connect()
    assert [message["text"] for message in third.messages.values()] == ["你好", "在吗"]


async def test_a_cut_at_every_stage_loses_and_doubles_nothing(desk: Desk) -> None:
    visitor = await desk.visitor()
    agent = await desk.agent("owner")
    for turn in range(12):
        await visitor.send(f"第 {turn} 条", f"t{turn}")
        await asyncio.sleep(turn * 0.001)
        visitor.cut()
        await visitor.connect()
        await visitor.say(f"第 {turn} 条", f"t{turn}")
    assert (
        sorted(message["client_id"] for message in visitor.messages.values() if message["client_id"])
        == sorted(f"t{turn}" for turn in range(12))
        or len(visitor.acked) == 12
    )
    again = Visitor(desk, visitor.token)
    await again.connect()
    own = [message for message in again.messages.values() if message["client_id"]]
    assert [message["client_id"] for message in own] == [f"t{turn}" for turn in range(12)]
    await agent.close()


async def test_replies_sent_while_away_are_all_there_on_return(desk: Desk) -> None:
    visitor = await desk.visitor()
    agent = await desk.agent("owner")
    await visitor.say("有人吗", "q")
    opened = await agent.event("conversations.opened.v1")
    visitor.cut()
    await agent.call("POST", f"/conversations/{opened['subject']}/claim", json={})
    for number in range(5):
        await agent.call(
            "POST", f"/conversations/{opened['subject']}/messages", json={"client_id": f"r{number}", "text": f"回复 {number}"}
        )
    await visitor.connect()
    texts = [message["text"] for seq, message in sorted(visitor.messages.items()) if message["author"]["kind"] == "agent"]
    assert texts == [f"回复 {number}" for number in range(5)]
    assert visitor.recovered == [True, True]
    await agent.close()


async def test_a_client_from_another_time_is_told_to_start_again(desk: Desk) -> None:
    visitor = await desk.visitor()
    visitor.epoch, visitor.after = "another", 3
    await visitor.connect()
    assert visitor.recovered[-1] is False


async def test_a_console_resumes_from_its_number(desk: Desk) -> None:
    agent = await desk.agent("owner")
    await agent.socket.close()
    visitor = await desk.visitor()
    await visitor.say("一", "a")
    await visitor.say("二", "b")
    welcome = await agent.connect(agent.me["epoch"], agent.me["position"])
    assert welcome["recovered"] is True
    missed: list[tuple[int, str]] = []
    while len(missed) < 2:
        # The desk is shared: what the bot said last elsewhere may come first.
        event = await agent.event("conversations.message_posted.v1")
        missed += [(event["seq"], event["data"]["text"])] if event["data"]["text"] in {"一", "二"} else []
    assert missed == [(1, "一"), (2, "二")]
    reload = await agent.connect(agent.me["epoch"], 10**9)
    assert reload["recovered"] is False
    await agent.close()


async def test_one_of_two_agents_takes_a_conversation(desk: Desk) -> None:
    visitor = await desk.visitor()
    first, second, owner = await desk.agent("agent"), await desk.agent("second"), await desk.agent("owner")
    for who in (first, second, owner):
        await who.call("PUT", "/me/availability", json={"availability": "away"})
    await visitor.say("转人工", "q")
    opened = await first.event("conversations.opened.v1")
    path = f"/api/v1/conversations/{opened['subject']}/claim"
    answers = await asyncio.gather(first.http.post(path, json={}), second.http.post(path, json={}))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    for who in (first, second, owner):
        await who.call("PUT", "/me/availability", json={"availability": "online"})
        await who.close()


async def test_notes_and_other_peoples_words_never_reach_the_visitor(desk: Desk) -> None:
    visitor, stranger = await desk.visitor(), await desk.visitor()
    agent = await desk.agent("owner")
    await visitor.say("你好", "q")
    opened = await agent.event("conversations.opened.v1")
    path = f"/conversations/{opened['subject']}/messages"
    await agent.call("POST", path, json={"client_id": "n", "kind": "note", "text": "内部：canary-7731"})
    await agent.call("POST", path, json={"client_id": "r", "text": "您好"})
    await visitor.receive("message")
    with pytest.raises(TimeoutError):
        await stranger.receive("message", timeout=0.5)
    assert all("canary" not in message["text"] for message in visitor.messages.values())
    await agent.close()


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        '{"type":"base"}',
        "[]",
        '{"type":"send","client_id":"","text":"x"}',
        '{"type":"send","client_id":5}',
        "{" * 5000,
        '""',
    ],
)
async def test_hostile_frames_get_a_code_or_a_close_and_tell_nothing(desk: Desk, frame: str) -> None:
    visitor = await desk.visitor()
    await visitor.socket.send(frame)
    try:
        answer = str(await asyncio.wait_for(visitor.socket.recv(), 3))
    except websockets.ConnectionClosed as closed:
        answer = str(closed.rcvd.code if closed.rcvd else "")
    assert "Traceback" not in answer and "qiao." not in answer.replace('"qiao.', "")
    assert httpx.get(f"{desk.url}/readyz").status_code == 200


async def test_a_socket_without_our_origin_or_session_is_refused(desk: Desk) -> None:
    agent = await desk.agent("owner")
    cookie = "; ".join(f"{name}={value}" for name, value in agent.http.cookies.items())
    url = f"ws://127.0.0.1:{desk.port}/live"
    for headers in ({"Cookie": cookie, "Origin": "https://evil.example"}, {"Cookie": cookie}, {"Origin": desk.url}):
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(url, additional_headers=headers)
    await agent.close()


async def test_a_session_that_ends_closes_its_sockets_at_once(desk: Desk) -> None:
    agent = await desk.agent("second")
    await agent.http.delete("/api/v1/session")
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            await asyncio.wait_for(agent.socket.recv(), 1)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


async def test_a_polite_stop_drains_and_asks_to_come_back() -> None:
    own = Desk()
    await own.prepare()
    own.start()
    visitor = await own.visitor()
    for number in range(50):
        await visitor.send(f"{number}", f"m{number}")
    while len(visitor.acked) < 10:
        await visitor.receive_any()
    stopping = asyncio.get_running_loop().run_in_executor(None, own.stop)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            await visitor.receive_any()
    assert await stopping == 0
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012
    acked = dict(visitor.acked)
    own.start()
    await visitor.connect()
    for number in range(50):
        await visitor.say(f"{number}", f"m{number}")
    assert {client_id: visitor.acked[client_id] for client_id in acked} == acked
    assert len(set(visitor.acked.values())) == 50
    await own.close()


async def closing_code(visitor: Visitor) -> int | None:
    """Listens to the end of the socket; the code the server ended it with."""
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            await visitor.receive_any()
    return closed.value.rcvd.code if closed.value.rcvd else None


async def test_a_polite_stop_waits_for_nobody_who_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than the test waits for the process: whoever waits for the whole of it fails.
    monkeypatch.setenv("QIAO_DRAIN_SECONDS", "600")
    own = Desk()
    await own.prepare()
    own.start()
    idle = [await own.visitor() for _ in range(40)]
    same = await own.visitor()
    await same.say("你好", "begin")
    deaf = Visitor(own, same.token, receive_buffer=4096)
    await deaf.connect()
    deaf.socket.transport.pause_reading()
    # Three megabytes: more than the machine itself takes for somebody who does not read.
    for number in range(190):
        await same.send("🍵" * 4_000, f"m{number}")
    while len(same.acked) < 191:
        await same.receive_any()
    stopping = asyncio.get_running_loop().run_in_executor(None, own.stop)
    assert await asyncio.gather(*(closing_code(one) for one in [*idle, same])) == [1012] * 41
    assert await stopping == 0
    deaf.cut()
    await own.close()


async def test_the_password_of_the_tests_is_not_an_answer(desk: Desk) -> None:
    answer = httpx.get(f"{desk.url}/api/schema/openapi.json")
    assert PASSWORD not in answer.text
