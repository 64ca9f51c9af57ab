"""One company with one customer service account, fresh for each test."""

import pytest

from qiao.channels.registry import load_channel
from qiao.channels.wecom_kf.simulator import Simulator
from qiao.ports.channel import Account, Channel
from qiao.ports.testing.wire import MemoryWire


@pytest.fixture
def adapter() -> Channel:
    return load_channel("wecom_kf")


@pytest.fixture
def simulator(adapter: Channel) -> Simulator:
    return Simulator(adapter.manifest)


@pytest.fixture
def account(simulator: Simulator) -> Account:
    return simulator.account()


@pytest.fixture
def wire(simulator: Simulator) -> MemoryWire:
    return MemoryWire(simulator)
