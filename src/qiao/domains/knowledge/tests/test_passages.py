"""Articles in passages."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.knowledge.markdown import Chunk, chunks, plain_text


def test_passages_end_at_headings_and_carry_title_and_heading():
    assert chunks("退款说明", "开头。\n\n## 多久到账\n\n三到五天。\n\n## How long\n\nThree days. No fee!") == [
        Chunk("", "退款说明\n开头。"),
        Chunk("多久到账", "退款说明\n多久到账\n三到五天。"),
        Chunk("How long", "退款说明\nHow long\nThree days. No fee!"),
    ]


def test_sentences_stay_whole_up_to_the_size():
    sentence = "这是一个用来测试切分长度的句子，大约二十五个字符。"
    found = chunks("题", sentence * 12, size=60)
    assert {chunk.text for chunk in found} == {f"题\n{sentence * 2}"}
    assert len(found) == 6


def test_points_inside_numbers_and_names_do_not_cut():
    text = "Version 3.5 of example.com is out. " * 6
    assert all(chunk.text.endswith("out.") for chunk in chunks("T", text, size=40))


def test_a_long_sentence_is_cut_at_a_comma():
    found = chunks("", "一二三四五六七八九，" * 10, size=35)
    assert [chunk.text for chunk in found] == ["一二三四五六七八九，" * 3] * 3 + ["一二三四五六七八九，"]


@pytest.mark.parametrize(("title", "expected"), [("题", [Chunk("", "题")]), ("", [])])
def test_an_article_without_words_is_its_title(title: str, expected: list[Chunk]):
    assert chunks(title, "![](picture:a.png)\n\n---") == expected


@given(st.text(alphabet=st.sampled_from("ab。！? .\n，中"), max_size=300), st.integers(1, 50))
def test_no_word_is_lost_and_no_passage_is_too_long(written: str, size: int):
    found = [chunk.text for chunk in chunks("", written, size)]
    assert "".join("".join(found).split()) == "".join(plain_text(written).split())
    assert all(0 < len(text) <= size for text in found)


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["!", "a", "。", "a.", "，", "\n", '."'])
def test_time_stays_linear(piece: str):
    began = time.perf_counter()
    chunks("t", piece * 100_000)
    assert time.perf_counter() - began < 2
