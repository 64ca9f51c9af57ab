"""Messages as terms and rows, nearest examples, and when a new model may replace another; nothing here is trained."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.classifying.contracts import Comparison
from qiao.domains.bot.classifying.gate import is_held_back, may_replace
from qiao.domains.bot.classifying.lexicon import MAX_TERMS, Lexicon
from qiao.domains.bot.classifying.nearest import Neighbours
from qiao.domains.bot.classifying.terms import MAX_CHARACTERS, terms

RETURNS, SHIPPING, INVOICE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_a_message_in_terms():
    assert terms("退货") == ["退", "货", "退货"]
    assert {"=return", "=it", "=return it", "~ re", "~urn ", "~it"} <= set(terms("Return it!"))
    assert set(terms("return 退货")) >= {"=return", "退", "货", "退货"}
    assert "=return it" not in terms("return 退 it")


def test_one_message_in_many_forms_has_the_same_terms():
    forms = ["怎么退货", "怎麼退貨", "  怎么退货  ", "怎么退货\u200b", "怎么退货？"]
    assert len({tuple(sorted(terms(one))) for one in forms}) == 1
    assert terms("ＲＥＴＵＲＮ") == terms("return")


def test_nothing_has_no_terms_and_the_rest_of_a_long_message_none():
    assert [terms(text) for text in ("", " ", "？！", "😀", "\u200b")] == [[]] * 5
    assert terms("货" * MAX_CHARACTERS) == terms("货" * (MAX_CHARACTERS + 500))
    assert max(map(len, terms("x" * 10_000))) < 60


def test_rare_terms_weigh_more_and_repeats_only_a_little():
    lexicon = Lexicon.of(["退货 怎么", "运费 怎么", "发票 怎么"])
    row = lexicon.row("退货怎么")
    weight = {lexicon.vocabulary[at]: value for at, value in zip(row.at, row.weights, strict=True)}
    assert weight["退货"] > weight["怎么"]
    once, thrice = lexicon.row("退货运费"), lexicon.row("退货退货退货运费")
    of = {
        name: dict(zip(row.at.tolist(), row.weights.tolist(), strict=True)) for name, row in (("once", once), ("thrice", thrice))
    }
    returned, shipping = lexicon.vocabulary.index("退货"), lexicon.vocabulary.index("运费")
    assert 1 < of["thrice"][returned] / of["thrice"][shipping] < 3 * of["once"][returned] / of["once"][shipping]


def test_what_is_known_of_a_message_is_its_coverage():
    lexicon = Lexicon.of(["退货"])
    assert lexicon.row("退货").coverage == 1
    assert 0 < lexicon.row("退货流程").coverage < 1
    assert (lexicon.row("shipping").coverage, len(lexicon.row("shipping").at)) == (0.0, 0)
    assert len(Lexicon.of([]).row("退货").at) == 0


@pytest.mark.slow
def test_a_lexicon_is_bounded_and_keeps_what_most_texts_have():
    texts = ["共同 words"] + [f"共同 {chr(0x4E00 + number)}{chr(0x5E00 + number)}{number}" for number in range(6_000)]
    lexicon = Lexicon.of(texts)
    assert len(lexicon.vocabulary) == MAX_TERMS
    assert "共同" in lexicon.vocabulary
    assert lexicon.vocabulary == Lexicon.of(list(texts)).vocabulary


def test_both_halves_of_a_row_count_the_same():
    lexicon = Lexicon.of(["how do I return it", "shipping cost"])
    row = lexicon.row("return it")
    whole = np.asarray([not lexicon.vocabulary[at].startswith("~") for at in row.at])
    assert [float(np.square(row.weights[part]).sum()) for part in (whole, ~whole)] == [pytest.approx(0.5), pytest.approx(0.5)]


def test_the_nearest_example_decides_and_not_how_many_there_are():
    examples = [(RETURNS, f"退货要多少天第{number}种") for number in range(20)] + [(SHIPPING, "运费多少")]
    near = Neighbours(examples, {})
    assert near.read("运费多少呢", None)[0].intent_id == SHIPPING
    assert [one.intent_id for one in near.read("退货", None)] == [RETURNS, SHIPPING]


def test_some_examples_have_a_meaning_and_some_only_words():
    row = np.eye(384, dtype=np.float32)[0]
    near = Neighbours([(RETURNS, "怎么退货"), (INVOICE, "开发票")], {"怎么退货": row})
    assert near.read("x", row)[0].intent_id == RETURNS
    assert near.read("开发票", None)[0].intent_id == INVOICE


def test_an_intent_just_made_is_found_by_its_words_beside_one_whose_meaning_is_known():
    """Its examples have no vectors for some seconds; what has them is not the only thing that can be wanted."""
    known, elsewhere = np.eye(384, dtype=np.float32)[:2]
    near = Neighbours([(RETURNS, "怎么退货"), (INVOICE, "给我开发票")], {"怎么退货": known})
    best = near.read("帮我开发票", elsewhere)[0]
    assert best.intent_id == INVOICE
    assert (best.probability > 0.9, best.in_scope > 0.5) == (True, True)
    assert near.read("天气", elsewhere)[0].in_scope < 0.1


def test_intents_equally_near_are_equally_likely_and_in_one_order():
    near = Neighbours([(SHIPPING, "多少钱"), (RETURNS, "多少钱")], {})
    found = near.read("多少钱", None)
    assert [(one.intent_id, one.probability) for one in found] == [(RETURNS, 0.5), (SHIPPING, 0.5)]


def test_one_example_in_six_is_held_back_and_always_the_same():
    texts = [f"例子 {number}" for number in range(3_000)]
    held = [is_held_back(text) for text in texts]
    assert 400 < sum(held) < 600
    assert held == [is_held_back(text) for text in texts]
    assert held[:50] == [is_held_back(f"  {text} ") for text in texts[:50]]


def test_a_model_may_be_worse_by_one_or_by_two_in_a_hundred():
    def taken(hits: int, earlier: int | None, compared: int) -> bool:
        return may_replace(Comparison(held_back=compared, compared=compared, hits=hits, earlier=earlier, accuracy=None))

    assert [taken(hits, 10, 12) for hits in (12, 10, 9, 8)] == [True, True, True, False]
    assert [taken(hits, 190, 200) for hits in (186, 185)] == [True, False]
    assert taken(0, None, 12)
    assert taken(0, 0, 0)
    assert taken(0, 1, 1)


@pytest.mark.slow
@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_never_leaves_its_bounds(example: str, asked: str):
    for one in Neighbours([(RETURNS, example), (SHIPPING, "运费")], {}).read(asked, None):
        assert 0 <= one.probability <= 1
        assert 0 <= one.in_scope <= 1
