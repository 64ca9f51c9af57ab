"""Long texts in several messages, and Markdown as plain text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.delivery.plain import plain, with_origin
from qiao.domains.delivery.splitting import pieces

TEXTS = st.text(st.sampled_from("ab 。！？，\n\r.!?…”)é\u0301👍🏽\u200d🇨🇳👨한ᄀ\u1161x"), max_size=300) | st.text(max_size=300)


@given(TEXTS, st.integers(1, 60))
def test_pieces_are_the_text_and_none_is_too_long(text, limit):
    cut = pieces(text, limit)
    assert "".join(cut) == text
    assert all(0 < len(piece) <= limit for piece in cut)


@given(TEXTS, st.integers(40, 80))
def test_no_piece_begins_with_a_mark_of_the_last_ones_character(text, limit):
    text = text.replace("\u0301\u0301", "\u0301")
    starts = [piece[0] for piece in pieces(text, limit)[1:]]
    assert not [one for one in starts if one == "\u200d" or "\U0001f3fb" <= one <= "\U0001f3ff"]


@given(
    st.lists(st.sampled_from(["👨\u200d👩\u200d👧", "🇨🇳", "👍🏽", "e\u0301", "字"]), min_size=1, max_size=80), st.integers(10, 30)
)
def test_what_is_one_character_to_the_eye_stays_whole(signs, limit):
    whole = []
    for piece in pieces("".join(signs), limit):
        left = piece
        while left:
            sign = next((one for one in ("👨\u200d👩\u200d👧", "🇨🇳", "👍🏽", "e\u0301", "字") if left.startswith(one)), left)
            whole.append(sign)
            left = left[len(sign) :]
    assert whole == signs


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("第一段。\n\n第二段，比较长。", 12, ["第一段。\n\n", "第二段，比较长。"]),
        ("您好！订单已经发货。预计明天送到，请留意。", 14, ["您好！订单已经发货。", "预计明天送到，请留意。"]),
        ("他说：“可以退。”然后就走了，没有再回来。", 12, ["他说：“可以退。”", "然后就走了，没有再回来。"]),
        ("One. Two three. Four five six seven", 20, ["One. Two three. ", "Four five six seven"]),
        ("version 2.0.1 is here, and it is good", 26, ["version 2.0.1 is here, ", "and it is good"]),
        ("aaaaaaaaaaaaaaaaaaaaaaaaa", 10, ["aaaaaaaaaa", "aaaaaaaaaa", "aaaaa"]),
        ("", 10, []),
        ("short", 10, ["short"]),
    ],
    ids=["paragraph", "sentence", "closing_quote", "english", "a_number_is_no_end", "no_place", "empty", "short"],
)
def test_it_is_cut_where_a_reader_would_pause(text, limit, cut):
    assert pieces(text, limit) == cut


def test_an_address_is_not_cut():
    assert "https://a.example/?q=1.2&x=y" in "|".join(pieces("see https://a.example/?q=1.2&x=y now please", 33))


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**七天内**可退货", "七天内可退货"),
        ("这是*重点*内容", "这是重点内容"),
        ("详见[退货说明](/help/zh/returns)。", "详见退货说明 (https://desk.example/help/zh/returns)。"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("写信到 [客服](mailto:help@a.example)", "写信到 客服 (help@a.example)"),
        ("![照片](https://a.example/1.png)", "照片 (https://a.example/1.png)"),
        ("* 一\n* 二\n1. 三", "- 一\n- 二\n1. 三"),
        ("## 标题\n\n内容", "标题\n\n内容"),
        ("```\nqiao serve\n```", "qiao serve\n"),
        ("运行 `a**b**c` 即可", "运行 a**b**c 即可"),
        (r"\*不是重点\* 1\. 也不是", "*不是重点* 1. 也不是"),
        ("~~原价 99~~ 现价 59", "原价 99 现价 59"),
        ("**[退货](https://a.example/r)**", "退货 (https://a.example/r)"),
        ("3*4*5 与 2 * 3 * 4", "3*4*5 与 2 * 3 * 4"),
        ("snake_case_name，#1 号，a_b", "snake_case_name，#1 号，a_b"),
        ("> 引用", "> 引用"),
    ],
)
def test_markdown_reads_well_without_its_marks(markdown, shown):
    assert plain(markdown, "https://desk.example") == shown


@given(st.text(st.characters(categories=("Lo", "Lu", "Ll", "Nd", "Zs", "Po"), exclude_characters="*`\\#~[]"), max_size=200))
def test_what_has_no_marks_stays_as_it_is(text):
    assert plain(text) == text


@given(st.text(st.sampled_from("*_`~[]()!\\#>-+ \n\x00aA字1/:"), max_size=200))
def test_nothing_written_can_break_it_and_nothing_is_made_up(text):
    left = plain(text, "https://desk.example").replace("https://desk.example", "")
    assert set(left) <= set(text) | set("- (")
    letters = [one for one in text if unicodedata.category(one)[0] in "LN"]
    assert [one for one in left if unicodedata.category(one)[0] in "LN"] == letters or "(" in text or "`" in text or "~" in text


def test_hostile_markdown_takes_no_time():
    for piece in ("[", "*", "**a", "`", "~~", "\\", "[a](", "\n* "):
        assert len(plain(piece * 5_000)) <= 10 * 5_000


def test_links_into_our_own_pages_work_elsewhere_too():
    text = "[a](/help/x) [b](//evil.example) [c](https://a.example/)"
    assert with_origin(text, "https://d.example") == "[a](https://d.example/help/x) [b](//evil.example) [c](https://a.example/)"
