"""Every ugly letter is taken in or set aside with its reason, and none holds up the next."""

from collections import Counter
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from qiao.channels.email_imap.codec import inbound_of
from qiao.channels.email_imap.mime import MAX_FILES, MailUnreadable
from qiao.channels.email_imap.tests.corpus import letters
from qiao.channels.email_imap.tests.letters import inbox, letter
from qiao.ports.channel import InboundMessage

REASONS = {"empty", "no_sender", "several_senders", "sender_address", "too_complex", "malformed"}
HEADERS = some.sampled_from(["Subject", "From", "To", "Date", "Content-Type", "References", "X"])
ENCODINGS = some.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit"])
SECONDS = 1.5
"""Of a processor, for one letter; the worst takes a third of it."""


def outcome(raw: bytes) -> str:
    """How a letter ended: its kind, or why it was set aside. Whatever else is raised fails the test."""
    try:
        held = inbound_of(raw, inbox())
    except MailUnreadable as told:
        return str(told.details["reason"])
    for one in held:
        if isinstance(one, InboundMessage):
            assert one.provider_id
            assert one.sender.address.count("@") == 1
            assert "\0" not in one.text
            assert len(one.media) <= MAX_FILES + 1
            assert all(media.data and (media.name or media.kind == "original") for media in one.media)
            assert not any(mark in (one.subject or "") + (one.sender.name or "") for mark in "\r\n\0")
    return "imported" if held else "left_out"


@pytest.mark.fault("F-C5")
@pytest.mark.slow
def test_a_thousand_ugly_letters():
    ends: Counter[str] = Counter()
    slowest = 0.0
    for raw in letters(seed=20261122, count=1_000):
        begun = thread_time()
        ends[outcome(raw)] += 1
        slowest = max(slowest, thread_time() - begun)
    assert sum(ends.values()) == 1_000
    assert set(ends) <= REASONS | {"imported", "left_out"}
    # Most of them are letters a customer may have written.
    assert ends["imported"] > 500
    assert ends["no_sender"] > 10
    assert slowest < SECONDS


def test_what_a_letter_holds_is_the_same_every_time():
    for raw in letters(seed=7, count=40):
        assert outcome(raw) == outcome(raw)


@given(some.binary(max_size=2_000))
def test_any_bytes(raw: bytes):
    assert outcome(raw) in REASONS | {"imported", "left_out"}


@given(some.lists(some.tuples(HEADERS, some.text(max_size=80))))
def test_any_headers(headers: list[tuple[str, str]]):
    written = [f"{name}: {' '.join(value.split())}" for name, value in headers]
    assert outcome(letter(*written)) in REASONS | {"imported", "left_out"}


@given(
    some.binary(max_size=500),
    some.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit"]),
    some.text("gbkut-8f_16xidna", max_size=12),
)
def test_any_body_in_any_encoding(body: bytes, encoding: str, charset: str):
    raw = letter(f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {encoding}", body=body)
    assert outcome(raw) in REASONS | {"imported", "left_out"}
