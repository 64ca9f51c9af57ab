"""Any words arrive as they were written, on both sides; what is drawn otherwise is said here."""

import time
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.qq_bot.adapter import Adapter
from qiao.channels.qq_bot.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import OutboundMessage, Sent, WireRequest
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = "E4F4AEA33253A2797FB897C50B81D7ED"
GROUP = "C9F778FE6ADF9D1D1DBE395BF744A33A"
WORDS = st.text(min_size=1, max_size=80).filter(str.strip)


def a_platform():
    simulator = Simulator(MANIFEST)
    return Adapter(MANIFEST), simulator, simulator.account(), MemoryWire(simulator)


async def heard(text, **how):
    adapter, simulator, account, _ = a_platform()
    await simulator.customer_writes(HER, text, **how)
    receipt = simulator.delivered[-1]
    assert adapter.verify(receipt, account) is None
    return list(adapter.parse(receipt, account))


@given(WORDS)
async def test_what_a_customer_writes(text):
    (message,) = await heard(text)
    assert (message.text, message.media, message.thread) == (text, (), None)


@given(WORDS)
async def test_what_a_group_asks(text):
    adapter, simulator, account, _ = a_platform()
    await simulator.group_asks(GROUP, HER, text)
    (message,) = adapter.parse(simulator.delivered[-1], account)
    assert (message.text, message.thread.key) == (text.strip(), GROUP)


@given(WORDS.filter(lambda text: "<" not in text), st.booleans())
async def test_what_we_write(text, in_group):
    adapter, simulator, account, wire = a_platform()
    await (simulator.group_asks(GROUP, HER, "在吗") if in_group else simulator.customer_writes(HER, "在吗"))
    (asked,) = adapter.parse(simulator.delivered[-1], account)
    thread = {"thread_key": GROUP} if in_group else {}
    message = OutboundMessage(key="k", conversation_id=UUID(int=1), to=HER, text=text, reply_to=asked.reply_to, **thread)
    assert isinstance(await adapter.send(message, account, wire), Sent)
    assert simulator.shown(GROUP if in_group else HER)[-1].text == text


class TestThePlatform:
    """QQ's own library knows no webhooks: what its documents say of answers is held here, against the simulator alone."""

    async def asked(self, **body):
        _, simulator, account, wire = a_platform()
        simulator.answerable["m1"] = time.time() + 60
        simulator._granted()
        headers = {"authorization": "QQBot token-1"}
        url = f"{account.hosts['api']}/v2/users/{HER}/messages"
        return [
            (await wire.request(WireRequest(url=url, headers=headers, json={"msg_type": 0, "content": "x", **one}))).status
            for one in body["each"]
        ]

    async def test_an_answer_names_what_it_answers(self):
        assert await self.asked(each=[{"msg_seq": 1}, {"msg_id": "other", "msg_seq": 1}, {"msg_id": "m1", "msg_seq": 1}]) == [
            400,
            400,
            200,
        ]

    async def test_a_number_is_taken_once(self):
        assert await self.asked(each=[{"msg_id": "m1", "msg_seq": number} for number in (1, 1, 2, 2)]) == [200, 400, 200, 400]

    async def test_five_answers_are_taken(self):
        assert await self.asked(each=[{"msg_id": "m1", "msg_seq": number} for number in range(6)]) == [200] * 5 + [400]

    @pytest.mark.parametrize("authorization", ["", "QQBot token-0", "Bearer token-1", "token-1"])
    async def test_strangers_are_refused(self, authorization):
        _, simulator, account, wire = a_platform()
        simulator._granted()
        asked = WireRequest(method="GET", url=f"{account.hosts['api']}/users/@me", headers={"authorization": authorization})
        assert (await wire.request(asked)).status == 401

    async def test_a_new_token_ends_the_one_before(self):
        adapter, _, account, wire = a_platform()
        await adapter.connect(account, wire)
        first = wire.tokens["access"]
        await adapter.connect(account, wire)
        asked = WireRequest(method="GET", url=f"{account.hosts['api']}/users/@me", headers={"authorization": f"QQBot {first}"})
        assert (await wire.request(asked)).status == 401
