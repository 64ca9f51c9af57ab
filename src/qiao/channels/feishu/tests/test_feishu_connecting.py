"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

import msgspec
import pytest

from qiao.ports.channel import Connected, NeedsReauth, WireRequest
from qiao.ports.testing.connecting_suite import ConnectingSuite
from qiao.ports.testing.wire import MemoryWire


class TestFeishuConnecting(ConnectingSuite):
    calls = 2


@pytest.mark.parametrize(
    "changes", [{"secrets": {}}, {"secrets": {"app_secret": "another"}}, {"settings": {"app_id": "cli_another"}}]
)
async def test_credentials_that_are_not_the_apps_are_told(connected, changes):
    ended, _, _ = await connected(**changes)
    assert ended == NeedsReauth("10014 simulated")


async def test_the_admin_is_told_what_is_left(connected):
    ended, _, calls = await connected()
    assert [one.rsplit("/", 1)[-1] for one in calls] == ["internal", "info"]
    assert set(ended.todo) == {"zh", "en"}


@pytest.mark.parametrize("path", ["im/v1/messages", "im/v1/messages/om_1/reply", "im/v1/images", "im/v1/files"])
async def test_the_platform_takes_nothing_from_strangers(simulator, path):
    asked = WireRequest(url=f"http://platform.test/api/open-apis/{path}", headers={"authorization": "Bearer token-9"}, json={})
    answer = await MemoryWire(simulator).request(asked)
    assert msgspec.json.decode(answer.body)["code"] == 99991663
    assert simulator.phones == simulator.files == {}


async def test_a_token_that_was_replaced_is_fetched_anew(simulator, adapter):
    wire = MemoryWire(simulator)
    await adapter.connect(simulator.account(), wire)
    simulator.tokens += 5
    assert isinstance(await adapter.connect(simulator.account(), wire), Connected)
    assert wire.tokens["access"] == f"token-{simulator.tokens}"
