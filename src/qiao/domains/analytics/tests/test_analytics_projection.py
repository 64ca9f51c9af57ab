"""How facts become rows: computed by hand, in order, repeated and out of order."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from qiao.domains.analytics.api import Analytics
from qiao.domains.analytics.subscribers import subscribers
from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.api import Conversations, contact_author
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import InboxId, new_id
from qiao.platform.db.database import Database
from qiao.platform.log.runner import SubscriberRunner

pytestmark = pytest.mark.database

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
AGENT = {"kind": "agent", "id": str(new_id()), "name": "何嘉怡"}
CUSTOMER = {"kind": "contact"}
BOT = {"kind": "bot"}
SYSTEM = {"kind": "system"}
Row = Callable[[UUID], Awaitable[dict[str, Any]]]


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def opening(talk: UUID, inbox_id: UUID, status: str = "bot") -> dict[str, Any]:
    contact = {"id": new_id(), "name": None, "email": None, "identified": False, "city": None, "country": None, "tier": None}
    return {
        "id": talk,
        "number": 1,
        "inbox_id": inbox_id,
        "contact": contact,
        "status": status,
        "assignee_id": None,
        "team_id": None,
        "language": None,
        "tags": [],
        "last_seq": 0,
        "agent_seen_seq": 0,
        "contact_seen_seq": 0,
        "unread": 0,
        "preview": None,
        "waiting_since": None,
        "snoozed_until": None,
        "created_at": START,
        "updated_at": START,
        "resolved_at": None,
    }


def said(talk: UUID, author: dict[str, Any], seconds: int, zone: str | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "conversation_id": talk,
        "author": author,
        "kind": "text",
        "text": "…",
        "attachments": [],
        "content": {"type": zone} if zone else None,
        "client_id": new_id().hex,
        "created_at": after(seconds),
    }


@pytest.fixture
def talk() -> UUID:
    return new_id()


@pytest.fixture
def story(talk: UUID, inbox_id: UUID) -> list[tuple[str, datetime, int, dict[str, Any]]]:
    """Asked at 0 s, answered by the bot, handed over at 60 s, taken at 90 s, answered at 150 s, resolved at 600 s."""
    wrote = {"by": BOT, "inbox_id": inbox_id, "id": talk}
    return [
        ("opened", START, 1, opening(talk, inbox_id)),
        ("message_received", START, 2, said(talk, CUSTOMER, 0)),
        ("reply_posted", after(2), 3, said(talk, BOT, 2, "answer")),
        ("handed_over", after(60), 4, {**wrote, "status": "waiting", "assignee_id": None}),
        ("assigned", after(90), 5, {**wrote, "status": "open", "assignee_id": AGENT["id"]}),
        ("reply_posted", after(150), 6, said(talk, AGENT, 150)),
        ("reply_posted", after(200), 7, said(talk, AGENT, 200)),
        ("tagged", after(300), 8, {"by": SYSTEM, "id": talk, "language": "zh"}),
        ("resolved", after(600), 9, {**wrote, "status": "resolved", "assignee_id": AGENT["id"]}),
    ]


async def test_a_hand_over_is_measured_from_the_queue_to_the_first_reply_of_a_person(
    tell: Any, row: Row, talk: UUID, story: list[Any]
) -> None:
    for name, at, position, fields in story:
        await tell(name, at, position, **fields)
    found = await row(talk)
    assert found["handed_over_at"] == after(60)
    assert (found["first_reply_at"], str(found["first_reply_by"])) == (after(150), AGENT["id"])
    assert found["first_response_seconds"] == 90
    assert (found["status"], found["resolved_at"], found["resolution_seconds"]) == ("resolved", after(600), 600)
    assert (found["bot_replied"], found["bot_zone"], found["language"]) == (True, "answer", "zh")


async def test_facts_may_come_again_and_late(tell: Any, row: Row, talk: UUID, story: list[Any]) -> None:
    for name, at, position, fields in story:
        await tell(name, at, position, **fields)
    once = await row(talk)
    for name, at, position, fields in reversed(story):
        await tell(name, at, position, **fields)
    assert await row(talk) == once


async def test_reopening_takes_the_resolution_back_and_is_counted_once(tell: Any, row: Row, talk: UUID, story: list[Any]) -> None:
    for name, at, position, fields in story:
        await tell(name, at, position, **fields)
    again = {"id": talk, "by": CUSTOMER, "status": "bot", "assignee_id": None}
    await tell("reopened", after(900), 10, **again)
    await tell("reopened", after(900), 10, **again)
    found = await row(talk)
    assert (found["status"], found["reopened"], found["resolved_at"], found["assignee_id"]) == ("bot", 1, None, None)
    assert found["first_response_seconds"] == 90


async def test_what_the_bot_gets_back_before_a_person_spoke_waits_anew(tell: Any, row: Row, talk: UUID, story: list[Any]) -> None:
    for name, at, position, fields in story[:5]:
        await tell(name, at, position, **fields)
    act = {"by": AGENT, "id": talk}
    await tell("handed_to_bot", after(100), 6, **act, status="bot", assignee_id=None)
    await tell("handed_over", after(500), 7, **act, status="waiting", assignee_id=None)
    await tell("reply_posted", after(530), 8, **said(talk, AGENT, 530))
    found = await row(talk)
    assert (found["handed_over_at"], found["first_response_seconds"]) == (after(60), 30)


async def test_what_a_person_begins_has_no_first_response(tell: Any, row: Row, talk: UUID, inbox_id: UUID) -> None:
    await tell("opened", START, 1, **opening(talk, inbox_id, "open"))
    await tell("assigned", START, 2, id=talk, by=AGENT, status="open", assignee_id=AGENT["id"])
    await tell("reply_posted", START, 3, **said(talk, AGENT, 0))
    await tell("message_received", after(40), 4, **said(talk, CUSTOMER, 40))
    await tell("reply_posted", after(50), 5, **said(talk, AGENT, 50))
    found = await row(talk)
    assert (found["first_response_seconds"], found["handed_over_at"]) == (None, None)


async def test_small_talk_answers_nothing(tell: Any, row: Row, talk: UUID, inbox_id: UUID) -> None:
    await tell("opened", START, 1, **opening(talk, inbox_id))
    await tell("message_received", START, 2, **said(talk, CUSTOMER, 0))
    await tell("reply_posted", after(1), 3, **said(talk, BOT, 1, "hand_over"))
    await tell("reply_posted", after(9), 4, **said(talk, BOT, 9, "small_talk"))
    found = await row(talk)
    assert (found["bot_replied"], found["bot_zone"]) == (True, "hand_over")


async def test_the_projection_follows_the_log(
    database: Database, workspace: Workspace, desk: Conversations, analytics: Analytics, inbox_id: UUID, row: Row
) -> None:
    async with database.scope(workspace.id) as scope:
        contact = await Contacts(database).create(scope, ContactFields(name="林语桐"))
    agent = Author(AuthorKind.AGENT, new_id(), "何嘉怡")
    talk = await desk.find_or_open(
        workspace.id, NewConversation(inbox_id=InboxId(inbox_id), contact_id=contact.id, status=Status.BOT)
    )
    await desk.post(
        workspace.id, NewMessage(conversation_id=talk.id, author=contact_author(contact), text="有人吗", client_id="1")
    )
    async with database.scope(workspace.id) as scope:
        await desk.hand_over(scope, talk.id, Author(AuthorKind.BOT), reason="asked")
        await desk.claim(scope, talk.id, agent)
    await desk.post(workspace.id, NewMessage(conversation_id=talk.id, author=agent, text="在的", client_id="1"))
    async with database.scope(workspace.id) as scope:
        await desk.resolve(scope, talk.id, agent)
    await SubscriberRunner(database, subscribers(analytics)).drain(workspace.id)
    found = await row(talk.id)
    assert (found["status"], found["assignee_id"], found["first_reply_by"]) == ("resolved", agent.id, agent.id)
    assert found["handed_over_at"] is not None
    assert found["first_response_seconds"] == 0
    async with database.scope(workspace.id) as scope:
        parked = await scope.connection.fetchval("select count(*) from log_parked where workspace_id = $1", workspace.id)
    assert parked == 0
