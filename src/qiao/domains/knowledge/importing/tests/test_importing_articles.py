"""Articles from Markdown, folders, web pages, Word and PDF."""

import base64
import io
import stat
import zipfile

import pytest

from qiao.domains.knowledge.importing.contracts import ArticleDraft, ImportOptions, ImportUnreadable, Problem
from qiao.domains.knowledge.importing.reading import open_import
from qiao.domains.knowledge.importing.reasons import REASONS, explain
from qiao.domains.knowledge.importing.tests.made_files import docx, pdf, png, zipped

pytestmark = pytest.mark.slow

AUTO = ImportOptions()


def read(name: str, data: bytes | str) -> tuple[list[ArticleDraft], list[tuple[str, str]]]:
    items = list(open_import(name, data.encode() if isinstance(data, str) else data, AUTO).items)
    drafts = [item for item in items if isinstance(item, ArticleDraft)]
    return drafts, [(item.source, item.reason_code) for item in items if isinstance(item, Problem)]


HEADED = """---
title: "退款: 说明"
slug: refund-7
category: 售后
summary: 一句话
lang: en_US
tags: [a, b]
nested:
  title: no
---
# 第一节

正文
"""


def test_a_head_of_keys_is_read_and_nothing_else_of_yaml():
    assert read("a.md", HEADED)[0] == [
        ArticleDraft(
            source="a.md",
            language="en",
            title="退款: 说明",
            slug="refund-7",
            category="售后",
            summary="一句话",
            body="# 第一节\n\n正文",
            pictures=(),
        )
    ]


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# 退款\n\n七天", "退款", "七天"),
        ("---\ntitle: 退款\n---\n\n# 退款\n\n七天", "退款", "七天"),
        ("七天\n\n# 退款\n", "退款", "七天\n\n# 退款"),
        ("七天", "notes", "七天"),
        ("---\n七天", "notes", "---\n七天"),
        ("# 一\n\na\n\n# 二\n\nb", "一", "a\n\n# 二\n\nb"),
        ("---\ntitle: !!python/object:os.system x\n---\nb", "!!python/object:os.system x", "b"),
    ],
)
def test_the_title_is_stated_or_the_first_heading_or_the_name(text: str, title: str, body: str):
    drafts, problems = read("notes.md", text)
    assert [(draft.title, draft.body, problems) for draft in drafts] == [(title, body, [])]


def test_gbk_markdown_is_read():
    assert read("a.md", "# 退款\n\n七天".encode("gb18030"))[0][0].title == "退款"


FOLDER = {
    "docs/售后/refund.md": "# 退款\n\n![正面](../img/front%20side.png)\n![又](<../img/front side.png>) ![丢](no.png)\n"
    '<img alt="侧" src="/docs/img/side.png">\n\n![远](https://evil.com/a.png) ![坏](../img/bad.png) ![外](../../../etc/passwd)\n\n'
    "`![code](no2.png)`\n\n```\n![code](no3.png)\n```\n\n![名][ref]\n\n[ref]: ../img/side.png",
    "docs/img/front side.png": png(),
    "docs/img/side.png": png("blue"),
    "docs/img/bad.png": b"<svg onload=alert(1)>",
    "docs/page.html": "<title>网页</title><nav>菜单</nav><p>正文</p>",
    "docs/sheet.xlsx": b"x",
    "docs/inner.zip": b"x",
    "../up.md": "# up\n\nx",
    "docs/empty.md": "",
    "__MACOSX/docs/._a.md": b"\0",
    ".DS_Store": b"\0",
}


def test_a_folder_gives_articles_with_their_pictures():
    drafts, problems = read("docs.zip", zipped(FOLDER))
    assert [(draft.source, draft.title, draft.category) for draft in drafts] == [
        ("docs/售后/refund.md", "退款", "售后"),
        ("docs/page.html", "网页", "docs"),
    ]
    assert drafts[0].body == (
        "![正面](picture:front-side.png)\n![又](picture:front-side.png) 丢\n![侧](picture:side.png)\n\n远 坏 外\n\n"
        "`![code](no2.png)`\n\n```\n![code](no3.png)\n```\n\n![名](picture:side.png)\n\n[ref]: ../img/side.png"
    )
    assert {picture.name: picture.data for picture in drafts[0].pictures} == {
        "front-side.png": png(),
        "side.png": png("blue"),
    }
    assert sorted(problems) == sorted(
        [
            ("docs/sheet.xlsx", "imports.not_in_archive"),
            ("docs/inner.zip", "imports.nested_archive"),
            ("../up.md", "imports.unsafe_path"),
            ("docs/售后/refund.md", "imports.missing_picture"),
            ("docs/售后/refund.md", "imports.remote_picture"),
            ("docs/售后/refund.md", "imports.broken_picture"),
            ("docs/售后/refund.md", "imports.missing_picture"),
            ("docs/empty.md", "imports.empty_article"),
        ]
    )


def test_names_of_a_chinese_windows_zip_are_read():
    raw = "退款.md".encode("gbk")
    data = zipped({"N" * len(raw): "# 标题\n\n正文"}).replace(b"N" * len(raw), raw)
    assert [draft.source for draft in read("a.zip", data)[0]] == ["退款.md"]


def test_links_and_locked_entries_of_a_folder_are_named():
    out = io.BytesIO()
    link = zipfile.ZipInfo("link.md")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(link, "/etc/passwd")
        made.writestr("locked.md", "x")
    data = bytearray(out.getvalue())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert read("a.zip", bytes(data)) == ([], [("link.md", "imports.link"), ("locked.md", "imports.encrypted")])


@pytest.mark.parametrize(
    "data", [zipped({f"{number}.md": "" for number in range(20_001)}), zipped({"a.md": b"\0" * 210_000_000})]
)
def test_bombs_are_refused_before_they_are_unpacked(data: bytes):
    with pytest.raises(ImportUnreadable) as refused:
        open_import("a.zip", data, AUTO)
    assert refused.value.details["reason_code"] == "imports.unpacks_too_large"


PAGE = f"""<!DOCTYPE html><html><head><meta charset=utf-8><title>商店 &amp; 帮助</title><style>p{{}}</style></head><body>
<header>顶栏</header><nav>菜单</nav><main><h1>退款 <em>说明</em></h1><p>七天内 <b>可退</b>，见<a href="/rules">规则</a>。</p>
<script>alert(1)</script><p onclick="x()">点<a href="javascript:alert(1)">这里</a><a href="data:text/html,x">那里</a></p>
<ul><li>甲</li><li>乙</li></ul><table><tr><td>状态</td><td>时间</td></tr><tr><td>已付</td><td>1 天</td></tr></table>
<img alt="图" src="data:image/png;base64,{base64.b64encode(png()).decode()}"><img alt="丢" src="b.png"><pre><code>x = 1</code></pre>
<form>表单<input></form></main><footer>页脚</footer></body></html>"""


def test_a_web_page_gives_its_readable_part():
    drafts, problems = read("a.html", PAGE)
    assert (drafts[0].title, drafts[0].language) == ("退款 说明", "zh")
    assert drafts[0].body == (
        "七天内 **可退**，见[规则](/rules)。\n\n点这里那里\n\n- 甲\n- 乙\n\n| 状态 | 时间 |\n| --- | --- |\n| 已付 | 1 天 |\n\n"
        "![图](picture:picture.png)丢\n\n```\nx = 1\n```"
    )
    assert [(picture.name, picture.content_type, picture.data) for picture in drafts[0].pictures] == [
        ("picture.png", "image/png", png())
    ]
    assert problems == [("a.html", "imports.missing_picture")]


def test_a_page_in_its_declared_encoding_is_read():
    page = '<meta charset="big5"><title>退款說明</title><p>七天內</p>'
    assert [(draft.title, draft.body) for draft in read("a.html", page.encode("big5"))[0]] == [("退款說明", "七天內")]


def test_a_page_nested_beyond_reason_keeps_its_words():
    assert read("a.html", "<blockquote>" * 200 + "some <b>words</b>")[0][0].body == "some\n\nwords"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<div>" * 5_000, "imports.unreadable"),
        ("<p>x" * 50_001, "imports.text_too_long"),
        ("<p>" + "字" * 4_200_000, "imports.text_too_long"),
    ],
)
def test_a_page_made_to_be_slow_is_not_even_cleaned(page: str, reason: str):
    assert read("a.html", page) == ([], [("a.html", reason)])


def test_a_word_file_gives_an_article():
    data = docx([("Title", "手册"), ("Heading1", "退款"), ("", "七天内"), ("a1", "小节"), ("picture", "")])
    drafts, problems = read("a.docx", data)
    assert [(draft.title, draft.body) for draft in drafts] == [
        ("手册", "# 退款\n\n七天内\n\n## 小节\n\n![示意图](picture:picture.png)")
    ]
    assert (drafts[0].pictures[0].data, problems) == (png(), [])


def test_several_first_headings_part_a_word_file():
    data = docx([("", "前言"), ("Heading1", "退款"), ("", "七天内"), ("Heading1", "Delivery"), ("", "Two days"), ("picture", "")])
    drafts, _ = read("手册.docx", data)
    assert [(draft.title, draft.language, draft.body, len(draft.pictures)) for draft in drafts] == [
        ("手册", "zh", "前言", 0),
        ("退款", "zh", "七天内", 0),
        ("Delivery", "en", "Two days\n\n![示意图](picture:picture.png)", 1),
    ]


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><d>&b;</d>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE d><d/>'.encode("utf-16"),
        "<w:document",
    ],
)
def test_a_hostile_word_file_is_refused(document: str):
    with pytest.raises(ImportUnreadable):
        read("a.docx", docx([], document))


def test_a_pdf_gives_headings_and_joined_lines():
    page = [
        (24, "Refund guide"),
        (11, "A refund takes seven days when the pay-"),
        (11, "ment was made by card. Please wait before"),
        (11, "you write to us."),
        (11, ""),
        (11, "Fees are never charged."),
        (16, "How long"),
        (11, "Three days."),
    ]
    drafts, problems = read("a.pdf", pdf([page]))
    assert problems == []
    assert drafts[0].title == "Refund guide"
    assert drafts[0].body == (
        "A refund takes seven days when the payment was made by card. Please wait before you write to us.\n\n"
        "Fees are never charged.\n\n## How long\n\nThree days."
    )


def test_chinese_lines_of_a_pdf_are_joined_without_spaces():
    lines = [(20, "退款说明"), (11, "付款后七天之内可以申请退款，审核通过以后，款项"), (11, "会在三个工作日内退回原来的账户。")]
    drafts, _ = read("a.pdf", pdf([lines], title="退款手册"))
    assert (drafts[0].title, drafts[0].language) == ("退款手册", "zh")
    assert drafts[0].body == "# 退款说明\n\n付款后七天之内可以申请退款，审核通过以后，款项会在三个工作日内退回原来的账户。"


def test_running_heads_and_page_numbers_are_left_out():
    pages = [[(11, f"The text of page number {word} is here.")] for word in ("one", "two", "three", "four")]
    drafts, _ = read("a.pdf", pdf(pages, running="ACME confidential"))
    assert "ACME" not in drafts[0].body
    assert "- 1 -" not in drafts[0].body
    assert "page number three" in drafts[0].body


@pytest.mark.parametrize(
    ("data", "reason"), [(pdf([[]]), "imports.scanned"), (pdf([[(11, "x" * 50)]], encrypt="secret"), "imports.encrypted")]
)
def test_a_pdf_without_readable_text_says_why(data: bytes, reason: str):
    assert read("a.pdf", data) == ([], [("a.pdf", reason)])


def test_a_page_of_endless_instructions_is_left_out(caplog: pytest.LogCaptureFixture):
    monster = pdf([[(11, "words of the first page")], [(11, "x " * 4_500_000)]])
    drafts, problems = read("a.pdf", monster)
    assert [draft.body for draft in drafts] == ["words of the first page"]
    assert problems == [("a.pdf", "imports.unreadable_page")]
    assert caplog.text == ""


@pytest.mark.parametrize("cut", [20, 200, 700])
def test_a_cut_off_pdf_is_refused(cut: int):
    with pytest.raises(ImportUnreadable):
        read("a.pdf", pdf([[(11, "some words on a page")]])[:cut])


def test_a_text_over_the_limit_is_named():
    assert read("a.md", "# t\n\n" + "字" * 70_000) == ([], [("a.md", "imports.text_too_long")])


def test_every_reason_is_said_in_both_languages():
    found = next(item for item in open_import("a.md", ("字" * 70_000).encode(), AUTO).items)
    assert explain(found, "zh-CN") == "内容超过 200 KB，请拆成几篇再导入。"
    assert explain(found, "en") == found.message == "The text is longer than 200 KB. Split it into several."
    assert all(chinese.endswith("。") and english.endswith(".") for chinese, english in REASONS.values())
