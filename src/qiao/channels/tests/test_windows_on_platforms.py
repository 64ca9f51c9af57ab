"""Reply windows against the platforms' own count: what a manifest says is what its platform lets through."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.wechat_mini.simulator import Simulator as MiniProgram
from qiao.channels.wechat_oa.simulator import Simulator as OfficialAccount
from qiao.channels.wecom_kf.simulator import Simulator as CustomerService
from qiao.channels.wecom_kf.states import State
from qiao.ports.channel import OutboundMessage, Rejected, Sent, WindowOpened
from qiao.ports.testing.wire import MemoryWire

CUSTOMER = "customer-1"
DOES = {"follow": "subscribe", "scan": "SCAN", "menu": "CLICK"}


class Desk:
    """Somebody answers a customer, and counts for themselves what the manifest lets them send."""

    def __init__(self, name: str, simulator: Any) -> None:
        self.adapter = load_channel(name)
        self.simulator = simulator(self.adapter.manifest)
        self.account, self.wire = self.simulator.account(), MemoryWire(self.simulator)
        self.counts = {one.opened_by: one.count for one in self.adapter.manifest.windows}
        self.left, self.number = 0, 0

    async def customer_writes(self) -> None:
        await self.simulator.customer_writes(CUSTOMER, "在吗")
        self.left, self.number = self.counts["message"], 0

    def opened(self, by: str) -> None:
        """An event never takes away what a message gave."""
        self.left = max(self.left, self.counts[by])

    async def answers(self, key: str) -> Any:
        self.number += 1
        reply = OutboundMessage(key=key, conversation_id=UUID(int=3), to=CUSTOMER, text=key, number=self.number)
        return await self.adapter.send(reply, self.account, self.wire)

    async def answers_as_counted(self, key: str) -> None:
        result = await self.answers(key)
        assert isinstance(result, Sent) is (self.left > 0), (result, self.left)
        assert isinstance(result, Sent) or result == Rejected("count_reached")
        self.left -= isinstance(result, Sent)

    def shown(self) -> list[str]:
        return [one.text for one in self.simulator.shown(CUSTOMER) if one.by == "company"]


@pytest.mark.fault("F-C9")
@settings(max_examples=30)
@given(acts=st.lists(st.sampled_from(["writes", "follow", "scan", "menu", "we", "we", "we"]), max_size=14))
def test_an_official_account_lets_through_what_its_manifest_says(acts: list[str]):
    async def play() -> None:
        desk = Desk("wechat_oa", OfficialAccount)
        await desk.customer_writes()
        for number, act in enumerate(acts):
            if act == "writes":
                await desk.customer_writes()
            elif act == "we":
                await desk.answers_as_counted(f"k-{number}")
            else:
                await desk.simulator.customer_does(CUSTOMER, DOES[act], EventKey="k")
                held = desk.adapter.parse(desk.simulator.delivered[-1], desk.account)[-1]
                assert isinstance(held, WindowOpened)
                desk.opened(held.by)

    asyncio.run(play())


@settings(max_examples=30)
@given(acts=st.lists(st.sampled_from(["writes", "enters", "we", "we", "we"]), max_size=14))
def test_a_mini_program_lets_through_what_its_manifest_says(acts: list[str]):
    async def play() -> None:
        desk = Desk("wechat_mini", MiniProgram)
        await desk.simulator.customer_enters(CUSTOMER)
        desk.opened("enter")
        for number, act in enumerate(acts):
            if act == "writes":
                await desk.customer_writes()
            elif act == "enters":
                await desk.simulator.customer_enters(CUSTOMER)
                desk.opened("enter")
            else:
                await desk.answers_as_counted(f"k-{number}")

    asyncio.run(play())


@settings(max_examples=30)
@given(acts=st.lists(st.sampled_from(["writes", "staff", "ends", "we", "we", "we"]), max_size=14))
def test_customer_service_lets_through_what_its_manifest_and_states_say(acts: list[str]):
    """Staff who answer in the platform's own app take the session; when they end it, only the customer begins it anew."""

    async def play() -> None:
        desk = Desk("wecom_kf", CustomerService)
        await desk.customer_writes()
        state = State.NEW
        for number, act in enumerate(acts):
            if act == "writes":
                await desk.customer_writes()
                state = State.NEW if state is State.ENDED else state
            elif act == "staff":
                await desk.simulator.servicer_writes(CUSTOMER, "我来处理")
                state = State.HUMAN
            elif act == "ends":
                desk.simulator.states[CUSTOMER] = state = State.ENDED
            elif state in {State.HUMAN, State.ENDED}:
                refused = {State.HUMAN: "served_elsewhere", State.ENDED: "window_closed"}[state]
                assert await desk.answers(f"k-{number}") == Rejected(refused)
            else:
                await desk.answers_as_counted(f"k-{number}")
                state = State.BOT
                assert desk.simulator.states[CUSTOMER] in {State.NEW, State.BOT}

    asyncio.run(play())


@settings(max_examples=30)
@given(
    page=st.integers(1, 5),
    acts=st.lists(st.sampled_from(["writes", "staff", "recalls", "pulls", "pulls"]), max_size=20),
)
def test_pulling_gives_everything_once_and_in_order(page: int, acts: list[str]):
    """However large a page is, and however messages and pulls follow each other."""

    async def play() -> None:
        desk = Desk("wecom_kf", CustomerService)
        desk.simulator.page = page
        happened: list[str] = []
        taken: list[str] = []
        cursor: str | None = None
        for act in [*acts, "pulls"]:
            if act == "writes":
                happened.append(await desk.simulator.customer_writes(CUSTOMER, "在吗"))
            elif act == "staff":
                happened.append(await desk.simulator.servicer_writes(CUSTOMER, "我来"))
            elif act == "recalls" and happened:
                await desk.simulator.event(CUSTOMER, "user_recall_msg", recall_msgid=happened[0])
                happened.append(happened[0])
            else:
                more = True
                while more:
                    pulled = await desk.adapter.pull(cursor, {"token": desk.simulator.pull_token}, desk.account, desk.wire)
                    taken += [one.provider_id for one in pulled.items]  # type: ignore[union-attr]
                    cursor, more = pulled.cursor, pulled.more
        assert taken == happened

    asyncio.run(play())


@pytest.mark.parametrize("name", ["wechat_oa", "wechat_mini", "wecom_kf", "weibo"])
def test_the_manifest_says_what_the_page_says(name: str):
    """48 hours after a message, everywhere in this family; the README says so in both languages."""
    manifest = load_channel(name).manifest
    page = (load_channel.__globals__["_HERE"] / name / "README.md").read_text(encoding="utf-8")
    window = next(one for one in manifest.windows if one.opened_by == "message")
    assert window.seconds == 48 * 3600
    assert "48 小时" in page
    assert "48 hours" in page
    assert (window.count is None) == ("不限条数" in page)
    assert (window.count == 5) == ("最多 5 条" in page)
    assert str(manifest.max_text) in page
