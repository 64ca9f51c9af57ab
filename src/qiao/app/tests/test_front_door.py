"""The outermost door: who gets a socket, what every answer carries, what monitors are told."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from qiao.app.asgi import Front, make_litestar
from qiao.app.health import HealthController
from qiao.app.wiring import Running
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database


class Caller:
    """A browser that opens a socket."""

    def __init__(self, path: str, **headers: str) -> None:
        pairs = {"host": "desk.example", **headers}
        self.scope = {
            "type": "websocket", "path": path,
            "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in pairs.items()],
        }  # fmt: skip
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.inbox.put_nowait({"type": "websocket.connect"})
        self.sent: list[dict[str, Any]] = []

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def open(self, front: Front) -> tuple[int, str]:
        """(status, code) of a refusal; 101 for a socket that was accepted."""
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait_for(front(self.scope, self.inbox.get, self.send), 10)
        if self.sent[0]["type"] == "websocket.accept":
            return 101, ""
        return self.sent[0]["status"], msgspec.json.decode(self.sent[1]["body"])["code"]


@pytest.fixture
def front(house) -> Front:
    return Front(Running(house), make_litestar())


@pytest.fixture
async def cookie(door) -> str:
    return (await door("agent")).headers["cookie"]


@pytest.mark.parametrize("origin", ["http://desk.example", "https://desk.example", "http://127.0.0.1:8717"])
async def test_our_own_pages_open_the_console_socket(front, cookie, origin):
    assert await Caller("/live", origin=origin, cookie=cookie).open(front) == (101, "")


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        "http://desk.example.evil.example",
        "http://desk.example@evil.example",
        "http://[",
        "desk.example",
    ],
)
async def test_a_foreign_page_opens_nothing_with_somebodys_cookie(front, cookie, origin):
    assert await Caller("/live", origin=origin, cookie=cookie).open(front) == (403, "auth.refused")


async def test_without_an_origin_or_a_session_nothing_opens(front, cookie):
    assert await Caller("/live", cookie=cookie).open(front) == (403, "auth.refused")
    assert await Caller("/live", origin="http://desk.example").open(front) == (401, "auth.unauthenticated")
    assert await Caller("/live", origin="http://desk.example", cookie="qiao_session=x").open(front) == (
        401,
        "auth.unauthenticated",
    )


async def test_visitors_come_from_any_page(front):
    assert await Caller("/visitor/v1/live", origin="https://shop.example").open(front) == (101, "")


@pytest.mark.parametrize("path", ["/", "/live/", "/live/x", "/api/v1/live", "/visitor/v1/live/x"])
async def test_there_are_no_other_sockets(front, path):
    assert await Caller(path, origin="http://desk.example").open(front) == (404, "qiao.not_found")


async def test_every_answer_is_guarded_against_guessing(door):
    stranger = await door()
    for path in ("/healthz", "/nowhere", "/api/v1/session", "/"):
        answer = await stranger.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"


async def test_people_who_work_here_are_expected(door):
    answer = await (await door()).get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/app/")


async def test_alive_and_ready(door):
    stranger = await door()
    assert (await stranger.get("/healthz")).json() == {"status": "alive"}
    assert (await stranger.get("/readyz")).json() == {"status": "ready", "role": "all", "bus": "away"}


async def test_without_its_database_it_is_alive_and_not_ready(front, house, postgres_dsn):
    away = await Database.connect(postgres_dsn, size=1)
    await away.close()
    connected, house.database = house.database, away
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://desk.example") as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
    house.database = connected
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "qiao.unavailable", "2")
    assert HealthController.include_in_schema is False


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200), ("::1", {}, 200), ("203.0.113.9", {}, 404), ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 404), ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}, 404),
    ],
)  # fmt: skip
async def test_figures_are_for_this_machine(front, client, headers, status):
    transport = httpx.ASGITransport(front, client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as browser:
        answer = await browser.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("qiao_http_requests" in answer.text) == (status == 200)


async def test_long_answers_travel_compressed(door):
    agent = await door("agent")
    answer = await agent.get("/api/schema/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert answer.headers.get("content-encoding") == "gzip"
    assert answer.json()["info"]["title"] == "Qiao"


async def test_lifespan_is_the_servers_business(front):
    async def never(*_message: Any) -> Any:
        raise AssertionError

    await front({"type": "lifespan"}, never, never)
