"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

import pytest

from qiao.ports.channel import NeedsReauth, Rejected, WireRequest
from qiao.ports.testing.connecting_suite import ConnectingSuite
from qiao.ports.testing.simulating import Answered
from qiao.ports.testing.wire import MemoryWire


class TestLineOaConnecting(ConnectingSuite):
    calls = 2
    refused = (NeedsReauth,)


async def test_line_is_told_our_address_and_the_admin_what_is_left(connected):
    ended, simulator, calls = await connected(webhook_url="https://desk.example/in/abc")
    assert simulator.endpoint == "https://desk.example/in/abc"
    assert [one.rsplit("/", 1)[-1] for one in calls] == ["info", "endpoint"]
    assert set(ended.todo) == {"zh", "en"}


async def test_an_address_that_line_does_not_take_is_told(simulator, adapter):
    async def refusing(asked):
        return Answered(status=400, body=b'{"message": "Invalid webhook endpoint URL"}')

    simulator._set_endpoint = refusing
    ended = await adapter.connect(simulator.account(), MemoryWire(simulator))
    assert ended == Rejected("Invalid webhook endpoint URL")


@pytest.mark.parametrize("secrets", [{}, {"access_token": ""}, {"access_token": "another"}])
async def test_a_token_that_is_not_the_accounts_is_told(connected, secrets):
    ended, simulator, _ = await connected(secrets=secrets)
    assert ended == NeedsReauth("the channel access token is not accepted")
    assert simulator.endpoint == ""


@pytest.mark.parametrize("path", ["/v2/bot/message/push", "/v2/bot/message/reply"])
async def test_the_platform_takes_nothing_from_strangers(simulator, path):
    simulator.reply_tokens["t"] = "U1"
    body = {"to": "U1", "replyToken": "t", "messages": [{"type": "text", "text": "x"}]}
    asked = WireRequest(url=f"http://platform.test/api{path}", headers={"authorization": "Bearer another"}, json=body)
    assert (await MemoryWire(simulator).request(asked)).status == 401
    assert simulator.phones == {}
