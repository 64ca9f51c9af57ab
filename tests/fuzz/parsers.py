"""Every parser of bytes that come from outside, by name: what it may raise is ours, anything else is a find.

`./dev fuzz` looks for finds with atheris; what it finds goes to tests/fuzz/found/NAME. Channels are found by their manifests, so that a
new one is here the day it is made. `test_found_before.py` asks again with the seeds of each and with all that was ever found.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import msgspec

from qiao.channels.registry import load_channel
from qiao.domains.conversations.visitor_socket import VisitorFrame
from qiao.domains.knowledge.importing.contracts import ImportOptions
from qiao.domains.knowledge.importing.reading import open_import
from qiao.domains.knowledge.markdown import render
from qiao.kit.errors import QiaoError
from qiao.kit.tidy_html import tidied
from qiao.platform.http.outbound import checked_url
from qiao.platform.live.feed import Frame
from qiao.platform.uploads.api import inspect_upload
from qiao.ports.channel import Account, RawReceipt

HERE = Path(__file__).resolve().parent
CHANNELS = HERE.parents[1] / "src" / "qiao" / "channels"
NO_FRAME = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What a socket answers with a close."""

Parser = Callable[[bytes], object]


def _channel(name: str) -> Parser:
    adapter = load_channel(name)
    nobody = UUID(int=1)
    account = Account(workspace_id=nobody, inbox_id=nobody, inbox_name="x", signing_key=bytes(32))
    return lambda data: list(adapter.parse(RawReceipt("POST", {"content-type": "application/json"}, {}, data), account))


def _upload(ending: str) -> Parser:
    return lambda data: inspect_upload(data, f"a.{ending}")


def _import(ending: str) -> Parser:
    return lambda data: list(open_import(f"a.{ending}", data, ImportOptions()).items)


def _frame(contract: type[msgspec.Struct]) -> Parser:
    decode = msgspec.json.Decoder(contract).decode

    def read(data: bytes) -> None:
        with contextlib.suppress(*NO_FRAME):
            decode(data)

    return read


def _text(read: Callable[[str], object]) -> Parser:
    return lambda data: read(data.decode("utf-8", "replace"))


def parsers() -> dict[str, Parser]:
    """Each with the name under which it is asked for."""
    found: dict[str, Parser] = {
        "address": _text(checked_url),
        "frame.person": _frame(Frame),
        "frame.visitor": _frame(VisitorFrame),
        "html": _text(tidied),
        "markdown": _text(lambda text: render(text, lambda _: None)),
    }
    found |= {f"upload.{one}": _upload(one) for one in ("png", "jpg", "gif", "webp", "pdf", "zip", "docx", "csv", "txt", "mp3")}
    found |= {f"import.{one}": _import(one) for one in ("csv", "xlsx", "docx", "pdf", "html", "md", "zip")}
    return found | {f"channel.{one.parent.name}": _channel(one.parent.name) for one in sorted(CHANNELS.glob("*/manifest.toml"))}


def seeds(name: str) -> list[bytes]:
    """Where to begin: what its platform sends, else a few ends of files."""
    kind, _, which = name.partition(".")
    given = [path.read_bytes() for path in sorted((CHANNELS / which).glob("tests/samples/*"))] if kind == "channel" else []
    return [
        *given,
        b"",
        b"{}",
        b"\x00",
        b"<a href='javascript:x'>",
        b"PK\x03\x04",
        b"%PDF-1.4\n",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"[" * 300,
    ]


def found_before(name: str) -> list[bytes]:
    """What once broke it."""
    return [path.read_bytes() for path in sorted((HERE / "found" / name).glob("*"))]


def ask(parser: Parser, data: bytes) -> None:
    """Read these bytes. Raises what no door expects."""
    with contextlib.suppress(QiaoError):
        parser(data)
