"""Frames of the long connection: protocol buffers (proto2, package pbbp2), as the platform's own library has them. Pure.

SeqID = 1, LogID = 2 (uint64), service = 3, method = 4 (int32: 0 control, 1 data), headers = 5 (key = 1, value = 2), payload_encoding = 6,
payload_type = 7, payload = 8, LogIDNew = 9. What else a frame holds is passed over.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from qiao.kit.errors import Invalid

CONTROL, DATA = 0, 1
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
VARINT_BYTES = 10
MAX_HEADERS = 64
NUMBERS = {1: "sequence", 2: "log", 3: "service", 4: "method"}
TEXTS = {6: "encoding", 7: "kind", 9: "log_name"}
Value = int | bytes


class Frame(Struct, frozen=True, kw_only=True):
    """One frame. Numbers are as they lie on the wire."""

    sequence: int = 0
    log: int = 0
    service: int = 0
    method: int = CONTROL
    headers: dict[str, str] = {}
    encoding: str | None = None
    kind: str | None = None
    payload: bytes = b""
    log_name: str | None = None


def read(data: bytes) -> Frame:
    """A frame. Raises Invalid."""
    held: dict[str, object] = {}
    headers: dict[str, str] = {}
    for number, value in _fields(data):
        if number == 5 and isinstance(value, bytes) and len(headers) < MAX_HEADERS:
            pair = {name: _text(one) for name, one in _fields(value)}
            headers[pair.get(1, "")] = pair.get(2, "")
        elif number == 8 and isinstance(value, bytes):
            held["payload"] = value
        elif number in TEXTS:
            held[TEXTS[number]] = _text(value)
        elif number in NUMBERS and isinstance(value, int):
            held[NUMBERS[number]] = value
    return msgspec.convert({**held, "headers": headers}, Frame)


def written(frame: Frame) -> bytes:
    """The frame's bytes."""
    parts = [bytes([number << 3 | VARINT]) + _varint(getattr(frame, name)) for number, name in NUMBERS.items()]
    parts += [_long(5, _long(1, key.encode()) + _long(2, value.encode())) for key, value in frame.headers.items()]
    texts = {6: frame.encoding, 7: frame.kind, 8: frame.payload, 9: frame.log_name}
    parts += [_long(number, one.encode() if isinstance(one, str) else one) for number, one in texts.items() if one]
    return b"".join(parts)


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        value, at = _value(data, at, tag & 7)
        yield tag >> 3, value


def _value(data: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == VARINT:
        return _number(data, at)
    if kind == LENGTH:
        length, at = _number(data, at)
    elif kind in {EIGHT_BYTES, FOUR_BYTES}:
        length = 8 if kind == EIGHT_BYTES else 4
    else:
        raise Invalid("this is no frame")
    if at + length > len(data):
        raise Invalid("this is no frame")
    return data[at : at + length], at + length


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(VARINT_BYTES):
        if at + place >= len(data):
            break
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise Invalid("this is no frame")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _long(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | LENGTH]) + _varint(len(data)) + data


def _text(value: Value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
