"""Identifiers are ordered by time and never doubled; secrets are long, and compared without telling."""

import re
import time
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit import ids
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id, new_secret, same_secret, secret_digest


class Clock:
    """Stands in for the module `time`: says what the test wants."""

    def __init__(self, nanoseconds: int) -> None:
        self.nanoseconds = nanoseconds

    def time_ns(self) -> int:
        return self.nanoseconds


def test_an_id_is_a_version_seven_uuid():
    made = [new_id() for _ in range(200)]
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {RFC_4122}


def test_ids_made_at_once_are_all_different():
    assert len({new_id() for _ in range(20_000)}) == 20_000


def test_the_first_six_bytes_are_the_milliseconds():
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert before <= made.int >> 80 <= after


@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=8, unique=True))
def test_ids_sort_by_the_millisecond_they_were_made_in(milliseconds: list[int]):
    patch = pytest.MonkeyPatch()
    made = []
    for millisecond in sorted(milliseconds):
        patch.setattr(ids, "time", Clock(millisecond * 1_000_000))
        made.append(new_id())
    patch.undo()
    assert made == sorted(made)
    assert [one.int >> 80 for one in made] == sorted(milliseconds)
    assert {one.version for one in made} == {7}


@pytest.mark.parametrize("random", [b"\x00" * 10, b"\xff" * 10])
def test_no_random_bits_reach_version_and_variant(monkeypatch: pytest.MonkeyPatch, random: bytes):
    monkeypatch.setattr(ids.os, "urandom", lambda _count: random)
    made = new_id()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_a_secret_is_256_bits_that_fit_into_a_url():
    secret = new_secret("qk_")
    assert re.fullmatch(r"qk_[A-Za-z0-9_-]{43}", secret)
    assert len({new_secret() for _ in range(1_000)}) == 1_000


def test_what_is_stored_does_not_hold_the_secret():
    secret = new_secret("qv_")
    digest = secret_digest(secret)
    assert len(digest) == 32
    assert secret.encode() not in digest
    assert digest == secret_digest(secret)
    assert digest != secret_digest(secret + "x")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_secrets_are_the_same_exactly_when_they_are_equal(left: str, right: str):
    assert same_secret(left, left)
    assert same_secret(left, right) == (left == right)


def test_the_clock_is_aware_and_in_utc():
    now = utc_now()
    assert now.utcoffset().total_seconds() == 0
    assert abs(now.timestamp() - time.time()) < 5
