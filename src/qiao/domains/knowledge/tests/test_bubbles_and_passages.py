"""Whatever an author writes: a bubble shows it without anything that runs, and passages hold all its words within their bounds."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.domains.knowledge.markdown import plain_text, render, short_answer
from qiao.domains.knowledge.markdown_text import is_safe_address, parsed, words_of
from qiao.domains.knowledge.passages import chunks
from qiao.domains.knowledge.readable import readable
from qiao.kit.text import normalise

PIECES = st.sampled_from([
    "退款", "seven days", " ", "\n", "\n\n", "# ", "## ", "- ", "1. ", "> ", "**", "*", "~~", "`", "```\n", "|", "|-|-|\n", "[", "](", ")",
    "![", "<script>", "</script>", "javascript:", "JaVaScRiPt&colon;", "data:text/html,", "vbscript:", "https://a.cn/", "&lt;", "&#106;",
    "<img src=x onerror=go()>", "\x00", "\u202e", "😀", "\\", "<!--", "-->", "[a]: javascript:go()\n", "<https://b.cn>", "3.5", "。", "，",
])  # fmt: skip
WRITTEN = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=200)
SCHEMES = ["javascript", "data", "vbscript", "file", "blob", "about", "ftp", "intent", "x-apple"]
LINK = re.compile(r"(?<!\\)\]\(([^)\s]*)\)")


def links_of(markdown: str) -> list[str]:
    """The addresses that a strict reader finds in Markdown."""
    tokens = [child for token in parsed(markdown) for child in token.children or []]
    return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]


@settings(max_examples=200)
@given(WRITTEN)
def test_every_link_of_a_bubble_is_whole_and_safe(written: str):
    addresses = links_of(short_answer(written))
    assert all(address.startswith(("http://", "https://", "mailto:", "tel:", "/")) for address in addresses)
    assert not [address for address in addresses if address.startswith("//") or not is_safe_address(address)]


@settings(max_examples=200)
@given(WRITTEN)
def test_a_bubble_shown_again_stays_within_what_was_written(written: str):
    shown = short_answer(written)
    assert "<script" not in re.sub(r"\\<", "", re.sub(r"(`+).*?\1", "", shown, flags=re.DOTALL))
    assert len(shown) <= 8 * len(written) + 40
    assert not shown.startswith("\n")
    assert not shown.endswith("\n")


@settings(max_examples=150)
@given(WRITTEN)
def test_a_page_never_runs_anything(written: str):
    page = readable(written).html
    tags = re.findall(r"<[^>]*>", page)
    assert not [
        tag for tag in tags if re.match(r"</?(?:script|style|iframe|object|embed|form|svg|base|meta)\b", tag, re.IGNORECASE)
    ]
    assert not [tag for tag in tags if re.search(r"\son\w+\s*=|javascript:|vbscript:|data:", html.unescape(tag), re.IGNORECASE)]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "spelling",
    [
        "{0}:go()", "{1}:go()", " {0}:go()", "{0}&colon;go()", "{0}&#58;go()", "{0}&#x3a;go()", "{0}%3Ago()", "{0}\u00ad:go()",
        "{0}\u200b:go()", "&#9;{0}:go()",
    ],
)  # fmt: skip
def test_an_unsafe_address_is_known_in_any_spelling(scheme: str, spelling: str):
    address = spelling.format(scheme, scheme.upper())
    assert not is_safe_address(address)
    assert links_of(short_answer(f"[看这里](<{address}>)")) == []
    assert "href" not in render(f"[看这里](<{address}>)", lambda _address: None).html


@pytest.mark.parametrize(
    "address",
    ["https://a.cn/x?y=1#z", "http://a.cn", "mailto:hi@a.cn", "tel:+861012345", "/help/tea/zh/", "other.md", "#h", "?q=a:b"],
)
def test_an_ordinary_address_is_safe(address: str):
    assert is_safe_address(address)


@given(
    st.lists(
        st.tuples(st.sampled_from(["# ", "## ", "", "- ", "> "]), st.text("茶退款abc ", min_size=1, max_size=40)), max_size=8
    )
)
def test_a_bubble_keeps_every_word(lines: list[tuple[str, str]]):
    written = "\n\n".join(f"{mark}{text}" for mark, text in lines)
    said = re.sub(r"[\s>*-]+|\\", "", short_answer(written))
    assert said == re.sub(r"[\s>*#-]+", "", plain_text(written))


@settings(max_examples=150)
@given(st.text(max_size=100), WRITTEN, st.integers(-5, 300))
def test_passages_are_bounded_and_carry_their_title(title: str, written: str, size: int):
    found = chunks(title, written, size)
    headings = max((len(one.heading) for one in found), default=0)
    assert all(len(one.text) <= max(size, 1) + 2 * 60 + 2 for one in found)
    assert all(one.text == one.text.strip() and one.text for one in found)
    assert headings <= len(written)
    assert chunks(title, written, size) == found


@given(st.lists(st.text("茶水温度abc，。！? ", min_size=1, max_size=80), min_size=1, max_size=5), st.integers(10, 120))
def test_no_word_of_an_article_is_lost_between_passages(paragraphs: list[str], size: int):
    written = "\n\n".join(paragraphs)
    together = "".join(one.text for one in chunks("", written, size))
    assert re.sub(r"\s", "", together) == re.sub(r"\s", "", words_of(parsed(written)))


@given(WRITTEN)
def test_plain_text_has_lines_of_words_only(written: str):
    plain = plain_text(written)
    assert "\x00" not in plain
    assert all(line == line.strip() and line for line in plain.splitlines())
    assert normalise(plain) is not None


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[a](javascript:alert(1)", r"\[a\](javascript:alert(1)"),
        ("[![图](x.png)](javascript:go())", "图"),
        ("<javascript:go()>", "javascript:go()"),
        ("<a href='javascript:go()'>看</a>", r"\<a href='javascript:go()'>看\</a>"),
        ("[x](https://a.cn 'title\"onload=go()')", "[x](https://a.cn)"),
        ("[x]\n\n[x]: javascript:go()", "x"),
        ("**[粗](https://a.cn)**", "**[粗](https://a.cn)**"),
        ("| a | b |\n|-|-|\n| <b>x</b> | [y](//evil) |", "a · b\n\\<b>x\\</b> · y"),
        ("3. 三\n4. 四", "3. 三\n4. 四"),
        ("# <script>alert(1)</script>", r"**\<script>alert(1)\</script>**"),
    ],
)
def test_hostile_markdown_in_a_bubble(written: str, shown: str):
    assert short_answer(written) == shown
