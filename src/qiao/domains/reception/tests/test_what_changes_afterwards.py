"""Edits, recalls, reactions, reports, and what opens and closes the way to a customer."""

from datetime import UTC, datetime, timedelta

import pytest

from qiao.domains.conversations.contracts import Author, AuthorKind, NewMessage
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.ports.channel import (
    AccountBroken,
    Left,
    MessageEdited,
    MessageRecalled,
    Reacted,
    ReadUpTo,
    Reported,
    Sender,
    Typing,
    WindowOpened,
)
from qiao.ports.testing.heron import says

pytestmark = pytest.mark.database
LIN = Sender(address="lin", name="林语桐")


async def replied(desk, *names, text="您好"):
    """A reply that the provider has and calls so."""
    (talk,) = await desk.talks()
    item = NewMessage(
        conversation_id=talk["id"], author=Author(AuthorKind.AGENT, new_id(), "周宁"), text=text, client_id=new_id().hex
    )
    seq = (await desk.house.conversations.post(desk.workspace.id, item)).message.seq
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.reception.note_sent(scope, desk.inbox.id, talk["id"], seq, names)
    return seq


async def reports(desk):
    return [
        (one.fields()["message_seq"], one.fields()["state"], one.fields()["reason"])
        for one in await desk.facts("reception.reply_reported.v1")
    ]


async def test_an_edit_changes_the_message_the_preview_and_what_is_found(desk):
    await desk.told(says("m1", "要三个杯子"))
    await desk.told(MessageEdited(provider_id="m1", text="要四个茶壶"))
    await desk.told(MessageEdited(provider_id="m1", text="要四个茶壶"))
    (message,), (talk,) = await desk.messages(), await desk.talks()
    assert (message.text, message.content) == ("要四个茶壶", {"channel": {"edited": True}})
    assert talk["preview_text"] == "要四个茶壶"
    (fact,) = await desk.facts("conversations.message_changed.v1")
    assert (fact.seq, fact.subject, fact.fields()["text"]) == (1, talk["id"], "要四个茶壶")
    await desk.subscribers()
    async with desk.database.scope(desk.workspace.id) as scope:
        found = {word: len(await desk.house.conversations.search(scope, word)) for word in ("茶壶", "杯子")}
    assert found == {"茶壶": 1, "杯子": 0}


async def test_a_recall_keeps_the_place_and_says_so(desk):
    await desk.told(says("m1", "说错了"), says("m2", "在吗"))
    await desk.told(MessageRecalled(provider_id="m1"))
    first, second = await desk.messages()
    assert (first.content, second.content) == ({"channel": {"recalled": True}}, None)


async def test_reactions_are_counted_and_taken_back(desk):
    await desk.told(says("m1", "你好"))
    await replied(desk, "out-1")
    other = Sender(address="wang")
    await desk.told(*(Reacted(provider_id="out-1", sender=one, emoji="👍") for one in (LIN, other, LIN)))
    assert (await desk.messages())[1].content["channel"]["reactions"] == {"👍": 2}
    await desk.told(Reacted(provider_id="out-1", sender=other, emoji="❤️"))
    assert (await desk.messages())[1].content["channel"]["reactions"] == {"❤️": 1, "👍": 1}
    await desk.told(*(Reacted(provider_id="out-1", sender=one, emoji="") for one in (LIN, other)))
    assert (await desk.messages())[1].content is None


async def test_what_is_told_of_unknown_messages_is_passed_over(desk):
    await desk.told(
        MessageEdited(provider_id="nobody", text="x"),
        MessageRecalled(provider_id="nobody"),
        Reacted(provider_id="nobody", sender=LIN, emoji="👍"),
        Reported(provider_id="nobody", state="exploded"),
        ReadUpTo(sender=LIN, at=utc_now()),
        Typing(sender=LIN),
    )
    assert await desk.talks() == []
    assert await reports(desk) == []


async def test_reports_of_a_reply_are_told_with_its_number(desk):
    await desk.told(says("m1", "你好"))
    seq = await replied(desk, "out-1", "alias-1")
    await desk.told(Reported(provider_id="out-1", state="delivered"), Reported(provider_id="alias-1", state="read"))
    assert await reports(desk) == [(seq, "delivered", None), (seq, "read", None)]
    (talk,) = await desk.talks()
    assert talk["contact_seen_seq"] == seq


async def test_a_report_that_comes_before_we_know_the_name_is_told_when_we_do(desk):
    await desk.told(says("m1", "你好"))
    await desk.told(
        Reported(provider_id="out-9", state="delivered"), Reported(provider_id="out-9", state="failed", reason="blocked")
    )
    assert await reports(desk) == []
    seq = await replied(desk, "out-9")
    assert sorted(await reports(desk)) == [(seq, "delivered", None), (seq, "failed", "blocked")]
    await replied(desk, "out-9")
    assert len(await reports(desk)) == 2


async def test_an_address_that_takes_nothing_any_more_is_left_alone(desk):
    await desk.told(says("m1", "你好"))
    await replied(desk, "out-1")
    await desk.told(Reported(provider_id="out-1", state="failed", reason="no such user", permanent=True))
    assert (await desk.route()).left == "no such user"


async def test_whoever_left_is_not_written_to_until_they_are_back(desk):
    await desk.told(says("m1", "你好"))
    await desk.told(Left(sender=LIN, reason="unfollowed"))
    assert (await desk.route()).left == "unfollowed"
    await desk.told(Left(sender=LIN, reason="unfollowed", back=True))
    assert (await desk.route()).left is None


@pytest.mark.parametrize(
    ("reason", "after"), [("blocked", None), ("unfollowed", None), ("opted_out", "opted_out"), ("complaint", "complaint")]
)
async def test_writing_again_takes_back_a_block_and_no_wish(desk, reason, after):
    await desk.told(says("m1", "你好"), Left(sender=LIN, reason=reason), says("m2", "又来了"))
    assert (await desk.route()).left == after


async def test_what_opens_a_window_is_kept_by_its_kind(desk):
    early, late = utc_now() - timedelta(hours=2), utc_now() - timedelta(hours=1)
    await desk.told(says("m1", "你好", sent_at=early, reply_to={"token": "old"}))
    await desk.told(WindowOpened(provider_id="w1", sender=LIN, by="menu", at=late, reply_to={"token": "new"}))
    await desk.told(WindowOpened(provider_id="w0", sender=LIN, by="menu", at=early))
    route = await desk.route()
    assert (route.opened, route.reply_to) == ({"message": early, "menu": late}, {"token": "new"})


async def test_a_window_that_opens_before_anything_was_said_counts_later(desk):
    await desk.told(WindowOpened(provider_id="w1", sender=LIN, by="followed", at=datetime(2026, 11, 1, tzinfo=UTC)))
    assert await desk.talks() == []
    await desk.told(says("m1", "你好"))
    assert set((await desk.route()).opened) == {"followed", "message"}


async def test_older_messages_that_come_late_open_nothing_anew(desk):
    now = utc_now()
    await desk.told(says("m2", "二", sent_at=now))
    await desk.told(says("m1", "一", sent_at=now - timedelta(days=3)))
    assert (await desk.route()).opened == {"message": now}


async def test_read_marks_move_to_what_was_there_then(desk):
    await desk.told(says("m1", "你好"))
    seq = await replied(desk, "out-1")
    between = utc_now()
    await replied(desk, "out-2")
    await desk.told(ReadUpTo(sender=LIN, at=between))
    (talk,) = await desk.talks()
    assert talk["contact_seen_seq"] == seq


async def test_typing_is_shown_where_the_customer_talks(desk, monkeypatch):
    shown = []
    monkeypatch.setattr(desk.house.bus, "publish", lambda topic, payload, **_: shown.append((topic, payload)))
    await desk.told(says("m1", "你好"))
    await desk.told(Typing(sender=LIN))
    (talk,) = await desk.talks()
    signs = [payload.decode() for topic, payload in shown if topic == "conversations.presence"]
    assert [str(talk["id"]) in one and '"typing"' in one and "林语桐" in one for one in signs] == [True]


async def test_a_broken_account_is_told_once_to_those_who_can_connect_it(desk, door):
    agent, admin = await door("agent"), await door("admin")
    await desk.told(AccountBroken(reason="token revoked"), AccountBroken(reason="token revoked"))
    await desk.subscribers()
    state = await desk.state()
    assert (state.state, state.reason, state.last_error) == ("broken", "token revoked", "token revoked")
    told = [(await one.get("/api/v1/notifications")).json()["items"] for one in (agent, admin)]
    assert [[item["kind"] for item in items] for items in told] == [[], ["channel_broken"]]
    assert told[1][0]["data"] == {
        "name": "苍鹭", "reason": "token revoked", "inbox_id": str(desk.inbox.id), "text": "token revoked",
    }  # fmt: skip
