"""Shares and their intervals, against figures of the papers they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.statistics import difference, share


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share(hits, n, low, high):
    found = share(hits, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10: 56/70 less 48/80.
    [((48, 80), (56, 70), 0.0524, 0.3339)],
)
def test_the_interval_of_a_difference(first, second, low, high):
    found = difference(share(*first), share(*second))
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert found.sure


def test_nothing_known_is_said_so():
    nothing = share(0, 0)
    assert (nothing.value, nothing.low, nothing.high) == (None, 0.0, 1.0)
    found = difference(nothing, share(3, 4))
    assert (found.value, found.low, found.high, found.sure) == (None, -1.0, 1.0, False)


def test_more_hits_than_cases_is_refused():
    with pytest.raises(ValueError, match="among"):
        share(3, 2)


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_in_its_interval(hits, n):
    found = share(min(hits, n), n)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(st.integers(0, 300), st.integers(1, 300), st.integers(0, 300), st.integers(1, 300))
def test_a_difference_turned_round_is_its_mirror(hits, n, others, m):
    one, other = share(min(hits, n), n), share(min(others, m), m)
    there, back = difference(one, other), difference(other, one)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (back.low, back.high) == (pytest.approx(-there.high), pytest.approx(-there.low))
    assert there.sure == back.sure


@given(st.integers(1, 100))
def test_more_cases_make_it_surer(n):
    few, many = share(n, 2 * n), share(10 * n, 20 * n)
    assert many.high - many.low < few.high - few.low
