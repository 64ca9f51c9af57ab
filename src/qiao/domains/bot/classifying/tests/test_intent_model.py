"""Trained models: what they tell apart, what they notice to be strange, how they are stored, when they replace one another."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.classifying.child import Lesson, Order, train_order
from qiao.domains.bot.classifying.contracts import Comparison
from qiao.domains.bot.classifying.gate import compare, is_held_back, may_replace
from qiao.domains.bot.classifying.lexicon import Lexicon
from qiao.domains.bot.classifying.model import IntentModel
from qiao.domains.bot.classifying.terms import terms
from qiao.domains.bot.classifying.training import Sample, TrainingSet, train, with_scope_of

pytestmark = pytest.mark.slow
TOPICS = ("退货", "运费", "发票", "物流", "refund", "coupon")
SHAPES = ("{}怎么办", "我想问{}", "关于{}的问题", "请问{}", "{} please", "how about {}", "I need {}", "{}呢")
STRANGE = ("今天天气不错", "who won the match", "讲个笑话", "what is the capital of France")


def vector(topic: int, salt: str) -> np.ndarray:
    noise = np.random.default_rng(int.from_bytes(hashlib.sha256(salt.encode()).digest()[:4])).normal(size=384) * 0.03
    noise[topic] += 1
    return (noise / np.linalg.norm(noise)).astype(np.float32)


def lessons(shapes: tuple[str, ...] = SHAPES, *, meaning: bool = True) -> TrainingSet:
    samples = [Sample(shape.format(topic), at) for at, topic in enumerate(TOPICS) for shape in shapes]
    samples += [Sample(topic, at, True) for at, topic in enumerate(TOPICS)]
    rows = np.stack([vector(sample.intent or 0, sample.text) for sample in samples]) if meaning else np.zeros((0, 0), np.float32)
    return TrainingSet(TOPICS, tuple(samples), rows)


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return train(lessons())


@pytest.fixture(scope="module")
def wordy() -> IntentModel:
    return train(lessons(meaning=False))


def best(model: IntentModel, text: str, row: np.ndarray | None) -> str:
    return model.labels[int(model.read(text, row).probabilities.argmax())]


def test_new_ways_of_asking_are_understood(model: IntentModel):
    assert [best(model, f"麻烦说说{topic}", vector(at, f"new {at}")) for at, topic in enumerate(TOPICS)] == list(TOPICS)


def test_meaning_decides_where_words_are_new(model: IntentModel):
    assert [best(model, "完全不同的说法", vector(at, f"other {at}")) for at in range(len(TOPICS))] == list(TOPICS)


def test_without_meaning_words_decide(model: IntentModel, wordy: IntentModel):
    for one in (model, wordy):
        assert [best(one, f"麻烦说说{topic}", None) for topic in TOPICS] == list(TOPICS)
        assert one.read("退货怎么办", None).in_scope > one.read("qqq zzz", None).in_scope


def test_a_model_of_words_ignores_vectors(wordy: IntentModel):
    assert best(wordy, "发票呢", vector(0, "elsewhere")) == "发票"


def test_chances_are_chances_and_strange_messages_are_noticed(model: IntentModel):
    known = [model.read(f"{topic}是什么", vector(at, f"known {at}")) for at, topic in enumerate(TOPICS)]
    strange = [model.read(text, vector(300 + at, text)) for at, text in enumerate(STRANGE)]
    assert all(abs(float(one.probabilities.sum()) - 1) < 1e-4 for one in (*known, *strange))
    assert all(0 <= one.in_scope <= 1 for one in (*known, *strange))
    assert min(one.in_scope for one in known) > max(one.in_scope for one in strange)


def test_scope_can_be_fitted_on_labelled_messages(model: IntentModel):
    inside = [(f"{topic}多少", vector(at, f"in {at}")) for at, topic in enumerate(TOPICS)]
    outside = [(text, vector(300 + at, text)) for at, text in enumerate(STRANGE)]
    fitted = with_scope_of(model, inside, outside)
    assert min(fitted.read(*one).in_scope for one in inside) > 0.5 > max(fitted.read(*one).in_scope for one in outside)


def test_training_is_deterministic_and_survives_storage(model: IntentModel):
    stored = model.to_bytes()
    again = train(lessons()).to_bytes()
    assert stored == again
    loaded = IntentModel.from_bytes(stored, hashlib.sha256(stored).digest())
    row = vector(2, "stored")
    assert np.allclose(loaded.read("发票", row).probabilities, model.read("发票", row).probabilities, atol=1e-5)


def test_damaged_models_are_refused(model: IntentModel):
    stored = model.to_bytes()
    with pytest.raises(ValueError, match="damaged"):
        IntentModel.from_bytes(stored[:-1] + b"?", hashlib.sha256(stored).digest())


def test_an_order_is_trained_with_its_twin_and_compared():
    data = lessons()
    order = Order(
        TOPICS,
        [
            Lesson(sample.text, sample.intent or 0, sample.is_name, row.tobytes())
            for sample, row in zip(data.samples, data.vectors, strict=True)
        ],
        None,
    )
    first = train_order(order)
    second = train_order(Order(TOPICS, order.lessons, (first.twin, hashlib.sha256(first.twin).digest())))
    held = sum(is_held_back(sample.text) and not sample.is_name for sample in data.samples)
    assert first.comparison.earlier is None
    assert first.comparison.held_back == held > 0
    assert second.comparison.hits == second.comparison.earlier
    assert may_replace(second.comparison)


def test_mixed_up_examples_make_a_worse_model_which_is_refused(model: IntentModel):
    mixed = TrainingSet(
        TOPICS, tuple(Sample(one.text, (one.intent or 0) ^ 1, one.is_name) for one in lessons().samples), lessons().vectors
    )
    asked = [(topic, f"{topic}如何", vector(at, f"asked {at} {turn}")) for at, topic in enumerate(TOPICS) for turn in range(5)]
    compared = compare(train(mixed), model, asked)
    assert compared.earlier == len(asked)
    assert not may_replace(compared)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_better_and_equal_models_are_taken(compared: int, hits: int, earlier: int):
    one = Comparison(held_back=compared, compared=compared, hits=hits, earlier=earlier, accuracy=None)
    assert may_replace(one) or hits < earlier
    assert hits >= earlier - 1 - compared // 50 or not may_replace(one)


@given(st.text(max_size=200))
def test_rows_have_length_one_or_nothing(text: str):
    row = Lexicon.of(["退货怎么办", "how do I return it", "运费 fee"]).row(text)
    assert len(row.at) == len(set(row.at.tolist()))
    assert 0 <= row.coverage <= 1
    assert np.linalg.norm(row.weights) < 1.001


@given(st.text(max_size=300))
def test_terms_are_total_and_blanks_around_do_not_matter(text: str):
    assert terms(text) == terms(f" {text} ")
    assert len(terms(text)) < 5_000
