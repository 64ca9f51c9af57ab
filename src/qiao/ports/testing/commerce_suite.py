"""What every provider of the commerce port promises, as tests: a provider's own tests subclass `CommerceSuite`.

    class TestStore(CommerceSuite):
        @pytest.fixture
        async def scene(self, ...) -> Scene: ...

The `Scene` is a shop with a few orders in known states, stocked by the subclass, and the provider over it. Nothing here knows how
orders are kept.
"""

# ruff: noqa: S101 - these are tests, written once for every provider

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from qiao.ports.commerce import (
    CommerceInvalid,
    CommerceRefused,
    OrderNotFound,
    Proof,
    Reason,
)
from qiao.ports.commerce_orders import OrderAction, OrderStatus, RequestKind, RequestStatus
from qiao.ports.commerce_wishes import (
    AddressChange,
    Complaint,
    ComplaintTopic,
    InvoiceKind,
    ReturnItem,
    ReturnReason,
)
from qiao.ports.testing.commerce_appointment_suite import AppointmentSuite
from qiao.ports.testing.commerce_scene import NEW_HOME, Scene, invoice, key, send_back, why


class CommerceSuite(AppointmentSuite):
    """Subclass with the fixture `scene`, fresh for each test."""

    async def test_own_orders_come_newest_first(self, scene: Scene) -> None:
        """All five, or as many as were asked for; nobody else's."""
        found = await scene.commerce.orders(scene.owner, 50)
        assert {one.number for one in found} == {scene.packing, scene.shipped, scene.delivered, scene.unpaid, scene.old}
        assert [one.placed_at for one in found] == sorted((one.placed_at for one in found), reverse=True)
        assert [one.number for one in await scene.commerce.orders(scene.owner, 2)] == [one.number for one in found[:2]]
        assert [one.number for one in await scene.commerce.orders(scene.other)] == [scene.others]

    async def test_who_is_not_known_has_no_orders(self, scene: Scene) -> None:
        """Not even with the owner's contact: only what is certain counts."""
        assert list(await scene.commerce.orders(scene.stranger)) == []
        unsigned = replace(scene.owner, external_id=None, email=None, phone=None)
        assert list(await scene.commerce.orders(unsigned)) == []

    async def test_an_order_is_whole(self, scene: Scene) -> None:
        """Sums fit, times are aware, texts come in both languages."""
        order = await scene.commerce.order(scene.owner, scene.delivered)
        assert order.status is OrderStatus.DELIVERED
        assert order.goods.amount == sum(item.unit_price.amount * item.quantity for item in order.items)
        assert order.total.amount == order.goods.amount + order.shipping.amount - order.discount.amount
        assert order.discount.amount > 0
        assert [(item.line, item.quantity) for item in order.items] == [("1", 2), ("2", 1)]
        assert all({"zh", "en"} <= set(item.title) for item in order.items)
        assert order.placed_at.utcoffset() == timedelta(0)
        assert order.address.street
        assert order.return_until is not None
        assert {OrderAction.RETURN, OrderAction.INVOICE, OrderAction.COMPLAIN} <= set(order.actions)
        assert OrderAction.CHANGE_ADDRESS not in order.actions

    async def test_a_number_is_understood_as_people_type_it(self, scene: Scene) -> None:
        """Small letters, spaces, full-width signs."""
        wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in scene.delivered)
        for typed in (scene.delivered.lower(), f"  {scene.delivered} ", wide):
            assert (await scene.commerce.order(scene.owner, typed)).number == scene.delivered

    async def test_logistics_tell_what_happened_newest_first(self, scene: Scene) -> None:
        """Carrier, number, and events with time and place."""
        told = await scene.commerce.logistics(scene.owner, scene.shipped)
        (parcel,) = told.shipments
        assert (told.order, told.status) == (scene.shipped, OrderStatus.SHIPPED)
        assert parcel.tracking_number
        assert {"zh", "en"} <= set(parcel.carrier)
        assert [event.at for event in parcel.events] == sorted((event.at for event in parcel.events), reverse=True)
        assert any(event.place for event in parcel.events)
        waiting = await scene.commerce.logistics(scene.owner, scene.packing)
        assert (waiting.shipments, waiting.dispatch_by is not None) == ((), True)

    async def test_somebody_elses_order_is_as_missing_as_one_that_is_not_there(self, scene: Scene) -> None:
        """The same answer, word for word, for every call."""
        shop, address = scene.commerce, NEW_HOME
        for asking in (scene.owner, scene.stranger, replace(scene.other, external_id="nobody", email=None, phone=None)):
            for number in (scene.others, "LT00000000-0000"):
                complaint = Complaint(order=number, topic=ComplaintTopic.OTHER, text="?", key=key())
                calls = [
                    shop.order(asking, number),
                    shop.logistics(asking, number),
                    shop.change_address(asking, AddressChange(order=number, address=address, key=key())),
                    shop.request_return(asking, send_back(scene, order=number)),
                    shop.request_invoice(asking, invoice(scene, order=number)),
                    shop.complain(asking, complaint),
                ]
                said = [await _error_of(call) for call in calls]
                assert {(type(error), error.message, str(error.details)) for error in said} == {
                    (OrderNotFound, "no such order", "{}")
                }

    async def test_hostile_numbers_are_missing_numbers(self, scene: Scene) -> None:
        """SQL, patterns, paths, noise."""
        for number in ("", "%", "*", "' or 1=1 --", "../../orders", f"{scene.others}' --", "\u0000", "LT" * 500, "订单", "🫖"):
            with pytest.raises(OrderNotFound):
                await scene.commerce.order(scene.owner, number)

    async def test_a_proof_opens_one_order_without_its_name_and_street(self, scene: Scene) -> None:
        """By the phone's last four digits or the e-mail."""
        for proof in (Proof(phone_last4=scene.phone_last4), Proof(email=scene.email.upper())):
            order = await scene.commerce.order(scene.stranger, scene.delivered, proof)
            assert order.number == scene.delivered
            assert (order.address.street, order.address.recipient, order.address.phone) == ("", "", "")
            assert order.address.city
        assert (await scene.commerce.logistics(scene.stranger, scene.delivered, proof)).order == scene.delivered

    async def test_a_wrong_proof_is_a_missing_order(self, scene: Scene) -> None:
        """And the right one opens no other order."""
        wrong = f"{(int(scene.phone_last4) + 1) % 10_000:04d}"
        for number, proof in (
            (scene.delivered, Proof(phone_last4=wrong)),
            (scene.delivered, Proof(email="somebody@example.com")),
            (scene.others, Proof(phone_last4=scene.phone_last4)),
            (scene.others, Proof(email=scene.email)),
        ):
            with pytest.raises(OrderNotFound):
                await scene.commerce.order(scene.stranger, number, proof)

    async def test_a_malformed_proof_is_told(self, scene: Scene) -> None:
        """Neither, both, not four digits, no address."""
        for proof in (Proof(), Proof(phone_last4="1234", email="a@b.example"), Proof(phone_last4="12a4"), Proof(email="nobody")):
            with pytest.raises(CommerceInvalid) as refused:
                await scene.commerce.order(scene.stranger, scene.delivered, proof)
            assert str(refused.value.details["field"]).startswith("proof")

    async def test_an_address_changes_before_the_parcel_leaves(self, scene: Scene) -> None:
        """Who receives it stays when that was left empty."""
        before = await scene.commerce.order(scene.owner, scene.packing)
        change = AddressChange(order=scene.packing, address=NEW_HOME, key=key())
        after = await scene.commerce.change_address(scene.owner, change)
        assert (after.address.street, after.address.recipient) == (NEW_HOME.street, before.address.recipient)
        assert (await scene.commerce.order(scene.owner, scene.packing)).address == after.address

    async def test_an_address_does_not_change_afterwards_or_by_proof(self, scene: Scene) -> None:
        """And not to another country."""
        abroad = replace(NEW_HOME, country="FR", city="Paris")
        proof = Proof(phone_last4=scene.phone_last4)
        for asking, number, address, given, reason in (
            (scene.owner, scene.shipped, NEW_HOME, None, Reason.DISPATCHED),
            (scene.owner, scene.delivered, NEW_HOME, None, Reason.DISPATCHED),
            (scene.owner, scene.packing, abroad, None, Reason.COUNTRY_CHANGED),
            (scene.stranger, scene.delivered, NEW_HOME, proof, Reason.SIGN_IN_NEEDED),
        ):
            with pytest.raises(CommerceRefused) as refused:
                await scene.commerce.change_address(asking, AddressChange(order=number, address=address, key=key()), given)
            assert why(refused) == reason
        with pytest.raises(CommerceInvalid) as invalid:
            await scene.commerce.change_address(
                scene.owner, AddressChange(order=scene.packing, address=replace(NEW_HOME, street=""), key=key())
            )
        assert invalid.value.details["field"] == "address.street"

    async def test_a_return_gives_a_number_and_next_steps(self, scene: Scene) -> None:
        """The order shows it, and what is left is less."""
        receipt = await scene.commerce.request_return(scene.owner, send_back(scene))
        assert receipt.rma
        assert (receipt.kind, receipt.items) == (RequestKind.RETURN, (ReturnItem(line="1"),))
        assert all({"zh", "en"} <= set(step) for step in receipt.next_steps)
        order = await scene.commerce.order(scene.owner, scene.delivered)
        assert order.items[0].returned == 1
        assert receipt.rma in {one.number for one in order.requests}
        assert receipt.refund is not None
        assert 0 < receipt.refund.amount <= order.items[0].unit_price.amount

    async def test_what_comes_back_is_never_more_than_was_bought(self, scene: Scene) -> None:
        """However it is cut."""
        await scene.commerce.request_return(scene.owner, send_back(scene, items=(ReturnItem(line="1", quantity=2),)))
        for items in ((ReturnItem(line="1"),), (ReturnItem(line="1", quantity=50),)):
            with pytest.raises(CommerceRefused) as refused:
                await scene.commerce.request_return(scene.owner, send_back(scene, items=items))
            assert why(refused) == Reason.ALREADY_RETURNED

    async def test_a_return_is_refused_with_its_reason(self, scene: Scene) -> None:
        """Not arrived, too late, not paid, final sale; a line that is not there is named."""
        final = (ReturnItem(line="2"),)
        for changes, reason in (
            ({"order": scene.shipped}, Reason.NOT_DELIVERED),
            ({"order": scene.old}, Reason.RETURN_WINDOW_CLOSED),
            ({"order": scene.unpaid}, Reason.NOT_PAID),
            ({"items": final}, Reason.NOT_RETURNABLE),
        ):
            with pytest.raises(CommerceRefused) as refused:
                await scene.commerce.request_return(scene.owner, send_back(scene, **changes))
            assert why(refused) == reason
        for items in ((ReturnItem(line="9"),), (ReturnItem(line="1", quantity=0),), (ReturnItem(line="1", quantity=-1),)):
            with pytest.raises(CommerceInvalid):
                await scene.commerce.request_return(scene.owner, send_back(scene, items=items))

    async def test_a_fault_of_the_shop_is_made_good_for_any_piece(self, scene: Scene) -> None:
        """Final sale or not; the shop pays the way back."""
        request = send_back(scene, items=(ReturnItem(line="2"),), reason=ReturnReason.FAULTY, exchange=True, wish="同款")
        receipt = await scene.commerce.request_return(scene.owner, request)
        assert (receipt.kind, receipt.free_shipping, receipt.refund) == (RequestKind.EXCHANGE, True, None)

    async def test_a_proof_may_ask_for_a_return(self, scene: Scene) -> None:
        """By phone or e-mail, as at the counter."""
        receipt = await scene.commerce.request_return(scene.stranger, send_back(scene), Proof(email=scene.email))
        assert receipt.order == scene.delivered

    async def test_an_invoice_is_asked_for_once(self, scene: Scene) -> None:
        """A second one is refused; not for what was not paid."""
        receipt = await scene.commerce.request_invoice(scene.owner, invoice(scene))
        order = await scene.commerce.order(scene.owner, scene.delivered)
        assert (receipt.total, receipt.email) == (order.total, "lin@example.com")
        assert [one.kind for one in order.requests] == [RequestKind.INVOICE]
        for asked, reason in ((invoice(scene), Reason.ALREADY_INVOICED), (invoice(scene, order=scene.unpaid), Reason.NOT_PAID)):
            with pytest.raises(CommerceRefused) as refused:
                await scene.commerce.request_invoice(scene.owner, asked)
            assert why(refused) == reason

    async def test_an_invoice_that_cannot_be_written_names_its_field(self, scene: Scene) -> None:
        """So that a flow can ask for it again."""
        company = {"company": True, "title": "杭州某某茶业有限公司"}
        for changes, field in (
            ({"email": "nobody"}, "email"),
            ({"title": " "}, "title"),
            ({**company, "tax_number": "91330106MA27XYZ"[:14]}, "tax_number"),
            ({**company, "tax_number": "91330106MA2CFXXX1A"}, "tax_number"),
            ({"kind": InvoiceKind.SPECIAL_VAT}, "company"),
            ({**company, "kind": InvoiceKind.SPECIAL_VAT, "tax_number": "91350100M000100Y43"}, "registered_address"),
        ):
            with pytest.raises(CommerceInvalid) as invalid:
                await scene.commerce.request_invoice(scene.owner, invoice(scene, **changes))
            assert invalid.value.details["field"] == field

    async def test_a_complaint_is_taken_up(self, scene: Scene) -> None:
        """In the customer's words, with a day by which somebody answers."""
        words = "第二次了还是坏的。Please <b>help</b>; drop table orders"
        complaint = Complaint(order=scene.delivered, topic=ComplaintTopic.PRODUCT, text=words, key=key(), wish="道歉")
        receipt = await scene.commerce.complain(scene.owner, complaint)
        assert receipt.status is RequestStatus.RECEIVED
        assert receipt.answer_by > datetime.now(UTC)
        for text in ("", " \n", "x" * 2_001):
            with pytest.raises(CommerceInvalid):
                await scene.commerce.complain(scene.owner, replace(complaint, text=text, key=key()))

    async def test_a_key_is_done_once(self, scene: Scene) -> None:
        """Again, and at the same time, it is the same answer."""
        request = send_back(scene)
        first = await scene.commerce.request_return(scene.owner, request)
        again = await asyncio.gather(*(scene.commerce.request_return(scene.owner, request) for _ in range(3)))
        assert [one.rma for one in again] == [first.rma] * 3
        bought = (await scene.commerce.order(scene.owner, scene.delivered)).items[0]
        assert bought.returned == 1
        other = await scene.commerce.request_return(scene.owner, replace(request, key=key()))
        assert other.rma != first.rma

    async def test_many_at_once_with_one_key_are_one(self, scene: Scene) -> None:
        """None of them was first."""
        asked = invoice(scene)
        receipts = await asyncio.gather(*(scene.commerce.request_invoice(scene.owner, asked) for _ in range(5)))
        assert len({one.number for one in receipts}) == 1

    async def test_a_key_of_one_customer_is_not_anothers(self, scene: Scene) -> None:
        """Nobody gets an answer by knowing a key."""
        complaint = Complaint(order=scene.delivered, topic=ComplaintTopic.OTHER, text="慢", key=key())
        await scene.commerce.complain(scene.owner, complaint)
        with pytest.raises(OrderNotFound):
            await scene.commerce.complain(scene.other, complaint)

    async def test_a_refusal_is_not_kept(self, scene: Scene) -> None:
        """What was refused may be asked again with its key."""
        request = send_back(scene, items=(ReturnItem(line="2"),))
        with pytest.raises(CommerceRefused):
            await scene.commerce.request_return(scene.owner, request)
        receipt = await scene.commerce.request_return(scene.owner, replace(request, items=(ReturnItem(line="1"),)))
        assert receipt.rma

    async def test_a_key_has_its_shape(self, scene: Scene) -> None:
        """Also because it travels in a header."""
        for bad in ("", "short", "x" * 81, "with space and more", "line\r\nbreak: 1", "键键键键键键键键"):
            with pytest.raises(CommerceInvalid) as invalid:
                await scene.commerce.request_return(scene.owner, send_back(scene, key=bad))
            assert invalid.value.details["field"] == "key"


async def _error_of(call: object) -> OrderNotFound:
    with pytest.raises(OrderNotFound) as raised:
        await call  # type: ignore[misc] - a coroutine of one of the port's calls
    return raised.value
