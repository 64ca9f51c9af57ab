"""The door of people, on a real database."""

import asyncio
import contextlib
from uuid import uuid4

import pytest

from qiao.domains.people.contracts import (
    Acceptance,
    Credentials,
    NewPerson,
    NewTeam,
    OwnChanges,
    PersonChanges,
    Role,
    TeamChanges,
    Visit,
)
from qiao.domains.people.errors import (
    ChooseWorkspace,
    EmailTaken,
    InviteInvalid,
    LastOwner,
    RoleRefused,
    TeamNotFound,
    WrongCredentials,
)
from qiao.domains.people.repository.directory import Directory
from qiao.domains.people.repository.sessions import SessionRows
from qiao.domains.people.service import sessions
from qiao.domains.people.service.callers import RecentCallers
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import QiaoError
from qiao.platform.auth.passwords import PasswordTooWeak, check_password

pytestmark = pytest.mark.database

PASSWORD = "correct horse 9"
HERE = Visit("192.0.2.1", "Firefox")


async def test_an_address_is_taken_once_in_a_workspace(employ):
    await employ("ann")
    with pytest.raises(EmailTaken):
        await employ("ANN")


async def test_people_made_without_a_password_cannot_sign_in(employ, enter):
    ann = await employ("ann", password=None)
    with pytest.raises(WrongCredentials):
        await enter(ann)


async def test_weak_passwords_make_nobody(employ, people, database, workspace):
    with pytest.raises(PasswordTooWeak):
        await employ("ann", password="aaaaaaaaaaaa")
    async with database.scope(workspace.id) as scope:
        assert await people.list(scope) == []


async def test_unknown_people_are_absent(employ, people, database, workspace):
    ann = await employ("ann")
    async with database.scope(workspace.id) as scope:
        assert await people.by_ids(scope, [ann.id, uuid4()]) == {ann.id: ann}


async def test_one_address_in_two_workspaces_chooses_after_the_password(people, database):
    email, workspaces = f"{uuid4().hex}@two.example", Workspaces(database)
    slugs = sorted(f"x-{uuid4().hex[:12]}" for _ in range(2))
    for slug in slugs:
        made = await workspaces.create(slug, {"en": slug})
        async with database.scope(made.id) as scope:
            await people.create_person(scope, NewPerson(email=email, name="Two", role=Role.AGENT, password=PASSWORD))
    with pytest.raises(WrongCredentials):
        await people.sign_in(Credentials(email=email, password="something else"), HERE)
    with pytest.raises(ChooseWorkspace) as caught:
        await people.sign_in(Credentials(email=email, password=PASSWORD), HERE)
    assert sorted(caught.value.details["slugs"]) == slugs
    begun = await people.sign_in(Credentials(email=email, password=PASSWORD, workspace=slugs[1]), HERE)
    assert begun.caller.workspace_id == (await workspaces.by_slug(slugs[1])).id
    with pytest.raises(WrongCredentials):
        await people.sign_in(Credentials(email=email, password=PASSWORD, workspace="elsewhere"), HERE)


async def test_whoever_is_unknown_costs_the_same_work(people, employ, workspace, monkeypatch):
    checked = []

    async def spy(encoded, password):
        checked.append(encoded is not None)
        return await check_password(encoded, password)

    monkeypatch.setattr(sessions, "check_password", spy)
    await employ("ann")
    dan = await employ("dan")
    async with people._database.scope(workspace.id) as scope:
        await people.change(scope, None, dan.id, PersonChanges(disabled=True))
    for name in ("ann", "dan", "nobody"):
        with pytest.raises(WrongCredentials):
            await people.sign_in(Credentials(email=f"{name}@shop.example", password="x", workspace=workspace.slug), HERE)
    assert checked == [True, False, False]


async def test_a_session_says_who_calls(employ, enter, people, workspace):
    ann = await employ("ann", Role.EDITOR, locale="en")
    begun = await enter(ann)
    caller = await people.authenticate(begun.token)
    assert caller == begun.caller
    assert (caller.workspace_id, caller.person_id, caller.role, caller.locale) == (workspace.id, ann.id, "editor", "en")
    assert "conversations.write" not in caller.permissions


async def test_sessions_of_one_person_stand_side_by_side(employ, enter, people):
    """As docs/trust/access.md says: none ends because another begins."""
    ann = await employ("ann")
    begun = [await enter(ann) for _ in range(12)]
    assert [(await people.authenticate(one.token)) for one in begun] == [one.caller for one in begun]


async def test_no_password_ends_for_its_age(employ, enter, database, workspace):
    ann = await employ("ann")
    async with database.across() as connection:
        await connection.execute(
            "update people set created_at = now() - interval '20 years' where workspace_id = $1", workspace.id
        )
    assert (await enter(ann)).caller.person_id == ann.id


async def test_only_a_digest_of_the_session_is_stored(employ, enter, database, workspace):
    begun = await enter(await employ("ann"))
    async with database.across() as connection:
        rows = await connection.fetch("select sessions::text as row from sessions where workspace_id = $1", workspace.id)
    secret = begun.token.split("_", 1)[1]
    assert [secret in row["row"] for row in rows] == [False]


@pytest.mark.parametrize("age", ["last_seen_at = now() - interval '14 days'", "created_at = now() - interval '60 days'"])
async def test_sessions_lapse(desk, age):
    begun = await desk.enter(await desk.employ("ann"))
    async with desk.database.across() as connection:
        await connection.execute(f"update sessions set {age} where workspace_id = $1", desk.workspace.id)
    assert await desk.people.authenticate(begun.token) is None
    assert await desk.people.end_lapsed_sessions() >= 1
    (told,) = await desk.facts("people.session_ended.v1")
    assert told == {
        "session_id": str(begun.caller.session_id),
        "person_id": str(begun.caller.person_id),
        "reason": "lapsed",
    }


async def test_when_a_session_was_seen_is_noted_once_a_minute(employ, enter, people, database, workspace):
    begun = await enter(await employ("ann"))
    async with database.across() as connection:
        await connection.execute(
            "update sessions set last_seen_at = now() - interval '2 minutes' where workspace_id = $1", workspace.id
        )
        await people.authenticate(begun.token)
        query = "select now() - last_seen_at < interval '10 seconds' from sessions where workspace_id = $1"
        assert await connection.fetchval(query, workspace.id)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"role": Role.VIEWER}, "role"), ({"disabled": True}, "disabled"), ({"disabled": True, "role": Role.VIEWER}, "disabled")],
)
async def test_losing_rights_ends_sessions_at_once(desk, owner, fields, reason):
    ann, boss = await desk.employ("ann", Role.ADMIN), await desk.enter(owner)
    begun = [await desk.enter(ann), await desk.enter(ann)]
    assert await desk.people.authenticate(begun[0].token) is not None
    await desk.change(boss.caller, ann, **fields)
    assert [await desk.people.authenticate(one.token) for one in begun] == [None, None]
    assert await desk.people.authenticate(boss.token) is not None
    told = await desk.facts("people.session_ended.v1")
    assert {(fact["session_id"], fact["reason"]) for fact in told} == {(str(one.caller.session_id), reason) for one in begun}


async def test_sessions_that_a_colleague_ends_are_told(desk, owner):
    boss, ann = await desk.enter(owner), await desk.employ("ann")
    begun = [await desk.enter(ann), await desk.enter(ann)]
    assert await desk.act("end_sessions_of_other", boss.caller, ann.id) == 2
    told = await desk.facts("people.session_ended.v1")
    assert {(fact["session_id"], fact["person_id"], fact["reason"]) for fact in told} == {
        (str(one.caller.session_id), str(ann.id), "colleague") for one in begun
    }
    assert await desk.act("end_sessions_of_other", boss.caller, ann.id) == 0


async def test_who_is_signing_in_while_their_sessions_end_is_out_too(desk, owner):
    """A session that is about to be there is waited for: its person is held by whoever begins it."""
    boss, ann = await desk.enter(owner), await desk.employ("ann")
    async with desk.database.scope(desk.workspace.id) as scope:
        hash_ = await Directory(scope).password_hash(ann.id)
        face = await SessionRows(scope).hold(ann.id, hash_)
        ending = asyncio.create_task(desk.act("end_sessions_of_other", boss.caller, ann.id))
        await asyncio.sleep(0.2)
        begun = await sessions.begin_session(scope, face, HERE)
    assert await ending == 1
    assert await desk.people.authenticate(begun.token) is None


async def test_other_changes_leave_sessions_alone(owner, employ, enter, change, people):
    ann, boss = await employ("ann"), await enter(owner)
    begun = await enter(ann)
    changed = await change(boss.caller, ann, name="Ann Lee", chat_limit=2)
    assert (changed.name, changed.chat_limit) == ("Ann Lee", 2)
    assert (await people.authenticate(begun.token)).name == "Ann Lee"


async def test_disabled_people_come_back(owner, employ, enter, change):
    ann, boss = await employ("ann"), await enter(owner)
    await change(boss.caller, ann, disabled=True)
    with pytest.raises(WrongCredentials):
        await enter(ann)
    await change(boss.caller, ann, disabled=False)
    assert (await enter(ann)).caller.person_id == ann.id


async def test_an_old_caller_has_the_power_of_today(owner, employ, enter, change):
    adam, eve = await employ("adam", Role.ADMIN), await employ("eve")
    boss, stale = await enter(owner), await enter(adam)
    await change(boss.caller, adam, role=Role.AGENT)
    with pytest.raises(RoleRefused):
        await change(stale.caller, eve, role=Role.SUPERVISOR)


async def test_the_last_owner_is_kept(owner, enter, change):
    boss = await enter(owner)
    for actor in (boss.caller, None):
        with pytest.raises(LastOwner):
            await change(actor, owner, role=Role.AGENT)
    with pytest.raises(LastOwner):
        await change(None, owner, disabled=True)


async def test_two_owners_who_demote_each_other_leave_one(desk, owner):
    second = await desk.employ("otto", Role.OWNER)
    first_caller, second_caller = (await desk.enter(owner)).caller, (await desk.enter(second)).caller
    outcomes = await asyncio.gather(
        desk.change(first_caller, second, role=Role.AGENT),
        desk.change(second_caller, owner, role=Role.AGENT),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, QiaoError) for outcome in outcomes) == 1
    async with desk.database.scope(desk.workspace.id) as scope:
        assert [person.role for person in await desk.people.list(scope)].count(Role.OWNER) == 1


async def test_everybody_hears_of_a_change(owner, employ, enter, change, facts):
    ann, boss = await employ("ann"), await enter(owner)
    await change(boss.caller, ann, chat_limit=9)
    told = (await facts("people.changed.v1"))[-1]
    assert (told["id"], told["chat_limit"], told["role"], told["load"]) == (str(ann.id), 9, "agent", 0)
    assert set(told) == set(type(ann).__struct_fields__)


async def test_nothing_asked_changes_nothing(owner, enter, change, facts):
    boss = await enter(owner)
    before = await facts("people.changed.v1")
    assert await change(boss.caller, owner) == owner
    assert await facts("people.changed.v1") == before


async def test_own_changes_without_news_tell_nobody(desk, owner):
    boss = await desk.enter(owner)
    before = await desk.facts("people.changed.v1")
    async with desk.database.scope(desk.workspace.id) as scope:
        me = await desk.people.change_own(scope, boss.caller, OwnChanges())
    assert me.person == owner
    assert await desk.facts("people.changed.v1") == before


async def test_teams_tell_of_who_came_and_who_left(employ, people, database, workspace, facts):
    ann, bob, cid = [await employ(name) for name in ("ann", "bob", "cid")]
    async with database.scope(workspace.id) as scope:
        team = await people.create_team(scope, NewTeam(name={"en": "Sales"}, member_ids=[ann.id, bob.id]))
    seen = len(await facts("people.changed.v1"))
    async with database.scope(workspace.id) as scope:
        await people.change_team(scope, team.id, TeamChanges(member_ids=[bob.id, cid.id, cid.id]))
        assert (await people.get(scope, ann.id)).team_ids == []
    told = (await facts("people.changed.v1"))[seen:]
    assert {(fact["name"], len(fact["team_ids"])) for fact in told} == {("ann", 0), ("cid", 1)}
    async with database.scope(workspace.id) as scope:
        await people.delete_team(scope, team.id)
        with pytest.raises(TeamNotFound):
            await people.team(scope, team.id)
    assert await facts("people.team_deleted.v1") == [{"team_id": str(team.id)}]


async def test_of_two_who_set_a_teams_members_at_once_the_list_of_one_stands(employ, act):
    staff = [(await employ(f"p{number}")).id for number in range(6)]
    team = await act("create_team", NewTeam(name={"en": "Sales"}, member_ids=staff[:1]))
    lists = [staff[:2], staff[2:4], staff[4:]]
    for _ in range(4):
        await asyncio.gather(*(act("change_team", team.id, TeamChanges(member_ids=members)) for members in lists))
        assert sorted((await act("team", team.id)).member_ids) in [sorted(members) for members in lists]


def _accept(people, token):
    return people.accept_invite(Acceptance(token=token, name="New", password=PASSWORD), HERE)


async def test_of_two_who_take_up_an_invite_at_once_one_comes_in(owner, enter, people, invite):
    token = await invite((await enter(owner)).caller)
    outcomes = await asyncio.gather(_accept(people, token), _accept(people, token), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InviteInvalid", "SignedIn"]


async def test_invites_expire(desk, owner):
    token = await desk.invite((await desk.enter(owner)).caller)
    async with desk.database.across() as connection:
        await connection.execute("update invites set expires_at = now() where workspace_id = $1", desk.workspace.id)
    with pytest.raises(InviteInvalid):
        await _accept(desk.people, token)


async def test_a_new_invite_replaces_the_older_one(owner, enter, people, invite):
    caller = (await enter(owner)).caller
    older = await invite(caller)
    newer = await invite(caller, "NEW@shop.example", Role.VIEWER)
    with pytest.raises(InviteInvalid):
        await people.look_up_invite(older, HERE)
    assert (await people.look_up_invite(newer, HERE)).role is Role.VIEWER


async def test_invites_fall_with_whoever_gave_them(desk, owner):
    adam = await desk.employ("adam", Role.ADMIN)
    token = await desk.invite((await desk.enter(adam)).caller, role=Role.ADMIN)
    await desk.change((await desk.enter(owner)).caller, adam, role=Role.AGENT)
    with pytest.raises(InviteInvalid):
        await _accept(desk.people, token)


async def test_invites_stay_below_whoever_gives_them(employ, enter, invite):
    adam = await enter(await employ("adam", Role.ADMIN))
    with pytest.raises(RoleRefused):
        await invite(adam.caller, role=Role.OWNER)


async def test_somebody_who_is_here_is_not_invited(owner, employ, enter, people, invite):
    caller = (await enter(owner)).caller
    token = await invite(caller, "ann@shop.example")
    await employ("ann")
    with pytest.raises(EmailTaken):
        await invite(caller, "Ann@shop.example")
    with pytest.raises(EmailTaken):
        await _accept(people, token)
    assert (await people.look_up_invite(token, HERE)).email == "ann@shop.example"


async def test_invites_are_told_without_their_secret(owner, enter, invite, facts):
    token = await invite((await enter(owner)).caller)
    (told,) = await facts("people.invited.v1")
    assert (told["email"], told["role"], told["invited_by"]) == ("new@shop.example", "agent", str(owner.id))
    assert token.split("_", 2)[2] not in str(told)


async def test_what_was_read_before_a_change_is_not_held_after_it(employ, enter):
    caller, now = (await enter(await employ("ann"))).caller, [0.0]
    recent = RecentCallers(lambda: now[0])
    mark = recent.mark
    recent.forget(caller.workspace_id, frozenset({"people.session_ended.v1"}))
    recent.put(b"digest", caller, mark)
    assert recent.get(caller.workspace_id, b"digest") is None
    recent.put(b"digest", caller, recent.mark)
    recent.forget(caller.workspace_id, frozenset({"conversations.opened.v1"}))
    assert recent.get(caller.workspace_id, b"digest") == caller
    now[0] = 1.0
    assert recent.get(caller.workspace_id, b"digest") is None


async def test_the_time_that_a_look_took_counts(employ, enter):
    caller, now = (await enter(await employ("ann"))).caller, [0.0]
    recent = RecentCallers(lambda: now[0])
    mark = recent.mark
    now[0] = 0.7
    recent.put(b"digest", caller, mark)
    assert recent.get(caller.workspace_id, b"digest") == caller
    now[0] = 0.9
    assert recent.get(caller.workspace_id, b"digest") is None


async def test_a_rolled_back_change_leaves_everything(desk, owner):
    begun = await desk.enter(await desk.employ("ann"))
    with contextlib.suppress(RuntimeError):
        async with desk.database.scope(desk.workspace.id) as scope:
            await desk.people.change(scope, None, begun.caller.person_id, PersonChanges(disabled=True))
            raise RuntimeError
    assert await desk.people.authenticate(begun.token) is not None
