"""HTML of strangers becomes plain and balanced, keeps its words, and costs no more than its length."""

import re
from html.parser import HTMLParser
from time import thread_time

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.tidy_html import MAX_DEPTH, MAX_FORMATS, MAX_HTML, MAX_REFERENCES, tidied

SECONDS = 2.0
"""Generous: left alone, the cleaner takes minutes and gigabytes for the worst of these."""
VOID = {"br", "hr", "img", "wbr", "col"}
PIECES = [
    "<p>",
    "</p>",
    "<b id=1>",
    "</b>",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</table>",
    "<li>",
    "<ul>",
    "</ul>",
    "<!--",
    "-->",
    "<br>",
]
PIECES += [
    "<a href='x'>",
    "</a>",
    "<script>",
    "</script>",
    "<svg>",
    "<style>",
    "</style>",
    "<",
    ">",
    "&",
    "&lt;",
    '"',
    "字",
    " ",
    "<div",
    "</",
    "<!",
]


class Nesting(HTMLParser):
    """How deep a page goes; fails where it is not balanced."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.deepest, self.words = [], 0, []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("<P CLASS=a>字<br/>", '<p class="a">字<br></p>'),
        ("<p>一<p>二", "<p>一</p><p>二</p>"),
        ("<ul><li>一<li>二</ul>三", "<ul><li>一</li><li>二</li></ul>三"),
        ("<table><tr><td>1<td>2<tr><td>3</table>", "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"),
        (
            "<table><tr><td><table><tr><td>内</tr></table>外</table>",
            "<table><tr><td><table><tr><td>内</td></tr></table>外</td></tr></table>",
        ),
        ("<dl><dt>壶<dd>裂<dt>杯</dl>", "<dl><dt>壶</dt><dd>裂</dd><dt>杯</dt></dl>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
        ("<td></b></td>", "<td></td>"),
        ("<b>粗<table><td></b>格</table></b>", "<b>粗<table><td>格</td></table></b>"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c > d"),
        ("&lt;script&gt; &nbsp;&#22774;", "&lt;script> \xa0壶"),
        ("<a href='x\"y' title=\"o'k\">z</a>", '<a href="x\'y" title="o\'k">z</a>'),
        ("<a href=x?a=1&amp;b=2>z</a>", '<a href="x?a=1&amp;b=2">z</a>'),
        ("<html><head><meta charset=x></head><body><form>字<input></form></body></html>", "字"),
        ("一<!-- <p>不 -->二<![if !mso]>三<![endif]>四<?xml ?>五", "一二三四五"),
        ("一<style>p{}</style>二<SCRIPT>x</script >三<title>不</title>四", "一二三四"),
        ("一<svg onload=x><p>二", "一<p>二</p>"),
        ("一<svg><path></svg>二", "一二"),
        ("一<style>不<p>", "一"),
        ("一<!-- 不<p>", "一"),
        ("<o:p>字</o:p>", "<o>字</o>"),
        ("<scr<script>x</script>ipt>字", "&lt;script>字"),
        ("a\x00b", "ab"),
        ("", ""),
    ],
)
def test_what_is_written_becomes_plain(written, plain):
    assert tidied(written) == plain


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_whatever_is_written_is_balanced_and_bounded(html):
    plain = tidied(html)
    assert Nesting(plain).deepest <= MAX_DEPTH
    assert not re.search(r"<!|<\?|<(script|style|svg)", plain)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_tidying_what_is_tidy_changes_nothing(html):
    plain = tidied(html)
    assert tidied(plain) == plain


@given(st.text(alphabet="字 a<>&\"'!/-", max_size=200))
def test_words_without_marks_stay(text):
    plain = tidied(text.replace("<", "&lt;").replace("!", ""))
    assert "".join(Nesting(plain).words) == text.replace("!", "")


def test_nothing_nests_without_end_and_words_stay():
    deep = Nesting(tidied("<div>" * 5_000 + "最后"))
    assert (deep.deepest, "".join(deep.words)) == (MAX_DEPTH, "最后")
    bold = Nesting(tidied("".join(f"<font size={one}>" for one in range(500)) + "最后"))
    assert (bold.deepest, "".join(bold.words)) == (MAX_FORMATS, "最后")


def test_no_more_than_the_beginning_is_read():
    assert len(tidied("字" * (MAX_HTML + 10))) == MAX_HTML
    many = tidied("&amp;" * (MAX_REFERENCES * 2))
    assert many.count("&amp;") <= MAX_REFERENCES


@pytest.mark.slow
@pytest.mark.parametrize(
    "html",
    [
        "".join(f"<b id={one}>" for one in range(20_000)) + "<p>x" * 40_000,
        "<p><b id=1><b id=2><b id=3><b id=4><b id=5></p>x" * 10_000,
        "<span>" * 40_000 + "</x>" * 50_000,
        "<p " + " ".join(f"a{one}" for one in range(70_000)) + ">x",
        "<p " + "".join(f"a{one}=1 " for one in range(40_000)) + ">x",
        "&" * MAX_HTML,
        "<a" * 250_000,
        "&nbsp;" * 80_000,
        "<!--" * 120_000,
        "<svg>" * 100_000,
        "<style>" * 70_000,
        "<li>" * 120_000,
        "<table><tr><td>" * 33_000,
        "<a title='" + "&" * 400_000 + "'>x",
        '<p a="' * 70_000,
    ],
)
def test_what_is_made_to_be_slow_is_cleaned_as_fast_as_any(html):
    begun = thread_time()
    nh3.clean(tidied(html))
    assert thread_time() - begun < SECONDS
