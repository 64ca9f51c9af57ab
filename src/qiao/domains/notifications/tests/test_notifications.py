"""Who is told what, through the log and the real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.api import Conversations, contact_author
from qiao.domains.conversations.contracts import Author, AuthorKind, MessageKind, NewConversation, NewMessage, Status
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.knowledge.events import ImportProgressed
from qiao.domains.notifications.api import Notifications
from qiao.domains.notifications.contracts import KEPT, Kind, NewNotification
from qiao.domains.notifications.events import audience
from qiao.domains.notifications.subscribers import subscribers
from qiao.domains.people.api import People
from qiao.domains.people.contracts import NewPerson, Person, Role
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import InboxId, TeamId, new_id
from qiao.platform.db.database import Database, Scope
from qiao.platform.log.read import read_after
from qiao.platform.log.runner import SubscriberRunner

pytestmark = pytest.mark.database

SYSTEM = Author(AuthorKind.SYSTEM)
Told = Callable[[Person], Awaitable[list[Any]]]


class Desk:
    """A customer, some people and a conversation."""

    def __init__(self, database: Database, workspace: Workspace, writer: MessageWriter) -> None:
        self.database, self.workspace = database, workspace
        self.contacts, self.people = Contacts(database), People(database)
        self.conversations = Conversations(database, self.contacts, writer)
        self.importer: UUID | None = None
        self.notifications = Notifications(database, self.conversations, self.people, self.importer_of)
        self.runner = SubscriberRunner(database, subscribers(self.notifications))

    async def importer_of(self, scope: Scope, import_id: UUID) -> UUID | None:
        return self.importer

    async def begin(self) -> None:
        inbox_id = InboxId(new_id())
        async with self.database.scope(self.workspace.id) as scope:
            await scope.connection.execute(
                "insert into inboxes (workspace_id, id, key, channel, name) values ($1, $2, $3, 'test', 'Test')",
                self.workspace.id,
                inbox_id,
                inbox_id.hex,
            )
            self.contact = await self.contacts.create(scope, ContactFields(name="林语桐"))
        new = NewConversation(inbox_id=inbox_id, contact_id=self.contact.id, status=Status.BOT)
        self.talk = await self.conversations.find_or_open(self.workspace.id, new)

    async def employ(self, name: str, *, online: bool = False, chat_limit: int = 5) -> Person:
        async with self.database.scope(self.workspace.id) as scope:
            new = NewPerson(email=f"{name}@shop.example", name=name, role=Role.AGENT, chat_limit=chat_limit)
            person = await self.people.create_person(scope, new)
            if online:
                await self.people.connected(scope, person.id)
        return person

    async def act(self, name: str, *arguments: Any, **options: Any) -> Any:
        async with self.database.scope(self.workspace.id) as scope:
            return await getattr(self.conversations, name)(scope, self.talk.id, *arguments, **options)

    async def say(self, author: Author, text: str, kind: MessageKind = MessageKind.TEXT) -> None:
        new = NewMessage(conversation_id=self.talk.id, author=author, text=text, kind=kind, client_id=new_id().hex)
        await self.conversations.post(self.workspace.id, new)

    async def told(self, person: Person) -> list[Any]:
        await self.runner.drain(self.workspace.id)
        async with self.database.scope(self.workspace.id) as scope:
            parked = await scope.connection.fetch("select reason from log_parked where workspace_id = $1", self.workspace.id)
            assert [row["reason"] for row in parked] == []
            return list(await self.notifications.of_person(scope, person.id))


def author(person: Person) -> Author:
    return Author(AuthorKind.AGENT, person.id, person.name)


@pytest.fixture
async def desk(database: Database, workspace: Workspace) -> AsyncIterator[Desk]:
    writer = MessageWriter(database)
    desk = Desk(database, workspace, writer)
    await desk.begin()
    yield desk
    await writer.stop()


async def test_whoever_is_given_a_conversation_is_told_once(desk: Desk, database: Database) -> None:
    jiayi, yan = await desk.employ("何嘉怡"), await desk.employ("周砚")
    await desk.say(contact_author(desk.contact), "杯子碎了")
    await desk.act("transfer", author(yan), to=author(jiayi))
    (item,) = await desk.told(jiayi)
    assert (item.kind, item.conversation_id, item.read_at) == (Kind.ASSIGNED, desk.talk.id, None)
    assert (item.data["contact_name"], item.data["name"], item.data["text"]) == ("林语桐", "周砚", "杯子碎了")
    assert await desk.told(yan) == []
    async with database.scope(desk.workspace.id) as scope:
        await scope.connection.execute("delete from log_cursors where workspace_id = $1", desk.workspace.id)
    assert len(await desk.told(jiayi)) == 1
    async with database.across() as connection:
        facts = [one for one in await read_after(connection, desk.workspace.id, 0) if one.name == "notifications.created.v1"]
    assert [audience(one) for one in facts] == [f"person:{jiayi.id}"]
    assert facts[0].fields()["id"] == str(item.id)


async def test_taking_it_oneself_tells_nobody(desk: Desk) -> None:
    jiayi = await desk.employ("何嘉怡")
    await desk.act("claim", author(jiayi))
    assert await desk.told(jiayi) == []


async def test_a_customer_writes_to_somebody_who_is_away(desk: Desk) -> None:
    away = await desk.employ("何嘉怡")
    await desk.act("claim", author(away))
    await desk.say(contact_author(desk.contact), "在吗")
    await desk.say(contact_author(desk.contact), "还在等")
    (item,) = await desk.told(away)
    assert (item.kind, item.data["text"]) == (Kind.CUSTOMER_REPLY, "在吗")
    await desk.say(author(away), "在的")
    await desk.say(contact_author(desk.contact), "好的")
    assert [one.data["text"] for one in await desk.told(away)] == ["好的", "在吗"]


async def test_a_customer_writes_to_somebody_who_is_here(desk: Desk) -> None:
    here = await desk.employ("何嘉怡", online=True)
    await desk.act("claim", author(here))
    await desk.say(contact_author(desk.contact), "在吗")
    assert await desk.told(here) == []


async def test_when_everybody_online_is_busy_they_are_told_that_somebody_waits(desk: Desk) -> None:
    busy, away = await desk.employ("何嘉怡", online=True, chat_limit=0), await desk.employ("周砚")
    await desk.act("hand_over", Author(AuthorKind.BOT), reason="asked")
    assert [one.kind for one in await desk.told(busy)] == [Kind.WAITING]
    assert await desk.told(away) == []


async def test_where_somebody_is_free_the_queue_is_enough(desk: Desk) -> None:
    busy, free = await desk.employ("何嘉怡", online=True, chat_limit=0), await desk.employ("周砚", online=True)
    await desk.act("hand_over", Author(AuthorKind.BOT), reason="asked")
    assert await desk.told(busy) == await desk.told(free) == []


async def test_only_the_team_that_is_waited_for(desk: Desk) -> None:
    other = await desk.employ("何嘉怡", online=True, chat_limit=0)
    await desk.act("hand_over", Author(AuthorKind.BOT), reason="asked", team_id=TeamId(new_id()))
    assert await desk.told(other) == []


async def test_colleagues_named_in_a_note_are_told(desk: Desk) -> None:
    jiayi, yan = await desk.employ("何嘉怡"), await desk.employ("周砚")
    await desk.say(author(jiayi), "@周砚 @何嘉怡 这单要赔吗？", MessageKind.NOTE)
    (item,) = await desk.told(yan)
    assert (item.kind, item.data["name"], item.data["text"]) == (Kind.MENTION, "何嘉怡", "@周砚 @何嘉怡 这单要赔吗？")
    assert await desk.told(jiayi) == []


async def test_a_name_in_a_reply_to_the_customer_tells_nobody(desk: Desk) -> None:
    jiayi, yan = await desk.employ("何嘉怡"), await desk.employ("周砚")
    await desk.say(author(jiayi), "@周砚 会联系您")
    assert await desk.told(yan) == []


async def test_whoever_began_an_import_is_told_of_its_end(desk: Desk, database: Database) -> None:
    jiayi = await desk.employ("何嘉怡")
    desk.importer = jiayi.id
    now = datetime.now(UTC)
    fields = {"id": new_id(), "file_name": "faq.xlsx", "kind": "faq", "total": 3, "error_code": None, "created_at": now}
    going = ImportProgressed(**fields, status="running", done=1, taken=1, refused=0, finished_at=None)
    done = ImportProgressed(**fields, status="done", done=3, taken=2, refused=1, finished_at=now)
    for fact in (going, done, done):
        async with database.scope(desk.workspace.id) as scope:
            scope.emit(fact)
    (item,) = await desk.told(jiayi)
    assert (item.kind, item.conversation_id) == (Kind.IMPORT_DONE, None)
    assert (item.data["file_name"], item.data["taken"], item.data["refused"]) == ("faq.xlsx", 2, 1)


async def test_reading_some_and_all(desk: Desk, database: Database) -> None:
    jiayi, yan = await desk.employ("何嘉怡"), await desk.employ("周砚")
    async with database.scope(desk.workspace.id) as scope:
        for number in range(3):
            new = NewNotification(kind=Kind.MENTION, cause=f"test:{number}", people=(jiayi.id, yan.id), data={"n": number})
            await desk.notifications.tell(scope, new)
        assert await desk.notifications.tell(scope, new) == []
        first = (await desk.notifications.of_person(scope, jiayi.id))[-1]
        await desk.notifications.read(scope, yan.id, [first.id])
        assert await desk.notifications.unread(scope, jiayi.id) == 3
        await desk.notifications.read(scope, jiayi.id, [first.id])
        assert await desk.notifications.unread(scope, jiayi.id) == 2
        await desk.notifications.read(scope, jiayi.id, None)
        assert await desk.notifications.unread(scope, jiayi.id) == 0
        assert await desk.notifications.unread(scope, yan.id) == 3


async def test_the_newest_stay(desk: Desk, database: Database) -> None:
    jiayi = await desk.employ("何嘉怡")
    async with database.scope(desk.workspace.id) as scope:
        await scope.connection.execute(
            "insert into notifications (workspace_id, id, person_id, kind, cause, data, created_at)"
            " select $1, gen_random_uuid(), $2, 'mention', 'old:' || n, '{}', now() - make_interval(mins => n)"
            " from generate_series(1, $3::int) n",
            desk.workspace.id,
            jiayi.id,
            KEPT,
        )
        await desk.notifications.tell(scope, NewNotification(kind=Kind.MENTION, cause="new", people=(jiayi.id,), data={}))
        causes = await scope.connection.fetch("select cause from notifications where workspace_id = $1", desk.workspace.id)
    assert len(causes) == KEPT
    assert {"new", f"old:{KEPT - 1}"} < {row["cause"] for row in causes}


async def test_pages_follow_one_another(desk: Desk, database: Database) -> None:
    jiayi = await desk.employ("何嘉怡")
    async with database.scope(desk.workspace.id) as scope:
        for number in range(5):
            new = NewNotification(kind=Kind.MENTION, cause=f"test:{number}", people=(jiayi.id,), data={"n": number})
            await desk.notifications.tell(scope, new)
        page = await desk.notifications.of_person(scope, jiayi.id, limit=2)
        rest = await desk.notifications.of_person(scope, jiayi.id, (page[-1].created_at, page[-1].id), limit=10)
    assert [one.data["n"] for one in [*page, *rest]] == [4, 3, 2, 1, 0]
    assert "read_at" in msgspec.to_builtins(page[0])


@pytest.mark.parametrize(("state", "expected"), [("rejected", 1), ("held", 1), ("retrying", 0), ("sent", 0), ("needs_reauth", 0)])
async def test_whoever_wrote_a_reply_that_did_not_go_out_is_told_of_it(desk: Desk, state: str, expected: int) -> None:
    writer, other = await desk.employ("writer"), await desk.employ("other", online=True)
    await desk.say(author(writer), "您的包裹已发出")
    await desk.say(Author(AuthorKind.BOT, None, "小兰"), "机器人说的")
    async with desk.database.scope(desk.workspace.id) as scope:
        for seq in (1, 2):
            scope.emit(DeliveryChanged(conversation_id=desk.talk.id, message_seq=seq, state=state, reason="window_closed"))
    found = await desk.told(writer)
    assert [(one.kind, one.data["text"], one.data["reason"]) for one in found] == [
        (Kind.REPLY_FAILED, "您的包裹已发出", "window_closed")
    ] * expected
    assert await desk.told(other) == []
