"""The house: every room made once, from the settings and the database, in the order of their ranks."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from qiao.app.faces import Faces
from qiao.app.language_model import endpoint_of
from qiao.app.model import model_loader
from qiao.app.sealed import SEALED
from qiao.app.secret import with_secret_key
from qiao.channels.registry import load_channels
from qiao.domains.analytics.api import Analytics
from qiao.domains.audit.api import Audit
from qiao.domains.bot.api import Bot
from qiao.domains.bot.generating.api import Generating
from qiao.domains.bot.generating.jobs import register as register_generating_jobs
from qiao.domains.bot.jobs import register as register_bot_jobs
from qiao.domains.bot.turn_parts import House as BotRooms
from qiao.domains.commerce.api import Commerce
from qiao.domains.commerce.contracts import RestConnection
from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.beginning import Beginnings
from qiao.domains.conversations.contracts import Attachment, QueuePlace
from qiao.domains.conversations.presence import Presence
from qiao.domains.conversations.visitors import Ports, Visitors
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.delivery.api import Delivery
from qiao.domains.delivery.doors import Rooms as SendingRooms
from qiao.domains.inboxes.api import Accounts, IdentityKeys, Inboxes, Installation, Receipts
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.inboxes.install import snippet_of
from qiao.domains.knowledge.api import Knowledge
from qiao.domains.notifications.api import Notifications
from qiao.domains.notifications.contracts import MAX_TOLD as MOST_PEOPLE
from qiao.domains.notifications.contracts import Kind, NewNotification
from qiao.domains.people.api import Limits, People, Resets, roles_with
from qiao.domains.reception.api import Reception
from qiao.domains.reception.api import Rooms as ReceptionRooms
from qiao.domains.routing.api import Routing
from qiao.domains.tickets.api import Tickets
from qiao.domains.webhooks.api import Webhooks
from qiao.domains.webhooks.doors import Rooms as WebhookRooms
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, ConversationId, InboxId, PersonId, WorkspaceId
from qiao.platform.auth.seal_ring import SealRing
from qiao.platform.auth.sealing import Seals
from qiao.platform.blobs.files import Files, open_store
from qiao.platform.bus.nats import NatsBus
from qiao.platform.bus.postgres import PostgresBus
from qiao.platform.db.database import Connection, Database, Scope, open_alone
from qiao.platform.db.reading import Reading
from qiao.platform.http.outbound import Outbound
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.live.hub import Hub
from qiao.platform.mail.post import Post
from qiao.platform.settings import Settings
from qiao.portal.form_pages import FormPages, FormRooms
from qiao.portal.portal import Portal
from qiao.portal.visit import Chat
from qiao.ports.channel import Capability
from qiao.ports.commerce import Customer
from qiao.providers.commerce_rest.provider import RestCommerce

RECEIPTS = "receipts"
AUDIT_HEADS = "audit-heads.jsonl"
"""In the data folder: what the audit log came to, outside the database that holds it."""
MAX_TOLD = 100
"""Inboxes of one hint; those left out are found by looking."""


class House:
    """Holds every api of a running program. Nothing runs yet: `qiao.app.wiring` starts what runs."""

    def __init__(self, settings: Settings, database: Database, dsn: str) -> None:
        settings = with_secret_key(settings)
        self.settings = settings
        self.database = database
        self.dsn = dsn
        self.reading = Reading(database, settings.replica_url)
        self.faces = Faces()
        self.bus = NatsBus(settings.bus_url) if settings.bus_url else PostgresBus(dsn)
        self.hub = Hub()
        self.jobs = Jobs(database)
        self.channels = {
            name: one for name, one in load_channels().items() if settings.channel_examples or not one.manifest.example
        }
        self.files = Files(database, open_store(settings.blobs_url, settings.data_path / "files"))
        self.workspaces = Workspaces(database)
        self.people = People(database)
        self.resets = Resets(database, Limits(), self.jobs, Post(settings), settings.origin)
        self.contacts = Contacts(database)
        self.inboxes = Inboxes(database, {name: one.manifest for name, one in self.channels.items()}, self.people.team)
        self.knowledge = Knowledge(database, self.jobs, self.files)
        self.outbound = Outbound(allow_private=settings.outbound_private == "allow")
        seals = Seals(settings.secret_key)
        self.ring = SealRing(database, seals, SEALED)
        self.identity_keys = IdentityKeys(seals, self.inboxes.get)
        self.accounts = Accounts(
            Installation(database=database, settings=settings, seals=seals, outbound=self.outbound, files=self.files),
            self.channels,
            self.inboxes.get,
        )
        self.receipts = Receipts(database, self.accounts, self.inboxes.by_key)
        self.commerce = Commerce(database, seals, self._customer, self._rest)
        self.writer = MessageWriter(database)
        self.conversations = Conversations(database, self.contacts, self.writer)
        self.tickets = Tickets(database, self.contacts, self.conversations, self.people)
        self.beginnings = Beginnings(database, self.contacts, self.inboxes, self.conversations)
        self.presence = Presence(self.bus, self.hub, "conversations.read")
        self.visitors = Visitors(database, self.contacts, self.inboxes, self.conversations, self._ports())
        reception = ReceptionRooms(
            database=database,
            accounts=self.accounts,
            inboxes=self.inboxes,
            conversations=self.conversations,
            tickets=self.tickets,
            files=self.files,
            jobs=self.jobs,
        )

        async def connect() -> Connection:
            return await open_alone(dsn)

        self.reception = Reception(
            reception, self.contacts, self.receipts, self.channels, (self.presence.customer_typing, connect)
        )
        self._tell_receipts()
        self.routing = Routing(database, self.conversations, self.people, self.workspaces)
        self.delivery = Delivery(self._sending_rooms())
        self.presence.on_agent_typing(self.delivery.typing.agent_types)
        rooms = BotRooms(
            database,
            self.conversations,
            self.inboxes,
            self.routing,
            self.knowledge,
            workspaces=self.workspaces,
            shop=self.commerce,
            seals=seals,
            outbound=self.outbound,
        )
        self.generating = Generating(rooms, self.jobs, endpoint_of(settings), self.presence.bot_typing)
        register_generating_jobs(self.generating, self.jobs)
        rooms = msgspec.structs.replace(rooms, writer=self.generating)
        self.bot = Bot(rooms, self.jobs, model_loader(settings.bot_model))
        register_bot_jobs(self.bot, self.jobs)
        self.forms = FormPages(settings, self._form_rooms())
        self.portal = Portal(database, self.knowledge, settings, chat_for=self._chat_for)
        self.notifications = Notifications(database, self.conversations, self.people, self.knowledge.imports.creator)
        self.analytics = Analytics(database, self.conversations, self.people, self.workspaces)
        self.audit = Audit(database, [settings.secret_key], settings.data_path / AUDIT_HEADS)
        database.on_act(self.audit.remember)
        self.webhooks = Webhooks(self._webhook_rooms(seals), self.conversations)

    def _sending_rooms(self) -> SendingRooms:
        return SendingRooms(
            database=self.database,
            inboxes=self.inboxes,
            accounts=self.accounts,
            contacts=self.contacts,
            conversations=self.conversations,
            reception=self.reception,
            channels=self.channels,
        )

    def _webhook_rooms(self, seals: Seals) -> WebhookRooms:
        return WebhookRooms(
            database=self.database,
            seals=seals,
            outbound=self.outbound,
            inboxes=self.inboxes,
            tell_off=self._webhook_off,
            plain_http=self.settings.outbound_private == "allow",
        )

    def _form_rooms(self) -> FormRooms:
        return FormRooms(
            database=self.database,
            inboxes=self.inboxes,
            accounts=self.accounts,
            receipts=self.receipts,
            tickets=self.tickets,
        )

    def _tell_receipts(self) -> None:
        """What a provider delivered to one process is read by whichever reads."""

        def stored(workspace_id: WorkspaceId, inbox_ids: Sequence[InboxId]) -> None:
            self.bus.publish(RECEIPTS, msgspec.json.encode((workspace_id, inbox_ids[:MAX_TOLD])))

        def heard(_topic: str, payload: bytes) -> None:
            self.reception.lanes.wake(*msgspec.json.decode(payload, type=tuple[WorkspaceId, list[InboxId]]))

        self.receipts.on_stored(stored)
        self.bus.subscribe(RECEIPTS, heard)

    async def _customer(self, scope: Scope, contact_id: ContactId) -> Customer:
        """A contact as the shop may believe it: name, e-mail and phone are not handed on, since people may note them."""
        proven = await self.contacts.proven(scope, contact_id)
        return Customer(
            workspace_id=scope.workspace_id,
            contact_id=contact_id,
            external_id=proven.external_id,
            former_contacts=proven.former,
        )

    async def _webhook_off(self, scope: Scope, endpoint_id: UUID, url: str, reason: str) -> None:
        """Those who may mend an endpoint that was switched off are told, once each time."""
        able = set(roles_with("webhooks.write"))
        people = [one.id for one in await self.people.list(scope) if one.role in able and not one.disabled][:MOST_PEOPLE]
        data = {"name": url, "reason": reason, "endpoint_id": str(endpoint_id)}
        cause = f"webhook_off:{endpoint_id}:{utc_now().isoformat()}"
        await self.notifications.tell(scope, NewNotification(kind=Kind.WEBHOOK_OFF, cause=cause, people=tuple(people), data=data))

    def _rest(self, connection: RestConnection) -> RestCommerce:
        return RestCommerce(self.outbound, connection.base_url, connection.secret, connection.timeout)

    async def _first_inbox(self, workspace_id: WorkspaceId) -> Inbox | None:
        """The inbox that the help centre's pages carry: the oldest that customers open themselves."""
        async with self.database.scope(workspace_id) as scope:
            for inbox in await self.inboxes.all(scope):
                channel = self.channels.get(inbox.channel)
                if channel is not None and inbox.enabled and Capability.LIVE in channel.manifest.capabilities:
                    return inbox
        return None

    async def _chat_for(self, workspace_id: WorkspaceId) -> Chat | None:
        inbox = await self._first_inbox(workspace_id)
        if inbox is None:
            return None
        return Chat(snippet=snippet_of(inbox, "").snippet, address=f"/chat/{inbox.key}", colour=inbox.settings.get("colour"))

    def _ports(self) -> Ports:
        async def name_of(scope: Scope, person_id: UUID) -> str | None:
            person = (await self.people.by_ids(scope, [PersonId(person_id)])).get(PersonId(person_id))
            return person.name if person else None

        async def files_of(scope: Scope, ids: list[UUID], owner: UUID) -> list[Attachment]:
            stored = await self.files.by_ids(scope, ids, owner=owner)
            return [Attachment(**{name: getattr(one, name) for name in Attachment.__struct_fields__}) for one in stored]

        async def place_of(scope: Scope, conversation_id: ConversationId) -> QueuePlace | None:
            return await self.routing.place_of(scope, conversation_id)

        async def bot_name(scope: Scope) -> dict[str, str]:
            return await self.bot.bot_name(scope)

        async def anybody_online(scope: Scope) -> bool:
            return await self.routing.anybody_online(scope)

        return Ports(
            place_of=place_of,
            name_of=name_of,
            files_of=files_of,
            secrets_of=self.identity_keys.live_secrets,
            bot_name=bot_name,
            anybody_online=anybody_online,
        )
