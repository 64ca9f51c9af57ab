"""Customers' messages into the house: whose they are, which conversation they belong to, what they carry. Many in one transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactFields, Resolved, Sighting
from qiao.domains.conversations.api import Conversations, received_text
from qiao.domains.conversations.contracts import Arrival, Author, AuthorKind, Message, Status
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.reception.media import Media
from qiao.domains.reception.repository import Placed, ReceptionRows, Seen
from qiao.domains.reception.rules import (
    MAX_SMALL,
    checked_address,
    chosen_number,
    cleaned,
    client_id_of,
    content_of,
    known_as,
    label_of,
    namespace_of,
    offered,
    time_of,
)
from qiao.domains.tickets.api import Tickets
from qiao.domains.tickets.contracts import TicketArrival
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope, storable_json
from qiao.ports.channel import CompanyMessage, InboundMessage, Manifest, Sender

ELSEWHERE = "elsewhere"


class Place(Struct, frozen=True):
    """The inbox that something came to, and what its channel says of itself."""

    inbox: Inbox
    manifest: Manifest

    @property
    def first_status(self) -> Status:
        """Who has a private conversation when it begins."""
        return Status.BOT if self.inbox.bot_enabled else Status.WAITING


class Receiver:
    """Stores what customers, and the company elsewhere, wrote."""

    def __init__(self, contacts: Contacts, conversations: Conversations, tickets: Tickets, media: Media) -> None:
        self._contacts = contacts
        self._conversations = conversations
        self._tickets = tickets
        self._media = media

    async def messages(self, scope: Scope, place: Place, given: Sequence[InboundMessage]) -> None:
        """Store those that are new, in their order."""
        fresh = await self._fresh(scope, place, given) if given else []
        if not fresh:
            return
        people = await self.people(scope, place, [one.sender for one in fresh])
        quoted = await self._quoted(scope, place, fresh)
        named = await self._named(scope, place, fresh)
        arrivals: list[Arrival] = []
        for one, person in zip(fresh, people, strict=True):
            arrival = _arrival(place, one, person, quoted)
            ref = named.get(one.conversation_ref or "") if not one.thread else None
            if ref is not None and ref[0] == person.contact_id:
                arrival = msgspec.structs.replace(arrival, conversation_id=ref[1])
            arrival = await self._chosen(scope, place, one, arrival)
            arrivals.append(await self._media.with_those_here(scope, one.media, arrival))
        stored = await self._conversations.receive(scope, arrivals)
        together = list(zip(fresh, people, stored, strict=True))
        await self._note(scope, place, together)
        await self._tickets.receive(scope, _for_tickets(place, together))

    async def company(self, scope: Scope, place: Place, given: CompanyMessage) -> None:
        """What the company wrote elsewhere stands in the conversation, and is not sent again."""
        name = known_as(given.provider_id)
        if not await ReceptionRows(scope).claim(place.inbox.id, [name], "out"):
            return
        (person,) = await self.people(scope, place, [cleaned(given.sender)])
        text, cut = received_text(given.text)
        channel = {ELSEWHERE: True} | ({"notes": ["cut"]} if cut else {})
        arrival = Arrival(
            inbox_id=place.inbox.id,
            contact_id=person.contact_id,
            author=Author(AuthorKind.AGENT, None, None),
            client_id=client_id_of(place.inbox.id, name),
            text=text,
            status=Status.WAITING,
            reopen_as=Status.RESOLVED,
            content={"channel": channel},
        )
        arrival = await self._media.with_those_here(scope, given.media, arrival)
        (stored,) = await self._conversations.receive(scope, [arrival])
        await ReceptionRows(scope).place(place.inbox.id, [(name, stored.conversation_id, stored.seq)])
        await self._media.to_be_fetched(scope, place.inbox.id, stored, person.contact_id, given.media)

    async def people(self, scope: Scope, place: Place, senders: Sequence[Sender]) -> list[Resolved]:
        """Whose messages these are; those who turn out to be one person are joined, conversations and all."""
        namespace = namespace_of(place.manifest, place.inbox.id)
        sightings = [_sighting(namespace, one) for one in senders]
        people = await self._contacts.resolve(scope, sightings)
        for person in people:
            for other in person.joined:
                await self._conversations.move_contact(scope, other, person.contact_id)
        return people

    async def _fresh(self, scope: Scope, place: Place, given: Sequence[InboundMessage]) -> list[InboundMessage]:
        named = {known_as(one.provider_id): one for one in reversed(given)}
        new = await ReceptionRows(scope).claim(place.inbox.id, list(named), "in")
        return [msgspec.structs.replace(one, sender=cleaned(one.sender)) for name, one in reversed(named.items()) if name in new]

    async def _quoted(self, scope: Scope, place: Place, given: Sequence[InboundMessage]) -> Mapping[str, Placed]:
        names = [known_as(one.quoted) for one in given if one.quoted]
        return await ReceptionRows(scope).places(place.inbox.id, names)

    async def _named(
        self, scope: Scope, place: Place, given: Sequence[InboundMessage]
    ) -> Mapping[str, tuple[UUID, ConversationId]]:
        """Whose the conversations are that messages name: a reference opens a conversation to its own customer alone."""
        refs = {one.conversation_ref: _id(one.conversation_ref) for one in given if one.conversation_ref}
        found = await self._conversations.by_ids(scope, [one for one in refs.values() if one is not None]) if refs else []
        owners: dict[UUID, tuple[UUID, ConversationId]] = {
            one.id: (one.contact.id, one.id) for one in found if one.inbox_id == place.inbox.id and not one.thread
        }
        return {ref: owners[one] for ref, one in refs.items() if one is not None and one in owners}

    async def _chosen(self, scope: Scope, place: Place, one: InboundMessage, arrival: Arrival) -> Arrival:
        """A number that answers offered entries is a choice of one of them; a button that says nothing says what it offered."""
        silent = bool(one.option) and not arrival.text
        number = None if arrival.content is not None and "type" in arrival.content else chosen_number(one.text)
        if one.thread or (number is None and not silent):
            return arrival
        current = await self._conversations.current(scope, place.inbox.id, arrival.contact_id)
        last = await self._conversations.last_said(scope, current.id) if current else None
        if number is None:
            label = label_of(last.content if last else None, one.option or "") or (
                "" if _id(one.option or "") else one.option or ""
            )
            return msgspec.structs.replace(arrival, text=label[:MAX_SMALL])
        entries = offered(last.content) if last else []
        if number > len(entries):
            return arrival
        content = {**(arrival.content or {}), "type": "option", "entry_id": entries[number - 1]}
        return msgspec.structs.replace(arrival, content=content)

    async def _note(self, scope: Scope, place: Place, stored: Sequence[tuple[InboundMessage, Resolved, Message]]) -> None:
        rows, now = ReceptionRows(scope), utc_now()
        named = [(known_as(one.provider_id), message.conversation_id, message.seq) for one, _, message in stored]
        await rows.place(place.inbox.id, named)
        await rows.seen(
            place.inbox.id,
            [
                Seen(
                    conversation_id=message.conversation_id,
                    contact_id=person.contact_id,
                    address=checked_address(one.sender),
                    name=one.sender.name,
                    thread_key=one.thread.key if one.thread else None,
                    subject=one.subject,
                    reply_to=storable_json(dict(one.reply_to)).decode(),
                    at=time_of(one.sent_at, now),
                )
                for one, person, message in stored
            ],
        )
        for one, person, message in stored:
            await self._media.to_be_fetched(scope, place.inbox.id, message, person.contact_id, one.media)


def _for_tickets(place: Place, stored: Sequence[tuple[InboundMessage, Resolved, Message]]) -> list[TicketArrival]:
    return [
        TicketArrival(
            inbox_id=place.inbox.id,
            contact_id=person.contact_id,
            conversation_id=message.conversation_id,
            client_id=message.client_id,
            subject=one.subject or "",
            wanted=one.as_ticket,
        )
        for one, person, message in stored
        if one.as_ticket is not None
    ]


def _arrival(place: Place, one: InboundMessage, person: Resolved, quoted: Mapping[str, Placed]) -> Arrival:
    text, cut = received_text(one.text)
    meant = quoted.get(known_as(one.quoted)) if one.quoted else None
    notes = ["cut"] if cut else []
    bare = not (text or one.media or one.place or one.option or one.fields)
    public = Status.WAITING if one.thread else place.first_status
    return Arrival(
        inbox_id=place.inbox.id,
        contact_id=person.contact_id,
        author=Author(AuthorKind.CONTACT, person.contact_id, (one.sender.name or person.name or "")[:200] or None),
        client_id=client_id_of(place.inbox.id, known_as(one.provider_id)),
        text=text,
        status=Status.WAITING if one.automatic else public,
        reopen_as=Status.RESOLVED if one.automatic else public,
        thread=known_as(one.thread.key) if one.thread else "",
        content=content_of(one, [*notes, *(["empty"] if bare else [])], meant.seq if meant else None),
    )


def _sighting(namespace: str, sender: Sender) -> Sighting:
    address = checked_address(sender)
    own = {namespace: address} if namespace in {"email", "phone"} else {}
    fields = ContactFields(
        name=sender.name,
        email=sender.email or own.get("email"),
        phone=sender.phone or own.get("phone"),
        locale=sender.locale,
        attributes=dict(sender.attributes) or None,
    )
    proofs = [(proof.kind, proof.value) for proof in sender.proofs if proof.value.strip()]
    return Sighting(namespace=namespace, value=address, fields=fields, proofs=proofs)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
