"""What happens while the bot thinks: a person takes over, an answer is taken back, a job comes twice, a model is slow."""

import asyncio
import threading
import time

import numpy as np
import pytest

from qiao.domains.bot.finding import Finder
from qiao.domains.bot.gathering import MAX_CHARACTERS, gather
from qiao.domains.bot.index_holder import IndexHolder
from qiao.domains.bot.meaning import Meaning, text_hash
from qiao.domains.bot.repository.vectors import IndexState, VectorRows
from qiao.domains.bot.zones import ZoneThresholds
from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.kit.ids import new_id

pytestmark = pytest.mark.database
AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")


class Thinking:
    """A model that stops in the middle of a question until it is let go; knowledge is embedded at once."""

    version = "thinking"
    dimensions = 4

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def embed(self, texts):
        self.begun.set()
        self.may_go_on.wait(5)
        return np.tile(np.asarray([1, 0, 0, 0], dtype=np.float32), (len(texts), 1))


async def thinking_turn(shop, text: str, meanwhile) -> None:
    """The bot is stopped while it looks for the meaning of `text`; `meanwhile` happens; then it goes on."""
    model = Thinking()
    bot = shop.another_bot(lambda: model)
    message = await shop.write(text)
    turn = asyncio.create_task(bot.take_turn(shop.workspace.id, shop.talk.id, message.seq))
    assert await asyncio.to_thread(model.begun.wait, 5)
    await meanwhile()
    model.may_go_on.set()
    await turn
    bot.close()


async def claim(shop) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, AGENT)


async def listed(shop) -> list[tuple[str, str, int]]:
    async with shop.database.scope(shop.workspace.id) as scope:
        return [(row.question, row.language, row.count) for row in await shop.bot.unanswered(scope, None, 50)]


async def test_a_person_who_takes_over_in_mid_thought_is_not_spoken_over(shop):
    await thinking_turn(shop, "运费怎么算呀", lambda: claim(shop))
    assert await shop.replies() == []
    assert await shop.turns() == []
    assert await listed(shop) == []


async def test_an_answer_taken_back_in_mid_thought_is_not_quoted(shop):
    faq = shop.faqs["运费怎么算？"]
    await thinking_turn(shop, "运费怎么算呀", lambda: shop.change_faq(faq, publish=False))
    replies = await shop.replies()
    assert len(replies) == 1
    assert "199" not in replies[0].text
    assert replies[0].content["type"] != "answer"


async def test_an_answer_rewritten_in_mid_thought_is_quoted_as_it_is_now(shop):
    faq = shop.faqs["运费怎么算？"]
    await thinking_turn(shop, "运费怎么算呀", lambda: shop.change_faq(faq, answer="全场包邮。"))
    texts = [reply.text for reply in await shop.replies()]
    assert "199" not in "".join(texts)
    assert len(texts) == 1


async def test_a_second_question_in_mid_thought_is_answered_by_its_own_job(shop):
    later = []

    async def another() -> None:
        later.append(await shop.write("可以开发票吗？"))

    await thinking_turn(shop, "运费怎么算呀", another)
    assert len(await shop.replies()) == 1
    await shop.bot.take_turn(shop.workspace.id, shop.talk.id, later[0].seq)
    await shop.bot.take_turn(shop.workspace.id, shop.talk.id, later[0].seq)
    assert [turn.question for turn in await shop.turns()] == ["运费怎么算呀", "可以开发票吗？"]


async def test_jobs_of_many_processes_give_each_question_one_reply(shop):
    messages = [await shop.write(text) for text in ("运费怎么算？", "可以开发票吗？", "谢谢")]
    bots = [shop.another_bot(lambda: None) for _ in range(3)]
    jobs = [bot.take_turn(shop.workspace.id, shop.talk.id, one.seq) for bot in bots for one in messages]
    await asyncio.gather(*jobs)
    for bot in bots:
        bot.close()
    assert len(await shop.replies()) == 3
    assert len({turn.question for turn in await shop.turns()}) == 3


async def test_a_handed_over_question_is_noted_once_however_often_its_job_comes(shop):
    message = await shop.write("明天股票会涨吗")
    for _ in range(3):
        await shop.bot.take_turn(shop.workspace.id, shop.talk.id, message.seq)
    notes = [one for one in await shop.messages() if one.kind == "note"]
    assert len(notes) == 1
    assert await listed(shop) == [("明天股票会涨吗", "zh", 1)]


async def test_a_model_that_is_too_slow_leaves_it_to_words(shop):
    def slow(texts):
        time.sleep(0.4)
        return np.zeros((len(texts), 4), dtype=np.float32)

    model = type("Slow", (), {"version": "slow", "dimensions": 4, "embed": staticmethod(slow)})()
    meaning = Meaning(lambda: model, question_seconds=0.05)
    finder = Finder(IndexHolder(shop.database, shop.knowledge, meaning), meaning)
    found = await finder.find(shop.workspace.id, "运费怎么算呀", [], "zh")
    assert (found.vector, found.model) == (None, None)
    assert found.decision.zone == "answer"
    assert found.candidates[0].title == "运费怎么算？"
    assert found.candidates[0].semantic is None
    assert found.timings.embed_ms < 350
    meaning.close()


@pytest.mark.parametrize("question", ["", " ", "？", "😀", "\x00", "a" * 5_000, "'; drop table faqs; --", "运费" * 1_000])
async def test_any_question_can_be_tried(shop, question: str):
    trial = await shop.try_(question[:2_000])
    assert trial.zone in {"answer", "offer", "hand_over", "small_talk"}
    assert 0 <= trial.confidence <= 1
    assert await shop.messages() == []


async def ask(shop, question: str, language: str, vector=None, model=None) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await gather(scope, question, language, shop.talk.id, ([], vector, model))


@pytest.mark.parametrize(
    ("first", "second", "rows"),
    [
        ("明天股票会涨吗", "明天股票会涨吗？！", 1),
        ("明天股票会涨吗", "  明天 股票会涨吗 ", 1),
        ("Do you sell coffee", "do you SELL coffee?", 1),
        ("你们卖咖啡豆吗", "你们卖咖啡杯吗", 2),
        ("Do you sell coffee", "Do you sell teapots", 2),
        ("有地铁站吗", "附近停车方便吗", 2),
    ],
)
async def test_only_what_is_nearly_the_same_is_gathered(shop, first: str, second: str, rows: int):
    await ask(shop, first, "zh")
    await ask(shop, second, "zh")
    assert len(await listed(shop)) == rows
    assert sum(count for _, _, count in await listed(shop)) == 2


async def test_near_meanings_of_two_languages_stay_apart(shop):
    vector = np.asarray([1, 0, 0, 0], dtype=np.float32)
    await ask(shop, "你们卖咖啡豆吗", "zh", vector, "m1")
    await ask(shop, "Do you sell coffee beans", "en", vector, "m1")
    await ask(shop, "有没有咖啡豆", "zh", vector, "m1")
    assert sorted(await listed(shop)) == sorted([("你们卖咖啡豆吗", "zh", 2), ("Do you sell coffee beans", "en", 1)])


async def test_vectors_of_two_models_are_never_compared(shop):
    vector = np.asarray([1, 0, 0, 0], dtype=np.float32)
    await ask(shop, "你们卖咖啡豆吗", "zh", vector, "m1")
    await ask(shop, "附近停车方便吗", "zh", vector, "m2")
    assert len(await listed(shop)) == 2


@pytest.mark.parametrize("question", ["", "   ", "？？？", "😀"])
async def test_what_asks_nothing_is_not_gathered(shop, question: str):
    await ask(shop, question, "zh")
    assert await listed(shop) == []


async def test_a_question_of_a_whole_page_is_cut(shop):
    await ask(shop, "请问 " * 2_000 + "停车", "zh")
    assert [len(question) <= MAX_CHARACTERS for question, _, _ in await listed(shop)] == [True]


async def test_the_same_question_of_many_at_once_is_one_row_and_all_are_counted(shop):
    await asyncio.gather(*(ask(shop, "明天股票会涨吗", "zh") for _ in range(6)))
    assert await listed(shop) == [("明天股票会涨吗", "zh", 6)]


async def test_vectors_come_back_as_they_were_by_model_and_text(shop):
    random = np.random.default_rng(3)
    stored = {text_hash(f"t{number}"): random.normal(size=8).astype(np.float32) for number in range(5)}
    async with shop.database.scope(shop.workspace.id) as scope:
        rows = VectorRows(scope)
        await rows.store("m1", stored)
        await rows.store("m1", {key: -value for key, value in stored.items()})
        await rows.store("m2", dict(list(stored.items())[:1]))
        found = await rows.all("m1")
        some = await rows.of("m1", [*list(stored)[:2], text_hash("never")])
        assert await rows.of("m1", []) == {}
        assert await rows.all("m3") == {}
        assert (await rows.all("m2")).keys() == set(list(stored)[:1])
        await rows.keep_only("m2", [])
        assert (await rows.all("m1")).keys() == stored.keys()
    assert found.keys() == stored.keys()
    assert some.keys() == set(list(stored)[:2])
    assert all(np.allclose(found[key], stored[key], atol=2e-3, rtol=2e-3) for key in stored)


async def test_what_embedding_and_fitting_have_reached_never_goes_back(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        rows = VectorRows(scope)
        start = await rows.state()
        bumped = [await rows.bump() for _ in range(3)]
        await rows.reached(embedded=90)
        await rows.reached(embedded=7, fitted=80)
        await rows.reached(fitted=2)
        state = await rows.state()
    assert bumped == [start.version + step for step in (1, 2, 3)]
    assert state == IndexState(bumped[-1], 90, 80)


async def test_thresholds_come_back_whole(shop):
    limits = {"zh": ZoneThresholds(answer_at=0.83, examples=41), "en": ZoneThresholds(first=(1.0, 2.0, 3.0, 4.0, -5.5))}
    async with shop.database.scope(shop.workspace.id) as scope:
        rows = VectorRows(scope)
        assert await rows.fitted() is None
        await rows.store_fitted({"zh": ZoneThresholds()}, 0.5)
        await rows.store_fitted(limits, 0.02)
        fitted = await rows.fitted()
    assert (fitted.thresholds, fitted.target_wrong) == (limits, 0.02)


async def test_each_change_of_knowledge_is_in_the_next_answer(shop):
    faq = await shop.publish("茶漏怎么清洗？", "用小苏打。")
    holder = IndexHolder(shop.database, shop.knowledge, Meaning(lambda: None))
    before = await holder.held(shop.workspace.id)
    for change, text in (({"answer": "用白醋。"}, "用白醋。"), ({"question": "滤网怎么清洗？"}, "用白醋。")):
        await shop.change_faq(faq, **change)
        assert (await shop.try_(change.get("question", "茶漏怎么清洗？"))).text == text
    await shop.change_faq(faq, publish=False)
    assert (await shop.try_("滤网怎么清洗？")).zone != "answer"
    assert faq.id in before.known
    assert before.index.search("茶漏怎么清洗", None, limit=1, language="zh")[0].entry_id == faq.id
