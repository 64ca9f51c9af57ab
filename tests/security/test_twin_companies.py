"""Two companies whose things all have the same ids (F-X3): whatever is kept by an id alone, a cache, a lock or a place in memory, would
show one company what is the other's. What one deletes is gone there and stays with the other.
"""

import os
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import sample
from support.routes import Route, api_routes, routes
from support.stage import Company, Stage, listed

from qiao.domains.people.contracts import Role
from qiao.kit import ids
from qiao.platform.db.database import Database

pytestmark = [pytest.mark.database, pytest.mark.fault("F-X3")]

CANARY = "zwillingskanarie"
READ = [route for route in routes() if route.method == "GET" and not {"public", "visitor"} & set(route.guards)]
CHANGING = [route for route in api_routes() if route.changing and not {"public", "visitor"} & set(route.guards)]
DELETING = [route for route in CHANGING if route.method == "DELETE" and route.id_names]
MARKED = {
    "messages": ("text", "author_name"), "conversations": ("preview_text",), "contacts": ("name", "city"), "tickets": ("subject",),
    "faqs": ("question", "answer"), "article_translations": ("title", "body", "published_title", "published_body"),
    "snippets": ("title",), "people": ("name",), "inboxes": ("name",), "files": ("name",), "bot_turns": ("question",),
}  # fmt: skip


class Same:
    """Makes the same ids in the same order each time, after the first one, which is the company's own."""

    def __init__(self) -> None:
        self._chance = random.Random(20261123)
        self._first = True
        self._now = 1_763_800_000_000_000_000

    def urandom(self, count: int) -> bytes:
        """In place of the system's."""
        if self._first:
            self._first = False
            return random.SystemRandom().randbytes(count)
        return self._chance.randbytes(count)

    def time_ns(self) -> int:
        """A clock that goes on by a millisecond each time it is looked at."""
        self._now += 1_000_000
        return self._now

    def uuid4(self) -> UUID:
        """In place of the stage's."""
        return UUID(int=self._chance.getrandbits(128), version=4)


@pytest.fixture
async def twins(database: Database, postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(database, postgres_dsn, tmp_path)
    made: list[Company] = []
    for name in ("home", "away"):
        same = Same()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(ids, "os", SimpleNamespace(urandom=same.urandom))
            patched.setattr(ids, "time", SimpleNamespace(time_ns=same.time_ns))
            patched.setattr("support.stage.uuid4", same.uuid4)
            # Addresses of companies are one for all; only these differ from test to test.
            made.append(await stage.company(f"{name}-{UUID(bytes=os.urandom(16)).hex[:6]}"))
    stage.home, stage.away = made
    async with database.across() as connection:
        for table, columns in MARKED.items():
            changes = ", ".join(f"{column} = $2" for column in columns)
            await connection.execute(f"update {table} set {changes} where workspace_id = $1", stage.away.workspace.id, CANARY)
    yield stage
    await stage.close()


async def answer_of(stage: Stage, company: Company, route: Route) -> tuple[int, str]:
    async with await stage.signed_in(Role.OWNER, company=company) as owner:
        answer = await owner.get(route.url(company.ids))
    return answer.status_code, f"{answer.headers!r} {answer.text}"


async def test_the_twins_are_twins(twins: Stage) -> None:
    assert twins.home.ids == twins.away.ids
    assert twins.home.workspace.id != twins.away.workspace.id
    status, text = await answer_of(twins, twins.away, next(one for one in READ if one.path == "/api/v1/contacts"))
    assert status == 200 and CANARY in text


async def test_what_was_read_there_is_not_told_here(twins: Stage) -> None:
    """Each route is asked by the other company first, so that whatever is kept is warm."""
    wrong, seen = [], 0
    for route in READ:
        seen += CANARY in (await answer_of(twins, twins.away, route))[1]
        for _ in range(2):
            status, text = await answer_of(twins, twins.home, route)
            wrong += [(route.name, status)] if CANARY in text or (status >= 500 and status != 503) else []
    assert not wrong, listed(wrong)
    assert seen > 15


async def test_what_is_changed_here_is_not_changed_there(twins: Stage) -> None:
    before = await twins.picture_of(twins.away)
    for route in [one for one in CHANGING if one not in DELETING]:
        async with await twins.signed_in(Role.OWNER) as owner:
            body = {"json": sample(route.body, twins.home.ids)} if route.reads_json else {}
            await owner.request(route.method, route.url(twins.home.ids), **body)
    assert await twins.picture_of(twins.away) == before


async def test_what_is_deleted_here_is_gone_here_and_stays_there(twins: Stage) -> None:
    before = await twins.picture_of(twins.away)
    for route in READ:
        await answer_of(twins, twins.home, route)
    gone = []
    for route in DELETING:
        async with await twins.signed_in(Role.OWNER) as owner:
            answer = await owner.delete(route.url(twins.home.ids))
        gone += [route.path] if answer.status_code == 204 else []
    wrong = []
    for route in READ:
        status, text = await answer_of(twins, twins.home, route)
        wrong += [(route.name, status)] if CANARY in text or (route.path in gone and status == 200) else []
    assert not wrong, listed(wrong)
    assert len(gone) > 8
    assert await twins.picture_of(twins.away) == before
