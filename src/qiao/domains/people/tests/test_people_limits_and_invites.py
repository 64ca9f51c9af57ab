"""How often strangers may try, what an invite is worth and to whom, and which sessions somebody has."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.people.api import Limits, People
from qiao.domains.people.contracts import Acceptance, Credentials, NewInvite, NewTeam, PersonChanges, Role, Visit
from qiao.domains.people.errors import (
    InviteInvalid,
    InviteNotFound,
    PersonInvalid,
    PersonNotFound,
    RoleRefused,
    SessionNotFound,
    TeamNotFound,
    WrongCredentials,
)
from qiao.domains.people.rules import INVITE_DAYS, may_give
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.errors import QiaoError, TooMany
from qiao.kit.ids import PersonId, TeamId, new_id
from qiao.platform.auth.passwords import PasswordTooWeak
from qiao.platform.auth.shared_throttle import Bound

pytestmark = pytest.mark.database

PASSWORD = "correct horse 9"
HERE, ORIGIN = Visit("192.0.2.1", "Firefox"), "https://desk.example"


def strict(**bounds) -> Limits:
    """Limits that give nothing back within a test."""
    return Limits(name=uuid4().hex, **{name: Bound(0.0001, burst) for name, burst in bounds.items()})


def door(desk, **bounds) -> People:
    return People(desk.database, strict(**bounds))


async def sign_in(people, desk, email, ip="192.0.2.1", password="wrong"):
    return await people.sign_in(Credentials(email=email, password=password, workspace=desk.workspace.slug), Visit(ip))


async def refused(kind, *works):
    for work in works:
        with pytest.raises(kind):
            await work


def accept(people, token, password=PASSWORD, name="New", ip="192.0.2.1"):
    return people.accept_invite(Acceptance(token=token, name=name, password=password, locale="en"), Visit(ip))


@pytest.mark.parametrize("spelling", ["ann@shop.example", "ANN@shop.example", " ann@SHOP.example ", "ａｎｎ@shop.example"])
async def test_spellings_of_an_address_share_one_bound(desk, spelling):
    people = door(desk, account=2)
    await refused(WrongCredentials, *(sign_in(people, desk, "ann@shop.example") for _ in range(2)))
    await refused(TooMany, sign_in(people, desk, spelling))


async def test_a_bound_holds_in_every_process_and_after_a_restart(desk):
    limits = strict(account=2)
    first, second = People(desk.database, limits), People(desk.database, limits)
    await refused(WrongCredentials, sign_in(first, desk, "ann@shop.example"), sign_in(second, desk, "ann@shop.example"))
    await refused(
        TooMany, sign_in(first, desk, "ann@shop.example"), sign_in(People(desk.database, limits), desk, "ann@shop.example")
    )


async def test_one_address_is_not_tried_from_everywhere(desk):
    people = door(desk, everywhere=3)
    await refused(WrongCredentials, *(sign_in(people, desk, "ann@shop.example", ip=f"192.0.2.{n}") for n in range(3)))
    await refused(TooMany, sign_in(people, desk, "ann@shop.example", ip="198.51.100.9"))
    await refused(WrongCredentials, sign_in(people, desk, "bob@shop.example", ip="198.51.100.9"))


async def test_what_bounds_nobody_any_more_is_forgotten(desk):
    people = door(desk, account=2)
    await refused(WrongCredentials, sign_in(people, desk, "ann@shop.example"))
    before = await desk.database.pool.fetchval("select count(*) from attempts")
    await desk.database.pool.execute("update attempts set full_at = now() - interval '1 second'")
    await people.end_lapsed_sessions()
    assert before > 0
    assert await desk.database.pool.fetchval("select count(*) from attempts") == 0


async def test_a_bound_on_one_address_holds_back_no_other_address_and_no_other_source(desk):
    ann, bob = await desk.employ("ann"), await desk.employ("bob")
    people = door(desk, account=1)
    await refused(WrongCredentials, sign_in(people, desk, ann.email))
    await refused(TooMany, sign_in(people, desk, ann.email, password=PASSWORD))
    assert (await sign_in(people, desk, bob.email, password=PASSWORD)).caller.person_id == bob.id
    assert (await sign_in(people, desk, ann.email, ip="198.51.100.7", password=PASSWORD)).caller.person_id == ann.id


@pytest.mark.parametrize(("other", "kind"), [("2001:db8:0:1::ffff", TooMany), ("2001:db8:0:2::1", WrongCredentials)])
async def test_a_subscriber_cannot_change_their_address_to_go_on(desk, other, kind):
    people = door(desk, source=1)
    await refused(WrongCredentials, sign_in(people, desk, "a@shop.example", ip="2001:db8:0:1::1"))
    await refused(kind, sign_in(people, desk, "b@shop.example", ip=other))


async def test_passwords_are_not_guessed_from_within(desk):
    people, begun = door(desk, passwords=2), await desk.enter(await desk.employ("ann"))
    await refused(
        WrongCredentials, *(people.change_password(begun.caller, "guess", "another good one 7", HERE) for _ in range(2))
    )
    with pytest.raises(TooMany) as held:
        await people.change_password(begun.caller, PASSWORD, "another good one 7", HERE)
    assert held.value.details["retry_after"] >= 1


async def test_invites_are_not_guessed(desk, owner):
    token = await desk.invite((await desk.enter(owner)).caller)
    people = door(desk, invites=2)
    await refused(InviteInvalid, *(people.look_up_invite(token[:-1] + mark, HERE) for mark in "!?"))
    await refused(TooMany, people.look_up_invite(token, HERE), accept(people, token))
    assert (await accept(people, token, ip="198.51.100.7")).caller.name == "New"


async def test_an_invite_gives_what_it_promised_once(desk, owner):
    boss = (await desk.enter(owner)).caller
    team = await desk.act("create_team", NewTeam(name={"en": "Sales"}))
    new = NewInvite(email=" New@Shop.example ", role=Role.SUPERVISOR, team_ids=[team.id])
    made = await desk.act("invite", boss, new, ORIGIN)
    assert (made.email, made.url.startswith(f"{ORIGIN}/app/invite#qi_{desk.workspace.id.hex}_")) == ("New@Shop.example", True)
    assert abs(made.expires_at - utc_now() - timedelta(days=INVITE_DAYS)) < timedelta(minutes=1)
    token = made.url.rpartition("#")[2]
    offers = [await desk.people.look_up_invite(token, HERE) for _ in range(3)]
    assert {(one.email, one.role) for one in offers} == {("New@Shop.example", Role.SUPERVISOR)}
    begun = await accept(desk.people, token, name="  New\nPerson ")
    person = await desk.act("get", begun.caller.person_id)
    assert (person.name, person.role, person.team_ids, person.locale) == ("New Person", Role.SUPERVISOR, [team.id], "en")
    assert await desk.people.authenticate(begun.token) == begun.caller
    await refused(InviteInvalid, desk.people.look_up_invite(token, HERE), accept(desk.people, token))
    assert await desk.act("invites") == []


@pytest.mark.parametrize(
    ("fields", "kind"),
    [({"password": "short"}, PasswordTooWeak), ({"name": " \n"}, PersonInvalid), ({"name": "x" * 81}, PersonInvalid)],
)
async def test_an_invite_taken_up_wrongly_stays_open(desk, owner, fields, kind):
    token = await desk.invite((await desk.enter(owner)).caller)
    await refused(kind, accept(desk.people, token, **fields))
    assert (await accept(desk.people, token)).caller.role == "agent"


async def test_a_team_that_went_away_meanwhile_keeps_nobody_out(desk, owner):
    boss = (await desk.enter(owner)).caller
    team = await desk.act("create_team", NewTeam(name={"en": "Sales"}))
    made = await desk.act("invite", boss, NewInvite(email="n@shop.example", role=Role.AGENT, team_ids=[team.id]), ORIGIN)
    await desk.act("delete_team", team.id)
    begun = await accept(desk.people, made.url.rpartition("#")[2])
    assert (await desk.act("get", begun.caller.person_id)).team_ids == []


async def test_a_revoked_invite_is_worth_nothing_and_is_revoked_once(desk, owner):
    token = await desk.invite((await desk.enter(owner)).caller)
    (listed,) = await desk.act("invites")
    assert (listed.url, listed.email) == (None, "new@shop.example")
    await desk.act("revoke_invite", listed.id)
    await refused(InviteInvalid, desk.people.look_up_invite(token, HERE), accept(desk.people, token))
    await refused(InviteNotFound, desk.act("revoke_invite", listed.id))


async def test_invites_to_nowhere_are_not_made(desk, owner):
    boss = (await desk.enter(owner)).caller
    new = [
        ("no address", [], PersonInvalid),
        ("a@b.example\n", [TeamId(new_id())], TeamNotFound),
        ("a\x00@b.example", [], PersonInvalid),
    ]
    for email, teams, kind in new:
        await refused(kind, desk.act("invite", boss, NewInvite(email=email, role=Role.AGENT, team_ids=teams), ORIGIN))
    assert await desk.act("invites") == []


async def test_an_invite_belongs_to_its_workspace(desk, owner):
    token = await desk.invite((await desk.enter(owner)).caller)
    other = await Workspaces(desk.database).create(f"x-{uuid4().hex[:12]}", {"zh": "别家"})
    moved = token.replace(desk.workspace.id.hex, other.id.hex)
    await refused(InviteInvalid, accept(desk.people, moved))
    (made,) = await desk.act("invites")
    async with desk.database.scope(other.id) as scope:
        assert await desk.people.invites(scope) == []
        await refused(InviteNotFound, desk.people.revoke_invite(scope, made.id))


@pytest.mark.parametrize("own", list(Role))
async def test_whoever_invites_gives_at_most_what_they_are(desk, own):
    actor = await desk.enter(await desk.employ("actor", own))
    works = [desk.invite(actor.caller, f"{role}@shop.example", role) for role in Role]
    outcomes = [type((await asyncio.gather(work, return_exceptions=True))[0]) for work in works]
    assert outcomes == [{True: str, False: RoleRefused}[may_give(own, role)] for role in Role]


@pytest.mark.parametrize("own", list(Role))
@pytest.mark.parametrize("target_role", list(Role))
async def test_nobody_is_changed_from_below_or_raised_above(desk, own, target_role):
    await desk.employ("keeper", Role.OWNER)
    target, actor = await desk.employ("target", target_role), await desk.enter(await desk.employ("actor", own))
    wanted = Role.ADMIN
    outcome = (await asyncio.gather(desk.change(actor.caller, target, role=wanted), return_exceptions=True))[0]
    allowed = may_give(own, target_role) and may_give(own, wanted)
    assert isinstance(outcome, QiaoError) is not allowed
    assert (await desk.act("get", target.id)).role is {True: wanted, False: target_role}[allowed]


async def test_a_change_of_somebody_unknown_or_by_somebody_of_elsewhere_is_refused(desk, owner):
    boss = (await desk.enter(owner)).caller
    other = await Workspaces(desk.database).create(f"x-{uuid4().hex[:12]}", {"zh": "别家"})
    await refused(PersonNotFound, desk.act("change", boss, PersonId(new_id()), PersonChanges(name="x")))
    async with desk.database.scope(other.id) as scope:
        await refused(PersonNotFound, desk.people.change(scope, boss, owner.id, PersonChanges(name="x")))
        await refused(RoleRefused, desk.people.invite(scope, boss, NewInvite(email="a@b.example", role=Role.VIEWER), ORIGIN))


async def test_a_change_with_an_unknown_team_changes_nothing(desk, owner):
    ann, boss = await desk.employ("ann"), await desk.enter(owner)
    begun = await desk.enter(ann)
    await refused(TeamNotFound, desk.change(boss.caller, ann, role=Role.VIEWER, name="Other", team_ids=[TeamId(new_id())]))
    assert await desk.act("get", ann.id) == ann
    assert await desk.people.authenticate(begun.token) is not None


async def test_sessions_are_listed_for_their_person_with_what_a_log_can_show(desk):
    ann = await desk.employ("ann")
    await desk.enter(await desk.employ("bob"))
    visits = [Visit("192.0.2.1", "A\x00B\x1b[31m\n"), Visit("x" * 99, "y" * 999)]
    credentials = Credentials(email=ann.email, password=PASSWORD, workspace=desk.workspace.slug)
    begun = [await desk.people.sign_in(credentials, one) for one in visits]
    listed = {one.id: one for one in await desk.act("sessions", begun[0].caller)}
    first, second = (listed[one.caller.session_id] for one in begun)
    assert (first.user_agent, first.current, second.current) == ("A B [31m ", True, False)
    assert (len(second.ip), len(second.user_agent), len(listed)) == (64, 300, 2)


async def test_a_session_ends_once_and_its_token_with_it(desk):
    ann = await desk.employ("ann")
    mine, old = await desk.enter(ann), await desk.enter(ann)
    assert await desk.people.authenticate(old.token) is not None
    await desk.people.end_own(mine.caller, PASSWORD, old.caller.session_id)
    assert await desk.people.authenticate(old.token) is None
    await refused(SessionNotFound, desk.people.end_own(mine.caller, PASSWORD, old.caller.session_id))
    await desk.people.end_own(mine.caller, PASSWORD, None)
    assert [one.id for one in await desk.act("sessions", mine.caller)] == [mine.caller.session_id]
    for _ in range(2):
        await desk.act("sign_out", mine.caller)
    assert await desk.people.authenticate(mine.token) is None
    assert [fact["reason"] for fact in await desk.facts("people.session_ended.v1")] == ["revoked", "signed_out"]


async def test_a_lapsed_session_is_not_listed_before_it_is_ended(desk):
    ann = await desk.employ("ann")
    old, mine = await desk.enter(ann), await desk.enter(ann)
    async with desk.database.across() as connection:
        await connection.execute(
            "update sessions set last_seen_at = now() - interval '15 days' where workspace_id = $1 and id = $2",
            desk.workspace.id,
            old.caller.session_id,
        )
    assert [one.id for one in await desk.act("sessions", mine.caller)] == [mine.caller.session_id]


async def test_of_two_password_changes_at_once_one_counts(desk):
    begun = await desk.enter(await desk.employ("ann"))
    new = ["a whole new one 1", "a whole new one 2"]
    outcomes = await asyncio.gather(
        *(desk.people.change_password(begun.caller, PASSWORD, one, HERE) for one in new), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "WrongCredentials"]
    counts = [one for one, outcome in zip(new, outcomes, strict=True) if outcome is None]
    again = await sign_in(desk.people, desk, "ann@shop.example", password=counts[0])
    assert again.caller.person_id == begun.caller.person_id
    await refused(WrongCredentials, sign_in(desk.people, desk, "ann@shop.example", password=PASSWORD))


async def test_a_sign_of_life_never_shortens_a_connection_and_is_for_people_of_here(desk):
    ann = await desk.employ("ann")
    await desk.act("connected", ann.id, 60)
    await desk.act("connected", ann.id, 0)
    assert (await desk.act("get", ann.id)).online
    await refused(PersonNotFound, desk.act("set_availability", PersonId(new_id()), "away"))
    assert await desk.told() == [("online", True)]
