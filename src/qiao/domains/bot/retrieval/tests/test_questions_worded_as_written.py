"""A text of an entry is met word for word, however it is typed, and nothing else is."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText
from qiao.kit.text import retrieval_terms

WRITTEN = {
    1: ("zh", "faq", ("怎么退货？", "不喜欢可以退吗")),
    2: ("zh", "faq", ("怎么换货？", "换货要什么条件")),
    3: ("en", "faq", ("How do I return an order?", "Can I send it back?")),
    4: ("en", "faq", ("Returns", "Can I send it back?")),
    5: ("zh", "article", ("退货政策", "怎么退货？")),
    6: ("zh", "faq", ("满 199 元包邮吗？",)),
}


def entry(number: int, texts: tuple[str, ...], kind: str = "faq", language: str = "zh") -> Entry:
    return Entry(UUID(int=number), kind, language, texts[0], tuple(IndexedText(text) for text in texts))


def index() -> AnswerIndex:
    return AnswerIndex.build(entry(number, texts, kind, language) for number, (language, kind, texts) in WRITTEN.items())


def met(question: str, where: AnswerIndex | None = None) -> list[int]:
    return [one.entry_id.int for one in (index() if where is None else where).worded_as(question)]


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("怎么退货？", [1]),
        ("怎么退货", [1]),
        ("怎麼退貨?!", [1]),
        ("  不喜欢可以退吗……", [1]),
        ("HOW DO I RETURN AN ORDER", [3]),
        ("Can I send it back?", [3, 4]),
        ("“returns”", [4]),
        ("满 199 元包邮吗", [6]),
        ("满１９９元包邮吗", []),
        ("怎么退", []),
        ("怎么退货和换货？", []),
        ("换货要什么", []),
        ("send it back can I?", []),
        ("", []),
        ("？？？", []),
        ("🙂", []),
    ],
)
def test_marks_case_and_characters_do_not_matter_and_words_do(question: str, numbers: list[int]):
    assert met(question) == numbers


def test_what_is_met_is_the_text_as_the_editor_wrote_it():
    [found] = index().worded_as("不喜欢可以退吗？")
    assert (found.matched, found.lexical, found.language, found.kind) == ("不喜欢可以退吗", 1.0, "zh", "faq")


def test_a_changed_entry_is_met_by_its_new_words_alone():
    changed = index().with_changes([entry(1, ("能不能退？",))], [UUID(int=2)])
    assert [met(one, changed) for one in ("怎么退货？", "能不能退", "怎么换货", "Returns")] == [[], [1], [], [4]]


def test_nothing_is_met_where_nothing_is_written():
    assert met("怎么退货", AnswerIndex.build([])) == []


@pytest.mark.property
@given(st.data())
def test_every_text_is_met_however_it_is_typed(data: st.DataObject):
    number = data.draw(st.sampled_from([one for one, (_, kind, _) in WRITTEN.items() if kind == "faq"]))
    text = data.draw(st.sampled_from(WRITTEN[number][2]))
    around = data.draw(st.tuples(*[st.text(" ?？!！。.,，", max_size=4)] * 2))
    cased = data.draw(st.sampled_from([text, text.upper(), text.lower(), text.title()]))
    assert number in met(around[0] + cased + around[1])


@pytest.mark.property
@given(st.text(max_size=60))
def test_any_text_is_met_by_itself_and_by_no_other(text: str):
    there = index().with_changes([entry(9, (text,))], [])
    assert set(met(text, there)) - set(met(text)) <= {9}
    assert (9 in met(text, there)) == bool(retrieval_terms(text))
