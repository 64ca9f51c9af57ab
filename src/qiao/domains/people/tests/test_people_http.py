"""The routes of people, as a browser uses them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from qiao.domains.people.contracts import Credentials, NewPerson, Role, Visit
from qiao.domains.people.errors import WrongCredentials
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now

pytestmark = pytest.mark.database

PASSWORD = "correct horse 9"


async def _sign_in(client, person, password=PASSWORD):
    return await client.post("/api/v1/session", json={"email": person.email, "password": password})


@pytest.fixture
async def signed_in(client, owner, workspace):
    answer = await client.post("/api/v1/session", json={"email": owner.email, "password": PASSWORD, "workspace": workspace.slug})
    assert answer.status_code == 200
    return client


@pytest.fixture
async def stranger(people, database):
    """Somebody of another workspace."""
    other = await Workspaces(database).create(f"x-{uuid4().hex[:12]}", {"zh": "别家"})
    async with database.scope(other.id) as scope:
        return await people.create_person(
            scope, NewPerson(email=f"{uuid4().hex}@else.example", name="Else", role=Role.OWNER, password=PASSWORD)
        )


async def test_sign_in_gives_me_and_a_guarded_cookie(client, employ, workspace):
    person = await employ(f"ann{uuid4().hex}", Role.SUPERVISOR, locale="en")
    answer = await _sign_in(client, person)
    me, cookie = answer.json(), answer.headers["set-cookie"]
    assert me["person"]["id"] == str(person.id)
    assert me["workspace"] == {
        "id": str(workspace.id),
        "slug": workspace.slug,
        "name": workspace.name,
        "default_locale": "zh",
        "timezone": "Asia/Shanghai",
    }
    assert "knowledge.write" in me["permissions"]
    assert "people.write" not in me["permissions"]
    assert me["preferences"] == {
        "theme": "system",
        "density": "comfortable",
        "sound": True,
        "desktop": False,
        "shortcuts": True,
        "locale": "en",
    }
    assert me["csrf"] is None
    assert me["epoch"]
    assert me["position"] > 0
    assert cookie.startswith("__Host-qiao_session=qs_") and "Domain" not in cookie
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"))
    again = await client.get("/api/v1/session")
    assert again.json()["person"]["load"] == 2


@pytest.mark.parametrize(
    "token", ["", "qs_", "qs_x_y", f"qs_{UUID(int=7).hex}_guess", "qi_" + UUID(int=7).hex + "_x", "x" * 9000]
)
async def test_a_cookie_that_is_no_session_is_nobody(client, token):
    client.cookies.set("qiao_session", token)
    answer = await client.get("/api/v1/session")
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")


async def test_wrong_password_and_unknown_address_get_one_answer(client, owner):
    wrong = await _sign_in(client, owner, "not the password")
    unknown = await client.post("/api/v1/session", json={"email": "nobody@else.example", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "auth.wrong_credentials"
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize("email", ["a\x00b@shop.example", "a\nb@shop.example", " ", "a" * 250])
async def test_addresses_that_are_none_are_unknown(client, email):
    answer = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD, "workspace": "no\x00ne"})
    assert answer.json()["code"] == "auth.wrong_credentials"


async def test_guessing_is_slowed_down(client, employ):
    ann = await employ(f"ann{uuid4().hex}")
    answers = [(await _sign_in(client, ann, f"guess number {n}")) for n in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {401}
    assert answers[20].status_code == 429
    assert int(answers[20].headers["Retry-After"]) >= 1
    right = await _sign_in(client, ann)
    assert right.status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "session", {"email": "a@b.cc", "password": "x", "role": "owner"}),
        ("POST", "invites", {"email": "a@b.cc", "role": "agent", "workspace_id": str(uuid4())}),
        ("POST", "invites", {"email": "a@b.cc", "role": "god"}),
        ("POST", "invites/accept", {"token": "t", "name": "n", "password": "p", "role": "owner"}),
        ("PATCH", "me", {"role": "owner"}),
        ("PATCH", "me", {"preferences": {"theme": "blue"}}),
        ("PATCH", "me", {"preferences": {"volume": 11}}),
        ("PATCH", "me", {"name": "n" * 81}),
        ("PATCH", f"people/{UUID(int=7)}", {"created_at": "2020-01-01T00:00:00Z"}),
        ("PATCH", f"people/{UUID(int=7)}", {"chat_limit": -1}),
        ("PUT", "me/availability", {"availability": "busy"}),
        ("PUT", "me/password", {"current": "x", "new": "y", "user": "z"}),
        ("POST", "teams", {"name": {"fr": "Ventes"}}),
        ("POST", "teams", {"name": {"zh": " "}}),
    ],
)
async def test_bodies_that_do_not_fit_are_refused(signed_in, method, path, body):
    answer = await signed_in.request(method, f"/api/v1/{path}", json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "session"), ("POST", "invites/lookup"), ("POST", "invites/accept"), ("DELETE", "session"), ("PATCH", "me")],
)
async def test_changing_requests_need_the_client_header(signed_in, method, path):
    del signed_in.headers["X-Qiao-Client"]
    body = {"email": "a@b.cc", "password": "x"}
    answer = await signed_in.request(method, f"/api/v1/{path}", json=body)
    assert answer.status_code in {403, 422}
    assert answer.json()["code"] in {"auth.refused", "qiao.invalid"}


async def test_signing_out_ends_the_session(signed_in):
    token = signed_in.cookies["__Host-qiao_session"]
    answer = await signed_in.delete("/api/v1/session")
    assert answer.status_code == 204
    signed_in.cookies.set("__Host-qiao_session", token)
    assert (await signed_in.get("/api/v1/session")).status_code == 401


async def test_signing_in_again_ends_the_older_session_of_the_browser(signed_in, owner, workspace):
    await signed_in.post("/api/v1/session", json={"email": owner.email, "password": PASSWORD, "workspace": workspace.slug})
    sessions = (await signed_in.get("/api/v1/sessions")).json()["items"]
    assert [session["current"] for session in sessions] == [True]


async def test_sessions_are_listed_and_revoked(signed_in, owner, enter, people):
    other = await enter(owner)
    listed = (await signed_in.get("/api/v1/sessions")).json()["items"]
    assert {(session["ip"], session["current"]) for session in listed} >= {("192.0.2.1", False)}
    assert sum(session["current"] for session in listed) == 1
    body = {"password": PASSWORD, "session_id": str(other.caller.session_id)}
    gone = await signed_in.post("/api/v1/sessions/end", json=body)
    assert gone.status_code == 204
    assert await people.authenticate(other.token) is None
    again = await signed_in.post("/api/v1/sessions/end", json=body)
    assert (again.status_code, again.json()["code"]) == (404, "people.session_not_found")


async def test_the_other_sessions_are_ended_together(signed_in, owner, enter, people):
    others = [await enter(owner), await enter(owner)]
    assert (await signed_in.post("/api/v1/sessions/end", json={"password": PASSWORD})).status_code == 204
    assert [await people.authenticate(other.token) for other in others] == [None, None]
    assert (await signed_in.get("/api/v1/session")).status_code == 200


async def test_nobody_revokes_sessions_of_others(signed_in, employ, enter, people):
    other = await enter(await employ("abe"))
    body = {"password": PASSWORD, "session_id": str(other.caller.session_id)}
    assert (await signed_in.post("/api/v1/sessions/end", json=body)).status_code == 404
    assert await people.authenticate(other.token) is not None


@pytest.mark.parametrize("which", ["one", "all"])
async def test_own_sessions_are_ended_with_the_password_alone(signed_in, owner, enter, people, which):
    other = await enter(owner)
    body = {"session_id": str(other.caller.session_id)} if which == "one" else {}
    for password, code in (("not the one", "auth.wrong_credentials"), ("", "auth.wrong_credentials"), (None, "qiao.invalid")):
        given = body if password is None else {**body, "password": password}
        assert (await signed_in.post("/api/v1/sessions/end", json=given)).json()["code"] == code
    assert await people.authenticate(other.token) is not None
    tries = [(await signed_in.post("/api/v1/sessions/end", json={**body, "password": f"guess {n}"})) for n in range(9)]
    assert tries[-1].status_code == 429
    assert (await signed_in.post("/api/v1/sessions/end", json={**body, "password": PASSWORD})).status_code == 429
    assert await people.authenticate(other.token) is not None


async def test_somebody_is_signed_out_everywhere_and_comes_in_again(signed_in, employ, enter, people):
    abe = await employ("abe")
    begun = [await enter(abe), await enter(abe)]
    for _ in range(2):
        assert (await signed_in.delete(f"/api/v1/people/{abe.id}/sessions")).status_code == 204
        assert [await people.authenticate(one.token) for one in begun] == [None, None]
    assert await people.authenticate((await enter(abe)).token) is not None
    assert (await signed_in.get("/api/v1/session")).status_code == 200


async def test_who_may_sign_whom_out(client, signed_in, employ, enter, owner, stranger, people, workspace):
    adam, abe = await employ("adam", Role.ADMIN), await employ("abe")
    theirs, foreign = (
        await enter(abe),
        await people.sign_in(Credentials(email=stranger.email, password=PASSWORD), Visit("192.0.2.1")),
    )
    answers = {
        "oneself": await signed_in.delete(f"/api/v1/people/{owner.id}/sessions"),
        "of another workspace": await signed_in.delete(f"/api/v1/people/{stranger.id}/sessions"),
        "nobody": await signed_in.delete(f"/api/v1/people/{uuid4()}/sessions"),
    }
    for person, name in ((adam, "above"), (abe, "an agent")):
        body = {"email": person.email, "password": PASSWORD, "workspace": workspace.slug}
        await client.post("/api/v1/session", json=body)
        answers[name] = await client.delete(f"/api/v1/people/{(owner if name == 'above' else adam).id}/sessions")
    assert {name: answer.json()["code"] for name, answer in answers.items()} == {
        "oneself": "people.role_refused",
        "of another workspace": "people.not_found",
        "nobody": "people.not_found",
        "above": "people.role_refused",
        "an agent": "auth.refused",
    }
    assert None not in [await people.authenticate(one.token) for one in (theirs, foreign)]


async def test_the_password_is_changed_with_the_current_one(signed_in, owner, enter, people):
    other = await enter(owner)
    wrong = await signed_in.put("/api/v1/me/password", json={"current": "not the one", "new": "another horse 10"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "auth.wrong_credentials")
    weak = await signed_in.put("/api/v1/me/password", json={"current": PASSWORD, "new": "short"})
    assert weak.json()["code"] == "auth.password_too_weak"
    right = await signed_in.put("/api/v1/me/password", json={"current": PASSWORD, "new": "another horse 10"})
    assert right.status_code == 204
    assert await people.authenticate(other.token) is None
    assert (await signed_in.get("/api/v1/session")).status_code == 200
    with pytest.raises(WrongCredentials):
        await enter(owner)


async def test_own_settings_are_kept(signed_in):
    body = {"name": "  Olga\u202e  Ivanova ", "locale": "en", "preferences": {"theme": "dark", "sound": False}}
    assert (await signed_in.patch("/api/v1/me", json=body)).status_code == 200
    await signed_in.patch("/api/v1/me", json={"preferences": {"density": "compact"}})
    me = (await signed_in.get("/api/v1/session")).json()
    assert me["person"]["name"] == "Olga Ivanova"
    assert me["person"]["locale"] == me["preferences"]["locale"] == "en"
    assert me["preferences"] | {"desktop": False, "shortcuts": True} == {
        "theme": "dark",
        "density": "compact",
        "sound": False,
        "desktop": False,
        "shortcuts": True,
        "locale": "en",
    }


async def test_availability_is_set(signed_in):
    answer = await signed_in.put("/api/v1/me/availability", json={"availability": "away"})
    assert (answer.json()["availability"], answer.json()["online"]) == ("away", False)


async def test_people_are_listed_with_what_they_have_to_do(signed_in, employ):
    await employ("abe", chat_limit=3)
    items = (await signed_in.get("/api/v1/people")).json()["items"]
    assert [(item["name"], item["role"], item["chat_limit"], item["load"]) for item in items] == [
        ("abe", "agent", 3, 2),
        ("olga", "owner", 6, 2),
    ]
    assert "password_hash" not in items[0]


async def test_people_of_other_workspaces_are_not_there(signed_in, stranger, employ):
    abe = await employ("abe")
    answers = [
        await signed_in.patch(f"/api/v1/people/{stranger.id}", json={"disabled": True}),
        await signed_in.post("/api/v1/teams", json={"name": {"en": "Sales"}, "member_ids": [str(stranger.id)]}),
        await signed_in.patch(f"/api/v1/people/{abe.id}", json={"team_ids": [str(uuid4())]}),
        await signed_in.patch(f"/api/v1/teams/{uuid4()}", json={}),
        await signed_in.delete(f"/api/v1/teams/{uuid4()}"),
        await signed_in.delete(f"/api/v1/invites/{uuid4()}"),
        await signed_in.patch("/api/v1/people/not-an-id", json={}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert (await signed_in.get("/api/v1/teams")).json()["items"] == []


async def test_agents_do_not_manage_people(client, employ, workspace):
    abe = await employ(f"abe{uuid4().hex}")
    await _sign_in(client, abe)
    answers = [
        await client.get("/api/v1/invites"),
        await client.post("/api/v1/invites", json={"email": "a@b.cc", "role": "agent"}),
        await client.patch(f"/api/v1/people/{abe.id}", json={"role": "owner"}),
        await client.post("/api/v1/teams", json={"name": {"en": "Mine"}}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert (await client.get("/api/v1/people")).status_code == 200


async def test_teams_come_and_go(signed_in, employ):
    abe, eve = await employ("abe"), await employ("eve")
    made = await signed_in.post("/api/v1/teams", json={"name": {"zh": "售后", "en": "After-sales"}, "member_ids": [str(abe.id)]})
    team = made.json()
    assert (made.status_code, team["member_ids"]) == (201, [str(abe.id)])
    changed = await signed_in.patch(f"/api/v1/teams/{team['id']}", json={"name": {"zh": "售前"}, "member_ids": [str(eve.id)]})
    assert changed.json() == {"id": team["id"], "name": {"zh": "售前"}, "member_ids": [str(eve.id)]}
    await signed_in.patch(f"/api/v1/people/{abe.id}", json={"team_ids": [team["id"]]})
    assert (await signed_in.get("/api/v1/teams")).json()["items"][0]["member_ids"] == [str(abe.id), str(eve.id)]
    assert (await signed_in.delete(f"/api/v1/teams/{team['id']}")).status_code == 204
    assert [person["team_ids"] for person in (await signed_in.get("/api/v1/people")).json()["items"]] == [[], [], []]


async def test_an_invite_brings_somebody_in(signed_in, workspace):
    team = (await signed_in.post("/api/v1/teams", json={"name": {"en": "Sales"}})).json()
    body = {"email": "New.One@shop.example", "role": "agent", "team_ids": [team["id"]]}
    invite = (await signed_in.post("/api/v1/invites", json=body)).json()
    prefix, _, token = invite["url"].rpartition("#")
    assert prefix == "https://desk.example/app/invite"
    assert abs(_days_until(invite["expires_at"]) - 7) < 0.01
    listed = (await signed_in.get("/api/v1/invites")).json()["items"]
    assert listed == [{**invite, "url": None}]
    signed_in.cookies.clear()
    offer = await signed_in.post("/api/v1/invites/lookup", json={"token": token})
    assert offer.json() == {"email": "New.One@shop.example", "role": "agent", "workspace_name": workspace.name}
    accepted = await signed_in.post(
        "/api/v1/invites/accept", json={"token": token, "name": "新人", "password": "a long password", "locale": "zh"}
    )
    person = accepted.json()["person"]
    assert (person["name"], person["role"], person["team_ids"]) == ("新人", "agent", [team["id"]])
    assert (await signed_in.get("/api/v1/session")).json()["person"]["id"] == person["id"]
    again = await signed_in.post("/api/v1/invites/lookup", json={"token": token})
    assert (again.status_code, again.json()["code"]) == (400, "people.invite_invalid")


def _days_until(text):
    from datetime import datetime

    return (datetime.fromisoformat(text) - utc_now()) / timedelta(days=1)


async def test_unusable_invites_get_one_answer(signed_in, workspace):
    invite = (await signed_in.post("/api/v1/invites", json={"email": "n@shop.example", "role": "agent"})).json()
    token = invite["url"].rpartition("#")[2]
    await signed_in.delete(f"/api/v1/invites/{invite['id']}")
    foreign = token.replace(workspace.id.hex, uuid4().hex)
    tokens = ["", " ", None, "null", token, token.swapcase(), foreign, f"qi_{workspace.id.hex}_x", "é" * 60, "qi_\x00_x"]
    answers = [await signed_in.post("/api/v1/invites/lookup", json={"token": one}) for one in tokens]
    form = {"name": "N", "password": "a long password"}
    answers += [await signed_in.post("/api/v1/invites/accept", json={"token": one, **form}) for one in tokens]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["code"] == "people.invite_invalid"


async def test_guessing_invites_is_slowed_down(client):
    answers = [await client.post("/api/v1/invites/lookup", json={"token": f"guess {n}"}) for n in range(31)]
    assert answers[29].status_code == 400
    assert answers[30].status_code == 429
