"""The stream: frames are acknowledged when what they bring is stored; DingTalk's own library speaks with the same simulator."""

import asyncio
import logging

import dingtalk_stream
import msgspec
import pytest
from dingtalk_stream import AckMessage, ChatbotMessage, Credential, DingTalkStreamClient

from qiao.channels.dingtalk import streaming
from qiao.channels.dingtalk.simulator import Simulator
from qiao.ports.channel import AccountBroken
from qiao.ports.testing.line_suite import LineSuite, answered, listen, listening
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

pytestmark = pytest.mark.slow
HIM = "manager164"
HOSTS = {"api": "https://api.dingtalk.com", "files": "https://oapi.dingtalk.com"}


@pytest.fixture
async def simulator(simulator):
    async with served(simulator) as where:
        simulator.origin = where
        yield simulator


@pytest.fixture
def account(simulator):
    account = simulator.account()
    return msgspec.structs.replace(account, settings={**account.settings, "mode": "stream"})


class TestDingtalkLine(LineSuite):
    hosts = HOSTS
    customer = HIM
    by_calls = ({"settings": {"mode": "http"}}, {"secrets": {}})
    trouble = (*LineSuite.trouble, Fault.RATE_LIMITED)

    @staticmethod
    def sent_to(url):
        return {"endpoint": url, "ticket": "t"}


async def test_a_message_comes_by_stream_is_verified_and_read(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        await simulator.customer_writes(HIM, "在吗 👋")
        answer = await answered(simulator, "frame000001")
    (receipt,) = stored
    assert adapter.verify(receipt, account) is None
    (message,) = adapter.parse(receipt, account)
    assert (message.text, message.sender.address) == ("在吗 👋", HIM)
    assert (answer["code"], answer["headers"]["contentType"]) == (200, "application/json")


async def test_a_ping_is_answered_with_what_it_said(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        name = simulator.frame("SYSTEM", "ping", {"opaque": "0xFF"})
        answer = await answered(simulator, name)
    assert msgspec.json.decode(answer["data"]) == {"opaque": "0xFF"}
    assert stored == []


async def test_when_it_is_asked_to_it_lets_go_and_can_come_back(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored) as holding:
        simulator.frame("SYSTEM", "disconnect", {"reason": "rebalancing"})
        await asyncio.wait_for(holding, 5)
        assert holding.exception() is None
    async with listening(adapter, account, simulator, stored):
        await simulator.customer_writes(HIM, "还在吗")
        await answered(simulator, "frame000002")
    assert len(stored) == 1


async def test_other_frames_are_acknowledged_and_hold_nothing(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        names = [simulator.frame("EVENT", "*", {"eventType": "user_add_org"}), simulator.frame("CALLBACK", "/v1.0/card", {})]
        simulator.lines.put('{"type": 5}')
        names.append(simulator.frame("SYSTEM", "ping", {}))
        codes = [(await answered(simulator, name))["code"] for name in names]
    assert codes == [200, 200, 200]
    assert stored == []


async def test_credentials_that_do_not_hold_are_told_once(adapter, account, simulator, stored):
    wrong = msgspec.structs.replace(account, secrets={"client_secret": "another"})
    wire = MemoryWire()
    for _ in range(3):
        await listen(adapter, wrong, wire, stored)
    (receipt,) = stored
    assert adapter.verify(receipt, wrong) is None
    assert list(adapter.parse(receipt, wrong)) == [AccountBroken(reason="authFailed wrong client secret")]


async def test_a_gateway_cannot_send_us_on_elsewhere(adapter, simulator, account, stored):
    """The operator's rule was asked about the first address only."""
    asked = []

    async def sending_on(scope, receive, send):
        asked.append(scope["path"])
        elsewhere = [
            (b"location", simulator.origin.replace("http", "ws").replace("127.0.0.1", "localhost").encode() + b"/stream")
        ]
        await send({"type": "websocket.http.response.start", "status": 302, "headers": elsewhere})
        await send({"type": "websocket.http.response.body", "body": b""})

    async with served(sending_on) as where:
        wire = SayingWire(200, {"endpoint": where.replace("http", "ws") + "/connect", "ticket": "t"})
        await listen(adapter, account, wire, stored)
    assert asked == ["/connect"]
    assert len(simulator.lines) == 0


async def test_a_ticket_works_once(adapter, simulator, account):
    wire = SayingWire(200, {"endpoint": f"{simulator.origin.replace('http', 'ws')}/stream", "ticket": "made-up"})
    await listen(adapter, account, wire, [])
    assert len(simulator.lines) == 0


class Heard(dingtalk_stream.ChatbotHandler):
    """DingTalk's own handler, which answers in the session."""

    def __init__(self):
        super().__init__()
        self.messages = []

    async def process(self, callback):
        message = ChatbotMessage.from_dict(callback.data)
        self.messages.append(message)
        answered = await asyncio.to_thread(self.reply_text, "收到", message)
        return AckMessage.STATUS_OK, answered["errmsg"]


@pytest.fixture
def library(simulator, monkeypatch):
    endpoint = f"{simulator.origin}/api"
    monkeypatch.setattr("dingtalk_stream.stream.DINGTALK_OPENAPI_ENDPOINT", endpoint)
    monkeypatch.setattr("dingtalk_stream.chatbot.DINGTALK_OPENAPI_ENDPOINT", endpoint)
    monkeypatch.setattr(DingTalkStreamClient, "OPEN_CONNECTION_API", endpoint + streaming.OPEN_PATH)
    monkeypatch.setattr(DingTalkStreamClient, "get_host_ip", lambda self: "127.0.0.1")
    credential = Credential(Simulator.settings["client_id"], Simulator.secrets["client_secret"])
    return DingTalkStreamClient(credential, logging.getLogger("quiet"))


async def ended(running):
    """The library takes a first cancellation for a cut line, and leaves its keepalive behind."""
    left = [one for one in asyncio.all_tasks() if one.get_coro().__name__ == "keepalive"]
    running.cancel()
    await asyncio.sleep(0.01)
    for one in (running, *left):
        one.cancel()
    await asyncio.gather(running, *left, return_exceptions=True)


async def test_its_library_hears_and_answers(simulator, library, monkeypatch):
    handler = Heard()
    library.register_callback_handler(ChatbotMessage.TOPIC, handler)
    opened = await asyncio.to_thread(library.open_connection)
    monkeypatch.setattr(library, "open_connection", lambda: opened)
    running = asyncio.create_task(library.start())
    try:
        await asyncio.wait_for(simulator.lines.connected(), 5)
        await simulator.customer_writes(HIM, "在吗")
        answer = await answered(simulator, "frame000001")
    finally:
        await ended(running)
    assert msgspec.json.decode(answer["data"]) == {"response": "ok"}
    (heard,) = handler.messages
    assert (heard.text.content, heard.sender_staff_id, heard.conversation_type) == ("在吗", HIM, "1")
    assert [one.text for one in simulator.shown(HIM)] == ["在吗", "收到"]


async def test_its_library_gets_a_token_and_finds_a_file(simulator, library):
    handler = Heard()
    library.register_callback_handler(ChatbotMessage.TOPIC, handler)
    library.pre_start()
    assert await asyncio.to_thread(library.get_access_token) == "token-1"
    handler.dingtalk_client = library
    where = await asyncio.to_thread(handler.get_image_download_url, "code000001")
    assert where == f"{simulator.origin}/download/code000001"
