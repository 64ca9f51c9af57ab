import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.app.evaluate.measures import (
    Detection,
    accuracy,
    accuracy_at,
    auroc,
    best_detection,
    detection,
    expected_calibration_error,
    mean_reciprocal_rank,
    percentile,
)

shares = st.floats(0, 1)
judged = st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=60)
ranks = st.lists(st.none() | st.integers(1, 30), min_size=1, max_size=40)


def test_accuracy_counts_what_is_equal():
    assert accuracy(["a", "b", None, "c"], ["a", "x", None, "d"]) == 0.5


def test_ranks_are_counted_from_one():
    found = [1, 2, 5, 6, None]
    assert (accuracy_at(found, 1), accuracy_at(found, 5)) == (0.2, 0.6)
    assert mean_reciprocal_rank(found) == pytest.approx((1 + 1 / 2 + 1 / 5 + 1 / 6) / 5)


def test_nothing_measures_nothing():
    assert (accuracy([], []), accuracy_at([], 1), mean_reciprocal_rank([]), percentile([], 0.5)) == (0.0, 0.0, 0.0, 0.0)
    assert (auroc([], []), expected_calibration_error([], [])) == (0.5, 0.0)
    assert detection([], []) == Detection(0.0, 0.0, 0.0)
    assert best_detection([0.4], [False]) == (float("inf"), Detection(0.0, 0.0, 0.0))


@pytest.mark.parametrize("measure", [accuracy, auroc, detection, best_detection, expected_calibration_error])
def test_lengths_must_agree(measure):
    with pytest.raises(ValueError, match="zip"):
        measure([0.5, 0.6], [True])


def test_auroc_of_order_disorder_and_ties():
    assert auroc([0.1, 0.2, 0.8, 0.9], [False, False, True, True]) == 1.0
    assert auroc([0.9, 0.8, 0.2, 0.1], [False, False, True, True]) == 0.0
    assert auroc([0.5, 0.5, 0.5], [False, True, False]) == 0.5
    assert auroc([0.5, 0.7], [True, True]) == 0.5


def test_detection_of_a_known_table():
    assert detection([True, True, False, False], [True, False, True, False]) == Detection(0.5, 0.5, 0.5)


def test_the_best_threshold_reports_whole_ties():
    threshold, reached = best_detection([0.9, 0.7, 0.7, 0.1], [True, True, False, False])
    assert threshold == 0.7
    assert reached == Detection(2 / 3, 1.0, pytest.approx(0.8))


def test_calibration_of_sure_and_unsure():
    assert expected_calibration_error([1.0, 1.0, 0.0], [True, True, False]) == 0.0
    assert expected_calibration_error([1.0, 1.0], [False, False]) == 1.0
    assert expected_calibration_error([0.75] * 4, [True, True, True, False]) == 0.0


def test_percentiles_are_values_that_were_there():
    assert [percentile([4, 1, 3, 2], share) for share in (0, 0.5, 0.75, 0.99, 1)] == [1, 2, 3, 4, 4]


@given(ranks)
def test_reciprocal_rank_lies_between_the_first_and_anywhere(found: list[int | None]):
    anywhere = accuracy_at(found, 30)
    assert accuracy_at(found, 1) <= mean_reciprocal_rank(found) <= anywhere
    assert accuracy_at(found, 1) <= accuracy_at(found, 5) <= anywhere


@given(judged)
def test_auroc_counts_the_pairs(pairs: list[tuple[float, bool]]):
    positives = [score for score, there in pairs if there]
    negatives = [score for score, there in pairs if not there]
    wins = sum((one > other) + (one == other) / 2 for one in positives for other in negatives)
    total = len(positives) * len(negatives)
    expected = wins / total if total else 0.5
    assert auroc([score for score, _ in pairs], [there for _, there in pairs]) == pytest.approx(expected)


@given(judged)
def test_auroc_turns_round_with_the_scores(pairs: list[tuple[float, bool]]):
    scores, there = [score for score, _ in pairs], [one for _, one in pairs]
    assert auroc(scores, there) + auroc([-score for score in scores], there) == pytest.approx(1)


@given(judged, shares)
def test_no_threshold_beats_the_best(pairs: list[tuple[float, bool]], other: float):
    scores, there = [score for score, _ in pairs], [one for _, one in pairs]
    threshold, reached = best_detection(scores, there)
    assert reached == detection([score >= threshold for score in scores], there)
    assert detection([score >= other for score in scores], there).f1 <= reached.f1 + 1e-12


@given(judged, st.integers(1, 20))
def test_calibration_error_is_a_share(pairs: list[tuple[float, bool]], bins: int):
    error = expected_calibration_error([score for score, _ in pairs], [right for _, right in pairs], bins)
    assert 0 <= error <= 1 + 1e-12


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), shares)
def test_a_percentile_has_its_share_below_it(values: list[float], share: float):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
