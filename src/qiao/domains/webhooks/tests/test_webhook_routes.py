"""The routes: who may, what is refused, and that secrets go in and never come out."""

from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from support.webhook_receiver import saying

from qiao.domains.webhooks import api
from qiao.domains.workspaces.api import Workspaces

pytestmark = pytest.mark.database
HOOKS = "/api/v1/webhooks"
NEW = {"url": "https://erp.example.com/qiao", "events": ["message.sent"]}


async def test_the_secret_is_in_the_answer_that_made_it_and_in_no_other(door, database):
    admin = await door("admin")
    hidden = "a-header-that-nobody-sees"
    with capture_logs() as logs:
        made = (await admin.post(HOOKS, json={**NEW, "headers": [{"name": "X-Key", "value": hidden}]})).json()
        endpoint = made["endpoint"]["id"]
        rotated = (await admin.post(f"{HOOKS}/{endpoint}/secret")).json()
        ping = (await admin.post(f"{HOOKS}/{endpoint}/ping")).json()
        said = [
            (await admin.get(path)).text
            for path in (
                HOOKS,
                f"{HOOKS}/{endpoint}",
                f"{HOOKS}/{endpoint}/deliveries",
                f"{HOOKS}/{endpoint}/deliveries/{ping['id']}",
            )
        ]
        said.append((await admin.patch(f"{HOOKS}/{endpoint}", json={"description": "ERP"})).text)
    async with database.across() as connection:
        said += [str(dict(row)) for row in await connection.fetch("select * from log_events")]
        said += [str(dict(row)) for row in await connection.fetch("select * from webhook_endpoints")]
    assert made["secret"].startswith("whsec_")
    assert made["secret"] != rotated["secret"]
    told = "\n".join([*said, str(logs)])
    assert [one in told for one in (made["secret"], made["secret"][6:], rotated["secret"][6:], hidden)] == [False] * 4
    assert '"header_names":["X-Key"]' in said[0]


@pytest.mark.parametrize("role", ["supervisor", "agent", "editor", "viewer"])
async def test_only_owners_and_admins_may(door, role):
    other = await door(role)
    assert [(await other.get(HOOKS)).status_code, (await other.post(HOOKS, json=NEW)).status_code] == [403, 403]


async def test_another_companys_endpoint_is_not_there_by_any_route(door, house, database):
    from qiao.domains.webhooks.contracts import NewEndpoint

    admin = await door("admin")
    stranger = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家", "en": "Others"})
    async with database.scope(stranger.id) as scope:
        theirs = (await house.webhooks.create(scope, NewEndpoint(url=NEW["url"], events=["message.sent"]), None)).endpoint
        delivery = await house.webhooks.ping(scope, theirs.id, None)
    path = f"{HOOKS}/{theirs.id}"
    await _is_not_there(admin, path, delivery.id)
    async with database.scope(stranger.id) as scope:
        assert (await house.webhooks.get(scope, theirs.id)).updated_at == theirs.updated_at


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.7/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://user:pass@erp.example.com/",
        "file:///etc/passwd",
        "//erp.example.com/",
        "erp.example.com",
    ],
)
async def test_an_address_that_leads_inside_or_nowhere_is_refused_in_the_form(door, url):
    admin = await door("admin")
    answer = await admin.post(HOOKS, json={**NEW, "url": url})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "webhooks.invalid", "url")
    assert (await admin.get(HOOKS)).json()["items"] == []


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"events": []}, 422),
        ({"events": ["message.sent", "no.such"]}, 422),
        ({"inbox_ids": ["00000000-0000-0000-0000-000000000001"]}, 404),
        ({"headers": [{"name": "Host", "value": "x"}]}, 422),
        ({"secret": "whsec_mine"}, 422),
        ({"description": "x" * 201}, 422),
    ],
)
async def test_what_makes_no_endpoint_is_refused(door, more, status):
    admin = await door("admin")
    assert (await admin.post(HOOKS, json=NEW | more)).status_code == status


async def test_an_endpoint_is_changed_switched_off_and_on_and_deleted_with_all_it_had(door):
    owner = await door("owner")
    endpoint = (await owner.post(HOOKS, json=NEW)).json()["endpoint"]["id"]
    await owner.post(f"{HOOKS}/{endpoint}/ping")
    off = (await owner.patch(f"{HOOKS}/{endpoint}", json={"enabled": False, "events": ["ticket.opened", "ticket.opened"]})).json()
    assert (off["enabled"], off["off_reason"], off["events"], off["waiting"]) == (False, "by_hand", ["ticket.opened"], 1)
    assert (await owner.post(f"{HOOKS}/{endpoint}/ping")).json()["code"] == "webhooks.off"
    on = (await owner.patch(f"{HOOKS}/{endpoint}", json={"enabled": True})).json()
    assert (on["enabled"], on["off_reason"]) == (True, None)
    assert (await owner.delete(f"{HOOKS}/{endpoint}")).status_code == 204
    assert (await owner.get(f"{HOOKS}/{endpoint}")).status_code == 404


async def test_a_workspace_has_a_bounded_number_of_endpoints(door):
    admin = await door("admin")
    made = [(await admin.post(HOOKS, json=NEW)).status_code for _ in range(21)]
    assert made == [201] * 20 + [409]


async def test_a_deleted_endpoint_is_gone_at_once_and_what_it_had_is_cleared_in_small_steps(door, company, receiver, monkeypatch):
    monkeypatch.setattr(api, "CLEARED_AT_ONCE", 2)
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    other_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(5):
        await company.write(conversation, str(number))
    await company.queue()
    delivery = (await company.deliveries(endpoint_id))[0].id
    admin, path = await door("admin"), f"{HOOKS}/{endpoint_id}"
    waiting = await _waiting(admin)
    assert (await admin.delete(path)).status_code == 204
    # Nobody waited for that.
    assert await _held(company, endpoint_id) == (1, 5)
    await _is_not_there(admin, path, delivery)
    assert [one["id"] for one in (await admin.get(HOOKS)).json()["items"]] == [str(other_id)]
    assert await _waiting(admin) == waiting - 5
    await company.write(conversation, "said when it was gone")
    await company.queue()
    await company.send()
    assert sorted(one.event["data"]["text"] for one in receiver.got) == ["0", "1", "2", "3", "4", "said when it was gone"]
    await company.webhooks.clear_deleted()
    assert await _held(company, endpoint_id) == (0, 0)
    assert await _held(company, other_id) == (1, 6)


async def test_those_that_are_still_being_cleared_do_not_count_against_the_bound(door):
    admin = await door("admin")
    made = [(await admin.post(HOOKS, json=NEW)).json()["endpoint"]["id"] for _ in range(20)]
    await admin.delete(f"{HOOKS}/{made[0]}")
    assert (await admin.post(HOOKS, json=NEW)).status_code == 201


async def test_deliveries_are_listed_by_state_and_event_page_by_page(door, company, receiver):
    receiver.answers = [saying(500)]
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(3):
        await company.write(conversation, str(number))
    await company.queue()
    await company.act("ping", endpoint_id, None)
    admin = await door("admin")
    path = f"{HOOKS}/{endpoint_id}/deliveries"
    first = (await admin.get(path, params={"type": "message.sent", "limit": 2})).json()
    second = (await admin.get(path, params={"type": "message.sent", "limit": 2, "cursor": first["next_cursor"]})).json()
    ids = [one["id"] for page in (first, second) for one in page["items"]]
    assert (len(set(ids)), second["next_cursor"]) == (3, None)
    assert [one["type"] for one in (await admin.get(path, params={"type": "ping"})).json()["items"]] == ["ping"]
    assert (await admin.get(path, params={"state": "failed"})).json()["items"] == []
    assert (await admin.get(path, params={"state": "lost"})).status_code == 422


async def test_the_catalogue_is_told_with_schema_and_example(door):
    admin = await door("admin")
    found = {one["type"]: one for one in (await admin.get(f"{HOOKS}/catalogue")).json()["items"]}
    assert found["message.received"]["example"]["data"]["author"]["kind"] == "contact"
    assert found["contact.changed"]["by_inbox"] is False
    assert "seq" in str(found["message.sent"]["schema"])


async def test_monitoring_sees_queues_and_how_endpoints_fare_and_no_names(door, company, receiver):
    receiver.answers = [saying(500)]
    await company.endpoint(receiver.url, "message.sent")
    await company.write(await company.talk(), "发货了")
    await company.queue()
    await company.send()
    stranger = await door()
    told = {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in (await stranger.get("/metrics")).text.splitlines() if line[:1] != "#")
    }
    assert told["qiao_webhook_waiting"] >= 1
    assert told['qiao_webhook_endpoints{state="failing"}'] >= 1
    assert told['qiao_webhook_tries_total{verdict="failed"}'] >= 1
    assert "127.0.0.1" not in "".join(told)


async def _held(company, endpoint_id):
    """Rows in the database: the endpoint's own and its deliveries'."""
    async with company.database.across() as connection:
        return (
            await connection.fetchval("select count(*) from webhook_endpoints where id = $1", endpoint_id),
            await connection.fetchval("select count(*) from webhook_deliveries where endpoint_id = $1", endpoint_id),
        )


async def _waiting(client):
    """Of the whole installation, as monitoring sees it."""
    lines = (await client.get("/metrics")).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("qiao_webhook_waiting ")))


async def _is_not_there(admin, path, delivery_id):
    """No route of an endpoint knows it."""
    answers = [
        await admin.get(path),
        await admin.patch(path, json={"enabled": True}),
        await admin.delete(path),
        await admin.post(f"{path}/secret"),
        await admin.post(f"{path}/ping"),
        await admin.post(f"{path}/replay", json={}),
        await admin.get(f"{path}/deliveries"),
        await admin.get(f"{path}/deliveries/{delivery_id}"),
        await admin.post(f"{path}/deliveries/{delivery_id}/replay"),
    ]
    assert [one.status_code for one in answers] == [404] * 9
