"""Times that can be booked, by the store's policy and the clock."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.shop import customer

from qiao.domains.commerce.contracts import NewSlot, Policy
from qiao.domains.commerce.store.store import Store
from qiao.kit.clock import utc_now
from qiao.ports.commerce import CommerceInvalid, CommerceRefused, OrderNotFound, Reason
from qiao.ports.commerce_wishes import AppointmentStatus, Booking, Cancellation, SlotQuery
from qiao.ports.testing.commerce_scene import key

pytestmark = pytest.mark.database

TITLE = {"zh": "试茶", "en": "Tasting"}


class Times:
    """A store whose slots begin so many hours from now."""

    def __init__(self, house, database, workspace_id) -> None:
        self.house, self.database, self.workspace_id = house, database, workspace_id
        self.who = customer(workspace_id, "c-1")

    def store(self, **policy) -> Store:
        return Store(self.database, Policy(**policy))

    async def open(self, *hours: float, places: int = 1, service: str = "tasting") -> list[str]:
        now = utc_now()
        slots = [
            NewSlot(
                service=service,
                title=TITLE,
                place=TITLE,
                starts_at=now + timedelta(hours=hour),
                ends_at=now + timedelta(hours=hour + 1),
                places=places,
            )
            for hour in hours
        ]
        async with self.database.scope(self.workspace_id) as scope:
            return [str(one) for one in await self.house.commerce.add_slots(scope, slots)]

    async def book(self, slot: str, **changes):
        return await self.store().book(self.who, Booking(slot=slot, key=key(), **changes))


@pytest.fixture
def times(house, database, workspace) -> Times:
    return Times(house, database, workspace.id)


async def test_full_times_are_not_shown_until_a_place_comes_back(times):
    first, second = await times.open(10, 20)
    made = await times.book(first)
    assert [one.id for one in await times.store().slots(times.who, SlotQuery())] == [second]
    await times.store().cancel_appointment(times.who, Cancellation(appointment=made.number, key=key()))
    assert [one.id for one in await times.store().slots(times.who, SlotQuery())] == [first, second]


async def test_times_within_a_span_and_of_a_service(times):
    now = utc_now()
    near, far = await times.open(5, 50)
    (stove,) = await times.open(6, service="stove")
    shop = times.store()

    async def shown(**query):
        return [one.id for one in await shop.slots(times.who, SlotQuery(**query))]

    assert await shown() == [near, stove, far]
    assert await shown(service="stove") == [stove]
    assert await shown(after=now + timedelta(hours=7)) == [far]
    assert await shown(until=now + timedelta(hours=6)) == [near]
    assert await shown(limit=2) == [near, stove]
    assert await shown(limit=-5) == [near]
    with pytest.raises(CommerceInvalid):
        await shown(after=now.replace(tzinfo=None))


async def test_asking_for_times_of_the_past_shows_none_of_them(times):
    past, coming = await times.open(-5, 5)
    found = await times.store().slots(times.who, SlotQuery(after=utc_now() - timedelta(days=30)))
    assert [one.id for one in found] == [coming]
    assert past not in {one.id for one in found}


@pytest.mark.parametrize(("hours", "cancel_hours"), [(3, 2), (1, 0)])
async def test_an_appointment_is_cancelled_in_time(times, hours, cancel_hours):
    (slot,) = await times.open(hours)
    made = await times.book(slot)
    shop = times.store(cancel_hours=cancel_hours)
    gone = await shop.cancel_appointment(times.who, Cancellation(appointment=made.number, key=key()))
    assert gone.status is AppointmentStatus.CANCELLED
    assert list(await shop.appointments(times.who)) == []


async def test_an_appointment_is_not_cancelled_too_late(times):
    (slot,) = await times.open(1)
    made = await times.book(slot)
    with pytest.raises(CommerceRefused) as refused:
        await times.store(cancel_hours=2).cancel_appointment(times.who, Cancellation(appointment=made.number, key=key()))
    assert refused.value.reason == Reason.TOO_LATE_TO_CANCEL
    assert len(await times.store().appointments(times.who)) == 1


async def test_what_has_begun_is_still_shown_and_what_is_over_is_not(times, database, workspace):
    slot, other = await times.open(3, 4)
    await times.book(slot)
    await times.book(other)
    async with database.across() as connection:
        await connection.execute(
            "update commerce_slots set starts_at = now() - interval '30 minutes', ends_at = now() + interval '30 minutes'"
            " where workspace_id = $1 and id = $2::uuid",
            workspace.id,
            slot,
        )
        await connection.execute(
            "update commerce_slots set starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'"
            " where workspace_id = $1 and id = $2::uuid",
            workspace.id,
            other,
        )
    assert len(await times.store().appointments(times.who)) == 1


async def test_a_number_is_understood_as_it_is_read_out(times):
    (slot,) = await times.open(9)
    made = await times.book(slot)
    gone = await times.store().cancel_appointment(times.who, Cancellation(appointment=f" {made.number.lower()} ", key=key()))
    assert gone.number == made.number
    assert not set(made.number.partition("-")[2]) & set("01ILOS")


async def test_cancelling_at_once_gives_the_places_back_once(times):
    (slot,) = await times.open(9, places=4)
    made = await times.book(slot, people=2)
    shop = times.store()
    await asyncio.gather(
        *(shop.cancel_appointment(times.who, Cancellation(appointment=made.number, key=key())) for _ in range(5))
    )
    assert [one.free for one in await shop.slots(times.who, SlotQuery())] == [4]


async def test_a_crowd_takes_no_more_places_than_there_are(times):
    (slot,) = await times.open(9, places=5)
    shop = times.store()
    askers = [customer(times.workspace_id) for _ in range(12)]
    outcomes = await asyncio.gather(*(shop.book(one, Booking(slot=slot, key=key())) for one in askers), return_exceptions=True)
    assert [type(one).__name__ for one in outcomes].count("Appointment") == 5
    assert {one.reason for one in outcomes if isinstance(one, CommerceRefused)} == {Reason.SLOT_FULL}


async def test_times_of_another_company_cannot_be_booked(times, database):
    (slot,) = await times.open(9)
    stranger = customer(customer(times.workspace_id).contact_id)
    with pytest.raises(OrderNotFound):
        await times.store().book(stranger, Booking(slot=slot, key=key()))
