"""A question in the very words of an entry is answered by that entry, whatever has been fitted and whether or not meaning is known."""

import pytest

from qiao.domains.bot.tests.tea_shop import Shop

pytestmark = pytest.mark.database

WRITTEN = ["怎么退货？", "不喜欢可以退吗", "买错了想换一款", "包邮吗", "怎么开票", "shipping to Canada", "I want my money back"]


async def strictest(shop: Shop) -> None:
    """Nothing that is only likely is answered."""
    await shop.set_bot(target_wrong=0.005)
    await shop.settle()


@pytest.mark.parametrize("question", WRITTEN)
async def test_every_text_an_editor_wrote_is_answered(shop: Shop, question: str):
    await strictest(shop)
    trial = await shop.try_(question)
    assert (trial.zone, trial.candidates[0].matched) == ("answer", question)


@pytest.mark.parametrize("question", ["怎么退货", "怎麼退貨！", "  包邮吗？？ ", "SHIPPING TO CANADA", "shipping  to canada."])
async def test_so_it_is_however_it_is_typed(shop: Shop, question: str):
    await strictest(shop)
    assert (await shop.try_(question)).zone == "answer"


async def test_a_question_published_a_moment_ago_is_answered_at_once(shop: Shop):
    await strictest(shop)
    await shop.try_("杯子能刻字吗")
    await shop.publish("杯子能刻字吗", "可以，下单时备注。")
    trial = await shop.try_("杯子能刻字吗")
    assert (trial.zone, trial.text) == ("answer", "可以，下单时备注。")


@pytest.mark.slow
async def test_so_it_is_beside_near_ones_whose_meaning_is_known_already(thinking_shop: Shop):
    await strictest(thinking_shop)
    await thinking_shop.publish("普洱茶饼怎么保存？", "放紫砂缸里。")
    trial = await thinking_shop.try_("普洱茶饼怎么保存")
    assert (trial.zone, trial.text) == ("answer", "放紫砂缸里。")
    assert (await thinking_shop.try_("普洱茶怎么保存？")).text == "放在阴凉通风处，不要密封。"


async def test_two_answers_to_the_same_words_are_both_offered(shop: Shop):
    await shop.publish("包邮吗？", "满 99 元包邮。")
    trial = await shop.try_("包邮吗")
    assert trial.zone == "offer"
    assert {one.title for one in trial.candidates} == {"运费怎么算？", "包邮吗？"}


async def test_the_same_words_with_the_same_answer_are_one_answer(shop: Shop):
    await shop.publish("邮费多少钱？", "满 199 元包邮，不满收 12 元。")
    assert (await shop.try_("邮费多少钱")).zone == "answer"


@pytest.mark.parametrize(
    ("before", "answer"), [("怎么退货？", "我们接受贴牌。"), ("shipping to Canada", "We do private labels.")]
)
async def test_of_the_same_words_in_two_languages_those_of_the_conversation_are_meant(shop: Shop, before: str, answer: str):
    await shop.publish("OEM", "我们接受贴牌。")
    await shop.publish("OEM", "We do private labels.", language="en")
    await shop.say(before)
    assert (await shop.say("OEM")).text == answer


async def test_an_entry_of_another_language_is_answered_too_and_says_so(shop: Shop):
    await shop.publish("MOQ", "起订量一百件。")
    trial = await shop.try_("moq?")
    assert (trial.zone, trial.candidates[0].language) == ("answer", "zh")


async def test_a_follow_up_is_about_what_was_asked_before(shop: Shop):
    """The words of a variant that lean on the question before are read with it."""
    await shop.publish("下单后几天能到？", "一到三天。", variants=["多久"])
    assert (await shop.try_("多久")).candidates[0].title == "下单后几天能到？"
    after = await shop.try_("多久", "可以开发票吗？")
    assert after.used_question != "多久"


async def test_what_was_taken_back_is_not_answered_any_more(shop: Shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.knowledge.faqs.delete(scope, shop.faqs["可以开发票吗？"].id)
    trial = await shop.try_("可以开发票吗")
    assert all(one.title != "可以开发票吗？" for one in trial.candidates)


async def test_customers_get_it_as_an_answer_with_its_source(shop: Shop):
    await strictest(shop)
    reply = await shop.say("能开专票吗")
    assert reply.text == "可以，电子发票会发到您的邮箱。"
    assert [one["title"] for one in reply.content["sources"]] == ["可以开发票吗？"]
    [turn] = await shop.turns()
    assert (turn.zone, turn.reason, turn.confidence) == ("answer", "clear", 0.99)
