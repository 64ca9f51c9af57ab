"""The tea shop with the learning loop's readers beside the bot's."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
async def shop(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """Words alone; `runner` reads the log for the bot and for what it learns."""
    from qiao.domains.bot.learning.subscribers import subscribers as learning
    from qiao.domains.bot.subscribers import subscribers
    from qiao.domains.bot.tests.tea_shop import Shop, no_model
    from qiao.platform.log.runner import SubscriberRunner

    shop = Shop(database, workspace, tmp_path, no_model)
    shop.runner = SubscriberRunner(database, [*subscribers(shop.bot), *learning(shop.bot.learning)])
    await shop.open()
    yield shop
    await shop.close()
