"""Group commit: many at once are one statement, what cannot be stored fails alone, a stop loses nothing that was taken."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.conversations.writer import MessageWriter, shown_client_id, stored_client_id
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.errors import TooMany
from qiao.kit.ids import new_id
from qiao.platform.db import group_commit as module

pytestmark = pytest.mark.database

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")


@pytest.fixture
async def talk(house, workspace):
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=next(iter(house.channels)), name="官网"))
        contact = await house.contacts.create(scope, ContactFields(name="林语桐"))
    new = NewConversation(inbox_id=inbox.id, contact_id=contact.id, status=Status.BOT)
    return (await house.conversations.find_or_open(workspace.id, new)).id


@pytest.fixture
async def writer(database):
    writer = MessageWriter(database)
    yield writer
    await writer.stop()


def item(talk, text="您好", client_id=None, author=AGENT) -> NewMessage:
    return NewMessage(conversation_id=talk, author=author, text=text, client_id=client_id or uuid4().hex)


async def test_what_arrives_together_is_stored_together(writer, workspace, talk, monkeypatch):
    batches, original = [], writer._group._store

    async def counted(workspace_id, batch):
        batches.append(len(batch))
        return await original(workspace_id, batch)

    monkeypatch.setattr(writer._group, "_store", counted)
    posted = await asyncio.gather(*(writer.post(workspace.id, item(talk, str(n))) for n in range(100)))
    assert [one.message.seq for one in posted] == list(range(1, 101))
    assert (sum(batches), len(batches) <= 2) == (100, True)


async def test_one_that_cannot_be_stored_fails_alone(writer, workspace, talk):
    items = [item(talk, "一"), item(talk, "nul\x00"), item(new_id(), "nowhere"), item(talk, "二")]
    outcomes = await asyncio.gather(*(writer.post(workspace.id, one) for one in items), return_exceptions=True)
    assert [getattr(getattr(one, "message", None), "seq", type(one)) for one in outcomes] == [
        1, asyncpg.CharacterNotInRepertoireError, ConversationNotFound, 2,
    ]  # fmt: skip


async def test_two_of_one_client_id_in_a_batch_are_one(writer, workspace, talk):
    first, second = await asyncio.gather(*(writer.post(workspace.id, item(talk, "一", "same")) for _ in range(2)))
    assert first.message.id == second.message.id
    assert sorted([first.repeated, second.repeated]) == [False, True]


async def test_more_than_can_wait_is_refused_at_once(writer, workspace, talk, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    outcomes = await asyncio.gather(*(writer.post(workspace.id, item(talk)) for _ in range(5)), return_exceptions=True)
    assert [type(one).__name__ for one in outcomes] == ["Posted"] * 3 + ["TooMany"] * 2
    assert await writer.post(workspace.id, item(talk))


async def test_a_busy_row_is_tried_again_and_then_told(writer, workspace, talk, monkeypatch):
    tries = []

    async def busy(workspace_id, batch):
        tries.append(len(batch))
        raise asyncpg.DeadlockDetectedError("deadlock")

    monkeypatch.setattr(writer._group, "_store", busy)
    with pytest.raises(TooMany):
        await writer.post(workspace.id, item(talk))
    assert len(tries) == module.ATTEMPTS
    monkeypatch.undo()
    assert (await writer.post(workspace.id, item(talk))).message.seq == 1


async def test_a_stop_waits_for_what_was_taken(database, workspace, talk):
    writer = MessageWriter(database)
    posting = [asyncio.create_task(writer.post(workspace.id, item(talk))) for _ in range(20)]
    await asyncio.sleep(0)
    await writer.stop()
    posted = await asyncio.gather(*posting)
    assert [one.message.seq for one in posted] == list(range(1, 21))


async def test_a_caller_who_gives_up_does_not_stop_the_others(writer, workspace, talk):
    leaving = asyncio.create_task(writer.post(workspace.id, item(talk, "leaving")))
    staying = asyncio.create_task(writer.post(workspace.id, item(talk, "staying")))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).message.text == "staying"
    assert writer._group._waiting == 0


@pytest.mark.parametrize("client_id", ["a", "a:b:c", "", "c::x"])
def test_a_client_id_is_shown_as_it_was_given(client_id):
    stored = stored_client_id(AGENT, client_id)
    assert shown_client_id(stored) == client_id
    assert stored != stored_client_id(Author(AuthorKind.AGENT, new_id()), client_id)
    assert stored != stored_client_id(Author(AuthorKind.CONTACT, AGENT.id), client_id)
