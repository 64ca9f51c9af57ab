"""The routes of commerce through the front door."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.shop import stocked

from qiao.kit.ids import new_id

pytestmark = pytest.mark.database

SETTINGS = "/api/v1/commerce/settings"
SECRET = "a-secret-long-enough"


@pytest.fixture
async def scene(house, database, workspace):
    return await stocked(database, house.commerce, house.commerce, workspace.id)


@pytest.fixture
async def contact(scene, database, workspace):
    contact_id = new_id()
    async with database.across() as connection:
        await connection.execute(
            "insert into contacts (workspace_id, id, external_id, identified) values ($1, $2, $3, true)",
            workspace.id,
            contact_id,
            scene.owner.external_id,
        )
    return contact_id


async def test_an_admin_sets_a_service_and_never_sees_its_secret_again(door):
    admin = await door("admin")
    assert (await admin.get(SETTINGS)).json()["provider"] == "store"
    changed = await admin.patch(SETTINGS, json={"provider": "rest", "base_url": "https://shop.example", "secret": SECRET})
    assert changed.status_code == 200
    assert changed.json()["has_secret"] is True
    assert SECRET not in changed.text + (await admin.get(SETTINGS)).text


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "other"},
        {"secret": "short"},
        {"timeout_ms": 60_000},
        {"policy": {"return_days": -1}},
        {"unknown": 1},
        {"provider": "rest"},
    ],
)
async def test_settings_that_make_no_sense_are_refused(door, body):
    answer = await (await door("admin")).patch(SETTINGS, json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("role", ["agent", "supervisor", "editor", "viewer"])
async def test_settings_and_records_are_for_admins(door, role):
    client = await door(role)
    answers = [
        await client.get(SETTINGS),
        await client.patch(SETTINGS, json={}),
        await client.post(f"{SETTINGS}/test"),
        await client.get("/api/v1/commerce/calls"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


async def test_the_connection_is_tested(door):
    admin = await door("admin")
    good = await admin.post(f"{SETTINGS}/test")
    assert (good.status_code, good.json()["ok"]) == (200, True)
    await admin.patch(SETTINGS, json={"provider": "rest", "base_url": "http://127.0.0.1:9", "secret": SECRET})
    bad = (await admin.post(f"{SETTINGS}/test")).json()
    assert (bad["ok"], bad["code"], bad["detail"]) == (False, "commerce.unavailable", "address")


async def test_an_agent_sees_the_orders_of_a_contact_and_the_look_is_on_record(door, scene, contact):
    agent, admin = await door("agent"), await door("admin")
    seen = (await agent.get(f"/api/v1/contacts/{contact}/orders")).json()
    assert seen["known"] is True
    assert {one["number"] for one in seen["orders"]} >= {scene.packing, scene.delivered}
    whole = (await agent.get(f"/api/v1/contacts/{contact}/orders/{scene.delivered}")).json()
    assert whole["total"] == {"amount": 71_501, "currency": "CNY"}
    assert whole["shipments"][0]["events"][0]["text"]["zh"] == "已签收"
    calls = (await admin.get("/api/v1/commerce/calls", params={"contact_id": str(contact), "limit": 1})).json()
    assert calls["items"][0]["actor"] == f"person:{agent.headers['X-Test-Person']}"
    more = await admin.get("/api/v1/commerce/calls", params={"contact_id": str(contact), "cursor": calls["next_cursor"]})
    assert {one["tool"] for one in more.json()["items"]} == {"orders", "appointments"}


async def test_an_order_of_somebody_else_is_not_found_beside_a_contact(door, scene, contact):
    agent = await door("agent")
    for number in (scene.others, "LT0", "%25", "x" * 300):
        assert (await agent.get(f"/api/v1/contacts/{contact}/orders/{number}")).status_code == 404
    assert (await agent.get(f"/api/v1/contacts/{new_id()}/orders")).status_code == 404


async def test_an_editor_sees_no_orders(door, contact):
    assert (await (await door("editor")).get(f"/api/v1/contacts/{contact}/orders")).status_code == 403
