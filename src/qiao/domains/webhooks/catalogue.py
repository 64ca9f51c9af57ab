"""The public catalogue: which events there are, what they mean, what they are made of. Pure."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.contacts import events as contacts
from qiao.domains.conversations import events as conversations
from qiao.domains.delivery import events as delivery
from qiao.domains.inboxes import events as inboxes
from qiao.domains.knowledge import events as knowledge
from qiao.domains.tickets import events as tickets
from qiao.domains.webhooks import making, payloads
from qiao.domains.webhooks.contracts import CatalogueEntry
from qiao.domains.webhooks.examples import example_of
from qiao.domains.webhooks.making import Inboxes
from qiao.domains.webhooks.words import GROUPED, TEXTS, TITLES
from qiao.platform.log.facts import Entry, Fact

PING = "ping"
VERSION = 1
_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Kind(Struct, frozen=True):
    """A public event: made of which fact, as which data. `make` gives none for a fact that is not told."""

    name: str
    fact: type[Fact]
    data: type[Struct]
    make: Callable[[Entry, Inboxes], Struct | None]
    by_inbox: bool = True


def _conversation(act: str, fact: type[Fact]) -> Kind:
    return Kind(f"conversation.{act}", fact, payloads.ConversationData, making.conversation_changed)


KINDS: Sequence[Kind] = (
    Kind("conversation.opened", conversations.ConversationOpened, payloads.ConversationOpenedData, making.conversation_opened),
    _conversation("handed_over", conversations.HandedOver),
    _conversation("assigned", conversations.Assigned),
    _conversation("requeued", conversations.Requeued),
    _conversation("handed_to_bot", conversations.HandedToBot),
    _conversation("snoozed", conversations.Snoozed),
    _conversation("woken", conversations.Woken),
    _conversation("resolved", conversations.Resolved),
    _conversation("reopened", conversations.Reopened),
    _conversation("tagged", conversations.Tagged),
    _conversation("moved", conversations.Moved),
    Kind("message.received", conversations.MessageReceived, payloads.MessageData, making.message),
    Kind("message.sent", conversations.ReplyPosted, payloads.MessageData, making.message),
    Kind("message.changed", conversations.MessageChanged, payloads.MessageChangedData, making.message_changed),
    Kind("note.posted", conversations.NotePosted, payloads.MessageData, making.message),
    Kind("delivery.failed", delivery.DeliveryChanged, payloads.DeliveryFailedData, making.delivery_failed),
    Kind("contact.created", contacts.ContactCreated, payloads.ContactData, making.contact_created, by_inbox=False),
    Kind("contact.changed", contacts.ContactChanged, payloads.ContactData, making.contact_changed, by_inbox=False),
    Kind("contact.joined", contacts.ContactMerged, payloads.ContactJoinedData, making.contact_joined, by_inbox=False),
    Kind("contact.separated", contacts.ContactUnjoined, payloads.ContactSeparatedData, making.contact_separated, by_inbox=False),
    Kind("ticket.opened", tickets.TicketOpened, payloads.TicketData, making.ticket_opened),
    Kind("ticket.changed", tickets.TicketChanged, payloads.TicketData, making.ticket_changed),
    Kind("inbox.broken", inboxes.InboxBroken, payloads.InboxBrokenData, making.inbox_broken),
    Kind("inbox.mended", inboxes.InboxMended, payloads.InboxMendedData, making.inbox_mended),
    Kind("faq.changed", knowledge.FaqChanged, payloads.FaqChangedData, making.faq_changed, by_inbox=False),
    Kind("article.changed", knowledge.ArticleChanged, payloads.ArticleChangedData, making.article_changed, by_inbox=False),
)
TYPES = frozenset(kind.name for kind in KINDS)
BY_FACT: Mapping[str, Kind] = {kind.fact.wire_name: kind for kind in KINDS}


class Event(Struct, frozen=True):
    """A fact in its public form, ready for every endpoint: `body` is sent byte for byte on every try."""

    position: int
    type: str
    key: str
    """What its order is kept in."""
    inbox_id: UUID | None
    by_inbox: bool
    told: str
    body: str


def events_of(entries: Sequence[Entry], wanted: Collection[str], known: Inboxes) -> list[Event]:
    """The public events of facts, of the wanted types, in their order."""
    found: list[Event] = []
    for entry in entries:
        kind = BY_FACT.get(entry.name)
        if kind is None or kind.name not in wanted:
            continue
        data = kind.make(entry, known)
        if data is None:
            continue
        subject = making.conversation_of(entry) or entry.subject
        inbox_id: UUID | None = getattr(data, "inbox_id", None)
        told = f"{entry.position}:{entry.at.isoformat()}:{entry.name}"
        body = body_of(kind.name, entry.at, data)
        found.append(Event(entry.position, kind.name, str(subject), inbox_id, kind.by_inbox, told, body))
    return found


def body_of(kind: str, at: datetime, data: Struct) -> str:
    """What is sent."""
    return msgspec.json.encode({"type": kind, "timestamp": at.astimezone(UTC), "data": data}).decode()


def delivery_id(endpoint_id: UUID, told: str) -> UUID:
    """The same for the same fact and endpoint, however often it is worked out: a subscriber that lost its work in a crash makes it
    again, and a receiver that had it already sees the same `webhook-id`. The fact's time is part of it: positions come again after a
    restore, moments do not.
    """
    digest = hashlib.sha256(f"{endpoint_id}:{told}".encode()).digest()[:16]
    return UUID(bytes=digest, version=5)


def message_id(delivery: UUID) -> str:
    """A delivery's `webhook-id`."""
    return f"msg_{delivery.hex}"


def entries() -> list[CatalogueEntry]:
    """The whole catalogue, as the API and the guide show it."""
    return [_entry(kind) for kind in KINDS]


def _entry(kind: Kind) -> CatalogueEntry:
    schema: dict[str, Any] = msgspec.json.schema(kind.data)
    data = example_of(kind.name, kind.data)
    return CatalogueEntry(
        type=kind.name,
        version=VERSION,
        group=GROUPED[kind.name.partition(".")[0]],
        title=TITLES[kind.name],
        text=TEXTS[kind.name],
        by_inbox=kind.by_inbox,
        schema=schema,
        example=msgspec.Raw(body_of(kind.name, _AT, data).encode()),
    )
