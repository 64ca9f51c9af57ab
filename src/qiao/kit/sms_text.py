"""Short messages: which alphabet a text needs, how many parts it takes, and what opts out. Pure.

GSM 03.38 (3GPP TS 23.038 section 6.2.1): its characters take one septet, those of the extension two; 160 septets, or 153 a part when
there are several. Any other character makes the whole message UCS-2: 70 units of UTF-16, or 67 a part. A part never ends within a pair.
"""

import unicodedata

from msgspec import Struct

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
ESCAPE = 0x1B
_PLACES = {character: place for place, character in enumerate(BASIC) if place != ESCAPE}
_UNSTRETCHED = {place: character for character, place in EXTENSION.items()}
_GSM, _GSM_PART, _UCS2, _UCS2_PART = 160, 153, 70, 67

LEAVING = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "退订", "td", "t", "拒收", "拒绝"})
RETURNING = frozenset({"start", "unstop", "恢复", "订阅", "dy"})


class Segments(Struct, frozen=True):
    """How a text travels. `parts` are its texts in order; `gsm` True: in septets, else UCS-2. `left`: for how many septets or units of
    UTF-16 the last part still has room.
    """

    gsm: bool
    parts: tuple[str, ...]
    left: int


def segments(text: str, *, unicode: bool = False) -> Segments:
    """The parts that a text is sent and paid in; an empty text is one. `unicode`: always in UCS-2, as some providers count."""
    gsm = not unicode and all(character in _PLACES or character in EXTENSION for character in text)
    whole, part = (_GSM, _GSM_PART) if gsm else (_UCS2, _UCS2_PART)
    used = sum(_cost(character, gsm=gsm) for character in text)
    if used <= whole:
        return Segments(gsm, (text,), whole - used)
    parts, begun, left = [], 0, part
    for place, character in enumerate(text):
        cost = _cost(character, gsm=gsm)
        if cost > left:
            parts.append(text[begun:place])
            begun, left = place, part
        left -= cost
    return Segments(gsm, (*parts, text[begun:]), left)


def gsm_bytes(text: str) -> bytes:
    """One byte a septet, as SMPP carries data_coding 0. A character that the alphabet lacks becomes "?"."""
    written = bytearray()
    for character in text:
        if character in EXTENSION:
            written += bytes((ESCAPE, EXTENSION[character]))
        else:
            written.append(_PLACES.get(character, _PLACES["?"]))
    return bytes(written)


def gsm_text(data: bytes) -> str:
    """What those bytes say; what is no septet is left out."""
    read, escaped = [], False
    for byte in data:
        if escaped:
            read.append(_UNSTRETCHED.get(byte, " "))
            escaped = False
        elif byte == ESCAPE:
            escaped = True
        elif byte < len(BASIC):
            read.append(BASIC[byte])
    return "".join(read)


def ucs2_bytes(text: str) -> bytes:
    """UTF-16, big end first; halves of characters are left out."""
    return text.encode("utf-16-be", "ignore")


def ucs2_text(data: bytes) -> str:
    """What UTF-16 says; broken pairs become U+FFFD, an odd last byte is left out."""
    return data[: len(data) // 2 * 2].decode("utf-16-be", "replace")


def leaves(text: str) -> bool | None:
    """True: wants no more messages. False: wants them again. None: says something else."""
    word = unicodedata.normalize("NFKC", text).strip(" \t\r\n.!。！").lower()
    if word in LEAVING:
        return True
    return False if word in RETURNING else None


def _cost(character: str, *, gsm: bool) -> int:
    if gsm:
        return 2 if character in EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1
