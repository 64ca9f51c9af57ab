"""Receipts are read in order by one reader at a time; what cannot be read is put aside and holds up nobody."""

import asyncio

import pytest

from qiao.ports.channel import InboundMessage, Sender
from qiao.ports.testing.heron import body_of, says

pytestmark = pytest.mark.database


async def kept(desk, *bodies, inbox=None):
    from qiao.ports.channel import RawReceipt

    for body in bodies:
        await desk.house.receipts.keep(desk.workspace.id, (inbox or desk.inbox).id, RawReceipt("POST", {}, {}, body))


async def until(condition):
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("poison", [b"poison", b"stumble", b"\xff\x00", b'[{"type":"message"}]', b"[" * 3000])
async def test_what_cannot_be_read_is_parked_and_the_next_goes_on(desk, poison):
    await kept(desk, body_of(says("m1", "一")), poison, body_of(says("m2", "二")))
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["一", "二"]
    (parked,) = await desk.parked()
    assert (bytes(parked["body"]), parked["attempts"]) == (poison, 1)
    assert parked["reason"]
    assert (await desk.state()).parked == 1


async def test_what_reads_well_and_cannot_be_stored_is_parked_alone(desk):
    nameless = InboundMessage(provider_id="m2", sender=Sender(address="  "), text="谁写的？")
    await kept(desk, *(body_of(one) for one in (says("m1", "一"), nameless, says("m3", "三"))))
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["一", "三"]
    (parked,) = await desk.parked()
    assert parked["reason"].startswith("reception.sender_unusable")
    assert (await desk.state()).last_error.startswith("reception.sender_unusable")


async def test_a_receipt_is_stored_whole_or_not_at_all(desk):
    nameless = InboundMessage(provider_id="m2", sender=Sender(address=""), text="x")
    await kept(desk, body_of(says("m1", "一"), nameless))
    await desk.read()
    assert await desk.talks() == await desk.contacts() == []
    assert len(await desk.parked()) == 1


async def test_a_parked_receipt_is_shown_and_read_again_when_it_can_be(desk, door, monkeypatch):
    body = body_of(says("m1", "终于"))
    monkeypatch.setattr(desk.heron, "parse", lambda *_: 1 / 0)
    await kept(desk, body)
    await desk.read()
    admin = await door("admin")
    path = f"/api/v1/inboxes/{desk.inbox.id}/receipts"
    (item,) = (await admin.get(path, params={"state": "parked"})).json()["items"]
    assert (item["reason"], item["size"], "终于" in item["excerpt"]) == ("ZeroDivisionError", len(body), True)
    assert (await admin.get(path, params={"state": "done"})).json()["items"] == []
    assert (await admin.get(path, params={"state": "burnt"})).status_code == 422
    monkeypatch.undo()
    monkeypatch.setattr(desk.house.accounts, "_channels", {"heron": desk.heron})
    assert (await admin.post(f"{path}/{item['id']}/replay")).status_code == 202
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["终于"]
    assert (await admin.post(f"{path}/{item['id']}/replay")).status_code == 202
    await desk.read()
    assert len(await desk.messages()) == 1


async def test_receipts_are_listed_newest_first_page_by_page(desk, door):
    await kept(desk, *(body_of(says(f"m{number}")) for number in range(5)))
    admin = await door("admin")
    path = f"/api/v1/inboxes/{desk.inbox.id}/receipts"
    first = (await admin.get(path, params={"limit": 3})).json()
    second = (await admin.get(path, params={"limit": 3, "cursor": first["next_cursor"]})).json()
    ids = [one["id"] for one in [*first["items"], *second["items"]]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), second["next_cursor"]) == (5, None)


async def test_a_poisoned_inbox_holds_up_no_other(desk):
    second = await desk.another()
    await kept(desk, *[b"stumble"] * 80)
    await kept(desk, body_of(says("m1", "别的收件箱")), inbox=second)
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["别的收件箱"]
    assert len(await desk.parked()) == 80


async def test_two_readers_at_once_read_each_receipt_once_and_in_order(desk):
    await kept(desk, *(body_of(says(f"m{number}", str(number + 100))) for number in range(150)))
    await asyncio.gather(*(desk.read() for _ in range(4)))
    talk = (await desk.talks())[0]
    texts = await desk.rows("select text from messages where workspace_id = $1 and conversation_id = $2 order by seq", talk["id"])
    assert [one["text"] for one in texts] == [str(number + 100) for number in range(150)]
    done = await desk.rows("select distinct attempts from receipts where workspace_id = $1")
    assert done == [{"attempts": 1}]


async def test_a_lane_wakes_by_a_hint_and_by_looking(desk):
    await desk.reception.lanes.start()
    await kept(desk, body_of(says("m1", "提示")))
    await until(desk.talks)
    desk.house.receipts.on_stored(lambda *_: None)
    desk.house.receipts._told.clear()
    await kept(desk, body_of(says("m2", "没有提示")))

    async def there():
        return len(await desk.messages()) == 2

    await until(there)


async def test_trouble_with_the_database_parks_nothing(desk, monkeypatch):
    await kept(desk, body_of(says("m1", "一")))
    take, tried = desk.reception.lanes._take, []

    async def lost(*arguments):
        tried.append(1)
        if len(tried) < 3:
            raise ConnectionResetError("the server went away")
        await take(*arguments)

    monkeypatch.setattr(desk.reception.lanes, "_take", lost)
    await desk.reception.lanes.start()
    await until(desk.talks)
    assert (len(tried), await desk.parked()) == (3, [])


async def test_old_receipts_are_forgotten_and_parked_ones_later(desk):
    await kept(desk, body_of(says("m1")), b"poison", body_of(says("m2")))
    await desk.read()
    await desk.rows("update receipts set received_at = now() - interval '31 days' where workspace_id = $1 returning 1 as one")
    await kept(desk, body_of(says("m3")))
    await desk.house.receipts.prune()
    left = await desk.rows("select state from receipts where workspace_id = $1 order by id")
    assert [one["state"] for one in left] == ["parked", "queued"]
    await desk.rows("update receipts set received_at = now() - interval '61 days' where workspace_id = $1 returning 1 as one")
    await desk.house.receipts.prune()
    left = await desk.rows("select state from receipts where workspace_id = $1")
    assert left == [{"state": "queued"}], "what was acknowledged and not read yet stays, however old"


async def test_however_much_is_old_all_of_it_is_forgotten_at_once(desk, monkeypatch):
    monkeypatch.setattr("qiao.domains.inboxes.receipts.PRUNED_AT_ONCE", 2)
    await kept(desk, *(body_of(says(f"m{nth}")) for nth in range(5)))
    await desk.read()
    await desk.rows("update receipts set received_at = now() - interval '31 days' where workspace_id = $1 returning 1 as one")
    await desk.house.receipts.prune()
    assert await desk.rows("select 1 as one from receipts where workspace_id = $1") == []


async def test_too_much_at_once_is_said_to_be_too_much(desk, monkeypatch):
    from qiao.domains.inboxes import receipts
    from qiao.kit.errors import TooMany

    monkeypatch.setattr(receipts, "MAX_HELD", 10)
    with pytest.raises(TooMany):
        await kept(desk, bytes(11))
    await kept(desk, b"[]")


async def outlasting(desk, monkeypatch, text, act):
    """Whatever stores a message of this text meets `act` in its transaction; the times of it are noted."""
    met = []
    for worker in (desk.reception.lanes, desk.reception.pulling):

        async def take(scope, place, items, usual=worker._take):
            if any(getattr(one, "text", None) == text for one in items):
                met.append(len(items))
                await act(scope)
            await usual(scope, place, items)

        monkeypatch.setattr(worker, "_take", take)
    return met


async def too_long(scope):
    await scope.connection.execute("set local statement_timeout = '60ms'")
    await scope.connection.execute("select pg_sleep(9)")


async def test_what_always_runs_into_the_database_s_time_limit_is_put_aside_and_read_again_on_request(desk, monkeypatch):
    monkeypatch.setattr("qiao.domains.reception.limits.LONG_SECONDS", 0.05)
    met = await outlasting(desk, monkeypatch, "慢", too_long)
    await kept(desk, *(body_of(says(f"m{nth}", text)) for nth, text in enumerate(["一", "慢", "三"])))
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["一", "三"]
    (parked,) = await desk.parked()
    assert (parked["reason"].split(":")[0], met) == ("reception.too_long", [3, 1, 1, 1])
    assert (await desk.state()).last_error.startswith("reception.too_long")
    monkeypatch.undo()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.receipts.replay(scope, desk.inbox.id, parked["id"])
    monkeypatch.setattr(desk.house.accounts, "_channels", {"heron": desk.heron})
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["一", "三", "慢"]


async def test_what_ran_into_the_limit_once_or_twice_keeps_its_place(desk, monkeypatch):
    monkeypatch.setattr("qiao.domains.reception.limits.LONG_SECONDS", 0.05)
    tried = []

    async def slow_at_first(scope):
        tried.append(1)
        if len(tried) < 4:
            await too_long(scope)

    await outlasting(desk, monkeypatch, "慢", slow_at_first)
    await kept(desk, *(body_of(says(f"m{nth}", text)) for nth, text in enumerate(["一", "慢", "三"])))
    await desk.read()
    assert ([one.text for one in await desk.messages()], await desk.parked()) == (["一", "慢", "三"], [])


async def test_connections_that_are_cut_put_nothing_aside_however_often(desk, monkeypatch):
    cut = []

    async def ended(scope):
        cut.append(1)
        if len(cut) < 6:
            async with desk.database.across() as another:
                await another.execute("select pg_terminate_backend($1)", scope.connection.get_server_pid())

    await outlasting(desk, monkeypatch, "断", ended)
    monkeypatch.setattr("qiao.domains.reception.lanes.SWEEP_SECONDS", 0.05)
    await kept(desk, body_of(says("m1", "断")))
    await desk.reception.lanes.start()
    await until(desk.talks)
    assert (len(cut), await desk.parked()) == (6, [])


async def test_of_what_was_pulled_the_one_that_always_takes_too_long_holds_up_no_other(desk, monkeypatch):
    from qiao.ports.channel import Pulled

    monkeypatch.setattr("qiao.domains.reception.limits.LONG_SECONDS", 0.05)
    await outlasting(desk, monkeypatch, "慢", too_long)
    desk.heron.pulls = [Pulled(items=[says("m1", "一"), says("m2", "慢"), says("m3", "三")], cursor="c1")]
    await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})
    assert [one.text for one in await desk.messages()] == ["一", "三"]
    (kept_one,) = await desk.rows("select state from receipts where workspace_id = $1")
    assert kept_one["state"] == "queued"
    await desk.read()
    assert [one["reason"].split(":")[0] for one in await desk.parked()] == ["reception.too_long"]
