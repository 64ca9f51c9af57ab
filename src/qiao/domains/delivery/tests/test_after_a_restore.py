"""F-U4: a desk that was restored does nothing again that it may have done since: replies are not sent, the bot does not answer."""

import pytest

from qiao.app.coming_back import come_back
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, Status
from qiao.domains.delivery.restored import set_aside
from qiao.domains.delivery.tests.pigeon_loft import BOT
from qiao.kit.ids import ConversationId
from qiao.platform.log.read import head
from qiao.ports.channel import Retry, Sent

pytestmark = [pytest.mark.database, pytest.mark.fault("F-U4")]


@pytest.fixture
def comes_back(loft, postgres_dsn, monkeypatch):
    """The program's own step after a restore, with the pigeons as its channels."""
    monkeypatch.setattr("qiao.app.house.load_channels", lambda: dict(loft.channels))

    async def comes_back():
        return await come_back(loft.house.settings, loft.database, postgres_dsn)

    return comes_back


async def test_what_was_queued_and_what_no_subscriber_had_seen_is_not_sent_and_its_author_decides(loft, comes_back):
    loft.pigeon.answers = [Retry(3600, "failed")]
    queued = await loft.reply("已经排队")
    await loft.turn()
    unseen = await loft.reply("刚刚提交")
    loft.pigeon.given.clear()
    came = await comes_back()
    assert came.set_aside == 2
    assert {row["seq"]: (row["state"], row["reason"]) for row in await loft.rows()} == {
        queued.seq: ("unknown", "restored"),
        unseen.seq: ("unknown", "restored"),
    }
    await loft.turn()
    assert loft.pigeon.given == []
    assert await loft.told() == [
        (queued.seq, "retrying", "failed"),
        (queued.seq, "unknown", "restored"),
        (unseen.seq, "unknown", "restored"),
    ]

    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.delivery.retry(scope, loft.talk.id, unseen.seq)
    await loft.turn()
    assert loft.pigeon.texts == ["刚刚提交"]
    assert [row["state"] for row in await loft.rows()] == ["unknown", "sent"]


async def test_what_was_sent_stays_sent_and_new_replies_go(loft, comes_back):
    await loft.reply("一")
    await loft.turn()
    assert (await comes_back()).set_aside == 0
    await loft.reply("二")
    await loft.turn()
    assert loft.pigeon.texts == ["一", "二"]
    assert [row["state"] for row in await loft.rows()] == ["sent", "sent"]


async def test_of_a_reply_in_parts_those_that_went_are_not_sent_again(loft, comes_back):
    loft.pigeon.answers = [Sent("p-1"), Retry(3600, "timeout")]
    message = await loft.reply("\n\n".join("长" * 60 for _ in range(3)))
    await loft.turn()
    await comes_back()
    loft.pigeon.given.clear()
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.delivery.retry(scope, loft.talk.id, message.seq)
    await loft.turn()
    assert [one.key for one in loft.pigeon.given] == [f"{message.id}:1", f"{message.id}:2"]


async def test_setting_aside_twice_tells_once(loft):
    await loft.reply("一")
    await loft.runner.drain(loft.workspace.id)
    for expected in (1, 0):
        async with loft.database.scope(loft.workspace.id) as scope:
            assert await set_aside(scope) == expected
    assert len(await loft.told()) == 1


async def test_a_turn_that_another_process_had_is_nobodys(loft, comes_back):
    await loft.reply("一")
    await loft.runner.drain(loft.workspace.id)
    async with loft.database.across() as connection:
        await connection.execute("update delivery_lanes set busy_until = now() + interval '90 s', holder = gen_random_uuid()")
    await comes_back()
    async with loft.database.across() as connection:
        row = await connection.fetchrow(
            "select due_at, busy_until, holder from delivery_lanes where workspace_id = $1", loft.workspace.id
        )
    assert tuple(row) == (None, None, None)


async def with_the_bot(loft) -> ConversationId:
    """A conversation of the bot's in which the customer has just written."""
    async with loft.database.scope(loft.workspace.id) as scope:
        contact = await loft.house.contacts.create(scope, ContactFields(name="新客"))
    new = NewConversation(inbox_id=loft.inbox.id, contact_id=contact.id, status=Status.BOT)
    talk = await loft.house.conversations.find_or_open(loft.workspace.id, new)
    await loft.reply("多久发货？", Author(AuthorKind.CONTACT, contact.id, "新客"), talk)
    return talk.id


async def status_of(loft, talk_id: ConversationId) -> str:
    async with loft.database.scope(loft.workspace.id) as scope:
        return (await loft.house.conversations.get(scope, talk_id)).status


async def test_where_the_bot_was_about_to_answer_a_person_looks(loft, comes_back):
    talk_id = await with_the_bot(loft)
    assert (await comes_back()).handed_over == 1
    assert await status_of(loft, talk_id) == Status.WAITING
    assert (await comes_back()).handed_over == 0


async def test_a_turn_that_had_begun_is_not_taken(loft, comes_back):
    talk_id = await with_the_bot(loft)
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.house.bot.message_received(scope, talk_id, 1)
    async with loft.database.across() as connection:
        await connection.execute(
            "insert into log_cursors select workspace_id, 'bot.answer', position from log_heads where workspace_id = $1",
            loft.workspace.id,
        )
    assert (await comes_back()).handed_over == 1
    async with loft.database.across() as connection:
        assert await connection.fetchval("select count(*) from pgqueuer where entrypoint = 'bot.turn'") == 0


async def test_what_the_bot_had_answered_stays_with_it(loft, comes_back):
    talk_id = await with_the_bot(loft)
    await loft.reply("48 小时内发货。", BOT, await loft_talk(loft, talk_id))
    async with loft.database.across() as connection:
        await connection.execute(
            "insert into log_cursors select workspace_id, 'bot.answer', position from log_heads where workspace_id = $1",
            loft.workspace.id,
        )
    assert (await comes_back()).handed_over == 0
    assert await status_of(loft, talk_id) == Status.BOT


async def loft_talk(loft, talk_id: ConversationId):
    async with loft.database.scope(loft.workspace.id) as scope:
        return await loft.house.conversations.get(scope, talk_id)


async def test_every_log_has_another_epoch_so_that_clients_reload(loft, comes_back):
    async with loft.database.across() as connection:
        before, _ = await head(connection, loft.workspace.id)
        came = await comes_back()
        after, position = await head(connection, loft.workspace.id)
    assert before != after
    assert len(after) == len(before)
    assert came.positions[loft.workspace.id.hex] <= position
    assert came.workspaces == len(came.positions)
