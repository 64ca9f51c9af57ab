"""Slack's own library calls the simulator and checks what it delivers: so that neither side is proven by its author alone."""

from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from qiao.channels.registry import read_manifest
from qiao.channels.slack_app.simulator import Simulator, direct
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault, SentFile

pytestmark = pytest.mark.slow
HER = "U123ABC456"
TOKEN = Simulator.secrets["bot_token"]


@pytest.fixture
def simulator():
    return Simulator(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


@pytest.fixture
async def origin(simulator):
    async with served(simulator) as where:
        simulator.origin = where
        yield where


@pytest.fixture
def client(origin):
    return AsyncWebClient(token=TOKEN, base_url=f"{origin}/api/")


async def test_it_knows_who_it_is(client):
    who = await client.auth_test()
    assert (who["user"], who["team"], who["bot_id"]) == ("lanting", "兰亭", "B1")


async def test_it_posts_with_buttons_and_takes_back(simulator, client):
    block = {
        "type": "actions",
        "elements": [{"type": "button", "text": {"type": "plain_text", "text": "换货"}, "value": "entry-2"}],
    }
    posted = await client.chat_postMessage(
        channel=HER, text="哪个？", blocks=[block], metadata={"event_type": "x", "event_payload": {}}
    )
    (shown,) = simulator.shown(HER)
    assert (shown.text, [*shown.options], [*shown.values]) == ("哪个？", ["换货"], ["entry-2"])
    await client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert simulator.shown(HER)[0].recalled
    with pytest.raises(SlackApiError) as again:
        await client.chat_delete(channel=posted["channel"], ts="1.1")
    assert again.value.response["error"] == "message_not_found"


async def test_it_finds_what_it_posted(client):
    opened = await client.conversations_open(users=HER)
    posted = await client.chat_postMessage(channel=HER, text="您好", metadata={"event_type": "x", "event_payload": {"key": "k"}})
    found = await client.conversations_history(channel=opened["channel"]["id"], include_all_metadata=True)
    assert [(one["ts"], one["metadata"]["event_payload"]["key"]) for one in found["messages"]] == [(posted["ts"], "k")]


async def test_it_uploads_in_three_steps(simulator, client):
    await client.files_upload_v2(channel=direct(HER), content=b"%PDF-1.4 tea", filename="invoice.pdf", title="invoice.pdf")
    (shown,) = simulator.shown(HER)
    assert (shown.by, shown.data) == ("company", b"%PDF-1.4 tea")


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.CREDENTIALS_REFUSED, "invalid_auth"), (Fault.TOKEN_REVOKED, "token_revoked"), (Fault.BLOCKED, "user_disabled")],
)
async def test_it_is_told_what_is_wrong(simulator, client, fault, error):
    simulator.go_wrong(fault)
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=HER, text="您好")
    assert refused.value.response["error"] == error


async def test_it_is_told_to_wait(simulator, client):
    simulator.go_wrong(Fault.RATE_LIMITED)
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=HER, text="您好")
    assert (refused.value.response.status_code, refused.value.response.headers["retry-after"]) == (429, "30")


async def test_a_stranger_is_not_let_in(origin):
    with pytest.raises(SlackApiError) as refused:
        await AsyncWebClient(token="xoxb-another", base_url=f"{origin}/api/").auth_test()
    assert refused.value.response["error"] == "invalid_auth"


async def test_its_verifier_believes_every_kind_of_delivery_and_nothing_else(simulator):
    await simulator.customer_writes(HER, "在吗")
    await simulator.customer_writes(HER, file=SentFile(kind="image", data=b"\x89PNG", name="a.png", content_type="image/png"))
    await simulator.customer_writes(HER, "换货", option="entry-2")
    verifier = SignatureVerifier(Simulator.secrets["signing_secret"])
    for receipt in simulator.delivered:
        assert verifier.is_valid_request(receipt.body, dict(receipt.headers))
        assert not verifier.is_valid_request(receipt.body + b" ", dict(receipt.headers))
    old = simulator.signed(b"{}", "application/json", ago=600)
    assert not verifier.is_valid_request(old.body, dict(old.headers))


async def test_it_is_told_who_somebody_is(simulator, client):
    await simulator.customer_writes(HER, "在吗", name="嘉禾")
    who = await client.users_info(user=HER, include_locale=True)
    assert (who["user"]["profile"]["real_name"], who["user"]["locale"]) == ("嘉禾", "zh-CN")
    with pytest.raises(SlackApiError) as refused:
        await client.users_info(user="U0STRANGER")
    assert refused.value.response["error"] == "user_not_found"
