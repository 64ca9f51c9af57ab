"""Whatever a wall refuses is a line of the log: what, where, to whom, and nothing secret; a flood is a few lines and a number."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.addresses import resolve
from support.stage import Stage, open_stage

from qiao.app.asgi import Front
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database
from qiao.platform.http.outbound import AddressRefused, Outbound, OutboundRequest
from qiao.platform.observe.refusals import EACH, REFUSALS

pytestmark = pytest.mark.database

FROM = {"X-Forwarded-For": "203.0.113.77"}
SECRET = "kanarie-8c1f"
LONG_AGO = f"qs_{'0' * 32}_{SECRET}"


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[dict[str, Any]]]:
    """What is logged from here on; what was refused before takes no room."""
    REFUSALS.sum_up()
    with capture_logs() as lines:
        yield lines


def refused(logged: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in logged if line["event"] == "refused"]


async def as_somebody(stage: Stage, role: Role, method: str, path: str, *, client: bool = True, **body: Any) -> None:
    async with await stage.signed_in(role, client=client) as door:
        await door.request(method, path, **body)


async def as_nobody(stage: Stage, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> None:
    async with stage.door({"X-Qiao-Client": "tests", **(headers or {})}, ip="198.51.100.7") as door:
        await door.request(method, path, **body)


async def by_program(stage: Stage, method: str, path: str) -> None:
    async with await stage.signed_in(Role.OWNER) as door:
        made = (await door.post("/api/v1/keys", json={"name": "program", "scopes": ["contacts.read"]})).json()
    await as_nobody(stage, method, path, {"Authorization": f"Bearer {made['secret']}"})


async def by_socket(stage: Stage, path: str, *headers: tuple[bytes, bytes], frames: tuple[dict[str, Any], ...] = ()) -> None:
    coming = iter([{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": json.dumps(one)} for one in frames)])

    async def receive() -> dict[str, Any]:
        return next(coming, {"type": "websocket.disconnect", "code": 1000})

    async def send(_message: object) -> None:
        pass

    host = (b"host", b"desk.example")
    scope = {"type": "websocket", "path": path, "headers": [host, *headers], "client": ("198.51.100.7", 1)}
    await Front(stage.front._running, stage.front._routes).__call__(scope, receive, send)


async def by_provider(stage: Stage) -> None:
    async with stage.database.scope(stage.home.workspace.id) as scope:
        inbox = await stage.house.inboxes.create(scope, NewInbox(channel="telegram", name="bot"))
        await stage.house.accounts.set_secrets(scope, inbox.id, {"token": f"123456:{SECRET}"})
    forged = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    await as_nobody(stage, "POST", f"/in/{inbox.key}", forged, json={"update_id": 1, "message": {"text": SECRET}})


async def guessing_links(stage: Stage) -> None:
    for _ in range(31):
        await as_nobody(stage, "POST", "/api/v1/invites/lookup", json={"token": f"qi_{'0' * 32}_{SECRET}"})


async def asking_inside(stage: Stage) -> None:
    with pytest.raises(AddressRefused):
        await Outbound(resolve=resolve).send(OutboundRequest(url=f"http://127.0.0.1:9/{SECRET}"))


OTHER = (b"origin", b"https://elsewhere.example")
OURS = (b"origin", b"http://desk.example")
CASES: dict[str, tuple[Callable[[Stage], Awaitable[None]], tuple[str, str, set[str]]]] = {
    "a role that may not": (
        lambda stage: as_somebody(stage, Role.VIEWER, "GET", "/api/v1/audit"),
        ("auth.refused", "/api/v1/audit", {"workspace", "person", "network"}),
    ),
    "a thing of another company": (
        lambda stage: as_somebody(stage, Role.OWNER, "GET", f"/api/v1/conversations/{stage.away.ids['conversation_id']}"),
        ("conversations.not_found", "/api/v1/conversations/{conversation_id}", {"workspace", "person", "network"}),
    ),
    "a wrong password": (
        lambda stage: as_nobody(stage, "POST", "/api/v1/session", json={"email": "eve@x.example", "password": SECRET}),
        ("auth.wrong_credentials", "/api/v1/session", {"account", "network"}),
    ),
    "a session that is none": (
        lambda stage: as_nobody(stage, "GET", "/api/v1/session", {"Cookie": f"qiao_session={LONG_AGO}"}),
        ("auth.unauthenticated", "/api/v1/session", {"network"}),
    ),
    "a visitor that is none": (
        lambda stage: as_nobody(stage, "GET", "/visitor/v1/messages", {"Authorization": f"Bearer qv_{'0' * 32}_{SECRET}"}),
        ("contacts.visitor_unknown", "/visitor/v1/messages", {"network"}),
    ),
    "a page of another site": (
        lambda stage: as_somebody(stage, Role.OWNER, "DELETE", "/api/v1/session", client=False),
        ("auth.refused", "/api/v1/session", {"workspace", "person", "network"}),
    ),
    "a socket from another site": (
        lambda stage: by_socket(stage, "/live", OTHER, (b"cookie", f"qiao_session={LONG_AGO}".encode())),
        ("auth.refused", "/live", {"network"}),
    ),
    "a socket with a session that is none": (
        lambda stage: by_socket(stage, "/live", OURS, (b"cookie", f"qiao_session={LONG_AGO}".encode())),
        ("auth.unauthenticated", "/live", {"network"}),
    ),
    "a visitor's socket with a token that is none": (
        lambda stage: by_socket(stage, "/visitor/v1/live", frames=({"type": "hello", "token": f"qv_{'0' * 32}_{SECRET}"},)),
        ("contacts.visitor_unknown", "/visitor/v1/live", set()),
    ),
    "a visitor's frame that nobody knows": (
        lambda stage: by_socket(
            stage, "/visitor/v1/live", frames=({"type": "hello", "token": stage.home.visitor_token}, {"type": SECRET})
        ),
        ("live.unknown_type", "/visitor/v1/live", {"workspace", "contact"}),
    ),
    "a program beyond its scopes": (
        lambda stage: by_program(stage, "GET", "/api/v1/analytics/overview"),
        ("auth.refused", "/api/v1/analytics/overview", {"workspace", "key", "network"}),
    ),
    "a delivery that its provider did not sign": (
        by_provider,
        ("auth.refused", "/in/{inbox_key}", {"workspace", "inbox", "network"}),
    ),
    "too many tries": (guessing_links, ("qiao.too_many", "/api/v1/invites/lookup", {"network"})),
    "a body that is not what the route reads": (
        lambda stage: as_somebody(stage, Role.OWNER, "POST", "/api/v1/invites", json={"email": SECRET, "is_admin": True}),
        ("qiao.invalid", "/api/v1/invites", {"workspace", "person", "network"}),
    ),
    "a parameter that the route does not read": (
        lambda stage: as_somebody(stage, Role.OWNER, "GET", f"/api/v1/people?workspace_id={SECRET}"),
        ("qiao.unknown_parameter", "/api/v1/people", {"workspace", "person", "network"}),
    ),
    "somebody who looks for what others leave open": (
        lambda stage: as_nobody(stage, "GET", f"/wp-login.php?{SECRET}"),
        ("qiao.not_found", "none", {"network"}),
    ),
    "an address inside": (asking_inside, ("outbound.refused", "", set())),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_a_wall_refuses_is_a_line_that_says_who_where_and_what(
    stage: Stage, logged: list[dict[str, Any]], case: str
) -> None:
    act, (code, route, who) = CASES[case]
    await act(stage)
    line = refused(logged)[-1]
    assert (line["code"], line.get("route", ""), line["log_level"]) == (code, route, "warning")
    assert set(line) - {"event", "code", "route", "log_level", "status", "method", "host"} == who
    ids = {str(one) for one in (stage.home.workspace.id, *(face.person_id for face in stage.home.faces.values()))}
    assert line.get("workspace", str(stage.home.workspace.id)) in ids
    assert line.get("person", str(stage.home.faces[Role.OWNER].person_id)) in ids
    assert line.get("network") in {None, "127.0.0.0/24", "198.51.100.0/24"}
    said = str(logged)
    assert not [one for one in (SECRET, "eve@", "198.51.100.7", "127.0.0.1:4321") if one in said]


async def test_what_people_do_by_mistake_is_no_attempt(stage: Stage, logged: list[dict[str, Any]]) -> None:
    await as_nobody(stage, "GET", "/api/v1/session")
    await as_nobody(stage, "GET", "/app/anything")
    await as_somebody(stage, Role.OWNER, "POST", "/api/v1/invites", json={"email": "no address", "role": "agent"})
    await as_somebody(stage, Role.OWNER, "GET", "/api/v1/people")
    assert refused(logged) == []


async def test_a_flood_is_a_few_lines_and_a_number(stage: Stage, logged: list[dict[str, Any]]) -> None:
    async with stage.door() as door:
        for _ in range(EACH + 30):
            assert (await door.get(f"/{uuid4()}")).status_code == 404
    REFUSALS.sum_up()
    assert len(refused(logged)) == EACH
    assert [(one["code"], one["number"]) for one in logged if one["event"] != "refused"] == [("qiao.not_found", 30)]


async def test_which_account_is_tried_is_told_by_a_digest_that_is_the_same_for_nobodys(
    stage: Stage, logged: list[dict[str, Any]]
) -> None:
    async with stage.database.scope(stage.home.workspace.id) as scope:
        email = (await stage.house.people.get(scope, stage.home.faces[Role.AGENT].person_id)).email
    for address in (email, "nobody@nowhere.example", email):
        await as_nobody(stage, "POST", "/api/v1/session", json={"email": address, "password": SECRET})
    first, other, again = (one["account"] for one in refused(logged))
    assert first == again != other
    assert len(first) == len(other) == 8


async def test_a_fault_says_when_where_and_to_whom_too(
    stage: Stage, logged: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_scope: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(stage.house.people, "list", broken)
    await as_somebody(stage, Role.OWNER, "GET", "/api/v1/people")
    (line,) = (one for one in logged if one["event"] == "unhandled error")
    owner = str(stage.home.faces[Role.OWNER].person_id)
    assert (line["method"], line["route"], line["person"]) == ("GET", "/api/v1/people", owner)
    assert (line["workspace"], str(line["exc_info"])) == (str(stage.home.workspace.id), "broken")
