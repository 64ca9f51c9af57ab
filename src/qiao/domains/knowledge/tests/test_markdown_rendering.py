"""Markdown as HTML: what authors may write, and what nobody can slip in."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.knowledge.markdown import ALLOWED_TAGS, Heading, plain_text, render

ALLOWED_ATTRIBUTES = {"id", "href", "title", "rel", "src", "alt", "loading", "start", "class", "align"}


def nothing(_reference: str) -> None:
    return None


class Seen(HTMLParser):
    """Every tag and attribute that a browser would find."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_what_authors_write_is_shown():
    found = render("# 退款\n\n**七天**内 `x<y` ~~旧~~\n\n3. a\n4. b\n\n|k|v|\n|:-|-:|\n|1|2|\n\n> q\n\n```py\nx\n```", nothing)
    assert '<h2 id="h-退款">退款</h2>' in found.html
    assert "<strong>七天</strong>内 <code>x&lt;y</code> <s>旧</s>" in found.html
    assert '<ol start="3">' in found.html
    assert '<th align="left">k</th>\n<th align="right">v</th>' in found.html
    assert '<code class="language-py">x\n</code>' in found.html
    assert found.plain == "退款\n七天内 x<y 旧\na\nb\nk v\n1 2\nq\nx"


def test_headings_are_shifted_and_named_once():
    found = render("# 退款 说明\n\n## 退款 说明\n\nTitle\n=====\n\n###### Deep\n\n# ***\n\n# !?", nothing, base_heading_level=3)
    assert found.headings == (
        Heading(3, "h-退款-说明", "退款 说明"),
        Heading(4, "h-退款-说明-2", "退款 说明"),
        Heading(3, "h-title", "Title"),
        Heading(6, "h-deep", "Deep"),
        Heading(3, "h-section", "***"),
        Heading(3, "h-section-2", "!?"),
    )


def test_a_page_keeps_its_own_ids():
    assert 'id="h-location"' in render("# location", nothing).html
    assert 'href="#h-location"' in render("[x](#location)", nothing).html


def test_links_keep_safe_addresses_and_promise_nothing():
    html = render("[a](https://x.com) [b](/help?a=1) [c](mailto:a@b.c) [d](tel:10086) <https://y.com>", nothing).html
    assert html.count('rel="noopener nofollow"') == 5
    assert '<a href="/help?a=1"' in html


def test_pictures_come_only_from_the_resolver():
    asked: list[str] = []
    files = {"picture:正面.png": "/files/1.png", "picture:bad.png": "javascript:alert(1)"}

    def resolve(reference: str) -> str | None:
        asked.append(reference)
        return files.get(reference)

    html = render("![正面](picture:正面.png) ![b](picture:bad.png) ![坏 *图*](https://evil.com/p.gif?q=1)", resolve).html
    assert asked == ["picture:正面.png", "picture:bad.png", "https://evil.com/p.gif?q=1"]
    assert html == '<p><img src="/files/1.png" alt="正面" loading="lazy"> b 坏 图</p>\n'


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<form action=//evil><input name=x></form>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<base href=//evil>",
    "<meta http-equiv=refresh content='0;url=//evil'>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<style>@import '//evil'</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A&#x61vascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](\u200bjavascript:alert(1))",
    "[x](vbscript:msgbox)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://a/b)",
    '[x](https://a "onmouseover=alert(1) x=\\"")',
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![x" onerror="alert(1)](picture:a.png)',
    '![x](picture:a.png "x\\" onload=alert(1)")',
    "![[x](javascript:alert(1))](picture:a.png)",
    "[![x](picture:a.png)](javascript:alert(1))",
    '```"><script>alert(1)</script>\nx\n```',
    "``` x onclick=alert(1)\nx\n```",
    '# <a id="x" onclick=1>\n',
    '# "><script>alert(1)</script>',
    "|<script>|\n|-|\n|<svg onload=1>|",
    "*<b onclick=1>*\n\n- <object data=x>",
    "\\<script>alert(1)\\</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php <script>alert(1)</script>?>",
    "\ud800<script>\udfff",
    "\x00<scr\x00ipt>alert(1)</script>",
]


def safe_picture(_reference: str) -> str:
    return "/files/1.png"


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("frame", ["{}", "> - {}", "**{}**", "[{}](https://a.com)", "|a|\n|-|\n|{}|"])
def test_no_attack_leaves_a_mark(attack: str, frame: str):
    seen = Seen(render(frame.format(attack), safe_picture).html)
    assert seen.tags <= ALLOWED_TAGS
    assert seen.attributes <= ALLOWED_ATTRIBUTES
    assert not [
        address for address in seen.addresses if re.match(r"[\s\x00-\x1f]*(?!https?|mailto|tel)[a-z]+:", address, re.IGNORECASE)
    ]


PIECES = st.sampled_from(
    [
        *"<>&\"'`*_~[]()!#|-+\\/:=\n\t 1.",
        "script",
        "javascript:",
        "onerror=",
        "<svg",
        "-->",
        "]]>",
        "https://a.b",
        "](",
        "![",
        "\n\n",
        "    ",
        "中文",
        "\x00",
        "\ud800",
        "&#x6a;",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
def test_nothing_written_breaks_it_or_escapes_the_allow_list(written: str):
    found = render(written, safe_picture)
    seen = Seen(found.html)
    assert seen.tags <= ALLOWED_TAGS
    assert seen.attributes <= ALLOWED_ATTRIBUTES
    assert len({heading.id for heading in found.headings}) == len(found.headings)
    assert plain_text(written) == found.plain


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["[", "![", "*a_ ", "> ", "`a", "- ", "<a ", "**a ", "|a", "[a](", "![a](<", "\n#", "!?", "~~~a\n"]
)
def test_time_stays_linear(piece: str):
    """In the processor's time of this process alone, and far above what it takes: what grows with the square takes minutes."""
    began = time.process_time()
    render(piece * (20_000 // len(piece)), nothing)
    assert time.process_time() - began < 20
