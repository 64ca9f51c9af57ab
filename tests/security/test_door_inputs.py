"""Every body and query of every route with what does not belong there: unknown fields, wrong types, extremes, forged cursors."""

import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import numbers_of, sample, texts_of, unknown_fields, wrong_fields
from support.routes import Route, api_routes
from support.stage import Stage, leak_of, listed, open_stage, problem_of

from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

READING = [route for route in api_routes() if route.reads_json]
ASKING = [route for route in api_routes() if route.method == "GET" and route.query]
UNBOUNDED = "长" * 3_000_000
BIG = 10**30
BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"7",
    b"{'a': 1}",
    b'{"a": NaN}',
    b"\xff\xfe",
    b"\x00",
    b'{"text": "\\ud800"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"a=1&b=2",
    b"<xml/>",
]


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


class Doors:
    """Whoever may use a route: an owner, or a visitor."""

    def __init__(self, stage: Stage, owner: httpx.AsyncClient, visitor: httpx.AsyncClient) -> None:
        self.ids = stage.home.ids
        self._owner = owner
        self._visitor = visitor

    async def ask(self, route: Route, **options: Any) -> httpx.Response:
        door = self._visitor if route.path.startswith("/visitor/") else self._owner
        return await door.request(route.method, route.url(self.ids), **options)


@pytest.fixture(scope="module")
async def doors(stage: Stage) -> AsyncIterator[Doors]:
    async with await stage.signed_in(Role.OWNER) as owner, stage.visitor() as visitor:
        yield Doors(stage, owner, visitor)


def unfit(answer: httpx.Response) -> str:
    """Anything but a refusal in problem details because the input does not fit."""
    return problem_of(answer) or ("" if answer.status_code in {413, 422} else f"{answer.status_code} {answer.text[:200]}")


def broken(answer: httpx.Response) -> str:
    """A fault of ours: any 5xx, or a refusal that says too much. What is taken is fine."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:200]}"
    return leak_of(answer) if answer.status_code >= 400 else ""


async def test_fields_that_nobody_knows_are_refused_and_claim_nothing(stage: Stage, doors: Doors) -> None:
    wrong = []
    before = await stage.picture_of(stage.home)
    for route in READING:
        for body in unknown_fields(route.body, doors.ids):
            answer = await doors.ask(route, json=body)
            if unfit(answer) or answer.json()["code"] != "qiao.invalid":
                wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)
    assert await stage.picture_of(stage.home) == before


async def test_wrong_types_are_refused(doors: Doors) -> None:
    wrong = []
    for route in READING:
        for name, value, body in wrong_fields(route.body, doors.ids):
            problem = unfit(await doors.ask(route, json=body))
            if problem:
                wrong.append((route.name, name, value, problem))
    assert not wrong, listed(wrong)


async def test_no_field_takes_text_without_end(doors: Doors) -> None:
    wrong = []
    for route in READING:
        for name in texts_of(route.body):
            answer = await doors.ask(route, json={**sample(route.body, doors.ids), name: UNBOUNDED})
            if problem_of(answer) or len(answer.content) > 4_000:
                wrong.append((route.name, name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


async def test_long_text_is_taken_or_refused_and_never_breaks(doors: Doors) -> None:
    wrong = []
    for route in READING:
        for name in texts_of(route.body):
            body = {**sample(route.body, doors.ids), name: "长" * 30_000, "client_id": uuid4().hex}
            body = {key: value for key, value in body.items() if key != "client_id" or "client_id" in texts_of(route.body)}
            problem = broken(await doors.ask(route, json=body))
            if problem:
                wrong.append((route.name, name, problem))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "a\x00b", "\u200b\u200d\ufeff", "\u202eevil", "😀" * 50, "a'; drop table people; --"]
)
async def test_strange_text_in_any_field_never_breaks(doors: Doors, text: str) -> None:
    wrong = []
    for route in READING:
        for name in texts_of(route.body):
            body = {**sample(route.body, doors.ids), name: text}
            problem = broken(await doors.ask(route, json=body))
            if problem:
                wrong.append((route.name, name, problem))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63 - 1, -(2**63), BIG])
async def test_extreme_numbers_never_break(doors: Doors, number: int) -> None:
    wrong = []
    for route in READING:
        for name in numbers_of(route.body):
            problem = broken(await doors.ask(route, json={**sample(route.body, doors.ids), name: number}))
            if problem:
                wrong.append((route.name, name, problem))
    assert not wrong, listed(wrong)


async def test_what_is_not_json_is_refused(doors: Doors) -> None:
    wrong = []
    for route in READING:
        for content in BROKEN:
            problem = problem_of(await doors.ask(route, content=content, headers={"Content-Type": "application/json"}))
            if problem:
                wrong.append((route.name, content[:20], problem))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "a" * 5000]
)
async def test_other_kinds_of_bodies_never_break(doors: Doors, kind: str) -> None:
    wrong = []
    for route in [route for route in api_routes() if route.body is not None]:
        problem = broken(await doors.ask(route, content=b"--x\r\n\r\nx", headers={"Content-Type": kind}))
        if problem:
            wrong.append((route.name, problem))
    assert not wrong, listed(wrong)


async def test_a_huge_body_is_refused_before_it_is_read(doors: Doors) -> None:
    wrong = []
    sent = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1_000_000

    for route in READING:
        sent = 0
        answer = await doors.ask(route, content=without_end(), headers={"Content-Type": "application/json"})
        if answer.status_code != 413 or problem_of(answer) or sent > 6:
            wrong.append((route.name, answer.status_code, sent, answer.text[:100]))
    assert not wrong, listed(wrong)


def values_for(name: str) -> list[str]:
    forged = [
        b"[]",
        b"7",
        b'["2026", "x"]',
        b'["0001-01-01T00:00:00","00000000-0000-0000-0000-000000000000"]',
        b"[1e400]",
        b"\xff",
    ]
    cursors = [urlsafe_b64encode(one).decode().rstrip("=") for one in forged]
    plain = [
        "",
        "x",
        "\x00",
        "a\x00b",
        "é'--",
        "%",
        "_",
        "\\",
        "9" * 40,
        "-1",
        "0",
        "1.5",
        "nan",
        "[]",
        "😀",
        "x" * 5_000,
        "\u202e\u200b",
    ]
    return [*plain, *(cursors if name == "cursor" else [])]


async def test_strange_questions_never_break(doors: Doors) -> None:
    wrong = []
    for route in ASKING:
        for name in route.query:
            for value in values_for(name):
                params = {**({"q": "x"} if "q" in route.query else {}), name: value}
                problem = broken(await doors.ask(route, params=params))
                if problem:
                    wrong.append((route.name, name, value[:30], problem))
        problem = broken(await doors.ask(route, params=[("limit", "1"), ("limit", "2"), ("cursor", "a"), ("cursor", "b")]))
        if problem:
            wrong.append((route.name, "twice", problem))
    assert not wrong, listed(wrong)


async def test_a_page_is_never_longer_than_its_bound(doors: Doors) -> None:
    wrong = []
    for route in [route for route in ASKING if "limit" in route.query]:
        for limit in ("0", "-5", "1000000", "9" * 30):
            answer = await doors.ask(route, params={"limit": limit, **({"q": "canary"} if "q" in route.query else {})})
            if broken(answer) or (answer.status_code not in {200, 422}):
                wrong.append((route.name, limit, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize(
    "piece", ["x", "null", "../../etc/passwd", "%00", "😀", "0" * 400, "00000000-0000-0000-0000-00000000000g", "'--"]
)
async def test_what_is_no_id_is_not_found(doors: Doors, piece: str) -> None:
    wrong = []
    for route in [route for route in api_routes() if route.id_names]:
        strange: Any = dict.fromkeys(route.id_names, piece)
        answer = await doors._owner.request(route.method, route.url({**doors.ids, **strange}), json={})
        if answer.status_code not in {404, 405, 422} or problem_of(answer):
            wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/v1", "/api/v1/nothing", "/visitor/v1/x", "/app/%2e%2e/x"])
async def test_an_address_that_is_not_there_is_a_problem_or_a_page(doors: Doors, path: str) -> None:
    answer = await doors._owner.get(path)
    assert answer.status_code in {200, 404}
    assert "root:" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"])
async def test_a_method_that_is_not_there_is_refused(doors: Doors, method: str) -> None:
    answer = await doors._owner.request(method, "/api/v1/tags")
    assert answer.status_code in {404, 405}
    assert problem_of(answer) == ""


async def test_strange_headers_never_break(doors: Doors) -> None:
    wrong = []
    for name in (
        "Cookie",
        "Authorization",
        "Accept",
        "Accept-Language",
        "Accept-Encoding",
        "Range",
        "X-Forwarded-For",
        "Host",
        "If-None-Match",
    ):
        for value in (
            "",
            "\xff\xfe",
            "x" * 20_000,
            "qiao_session=",
            "qiao_session=a; qiao_session=b",
            "a,b;q=x;;==",
            '"',
            "bytes=0-99999999999",
        ):
            answer = await doors._owner.get("/api/v1/session", headers={name: value.encode("latin-1")})
            if answer.status_code not in {200, 400, 401} or broken(answer):
                wrong.append((name, value[:20], answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


async def test_the_refusal_names_the_field_and_repeats_nothing(doors: Doors) -> None:
    route = next(route for route in READING if route.name == "POST /api/v1/teams")
    answer = await doors.ask(route, json={"name": 7, "member_ids": []})
    assert answer.status_code == 422
    assert "name" in json.dumps(answer.json())
    assert "secret-canary" not in (await doors.ask(route, json={"name": {"zh": "x"}, "secret-canary": 1})).json()["title"]
