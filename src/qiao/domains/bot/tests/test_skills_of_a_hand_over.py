"""Who is handed over to a person goes to those who know the matter: what the customer wants is told by the workspace's intents."""

from typing import Any
from uuid import UUID

import pytest

from qiao.domains.bot.classifying import intents as learned
from qiao.domains.bot.classifying.contracts import Example, IntentChanges, NewIntent
from qiao.domains.bot.flows.tests.flow_samples import both
from qiao.domains.bot.tests.tea_shop import Shop
from qiao.domains.people.contracts import NewTeam
from qiao.domains.routing.contracts import NewRule

pytestmark = pytest.mark.database
WHOLESALE = ["想大批量拿货", "我们公司要批发茶叶", "给个批发报价", "我要批量采购茶具", "开店进货找你们"]
REPAIR = ["我的壶坏了要修", "帮我修一下茶壶", "盖子裂了想修补", "壶嘴断了能给我修吗"]


@pytest.fixture
async def teams(shop: Shop) -> dict[str, UUID]:
    """Two intents, a rule for each, and the inbox's own team."""
    found: dict[str, UUID] = {}
    async with shop.database.scope(shop.workspace.id) as scope:
        for name in ("wholesale", "repair", "front"):
            found[name] = (await shop.people.create_team(scope, NewTeam(name=both(name)))).id
        for key, examples in (("wholesale", WHOLESALE), ("repair", REPAIR)):
            new = NewIntent(key=key, name=both(key), examples=[Example(one, "zh") for one in examples])
            await shop.bot.intents.create(scope, new)
        rules = [NewRule(intent=name, team_id=found[name]) for name in ("wholesale", "repair")]
        await shop.routing.triages.replace_rules(scope, rules, [shop.inbox])
    await shop.set_inbox(team_id=found["front"])
    return found


async def waits_for(shop: Shop, *texts: str) -> UUID | None:
    """The team for which the conversation waits after these messages."""
    for text in texts:
        await shop.say(text)
    async with shop.database.scope(shop.workspace.id) as scope:
        talk = await shop.conversations.get(scope, shop.talk.id)
    assert talk.status == "waiting"
    return talk.team_id


@pytest.mark.parametrize(("text", "team"), [("给个批发报价", "wholesale"), ("帮我修一下茶壶吧", "repair")])
async def test_what_nothing_answers_goes_to_those_who_know_it(shop: Shop, teams: dict[str, UUID], text: str, team: str):
    assert await waits_for(shop, text) == teams[team]


async def test_a_bare_wish_for_a_person_is_about_what_was_asked_before(shop: Shop, teams: dict[str, UUID]):
    await shop.set_bot(hand_over_when_unsure=False)
    assert await waits_for(shop, "开店进货找你们", "转人工") == teams["wholesale"]


async def test_what_has_none_of_them_is_the_inboxes(shop: Shop, teams: dict[str, UUID]):
    assert await waits_for(shop, "明天股票会涨吗") == teams["front"]


async def test_an_intent_that_is_switched_off_is_nobodys_skill(shop: Shop, teams: dict[str, UUID]):
    async with shop.database.scope(shop.workspace.id) as scope:
        (one,) = [one for one in await shop.bot.intents.all(scope) if one.key == "wholesale"]
        await shop.bot.intents.change(scope, one.id, IntentChanges(enabled=False))
    assert await waits_for(shop, "给个批发报价") == teams["front"]


async def test_intents_that_cannot_be_read_keep_nobody_from_a_person(
    shop: Shop, teams: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("a model that cannot be used")

    monkeypatch.setattr(learned, "_told", broken)
    assert await waits_for(shop, "给个批发报价") == teams["front"]
