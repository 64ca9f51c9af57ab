"""The door of commerce over a real database, with a stocked shop behind it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.shop import stocked

from qiao.ports.testing.commerce_scene import Scene


@pytest.fixture
def commerce(house):
    return house.commerce


@pytest.fixture
async def scene(house, database, workspace) -> Scene:
    return await stocked(database, house.commerce, house.commerce, workspace.id)


@pytest.fixture
def act(commerce, database, workspace):
    """One act of the door in a transaction of its own."""

    async def act(name, *arguments, **options):
        async with database.scope(workspace.id) as scope:
            return await getattr(commerce, name)(scope, *arguments, **options)

    return act
