"""Two who change the same people, teams, keys and links at once: nothing is told twice, nothing old is told after the new."""

import asyncio
import re

import pytest

from qiao.domains.people.api import Limits
from qiao.domains.people.contracts import NewTeam, PersonChanges, Role, TeamChanges, Visit
from qiao.domains.people.errors import KeyNotFound, ResetInvalid, TeamNotFound
from qiao.domains.people.keys import NewApiKey
from qiao.domains.people.repository.directory import Directory
from qiao.domains.people.resets import ResetAcceptance
from qiao.domains.people.service.resets import Resets
from qiao.kit.ids import new_id
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.mail.post import Post
from qiao.platform.settings import Settings

pytestmark = pytest.mark.database

HERE, NEW = Visit("192.0.2.1", "Firefox"), "a new pair of words 7"


@pytest.fixture
def resets(database) -> Resets:
    return Resets(database, Limits(name=new_id().hex), Jobs(database), Post(Settings()), "https://desk.example")


@pytest.fixture
def link(resets, desk):
    """The secret of a link for somebody."""

    async def link(caller, person) -> str:
        async with desk.database.scope(desk.workspace.id) as scope:
            made = await resets.make_link(scope, caller, person.id)
        return re.search(r"#(\S+)$", made.url)[1]

    return link


@pytest.mark.parametrize("how", ["changed", "deleted", "made"])
async def test_what_a_team_tells_of_its_people_is_never_older_than_what_was_told(desk, how):
    """Somebody is renamed, not yet committed, while they come into a team or leave it."""
    ann = await desk.employ("ann")
    team = await desk.act("create_team", NewTeam(name={"en": "Sales"}, member_ids=[ann.id]))
    works = {
        "changed": lambda: desk.act("change_team", team.id, TeamChanges(member_ids=[])),
        "deleted": lambda: desk.act("delete_team", team.id),
        "made": lambda: desk.act("create_team", NewTeam(name={"en": "Night"}, member_ids=[ann.id])),
    }
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.people.change(scope, None, ann.id, PersonChanges(name="Ann Lee"))
        beside = asyncio.create_task(works[how]())
        await asyncio.sleep(0.2)
    await beside
    async with desk.database.scope(desk.workspace.id) as scope:
        now = await desk.people.get(scope, ann.id)
    last = (await desk.facts("people.changed.v1"))[-1]
    assert (last["name"], last["team_ids"]) == ("Ann Lee", [str(one) for one in now.team_ids])


async def both(*works) -> list[str]:
    """What came of two at once: names of errors, and "done"."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    return sorted("done" if not isinstance(one, BaseException) else type(one).__name__ for one in outcomes)


async def test_a_team_is_deleted_once(desk):
    team = await desk.act("create_team", NewTeam(name={"en": "Sales"}))
    done = await both(*(desk.act("delete_team", team.id) for _ in range(2)))
    assert done == sorted(["done", TeamNotFound.__name__])
    assert len(await desk.facts("people.team_deleted.v1")) == 1


async def test_a_key_is_revoked_once(desk, owner):
    boss = (await desk.enter(owner)).caller
    made = await desk.act("make_key", boss, NewApiKey(name="sync", scopes=["reports.read"]))
    done = await both(*(desk.act("revoke_key", boss, made.key.id) for _ in range(2)))
    assert done == sorted(["done", KeyNotFound.__name__])
    assert len(await desk.facts("people.key_revoked.v1")) == 1


async def test_a_link_that_is_used_while_its_person_is_disabled_is_no_deadlock(desk, owner, resets, link):
    boss, ann = (await desk.enter(owner)).caller, await desk.employ("ann")
    token = await link(boss, ann)
    async with desk.database.scope(desk.workspace.id) as scope:
        await Directory(scope).lock([ann.id])
        using = asyncio.create_task(resets.accept(ResetAcceptance(token=token, password=NEW), HERE))
        # Long enough for the password to be hashed, and for what waits to hold whatever it holds.
        await asyncio.sleep(1.0)
        await desk.people.change(scope, boss, ann.id, PersonChanges(disabled=True))
    with pytest.raises(ResetInvalid):
        await using


async def test_a_new_password_by_link_ends_the_links_that_they_made(desk, owner, resets, link):
    """As one that they change themselves does: whoever was in their browser may have made them."""
    adam, ann = await desk.employ("adam", Role.ADMIN), await desk.employ("ann")
    given = await link((await desk.enter(adam)).caller, ann)
    own = await link((await desk.enter(owner)).caller, adam)
    await resets.accept(ResetAcceptance(token=own, password=NEW), HERE)
    with pytest.raises(ResetInvalid):
        await resets.accept(ResetAcceptance(token=given, password=NEW), HERE)
