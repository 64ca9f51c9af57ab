"""Rules every zone keeps, whatever was found: more certainty is never a lower zone, and a choice is never longer than three."""

from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qiao.domains.bot.retrieval import Candidate
from qiao.domains.bot.zones import Decision, ZoneThresholds, decide

ORDER = {"hand_over": 0, "offer": 1, "answer": 2}
SHARES = st.floats(0, 1, allow_nan=False)
WEIGHTS = st.tuples(st.floats(0, 12), st.floats(0, 12), st.floats(0, 12), st.floats(0, 12), st.floats(-12, 0))
LIMITS = st.builds(
    lambda first, among, answer, offer: ZoneThresholds(first=first, among=among, answer_at=answer, offer_at=offer),
    WEIGHTS, WEIGHTS, st.floats(0.5, 0.99), st.floats(0.1, 0.5),
)  # fmt: skip


def candidate(number: int, score: float, lexical: float, semantic: float | None) -> Candidate:
    return Candidate(UUID(int=number), "faq", score, lexical, semantic, "", "zh")


FOUND = st.lists(st.tuples(SHARES, SHARES, st.none() | SHARES), max_size=12).map(
    lambda rows: [candidate(at, *row) for at, row in enumerate(sorted(rows, key=lambda row: -row[0]), start=1)]
)


@given(FOUND, LIMITS)
def test_a_decision_is_whole(found: list[Candidate], limits: ZoneThresholds):
    decision = decide(found, limits)
    assert decision.zone in ORDER
    assert 0 <= decision.confidence <= 1
    assert decision.candidates == tuple(found[:3])
    assert (decision.reason == "nothing_found") == (found == [])
    assert decide(found, limits) == decision


@given(FOUND, LIMITS)
def test_an_answer_is_as_certain_as_it_has_to_be(found: list[Candidate], limits: ZoneThresholds):
    decision = decide(found, limits)
    assert (decision.zone == "answer") == (bool(found) and decision.confidence >= limits.answer_at)


@given(FOUND, LIMITS, st.integers(0, 3), SHARES)
def test_a_better_first_candidate_never_falls_into_a_lower_zone(
    found: list[Candidate], limits: ZoneThresholds, signal: int, more: float
):
    assume(found)
    best = found[0]
    raised = [
        candidate(1, max(best.score, more), best.lexical, best.semantic),
        candidate(1, best.score, max(best.lexical, more), best.semantic),
        candidate(1, best.score, best.lexical, None if best.semantic is None else max(best.semantic, more)),
        candidate(1, max(best.score, more), max(best.lexical, more), best.semantic),
    ][signal]
    before, after = decide(found, limits), decide([raised, *found[1:]], limits)
    assert after.confidence >= before.confidence - 1e-9
    assert ORDER[after.zone] >= ORDER[before.zone]


@given(FOUND, LIMITS, st.floats(0, 0.4))
def test_stricter_limits_never_answer_more(found: list[Candidate], limits: ZoneThresholds, more: float):
    stricter = ZoneThresholds(
        first=limits.first, among=limits.among, answer_at=limits.answer_at + more, offer_at=limits.offer_at + more
    )
    assert ORDER[decide(found, stricter).zone] <= ORDER[decide(found, limits).zone]


@given(FOUND, LIMITS)
def test_what_stands_far_behind_changes_nothing(found: list[Candidate], limits: ZoneThresholds):
    def told(decision: Decision) -> tuple[str, float, str]:
        return decision.zone, decision.confidence, decision.reason

    assert told(decide(found[:3], limits)) == told(decide(found, limits))


@given(SHARES, SHARES)
def test_a_lone_candidate_that_is_offered_is_called_a_weak_match(score: float, lexical: float):
    decision = decide([candidate(1, score, lexical, None)], ZoneThresholds())
    assert decision.reason == {"answer": "clear", "offer": "weak_match", "hand_over": "weak_match"}[decision.zone]


@given(SHARES)
def test_two_entries_in_the_very_same_words_are_never_certain(score: float):
    twins = [candidate(1, score, 1.0, 1.0), candidate(2, score, 1.0, 1.0)]
    assert decide(twins, ZoneThresholds()).confidence < 0.99


@pytest.mark.parametrize("strange", [-1.0, 0.0, 1.5, 1e9, -1e9])
def test_a_score_out_of_range_is_no_crash(strange: float):
    assert decide([candidate(1, strange, 0.5, strange)], ZoneThresholds()).zone in ORDER
