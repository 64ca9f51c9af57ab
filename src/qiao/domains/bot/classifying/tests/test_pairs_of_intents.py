"""Every two intents told apart by themselves: the view of a model that decides where there are few examples."""

import hashlib

import numpy as np
import pytest
from sklearn.svm import SVC

from qiao.domains.bot.classifying import training
from qiao.domains.bot.classifying.model import IntentModel, likeness
from qiao.domains.bot.classifying.training import Sample, TrainingSet, train

pytestmark = pytest.mark.slow
TOPICS = ("退货", "运费", "发票", "coupon", "warranty")
WAYS = ("{}怎么办", "想问{}", "{}的问题", "about {}", "{} please", "{}呢", "need {}")


def meaning(topic: int, salt: str, *, noise: float = 0.04) -> np.ndarray:
    row = np.random.default_rng(list(hashlib.sha256(salt.encode()).digest()[:8])).normal(size=384) * noise
    row[topic] += 1
    return (row / np.linalg.norm(row)).astype(np.float32)


def lessons(topics: tuple[str, ...] = TOPICS, ways: tuple[str, ...] = WAYS) -> TrainingSet:
    samples = [Sample(way.format(topic), at) for at, topic in enumerate(topics) for way in ways]
    rows = np.stack([meaning(sample.intent or 0, sample.text) for sample in samples])
    return TrainingSet(topics, tuple(samples), rows)


def pairs(model: IntentModel, text: str, row: np.ndarray) -> np.ndarray:
    return model.look(model.lexicon.row(text), row).views[3]


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return train(lessons())


def test_the_right_intent_wins_against_every_other(model: IntentModel):
    for at, topic in enumerate(TOPICS):
        wins = pairs(model, f"说说{topic}", meaning(at, f"asked {topic}"))
        assert int(wins.argmax()) == at
        assert wins[at] > 0


def test_at_most_one_intent_beats_all_others(model: IntentModel):
    for turn in range(40):
        wins = pairs(model, f"随便 {turn}", meaning(turn % 7, f"any {turn}", noise=0.3))
        assert (wins > 0).sum() <= 1


def test_it_decides_as_the_machines_it_was_made_of(model: IntentModel):
    data = lessons()
    intents = np.asarray([sample.intent for sample in data.samples])
    shared = np.stack([model._shared(model.lexicon.row(sample.text)) for sample in data.samples])
    seen = np.stack(
        [model.look(model.lexicon.row(one.text), row).near for one, row in zip(data.samples, data.vectors, strict=True)]
    )
    kernel = likeness(training.PAIRS_KERNEL, seen, shared)
    order = training._landmarks(intents, [sample.text for sample in data.samples], training.MAX_LANDMARKS)
    machines = SVC(kernel="precomputed", C=training._C_PAIRS).fit(kernel[order], intents[order])
    own = [int(pairs(model, one.text, row).argmax()) for one, row in zip(data.samples, data.vectors, strict=True)]
    assert own == machines.predict(kernel).tolist()


def test_two_intents_alone_are_told_apart_the_right_way_round():
    model = train(lessons(TOPICS[:2]))
    for at, topic in enumerate(TOPICS[:2]):
        wins = pairs(model, topic, meaning(at, f"two {topic}"))
        assert wins[at] > 0 > wins[1 - at]
        assert wins[0] == pytest.approx(-wins[1], abs=1e-3)


def test_words_tell_apart_what_means_the_same():
    samples = [Sample(way.format(topic), at) for at, topic in enumerate(("茶壶", "茶杯")) for way in WAYS]
    rows = np.stack([meaning(0, sample.text, noise=0.01) for sample in samples])
    model = train(TrainingSet(("茶壶", "茶杯"), tuple(samples), rows))
    assert [int(pairs(model, f"{one}多少钱", meaning(0, "same", noise=0.01)).argmax()) for one in ("茶壶", "茶杯")] == [0, 1]


def test_an_intent_without_examples_never_wins():
    data = lessons()
    kept = data.only([at for at, sample in enumerate(data.samples) if sample.intent != 2])
    model = train(kept)
    wins = pairs(model, "发票呢", meaning(2, "absent"))
    assert int(wins.argmin()) == 2
    assert model.read("发票呢", meaning(2, "absent")).probabilities.argmax() != 2


def test_of_very_many_examples_the_same_number_of_each_intent_is_compared_with(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(training, "MAX_LANDMARKS", 20)
    model = train(lessons())
    assert np.bincount(model.arrays.intent_of).tolist() == [4] * len(TOPICS)
    asked = [model.read(f"请问{topic}", meaning(at, f"few {topic}")) for at, topic in enumerate(TOPICS)]
    assert [int(one.probabilities.argmax()) for one in asked] == list(range(len(TOPICS)))


def test_many_examples_are_rehearsed_in_fewer_turns(monkeypatch: pytest.MonkeyPatch):
    turns: list[int] = []
    whole = training._views
    monkeypatch.setattr(training, "_views", lambda data, *rest: turns.append(len(data.samples)) or whole(data, *rest))
    monkeypatch.setattr(training, "_REHEARSED_AT_LEAST", 15)
    model = train(lessons())
    assert len(turns) == 3
    assert model.with_meaning.factors != training._FACTORS


def test_a_stored_model_sees_pairs_as_before(model: IntentModel):
    stored = model.to_bytes()
    loaded = IntentModel.from_bytes(stored, hashlib.sha256(stored).digest())
    row = meaning(3, "stored")
    assert pairs(loaded, "coupon?", row) == pytest.approx(pairs(model, "coupon?", row), abs=1e-5)


def test_a_message_of_unknown_words_is_judged_by_meaning(model: IntentModel):
    assert not model._shared(model.lexicon.row("ωψξ")).any()
    assert int(pairs(model, "ωψξ", meaning(4, "unknown words")).argmax()) == 4
