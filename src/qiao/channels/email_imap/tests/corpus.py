"""A thousand ugly letters: the examples of RFC 5322, 2047, 2231, 2183, 3462 and 3834 in shape, and what sixty years of mailers, and
people who mean harm, have made of them. Made anew from a seed; nothing is kept.
"""

import base64
import random
from collections.abc import Callable, Iterator

from qiao.channels.email_imap.tests.letters import letter, parted

Change = Callable[[random.Random, bytes], bytes]

_TEXT = "您好，茶壶漏水了 ☕ Grüße, мир, 日本語\r\n第二行 <b>&amp;</b>\r\n"
_CHARSETS = ("utf-8", "gb2312", "gb18030", "big5", "shift_jis", "iso-8859-1", "us-ascii", "utf-16", "utf-7")
_CHARSETS += ("idna", "rot13", "punycode", "x", "")
_ENCODINGS = ("7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "rot13", "BASE64 ", "")
_KINDS = ("text/plain", "text/html", "multipart/mixed", "multipart/alternative", "message/rfc822", "message/delivery-status")
_KINDS += ("message/partial", "image/png", "application/ms-tnef", "multipart/report; report-type=delivery-status", "text", "/")
_KINDS += ("text/calendar", "multipart/signed", "multipart/encrypted", "application/pkcs7-mime; smime-type=enveloped-data")
_TAGS = ("<div>", "</p>", "<a href='javascript:x'>", "<!--", "]]>", "<svg/onload=x>", "&#0;", "<style>", "文")


def letters(seed: int, count: int) -> Iterator[bytes]:
    """So many letters, the same for the same seed."""
    dice = random.Random(seed)
    for _ in range(count):
        raw = dice.choice(_BEGINNINGS)(dice)
        for _ in range(dice.randint(0, 4)):
            raw = dice.choice(_CHANGES)(dice, raw)
        yield raw


def _plain(dice: random.Random) -> bytes:
    charset, encoding = dice.choice(_CHARSETS), dice.choice(_ENCODINGS)
    body = _TEXT.encode(dice.choice(("utf-8", "gb18030", "utf-16")))
    body = base64.encodebytes(body) if "base64" in encoding.lower() and dice.random() < 0.8 else body
    return letter(
        f'Content-Type: {dice.choice(_KINDS)}; charset="{charset}"', f"Content-Transfer-Encoding: {encoding}", body=body
    )


def _of_parts(dice: random.Random) -> bytes:
    parts = [
        (f"Content-Type: {dice.choice(_KINDS)}; charset={dice.choice(_CHARSETS)}", _TEXT.encode())
        for _ in range(dice.randint(0, 6))
    ]
    names = ("../../etc/passwd", "\u200b.htaccess", "CON", "a" * 4_000, 'x"; y', "=?utf-8?B?AAAA?=", "%00", "x\x00y")
    parts += [(f'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="{dice.choice(names)}"', b"%PDF")]
    return parted(parts, dice.choice(("mixed", "alternative", "related", "report", "digest", "signed", "x")))


def _nested(dice: random.Random) -> bytes:
    deep = dice.choice((3, 20, 99, 101, 1_000))
    edges = b"".join(b"Content-Type: multipart/mixed; boundary=e%d\r\n\r\n--e%d\r\n" % (at, at) for at in range(deep))
    return letter().partition(b"Content-Type")[0] + edges + b"Content-Type: text/plain\r\n\r\nhi\r\n"


def _within(dice: random.Random) -> bytes:
    raw = letter()
    for _ in range(dice.randint(1, 12)):
        raw = parted([("Content-Type: message/rfc822", raw)])
    return raw


def _many_files(dice: random.Random) -> bytes:
    return parted([(f"Content-Type: application/x; name={at}", b"x") for at in range(dice.choice((21, 500)))])


def _many_receivers(dice: random.Random) -> bytes:
    return letter("Cc: " + ",\r\n ".join(f"u{at}@example.com" for at in range(dice.choice((100, 10_000)))))


def _html(dice: random.Random) -> bytes:
    tags = "".join(
        dice.choice(("<div>", "</p>", "<a href='javascript:x'>", "<!--", "]]>", "<svg/onload=x>", "&#0;", "<style>", "文"))
        for _ in range(300)
    )
    return letter("Content-Type: text/html; charset=gb2312", body=tags)


def _cut(dice: random.Random, raw: bytes) -> bytes:
    return raw[: dice.randrange(len(raw) + 1)]


def _noise(dice: random.Random, raw: bytes) -> bytes:
    at = dice.randrange(len(raw) + 1)
    return raw[:at] + dice.randbytes(dice.choice((1, 8, 200))) + raw[at:]


def _flip(dice: random.Random, raw: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(dice.randint(1, 30)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _without_a_header(dice: random.Random, raw: bytes) -> bytes:
    name = dice.choice((b"From: ", b"Date: ", b"Message-ID: ", b"Subject: ", b"Content-Type: ", b"To: "))
    return raw.replace(name, b"X-" + name, 1)


def _odd_header(dice: random.Random, raw: bytes) -> bytes:
    odd = (
        b"Message-ID: <" + b"a" * 200_000 + b">",
        b"Subject: " + b"=?utf-8?B?" * 500,
        b"Subject: =?gb2312?Q?=FF=FE?= =?x?B?!!!?=",
        b"From: a@b.example",
        b"From:",
        b"Date: " + b"9" * 5_000,
        b"References: " + b"<a@b> " * 20_000,
        b"Content-Type: text/plain; " + b"name*0*=utf-8''%FF;" * 200,
        b"Content-Type: multipart/mixed; boundary=" + b"x" * 5_000,
        b"Content-Type: multipart/mixed; boundary*=utf-16''%FF",
        b"Authentication-Results: " + b"(" * 5_000,
        b"Auto-Submitted: \xff",
        b"Return-Path: <>",
        b"From: MAILER-DAEMON@example.net",
        b"X: " + b"\0" * 100,
        b": no name",
        b"no colon at all",
        b" continued from nothing",
    )
    return dice.choice(odd) + b"\r\n" + raw


def _line_ends(dice: random.Random, raw: bytes) -> bytes:
    return raw.replace(b"\r\n", dice.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"\x0b", b"\x0c")))


_BEGINNINGS: tuple[Callable[[random.Random], bytes], ...] = (
    _plain,
    _plain,
    _of_parts,
    _of_parts,
    _nested,
    _within,
    _many_files,
    _many_receivers,
    _html,
)
_CHANGES: tuple[Change, ...] = (_cut, _noise, _flip, _without_a_header, _odd_header, _odd_header, _line_ends)
