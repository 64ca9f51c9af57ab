"""Every route against every role and against the things of another company. A new route is here the day it is written."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import sample
from support.routes import Route, api_routes, routes
from support.stage import ROLES, Stage, listed, open_stage, problem_of

from qiao.domains.people.access import ROLE_PERMISSIONS
from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

ROUTES = routes()
API = api_routes()
GUARDED = [route for route in API if route.permission or "signed_in" in route.guards]
VISITORS = [route for route in API if "visitor" in route.guards]

PUBLIC = {
    "GET /",
    "GET /favicon.ico",
    "GET /app",
    "GET /app/{path:path}",
    "GET /qiao.js",
    "GET /widget/{path:path}",
    "GET /widget/panel/{key:str}",
    "GET /chat/{key:str}",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/v1/channels/{name:str}/icon.svg",
    "GET /files/{workspace:str}/{file_id:str}/{secret:str}",
    "GET /files/{workspace:str}/{file_id:str}/{secret:str}/thumbnail",
    "POST /api/v1/session",
    "POST /api/v1/invites/lookup",
    "GET /api/v1/password-resets",
    "POST /api/v1/password-resets",
    "POST /api/v1/password-resets/accept",
    "POST /api/v1/password-resets/lookup",
    "POST /api/v1/invites/accept",
    "POST /visitor/v1/sessions",
    # Providers: what they deliver is believed by its signature alone (test_channel_attacks.py).
    "GET /in/{inbox_key:str}",
    "POST /in/{inbox_key:str}",
}
PUBLIC_PREFIXES = ("GET /help/", "POST /help/", "GET /form/", "POST /form/", "GET /portal/", "GET /demo", "POST /demo")
OWN_CHANGES = {
    "POST /api/v1/files",
    "POST /api/v1/notifications/read",
    "PATCH /api/v1/me",
    "PUT /api/v1/me/password",
    "PUT /api/v1/me/availability",
    "DELETE /api/v1/session",
    "POST /api/v1/sessions/end",
}


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


ONE_OF = {
    "POST /api/v1/conversations/{conversation_id:uuid}/transfer": {},
    "PUT /api/v1/inboxes/{inbox_id:uuid}/secrets": {},
}
"""Bodies whose fields exclude each other, or have names of their own."""


def body_of(route: Route, stage: Stage) -> dict[str, object]:
    if route.name in ONE_OF:
        return {"json": ONE_OF[route.name]}
    return {"json": sample(route.body, stage.home.ids)} if route.reads_json else {}


def allowed(route: Route, role: Role) -> bool:
    return route.permission is None or route.permission in ROLE_PERMISSIONS[role]


def test_what_is_open_to_everybody_is_listed_here() -> None:
    opened = {route.name for route in ROUTES if not route.permission and not {"signed_in", "visitor"} & set(route.guards)}
    assert {name for name in opened if not name.startswith(PUBLIC_PREFIXES)} == PUBLIC
    assert all("public" in route.guards for route in ROUTES if route.name in opened)


def test_what_everybody_signed_in_may_change_is_their_own() -> None:
    changing = {route.name for route in GUARDED if route.changing and route.permission is None}
    assert changing == OWN_CHANGES


def test_every_permission_guards_something_and_owners_hold_all() -> None:
    asked = {route.permission for route in GUARDED} - {None}
    assert asked == ROLE_PERMISSIONS[Role.OWNER]


def test_what_changes_is_never_behind_a_permission_to_read() -> None:
    reading = {route.name for route in GUARDED if route.changing and (route.permission or "").endswith(".read")}
    assert reading == {
        "PUT /api/v1/conversations/{conversation_id:uuid}/read",
        "POST /api/v1/conversations/{conversation_id:uuid}/reply-length",
        "POST /api/v1/knowledge/preview",
        "POST /api/v1/bot/try",
        "POST /api/v1/bot/turns/{turn_id:uuid}/replay",
        "POST /api/v1/bot/flows/{flow_id:uuid}/validate",
        "POST /api/v1/bot/flows/{flow_id:uuid}/try",
        "POST /api/v1/bot/intents/try",
        "POST /api/v1/bot/evaluation/preview",
    }


async def test_nobody_gets_in_without_a_session(stage: Stage) -> None:
    wrong = []
    for headers in ({}, {"Cookie": "qiao_session=qs_forged"}, {"Authorization": f"Bearer {stage.home.visitor_token}"}):
        async with stage.door({"X-Qiao-Client": "tests", **headers}) as door:
            for route in GUARDED:
                answer = await door.request(route.method, route.url(stage.home.ids), **body_of(route, stage))
                if answer.status_code != 401 or problem_of(answer):
                    wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


async def test_nobody_is_a_visitor_without_a_token(stage: Stage) -> None:
    wrong = []
    workspace = stage.home.workspace.id.hex
    tokens = ["", "Bearer ", "Bearer x", f"Bearer qv_{workspace}_x", f"Basic {stage.home.visitor_token}", "Bearer qv_\x01_ü"]
    for token in tokens:
        async with stage.door({"Authorization": token.encode("latin-1")}) as door:
            for route in VISITORS:
                answer = await door.request(route.method, route.url(stage.home.ids), **body_of(route, stage))
                fits = answer.status_code == 401 or (answer.status_code < 500 and "UploadFile" in str(route.body))
                if not fits or problem_of(answer):
                    wrong.append((route.name, token, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


async def test_what_changes_is_refused_to_foreign_pages(stage: Stage) -> None:
    wrong = []
    async with await stage.signed_in(Role.OWNER, client=False) as door:
        for route in [*GUARDED, *(route for route in API if "from_console" in route.guards)]:
            if route.changing:
                answer = await door.request(route.method, route.url(stage.home.ids), **body_of(route, stage))
                if answer.status_code != 403 or problem_of(answer):
                    wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reaches_what_its_permissions_say_and_nothing_else(stage: Stage, role: Role) -> None:
    wrong = []
    nowhere = {name: uuid4() for name in stage.home.ids}
    for route in GUARDED:
        async with await stage.signed_in(role) as door:
            answer = await door.request(route.method, route.url(nowhere), json={"nothing": 1} if route.body else None)
        refused = answer.status_code in {401, 403}
        if refused == allowed(route, role) or answer.status_code >= 500:
            wrong.append((route.name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("whose", ["away", "nobody"])
async def test_things_of_others_are_not_found_and_stay_as_they_are(stage: Stage, whose: str) -> None:
    wrong = []
    ids = {"away": stage.away.ids, "nobody": {name: uuid4() for name in stage.home.ids}}[whose]
    async with await stage.signed_in(Role.OWNER) as door:
        before = await stage.picture_of(stage.away), await stage.picture_of(stage.home)
        for route in GUARDED:
            for name in route.id_names:
                answer = await door.request(route.method, route.url({**stage.home.ids, name: ids[name]}), **body_of(route, stage))
                gone = answer.status_code == 204 and route.method == "DELETE"
                if not gone and (answer.status_code != 404 or problem_of(answer) or "canary" in answer.text):
                    wrong.append((route.name, name, answer.status_code, answer.text[:200]))
    assert not wrong, listed(wrong)
    assert (await stage.picture_of(stage.away), await stage.picture_of(stage.home)) == before


async def test_lists_and_searches_show_nothing_of_another_company(stage: Stage) -> None:
    wrong = []
    async with await stage.signed_in(Role.OWNER) as door:
        for route in GUARDED:
            if route.method == "GET" and not route.id_names:
                answer = await door.get(
                    route.url({}), params={name: "canary away" for name in ("q", "query") if name in route.query}
                )
                strange = [name for name, one in stage.away.ids.items() if str(one) in answer.text]
                if answer.status_code != 200 or strange or "canary away" in answer.text:
                    wrong.append((route.name, answer.status_code, strange))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/teams", {"name": {"zh": "组"}, "member_ids": ["person_id"]}),
        ("PATCH", "/teams/{team_id}", {"member_ids": ["person_id"]}),
        ("PATCH", "/people/{person_id}", {"team_ids": ["team_id"]}),
        ("POST", "/invites", {"email": "one@shop.example", "role": "agent", "team_ids": ["team_id"]}),
        ("POST", "/conversations", {"inbox_id": "inbox_id", "text": "x", "client_id": "i1"}),
        ("POST", "/conversations", {"inbox_id": "=inbox_id", "contact_id": "contact_id", "text": "x", "client_id": "i2"}),
        ("POST", "/conversations/{conversation_id}/messages", {"client_id": "i3", "text": "x", "attachments": ["file_id"]}),
        ("POST", "/conversations/{conversation_id}/transfer", {"person_id": "person_id"}),
        ("POST", "/conversations/{conversation_id}/transfer", {"team_id": "team_id"}),
        ("POST", "/tickets", {"conversation_id": "conversation_id", "client_id": "i4", "subject": "x"}),
        ("PATCH", "/tickets/{ticket_id}", {"version": 1, "assignee_id": "person_id"}),
        ("PATCH", "/tickets/{ticket_id}", {"version": 1, "team_id": "team_id"}),
        ("POST", "/knowledge/articles", {"category_id": "category_id"}),
        ("PATCH", "/knowledge/articles/{article_id}", {"category_id": "category_id"}),
        ("POST", "/knowledge/faqs", {"language": "en", "question": "q?", "answer": "a", "category_id": "category_id"}),
        ("PATCH", "/knowledge/faqs/{faq_id}", {"category_id": "category_id"}),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
async def test_ids_of_another_company_inside_a_body_are_refused(
    stage: Stage, method: str, path: str, field: dict[str, object]
) -> None:
    away, home = stage.away.ids, stage.home.ids

    def filled(value: object) -> object:
        if isinstance(value, list):
            return [filled(one) for one in value]
        text = str(value)
        return str(home[text[1:]]) if text.startswith("=") else str(away.get(text, text)) if isinstance(value, str) else value

    body = {name: filled(value) for name, value in field.items()}
    before = await stage.picture_of(stage.away)
    async with await stage.signed_in(Role.OWNER) as door:
        answer = await door.request(method, "/api/v1" + path.format(**home), json=body)
    assert answer.status_code in {404, 422} and problem_of(answer) == "", answer.text
    assert await stage.picture_of(stage.away) == before


async def test_marking_notifications_of_others_read_does_nothing(stage: Stage) -> None:
    before = await stage.picture_of(stage.away)
    async with await stage.signed_in(Role.OWNER) as door:
        answer = await door.post("/api/v1/notifications/read", json={"ids": [str(stage.away.ids["notification_id"])]})
        own = await door.post("/api/v1/notifications/read", json={"ids": [str(stage.home.ids["notification_id"])]})
    assert (answer.status_code, own.status_code) == (204, 204)
    assert await stage.picture_of(stage.away) == before
    async with await stage.signed_in(Role.AGENT) as door:
        assert (await door.get("/api/v1/notifications")).json()["unread"] == 1


async def test_a_visitor_of_one_company_is_nobody_in_another(stage: Stage) -> None:
    async with stage.visitor(stage.away) as door:
        file = {"attachments": [str(stage.home.ids["file_id"])], "client_id": "f", "text": "x"}
        assert (await door.post("/visitor/v1/messages", json=file)).status_code == 404
        begun = await door.post(
            "/visitor/v1/sessions", json={"inbox_key": stage.home.inbox_key, "token": stage.away.visitor_token}
        )
        assert begun.json()["token"] != stage.away.visitor_token
        thumb = {"message_id": str(stage.home.ids["message_id"]), "helpful": True}
        assert (await door.post("/visitor/v1/feedback", json=thumb)).status_code == 404


async def test_nobody_raises_themselves(stage: Stage) -> None:
    for role, wanted in ((Role.ADMIN, "owner"), (Role.SUPERVISOR, "admin"), (Role.AGENT, "supervisor")):
        async with await stage.signed_in(role) as door:
            own = stage.home.faces[role].person_id
            assert (await door.patch(f"/api/v1/people/{own}", json={"role": wanted})).status_code == 403
            assert (await door.patch("/api/v1/me", json={"role": wanted})).status_code == 422
            invite = {"email": f"{wanted}@up.example", "role": "owner"}
            assert (await door.post("/api/v1/invites", json=invite)).status_code == 403


async def test_a_role_that_is_taken_away_is_gone_at_once(stage: Stage) -> None:
    company = await stage.company("falling")
    async with (
        await stage.signed_in(Role.OWNER, company=company) as owner,
        await stage.signed_in(Role.ADMIN, company=company) as door,
    ):
        assert (await door.get("/api/v1/invites")).status_code == 200
        own = company.faces[Role.ADMIN].person_id
        assert (await owner.patch(f"/api/v1/people/{own}", json={"role": "viewer"})).status_code == 200
        assert (await door.get("/api/v1/invites")).status_code == 401
