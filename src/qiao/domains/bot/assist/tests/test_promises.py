"""Nobody on duty: through the log and the database, what customers are told and asked, what is promised, kept and broken."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qiao.domains.bot.assist.promise_words import OPTIONS
from qiao.domains.bot.errors import PromiseNotFound
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.inboxes.contracts import Hours, Span
from qiao.kit.ids import new_id

pytestmark = pytest.mark.database
AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")
NEVER = Hours(timezone="Asia/Shanghai", spans=[])


def closed_now() -> Hours:
    """Open on every day but today, in the shop's own zone."""
    today = datetime.now(UTC).isoweekday()
    days = [day for day in range(1, 8) if day not in {today, today % 7 + 1, (today - 2) % 7 + 1}]
    return Hours(timezone="UTC", spans=[Span(days=days, opens="09:00", closes="18:00")])


@pytest.fixture
async def shop(database: Any, workspace: Any, tmp_path: Path) -> AsyncIterator[Any]:
    from qiao.domains.bot.tests.tea_shop import Shop, no_model

    shop = Shop(database, workspace, tmp_path, no_model)
    await shop.open()
    yield shop
    await shop.close()


async def settle(shop: Any) -> None:
    """What the bot does in a job is heard of in the log after it."""
    await shop.settle()
    await shop.settle()


async def asked_for_a_person(shop: Any, text: str = "转人工") -> Any:
    """The customer wants a person; everything that follows is done. The bot's last words."""
    await shop.write(text)
    await settle(shop)
    return (await shop.replies())[-1]


async def answers(shop: Any, text: str, option: Any = None) -> Any:
    await shop.write(text, option)
    await settle(shop)
    return (await shop.replies())[-1]


async def promises(shop: Any) -> list[Any]:
    async with shop.database.scope(shop.workspace.id) as scope:
        return list(await shop.bot.promises.of(scope, shop.talk.id))


async def due(shop: Any) -> list[Any]:
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.promises.due(scope)


async def look(shop: Any, at: datetime) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.promises.look_in(scope, at)


async def happened(shop: Any) -> list[str]:
    return [one.content["event"] for one in await shop.messages() if one.kind == "event"]


async def test_with_nobody_there_a_message_or_a_call_is_offered_in_the_customers_language(shop):
    offer = await asked_for_a_person(shop)
    assert offer.content["type"] == "offer"
    assert [one["label"] for one in offer.content["options"]] == ["留言", "预约回电"]
    await shop.new_customer()
    english = await asked_for_a_person(shop, "I want to talk to a human please")
    assert [one["label"] for one in english.content["options"]] == ["Leave a message", "Book a call"]


async def test_with_somebody_there_nothing_is_offered(shop):
    await shop.come_to_work()
    reply = await asked_for_a_person(shop)
    assert reply.content["type"] == "hand_over"


async def test_in_a_public_thread_nobody_is_asked_for_a_number(shop):
    conversations = shop.conversations
    new = NewConversation(inbox_id=shop.inbox.id, contact_id=shop.talk.contact.id, status=Status.WAITING, thread="comment-1")
    thread = await conversations.find_or_open(shop.workspace.id, new)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.promises.offer(scope, thread.id, "queued")
        assert (await conversations.messages(scope, thread.id)).items == []


async def test_the_same_fact_twice_offers_once(shop):
    await asked_for_a_person(shop)
    before = len(await shop.replies())
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.promises.offer(scope, shop.talk.id, "again")
    assert len(await shop.replies()) == before


async def test_a_call_is_promised_shown_and_kept(shop):
    await shop.set_inbox(hours=closed_now())
    await asked_for_a_person(shop)
    asks = await answers(shop, "预约回电", OPTIONS["call_back"])
    assert asks.text == "好的，请告诉我您的电话号码。"
    choice = await answers(shop, "138 1234 5678")
    assert len(choice.content["options"]) == 3
    done = await answers(shop, choice.content["options"][1]["label"], OPTIONS["window-1"])
    assert "13812345678" in done.text
    one = (await promises(shop))[0]
    assert (one.kind, one.state, one.phone) == ("call_back", "open", "13812345678")
    assert one.due_at - one.starts_at == timedelta(hours=2)
    assert [item.conversation.id for item in await due(shop)] == [shop.talk.id]
    async with shop.database.scope(shop.workspace.id) as scope:
        kept = await shop.bot.promises.settle(scope, one.id, AGENT)
    assert (kept.state, kept.late, kept.settled_by) == ("kept", False, AGENT.id)
    assert await due(shop) == []
    assert (await happened(shop))[-2:] == ["promise_made", "promise_kept"]


async def test_a_call_that_nobody_made_is_broken_and_can_be_made_good(shop):
    await shop.set_inbox(hours=closed_now())
    await asked_for_a_person(shop)
    await answers(shop, "2")
    await answers(shop, "010-6552 9988")
    await answers(shop, "都行")
    one = (await promises(shop))[0]
    await look(shop, one.starts_at - timedelta(minutes=20))
    assert "promise_due" not in await happened(shop)
    await look(shop, one.starts_at - timedelta(minutes=5))
    await look(shop, one.starts_at)
    assert (await happened(shop)).count("promise_due") == 1
    await look(shop, one.due_at + timedelta(minutes=10))
    assert (await promises(shop))[0].state == "open"
    await look(shop, one.due_at + timedelta(minutes=20))
    assert (await promises(shop))[0].state == "broken"
    assert len(await due(shop)) == 1
    async with shop.database.scope(shop.workspace.id) as scope:
        late = await shop.bot.promises.settle(scope, one.id, AGENT)
    assert (late.state, late.late) == ("broken", True)
    assert await due(shop) == []
    async with shop.database.scope(shop.workspace.id) as scope:
        with pytest.raises(PromiseNotFound):
            await shop.bot.promises.settle(scope, one.id, AGENT)


async def test_a_message_asks_for_an_address_once_and_takes_what_is_written(shop):
    await asked_for_a_person(shop)
    asks = await answers(shop, "留言", OPTIONS["message"])
    assert "邮箱" in asks.text
    told = await answers(shop, "lan@example.com")
    assert "lan@example.com" in told.text
    assert [(one.kind, one.email) for one in await promises(shop)] == [("message", "lan@example.com")]


async def test_a_known_address_is_not_asked_for(shop):
    await shop.new_customer(email="mei@example.com")
    await asked_for_a_person(shop)
    told = await answers(shop, "1")
    assert "mei@example.com" in told.text


async def test_whoever_simply_goes_on_writing_has_left_a_message(shop):
    await asked_for_a_person(shop)
    await answers(shop, "我买的茶壶盖子碎了，希望能补发一个，谢谢你们。")
    told = await answers(shop, "不用")
    assert "会在这里答复您" in told.text
    assert [one.state for one in await promises(shop)] == ["open"]
    before = len(await shop.replies())
    await answers(shop, "壶是上周买的")
    assert len(await shop.replies()) == before


async def test_an_answer_keeps_a_message_without_an_address(shop):
    await asked_for_a_person(shop)
    await answers(shop, "留言")
    await answers(shop, "不用")
    reply = NewMessage(conversation_id=shop.talk.id, author=AGENT, text="盖子已为您补发", client_id="answer")
    await shop.conversations.post(shop.workspace.id, reply)
    await look(shop, datetime.now(UTC))
    assert [one.state for one in await promises(shop)] == ["kept"]


async def test_whoever_wants_neither_is_left_in_peace(shop):
    await asked_for_a_person(shop)
    told = await answers(shop, "不用了")
    assert "已经记下" in told.text
    before = len(await shop.replies())
    await answers(shop, "好吧")
    assert (len(await shop.replies()), await promises(shop)) == (before, [])


async def test_danger_is_never_answered_with_a_form(shop):
    await asked_for_a_person(shop)
    told = await answers(shop, "救命，家里着火了")
    assert "立即拨打" in told.text
    async with shop.database.scope(shop.workspace.id) as scope:
        triage = await shop.routing.triages.one(scope, shop.talk.id)
    assert (triage.priority, triage.reason) == ("urgent", "emergency")


async def test_whoever_is_taken_up_is_asked_no_more(shop):
    await asked_for_a_person(shop)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, AGENT)
    before = len(await shop.replies())
    await answers(shop, "预约回电")
    assert len(await shop.replies()) == before


async def test_a_shop_that_never_opens_still_promises_something(shop):
    await shop.set_inbox(hours=NEVER)
    await asked_for_a_person(shop)
    await answers(shop, "回电")
    await answers(shop, "13812345678")
    await answers(shop, "明天下午三点")
    await answers(shop, "那后天")
    assert [(one.kind, one.starts_at) for one in await promises(shop)] == [("call_back", None)]


async def test_the_bot_says_that_it_speaks_again(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, AGENT)
        await shop.conversations.hand_to_bot(scope, shop.talk.id, AGENT)
    await settle(shop)
    said = await shop.replies()
    assert [one.text for one in said] == ["接下来由智能助手继续为您服务，有问题直接问我就行；需要人工时随时告诉我。"]
    assert said[0].content["disclosure"] is True
    reply = await shop.say("运费怎么算？")
    assert reply.content["type"] == "answer"


async def test_what_one_company_promised_is_not_anothers(shop, database):
    from uuid import uuid4

    from qiao.domains.workspaces.api import Workspaces

    await shop.set_inbox(hours=closed_now())
    await asked_for_a_person(shop)
    await answers(shop, "2")
    await answers(shop, "13812345678")
    await answers(shop, "1")
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    promise = (await promises(shop))[0]
    async with database.scope(other.id) as scope:
        assert await shop.bot.promises.due(scope) == []
        with pytest.raises(PromiseNotFound):
            await shop.bot.promises.settle(scope, promise.id, AGENT)
