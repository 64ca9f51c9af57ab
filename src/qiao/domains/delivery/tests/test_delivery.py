"""Replies get to their channel once, are tried again as the channel asks, and tell what became of them."""

import asyncio
import io

import pytest
from PIL import Image

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Attachment, Author, AuthorKind, MessageKind
from qiao.domains.delivery.sending import MAX_ATTEMPTS
from qiao.domains.delivery.tests.pigeon_loft import AGENT, BOT, Pigeon
from qiao.ports.channel import Capability, MediaLimit, NeedsReauth, Rejected, Retry, Sent

pytestmark = pytest.mark.database


async def test_a_reply_reaches_its_channel_with_everything_it_needs(loft, workspace):
    loft.ground.routes[loft.talk.id].refs = ["m-1", "m-2"]
    message = await loft.reply("您好，已发货")
    await loft.turn()
    (given,), (account,) = loft.pigeon.given, loft.pigeon.accounts
    assert (given.text, given.key, given.to, given.to_name) == ("您好，已发货", f"{message.id}:0", loft.route.address, "林语桐")
    assert (given.conversation_id, given.number, given.by_person, given.references) == (loft.talk.id, 1, True, ["m-1", "m-2"])
    assert given.last_from_customer_at == loft.route.opened["message"]
    assert (account.workspace_id, account.inbox_id, account.settings["loft"]) == (workspace.id, loft.inbox.id, "north")
    (row,) = await loft.rows()
    assert (row["state"], row["attempts"], row["seq"], row["parts"], row["sent"]) == ("sent", 1, message.seq, 1, 1)
    assert await loft.told() == [(message.seq, "sent", None)]
    assert loft.ground.noted == [(loft.talk.id, message.seq, ["p-1"])]
    async with loft.database.scope(workspace.id) as scope:
        assert (await loft.accounts.states(scope, loft.inbox.id))[0].last_out_at is not None


async def test_files_go_with_it(lofts):
    loft = await lofts(
        capabilities=frozenset({Capability.TEXT, Capability.IMAGE}), media=(MediaLimit(kind="image", max_bytes=9_000),)
    )
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    async with loft.database.scope(loft.workspace.id) as scope:
        stored = await loft.house.files.store(scope, "茶.png", out.getvalue(), owner=AGENT.id)
    picture = Attachment(**{name: getattr(stored, name) for name in Attachment.__struct_fields__})
    await loft.reply("", attachments=(picture,))
    await loft.turn()
    (file,) = loft.pigeon.given[0].files
    assert (file.kind, file.name, file.content_type) == ("image", "茶.png", "image/png")
    assert file.url == f"{loft.house.settings.origin}{stored.url}"
    wire = loft.accounts.wire(loft.pigeon.accounts[0])
    assert (await wire.read_file(file)).startswith(b"\x89PNG")


async def test_notes_events_and_the_customers_own_words_stay(loft):
    await loft.reply("内部", kind=MessageKind.NOTE)
    await loft.reply("我来了", author=Author(AuthorKind.CONTACT, loft.talk.contact.id))
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.house.conversations.resolve(scope, loft.talk.id, AGENT)
    await loft.turn()
    assert (loft.pigeon.given, await loft.rows()) == ([], [])


async def test_the_bots_answers_go_out_too(loft):
    await loft.reply("**七天内**可退货", author=BOT)
    await loft.turn()
    assert [(one.text, one.by_person) for one in loft.pigeon.given] == [("七天内可退货", False)]


async def test_a_channel_that_asks_for_patience_is_asked_again_with_the_same_key(loft):
    loft.pigeon.answers = [Retry(30, "storm"), Retry(60, "hail")]
    message = await loft.reply()
    for _ in range(3):
        await loft.turn()
    assert [(one.key, one.number) for one in loft.pigeon.given] == [(f"{message.id}:0", 1)] * 3
    (row,) = await loft.rows()
    assert (row["state"], row["attempts"], row["reason"]) == ("sent", 3, None)
    assert [(state, reason) for _, state, reason in await loft.told()] == [
        ("retrying", "storm"),
        ("retrying", "hail"),
        ("sent", None),
    ]


async def test_it_waits_as_long_as_the_channel_says(loft):
    loft.pigeon.answers = [Retry(600, "storm")]
    await loft.reply()
    await loft.turn()
    await loft.delivery.drain(loft.workspace.id)
    assert len(loft.pigeon.given) == 1
    assert 500 < await loft.waits() <= 600


async def test_waits_grow_when_the_channel_says_nothing_of_time(loft):
    loft.pigeon.answers = [Retry(0, "broken")] * 4
    await loft.reply()
    waits = []
    for _ in range(4):
        await loft.turn()
        waits.append(round(await loft.waits()))
    assert waits == sorted(waits)
    assert waits[0] <= 1
    assert waits[-1] > 30


async def test_patience_ends_and_says_so(loft):
    loft.pigeon.answers = [Retry(1, "storm")] * 50
    await loft.reply()
    for _ in range(MAX_ATTEMPTS + 3):
        await loft.turn()
    (row,) = await loft.rows()
    assert (row["state"], row["attempts"], row["reason"]) == ("rejected", MAX_ATTEMPTS, "storm")
    assert len(loft.pigeon.given) == MAX_ATTEMPTS
    assert (await loft.told())[-1][1:] == ("rejected", "storm")


@pytest.mark.parametrize(
    ("answer", "state"), [(Rejected("no such roof"), "rejected"), (NeedsReauth("ring expired"), "needs_reauth")]
)
async def test_a_no_is_visible_and_nothing_is_tried_of_itself(loft, answer, state):
    loft.pigeon.answers = [answer]
    message = await loft.reply()
    for _ in range(3):
        await loft.turn()
    assert len(loft.pigeon.given) == 1
    (row,) = await loft.rows()
    assert (row["state"], row["reason"]) == (state, answer.reason)
    assert await loft.told() == [(message.seq, state, answer.reason)]


async def test_one_that_fails_does_not_hold_up_the_next(loft):
    loft.pigeon.answers = [Rejected("no such roof")]
    await loft.reply("一")
    await loft.reply("二")
    await loft.turn()
    assert [one["state"] for one in await loft.rows()] == ["rejected", "sent"]


async def test_an_adapter_that_raises_is_tried_again_and_stops_nobody(loft):
    async def broken(message, account, wire):
        raise ZeroDivisionError

    good, loft.pigeon.send = loft.pigeon.send, broken
    await loft.reply("一")
    await loft.turn()
    assert [(one["state"], one["reason"]) for one in await loft.rows()] == [("retrying", "failed")]
    loft.pigeon.send = good
    await loft.turn()
    assert [one["state"] for one in await loft.rows()] == ["sent"]


async def test_a_reply_nobody_can_make_sense_of_is_in_the_way_of_its_own_conversation_and_not_for_ever(loft):
    other = await loft.customer()
    await loft.reply("一", content={"type": "place", "latitude": "north", "longitude": None})
    await loft.reply("二")
    await loft.reply("三", talk=other)
    await loft.turn()
    assert loft.pigeon.texts == ["三"]
    for _ in range(MAX_ATTEMPTS):
        await loft.turn()
    assert [(one.state, one.reason) for one in await loft.states()] == [("rejected", "failed"), ("sent", None)]


async def test_what_is_sent_is_not_sent_again(loft):
    await loft.reply()
    for _ in range(3):
        await loft.turn()
    assert len(loft.pigeon.given) == 1
    assert len(await loft.told()) == 1


async def test_a_fact_that_is_read_again_queues_nothing_new(loft, database):
    await loft.reply()
    await loft.turn()
    async with database.across() as connection:
        await connection.execute("delete from log_cursors where workspace_id = $1", loft.workspace.id)
    await loft.turn()
    assert len(loft.pigeon.given) == 1


async def test_where_customers_read_the_log_nothing_is_sent(lofts):
    loft = await lofts(capabilities=frozenset({Capability.TEXT, Capability.LIVE}))
    await loft.reply()
    await loft.turn()
    assert (loft.pigeon.given, await loft.rows(), await loft.told()) == ([], [], [])
    assert (await loft.window()).open


async def test_whoever_cannot_be_addressed_is_not_written_to(loft):
    loft.ground.routes.clear()
    await loft.reply()
    await loft.turn()
    assert loft.pigeon.given == []
    assert [(one.state, one.reason) for one in await loft.states()] == [("rejected", "unknown_address")]


async def test_two_that_send_at_once_send_each_reply_once_and_in_order(loft):
    other = loft.another()
    seen = []

    async def slow(message, account, wire):
        seen.append(message.text)
        await asyncio.sleep(0.01)
        return Sent(message.key)

    loft.pigeon.send = slow
    for number in range(8):
        await loft.reply(str(number))
    await loft.runner.drain(loft.workspace.id)
    for _ in range(3):
        await asyncio.gather(*(one.drain(loft.workspace.id) for one in (loft.delivery, other)))
    assert seen == [str(number) for number in range(8)]


async def test_a_quotation_names_the_message_at_the_provider(loft):
    loft.ground.known[loft.talk.id, 7] = "m-7"
    await loft.reply("好的" * 80, content={"type": "text", "channel": {"quoted_seq": 7, "subject": "Re: 茶壶"}})
    await loft.turn()
    assert [(one.quoted, one.subject) for one in loft.pigeon.given] == [("m-7", "Re: 茶壶"), (None, "Re: 茶壶")]


async def test_the_same_contact_of_another_inbox_has_its_own_numbers(lofts):
    loft = await lofts(Pigeon())
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.house.contacts.create(scope, ContactFields(name="x"))
    for _ in range(3):
        await loft.reply()
    await loft.turn()
    assert [one.number for one in loft.pigeon.given] == [1, 2, 3]


async def test_what_the_company_wrote_at_the_provider_is_not_sent_again(loft):
    await loft.reply("从手机上回的", content={"channel": {"elsewhere": True}})
    await loft.reply("从这里回的", content={"channel": {"quoted_seq": None}})
    await loft.turn()
    assert loft.pigeon.texts == ["从这里回的"]


async def test_a_private_answer_names_the_comment_and_keeps_the_subject(loft):
    loft.route.private_reply_to, loft.route.subject, loft.route.thread_key = "c-9", "茶壶", "post-1"
    await loft.reply()
    await loft.turn()
    (given,) = loft.pigeon.given
    assert (given.private_reply_to, given.subject, given.thread_key) == ("c-9", "茶壶", "post-1")
