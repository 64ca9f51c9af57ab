"""Secrets at rest: they come back whole in their place with their key, and not at all otherwise."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.auth.sealing import SealBroken, SealedColumn, Seals

SEALS = Seals("the key of this installation")
SECRETS = SealedColumn("inbox_secrets", "sealed", ("inbox_id", "key"), "{}/{}/{}")
MEMORY = SealedColumn("inbox_memory", "sealed", ("inbox_id", "name"), "{}/{}/{}")
OURS, THEIRS = UUID(int=1), UUID(int=2)
HERE = SECRETS.at(OURS, UUID(int=3), "password")
OF_BEFORE = bytes.fromhex("0255a0304a27f7787fafc23dd5f74d3b878da81f2e6561540308b89532ee34fc")
"""As the program sealed before there was a ring."""
SHOP = SealedColumn("commerce_settings", "secret", (), "commerce:{}")


@given(st.text(max_size=300), st.text(max_size=40))
def test_what_was_sealed_opens_in_its_place(text, row):
    place = SECRETS.at(OURS, row, "password")
    assert SEALS.open(SEALS.seal(text, place), place) == text


@given(st.text(min_size=8, max_size=100).filter(lambda text: len(text.encode()) >= 8))
def test_nothing_of_it_can_be_read(text):
    sealed = SEALS.seal(text, HERE)
    assert text.encode() not in sealed
    assert sealed != SEALS.seal(text, HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        SECRETS.at(THEIRS, UUID(int=3), "password"),
        SECRETS.at(OURS, UUID(int=4), "password"),
        SECRETS.at(OURS, UUID(int=3), "token"),
        MEMORY.at(OURS, UUID(int=3), "password"),
        SealedColumn("inbox_secrets", "other", ("inbox_id", "key"), "{}/{}/{}").at(OURS, UUID(int=3), "password"),
        SECRETS.at(OURS, f"{UUID(int=3)}/password", ""),
        SECRETS.at(OURS, UUID(int=3), 'password"]'),
    ],
)
def test_it_opens_in_no_other_row_column_table_or_workspace(elsewhere):
    with pytest.raises(SealBroken):
        SEALS.open(SEALS.seal("a secret", HERE), elsewhere)


def test_it_opens_with_no_other_installation():
    with pytest.raises(SealBroken):
        Seals("another key").open(SEALS.seal("a secret", HERE), HERE)


@given(st.integers(min_value=0, max_value=56), st.integers(min_value=1, max_value=255))
def test_what_was_touched_does_not_open(place, change):
    sealed = bytearray(SEALS.seal("a secret", HERE))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealBroken):
        SEALS.open(bytes(sealed), HERE)


@given(st.binary(max_size=120))
def test_noise_does_not_open(noise):
    with pytest.raises(SealBroken):
        SEALS.open(noise, HERE)


def test_each_key_of_the_ring_opens_what_it_sealed_and_nothing_else():
    seals = Seals("the key of this installation")
    of_root = seals.seal("root", HERE)
    seals.hold({1: bytes(32), 2: bytes([1] * 32)}, 2)
    of_second = seals.seal("second", HERE)
    assert (seals.open(of_root, HERE), seals.open(of_second, HERE)) == ("root", "second")
    with pytest.raises(SealBroken):
        seals.open(of_second[:1] + b"\x00\x01" + of_second[3:], HERE)
    seals.hold({1: bytes(32)}, 1)
    with pytest.raises(SealBroken):
        seals.open(of_second, HERE)


def test_keys_are_wrapped_for_their_number_and_this_installation():
    wrapped = SEALS.wrap(1, bytes(range(32)))
    assert SEALS.unwrap(1, wrapped) == bytes(range(32))
    assert bytes(range(32)) not in wrapped
    for seals, number in ((SEALS, 2), (Seals("another key"), 1)):
        with pytest.raises(SealBroken):
            seals.unwrap(number, wrapped)


def test_what_was_sealed_before_the_ring_still_opens_in_its_place_alone():
    assert SEALS.open(OF_BEFORE, SHOP.at(OURS)) == "old"
    with pytest.raises(SealBroken):
        SEALS.open(OF_BEFORE, SHOP.at(THEIRS))
