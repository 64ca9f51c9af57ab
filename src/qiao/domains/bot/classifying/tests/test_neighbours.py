"""Nearest examples, for what no model was trained on."""

from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.classifying.nearest import Neighbours

RETURNS, SHIPPING = UUID(int=1), UUID(int=2)
EXAMPLES = [(RETURNS, "怎么退货"), (RETURNS, "how do I return it"), (SHIPPING, "运费多少钱"), (SHIPPING, "how much is shipping")]


def test_words_alone():
    near = Neighbours(EXAMPLES, {})
    assert near.read("我要退货", None)[0].intent_id == RETURNS
    assert near.read("shipping cost", None)[0].intent_id == SHIPPING
    assert near.read("怎么退货", None)[0].in_scope > 0.9
    assert near.read("天气", None)[0].in_scope < 0.2


def test_meaning_where_there_is_one():
    rows = np.eye(4, 384, dtype=np.float32)
    near = Neighbours(EXAMPLES, {text: rows[at] for at, (_, text) in enumerate(EXAMPLES)})
    assert near.read("x", rows[3])[0].intent_id == SHIPPING
    assert near.read("x", rows[3])[0].in_scope > 0.9
    assert near.read("x", -rows[3])[0].in_scope < 0.1


def test_without_examples_nothing_is_said():
    assert Neighbours([], {}).read("怎么退货", None) == []


@given(st.text(max_size=100))
def test_chances_sum_to_one(text: str):
    found = Neighbours(EXAMPLES, {}).read(text, None)
    assert abs(sum(one.probability for one in found) - 1) < 1e-6
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)
