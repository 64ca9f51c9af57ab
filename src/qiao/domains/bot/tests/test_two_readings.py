"""A follow-up that may mean two things: where both are found and differ, the customer chooses; else the completed question stands."""

from uuid import UUID

import pytest

from qiao.domains.bot.finding import OFFERED, _either
from qiao.domains.bot.retrieval import Candidate
from qiao.domains.bot.zones import Decision


def candidate(entry: int, score: float) -> Candidate:
    return Candidate(UUID(int=entry), "faq", score, score, None, "", "zh")


def decided(zone: str, *found: tuple[int, float]) -> Decision:
    return Decision(zone, found[0][1] if found else 0.0, tuple(candidate(*one) for one in found), "clear")


def test_two_that_differ_are_offered_the_surer_first():
    either = _either(decided("answer", (1, 0.74)), decided("answer", (2, 0.94), (3, 0.85)))
    assert (either.zone, [one.entry_id.int for one in either.candidates]) == ("offer", [2, 1, 3])
    assert len(either.candidates) <= OFFERED
    assert either.confidence <= 1 / 3
    assert either.tied


@pytest.mark.parametrize(
    ("completed", "alone"),
    [
        (decided("answer", (1, 0.9)), decided("answer", (2, 0.8))),
        (decided("offer", (1, 0.7)), decided("answer", (1, 0.9))),
        (decided("offer", (1, 0.7)), decided("hand_over")),
    ],
)
def test_the_completed_question_stands(completed: Decision, alone: Decision):
    assert _either(completed, alone) is completed


def test_what_only_one_reading_finds_is_offered():
    either = _either(decided("hand_over"), decided("answer", (2, 0.9)))
    assert (either.zone, [one.entry_id.int for one in either.candidates]) == ("offer", [2])
    assert either.tied
