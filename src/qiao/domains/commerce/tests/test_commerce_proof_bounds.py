"""How many wrong proofs are too many: by contact, by order, by workspace; as a rule, without a clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.commerce.proofs import BY_CONTACT, BY_ORDER, BY_WORKSPACE, WINDOW, seconds_to_wait

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
WHO, OTHER = UUID(int=1), UUID(int=2)


def tries(count, *, contact=WHO, number="LT1", minutes=0.0):
    """So many wrong proofs, the last of them so many minutes ago, a second apart; oldest first."""
    last = NOW - timedelta(minutes=minutes)
    return [
        {"contact_id": contact, "number_key": number, "at": last - timedelta(seconds=count - 1 - nth)} for nth in range(count)
    ]


def strangers(count, number="LT1"):
    """One wrong proof each of so many contacts."""
    return [
        {"contact_id": UUID(int=100 + nth), "number_key": number, "at": NOW - timedelta(seconds=count - nth)}
        for nth in range(count)
    ]


@pytest.mark.parametrize(("count", "waits"), [(1, False), (BY_CONTACT, False), (BY_CONTACT + 1, True), (BY_CONTACT * 3, True)])
def test_a_contact_has_so_many(count, waits):
    assert bool(seconds_to_wait(tries(count), WHO, "LT1", NOW)) is waits


@pytest.mark.parametrize(("count", "waits"), [(BY_ORDER - 1, False), (BY_ORDER, True)])
def test_an_order_has_so_many_whoever_tries(count, waits):
    tried = [*strangers(count), *tries(1)]
    assert bool(seconds_to_wait(tried, WHO, "LT1", NOW)) is waits
    assert seconds_to_wait(tried, WHO, "LT2", NOW) == 0


@pytest.mark.parametrize(("count", "waits"), [(BY_WORKSPACE - 1, False), (BY_WORKSPACE, True)])
def test_a_workspace_has_so_many_whatever_is_tried(count, waits):
    tried = [one | {"number_key": f"LT{nth}"} for nth, one in enumerate(strangers(count))]
    assert bool(seconds_to_wait([*tried, *tries(1)], WHO, "LT1", NOW)) is waits


def test_what_others_tried_does_not_count_against_a_contact():
    tried = [*tries(BY_CONTACT * 3, contact=OTHER, number="LT2"), *tries(1)]
    assert seconds_to_wait(tried, WHO, "LT1", NOW) == 0


def test_nothing_tried_is_nothing_to_wait_for():
    assert seconds_to_wait([], WHO, "LT1", NOW) == 0


@given(st.integers(BY_CONTACT + 1, 40), st.floats(0, 59))
def test_the_wait_is_over_when_enough_of_them_are_an_hour_old(count, minutes):
    tried = tries(count, minutes=minutes)
    wait = seconds_to_wait(tried, WHO, "LT1", NOW)
    assert 1 <= wait <= WINDOW.total_seconds()
    later = NOW + timedelta(seconds=wait + 1)
    still_counting = [one for one in tried if one["at"] > later - WINDOW]
    assert len([one for one in still_counting if one["contact_id"] == WHO]) <= BY_CONTACT


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_tries_never_shorten_the_wait(fewer, more):
    few, many = sorted((fewer, more))
    assert seconds_to_wait(tries(few), WHO, "LT1", NOW) <= seconds_to_wait(tries(many), WHO, "LT1", NOW) + 60
