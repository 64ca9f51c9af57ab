"""A customer writes, somebody answers, the provider tells: delivery with the real reception."""

import pytest

from qiao.app.wiring import all_subscribers
from qiao.domains.conversations.contracts import NewMessage
from qiao.domains.delivery.tests.pigeon_loft import AGENT, BOT, Pigeon, ago
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.kit.ids import new_id
from qiao.platform.log.runner import SubscriberRunner
from qiao.ports.channel import (
    Capability,
    CompanyMessage,
    InboundMessage,
    Left,
    ReplyWindow,
    Reported,
    Sender,
    Sent,
    Thread,
    WindowOpened,
)

pytestmark = pytest.mark.database

LIN = Sender(address="roof-7", name="林语桐")
WINDOWS = (
    ReplyWindow(seconds=3_600, count=3),
    ReplyWindow(opened_by="menu", seconds=60, count=1),
    ReplyWindow(opened_by="comment"),
)


class Company:
    """The whole house, with one channel."""

    def __init__(self, house, workspace, pigeon) -> None:
        self.house, self.workspace, self.pigeon = house, workspace, pigeon
        self.runner = SubscriberRunner(house.database, all_subscribers(house))

    async def begin(self) -> None:
        async with self.house.database.scope(self.workspace.id) as scope:
            inbox = await self.house.inboxes.create(scope, NewInbox(channel="pigeon", name="信鸽"))
            self.inbox = await self.house.inboxes.change(scope, inbox.id, InboxChanges(bot_enabled=False))

    async def hears(self, *items) -> None:
        await self.house.reception.receive(self.workspace.id, self.inbox.id, items)
        await self.settle()

    async def settle(self) -> None:
        await self.runner.drain(self.workspace.id)
        await self.house.delivery.drain(self.workspace.id)
        await self.runner.drain(self.workspace.id)

    async def talks(self):
        async with self.house.database.across() as connection:
            rows = await connection.fetch(
                "select id from conversations where workspace_id = $1 order by number", self.workspace.id
            )
        return [row["id"] for row in rows]

    async def says(self, text, talk=None, author=AGENT, **options):
        talk = talk or (await self.talks())[0]
        item = NewMessage(conversation_id=talk, author=author, text=text, client_id=new_id().hex, **options)
        message = (await self.house.conversations.post(self.workspace.id, item)).message
        await self.settle()
        return message

    async def states(self, talk=None):
        async with self.house.database.scope(self.workspace.id) as scope:
            found = await self.house.delivery.states(scope, talk or (await self.talks())[0])
        return [(one.state, one.reason) for one in found]

    async def window(self):
        async with self.house.database.scope(self.workspace.id) as scope:
            return await self.house.delivery.window(scope, (await self.talks())[0])

    async def last(self):
        async with self.house.database.scope(self.workspace.id) as scope:
            page = await self.house.conversations.messages(scope, (await self.talks())[0])
        return page.items[-1]


@pytest.fixture
def pigeon(monkeypatch):
    capabilities = frozenset({Capability.TEXT, Capability.PUBLIC_THREADS, Capability.PRIVATE_REPLY, Capability.QUOTE})
    pigeon = Pigeon(capabilities=capabilities, windows=WINDOWS)
    monkeypatch.setattr("qiao.app.house.load_channels", lambda: {"pigeon": pigeon})
    return pigeon


@pytest.fixture
async def company(pigeon, house, workspace):
    company = Company(house, workspace, pigeon)
    await company.begin()
    yield company
    await house.reception.stop()


def written(name="m-1", text="在吗", **more):
    return InboundMessage(provider_id=name, sender=LIN, text=text, **more)


async def test_an_answer_goes_where_the_question_came_from(company):
    await company.hears(written(reply_to={"token": "t-1"}))
    asked = await company.last()
    await company.says("在的", content={"type": "text", "channel": {"quoted_seq": asked.seq}})
    (given,) = company.pigeon.given
    assert (given.to, given.to_name, given.text, given.quoted) == ("roof-7", "林语桐", "在的", "m-1")
    assert (given.reply_to, given.references, given.number) == ({"token": "t-1"}, ["m-1"], 1)
    assert await company.states() == [("sent", None)]
    await company.hears(written("m-2", "多少钱", reply_to={"token": "t-2"}))
    await company.says("59 元")
    second = company.pigeon.given[-1]
    assert (second.reply_to, second.references, second.number) == ({"token": "t-2"}, ["m-1", "p-1", "m-2"], 1)


async def test_what_the_provider_reports_is_shown_even_when_it_is_early(company):
    await company.hears(written())
    await company.hears(Reported(provider_id="p-1", state="delivered"))
    await company.says("在的")
    assert await company.states() == [("delivered", None)]
    await company.hears(Reported(provider_id="p-1", state="read"))
    assert await company.states() == [("read", None)]
    await company.says("还有什么可以帮您？")
    await company.hears(Reported(provider_id="p-2", state="failed", reason="no route"))
    assert (await company.states())[-1] == ("rejected", "no route")


async def test_a_number_chooses_what_was_offered(company):
    await company.hears(written(text="退货"))
    options = [{"entry_id": str(new_id()), "label": "退货流程"}, {"entry_id": str(new_id()), "label": "退货运费"}]
    await company.says("您想问哪个？", author=BOT, content={"type": "offer", "options": options})
    assert company.pigeon.texts == ["您想问哪个？\n\n1. 退货流程\n2. 退货运费\n回复数字即可。"]
    await company.hears(written("m-2", "2"))
    assert (await company.last()).content == {"type": "option", "entry_id": options[1]["entry_id"]}


async def test_the_window_is_as_the_customers_last_message_left_it(company):
    await company.hears(written())
    for number in range(4):
        await company.says(str(number))
    assert [state for state, _ in await company.states()] == ["sent", "sent", "sent", "held"]
    assert (await company.window()).reason == "closed"
    await company.hears(WindowOpened(provider_id="w-1", sender=LIN, by="menu"))
    assert (await company.window()).left == 1
    await company.says("一条")
    await company.says("又一条")
    assert [state for state, _ in await company.states()][-2:] == ["sent", "held"]
    await company.hears(written("m-2"))
    assert ((await company.window()).left, len(company.pigeon.given)) == (3, 4)


async def test_whoever_left_is_left_alone_until_they_are_back(company):
    await company.hears(written())
    await company.hears(Left(sender=LIN, reason="unfollowed"))
    await company.says("您好")
    assert (await company.states(), (await company.window()).reason) == ([("rejected", "left")], "left")
    await company.hears(written("m-2"))
    await company.says("您好")
    assert (await company.states())[-1] == ("sent", None)


async def test_what_the_company_wrote_on_its_telephone_is_shown_and_stays_there(company):
    await company.hears(written())
    await company.hears(CompanyMessage(provider_id="own-1", sender=LIN, text="我在手机上回的"))
    assert (await company.last()).text == "我在手机上回的"
    assert (company.pigeon.given, await company.states()) == ([], [])


async def test_a_comment_is_answered_in_its_thread_or_privately_once(company):
    thread = Thread(key="post-1", post_id="post-1", post_text="新品")
    await company.hears(written("c-1", "多少钱", thread=thread, sent_at=ago(seconds=5)))
    (public,) = await company.talks()
    comment = await company.last()
    await company.says("看私信哦")
    assert (company.pigeon.given[0].thread_key, company.pigeon.given[0].private_reply_to) == ("post-1", None)
    async with company.house.database.scope(company.workspace.id) as scope:
        private = await company.house.reception.answer_privately(scope, public, comment.seq)
    for text in ("59 元", "还在吗"):
        await company.says(text, talk=private.id)
    first, second = company.pigeon.given[1:]
    assert (first.thread_key, first.private_reply_to, first.to) == (None, "c-1", "roof-7")
    assert second.private_reply_to is None


async def test_a_taken_back_reply_is_marked(company):
    await company.hears(written())
    company.pigeon.answers = [Sent("p-9")]
    message = await company.says("说错了")
    manifest = company.pigeon.manifest
    company.pigeon.manifest = type(manifest)(
        **{name: getattr(manifest, name) for name in manifest.__struct_fields__}
        | {"capabilities": manifest.capabilities | {Capability.RECALL}}
    )
    talk = (await company.talks())[0]
    await company.house.delivery.acting.recall(company.workspace.id, talk, message.seq, AGENT)
    assert company.pigeon.acts == [("recall", "p-9")]
    async with company.house.database.scope(company.workspace.id) as scope:
        taken_back = await company.house.conversations.at(scope, talk, message.seq)
    assert taken_back.content == {"channel": {"recalled": True}}
