"""Who is here, on a real database."""

from datetime import timedelta

import pytest

from qiao.domains.people.contracts import NewTeam, PersonChanges, Role

pytestmark = pytest.mark.database


@pytest.fixture
async def ann(employ):
    return await employ("ann", chat_limit=4)


async def _lapse(database, workspace):
    async with database.across() as connection:
        await connection.execute("update people_presence set connected_until = now() where workspace_id = $1", workspace.id)


async def test_arriving_makes_online_and_is_told_once(ann, act, told):
    assert not ann.online
    for _ in range(3):
        await act("connected", ann.id, 45)
    assert await told() == [("online", True)]
    assert (await act("get", ann.id)).online


async def test_away_is_not_online_and_back_is(ann, act, told):
    await act("connected", ann.id)
    for availability in ("away", "away", "online"):
        await act("set_availability", ann.id, availability)
    assert await told() == [("online", True), ("away", False), ("online", True)]


async def test_who_is_away_stays_away_over_a_reload(ann, act, told):
    await act("set_availability", ann.id, "away")
    await act("connected", ann.id)
    person = await act("get", ann.id)
    assert (person.availability, person.online) == ("away", False)
    assert await told() == [("away", False)]


async def test_who_takes_nothing_new_keeps_what_they_have_until_they_leave(ann, act, database, workspace):
    await act("connected", ann.id)
    await act("set_availability", ann.id, "away")
    assert ann.id not in await act("away_longer_than", timedelta(0))
    await _lapse(database, workspace)
    assert ann.id in await act("away_longer_than", timedelta(0))
    assert ann.id not in await act("away_longer_than", timedelta(seconds=90))


async def test_leaving_is_told_when_the_grace_is_over(desk, ann):
    await desk.act("connected", ann.id)
    await desk.act("disconnected", ann.id)
    assert (await desk.act("get", ann.id)).online
    await _lapse(desk.database, desk.workspace)
    assert not (await desk.act("get", ann.id)).online
    assert await desk.act("expire_presence") == 1
    assert await desk.act("expire_presence") == 0
    assert await desk.told() == [("online", True), ("online", False)]


async def test_a_reload_within_the_grace_is_no_news(ann, act, told):
    await act("connected", ann.id)
    await act("disconnected", ann.id)
    await act("connected", ann.id)
    assert await act("expire_presence") == 0
    assert await told() == [("online", True)]


async def test_leaving_without_grace_is_told_at_once(ann, act, told):
    await act("connected", ann.id)
    await act("disconnected", ann.id, 0)
    await act("disconnected", ann.id, 0)
    assert await told() == [("online", True), ("online", False)]


async def test_leaving_never_lengthens_a_connection(ann, act):
    await act("connected", ann.id, 0)
    await act("disconnected", ann.id, 60)
    assert not (await act("get", ann.id)).online


async def test_leaving_without_having_come_is_nothing(ann, act, told):
    await act("disconnected", ann.id)
    assert await told() == []


async def test_being_disabled_ends_presence(ann, act, told):
    await act("connected", ann.id)
    await act("change", None, ann.id, PersonChanges(disabled=True))
    assert await told() == [("online", True), ("online", False)]
    assert await act("online_people") == []


async def test_routing_gets_those_who_may_answer(ann, employ, act):
    team = await act("create_team", NewTeam(name={"en": "Sales"}, member_ids=[ann.id]))
    others = [await employ("vera", Role.VIEWER), await employ("ed", Role.EDITOR), await employ("away")]
    for person in [ann, *others]:
        await act("connected", person.id)
    await act("set_availability", others[-1].id, "away")
    (found,) = await act("online_people")
    assert (found.id, found.team_ids, found.chat_limit, found.role) == (ann.id, [team.id], 4, Role.AGENT)


async def _here(desk, person, node, *, seconds=45.0):
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.people.connected(scope, person.id, seconds, node=node)


async def _gone(desk, person, node, *, grace=0.0):
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.people.disconnected(scope, person.id, grace, node=node)


async def test_a_window_that_closes_at_one_node_leaves_those_at_others(desk, ann):
    for node in ("one", "two"):
        await _here(desk, ann, node)
    await _gone(desk, ann, "one")
    assert (await desk.act("get", ann.id)).online
    assert await desk.act("expire_presence") == 0
    await _gone(desk, ann, "two")
    assert not (await desk.act("get", ann.id)).online


async def test_the_grace_of_a_node_does_not_shorten_what_another_promised(desk, ann):
    await _here(desk, ann, "one")
    await _here(desk, ann, "two")
    await _gone(desk, ann, "one", grace=5)
    await _gone(desk, ann, "one", grace=5)
    async with desk.database.across() as connection:
        left = await connection.fetchval(
            "select extract(epoch from connected_until - now()) from people_presence where person_id = $1", ann.id
        )
    assert 40 < left <= 45


async def test_a_node_that_died_keeps_nobody_longer_than_it_promised(desk, ann):
    await _here(desk, ann, "dead", seconds=0)
    await _here(desk, ann, "alive")
    await _gone(desk, ann, "alive")
    assert not (await desk.act("get", ann.id)).online


async def test_nodes_that_are_gone_are_not_kept_for_ever(desk, ann):
    for number in range(20):
        await _here(desk, ann, f"node {number}", seconds=0)
    await _here(desk, ann, "now")
    async with desk.database.across() as connection:
        nodes = await connection.fetchval(
            "select array(select jsonb_object_keys(nodes) from people_presence where person_id = $1)", ann.id
        )
    assert nodes == ["now"]


async def test_who_is_disabled_is_gone_from_every_node(desk, ann):
    for node in ("one", "two"):
        await _here(desk, ann, node)
    await desk.act("change", None, ann.id, PersonChanges(disabled=True))
    assert not (await desk.act("get", ann.id)).online
