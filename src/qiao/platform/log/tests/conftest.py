"""A small fact, its subscribers, and a way to wait for what they do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from msgspec import field

from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database
from qiao.platform.log.facts import Fact

TEST_SUBJECT = new_id()


class Happened(Fact, frozen=True, kw_only=True):
    """A thing happened."""

    wire_name = "tests.happened.v1"

    what: str = ""
    number: int = 0
    thing: UUID = field(default=TEST_SUBJECT)

    @property
    def about(self) -> UUID:
        return self.thing


class Ignored(Fact, frozen=True, kw_only=True):
    """Nobody listens to this."""

    wire_name = "tests.ignored.v1"

    @property
    def about(self) -> UUID:
        return TEST_SUBJECT


Tell = Callable[..., Awaitable[None]]


@pytest.fixture
def happened() -> type[Happened]:
    return Happened


@pytest.fixture
def tell(database: Database, workspace: Workspace) -> Tell:
    """Commit facts of these words, each in the order given, in one transaction."""

    async def tell(*words: str, ignored: int = 0, **options: Any) -> None:
        async with database.scope(workspace.id) as scope:
            for word in words:
                scope.emit(Happened(what=word), **options)
            for _ in range(ignored):
                scope.emit(Ignored())

    return tell


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait for a condition; the test fails when it does not come true in ten seconds."""

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)

    return until
