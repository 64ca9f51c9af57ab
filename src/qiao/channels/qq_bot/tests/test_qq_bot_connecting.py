"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

import pytest

from qiao.ports.channel import NeedsReauth
from qiao.ports.testing.connecting_suite import ConnectingSuite


class TestQqBotConnecting(ConnectingSuite):
    calls = 2


@pytest.mark.parametrize("changes", [{"secrets": {}}, {"secrets": {"app_secret": "another"}}, {"settings": {"app_id": "1"}}])
async def test_credentials_that_are_not_the_bots_are_told(connected, changes):
    ended, _, _ = await connected(**changes)
    assert ended == NeedsReauth("100016 simulated")


async def test_the_admin_is_told_what_is_left(connected):
    ended, _, calls = await connected()
    assert [one.rsplit("/", 1)[-1] for one in calls] == ["getAppAccessToken", "@me"]
    assert all("8443" in text for text in ended.todo.values())
