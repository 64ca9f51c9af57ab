"""What stands in an address is seen by proxies, histories and logs: no session, key or password does, and what must is on a list."""

import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from litestar import Litestar, get

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "architecture"))
from tables_of_pages import named, rows

from qiao.app.asgi import make_litestar
from qiao.platform.http.guards import public
from qiao.platform.http.problems import answer_bug

SECRET = re.compile(
    r"token|secret|passw|session|key|auth|cookie|jwt|credential|code|proof|signature|ticket|stamp|invite|reset|otp|pin$"
)
IDS = {"api_key_id", "key_id", "session_id", "ticket_id", "invite_id"}
"""Names of rows, which open nothing."""
PLACE = re.compile(r"{(\w+)")


def listed() -> dict[str, str]:
    """Which places of addresses may hold what opens something, by route; empty for what everybody may know."""
    return {one: what for address, what, *_ in rows("docs/trust/data.md", "Secrets in addresses") for one in named(address)}


def places() -> set[str]:
    """The routes with a place that is called like a secret."""
    routes = [re.sub(r":\w+}", "}", route.path) for route in make_litestar().routes]
    return {path for path in routes if any(SECRET.search(name) and name not in IDS for name in PLACE.findall(path))}


def parameters() -> set[tuple[str, str]]:
    """(route, name) of each query parameter that the API describes."""
    described = make_litestar().openapi_schema.to_schema()["paths"]
    return {
        (path, parameter["name"])
        for path, methods in described.items()
        for method in methods.values()
        for parameter in method.get("parameters", [])
        if parameter["in"] == "query"
    }


def test_no_query_asks_for_a_secret() -> None:
    asked = parameters()
    assert len(asked) > 40
    assert {one for one in asked if SECRET.search(one[1]) and one[1] not in IDS} == set()


def test_every_place_of_an_address_that_opens_something_is_on_the_list() -> None:
    faces = {"/app/{path}"}
    assert places() - set(listed()) == set()
    assert {one for one in listed() if "…" not in one} - places() - faces == set()


@pytest.mark.database
async def test_a_way_in_is_no_way_in_when_it_stands_in_an_address(house: Any, door: Any, workspace: Any) -> None:
    """Of somebody signed in, and of a program; the doors that read them from a header open."""
    admin, stranger = await door("admin"), await door(**{"X-Qiao-Client": "tests"})
    session = admin.headers["Cookie"].removeprefix("qiao_session=")
    made = await admin.post("/api/v1/keys", json={"name": "till", "scopes": ["conversations.read"]})
    assert made.status_code == 201, made.text
    key = made.json()["secret"]
    assert (await stranger.get("/api/v1/conversations", headers={"Authorization": f"Bearer {key}"})).status_code == 200
    for value in (session, key):
        for name in ("token", "access_token", "api_key", "key", "qiao_session", "session", "authorization"):
            answer = await stranger.get("/api/v1/conversations", params={name: value})
            assert answer.status_code in {400, 401}, (name, answer.text)
            assert value not in answer.text


async def test_a_fault_is_logged_by_its_route_and_not_by_its_address() -> None:
    @get("/open/{secret:str}", guards=[public])
    async def broken(secret: str) -> None:
        raise RuntimeError("a fault")

    app = Litestar([broken], exception_handlers={Exception: answer_bug}, openapi_config=None)
    with structlog.testing.capture_logs() as said:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            answer = await client.get("/open/canary-of-an-address?q=canary-of-words")
    assert answer.status_code == 500
    assert [line["route"] for line in said] == ["/open/{secret}"]
    assert "canary" not in repr([{name: value for name, value in line.items() if name != "exc_info"} for line in said])


@pytest.mark.database
async def test_no_page_tells_another_host_its_address(door: Any) -> None:
    """Only scheme and host go to others, and nothing at all from where a customer's own page is begun."""
    stranger = await door()
    for path in ("/app/invite", "/app/reset", "/app/", "/files/0/0/0", "/nowhere"):
        policy = (await stranger.get(path)).headers["referrer-policy"]
        assert policy in {"strict-origin-when-cross-origin", "no-referrer"}, path
