"""Several questions in one message: each gets its own answer with its own source and its own turn."""

import pytest

from qiao.domains.bot.flows.shown import NewFlow
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of
from qiao.domains.bot.tests.tea_shop import Shop
from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.kit.ids import new_id

pytestmark = pytest.mark.database

TWO = "运费怎么算？可以开发票吗？"
SHIPPING, INVOICE = "满 199 元包邮，不满收 12 元。", "可以，电子发票会发到您的邮箱。"


async def said(shop: Shop, text: str) -> list[tuple[str, str]]:
    """What the bot says to a message: each message's type and text."""
    await shop.say(text)
    return [(one.content["type"], one.text) for one in await shop.replies()]


async def test_each_is_answered_in_the_order_asked_and_says_which(shop: Shop):
    assert await said(shop, TWO) == [
        ("answer", f"> 运费怎么算？\n\n{SHIPPING}"),
        ("answer", f"> 可以开发票吗？\n\n{INVOICE}"),
    ]


async def test_each_answer_has_its_own_source_and_its_own_turn(shop: Shop):
    await shop.say(TWO)
    replies, turns = await shop.replies(), await shop.turns()
    assert [one.content["sources"][0]["title"] for one in replies] == ["运费怎么算？", "可以开发票吗？"]
    assert [turn.question for turn in turns] == ["运费怎么算？", "可以开发票吗？"]
    assert [turn.message_id for turn in turns] == [one.id for one in replies]
    assert [one.content["turn_id"] for one in replies] == [str(turn.id) for turn in turns]
    assert [one.content["disclosure"] for one in replies] == [True, False]


async def test_each_turn_can_be_played_again_and_rated_apart(shop: Shop):
    await shop.say(TWO)
    first, second = await shop.turns()
    again = await shop.bot.replay_turn(shop.workspace.id, second.id)
    assert (again.zone, again.text) == ("answer", INVOICE)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.rate(scope, second.message_id, helpful=False)
    assert [turn.helpful for turn in await shop.turns()] == [None, False]
    assert first.question != second.question


async def test_taking_the_turn_again_says_nothing_twice(shop: Shop):
    message = await shop.write(TWO)
    for _ in range(3):
        await shop.bot.take_turn(shop.workspace.id, shop.talk.id, message.seq)
    assert len(await shop.replies()) == 2
    await shop.say("谢谢")
    assert [turn.zone for turn in await shop.turns()] == ["answer", "answer", "small_talk"]


async def test_one_that_is_unsure_is_offered_and_the_other_answered(shop: Shop):
    types = [kind for kind, _ in await said(shop, "可以开发票吗？茶怎么保存？")]
    assert types == ["answer", "offer"]
    assert (await shop.status()) == "bot"
    assert len((await shop.say("1")).content["sources"]) == 1


async def test_one_that_nothing_answers_brings_a_person_only_if_wanted(shop: Shop):
    messages = await said(shop, "可以开发票吗？你们老板今年多大？")
    assert [kind for kind, _ in messages] == ["answer", "small_talk"]
    assert "人工" in messages[1][1]
    assert await shop.status() == "bot"
    async with shop.database.scope(shop.workspace.id) as scope:
        listed = [one.question for one in await shop.bot.unanswered(scope, None, 10)]
    assert listed == ["你们老板今年多大？"]
    await shop.say("好的")
    assert await shop.status() == "waiting"


async def test_where_nothing_answers_any_of_them_a_person_comes_at_once(shop: Shop):
    messages = await said(shop, "明天股票会涨吗？你们老板今年多大？")
    assert [kind for kind, _ in messages] == ["hand_over"]
    assert await shop.status() == "waiting"


@pytest.mark.parametrize("rest", ["可以转人工吗？", "能不能让真人客服来跟我说？", "我被烫伤了怎么办？", "你们是骗子吗？"])
async def test_a_wish_for_a_person_danger_and_anger_win_over_every_answer(shop: Shop, rest: str):
    messages = await said(shop, f"运费怎么算？{rest}")
    assert [kind for kind, _ in messages] == ["hand_over"]
    assert await shop.status() == "waiting"


async def test_of_many_three_are_answered_and_the_rest_is_asked_for_again(shop: Shop):
    messages = await said(shop, "运费怎么算？可以开发票吗？怎么换货？龙井茶怎么保存？")
    assert [kind for kind, _ in messages] == ["answer", "answer", "answer", "small_talk"]
    assert messages[3][1].startswith("> 龙井茶怎么保存？")


async def test_what_leans_on_the_question_before_stays_with_it(shop: Shop):
    await shop.say("运费怎么算？那发票呢？")
    assert len(await shop.replies()) == 1


async def test_one_question_is_answered_as_ever(shop: Shop):
    assert await said(shop, "你好，请问运费怎么算？谢谢") == [("answer", SHIPPING)]


async def test_a_message_that_an_editor_wrote_down_whole_is_one_question(shop: Shop):
    await shop.publish("运费多少？可以开发票吗？", "满 199 元包邮，发票随货。")
    assert await said(shop, "运费多少？可以开发票吗？") == [("answer", "满 199 元包邮，发票随货。")]


async def test_they_are_answered_in_english_too(shop: Shop):
    messages = await said(shop, "How do I return an order? Do you ship abroad?")
    assert [kind for kind, _ in messages] == ["answer", "answer"]
    assert messages[1][1].startswith("> Do you ship abroad?\n\nYes")


async def test_what_a_customer_types_is_quoted_as_text(shop: Shop):
    await shop.say("[点我](http://evil.example)可以开发票吗？运费怎么算？")
    quoted = (await shop.replies())[0].text.splitlines()[0]
    assert "](http://" not in quoted


async def test_a_person_who_took_over_meanwhile_is_not_spoken_over(shop: Shop):
    message = await shop.write(TWO)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, Author(AuthorKind.AGENT, new_id(), "周宁"))
    await shop.bot.take_turn(shop.workspace.id, shop.talk.id, message.seq)
    assert await shop.replies() == []


async def a_flow(shop: Shop) -> None:
    """A published flow that books a tasting."""
    booking = flow_of(
        ask("city", "text", prompt=both("哪个城市？"), label=both("城市")),
        end("约好了。"),
        name=both("预约品茶"),
        button=both("预约品茶", "Book a tasting"),
        trigger={"phrases": {"zh": ["能预约周末的品茶吗", "我想预约品茶"], "en": ["book a tea tasting"]}},
    )
    async with shop.database.scope(shop.workspace.id) as scope:
        opened = await shop.bot.flows.create(scope, NewFlow(definition=booking))
        await shop.bot.flows.publish(scope, opened.flow.id, None)


async def test_a_flow_that_one_of_them_wants_is_offered_after_the_answers_and_begins_by_its_button(shop: Shop):
    await a_flow(shop)
    messages = await said(shop, "能预约周末的品茶吗？可以开发票吗？")
    assert [kind for kind, _ in messages] == ["answer", "offer"]
    offer = (await shop.replies())[-1]
    assert [one["label"] for one in offer.content["options"]] == ["预约品茶"]
    assert (await shop.say("预约品茶")).text == "哪个城市？"


async def test_in_a_flow_the_flow_hears_the_whole_message(shop: Shop):
    await a_flow(shop)
    await shop.say("我想预约品茶")
    await shop.say("运费怎么算？可以开发票吗？")
    assert all(not one.text.startswith(">") for one in await shop.replies())


async def test_the_trial_shows_each_of_them(shop: Shop):
    trial = await shop.try_(TWO)
    assert [one.question for one in trial.parts] == ["运费怎么算？", "可以开发票吗？"]
    assert [(one.used_question, one.zone, one.text) for one in trial.parts] == [
        ("运费怎么算？", "answer", SHIPPING),
        ("可以开发票吗？", "answer", INVOICE),
    ]
    assert trial.text == f"{SHIPPING}\n\n{INVOICE}"
    alone = await shop.try_("运费怎么算？")
    assert (alone.parts, alone.question) == ([], "运费怎么算？")


async def test_the_trial_of_a_wish_for_a_person_among_them_is_that(shop: Shop):
    trial = await shop.try_("运费怎么算？可以转人工吗？")
    assert (trial.zone, trial.reason, trial.parts) == ("hand_over", "asked", [])
