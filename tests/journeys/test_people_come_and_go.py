"""Invited, come in, change roles, leave: what each step opens and closes, over HTTP and on open sockets."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Process, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.live.socket import CLOSE_ENDED

pytestmark = pytest.mark.database

PASSWORD = "correct horse 9"


@pytest.fixture
async def process(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[Process]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        yield process


@pytest.fixture
async def owner(process: Process) -> httpx.AsyncClient:
    return await process.person("店主", Role.OWNER)


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex[:12]}@shop.example"


async def invited(owner: httpx.AsyncClient, email: str, role: str = "agent", **more: Any) -> str:
    """The secret of a new invite."""
    answer = await owner.post("/api/v1/invites", json={"email": email, "role": role, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["url"].rpartition("#")[2]


async def accepted(process: Process, token: str, name: str = "周宁") -> httpx.Response:
    stranger = process.door(**{"X-Qiao-Client": "tests"})
    return await stranger.post("/api/v1/invites/accept", json={"token": token, "name": name, "password": PASSWORD})


async def come_in(process: Process, token: str) -> httpx.AsyncClient:
    answer = await accepted(process, token)
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return process.door(Cookie=cookie, **{"X-Qiao-Client": "tests"})


async def person_of(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get("/api/v1/session")).json()


async def signed_in(process: Process, email: str, password: str = PASSWORD) -> httpx.Response:
    body = {"email": email, "password": password, "workspace": process.workspace.slug}
    return await process.door(**{"X-Qiao-Client": "tests"}).post("/api/v1/session", json=body)


async def id_of(owner: httpx.AsyncClient, email: str) -> str:
    people = (await owner.get("/api/v1/people")).json()["items"]
    return next(one["id"] for one in people if one["email"] == email)


async def test_an_invite_says_what_it_offers_and_lets_one_in(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    token = await invited(owner, email, "editor")
    stranger = process.door(**{"X-Qiao-Client": "tests"})
    offer = (await stranger.post("/api/v1/invites/lookup", json={"token": token})).json()
    assert (offer["email"], offer["role"]) == (email, "editor")
    editor = await come_in(process, token)
    assert (await editor.get("/api/v1/knowledge/faqs")).status_code == 200
    assert (await editor.get("/api/v1/conversations")).status_code == 403
    assert (await signed_in(process, email)).status_code == 200


async def test_an_invite_is_taken_up_once(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    token = await invited(owner, email)
    await come_in(process, token)
    again = await accepted(process, token)
    assert (again.status_code, again.json()["code"]) == (400, "people.invite_invalid")
    assert (await owner.get("/api/v1/invites")).json()["items"] == []


async def test_an_invite_that_was_taken_back_opens_nothing(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    token = await invited(owner, email)
    (open_invite,) = (await owner.get("/api/v1/invites")).json()["items"]
    assert (await owner.delete(f"/api/v1/invites/{open_invite['id']}")).status_code == 204
    assert (await accepted(process, token)).status_code == 400
    assert (await signed_in(process, email)).status_code == 401


@pytest.mark.parametrize("token", ["", "qi_nonsense", f"qi_{UUID(int=7).hex}_{'x' * 43}", "x" * 500, None])
async def test_a_made_up_invite_opens_nothing(process: Process, token: str | None) -> None:
    stranger = process.door(**{"X-Qiao-Client": "tests"})
    for path in ("lookup", "accept"):
        body = {"token": token, "name": "周宁", "password": PASSWORD} if path == "accept" else {"token": token}
        answer = await stranger.post(f"/api/v1/invites/{path}", json=body)
        assert answer.status_code in {400, 422}, answer.text


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "x" * 2_000])
async def test_a_weak_password_leaves_the_invite_open(process: Process, owner, email: str, password: str) -> None:
    token = await invited(owner, email)
    stranger = process.door(**{"X-Qiao-Client": "tests"})
    body = {"token": token, "name": "周宁", "password": password}
    assert (await stranger.post("/api/v1/invites/accept", json=body)).status_code == 422
    assert (await accepted(process, token)).status_code == 200


async def test_teams_are_joined_with_the_invite(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    team = (await owner.post("/api/v1/teams", json={"name": {"zh": "售后", "en": "After-sales"}})).json()
    await come_in(process, await invited(owner, email, team_ids=[team["id"]]))
    (shown,) = (await owner.get("/api/v1/teams")).json()["items"]
    assert shown["member_ids"] == [await id_of(owner, email)]


async def test_a_new_role_counts_at_once_and_ends_open_windows(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    agent = await come_in(process, await invited(owner, email))
    window = await process.console(agent)
    changed = await owner.patch(f"/api/v1/people/{await id_of(owner, email)}", json={"role": "editor"})
    assert changed.status_code == 200, changed.text
    await window.until(lambda: window.closed is not None)
    assert window.closed == CLOSE_ENDED
    assert (await agent.get("/api/v1/conversations")).status_code in {401, 403}


async def test_who_is_disabled_is_out_and_comes_back_as_before(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    agent = await come_in(process, await invited(owner, email))
    window = await process.console(agent)
    person_id = await id_of(owner, email)
    assert (await owner.patch(f"/api/v1/people/{person_id}", json={"disabled": True})).status_code == 200
    await window.until(lambda: window.closed is not None)
    assert (await agent.get("/api/v1/session")).status_code == 401
    assert (await signed_in(process, email)).status_code == 401
    assert (await owner.patch(f"/api/v1/people/{person_id}", json={"disabled": False})).status_code == 200
    assert (await signed_in(process, email)).status_code == 200


async def test_who_is_signed_out_by_an_admin_is_out_and_may_come_back(process: Process, owner, email: str) -> None:
    agent = await come_in(process, await invited(owner, email))
    window, person_id = await process.console(agent), await id_of(owner, email)
    assert (await owner.delete(f"/api/v1/people/{person_id}/sessions")).status_code == 204
    await window.until(lambda: window.closed is not None)
    assert window.closed == CLOSE_ENDED
    assert (await agent.get("/api/v1/session")).status_code == 401
    assert (await signed_in(process, email)).status_code == 200
    entries = (await owner.get("/api/v1/audit")).json()["items"]
    (told,) = [one for one in entries if one["action"] == "people.sessions_ended"]
    assert (told["subject"], told["detail"]["name"]) == (person_id, "周宁")


async def test_a_new_password_ends_the_other_sessions(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    here = await come_in(process, await invited(owner, email))
    there = process.door(Cookie=(await signed_in(process, email)).headers["set-cookie"].partition(";")[0])
    assert (await there.get("/api/v1/session")).status_code == 200
    changed = await here.put("/api/v1/me/password", json={"current": PASSWORD, "new": "battery staple 7"})
    assert changed.status_code == 204, changed.text
    assert ((await here.get("/api/v1/session")).status_code, (await there.get("/api/v1/session")).status_code) == (200, 401)
    assert (await signed_in(process, email)).status_code == 401
    assert (await signed_in(process, email, "battery staple 7")).status_code == 200


async def test_sessions_are_listed_and_ended_one_by_one_and_all(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    here = await come_in(process, await invited(owner, email))
    cookies = [(await signed_in(process, email)).headers["set-cookie"].partition(";")[0] for _ in range(3)]
    doors = [process.door(Cookie=cookie) for cookie in cookies]
    listed = (await here.get("/api/v1/sessions")).json()["items"]
    assert (len(listed), sum(one["current"] for one in listed)) == (4, 1)
    other = next(one["id"] for one in listed if not one["current"])
    one = {"password": PASSWORD, "session_id": other}
    assert (await here.post("/api/v1/sessions/end", json=one)).status_code == 204
    assert sorted([(await door.get("/api/v1/session")).status_code for door in doors]) == [200, 200, 401]
    assert (await here.post("/api/v1/sessions/end", json={"password": PASSWORD})).status_code == 204
    assert {(await door.get("/api/v1/session")).status_code for door in doors} == {401}
    assert (await here.get("/api/v1/session")).status_code == 200


async def test_nobody_ends_the_sessions_of_another(process: Process, owner: httpx.AsyncClient, email: str) -> None:
    agent = await come_in(process, await invited(owner, email))
    (mine,) = (await agent.get("/api/v1/sessions")).json()["items"]
    other = await come_in(process, await invited(owner, f"other-{email}", "admin"))
    body = {"password": PASSWORD, "session_id": mine["id"]}
    assert (await other.post("/api/v1/sessions/end", json=body)).status_code == 404
    assert (await agent.get("/api/v1/session")).status_code == 200


@pytest.mark.parametrize(("who", "role"), [("admin", "owner"), ("supervisor", "agent"), ("agent", "viewer")])
async def test_nobody_gives_more_than_they_may(process: Process, who: str, role: str, email: str) -> None:
    somebody = await process.person("某人", Role(who))
    assert (await somebody.post("/api/v1/invites", json={"email": email, "role": role})).status_code == 403


async def test_the_last_owner_stays(process: Process, owner: httpx.AsyncClient) -> None:
    me = owner.headers["x-test-person"]
    for change in ({"role": "admin"}, {"disabled": True}):
        answer = await owner.patch(f"/api/v1/people/{me}", json=change)
        assert answer.status_code in {403, 409}, answer.text
    assert (await owner.get("/api/v1/people")).status_code == 200


async def test_availability_is_told_to_colleagues(process: Process, owner: httpx.AsyncClient) -> None:
    agent = await process.person("周宁")
    console = await process.console(owner)
    assert (await agent.put("/api/v1/me/availability", json={"availability": "away"})).status_code == 200
    await console.until(lambda: any(one["subject"] == agent.headers["x-test-person"] for one in console.facts))
    assert (await agent.put("/api/v1/me/availability", json={"availability": "asleep"})).status_code == 422
    assert (await person_of(agent))["person"]["availability"] == "away"
