"""What lies ready elsewhere is fetched once and from where it was left; connections are held by one process. F-C11."""

import asyncio

import pytest

from qiao.domains.inboxes.contracts import InboxChanges
from qiao.domains.reception.listening import Listening
from qiao.kit.errors import Refused
from qiao.platform.db.database import open_alone
from qiao.ports.channel import Connected, InboundMessage, NeedsReauth, PullDue, Pulled, RawReceipt, Rejected, Retry, Sender
from qiao.ports.testing.heron import body_of, says

pytestmark = pytest.mark.database


async def cursor(desk):
    rows = await desk.rows("select cursor from channel_cursors where workspace_id = $1")
    return rows[0]["cursor"] if rows else None


async def test_a_call_that_something_is_ready_fetches_it_with_its_hint(desk):
    desk.heron.pulls = [Pulled(items=[says("m1", "一")], cursor="c1", more=True), Pulled(items=[says("m2", "二")], cursor="c2")]
    await desk.told(PullDue(hint={"token": "t"}), PullDue(hint={"token": "t"}))
    await desk.jobs()
    assert [one.text for one in await desk.messages()] == ["一", "二"]
    assert desk.heron.asked == [(None, {"token": "t"}), ("c1", {"token": "t"})]
    assert await cursor(desk) == "c2"


async def test_however_often_a_platform_calls_one_pull_waits(desk):
    for nth in range(20):
        await desk.told(PullDue(hint={"token": str(nth)}), PullDue(hint={"token": str(nth + 100)}))
    await desk.told(PullDue(hint={"token": "other"}), inbox=await desk.another())
    waiting = "select 1 as one from pgqueuer where $1::uuid is not null and entrypoint = 'reception.pull'"
    assert len(await desk.rows(waiting)) == 2
    await desk.jobs()
    assert len(desk.heron.asked) == 2


async def test_a_call_while_it_is_fetched_is_followed_by_another_pull(desk):
    asked, answer = asyncio.Event(), asyncio.Event()
    usual = desk.heron.pull

    async def slowly(*arguments):
        pulled = await usual(*arguments)
        asked.set()
        await answer.wait()
        return pulled

    desk.heron.pull = slowly
    desk.heron.pulls = [Pulled(items=[says("m1", "一")], cursor="c1"), Pulled(items=[says("m2", "二")], cursor="c2")]
    await desk.told(PullDue())
    fetching = asyncio.create_task(desk.jobs())
    await asked.wait()
    await desk.told(PullDue(), PullDue())
    await desk.told(PullDue())
    answer.set()
    await fetching
    await desk.jobs()
    # The second may begin beside the first: whichever stores later looks again.
    assert sorted(one.text for one in await desk.messages()) == ["一", "二"]
    assert len(desk.heron.asked) in {2, 3}


async def test_two_who_pull_at_once_store_everything_once_and_move_the_cursor_once(desk):
    desk.heron.pulls = [Pulled(items=[says("m1", "一")], cursor="c1")] * 3
    await asyncio.gather(*(desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {}) for _ in range(3)))
    assert [one.text for one in await desk.messages()] == ["一"]
    assert await cursor(desk) == "c1"


async def test_what_could_not_be_stored_leaves_the_cursor(desk, monkeypatch):
    desk.heron.pulls = [Pulled(items=[says("m1", "一")], cursor="c1")]

    async def dies(*_arguments):
        raise asyncio.CancelledError

    monkeypatch.setattr(desk.house.accounts, "came_in", dies)
    with pytest.raises(asyncio.CancelledError):
        await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})
    assert (await cursor(desk), await desk.talks()) == (None, [])


async def test_a_poisoned_item_is_kept_as_a_receipt_and_the_rest_is_stored(desk):
    nameless = InboundMessage(provider_id="m2", sender=Sender(address=""), text="谁？")
    desk.heron.pulls = [Pulled(items=[says("m1", "一"), nameless, says("m3", "三")], cursor="c1")]
    await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})
    assert [one.text for one in await desk.messages()] == ["一", "三"]
    (parked,) = await desk.parked()
    assert parked["reason"].startswith("reception.sender_unusable")
    assert await cursor(desk) == "c1"
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.receipts.replay(scope, desk.inbox.id, parked["id"])
    await desk.read()
    assert len(await desk.parked()) == 1


@pytest.mark.fault("F-C11")
async def test_a_revoked_token_breaks_the_inbox_and_what_was_missed_comes_after_the_repair(desk, door):
    """F-C11."""
    desk.heron.pulls = [Pulled(items=[says("m1", "一")], cursor="c1"), Pulled(cursor="c1", failed=NeedsReauth("revoked"))]
    for _ in range(2):
        await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})
    assert ((await desk.state()).state, (await desk.state()).reason) == ("broken", "revoked")
    desk.heron.pulls = [Pulled(items=[says("m2", "错过的"), says("m3", "也错过的")], cursor="c3")]
    admin = await door("admin")
    answer = await admin.post(f"/api/v1/inboxes/{desk.inbox.id}/connect")
    assert (answer.json()["state"], answer.json()["connected_title"]) == ("ok", "兰亭 Heron")
    await desk.subscribers()
    await desk.jobs()
    assert [one.text for one in await desk.messages()][:1] == ["一"]
    assert {"错过的", "也错过的"} <= {one.text for one in await desk.messages()}
    assert desk.heron.asked[-1] == ("c1", {})


async def test_a_pull_that_works_again_mends_the_inbox(desk):
    desk.heron.pulls = [Pulled(failed=NeedsReauth("revoked")), Pulled()]
    for _ in range(2):
        await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})
    assert (await desk.state()).state == "ok"
    assert len(await desk.facts("inboxes.mended.v1")) == 1


@pytest.mark.fault("F-C12")
async def test_a_provider_that_asks_to_wait_is_pulled_later(desk):
    desk.heron.pulls = [Pulled(failed=Retry(30.0, "rate_limited"))]
    await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})
    later = await desk.rows(
        "select execute_after > now() + interval '20 seconds' as later from pgqueuer where $1::uuid is not null"
    )
    assert [one["later"] for one in later] == [True]
    assert (await desk.state()).last_error == "rate_limited"


async def test_inboxes_are_looked_at_now_and_then_and_not_when_switched_off(desk):
    second = await desk.another()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.inboxes.change(scope, second.id, InboxChanges(enabled=False))
    await desk.reception.pulling.due({"heron": 60})
    await desk.jobs()
    await desk.reception.pulling.due({"heron": 60})
    await desk.jobs()
    pulled = await desk.rows("select inbox_id, moves from channel_cursors where workspace_id = $1")
    assert pulled == [{"inbox_id": desk.inbox.id, "moves": 1}]


@pytest.mark.parametrize("result", [Rejected("bad key"), NeedsReauth("bad key")])
async def test_credentials_that_do_not_work_are_said_to_the_admin(desk, door, result):
    desk.heron.connects = [result]
    answer = (await (await door("admin")).post(f"/api/v1/inboxes/{desk.inbox.id}/connect")).json()
    assert (answer["state"], answer["reason"], answer["last_error"]) == ("unconnected", "bad key", "bad key")


async def test_a_provider_that_is_away_is_asked_again(desk, door):
    desk.heron.connects = [Retry(3.0, "timeout")]
    answer = await (await door("admin")).post(f"/api/v1/inboxes/{desk.inbox.id}/connect")
    assert (answer.status_code, answer.json()["reason"]) == (503, "timeout")


async def test_what_is_missing_is_named_before_the_provider_is_asked(desk, door):
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.accounts.set_secrets(scope, desk.inbox.id, {"signing": None})
    answer = await (await door("admin")).post(f"/api/v1/inboxes/{desk.inbox.id}/connect")
    assert (answer.status_code, answer.json()["field"]) == (422, "signing")


async def test_disconnecting_forgets_what_was_remembered(desk, door):
    admin = await door("admin")
    await admin.post(f"/api/v1/inboxes/{desk.inbox.id}/connect")
    async with desk.database.scope(desk.workspace.id) as scope:
        account = await desk.house.accounts.account(scope, desk.inbox.id)
    wire = desk.house.accounts.wire(account)
    await wire.remember("webhook", "w1")
    answer = (await admin.post(f"/api/v1/inboxes/{desk.inbox.id}/disconnect")).json()
    assert (answer["state"], desk.heron.connects, await wire.recall("webhook")) == ("unconnected", ["disconnected"], None)


class Listener:
    """One process that listens."""

    def __init__(self, desk, dsn) -> None:
        self.it = Listening(desk.reception._rooms, desk.house.receipts, lambda: open_alone(dsn))

    async def __aenter__(self):
        await self.it.start({"heron": True})
        return self.it

    async def __aexit__(self, *_):
        await self.it.stop()


@pytest.fixture
def quick(monkeypatch):
    from qiao.domains.reception import listening

    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(listening, "FIRST_PAUSE", 0.02)


async def until(condition):
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


def holds(desk, log, name, *, ends=None):
    async def script(account, deliver):
        log.append(name)
        await deliver(RawReceipt("SOCKET", {}, {}, body_of(says(name, name))))
        if ends is not None:
            raise ends
        await asyncio.Event().wait()

    return script


async def test_of_two_processes_one_listens_and_the_other_takes_over(desk, postgres_dsn, quick):
    log = []
    desk.heron.listening = [holds(desk, log, "first"), holds(desk, log, "second")]

    async def heard():
        return len(log)

    async with Listener(desk, postgres_dsn):
        await until(heard)
        async with Listener(desk, postgres_dsn) as other:
            await asyncio.sleep(0.3)
            assert (log, len(other._held)) == (["first"], 0)

    async with Listener(desk, postgres_dsn):
        await until(lambda: asyncio.sleep(0, len(log) == 2))
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["first", "second"]


async def test_a_connection_that_ends_is_made_again_and_said(desk, postgres_dsn, quick):
    log = []
    desk.heron.listening = [
        holds(desk, log, "a", ends=ConnectionResetError()), holds(desk, log, "b", ends=Refused("kicked")), holds(desk, log, "c"),
    ]  # fmt: skip
    async with Listener(desk, postgres_dsn):
        await until(lambda: asyncio.sleep(0, len(log) == 3))
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["a", "b", "c"]
    assert (await desk.state()).last_error == "kicked"


async def test_a_changed_account_is_listened_to_anew_and_a_switched_off_one_no_more(desk, postgres_dsn, quick):
    log = []
    desk.heron.listening = [holds(desk, log, "old"), holds(desk, log, "new")]
    async with Listener(desk, postgres_dsn) as listening:
        await until(lambda: asyncio.sleep(0, len(log) == 1))
        async with desk.database.scope(desk.workspace.id) as scope:
            await desk.house.accounts.set_secrets(scope, desk.inbox.id, {"app": "changed"})
        await until(lambda: asyncio.sleep(0, len(log) == 2))
        async with desk.database.scope(desk.workspace.id) as scope:
            await desk.house.inboxes.change(scope, desk.inbox.id, InboxChanges(enabled=False))
        await until(lambda: asyncio.sleep(0, not listening._held))


async def test_an_inbox_without_its_secrets_is_not_listened_to(desk, postgres_dsn, quick):
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.accounts.set_secrets(scope, desk.inbox.id, {"signing": None})
    async with Listener(desk, postgres_dsn) as listening:
        await asyncio.sleep(0.2)
        assert listening._held == {}


async def test_connecting_says_what_is_still_to_do(desk, door):
    todo = {"zh": "在平台后台打开消息推送", "en": "Switch message push on"}
    desk.heron.connects = [Connected(title="兰亭", todo=todo)]
    answer = (await (await door("admin")).post(f"/api/v1/inboxes/{desk.inbox.id}/connect")).json()
    assert (answer["connected_title"], answer["todo"], answer["state"]) == ("兰亭", todo, "ok")
