"""What every provider promises of times that can be booked: a part of the commerce suite."""

# ruff: noqa: S101 - these are tests, written once for every provider

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from msgspec.structs import replace

from qiao.ports.commerce import (
    CommerceInvalid,
    CommerceRefused,
    OrderNotFound,
    Reason,
)
from qiao.ports.commerce_wishes import (
    AppointmentStatus,
    Booking,
    Cancellation,
    SlotQuery,
)
from qiao.ports.testing.commerce_scene import Scene, key, why


class AppointmentSuite:
    """Asked of every provider through `CommerceSuite`."""

    async def test_free_times_are_shown_soonest_first(self, scene: Scene) -> None:
        """Those of a service, within a span, and none that has passed."""
        found = await scene.commerce.slots(scene.stranger, SlotQuery(service=scene.service, limit=50))
        assert scene.slot in {one.id for one in found}
        assert scene.past_slot not in {one.id for one in found}
        assert [one.starts_at for one in found] == sorted(one.starts_at for one in found)
        assert list(await scene.commerce.slots(scene.stranger, SlotQuery(service="nothing"))) == []
        assert list(await scene.commerce.slots(scene.stranger, SlotQuery(until=datetime.now(UTC)))) == []

    async def test_an_appointment_is_booked_shown_and_cancelled(self, scene: Scene) -> None:
        """Its places come back; cancelling again is the same answer."""
        booking = Booking(slot=scene.slot, key=key(), people=2, name="林", phone="13800000000")
        made = await scene.commerce.book(scene.stranger, booking)
        assert (made.status, made.people, made.service) == (AppointmentStatus.BOOKED, 2, scene.service)
        assert await scene.commerce.book(scene.stranger, booking) == made
        assert list(await scene.commerce.appointments(scene.stranger)) == [made]
        assert list(await scene.commerce.appointments(scene.other)) == []
        with pytest.raises(CommerceRefused) as refused:
            await scene.commerce.book(scene.owner, Booking(slot=scene.slot, key=key()))
        assert why(refused) == Reason.SLOT_FULL
        with pytest.raises(OrderNotFound):
            await scene.commerce.cancel_appointment(scene.other, Cancellation(appointment=made.number, key=key()))
        for _ in range(2):
            gone = await scene.commerce.cancel_appointment(scene.stranger, Cancellation(appointment=made.number, key=key()))
            assert gone.status is AppointmentStatus.CANCELLED
        assert list(await scene.commerce.appointments(scene.stranger)) == []
        assert (await scene.commerce.book(scene.owner, Booking(slot=scene.slot, key=key()))).status is AppointmentStatus.BOOKED

    async def test_the_last_place_is_given_once(self, scene: Scene) -> None:
        """To whoever came first."""
        askers = (scene.owner, scene.other, scene.stranger)
        outcomes = await asyncio.gather(
            *(scene.commerce.book(one, Booking(slot=scene.slot, key=key(), people=2)) for one in askers), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in outcomes) == ["Appointment", "CommerceRefused", "CommerceRefused"]

    async def test_what_cannot_be_booked_says_why(self, scene: Scene) -> None:
        """Past, unknown, nobody, a crowd."""
        with pytest.raises(CommerceRefused) as refused:
            await scene.commerce.book(scene.owner, Booking(slot=scene.past_slot, key=key()))
        assert why(refused) == Reason.SLOT_PAST
        for slot in ("", "x", str(uuid4())):
            with pytest.raises(OrderNotFound):
                await scene.commerce.book(scene.owner, Booking(slot=slot, key=key()))
        for people in (0, -1, 51):
            with pytest.raises(CommerceInvalid):
                await scene.commerce.book(scene.owner, Booking(slot=scene.slot, key=key(), people=people))

    async def test_what_was_booked_before_signing_in_stays_theirs(self, scene: Scene) -> None:
        """The visit was joined into the customer's contact."""
        made = await scene.commerce.book(scene.stranger, Booking(slot=scene.slot, key=key()))
        joined = replace(scene.owner, former_contacts=(scene.stranger.contact_id,))
        assert made.number in {one.number for one in await scene.commerce.appointments(joined)}
