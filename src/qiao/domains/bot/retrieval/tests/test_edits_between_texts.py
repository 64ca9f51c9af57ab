import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.retrieval.edits import COMPARED, edits, likenesses

few_letters = st.text(alphabet="ab退货 ", max_size=COMPARED + 4)


def one_by_one(first: str, second: str) -> int:
    """The textbook's table, for what the bits are held against."""
    table = [list(range(len(second) + 1)), *([at] + [0] * len(second) for at in range(1, len(first) + 1))]
    for at, one in enumerate(first, start=1):
        for to, other in enumerate(second, start=1):
            swapped = at > 1 < to and one == second[to - 2] and first[at - 2] == other
            there = [table[at - 1][to] + 1, table[at][to - 1] + 1, table[at - 1][to - 1] + (one != other)]
            table[at][to] = min([*there, table[at - 2][to - 2] + 1] if swapped else there)
    return table[-1][-1]


@pytest.mark.parametrize(
    ("question", "text", "count"),
    [
        ("delivery", "delivery", 0),
        ("delivery", "delivry", 1),
        ("delivery", "deilvery", 1),
        ("退货", "退款", 1),
        ("怎么退货", "怎么换货啊", 2),
        ("", "abc", 3),
        ("abc", "", 3),
        ("", "", 0),
        ("x" * COMPARED, "x" * COMPARED, 0),
        ("x" * COMPARED, "y" * COMPARED, COMPARED),
    ],
)
def test_edits_are_counted_as_people_do(question: str, text: str, count: int):
    assert edits(question, [text]) == [count]


@pytest.mark.property
@given(few_letters, st.lists(few_letters, max_size=5))
def test_all_texts_at_once_are_as_each_by_itself(question: str, texts: list[str]):
    assert edits(question, texts) == [one_by_one(question[:COMPARED], text[:COMPARED]) for text in texts]


@pytest.mark.property
@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_likeness_lies_between_nothing_and_the_same(question: str, texts: list[str]):
    assert all(0 <= one <= 1 for one in likenesses(question, texts))
    assert likenesses(question, [question]) == ([1.0] if question else [0.0])
    assert likenesses(question, texts) == pytest.approx([likenesses(text, [question])[0] for text in texts])
