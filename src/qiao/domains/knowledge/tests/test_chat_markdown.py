"""Answers in chat bubbles."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.knowledge.markdown import plain_text, short_answer


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# 退款\n\n七天内**可退**。", "**退款**\n\n七天内**可退**。"),
        ("- a\n- b\n\nend", "- a\n- b\n\nend"),
        ("1. a\n2. b\n   - c\n   - d", "1. a\n2. b\n   - c\n   - d"),
        ("|状态|时间|\n|-|-|\n|已付|1 天|\n\nend", "状态 · 时间\n已付 · 1 天\n\nend"),
        ("![图](picture:a.png) ![](picture:b.png)", "图"),
        ("[官网](https://a.com/x_(y))", "[官网](https://a.com/x_%28y%29)"),
        ("[x](javascript:alert(1)) [y](//evil) [z](other.md)", "x y z"),
        ("<b onclick=1>x</b>", "\\<b onclick=1>x\\</b>"),
        ("order_no_1 2*3", "order_no_1 2\\*3"),
        ("`a<b`", "`a<b`"),
        ("```py\na*b\n```", "```\na*b\n```"),
        ("> q\n> r", "> q\n> r"),
        ("1\\. no list\n\\# no heading", "1\\. no list\n\\# no heading"),
        ("a  \nb", "a\nb"),
        ("", ""),
    ],
)
def test_an_answer_is_written_anew(written: str, shown: str):
    assert short_answer(written) == shown


@given(st.text(alphabet=st.sampled_from("ab 中*_[]()<>!#`~|-1.\n\\&:/"), max_size=80))
def test_what_is_shown_is_safe_and_says_the_same_again(written: str):
    shown = short_answer(written)
    outside_code = re.sub(r"(`+).*?\1", "", shown, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<", outside_code)
    assert len(plain_text(shown)) <= len(plain_text(written)) * 2 + 20
