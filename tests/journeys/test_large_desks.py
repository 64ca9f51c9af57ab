"""Pages of a company with much behind it: by an index each, reading a bounded part, with as many queries as a small company's.

The rows are those of `python -m bench size`, few of them; what bounds the reading is lowered in step. How long pages take with three
million messages is measured there.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench.size_fill import load
from qiao.domains.analytics.api import Analytics
from qiao.domains.contacts import api as contacts_api
from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations import reading
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import View
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.people.api import People
from qiao.domains.people.contracts import NewPerson, Role
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import ConversationId, PersonId, new_id
from qiao.kit.text import number_query, piece_query, search_query

pytestmark = [pytest.mark.database, pytest.mark.slow]

MESSAGES = 15_000
WALKED, FURTHER = 200, 900
READ = 1_000
"""Rows that a step of a page's plan may read, of the 2,500 conversations and 7,500 messages of the company."""
GREAT = {"messages", "message_search", "conversations", "contacts", "analytics_conversations", "log_events"}
WORDS = ("壶", "鹧", "发货", "柴窑", "kettle", "tenmoku", "nowhere", "13800138000")
# Resolved conversations are counted up to 10,000, by an index alone.
COUNTED = "limit 10000"


@pytest.fixture(scope="module")
async def companies(database, tmp_path_factory):
    """A large company and a small one, told apart by what they have."""
    for number in range(6):
        made = (await Workspaces(database).create(f"size-{number}", {"en": "Teaware"})).id
        await _furnish(database, made)
    async with database.across() as connection:
        filled = await load(connection, tmp_path_factory.mktemp("rows"), MESSAGES, 6)
        await connection.execute("reset all")
        await connection.execute("vacuum analyze")
    largest, smallest = filled[0], filled[-1]
    assert largest.conversations > 8 * smallest.conversations
    return largest.workspace_id, smallest.workspace_id


async def _furnish(database, workspace_id):
    async with database.scope(workspace_id) as scope:
        for name in ("周宁", "Li Xiang"):
            inbox = new_id()
            await scope.connection.execute(
                "insert into inboxes (workspace_id, id, key, channel, name) values ($1, $2, $3, 'webchat', 'Site')",
                *(workspace_id, inbox, inbox.hex),
            )
            new = NewPerson(email=f"{inbox.hex}@example.com", name=name, role=Role.AGENT)
            await People(database).create_person(scope, new)


@pytest.fixture
async def pages(database, monkeypatch):
    """The pages, by name: each is given a scope and somebody who asks."""
    monkeypatch.setattr(reading, "WALKED", WALKED)
    monkeypatch.setattr(reading, "FURTHER", FURTHER)
    monkeypatch.setattr(contacts_api, "_WALKED", WALKED)
    contacts, writer = Contacts(database), MessageWriter(database)
    desk = Conversations(database, contacts, writer)
    analytics = Analytics(database, desk, People(database), Workspaces(database))

    async def inbox(scope, person_id, name):
        await desk.view(scope, View(name=name, person_id=person_id))
        await desk.counts(scope, person_id)

    async def conversation(scope, _person_id, number):
        found = await scope.connection.fetchval(
            "select id from conversations where workspace_id = $1 and number = $2", scope.workspace_id, number
        )
        await desk.messages(scope, ConversationId(found))
        await desk.summary(scope, ConversationId(found))
        await desk.counts_of(scope, [(await desk.get(scope, ConversationId(found))).contact.id])

    async def search(scope, _person_id, words):
        await reading.search(scope, words, 20)
        await contacts.find(scope, words, None, 8)

    async def report(scope, _person_id, days):
        await analytics.overview(scope, days=days)

    yield {"inbox": inbox, "conversation": conversation, "search": search, "report": report}
    await writer.stop()


@pytest.fixture
def asked(database):
    """What a page asks of the database: statements with their arguments."""

    async def asked(workspace_id, page, wanted):
        statements: list[tuple[str, Any]] = []
        async with database.scope(workspace_id) as scope:
            person_id = PersonId(
                await scope.connection.fetchval("select id from people where workspace_id = $1 limit 1", workspace_id)
            )
            with scope.connection.query_logger(lambda one: statements.append((one.query, one.args))):
                await page(scope, person_id, wanted)
        return statements

    return asked


PAGES = [
    *(("inbox", view) for view in ("mine", "waiting", "bot", "open", "snoozed", "resolved", "all")),
    ("conversation", 7),
    *(("search", words) for words in WORDS),
    ("report", 30),
]


@pytest.mark.parametrize(("name", "wanted"), PAGES)
async def test_a_page_reads_a_bounded_part_by_indexes(companies, pages, asked, database, name, wanted):
    statements = await asked(companies[0], pages[name], wanted)
    assert statements
    async with database.scope(companies[0]) as scope:
        for statement, arguments in statements:
            if COUNTED not in statement:
                _check(statement, await _plan(scope.connection, statement, arguments))


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        *(
            ("messages_matching", {"query": search_query(words), "most": 20_000})
            for words in ("柴窑", "tenmoku", "nowhere", "13800138000")
        ),
        *(
            ("contacts_matching", {"query": piece_query(words), "pattern": f"%{words}%", "most": 20_000})
            for words in ("jingyi.xu1", "+1 415 555 0123", "nobody")
        ),
        *(("contacts_numbered", {"query": number_query(words), "most": 20_000}) for words in ("13800138000", "+1 415 555 0123")),
    ],
)
async def test_rare_words_are_found_by_their_index_in_one_company_alone(companies, database, function, arguments):
    async with database.across() as connection, connection.transaction():
        body = await connection.fetchval("select prosrc from pg_proc where proname = $1", function)
        for name, value in arguments.items():
            literal = await connection.fetchval("select quote_literal($1::text)", str(value))
            kind = {"query": "tsquery", "pattern": "text", "most": "int"}[name]
            body = body.replace(f"({name} ", f"({literal}::{kind} ").replace(f" {name} ", f" {literal}::{kind} ")
        await connection.execute("select set_config('qiao.workspace', $1, true)", companies[0].hex)
        plan = await _plan(connection, body, ())
    _check(body, plan)
    assert any(node["Node Type"] == "Bitmap Index Scan" for node in _nodes(plan))


@pytest.mark.parametrize(("name", "wanted"), PAGES)
async def test_a_large_company_asks_no_more_queries_than_a_small_one(companies, pages, asked, name, wanted):
    large, small = [len(await asked(one, pages[name], wanted)) for one in companies]
    assert large <= small + (1 if name == "search" else 0)


async def _plan(connection, statement, arguments) -> dict[str, Any]:
    explained = await connection.fetchval(f"explain (analyze, format json) {statement}", *arguments)
    return json.loads(explained)[0]["Plan"]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _check(statement: str, plan: dict[str, Any]) -> None:
    for node in _nodes(plan):
        if node.get("Relation Name") not in GREAT:
            continue
        read = node["Actual Loops"] * (
            node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        )
        where = f"{node['Node Type']} of {node['Relation Name']} in {statement}"
        assert node["Node Type"] != "Seq Scan", where
        assert read <= READ, f"{read} rows: {where}"
