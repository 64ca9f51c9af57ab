"""The door of commerce on the real database: each call in its time and on record, proofs bounded, settings that keep their secret."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.shop import GAIWAN, Sleepy, customer, order, rows

from qiao.domains.commerce import api, repository
from qiao.domains.commerce.contracts import CommerceChanges
from qiao.domains.commerce.errors import OrderExists
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.contacts.errors import ContactNotFound
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, new_id
from qiao.ports.commerce import (
    CommerceInvalid,
    CommerceRefused,
    CommerceUnavailable,
    OrderNotFound,
    Proof,
    TooManyProofs,
)
from qiao.ports.commerce_orders import OrderStatus
from qiao.ports.commerce_wishes import AddressChange, Complaint, ComplaintTopic
from qiao.ports.testing.commerce_scene import NEW_HOME, key, send_back

pytestmark = pytest.mark.database

SECRET = "secret-canary-8f21ab"
REST = CommerceChanges(provider="rest", base_url="https://shop.example/qiao/", secret=SECRET)


async def test_every_call_leaves_a_record_however_it_ends(scene, commerce, act):
    await commerce.orders(scene.owner)
    await commerce.acting("person:7").order(scene.owner, scene.delivered)
    with pytest.raises(OrderNotFound):
        await commerce.order(scene.stranger, scene.delivered)
    with pytest.raises(CommerceRefused):
        await commerce.request_return(scene.owner, send_back(scene, order=scene.shipped))
    with pytest.raises(CommerceInvalid):
        await commerce.complain(scene.owner, Complaint(order=scene.shipped, topic=ComplaintTopic.OTHER, text="", key=key()))
    told = [(one.tool, one.actor, one.order_number, one.outcome) for one in await act("calls")][::-1]
    assert told == [
        ("orders", "bot", None, "ok"),
        ("order", "person:7", scene.delivered, "ok"),
        ("order", "bot", scene.delivered, "commerce.not_found"),
        ("request_return", "bot", scene.shipped, "commerce.refused/not_delivered"),
        ("complain", "bot", scene.shipped, "commerce.invalid"),
    ]
    assert {one.provider for one in await act("calls")} == {"store"}
    assert all(one.milliseconds >= 0 for one in await act("calls"))


async def test_the_record_covers_what_was_typed(scene, commerce, act):
    address = replace(NEW_HOME, street="canary street 9", recipient="canary name", phone="13912345678")
    await commerce.change_address(scene.owner, AddressChange(order=scene.packing, address=address, key=key()))
    await commerce.order(scene.stranger, scene.delivered, Proof(email=scene.email))
    kept = await act("calls")
    assert "canary" not in str(kept)
    assert "1391234" not in str(kept)
    assert scene.email not in str(kept)
    assert kept[1].arguments["address"]["city"] == "杭州"


async def test_records_come_in_pages_and_by_contact(scene, commerce, act):
    for _ in range(5):
        await commerce.orders(scene.owner)
    await commerce.orders(scene.other)
    first = await act("calls", limit=4)
    rest = await act("calls", after=(first[-1].at, first[-1].id), limit=10)
    assert (len(first), len(rest)) == (4, 2)
    assert len({one.id for one in [*first, *rest]}) == 6
    assert len(await act("calls", contact_id=scene.other.contact_id)) == 1


async def test_the_record_is_kept_for_thirty_days(scene, commerce, act, database, workspace, monkeypatch):
    monkeypatch.setattr(repository, "FORGOTTEN_AT_ONCE", 2)
    monkeypatch.setattr(api, "FORGOTTEN_AT_ONCE", 2)
    for _ in range(5):
        await commerce.orders(scene.owner)
    new, *old = [one.id for one in await act("calls")]
    async with database.scope(workspace.id) as scope:
        statement = "update commerce_calls set at = at - $3::interval where workspace_id = $1 and id = any($2)"
        await scope.connection.execute(statement, workspace.id, old[1:], timedelta(days=30))
        await scope.connection.execute(statement, workspace.id, old[:1], timedelta(days=29, hours=23))
    await commerce.forget_calls()
    assert [one.id for one in await act("calls")] == [new, old[0]]
    await commerce.forget_calls()
    assert len(await act("calls")) == 2


async def test_a_provider_that_sleeps_is_left_in_time(scene, commerce, act):
    await act("change", replace(REST, timeout_ms=200))
    commerce._desk._make_rest = lambda made: Sleepy()
    began = asyncio.get_running_loop().time()
    with pytest.raises(CommerceUnavailable) as failed:
        await commerce.order(scene.owner, scene.delivered)
    assert asyncio.get_running_loop().time() - began < 1.5
    assert failed.value.details["retry_after"] > 0
    (record,) = await act("calls")
    assert (record.outcome, record.provider) == ("commerce.unavailable", "rest")


async def test_a_store_that_is_away_is_a_shop_that_does_not_answer(scene, commerce, database, monkeypatch):
    def away(*_):
        raise ConnectionResetError("gone")

    monkeypatch.setattr(database, "scope", away)
    with pytest.raises(CommerceUnavailable):
        await commerce.order(scene.owner, scene.delivered)


async def test_a_bug_of_a_provider_is_a_bug_with_its_record(scene, commerce, act):
    class Broken:
        async def order(self, *_):
            raise ZeroDivisionError

    await act("change", REST)
    commerce._desk._make_rest = lambda made: Broken()
    with pytest.raises(ZeroDivisionError):
        await commerce.order(scene.owner, scene.delivered)
    assert [one.outcome for one in await act("calls")] == ["qiao.bug"]


async def test_orders_go_into_the_store_once(act):
    one = order("c-1", utc_now())
    await act("add_orders", [one])
    with pytest.raises(OrderExists):
        await act("add_orders", [order("c-2", utc_now()), replace(one, number=one.number.lower())])
    with pytest.raises(CommerceInvalid):
        await act("add_orders", [replace(one, number="—")])


async def test_an_order_belongs_to_a_verified_address_or_phone_too(commerce, act, workspace):
    now = utc_now()
    by_mail = order(None, now, email="Lin@Example.com", phone=None)
    by_phone = order(None, now, phone="+86 138-0000-1111")
    nobodys = order(None, now, phone=None)
    await act("add_orders", [by_mail, by_phone, nobodys])
    mailed, called = customer(workspace.id, email="lin@example.COM"), customer(workspace.id, phone="+8613800001111")
    assert [one.number for one in await commerce.orders(mailed)] == [by_mail.number]
    assert [one.number for one in await commerce.orders(called)] == [by_phone.number]
    for asking in (mailed, called, customer(workspace.id), customer(workspace.id, "", email="", phone="")):
        with pytest.raises(OrderNotFound):
            await commerce.order(asking, nobodys.number)


async def test_another_company_s_orders_are_not_there(scene, commerce, database):
    other = await Workspaces(database).create(f"w-{new_id().hex[:12]}", {"zh": "别家", "en": "Another"})
    same = replace(scene.owner, workspace_id=other.id)
    assert list(await commerce.orders(same)) == []
    with pytest.raises(OrderNotFound):
        await commerce.order(same, scene.delivered)


async def test_who_a_contact_is_comes_from_the_signature_and_from_nothing_that_was_noted(house, scene, commerce, act, database):
    workspace_id = scene.owner.workspace_id
    async with database.scope(workspace_id) as scope:
        claimed = await house.contacts.create(
            scope, ContactFields(name="林", email=scene.email, phone="+86 139-0000-4821", attributes={"external_id": "x"})
        )
    asked = await act("customer", claimed.id)
    assert (asked.known, asked.external_id, asked.email, asked.phone) == (False, None, None, None)
    seen = await commerce.of_contact(workspace_id, claimed.id)
    assert (seen.known, seen.orders) == (False, [])
    with pytest.raises(ContactNotFound):
        await act("customer", ContactId(new_id()))


async def test_the_agent_sees_orders_and_appointments_or_that_the_shop_is_silent(scene, commerce, act, database, workspace):
    contact = await _proven(database, workspace, scene.owner.external_id)
    seen = await commerce.of_contact(workspace.id, contact)
    assert seen.known
    assert {one.number for one in seen.orders} >= {scene.packing, scene.delivered}
    assert seen.error is None
    await act("change", replace(REST, timeout_ms=200))
    commerce._desk._make_rest = lambda made: Sleepy()
    silent = await commerce.of_contact(workspace.id, contact)
    assert (silent.error, silent.orders) == ("commerce.unavailable", [])


async def test_what_is_held_of_a_contact_can_be_had_and_taken_away(scene, commerce, act, database, workspace):
    contact = await _proven(database, workspace, scene.owner.external_id)
    who = await act("customer", contact)
    words = Complaint(order=scene.delivered, topic=ComplaintTopic.OTHER, text="canary words", key=key())
    receipt = await commerce.complain(who, words)
    held = await act("export", contact)
    assert {one["number"] for one in held["orders"]} >= {scene.packing, scene.delivered}
    assert [one["number"] for one in held["requests"]] == [receipt.number]
    assert "canary words" in msgspec.json.encode(held).decode()
    erased = await act("erase", contact)
    assert (erased.orders, erased.requests) == (5, 1)
    left = msgspec.json.encode(
        {
            table: [dict(row) for row in await rows(database, workspace, f"commerce_{table}")]
            for table in ("requests", "writes", "calls")
        }
    ).decode()
    assert "canary words" not in left
    assert list(await commerce.orders(who)) == []
    kept = [row for row in await rows(database, workspace, "commerce_orders") if row["number"] == scene.delivered]
    assert (kept[0]["total"] > 0, kept[0]["phone"], kept[0]["address"]) == (True, None, {"country": "CN", "city": ""})
    again = await act("erase", contact)
    assert again.orders == 0
    with pytest.raises(OrderNotFound):
        await commerce.complain(who, words)


async def test_an_order_all_of_which_comes_back_is_returning(scene, commerce, act):
    one = order(scene.owner.external_id, utc_now(), OrderStatus.DELIVERED, items=(GAIWAN,), delivered_at=utc_now())
    await act("add_orders", [one])
    receipt = await commerce.request_return(scene.owner, send_back(scene, order=one.number, items=()))
    assert [(item.line, item.quantity) for item in receipt.items] == [("1", 2)]
    seen = await commerce.order(scene.owner, one.number)
    assert (seen.status, seen.items[0].returned) == (OrderStatus.RETURNING, 2)


async def _proven(database, workspace, external_id):
    contact_id = new_id()
    async with database.across() as connection:
        await connection.execute(
            "insert into contacts (workspace_id, id, external_id, identified) values ($1, $2, $3, true)",
            workspace.id,
            contact_id,
            external_id,
        )
    return ContactId(contact_id)


async def _outcome(call):
    try:
        await call
    except (OrderNotFound, TooManyProofs) as error:
        return type(error).__name__
    return "found"


async def _reason(call):
    with pytest.raises(CommerceRefused) as refused:
        await call
    return refused.value.reason


async def test_what_is_cut_short_is_on_record_and_not_half_done(scene, commerce, act):
    """A caller who leaves in the middle: the record says so, and the same key may ask again."""
    request = send_back(scene)
    task = asyncio.create_task(commerce.request_return(scene.owner, request))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    receipt = await commerce.request_return(scene.owner, request)
    assert (await commerce.order(scene.owner, scene.delivered)).items[0].returned == 1
    assert (await commerce.request_return(scene.owner, request)).rma == receipt.rma


async def test_a_service_s_errors_pass_through_the_door_as_they_are(scene, commerce, act):
    class Refusing:
        async def order(self, *_):
            raise CommerceRefused("no", reason="own_word")

    await act("change", REST)
    commerce._desk._make_rest = lambda made: Refusing()
    assert await _reason(commerce.order(scene.owner, scene.delivered)) == "own_word"
    assert [one.outcome for one in await act("calls")] == ["commerce.refused/own_word"]
