"""Programs with API keys at the program's own door: every route, what scopes and inboxes bound, and sockets."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import sample
from support.routes import api_routes
from support.stage import Stage, listed, open_stage, problem_of

from qiao.app import reach
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.people.access import PERMISSIONS
from qiao.domains.people.contracts import Role
from qiao.domains.people.keys import NEVER
from qiao.platform.auth.middleware import token_of
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.db.database import Database

GUARDED = [route for route in api_routes() if route.permission or "signed_in" in route.guards]
ALL = sorted(PERMISSIONS - NEVER)
OPEN_TO_PROGRAMS = {
    "GET /api/v1/channels",
    "GET /api/v1/channels/{name:str}/reasons",
    "GET /api/v1/inboxes",
    "GET /api/v1/inboxes/{inbox_id:uuid}",
    "GET /api/v1/inboxes/{inbox_id:uuid}/snippet",
    "GET /api/v1/inboxes/{inbox_id:uuid}/templates",
    "GET /api/v1/people",
    "GET /api/v1/special-days",
    "GET /api/v1/special-days/plans",
    "GET /api/v1/teams",
    "GET /api/v1/workspace",
    "POST /api/v1/files",
}
"""What asks for a sign-in alone and programs may call too."""
FOR_PEOPLE = {
    "POST /api/v1/conversations/{conversation_id:uuid}/claim",
    "POST /api/v1/conversations/{conversation_id:uuid}/reopen",
    "PUT /api/v1/conversations/{conversation_id:uuid}/draft",
}


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


async def secret_of(stage: Stage, scopes: list[str], role: Role = Role.OWNER, **fields: Any) -> str:
    async with await stage.signed_in(role) as door:
        answer = await door.post("/api/v1/keys", json={"name": "program", "scopes": scopes, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["secret"]


def door_of(stage: Stage, secret: str, **headers: str) -> httpx.AsyncClient:
    return stage.door({"Authorization": f"Bearer {secret}", **headers})


async def another_inbox(stage: Stage) -> tuple[UUID, UUID]:
    """An inbox of the same company with a conversation in it."""
    house, workspace_id = stage.house, stage.home.workspace.id
    async with stage.database.scope(workspace_id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=house.inboxes.channels()[0].name, name="other"))
        contact = await house.contacts.create(scope, ContactFields(name="elsewhere"))
    new = NewConversation(inbox_id=inbox.id, contact_id=contact.id, status=Status.WAITING)
    conversation = await house.conversations.find_or_open(workspace_id, new)
    author = Author(AuthorKind.CONTACT, contact.id, "elsewhere")
    item = NewMessage(conversation_id=conversation.id, author=author, text="canary elsewhere", client_id=uuid4().hex)
    await house.conversations.post(workspace_id, item)
    return inbox.id, conversation.id


def headers_of(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in pairs]


def test_keys_and_cookies_are_never_mixed() -> None:
    key, session = "qiao_key_1_x", "qs_1_y"
    cookie, bearer = ("cookie", f"qiao_session={session}"), ("authorization", f"Bearer {key}")
    assert token_of(headers_of(cookie)) == session
    assert token_of(headers_of(bearer)) == key
    assert token_of(headers_of(cookie, bearer)) == key
    assert token_of(headers_of(cookie, bearer, bearer)) is None
    assert token_of(headers_of(("cookie", f"qiao_session={key}"))) is None
    assert token_of(headers_of(("authorization", f"Bearer {session}"))) is None
    assert token_of(headers_of(("authorization", f"Basic {key}"))) is None


@pytest.mark.database
@pytest.mark.parametrize("held", [*ALL, None], ids=str)
async def test_a_key_reaches_what_its_scope_says_and_nothing_else(stage: Stage, held: str | None) -> None:
    wrong, secret = [], ""
    scopes = [held] if held else ["reports.read"]
    nowhere = {name: uuid4() for name in stage.home.ids}
    routes = [route for route in GUARDED if held is None or route.permission == held]
    for place, route in enumerate(routes):
        # A key may be asked 200 times at once: a fresh one comes before that.
        secret = await secret_of(stage, scopes) if place % 150 == 0 else secret
        async with door_of(stage, secret) as door:
            answer = await door.request(route.method, route.url(nowhere), json={"nothing": 1} if route.body else None)
        by_itself = route.name in OPEN_TO_PROGRAMS
        may = (route.permission in scopes or (route.permission is None and by_itself)) and route.name not in FOR_PEOPLE
        if (answer.status_code in {401, 403}) == may or answer.status_code >= 500:
            wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


@pytest.mark.database
async def test_no_key_changes_people_or_makes_keys_however_it_was_made(stage: Stage) -> None:
    async with await stage.signed_in(Role.OWNER) as owner:
        for scope in sorted(NEVER):
            answer = await owner.post("/api/v1/keys", json={"name": "x", "scopes": [scope]})
            assert (answer.status_code, problem_of(answer)) == (403, "")
    async with door_of(stage, await secret_of(stage, ALL)) as door:
        person = f"/api/v1/people/{stage.home.ids['person_id']}"
        tries = [
            await door.patch(person, json={"role": "owner"}),
            await door.post("/api/v1/keys", json={"name": "x", "scopes": ["reports.read"]}),
            await door.get("/api/v1/session"),
            await door.get("/api/v1/sessions"),
            await door.patch("/api/v1/me", json={"name": "x"}),
        ]
    assert [answer.status_code for answer in tries] == [403] * 5


@pytest.mark.database
async def test_what_a_program_writes_is_its_own_and_needs_no_header_of_pages(stage: Stage) -> None:
    conversation = f"/api/v1/conversations/{stage.home.ids['conversation_id']}"
    async with door_of(stage, await secret_of(stage, ["conversations.read", "conversations.write"])) as door:
        body = {"client_id": uuid4().hex, "kind": "note", "text": "from the shop"}
        written = await door.post(f"{conversation}/messages", json=body)
        again = await door.post(f"{conversation}/messages", json=body)
    assert (written.status_code, again.json()) == (201, written.json())
    author = written.json()["author"]
    assert (author["kind"], author["name"]) == ("agent", "program")
    assert author["id"] not in {str(face.person_id) for face in stage.home.faces.values()}


@pytest.mark.database
async def test_a_wrong_key_is_not_made_good_by_a_cookie(stage: Stage) -> None:
    async with await stage.signed_in(Role.OWNER) as door:
        assert (await door.get("/api/v1/workspace")).status_code == 200
        answer = await door.get("/api/v1/workspace", headers={"Authorization": "Bearer qiao_key_0_x"})
        assert (answer.status_code, problem_of(answer)) == (401, "")


@pytest.mark.database
async def test_a_key_limited_to_inboxes_finds_nothing_of_others(stage: Stage) -> None:
    inbox_id, elsewhere = await another_inbox(stage)
    mine = stage.home.ids
    wrong = []
    nowhere = {name: uuid4() for name in mine}
    secret = await secret_of(stage, ALL, inbox_ids=[str(mine["inbox_id"])])
    for place, route in enumerate(GUARDED):
        secret = await secret_of(stage, ALL, inbox_ids=[str(mine["inbox_id"])]) if place % 150 == 149 else secret
        body = {"json": sample(route.body, mine)} if route.reads_json and route.method != "GET" else {}
        async with door_of(stage, secret) as door:
            answer = await door.request(route.method, route.url({**nowhere, "conversation_id": elsewhere}), **body)
        own_list = route.path == "/api/v1/conversations"
        if not own_list and (answer.status_code not in {403, 404} or "canary" in answer.text):
            wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)
    async with door_of(stage, secret) as door:
        seen = [one["id"] for one in (await door.get("/api/v1/conversations")).json()["items"]]
        other = await door.get("/api/v1/conversations", params={"inbox_id": str(inbox_id)})
        begun = await door.post("/api/v1/conversations", json={"inbox_id": str(inbox_id), "text": "x", "client_id": "k1"})
        own = await door.get(f"/api/v1/conversations/{mine['conversation_id']}")
    assert str(mine["conversation_id"]) in seen and str(elsewhere) not in seen
    assert (other.status_code, begun.status_code, own.status_code) == (404, 404, 200)


@pytest.mark.database
async def test_a_key_is_not_made_for_an_inbox_of_another_company(stage: Stage) -> None:
    body = {"name": "x", "scopes": ["reports.read"], "inbox_ids": [str(stage.away.ids["inbox_id"])]}
    async with await stage.signed_in(Role.OWNER) as door:
        answer = await door.post("/api/v1/keys", json=body)
    assert (answer.status_code, problem_of(answer)) == (404, "")


@pytest.mark.database
async def test_a_key_is_throttled_by_itself(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_calls", SharedThrottle("few calls", rate=0.1, burst=3, portion=2))
    first, second = await secret_of(stage, ["reports.read"]), await secret_of(stage, ["reports.read"])
    async with door_of(stage, first) as door:
        answers = [await door.get("/api/v1/workspace") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    async with door_of(stage, second) as door:
        assert (await door.get("/api/v1/workspace")).status_code == 200
    # Another process knows what this one has counted.
    monkeypatch.setattr(reach, "_calls", SharedThrottle("few calls", rate=0.1, burst=3, portion=2))
    async with door_of(stage, first) as door:
        assert (await door.get("/api/v1/workspace")).status_code == 429
