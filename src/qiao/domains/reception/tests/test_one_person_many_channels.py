"""One person on many channels: conversations follow a join and go back when it is undone."""

import pytest

from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.ports.channel import Proof
from qiao.ports.testing.heron import says

pytestmark = pytest.mark.database
PROOF = Proof("email", "lin@example.com")


async def agent_joins(desk, door, keep, other, act="join"):
    body = {"other_id": str(other["id"]), **({"proof": "verified_phone"} if act == "join" else {})}
    answer = await (await door("agent")).post(f"/api/v1/contacts/{keep['id']}/{act}", json=body)
    assert answer.status_code == 200
    await desk.subscribers()


async def owners(desk):
    return [one["contact_id"] for one in await desk.talks()]


async def test_a_proof_brings_the_conversations_together_at_once(desk):
    second = await desk.another()
    await desk.told(says("m1", "微信上", "wx", proofs=(PROOF,)))
    await desk.told(says("m2", "短信上", "sms"), inbox=second)
    first, other = await desk.contacts()
    await desk.told(says("m3", "还是我", "sms", proofs=(PROOF,)), inbox=second)
    assert [one["id"] for one in await desk.contacts()] == [first["id"]]
    assert await owners(desk) == [first["id"], first["id"]]
    assert other["id"] not in await owners(desk)
    assert [one.text for one in await desk.messages((await desk.talks())[1])] == ["短信上", "还是我"]


async def test_both_with_a_conversation_in_one_inbox_go_on_in_the_one_they_are_in(desk):
    await desk.told(says("m1", "旧", "a1", proofs=(PROOF,)), says("m2", "新", "a2"))
    await desk.told(says("m3", "接着", "a2", proofs=(PROOF,)))
    old, new = await desk.talks()
    assert (old["status"], new["status"]) == ("resolved", "bot")
    assert [one.text for one in await desk.messages(new)][-1] == "接着"


async def test_a_join_is_undone_with_everything_that_was_moved(desk, door):
    second = await desk.another()
    await desk.told(says("m1", "我的", "a1"))
    await desk.told(says("m2", "别人的", "b1", name="王"), inbox=second)
    mine, theirs = await desk.contacts()
    await agent_joins(desk, door, mine, theirs)
    assert await owners(desk) == [mine["id"], mine["id"]]
    assert (await desk.route((await desk.talks())[1])).address == "b1"
    await agent_joins(desk, door, mine, theirs, "unjoin")
    assert await owners(desk) == [mine["id"], theirs["id"]]
    await desk.told(says("m3", "又是我", "b1"), inbox=second)
    assert await owners(desk) == [mine["id"], theirs["id"]]
    assert len(await desk.facts("conversations.moved.v1")) == 2
    assert await desk.rows("select 1 as one from conversation_moves where workspace_id = $1") == []


async def test_what_was_begun_after_the_join_stays_and_what_comes_back_gives_way(desk, door):
    await desk.told(says("m1", "我的", "a1"), says("m2", "别人的", "b1", name="王"))
    mine, theirs = await desk.contacts()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.conversations.resolve(scope, (await desk.talks())[0]["id"], Author(AuthorKind.SYSTEM))
    await agent_joins(desk, door, mine, theirs)
    await desk.told(says("m3", "接着", "a1"))
    await agent_joins(desk, door, mine, theirs, "unjoin")
    await desk.told(says("m4", "我回来了", "b1"), says("m5", "我也是", "a1"))
    unresolved = await desk.rows(
        "select contact_id from conversations where workspace_id = $1 and status <> 'resolved' order by number"
    )
    assert {one["contact_id"] for one in unresolved} == {mine["id"], theirs["id"]}


async def test_a_join_and_its_undoing_may_be_told_twice(desk, door):
    second = await desk.another()
    await desk.told(says("m1", "我的", "a1"))
    await desk.told(says("m2", "别人的", "b1"), inbox=second)
    mine, theirs = await desk.contacts()
    await agent_joins(desk, door, mine, theirs)
    await agent_joins(desk, door, mine, theirs, "unjoin")
    await desk.rows(
        "delete from log_cursors where workspace_id = $1 and subscriber = 'conversations.contacts' returning 1 as one"
    )
    await desk.subscribers()
    assert await owners(desk) == [mine["id"], theirs["id"]]


async def test_a_reply_carries_nothing_of_the_other_conversations_of_whoever_was_joined(desk, door):
    """Attack 50: its way, its subject and the names it answers are those of its own conversation, before, during and after a join."""
    second = await desk.another()
    await desk.told(says("m1", "我的", "a1", subject="壶", reply_to={"token": "mine"}))
    await desk.told(says("m2", "别人的", "b1", name="王", subject="账单", reply_to={"token": "theirs"}), inbox=second)
    mine, theirs = await desk.contacts()

    async def ways():
        routes = [await desk.route(talk) for talk in await desk.talks()]
        return [(one.address, one.subject, dict(one.reply_to), one.refs) for one in routes]

    before = await ways()
    assert before == [("a1", "壶", {"token": "mine"}, ["m1"]), ("b1", "账单", {"token": "theirs"}, ["m2"])]
    await agent_joins(desk, door, mine, theirs)
    assert await ways() == before
    await agent_joins(desk, door, mine, theirs, "unjoin")
    assert await ways() == before
