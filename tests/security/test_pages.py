"""Every answer that a browser draws as a page: a policy that allows no script but our own, framing decided, nothing reflected."""

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.routes import Route, routes
from support.stage import Stage, listed, open_stage

from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

SOURCE = Path(__file__).resolve().parents[2] / "src" / "qiao"
_WEAK = re.compile(r"^\s*(?:import random\b|from random\b)", re.MULTILINE)
CHANCE = {
    "app/evaluate/faq_features.py", "domains/bot/retrieval/lessons.py", "domains/bot/zones.py", "domains/webhooks/sending.py",
    "platform/db/polite.py", "platform/live/socket.py",
}  # fmt: skip
"""Where a weak chance is enough: which rows are taught from, and how long to wait. No id and no token is made there."""


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


def address(route: Route, stage: Stage) -> str:
    """Where the page of a route is, as far as this company has one."""
    words = {"{slug:str}": stage.home.workspace.slug, "{key:str}": stage.home.inbox_key, "{inbox_key:str}": stage.home.inbox_key}
    path = route.path
    for place, word in words.items():
        path = path.replace(place, word)
    return (
        path if "{" not in path else httpx.URL(route.url(stage.home.ids)).path.replace("/x", f"/{stage.home.workspace.slug}", 1)
    )


async def pages(stage: Stage, **headers: str) -> dict[str, httpx.Response]:
    found = {}
    async with stage.door(headers) as stranger:
        for route in [route for route in routes() if route.method == "GET" and "public" in route.guards]:
            path = address(route, stage)
            answer = await stranger.get(path, params={"q": CANARY} if "search" in path else None)
            if answer.headers.get("content-type", "").startswith("text/html"):
                found[path] = answer
    return found


ORIGIN = "http://127.0.0.1:8717"
CANARY = "evil-canary.example"


def allowed(policy: str, kind: str) -> list[str]:
    """What a policy allows of a kind; what it does not name is as everything."""
    told = {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}
    return told.get(kind, told.get("default-src", ["*"]))


async def test_no_page_runs_what_is_not_ours(stage: Stage) -> None:
    found = await pages(stage)
    wrong = []
    for path, answer in found.items():
        policy = answer.headers.get("content-security-policy", "")
        scripts = [one for one in allowed(policy, "script-src") if one != ORIGIN]
        loose = [one for one in scripts if one.startswith(("'unsafe", "*", "http", "data:"))]
        if loose or "*" in allowed(policy, "object-src") or "frame-ancestors" not in policy or "base-uri" not in policy:
            wrong.append((path, policy))
        if answer.headers.get("x-content-type-options") != "nosniff":
            wrong.append((path, dict(answer.headers)))
    assert not wrong, listed(wrong)
    assert any(path.startswith("/help/") for path in found) and any(path.startswith("/app") for path in found)


async def test_no_page_repeats_who_it_was_asked_as(stage: Stage) -> None:
    """What stands before us may keep a page for others: no header that its key leaves out may show in it."""
    named = {
        "X-Forwarded-Host": CANARY,
        "X-Forwarded-Proto": "gopher",
        "X-Original-URL": f"/{CANARY}",
        "Forwarded": f"host={CANARY}",
    }
    found = await pages(stage, **named)
    wrong = [path for path, answer in found.items() if "search" not in path and CANARY in answer.text + str(answer.headers)]
    assert not wrong, listed(wrong)


async def test_no_address_leads_to_another_site(stage: Stage) -> None:
    wrong = []
    async with stage.door() as stranger:
        for route in [route for route in routes() if route.method == "GET" and "public" in route.guards]:
            for name in ("return_to", "next", "url", "redirect", "to"):
                answer = await stranger.get(address(route, stage), params={name: f"https://{CANARY}/"})
                wrong += [(route.name, name)] if CANARY in answer.headers.get("location", "") else []
    assert not wrong, listed(wrong)


def test_ids_and_tokens_are_of_strong_chance() -> None:
    files = [path for path in SOURCE.rglob("*.py") if not {"tests", "testing"} & set(path.parts)]
    weak = {str(path.relative_to(SOURCE)) for path in files if _WEAK.search(path.read_text(encoding="utf-8"))}
    assert {name for name in weak if "simulator" not in name} <= CHANCE
