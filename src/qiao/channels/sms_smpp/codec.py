"""Messages <-> PDUs: alphabets, long texts in parts, delivery reports. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from qiao.channels.sms_smpp.pdu import DELIVER_SM, MESSAGE_STATE, RECEIPT, RECEIPTED_ID, UDH, Pdu, Short, short, split
from qiao.kit.errors import Invalid
from qiao.kit.sms_text import gsm_bytes, gsm_text, leaves, segments, ucs2_bytes, ucs2_text
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    Left,
    NeedsReauth,
    OutboundMessage,
    Proof,
    Rejected,
    Reported,
    Retry,
    Sender,
    SendResult,
)

GSM, LATIN, UCS2 = 0, 3, 8
RETRY_SECONDS = 30.0
ONE_RECEIPT = 1
_STATES = {"DELIVRD": "delivered", "UNDELIV": "failed", "REJECTD": "failed", "EXPIRED": "failed", "DELETED": "failed"}
_STATE_NUMBERS = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
_CREDENTIALS = frozenset({0x0D, 0x0E, 0x0F, 0x04})
_BUSY = frozenset({0x08, 0x14, 0x58})
_UNKNOWN = frozenset({0x0B, 0x33, 0x34, 0x48})
_REPORT = re.compile(r"\bid:(\S+).*?\bstat:(\w{2,7})(?:.*?\berr:(\w{1,5}))?", re.DOTALL | re.IGNORECASE)


def parts(message: OutboundMessage, number: str) -> list[Short]:
    """The submit_sm of a message; several when it is long, tied together by a reference that its key gives."""
    cut = segments(message.text)
    coding, encode = (GSM, gsm_bytes) if cut.gsm else (UCS2, ucs2_bytes)
    reference = hashlib.sha256(message.key.encode()).digest()[0]
    count = len(cut.parts)
    return [
        Short(
            source=number,
            destination=message.to,
            esm_class=UDH if count > 1 else 0,
            coding=coding,
            data=(bytes((5, 0, 3, reference, count, place)) if count > 1 else b"") + encode(text),
            registered=ONE_RECEIPT,
        )
        for place, text in enumerate(cut.parts, start=1)
    ]


def text_of(one: Short) -> str:
    """What a message says, without its header."""
    data = one.data[1 + one.data[0] :] if one.esm_class & UDH and one.data else one.data
    if one.coding == UCS2:
        return ucs2_text(data)
    return data.decode("latin-1") if one.coding == LATIN else gsm_text(data)


def belongs(one: Short) -> tuple[tuple[str, int], int, int] | None:
    """((source, reference), count, place) of a part of a long message; None for one that is whole."""
    header = one.data[: 1 + one.data[0]] if one.esm_class & UDH and one.data else b""
    place = 1
    while place + 1 < len(header):
        kind, length = header[place], header[place + 1]
        value = header[place + 2 : place + 2 + length]
        if kind == 0 and len(value) == 3 and 1 <= value[2] <= value[1]:
            return (one.source, value[0]), value[1], value[2]
        if kind == 8 and len(value) == 4 and 1 <= value[3] <= value[2]:
            return (one.source, value[0] << 8 | value[1]), value[2], value[3]
        place += 2 + length
    return None


def read(body: bytes, provider_id: str, settings: Mapping[str, object]) -> Sequence[Inbound]:
    """What the deliver_sm of one message say: a text (of one or several parts), or a report. Raises Invalid."""
    found = [short(one.body) for one in split(body) if one.command == DELIVER_SM]
    if not found:
        raise Invalid("this holds no message")
    if found[0].esm_class & RECEIPT:
        return [report for one in found for report in _reported(one)]
    ordered = sorted(found, key=lambda one: (belongs(one) or ((), 1, 1))[2])
    address = _international(found[0].source, str(settings.get("country") or ""))
    if not address:
        return ()
    text = "".join(map(text_of, ordered))
    missing = (belongs(found[0]) or ((), len(found), 1))[1] > len(found)
    sender = Sender(address=address, phone=address, proofs=(Proof("phone", address),) if address.startswith("+") else ())
    message = InboundMessage(provider_id=provider_id, sender=sender, text=text, notes=("cut",) if missing else ())
    gone = leaves(text)
    return (message,) if gone is None else (message, Left(sender=sender, reason="opted_out", back=not gone))


def _reported(one: Short) -> Sequence[Inbound]:
    written = _REPORT.search(text_of(one))
    named = one.tags.get(RECEIPTED_ID, b"").partition(b"\0")[0].decode("latin-1")
    number = one.tags.get(MESSAGE_STATE, b"\0")[:1]
    state = _STATE_NUMBERS.get(number[0] if number else 0) or (written[2].upper() if written else "")
    message_id = named or (written[1] if written else "")
    if not message_id or state not in _STATES:
        return ()
    failed = _STATES[state] == "failed"
    reason = f"{state} {written[3] if written and written[3] else ''}".strip() if failed else None
    return (Reported(provider_id=message_id, state=_STATES[state], reason=reason, permanent=False),)


def _international(number: str, country: str) -> str:
    if number.startswith("+") or not country or not number.isdigit():
        return number
    digits = number.removeprefix("00")
    return f"+{digits}" if number.startswith("00") or digits.startswith(country) else f"+{country}{digits.removeprefix('0')}"


def refusal(status: int) -> SendResult:
    """What a command status other than 0 means (section 5.1.3)."""
    named = f"smpp 0x{status:02X}"
    if status in _CREDENTIALS:
        return NeedsReauth(named)
    if status in _BUSY:
        return Retry(RETRY_SECONDS, named)
    return Rejected("unknown_address" if status in _UNKNOWN else named)


def joined(pdus: Sequence[Pdu]) -> bytes:
    """PDUs as one body."""
    return b"".join(one.encode() for one in pdus)
