"""Somebody new is told once, by whichever door they came; who only looks at a page is told to nobody."""

import asyncio
from datetime import timedelta

import pytest

from qiao.domains.contacts.contracts import ContactFields, Sighting
from qiao.domains.contacts.events import ContactCreated
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, new_id
from qiao.platform.auth.signing import Proof
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database


class Doors:
    """Ways in which contacts come to be, and what the log says of it."""

    def __init__(self, house, workspace, inbox) -> None:
        self.house, self.workspace, self.inbox = house, workspace, inbox

    async def act(self, name, *arguments):
        async with self.house.database.scope(self.workspace.id) as scope:
            return await getattr(self.house.contacts, name)(scope, *arguments)

    async def told(self):
        async with self.house.database.across() as connection:
            entries = await read_after(connection, self.workspace.id, 0)
        return [one.read(ContactCreated).contact for one in entries if one.name == ContactCreated.wire_name]


@pytest.fixture
async def doors(house, workspace):
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=house.inboxes.channels()[0].name, name="官网"))
    return Doors(house, workspace, inbox)


def seen(value, proofs=()):
    return Sighting(namespace="inbox:1", value=value, fields=ContactFields(name="林语桐"), proofs=proofs)


async def test_a_channels_new_sender_is_told_once(doors):
    first = await doors.act("resolve", [seen("a"), seen("b"), seen("a")])
    await doors.act("resolve", [seen("a"), seen("c", proofs=(("email", "lin@example.com"),))])
    told = await doors.told()
    assert {one.id for one in told} >= {one.contact_id for one in first}
    assert (len(told), {one.name for one in told}) == (3, {"林语桐"})


async def test_who_comes_twice_at_once_is_told_once(doors):
    await asyncio.gather(*(doors.act("resolve", [seen("same")]) for _ in range(6)))
    assert len(await doors.told()) == 1


async def test_what_a_program_begins_twice_is_told_once(doors):
    contact_id = ContactId(new_id())
    for _ in range(2):
        await doors.act("create_all", {contact_id: ContactFields(name="Mia", email="mia@example.com")})
    (told,) = await doors.told()
    assert (told.id, told.name, told.email) == (contact_id, "Mia", "mia@example.com")


async def test_an_anonymous_visit_is_told_to_nobody_and_a_proven_one_is(doors):
    _, visitor = await doors.act("begin_visit", doors.inbox.id, ContactFields(locale="en"))
    assert await doors.told() == []
    proof = Proof("u-1", {"name": "Mia"}, utc_now() + timedelta(hours=1))
    await doors.act("identify", doors.inbox.id, proof, None)
    await doors.act("identify", doors.inbox.id, proof, visitor)
    (told,) = await doors.told()
    assert (told.name, told.identified) == ("Mia", True)


async def test_one_made_by_hand_is_told(doors):
    contact = await doors.act("create", ContactFields(name="手工"))
    assert await doors.told() == [contact]
