"""Secrets at rest: they come back whole with the key, and not at all without."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.auth.sealing import SealBroken, Seals

SEALS = Seals("the key of this installation")


@given(st.text(max_size=300), st.text(max_size=40))
def test_what_was_sealed_opens_in_its_place(text, about):
    assert SEALS.open(SEALS.seal(text, about), about) == text


@given(st.text(min_size=8, max_size=100).filter(lambda text: len(text.encode()) >= 8))
def test_nothing_of_it_can_be_read(text):
    sealed = SEALS.seal(text, "a")
    assert text.encode() not in sealed
    assert sealed != SEALS.seal(text, "a")


def test_it_opens_nowhere_else_and_with_no_other_key():
    sealed = SEALS.seal("a secret", "commerce:1")
    for seals, about in ((SEALS, "commerce:2"), (SEALS, ""), (Seals("another key"), "commerce:1")):
        with pytest.raises(SealBroken):
            seals.open(sealed, about)


@given(st.integers(min_value=0, max_value=56), st.integers(min_value=1, max_value=255))
def test_what_was_touched_does_not_open(place, change):
    sealed = bytearray(SEALS.seal("a secret", "a"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealBroken):
        SEALS.open(bytes(sealed), "a")


@given(st.binary(max_size=120))
def test_noise_does_not_open(noise):
    with pytest.raises(SealBroken):
        SEALS.open(noise, "a")
