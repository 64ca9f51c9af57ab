"""Two processes, things that come late, and our own stores that are away: what was acknowledged is neither lost nor put aside for it."""

import asyncio
from datetime import timedelta

import obstore
import pytest

from qiao.domains.reception.tests.test_lanes import kept, until
from qiao.kit.clock import utc_now
from qiao.platform.blobs.files import FileStoreAway
from qiao.ports.channel import (
    FetchedMedia,
    InboundMessage,
    Left,
    Media,
    MessageEdited,
    NeedsReauth,
    Pulled,
    Reported,
    Retry,
    Sender,
    WindowOpened,
)
from qiao.ports.testing.heron import body_of, says

pytestmark = pytest.mark.database

LIN = Sender(address="lin", name="林语桐")


def early(**spans):
    return utc_now() - timedelta(**spans)


async def texts(desk):
    return [one.text for one in await desk.messages()]


async def test_what_another_process_could_read_puts_nothing_else_aside(desk, monkeypatch):
    """One process stumbles over the first receipt; before it puts it aside, the other has read it."""
    await kept(desk, body_of(says("m1", "一")), body_of(says("m2", "二")))
    lanes, take, own = desk.reception.lanes, desk.reception.receive_in, []

    async def stumbles(scope, place, items):
        own.append(1)
        raise RuntimeError("only here")

    park = type(lanes)._park

    async def late(self, *arguments):
        monkeypatch.setattr(lanes, "_take", take)
        await lanes._batch((desk.workspace.id, desk.inbox.id), 1)
        await park(self, *arguments)

    monkeypatch.setattr(lanes, "_take", stumbles)
    monkeypatch.setattr(type(lanes), "_park", late)
    await desk.read()
    assert (await texts(desk), await desk.parked()) == (["一", "二"], [])


async def test_a_report_that_comes_while_the_reply_is_noted_is_told(desk):
    """The provider's answer to a send and its report of it arrive in the same moment, in two transactions."""
    await desk.told(says("m1", "在吗"))
    (talk,) = await desk.talks()
    place = (desk.inbox.id, talk["id"], 1)
    noting = desk.database.scope(desk.workspace.id)
    scope = await noting.__aenter__()
    await desk.reception.note_sent(scope, *place, ["out-1"])
    report = asyncio.create_task(desk.told(Reported(provider_id="out-1", state="failed", reason="blocked")))
    await asyncio.sleep(0.05)
    await noting.__aexit__(None, None, None)
    await report
    assert [one.fields()["state"] for one in await desk.facts("reception.reply_reported.v1")] == ["failed"]


async def test_a_report_that_is_stored_while_the_reply_is_noted_is_told(desk):
    """The same, and the report was first."""
    await desk.told(says("m1", "在吗"))
    (talk,) = await desk.talks()
    telling = desk.database.scope(desk.workspace.id)
    scope = await telling.__aenter__()
    inbox = await desk.house.inboxes.get(scope, desk.inbox.id)
    from qiao.domains.reception.receiving import Place

    await desk.reception.receive_in(scope, Place(inbox, desk.heron.manifest), [Reported(provider_id="out-1", state="delivered")])

    async def note():
        async with desk.database.scope(desk.workspace.id) as other:
            await desk.reception.note_sent(other, desk.inbox.id, talk["id"], 1, ["out-1", "out-2"])

    noting = asyncio.create_task(note())
    await asyncio.sleep(0.05)
    await telling.__aexit__(None, None, None)
    await noting
    assert [one.fields()["provider_id"] for one in await desk.facts("reception.reply_reported.v1")] == ["out-1"]


async def test_a_message_that_was_put_aside_changes_nothing_that_came_after_it(desk):
    """Its words are read late; where a reply goes, and whether one may write, is what the newest told."""
    newest = early(minutes=1)
    await desk.told(InboundMessage(provider_id="m2", sender=LIN, text="二", reply_to={"token": "new"}, sent_at=newest))
    late = InboundMessage(provider_id="m1", sender=LIN, text="一", reply_to={"token": "old"}, sent_at=early(hours=3))
    await desk.told(late)
    route = await desk.route()
    assert (route.reply_to, route.opened["message"]) == ({"token": "new"}, newest)
    assert await texts(desk) == ["二", "一"]


async def test_both_in_one_delivery_leave_what_the_newest_told(desk):
    newest = early(minutes=1)
    await desk.told(
        InboundMessage(provider_id="m2", sender=LIN, text="二", reply_to={"token": "new"}, sent_at=newest),
        InboundMessage(provider_id="m1", sender=LIN, text="一", reply_to={"token": "old"}, sent_at=early(hours=3)),
    )
    route = await desk.route()
    assert (route.reply_to, route.opened["message"]) == ({"token": "new"}, newest)


async def test_an_event_of_before_does_not_take_the_way_of_the_newest_message(desk):
    await desk.told(InboundMessage(provider_id="m1", sender=LIN, text="一", reply_to={"token": "new"}, sent_at=early(minutes=1)))
    await desk.told(WindowOpened(provider_id="e1", sender=LIN, by="follow", reply_to={"token": "old"}, at=early(hours=1)))
    assert (await desk.route()).reply_to == {"token": "new"}
    await desk.told(WindowOpened(provider_id="e2", sender=LIN, by="menu", reply_to={"token": "newest"}, at=utc_now()))
    assert (await desk.route()).reply_to == {"token": "newest"}


async def test_who_left_is_not_brought_back_by_what_they_had_written_before(desk):
    await desk.told(InboundMessage(provider_id="m1", sender=LIN, text="一", sent_at=early(hours=2)))
    await desk.told(Left(sender=LIN, reason="unfollowed"))
    await desk.told(InboundMessage(provider_id="m0", sender=LIN, text="更早的", sent_at=early(hours=3)))
    assert (await desk.route()).left == "unfollowed"
    await desk.told(InboundMessage(provider_id="m2", sender=LIN, text="我回来了", sent_at=utc_now()))
    assert (await desk.route()).left is None


async def test_an_older_edit_that_comes_late_does_not_undo_the_newer_one(desk):
    await desk.told(says("m1", "一"))
    await desk.told(MessageEdited(provider_id="m1", text="一改", at=early(minutes=3)))
    await desk.told(MessageEdited(provider_id="m1", text="一再改", at=early(minutes=2)))
    await desk.told(MessageEdited(provider_id="m1", text="一改", at=early(minutes=3)))
    assert await texts(desk) == ["一再改"]
    await desk.told(MessageEdited(provider_id="m1", text="没有时间"))
    assert await texts(desk) == ["没有时间"]


@pytest.fixture
def away(desk, monkeypatch):
    """The store of files is away until it is told to be there."""
    put, gone = obstore.put_async, [True]

    async def away(*arguments):
        if gone:
            raise OSError("no route to the store")
        return await put(*arguments)

    monkeypatch.setattr("qiao.platform.blobs.files.obstore.put_async", away)
    return gone


async def test_files_that_came_along_wait_until_they_can_be_kept(desk, away, monkeypatch):
    """Nothing is lost, put aside or shown without its file because our own store is away."""
    monkeypatch.setattr("qiao.domains.reception.lanes.SWEEP_SECONDS", 0.05)
    note = Media(kind="file", data=b"tea", name="note.txt")
    await kept(desk, body_of(says("m1", "一", media=(note,))), body_of(says("m2", "二")))
    await desk.reception.lanes.start()

    async def tried():
        return bool((await desk.state()).last_error)

    await until(tried)
    assert (await desk.talks(), await desk.parked()) == ([], [])
    away.clear()

    async def both():
        return len(await desk.talks()) and len(await desk.messages()) == 2

    await until(both)
    assert await texts(desk) == ["一", "二"]
    (first, _) = await desk.messages()
    assert [one.name for one in first.attachments] == ["note.txt"]


async def test_a_file_that_was_fetched_and_could_not_be_kept_is_fetched_again(desk, away):
    desk.heron.media["f1"] = [FetchedMedia(data=b"tea"), FetchedMedia(data=b"tea")]
    await desk.told(says("m1", media=(Media(kind="file", ref={"id": "f1"}, name="note.txt"),)))
    await desk.jobs()
    (message,) = await desk.messages()
    assert message.content == {"fetching": [{"kind": "file", "name": "note.txt"}]}
    away.clear()
    await desk.jobs()
    (message,) = await desk.messages()
    assert [one.name for one in message.attachments] == ["note.txt"]
    assert FileStoreAway.status == 503


async def test_files_wait_for_the_repair_of_a_broken_inbox_however_long_it_takes(desk, door):
    """F-C11: a token that is revoked overnight loses no picture."""
    desk.heron.media["f1"] = [NeedsReauth("revoked")] * 40 + [FetchedMedia(data=b"tea")]
    await desk.told(says("m1", media=(Media(kind="file", ref={"id": "f1"}, name="note.txt"),)))
    for _ in range(3):
        await desk.jobs()
    del desk.heron.media["f1"][:-1]
    assert (await desk.state()).state == "broken"
    (row,) = await desk.rows("select state, attempts from channel_media where workspace_id = $1")
    assert row == {"state": "fetching", "attempts": 0}
    await (await door("admin")).post(f"/api/v1/inboxes/{desk.inbox.id}/connect")
    await desk.subscribers()
    await desk.house.jobs.drain()
    message = (await desk.messages())[0]
    assert [one.name for one in message.attachments] == ["note.txt"]


async def pull(desk):
    await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})


async def waiting_pulls(desk):
    return len(await desk.rows("select 1 as one from pgqueuer where entrypoint = 'reception.pull' and $1::uuid is not null"))


async def test_a_provider_that_is_away_for_long_is_not_asked_more_and_more_often(desk, monkeypatch):
    """Every look that fails has one more look later: those do not add up."""
    desk.heron.pulls = [Pulled(failed=Retry(30.0, "busy"))] * 50
    for _ in range(10):
        await pull(desk)
    assert 1 <= await waiting_pulls(desk) <= 2
    monkeypatch.setattr("qiao.domains.reception.pulling.utc_now", lambda: utc_now() + timedelta(seconds=95))
    await desk.jobs()
    assert await waiting_pulls(desk) == 1
    desk.heron.pulls = [Pulled(items=[says("m1", "终于")], cursor="c1")]
    await desk.jobs()
    assert await texts(desk) == ["终于"]
    assert await waiting_pulls(desk) == 0


async def test_a_repair_while_a_pull_is_under_way_has_its_own_pull(desk, door, monkeypatch):
    """What began with the old token may end with nothing: the repair is followed by a look of its own. F-C11."""
    desk.heron.pulls = [Pulled(items=[says("m1", "错过的")], cursor="c1")]
    begun, go_on, good = asyncio.Event(), asyncio.Event(), desk.heron.pull

    async def with_the_old_token(cursor, hint, account, wire):
        monkeypatch.setattr(desk.heron, "pull", good)
        begun.set()
        await go_on.wait()
        return Pulled(failed=NeedsReauth("revoked"))

    monkeypatch.setattr(desk.heron, "pull", with_the_old_token)
    await desk.reception.pulling.enqueue(desk.workspace.id, desk.inbox.id)
    running = asyncio.create_task(desk.house.jobs.drain())
    await begun.wait()
    await (await door("admin")).post(f"/api/v1/inboxes/{desk.inbox.id}/connect")
    await desk.subscribers()
    go_on.set()
    await running
    await desk.jobs()
    assert (await texts(desk))[0] == "错过的"


async def test_more_than_one_go_takes_is_taken_by_the_next(desk, monkeypatch):
    monkeypatch.setattr("qiao.domains.reception.pulling.MAX_ROUNDS", 2)
    desk.heron.pulls = [Pulled(items=[says(f"m{n}", str(n))], cursor=f"c{n}", more=n < 6) for n in range(7)]
    await desk.reception.pulling.enqueue(desk.workspace.id, desk.inbox.id)
    await desk.jobs()
    assert await texts(desk) == [str(n) for n in range(7)]


@pytest.mark.fault("F-C11")
async def test_an_inbox_that_may_read_and_not_write_is_said_to_be_broken_once(desk, door):
    """A look that works mends what a look had broken, and nothing else: admins would be told again every few minutes."""
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.accounts.broke(scope, desk.inbox.id, "may not write", by="out")
    for _ in range(3):
        await pull(desk)
        async with desk.database.scope(desk.workspace.id) as scope:
            await desk.house.accounts.broke(scope, desk.inbox.id, "may not write", by="out")
    assert len(await desk.facts("inboxes.broken.v1")) == 1
    assert (await desk.facts("inboxes.mended.v1"), (await desk.state()).state) == ([], "broken")
    await (await door("admin")).post(f"/api/v1/inboxes/{desk.inbox.id}/connect")
    assert ((await desk.state()).state, len(await desk.facts("inboxes.mended.v1"))) == ("ok", 1)


async def test_an_inbox_that_a_look_found_broken_is_mended_by_a_look(desk):
    desk.heron.pulls = [Pulled(failed=NeedsReauth("revoked")), Pulled(cursor="c1")]
    for _ in range(2):
        await pull(desk)
    assert ((await desk.state()).state, len(await desk.facts("inboxes.mended.v1"))) == ("ok", 1)
