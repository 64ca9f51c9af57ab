"""Companies whose customers are reached by pigeon. What they are made of is imported by those who want one: pure tests stand here too."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house has no channels of its own: a test brings its pigeons."""
    monkeypatch.setattr("qiao.app.house.load_channels", dict)


@pytest.fixture
def lofts(bare: None, house: Any, workspace: Any) -> Callable[..., Awaitable[Any]]:
    """Makes a company of given channels, or of one that says of itself what is given."""

    async def made(*pigeons: Any, **said: Any) -> Any:
        from qiao.domains.delivery.tests.pigeon_loft import Loft, Pigeon

        loft = Loft(house, workspace, *(pigeons or [Pigeon(**said)]))
        await loft.begin()
        return loft

    return made


@pytest.fixture
async def loft(lofts: Any) -> Any:
    """Texts of at most a hundred characters, no window."""
    return await lofts()
