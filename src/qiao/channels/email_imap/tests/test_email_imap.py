"""The e-mail channel keeps what every channel promises, against a simulated mailbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from qiao.channels.email_imap.adapter import Adapter
from qiao.channels.email_imap.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Channel
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault


class TestEmailImap(PlatformSuite):
    channel = "email_imap"
    customer = "yutong@example.com"
    # Mails have no window, and a file is in the mail or it is not.
    meaning: ClassVar = {Fault.WINDOW_CLOSED: (), Fault.MEDIA_EXPIRED: ()}

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Iterator[Simulator]:
        simulator = Simulator(adapter.manifest)
        yield simulator
        simulator.close()
