"""Signatures as the providers' own pages print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.webhook_signatures import hashed_hex, is_signed, same, signed_base64, signed_hex

PUBLISHED_HEX = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
SLACK_BODY = (
    b"v0:1531420618:token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url="
    b"https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def test_the_hub_signature_is_the_published_one():
    assert signed_hex("It's a Secret to Everybody", b"Hello, World!", "sha256=") == PUBLISHED_HEX


def test_the_base64_signature_is_the_published_one():
    assert signed_base64("channel_secret", b"bodybodybodybody") == "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="


def test_a_signature_with_a_version_is_the_published_one():
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    published = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signed_hex(secret, SLACK_BODY, "v0=") == published


def test_an_older_digest_in_base64_is_the_published_one():
    url = b"https://mycompany.com/myapp.php?foo=1&bar=2"
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    body = url + "".join(name + value for name, value in sorted(fields.items())).encode()
    assert signed_base64("12345", body, digest="sha1") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_plain_hash_covers_the_secret_and_the_body():
    assert hashed_hex("abc", b"") == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert hashed_hex("a", b"bc") == hashed_hex("ab", b"c")


@pytest.mark.parametrize(("secret", "given_one"), [("", PUBLISHED_HEX), ("key", ""), ("", ""), ("key", PUBLISHED_HEX[:-1])])
def test_without_a_secret_or_a_signature_nothing_is_signed(secret, given_one):
    assert not is_signed(secret, given_one, PUBLISHED_HEX)


@given(st.text())
def test_any_characters_may_be_compared(text):
    assert same(text, "abc") == (text == "abc")


@given(st.text(st.characters(codec="utf-8")), st.binary())
def test_a_touched_body_has_another_signature(secret, body):
    assert is_signed("k" + secret, signed_hex("k" + secret, body), signed_hex("k" + secret, body))
    assert not is_signed("k" + secret, signed_hex("k" + secret, body + b" "), signed_hex("k" + secret, body))
