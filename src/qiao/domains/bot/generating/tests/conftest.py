"""The tea shop with a language model, open for one test."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
async def endpoint() -> AsyncIterator[Any]:
    """A fake endpoint of one's own."""
    from qiao.ports.testing.llm_endpoint import fake_endpoint

    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def shop(database: Any, workspace: Any, tmp_path: Path, endpoint: Any) -> AsyncIterator[Any]:
    """Switched on, and patient enough for a busy machine."""
    from qiao.domains.bot.generating.tests.writing_shop import WritingShop

    shop = WritingShop(database, workspace, tmp_path, endpoint, 6.0)
    await shop.open()
    await shop.switch_on()
    yield shop
    await shop.close()


@pytest.fixture
async def hasty_shop(database: Any, workspace: Any, tmp_path: Path, endpoint: Any) -> AsyncIterator[Any]:
    """Switched on, and given up after seven tenths of a second. The libraries that mask are read before, as they are in service."""
    from qiao.domains.bot.generating.masking import Piece, mask
    from qiao.domains.bot.generating.tests.writing_shop import WritingShop

    mask([Piece("13812345678")])
    shop = WritingShop(database, workspace, tmp_path, endpoint, 0.7)
    await shop.open()
    await shop.switch_on()
    yield shop
    await shop.close()
