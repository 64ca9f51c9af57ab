"""What platforms send: for each channel that has a manifest its deliveries, their insides where they are sealed, and answers to our calls.

Begins with what the channel's own simulator delivers and answers, and with the samples beside its tests.
"""

from collections.abc import Callable, Coroutine, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from fuzz.target import Target, read_or_refused, waited_for
from msgspec import structs

import qiao.channels
from qiao.channels.registry import load_channel
from qiao.channels.shared import lines
from qiao.kit.sealed_callback import sealed
from qiao.ports.channel import (
    Ack,
    Channel,
    Connected,
    FetchedMedia,
    InboundMessage,
    Media,
    NeedsReauth,
    OutboundMessage,
    Pulled,
    RawReceipt,
    Rejected,
    Retry,
    Sender,
    Sent,
    WireAnswer,
    WireFailed,
    WireRequest,
)
from qiao.ports.channel_manifest import Capability
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.simulating import SentFile
from qiao.ports.testing.wire import MemoryWire

ROOM = Path(qiao.channels.__file__).parent
NAMES = sorted(one.parent.name for one in ROOM.glob("*/manifest.toml"))
SIMULATED = [name for name in NAMES if (ROOM / name / "simulator.py").exists()]
LINES = [name for name in NAMES if "lines.brought" in "".join(one.read_text() for one in (ROOM / name).glob("*.py"))]
"""Those that hold a connection and hand on what it brings, without a signature of the provider's."""
ENVELOPES = [name for name in NAMES if "encoding_aes_key" in (ROOM / name / "manifest.toml").read_text(encoding="utf-8")]
"""Those whose deliveries are sealed with a key of 43 letters."""
_PICTURE = SentFile(kind="image", data=b"\x89PNG\r\n\x1a\n" + bytes(20), name="x.png", content_type="image/png")
_CUSTOMER = "2489518277"
_REPLY = OutboundMessage(key="k-1", conversation_id=UUID(int=3), to=_CUSTOMER, text="一", by_person=True)
_STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 429, 500)
_ENDS = (Sent, Retry, Rejected, NeedsReauth)


def targets() -> dict[str, Callable[[], Target]]:
    """By name; each is made when it is asked for."""
    return {
        **{f"channel.{name}": lambda name=name: _deliveries(name) for name in NAMES},
        **{f"line.{name}": lambda name=name: _brought(name) for name in LINES},
        **{f"envelope.{name}": lambda name=name: _inside(name) for name in ENVELOPES},
        **{f"answer.{name}": lambda name=name: _answers(name) for name in SIMULATED},
    }


class Stage:
    """One inbox of a channel, and what its platform delivered when a customer said something and sent a picture."""

    def __init__(self, name: str) -> None:
        self.adapter = load_channel(name)
        self.simulator: Any = None
        if name in SIMULATED:
            self.simulator = import_module(f"qiao.channels.{name}.simulator").Simulator(self.adapter.manifest)
            self.account = self.simulator.account(signing_key=bytes(range(32)))
            waited_for(self._written())
        else:
            one = ROOM / name
            self.account = import_module("qiao.ports.channel").Account(
                workspace_id=UUID(int=1), inbox_id=UUID(int=2), inbox_name=one.name, signing_key=bytes(range(32))
            )
        samples = [
            msgspec.json.decode(one.read_bytes(), type=Sample) for one in sorted((ROOM / name).glob("tests/samples/*.json"))
        ]
        delivered = list(self.simulator.delivered) if self.simulator else []
        self.receipts: list[RawReceipt] = [*delivered, *(one.receipt() for one in samples)]

    async def _written(self) -> None:
        await self.simulator.customer_writes(_CUSTOMER, "你好 1")
        if Capability.IMAGE in self.adapter.manifest.capabilities:
            await self.simulator.customer_writes(_CUSTOMER, file=_PICTURE)

    def read(self, receipt: RawReceipt) -> None:
        """Verified and parsed, each on its own; what was believed can be kept."""
        for step in (self.adapter.verify, self.adapter.parse):
            held = read_or_refused(lambda step=step: step(receipt, self.account))
            if held is not None and not isinstance(held, Ack):
                msgspec.json.encode(list(held))


def _deliveries(name: str) -> Target:
    stage = Stage(name)
    nobodys = RawReceipt("POST", {"content-type": "application/json"}, {}, b"")
    kinds = {(*one.headers, *one.query): one for one in stage.receipts}.values() or (nobodys,)

    def read(data: bytes) -> None:
        """As a body, as a question, and as each header and parameter of each kind of delivery."""
        text = data.decode("latin-1")
        for like in kinds:
            stage.read(structs.replace(like, body=data))
            for key in like.headers:
                stage.read(structs.replace(like, headers={**like.headers, key: text}))
            for key in like.query:
                stage.read(structs.replace(like, query={**like.query, key: text}))
        stage.read(RawReceipt("GET", nobodys.headers, dict(parse_qsl(text)), b""))

    return Target(read, [one.body for one in stage.receipts] or [_form_sent()])


def _form_sent() -> bytes:
    return b'{"answers":{"name":"x","message":"y"},"stamp":"1764000000.0123456789abcdef0123456789abcdef.0","files":[],"about":""}'


def _brought(name: str) -> Target:
    stage = Stage(name)
    return Target(lambda data: stage.read(lines.brought(stage.account, data)), [one.body for one in stage.receipts])


def _inside(name: str) -> Target:
    stage = Stage(name)
    key, settings = stage.account.secrets.get("encoding_aes_key", ""), stage.account.settings
    owner = str(settings.get("corp_id") or settings.get("app_id") or settings.get("client_id") or "")
    fields = ("MsgType", "FromUserName", "ToUserName", "Event", "Token", "OpenKfId", "CreateTime", "MsgId", "Content", "MediaId")
    begin = "<xml>" + "".join(f"<{one}>1</{one}>" for one in fields) + "</xml>"

    def read(data: bytes) -> None:
        held = sealed(key, data, owner, bytes(16))
        stage.read(RawReceipt("POST", {}, {}, f"<xml><Encrypt>{held}</Encrypt></xml>".encode()))
        stage.read(RawReceipt("POST", {}, {}, msgspec.json.encode({"Encrypt": held})))

    return Target(
        read, [begin.encode(), b'{"MsgType":"text","FromUserName":"a","Content":"b","MsgId":1,"CreateTime":1764000000}']
    )


class _Saying(MemoryWire):
    """Answers everything with the same; goes nowhere else."""

    def __init__(self, status: int, body: bytes, *, has_token: bool) -> None:
        super().__init__(files={"a.txt": b"tea"})
        self._answer = WireAnswer(status, {"content-type": "application/json", "retry-after": body[:8].decode("latin-1")}, body)
        self._has_token = has_token

    async def request(self, asked: WireRequest) -> WireAnswer:
        """The same."""
        return self._answer

    async def address(self, host: str, port: int) -> str:
        """Nobody is connected to."""
        raise WireFailed("refused")

    async def token(self, name: str, fetch: Any, *, stale: str | None = None) -> str:
        """One that is there, or one that must be got."""
        return "t" if self._has_token else await super().token(name, fetch, stale=stale)


class _Hearing(MemoryWire):
    """The simulator's own answers, kept to begin with."""

    def __init__(self, app: Any) -> None:
        super().__init__(app, {"a.txt": b"tea"})
        self.heard: list[bytes] = []

    async def request(self, asked: WireRequest) -> WireAnswer:
        """As the simulator says it."""
        answer = await super().request(asked)
        self.heard.append(bytes([_STATUSES.index(answer.status) if answer.status in _STATUSES else 0]) + answer.body[:8_000])
        return answer


def _answers(name: str) -> Target:
    stage = Stage(name)
    held = [
        one
        for receipt in stage.receipts
        for one in (read_or_refused(lambda r=receipt: stage.adapter.parse(r, stage.account)) or ())
    ]
    media = [file for one in held if isinstance(one, InboundMessage) for file in one.media][:1]

    def play(wire: MemoryWire) -> None:
        for call, ends in _calls(stage.adapter, stage.account, wire, media):
            assert isinstance(waited_for(call()), ends)

    def read(data: bytes) -> None:
        status, body = _STATUSES[data[0] % len(_STATUSES)] if data else 200, data[1:]
        play(_Saying(status, body, has_token=True))
        play(_Saying(status, body, has_token=False))

    wire = _Hearing(stage.simulator)
    for call, _ in _calls(stage.adapter, stage.account, wire, media):
        waited_for(call())
    return Target(read, wire.heard)


def _calls(
    adapter: Channel, account: Any, wire: Any, media: list[Media]
) -> Iterator[tuple[Callable[[], Coroutine[Any, Any, object]], tuple[type, ...]]]:
    yield lambda: adapter.send(_REPLY, account, wire), _ENDS
    yield lambda: adapter.connect(account, wire), (Connected, *_ENDS)
    yield lambda: adapter.pull(None, {"token": "t"}, account, wire), (Pulled,)
    yield (
        lambda: adapter.introduce(Sender(address=_CUSTOMER), {"code": "c", "data": "QUJD", "iv": "QUJD"}, account, wire),
        (
            Sender,
            Retry,
            type(None),
        ),
    )
    yield lambda: adapter.moderate("recall", "1.2", account, wire), _ENDS
    yield lambda: adapter.typing(_REPLY, account, wire), (type(None),)
    for one in media:
        yield lambda one=one: adapter.fetch_media(one, account, wire), (FetchedMedia, *_ENDS)
