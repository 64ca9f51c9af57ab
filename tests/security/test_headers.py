"""What stands in the headers of every answer of every route: what may run, frame, keep and guess it, and that it comes by https alone."""

import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import sample
from support.routes import Route, routes
from support.stage import Stage, listed, open_stage

from qiao.app.asgi import Front, make_litestar
from qiao.app.house import House
from qiao.app.wiring import Running
from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database
from qiao.platform.settings import read_settings

pytestmark = pytest.mark.database

KEPT = ("/api/v1/channels/{name:str}/icon.svg",)
"""Of the API, what anybody may see and browsers may keep."""
PUBLISHED = ("/app", "/qiao.js", "/widget/", "/chat/", "/favicon.ico", "/help/", "/form/", "/portal/", "/demo", *KEPT)
"""What is the same for everybody: caches on the way may keep it."""


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


def problems_of(route: Route, answer: httpx.Response) -> Iterator[str]:
    told = answer.headers
    policy = told.get("content-security-policy", "")
    if "frame-ancestors" not in policy or "default-src" not in policy:
        yield f"policy {policy!r}"
    if told.get("x-content-type-options") != "nosniff" or "referrer-policy" not in told:
        yield "may be guessed, or tells where it was"
    if "cache-control" not in told:
        yield "it does not say who may keep it"
    if not route.path.startswith(PUBLISHED) and not {"no-store", "private"} & set(
        re.split(r"[,\s]+", told.get("cache-control", ""))
    ):
        yield f"caches on the way may keep it: {told.get('cache-control')!r}"
    if any(len(told.get_list(name)) > 1 for name in told if name != "set-cookie"):
        yield "said twice"
    closed = told.get("cache-control") == "no-store" and "default-src 'none'" in policy
    if route.path.startswith(("/api/", "/visitor/")) and route.path not in KEPT and not closed:
        yield f"of the API: {told.get('cache-control')!r} {policy!r}"


def faults_of_kind(answer: httpx.Response) -> Iterator[str]:
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/html") and "camera=()" not in answer.headers.get("permissions-policy", ""):
        yield "pages ask for what they never use"
    if answer.content and not kind:
        yield "of no kind"
    if kind.startswith(("text/", "application/xml")) and "charset=utf-8" not in kind.lower():
        yield f"of no character set: {kind}"


async def come(stage: Stage, who: str) -> httpx.AsyncClient:
    if who == "owner":
        return await stage.signed_in(Role.OWNER)
    return stage.visitor() if who == "visitor" else stage.door()


@pytest.mark.parametrize("who", ["owner", "stranger", "visitor"])
async def test_every_answer_says_what_may_be_done_with_it(stage: Stage, who: str) -> None:
    wrong = []
    for route in routes():
        async with await come(stage, who) as client:
            body = {"json": sample(route.body, stage.home.ids)} if route.reads_json else {}
            answer = await client.request(route.method, route.url(stage.home.ids), **body)
        wrong += [(route.name, answer.status_code, one) for one in [*problems_of(route, answer), *faults_of_kind(answer)]]
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/%00", "/app/x.js", "/files/a/b/c"])
async def test_what_is_not_there_says_so_too(stage: Stage, path: str) -> None:
    async with stage.door() as client:
        answer = await client.get(path)
    nowhere = Route(method="GET", path="/api/", guards=(), body=None, query=())
    assert answer.status_code in {404, 503} or path == "/app/x.js"
    assert path.startswith("/app") or not list(problems_of(nowhere, answer))


@pytest.mark.parametrize(
    ("public_url", "told"),
    [("https://desk.example.com", ["max-age=31536000; includeSubDomains"]), ("http://desk.example.com", []), ("", [])],
)
async def test_by_https_browsers_are_told_to_come_by_nothing_else(
    stage: Stage, tmp_path: Path, postgres_dsn: str, public_url: str, told: list[str]
) -> None:
    """By plain http it would be ignored, and would shut out whoever only tries the desk on a machine of their own."""
    house = House(read_settings({}, data_dir=str(tmp_path), bot_model="off", public_url=public_url), stage.database, postgres_dsn)
    front = Front(Running(house, alone=True), make_litestar())
    transport = httpx.ASGITransport(front, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8717") as client:
            for path in ("/", "/app/", "/api/v1/session", "/nowhere", "/healthz", f"/help/{stage.home.workspace.slug}"):
                answer = await client.get(path)
                assert answer.headers.get_list("strict-transport-security") == told
    finally:
        house.bot.close()
