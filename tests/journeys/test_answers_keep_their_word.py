"""What a route answers is what it says it answers: every GET of the API, decoded by the type its handler promises, loses nothing."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.routes import Route, api_routes
from support.stage import Stage, listed, open_stage

from qiao.app.asgi import make_litestar
from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

NOT_JSON = ("/icon.svg", "/report.csv", "/original", "/audit/export")
NEEDED = {"q": "邮费", "language": "en"}


def promised() -> dict[str, Any]:
    """GET address -> the type that its handler returns."""
    found: dict[str, Any] = {}
    for route in make_litestar().routes:
        for handler in getattr(route, "route_handlers", []):
            if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods:
                found[route.path] = handler.parsed_fn_signature.return_type.annotation
    return found


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


def readable() -> list[Route]:
    return [route for route in api_routes() if route.method == "GET" and not route.path.endswith(NOT_JSON)]


async def ask(stage: Stage, client: Any, route: Route) -> Any:
    params = {name: NEEDED[name] for name in route.query if name in NEEDED and name == "q"}
    return await client.get(route.url(stage.home.ids), params=params)


async def test_every_answer_is_of_the_type_that_was_promised(stage: Stage) -> None:
    types, wrong = promised(), []
    async with await stage.signed_in(Role.OWNER) as owner, stage.visitor() as visitor:
        for route in readable():
            answer = await ask(stage, visitor if route.path.startswith("/visitor/") else owner, route)
            try:
                assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"
                decoded = msgspec.json.decode(answer.content, type=types[route.path])
                # Whatever the type does not know would be missing here.
                assert msgspec.json.decode(msgspec.json.encode(decoded)) == answer.json()
            except (AssertionError, msgspec.ValidationError) as error:
                wrong.append((route.name, str(error)[:300]))
    assert not wrong, listed(wrong)


async def test_lists_say_whether_there_is_more(stage: Stage) -> None:
    wrong = []
    async with await stage.signed_in(Role.OWNER) as owner:
        for route in readable():
            body = (await ask(stage, owner, route)).json() if "cursor" in route.query else {"items": [], "next_cursor": None}
            if not isinstance(body.get("items"), list) or "next_cursor" not in body:
                wrong.append((route.name, sorted(body)))
    assert not wrong, listed(wrong)


async def test_a_page_of_one_leads_to_the_next_and_ends(stage: Stage) -> None:
    wrong = []
    async with await stage.signed_in(Role.OWNER) as owner:
        for route in [route for route in readable() if {"cursor", "limit"} <= set(route.query)]:
            whole = (await owner.get(route.url(stage.home.ids), params={"limit": 100})).json()["items"]
            seen, cursor = [], ""
            for _ in range(len(whole) + 1):
                page = (
                    await owner.get(route.url(stage.home.ids), params={"limit": 1, **({"cursor": cursor} if cursor else {})})
                ).json()
                seen += page["items"]
                cursor = page["next_cursor"]
                if not cursor:
                    break
            if seen != whole or cursor:
                wrong.append((route.name, len(whole), len(seen), cursor))
    assert not wrong, listed(wrong)


async def test_times_are_in_utc_and_ids_are_ids(stage: Stage) -> None:
    """Whoever reads the API by another language than ours must not guess."""

    def times(value: Any, name: str = "") -> list[tuple[str, Any]]:
        if isinstance(value, dict):
            return [found for key, inner in value.items() for found in times(inner, key)]
        if isinstance(value, list):
            return [found for inner in value for found in times(inner, name)]
        return [(name, value)] if name.endswith("_at") and value is not None else []

    async with await stage.signed_in(Role.OWNER) as owner:
        for route in readable():
            answer = await ask(stage, owner, route)
            wrong = [
                (route.name, name, value) for name, value in times(answer.json()) if not str(value).endswith(("Z", "+00:00"))
            ]
            assert not wrong, listed(wrong)


async def test_answers_are_not_kept_by_anybody_between(stage: Stage) -> None:
    wrong = []
    async with await stage.signed_in(Role.OWNER) as owner:
        for route in readable():
            kept = (await ask(stage, owner, route)).headers.get("cache-control", "")
            wrong += [(route.name, kept)] if "public" in kept else []
    assert not wrong, listed(wrong)
