"""Several senders, senders that die, and receivers that hang: what was sent is sent again under its id, and nobody else waits."""

import asyncio
import signal
import sys
import time

import pytest
from support.webhook_receiver import OK, Receiver

from qiao.domains.webhooks import dispatching, lanes, queueing
from qiao.domains.webhooks.api import Webhooks
from qiao.domains.webhooks.contracts import EndpointChanges
from qiao.domains.webhooks.sending import Sending
from qiao.kit.ids import new_id
from qiao.platform.log.read import cursor_of

pytestmark = pytest.mark.database

VICTIM = """
import asyncio, sys
from qiao.app.house import House
from qiao.domains.webhooks import lanes
from qiao.domains.webhooks.api import Webhooks
from qiao.domains.webhooks.doors import Rooms
from qiao.domains.webhooks.sending import Sending
from qiao.platform.auth.sealing import Seals
from qiao.platform.db.database import Database
from qiao.platform.http.outbound import Outbound
from qiao.platform.settings import read_settings

dsn, folder, said = sys.argv[1:]

async def main():
    lanes.LEASE_SECONDS = 1.0
    database = await Database.connect(dsn)
    house = House(read_settings({}, data_dir=folder, bot_model="off"), database, dsn)

    async def never(*_arguments):
        with open(said, "w") as file:
            file.write("sent")
        await asyncio.sleep(60)

    Sending._end = never
    rooms = Rooms(database=database, seals=Seals("a key of the tests, long enough"), outbound=Outbound(allow_private=True),
                  inboxes=house.inboxes, tell_off=never, plain_http=True)
    await Webhooks(rooms, house.conversations).start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.fault("F-P1", "F-P8")
async def test_a_sender_killed_after_the_send_and_before_the_mark_is_followed_by_one_that_sends_it_again_under_its_id(
    company, receiver, postgres_dsn, tmp_path
):
    said = tmp_path / "said.txt"
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    await company.write(conversation, "发货了")
    await company.queue()
    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", VICTIM, postgres_dsn, str(tmp_path), str(said))
    async with asyncio.timeout(60):
        while not said.exists():
            await asyncio.sleep(0.05)
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    async with asyncio.timeout(10):
        while len(receiver.got) < 2:
            await company.send()
            await asyncio.sleep(0.1)
    (delivery,) = await company.deliveries(endpoint_id)
    assert receiver.ids == [delivery.message_id] * 2
    assert receiver.got[0].body == receiver.got[1].body
    assert (delivery.state, delivery.tries) == ("delivered", 2)


@pytest.mark.fault("F-P8")
async def test_a_cursor_that_a_crash_took_back_tells_the_same_facts_under_the_same_ids(company, receiver):
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(3):
        await company.write(conversation, str(number))
    await company.queue()
    before = sorted(one.message_id for one in await company.deliveries(endpoint_id))
    async with company.database.across() as connection:
        await connection.execute("delete from webhook_deliveries where workspace_id = $1", company.workspace.id)
        for _ in range(2):
            await connection.execute("update log_cursors set position = 0 where workspace_id = $1", company.workspace.id)
            await company.queue()
    assert sorted(one.message_id for one in await company.deliveries(endpoint_id)) == before


async def test_what_happens_while_an_endpoint_is_switched_on_again_is_not_passed_over(company, receiver):
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    other_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    await company.queue()
    async with company.database.scope(company.workspace.id) as scope:
        lane = lanes.LaneRows(scope, endpoint_id)
        await lane.hold()
        await lane.switch_off("failing")
        await lane.behind(1 + await cursor_of(scope.connection, scope.workspace_id, queueing.SUBSCRIBER))
    await company.write(conversation, "发货了")

    async def switch_on():
        await company.act("change", endpoint_id, EndpointChanges(enabled=True), None)
        async with company.database.scope(company.workspace.id) as scope:
            await company.webhooks.queueing.catch_up(scope, endpoint_id)

    async with company.database.scope(company.workspace.id) as scope:
        # Whoever reads the log has looked who listens, and waits for the second of two.
        await lanes.LaneRows(scope, other_id).hold()
        reading = asyncio.create_task(company.queue())
        await asyncio.sleep(0.3)
        switching = asyncio.create_task(switch_on())
        await asyncio.sleep(0.3)
    await asyncio.gather(reading, switching)
    async with company.database.scope(company.workspace.id) as scope:
        await company.webhooks.queueing.catch_up(scope, endpoint_id)
    assert [len(await company.deliveries(one)) for one in (endpoint_id, other_id)] == [1, 1]


async def test_one_that_cannot_be_caught_up_keeps_no_other_behind(company, receiver, monkeypatch):
    monkeypatch.setattr(dispatching, "CATCH_UP_SECONDS", 0.05)
    monkeypatch.setattr(dispatching, "BEHIND_AT_ONCE", 2)
    made = [(await company.endpoint(receiver.url, "message.sent"))[0] for _ in range(5)]
    seen = set()
    async with company.database.scope(company.workspace.id) as scope:
        for one in made:
            await lanes.LaneRows(scope, one).behind(1)

    async def catch_up(place):
        seen.add(place[1])
        raise ValueError(place)

    dispatcher = dispatching.Dispatcher(company.database, Sending(company.rooms), catch_up)
    await dispatcher.start()
    async with asyncio.timeout(5):
        while not seen >= set(made):
            await asyncio.sleep(0.05)
    await dispatcher.stop()


async def test_two_senders_send_each_event_once_between_them_and_few_at_once(company, receiver):
    async def slowly(writer):
        await asyncio.sleep(0.03)
        writer.write(OK)

    receiver.answers = [slowly]
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(12):
        await company.write(conversation, str(number))
    await company.queue()
    other = Webhooks(company.rooms, company.house.conversations)
    await asyncio.gather(company.send(), other.drain(company.workspace.id))
    assert sorted(receiver.ids) == sorted(one.message_id for one in await company.deliveries(endpoint_id))
    assert receiver.most_at_once <= lanes.AT_ONCE


async def test_a_receiver_that_hangs_keeps_neither_others_nor_the_log_waiting(company, receiver):
    release = asyncio.Event()

    async def hang(writer):
        await release.wait()
        writer.write(OK)

    hanging = Receiver()
    hanging.answers = [hang]
    await company.endpoint(await hanging.open(), "message.sent")
    await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(9):
        await company.write(conversation, str(number))
    await company.webhooks.start()
    began = time.monotonic()
    await company.queue()
    await receiver.until(lambda: len(receiver.got) == 9)
    assert time.monotonic() - began < 5
    assert 1 <= len(hanging.got) <= lanes.AT_ONCE
    release.set()
    hanging.answers = [OK]
    await hanging.until(lambda: len(set(hanging.ids)) == 9)
    await company.webhooks.stop()
    await hanging.close()


async def test_while_it_fails_a_single_request_asks_whether_it_is_back(company, receiver):
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(3):
        await company.write(conversation, str(number))
    await company.queue()
    async with company.database.scope(company.workspace.id) as scope:
        lane = lanes.LaneRows(scope, endpoint_id)
        await lane.fared(well=False, reason="timeout", throttled=0)
        assert await lane.take(new_id(), 1) is not None
    await company.send()
    assert receiver.got == []
    await company.hours_go_by(0.02)
    await company.send()
    assert len(receiver.got) == 3


async def test_whoever_lost_a_delivery_in_the_meantime_changes_it_only_when_it_arrived(company, receiver):
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    await company.write(await company.talk(), "发货了")
    await company.queue()
    late, now = new_id(), new_id()
    async with company.database.scope(company.workspace.id) as scope:
        lane = lanes.LaneRows(scope, endpoint_id)
        row = await lane.take(late, 4)
        await scope.connection.execute("update webhook_deliveries set due_at = now() - interval '1 s'")
        assert (await lane.take(now, 4))["id"] == row["id"]
        failed = lanes.Ended(state=lanes.DeliveryState.FAILED, status=500, reason="status")
        assert not await lane.end(row["id"], late, failed)
        arrived = lanes.Ended(state=lanes.DeliveryState.DELIVERED, status=200, reason=None)
        assert await lane.end(row["id"], late, arrived)
        assert not await lane.end(row["id"], now, failed)
    assert [one.state for one in await company.deliveries(endpoint_id)] == ["delivered"]
