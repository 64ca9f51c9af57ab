"""Who gets a conversation that the bot hands over: the team a flow names, the team of a rule for its skill, the inbox's."""

from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from qiao.domains.bot.flows.shown import NewFlow
from qiao.domains.bot.flows.tests.flow_samples import both, flow_of, say
from qiao.domains.bot.tests.tea_shop import Shop
from qiao.domains.people.contracts import NewTeam
from qiao.domains.routing.contracts import NewRule

pytestmark = pytest.mark.database

WISH = "我要定制一批茶具"


async def team(shop: Shop, name: str) -> UUID:
    async with shop.database.scope(shop.workspace.id) as scope:
        return (await shop.people.create_team(scope, NewTeam(name=both(name)))).id


async def gone(shop: Shop, team_id: UUID) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.people.delete_team(scope, team_id)


async def flow(shop: Shop, **over: Any) -> None:
    """A published flow that hands over at once."""
    drawn = flow_of(
        say("hello", "好的，马上安排。"),
        {"id": "over", "type": "hand_over", "reason": both("定制"), **over},
        start="hello",
        trigger={"phrases": {"zh": [WISH], "en": ["I want custom teaware"]}},
    )
    async with shop.database.scope(shop.workspace.id) as scope:
        opened = await shop.bot.flows.create(scope, NewFlow(definition=drawn))
        await shop.bot.flows.publish(scope, opened.flow.id, None)


async def rule(shop: Shop, **fields: Any) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.routing.triages.replace_rules(scope, [NewRule(**fields)], [shop.inbox])


async def for_team(shop: Shop, text: str = WISH) -> UUID | None:
    """The team for which the conversation waits after this message."""
    await shop.say(text)
    async with shop.database.scope(shop.workspace.id) as scope:
        talk = await shop.conversations.get(scope, shop.talk.id)
    assert talk.status == "waiting"
    return talk.team_id


async def test_the_team_that_the_flow_names_gets_it(shop: Shop):
    ours, inboxes = await team(shop, "定制"), await team(shop, "前台")
    await shop.set_inbox(team_id=inboxes)
    await rule(shop, words=["定制"], team_id=inboxes)
    await flow(shop, team_id=str(ours))
    assert await for_team(shop) == ours


async def test_a_skill_is_met_by_the_rule_that_has_it_as_its_intent(shop: Shop):
    ours = await team(shop, "定制")
    await rule(shop, intent="custom-made", team_id=ours)
    await flow(shop, skill="custom-made")
    assert await for_team(shop) == ours


async def test_a_skill_that_no_rule_knows_leaves_it_to_the_inbox(shop: Shop):
    ours, inboxes = await team(shop, "定制"), await team(shop, "前台")
    await shop.set_inbox(team_id=inboxes)
    await rule(shop, intent="something-else", team_id=ours)
    await flow(shop, skill="custom-made")
    assert await for_team(shop) == inboxes


async def test_a_team_that_is_gone_is_passed_over_and_that_is_said_in_the_log(shop: Shop):
    ours, other = await team(shop, "定制"), await team(shop, "前台")
    await rule(shop, words=["定制"], team_id=other)
    await flow(shop, team_id=str(ours))
    await gone(shop, ours)
    with capture_logs() as logged:
        assert await for_team(shop) == other
    assert [one["team"] for one in logged if one["log_level"] == "warning" and "team" in one] == [str(ours)]


async def test_where_every_named_team_is_gone_anybody_may_take_it(shop: Shop):
    ours, inboxes = await team(shop, "定制"), await team(shop, "前台")
    await shop.set_inbox(team_id=inboxes)
    await flow(shop, team_id=str(ours))
    await gone(shop, ours)
    await gone(shop, inboxes)
    assert await for_team(shop) is None


async def test_without_a_flow_the_inboxes_team_gets_it_and_a_rule_comes_before(shop: Shop):
    inboxes, invoices = await team(shop, "前台"), await team(shop, "发票")
    await shop.set_inbox(team_id=inboxes)
    assert await for_team(shop, "转人工") == inboxes
    await rule(shop, words=["发票"], team_id=invoices)
    await shop.new_customer()
    assert await for_team(shop, "发票的事，转人工") == invoices
