"""Outcomes through the log: what a customer does after an answer becomes a figure with its name."""

from datetime import timedelta

import pytest

from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.kit.clock import utc_now

pytestmark = pytest.mark.database
LATER = timedelta(hours=80)


async def outcomes(shop, later=LATER, days=30):
    await shop.settle()
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.learning.outcomes(scope, days, utc_now() + later)


def ended(found) -> dict[str, int]:
    counted = {
        name: getattr(found.shares, name).hits for name in ("verified", "assumed", "handed_over", "recontacted", "unresolved")
    }
    return {name: hits for name, hits in counted.items() if hits} | ({"pending": found.pending} if found.pending else {})


async def thumb(shop, *, helpful):
    turn = (await shop.turns())[-1]
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.rate(scope, turn.message_id, helpful=helpful)


async def test_silence_is_assumed_and_only_after_three_days(shop):
    await shop.say("邮费多少钱")
    assert ended(await outcomes(shop, timedelta(hours=71))) == {"pending": 1}
    found = await outcomes(shop)
    assert ended(found) == {"assumed": 1}
    assert (found.shares.contained.value, found.shares.verified.value) == (1.0, 0.0)
    assert found.answers.answers == 1


async def test_a_thumb_up_is_verified(shop):
    await shop.say("邮费多少钱")
    await thumb(shop, helpful=True)
    found = await outcomes(shop)
    assert ended(found) == {"verified": 1}
    assert (found.answers.helpful.hits, found.answers.helpful.n) == (1, 1)


async def test_thanks_are_verified(shop):
    await shop.say("邮费多少钱")
    await shop.say("谢谢")
    found = await outcomes(shop)
    assert ended(found) == {"verified": 1}
    assert found.answers.thanked.hits == 1


async def test_a_thumb_down_is_unresolved(shop):
    await shop.say("邮费多少钱")
    await shop.say("谢谢")
    await thumb(shop, helpful=False)
    await shop.say("运费多少")
    await thumb(shop, helpful=False)
    found = await outcomes(shop)
    assert ended(found) == {"unresolved": 1}
    assert found.entries[0].title == "运费怎么算？"


async def test_a_person_asked_for_is_handed_over_and_marks_the_answer(shop):
    await shop.say("邮费多少钱")
    await shop.say("转人工")
    found = await outcomes(shop)
    assert ended(found) == {"handed_over": 1}
    assert found.answers.handed_over.hits == 1


async def test_an_agent_who_takes_over_counts_as_well(shop):
    await shop.say("邮费多少钱")
    person = await shop.come_to_work()
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, Author(AuthorKind.AGENT, person.id, person.name))
    assert ended(await outcomes(shop)) == {"handed_over": 1}


async def test_asking_again_is_counted_for_the_first_answer(shop):
    await shop.say("邮费多少钱")
    await shop.say("邮费多少钱啊")
    found = await outcomes(shop)
    assert (found.answers.asked_again.hits, found.answers.answers) == (1, 2)


async def test_coming_back_within_three_days(shop):
    await shop.say("邮费多少钱")
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.resolve(scope, shop.talk.id, Author(AuthorKind.SYSTEM))
    await shop.say("怎么退货？")
    found = await outcomes(shop)
    assert ended(found) == {"recontacted": 1, "assumed": 1}
    assert sum(day.sessions for day in found.by_day) == 2


async def test_small_talk_alone_is_no_session_of_the_bot(shop):
    await shop.say("你好")
    assert ended(await outcomes(shop)) == {}


async def test_what_was_never_answered_is_unresolved(shop):
    await shop.set_bot(hand_over_when_unsure=False)
    await shop.say("明天股票会涨吗")
    assert ended(await outcomes(shop)) == {"unresolved": 1}


async def test_reading_the_log_again_changes_nothing(shop):
    await shop.say("邮费多少钱")
    await shop.say("谢谢")
    before = await outcomes(shop)
    async with shop.database.across() as connection:
        await connection.execute(
            "delete from log_cursors where workspace_id = $1 and subscriber = 'bot.outcomes'", shop.workspace.id
        )
    assert await outcomes(shop) == before


async def test_each_day_is_there_without_sessions_too(shop):
    found = await outcomes(shop, timedelta(), days=7)
    assert [len(found.by_day), found.shares.contained.value] == [7, None]


async def test_a_look_drops_what_no_figure_asks_for_any_more(shop):
    async def left() -> tuple[int, int]:
        async with shop.database.scope(shop.workspace.id) as scope:
            counted = ", ".join(
                f"(select count(*) from {table} where workspace_id = $1)" for table in ("bot_sessions", "bot_outcomes")
            )
            return tuple(await scope.connection.fetchrow(f"select {counted}", shop.workspace.id))

    await shop.say("邮费多少钱")
    await shop.settle()
    async with shop.database.scope(shop.workspace.id) as scope:
        for column, table in (("last_at", "bot_sessions"), ("at", "bot_outcomes")):
            old = f"update {table} set {column} = now() - interval '401 days' where workspace_id = $1"
            await scope.connection.execute(old, shop.workspace.id)
    await shop.new_customer()
    await shop.say("邮费多少钱")
    await shop.settle()
    assert await left() == (2, 2)
    await shop.bot.learning.look(shop.workspace.id)
    assert await left() == (1, 1)
