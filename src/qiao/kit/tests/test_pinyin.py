import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.pinyin import characters_of, homophones, is_pinyin, syllables_of
from qiao.kit.text import detect_language

SYLLABLES = [
    "wo",
    "de",
    "ding",
    "dan",
    "shen",
    "me",
    "shi",
    "hou",
    "fa",
    "huo",
    "tui",
    "kuan",
    "zhuang",
    "lv",
    "er",
    "an",
    "xian",
]


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("fahuo", ("fa", "huo")),
        ("dingdan", ("ding", "dan")),
        ("shenme", ("shen", "me")),
        ("xian", ("xian",)),
        ("nver", ("nv", "er")),
        ("zhuanzhang", ("zhuan", "zhang")),
        ("shipping", ()),
        ("order", ()),
        ("", ()),
        ("退货", ()),
        ("x" * 500, ()),
    ],
)
def test_words_read_as_syllables(word: str, syllables: tuple[str, ...]):
    assert syllables_of(word) == syllables


@given(st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=6))
def test_whatever_is_made_of_syllables_reads_as_syllables(parts: list[str]):
    word = "".join(parts)
    assert "".join(syllables_of(word)) == word
    assert len(syllables_of(word)) <= len(parts)


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str):
    assert is_pinyin(text) in {True, False}
    assert "".join(syllables_of(text)) in {"", text}


@pytest.mark.parametrize("text", ["wo de dingdan shenme shihou fahuo", "keyi tuihuo ma?", "zenme kai fapiao", "duoshao qian"])
def test_questions_in_pinyin_are_chinese(text: str):
    assert is_pinyin(text)
    assert detect_language(text, "en") == "zh"


@pytest.mark.parametrize(
    "text",
    ["can you ship", "where is my order", "china tea", "banana", "hi", "menu", "a", "", "return policy", "long sleeve men"],
)
def test_english_is_not_taken_for_pinyin(text: str):
    assert not is_pinyin(text)


def test_characters_that_sound_alike():
    assert "时" in homophones("石")
    assert {"退", "腿"} <= set(characters_of("tui"))
    assert "绿" in characters_of("lv")
    assert (homophones("a"), characters_of("shipping")) == ("", "")
