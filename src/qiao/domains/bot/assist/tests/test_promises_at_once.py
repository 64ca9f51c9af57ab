"""Promises when things happen twice, at once, in another order, or after a restart."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from qiao.domains.bot.assist.promise_words import OPTIONS
from qiao.domains.bot.errors import PromiseNotFound
from qiao.domains.conversations.contracts import Author, AuthorKind, MessageKind, NewMessage
from qiao.domains.inboxes.contracts import Hours, Span
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import QiaoError
from qiao.kit.ids import new_id

pytestmark = pytest.mark.database
AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")
COLLEAGUE = Author(AuthorKind.AGENT, new_id(), "小唐")


@pytest.fixture
async def shop(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Any]:
    from qiao.domains.bot.tests.tea_shop import Shop, no_model

    shop = Shop(database, workspace, tmp_path, no_model)
    await shop.open()
    later = [(datetime.now(UTC).isoweekday() + ahead - 1) % 7 + 1 for ahead in (2, 3, 4)]
    await shop.set_inbox(hours=Hours(timezone="UTC", spans=[Span(days=later, opens="09:00", closes="18:00")]))
    yield shop
    await shop.close()


async def says(shop: Any, *texts: str) -> Any:
    """The customer writes one after the other, everything done after each; the bot's last words."""
    for text in texts:
        await shop.write(text)
        await shop.settle()
        await shop.settle()
    return (await shop.replies())[-1]


async def promised(shop: Any) -> list[Any]:
    async with shop.database.scope(shop.workspace.id) as scope:
        return list(await shop.bot.promises.of(scope, shop.talk.id))


async def settle(shop: Any, promise: Any, by: Author, bot: Any = None) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        return await (bot or shop.bot).promises.settle(scope, promise.id, by)


async def look(shop: Any, at: datetime, bot: Any = None) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await (bot or shop.bot).promises.look_in(scope, at)


async def told(shop: Any, event: str) -> int:
    return sum(one.kind == "event" and one.content["event"] == event for one in await shop.messages())


async def test_of_two_colleagues_who_call_at_once_one_has_kept_it(shop):
    await says(shop, "转人工", "2", "13812345678", "1")
    (promise,) = await promised(shop)
    ends = await asyncio.gather(*(settle(shop, promise, by) for by in (AGENT, COLLEAGUE)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ends) == ["Promise", "PromiseNotFound"]
    assert await told(shop, "promise_kept") == 1
    assert [one.state for one in await promised(shop)] == ["kept"]


async def test_an_answer_heard_by_two_processes_is_answered_once(shop):
    await says(shop, "转人工", "2")
    await shop.write("13812345678")
    other = shop.another_bot(lambda: None)

    async def hear(bot: Any) -> None:
        async with shop.database.scope(shop.workspace.id) as scope:
            await bot.promises.heard(scope, shop.talk.id)

    await asyncio.gather(hear(shop.bot), hear(other), hear(shop.bot))
    other.close()
    assert [one.text for one in await shop.replies()].count("您希望什么时候接到电话？") == 1


async def test_the_asking_goes_on_after_a_restart(shop, database, workspace, tmp_path):
    await says(shop, "转人工", "2", "13812345678")
    from qiao.domains.bot.jobs import register
    from qiao.domains.bot.subscribers import subscribers
    from qiao.platform.jobs.jobs import Jobs
    from qiao.platform.log.runner import SubscriberRunner

    again = shop.another_bot(lambda: None)
    register(again, Jobs(database))
    await shop.write("第二个")
    runner = SubscriberRunner(database, subscribers(again))
    await runner.drain(workspace.id)
    await runner.drain(workspace.id)
    again.close()
    (promise,) = await promised(shop)
    assert (promise.kind, promise.state, promise.phone) == ("call_back", "open", "13812345678")
    assert promise.starts_at is not None


async def test_two_timers_break_and_tell_once(shop):
    await says(shop, "转人工", "2", "13812345678", "1")
    (promise,) = await promised(shop)
    other = shop.another_bot(lambda: None)
    soon, late = promise.starts_at - timedelta(minutes=1), promise.due_at + timedelta(hours=1)
    await asyncio.gather(look(shop, soon), look(shop, soon, other))
    await asyncio.gather(look(shop, late), look(shop, late, other))
    other.close()
    assert [await told(shop, event) for event in ("promise_due", "promise_broken")] == [1, 1]


async def test_two_messages_at_once_are_heard_in_their_order(shop):
    await says(shop, "转人工")
    await shop.write("预约回电", OPTIONS["call_back"])
    await shop.write("13812345678")
    await shop.write("1")
    await shop.settle()
    await shop.settle()
    (promise,) = await promised(shop)
    assert (promise.state, promise.phone) == ("open", "13812345678")
    assert promise.starts_at is not None


async def test_a_second_wish_while_something_is_promised_asks_nothing_anew(shop):
    await says(shop, "转人工", "2", "13812345678", "1")
    before = [one.text for one in await shop.replies()]
    await says(shop, "转人工！")
    after = [one.text for one in await shop.replies()][len(before) :]
    assert not [text for text in after if "也可以预约电话" in text]
    assert len(await promised(shop)) == 1


async def test_an_answer_by_email_is_settled_by_hand_alone(shop):
    await says(shop, "转人工", "留言", "lan@example.com")
    await shop.conversations.post(
        shop.workspace.id, NewMessage(conversation_id=shop.talk.id, author=AGENT, text="已补发", client_id=uuid4().hex)
    )
    await look(shop, datetime.now(UTC))
    (promise,) = await promised(shop)
    assert promise.state == "open"
    assert (await settle(shop, promise, AGENT)).settled_by == AGENT.id


async def test_a_note_of_a_colleague_is_no_answer(shop):
    await says(shop, "转人工", "留言", "不用")
    note = NewMessage(conversation_id=shop.talk.id, author=AGENT, text="看看", client_id=uuid4().hex, kind=MessageKind.NOTE)
    await shop.conversations.post(shop.workspace.id, note)
    await look(shop, datetime.now(UTC))
    assert [one.state for one in await promised(shop)] == ["open"]


async def test_the_customers_last_language_is_spoken(shop):
    asks = await says(shop, "转人工", "Book a call")
    assert asks.text == "Sure. What number should we call?"
    windows = await says(shop, "+1 415 555 2671")
    assert windows.text == "When would you like us to call?"
    kept = await says(shop, "1")
    assert "we’ll call +14155552671" in kept.text


async def test_what_nobody_promised_cannot_be_kept(shop):
    with pytest.raises(PromiseNotFound) as refused:
        async with shop.database.scope(shop.workspace.id) as scope:
            await shop.bot.promises.settle(scope, uuid4(), AGENT)
    assert isinstance(refused.value, QiaoError)
    assert (refused.value.status, refused.value.code) == (404, PromiseNotFound.code)


async def test_a_promise_stays_open_when_the_conversation_is_resolved(shop):
    await says(shop, "转人工", "2", "13812345678", "1")
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, AGENT)
        await shop.conversations.resolve(scope, shop.talk.id, AGENT)
    async with shop.database.scope(shop.workspace.id) as scope:
        due = await shop.bot.promises.due(scope)
    assert [(one.conversation.status, one.promise.state) for one in due] == [("resolved", "open")]


async def test_one_companys_trouble_is_not_anothers(shop, database):
    """Promises of conversations that are not there cannot be told of; those of everybody else are looked at all the same."""
    await shop.say("转人工")
    await shop.settle()
    await says(shop, "留言", "不用")
    broken = [await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"}) for _ in range(4)]
    late = datetime.now(UTC) - timedelta(days=1)
    for other in broken:
        async with database.scope(other.id) as scope:
            await scope.connection.execute(
                "insert into bot_promises (workspace_id, id, conversation_id, state, language, step, heard_seq, kind, due_at)"
                " values ($1, $2, $3, 'open', 'zh', 'done', 1, 'message', $4)",
                other.id,
                new_id(),
                new_id(),
                late,
            )
    (one,) = await promised(shop)
    async with database.scope(shop.workspace.id) as scope:
        await scope.connection.execute(
            "update bot_promises set due_at = $3 where workspace_id = $1 and id = $2", shop.workspace.id, one.id, late
        )
    with capture_logs() as lines:
        await shop.bot.promises.look()
    assert {str(other.id) for other in broken} <= {line.get("workspace") for line in lines}
    assert [one.state for one in await promised(shop)] == ["broken"]
    async with database.across() as connection:
        await connection.execute("delete from bot_promises where workspace_id = any($1)", [other.id for other in broken])
