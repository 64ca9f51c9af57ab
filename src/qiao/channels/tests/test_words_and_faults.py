"""What holds whatever customers write and whatever platforms do: words come through whole, and no fault makes a false "sent"."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from qiao.channels.registry import load_channel
from qiao.ports.channel import (
    Account,
    Channel,
    Inbound,
    InboundMessage,
    NeedsReauth,
    OutboundMessage,
    PullDue,
    Rejected,
    Retry,
    Sent,
)
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

CUSTOMERS = {
    "wechat_oa": "oCustomer1",
    "wecom_kf": "wmCustomer1",
    "wechat_mini": "oCustomer1",
    "weibo": "2489518277",
    "xiaohongshu": "u-1",
}
REPLY = OutboundMessage(key="k-1", conversation_id=UUID(int=3), to="")
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\n\t"),
    min_size=1,
    max_size=60,
)
STORM = [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.NONSENSE, Fault.CUT, Fault.WINDOW_CLOSED, Fault.BLOCKED]
every_channel = pytest.mark.parametrize("name", CUSTOMERS)


class Stage:
    """One channel with its platform, fresh."""

    def __init__(self, name: str) -> None:
        self.adapter: Channel = load_channel(name)
        self.simulator: Any = import_module(f"qiao.channels.{name}.simulator").Simulator(self.adapter.manifest)
        self.account: Account = self.simulator.account()
        self.wire = MemoryWire(self.simulator)
        self.customer = CUSTOMERS[name]

    async def taken(self) -> Sequence[Inbound]:
        """What the last delivery told of."""
        receipt = self.simulator.delivered[-1]
        assert self.adapter.verify(receipt, self.account) is None
        held = self.adapter.parse(receipt, self.account)
        if held and isinstance(held[0], PullDue):
            held = (await self.adapter.pull(None, held[0].hint, self.account, self.wire)).items[-1:]
        return held

    async def said(self, text: str, key: str = "k-1", number: int = 1) -> Any:
        """We answer."""
        reply = structs.replace(REPLY, to=self.customer, text=text, key=key, number=number)
        return await self.adapter.send(reply, self.account, self.wire)

    def shown_texts(self) -> list[str]:
        """What the customer's phone shows of ours."""
        return [one.text for one in self.simulator.shown(self.customer) if one.by == "company"]


def on_stage(name: str, play: Callable[[Stage], Awaitable[None]]) -> None:
    """Play it once, from the beginning."""

    async def played() -> None:
        await play(Stage(name))

    asyncio.run(played())


@every_channel
@settings(max_examples=25)
@given(words=WORDS)
def test_a_customers_words_come_through_whole(name: str, words: str):
    async def play(stage: Stage) -> None:
        await stage.simulator.customer_writes(stage.customer, words)
        (message,) = await stage.taken()
        assert isinstance(message, InboundMessage)
        assert (message.text, message.sender.address) == (words, stage.customer)

    on_stage(name, play)


@every_channel
@settings(max_examples=25)
@given(words=WORDS)
def test_our_words_come_through_whole(name: str, words: str):
    async def play(stage: Stage) -> None:
        await stage.simulator.customer_writes(stage.customer, "在吗")
        assert isinstance(await stage.said(words), Sent)
        assert stage.shown_texts() == [words]

    on_stage(name, play)


@every_channel
@settings(max_examples=25)
@given(storm=st.lists(st.sampled_from(STORM), max_size=6))
def test_no_storm_of_faults_makes_a_false_sent(name: str, storm: list[Fault]):
    """Each try ends in one of four ways, and the phone shows exactly what was said to be sent."""

    async def play(stage: Stage) -> None:
        await stage.simulator.customer_writes(stage.customer, "在吗")
        stage.simulator.go_wrong(*storm)
        results = [await stage.said("一", key=f"k-{number}") for number in range(len(storm) + 1)]
        assert all(isinstance(one, Sent | Retry | Rejected | NeedsReauth) for one in results)
        assert len(stage.shown_texts()) == sum(isinstance(one, Sent) for one in results)

    on_stage(name, play)


@every_channel
@settings(max_examples=20)
@given(storm=st.lists(st.sampled_from([Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.NONSENSE, Fault.CUT]), max_size=5))
def test_what_passes_is_tried_again_until_it_is_there_once(name: str, storm: list[Fault]):
    async def play(stage: Stage) -> None:
        await stage.simulator.customer_writes(stage.customer, "在吗")
        stage.simulator.go_wrong(*storm)
        for _ in range(len(storm) + 1):
            result = await stage.said("到了吗")
            if not isinstance(result, Retry):
                break
            assert 0 < result.after_seconds <= 3600
            assert result.reason
        assert isinstance(result, Sent)
        assert stage.shown_texts() == ["到了吗"]

    on_stage(name, play)


@pytest.mark.fault("F-C1")
@every_channel
async def test_a_redelivery_three_times_at_once_is_one_message(name: str):
    stage = Stage(name)
    await stage.simulator.customer_writes(stage.customer, "在吗")
    (first,) = await stage.taken()
    await stage.simulator.redeliver(3)
    assert len(stage.simulator.delivered) == 4
    again = [await stage.taken() for _ in range(3)]
    assert {one.provider_id for held in again for one in held} == {first.provider_id}


@every_channel
async def test_two_customers_are_two(name: str):
    stage = Stage(name)
    other = stage.customer[:-1] + ("8" if stage.customer[-1] != "8" else "9")
    senders = []
    for address in (stage.customer, other, stage.customer):
        await stage.simulator.customer_writes(address, "在吗")
        senders += [one.sender.address for one in await stage.taken() if isinstance(one, InboundMessage)]
    assert senders == [stage.customer, other, stage.customer]
    assert isinstance(await stage.said("只给您"), Sent)
    assert [one.text for one in stage.simulator.shown(other)] == ["在吗"]


@every_channel
async def test_a_reply_to_another_inbox_of_the_same_channel_is_signed_by_nobody(name: str):
    """What one account's secrets sign, another account does not believe."""
    stage = Stage(name)
    await stage.simulator.customer_writes(stage.customer, "在吗")
    strangers = {key: f"{value[:-1]}X" for key, value in stage.account.secrets.items()}
    other = structs.replace(stage.account, secrets=strangers)
    with pytest.raises(Exception, match=r"signature|envelope|signed"):
        stage.adapter.verify(stage.simulator.delivered[-1], other)


@every_channel
async def test_an_admin_who_mistyped_is_told_and_nothing_is_sent(name: str):
    stage = Stage(name)
    wrong = structs.replace(stage.account, secrets=dict.fromkeys(stage.account.secrets, "mistyped"))
    result = await stage.adapter.send(structs.replace(REPLY, to=stage.customer, text="一"), wrong, stage.wire)
    assert isinstance(result, NeedsReauth)
    assert "mistyped" not in result.reason
    assert isinstance(await stage.adapter.connect(wrong, stage.wire), NeedsReauth)
    assert stage.shown_texts() == []


@every_channel
async def test_nothing_at_all_is_no_message(name: str):
    stage = Stage(name)
    assert await stage.said("") == Rejected("not_allowed")
    assert stage.wire.asked == []


@every_channel
async def test_a_channel_without_its_address_is_not_reached(name: str):
    """A host that an operator emptied, or a mapping that leads nowhere, is a try later and never an exception."""
    stage = Stage(name)
    nowhere = structs.replace(stage.account, hosts=dict.fromkeys(stage.account.hosts, "http://nowhere.test/elsewhere"))
    sending = {**stage.account.settings.get("sending", {}), "url": "http://platform.test/none"}
    nowhere = structs.replace(nowhere, settings={**nowhere.settings, "sending": sending})
    result = await stage.adapter.send(structs.replace(REPLY, to=stage.customer, text="一"), nowhere, stage.wire)
    assert isinstance(result, Retry | NeedsReauth)
