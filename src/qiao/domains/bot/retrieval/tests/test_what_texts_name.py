from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.retrieval import Verdict
from qiao.domains.bot.retrieval.lessons import popularity
from qiao.domains.bot.retrieval.naming import agreement
from qiao.domains.bot.retrieval.recency import HALF_LIFE, freshness

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TEA, POT, CUP = (UUID(int=number * 4) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("一百块包邮吗", "满 100 元包邮", 1),
        ("一百块包邮吗", "满 200 元包邮", -1),
        ("do i pay shipping over fifty dollars?", "Shipping is free from $50", 1),
        ("two tins please", "A box holds 3 tins", -1),
        ("two tins please", "A box holds 3 cups", 0),
        ("can i pay with paypal", "You can pay with PayPal", 1),
        ("能用paypal付吗", "支持 PayPal 付款", 1),
        ("能用 Visa 付吗", "支持 PayPal 付款", -1),
        ("does DHL deliver here", "We send parcels by UPS", -1),
        ("can I pay here", "You can pay with PayPal", 0),
        ("怎么退货", "退货流程", 0),
        ("HOW DO I RETURN IT", "WE SEND BY UPS ONLY", 0),
        ("canada and germany?", "We send to Germany by ship", 1),
        ("", "", 0),
    ],
)
def test_names_amounts_and_counts_agree_or_differ(question: str, text: str, expected: int):
    assert agreement(question, text) == expected


@pytest.mark.property
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_texts_can_be_held_against_each_other(question: str, text: str):
    assert agreement(question, text) in {-1.0, 0.0, 1.0}


def test_recency_halves_and_starts_from_the_newest():
    moments = [NOW, NOW - HALF_LIFE, None, NOW - 2 * HALF_LIFE]
    assert freshness(moments) == pytest.approx([1, 0.5, 0, 0.25])
    assert freshness([None, None]) == [0, 0]
    assert freshness([]) == []


def test_a_newest_that_is_given_counts_what_is_after_it_as_new():
    assert freshness([NOW + timedelta(days=9), NOW - HALF_LIFE], NOW) == pytest.approx([1, 0.5])


def thumb(entry_id: UUID, *, helpful: bool = True, days_ago: int | None = None) -> Verdict:
    at = None if days_ago is None else NOW - timedelta(days=days_ago)
    return Verdict("怎么泡", None, "zh", entry_id, helpful, at)


def test_what_helped_lately_is_more_popular_than_what_helped_long_ago():
    popular = popularity([*(thumb(TEA, days_ago=day) for day in range(5)), *(thumb(POT, days_ago=400 + day) for day in range(5))])
    assert popular[TEA] == 1
    assert 0 < popular[POT] < 0.3


def test_thumbs_down_take_popularity_away_and_never_below_nothing():
    popular = popularity([*[thumb(TEA)] * 4, *[thumb(POT)] * 4, *[thumb(POT, helpful=False)] * 4, thumb(CUP, helpful=False)])
    assert popular[TEA] == 1
    assert 0 < popular[POT] < 1
    assert CUP not in popular


def test_nobody_is_popular_before_anybody_judged():
    assert popularity([]) == {}


def test_a_fold_left_out_counts_nowhere():
    verdicts = [thumb(TEA) for _ in range(4)]
    assert [popularity(verdicts[:1], without=fold).get(TEA) for fold in range(4)].count(None) == 1
    assert all(popularity(verdicts, without=fold) == {TEA: 1.0} for fold in range(4))
