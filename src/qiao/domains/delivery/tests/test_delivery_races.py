"""What was sent stays sent: processes that lost their turn, reports of an earlier send, replies taken back half-way."""

import asyncio

import pytest

from qiao.domains.delivery import sending
from qiao.domains.delivery.errors import ProviderAway
from qiao.domains.delivery.tests.pigeon_loft import AGENT, WORDS, Pigeon
from qiao.domains.reception.events import ReplyReported
from qiao.ports.channel import Capability, Rejected, Retry, Sent

pytestmark = pytest.mark.database

LONG = "\n\n".join(f"{number}" * 60 for number in range(3))


async def report(loft, message, state, name="", reason=None):
    """The provider says what became of a reply that it calls so."""
    async with loft.database.scope(loft.workspace.id) as scope:
        fact = ReplyReported(
            inbox_id=loft.inbox.id,
            conversation_id=loft.talk.id,
            message_seq=message.seq,
            state=state,
            reason=reason,
            provider_id=name,
        )
        scope.emit(fact)
    await loft.runner.drain(loft.workspace.id)


async def again(loft, message):
    async with loft.database.scope(loft.workspace.id) as scope:
        return await loft.delivery.retry(scope, loft.talk.id, message.seq)


async def state(loft):
    return [(one.state, one.reason) for one in await loft.states()]


@pytest.mark.fault("F-P2")
@pytest.mark.parametrize("late", [Retry(1, "timeout"), Rejected("duplicate"), Sent("p-late")], ids=["retry", "no", "sent"])
async def test_who_lost_its_turn_says_nothing_of_a_reply_that_another_process_sent(loft, monkeypatch, late):
    """A process that stood still for longer than its turn wakes up when the reply is long sent."""
    monkeypatch.setattr(sending, "TURN_SECONDS", 0.0)
    asleep, wake, good = asyncio.Event(), asyncio.Event(), loft.pigeon.send

    async def stands_still(message, account, wire):
        asleep.set()
        await wake.wait()
        return late

    loft.pigeon.send = stands_still
    message = await loft.reply("一")
    await loft.runner.drain(loft.workspace.id)
    slow = asyncio.create_task(loft.delivery.drain(loft.workspace.id))
    await asleep.wait()
    loft.pigeon.send = good
    await asyncio.sleep(0.01)
    await loft.another().drain(loft.workspace.id)
    assert await state(loft) == [("sent", None)]
    wake.set()
    await slow
    await loft.turn()
    assert await state(loft) == [("sent", None)]
    assert loft.pigeon.texts == ["一"]
    assert await loft.told() == [(message.seq, "sent", None)]


async def test_who_lost_its_turn_before_anybody_sent_does_not_count_as_a_try(loft, monkeypatch):
    monkeypatch.setattr(sending, "TURN_SECONDS", 0.0)
    gates, asleep = [asyncio.Event(), asyncio.Event()], [asyncio.Event(), asyncio.Event()]
    answers = [Rejected("I was asleep"), Sent("p-2")]
    begun = iter(range(2))

    async def stands_still(message, account, wire):
        mine = next(begun)
        asleep[mine].set()
        await gates[mine].wait()
        return answers[mine]

    loft.pigeon.send = stands_still
    await loft.reply("一")
    await loft.runner.drain(loft.workspace.id)
    first = asyncio.create_task(loft.delivery.drain(loft.workspace.id))
    await asleep[0].wait()
    monkeypatch.setattr(sending, "TURN_SECONDS", 90.0)
    await asyncio.sleep(0.01)
    second = asyncio.create_task(loft.another().drain(loft.workspace.id))
    await asleep[1].wait()
    gates[0].set()
    await first
    assert await state(loft) == [("queued", None)]
    gates[1].set()
    await second
    assert await state(loft) == [("sent", None)]


async def test_a_report_on_the_earlier_send_says_nothing_of_the_later_one(loft):
    """The provider tells again, days after, that the first try failed: the customer has the second."""
    loft.pigeon.answers = [Sent("p-first"), Sent("p-second")]
    message = await loft.reply("一")
    await loft.turn()
    await report(loft, message, "failed", "p-first", "blocked")
    assert await state(loft) == [("rejected", "blocked")]
    await again(loft, message)
    await loft.turn()
    assert await state(loft) == [("sent", None)]
    for _ in range(2):
        await report(loft, message, "failed", "p-first", "blocked")
    await report(loft, message, "read", "p-first")
    assert await state(loft) == [("sent", None)]
    await report(loft, message, "delivered", "p-second")
    assert await state(loft) == [("delivered", None)]
    assert loft.pigeon.texts == ["一", "一"]


async def test_a_part_that_failed_while_others_waited_makes_the_reply_fail_and_all_of_it_goes_again(loft):
    loft.pigeon.answers = [Sent("p-0"), Retry(600, "storm")]
    message = await loft.reply(LONG)
    await loft.turn()
    await report(loft, message, "failed", "p-0", "blocked")
    assert await state(loft) == [("retrying", "storm")]
    await loft.turn()
    assert await state(loft) == [("rejected", "blocked")]
    first = [one.key for one in loft.pigeon.given]
    assert (await again(loft, message)).sent == 0
    await loft.turn()
    assert await state(loft) == [("sent", None)]
    second = [one.key for one in loft.pigeon.given][len(first) :]
    assert second == [f"{message.id}:{part}:1" for part in range(3)]


async def test_what_was_delivered_while_other_parts_waited_is_no_failure(loft):
    loft.pigeon.answers = [Sent("p-0"), Retry(600, "storm")]
    message = await loft.reply(LONG)
    await loft.turn()
    await report(loft, message, "delivered", "p-0")
    await loft.turn()
    assert await state(loft) == [("sent", None)]


@pytest.fixture
async def recalling(lofts):
    return await lofts(Pigeon(capabilities=WORDS | {Capability.RECALL}))


async def recall(loft, message):
    await loft.delivery.acting.recall(loft.workspace.id, loft.talk.id, message.seq, AGENT)


async def is_marked(loft, message):
    async with loft.database.scope(loft.workspace.id) as scope:
        content = (await loft.house.conversations.at(scope, loft.talk.id, message.seq)).content or {}
    return (content.get("channel") or {}).get("recalled", False)


async def test_a_reply_taken_back_half_way_goes_no_further(recalling):
    loft = recalling
    loft.pigeon.answers = [Sent("p-0"), Retry(600, "storm")]
    message = await loft.reply(LONG)
    behind = await loft.reply("下一条")
    await loft.turn()
    await recall(loft, message)
    assert loft.pigeon.acts == [("recall", "p-0")]
    loft.pigeon.answers = []
    await loft.turn()
    assert loft.pigeon.texts[2:] == ["下一条"]
    assert await state(loft) == [("rejected", "recalled"), ("sent", None)]
    assert await is_marked(loft, message)
    assert not await is_marked(loft, behind)


async def test_a_reply_taken_back_before_it_went_never_goes(recalling):
    loft = recalling
    message = await loft.reply("算了")
    await loft.runner.drain(loft.workspace.id)
    await recall(loft, message)
    await loft.turn()
    assert (loft.pigeon.texts, loft.pigeon.acts) == ([], [])
    assert await state(loft) == [("rejected", "recalled")]
    assert await is_marked(loft, message)


async def events(loft):
    async with loft.database.scope(loft.workspace.id) as scope:
        page = await loft.house.conversations.messages(scope, loft.talk.id, limit=100)
    return [one.content["event"] for one in page.items if one.kind == "event"]


async def test_who_dies_while_taking_back_what_never_went_has_taken_nothing_back_and_may_again(recalling, monkeypatch):
    loft = recalling
    message = await loft.reply("算了")
    await loft.runner.drain(loft.workspace.id)

    async def dies(*_arguments):
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(loft.house.conversations, "post_in", dies)
        with pytest.raises(ConnectionResetError):
            await recall(loft, message)
    assert (await state(loft), await is_marked(loft, message)) == ([("queued", None)], False)
    await recall(loft, message)
    assert (await state(loft), await is_marked(loft, message)) == ([("rejected", "recalled")], True)
    assert await events(loft) == ["recalled"]


async def test_taking_back_twice_leaves_one_line(recalling):
    loft = recalling
    sent = await loft.reply("一")
    await loft.turn()
    waiting = await loft.reply("二")
    await loft.runner.drain(loft.workspace.id)
    for message in (sent, sent, waiting, waiting):
        await recall(loft, message)
    assert loft.pigeon.acts == [("recall", "p-1"), ("recall", "p-1")]
    assert await events(loft) == ["recalled", "recalled"]
    assert await state(loft) == [("sent", None), ("rejected", "recalled")]


async def test_what_was_taken_back_is_not_sent_by_trying_again(recalling):
    loft = recalling
    message = await loft.reply("算了")
    await loft.runner.drain(loft.workspace.id)
    await recall(loft, message)
    await again(loft, message)
    await loft.turn()
    assert loft.pigeon.texts == []
    assert await state(loft) == [("rejected", "recalled")]


async def test_a_reply_that_is_being_sent_is_taken_back_a_moment_later(recalling):
    loft, gate, asleep = recalling, asyncio.Event(), asyncio.Event()
    good = loft.pigeon.send

    async def slowly(message, account, wire):
        asleep.set()
        await gate.wait()
        return await good(message, account, wire)

    loft.pigeon.send = slowly
    message = await loft.reply("一")
    await loft.runner.drain(loft.workspace.id)
    sent = asyncio.create_task(loft.delivery.drain(loft.workspace.id))
    await asleep.wait()
    with pytest.raises(ProviderAway) as refused:
        await recall(loft, message)
    assert refused.value.details["reason"] == "sending"
    assert not await is_marked(loft, message)
    gate.set()
    await sent
    await recall(loft, message)
    assert loft.pigeon.acts == [("recall", "p-1")]
    assert await state(loft) == [("sent", None)]


async def test_two_conversations_of_one_customer_number_their_sends_apart(loft):
    """A provider that counts replies passes over a number that it had: it would be a reply that nobody gets."""
    other = await loft.customer()
    loft.ground.routes[other.id] = loft.ground.routes[loft.talk.id]

    async def slowly(*_):
        await asyncio.sleep(0.02)

    loft.ground.provider_id_of = slowly
    quoting = {"channel": {"quoted_seq": 1}}
    for number in range(2):
        await loft.reply(str(number), content=quoting)
        await loft.reply(str(number), talk=other, content=quoting)
    await loft.runner.drain(loft.workspace.id)
    await asyncio.gather(loft.delivery.drain(loft.workspace.id), loft.another().drain(loft.workspace.id))
    assert sorted(one.number for one in loft.pigeon.given) == [1, 2, 3, 4]


@pytest.mark.fault("F-C10")
async def test_what_failed_every_time_and_is_sent_by_hand_has_the_same_name_still(loft):
    """F-C10: the last try may have arrived without our hearing of it; by its name the other side passes over the repeat."""
    loft.pigeon.answers = [Retry(1, "failed")] * sending.MAX_ATTEMPTS
    message = await loft.reply("一")
    for _ in range(sending.MAX_ATTEMPTS + 2):
        await loft.turn()
    assert await state(loft) == [("rejected", "failed")]
    await again(loft, message)
    await loft.turn()
    assert await state(loft) == [("sent", None)]
    assert [one.key for one in loft.pigeon.given] == [f"{message.id}:0"] * (sending.MAX_ATTEMPTS + 1)
