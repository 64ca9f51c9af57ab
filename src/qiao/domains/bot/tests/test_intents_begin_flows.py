"""A flow begins when a message surely has the intent it waits for, and never for what is out of scope or only asked about."""

from typing import Any
from uuid import UUID

import pytest

from qiao.domains.bot.classifying.contracts import IN_SCOPE, Example, Guess, IntentChanges, NewIntent
from qiao.domains.bot.errors import FlowInvalid
from qiao.domains.bot.flows.book import FlowBook
from qiao.domains.bot.flows.shown import NewFlow
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of
from qiao.domains.bot.meaning import Meaning
from qiao.domains.bot.tests.tea_shop import Shop, no_model

pytestmark = pytest.mark.database

REPAIR = ["我的壶坏了要修", "帮我修一下茶壶", "盖子裂了想修补", "壶嘴断了能给我修吗", "想把杯子送修", "茶壶漏水要返修"]
WHOLESALE = ["想大批量拿货", "我们公司要批发茶叶", "给个批发报价", "我要批量采购茶具", "开店进货找你们", "想做你们的代理"]


class Telling:
    """Intents as a test says them."""

    def __init__(self, *guesses: Guess, broken: bool = False) -> None:
        self.guesses, self.broken, self.asked = guesses, broken, 0

    async def classify(self, _workspace_id: Any, _text: str, _vector: Any) -> Any:
        self.asked += 1
        if self.broken:
            raise ZeroDivisionError("a model that cannot be used")
        return self.guesses


async def intent(shop: Shop, key: str, examples: list[str]) -> UUID:
    async with shop.database.scope(shop.workspace.id) as scope:
        new = NewIntent(key=key, name=both(key), examples=[Example(one, "zh") for one in examples])
        return (await shop.bot.intents.create(scope, new)).id


async def flow(shop: Shop, intent_id: UUID, **trigger: Any) -> UUID:
    drawn = flow_of(
        ask("broken", "text", prompt=both("哪件坏了？", "What is broken?"), label=both("物件")),
        end("记下了：{broken}"),
        name=both("返修"),
        button=both("返修", "Repair"),
        trigger={"intents": [str(intent_id)], **trigger},
    )
    async with shop.database.scope(shop.workspace.id) as scope:
        opened = await shop.bot.flows.create(scope, NewFlow(definition=drawn))
        assert opened.faults == []
        await shop.bot.flows.publish(scope, opened.flow.id, None)
    return opened.flow.id


async def test_a_flow_whose_intent_was_deleted_says_so_and_is_not_published(shop: Shop) -> None:
    found = await intent(shop, "repair", REPAIR)
    flow_id = await flow(shop, found)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.intents.delete(scope, found)
        assert [one.code for one in (await shop.bot.flows.open(scope, flow_id)).faults] == ["unknown_intent"]
        assert [one.detail for one in (await shop.bot.flows.check(scope, flow_id)).faults] == [str(found)]
        with pytest.raises(FlowInvalid):
            await shop.bot.flows.publish(scope, flow_id, None)


async def repairs(shop: Shop, **trigger: Any) -> UUID:
    """Two intents, and a flow that waits for one of them."""
    found = await intent(shop, "repair", REPAIR)
    await intent(shop, "wholesale", WHOLESALE)
    await flow(shop, found, **trigger)
    return found


async def test_a_message_with_the_intent_begins_the_flow_before_anything_was_trained(shop: Shop):
    await repairs(shop)
    assert (await shop.say("我的茶壶坏了，帮我修")).text == "哪件坏了？"
    assert [turn.zone for turn in await shop.turns()] == ["flow"]
    assert (await shop.say("壶盖")).text == "记下了：壶盖"


@pytest.mark.slow
async def test_so_it_does_by_the_trained_model_with_meaning(thinking_shop: Shop):
    await repairs(thinking_shop)
    await thinking_shop.settle()
    await thinking_shop.bot.intents.learn(thinking_shop.workspace.id)
    assert (await thinking_shop.say("盖碗摔裂了，能帮我修修吗")).text == "哪件坏了？"


@pytest.mark.parametrize("text", ["想批发一批茶叶", "明天股票会涨吗", "运费怎么算？", "asdf qwer", "今天天气真好"])
async def test_another_intent_and_what_has_none_begin_nothing(shop: Shop, text: str):
    await repairs(shop)
    assert (await shop.say(text)).text != "哪件坏了？"


async def test_a_flow_that_wants_to_be_surer_does_not_begin(shop: Shop):
    await repairs(shop, intent_probability=1.0)
    assert (await shop.say("坏了想大批量修")).text != "哪件坏了？"


async def test_an_intent_that_is_switched_off_begins_nothing(shop: Shop):
    found = await repairs(shop, offered=False)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.intents.change(scope, found, IntentChanges(enabled=False))
    assert (await shop.say("我的茶壶坏了，帮我修")).text != "哪件坏了？"


async def test_a_question_that_the_knowledge_answers_is_answered(shop: Shop):
    """What is asked about repairs is no wish for one; the flow stands beside the answer."""
    await repairs(shop)
    await shop.publish("茶壶坏了可以修吗？", "可以，修一次三十元起。", variants=["茶壶坏了能修吗", "茶壶坏了怎么修"])
    reply = await shop.say("茶壶坏了能修吗")
    assert reply.text == "可以，修一次三十元起。"


async def test_what_must_not_begin_a_flow_by_its_words_does_not_by_intent_either(shop: Shop):
    await repairs(shop, not_phrases={"zh": ["我的壶坏了要修多少钱"]})
    assert (await shop.say("我的壶坏了要修多少钱")).text != "哪件坏了？"


async def test_the_trial_says_that_the_flow_would_begin(shop: Shop):
    await repairs(shop)
    trial = await shop.try_("我的茶壶坏了，帮我修")
    assert (trial.zone, trial.text) == ("flow", "哪件坏了？")


def book(shop: Shop, telling: Telling) -> FlowBook:
    return FlowBook(shop.database, Meaning(no_model), telling)


async def begun(shop: Shop, telling: Telling, text: str = "麻烦看看") -> list[UUID]:
    """The flows that would begin, by what is said of intents."""
    return [one.flow_id for one in await book(shop, telling).guesses(shop.workspace.id, text) if one.starts]


async def test_chance_and_scope_must_both_be_enough(shop: Shop):
    found = await intent(shop, "repair", REPAIR)
    ours = await flow(shop, found, intent_probability=0.8)
    assert await begun(shop, Telling(Guess(found, 0.8, IN_SCOPE))) == [ours]
    assert await begun(shop, Telling(Guess(found, 0.79, 1.0))) == []
    assert await begun(shop, Telling(Guess(found, 1.0, IN_SCOPE - 0.01))) == []
    assert await begun(shop, Telling(Guess(shop.workspace.id, 1.0, 1.0), Guess(found, 0.9, 1.0))) == []
    assert await begun(shop, Telling()) == []


async def test_a_bare_noun_only_offers(shop: Shop):
    found = await intent(shop, "repair", REPAIR)
    await flow(shop, found)
    sure = Telling(Guess(found, 0.95, 0.95))
    [guess] = await book(shop, sure).guesses(shop.workspace.id, "返修")
    assert (guess.starts, guess.offers) == (False, True)


async def test_a_model_that_breaks_leaves_it_to_words(shop: Shop):
    found = await intent(shop, "repair", REPAIR)
    ours = await flow(shop, found, phrases={"zh": ["我要报修一件茶具"], "en": ["repair please"]})
    broken = Telling(broken=True)
    assert await begun(shop, broken, "麻烦看看") == []
    assert await begun(shop, broken, "我想报修一件茶具") == [ours]
    assert broken.asked == 2


async def test_nobody_is_asked_about_intents_that_no_flow_waits_for(shop: Shop):
    found = await intent(shop, "repair", REPAIR)
    drawn = flow_of(end("好"), trigger={"phrases": {"zh": ["我要报修一件茶具"], "en": ["repair please"]}})
    async with shop.database.scope(shop.workspace.id) as scope:
        opened = await shop.bot.flows.create(scope, NewFlow(definition=drawn))
        await shop.bot.flows.publish(scope, opened.flow.id, None)
    telling = Telling(Guess(found, 1.0, 1.0))
    await begun(shop, telling)
    assert telling.asked == 0
