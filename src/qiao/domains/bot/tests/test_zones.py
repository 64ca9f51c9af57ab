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


Shop = list[tuple[np.ndarray, Entry]]
LIKE_THE_FIRST, RARE = None, 3.0


def shop_of(apart: float, noises: list[float]) -> Shop:
    """Twelve families of five topics `apart` from their family, and each topic's entry: a text for each noise, no words in common."""
    random = np.random.default_rng(11)
    found: Shop = []
    for _ in range(12):
        family = unit(random.normal(size=DIMENSIONS))
        for _ in range(5):
            topic = unit(family + apart * unit(random.normal(size=DIMENSIONS)))
            rows = [unit(topic + noise * unit(random.normal(size=DIMENSIONS))) for noise in noises]
            number = len(found) + 1
            texts = tuple(IndexedText(chr(0x4E00 + 7 * number + 900 * at), row) for at, row in enumerate(rows))
            found.append((topic, Entry(UUID(int=number), "faq", "zh", "", texts)))
    return found


def asked(apart: float, noise: float, later: float | None) -> tuple[float, float, float]:
    """Customers ask about every topic, of which one in five has no entry here, in words as near to it as an entry's first two texts;
    `later` is how far from it the others are.

    The share of questions answered, the share of answers that are right, the share of all questions that are answered wrongly.
    """
    shop = shop_of(apart, [noise, noise, *[later or noise] * 3])
    kept = [entry for at, (_, entry) in enumerate(shop) if at % 5]
    index = AnswerIndex.build(kept)
    limits = fit_zones(index, kept, 0.1)
    random = np.random.default_rng(12)
    questions = [(entry, unit(topic + noise * unit(random.normal(size=DIMENSIONS)))) for topic, entry in shop * 4]
    said = [(entry, decide(index.search("", question, 12), limits)) for entry, question in questions]
    right = [decision.candidates[0].entry_id == entry.id for entry, decision in said if decision.zone == "answer"]
    return len(right) / len(said), sum(right) / max(len(right), 1), (len(right) - sum(right)) / len(said)


@pytest.mark.parametrize("later", [LIKE_THE_FIRST, RARE])
@pytest.mark.parametrize(("apart", "noise"), [(0.6, 0.6), (0.6, 0.9), (0.8, 0.6), (0.8, 0.9)])
def test_of_ten_answers_nine_are_right_and_of_a_hundred_questions_three_answered_wrongly(
    apart: float, noise: float, later: float | None
):
    _, right, wrong = asked(apart, noise, later)
    assert right >= 0.9
    assert wrong <= 0.03


@pytest.mark.parametrize(("noise", "answered"), [(0.6, 0.7), (0.9, 0.28)])
def test_later_texts_that_cover_what_is_rare_do_not_silence_the_bot(noise: float, answered: float):
    assert asked(0.6, noise, RARE)[0] >= answered
