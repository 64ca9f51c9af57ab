"""Bytes of platforms, bent: deliveries and answers that are almost right end in a word of our own, on every channel.

Each channel's tests ask with bytes made from nothing; here what its simulator really says is changed in a few places.
"""

import asyncio
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs

import qiao.channels
from qiao.channels.registry import load_channel
from qiao.kit.errors import QiaoError
from qiao.ports.channel import (
    Ack,
    Capability,
    Channel,
    Connected,
    FetchedMedia,
    InboundMessage,
    NeedsReauth,
    OutboundMessage,
    Pulled,
    Rejected,
    Retry,
    Sent,
    WireAnswer,
    WireRequest,
)
from qiao.ports.testing.simulating import SentFile
from qiao.ports.testing.wire import MemoryWire

ROOM = Path(qiao.channels.__file__).parent
NAMES = sorted(one.parent.name for one in ROOM.glob("*/simulator.py") if "class Simulator(" in one.read_text())
CUSTOMER = "2489518277"
"""An address of any platform."""
ENDLESS = ("9" * 400, "9" * 5_000)
ODD = [
    None,
    True,
    -1,
    2**63,
    1e308,
    "",
    "\x00",
    "\ud7ff\ufffe",
    "9" * 400,
    [],
    [[]],
    {},
    {"": None},
    "../..",
    "2026-13-40T99:99:99Z",
]
every_platform = pytest.mark.parametrize("name", NAMES)


@cache
def stage(name: str) -> tuple[Channel, Any]:
    """A platform whose customer said something, and sent a picture where they can."""
    adapter = load_channel(name)
    simulator = import_module(f"qiao.channels.{name}.simulator").Simulator(adapter.manifest)

    async def written() -> None:
        await simulator.customer_writes(CUSTOMER, "你好 1")
        if Capability.IMAGE in adapter.manifest.capabilities:
            picture = SentFile(kind="image", data=b"\x89PNG\r\n\x1a\n" + bytes(20), name="x.png", content_type="image/png")
            await simulator.customer_writes(CUSTOMER, file=picture)

    asyncio.run(written())
    return adapter, simulator


def bent(body: bytes, change: tuple[int, int, bytes, Any]) -> bytes:
    """The body with some bytes in place of others; a body of JSON with an odd value in place of one of its own."""
    at, length, instead, odd = change
    try:
        held = msgspec.json.decode(body)
    except msgspec.DecodeError:
        held = None
    places = list(_places(held)) if isinstance(held, dict | list) else []
    if not places or at % 3 == 0:
        start = at % (len(body) + 1)
        return body[:start] + instead + body[start + length :]
    box, key = places[at % len(places)]
    box[key] = odd
    return msgspec.json.encode(held)


def _places(held: Any) -> Iterable[tuple[Any, Any]]:
    pairs = held.items() if isinstance(held, dict) else enumerate(held)
    for key, value in list(pairs):
        yield held, key
        if isinstance(value, dict | list):
            yield from _places(value)


changes = st.tuples(st.integers(0, 10_000), st.integers(0, 12), st.binary(max_size=12), st.sampled_from(ODD))


@every_platform
@settings(max_examples=40, phases=[Phase.generate])
@given(change=changes, which=st.integers(0, 20))
def test_a_bent_delivery_is_read_or_refused_in_a_sentence(name: str, change: Any, which: int):
    adapter, simulator = stage(name)
    account, receipt = simulator.account(), simulator.delivered[which % len(simulator.delivered)]
    receipt = structs.replace(receipt, body=bent(receipt.body, change))
    for reads in (adapter.verify, adapter.parse):
        try:
            held = reads(receipt, account)
        except QiaoError:
            continue
        if held is None or isinstance(held, Ack):
            continue
        # Whatever was believed can be kept.
        assert msgspec.json.encode(held)


@every_platform
def test_an_endless_number_is_read_or_refused_wherever_it_stands(name: str):
    adapter, simulator = stage(name)
    account = simulator.account()
    for receipt in simulator.delivered:
        changed = [structs.replace(receipt, body=body) for body in _with_endless_numbers(receipt.body)]
        changed += [
            structs.replace(receipt, headers={**receipt.headers, one: many}) for one in receipt.headers for many in ENDLESS
        ]
        changed += [structs.replace(receipt, query={**receipt.query, one: many}) for one in receipt.query for many in ENDLESS]
        for one, reads in product(changed, (adapter.verify, adapter.parse)):
            with suppress(QiaoError):
                held = reads(one, account)
                assert held is None or isinstance(held, Ack) or msgspec.json.encode(held)


def _with_endless_numbers(body: bytes) -> Iterable[bytes]:
    """The body, each of its values in turn an endless number, as text and bare."""
    yield from (body[: found.start()] + b"9" * 5_000 + body[found.end() :] for found in re.finditer(rb"\d{4,}", body))
    try:
        count = len(list(_places(msgspec.json.decode(body))))
    except (msgspec.DecodeError, AttributeError, TypeError):
        return
    for at, odd in product(range(count), (*ENDLESS, 10**400)):
        held = msgspec.json.decode(body)
        box, key = list(_places(held))[at]
        box[key] = odd
        yield json.dumps(held).encode()


class Bending(MemoryWire):
    """Asks the simulator, and hands on its answers bent."""

    def __init__(self, app: Any, change: tuple[int, int, bytes, Any], status: int) -> None:
        super().__init__(app, {"a.txt": b"tea"})
        self._change, self._status = change, status

    async def request(self, asked: WireRequest) -> WireAnswer:
        """The answer, but not quite."""
        answer = await super().request(asked)
        return WireAnswer(self._status or answer.status, answer.headers, bent(answer.body, self._change))


@every_platform
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(change=changes, status=st.sampled_from([0, 0, 0, 200, 204, 302, 418, 500]))
def test_a_bent_answer_is_one_of_the_ends_that_a_call_has(name: str, change: Any, status: int):
    adapter, simulator = stage(name)

    async def played() -> None:
        account, wire = simulator.account(), Bending(simulator, change, status)
        reply = OutboundMessage(key="k-1", conversation_id=UUID(int=3), to=CUSTOMER, text="一", by_person=True)
        assert isinstance(await adapter.send(reply, account, wire), Sent | Retry | Rejected | NeedsReauth)
        assert isinstance(await adapter.connect(account, wire), Connected | Retry | Rejected | NeedsReauth)
        assert isinstance(await adapter.pull(None, {}, account, wire), Pulled)
        told = [one for receipt in simulator.delivered for one in adapter.parse(receipt, account)]
        for media in [file for one in told if isinstance(one, InboundMessage) for file in one.media][:1]:
            assert isinstance(await adapter.fetch_media(media, account, wire), FetchedMedia | Retry | Rejected | NeedsReauth)

    asyncio.run(played())
