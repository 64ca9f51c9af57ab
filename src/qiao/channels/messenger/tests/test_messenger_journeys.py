"""From a comment to a private word, and from a shut window to a person's reply: a page from both sides."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from qiao.channels.messenger.adapter import Adapter
from qiao.channels.messenger.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.channels.shared.page_simulating import PAGE_ID
from qiao.kit.clock import utc_now
from qiao.ports.channel import Card, Option, OutboundFile, OutboundMessage, Place, Rejected, Retry, Sent, Template
from qiao.ports.testing.odd_wires import LosingWire
from qiao.ports.testing.simulating import Fault, SentFile
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER = "7001"


class Page:
    """Our page, and what it was told last."""

    def __init__(self) -> None:
        self.adapter, self.platform = Adapter(MANIFEST), Simulator(MANIFEST)
        self.account, self.wire = self.platform.account(), MemoryWire(self.platform, {"茶杯.png": b"\x89PNG"})

    def told(self) -> list:
        receipt = self.platform.delivered[-1]
        assert self.adapter.verify(receipt, self.account) is None
        return list(self.adapter.parse(receipt, self.account))

    async def answers(self, **what: object):
        reply = msgspec.structs.replace(OutboundMessage(key="k", conversation_id=UUID(int=3), to=CUSTOMER), **what)
        return await self.adapter.send(reply, self.account, self.wire)


@pytest.fixture
def page() -> Page:
    return Page()


def picture(**changes: object) -> OutboundFile:
    file = OutboundFile(id=UUID(int=9), kind="image", name="茶杯.png", content_type="image/png", size=4, url="http://desk.test/9")
    return msgspec.structs.replace(file, **changes)


async def test_from_a_comment_to_a_private_word_and_on(page):
    root = await page.platform.customer_comments(CUSTOMER, "多少钱？")
    (comment,) = page.told()
    public = await page.answers(text="已私信您", thread_key=comment.thread.key)
    private = await page.answers(text="八十八元", private_reply_to=comment.provider_id)
    assert isinstance(public, Sent) and isinstance(private, Sent)
    await page.platform.customer_writes(CUSTOMER, "好的，要两个")
    (written,) = page.told()
    assert (written.thread, written.sender.address) == (None, comment.sender.address)
    assert isinstance(await page.answers(text="这就下单"), Sent)
    phone = [(one.text, one.thread) for one in page.platform.shown(CUSTOMER)]
    assert phone == [("多少钱？", root), ("已私信您", root), ("八十八元", None), ("好的，要两个", None), ("这就下单", None)]


async def test_each_comment_has_its_own_private_answer(page):
    for text in ("多少钱？", "有货吗？"):
        root = await page.platform.customer_comments(CUSTOMER, text)
        assert isinstance(await page.answers(text="私信您了", private_reply_to=root), Sent)
        assert await page.answers(text="再说一句", private_reply_to=root) == Rejected("already_answered")


async def test_from_a_shut_window_to_a_persons_reply(page):
    page.platform.go_wrong(Fault.WINDOW_CLOSED)
    yesterday = utc_now() - timedelta(hours=25)
    assert await page.answers(text="您好", last_from_customer_at=yesterday) == Rejected("window_closed")
    assert MANIFEST.after_window == ("tagged",)
    assert isinstance(await page.answers(text="您好", last_from_customer_at=yesterday, tagged=True), Sent)
    assert page.platform.asked[-1].json()["tag"] == "HUMAN_AGENT"


async def test_a_persons_picture_may_go_late_too(page):
    yesterday = utc_now() - timedelta(hours=25)
    assert isinstance(await page.answers(files=(picture(),), last_from_customer_at=yesterday, tagged=True), Sent)
    parts = page.platform.asked[-1].parts()
    assert (parts["messaging_type"].data, parts["tag"].data) == (b"MESSAGE_TAG", b"HUMAN_AGENT")
    assert page.platform.shown(CUSTOMER)[-1].data == b"\x89PNG"


async def test_when_nothing_is_known_of_the_customers_last_word_the_platform_decides(page):
    assert isinstance(await page.answers(text="您好", tagged=True), Sent)
    page.platform.go_wrong(Fault.WINDOW_CLOSED)
    assert await page.answers(text="您好", tagged=True) == Rejected("window_closed")


async def test_several_pictures_in_one_message_can_all_be_had(page):
    files = [page.platform.keep(bytes([one]), "image/png") for one in range(3)]
    attachments = [{"type": "image", "payload": {"url": page.platform.address_of(one)}} for one in files]
    await page.platform.event(CUSTOMER, {"message": {"mid": "m_1", "attachments": attachments}})
    (message,) = page.told()
    fetched = [await page.adapter.fetch_media(one, page.account, page.wire) for one in message.media]
    assert [one.data for one in fetched] == [b"\x00", b"\x01", b"\x02"]
    assert all("authorization" not in one.headers for one in page.platform.asked)


async def test_a_redelivery_in_parallel_is_the_same_message(page):
    await page.platform.customer_writes(
        CUSTOMER, "看图", file=SentFile(kind="image", data=b"x", name="a", content_type="image/png")
    )
    await page.platform.redeliver(3)
    told = [one for receipt in page.platform.delivered for one in page.adapter.parse(receipt, page.account)]
    assert (len(told), len({one.provider_id for one in told})) == (4, 1)


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ({"text": "长" * 2001}, Rejected("too_long")),
        ({"text": ""}, Rejected("not_allowed")),
        ({"text": "?", "options": tuple(Option(str(one), "x") for one in range(14))}, Rejected("not_allowed")),
        ({"place": Place(latitude=1, longitude=2)}, Rejected("not_allowed")),
        ({"card": Card(title="单")}, Rejected("not_allowed")),
        ({"template": Template(name="t", language="en")}, Rejected("not_allowed")),
        ({"files": (picture(size=8 * 1024 * 1024 + 1),)}, Rejected("too_large")),
    ],
)
async def test_what_is_not_declared_is_not_asked(what, end, page):
    assert await page.answers(**what) == end
    assert page.wire.asked == []


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.NONSENSE, Fault.CUT, Fault.RATE_LIMITED])
@pytest.mark.parametrize("where", [{}, {"thread_key": "778899_5000001"}, {"private_reply_to": "778899_5000001"}])
async def test_trouble_is_tried_again_wherever_the_answer_goes(where, fault, page):
    await page.platform.customer_comments(CUSTOMER, "多少钱？")
    page.platform.comments["778899_5000001"] = next(iter(page.platform.comments.values()))
    page.platform.go_wrong(fault)
    assert isinstance(await page.answers(text="八十八元", **where), Retry)
    assert [one for one in page.platform.shown(CUSTOMER) if one.by == "company"] == []
    assert isinstance(await page.answers(text="八十八元", **where), Sent)


async def test_an_answer_that_was_lost_may_show_the_message_twice_and_loses_none(page):
    page.wire = LosingWire(page.platform, "/messages")
    assert await page.answers(text="一") == Retry(15.0, "unreached: timeout")
    assert isinstance(await page.answers(text="一"), Sent)
    assert [one.text for one in page.platform.shown(CUSTOMER)] == ["一", "一"]


async def test_a_page_that_is_not_entered_yet_hears_nothing(page):
    await page.platform.customer_writes(CUSTOMER, "在吗")
    for settings in ({}, {"page_id": ""}, {"page_id": None}):
        page.account = msgspec.structs.replace(page.account, settings=settings)
        assert page.told() == []


async def test_connecting_a_page_of_somebody_else_is_refused(page):
    account = msgspec.structs.replace(page.account, settings={**page.account.settings, "page_id": "1"})
    assert isinstance(await page.adapter.connect(account, page.wire), Rejected)
    assert page.platform.subscribed is None
    assert page.platform.asked[-1].path == "/api/1"


async def test_a_subscription_that_fails_is_told(page):
    answer = page.platform._answer

    async def failing(asked):
        if asked.path.endswith("/subscribed_apps"):
            return page.platform.fault(Fault.CREDENTIALS_REFUSED, asked)
        return await answer(asked)

    page.platform._answer = failing
    ended = await page.adapter.connect(page.account, page.wire)
    assert ended.reason == "Invalid OAuth access token data."
    assert [one.path for one in page.platform.asked] == [f"/api/{PAGE_ID}", f"/api/{PAGE_ID}/subscribed_apps"]
