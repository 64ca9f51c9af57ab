"""From our facts to what is sent: pure, one function for each public form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct

from qiao.domains.contacts.contracts import Contact
from qiao.domains.contacts.events import ContactChanged, ContactCreated, ContactMerged, ContactUnjoined
from qiao.domains.conversations.contracts import Attachment, Author
from qiao.domains.conversations.events import ConversationFact, ConversationOpened, MessageChanged, MessageFact
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.inboxes.events import InboxBroken, InboxMended
from qiao.domains.knowledge.events import ArticleChanged, FaqChanged
from qiao.domains.tickets.contracts import Ticket
from qiao.domains.tickets.events import TicketChanged, TicketOpened
from qiao.domains.webhooks import payloads as say
from qiao.platform.log.facts import Entry

Inboxes = Mapping[UUID, UUID]
"""Conversation -> its inbox, as far as they are known."""
_MOVED = (
    "status",
    "assignee_id",
    "team_id",
    "contact_id",
    "tags",
    "language",
    "snoozed_until",
    "waiting_since",
    "resolved_at",
    "reason",
)
_NOT_DELIVERED = frozenset({"rejected", "held"})


def conversation_opened(entry: Entry, _inboxes: Inboxes) -> Struct:
    """The conversation as it began."""
    one = entry.read(ConversationOpened).conversation
    return say.ConversationOpenedData(
        conversation_id=one.id,
        number=one.number,
        inbox_id=one.inbox_id,
        contact=say.Whom(one.contact.id, one.contact.name),
        status=one.status,
        assignee_id=one.assignee_id,
        team_id=one.team_id,
        language=one.language,
        tags=one.tags,
        created_at=one.created_at,
    )


def conversation_changed(entry: Entry, inboxes: Inboxes) -> Struct:
    """What moved, and who moved it."""
    fact = entry.read(ConversationFact)
    moved: dict[str, Any] = {name: value for name in _MOVED if (value := getattr(fact, name)) is not UNSET}
    inbox_id = inboxes.get(fact.conversation_id)
    return say.ConversationData(conversation_id=fact.conversation_id, inbox_id=inbox_id, by=_by(fact.by), **moved)


def message(entry: Entry, inboxes: Inboxes) -> Struct:
    """What was said, with its number."""
    fact = entry.read(MessageFact)
    return say.MessageData(
        message_id=fact.id,
        conversation_id=fact.conversation_id,
        inbox_id=inboxes.get(fact.conversation_id),
        seq=entry.seq or 0,
        author=_by(fact.author),
        text=fact.text,
        attachments=_files(fact.attachments),
        content=fact.content,
        created_at=fact.created_at,
    )


def message_changed(entry: Entry, inboxes: Inboxes) -> Struct:
    """The message as it is now."""
    fact = entry.read(MessageChanged)
    return say.MessageChangedData(
        message_id=fact.id,
        conversation_id=fact.conversation_id,
        inbox_id=inboxes.get(fact.conversation_id),
        seq=entry.seq or 0,
        text=fact.text,
        attachments=_files(fact.attachments),
        content=fact.content,
    )


def delivery_failed(entry: Entry, inboxes: Inboxes) -> Struct | None:
    """A reply's other ways are not told."""
    fact = entry.read(DeliveryChanged)
    if fact.state not in _NOT_DELIVERED:
        return None
    return say.DeliveryFailedData(
        conversation_id=fact.conversation_id,
        inbox_id=inboxes.get(fact.conversation_id),
        seq=fact.message_seq,
        state=fact.state,
        reason=fact.reason,
    )


def contact_created(entry: Entry, _inboxes: Inboxes) -> Struct:
    """The contact as it was made."""
    return _contact(entry.read(ContactCreated).contact)


def contact_changed(entry: Entry, _inboxes: Inboxes) -> Struct:
    """The contact as it is now."""
    return _contact(entry.read(ContactChanged).contact)


def _contact(one: Contact) -> Struct:
    names = (name for name in say.ContactData.__struct_fields__ if name != "contact_id")
    return say.ContactData(contact_id=one.id, **{name: getattr(one, name) for name in names})


def contact_joined(entry: Entry, _inboxes: Inboxes) -> Struct:
    """Who is whom, and what shows it."""
    fact = entry.read(ContactMerged)
    return say.ContactJoinedData(contact_id=fact.contact_id, joined_into_id=fact.merged_into, proof=fact.proof, by_id=fact.by_id)


def contact_separated(entry: Entry, _inboxes: Inboxes) -> Struct:
    """Who is apart from whom."""
    fact = entry.read(ContactUnjoined)
    return say.ContactSeparatedData(contact_id=fact.contact_id, left_id=fact.left, by_id=fact.by_id)


def ticket_opened(entry: Entry, inboxes: Inboxes) -> Struct:
    """The ticket as it was made."""
    return _ticket(entry.read(TicketOpened).ticket, inboxes, {})


def ticket_changed(entry: Entry, inboxes: Inboxes) -> Struct:
    """The ticket as it is now, and what moved."""
    fact = entry.read(TicketChanged)
    return _ticket(fact.ticket, inboxes, {"by": _by(fact.by), "changed": fact.changed, "before": fact.before})


def inbox_broken(entry: Entry, _inboxes: Inboxes) -> Struct:
    """Which inbox, and why."""
    fact = entry.read(InboxBroken)
    return say.InboxBrokenData(inbox_id=fact.inbox_id, name=fact.name, channel=fact.channel, reason=fact.reason)


def inbox_mended(entry: Entry, _inboxes: Inboxes) -> Struct:
    """Which inbox."""
    return say.InboxMendedData(inbox_id=entry.read(InboxMended).inbox_id)


def faq_changed(entry: Entry, _inboxes: Inboxes) -> Struct:
    """Which FAQ, and whether it is shown."""
    fact = entry.read(FaqChanged)
    return say.FaqChangedData(faq_id=fact.id, status=fact.status, language=fact.language)


def article_changed(entry: Entry, _inboxes: Inboxes) -> Struct:
    """Which article, in which language."""
    fact = entry.read(ArticleChanged)
    return say.ArticleChangedData(article_id=fact.id, language=fact.language)


def conversation_of(entry: Entry) -> UUID | None:
    """The conversation that a fact belongs to: its order is kept there, and its inbox counts."""
    domain = entry.name.partition(".")[0]
    if domain in {"conversations", "delivery"}:
        return entry.subject
    if domain == "tickets":
        data = entry.fields()
        return UUID(str(data.get("ticket", data)["conversation_id"]))
    return None


def _by(author: Author) -> say.By:
    return say.By(author.kind, author.id, author.name)


def _files(attachments: list[Attachment]) -> list[say.SentFile]:
    return [say.SentFile(one.id, one.name, one.content_type, one.size, one.url) for one in attachments]


def _ticket(ticket: Ticket, inboxes: Inboxes, more: Mapping[str, Any]) -> say.TicketData:
    own = msgspec.structs.asdict(ticket)
    kept = {name: own[name] for name in say.TicketData.__struct_fields__ if name in own}
    kept |= {"contact": say.Whom(ticket.contact.id, ticket.contact.name), "inbox_id": inboxes.get(ticket.conversation_id)}
    return say.TicketData(ticket_id=ticket.id, **kept, **more)
