"""From the company's signature to the customer's orders: the whole way, and every shorter one that must not work."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.shop import order

from qiao.domains.commerce.contracts import NewSlot
from qiao.domains.contacts.contracts import ContactChanges, ContactFields
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.clock import utc_now
from qiao.platform.auth.signing import Proof, check_proof, sign_proof
from qiao.ports.commerce import OrderNotFound
from qiao.ports.commerce import Proof as OrderProof
from qiao.ports.commerce_wishes import Booking, SlotQuery
from qiao.ports.testing.commerce_scene import key

pytestmark = pytest.mark.database

TITLE = {"zh": "试茶", "en": "Tasting"}


class Shop:
    """A shop with one order of customer LT-C00007, and doors to act through."""

    def __init__(self, house, database, workspace_id) -> None:
        self.house, self.database, self.workspace_id = house, database, workspace_id

    async def open(self) -> "Shop":
        now = utc_now()
        self.order = order("LT-C00007", now, email="seven@example.com", phone="+86 139-0000-7007")
        slot = NewSlot(
            service="tasting",
            title=TITLE,
            place=TITLE,
            starts_at=now + timedelta(days=2),
            ends_at=now + timedelta(days=2, hours=1),
            places=3,
        )
        async with self.database.scope(self.workspace_id) as scope:
            name = self.house.inboxes.channels()[0].name
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel=name, name="Shop"))
            self.key = (await self.house.identity_keys.add(scope, self.inbox.id)).secret
            await self.house.commerce.add_orders(scope, [self.order])
            await self.house.commerce.add_slots(scope, [slot])
        return self

    async def visit(self, **fields):
        async with self.database.scope(self.workspace_id) as scope:
            return (await self.house.contacts.begin_visit(scope, self.inbox.id, ContactFields(**fields)))[1]

    async def sign_in(self, subject, visitor=None, **claims):
        """As the widget does it: a token signed by the shop's own server."""
        token = sign_proof(subject, self.key, audience=self.inbox.key, claims=claims)
        proof: Proof = check_proof(token, [self.key], audience=self.inbox.key)
        async with self.database.scope(self.workspace_id) as scope:
            return (await self.house.contacts.identify(scope, self.inbox.id, proof, visitor))[1]

    async def customer(self, visitor):
        async with self.database.scope(self.workspace_id) as scope:
            return await self.house.commerce.customer(scope, visitor.contact_id)

    async def numbers(self, visitor):
        return [one.number for one in await self.house.commerce.orders(await self.customer(visitor))]


@pytest.fixture
async def shop(house, database, workspace) -> Shop:
    return await Shop(house, database, workspace.id).open()


async def test_who_was_signed_sees_their_orders_and_nobody_else_does(shop):
    assert await shop.numbers(await shop.sign_in("LT-C00007")) == [shop.order.number]
    assert await shop.numbers(await shop.sign_in("LT-C00008")) == []
    assert await shop.numbers(await shop.visit()) == []


async def test_claims_of_a_visitor_prove_nothing(shop):
    """Not the owner's name, e-mail or phone, not their number among the attributes."""
    claimed = await shop.visit(
        name="林", email="seven@example.com", phone="+86 139-0000-7007", attributes={"external_id": "LT-C00007"}
    )
    assert await shop.numbers(claimed) == []
    assert not (await shop.customer(claimed)).known


async def test_claims_of_a_signed_customer_about_others_prove_nothing(shop):
    """A company may sign what its customer typed into a profile: only the subject decides."""
    signed = await shop.sign_in("LT-C00009", email="seven@example.com", phone="+86 139-0000-7007", external_id="LT-C00007")
    assert await shop.numbers(signed) == []


async def test_what_an_agent_notes_proves_nothing(shop, database):
    visitor = await shop.visit()
    async with database.scope(shop.workspace_id) as scope:
        await shop.house.contacts.change(
            scope,
            visitor.contact_id,
            ContactChanges(email="seven@example.com", phone="+86 139-0000-7007", attributes={"external_id": "LT-C00007"}),
        )
    assert await shop.numbers(visitor) == []


@pytest.mark.parametrize("subject", ["lt-c00007", "LT-C00007 ", "LT-C0000７", "LT-C00007\u200b", "%", "LT-C0000_"])
async def test_a_subject_that_only_looks_like_it_is_somebody_else(shop, subject):
    assert await shop.numbers(await shop.sign_in(subject)) == []


async def test_signing_in_during_a_visit_brings_the_orders_along(shop):
    visitor = await shop.visit()
    signed = await shop.sign_in("LT-C00007", visitor)
    assert signed.contact_id == visitor.contact_id
    assert await shop.numbers(signed) == [shop.order.number]


async def test_what_was_booked_before_signing_in_is_theirs_afterwards(shop):
    await shop.sign_in("LT-C00007")
    visitor = await shop.visit()
    before = await shop.customer(visitor)
    (slot,) = await shop.house.commerce.slots(before, SlotQuery())
    made = await shop.house.commerce.book(before, Booking(slot=slot.id, key=key(), people=2))
    signed = await shop.sign_in("LT-C00007", visitor)
    assert signed.contact_id != visitor.contact_id
    after = await shop.customer(signed)
    assert after.former_contacts == (visitor.contact_id,)
    assert [one.number for one in await shop.house.commerce.appointments(after)] == [made.number]
    stranger = await shop.customer(await shop.visit())
    assert list(await shop.house.commerce.appointments(stranger)) == []


async def test_a_proof_of_one_order_makes_nobody_known(shop):
    visitor = await shop.visit()
    asking = await shop.customer(visitor)
    seen = await shop.house.commerce.order(asking, shop.order.number, OrderProof(phone_last4="7007"))
    assert seen.address.street == ""
    assert await shop.numbers(visitor) == []
    with pytest.raises(OrderNotFound):
        await shop.house.commerce.order(asking, shop.order.number)
