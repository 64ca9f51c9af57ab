import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.retrieval.features import Wording, compared, in_order, terms_of

tokens = st.lists(st.sampled_from("退货运费多少"), max_size=14).map(tuple)


def worded(text: str) -> Wording:
    of = terms_of(text)
    return Wording(of, dict.fromkeys(of.terms, 1.0), float(len(of.terms)))


def longest(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    row = [0] * (len(second) + 1)
    for one in first:
        new = [0]
        for at, other in enumerate(second):
            new.append(row[at] + 1 if one == other else max(row[at + 1], new[-1]))
        row = new
    return row[-1]


@given(tokens, tokens)
def test_order_is_the_longest_common_subsequence(first: tuple[str, ...], second: tuple[str, ...]):
    total = len(first) + len(second)
    expected = 2 * longest(first, second) / total if first and second else 0.0
    assert in_order(first, second) == pytest.approx(expected)


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_signal_is_bounded(question: str, text: str):
    covers, shared, order, codes = compared(worded(question), worded(text))
    assert 0 <= covers <= 1
    assert 0 <= shared <= covers + 1e-9
    assert 0 <= order <= 1
    assert codes in {-1.0, 0.0, 1.0}


def test_the_same_text_agrees_in_everything():
    assert compared(worded("运费 12 元"), worded("运费 12 元")) == (1.0, 1.0, 1.0, 1.0)


def test_another_number_tells_texts_apart():
    question, same, other = worded("iphone 12 保修"), worded("12 的保修"), worded("iphone 13 保修")
    assert compared(question, same)[3] == 1.0
    assert compared(question, other)[3] == -1.0
    assert compared(question, worded("保修多久"))[3] == 0.0
