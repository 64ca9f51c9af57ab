"""What comes over the wire: requests, frames, the bus, tokens and headers, answers of models and shops, backups, settings."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock
from uuid import UUID

import msgspec
from fuzz.target import Target, read_or_refused, waited_for

from qiao.app.patient_protocol import PatientProtocol
from qiao.channels.dingtalk import streaming
from qiao.channels.feishu import frames, long_connection
from qiao.channels.qq_bot import signing
from qiao.channels.shared.asking import read as decoded
from qiao.channels.slack_app import socket_mode
from qiao.channels.sms_smpp import pdu
from qiao.channels.web_form import stamps
from qiao.channels.wechat_mini import login
from qiao.domains.audit.api import read_anchors
from qiao.domains.bot.flows.tools import http_tools
from qiao.domains.bot.flows.tools.contracts import ToolFailed
from qiao.domains.conversations.visitor_socket import VisitorFrame
from qiao.domains.people import rules as people
from qiao.domains.webhooks.rules import retry_after
from qiao.kit import plain_xml
from qiao.platform.auth.sealing import SealedColumn, Seals
from qiao.platform.auth.signing import check_proof, sign_proof
from qiao.platform.backup.archive import Archive, of
from qiao.platform.backup.depots import open_depot
from qiao.platform.backup.following import PREFIX, REACHED, reached
from qiao.platform.backup.keys import VARIABLE as KEY_VARIABLE
from qiao.platform.backup.keys import find_key
from qiao.platform.backup.programs import addressed
from qiao.platform.backup.sealing import seal, unseal
from qiao.platform.backup.unpacking import compare
from qiao.platform.bus.nats import NatsBus
from qiao.platform.http.client_ip import client_ip, network_of
from qiao.platform.http.outbound import OutboundAnswer, checked_url
from qiao.platform.http.paging import decode_cursor, encode_cursor
from qiao.platform.i18n import negotiate
from qiao.platform.live.feed import Frame
from qiao.platform.settings import Settings, read_settings
from qiao.ports.channel import Account
from qiao.ports.commerce import Order
from qiao.providers.commerce_rest.wire import answer_of, problem_of
from qiao.providers.llm_openai.stream import StreamReader, read_whole

_CLOSED = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What a socket answers with a close, and a route with 400."""
_KEY = bytes(range(32))
_INBOX = Account(workspace_id=UUID(int=1), inbox_id=UUID(int=2), inbox_name="a", signing_key=_KEY)
_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_CURSORS: tuple[Any, ...] = (
    UUID,
    int,
    tuple[UUID],
    tuple[datetime, UUID],
    tuple[float, UUID],
    tuple[int, datetime, UUID],
)


def targets() -> dict[str, Callable[[], Target]]:
    """By name; each is made when it is asked for."""
    return _REQUESTS | _FRAMES | _TOKENS | _ANSWERS | _KEPT


def _text(read: Callable[[str], object], *seeds: str) -> Callable[[], Target]:
    """Of what comes as text, in a header or in JSON."""
    return lambda: Target(lambda data: read(data.decode("latin-1")), [one.encode() for one in seeds])


def _bytes(read: Callable[[bytes], object], *seeds: bytes) -> Callable[[], Target]:
    return lambda: Target(read, list(seeds))


def _struct(contract: Any, *seeds: bytes) -> Callable[[], Target]:
    return lambda: Target(msgspec.json.Decoder(contract).decode, list(seeds), _CLOSED)


# --- requests -------------------------------------------------------------------------------------------------------------


def _bodies() -> Target:
    """Every body that a route reads: the first two bytes say which."""
    from support.routes import routes

    contracts = [one.body for one in routes() if one.reads_json]
    decoders = [msgspec.json.Decoder(one) for one in dict.fromkeys(contracts)]

    def read(data: bytes) -> None:
        decoders[int.from_bytes(data[:2], "big") % len(decoders)].decode(data[2:])

    fields = ",".join(f'"{name}":1' for contract in contracts for name in contract.__struct_fields__[:3])[:4_000]
    return Target(read, [number.to_bytes(2, "big") + b"{" + fields.encode() + b"}" for number in range(len(decoders))], _CLOSED)


def _http() -> Target:
    """A connection at the front door, up to where a request is handed to the program."""
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        """Nobody answers: what is read is looked at, not what is said."""

    config = Config(app, log_config=None, access_log=False, ws="none", lifespan="off")
    config.load()

    def read(data: bytes) -> None:
        transport = MagicMock(spec=asyncio.Transport)
        transport.get_extra_info.return_value = None
        transport.is_closing.return_value = False

        async def connection() -> None:
            protocol = PatientProtocol(config=config, server_state=ServerState(), app_state={})
            protocol.connection_made(transport)
            for start in range(0, len(data), 512):
                protocol.data_received(data[start : start + 512])
            protocol.connection_lost(None)
            await asyncio.sleep(0)

        waited_for(connection())

    whole = b"POST /in/a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n{}"
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    return Target(read, [whole, chunked, b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"])


def _forwarded(text: str) -> None:
    headers = [(b"x-forwarded-for", text.encode("latin-1"))]
    network_of(client_ip({"client": ("127.0.0.1", 1), "headers": headers}, frozenset({"127.0.0.1"})))  # type: ignore[typeddict-item]
    people.source_of(text)
    network_of(text)


def _cursor(text: str) -> None:
    for kind in _CURSORS:
        read_or_refused(lambda kind=kind: decode_cursor(text, kind))


_REQUESTS = {
    "http": _http,
    "bodies": _bodies,
    "address": _text(checked_url, "https://user@[::1]:80/a?b#c", "http://127.0.0.1%2eexample/", "//a"),
    "forwarded": _text(_forwarded, "1.2.3.4, ::ffff:10.0.0.1, fe80::1%eth0, x"),
    "cursor": _text(_cursor, encode_cursor((_NOW, UUID(int=1))), encode_cursor(5), encode_cursor((1, _NOW, UUID(int=1)))),
    "language": _text(lambda text: negotiate(text, ("zh", "en"), "zh"), "zh-CN,zh;q=0.9,en;q=0.8,*;q=0"),
    "email": _text(people.clean_email, "a@b.example", "<a@b.example>"),
}


# --- frames ---------------------------------------------------------------------------------------------------------------


def _feishu(data: bytes) -> None:
    frame = frames.read(data)
    long_connection.Parts().whole(frame)
    frames.read(frames.written(frame))


def _smpp(data: bytes) -> None:
    for read in (pdu.short, pdu.credentials, pdu.message_id):
        read_or_refused(lambda read=read: read(data))
    pdu.split(data)


def _nats() -> Target:
    bus = NatsBus("nats://127.0.0.1:1/a")
    heard = MagicMock()
    bus.subscribe("a", heard)
    frame = msgspec.msgpack.encode(("b", [("a", b"c")]))

    def read(data: bytes) -> None:
        waited_for(bus._arrived(MagicMock(data=data)))

    return Target(read, [frame, frame[:-1]])


_FRAMES = {
    "frame.person": _struct(Frame, b'{"type":"hello","epoch":"a","after":3,"protocol":1}'),
    "frame.visitor": _struct(VisitorFrame, b'{"type":"hello","token":"a","after":3}'),
    "frame.feishu": _bytes(
        _feishu, frames.written(frames.Frame(headers={"sum": "2", "seq": "1", "type": "event"}, payload=b"{}"))
    ),
    "frame.dingtalk": _bytes(
        lambda data: decoded(data, streaming.Frame), b'{"type":"SYSTEM","headers":{"topic":"ping"},"data":"{}"}'
    ),
    "frame.slack": _bytes(lambda data: decoded(data, socket_mode.Envelope), b'{"type":"hello","envelope_id":"a","payload":{}}'),
    "frame.smpp": _bytes(_smpp, pdu.Short(source="+1", destination="2", data=b"x", tags={5: b"y"}).encode(), bytes(16)),
    "frame.nats": _nats,
    "xml": _bytes(plain_xml.read, b"<xml><a><![CDATA[b]]></a><c><d>1</d></c></xml>", b"<!DOCTYPE a><a/>"),
}


# --- tokens and signatures ------------------------------------------------------------------------------------------------


def _proof() -> Target:
    key = "k" * 32
    good = sign_proof("a", key, audience="b")

    def read(data: bytes) -> None:
        text = data.decode("latin-1")
        read_or_refused(lambda: check_proof(text, [key], audience="b"))
        try:
            claims = msgspec.json.decode(data)
        except _CLOSED:
            return
        if isinstance(claims, dict):
            import jwt

            signed = jwt.api_jws.encode(msgspec.json.encode(claims), key, algorithm="HS256")
            read_or_refused(lambda: check_proof(signed, [key], audience="b"))

    claims = (
        b'{"sub":"a","aud":"b","exp":4102444800}',
        b'{"sub":[],"aud":["b"],"exp":1e999,"nbf":"x"}',
        b'{"sub":"a","aud":"b","exp":"nan"}',
    )
    return Target(read, [good.encode(), *claims])


def _session(text: str) -> None:
    for prefix in (people.SESSION_PREFIX, people.INVITE_PREFIX, people.RESET_PREFIX):
        people.read_token(prefix, text)


def _sealed() -> Target:
    seals, place = Seals("x" * 40), SealedColumn("a", "b", ("c",), "d{}{}").at(UUID(int=1), "e")

    def read(data: bytes) -> None:
        read_or_refused(lambda: seals.open(data, place))
        read_or_refused(lambda: seals.unwrap(1, data))

    return Target(read, [seals.seal("f", place), seals.wrap(1, _KEY)])


def _stamp(text: str) -> None:
    stamps.age_problem(_INBOX, text)
    stamps.nonce_of(text)
    stamps.opened(_INBOX, text)


def _mini(text: str) -> None:
    told = login.told_in(text)[1]
    login.opened("QUFBQUFBQUFBQUFBQUFBQQ==", told.get("data", text), told.get("iv", text))


_TOKENS = {
    "token.session": _text(_session, f"qs_{UUID(int=1).hex}_x", f"qi_{UUID(int=1).hex}_y"),
    "token.proof": _proof,
    "token.stamp": _text(_stamp, stamps.new_stamp(_INBOX), stamps.ticket_text(_INBOX, "0" * 32)),
    "token.sealed": _sealed,
    "token.mini_program": _text(_mini, "a?code=b&data=QUFBQUFBQUFBQUFBQUFBQQ==&iv=QUFBQUFBQUFBQUFBQUFBQQ=="),
    "signature.qq": _text(lambda text: signing.is_signed("secret-of-the-bot", text, text, text.encode()), "00" * 64),
}


# --- answers --------------------------------------------------------------------------------------------------------------


def _stream(data: bytes) -> None:
    reader = StreamReader()
    for start in range(0, len(data), 64):
        list(reader.feed(data[start : start + 64]))
    reader.end()


def _shop(data: bytes) -> None:
    read_or_refused(lambda: answer_of(data, Order))
    problem_of(404, data)


def _tool(data: bytes) -> None:
    results = [
        http_tools.HttpResult(name="a", path="a.b.0", type="text"),
        http_tools.HttpResult(name="b", path="a.b", type="list"),
    ]
    definition = http_tools.HttpToolDefinition(name="a", title={"zh": "a"}, url="https://a.example/", results=results)
    http_tools.kept(definition, OutboundAnswer(200, {}, data))


_CHUNK = b'{"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":1,"completion_tokens":2}}'
_ANSWERS = {
    "model.stream": _bytes(_stream, b"data: " + _CHUNK + b"\r\n\r\ndata: [DONE]\n\n"),
    "model.whole": _bytes(read_whole, _CHUNK),
    "shop.answer": _bytes(_shop, b'{"number":"a","status":"paid","items":[],"total":"1.00","placed_at":"2026-01-01T00:00:00Z"}'),
    "tool.answer": lambda: Target(_tool, [b'{"a":{"b":[1]}}', b'{"a":{"b":["x",{"c":[]}]}}'], (ToolFailed,)),
    "retry_after": _text(
        lambda text: retry_after(text, _NOW), "120", "Wed, 21 Oct 2026 07:28:00 GMT", "Fri, 99 Foo 99999 99:99:99 +9999"
    ),
}


# --- what an operator keeps -----------------------------------------------------------------------------------------------


def _unsealed() -> Target:
    return Target(lambda data: b"".join(unseal([data], _KEY, "a")), [b"".join(seal([b"b" * 100], _KEY, "a"))])


def _archive() -> Target:
    folder = Path(tempfile.mkdtemp(prefix="qiao-fuzz-"))
    archive = Archive(open_depot(str(folder)), None)

    def put(name: str, data: bytes) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    def read(data: bytes) -> None:
        put(of("a", "manifest.json"), data)
        put(f"{PREFIX}1/{REACHED}", data)
        put("b.gz", data)
        put("heads", data)
        reads: Iterable[Callable[[], object]] = (
            archive.manifests,
            lambda: reached(archive, "1"),
            lambda: b"".join(archive.get("b.gz")),
            lambda: compare(folder / "none", data),
            lambda: read_anchors(folder / "heads"),
        )
        for one in reads:
            read_or_refused(one)

    stored = b'{"id":"a","parents":[],"began_at":"2026-01-01T00:00:00Z","objects":{},"files":1}'
    tree = b'{"Files":[],"Manifest-Checksum":"a"}'
    return Target(read, [stored, tree, b"\x1f\x8b\x08\x00", b'{"at":"2026-01-01T00:00:00Z","lsn":"0/1"}'])


def _key(text: str) -> None:
    find_key(None, {KEY_VARIABLE: text})


def _settings(text: str) -> None:
    lines = dict(line.partition("=")[::2] for line in text.splitlines())
    read_settings({f"QIAO_{name}": value for name, value in lines.items()})


_KEPT = {
    "backup.sealed": _unsealed,
    "backup.archive": _archive,
    "backup.key": _text(_key, "qiao-backup-key-1:" + "A" * 43 + "="),
    "backup.address": _text(addressed, "postgresql://a:b@[::1]:5432/c?password=d&sslmode=require"),
    "settings": _text(_settings, *(f"{name.upper()}={value}" for name, value in msgspec.structs.asdict(Settings()).items())),
}
