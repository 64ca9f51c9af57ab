"""Slots and appointments of the built-in store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.domains.commerce.checks import checked_booking
from qiao.domains.commerce.contracts import Policy
from qiao.domains.commerce.store.wishes import fresh_number, refuse
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope
from qiao.ports.commerce import CommerceInvalid, Customer, OrderNotFound, Reason
from qiao.ports.commerce_wishes import Appointment, AppointmentStatus, Booking, Cancellation, Slot, SlotQuery

MAX_SLOTS = 50
_JOINED = """
select a.id, a.number, a.people, a.status, s.id as slot_id, s.service, s.title, s.place, s.starts_at, s.ends_at
from commerce_appointments a join commerce_slots s on s.workspace_id = a.workspace_id and s.id = a.slot_id
where a.workspace_id = $1 and (a.contact_id = any($2) or a.customer_id = $3)
"""


class Appointments:
    """Finds, takes and gives back times, in one transaction."""

    def __init__(self, scope: Scope, customer: Customer, policy: Policy, now: datetime) -> None:
        self._scope = scope
        self._customer = customer
        self._policy = policy
        self._now = now

    async def slots(self, query: SlotQuery) -> Sequence[Slot]:
        """Free times, soonest first. Raises CommerceInvalid for times without a zone."""
        if any(moment is not None and moment.tzinfo is None for moment in (query.after, query.until)):
            raise CommerceInvalid("times need their zone", field="after")
        after = max(self._now, query.after) if query.after else self._now
        rows = await self._scope.connection.fetch(
            "select * from commerce_slots where workspace_id = $1 and starts_at > $2 and taken < places"
            " and ($3::timestamptz is null or starts_at < $3) and ($4::text is null or service = $4)"
            " order by starts_at, id limit $5",
            self._scope.workspace_id,
            after,
            query.until,
            query.service,
            max(1, min(query.limit, MAX_SLOTS)),
        )
        names = ("service", "title", "place", "starts_at", "ends_at")
        return [Slot(id=str(row["id"]), free=row["places"] - row["taken"], **{name: row[name] for name in names}) for row in rows]

    async def book(self, booking: Booking) -> Appointment:
        """Take places. Whoever takes the last ones at the same time as another: one gets them."""
        cleaned = checked_booking(booking)
        slot = await self._scope.connection.fetchrow(
            "select * from commerce_slots where workspace_id = $1 and id = $2 for no key update",
            self._scope.workspace_id,
            _uuid(booking.slot),
        )
        if slot is None:
            raise OrderNotFound("no such slot")
        if slot["starts_at"] <= self._now:
            raise refuse(Reason.SLOT_PAST)
        if slot["taken"] + cleaned.people > slot["places"]:
            raise refuse(Reason.SLOT_FULL)
        await self._take(slot["id"], cleaned.people)
        number = fresh_number("AP", self._now)
        await self._scope.connection.execute(
            "insert into commerce_appointments (workspace_id, id, number, slot_id, customer_id, contact_id, people, name, phone, note,"
            " status, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'booked', $11)",
            self._scope.workspace_id,
            new_id(),
            number,
            slot["id"],
            self._customer.external_id,
            self._customer.contact_id,
            cleaned.people,
            cleaned.name,
            cleaned.phone,
            cleaned.note,
            self._now,
        )
        return self._read({**dict(slot), "number": number, "people": cleaned.people, "status": "booked"})

    async def coming(self) -> Sequence[Appointment]:
        """What is still to come and stands, soonest first."""
        rows = await self._scope.connection.fetch(
            _JOINED + " and a.status = 'booked' and s.ends_at > $4 order by s.starts_at, a.id limit 50", *self._whose(), self._now
        )
        return [self._read(row) for row in rows]

    async def cancel(self, cancellation: Cancellation) -> Appointment:
        """Give the places back."""
        row = await self._scope.connection.fetchrow(
            _JOINED + " and a.number = $4 for no key update of a", *self._whose(), cancellation.appointment.strip().upper()[:60]
        )
        if row is None:
            raise OrderNotFound("no such appointment")
        appointment = self._read(row)
        if appointment.status is AppointmentStatus.CANCELLED:
            return appointment
        if appointment.cancel_until is not None and self._now > appointment.cancel_until:
            raise refuse(Reason.TOO_LATE_TO_CANCEL)
        await self._scope.connection.execute(
            "update commerce_appointments set status = 'cancelled' where workspace_id = $1 and id = $2",
            self._scope.workspace_id,
            row["id"],
        )
        await self._take(row["slot_id"], -row["people"])
        return self._read({**dict(row), "status": "cancelled"})

    async def _take(self, slot_id: UUID, places: int) -> None:
        await self._scope.connection.execute(
            "update commerce_slots set taken = taken + $3 where workspace_id = $1 and id = $2",
            self._scope.workspace_id,
            slot_id,
            places,
        )

    def _whose(self) -> tuple[object, ...]:
        contacts = [self._customer.contact_id, *self._customer.former_contacts]
        return self._scope.workspace_id, contacts, self._customer.external_id

    def _read(self, row: Any) -> Appointment:
        return Appointment(
            number=row["number"],
            status=AppointmentStatus(row["status"]),
            service=row["service"],
            title=row["title"],
            place=row["place"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            people=row["people"],
            cancel_until=row["starts_at"] - timedelta(hours=self._policy.cancel_hours),
        )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise OrderNotFound("no such slot") from None
