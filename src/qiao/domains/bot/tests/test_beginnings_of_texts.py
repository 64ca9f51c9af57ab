"""How much of a text its meaning is taken from."""

import pytest

from qiao.domains.bot.meaning import QUESTION_WIDTH, TEXT_WIDTH, beginning, text_hash
from qiao.kit.text import normalise


@pytest.mark.parametrize(
    ("text", "width", "kept"),
    [
        ("abcdef", 4, "abcd"),
        ("茶壶茶杯", 4, "茶壶"),
        ("a茶壶", 4, "a茶"),
        ("茶a壶", 4, "茶a"),
        ("茶壶", 4, "茶壶"),
        ("café au lait", 6, "café a"),
        ("한국어", 4, "한국"),
        ("", 4, ""),
    ],
)
def test_a_chinese_character_takes_the_room_of_two_letters(text: str, width: int, kept: str):
    assert beginning(text, width) == kept


def test_a_text_is_brought_into_its_one_form_first():
    assert beginning("  ＡＢＣ　退貨 ", 100) == normalise("abc 退货")


def test_twice_as_many_letters_of_a_question_are_understood_as_characters():
    assert len(beginning("x" * 1_000, QUESTION_WIDTH)) == 2 * len(beginning("茶" * 1_000, QUESTION_WIDTH)) == 200


def test_a_question_is_a_beginning_of_what_an_entry_would_be_embedded_as():
    long = "我想问一下 about the teapot " * 40
    assert beginning(long, TEXT_WIDTH).startswith(beginning(long, QUESTION_WIDTH))


def test_texts_that_begin_alike_share_their_vector():
    begins = "怎么退货？" * 40
    assert text_hash(begins + "甲") == text_hash(begins + "乙")
    assert text_hash("怎么退货") == text_hash("怎麼退貨")
    assert text_hash("how do I " * 20 + "return it") != text_hash("how do I " * 20 + "pay")
