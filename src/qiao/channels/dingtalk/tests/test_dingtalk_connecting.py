"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

from pathlib import Path

import pytest

from qiao.channels.dingtalk.adapter import Adapter
from qiao.channels.dingtalk.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import NeedsReauth, WireRequest
from qiao.ports.testing.connecting_suite import ConnectingSuite
from qiao.ports.testing.connecting_suite import connected as suite_connected
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")


class TestDingtalkConnecting(ConnectingSuite):
    calls = 1
    refused = (NeedsReauth,)

    @pytest.fixture
    def adapter(self):
        return Adapter(MANIFEST)

    @pytest.fixture
    def simulator(self):
        return Simulator(MANIFEST)


async def connected(**changes):
    """How connecting ends."""
    simulator = Simulator(MANIFEST)
    ended, calls = await suite_connected(Adapter(MANIFEST), simulator, **changes)
    return ended, simulator, calls


@pytest.mark.parametrize(
    "changes", [{"secrets": {}}, {"secrets": {"client_secret": "another"}}, {"settings": {"client_id": "another"}}]
)
async def test_credentials_that_are_not_the_apps_are_told(changes):
    ended, _, _ = await connected(**changes)
    assert ended == NeedsReauth("invalidClientIdOrSecret")


async def test_the_admin_is_told_what_is_left():
    ended, _, _ = await connected()
    assert ended.title == "dingapp"
    assert all("Stream" in text for text in ended.todo.values())


@pytest.mark.parametrize("path", ["oToMessages/batchSend", "groupMessages/send", "messageFiles/download"])
async def test_the_platform_takes_nothing_from_strangers(path):
    simulator = Simulator(MANIFEST)
    body = {"userIds": ["u"], "msgKey": "sampleText", "msgParam": "{}", "downloadCode": "c", "processQueryKeys": ["k"]}
    headers = {"x-acs-dingtalk-access-token": "token-9"}
    asked = WireRequest(url=f"http://platform.test/api/v1.0/robot/{path}", headers=headers, json=body)
    assert (await MemoryWire(simulator).request(asked)).status == 401
    assert simulator.phones == {}


async def test_the_gateway_gives_strangers_no_ticket():
    simulator = Simulator(MANIFEST)
    body = {"clientId": "dingapp", "clientSecret": "another", "subscriptions": []}
    asked = WireRequest(url="http://platform.test/api/v1.0/gateway/connections/open", json=body)
    assert (await MemoryWire(simulator).request(asked)).status == 401
    assert simulator.tickets == set()
