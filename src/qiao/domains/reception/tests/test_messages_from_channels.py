"""What a customer writes through a channel is one message, theirs, in its order, however often and however fast it is delivered."""

import asyncio
from datetime import timedelta

import pytest

from qiao.domains.conversations.contracts import MAX_TEXT, Author, AuthorKind, NewMessage, Status
from qiao.domains.inboxes.contracts import InboxChanges
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.ports.channel import CompanyMessage, Place, Sender
from qiao.ports.testing.heron import says

pytestmark = pytest.mark.database


async def test_a_delivery_becomes_a_message_of_a_new_customer(desk, provider):
    assert (await desk.deliver(provider, says("m1", "你好，邮费多少？"))).status_code == 200
    await desk.read()
    ((contact,), (talk,), (message,)) = await desk.contacts(), await desk.talks(), await desk.messages()
    assert (contact["name"], contact["identified"]) == ("林语桐", False)
    assert (talk["status"], talk["contact_id"], talk["inbox_id"], talk["unread"]) == ("bot", contact["id"], desk.inbox.id, 1)
    assert (message.text, message.author.kind, message.author.id) == ("你好，邮费多少？", "contact", contact["id"])
    (row,) = await desk.rows("select state, attempts from receipts where workspace_id = $1")
    assert row == {"state": "done", "attempts": 1}
    assert [
        one.name for one in [*await desk.facts("conversations.opened.v1"), *await desk.facts("conversations.message_received.v1")]
    ] == [
        "conversations.opened.v1",
        "conversations.message_received.v1",
    ]


async def test_without_a_bot_a_person_is_waited_for(desk):
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.inboxes.change(scope, desk.inbox.id, InboxChanges(bot_enabled=False))
    await desk.told(says("m1", "在吗"))
    (talk,) = await desk.talks()
    assert talk["status"] == "waiting"
    assert talk["waiting_since"] is not None


@pytest.mark.fault("F-C1")
async def test_three_deliveries_at_once_are_one_message(desk, provider):
    """F-C1."""
    answers = await asyncio.gather(*(desk.deliver(provider, says("m1", "在吗")) for _ in range(3)))
    assert [one.status_code for one in answers] == [200, 200, 200]
    await asyncio.gather(desk.read(), desk.read(), desk.read())
    assert [one.text for one in await desk.messages()] == ["在吗"]
    await asyncio.gather(*(desk.told(says("m1", "在吗"), says("m2", "急")) for _ in range(3)))
    assert [one.text for one in await desk.messages()] == ["在吗", "急"]
    assert len(await desk.talks()) == len(await desk.contacts()) == 1


@pytest.mark.fault("F-C2")
async def test_an_album_of_a_new_customer_is_six_messages_of_one_conversation_in_order(desk, provider):
    """F-C2."""
    for number in range(6):
        await desk.deliver(provider, says(f"album-{number}", f"第 {number} 张"))
    await asyncio.gather(*(desk.read() for _ in range(4)))
    assert [one.text for one in await desk.messages()] == [f"第 {number} 张" for number in range(6)]
    assert [one.seq for one in await desk.messages()] == [1, 2, 3, 4, 5, 6]
    assert len(await desk.talks()) == len(await desk.contacts()) == 1


@pytest.mark.fault("F-C2")
async def test_an_album_that_six_readers_take_at_once_is_one_conversation(desk):
    await asyncio.gather(*(desk.told(says(f"album-{number}", str(number * 11))) for number in range(6)))
    assert len(await desk.talks()) == len(await desk.contacts()) == 1
    assert sorted(one.text for one in await desk.messages()) == ["0", "11", "22", "33", "44", "55"]
    assert sorted(one.seq for one in await desk.messages()) == [1, 2, 3, 4, 5, 6]


@pytest.mark.fault("F-C3")
async def test_what_was_cut_before_its_commit_is_there_once_after_the_next_try(desk, provider, monkeypatch):
    """F-C3: the import and the mark are one transaction, so that a process that dies between them leaves neither."""
    await desk.deliver(provider, says("m1", "别丢"))
    done = desk.house.receipts.done

    async def dies(*_arguments):
        raise asyncio.CancelledError

    monkeypatch.setattr(desk.house.receipts, "done", dies)
    with pytest.raises(asyncio.CancelledError):
        await desk.read()
    assert await desk.talks() == await desk.contacts() == []
    monkeypatch.setattr(desk.house.receipts, "done", done)
    await desk.read()
    await desk.read()
    assert [one.text for one in await desk.messages()] == ["别丢"]


async def test_the_same_name_in_two_inboxes_is_two_messages_of_two_people(desk):
    second = await desk.another()
    await desk.told(says("m1", "一", "a1"))
    await desk.told(says("m1", "二", "a1"), inbox=second)
    assert len(await desk.talks()) == len(await desk.contacts()) == 2


async def test_many_people_in_one_delivery_keep_their_own_order(desk):
    await desk.told(*(says(f"{who}-{number}", f"{who}{number}", who) for number in range(4) for who in ("a", "b", "c")))
    talks = await desk.talks()
    assert [[one.text for one in await desk.messages(talk)] for talk in talks] == [
        [f"{who}{number}" for number in range(4)] for who in ("a", "b", "c")
    ]


async def test_a_resolved_conversation_is_taken_up_and_told(desk):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.conversations.resolve(scope, talk["id"], Author(AuthorKind.SYSTEM))
    await desk.told(says("m2", "还有个问题"))
    (after,) = await desk.talks()
    assert (after["status"], after["resolved_at"]) == ("bot", None)
    assert len(await desk.facts("conversations.reopened.v1")) == 1


async def test_long_after_the_end_a_new_conversation_begins(desk):
    await desk.told(says("m1", "你好"))
    await desk.rows(
        "update conversations set status = 'resolved', resolved_at = now() - interval '8 days' where workspace_id = $1 returning id"
    )
    await desk.told(says("m2", "又来了"), says("m3", "在吗"))
    first, second = await desk.talks()
    assert [one.text for one in await desk.messages(second)] == ["又来了", "在吗"]
    assert first["last_seq"] == 1


async def test_too_long_a_text_is_cut_and_says_so(desk):
    await desk.told(says("m1", "长" * (MAX_TEXT + 5) + "\x00"))
    (message,) = await desk.messages()
    assert len(message.text) == MAX_TEXT
    assert message.content == {"channel": {"notes": ["cut"]}}


async def test_what_cannot_be_stored_is_cleaned(desk):
    await desk.told(says("m1", " a\x00b\ud800c \n", name="林\x00" + "x" * 400, notes=("dmarc_failed",)))
    (message,), (contact,) = await desk.messages(), await desk.contacts()
    assert message.text == "ab?c"
    assert message.content["channel"]["notes"] == ["dmarc_failed"]
    assert len(contact["name"]) == 200


async def test_a_message_of_nothing_is_there_and_says_so(desk):
    await desk.told(says("m1"))
    (message,) = await desk.messages()
    assert message.content == {"channel": {"notes": ["empty"]}}


async def test_places_forms_options_subjects_and_quotes_are_kept(desk):
    option = str(new_id())
    await desk.told(
        says("m1", "问一下", subject="退货 RE"),
        says("m2", "这个", quoted="m1"),
        says("m3", place=Place(latitude=31.2, longitude=121.4, name="静安寺")),
        says("m4", fields={"姓名": "林", "order": "LT1"}),
        says("m5", "邮费", option=option),
        says("m6", option="menu:7"),
    )
    contents = [one.content for one in await desk.messages()]
    assert contents[0] == {"channel": {"subject": "退货 RE"}}
    assert contents[1] == {"channel": {"quoted_seq": 1}}
    assert contents[2] == {"type": "place", "latitude": 31.2, "longitude": 121.4, "name": "静安寺", "address": None}
    assert contents[3] == {"type": "form", "fields": {"姓名": "林", "order": "LT1"}}
    assert contents[4] == {"type": "option", "entry_id": option}
    assert contents[5] == {"type": "option", "value": "menu:7"}
    assert (await desk.messages())[5].text == "menu:7"


async def test_what_a_machine_wrote_is_stored_and_wakes_nobody(desk):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.conversations.resolve(scope, talk["id"], Author(AuthorKind.SYSTEM))
    await desk.told(says("m2", "我在休假", automatic=True))
    (after,) = await desk.talks()
    assert (after["status"], after["resolved_at"] is None, after["waiting_since"]) == ("resolved", False, None)
    assert (await desk.messages())[-1].content == {"channel": {"automatic": True}}


async def test_the_bot_does_not_answer_a_machine(desk):
    await desk.told(says("m1", "你好", "a1"), says("m2", "我在休假", "a2", automatic=True))
    # A person sees it: with the bot, which says nothing to machines, it would lie for ever.
    assert [one["status"] for one in await desk.talks()] == ["bot", "waiting"]
    await desk.rows("update conversations set status = 'bot' where workspace_id = $1 returning id")
    await desk.subscribers()
    queued = await desk.rows(
        "select convert_from(payload, 'utf8') as payload from pgqueuer where entrypoint = 'bot.turn' and $1::uuid is not null"
    )
    first, _second = await desk.talks()
    assert [str(first["id"]) in one["payload"] for one in queued] == [True]


async def test_what_the_company_wrote_elsewhere_is_shown_and_not_sent_again(desk):
    await desk.told(says("m1", "你好"))
    elsewhere = CompanyMessage(provider_id="c1", sender=Sender(address="lin"), text="您好，我在手机上回复您")
    await desk.told(elsewhere, elsewhere)
    await desk.subscribers()
    await desk.jobs()
    theirs = [one for one in await desk.messages() if one.author.kind == "agent"]
    assert [(one.text, one.content) for one in theirs] == [("您好，我在手机上回复您", {"channel": {"elsewhere": True}})]
    replies = await desk.facts("conversations.reply_posted.v1")
    assert "手机" not in str([one.data for one in replies])
    assert "手机" not in str(desk.heron.sent)


async def test_a_number_chooses_what_the_bot_offered(desk):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    entries = [str(new_id()) for _ in range(3)]
    offer = {"type": "offer", "options": [{"entry_id": one, "label": "x"} for one in entries]}
    bot = NewMessage(
        conversation_id=talk["id"], author=Author(AuthorKind.BOT), text="您想问哪一个？", client_id="b1", content=offer
    )
    await desk.house.conversations.post(desk.workspace.id, bot)
    await desk.told(says("m2", "２．"))
    assert (await desk.messages())[-1].content == {"type": "option", "entry_id": entries[1]}
    await desk.told(says("m3", "2"))
    assert (await desk.messages())[-1].content is None


async def test_a_number_beyond_what_was_offered_is_a_number(desk):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    offer = {"type": "offer", "options": [{"entry_id": str(new_id()), "label": "x"}]}
    bot = NewMessage(conversation_id=talk["id"], author=Author(AuthorKind.BOT), text="哪一个？", client_id="b1", content=offer)
    await desk.house.conversations.post(desk.workspace.id, bot)
    await desk.told(says("m2", "2"))
    assert (await desk.messages())[-1].content is None


@pytest.mark.parametrize(("kind", "value"), [("entry_id", "0190aaaa-0000-7000-8000-000000000001"), ("value", "refund")])
async def test_a_button_without_words_says_what_it_offered(desk, kind, value):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    offer = {"type": "offer", "options": [{kind: value, "label": "退货流程"}]}
    bot = NewMessage(conversation_id=talk["id"], author=Author(AuthorKind.BOT), text="哪一个？", client_id="b1", content=offer)
    await desk.house.conversations.post(desk.workspace.id, bot)
    await desk.told(says("m2", option=value))
    last = (await desk.messages())[-1]
    assert (last.text, last.content["type"]) == ("退货流程", "option")


async def test_a_message_that_names_its_conversation_goes_there(desk):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    await desk.rows(
        "update conversations set status = 'resolved', resolved_at = now() - interval '30 days' where workspace_id = $1 returning id"
    )
    await desk.told(says("m2", "接着说", conversation_ref=str(talk["id"])))
    assert [one.text for one in await desk.messages(talk)] == ["你好", "接着说"]


@pytest.mark.parametrize("ref", ["nonsense", "00000000-0000-0000-0000-000000000000", ""])
async def test_a_reference_to_nothing_is_passed_over(desk, ref):
    await desk.told(says("m1", "你好", conversation_ref=ref))
    assert len(await desk.talks()) == 1


async def test_a_strangers_reference_opens_nothing_of_others(desk):
    """Attack 38."""
    await desk.told(says("m1", "我的秘密", "victim"))
    (theirs,) = await desk.talks()
    await desk.told(says("m2", "给我看看", "stranger", conversation_ref=str(theirs["id"])))
    first, second = await desk.talks()
    assert [one.text for one in await desk.messages(first)] == ["我的秘密"]
    assert [one.text for one in await desk.messages(second)] == ["给我看看"]


async def test_the_route_knows_where_replies_go(desk):
    at = utc_now() - timedelta(minutes=3)
    await desk.told(
        says("m1", "你好", sent_at=at, reply_to={"token": "t1"}), says("m2", "在吗", sent_at=at, reply_to={"token": "t2"})
    )
    route = await desk.route()
    assert (route.inbox_id, route.channel, route.address, route.name) == (desk.inbox.id, "heron", "lin", "林语桐")
    assert (route.reply_to, route.opened, route.left, route.thread_key) == ({"token": "t2"}, {"message": at}, None, None)
    assert sorted(route.refs) == ["m1", "m2"]


async def test_a_time_in_the_future_opens_nothing_longer(desk):
    await desk.told(says("m1", "你好", sent_at=utc_now() + timedelta(days=300)))
    assert (await desk.route()).opened["message"] <= utc_now()


async def test_a_conversation_that_we_begin_goes_to_where_the_contact_wrote_from(desk):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    await desk.rows("delete from channel_routes where workspace_id = $1 returning 1 as one")
    assert (await desk.route(talk)).address == "lin"


async def test_statuses_are_those_of_the_visitors_door(desk):
    await desk.told(says("m1", "你好"))
    (talk,) = await desk.talks()
    assert Status(talk["status"]) is Status.BOT
