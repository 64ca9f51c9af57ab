from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.retrieval.features import Wording, compared, terms_of


def worded(text: str) -> Wording:
    of = terms_of(text)
    return Wording(of, dict.fromkeys(of.terms, 1.0), float(len(of.terms)))


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_signal_is_bounded(question: str, text: str):
    covers, shared, codes = compared(worded(question), worded(text))
    assert 0 <= covers <= 1
    assert 0 <= shared <= covers + 1e-9
    assert codes in {-1.0, 0.0, 1.0}


def test_the_same_text_agrees_in_everything():
    assert compared(worded("运费 12 元"), worded("运费 12 元")) == (1.0, 1.0, 1.0)


def test_another_number_tells_texts_apart():
    question, same, other = worded("iphone 12 保修"), worded("12 的保修"), worded("iphone 13 保修")
    assert compared(question, same)[2] == 1.0
    assert compared(question, other)[2] == -1.0
    assert compared(question, worded("保修多久"))[2] == 0.0
