"""A company whose customers are reached by pigeon: a channel that answers as it is told to, and remembers what it was given."""

from datetime import timedelta

import msgspec

from qiao.channels.shared.adapting import Adapting
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.delivery.api import Delivery
from qiao.domains.delivery.doors import Rooms
from qiao.domains.delivery.subscribers import subscribers
from qiao.domains.inboxes.api import Accounts, Inboxes, Installation
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.auth.sealing import Seals
from qiao.platform.log.read import read_after
from qiao.platform.log.runner import SubscriberRunner
from qiao.ports.channel import Capability, Manifest, Sent, SettingField

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")
BOT = Author(AuthorKind.BOT, None, "小兰")
TITLE = {"zh": "信鸽", "en": "Pigeon"}
WORDS = frozenset({Capability.TEXT})


class Pigeon(Adapting):
    """The channel. `answers` are given in turn, then everything is sent."""

    def __init__(self, **said) -> None:
        settings = (SettingField(key="loft", type="text", label=TITLE, default="north"),)
        said = {"name": "pigeon", "capabilities": WORDS, "max_text": 100, **said}
        super().__init__(Manifest(tier="bronze", title=TITLE, settings=settings, **said))
        self.given, self.accounts, self.answers, self.acts, self.typed = [], [], [], [], []

    async def send(self, message, account, wire):
        self.given.append(message)
        self.accounts.append(account)
        return self.answers.pop(0) if self.answers else Sent(f"p-{len(self.given)}")

    async def moderate(self, act, provider_id, account, wire):
        self.acts.append((act, provider_id))
        return self.answers.pop(0) if self.answers else Sent(provider_id)

    async def typing(self, message, account, wire):
        self.typed.append(message.to)

    @property
    def texts(self):
        return [one.text for one in self.given]


class Route(msgspec.Struct, kw_only=True):
    """Where replies go, as a test says."""

    address: str
    name: str | None = "林语桐"
    thread_key: str | None = None
    reply_to: dict = {}
    opened: dict = {}
    left: str | None = None
    refs: list = []
    subject: str | None = None
    private_reply_to: str | None = None


class Ground:
    """Stands for reception: what customers left behind."""

    def __init__(self) -> None:
        self.routes, self.noted, self.known = {}, [], {}

    async def route(self, scope, conversation_id):
        return self.routes.get(conversation_id)

    async def note_sent(self, scope, inbox_id, conversation_id, seq, provider_ids):
        self.noted.append((conversation_id, seq, list(provider_ids)))

    async def provider_id_of(self, scope, conversation_id, seq):
        return self.known.get((conversation_id, seq))


class Loft:
    """The company."""

    def __init__(self, house, workspace, *pigeons) -> None:
        self.house, self.workspace, self.database, self.pigeon = house, workspace, house.database, pigeons[0]
        self.ground, self.channels = Ground(), {one.manifest.name: one for one in pigeons}
        self.inboxes = Inboxes(house.database, {name: one.manifest for name, one in self.channels.items()})
        installation = Installation(
            database=house.database,
            settings=house.settings,
            seals=Seals(house.settings.secret_key),
            outbound=house.outbound,
            files=house.files,
        )
        self.accounts = Accounts(installation, self.channels, self.inboxes.get)
        self.delivery = self.another()
        self.runner = SubscriberRunner(house.database, subscribers(self.delivery))

    def another(self) -> Delivery:
        """Delivery as one more process has it."""
        return Delivery(
            Rooms(
                database=self.house.database,
                inboxes=self.inboxes,
                accounts=self.accounts,
                contacts=self.house.contacts,
                conversations=self.house.conversations,
                reception=self.ground,
                channels=self.channels,
            )
        )

    async def begin(self) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            self.inbox = await self.inboxes.create(scope, NewInbox(channel=self.pigeon.manifest.name, name="信鸽"))
        self.talk = await self.customer()

    async def customer(self, inbox=None, **opened):
        """Somebody's conversation; they wrote just now unless it is said what they did when."""
        async with self.database.scope(self.workspace.id) as scope:
            contact = await self.house.contacts.create(scope, ContactFields(name="林语桐", email="lin@example.com"))
        new = NewConversation(inbox_id=(inbox or self.inbox).id, contact_id=contact.id, status=Status.OPEN)
        talk = await self.house.conversations.find_or_open(self.workspace.id, new)
        self.ground.routes[talk.id] = Route(address=f"roof-{talk.number}", opened=opened or {"message": utc_now()})
        return talk

    @property
    def route(self) -> Route:
        return self.ground.routes[self.talk.id]

    async def reply(self, text="您好", author=AGENT, talk=None, **options):
        item = NewMessage(conversation_id=(talk or self.talk).id, author=author, text=text, client_id=new_id().hex, **options)
        return (await self.house.conversations.post(self.workspace.id, item)).message

    async def turn(self) -> None:
        """Everything that is due: facts, then sends, those put off included."""
        await self.runner.drain(self.workspace.id)
        async with self.database.across() as connection:
            await connection.execute(
                "update delivery_lanes set due_at = now() where workspace_id = $1 and due_at > now()", self.workspace.id
            )
        await self.delivery.drain(self.workspace.id)
        await self.runner.drain(self.workspace.id)

    async def rows(self):
        async with self.database.across() as connection:
            rows = await connection.fetch("select * from deliveries where workspace_id = $1 order by seq", self.workspace.id)
        return [dict(row) for row in rows]

    async def states(self, talk=None):
        async with self.database.scope(self.workspace.id) as scope:
            return await self.delivery.states(scope, (talk or self.talk).id)

    async def window(self, talk=None):
        async with self.database.scope(self.workspace.id) as scope:
            return await self.delivery.window(scope, (talk or self.talk).id)

    async def waits(self) -> float:
        """In how many seconds the conversation's turn comes."""
        async with self.database.across() as connection:
            due = await connection.fetchval(
                "select due_at - now() from delivery_lanes where workspace_id = $1 and conversation_id = $2",
                self.workspace.id,
                self.talk.id,
            )
        return due.total_seconds()

    async def told(self, *names):
        async with self.database.across() as connection:
            entries = await read_after(connection, self.workspace.id, 0)
        fields = [one.fields() for one in entries if one.name in (names or ("delivery.changed.v1",))]
        return [(one["message_seq"], one["state"], one["reason"]) for one in fields if one["state"] != "queued"]


def ago(**spans):
    return utc_now() - timedelta(**spans)
