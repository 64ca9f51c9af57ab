"""Socket Mode: envelopes are answered when what they bring is stored; Slack's own library speaks with the same simulator."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from qiao.channels.registry import read_manifest
from qiao.channels.shared import lines
from qiao.channels.slack_app.adapter import SOCKET_STEPS, STEPS_LEFT, Adapter
from qiao.channels.slack_app.simulator import Simulator, direct
from qiao.kit.errors import Refused
from qiao.ports.channel import AccountBroken, Connected, NeedsReauth, RawReceipt, WireFailed
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

pytestmark = pytest.mark.slow
HER = "U0YUTONG"


@pytest.fixture
def adapter():
    return Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


@pytest.fixture
async def simulator(adapter):
    simulator = Simulator(adapter.manifest)
    async with served(simulator) as where:
        simulator.origin = where
        yield simulator


@pytest.fixture
def account(simulator):
    return simulator.account(settings={"mode": "socket"})


@pytest.fixture
def stored():
    return []


def into(stored):
    async def deliver(receipt):
        stored.append(receipt)

    return deliver


@asynccontextmanager
async def listening(adapter, account, simulator, stored):
    holding = asyncio.create_task(adapter.listen(account, MemoryWire(), into(stored)))
    try:
        await asyncio.wait_for(simulator.lines.connected(), 5)
        yield holding
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def answered(simulator, name):
    return await asyncio.wait_for(simulator.lines.answered(name), 5)


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


async def test_what_could_not_be_stored_is_not_answered(adapter, account, simulator):
    async def failing(receipt):
        raise ConnectionError("the database is away")

    holding = asyncio.create_task(adapter.listen(account, MemoryWire(), failing))
    await asyncio.wait_for(simulator.lines.connected(), 5)
    await simulator.customer_writes(HER, "在吗")
    with pytest.raises(ConnectionError, match="the database is away"):
        await asyncio.wait_for(holding, 5)
    assert simulator.lines.answers == {}


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
        await adapter.listen(account, wire, into(stored))
    (receipt,) = stored
    assert adapter.verify(receipt, account) is None
    assert list(adapter.parse(receipt, account)) == [AccountBroken(reason="invalid_auth")]


async def test_it_is_told_again_after_it_worked(adapter, account, simulator, stored):
    wire, refusing = MemoryWire(), SayingWire(200, {"ok": False, "error": "token_revoked"})
    refusing.memory = wire.memory
    await adapter.listen(account, refusing, into(stored))
    holding = asyncio.create_task(adapter.listen(account, wire, into(stored)))
    await asyncio.wait_for(simulator.lines.connected(), 5)
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await adapter.listen(account, refusing, into(stored))
    assert len(stored) == 2


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.NONSENSE, Fault.CUT])
async def test_trouble_at_slack_says_nothing_of_the_account(adapter, account, simulator, stored, fault):
    simulator.go_wrong(fault)
    await adapter.listen(account, MemoryWire(), into(stored))
    assert stored == []


class Named(SayingWire):
    """Slack sends us somewhere; the operator's rule is asked."""

    def __init__(self, url):
        super().__init__(200, {"ok": True, "url": url})
        self.judged = []

    async def address(self, host, port):
        self.judged.append((host, port))
        raise WireFailed("refused")


@pytest.mark.parametrize(
    ("url", "judged"),
    [
        ("wss://wss-primary.slack.com/link/?ticket=1", [("wss-primary.slack.com", 443)]),
        ("wss://10.0.0.1:8443/link", [("10.0.0.1", 8443)]),
        ("ws://wss-primary.slack.com/link", []),
        ("http://169.254.169.254/", []),
        ("wss://[::1/link", []),
        ("wss://x:notaport/", []),
    ],
)
async def test_no_line_is_made_that_the_operators_rule_forbids(adapter, account, stored, url, judged):
    outside = msgspec.structs.replace(account, hosts={"api": "https://slack.com/api", "files": "https://files.slack.com"})
    wire = Named(url)
    await adapter.listen(outside, wire, into(stored))
    assert (wire.judged, stored) == (judged, [])


@pytest.mark.parametrize("changes", [{"settings": {"mode": "http"}}, {"secrets": {}}], ids=["http", "no token"])
async def test_where_slack_calls_us_no_line_is_held(adapter, account, simulator, stored, changes):
    resting = asyncio.create_task(adapter.listen(msgspec.structs.replace(account, **changes), MemoryWire(), into(stored)))
    await asyncio.sleep(0.02)
    assert not resting.done()
    resting.cancel()
    await asyncio.gather(resting, return_exceptions=True)
    assert simulator.asked == []


@pytest.mark.parametrize("mark", ["", "0" * 64, "é"])
async def test_a_stranger_cannot_say_that_our_line_brought_it(adapter, account, mark):
    body = b'{"type": "event_callback"}'
    with pytest.raises(Refused):
        adapter.verify(RawReceipt("POST", {lines.LINE: mark}, {}, body), account)
    genuine = lines.brought(account, body)
    assert adapter.verify(genuine, account) is None
    with pytest.raises(Refused):
        adapter.verify(msgspec.structs.replace(genuine, body=body + b" "), account)
    with pytest.raises(Refused):
        adapter.verify(genuine, msgspec.structs.replace(account, signing_key=b"another inbox's key"))


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
