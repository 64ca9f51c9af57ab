from collections.abc import Iterable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText
from qiao.domains.bot.retrieval.spelling import corrections, read_pinyin

HELD = {"ship": 4, "shop": 1, "refund": 3, "时候": 5, "发货": 4, "时": 5, "候": 5, "发": 6, "货": 4, "退": 3, "退货": 3}


def known(term: str) -> int:
    return HELD.get(term, 0)


def entry(number: int, *texts: str, language: str = "zh") -> Entry:
    return Entry(UUID(int=number), "faq", language, texts[0], tuple(IndexedText(text) for text in texts))


SHOP = AnswerIndex.build(
    [
        entry(1, "我的订单什么时候发货", "什么时候发货", "多久发货"),
        entry(2, "可以退货吗", "怎么退货"),
        entry(3, "杯子裂了", "收到碎了"),
        entry(4, "How do I get a refund?", "refund status", language="en"),
        entry(5, "Which courier do you use?", "shipping company", language="en"),
    ]
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("shop1", []),
        ("shpp", ["ship", "shop"]),
        ("refudn", ["refund"]),
        ("refnd", ["refund"]),
        ("reffund", ["refund"]),
        ("石候", ["时候"]),
        ("发伙", ["发货"]),
        ("推货", ["退货"]),
        ("zzzz", []),
        ("shi", []),
        ("石", []),
    ],
)
def test_what_a_misspelling_may_mean(written: str, meant: list[str]):
    assert corrections(written, known) == meant


@given(st.text(max_size=30))
def test_only_known_terms_are_proposed(term: str):
    assert all(known(one) for one in corrections(term, known))


@given(st.text(max_size=80))
def test_any_question_may_be_read(text: str):
    assert SHOP.read_pinyin(text) is None or isinstance(SHOP.read_pinyin(text), str)


@pytest.mark.parametrize(
    ("question", "number"),
    [("什么石候发货", 1), ("怎么推货", 2), ("杯子列了", 3), ("refnud status", 4), ("which courrier", 5), ("怎麼退貨", 2)],
)
def test_misspelled_questions_find_their_answer(question: str, number: int):
    assert SHOP.search(question, None)[0].entry_id.int == number


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("wo de dingdan shenme shihou fahuo", "我的订单什么时候发货"),
        ("keyi tuihuo ma", "可以退货吗"),
        ("我要 tuihuo", "我要 退货"),
        ("can you ship", None),
        ("怎么退货", None),
        ("refund status", None),
        ("我要 refund", None),
        ("wo de dingdan shenme shihou neng dao shanghai", "我的订单什么时候到"),
        ("dingdan shi hou fahuo", "订单时候发货"),
        ("dingdan fahuo", "订单发货"),
        ("shanghai beijing guangzhou", None),
    ],
)
def test_pinyin_is_read_with_the_words_of_the_knowledge(question: str, read: str | None):
    assert SHOP.read_pinyin(question) == read


@pytest.mark.parametrize(
    "question", ["wo xiang zhidao dingdan shenme shihou fahuo", "qingwen keyi tuihuo ma laoban", "beizi zenme lie le"]
)
def test_a_few_known_pairs_are_enough_to_be_found_by(question: str):
    read = SHOP.read_pinyin(question)
    assert read is not None
    assert SHOP.search(read, None, limit=1) != []


@pytest.mark.parametrize(
    "question", ["can you do me a favour", "is the lid in the box", "long time no see", "he can sing", "a", ""]
)
def test_english_is_never_read_as_pinyin(question: str):
    assert SHOP.read_pinyin(question) is None


def test_corrections_may_be_narrowed_to_what_is_held():
    asked: list[str] = []

    def held(terms: Iterable[str]) -> list[str]:
        asked.extend(terms)
        return [term for term in asked if term in HELD]

    assert corrections("refudn", known, held) == corrections("refudn", known) == ["refund"]
    assert "refund" in asked


def test_pinyin_of_something_else_is_left_alone():
    assert read_pinyin("wo xiang chi huoguo", lambda _: 0) is None
