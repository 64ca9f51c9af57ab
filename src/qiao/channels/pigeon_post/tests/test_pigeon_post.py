"""Pigeon Post: what every channel with a provider promises, and what is its own."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.pigeon_post import codec
from qiao.channels.pigeon_post.simulator import Simulator
from qiao.channels.registry import load_channel
from qiao.kit.errors import QiaoError, Refused
from qiao.kit.webhook_signatures import signed_hex
from qiao.ports.channel import Channel, Media, NeedsReauth, OutboundFile, RawReceipt, Rejected, Retry
from qiao.ports.testing.connecting_suite import ConnectingSuite
from qiao.ports.testing.platform_suite import FILES, PlatformSuite
from qiao.ports.testing.simulating import Fault

NAME, CONTENT_TYPE, DATA = FILES["image"]
PICTURE = Media(kind="image", ref={"id": "p1"})
TEACUP = OutboundFile(
    id=UUID(int=9), kind="image", name=NAME, content_type=CONTENT_TYPE, size=len(DATA), url="http://desk.test/files/9"
)


@pytest.fixture
def adapter() -> Channel:
    return load_channel("pigeon_post")


@pytest.fixture
def simulator(adapter: Channel) -> Simulator:
    return Simulator(adapter.manifest)


class TestPigeonPost(PlatformSuite):
    channel = "pigeon_post"

    @pytest.mark.parametrize("signed", ["", "é", "0" * 64, signed_hex("", b"{}")])
    def test_without_a_key_nothing_is_believed(self, adapter, account, signed):
        unset = msgspec.structs.replace(account, secrets={})
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {"x-signature": signed}, {}, b"{}"), unset)

    async def test_a_reply_that_is_tried_again_is_shown_once(self, adapter, simulator, account, wire):
        results = [await adapter.send(self.reply(text="您好"), account, wire) for _ in range(3)]
        assert len(set(results)) == 1
        assert len(simulator.shown(self.customer)) == 1

    async def test_what_the_provider_says_of_a_refusal_is_kept(self, adapter, simulator, account, wire):
        simulator.go_wrong(Fault.BLOCKED)
        assert await adapter.send(self.reply(), account, wire) == Rejected("blocked")

    @pytest.mark.parametrize(
        ("fault", "end"), [(Fault.SERVER_ERROR, Retry), (Fault.CREDENTIALS_REFUSED, NeedsReauth), (Fault.WINDOW_CLOSED, Rejected)]
    )
    async def test_a_picture_that_is_not_taken_is_not_shown(self, adapter, simulator, account, wire, fault, end):
        simulator.go_wrong(fault)
        assert isinstance(await adapter.send(self.reply(text="", files=(TEACUP,)), account, wire), end)
        assert simulator.shown(self.customer) == []

    async def test_a_picture_that_cannot_be_had_now_is_asked_for_again(self, adapter, simulator, account, wire):
        simulator.go_wrong(Fault.SERVER_ERROR, Fault.CREDENTIALS_REFUSED)
        ends = [await adapter.fetch_media(PICTURE, account, wire) for _ in range(2)]
        assert [type(one) for one in ends] == [Retry, NeedsReauth]


class TestConnecting(ConnectingSuite):
    calls = 1


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(st.binary() | ANYTHING.map(msgspec.json.encode))
def test_any_body_is_read_or_refused(body):
    try:
        held = codec.read(body)
    except QiaoError:
        held = ()
    assert isinstance(held, tuple)
