"""Two contacts become one: their conversations follow, one under way in an inbox stays, and everything is told."""

import asyncio
from uuid import uuid4

import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.contacts.events import ContactMerged
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.conversations.subscribers import subscribers
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.ids import new_id
from qiao.platform.log.read import read_after
from qiao.platform.log.runner import SubscriberRunner

pytestmark = pytest.mark.database

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")


class Desk:
    def __init__(self, house, workspace) -> None:
        self.house, self.workspace, self.database = house, workspace, house.database

    async def begin(self) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            name = next(iter(self.house.channels))
            self.site = await self.house.inboxes.create(scope, NewInbox(channel=name, name="官网"))
            self.app = await self.house.inboxes.create(scope, NewInbox(channel=name, name="App"))
            self.old = await self.house.contacts.create(scope, ContactFields(name="访客"))
            self.new = await self.house.contacts.create(scope, ContactFields(name="林语桐"))

    async def talk(self, inbox, contact, text="你好"):
        new = NewConversation(inbox_id=inbox.id, contact_id=contact.id, status=Status.BOT)
        talk = await self.house.conversations.find_or_open(self.workspace.id, new)
        item = NewMessage(
            conversation_id=talk.id, author=Author(AuthorKind.CONTACT, contact.id), text=text, client_id=uuid4().hex
        )
        await self.house.conversations.post(self.workspace.id, item)
        return talk.id

    async def act(self, name, *arguments, **options):
        async with self.database.scope(self.workspace.id) as scope:
            return await getattr(self.house.conversations, name)(scope, *arguments, **options)

    async def facts(self):
        async with self.database.across() as connection:
            entries = await read_after(connection, self.workspace.id, 0)
        return [(entry.name.split(".")[1], entry.subject) for entry in entries]


@pytest.fixture
async def desk(house, workspace) -> Desk:
    desk = Desk(house, workspace)
    await desk.begin()
    return desk


async def test_every_conversation_follows_and_says_so(desk):
    talks = {await desk.talk(desk.site, desk.old), await desk.talk(desk.app, desk.old)}
    await desk.act("move_contact", desk.old.id, desk.new.id)
    assert {(await desk.act("get", one)).contact.id for one in talks} == {desk.new.id}
    assert {subject for name, subject in await desk.facts() if name == "moved"} == talks
    assert "resolved" not in {name for name, _ in await desk.facts()}


async def test_of_two_under_way_the_customers_present_one_goes_on(desk):
    earlier, present = await desk.talk(desk.site, desk.new), await desk.talk(desk.site, desk.old)
    await desk.act("claim", earlier, AGENT)
    await desk.act("move_contact", desk.old.id, desk.new.id)
    closed, open_one = await desk.act("get", earlier), await desk.act("get", present)
    assert (closed.status, open_one.status, open_one.contact.id) == (Status.RESOLVED, Status.BOT, desk.new.id)
    assert closed.resolved_at is not None
    facts = await desk.facts()
    assert ("resolved", earlier) in facts
    assert facts.index(("resolved", earlier)) < facts.index(("moved", present))
    page = await desk.act("messages", earlier)
    assert page.items[-1].content["event"] == "resolved"
    async with desk.database.scope(desk.workspace.id) as scope:
        assert (await desk.house.conversations.current(scope, desk.site.id, desk.new.id)).id == present


async def test_what_is_resolved_already_is_not_resolved_again(desk):
    earlier, present = await desk.talk(desk.site, desk.new), await desk.talk(desk.site, desk.old)
    await desk.act("resolve", earlier, AGENT)
    await desk.act("move_contact", desk.old.id, desk.new.id)
    assert [subject for name, subject in await desk.facts() if name == "resolved"] == [earlier]
    assert (await desk.act("get", present)).status is Status.BOT


async def test_inboxes_do_not_disturb_each_other(desk):
    in_app, on_site = await desk.talk(desk.app, desk.new), await desk.talk(desk.site, desk.old)
    await desk.act("move_contact", desk.old.id, desk.new.id)
    assert [(await desk.act("get", one)).status for one in (in_app, on_site)] == [Status.BOT, Status.BOT]


async def test_doing_it_again_changes_nothing(desk):
    await desk.talk(desk.site, desk.new)
    await desk.talk(desk.site, desk.old)
    await desk.act("move_contact", desk.old.id, desk.new.id)
    before = await desk.facts()
    await desk.act("move_contact", desk.old.id, desk.new.id)
    assert await desk.facts() == before


async def test_the_fact_of_a_merge_is_enough(desk):
    talk = await desk.talk(desk.site, desk.old)
    async with desk.database.scope(desk.workspace.id) as scope:
        scope.emit(ContactMerged(contact_id=desk.old.id, merged_into=desk.new.id))
    await SubscriberRunner(desk.database, subscribers(desk.house.conversations)).drain(desk.workspace.id)
    assert (await desk.act("get", talk)).contact.id == desk.new.id


async def test_one_opening_is_told_once_however_many_race(desk):
    new = NewConversation(inbox_id=desk.site.id, contact_id=desk.old.id, status=Status.BOT)
    opened = await asyncio.gather(*(desk.house.conversations.find_or_open(desk.workspace.id, new) for _ in range(12)))
    assert len({one.id for one in opened}) == 1
    assert [name for name, _ in await desk.facts()].count("opened") == 1
