"""Agent assist on a real database: what is suggested, what never is, summaries."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from qiao.domains.bot.assist.contracts import SummaryText
from qiao.domains.conversations.contracts import Author, AuthorKind, NewMessage
from qiao.domains.knowledge.contracts import NewArticle, NewFaq, NewSnippet, TranslationText
from qiao.kit.ids import new_id

pytestmark = pytest.mark.database
AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")
CANARY = "canary7391"


@pytest.fixture
async def shop(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Any]:
    from qiao.domains.bot.tests.tea_shop import Shop, no_model

    shop = Shop(database, workspace, tmp_path, no_model)
    await shop.open()
    yield shop
    await shop.close()


async def beside(shop: Any) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        snippets = await shop.knowledge.snippets.all(scope)
        triage = await shop.routing.priority(scope, shop.talk.id)
    return await shop.bot.assist.beside(shop.workspace.id, shop.talk.id, snippets, triage)


async def take(shop: Any) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, AGENT)


async def reply(shop: Any, text: str) -> None:
    item = NewMessage(conversation_id=shop.talk.id, author=AGENT, text=text, client_id=uuid4().hex)
    await shop.conversations.post(shop.workspace.id, item)


def actions(seen: Any) -> list[tuple[str, str]]:
    return [(one.code, one.reason) for one in seen.actions]


async def test_the_answer_is_suggested_with_its_source(shop):
    await take(shop)
    await shop.write("邮费多少钱")
    seen = await beside(shop)
    first = seen.answers[0]
    assert (first.title, first.text, first.sureness) == ("运费怎么算？", "满 199 元包邮，不满收 12 元。", "sure")
    assert first.url
    assert seen.question == "邮费多少钱"


async def test_several_messages_in_a_row_are_one_question(shop):
    await take(shop)
    await shop.write("你好")
    await shop.write("我上次买的茶")
    await shop.write("想退掉")
    seen = await beside(shop)
    assert seen.question == "我上次买的茶\n想退掉"
    assert "怎么退货？" in [one.title for one in seen.answers]


async def test_before_anything_is_asked_nothing_is_suggested(shop):
    await take(shop)
    await shop.write("你好")
    seen = await beside(shop)
    assert (seen.question, seen.answers, seen.snippets) == ("", [], [])


async def test_unpublished_words_are_never_suggested(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        draft = NewFaq(language="zh", question="茶具怎么清洗？", answer=f"用软布。{CANARY}", variants=["茶具清洁"], publish=False)
        await shop.knowledge.faqs.create(scope, draft, None)
        article = await shop.knowledge.articles.create(scope, NewArticle())
        text = TranslationText(title="茶具怎么清洗", body=f"茶具清洗说明 {CANARY}")
        await shop.knowledge.articles.save(scope, (article.id, "zh"), text, None)
    taken_back = await shop.publish("茶具清洗要多久？", f"十分钟。{CANARY}")
    await shop.change_faq(taken_back, publish=False)
    await take(shop)
    await shop.write("茶具怎么清洗？")
    assert CANARY not in str(await beside(shop))


async def test_another_companys_words_are_never_suggested(shop, database, tmp_path):
    from qiao.domains.bot.tests.tea_shop import Shop, no_model
    from qiao.domains.workspaces.api import Workspaces

    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    neighbour = Shop(database, other, tmp_path, no_model)
    await neighbour.open()
    await neighbour.publish("会员怎么积分？", f"一元一分。{CANARY}")
    async with database.scope(other.id) as scope:
        await neighbour.knowledge.snippets.create(scope, NewSnippet(shortcut="jf", title="会员积分", body={"zh": CANARY}))
    await take(shop)
    await shop.write("会员怎么积分？")
    assert CANARY not in str(await beside(shop))
    await neighbour.close()


async def test_canned_replies_that_speak_of_it(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        for shortcut, title, body in (("yf", "运费说明", "运费满 199 元包邮。"), ("fp", "发票", "发票已发到邮箱。")):
            await shop.knowledge.snippets.create(scope, NewSnippet(shortcut=shortcut, title=title, body={"zh": body}))
    await take(shop)
    await shop.write("运费多少？")
    assert [one.shortcut for one in (await beside(shop)).snippets] == ["yf"]


async def test_what_to_do_next_has_its_reason(shop):
    await shop.say("转人工")
    assert ("take", "nobody_has_it") in actions(await beside(shop))
    await take(shop)
    await shop.write("我的订单 SO20261122001 到哪了？")
    seen = await beside(shop)
    assert ("show_order", "order_named") in actions(seen)
    await reply(shop, "Your parcel is on its way and will arrive tomorrow.")
    assert ("mind_language", "other_language") in actions(await beside(shop))
    await reply(shop, "明天送到。")
    await shop.write("谢谢")
    assert ("resolve", "took_leave") in actions(await beside(shop))


async def test_anger_is_heard_and_is_high(shop):
    await shop.say("你们什么垃圾服务，气死我了，我要投诉！")
    seen = await beside(shop)
    assert (seen.mood, seen.priority, seen.priority_reason) == ("angry", "high", "angry")
    assert actions(seen)[0] == ("calm_down", "anger")


async def test_a_summary_is_drafted_corrected_and_kept_once(shop):
    await shop.say("邮费多少钱")
    await shop.say("我的电话 13812345678，订单 SO20261122001 怎么退货？")
    await take(shop)
    await reply(shop, "可以在订单页申请退货。")
    async with shop.database.scope(shop.workspace.id) as scope:
        draft = await shop.bot.assist.draft_summary(scope, shop.talk.id)
    assert "怎么退货" in draft.wants
    assert "可以在订单页申请退货。" in draft.tried
    assert "SO20261122001" in draft.entities["订单号"]
    text = SummaryText(client_id="one", wants="想退掉一把壶", tried=["说明了退货流程"], promises=["今天 18:00 前答复"])
    for _ in range(2):
        async with shop.database.scope(shop.workspace.id) as scope:
            kept = await shop.bot.assist.keep_summary(scope, shop.talk.id, text, AGENT)
    assert kept.kind == "note"
    assert (kept.content["type"], kept.content["wants"], kept.content["promises"]) == (
        "summary",
        "想退掉一把壶",
        ["今天 18:00 前答复"],
    )
    assert "已承诺：今天 18:00 前答复" in kept.text
    async with shop.database.scope(shop.workspace.id) as scope:
        newest = await shop.conversations.summary(scope, shop.talk.id)
    assert newest["wants"] == "想退掉一把壶"
    assert sum(one.content is not None and one.content.get("wants") == "想退掉一把壶" for one in await shop.messages()) == 1


async def test_help_is_quick(shop):
    await take(shop)
    await shop.write("邮费多少钱")
    await beside(shop)
    seen = await beside(shop)
    assert seen.timings.total_ms - seen.timings.embed_ms < 250


async def test_what_arranged_a_call_is_no_question(shop):
    await shop.say("怎么退货？")
    await shop.say("转人工")
    await shop.settle()
    for text in ("预约回电", "13812345678", "随时"):
        await shop.write(text)
        await shop.settle()
    assert (await beside(shop)).question == "怎么退货？"


async def test_words_that_stand_everywhere_choose_no_canned_reply(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        for at, about in enumerate(("invoices", "parcels", "cups", "kettles")):
            body = {"en": f"You can ask me how we handle your {about}."}
            await shop.knowledge.snippets.create(scope, NewSnippet(shortcut=f"s{at}", title=about, body=body))
    await take(shop)
    await shop.write("Can you change my delivery address?")
    assert (await beside(shop)).snippets == []
    await shop.write("And my kettle?")
    assert [one.title for one in (await beside(shop)).snippets] == ["kettles"]
