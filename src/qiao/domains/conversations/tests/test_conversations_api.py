"""What conversations promise: one order, nothing doubled, one holder, everything told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Contact, ContactFields
from qiao.domains.conversations import repository
from qiao.domains.conversations.api import Conversations, contact_author
from qiao.domains.conversations.contracts import (
    Attachment,
    Author,
    AuthorKind,
    Conversation,
    MessageKind,
    NewConversation,
    NewMessage,
    Status,
    View,
)
from qiao.domains.conversations.errors import ConversationNotFound, MessageEmpty, NewerMessages, Taken
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, InboxId, PersonId, new_id
from qiao.platform.db.database import Database
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")
OTHER = Author(AuthorKind.AGENT, new_id(), "Li Xiang")


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Conversations]:
    writer = MessageWriter(database)
    yield Conversations(database, Contacts(database), writer)
    await writer.stop()


@pytest.fixture
async def inbox_id(database: Database, workspace: Workspace) -> InboxId:
    inbox_id = InboxId(new_id())
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute(
            "insert into inboxes (workspace_id, id, key, channel, name) values ($1, $2, $3, 'test', 'Test')",
            workspace.id,
            inbox_id,
            inbox_id.hex,
        )
    return inbox_id


@pytest.fixture
async def contact(database: Database, workspace: Workspace) -> Contact:
    async with database.scope(workspace.id) as scope:
        return await Contacts(database).create(scope, ContactFields(name="林语桐", email="lin@example.com"))


@pytest.fixture
async def talk(desk: Conversations, workspace: Workspace, inbox_id: InboxId, contact: Contact) -> Conversation:
    new = NewConversation(inbox_id=inbox_id, contact_id=contact.id, status=Status.BOT)
    return await desk.find_or_open(workspace.id, new)


def said(talk: Conversation, contact: Contact, text: str, client_id: str = "") -> NewMessage:
    return NewMessage(conversation_id=talk.id, author=contact_author(contact), text=text, client_id=client_id or uuid4().hex)


async def test_a_hundred_senders_at_once_get_dense_numbers(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact, database: Database
) -> None:
    posted = await asyncio.gather(*(desk.post(workspace.id, said(talk, contact, f"第 {n} 条")) for n in range(100)))
    assert sorted(one.message.seq for one in posted) == list(range(1, 101))
    async with database.scope(workspace.id) as scope:
        page = await desk.messages(scope, talk.id, limit=100)
        assert [message.seq for message in page.items] == list(range(1, 101))
        assert (await desk.get(scope, talk.id)).unread == 100


async def test_the_same_client_id_is_one_message_forever(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact
) -> None:
    first = await desk.post(workspace.id, said(talk, contact, "你好", "same"))
    again = await asyncio.gather(*(desk.post(workspace.id, said(talk, contact, "你好", "same")) for _ in range(20)))
    assert {one.message.id for one in again} == {first.message.id}
    assert {one.message.seq for one in again} == {1}
    assert all(one.repeated for one in again)


async def test_two_first_sendings_race_to_one_message(
    database: Database, desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact
) -> None:
    rival = MessageWriter(database)
    both = await asyncio.gather(
        *(desk.post(workspace.id, said(talk, contact, "hi", f"c{n}")) for n in range(30)),
        *(rival.post(workspace.id, said(talk, contact, "hi", f"c{n}")) for n in range(30)),
    )
    assert len({one.message.id for one in both}) == 30
    assert sorted({one.message.seq for one in both}) == list(range(1, 31))


async def test_every_message_is_in_the_log_in_order(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact, database: Database
) -> None:
    await asyncio.gather(*(desk.post(workspace.id, said(talk, contact, str(n))) for n in range(40)))
    async with database.scope(workspace.id) as scope:
        entries = await read_after(scope.connection, workspace.id, 0, 1000)
    received = [entry for entry in entries if entry.name == "conversations.message_received.v1"]
    assert [entry.seq for entry in received] == list(range(1, 41))
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))


async def test_opening_races_to_one_conversation(
    desk: Conversations, workspace: Workspace, inbox_id: InboxId, contact: Contact
) -> None:
    new = NewConversation(inbox_id=inbox_id, contact_id=contact.id, status=Status.BOT)
    opened = await asyncio.gather(*(desk.find_or_open(workspace.id, new) for _ in range(10)))
    assert len({one.id for one in opened}) == 1


async def test_one_of_two_agents_wins(desk: Conversations, workspace: Workspace, talk: Conversation, database: Database) -> None:
    async def claim(agent: Author) -> object:
        async with database.scope(workspace.id) as scope:
            return await desk.claim(scope, talk.id, agent)

    outcomes = await asyncio.gather(claim(AGENT), claim(OTHER), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conversation", "Taken"]


async def test_a_resolved_conversation_goes_on_when_the_customer_writes(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact, database: Database
) -> None:
    async with database.scope(workspace.id) as scope:
        await desk.claim(scope, talk.id, AGENT)
        await desk.resolve(scope, talk.id, AGENT)
    await desk.post(workspace.id, said(talk, contact, "还有一个问题"))
    async with database.scope(workspace.id) as scope:
        after = await desk.get(scope, talk.id)
        names = [entry.name for entry in await read_after(scope.connection, workspace.id, 0)]
    assert (after.status, after.assignee_id, after.resolved_at, after.waiting_since) == (Status.BOT, None, None, None)
    assert names[-2:] == ["conversations.message_received.v1", "conversations.reopened.v1"]


async def test_a_customer_wakes_a_snoozed_conversation(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact, database: Database
) -> None:
    async with database.scope(workspace.id) as scope:
        await desk.claim(scope, talk.id, AGENT)
        await desk.snooze(scope, talk.id, AGENT, utc_now() + timedelta(hours=1))
    await desk.post(workspace.id, said(talk, contact, "在吗"))
    async with database.scope(workspace.id) as scope:
        assert (await desk.get(scope, talk.id)).status is Status.OPEN


async def test_snoozes_end_on_time(desk: Conversations, workspace: Workspace, talk: Conversation, database: Database) -> None:
    async with database.scope(workspace.id) as scope:
        await desk.claim(scope, talk.id, AGENT)
        await desk.snooze(scope, talk.id, AGENT, utc_now() + timedelta(hours=1))
    async with database.scope(workspace.id) as scope:
        assert await desk.wake_due(scope, utc_now()) == 0
        assert await desk.wake_due(scope, utc_now() + timedelta(hours=2)) == 1
        assert (await desk.get(scope, talk.id)).status is Status.OPEN


async def test_what_is_snoozed_is_out_of_hand(
    desk: Conversations, workspace: Workspace, talk: Conversation, database: Database
) -> None:
    mine = View(name="mine", person_id=PersonId(AGENT.id or new_id()), after=None, limit=9)
    async with database.scope(workspace.id) as scope:
        await desk.claim(scope, talk.id, AGENT)
        held = [one.id for one in (await desk.view(scope, mine))[0]]
        in_hand = await desk.counts(scope, mine.person_id)
        await desk.snooze(scope, talk.id, AGENT, utc_now() + timedelta(hours=1))
        left = await desk.view(scope, mine)
        after = await desk.counts(scope, mine.person_id)
    assert (held, left[0]) == ([talk.id], [])
    assert (in_hand.mine, in_hand.snoozed, after.mine, after.snoozed) == (1, 0, 0, 1)


async def test_resolved_ones_are_counted_so_far(
    desk: Conversations, workspace: Workspace, talk: Conversation, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = PersonId(new_id())
    async with database.scope(workspace.id) as scope:
        before = await desk.counts(scope, nobody)
        await desk.resolve(scope, talk.id, AGENT)
        after = await desk.counts(scope, nobody)
        monkeypatch.setattr(repository, "COUNTED_UP_TO", after.resolved - 1)
        bounded = await desk.counts(scope, nobody)
    assert (after.resolved, after.all) == (before.resolved + 1, before.all)
    assert (bounded.resolved, bounded.all) == (after.resolved - 1, after.all - 1)


async def test_the_queue_gives_and_takes_back(
    desk: Conversations, workspace: Workspace, talk: Conversation, database: Database
) -> None:
    async with database.scope(workspace.id) as scope:
        waiting = await desk.hand_over(scope, talk.id, Author(AuthorKind.BOT), reason="asked")
        given = await desk.assign(scope, talk.id, AGENT, Author(AuthorKind.SYSTEM), reason="routed")
        back = await desk.requeue(scope, talk.id, reason="agent_away")
    assert (waiting.status, given.assignee_id, back.status) == (Status.WAITING, AGENT.id, Status.WAITING)
    assert back.waiting_since == waiting.waiting_since


async def test_nobody_is_given_what_is_no_longer_waiting(
    desk: Conversations, workspace: Workspace, talk: Conversation, database: Database
) -> None:
    async with database.scope(workspace.id) as scope:
        await desk.claim(scope, talk.id, OTHER)
        with pytest.raises(Taken):
            await desk.assign(scope, talk.id, AGENT, Author(AuthorKind.SYSTEM), reason="routed")


async def test_writing_past_a_newer_message_is_asked_once(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact
) -> None:
    await desk.post(workspace.id, said(talk, contact, "第一"))
    await desk.post(workspace.id, said(talk, contact, "第二"))
    reply = NewMessage(conversation_id=talk.id, author=AGENT, text="好的", client_id="r1")
    with pytest.raises(NewerMessages):
        await desk.post(workspace.id, reply, seen_seq=1)
    assert (await desk.post(workspace.id, reply)).message.seq == 3


async def test_texts_that_no_database_can_hold_are_cleaned(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact
) -> None:
    posted = await desk.post(workspace.id, said(talk, contact, " a\x00b\ud800 "))
    assert posted.message.text == "ab?"


async def test_nothing_is_not_a_message(desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact) -> None:
    with pytest.raises(MessageEmpty):
        await desk.post(workspace.id, said(talk, contact, " \u0000 "))


async def test_an_unknown_conversation_takes_nothing(desk: Conversations, workspace: Workspace, contact: Contact) -> None:
    item = NewMessage(conversation_id=ConversationId(new_id()), author=contact_author(contact), text="x", client_id="x")
    with pytest.raises(ConversationNotFound):
        await desk.post(workspace.id, item)


async def test_read_marks_never_go_back(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact, database: Database
) -> None:
    for n in range(3):
        await desk.post(workspace.id, said(talk, contact, str(n)))
    async with database.scope(workspace.id) as scope:
        await desk.mark_read(scope, talk.id, "agent", 3)
        await desk.mark_read(scope, talk.id, "agent", 1)
        after = await desk.get(scope, talk.id)
    assert (after.agent_seen_seq, after.unread) == (3, 0)


async def test_views_page_through_everything_once(
    desk: Conversations, workspace: Workspace, inbox_id: InboxId, database: Database
) -> None:
    contacts = Contacts(database)
    for n in range(7):
        async with database.scope(workspace.id) as scope:
            someone = await contacts.create(scope, ContactFields(name=f"客户 {n}"))
        await desk.find_or_open(workspace.id, NewConversation(inbox_id=inbox_id, contact_id=someone.id, status=Status.BOT))
    seen: list[object] = []
    after = None
    for _ in range(4):
        async with database.scope(workspace.id) as scope:
            page, after = await desk.view(scope, View(name="all", person_id=PersonId(new_id()), after=after, limit=2))
        seen += [one.number for one in page]
    assert sorted(seen) == [1, 2, 3, 4, 5, 6, 7]


async def test_notes_count_for_colleagues_only(
    desk: Conversations, workspace: Workspace, talk: Conversation, database: Database
) -> None:
    note = NewMessage(conversation_id=talk.id, author=AGENT, text="内部", client_id="n1", kind=MessageKind.NOTE)
    await desk.post(workspace.id, note)
    async with database.scope(workspace.id) as scope:
        names = [entry.name for entry in await read_after(scope.connection, workspace.id, 0)]
    assert names[-1] == "conversations.note_posted.v1"


@pytest.mark.parametrize("count", [1, 2])
async def test_files_come_back_as_they_went(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact, database: Database, count: int
) -> None:
    files = tuple(Attachment(new_id(), f"{n}.png", "image/png", 3, f"/files/{n}") for n in range(count))
    item = NewMessage(conversation_id=talk.id, author=contact_author(contact), text="", client_id="f", attachments=files)
    await desk.post(workspace.id, item)
    async with database.scope(workspace.id) as scope:
        stored = (await desk.messages(scope, talk.id)).items[0]
    assert stored.attachments == list(files)


async def test_what_is_stored_within_a_transaction_is_numbered_in_the_log(
    desk: Conversations, workspace: Workspace, talk: Conversation, database: Database
) -> None:
    async with database.scope(workspace.id) as scope:
        await desk.post_in(scope, NewMessage(conversation_id=talk.id, author=AGENT, text="您好", client_id="a"))
    async with database.scope(workspace.id) as scope:
        last = (await read_after(scope.connection, workspace.id, 0))[-1]
    assert (last.name, last.seq) == ("conversations.reply_posted.v1", 1)


async def test_an_agents_reply_takes_up_what_was_resolved_and_a_repeat_does_not(
    desk: Conversations, workspace: Workspace, talk: Conversation, database: Database
) -> None:
    async def resolve() -> None:
        async with database.scope(workspace.id) as scope:
            await desk.resolve(scope, talk.id, OTHER)

    async def now() -> Conversation:
        async with database.scope(workspace.id) as scope:
            return await desk.get(scope, talk.id)

    reply = NewMessage(conversation_id=talk.id, author=AGENT, text="补充一句：周三发货。", client_id="late")
    note = NewMessage(conversation_id=talk.id, author=AGENT, text="已退款", client_id="note", kind=MessageKind.NOTE)
    await resolve()
    await desk.post(workspace.id, note)
    assert (await now()).status is Status.RESOLVED
    posted = await desk.post(workspace.id, reply)
    assert ((await now()).status, (await now()).assignee_id) == (Status.OPEN, AGENT.id)
    await resolve()
    assert (await desk.post(workspace.id, reply)).message == posted.message
    assert (await now()).status is Status.RESOLVED


async def test_a_reply_to_an_old_conversation_leaves_the_one_under_way_alone(
    desk: Conversations, workspace: Workspace, talk: Conversation, contact: Contact, inbox_id: InboxId, database: Database
) -> None:
    async with database.scope(workspace.id) as scope:
        await desk.resolve(scope, talk.id, AGENT)
        await scope.connection.execute(
            "update conversations set resolved_at = now() - interval '8 days' where workspace_id = $1 and id = $2",
            workspace.id,
            talk.id,
        )
    later = await desk.find_or_open(workspace.id, NewConversation(inbox_id=inbox_id, contact_id=contact.id, status=Status.BOT))
    assert later.id != talk.id
    await desk.post(workspace.id, NewMessage(conversation_id=talk.id, author=AGENT, text="旧的", client_id="old"))
    async with database.scope(workspace.id) as scope:
        assert (await desk.get(scope, talk.id)).status is Status.RESOLVED
        assert (await desk.get(scope, later.id)).status is Status.BOT
