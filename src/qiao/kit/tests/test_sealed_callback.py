"""The envelope of callbacks: the platforms' published vectors, there and back, and everything that must not be believed."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.kit.plain_xml import read
from qiao.kit.sealed_callback import is_signed, opened, sealed, signature

FIRST = ("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
SECOND = ("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a")
THIRD = ("123456", "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij", "suite4xxxxxxxxxxxxxxx")

FIRST_ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
FIRST_MESSAGE = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qh"
    "xchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s"
    "4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/u"
    "h9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)
SECOND_ECHO = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
SECOND_MESSAGE = (
    "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7"
    "rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTv"
    "mUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En74"
    "9zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0="
)
SECOND_REPLY = """<xml>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[test]]></Content>
<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>
<ToUserName><![CDATA[messense]]></ToUserName>
<AgentID>1</AgentID>
<CreateTime>1411525903</CreateTime>
</xml>"""
SECOND_SEALED = (
    "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURnAtObvesEl5nZ+uBE8bviY0LW"
    "ke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsDf03oxI1p9FxUgMnwKKZeOA/uu+2IEvEB"
    "tb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vWwi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3"
)
THIRD_MESSAGE = (
    "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9VrYeJ5as7XM/ZpulX8NEQ"
    "is44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ=="
)


@pytest.mark.parametrize(
    ("token", "timestamp", "nonce", "encrypted", "printed"),
    [
        (FIRST[0], "1409659589", "263014780", FIRST_ECHO, "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"),
        (FIRST[0], "1409659813", "1372623149", FIRST_MESSAGE, "477715d11cdb4164915debcba66cb864d751f3e6"),
        (SECOND[0], "1411443780", "437374425", SECOND_ECHO, "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"),
        (SECOND[0], "1411525903", "461056294", SECOND_MESSAGE, "74d92dfeb87ba7c714f89d98870ae5eb62dff26d"),
        (SECOND[0], "1411525903", "461056294", SECOND_SEALED, "407518b7649e86ef23978113f92d27afa9296533"),
        (THIRD[0], "1445827045067", "nEXhMP4r", THIRD_MESSAGE, "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0"),
    ],
    ids=["first-echo", "first-message", "second-echo", "second-message", "second-reply", "third-message"],
)
def test_the_published_signatures_come_out(token: str, timestamp: str, nonce: str, encrypted: str, printed: str):
    assert signature(token, timestamp, nonce, encrypted) == printed
    assert is_signed(printed, token, nonce, encrypted, timestamp)
    assert not is_signed(printed, token, timestamp, nonce + "4", encrypted)


def test_the_published_envelopes_open():
    assert opened(FIRST[1], FIRST_ECHO, FIRST[2]) == b"1616140317555161061"
    assert opened(SECOND[1], SECOND_ECHO, SECOND[2]) == b"5927782489442352469"
    first, second = read(opened(FIRST[1], FIRST_MESSAGE, FIRST[2])), read(opened(SECOND[1], SECOND_MESSAGE, SECOND[2]))
    assert (first["Content"], first["FromUserName"], first["MsgId"]) == ("hello", "mycreate", "4561255354251345929")
    assert (second["Content"], second["FromUserName"]) == ("test", "messense")
    assert json.loads(opened(THIRD[1], THIRD_MESSAGE, THIRD[2])) == {
        "EventType": "check_create_suite_url",
        "Random": "LPIdSnlF",
        "TestSuiteKey": "suite4xxxxxxxxxxxxxxx",
    }


def test_the_published_reply_is_sealed_to_the_byte():
    assert sealed(SECOND[1], SECOND_REPLY.encode(), SECOND[2], b"1234567890123456") == SECOND_SEALED


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40), st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_and_only_for_its_owner(message: bytes, owner: str, raw: bytes):
    key = base64.b64encode(raw).decode().rstrip("=")
    envelope = sealed(key, message, owner)
    assert opened(key, envelope, owner) == message
    for other in (owner + "x", ""):
        with pytest.raises(Refused):
            opened(key, envelope, other)


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())), st.text())
def test_anything_else_is_refused_and_never_breaks(encrypted: str, owner: str):
    with pytest.raises(QiaoError):
        opened(FIRST[1], encrypted, owner)


@given(st.binary(min_size=64, max_size=64))
def test_noise_of_the_right_length_is_refused(noise: bytes):
    with pytest.raises(Refused):
        opened(FIRST[1], base64.b64encode(noise).decode(), FIRST[2])


def test_two_envelopes_of_one_message_differ():
    assert sealed(FIRST[1], b"same", FIRST[2]) != sealed(FIRST[1], b"same", FIRST[2])


@pytest.mark.parametrize("key", ["", "short", "!" * 43, "é" * 43, FIRST[1] + "="], ids=range(5))
def test_a_key_that_is_none_is_said_to_be(key: str):
    with pytest.raises(Invalid):
        opened(key, FIRST_ECHO, FIRST[2])
    with pytest.raises(Invalid):
        sealed(key, b"", FIRST[2])


def test_another_key_opens_nothing():
    with pytest.raises(Refused):
        opened(SECOND[1], FIRST_ECHO, FIRST[2])


@pytest.mark.parametrize("given_signature", ["", "0" * 40, "é", "\ud800"], ids=range(4))
def test_a_signature_that_is_none_is_not_believed(given_signature: str):
    assert not is_signed(given_signature, "token", "1", "2")


def test_without_a_token_nothing_is_signed():
    assert not is_signed(signature("", "1", "2"), "", "1", "2")


def test_a_length_that_lies_is_refused():
    """The length says more than there is, so that nothing would be left for the owner."""
    envelope = base64.b64decode(sealed(FIRST[1], b"a message", FIRST[2], bytes(16)))
    changed = bytes([envelope[0] ^ 1]) + envelope[1:]
    touched = envelope[:4] + bytes([envelope[4] ^ 0x80]) + envelope[5:]
    for one in (changed + b"\0" * 16, touched[:16], envelope[:-16]):
        with pytest.raises(Refused):
            opened(FIRST[1], base64.b64encode(one).decode(), FIRST[2])


def encrypted(plain: bytes) -> str:
    """Any bytes under the first key, as they are."""
    raw = base64.b64decode(FIRST[1] + "=")
    encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


@pytest.mark.parametrize("padding", [b"\x01" * 8 + b"\x09", b"\x00" * 9, b"\x21" * 9, b"\x09" * 8 + b"\x0a"], ids=range(4))
def test_a_padding_that_is_none_is_refused(padding: bytes):
    """Though the key is right, and the length and the owner are."""
    head = bytes(16) + (1).to_bytes(4, "big") + b"m" + FIRST[2].encode()
    assert opened(FIRST[1], encrypted(head + b"\x09" * 9), FIRST[2]) == b"m"
    with pytest.raises(Refused):
        opened(FIRST[1], encrypted(head + padding), FIRST[2])


def test_an_envelope_for_nobody_is_nobodys():
    """An inbox that does not know its own id yet opens nothing, not even what names no owner."""
    with pytest.raises(Refused):
        opened(FIRST[1], sealed(FIRST[1], b"message", ""), "")


def test_an_envelope_without_end_is_not_even_looked_at():
    with pytest.raises(Refused):
        opened(FIRST[1], "A" * 2_000_004, FIRST[2])
