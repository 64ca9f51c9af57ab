"""What foreign pages, old proxies and the curious try at every route: other methods and forms, two values, other sites, forgotten pages."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import sample
from support.routes import Route, api_routes, routes
from support.stage import Stage, listed, open_stage, problem_of

from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

API = api_routes()
FOREIGN = ("https://evil.example", "null", "http://127.0.0.1:8717.evil.example")
NEVER_ANSWERED = (
    "docs", "redoc", "swagger", "swagger-ui", "openapi.json", "api/docs", "schema", "api/schema", "api/schema/openapi.json",
    "api/schema/swagger", "api/schema/redoc", "api/schema/elements", "debug", "_debug", "debug/pprof", "console", "admin", "setup",
    "install", "system/cron", "cron", "actuator", "actuator/env", "server-status", ".env", ".git/config", "backup.sql", "graphql",
    "phpinfo.php", "api/v1/setup", "api/v1/debug", "api/v1/cron", "metrics/", "api/metrics", "dev", "trace.axd", "favicon.ico/.env",
)  # fmt: skip


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


@pytest.fixture(scope="module")
async def owner(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with await stage.signed_in(Role.OWNER) as door:
        yield door


def body_of(route: Route, stage: Stage) -> dict[str, object]:
    return {"json": sample(route.body, stage.home.ids)} if route.reads_json else {}


async def test_reading_changes_nothing(stage: Stage, owner: httpx.AsyncClient) -> None:
    """A link, a picture or a prefetch makes a GET; none of them does anything, whatever method it claims to be in truth."""
    claims = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "X-HTTP-Method": "PUT"}
    before = await stage.picture_of(stage.home)
    for route in [route for route in API if route.method == "GET" and "visitor" not in route.guards]:
        for method in ("GET", "HEAD"):
            await owner.request(method, route.url(stage.home.ids), headers=claims)
    after = await stage.picture_of(stage.home)
    # Who looked at what, and every question to a shop's service, is on record; the record is not what was asked about. A day that was
    # counted for a report is kept: it says what counting it again would.
    recorded = {"commerce_calls", "audit_entries", "audit_heads", "analytics_days"}
    assert {name for name in before if before[name] != after[name]} <= recorded


async def test_no_request_is_another_than_it_says(stage: Stage, owner: httpx.AsyncClient) -> None:
    wrong = []
    before = await stage.picture_of(stage.home)
    for route in [route for route in API if route.method in {"DELETE", "PUT", "PATCH"}]:
        path = route.url(stage.home.ids)
        asked = {"params": {"_method": route.method}, "headers": {"X-HTTP-Method-Override": route.method}}
        answer = await owner.get(path, **asked)
        form = await owner.post(
            path, content=f"_method={route.method}", headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        if answer.status_code not in {400, 401, 404, 405} or form.status_code < 400:
            wrong.append((route.name, answer.status_code, form.status_code))
    assert not wrong, listed(wrong)
    assert await stage.picture_of(stage.home) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
async def test_json_is_read_as_json_alone(stage: Stage, owner: httpx.AsyncClient, kind: str) -> None:
    """Forms of other pages can send these kinds without asking first; none of them is taken for JSON."""
    wrong = []
    before = await stage.picture_of(stage.home)
    for route in [route for route in API if route.reads_json and "visitor" not in route.guards]:
        content = httpx.Request("POST", "http://x", json=sample(route.body, stage.home.ids)).content
        headers = {"Content-Type": kind} if kind else {}
        answer = await owner.request(route.method, route.url(stage.home.ids), content=content, headers=headers)
        if answer.status_code != 415 or problem_of(answer):
            wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)
    assert await stage.picture_of(stage.home) == before


async def test_two_values_of_one_question_are_refused(stage: Stage, owner: httpx.AsyncClient) -> None:
    wrong = []
    async with stage.visitor() as visitor:
        for route in [route for route in API if route.query and "public" not in route.guards]:
            for name in [name for name in route.query if name not in route.lists]:
                door = visitor if "visitor" in route.guards else owner
                answer = await door.request(route.method, route.url(stage.home.ids), params=[(name, "1"), (name, "2")])
                if answer.status_code != 400 or answer.json()["code"] != "qiao.repeated_parameter":
                    wrong.append((route.name, name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("origin", FOREIGN)
async def test_no_other_site_reads_an_answer(stage: Stage, owner: httpx.AsyncClient, origin: str) -> None:
    wrong = []
    asking = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-qiao-client"}
    for path, route in {route.path: route for route in routes()}.items():
        for method in ("OPTIONS", "GET"):
            answer = await owner.request(method, route.url(stage.home.ids), headers=asking)
            allowed = [name for name in answer.headers if name.startswith("access-control-")]
            wrong += [(path, method, allowed)] if allowed else []
    assert not wrong, listed(wrong)


async def test_what_is_not_for_everybody_is_closed_from_the_beginning(stage: Stage) -> None:
    """Descriptions, figures and other people's tools: nothing of it answers somebody who is not signed in, and from elsewhere."""
    async with stage.door(ip="203.0.113.9") as stranger:
        answers = {path: await stranger.get(f"/{path}") for path in (*NEVER_ANSWERED, "metrics")}
    opened = {path: answer.status_code for path, answer in answers.items() if answer.status_code not in {401, 404}}
    assert opened == {}
    assert not [path for path, answer in answers.items() if problem_of(answer)]


async def test_the_description_of_the_routes_is_for_colleagues(stage: Stage, owner: httpx.AsyncClient) -> None:
    assert (await owner.get("/api/schema/openapi.json")).json()["info"]["title"] == "Qiao"
    assert (await stage.door().get("/api/schema/openapi.json")).status_code == 401
