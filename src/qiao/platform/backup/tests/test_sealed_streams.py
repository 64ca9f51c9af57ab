"""Sealed streams: what went in comes out; nothing that was touched does."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.backup import sealing
from qiao.platform.backup.errors import BackupDamaged
from qiao.platform.backup.sealing import CHUNK, MAGIC, seal, unseal

KEY = bytes(range(32))
NAME = "base/20261122T120000Z-aa/database.tar.gz"


def opened(sealed: bytes, key: bytes = KEY, name: str = NAME) -> bytes:
    return b"".join(unseal([sealed], key, name))


def sealed(text: bytes, name: str = NAME) -> bytes:
    return b"".join(seal([text], KEY, name))


def frames_of(text: bytes) -> tuple[bytes, list[bytes]]:
    """The head of an object, and its frames."""
    whole, *frames = list(seal([text], KEY, NAME))
    return whole, frames


@given(
    st.lists(st.binary(max_size=200), max_size=20), st.integers(min_value=1, max_value=97), st.integers(min_value=1, max_value=64)
)
def test_any_parts_come_back_however_they_are_cut_on_the_way(parts, step, chunk):
    kept = sealing.CHUNK
    sealing.CHUNK = chunk
    try:
        whole = b"".join(seal(parts, KEY, NAME))
        pieces = [whole[start : start + step] for start in range(0, len(whole), step)]
        assert b"".join(unseal(pieces, KEY, NAME)) == b"".join(parts)
    finally:
        sealing.CHUNK = kept


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_byte_can_be_changed(place, change):
    whole = bytearray(sealed(b"tea for two"))
    whole[place % len(whole)] ^= change
    with pytest.raises(BackupDamaged):
        opened(bytes(whole))


@given(st.integers(min_value=0))
def test_no_end_can_be_cut_off(place):
    whole = sealed(b"tea for two" * 20)
    with pytest.raises(BackupDamaged):
        opened(whole[: place % len(whole)])


def test_a_last_chunk_that_is_left_out_is_missed():
    head, frames = frames_of(os.urandom(CHUNK + 10))
    assert len(frames) == 2
    with pytest.raises(BackupDamaged, match="cut off"):
        opened(head + frames[0])


def test_chunks_in_another_order_do_not_open():
    head, frames = frames_of(os.urandom(3 * CHUNK))
    with pytest.raises(BackupDamaged):
        opened(head + frames[1] + frames[0] + frames[2])


def test_a_chunk_twice_does_not_open():
    head, frames = frames_of(os.urandom(2 * CHUNK))
    with pytest.raises(BackupDamaged):
        opened(head + frames[0] + frames[0] + frames[1])


def test_chunks_of_two_objects_do_not_mix():
    (head, one), (_, other) = frames_of(b"a" * (CHUNK + 1)), frames_of(b"b" * (CHUNK + 1))
    with pytest.raises(BackupDamaged):
        opened(head + one[0] + other[1])


def test_an_object_does_not_open_under_another_name_or_key():
    whole = sealed(b"tea")
    with pytest.raises(BackupDamaged, match="another key"):
        opened(whole, name=NAME.replace("aa", "bb"))
    with pytest.raises(BackupDamaged, match="another key"):
        opened(whole, key=bytes(32))


def test_what_follows_the_end_is_refused():
    with pytest.raises(BackupDamaged, match="after its end"):
        opened(sealed(b"tea") + b"more")


def test_something_else_is_not_an_object():
    with pytest.raises(BackupDamaged, match="not a sealed object"):
        opened(b"PK\x03\x04" + bytes(100))
    with pytest.raises(BackupDamaged):
        opened(MAGIC + bytes(32) + b"\x7f\xff\xff\xff")


def test_nothing_of_the_words_shows_and_no_two_are_alike():
    one, two = sealed("紫砂壶 teapot".encode()), sealed("紫砂壶 teapot".encode())
    assert b"teapot" not in one
    assert one[len(MAGIC) :] != two[len(MAGIC) :]
