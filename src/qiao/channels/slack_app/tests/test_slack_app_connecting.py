"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

import msgspec
import pytest

from qiao.ports.channel import NeedsReauth, WireRequest
from qiao.ports.testing.connecting_suite import ConnectingSuite
from qiao.ports.testing.wire import MemoryWire


class TestSlackAppConnecting(ConnectingSuite):
    calls = 1
    refused = (NeedsReauth,)


@pytest.mark.parametrize("secrets", [{}, {"bot_token": ""}, {"bot_token": "xoxp-a-person"}])
async def test_a_token_that_is_not_the_bots_is_told(connected, secrets):
    ended, _, _ = await connected(secrets=secrets)
    assert ended == NeedsReauth("invalid_auth")


async def test_the_admin_is_told_what_is_left(connected):
    ended, _, calls = await connected()
    assert calls == ["/api/auth.test"]
    assert all("message.im" in text and "app_mention" in text for text in ended.todo.values())


@pytest.mark.parametrize("method", ["auth.test", "chat.postMessage", "chat.delete", "conversations.history"])
async def test_the_platform_takes_nothing_from_strangers(simulator, method):
    asked = WireRequest(
        url=f"http://platform.test/api/{method}", headers={"authorization": "Bearer another"}, json={"channel": "D1"}
    )
    answer = await MemoryWire(simulator).request(asked)
    assert msgspec.json.decode(answer.body) == {"ok": False, "error": "invalid_auth"}
    assert simulator.posted == []


async def test_a_file_is_not_shown_to_who_has_no_token(simulator):
    asked = WireRequest(method="GET", url="http://platform.test/files/files-pri/F000001")
    assert (await MemoryWire(simulator).request(asked)).status == 302
