"""Endpoints over a real database, with a real receiver on this machine, and facts told by the rooms that tell them."""

import sys
from pathlib import Path
from uuid import UUID

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.webhook_receiver import Receiver

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, MessageKind, NewConversation, NewMessage, Status
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.webhooks.api import Webhooks
from qiao.domains.webhooks.contracts import DeliveryFilter, NewEndpoint
from qiao.domains.webhooks.doors import Rooms
from qiao.domains.webhooks.subscribers import subscribers
from qiao.kit.ids import new_id
from qiao.platform.auth.sealing import Seals
from qiao.platform.http.outbound import Outbound
from qiao.platform.log.runner import SubscriberRunner

AUTHOR = Author(AuthorKind.AGENT, UUID(int=7), "小棠")

_EARLIER = "- make_interval(secs => $2::float8 * 3600)"
HOURS_GO_BY = (
    f"update webhook_deliveries set due_at = due_at {_EARLIER} where workspace_id = $1",
    f"update webhook_endpoints set old_secret_until = old_secret_until {_EARLIER} where workspace_id = $1",
    f"""update webhook_lanes set due_at = due_at {_EARLIER}, rests_until = rests_until {_EARLIER},
    failing_since = failing_since {_EARLIER} where workspace_id = $1""",
)


class Company:
    """One company with its webhooks."""

    def __init__(self, house, database, workspace) -> None:
        self.house, self.database, self.workspace = house, database, workspace
        self.told_off = []

        async def tell_off(scope, endpoint_id, url, reason):
            self.told_off.append((endpoint_id, reason))

        self.rooms = Rooms(
            database=database,
            seals=Seals("a key of the tests, long enough"),
            outbound=Outbound(allow_private=True),
            inboxes=house.inboxes,
            tell_off=tell_off,
            plain_http=True,
        )
        self.webhooks = Webhooks(self.rooms, house.conversations)
        self.runner = SubscriberRunner(database, subscribers(self.webhooks))

    async def act(self, name, *arguments):
        """One act of the door in a transaction of its own."""
        async with self.database.scope(self.workspace.id) as scope:
            return await getattr(self.webhooks, name)(scope, *arguments)

    async def endpoint(self, url, *events, **more):
        """A new endpoint; its id and its secret."""
        made = await self.act("create", NewEndpoint(url=url, events=list(events), **more), None)
        return made.endpoint.id, made.secret

    async def talk(self, inbox=None):
        """A conversation that has just begun."""
        async with self.database.scope(self.workspace.id) as scope:
            inbox = inbox or await self.inbox(scope)
            contact = await self.house.contacts.create(scope, ContactFields(name="Mia Chen"))
            new = NewConversation(inbox_id=inbox.id, contact_id=contact.id, status=Status.BOT)
            return await self.house.conversations.find_or_open_in(scope, new)

    async def inbox(self, scope):
        return await self.house.inboxes.create(scope, NewInbox(channel="webchat", name="Chat"))

    async def write(self, conversation, text, kind=MessageKind.TEXT, author=AUTHOR):
        """Somebody of the staff writes."""
        new = NewMessage(conversation_id=conversation.id, author=author, text=text, client_id=str(new_id()), kind=kind)
        return (await self.house.conversations.post(self.workspace.id, new)).message

    async def queue(self):
        """Read the log to its end."""
        await self.runner.drain(self.workspace.id)

    async def send(self):
        """Send what is due."""
        await self.webhooks.drain(self.workspace.id)

    async def hours_go_by(self, hours):
        """Whatever is to be done within so many hours is due now; what began, began so much earlier."""
        async with self.database.across() as connection:
            for statement in HOURS_GO_BY:
                await connection.execute(statement, self.workspace.id, float(hours))

    async def deliveries(self, endpoint_id, **wanted):
        """Oldest first."""
        return (await self.act("deliveries", endpoint_id, DeliveryFilter(**wanted), None, 100))[::-1]

    async def tries(self, endpoint_id):
        """Of the only delivery: its tries, oldest first."""
        (delivery,) = await self.deliveries(endpoint_id)
        return (await self.act("delivery", endpoint_id, delivery.id)).tries[::-1]


@pytest.fixture
def company(house, database, workspace):
    return Company(house, database, workspace)


@pytest.fixture
async def receiver():
    receiver = Receiver()
    receiver.url = await receiver.open()
    yield receiver
    await receiver.close()
