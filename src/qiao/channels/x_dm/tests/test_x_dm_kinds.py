"""Everything that a customer can do in X's messages, from the phone to the contract; and an address that is registered."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.x_dm.adapter import Adapter
from qiao.channels.x_dm.simulator import USER_ID, Simulator, problem
from qiao.ports.channel import (
    CompanyMessage,
    Connected,
    FetchedMedia,
    InboundMessage,
    NeedsReauth,
    Option,
    OutboundFile,
    OutboundMessage,
    Place,
    Rejected,
    Retry,
    Sent,
    Template,
)
from qiao.ports.testing.simulating import Fault, SentFile
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER, ANOTHER = "3001969357", "42"
PICTURE = SentFile(kind="image", data=b"\x89PNG", name="茶杯.png", content_type="image/png")
ABOUT = "https://api.x.com/2/problems/"


class Letterbox:
    """Our account, and what it was told last."""

    def __init__(self) -> None:
        self.adapter, self.platform = Adapter(MANIFEST), Simulator(MANIFEST)
        self.account = self.platform.account()
        self.wire = MemoryWire(self.platform, {"茶杯.png": PICTURE.data})

    def told(self) -> list:
        receipt = self.platform.delivered[-1]
        assert self.adapter.verify(receipt, self.account) is None
        return list(self.adapter.parse(receipt, self.account))

    async def receives(self, words: dict, *, out: bool = False):
        """A message of these words, in the platform's own spelling."""
        ends = (USER_ID, CUSTOMER) if out else (CUSTOMER, USER_ID)
        await self.platform.created("1", ends, words, "林语桐")
        (told,) = self.told()
        return told

    async def answers(self, **what: object):
        reply = msgspec.structs.replace(OutboundMessage(key="k", conversation_id=UUID(int=3), to=CUSTOMER), **what)
        return await self.adapter.send(reply, self.account, self.wire)


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


def attached(url: str = "http://platform.test/media/dm/1", short: str = "https://t.co/p") -> dict:
    return {"attachment": {"type": "media", "media": {"id": 1, "media_url_https": url, "url": short, "type": "photo"}}}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("碎了 https://t.co/p", "碎了"),
        ("https://t.co/p", ""),
        ("看 https://t.co/p 这里", "看  这里"),
        ("没有短网址", "没有短网址"),
    ],
)
async def test_the_short_address_of_a_picture_is_no_text(text, shown, box):
    message = await box.receives({"text": text, **attached()})
    assert (message.text, [one.ref["url"] for one in message.media]) == (shown, ["http://platform.test/media/dm/1"])


async def test_a_picture_that_we_sent_elsewhere_is_shown_too(box):
    message = await box.receives({"text": "https://t.co/p", **attached()}, out=True)
    assert (type(message), len(message.media), message.sender.address) == (CompanyMessage, 1, CUSTOMER)


async def test_two_links_are_both_given_in_full(box):
    links = [{"url": f"https://t.co/{one}", "expanded_url": f"https://shop.test/{one}"} for one in "ab"]
    message = await box.receives({"text": "https://t.co/a 或 https://t.co/b", "entities": {"urls": links}})
    assert message.text == "https://shop.test/a 或 https://shop.test/b"


@pytest.mark.parametrize("entities", [{}, {"urls": []}, {"urls": [{"url": "https://t.co/a"}]}, {"hashtags": [{"text": "茶"}]}])
async def test_a_text_without_known_links_stays_as_it_is(entities, box):
    assert (await box.receives({"text": "https://t.co/a #茶", "entities": entities})).text == "https://t.co/a #茶"


async def test_what_a_customer_sends_can_be_fetched_and_answered(box):
    written = await box.platform.customer_writes(CUSTOMER, "碎了", file=PICTURE)
    (message,) = box.told()
    assert (message.provider_id, message.text) == (written, "碎了")
    fetched = await box.adapter.fetch_media(message.media[0], box.account, box.wire)
    assert fetched == FetchedMedia(data=PICTURE.data, content_type="image/png")
    ended = await box.answers(to=message.sender.address, text="给您补发")
    assert isinstance(ended, Sent)
    assert [one.text for one in box.platform.shown(CUSTOMER)] == ["碎了", "给您补发"]


async def test_several_messages_of_several_people_keep_their_order(box):
    def event(number: int, sender: str) -> dict:
        create = {"target": {"recipient_id": USER_ID}, "sender_id": sender, "message_data": {"text": f"第 {number}"}}
        return {"type": "message_create", "id": str(number), "created_timestamp": "1770000000000", "message_create": create}

    events = [event(1, CUSTOMER), event(2, ANOTHER), event(3, CUSTOMER)]
    users = {CUSTOMER: {"name": "林语桐", "screen_name": "yutong"}}
    await box.platform.tell({"for_user_id": USER_ID, "direct_message_events": events, "users": users})
    told = [(one.provider_id, one.sender.address, one.sender.name) for one in box.told()]
    assert told == [("1", CUSTOMER, "林语桐"), ("2", ANOTHER, None), ("3", CUSTOMER, "林语桐")]


async def test_a_redelivery_in_parallel_is_the_same_message(box):
    await box.platform.customer_writes(CUSTOMER, "在吗")
    await box.platform.redeliver(3)
    told = [one for receipt in box.platform.delivered for one in box.adapter.parse(receipt, box.account)]
    assert (len(told), len({one.provider_id for one in told})) == (4, 1)
    assert all(isinstance(one, InboundMessage) for one in told)


@pytest.mark.parametrize(
    "body",
    [
        {"for_user_id": USER_ID},
        {"for_user_id": USER_ID, "tweet_create_events": [{"text": "@lanting 在吗"}]},
        {"for_user_id": USER_ID, "direct_message_events": [{"type": "message_create", "id": "1"}]},
        {"for_user_id": USER_ID, "follow_events": [{"type": "follow"}]},
        {"user_event": {}},
        {},
    ],
)
async def test_what_is_no_message_is_left_out(body, box):
    await box.platform.tell(body)
    assert box.told() == []


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ({"text": "长" * 10_001}, Rejected("too_long")),
        ({"text": ""}, Rejected("not_allowed")),
        ({"text": "?", "options": (Option("a", "b"),)}, Rejected("not_allowed")),
        ({"place": Place(latitude=1, longitude=2)}, Rejected("not_allowed")),
        ({"template": Template(name="t", language="en")}, Rejected("not_allowed")),
        ({"text": "?", "thread_key": "t"}, Rejected("unknown_address")),
    ],
)
async def test_what_is_not_declared_is_not_asked(what, end, box):
    assert await box.answers(**what) == end
    assert box.wire.asked == []


@pytest.mark.parametrize("kind", ["voice", "video", "file"])
async def test_other_files_than_pictures_are_not_uploaded(kind, box):
    file = OutboundFile(id=UUID(int=9), kind=kind, name="茶杯.png", content_type="x/y", size=4, url="http://x")
    assert await box.answers(files=(file,)) == Rejected("not_allowed")
    assert box.wire.asked == []


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.NONSENSE, Fault.CUT, Fault.RATE_LIMITED])
async def test_an_upload_that_fails_is_tried_again_whole(fault, box):
    file = OutboundFile(id=UUID(int=9), kind="image", name="茶杯.png", content_type="image/png", size=4, url="http://x")
    box.platform.go_wrong(fault)
    assert isinstance(await box.answers(files=(file,)), Retry)
    assert box.platform.shown(CUSTOMER) == []
    assert isinstance(await box.answers(files=(file,)), Sent)
    assert box.platform.shown(CUSTOMER)[-1].data == PICTURE.data


def answering(**routes):
    """These routes answer this; the others as ever. `list`, `register` and `subscribe`."""
    names = {
        "list": "GET /api/2/webhooks",
        "register": "POST /api/2/webhooks",
        "subscribe": "POST /api/2/account_activity/webhooks/{id}/subscriptions/all",
    }
    box = Letterbox()
    usual = box.platform.routes()

    def handler(answer):
        async def answered(asked):
            return answer

        return answered

    box.platform.routes = lambda: {**usual, **{names[name]: handler(answer) for name, answer in routes.items()}}
    return box


@pytest.mark.parametrize(
    ("routes", "end"),
    [
        ({"list": problem(503, "Service Unavailable", "about:blank")}, Retry),
        ({"list": problem(401, "Unauthorized", "about:blank")}, NeedsReauth),
        ({"register": problem(403, "Your tier does not include this", ABOUT + "client-forbidden")}, NeedsReauth),
        ({"register": problem(400, "CRC GET request failed", ABOUT + "invalid-request")}, Rejected),
        ({"subscribe": problem(403, "Not permitted", ABOUT + "not-authorized-for-resource")}, Rejected),
        ({"subscribe": problem(400, "DuplicateSubscriptionFailed: Subscription already exists.", ABOUT)}, Connected),
    ],
)
async def test_what_goes_wrong_with_the_address_is_told(routes, end):
    box = answering(**routes)
    assert isinstance(await box.adapter.connect(box.account, box.wire), end)


async def test_an_address_is_registered_once_however_often_it_is_connected(box):
    for _ in range(3):
        assert isinstance(await box.adapter.connect(box.account, box.wire), Connected)
    registered = [one for one in box.platform.asked if (one.method, one.path) == ("POST", "/api/2/webhooks")]
    assert [one.json() for one in registered] == [{"url": "http://desk.test/in/key"}]


async def test_disconnecting_from_a_platform_in_trouble_hurts_nobody(box):
    await box.adapter.connect(box.account, box.wire)
    box.platform.go_wrong(Fault.CUT)
    await box.adapter.disconnect(box.account, box.wire)
    assert len(box.platform.hooks) == 1
    await box.adapter.disconnect(box.account, box.wire)
    assert box.platform.hooks == {}


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.CUT, Fault.NONSENSE])
async def test_credentials_that_could_not_be_tried_are_tried_again(fault, box):
    box.platform.go_wrong(fault)
    assert isinstance(await box.adapter.connect(box.account, box.wire), Retry)
    assert box.platform.hooks == {}
