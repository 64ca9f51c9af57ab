"""In order, once, over crashes and several processes; one inbox's trouble is its own."""

import asyncio
import random
import time

import asyncpg
import pytest
from msgspec.structs import replace

from qiao.domains.delivery import api, sending
from qiao.domains.delivery.tests.pigeon_loft import BOT, Pigeon
from qiao.domains.inboxes.contracts import NewInbox
from qiao.platform.jobs import lanes
from qiao.ports.channel import NeedsReauth, Rejected, Retry, Sent

pytestmark = pytest.mark.database


async def at_once(loft, deliveries, done, seconds=20):
    """Runs deliveries as processes do until `done` says so."""
    for one in deliveries:
        await one.start()
    try:
        async with asyncio.timeout(seconds):
            while not await done():
                await asyncio.sleep(0.02)
    finally:
        for one in deliveries:
            await one.stop()


async def hurry(loft):
    async with loft.database.across() as connection:
        await connection.execute(
            "update delivery_lanes set due_at = now() where workspace_id = $1 and due_at > now()", loft.workspace.id
        )


async def test_two_hundred_replies_of_twenty_conversations_in_order_whatever_the_channel_says(loft):
    chance, arrived, tried = random.Random(4), [], set()
    talks = [await loft.customer() for _ in range(20)]

    async def moody(message, account, wire):
        await asyncio.sleep(chance.random() / 200)
        tried.add(message.key)
        throw = chance.random()
        if throw < 0.25:
            return Retry(0.01, "storm")
        if throw < 0.35:
            return Rejected("no")
        arrived.append((message.to, int(message.text)))
        return Sent(message.key)

    loft.pigeon.send = moody
    for number in range(10):
        await asyncio.gather(*(loft.reply(str(number), talk=talk) for talk in talks))
    await loft.runner.drain(loft.workspace.id)

    async def done():
        await hurry(loft)
        return not [row for row in await loft.rows() if row["state"] not in {"sent", "rejected"}]

    await at_once(loft, [loft.delivery, loft.another()], done)
    rows = await loft.rows()
    assert (len(rows), len(tried)) == (200, 200)
    assert len(arrived) == len(set(arrived)) == sum(row["state"] == "sent" for row in rows)
    for talk in talks:
        mine = [number for to, number in arrived if to == f"roof-{talk.number}"]
        assert mine == sorted(mine)


async def test_a_reply_that_waits_holds_back_those_behind_it_and_nobody_elses(loft):
    other = await loft.customer()
    loft.pigeon.answers = [Retry(600, "storm")]
    await loft.reply("一")
    await loft.turn()
    await loft.reply("二")
    await loft.reply("他", talk=other)
    await loft.runner.drain(loft.workspace.id)
    await loft.delivery.drain(loft.workspace.id)
    assert loft.pigeon.texts == ["一", "他"]
    await loft.turn()
    assert loft.pigeon.texts == ["一", "他", "一", "二"]


async def test_a_long_reply_goes_on_at_the_part_that_is_missing(loft):
    paragraphs = [f"{number}" * 60 for number in range(4)]
    message = await loft.reply("\n\n".join(paragraphs))
    loft.pigeon.answers = [Sent("p-a"), Sent("p-b", ("x-b",)), Retry(5, "storm")]
    await loft.turn()
    (view,) = await loft.states()
    assert (view.state, view.parts, view.sent) == ("retrying", 4, 2)
    await loft.turn()
    assert [one.key for one in loft.pigeon.given] == [f"{message.id}:{part}" for part in (0, 1, 2, 2, 3)]
    assert [one.number for one in loft.pigeon.given] == [1, 2, 3, 3, 4]
    assert loft.pigeon.texts == [*paragraphs[:3], paragraphs[2], paragraphs[3]]
    assert await loft.told() == [(message.seq, "retrying", "storm"), (message.seq, "sent", None)]
    assert loft.ground.noted[1] == (loft.talk.id, message.seq, ["p-b", "x-b"])


@pytest.mark.fault("F-P1")
async def test_a_process_that_dies_between_sending_and_recording_repeats_the_same_key(loft, monkeypatch):
    monkeypatch.setattr(sending, "TURN_SECONDS", 0.2)
    keys = []

    async def dies(message, account, wire):
        keys.append(message.key)
        raise asyncio.CancelledError

    good, loft.pigeon.send = loft.pigeon.send, dies
    message = await loft.reply("一")
    await loft.reply("二")
    await loft.runner.drain(loft.workspace.id)
    await loft.delivery.drain(loft.workspace.id)
    loft.pigeon.send = good
    other = loft.another()
    await other.drain(loft.workspace.id)
    assert loft.pigeon.given == []
    await asyncio.sleep(0.25)
    await other.drain(loft.workspace.id)
    assert [*keys, *(one.key for one in loft.pigeon.given)][:2] == [f"{message.id}:0"] * 2
    assert loft.pigeon.texts == ["一", "二"]
    assert [one.number for one in loft.pigeon.given] == [1, 2]


async def test_a_send_that_never_ends_is_cut_and_tried_again(loft, monkeypatch):
    monkeypatch.setattr(sending, "SEND_SECONDS", 0.05)

    async def hangs(message, account, wire):
        await asyncio.sleep(30)

    loft.pigeon.send = hangs
    await loft.reply()
    await loft.turn()
    assert [(one.state, one.reason) for one in await loft.states()] == [("retrying", "timeout")]


async def test_an_inbox_that_hangs_holds_up_nobody_else(lofts, monkeypatch):
    monkeypatch.setattr(api, "LANES", replace(api.LANES, at_once=6, at_once_of_group=4))
    stuck, free = Pigeon(), Pigeon(name="swift")
    loft = await lofts(stuck, free)
    gate = asyncio.Event()

    async def hangs(message, account, wire):
        await gate.wait()
        return Sent(message.key)

    stuck.send = hangs
    async with loft.database.scope(loft.workspace.id) as scope:
        second = await loft.inboxes.create(scope, NewInbox(channel="swift", name="雨燕"))
    for _ in range(12):
        await loft.reply("stuck", talk=await loft.customer())
    for _ in range(5):
        await loft.reply("free", talk=await loft.customer(second))
    await loft.runner.drain(loft.workspace.id)

    async def done():
        gate.set() if len(free.given) == 5 else None
        return all(row["state"] == "sent" for row in await loft.rows())

    await at_once(loft, [loft.delivery], done)
    assert len(free.given) == 5


async def test_what_is_queued_goes_out_at_once_and_not_at_the_next_look(loft, monkeypatch):
    monkeypatch.setattr(lanes, "LOOK_SECONDS", 30.0)
    await loft.delivery.start()
    try:
        await asyncio.sleep(0.1)
        await loft.reply()
        await loft.runner.drain(loft.workspace.id)
        async with asyncio.timeout(3):
            while not loft.pigeon.given:
                await asyncio.sleep(0.01)
    finally:
        await loft.delivery.stop()


async def test_sends_of_one_inbox_are_spaced_over_all_processes(lofts):
    loft = await lofts(per_second=20)
    times = []

    async def send(message, account, wire):
        times.append(time.monotonic())
        return Sent(message.key)

    loft.pigeon.send = send
    for _ in range(8):
        await loft.reply(talk=await loft.customer())
    await loft.runner.drain(loft.workspace.id)

    async def done():
        return len(times) == 8

    await at_once(loft, [loft.delivery, loft.another()], done)
    assert times[-1] - times[0] >= 7 / 20 * 0.95


@pytest.mark.fault("F-C9")
async def test_an_inbox_that_is_too_fast_waits_as_a_whole(loft):
    others = [await loft.customer() for _ in range(4)]
    loft.pigeon.answers = [Retry(20, "rate_limited")]
    await loft.reply("一")
    await loft.turn()
    for talk in others:
        await loft.reply("他", talk=talk)
    await loft.runner.drain(loft.workspace.id)
    await loft.delivery.drain(loft.workspace.id)
    assert loft.pigeon.texts == ["一"]
    async with loft.database.across() as connection:
        await connection.execute("update delivery_paces set next_at = now() where workspace_id = $1", loft.workspace.id)
    await loft.turn()
    assert sorted(loft.pigeon.texts) == ["一", "一", "他", "他", "他", "他"]


async def mend(loft):
    """An admin connects the inbox again."""
    await loft.accounts.connect(loft.workspace.id, loft.inbox.id)
    await loft.runner.drain(loft.workspace.id)


@pytest.mark.fault("F-C11")
async def test_a_revoked_token_loses_nothing_and_mixes_nothing_up(loft):
    other = await loft.customer()
    loft.pigeon.answers = [NeedsReauth("token revoked")]
    await loft.reply("一")
    await loft.turn()
    await loft.reply("二")
    await loft.reply("他", author=BOT, talk=other)
    for _ in range(3):
        await loft.turn()
    assert loft.pigeon.texts == ["一"]
    assert [(one.state, one.reason) for one in await loft.states()] == [("needs_reauth", "token revoked"), ("queued", None)]
    async with loft.database.scope(loft.workspace.id) as scope:
        (state,) = await loft.accounts.states(scope, loft.inbox.id)
    assert (state.state, state.reason) == ("broken", "token revoked")
    window = await loft.window()
    assert (window.open, window.reason) == (False, "broken")
    await mend(loft)
    await loft.turn()
    assert [text for text in loft.pigeon.texts if text != "他"] == ["一", "一", "二"]
    assert loft.pigeon.texts.count("他") == 1
    assert {row["state"] for row in await loft.rows()} == {"sent"}
    assert (await loft.window()).open


async def test_a_channel_that_broke_elsewhere_waits_too(loft):
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.accounts.broke(scope, loft.inbox.id, "the provider said so")
    await loft.reply()
    await loft.turn()
    assert loft.pigeon.given == []
    await mend(loft)
    await loft.turn()
    assert len(loft.pigeon.given) == 1


async def test_that_reception_stumbles_over_a_name_sends_nothing_twice(loft):
    async def stumbles(*_):
        raise RuntimeError

    loft.ground.note_sent = stumbles
    await loft.reply()
    for _ in range(3):
        await loft.turn()
    assert len(loft.pigeon.given) == 1
    assert [one.state for one in await loft.states()] == ["sent"]


@pytest.mark.fault("F-P1")
@pytest.mark.parametrize("fault", [asyncpg.DeadlockDetectedError, asyncpg.ConnectionDoesNotExistError])
async def test_that_the_database_stumbles_while_recording_sends_nothing_twice(loft, monkeypatch, fault):
    faults, went_out = [fault("busy"), fault("busy")], loft.accounts.went_out

    async def stumbles(*arguments):
        if faults:
            raise faults.pop()
        await went_out(*arguments)

    monkeypatch.setattr(loft.accounts, "went_out", stumbles)
    await loft.reply("一")
    await loft.reply("二")
    await loft.turn()
    assert (loft.pigeon.texts, faults) == (["一", "二"], [])
    assert [one.state for one in await loft.states()] == ["sent", "sent"]


@pytest.mark.slow
async def test_hundreds_of_replies_drain_in_one_turn(loft):
    talks = [await loft.customer() for _ in range(40)]
    for _ in range(10):
        await asyncio.gather(*(loft.reply(talk=talk) for talk in talks))
    await loft.runner.drain(loft.workspace.id)
    await loft.delivery.drain(loft.workspace.id)
    assert len(loft.pigeon.given) == 400


async def test_one_that_is_tried_again_by_hand_goes_before_those_written_after_it(loft):
    loft.pigeon.answers = [Rejected("no"), Retry(600, "storm")]
    first = await loft.reply("一")
    await loft.reply("二")
    await loft.turn()
    await loft.reply("三")
    await loft.runner.drain(loft.workspace.id)
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.delivery.retry(scope, loft.talk.id, first.seq)
    await loft.delivery.drain(loft.workspace.id)
    assert loft.pigeon.texts == ["一", "二", "一", "二", "三"]


@pytest.mark.parametrize(
    ("answer", "became"),
    [
        (Sent("p-\x00\ud800", ("also\x00",)), ("sent", None)),
        (Rejected("no\x00 such \ud800roof"), ("rejected", "no such ?roof")),
        (NeedsReauth("ring\x00 expired"), ("needs_reauth", "ring expired")),
        (Retry(float("inf"), "storm\x00"), ("retrying", "storm")),
        (Retry(float("nan"), "storm"), ("retrying", "storm")),
        (Retry(1e300, "storm"), ("retrying", "storm")),
    ],
    ids=["sent", "rejected", "needs_reauth", "for ever", "no number", "very long"],
)
async def test_whatever_a_provider_answers_is_recorded_and_the_reply_goes_once(loft, answer, became):
    loft.pigeon.answers = [answer]
    await loft.reply("一")
    await loft.turn()
    async with loft.database.across() as connection:
        due = "select busy_until is null and (due_at is null or due_at < now() + interval '2 hours') from delivery_lanes"
        assert await connection.fetchval(f"{due} where workspace_id = $1", loft.workspace.id)
    assert loft.pigeon.texts == ["一"]
    assert [(one.state, one.reason) for one in await loft.states()] == [became]
