"""Every refusal is problem details with a stable code, and a route is open to those its guard names alone."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar, get, post
from litestar.exceptions import HTTPException
from msgspec import Struct

from qiao.kit.errors import NotFound, QiaoError, TooMany
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import Authentication
from qiao.platform.http.guards import public, requires, signed_in, visitor
from qiao.platform.http.problems import (
    answer_bug,
    answer_database,
    answer_http_error,
    answer_malformed,
    answer_qiao_error,
    problem_body,
)

pytestmark = pytest.mark.slow

ANN = Caller(
    workspace_id=uuid4(), person_id=uuid4(), session_id=uuid4(), name="Ann", role="agent",
    permissions=frozenset({"tea.read", "tea.write"}), locale="en",
)  # fmt: skip
BOB = msgspec.structs.replace(ANN, name="Bob", permissions=frozenset({"tea.read"}))


class Tea(Struct, forbid_unknown_fields=True):
    name: str
    grams: int


class Missing(NotFound):
    code = "tea.missing"


FAILURES: dict[str, Exception] = {
    "missing": Missing("no such tea", tea="oolong", status=200, code="mine"),
    "many": TooMany("slow down", retry_after=7),
    "bug": ValueError("the secret is 42"),
    "value": asyncpg.CharacterNotInRepertoireError("invalid byte sequence for encoding"),
    "deadlock": asyncpg.DeadlockDetectedError("deadlock"),
    "shutdown": asyncpg.AdminShutdownError("terminating connection"),
    "closed": asyncpg.InterfaceError("connection is closed"),
    "reset": ConnectionResetError("reset"),
    "constraint": asyncpg.NotNullViolationError("null value in column secret"),
}


@get("/fail/{how:str}", guards=[public])
async def fail(how: str) -> None:
    raise FAILURES[how]


@post("/tea", guards=[requires("tea.write")])
async def make(data: Tea) -> Tea:
    return data


@get("/tea", guards=[requires("tea.read")])
async def read() -> str:
    return "tea"


@get("/me", guards=[signed_in])
async def me() -> str:
    return "me"


@get("/visit", guards=[visitor])
async def visit() -> str:
    return "visit"


@pytest.fixture(scope="module")
def app() -> Litestar:
    return Litestar(
        [fail, make, read, me, visit],
        exception_handlers={
            QiaoError: answer_qiao_error,
            HTTPException: answer_http_error,
            msgspec.MsgspecError: answer_malformed,
            asyncpg.PostgresError: answer_database,
            asyncpg.InterfaceError: answer_database,
            ConnectionError: answer_database,
            Exception: answer_bug,
        },
        openapi_config=None,
        logging_config=None,
    )


@pytest.fixture
async def client(app: Litestar):
    async def resolve(token: str) -> Caller | None:
        return {"ann": ANN, "bob": BOB}.get(token)

    transport = httpx.ASGITransport(Authentication(app, resolve), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        yield client


def as_(name: str, **headers: str) -> dict[str, str]:
    return {"Cookie": f"qiao_session={name}", **headers}


async def test_an_expected_outcome_is_told_with_its_code_and_details(client):
    answer = await client.get("/fail/missing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:qiao:tea.missing", "title": "Missing", "status": 404, "code": "tea.missing", "detail": "no such tea", "tea": "oolong",
    }  # fmt: skip


async def test_when_to_try_again_is_a_header_too(client):
    answer = await client.get("/fail/many")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["retry_after"]) == (429, "7", 7)


@pytest.mark.parametrize("how", ["bug", "constraint"])
async def test_a_bug_tells_nothing(client, how):
    answer = await client.get(f"/fail/{how}")
    assert (answer.status_code, answer.json()["code"]) == (500, "qiao.bug")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("value", 422, "qiao.invalid"), ("deadlock", 503, "db.unavailable"), ("shutdown", 503, "db.unavailable"),
        ("closed", 503, "db.unavailable"), ("reset", 503, "db.unavailable"),
    ],
)  # fmt: skip
async def test_what_the_database_says_is_told_in_our_words(client, how, status, code):
    answer = await client.get(f"/fail/{how}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert str(FAILURES[how]) not in answer.text


async def test_an_unknown_address_and_method_have_codes(client):
    unknown, method = await client.get("/nowhere"), await client.put("/tea")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "qiao.not_found")
    assert (method.status_code, method.json()["code"]) == (405, "qiao.method_not_allowed")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"name":"a"}', b'{"name":"a","grams":"x"}', b'{"name":"a","grams":1,"more":1}', b"\xff"]
)
async def test_a_body_that_does_not_fit_is_the_callers_fault(client, body):
    headers = as_("ann", **{"X-Qiao-Client": "console", "Content-Type": "application/json"})
    answer = await client.post("/tea", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] == "qiao.invalid"


def test_details_cannot_replace_what_every_problem_says():
    body = problem_body(Missing("gone", status=200, code="mine", type="x"))
    assert (body["status"], body["code"], body["type"]) == (404, "tea.missing", "urn:qiao:tea.missing")


async def test_nobody_is_let_through_without_a_session(client):
    for path in ("/me", "/tea"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")


async def test_a_session_opens_what_is_for_everybody_who_works_here(client):
    assert (await client.get("/me", headers=as_("bob"))).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("ann", 201), ("bob", 403)])
async def test_a_permission_opens_its_route_alone(client, name, status):
    headers = as_(name, **{"X-Qiao-Client": "console"})
    answer = await client.post("/tea", json={"name": "oolong", "grams": 5}, headers=headers)
    assert answer.status_code == status


async def test_a_foreign_page_can_change_nothing(client):
    answer = await client.post("/tea", json={"name": "oolong", "grams": 5}, headers=as_("ann"))
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.refused")
    assert (await client.get("/tea", headers=as_("ann"))).status_code == 200


async def test_a_visitors_route_leaves_the_token_to_its_handler(client):
    assert (await client.get("/visit")).status_code == 200


def test_a_guard_tells_its_permission():
    guard: Any = requires("tea.write")
    assert guard.__name__ == "requires_tea_write"
