"""Public threads: apart from private conversations, never the bot's, with a private answer that knows the comment."""

import asyncio

import pytest

from qiao.domains.conversations.contracts import Author, AuthorKind, NewMessage
from qiao.domains.conversations.errors import WrongStatus
from qiao.kit.ids import new_id
from qiao.ports.channel import Thread
from qiao.ports.testing.heron import Heron, says

pytestmark = pytest.mark.database
POST = Thread(key="post-1", post_id="p1", post_text="新品上架", post_url="https://heron.example/p1")


def comment(provider_id, text, who="lin", **fields):
    return says(provider_id, text, who, thread=POST, name=fields.pop("name", who), **fields)


async def privately(desk, person, talk, seq):
    return await person.post(f"/api/v1/conversations/{talk['id']}/messages/{seq}/answer-privately")


async def test_everybody_who_comments_speaks_in_one_conversation_under_their_own_name(desk):
    await desk.told(comment("c1", "多少钱？"), comment("c2", "同问", "wang"), comment("c3", "已经私信"))
    (talk,) = await desk.talks()
    lin, wang = await desk.contacts()
    messages = await desk.messages()
    assert [(one.text, one.author.id, one.author.name) for one in messages] == [
        ("多少钱？", lin["id"], "lin"), ("同问", wang["id"], "wang"), ("已经私信", lin["id"], "lin"),
    ]  # fmt: skip
    assert (talk["status"], talk["thread"], talk["contact_id"]) == ("waiting", "post-1", lin["id"])
    assert messages[0].content["channel"] == {
        "thread": True,
        "post": {"id": "p1", "text": "新品上架", "url": "https://heron.example/p1"},
    }


async def test_ten_first_comments_at_once_are_one_thread(desk):
    await asyncio.gather(*(desk.told(comment(f"c{number}", "好看", f"person-{number}")) for number in range(10)))
    (talk,) = await desk.talks()
    assert (talk["last_seq"], len(await desk.contacts())) == (10, 10)


async def test_a_thread_and_a_private_talk_of_one_person_stay_apart(desk):
    await desk.told(comment("c1", "多少钱？"), says("m1", "在吗", name="lin"))
    thread, private = await desk.talks()
    assert (thread["thread"], private["thread"], private["status"]) == ("post-1", "", "bot")
    assert thread["contact_id"] == private["contact_id"]
    assert [one.text for one in await desk.messages(private)] == ["在吗"]


async def test_what_is_said_in_public_lets_nobody_write_privately(desk):
    await desk.told(says("m1", "在吗"))
    before = (await desk.route()).opened
    await desk.told(comment("c1", "多少钱？"))
    thread = (await desk.talks())[1]
    assert (await desk.route((await desk.talks())[0])).opened == before
    route = await desk.route(thread)
    assert (route.thread_key, set(route.opened), route.address) == ("post-1", {"message"}, "lin")


async def test_a_thread_goes_on_whenever_somebody_comments(desk):
    await desk.told(comment("c1", "多少钱？"))
    await desk.rows(
        "update conversations set status = 'resolved', resolved_at = now() - interval '90 days' where workspace_id = $1 returning id"
    )
    await desk.told(comment("c2", "还有吗", "wang"))
    (talk,) = await desk.talks()
    assert (talk["status"], talk["last_seq"]) == ("waiting", 2)


async def test_a_thread_is_never_the_bots(desk):
    await desk.told(comment("c1", "邮费多少"), comment("c2", "2"))
    (talk,) = await desk.talks()
    async with desk.database.scope(desk.workspace.id) as scope:
        with pytest.raises(WrongStatus):
            await desk.house.conversations.hand_to_bot(scope, talk["id"], Author(AuthorKind.SYSTEM))
    await desk.subscribers()
    assert await desk.rows("select 1 as one from pgqueuer where entrypoint = 'bot.turn' and $1::uuid is not null") == []


async def test_a_comment_is_answered_privately_in_a_linked_conversation(desk, door):
    await desk.told(comment("c1", "多少钱？"), comment("c2", "同问", "wang"))
    (thread,) = await desk.talks()
    agent = await door("agent")
    private = (await privately(desk, agent, thread, 2)).json()
    wang = (await desk.contacts())[1]
    assert (private["contact"]["id"], private["status"], private["thread"]) == (str(wang["id"]), "waiting", "")
    talk = (await desk.talks())[1]
    route = await desk.route(talk)
    assert (route.address, route.private_reply_to, set(route.opened)) == ("wang", "c2", {"comment"})
    here, there = (await desk.messages(thread))[-1], (await desk.messages(talk))[-1]
    assert here.content == {
        "type": "event", "event": "linked",
        "data": {"conversation_id": private["id"], "number": private["number"], "public": False, "seq": 2},
    }  # fmt: skip
    assert (there.content["event"], there.content["data"]["conversation_id"], there.content["data"]["public"]) == (
        "linked", str(thread["id"]), True,
    )  # fmt: skip


async def test_asking_twice_links_once(desk, door):
    await desk.told(comment("c1", "多少钱？"))
    (thread,) = await desk.talks()
    agent = await door("agent")
    answers = [await privately(desk, agent, thread, 1) for _ in range(3)]
    assert len({one.json()["id"] for one in answers}) == 1
    assert len(await desk.messages(thread)) == 2


async def test_the_comment_is_answered_by_the_first_message_alone(desk, door):
    await desk.told(comment("c1", "多少钱？"))
    (thread,) = await desk.talks()
    await privately(desk, await door("agent"), thread, 1)
    talk = (await desk.talks())[1]
    item = NewMessage(conversation_id=talk["id"], author=Author(AuthorKind.AGENT, new_id(), "周宁"), text="您好", client_id="a1")
    seq = (await desk.house.conversations.post(desk.workspace.id, item)).message.seq
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.reception.note_sent(scope, desk.inbox.id, talk["id"], seq, ["out-1"])
    assert (await desk.route(talk)).private_reply_to is None


async def test_a_customer_who_answers_privately_needs_no_comment_any_more(desk, door):
    await desk.told(comment("c1", "多少钱？"))
    (thread,) = await desk.talks()
    await privately(desk, await door("agent"), thread, 1)
    await desk.told(says("m1", "好的", name="lin"))
    talk = (await desk.talks())[1]
    route = await desk.route(talk)
    assert (route.private_reply_to, set(route.opened)) == (None, {"comment", "message"})


@pytest.mark.parametrize("seq", [1, 2, 99])
async def test_what_is_no_comment_is_not_answered_privately(desk, door, seq):
    await desk.told(says("m1", "在吗"))
    (talk,) = await desk.talks()
    assert (await privately(desk, await door("agent"), talk, seq)).status_code in {404, 409}


async def test_a_channel_without_private_answers_refuses(desk, door, monkeypatch):
    await desk.told(comment("c1", "多少钱？"))
    (thread,) = await desk.talks()
    monkeypatch.setattr(desk.heron, "manifest", Heron(capabilities=frozenset()).manifest)
    answer = await privately(desk, await door("agent"), thread, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "reception.not_public")
