"""SMPP 3.4 on the wire (SMPP Protocol Specification v3.4, issue 1.2): the few operations that messages need. Pure.

A PDU is four big-endian words (length, command, status, sequence) and a body of C strings, octets and tagged values.
"""

import struct

from msgspec import Struct

from qiao.kit.errors import Invalid

GENERIC_NACK = 0x80000000
BIND_RECEIVER = 0x00000001
BIND_TRANSMITTER = 0x00000002
SUBMIT_SM = 0x00000004
DELIVER_SM = 0x00000005
UNBIND = 0x00000006
ENQUIRE_LINK = 0x00000015
ANSWER = 0x80000000
"""Added to a command: its answer."""

HEADER = struct.Struct(">IIII")
MAX_PDU = 70_000
UDH = 0x40
"""esm_class: the text begins with a header of its own."""
RECEIPT = 0x04
MESSAGE_PAYLOAD, RECEIPTED_ID, MESSAGE_STATE = 0x0424, 0x001E, 0x0427
_INTERNATIONAL, _ALPHANUMERIC, _ISDN = 1, 5, 1


class Pdu(Struct, frozen=True):
    """One unit."""

    command: int
    status: int = 0
    sequence: int = 0
    body: bytes = b""

    def encode(self) -> bytes:
        """As it is sent."""
        return HEADER.pack(HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body

    def answer(self, body: bytes = b"", status: int = 0) -> "Pdu":
        """The answer to this one."""
        return Pdu(self.command | ANSWER, status, self.sequence, body)


class Short(Struct, frozen=True, kw_only=True):
    """submit_sm and deliver_sm, as far as they are read. `data` is the text with its header, as it came."""

    source: str
    destination: str
    esm_class: int = 0
    coding: int = 0
    data: bytes = b""
    tags: dict[int, bytes] = {}
    registered: int = 0

    def encode(self) -> bytes:
        """The body of a submit_sm or deliver_sm."""
        head = b"\0" + _address(self.source) + _address(self.destination)
        flags = bytes((self.esm_class, 0, 0)) + b"\0\0" + bytes((self.registered, 0, self.coding, 0, len(self.data)))
        tags = b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in self.tags.items())
        return head + flags + self.data + tags


def split(stream: bytes) -> list[Pdu]:
    """The PDUs of a stream that ends with one. Raises Invalid."""
    found: list[Pdu] = []
    while stream:
        if len(stream) < HEADER.size:
            raise Invalid("this is no SMPP")
        length, command, status, sequence = HEADER.unpack_from(stream)
        if not HEADER.size <= length <= min(len(stream), MAX_PDU):
            raise Invalid("this is no SMPP")
        found.append(Pdu(command, status, sequence, stream[HEADER.size : length]))
        stream = stream[length:]
    return found


def bind(system_id: str, password: str) -> bytes:
    """The body of a bind, interface version 3.4."""
    return _text(system_id, 15) + _text(password, 8) + b"\0" + bytes((0x34, 0, 0)) + b"\0"


def credentials(body: bytes) -> tuple[str, str]:
    """(system_id, password) of a bind. Raises Invalid."""
    reading = _Reading(body)
    return reading.text(), reading.text()


def short(body: bytes) -> Short:
    """A submit_sm or deliver_sm. Raises Invalid."""
    reading = _Reading(body)
    reading.text()
    source, destination = reading.address(), reading.address()
    esm_class, _protocol, _priority = reading.octets(3)
    reading.text()
    reading.text()
    registered, _replace, coding, _default, length = reading.octets(5)
    data = reading.take(length)
    tags = reading.tags()
    return Short(
        source=source,
        destination=destination,
        esm_class=esm_class,
        coding=coding,
        data=data or tags.get(MESSAGE_PAYLOAD, b""),
        tags=tags,
        registered=registered,
    )


def message_id(body: bytes) -> str:
    """The id in the answer to a submit_sm; empty when there is none."""
    return body.partition(b"\0")[0].decode("latin-1")


class _Reading:
    """A place in a body."""

    def __init__(self, body: bytes) -> None:
        self._left = body

    def take(self, length: int) -> bytes:
        if length > len(self._left):
            raise Invalid("this message ends too early")
        taken, self._left = self._left[:length], self._left[length:]
        return taken

    def octets(self, count: int) -> bytes:
        return self.take(count)

    def text(self) -> str:
        text, end, self._left = self._left.partition(b"\0")
        if not end:
            raise Invalid("this message ends too early")
        return text.decode("latin-1")

    def address(self) -> str:
        kind, _plan = self.octets(2)
        number = self.text()
        return f"+{number}" if kind == _INTERNATIONAL and number and not number.startswith("+") else number

    def tags(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while len(self._left) >= 4:
            tag, length = struct.unpack(">HH", self.take(4))
            found[tag] = self.take(length)
        return found


def _address(number: str) -> bytes:
    kind = _INTERNATIONAL if number.startswith("+") else 0 if number.isdigit() else _ALPHANUMERIC
    return bytes((kind, 0 if kind == _ALPHANUMERIC else _ISDN)) + _text(number.removeprefix("+"), 20)


def _text(text: str, most: int) -> bytes:
    return text.replace("\0", "").encode("latin-1", "replace")[:most] + b"\0"
