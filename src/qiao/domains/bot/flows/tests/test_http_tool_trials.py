"""A tool of the company's own, tried by the admin who defines it: what is told, what never is, and who may."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[6] / "tests"))
from support.own_service import Service

from qiao.domains.bot.events import HttpToolTried
from qiao.domains.bot.flows.tools.trying import covered
from qiao.platform.http.outbound import Outbound
from qiao.platform.log.read import read_named

pytestmark = pytest.mark.database
TOOLS = "/api/v1/bot/tools"
KEY = "Bearer top-secret-key"


@pytest.fixture
async def service(house: Any) -> AsyncIterator[Service]:
    """A service on this machine, which this deployment may ask."""
    house.bot.flows.tools._outbound = Outbound(allow_private=True)
    service = Service()
    service.host = await service.open()
    yield service
    await service.close()


def points(host: str, **changes: Any) -> dict[str, Any]:
    definition = {
        "name": "points",
        "title": {"zh": "会员积分", "en": "Points"},
        "url": f"http://{host}/members/{{card}}",
        "arguments": [{"name": "card", "where": "url"}, {"name": "year", "type": "number", "required": False}],
        "results": [{"name": "points", "path": "data.points", "type": "number"}, {"name": "level", "path": "data.level"}],
    }
    return {"definition": {**definition, **changes}, "secrets": {"Authorization": KEY}}


@pytest.fixture
async def admin(door) -> httpx.AsyncClient:
    return await door("admin")


async def saved(admin: httpx.AsyncClient, service: Service, **changes: Any) -> str:
    """The address under which the tool is tried."""
    await admin.put(f"{TOOLS}/hosts", json={"hosts": [service.host]})
    made = await admin.post(f"{TOOLS}/http", json=points(service.host, **changes))
    assert made.status_code == 201, made.text
    return f"{TOOLS}/http/{made.json()['id']}/test"


async def told(house: Any, workspace: Any) -> list[HttpToolTried]:
    """What the log keeps of trials, oldest first."""
    async with house.database.scope(workspace.id) as scope:
        found = await read_named(scope.connection, workspace.id, (0, 10_000), [HttpToolTried.wire_name])
    return [one.read(HttpToolTried) for one in found]


async def test_the_service_is_asked_as_a_flow_would_ask_it_and_what_is_kept_is_shown(admin, service) -> None:
    path = await saved(admin, service)
    trial = (await admin.post(path, json={"arguments": {"card": "A 1", "year": 2026}, "customer": "lin-1"})).json()
    assert (trial["status"], trial["fault"], trial["values"]) == (200, None, {"points": 120, "level": "gold"})
    assert trial["took_ms"] > 0
    line, headers, _ = service.asked[-1]
    assert line == "GET /members/A%201?year=2026 HTTP/1.1"
    assert (headers["authorization"], headers["qiao-customer"]) == (KEY, "lin-1")
    assert "idempotency-key" not in headers


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (404, b"{}", (404, "not_found", "404")),
        (422, b"{}", (422, "invalid", "422")),
        (403, b"{}", (403, "refused", "403")),
        (500, b"{}", (500, "unavailable", "500")),
        (200, b"<html>", (200, "unavailable", "broken")),
        (200, b'{"data": {"points": "many"}}', (200, "unavailable", "type:points")),
        (200, b" " * 300_000, (None, "unavailable", "too_large")),
    ],
)
async def test_what_went_wrong_is_told_as_the_edge_that_a_flow_takes(admin, service, status, body, told) -> None:
    path = await saved(admin, service)
    service.status, service.body = status, body
    trial = (await admin.post(path, json={"arguments": {"card": "A1"}})).json()
    assert ((trial["status"], trial["fault"], trial["reason"]), trial["values"]) == (told, {})


@pytest.mark.parametrize(
    ("arguments", "field"), [({}, "card"), ({"card": ""}, "card"), ({"card": ".."}, "card"), ({"card": "A", "year": "x"}, "year")]
)
async def test_samples_that_do_not_fit_ask_nobody(admin, service, arguments, field) -> None:
    path = await saved(admin, service)
    trial = (await admin.post(path, json={"arguments": arguments})).json()
    assert (trial["fault"], trial["field"], trial["status"]) == ("invalid", field, None)
    assert service.asked == []


async def test_a_service_that_echoes_the_key_does_not_show_it(admin, service) -> None:
    path = await saved(admin, service)
    service.body = b'{"data": {"points": 1, "level": "you sent Bearer top-secret-key, that is top-secret-key"}}'
    answer = await admin.post(path, json={"arguments": {"card": "A1"}})
    assert answer.json()["values"]["level"] == "you sent •••, that is •••"
    assert "top-secret" not in answer.text


def test_secrets_are_covered_however_deep_and_nothing_else_is() -> None:
    found = {"list": [{"k-12345678": "a k-12345678 b"}, 7, None, True], "empty": ""}
    assert covered(found, ["k-12345678", ""]) == {"list": [{"•••": "a ••• b"}, 7, None, True], "empty": ""}
    # A short last word of a secret is no secret by itself: "Bearer x" must not cover every x.
    assert covered("x axis", ["Bearer x"]) == "x axis"


async def test_each_trial_of_a_tool_that_writes_is_a_wish_of_its_own(admin, service) -> None:
    path = await saved(admin, service, method="POST", writes=True)
    for _ in range(2):
        await admin.post(path, json={"arguments": {"card": "A1"}})
    first, second = (headers["idempotency-key"] for _, headers, _ in service.asked)
    assert first != second
    assert (first.startswith("try:"), second.startswith("try:")) == (True, True)


async def test_the_log_keeps_who_tried_what_and_how_it_ended_but_no_word_of_it(admin, service, house, workspace) -> None:
    path = await saved(admin, service)
    await admin.post(path, json={"arguments": {"card": "secret-card-77"}})
    service.status = 404
    await admin.post(path, json={"arguments": {"card": "secret-card-77"}})
    kept = await told(house, workspace)
    assert [(one.name, one.outcome, one.status) for one in kept] == [("points", "ok", 200), ("points", "not_found:404", 404)]
    assert {str(one.by) for one in kept} == {admin.headers["X-Test-Person"]}
    assert "secret-card" not in repr(kept)


async def test_addresses_inside_are_not_asked_for_a_trial_either(admin, service, house) -> None:
    path = await saved(admin, service)
    house.bot.flows.tools._outbound = Outbound()
    trial = (await admin.post(path, json={"arguments": {"card": "A1"}})).json()
    assert (trial["fault"], trial["reason"]) == ("unavailable", "address")
    house.bot.flows.tools._outbound = Outbound(allow_private=True)
    await admin.put(f"{TOOLS}/hosts", json={"hosts": []})
    assert (await admin.post(path, json={"arguments": {"card": "A1"}})).json()["reason"] == "host"
    assert service.asked == []


@pytest.mark.parametrize(("role", "status"), [("editor", 403), ("supervisor", 403), ("agent", 403), ("viewer", 403), ("", 401)])
async def test_only_admins_try_tools(door, admin, service, role, status) -> None:
    path = await saved(admin, service)
    assert (await (await door(role)).post(path, json={})).status_code == status
    assert service.asked == []


async def test_a_tool_that_is_not_there_and_one_of_another_company_are_the_same(admin, service, house) -> None:
    path = await saved(admin, service)
    other = await house.workspaces.create(f"w-{uuid4().hex[:10]}", {"zh": "别家", "en": "Another"})
    # No scope could give away what is its own: the wall refuses it.
    async with house.database.across() as connection:
        await connection.execute("update bot_http_tools set workspace_id = $1 where id = $2::uuid", other.id, path.split("/")[-2])
    answers = [await admin.post(one, json={"arguments": {"card": "A1"}}) for one in (path, f"{TOOLS}/http/{uuid4()}/test")]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "bot.http_tool_not_found")] * 2
    assert service.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {"arguments": {"Card": "x"}},
        {"arguments": {"card": ["x"]}},
        {"customer": "x" * 201},
        {"url": "http://x"},
        {"arguments": {"card": "x" * 2_001}},
    ],
)
async def test_what_cannot_be_is_refused(admin, service, body) -> None:
    path = await saved(admin, service)
    assert (await admin.post(path, json=body)).status_code == 422
    assert service.asked == []


async def test_trials_of_one_person_are_counted(admin, service) -> None:
    path = await saved(admin, service)
    codes = [(await admin.post(path, json={})).status_code for _ in range(24)]
    assert (codes[0], codes[-1]) == (200, 429)
