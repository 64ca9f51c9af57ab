"""LINE keeps what every channel promises; its reply tokens, retry keys, events and errors."""

import time
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.line_oa import codec
from qiao.channels.line_oa.adapter import Adapter
from qiao.channels.line_oa.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.kit.errors import QiaoError, Refused
from qiao.kit.webhook_signatures import signed_base64
from qiao.ports.channel import (
    Card,
    Channel,
    InboundMessage,
    Left,
    MessageRecalled,
    NeedsReauth,
    Option,
    OutboundFile,
    Place,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
    WireAnswer,
    WireFailed,
)
from qiao.ports.testing.platform_suite import FILES, PlatformSuite
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

HIM = "U4af4980629"


class TestLine(PlatformSuite):
    channel = "line_oa"
    customer = HIM
    meaning = {  # noqa: RUF012
        Fault.TOKEN_REVOKED: (NeedsReauth,),  # a long-lived token is not fetched, it is entered
        Fault.WINDOW_CLOSED: (),  # there is none
    }

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))

    @pytest.fixture
    def simulator(self, adapter):
        return Simulator(adapter.manifest)

    async def asking(self, simulator, adapter, account, **changes):
        """A reply to what the customer has just written."""
        await simulator.customer_writes(HIM, "在吗")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        return self.reply(reply_to=message.reply_to, **changes)

    async def test_the_first_reply_is_free_and_the_next_is_pushed(self, adapter, simulator, account, wire):
        first = await self.asking(simulator, adapter, account, key="a")
        assert isinstance(await adapter.send(first, account, wire), Sent)
        second = msgspec.structs.replace(first, key="b", number=2)
        assert isinstance(await adapter.send(second, account, wire), Sent)
        assert [one.path.rsplit("/", 1)[-1] for one in simulator.asked] == ["reply", "push"]

    async def test_an_old_token_is_not_tried(self, adapter, simulator, account, wire):
        message = await self.asking(simulator, adapter, account)
        old = {**message.reply_to, "given_ms": str(int((time.time() - 31) * 1000))}
        assert isinstance(await adapter.send(msgspec.structs.replace(message, reply_to=old), account, wire), Sent)
        assert [one.path for one in simulator.asked] == ["/api/v2/bot/message/push"]
        patient = msgspec.structs.replace(account, settings={**account.settings, "reply_seconds": 60})
        await adapter.send(msgspec.structs.replace(message, reply_to=old), patient, wire)
        assert simulator.asked[-1].path == "/api/v2/bot/message/reply"

    async def test_a_token_that_line_does_not_take_falls_back_to_a_push(self, adapter, simulator, account, wire):
        message = await self.asking(simulator, adapter, account)
        simulator.reply_tokens.clear()
        assert isinstance(await adapter.send(message, account, wire), Sent)
        assert [one.text for one in simulator.shown(HIM) if one.by == "company"] == [message.text]

    async def test_a_push_tried_again_is_shown_once(self, adapter, simulator, account, wire):
        first = await adapter.send(self.reply(), account, wire)
        again = await adapter.send(self.reply(), account, wire)
        assert first == again
        assert len(simulator.shown(HIM)) == 1
        assert isinstance(await adapter.send(self.reply(key="another"), account, wire), Sent)
        assert len(simulator.shown(HIM)) == 2

    async def test_a_push_whose_answer_was_lost_is_shown_once(self, adapter, simulator, account):
        losing = Losing(simulator)
        assert isinstance(await adapter.send(self.reply(), account, losing), Retry)
        sent = await adapter.send(self.reply(), account, losing)
        assert sent == Sent(provider_id=simulator.shown(HIM)[0].provider_id)
        assert len(simulator.shown(HIM)) == 1

    async def test_a_reply_whose_answer_was_lost_is_shown_once(self, adapter, simulator, account):
        message = await self.asking(simulator, adapter, account)
        losing = Losing(simulator)
        tried = await adapter.send(message, account, losing)
        assert isinstance(tried, Retry)
        assert tried.after_seconds < 5
        assert await adapter.send(message, account, losing) == Sent()
        assert [one.by for one in simulator.shown(HIM)] == ["customer", "company"]

    async def test_a_reply_that_never_arrived_is_sent_by_the_next_try(self, adapter, simulator, account, wire):
        message = await self.asking(simulator, adapter, account)
        simulator.go_wrong(Fault.CUT)
        assert isinstance(await adapter.send(message, account, wire), Retry)
        assert isinstance(await adapter.send(message, account, wire), Sent)
        assert [one.by for one in simulator.shown(HIM)] == ["customer", "company"]

    async def test_what_is_quoted_is_the_message_whose_token_we_have(self, adapter, simulator, account, wire):
        message = await self.asking(simulator, adapter, account)
        quoted = msgspec.structs.replace(message, quoted=message.reply_to["message"])
        await adapter.send(quoted, account, wire)
        assert simulator.shown(HIM)[-1].quoted == message.reply_to["quote_token"]
        await adapter.send(msgspec.structs.replace(quoted, key="b", quoted="another"), account, wire)
        assert simulator.shown(HIM)[-1].quoted is None

    async def test_a_card_and_a_place_are_drawn(self, adapter, simulator, account, wire):
        card = Card(
            title="订单 20261122",
            text="已发货",
            url="https://shop.test/o",
            image_url="https://shop.test/p.png",
            facts=(("数量", "2"),),
        )
        await adapter.send(self.reply(text="", card=card), account, wire)
        assert (simulator.shown(HIM)[-1].kind, simulator.shown(HIM)[-1].text) == ("card", "订单 20261122\n已发货\n数量 2")
        bubble = simulator.asked[-1].json()["messages"][0]["contents"]
        assert [one["text"] for one in bubble["body"]["contents"]] == ["订单 20261122", "已发货", "数量 2"]
        assert (bubble["hero"]["url"], bubble["action"]["uri"]) == ("https://shop.test/p.png", "https://shop.test/o")
        await adapter.send(self.reply(key="b", text="", place=Place(latitude=30.25, longitude=120.17)), account, wire)
        assert (simulator.shown(HIM)[-1].kind, simulator.shown(HIM)[-1].text) == ("location", "30.25, 120.17")

    async def test_a_video_without_a_cover_goes_as_a_link_and_a_file_not_at_all(self, adapter, simulator, account, wire):
        plain = msgspec.structs.replace(account, settings={**account.settings, "video_cover": ""})
        video = OutboundFile(
            id=UUID(int=1), kind="video", name="开箱.mp4", content_type="video/mp4", size=9, url="https://desk.test/v"
        )
        await adapter.send(self.reply(text="", files=(video,)), plain, wire)
        assert simulator.shown(HIM)[-1].text == "开箱.mp4\nhttps://desk.test/v"
        file = msgspec.structs.replace(video, kind="file")
        assert await adapter.send(self.reply(text="", files=(file,)), plain, wire) == Rejected("not_allowed")

    @pytest.mark.parametrize(
        ("status", "message", "end"),
        [
            (400, "Failed to send messages", Rejected("unknown_address")),
            (
                400,
                "The property, 'to', in the request body is invalid",
                Rejected("The property, 'to', in the request body is invalid"),
            ),
            (
                403,
                "Access to this API is not available for your account",
                Rejected("Access to this API is not available for your account"),
            ),
            (429, "You have reached your monthly limit.", Rejected("You have reached your monthly limit.")),
            (401, "Authentication failed", NeedsReauth("the channel access token is not accepted")),
            (409, "The retry key is already accepted", Sent()),
            (418, "", Rejected("refused with 418")),
        ],
    )
    async def test_what_line_says_has_its_meaning(self, adapter, account, status, message, end):
        said = WireAnswer(status, {}, msgspec.json.encode({"message": message}))
        assert await adapter.send(self.reply(), account, Saying(said)) == end

    async def test_a_rate_limit_says_when(self, adapter, account):
        said = WireAnswer(429, {"retry-after": "9"}, b'{"message": "The API rate limit has been exceeded. Try again later."}')
        assert await adapter.send(self.reply(), account, Saying(said)) == Retry(9.0, "rate_limited")

    async def test_taps_and_follows_and_what_was_taken_back(self, adapter, simulator, account):
        await simulator.happens(HIM, "unfollow")
        await simulator.happens(HIM, "follow", follow={"isUnblocked": True})
        await simulator.happens(HIM, "unsend", unsend={"messageId": "m-1"})
        await simulator.happens(HIM, "accountLink", link={"result": "ok"})
        (left,), (back,), (recalled,), unknown = [list(adapter.parse(one, account)) for one in simulator.delivered]
        assert isinstance(left, Left)
        assert (left.sender.address, left.reason, left.back, back.back) == (HIM, "unfollowed", False, True)
        assert isinstance(recalled, MessageRecalled)
        assert recalled.provider_id == "m-1"
        assert unknown == []

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"type": "sticker", "keywords": ["happy", "yay", "wow", "ok"]}, "[sticker] happy yay wow"),
            ({"type": "sticker", "text": "谢谢"}, "谢谢"),
        ],
    )
    async def test_a_sticker_is_read_as_its_words(self, adapter, simulator, account, changes, text):
        await simulator.happens(HIM, "message", message={"id": "s1", "packageId": "1", "stickerId": "2", **changes})
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert message.text == text

    async def test_a_place_is_one(self, adapter, simulator, account):
        where = {"id": "p1", "type": "location", "title": "西湖", "address": "杭州", "latitude": 30.25, "longitude": 120.17}
        await simulator.happens(HIM, "message", message=where)
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert message.place == Place(latitude=30.25, longitude=120.17, name="西湖", address="杭州")

    @pytest.mark.parametrize(
        "event",
        [
            {"source": {"type": "group", "groupId": "C1", "userId": HIM}},
            {"source": {"type": "room", "roomId": "R1", "userId": HIM}},
            {"source": {"type": "user"}},
            {"source": None},
            {"mode": "standby"},
        ],
    )
    async def test_what_is_not_said_to_the_company_is_left_out(self, adapter, simulator, account, event):
        await simulator.happens(HIM, "message", message={"id": "g1", "type": "text", "text": "大家好"}, **event)
        assert list(adapter.parse(simulator.delivered[-1], account)) == []

    async def test_a_redelivery_is_the_same_message(self, adapter, simulator, account):
        said = {"id": "m9", "type": "text", "text": "在吗"}
        await simulator.happens(HIM, "message", message=said)
        await simulator.happens(HIM, "message", message=said, deliveryContext={"isRedelivery": True}, webhookEventId="01OTHER")
        first, again = [adapter.parse(one, account)[0].provider_id for one in simulator.delivered]
        assert first == again

    async def test_connecting_tells_line_where_we_are(self, adapter, simulator, account, wire):
        connected = await adapter.connect(account, wire)
        assert "@lanting" in connected.title
        assert connected.todo["zh"]
        assert connected.todo["en"]
        assert simulator.endpoint == account.webhook_url

    async def test_somebody_is_writing(self, adapter, simulator, account, wire):
        await adapter.typing(self.reply(), account, wire)
        simulator.go_wrong(Fault.SERVER_ERROR)
        await adapter.typing(self.reply(), account, wire)
        assert simulator.loading == [HIM]

    @pytest.mark.parametrize(
        ("status", "end"), [(202, Retry), (404, Rejected), (403, Rejected), (401, NeedsReauth), (500, Retry)]
    )
    async def test_a_file_that_cannot_be_had_says_why(self, adapter, account, status, end):
        (media,) = codec.read(delivery({"id": "f1", "type": "image", "contentProvider": {"type": "line"}}))[0].media
        assert isinstance(await adapter.fetch_media(media, account, Saying(WireAnswer(status, {}, b"{}"))), end)

    def test_the_published_signature_is_ours(self, adapter, account):
        """The vector of LINE's own Python library."""
        inbox = msgspec.structs.replace(account, secrets={"channel_secret": "channel_secret"})
        headers = {"x-line-signature": "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="}
        assert adapter.verify(RawReceipt("POST", headers, {}, b"bodybodybodybody"), inbox) is None
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", headers, {}, b"bodybodybodybodY"), inbox)

    def test_an_empty_secret_believes_nobody(self, adapter, account):
        inbox = msgspec.structs.replace(account, secrets={"channel_secret": ""})
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {"x-line-signature": signed_base64("", b"{}")}, {}, b"{}"), inbox)


def delivery(message, **event):
    own = {"type": "message", "mode": "active", "timestamp": 1, "source": {"type": "user", "userId": HIM}, "message": message}
    return msgspec.json.encode({"destination": "U", "events": [{**own, **event}]})


class Losing(MemoryWire):
    """The first call is carried out, and its answer lost."""

    async def request(self, asked):
        answer = await super().request(asked)
        if len(self.asked) == 1:
            raise WireFailed("timeout")
        return answer


class Saying(MemoryWire):
    """Whatever is asked, this is the answer."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    async def request(self, asked):
        return self.answer


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["id", "type", "text", "latitude", "keywords", "contentProvider"]), ANYTHING),
    st.dictionaries(st.sampled_from(["type", "timestamp", "source", "replyToken", "postback", "unsend"]), ANYTHING),
)
def test_no_delivery_raises_anything_but_our_own(message, event):
    try:
        found = codec.read(delivery(message, **event))
    except QiaoError:
        return
    assert all(one.sender.address for one in found if isinstance(one, InboundMessage))


@given(st.text(max_size=40), st.text(max_size=40))
def test_retry_keys_are_one_for_one(one, other):
    assert str(UUID(codec.retry_key(one))) == codec.retry_key(one)
    assert (codec.retry_key(one) == codec.retry_key(other)) == (one == other)


def test_options_are_cut_to_what_a_button_shows():
    message = TestLine().reply(options=(Option("entry-1", "长" * 30),))
    (item,) = codec.write(message, "")["quickReply"]["items"]
    assert (item["action"]["label"], item["action"]["data"]) == ("长" * 20, "entry-1")


def test_the_files_of_the_suite_are_all_kinds():
    assert set(FILES) == set(codec.KINDS.values())
