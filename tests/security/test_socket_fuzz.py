"""Every frame of either socket made from its contract, every name that the catalogue of facts or the inside of the program knows, and every
kind of frame: one fixed code or a close, nothing of the inside, and the neighbour hears on.
"""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from msgspec import inspect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Ear, Process, processes

from qiao.domains.conversations.visitor_socket import VisitorFrame
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.auth.throttle import Throttle
from qiao.platform.db.database import Database
from qiao.platform.live.feed import Frame
from qiao.platform.log.facts import Fact

pytestmark = pytest.mark.database


def facts(kind: type[Fact]) -> Iterator[type[Fact]]:
    """Every kind of fact that the program knows."""
    for one in kind.__subclasses__():
        yield one
        yield from facts(one)


INSIDE = (
    "base", "Base", "__class__", "__init__", "__dict__", "__proto__", "constructor", "prototype", "toString", "self", "None", "null",
    "accept", "push", "push_frame", "close", "serve", "_act", "_welcome", "on_frame", "handlers", "session", "sessions", "login", "auth",
    "subscribe", "join", "events", "welcome", "pong", "refused", "ack", "message", "conversation", "note", "assign", "delete", "edit",
    "restore", "claim", "resolve", "admin", "debug", "eval", "../../etc/passwd", "{{7*7}}", "' or 1=1 --", "%s%s%n", "\u202e", "",
)  # fmt: skip
FACTS = sorted(kind.wire_name for kind in facts(Fact) if hasattr(kind, "wire_name"))
NAMES = sorted({*INSIDE, *FACTS, *(name.split(".")[1] for name in FACTS)})
TELLING = (
    "Traceback",
    "asyncpg",
    "msgspec",
    "site-packages",
    ".py",
    "0x",
    "/src/",
    "object at",
    "qiao.domains",
    "select ",
    "Struct",
    "qs_",
)
KNOWN = {
    "refused": {"type", "client_id", "code", "retry_after", "detail", "limit", "field"},
    "pong": {"type", "id"},
    "ack": None,
    "message": None,
    "conversation": None,
    "typing": None,
    "read": None,
    "viewers": None,
    "events": None,
    "presence": None,
}
CLOSES = {1000, 1003, 1007, 1009, 4401, 4409}
DEEP = "[" * 10_000 + "]" * 10_000
STRANGE: dict[str, dict[str, Any]] = {
    "empty": {"text": ""},
    "one byte": {"text": "{"},
    "null": {"text": "null"},
    "NaN": {"text": "NaN"},
    "NaN inside": {"text": '{"type":"ping","id":NaN}'},
    "infinite": {"text": '{"type":"ping","id":1e999}'},
    "deep": {"text": DEEP},
    "deep inside": {"text": f'{{"type":"ping","id":{DEEP}}}'},
    "16 MB": {"text": '{"type":"ping","x":"' + "x" * 16_000_000 + '"}'},
    "half a character": {"text": '{"type":"ping","id":"\\ud800"}'},
    "half a character itself": {"text": '{"type":"\ud800"}'},
    "binary": {"bytes": b'{"type":"ping","id":1}'},
    "no bytes": {"bytes": b""},
    "noise": {"bytes": bytes(range(256))},
    "neither": {},
}


class Wire(Ear):
    """A client's end that can send what is no frame, and keeps what was said to it as it was written."""

    said: list[str]

    async def _send(self, message: Any) -> None:
        self.said = [*getattr(self, "said", []), *([message["text"]] if message["type"] == "websocket.send" else [])]
        await super()._send(message)

    def raw(self, **frame: Any) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", **frame})

    async def settled(self) -> None:
        """Until the socket answered everything that was said before, or ended."""
        number = len(self.frames) + 10_000
        self.say(type="ping", id=number)
        await self.until(lambda: self.closed is not None or any(one.get("id") == number for one in self.of("pong")))


class Talkers:
    """Whoever opens a socket: nobody yet, a visitor, a person."""

    def __init__(self, process: Process, visitor: Any, person: Any) -> None:
        self._process, self._visitor, self._person = process, visitor, person

    async def open(self, who: str) -> Wire:
        cookie = {"cookie": self._person.headers["cookie"]} if who in {"person", "person before hello"} else {}
        wire = Wire(self._process.front, "/live" if cookie else "/visitor/v1/live", cookie)
        self._process._ears.append(wire)
        token = self._visitor.headers["authorization"].removeprefix("Bearer ")
        if who in {"visitor", "person"}:
            wire.say(type="hello", epoch="", after=0, **({} if cookie else {"token": token}))
            await wire.next("welcome")
            wire.frames.clear()
            wire.said = []
        return wire


@pytest.fixture(scope="module")
async def talkers(database: Database, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talkers]:
    workspace = await Workspaces(database).create("fuzzed", {"en": "Fuzzed"})
    async with processes(postgres_dsn, workspace, tmp_path_factory.mktemp("fuzz")) as (process,):
        inbox = await process.inbox(bot_enabled=False)
        # A person cannot do so much so fast, and would not be answered.
        process.running.visitor_sockets._gestures = process.running.feed._frames_of = Throttle(rate=1e6, burst=10**6)
        yield Talkers(process, await process.visitor(inbox), await process.person("小唐"))


def made_of(contract: type[msgspec.Struct], count: int) -> list[dict[str, Any]]:
    """Frames with the contract's fields, each of the right type or of any other, the same every time."""
    scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20))
    anything = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    )
    fields = [field.encode_name for field in inspect.type_info(contract).fields]  # type: ignore[union-attr]
    kinds = st.sampled_from(("send", "typing", "read", "ping", "hello", "view", *NAMES))
    right = {
        "on": st.booleans(),
        "text": st.text(max_size=50),
        "client_id": st.text(max_size=50),
        "seq": st.integers(),
        "id": st.integers(),
    }
    frames = st.fixed_dictionaries(
        {"type": kinds}, optional={name: right.get(name, anything) | anything for name in fields if name != "type"}
    )
    gathered: list[dict[str, Any]] = []

    @seed(20261122)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(frames)
    def gather(frame: dict[str, Any]) -> None:
        gathered.append(frame)

    gather()
    return gathered


def wrong_with(wire: Wire) -> str:
    """What is wrong with what a socket said: a close that is none of ours, a frame nobody described, a word of the inside."""
    if wire.task.done() and wire.task.exception() is not None:
        return f"broke: {wire.task.exception()!r}"
    if wire.closed is not None and wire.closed not in CLOSES:
        return f"closed with {wire.closed}"
    for frame in wire.frames:
        fields = KNOWN.get(frame["type"], set())
        if fields is not None and not frame.keys() <= fields:
            return f"said {frame}"
    text = "\n".join(wire.said)
    return next((f"tells of {word}: {text[:200]}" for word in TELLING if word in text), "")


async def tried(talkers: Talkers, who: str, frames: list[dict[str, Any]]) -> list[str]:
    """What went wrong with any of these; each socket is used for as long as it stays open."""
    wrong, wire = [], await talkers.open(who)
    for frame in frames:
        wire = await talkers.open(who) if wire.closed is not None or who == "nobody" else wire
        wire.raw(**frame)
        await wire.settled()
        wrong += [f"{str(frame)[:120]}: {problem}"] if (problem := wrong_with(wire)) else []
        wire.frames.clear()
    wire.hang_up()
    return wrong


def test_the_catalogue_of_facts_is_among_the_names() -> None:
    assert len(FACTS) > 30 and set(FACTS) < set(NAMES)


@pytest.mark.parametrize("who", ["nobody", "visitor", "person"])
async def test_no_frame_tells_of_the_inside_or_harms_a_neighbour(talkers: Talkers, who: str) -> None:
    neighbour = await talkers.open("visitor")
    contract = Frame if who == "person" else VisitorFrame
    named = [{"text": json.dumps({"type": name})} for name in NAMES]
    also = [{"text": json.dumps({key: name})} for key in ("event", "action", "method") for name in INSIDE[:8]]
    made = [{"text": json.dumps(frame)} for frame in made_of(contract, 60)]
    assert await tried(talkers, who, [*named, *also, *made, *STRANGE.values()]) == []
    await neighbour.settled()
    assert neighbour.closed is None and neighbour.of("pong")


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("who", ["visitor", "person"])
async def test_what_is_no_frame_closes_the_socket(talkers: Talkers, who: str, strange: str) -> None:
    wire = await talkers.open(who)
    wire.raw(**STRANGE[strange])
    await wire.settled()
    assert wire.closed in {1003, 1009} and wire.frames == []


@pytest.mark.parametrize("name", ["base", "__class__", "conversations.assigned.v1", "note", "assign"])
@pytest.mark.parametrize("who", ["visitor", "person"])
async def test_a_name_that_is_no_request_has_one_answer(talkers: Talkers, who: str, name: str) -> None:
    wire = await talkers.open(who)
    wire.say(type=name)
    await wire.settled()
    assert [{"code": one["code"], "type": one["type"]} for one in wire.of("refused")] == [
        {"code": "live.unknown_type", "type": "refused"}
    ]
    wire.hang_up()


async def test_of_two_values_the_last_is_read_and_nothing_breaks(talkers: Talkers) -> None:
    """Nobody before us reads frames, so that there is no second reading of them to disagree with."""
    wire = await talkers.open("visitor")
    wire.raw(text='{"type":"admin","type":"ping","id":1,"id":2}')
    await wire.settled()
    assert 2 in [one["id"] for one in wire.of("pong")] and not wire.of("refused")
