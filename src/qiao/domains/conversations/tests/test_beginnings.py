"""Beginnings: many at once are one transaction, a repeat gives the first one, and whoever is refused is refused alone."""

import asyncio

import msgspec
import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.contacts.errors import ContactInvalid, ContactNotFound
from qiao.domains.conversations.beginning import NewBeginning
from qiao.domains.conversations.contracts import Author, AuthorKind, Status
from qiao.domains.conversations.errors import MessageEmpty
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.domains.inboxes.errors import InboxNotFound
from qiao.kit.errors import Conflict
from qiao.kit.ids import ContactId, InboxId, new_id
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")


@pytest.fixture
async def new(house, workspace) -> NewBeginning:
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=next(iter(house.channels)), name="官网"))
        await house.inboxes.change(scope, inbox.id, InboxChanges(bot_enabled=True))
    return NewBeginning(
        inbox_id=inbox.id,
        contact=ContactFields(name="林语桐", email="lin@shop.example", attributes={"tier": "gold"}),
        by=AGENT,
        speaks=AuthorKind.CONTACT,
        text="盖碗怎么拿？",
        client_id="first",
    )


def with_(new: NewBeginning, **changes: object) -> NewBeginning:
    return msgspec.structs.replace(new, **changes)


async def facts(house, workspace) -> list[tuple[str, object]]:
    async with house.database.across() as connection:
        entries = await read_after(connection, workspace.id, 0)
    return [(one.name.split(".")[1], one.subject) for one in entries if one.name.startswith("conversations.")]


async def test_a_beginning_makes_contact_conversation_and_message(house, workspace, new):
    conversation, message = await house.beginnings.begin(workspace.id, new)
    assert (conversation.status, conversation.last_seq, conversation.unread) == (Status.BOT, 1, 1)
    assert (conversation.contact.name, conversation.contact.email) == ("林语桐", "lin@shop.example")
    assert (message.seq, message.text, message.author.kind) == (1, "盖碗怎么拿？", AuthorKind.CONTACT)
    assert await facts(house, workspace) == [("opened", conversation.id), ("message_received", conversation.id)]
    async with house.database.scope(workspace.id) as scope:
        assert await house.conversations.get(scope, conversation.id) == conversation
        assert (await house.contacts.get(scope, conversation.contact.id)).attributes == {"tier": "gold"}


async def test_what_an_agent_begins_waits_for_people(house, workspace, new):
    conversation, message = await house.beginnings.begin(workspace.id, with_(new, speaks=AuthorKind.AGENT))
    assert (conversation.status, message.author) == (Status.WAITING, AGENT)


@pytest.mark.parametrize("speaks", [AuthorKind.CONTACT, AuthorKind.AGENT])
async def test_a_repeat_gives_the_first_one_whether_together_or_later(house, workspace, new, speaks):
    new = with_(new, speaks=speaks)
    first, twin = await asyncio.gather(*(house.beginnings.begin(workspace.id, new) for _ in range(2)))
    later = await house.beginnings.begin(workspace.id, with_(new, text="something else"))
    assert {begun[0].id for begun in (first, twin, later)} == {first[0].id}
    assert {begun[1].id for begun in (first, twin, later)} == {first[1].id}
    assert later[1].text == "盖碗怎么拿？"
    assert len(await facts(house, workspace)) == 2


async def test_many_at_once_are_numbered_each_and_told_in_order(house, workspace, new):
    many = [with_(new, client_id=f"n{place}", contact=ContactFields(name=f"客人{place}")) for place in range(40)]
    begun = await asyncio.gather(*(house.beginnings.begin(workspace.id, one) for one in many))
    assert [one.contact.name for one, _ in begun] == [f"客人{place}" for place in range(40)]
    assert sorted(one.number for one, _ in begun) == list(range(1, 41))
    told = await facts(house, workspace)
    assert [name for name, _ in told] == ["opened", "message_received"] * 40
    assert [one.id for one, _ in begun] == [subject for _, subject in told[::2]]


async def test_whoever_is_refused_is_refused_alone(house, workspace, new):
    begun = await asyncio.gather(
        house.beginnings.begin(workspace.id, with_(new, client_id="a", inbox_id=InboxId(new_id()))),
        house.beginnings.begin(workspace.id, with_(new, client_id="b", text=" \n ")),
        house.beginnings.begin(workspace.id, with_(new, client_id="c", contact=ContactFields(email="nobody"))),
        house.beginnings.begin(workspace.id, with_(new, client_id="d", text="nul\x00 in it")),
        return_exceptions=True,
    )
    assert [type(one) for one in begun[:3]] == [InboxNotFound, MessageEmpty, ContactInvalid]
    assert begun[3][1].text == "nul in it"


async def test_the_same_client_id_for_other_words_of_another_author_is_a_conflict(house, workspace, new):
    await house.beginnings.begin(workspace.id, new)
    with pytest.raises(Conflict):
        await house.beginnings.begin(workspace.id, with_(new, speaks=AuthorKind.AGENT))


async def test_a_known_contact_goes_on_with_what_is_under_way(house, workspace, new):
    conversation, _ = await house.beginnings.begin(workspace.id, new)
    known = with_(new, contact_id=conversation.contact.id, client_id="second", text="还有，能放洗碗机吗？")
    again, message = await house.beginnings.begin(workspace.id, known)
    assert (again.id, again.last_seq, message.seq, message.author.name) == (conversation.id, 2, 2, "林语桐")
    assert (await house.beginnings.begin(workspace.id, known))[1].id == message.id
    with pytest.raises(ContactNotFound):
        await house.beginnings.begin(workspace.id, with_(known, contact_id=ContactId(new_id())))


async def test_two_agents_with_the_same_client_id_begin_two(house, workspace, new):
    other = Author(AuthorKind.AGENT, new_id(), "林夏")
    (mine, _), (theirs, _) = await asyncio.gather(
        house.beginnings.begin(workspace.id, new), house.beginnings.begin(workspace.id, with_(new, by=other))
    )
    assert mine.id != theirs.id


async def test_a_stop_waits_for_what_was_taken(house, workspace, new):
    taken = [asyncio.create_task(house.beginnings.begin(workspace.id, with_(new, client_id=f"{place}"))) for place in range(9)]
    await asyncio.sleep(0)
    await house.beginnings.stop()
    assert len({conversation.id for conversation, _ in await asyncio.gather(*taken)}) == 9
