"""What is held of one contact: all of it is handed out, all of it can be taken away, and nothing of anybody else is touched."""

import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.shop import stocked

from qiao.app.tables import metadata
from qiao.domains.commerce.personal import erase, export_of
from qiao.ports.commerce import OrderNotFound, Proof
from qiao.ports.commerce_wishes import AddressChange, Booking, InvoiceKind
from qiao.ports.testing.commerce_scene import NEW_HOME, Scene, invoice, key, send_back

pytestmark = pytest.mark.database

TABLES = sorted(table.name for table in metadata.sorted_tables if table.name.startswith("commerce_"))
CANARY = "canary-4471"
GONE = {"commerce_proofs", "commerce_writes"}


@pytest.fixture
async def scene(house, database, workspace) -> Scene:
    """The owner and the other have done one of everything; the canary is in every field that a customer fills."""
    scene = await stocked(database, house.commerce, house.commerce, workspace.id)
    shop, who = scene.commerce, scene.owner
    address = replace(NEW_HOME, street=f"{CANARY} 1", recipient=CANARY, phone="+86 137-4471-4471")
    await shop.change_address(who, AddressChange(order=scene.packing, address=address, key=key()))
    await shop.request_return(who, send_back(scene, note=CANARY, wish=CANARY))
    await shop.request_invoice(
        who,
        invoice(scene, kind=InvoiceKind.VAT, company=True, title=CANARY, email=f"{CANARY}@example.com", bank=CANARY),
    )
    await shop.book(who, Booking(slot=scene.slot, key=key(), name=CANARY, phone="13744714471", note=CANARY))
    await shop.book(scene.other, Booking(slot=scene.slot, key=key(), name="somebody else"))
    with pytest.raises(OrderNotFound):
        await shop.order(who, scene.others, Proof(email=f"{CANARY}@example.com"))
    return scene


async def held(database, workspace) -> dict[str, list[dict]]:
    async with database.across() as connection:
        return {
            table: [dict(row) for row in await connection.fetch(f"select * from {table} where workspace_id = $1", workspace.id)]
            for table in TABLES
        }


def text_of(rows: object) -> str:
    return msgspec.json.encode(msgspec.to_builtins(rows, builtin_types=(bytes,), enc_hook=str)).decode()


async def test_everything_a_customer_said_is_in_the_export(scene, database, workspace):
    async with database.scope(workspace.id) as scope:
        found = await export_of(scope, scene.owner)
    assert set(found) == {"orders", "items", "shipments", "requests", "appointments", "calls"}
    assert len(found["orders"]) == 5
    assert {one["kind"] for one in found["requests"]} == {"address", "return", "invoice"}
    said = text_of(found)
    for word in (CANARY, "13744714471", f"{CANARY}@example.com"):
        assert word in said
    assert "somebody else" not in said
    assert scene.others not in {one["number"] for one in found["orders"]}


async def test_an_export_says_the_same_again_and_changes_nothing(scene, database, workspace):
    before = await held(database, workspace)
    async with database.scope(workspace.id) as scope:
        first, again = await export_of(scope, scene.owner), await export_of(scope, scene.owner)
    assert first == again
    assert await held(database, workspace) == before


async def test_who_is_erased_is_nowhere_any_more(scene, database, workspace):
    async with database.scope(workspace.id) as scope:
        counted = await erase(scope, scene.owner)
    assert (counted.orders, counted.requests, counted.appointments) == (5, 3, 1)
    left = text_of(await held(database, workspace))
    for word in (CANARY, "13744714471", scene.owner.external_id, "suite.owner@example.com"):
        assert word not in left, word


async def test_the_books_stay_whole(scene, database, workspace):
    def sums(rows):
        kept = ("number", "placed_at", "status", "goods", "shipping", "discount", "total", "currency")
        return sorted(tuple(row[name] for name in kept) for row in rows["commerce_orders"])

    before = await held(database, workspace)
    async with database.scope(workspace.id) as scope:
        await erase(scope, scene.owner)
    after = await held(database, workspace)
    assert sums(after) == sums(before)
    assert after["commerce_items"] == before["commerce_items"]
    assert [row["taken"] for row in after["commerce_slots"]] == [row["taken"] for row in before["commerce_slots"]]
    assert {table: len(rows) for table, rows in after.items() if table not in GONE} == {
        table: len(rows) for table, rows in before.items() if table not in GONE
    }


async def test_somebody_else_keeps_everything(scene, database, workspace):
    async with database.scope(workspace.id) as scope:
        before = await export_of(scope, scene.other)
        await erase(scope, scene.owner)
        assert await export_of(scope, scene.other) == before
    assert [one.number for one in await scene.commerce.orders(scene.other)] == [scene.others]
    assert len(await scene.commerce.appointments(scene.other)) == 1


async def test_somebody_unknown_has_only_what_their_contact_did(scene, database, workspace):
    async with database.scope(workspace.id) as scope:
        found = await export_of(scope, scene.stranger)
        counted = await erase(scope, scene.stranger)
    assert {name: len(rows) for name, rows in found.items()} == dict.fromkeys(found, 0)
    assert (counted.orders, counted.requests, counted.appointments, counted.calls) == (0, 0, 0, 0)


async def test_earlier_visits_go_with_their_contact(scene, database, workspace):
    joined = replace(scene.other, external_id="new-customer", former_contacts=(scene.owner.contact_id,))
    async with database.scope(workspace.id) as scope:
        found = await export_of(scope, joined)
        counted = await erase(scope, joined)
    assert [one["name"] for one in found["appointments"]] == [CANARY, "somebody else"]
    assert counted.appointments == 2
