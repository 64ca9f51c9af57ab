"""The canary sweep (F-X1): every text of another company carries a word that stands nowhere else; whatever an owner asks for at home, by
their own ids and by the other company's, the word never comes back: not in a body, a header, an export, a figure or a line of the log.
"""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.routes import Route, routes
from support.stage import Company, Stage, open_stage

from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = [pytest.mark.database, pytest.mark.fault("F-X1")]

CANARY = "zqkanarienvogel"
READ = [route for route in routes() if route.method == "GET"]
SEARCHES = [route for route in READ if {"q", "query", "search", "text"} & set(route.query)]
_MARKED = {
    "messages": ("text", "author_name"),
    "conversations": ("preview_text",),
    "contacts": ("name", "city"),
    "tickets": ("subject",),
    "faqs": ("question", "answer"),
    "article_translations": ("title", "body", "published_title", "published_body"),
    "snippets": ("title",),
    "knowledge_search": ("title", "plain"),
    "bot_turns": ("question", "used_question"),
    "bot_unanswered": ("question",),
    "bot_clusters": ("name",),
    "bot_promises": ("phone",),
    "people": ("name",),
    "inboxes": ("name",),
    "files": ("name",),
    "log_parked": ("reason",),
}


@pytest.fixture(scope="module")
async def marked(database: Database, postgres_dsn: str) -> AsyncIterator[tuple[Stage, Company]]:
    """The stage, and a third company whose every text is the canary; what finds messages and entries by words knows it too."""
    async with open_stage(database, postgres_dsn) as stage:
        other = await stage.company(CANARY)
        async with database.across() as connection:
            for table, columns in _MARKED.items():
                for column in columns:
                    await connection.execute(
                        f"update {table} set {column} = $2 where workspace_id = $1", other.workspace.id, CANARY
                    )
            await connection.execute(
                "insert into message_search select workspace_id, conversation_id, seq, array_to_tsvector(array[$2]), now()"
                " from messages where workspace_id = $1 on conflict (workspace_id, conversation_id, seq)"
                " do update set tokens = excluded.tokens",
                other.workspace.id,
                CANARY,
            )
            await connection.execute(
                "update knowledge_search set words = array_to_tsvector(array[$2]) where workspace_id = $1",
                other.workspace.id,
                CANARY,
            )
        yield stage, other


async def told(stage: Stage, route: Route, company: Company, query: dict[str, str]) -> str:
    """All that comes back, and what was logged meanwhile. Words that the asker sent are not what was leaked."""
    with capture_logs() as logged:
        owner = await stage.signed_in(Role.OWNER)
        answer = await owner.get(route.url(company.ids), params=query)
        await owner.aclose()
    # 503: the console's pages, where the web faces are not built.
    assert answer.status_code in {*range(500), 503}
    return f"{answer.headers!r} {answer.text} {logged!r}"


async def test_the_canary_is_there_to_be_found(marked):
    """At home in its own company it is found by the search: the sweep would see it."""
    stage, other = marked
    owner = await stage.signed_in(Role.OWNER, company=other)
    found = [
        await owner.get(path, params=query)
        for path, query in (("/api/v1/contacts", {}), ("/api/v1/conversations", {"view": "all"}), ("/api/v1/knowledge/faqs", {}))
    ]
    await owner.aclose()
    assert [CANARY in answer.text for answer in found] == [True, True, True]


@pytest.mark.parametrize("route", READ, ids=lambda route: route.path)
async def test_nothing_that_is_read_at_home_tells_of_it(marked, route):
    stage, other = marked
    assert CANARY not in await told(stage, route, stage.home, {})
    assert CANARY not in await told(stage, route, other, {})


@pytest.mark.parametrize("route", SEARCHES, ids=lambda route: route.path)
async def test_whoever_looks_for_it_finds_nothing_of_it(marked, route):
    """Half of the word is asked for, so that what comes back is not what was sent."""
    stage, _ = marked
    (name,) = {"q", "query", "search", "text"} & set(route.query)
    for asked in (CANARY, CANARY[:8]):
        owner = await stage.signed_in(Role.OWNER)
        answer = await owner.get(route.url(stage.home.ids), params={name: asked})
        await owner.aclose()
        assert answer.status_code < 500
        assert CANARY not in answer.text.replace(asked, "", 1 if asked == CANARY else 0)
