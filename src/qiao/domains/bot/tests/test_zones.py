from uuid import UUID

import numpy as np
import pytest

from qiao.domains.bot.retrieval import AnswerIndex, Candidate, Entry, IndexedText
from qiao.domains.bot.zones import ZoneThresholds, decide, fit_zones

pytestmark = pytest.mark.slow

TOPICS, VARIANTS, DIMENSIONS = 40, 5, 64


def candidate(number: int, score: float, lexical: float, semantic: float | None) -> Candidate:
    return Candidate(UUID(int=number), "faq", score, lexical, semantic, "", "zh")


def unit(row: np.ndarray) -> np.ndarray:
    return (row / np.linalg.norm(row)).astype(np.float32)


def workspace(noise: float) -> list[Entry]:
    """Topics with a direction each; variants scatter around it by `noise`."""
    random = np.random.default_rng(7)
    found: list[Entry] = []
    for number in range(1, TOPICS + 1):
        topic = unit(random.normal(size=DIMENSIONS))
        rows = [unit(topic + noise * unit(random.normal(size=DIMENSIONS))) for _ in range(VARIANTS)]
        written = tuple(IndexedText(f"word{number} {at}", row) for at, row in enumerate(rows))
        found.append(Entry(UUID(int=number), "faq", "en", "", written))
    return found


@pytest.mark.parametrize(
    ("candidates", "zone", "reason"),
    [
        ([candidate(1, 0.98, 0.9, 0.95), candidate(2, 0.5, 0.2, 0.45)], "answer", "clear"),
        ([candidate(1, 0.98, 0.9, None), candidate(2, 0.5, 0.2, None)], "answer", "clear"),
        ([candidate(1, 0.75, 0.4, 0.68), candidate(2, 0.74, 0.4, 0.66)], "offer", "close_call"),
        ([candidate(1, 0.3, 0.1, 0.25), candidate(2, 0.28, 0.1, 0.2)], "hand_over", "weak_match"),
        ([], "hand_over", "nothing_found"),
    ],
)
def test_a_new_workspace_starts_sensibly(candidates: list[Candidate], zone: str, reason: str):
    decision = decide(candidates, ZoneThresholds())
    assert (decision.zone, decision.reason) == (zone, reason)


def test_at_most_three_are_offered():
    assert len(decide([candidate(number, 0.7, 0.4, 0.6) for number in range(1, 6)], ZoneThresholds()).candidates) == 3


def test_distinct_topics_are_answered_and_strangers_handed_over():
    entries = workspace(0.7)
    index = AnswerIndex.build(entries)
    thresholds = fit_zones(index, entries)
    random = np.random.default_rng(8)
    near = [decide(index.search("", unit(one.texts[0].vector + one.texts[1].vector)), thresholds).zone for one in entries]
    strange = [decide(index.search("", unit(random.normal(size=DIMENSIONS))), thresholds).zone for _ in range(40)]
    assert near.count("answer") > 30
    assert strange.count("answer") == 0


def test_topics_that_cannot_be_told_apart_are_not_answered():
    entries = workspace(8.0)
    index = AnswerIndex.build(entries)
    thresholds = fit_zones(index, entries)
    random = np.random.default_rng(9)
    zones = [decide(index.search("", unit(random.normal(size=DIMENSIONS))), thresholds).zone for _ in range(40)]
    assert zones.count("answer") <= 2


def test_fitting_is_deterministic_and_bounded():
    entries = workspace(0.7)
    index = AnswerIndex.build(entries)
    assert fit_zones(index, entries, sample=50) == fit_zones(index, entries, sample=50)
    assert fit_zones(index, entries, sample=50).examples <= 50


@pytest.mark.parametrize("size", [0, 1, 3])
def test_tiny_or_plain_workspaces_keep_the_start(size: int):
    entries = [Entry(UUID(int=number), "faq", "zh", "", (IndexedText(f"问题{number}"),)) for number in range(1, size + 1)]
    assert fit_zones(AnswerIndex.build(entries), entries) == ZoneThresholds()


def test_a_stricter_target_answers_no_sooner():
    entries = workspace(1.5)
    index = AnswerIndex.build(entries)
    assert fit_zones(index, entries, 0.01).answer_at >= fit_zones(index, entries, 0.2).answer_at
