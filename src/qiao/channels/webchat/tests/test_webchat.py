"""Website chat keeps what every channel promises, and sends by doing nothing."""

from pathlib import Path

import pytest

from qiao.channels.registry import load_channels
from qiao.domains.inboxes.rules import checked_settings, with_defaults
from qiao.ports.channel import Capability, Channel, Sent
from qiao.ports.testing.channel_suite import ChannelSuite


class TestWebchat(ChannelSuite):
    channel = "webchat"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channels()["webchat"]

    async def test_the_customers_socket_carries_the_replies(self, adapter, account, wire):
        assert Capability.LIVE in adapter.manifest.capabilities
        assert await adapter.send(self.reply(key="k-1"), account, wire) == Sent(provider_id="k-1")
        assert wire.asked == []

    def test_every_default_is_one_that_an_admin_could_set(self, adapter):
        defaults = with_defaults(adapter.manifest, {})
        given = {key: value for key, value in defaults.items() if value != ""}
        assert checked_settings(adapter.manifest, given) == given

    @pytest.mark.parametrize(
        "key", ["title", "greeting", "suggestions", "colour", "theme", "corner", "radius", "logo", "allowed_origins"]
    )
    def test_what_the_widget_draws_with_is_there(self, adapter, key):
        assert key in {field.key for field in adapter.manifest.settings}

    def test_it_has_no_samples_because_nothing_comes_in_by_webhook(self, samples):
        assert samples == {}
        assert not (Path(__file__).parent / "samples").exists()
