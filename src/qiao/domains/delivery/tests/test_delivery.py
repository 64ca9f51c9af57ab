"""Replies get to their channel once, are tried again as the channel asks, and tell what became of them."""

import asyncio
import io
from uuid import uuid4

import pytest
from PIL import Image

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Attachment, Author, AuthorKind, MessageKind, NewConversation, NewMessage, Status
from qiao.domains.delivery.api import JOB, MAX_ATTEMPTS, Delivery
from qiao.domains.delivery.subscribers import subscribers
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.ids import new_id
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.read import read_after
from qiao.platform.log.subscribers import SubscriberRunner
from qiao.ports.channel import Capability, Manifest, NeedsReauth, Rejected, Retry, Sent, SettingField

pytestmark = pytest.mark.database

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")
TITLE = {"zh": "信鸽", "en": "Pigeon"}


class Pigeon:
    """A channel that answers as it is told to, and remembers what it was given."""

    def __init__(self, *capabilities: Capability) -> None:
        field = SettingField(key="loft", type="text", label=TITLE, default="north")
        self.manifest = Manifest(
            name="pigeon", tier="bronze", title=TITLE, capabilities=frozenset(capabilities), max_text=100, settings=(field,)
        )
        self.given = []
        self.answers = []

    def verify(self, receipt, settings):
        raise AssertionError

    def parse(self, receipt):
        raise AssertionError

    async def send(self, message):
        self.given.append(message)
        return self.answers.pop(0) if self.answers else Sent(f"p-{len(self.given)}")


class Loft:
    """A company whose customers are reached by pigeon."""

    def __init__(self, house, workspace, pigeon) -> None:
        self.house, self.workspace, self.database, self.pigeon = house, workspace, house.database, pigeon
        inboxes = Inboxes(house.database, {"pigeon": pigeon.manifest})
        self.jobs = Jobs(house.database)
        self.delivery = Delivery(house.database, inboxes, house.conversations, self.jobs, {"pigeon": pigeon})
        self.runner = SubscriberRunner(house.database, subscribers(self.delivery))
        self.inboxes = inboxes

    async def begin(self) -> None:
        async with self.database.across() as connection:
            await connection.execute("delete from pgqueuer where entrypoint = $1", JOB)
        async with self.database.scope(self.workspace.id) as scope:
            inbox = await self.inboxes.create(scope, NewInbox(channel="pigeon", name="信鸽"))
            contact = await self.house.contacts.create(scope, ContactFields(name="林语桐", email="lin@example.com"))
        new = NewConversation(inbox_id=inbox.id, contact_id=contact.id, status=Status.OPEN)
        self.inbox, self.contact = inbox, contact
        self.talk = await self.house.conversations.find_or_open(self.workspace.id, new)

    async def reply(self, text="您好", author=AGENT, **options):
        item = NewMessage(conversation_id=self.talk.id, author=author, text=text, client_id=new_id().hex, **options)
        return (await self.house.conversations.post(self.workspace.id, item)).message

    async def turn(self) -> None:
        """Everything that is due: facts, then jobs, those put off included."""
        await self.runner.drain(self.workspace.id)
        async with self.database.across() as connection:
            await connection.execute("update pgqueuer set execute_after = now() where entrypoint = $1 and status = 'queued'", JOB)
        await self.jobs.drain()

    async def rows(self):
        async with self.database.across() as connection:
            rows = await connection.fetch("select * from deliveries where workspace_id = $1 order by seq", self.workspace.id)
        return [dict(row) for row in rows]

    async def told(self):
        async with self.database.across() as connection:
            entries = await read_after(connection, self.workspace.id, 0)
        fields = [one.fields() for one in entries if one.name == "delivery.changed.v1"]
        return [(one["message_seq"], one["state"], one["reason"]) for one in fields]


@pytest.fixture
async def loft(house, workspace) -> Loft:
    loft = Loft(house, workspace, Pigeon(Capability.TEXT))
    await loft.begin()
    return loft


async def test_a_reply_reaches_its_channel_with_everything_it_needs(loft, workspace):
    message = await loft.reply("您好，已发货")
    await loft.turn()
    (given,) = loft.pigeon.given
    assert (given.text, given.key, given.contact_address) == ("您好，已发货", str(message.id), "lin@example.com")
    assert (given.workspace_id, given.inbox_id, given.conversation_id) == (workspace.id, loft.inbox.id, loft.talk.id)
    assert given.inbox_settings == {"loft": "north"}
    (row,) = await loft.rows()
    assert (row["state"], row["provider_id"], row["attempts"], row["seq"]) == ("sent", "p-1", 1, message.seq)
    assert await loft.told() == [(message.seq, "sent", None)]


async def test_files_go_with_it(loft):
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    async with loft.database.scope(loft.workspace.id) as scope:
        stored = await loft.house.files.store(scope, "茶.png", out.getvalue(), owner=AGENT.id)
    picture = Attachment(**{name: getattr(stored, name) for name in Attachment.__struct_fields__})
    await loft.reply("", attachments=(picture,))
    await loft.turn()
    (attachment,) = loft.pigeon.given[0].attachments
    assert (attachment["name"], attachment["content_type"], attachment["url"]) == ("茶.png", "image/png", stored.url)


async def test_notes_events_and_the_customers_own_words_stay(loft):
    await loft.reply("内部", kind=MessageKind.NOTE)
    await loft.reply("我来了", author=Author(AuthorKind.CONTACT, loft.contact.id))
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.house.conversations.resolve(scope, loft.talk.id, AGENT)
    await loft.turn()
    assert (loft.pigeon.given, await loft.rows()) == ([], [])


async def test_the_bots_answers_go_out_too(loft):
    await loft.reply("七天内可退货", author=Author(AuthorKind.BOT, None, "小兰"))
    await loft.turn()
    assert [one.text for one in loft.pigeon.given] == ["七天内可退货"]


async def test_a_channel_that_asks_for_patience_is_asked_again_with_the_same_key(loft):
    loft.pigeon.answers = [Retry(30, "storm"), Retry(60, "hail")]
    message = await loft.reply()
    for _ in range(3):
        await loft.turn()
    assert [one.key for one in loft.pigeon.given] == [str(message.id)] * 3
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
    await loft.jobs.drain()
    assert len(loft.pigeon.given) == 1
    async with loft.database.across() as connection:
        waits = await connection.fetchval(
            "select execute_after - now() from pgqueuer where entrypoint = $1 and status = 'queued' order by id desc limit 1", JOB
        )
    assert 500 < waits.total_seconds() <= 600


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
async def test_a_no_is_final_and_visible(loft, answer, state):
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
    assert sorted(one["state"] for one in await loft.rows()) == ["rejected", "sent"]


async def test_what_is_sent_is_not_sent_again(loft):
    message = await loft.reply()
    await loft.turn()
    arguments = {"conversation_id": str(loft.talk.id), "seq": message.seq}
    for _ in range(3):
        await loft.delivery.send(loft.workspace.id, arguments)
    assert len(loft.pigeon.given) == 1
    assert len(await loft.told()) == 1


async def test_the_same_job_twice_at_once_is_told_once(loft):
    message = await loft.reply()
    await loft.runner.drain(loft.workspace.id)
    arguments = {"conversation_id": str(loft.talk.id), "seq": message.seq}
    await asyncio.gather(*(loft.delivery.send(loft.workspace.id, arguments) for _ in range(4)))
    assert {one.key for one in loft.pigeon.given} == {str(message.id)}
    assert [row["state"] for row in await loft.rows()] == ["sent"]
    assert len(await loft.told()) == 1


async def test_a_fact_that_is_read_again_queues_nothing_new(loft, database):
    await loft.reply()
    await loft.turn()
    async with database.across() as connection:
        await connection.execute("delete from log_cursors where workspace_id = $1", loft.workspace.id)
    await loft.turn()
    assert len(loft.pigeon.given) == 1


async def test_a_reply_that_was_never_stored_is_nobodys(loft):
    await loft.delivery.send(loft.workspace.id, {"conversation_id": str(uuid4()), "seq": 1})
    assert loft.pigeon.given == []


async def test_where_customers_read_the_log_nothing_is_sent(house, workspace):
    loft = Loft(house, workspace, Pigeon(Capability.TEXT, Capability.LIVE))
    await loft.begin()
    await loft.reply()
    await loft.turn()
    assert (loft.pigeon.given, await loft.rows(), await loft.told()) == ([], [], [])
