"""Douyin: the shared promises, the handshake, tokens that are renewed, comments apart from messages, every code."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.douyin import codec
from qiao.channels.douyin.simulator import OPEN_ID, SECRET, Simulator
from qiao.channels.registry import load_channel
from qiao.kit.errors import QiaoError, Refused
from qiao.kit.webhook_signatures import hashed_hex
from qiao.ports.channel import Channel, InboundMessage, NeedsReauth, RawReceipt, Rejected, Retry, Sent
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault


def signed(body: bytes) -> RawReceipt:
    return RawReceipt("POST", {"x-douyin-signature": hashed_hex(SECRET, body)}, {}, body)


def push(event: str, content: object, sender: str = "u-1") -> bytes:
    return msgspec.json.encode({"event": event, "from_user_id": sender, "to_user_id": OPEN_ID, "content": content})


class TestDouyin(PlatformSuite):
    channel = "douyin"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("douyin")

    @pytest.fixture
    def simulator(self, adapter) -> Simulator:
        simulator = Simulator(adapter.manifest)
        # A reply needs a message that it answers, and the suite's replies do not wait for one.
        simulator.messages["written before"] = self.customer
        return simulator

    def reply(self, **changes):
        context = {"msg_id": "written before", "conversation_id": "c-1"}
        return super().reply(**{"reply_to": context, **changes})

    @pytest.mark.parametrize("content", [{"challenge": 12345}, '{"challenge": 12345}'])
    def test_the_platforms_question_is_answered(self, content, adapter, account):
        answer = adapter.verify(signed(push(codec.HANDSHAKE, content)), account)
        assert (json.loads(answer.body), answer.content_type) == ({"challenge": 12345}, "application/json")

    def test_a_question_that_is_not_signed_is_not_answered(self, adapter, account):
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {}, {}, push(codec.HANDSHAKE, {"challenge": 1})), account)

    async def test_a_reply_names_the_message_that_it_answers(self, adapter, simulator, account, wire):
        message_id = await simulator.customer_writes(self.customer, "在吗")
        (message,) = await self.taken(simulator, adapter, account, wire)
        assert message.reply_to == {"msg_id": message_id, "conversation_id": f"c-{self.customer}"}
        assert isinstance(await adapter.send(self.reply(reply_to=message.reply_to), account, wire), Sent)
        assert simulator.asked[-1].json()["msg_id"] == message_id

    async def test_without_a_message_to_answer_nothing_is_asked(self, adapter, account, wire):
        assert await adapter.send(self.reply(reply_to={}), account, wire) == Rejected("window_closed")
        assert await adapter.send(self.reply(reply_to={}, thread_key="nonsense"), account, wire) == Rejected("window_closed")
        assert wire.asked == []

    async def test_comments_are_threads_that_everybody_reads(self, adapter, simulator, account, wire):
        first = await simulator.customer_comments(self.customer, "多少钱")
        (told,) = await self.taken(simulator, adapter, account, wire)
        await simulator.customer_comments("customer-2", "同问", under=first)
        (below,) = await self.taken(simulator, adapter, account, wire)
        assert (told.thread.key, told.thread.post_id) == (f"video-1/{first}", "video-1")
        assert (below.thread.key, below.sender.address) == (told.thread.key, "customer-2")
        answer = self.reply(text="168 元", thread_key=told.thread.key, reply_to=told.reply_to)
        assert isinstance(await adapter.send(answer, account, wire), Sent)
        shown = simulator.shown(self.customer)[-1]
        assert (shown.by, shown.text, shown.thread) == ("company", "168 元", "video-1")

    async def test_the_refresh_token_is_renewed_and_kept(self, adapter, simulator, account, wire):
        for _ in range(3):
            wire.tokens.clear()
            assert isinstance(await adapter.send(self.reply(), account, wire), Sent)
        used = [one.form()["refresh_token"] for one in simulator.asked if one.path == "/oauth/refresh_token/"]
        assert used == ["refresh-0", "refresh-000001", "refresh-000002"]

    async def test_one_that_an_admin_enters_counts_for_more_than_the_kept_one(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(), account, wire)
        wire.tokens.clear()
        simulator.refresh = "entered anew"
        anew = msgspec.structs.replace(account, secrets={**account.secrets, "refresh_token": "entered anew"})
        assert isinstance(await adapter.send(self.reply(), anew, wire), Sent)

    async def test_one_that_has_run_out_is_told(self, adapter, simulator, account, wire):
        simulator.refresh = "else"
        assert await adapter.send(self.reply(), account, wire) == NeedsReauth("error 10010")
        assert await adapter.connect(account, wire) == NeedsReauth("error 10010")

    async def test_a_token_that_is_taken_away_is_renewed_once(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(text="一"), account, wire)
        simulator.go_wrong(Fault.TOKEN_REVOKED)
        assert isinstance(await adapter.send(self.reply(text="二"), account, wire), Sent)
        assert [one.text for one in simulator.shown(self.customer)] == ["一", "二"]

    async def test_what_the_account_writes_itself_is_left_out(self, adapter, account):
        held = {"server_message_id": "1", "text": "您好"}
        assert list(adapter.parse(signed(push(codec.MESSAGE, held, OPEN_ID)), account)) == []


@pytest.mark.parametrize(
    ("held", "text", "notes"),
    [
        ({"message_type": "image", "server_message_id": "1"}, "[image]", ("unsupported",)),
        ({"message_type": "text", "server_message_id": 7301, "text": "好"}, "好", ()),
        ({"server_message_id": "1", "text": "好", "create_time": 1e400}, "好", ()),
    ],
)
def test_messages_of_every_kind_are_told(held, text, notes):
    (message,) = codec.inbound(push(codec.MESSAGE, held), OPEN_ID)
    assert (message.text, message.notes, message.sender.address) == (text, notes, "u-1")


@pytest.mark.parametrize(
    "body",
    [
        push("im_send_msg", {"server_message_id": "1"}),
        push(codec.MESSAGE, {}),
        push(codec.MESSAGE, {"server_message_id": "1"}, ""),
        push(codec.COMMENT, {"comment_id": "1"}),
        push(codec.MESSAGE, None),
        push(codec.MESSAGE, []),
    ],
)
def test_what_says_nothing_is_left_out(body):
    assert list(codec.inbound(body, OPEN_ID)) == []


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (2190002, NeedsReauth("error 2190002")),
        (10010, NeedsReauth("error 10010")),
        (28003017, Retry(30.0, "error 28003017")),
        (28007073, Rejected("window_closed")),
        (2100007, Rejected("blocked")),
        (2100005, Rejected("2100005 because")),
    ],
)
def test_each_code_has_its_meaning(code, end):
    said = codec.Outcome(error_code=code, description="because")
    assert codec.result_of(codec.Answer(data=said)) == end
    assert codec.result_of(codec.Answer(data=codec.Outcome(), extra=said)) == end
    assert codec.result_of(codec.Answer(err_no=code, err_msg="because")) == end


def test_an_answer_without_sense_is_never_a_success():
    assert isinstance(codec.result_of(None), Retry)
    assert isinstance(codec.result_of(codec.Answer()), Retry)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["server_message_id", "message_type", "text", "create_time", "user_infos", "comment_id", "reply_to_item_id"]
)


@given(st.sampled_from([codec.MESSAGE, codec.COMMENT]), st.dictionaries(NAMES, JSON) | JSON)
def test_no_content_breaks_the_reader(event, content):
    try:
        told = codec.inbound(push(event, content), OPEN_ID)
    except QiaoError:
        told = ()
    assert all(isinstance(one, InboundMessage) and one.provider_id and one.sender.address for one in told)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body):
    try:
        assert list(codec.inbound(body, OPEN_ID)) == []
    except QiaoError as error:
        assert error.code
