"""What the outermost door says when something is amiss: headers only, a database that is away, parameters nobody reads."""

import asyncpg
import httpx
import pytest

from qiao.app.asgi import Front, make_litestar
from qiao.app.wiring import Running

pytestmark = pytest.mark.database

COOKIE = {"Cookie": "qiao_session=qs_00000000000000000000000000000000_x"}


class Away:
    """The people domain while its database is not there."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def __call__(self, _token: str) -> None:
        raise self.error


@pytest.fixture
def front_without_database(house, monkeypatch):
    def made(error: Exception) -> httpx.AsyncClient:
        monkeypatch.setattr(house.people, "authenticate", Away(error))
        front = Front(Running(house), make_litestar())
        transport = httpx.ASGITransport(front, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8717")

    return made


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.InterfaceError("pool is closed"),
        ConnectionRefusedError("refused"),
        TimeoutError("slow"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_database_that_is_away_while_the_session_is_looked_up_is_told(front_without_database, error):
    async with front_without_database(error) as browser:
        answer = await browser.get("/api/v1/session", headers=COOKIE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (answer.json()["code"], answer.json()["status"]) == ("db.unavailable", 503)
    assert str(error) not in answer.text


async def test_without_a_session_there_is_nobody_to_look_up(front_without_database):
    async with front_without_database(asyncpg.InterfaceError("closed")) as browser:
        assert (await browser.get("/healthz")).status_code == 200


async def test_a_bug_in_front_of_the_routes_is_no_database(front_without_database):
    async with front_without_database(ValueError("the secret is 42")) as browser:
        answer = await browser.get("/api/v1/session", headers=COOKIE)
    assert answer.status_code == 500
    assert "42" not in answer.text


@pytest.mark.parametrize("error", [asyncpg.InterfaceError("pool is closed"), ConnectionResetError("reset")])
async def test_a_socket_is_refused_while_the_database_is_away(house, monkeypatch, error):
    monkeypatch.setattr(house.people, "authenticate", Away(error))
    front = Front(Running(house), make_litestar())
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"desk.example"), (b"origin", b"http://desk.example"), (b"cookie", b"qiao_session=x")]
    await front({"type": "websocket", "path": "/live", "headers": headers}, receive, send)
    assert sent[0]["status"] == 503
    assert b"db.unavailable" in sent[1]["body"]


@pytest.mark.parametrize(
    ("role", "path"),
    [("", "/healthz"), ("", "/"), ("agent", "/api/v1/session"), ("agent", "/api/v1/conversations"), ("", "/nowhere")],
)
async def test_headers_alone_are_those_of_the_whole(door, role, path):
    browser = await door(role)
    whole, headers = await browser.get(path), await browser.head(path)
    assert (headers.status_code, headers.content) == (whole.status_code, b"")
    assert headers.headers["content-type"] == whole.headers["content-type"]
    assert headers.headers.get("content-length") == whole.headers.get("content-length")


async def test_headers_alone_need_the_same_rights(door):
    assert (await (await door()).head("/api/v1/conversations")).status_code == 401


async def test_what_cannot_be_read_has_no_headers_either(door):
    assert (await (await door("agent")).head("/api/v1/session/password")).status_code in {404, 405}


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/api/v1/conversations", {"vieew": "mine"}),
        ("/api/v1/conversations", {"view": "mine", "page": "2"}),
        ("/api/v1/contacts", {"words": "x"}),
        ("/api/v1/people", {"database": "x"}),
        ("/api/v1/inboxes", {"_": "1"}),
        ("/api/v1/search", {"q": "x", "house": "y"}),
    ],
)
async def test_a_parameter_that_no_route_reads_is_refused(door, path, parameters):
    answer = await (await door("owner")).get(path, params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (400, "qiao.unknown_parameter")
    assert len(answer.json()["parameters"]) == 1


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/api/v1/conversations", {"view": "mine", "limit": "5"}),
        ("/api/v1/contacts", {"query": "x", "limit": "3"}),
        ("/api/v1/search", {"q": "x"}),
        ("/api/v1/knowledge/faqs", {"query": "邮费"}),
    ],
)
async def test_parameters_that_are_read_are_taken(door, path, parameters):
    assert (await (await door("owner")).get(path, params=parameters)).status_code == 200


async def test_a_list_of_unknown_parameters_is_short(door):
    answer = await (await door("owner")).get("/api/v1/inboxes", params={f"p{n:03}" + "x" * 100: "1" for n in range(50)})
    assert answer.status_code == 400
    assert len(answer.content) < 2_000


async def test_links_from_elsewhere_may_carry_anything(door):
    assert (await (await door()).get("/healthz", params={"utm_source": "letter"})).status_code == 200


@pytest.mark.parametrize("thing", ["faqs", "articles", "categories", "snippets"])
async def test_what_is_not_there_cannot_be_deleted(door, thing):
    editor = await door("editor")
    answer = await editor.delete(f"/api/v1/knowledge/{thing}/0190c8a0-0000-7000-8000-000000000000")
    assert (answer.status_code, answer.json()["code"]) == (404, "knowledge.not_found")


async def test_an_inbox_is_for_a_team_that_exists(house, door):
    admin = await door("admin")
    inbox = (await admin.post("/api/v1/inboxes", json={"channel": next(iter(house.channels)), "name": "官网"})).json()
    nobody = await admin.patch(f"/api/v1/inboxes/{inbox['id']}", json={"team_id": "0190c8a0-0000-7000-8000-000000000000"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "people.team_not_found")
    team = (await admin.post("/api/v1/teams", json={"name": {"zh": "售后", "en": "After-sales"}})).json()
    taken = await admin.patch(f"/api/v1/inboxes/{inbox['id']}", json={"team_id": team["id"]})
    assert (taken.status_code, taken.json()["team_id"]) == (200, team["id"])
    freed = await admin.patch(f"/api/v1/inboxes/{inbox['id']}", json={"team_id": None})
    assert (freed.status_code, freed.json()["team_id"]) == (200, None)
