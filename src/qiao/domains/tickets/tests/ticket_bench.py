"""A company that works on tickets, its people and its customers."""

from uuid import uuid4

import msgspec

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.people.contracts import NewPerson, Role
from qiao.domains.tickets.contracts import NewTicket, TicketArrival, TicketChanges, TicketView
from qiao.domains.tickets.subscribers import subscribers
from qiao.kit.ids import new_id
from qiao.platform.log.read import read_after
from qiao.platform.log.runner import SubscriberRunner
from qiao.ports.channel import AsTicket, TicketField

NUMBER = TicketField(key="number", label={"zh": "订单号", "en": "Order number"})
WANTED = AsTicket(key="n1", title={"zh": "售后表单", "en": "After sales"}, fields=(NUMBER,), values={"number": "1001"})


class Bench:
    """What a test does and looks at."""

    def __init__(self, house, workspace) -> None:
        self.house, self.workspace, self.tickets = house, workspace, house.tickets

    def scope(self):
        return self.house.database.scope(self.workspace.id)

    async def begin(self) -> None:
        async with self.scope() as scope:
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel=next(iter(self.house.channels)), name="官网"))
        self.agent = await self.employ()

    async def employ(self, role=Role.AGENT):
        async with self.scope() as scope:
            new = NewPerson(email=f"{uuid4().hex}@shop.example", name="何嘉怡", role=role)
            person = await self.house.people.create_person(scope, new)
        return Author(AuthorKind.AGENT, person.id, person.name)

    async def talk(self, name="林语桐"):
        """A customer's conversation with something said in it."""
        async with self.scope() as scope:
            contact = await self.house.contacts.create(scope, ContactFields(name=name))
        new = NewConversation(inbox_id=self.inbox.id, contact_id=contact.id, status=Status.WAITING)
        talk = await self.house.conversations.find_or_open(self.workspace.id, new)
        await self.say(talk, "壶漏水")
        return talk

    async def say(self, talk, text="还在漏", **content):
        author = Author(AuthorKind.CONTACT, talk.contact.id)
        item = NewMessage(
            conversation_id=talk.id, author=author, text=text, client_id=new_id().hex, content=content or None
        )  # fmt: skip
        await self.house.conversations.post(self.workspace.id, item)

    async def open(self, talk, by=None, **given):
        async with self.scope() as scope:
            new = NewTicket(conversation_id=talk.id, **{"client_id": new_id().hex, "subject": "壶漏水", **given})
            return await self.tickets.open(scope, new, by or self.agent)

    async def send_form(self, talk, wanted=WANTED, **given):
        """A form came, and was stored as a message of that conversation."""
        arrival = TicketArrival(
            inbox_id=self.inbox.id, contact_id=talk.contact.id, conversation_id=talk.id, wanted=wanted,
            **{"client_id": new_id().hex, "subject": "壶漏水", **given},
        )  # fmt: skip
        async with self.scope() as scope:
            await self.tickets.receive(scope, [arrival])

    async def called(self, key="n1"):
        async with self.scope() as scope:
            return await self.tickets.called(scope, self.inbox.id, key)

    async def change(self, ticket, **given):
        async with self.scope() as scope:
            changes = TicketChanges(**{"version": ticket.version, **given})
            return await self.tickets.change(scope, ticket.id, changes, self.agent)

    async def get(self, ticket):
        async with self.scope() as scope:
            return await self.tickets.get(scope, ticket.id)

    async def all(self, **filters):
        async with self.scope() as scope:
            return (await self.tickets.page(scope, TicketView(**filters)))[0]

    async def hear(self) -> None:
        await SubscriberRunner(self.house.database, subscribers(self.tickets)).drain(self.workspace.id)

    async def solved_days_ago(self, ticket, days):
        async with self.house.database.across() as connection:
            await connection.execute(
                "update tickets set solved_at = now() - make_interval(days => $3), state_since = now() - make_interval(days => $3)"
                " where workspace_id = $1 and id = $2",
                self.workspace.id,
                ticket.id,
                days,
            )

    async def facts(self, name):
        async with self.house.database.across() as connection:
            entries = await read_after(connection, self.workspace.id, 0, 10_000)
        return [msgspec.json.decode(one.data) for one in entries if one.name == f"tickets.{name}.v1"]

    async def lines(self, talk):
        async with self.scope() as scope:
            page = await self.house.conversations.messages(scope, talk.id)
        return [one.content["data"]["ref"] for one in page.items if (one.content or {}).get("event") == "ticket_opened"]
