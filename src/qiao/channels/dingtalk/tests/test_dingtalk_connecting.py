"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

import pytest

from qiao.ports.channel import NeedsReauth, WireRequest
from qiao.ports.testing.connecting_suite import ConnectingSuite
from qiao.ports.testing.wire import MemoryWire


class TestDingtalkConnecting(ConnectingSuite):
    calls = 1
    refused = (NeedsReauth,)


@pytest.mark.parametrize(
    "changes", [{"secrets": {}}, {"secrets": {"client_secret": "another"}}, {"settings": {"client_id": "another"}}]
)
async def test_credentials_that_are_not_the_apps_are_told(connected, changes):
    ended, _, _ = await connected(**changes)
    assert ended == NeedsReauth("invalidClientIdOrSecret")


async def test_the_admin_is_told_what_is_left(connected):
    ended, _, _ = await connected()
    assert ended.title == "dingapp"
    assert all("Stream" in text for text in ended.todo.values())


@pytest.mark.parametrize("path", ["oToMessages/batchSend", "groupMessages/send", "messageFiles/download"])
async def test_the_platform_takes_nothing_from_strangers(simulator, path):
    body = {"userIds": ["u"], "msgKey": "sampleText", "msgParam": "{}", "downloadCode": "c", "processQueryKeys": ["k"]}
    headers = {"x-acs-dingtalk-access-token": "token-9"}
    asked = WireRequest(url=f"http://platform.test/api/v1.0/robot/{path}", headers=headers, json=body)
    assert (await MemoryWire(simulator).request(asked)).status == 401
    assert simulator.phones == {}


async def test_the_gateway_gives_strangers_no_ticket(simulator):
    body = {"clientId": "dingapp", "clientSecret": "another", "subscriptions": []}
    asked = WireRequest(url="http://platform.test/api/v1.0/gateway/connections/open", json=body)
    assert (await MemoryWire(simulator).request(asked)).status == 401
    assert simulator.lines.tickets == set()
