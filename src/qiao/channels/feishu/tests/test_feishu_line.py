"""The long connection: events are answered when they are stored; Feishu's own library holds one with the same simulator."""

import asyncio
import logging
import warnings

import msgspec
import pytest

from qiao.channels.feishu import frames
from qiao.channels.feishu.adapter import LINE_STEPS, STEPS_LEFT
from qiao.channels.shared import lines
from qiao.kit.errors import Refused
from qiao.ports.channel import AccountBroken, NeedsReauth, RawReceipt
from qiao.ports.testing.line_suite import LineSuite, Sending, answered, listen, listening
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.serving import served
from qiao.ports.testing.wire import MemoryWire

pytestmark = pytest.mark.slow
HER = "ou_yutong"
HOSTS = {"api": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}


@pytest.fixture
async def simulator(simulator):
    async with served(simulator) as where:
        simulator.origin = where
        yield simulator


@pytest.fixture
def account(simulator):
    return simulator.account(settings={**simulator.settings, "mode": "line"})


class TestFeishuLine(LineSuite):
    hosts = HOSTS
    customer = HER
    by_calls = ({"settings": {"mode": "http"}},)

    @staticmethod
    def sent_to(url):
        return {"code": 0, "data": {"URL": url, "ClientConfig": None}}


async def test_messages_and_taps_come_by_the_line_and_are_read_as_ever(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        await simulator.customer_writes(HER, "在吗 👋")
        await simulator.customer_writes(HER, "换货", option="entry-2")
        answer = await answered(simulator, "event000002")
    said, tapped = [one for receipt in stored for one in adapter.parse(receipt, account)]
    assert [adapter.verify(receipt, account) for receipt in stored] == [None, None]
    assert (said.text, said.sender.address, tapped.option) == ("在吗 👋", HER, "entry-2")
    assert (answer.payload, answer.service, answer.headers["trace_id"]) == (b'{"code":200}', 7, "t")
    assert simulator.delivered == []


async def test_a_long_event_comes_in_parts_and_is_answered_once(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        simulator.frame("long", msgspec.json.encode({"header": {}, "event": {"message_id": "长" * 400}}), parts=3)
        await answered(simulator, "long")
    (receipt,) = stored
    assert msgspec.json.decode(receipt.body)["event"]["message_id"] == "长" * 400


async def test_it_says_that_it_is_there(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        ping = await answered(simulator, "ping")
    assert (ping.method, ping.service) == (frames.CONTROL, 7)


async def test_other_frames_hold_nothing_and_cut_nothing(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        simulator.lines.put("nonsense")
        simulator.lines.put(b"\xff\xff")
        simulator.lines.put(frames.written(frames.Frame(headers={"type": "pong"}, payload=b'{"PingInterval": 90}')))
        simulator.lines.put(frames.written(frames.Frame(method=1, headers={"type": "other"}, payload=b"{}")))
        await simulator.customer_writes(HER, "在吗")
        await answered(simulator, "event000001")
    assert len(stored) == 1


async def test_credentials_that_are_refused_are_told_once(adapter, account, stored):
    wrong = msgspec.structs.replace(account, secrets={**account.secrets, "app_secret": "another"})
    wire = MemoryWire()
    for _ in range(3):
        await listen(adapter, wrong, wire, stored)
    (receipt,) = stored
    assert adapter.verify(receipt, wrong) is None
    assert list(adapter.parse(receipt, wrong)) == [AccountBroken(reason="1000040344 app_id or app_secret is invalid")]


@pytest.mark.parametrize("code", [1, 1000040343, 1000040350])
async def test_a_busy_platform_says_nothing_of_the_account(adapter, account, stored, code):
    await listen(adapter, account, SayingWire(200, {"code": code, "msg": "later"}), stored)
    assert stored == []


@pytest.mark.parametrize("region", ["feishu", "lark"])
async def test_the_line_is_asked_of_the_platform_that_was_chosen(adapter, account, region):
    wire = Sending(TestFeishuLine.sent_to(""))
    settings = {**account.settings, "region": region}
    await listen(adapter, msgspec.structs.replace(account, hosts=HOSTS, settings=settings), wire, [])
    assert wire.asked[0].url == f"{HOSTS['lark' if region == 'lark' else 'api']}/callback/ws/endpoint"


@pytest.mark.parametrize("mark", ["", "0" * 64])
async def test_a_stranger_cannot_say_that_our_line_brought_it(adapter, account, mark):
    """Else an event in the open would be believed."""
    forged = RawReceipt("POST", {lines.LINE: mark}, {}, b'{"header": {"event_type": "im.message.receive_v1"}}')
    with pytest.raises(Refused):
        adapter.verify(forged, account)
    with pytest.raises(Refused):
        adapter.parse(forged, account)


async def test_connecting_wants_the_key_only_where_we_are_called(adapter, simulator, account):
    secrets = {name: one for name, one in simulator.secrets.items() if name != "encrypt_key"}
    by_line = await adapter.connect(msgspec.structs.replace(account, secrets=secrets), MemoryWire())
    assert by_line.todo == LINE_STEPS
    by_call = simulator.account(secrets=secrets)
    assert await adapter.connect(by_call, MemoryWire()) == NeedsReauth("the encrypt key is missing")
    assert (await adapter.connect(simulator.account(), MemoryWire())).todo == STEPS_LEFT


async def test_its_library_holds_a_line_with_the_simulator(simulator, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lark_oapi
        from lark_oapi.ws import client as ws
    logging.getLogger("Lark").setLevel(logging.CRITICAL)
    heard = []
    handler = lark_oapi.EventDispatcherHandler.builder("", "").register_p2_im_message_receive_v1(heard.append).build()
    monkeypatch.setattr(ws, "loop", asyncio.get_running_loop())
    secret, domain = simulator.secrets["app_secret"], f"{simulator.origin}/api"
    library = ws.Client(
        "cli_lanting", secret, lark_oapi.LogLevel.CRITICAL, event_handler=handler, domain=domain, auto_reconnect=False
    )
    url = await asyncio.to_thread(library._get_conn_url)
    monkeypatch.setattr(library, "_get_conn_url", lambda: url)
    before = asyncio.all_tasks()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await library._connect()
        try:
            await asyncio.wait_for(simulator.lines.connected(), 5)
            await simulator.customer_writes(HER, "在吗")
            answer = await answered(simulator, "event000001")
            await library._write_message(ws._new_ping_frame(7).SerializeToString())
            await answered(simulator, "ping")
        finally:
            own = [one for one in asyncio.all_tasks() - before if "_receive_message_loop" in repr(one)]
            for one in own:
                one.cancel()
            await asyncio.gather(*own, return_exceptions=True)
            await library._disconnect()
    (event,) = heard
    assert msgspec.json.decode(event.event.message.content) == {"text": "在吗"}
    assert msgspec.json.decode(answer.payload)["code"] == 200
