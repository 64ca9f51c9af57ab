"""Thumbs, and the questions nobody has written an answer for."""

import pytest

from qiao.domains.bot.errors import TurnNotFound, UnansweredNotFound
from qiao.domains.contacts.contracts import Visitor
from qiao.kit.ids import ContactId, new_id

pytestmark = pytest.mark.database


async def listed(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.unanswered(scope, None, 50)


def holder(shop, contact_id=None) -> Visitor:
    return Visitor(
        workspace_id=shop.workspace.id,
        contact_id=contact_id or shop.customer.id,
        inbox_id=shop.inbox.id,
        name=None,
        identified=False,
        digest=b"",
    )


async def rate(shop, message_id, *, helpful, contact_id=None):
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.feedback(scope, holder(shop, contact_id), message_id, helpful=helpful)


async def test_the_same_question_of_several_customers_is_one_row(shop):
    for text in ("明天股票会涨吗", "明天股票会涨吗？？", "明天股票會漲嗎"):
        await shop.new_customer()
        await shop.say(text)
    row = (await listed(shop))[0]
    assert (row.count, row.question, row.status) == (3, "明天股票会涨吗", "open")
    assert len(row.conversation_ids) == 3
    assert row.examples[0] == "明天股票会涨吗"


async def test_questions_that_mean_the_same_are_one_row(thinking_shop):
    for text in ("你们支持花呗分期吗", "你们支持花呗分期付款吗"):
        await thinking_shop.new_customer()
        await thinking_shop.say(text)
    assert [row.count for row in await listed(thinking_shop)] == [2]


async def test_different_questions_stay_apart_most_asked_first(shop):
    for text in ("明天股票会涨吗", "附近有地铁站吗", "附近有地铁站吗"):
        await shop.new_customer()
        await shop.say(text)
    assert [(row.question, row.count) for row in await listed(shop)] == [("附近有地铁站吗", 2), ("明天股票会涨吗", 1)]


async def test_an_offer_that_is_not_chosen_counts(shop):
    await shop.publish("白茶怎么冲泡？", "85 度水。")
    await shop.publish("红茶怎么冲泡？", "90 度水。")
    await shop.say("茶怎么冲泡")
    assert await listed(shop) == []
    await shop.say("转人工")
    row = (await listed(shop))[0]
    assert row.question == "茶怎么冲泡"
    assert row.nearest.title in {"白茶怎么冲泡？", "红茶怎么冲泡？"}


async def test_a_wish_for_a_person_is_no_unanswered_question(shop):
    await shop.say("转人工")
    assert await listed(shop) == []


async def test_dismissed_ones_leave_for_good(shop):
    await shop.say("明天股票会涨吗")
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.dismiss(scope, (await listed(shop))[0].id)
    await shop.new_customer()
    await shop.say("明天股票会涨吗")
    assert await listed(shop) == []


async def test_an_unknown_one_cannot_be_dismissed(shop):
    with pytest.raises(UnansweredNotFound):
        async with shop.database.scope(shop.workspace.id) as scope:
            await shop.bot.dismiss(scope, new_id())


async def test_a_faq_made_of_it_answers_it(shop):
    await shop.say("附近有地铁站吗")
    row = (await listed(shop))[0]
    await shop.publish("附近有地铁站吗？", "2 号线茶亭站。", from_unanswered=row.id)
    await shop.runner.drain(shop.workspace.id)
    assert await listed(shop) == []
    assert (await shop.try_("附近有地铁站吗")).zone == "answer"


async def test_a_thumb_down_counts_once_and_shows_on_the_turn(shop):
    reply = await shop.say("运费怎么算？")
    await rate(shop, reply.id, helpful=False)
    await rate(shop, reply.id, helpful=False)
    assert (await shop.turns())[0].helpful is False
    assert [(row.question, row.count) for row in await listed(shop)] == [("运费怎么算？", 1)]
    await rate(shop, reply.id, helpful=True)
    assert (await shop.turns())[0].helpful is True


async def test_only_its_own_customer_may_rate_a_message(shop):
    reply = await shop.say("运费怎么算？")
    with pytest.raises(TurnNotFound):
        await rate(shop, reply.id, helpful=True, contact_id=ContactId(new_id()))
    with pytest.raises(TurnNotFound):
        await rate(shop, new_id(), helpful=True)
