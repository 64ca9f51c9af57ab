from uuid import UUID

import msgspec
import numpy as np
import pytest

from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText, Tuning, Verdict, learn
from qiao.domains.bot.retrieval.learning import FOLDS, fold_of
from qiao.domains.bot.retrieval.tuning import FEATURES, START
from qiao.domains.bot.retrieval.vectors import Damper, Rows

pytestmark = pytest.mark.slow

DIMENSIONS, TOPICS, VARIANTS = 48, 30, 5


def unit(row: np.ndarray) -> np.ndarray:
    return (row / np.linalg.norm(row)).astype(np.float32)


def shop(scatter: float, manners: int = 3) -> list[Entry]:
    """Topics whose variants differ along a few directions that all topics share: manners of asking, not matters."""
    random = np.random.default_rng(5)
    shared = [unit(random.normal(size=DIMENSIONS)) for _ in range(manners)]
    found: list[Entry] = []
    for number in range(1, TOPICS + 1):
        topic = unit(random.normal(size=DIMENSIONS))
        rows = [
            unit(topic + sum((scatter * random.normal() * way for way in shared), np.zeros(DIMENSIONS))) for _ in range(VARIANTS)
        ]
        texts = tuple(IndexedText(f"a{number}x{at}", row) for at, row in enumerate(rows))
        found.append(Entry(UUID(int=number * 7919), "faq", "en", "", texts))
    return found


def test_manners_of_asking_are_learned_to_be_held_back():
    entries = shop(1.5)
    learned = learn(entries)
    assert learned.tuning.damping is not None
    assert learned.after > learned.before + 0.1
    assert all(fold.damping is not None for fold in learned.folds)


def test_what_was_learned_survives_storage_and_finds_more():
    entries = shop(1.5)
    tuning = msgspec.msgpack.decode(msgspec.msgpack.encode(learn(entries).tuning), type=Tuning)
    plain = AnswerIndex.build(entries)
    asked = [(one.id, unit(one.texts[0].vector + one.texts[1].vector)) for one in entries]
    found = [[index.search("", row)[0].entry_id == right for right, row in asked] for index in (plain, plain.tuned(tuning))]
    assert sum(found[1]) >= sum(found[0])


def test_chance_teaches_nothing():
    random = np.random.default_rng(1)
    entries = [
        Entry(
            UUID(int=number),
            "faq",
            "en",
            "",
            tuple(IndexedText(f"b{number}x{at}", unit(random.normal(size=DIMENSIONS))) for at in range(3)),
        )
        for number in range(1, 25)
    ]
    assert learn(entries).tuning == Tuning()


@pytest.mark.parametrize("size", [0, 1, 3])
def test_tiny_workspaces_keep_the_start(size: int):
    entries = [Entry(UUID(int=number), "faq", "zh", "", (IndexedText(f"问题{number}"),)) for number in range(1, size + 1)]
    learned = learn(entries)
    assert (learned.tuning, learned.questions) == (Tuning(), 0)
    assert len(learned.folds) == FOLDS


def test_learning_is_deterministic():
    entries = shop(1.0)
    assert learn(entries, sample=60) == learn(entries, sample=60)


def test_thumbs_make_popular_and_never_fail():
    entries = shop(1.0)
    verdicts = [
        Verdict("a1x0", entries[0].texts[0].vector, "en", entries[0].id, helpful=True),
        Verdict("a1x1", None, "en", entries[0].id, helpful=True),
        Verdict("a2x0", entries[1].texts[0].vector, "en", entries[0].id, helpful=False),
        Verdict("gone", None, "en", UUID(int=1), helpful=True),
        Verdict("换货", None, "zh", entries[0].id, helpful=False),
    ]
    learned = learn(entries, verdicts)
    assert learned.tuning.popular[entries[0].id] == 1.0
    assert len(learned.tuning.weights) == len(FEATURES) == len(START)


def test_folds_deal_an_entry_s_texts_out():
    assert {fold_of(UUID(int=77), at) for at in range(FOLDS)} == set(range(FOLDS))


def test_damped_rows_measure_what_damped_vectors_would():
    damping = learn(shop(1.5)).tuning.damping
    assert damping is not None
    basis = damping.basis().astype(np.float64)
    random = np.random.default_rng(3)
    rows = [unit(random.normal(size=DIMENSIONS)) for _ in range(6)]
    question = unit(random.normal(size=DIMENSIONS))
    kept = np.eye(DIMENSIONS) - basis.T @ np.diag(damping.strengths) @ basis
    expected = [unit(kept @ row) @ unit(kept @ question) for row in rows]
    stored = Rows.of(rows[:4], exact=True).damped(Damper(damping)).with_added(rows[4:])
    assert stored.dot(question) == pytest.approx(expected, abs=0.01)
    assert stored.cosine(rows[0], question) == pytest.approx(expected[0], abs=0.01)


def test_a_tuned_index_changes_as_an_untuned_one():
    entries = shop(1.5)
    tuning = learn(entries).tuning
    changed = AnswerIndex.build(entries[:20], tuning).with_changes(entries[20:], [])
    whole = AnswerIndex.build(entries, tuning)
    asked = entries[25].texts[2].vector
    first, second = changed.search("", asked), whole.search("", asked)
    assert [one.entry_id for one in first] == [one.entry_id for one in second]
    assert [one.score for one in first] == pytest.approx([one.score for one in second], abs=1e-3)
