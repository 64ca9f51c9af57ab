"""What tests of a channel are given, whichever it is: the adapter and the simulator of the folder that they lie in."""

import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from qiao.channels.registry import load_channel
from qiao.ports.channel import Channel, RawReceipt
from qiao.ports.testing.connecting_suite import connected as one_connecting

HERE = Path(__file__).parent


@pytest.fixture
def adapter(request: pytest.FixtureRequest) -> Channel:
    """The channel of this folder."""
    return load_channel(request.path.relative_to(HERE).parts[0])


@pytest.fixture
def simulator(adapter: Channel) -> Any:
    """Its platform, which nothing is connected to yet."""
    return importlib.import_module(f"qiao.channels.{adapter.manifest.name}.simulator").Simulator(adapter.manifest)


@pytest.fixture
def connected(adapter: Channel, simulator: Any) -> Callable[..., Awaitable[tuple[Any, Any, list[str]]]]:
    """Connects with an account changed so: how that ends, the simulator, the paths that were called."""

    async def connected(**changes: Any) -> tuple[Any, Any, list[str]]:
        ended, calls = await one_connecting(adapter, simulator, **changes)
        return ended, simulator, calls

    return connected


@pytest.fixture
def stored() -> list[RawReceipt]:
    """What a line brings."""
    return []
