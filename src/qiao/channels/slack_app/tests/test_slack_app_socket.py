"""Socket Mode: envelopes are answered when what they bring is stored; Slack's own library speaks with the same simulator."""

import asyncio

import msgspec
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from qiao.channels.slack_app.adapter import SOCKET_STEPS, STEPS_LEFT
from qiao.channels.slack_app.simulator import direct
from qiao.ports.channel import AccountBroken, Connected, NeedsReauth
from qiao.ports.testing.line_suite import LineSuite, answered, listen, listening
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

pytestmark = pytest.mark.slow
HER = "U0YUTONG"
HOSTS = {"api": "https://slack.com/api", "files": "https://files.slack.com"}


@pytest.fixture
async def simulator(simulator):
    async with served(simulator) as where:
        simulator.origin = where
        yield simulator


@pytest.fixture
def account(simulator):
    return simulator.account(settings={"mode": "socket"})


class TestSlackLine(LineSuite):
    hosts = HOSTS
    customer = HER
    by_calls = ({"settings": {"mode": "http"}}, {"secrets": {}})
    trouble = (*LineSuite.trouble, Fault.RATE_LIMITED)

    @staticmethod
    def sent_to(url):
        return {"ok": True, "url": url}


async def test_messages_and_taps_come_by_the_line_and_are_read_as_ever(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        name = await simulator.customer_writes(HER, "在吗 👋 <b>")
        await simulator.customer_writes(HER, "换货 & 退货", option="entry-2")
        assert await answered(simulator, "envelope000002") == {"envelope_id": "envelope000002"}
    said, tapped = [one for receipt in stored for one in adapter.parse(receipt, account)]
    assert [adapter.verify(receipt, account) for receipt in stored] == [None, None]
    assert (said.text, said.provider_id, said.sender.address) == ("在吗 👋 <b>", name, HER)
    assert (tapped.option, tapped.text) == ("entry-2", "换货 & 退货")
    assert simulator.delivered == []


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_when_slack_asks_it_lets_go_and_can_come_back(adapter, account, simulator, stored, reason):
    async with listening(adapter, account, simulator, stored) as holding:
        simulator.lines.put(msgspec.json.encode({"type": "disconnect", "reason": reason}).decode())
        await asyncio.wait_for(holding, 5)
        assert holding.exception() is None
    async with listening(adapter, account, simulator, stored):
        await simulator.customer_writes(HER, "还在吗")
        await answered(simulator, "envelope000001")
    assert len(stored) == 1


async def test_other_envelopes_are_answered_and_hold_nothing(adapter, account, simulator, stored):
    async with listening(adapter, account, simulator, stored):
        simulator.lines.put("nonsense")
        simulator.lines.put('{"type": 5}')
        await answered(simulator, simulator.envelope("slash_commands", {"command": "/help"}))
    assert stored == []


async def test_a_token_that_is_refused_is_told_once(adapter, account, stored):
    wire = SayingWire(200, {"ok": False, "error": "invalid_auth"})
    for _ in range(3):
        await listen(adapter, account, wire, stored)
    (receipt,) = stored
    assert adapter.verify(receipt, account) is None
    assert list(adapter.parse(receipt, account)) == [AccountBroken(reason="invalid_auth")]


async def test_it_is_told_again_after_it_worked(adapter, account, simulator, stored):
    wire, refusing = MemoryWire(), SayingWire(200, {"ok": False, "error": "token_revoked"})
    refusing.memory = wire.memory
    await listen(adapter, account, refusing, stored)
    async with listening(adapter, account, simulator, stored, wire):
        pass
    await listen(adapter, account, refusing, stored)
    assert len(stored) == 2


@pytest.mark.parametrize(
    ("mode", "missing", "reason"),
    [("socket", "app_token", "the app-level token is missing"), ("http", "signing_secret", "the signing secret is missing")],
)
async def test_connecting_wants_what_messages_arrive_by(adapter, simulator, mode, missing, reason):
    secrets = {name: value for name, value in simulator.secrets.items() if name != missing}
    account = simulator.account(settings={"mode": mode}, secrets=secrets)
    assert await adapter.connect(account, MemoryWire()) == NeedsReauth(reason)


@pytest.mark.parametrize(("mode", "todo"), [("socket", SOCKET_STEPS), ("http", STEPS_LEFT)])
async def test_connecting_says_what_is_left_to_do(adapter, simulator, mode, todo):
    account = simulator.account(settings={"mode": mode})
    assert await adapter.connect(account, MemoryWire()) == Connected(title="lanting · 兰亭", todo=todo)


async def test_its_library_holds_a_line_with_the_simulator(simulator):
    heard = []
    web = AsyncWebClient(token=simulator.secrets["bot_token"], base_url=f"{simulator.origin}/api/")
    library = SocketModeClient(app_token=simulator.secrets["app_token"], web_client=web)

    async def listener(client, request):
        heard.append((request.type, request.payload))
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    library.socket_mode_request_listeners.append(listener)
    await library.connect()
    try:
        await asyncio.wait_for(simulator.lines.connected(), 5)
        await simulator.customer_writes(HER, "在吗")
        await simulator.customer_writes(HER, "换货", option="entry-2")
        for name in ("envelope000001", "envelope000002"):
            assert (await answered(simulator, name))["envelope_id"] == name
    finally:
        await library.close()
    (event, said), (interactive, tapped) = heard
    assert (event, said["event"]["text"], said["event"]["channel"]) == ("events_api", "在吗", direct(HER))
    assert (interactive, tapped["actions"][0]["value"]) == ("interactive", "entry-2")
