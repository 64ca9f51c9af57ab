"""The tea shop, open for one test, for flows that are met in conversations."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
async def shop(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """Without a model and without a store: words alone."""
    from qiao.domains.bot.tests.tea_shop import Shop, no_model

    shop = Shop(database, workspace, tmp_path, no_model)
    await shop.open()
    yield shop
    await shop.close()
