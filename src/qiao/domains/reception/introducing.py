"""Who a customer is, as the provider says: asked beside their first message, never before it is stored, and given up in silence."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.reception.media import Rooms
from qiao.domains.reception.receiving import Place, Receiver
from qiao.domains.reception.repository import ReceptionRows
from qiao.domains.reception.rules import checked_address, cleaned
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.platform.db.database import Scope
from qiao.ports.channel import IntroductionDue, Sender

JOB = "reception.introduce"
MAX_ATTEMPTS = 5
LONGEST_WAIT = 600.0


class Introducing:
    """Asks through `Channel.introduce` and keeps what is said: a name where there is none, and whoever is proven to be somebody."""

    def __init__(self, rooms: Rooms, contacts: Contacts, receiver: Receiver) -> None:
        self._rooms = rooms
        self._contacts = contacts
        self._receiver = receiver
        rooms.jobs.register(JOB, self._job, background=True)

    async def wrote(self, scope: Scope, place: Place, senders: Collection[Sender]) -> None:
        """These wrote; whoever was not asked about lately is, after this transaction."""
        if not place.manifest.introduces or not senders:
            return
        addresses = sorted({checked_address(one) for one in senders})
        for address in await ReceptionRows(scope).to_introduce(place.inbox.id, addresses):
            await self._enqueue(scope, place.inbox.id, address, {})

    async def due(self, scope: Scope, place: Place, one: IntroductionDue) -> None:
        """The provider can say now who this is."""
        await self._enqueue(scope, place.inbox.id, checked_address(one.sender), dict(one.hint))

    async def _enqueue(
        self, scope: Scope, inbox_id: InboxId, address: str, hint: Mapping[str, str], later: tuple[int, float] = (0, 0.0)
    ) -> None:
        arguments = {"inbox_id": str(inbox_id), "address": address, "hint": dict(hint), "tried": later[0]}
        await self._rooms.jobs.enqueue(scope, JOB, arguments, after_seconds=later[1])

    async def _job(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        """Ask, and keep what is said. Safe to repeat."""
        rooms, inbox_id, address = self._rooms, InboxId(UUID(arguments["inbox_id"])), arguments["address"]
        async with rooms.database.scope(workspace_id) as scope:
            inbox = await rooms.inboxes.get(scope, inbox_id)
            if not inbox.enabled:
                return
            account = await rooms.accounts.account(scope, inbox_id)
        channel, asked, tried = rooms.accounts.channel(inbox), Sender(address=address), arguments["tried"] + 1
        told = await channel.introduce(asked, arguments["hint"], account, rooms.accounts.wire(account))
        async with rooms.database.scope(workspace_id) as scope:
            if isinstance(told, Sender):
                await self._keep(scope, Place(inbox, channel.manifest), msgspec.structs.replace(told, address=address))
            elif told is not None and tried < MAX_ATTEMPTS:
                wait = min(max(told.after_seconds, 1.0) * 2**tried, LONGEST_WAIT)
                await self._enqueue(scope, inbox_id, address, arguments["hint"], (tried, wait))

    async def _keep(self, scope: Scope, place: Place, told: Sender) -> None:
        told = cleaned(told)
        rows = ReceptionRows(scope)
        wrote = await rows.contact_of(place.inbox.id, told.address) is not None
        if not (wrote or told.proofs):
            return
        (person,) = await self._receiver.people(scope, place, [told])
        fields = ContactFields(name=told.name, email=told.email, phone=told.phone)
        await self._contacts.introduced(scope, person.contact_id, fields)
        await rows.introduced(place.inbox.id, told.address, person.contact_id, told.name)
