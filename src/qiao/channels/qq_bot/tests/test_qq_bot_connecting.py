"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

from pathlib import Path

import pytest

from qiao.channels.qq_bot.adapter import Adapter
from qiao.channels.qq_bot.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import NeedsReauth
from qiao.ports.testing.connecting_suite import ConnectingSuite
from qiao.ports.testing.connecting_suite import connected as suite_connected

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")


class TestQqBotConnecting(ConnectingSuite):
    calls = 2

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


@pytest.mark.parametrize("changes", [{"secrets": {}}, {"secrets": {"app_secret": "another"}}, {"settings": {"app_id": "1"}}])
async def test_credentials_that_are_not_the_bots_are_told(changes):
    ended, _, _ = await connected(**changes)
    assert ended == NeedsReauth("100016 simulated")


async def test_the_admin_is_told_what_is_left():
    ended, _, calls = await connected()
    assert [one.rsplit("/", 1)[-1] for one in calls] == ["getAppAccessToken", "@me"]
    assert all("8443" in text for text in ended.todo.values())
