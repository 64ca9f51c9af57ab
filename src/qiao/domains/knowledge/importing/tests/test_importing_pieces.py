"""The parts of a file that programs write differently: heads, headings, cells, pictures, lines of a page."""

import base64
import io
import zipfile
from datetime import UTC, date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.knowledge.importing.contracts import (
    MAX_PICTURES,
    MAX_VARIANTS,
    ArticleDraft,
    FaqDraft,
    ImportKind,
    ImportOptions,
    ImportUnreadable,
    Problem,
)
from qiao.domains.knowledge.importing.documents import inline_text, lines_of, sections_at
from qiao.domains.knowledge.importing.faq_rows import TableRow, audience_of, rows_of_table
from qiao.domains.knowledge.importing.markdown_files import split_head
from qiao.domains.knowledge.importing.picture_shelf import PictureShelf
from qiao.domains.knowledge.importing.reading import open_import
from qiao.domains.knowledge.importing.tests.made_files import docx, pdf, png, xlsx, zipped

pytestmark = pytest.mark.slow
FAQ = ImportOptions(kind=ImportKind.FAQ)


def read(name: str, data: bytes, options: ImportOptions | None = None) -> tuple[list[FaqDraft | ArticleDraft], list[str]]:
    items = list(open_import(name, data, options or ImportOptions()).items)
    return [one for one in items if not isinstance(one, Problem)], [one.reason_code for one in items if isinstance(one, Problem)]


def refused(name: str, data: bytes) -> str:
    with pytest.raises(ImportUnreadable) as error:
        open_import(name, data, ImportOptions())
    return str(error.value.details["reason_code"])


# --- Markdown --------------------------------------------------------------------------------------------------------------


def test_a_head_is_plain_pairs_between_two_lines():
    stated, body = split_head(
        "---\ntitle: '茶：壶'\n标题: 第二个\nslug :  a-b \nlanguage：zh\n"
        "tags: [a, b]\n- item\n  nested: x\n分类: 售后\nsummary:\n---\n正文\n---\n"
    )
    assert stated == {"title": "茶：壶", "slug": "a-b", "language": "zh", "category": "售后"}
    assert body == "正文\n---\n"


def test_what_is_no_head_stays_text():
    texts = [
        "---\ntitle: a\n\n没有结束",
        "title: a\n---\n正文",
        "",
        "---",
        "----\ntitle: a\n---\n",
        "正文\n---\ntitle: a\n---",
        "---\n" + "x: y\n" * 200 + "---\n",
    ]
    assert [split_head(text) for text in texts] == [({}, text) for text in texts]


def test_dots_end_a_head_too():
    assert split_head("---\ntitle: a\n...\n正文") == ({"title": "a"}, "正文")


def test_headings_in_code_are_no_headings():
    text = "# 一\n正文\n```\n# 不是\n```\n~~~~\n## 也不是\n~~~\n~~~~\n## 二\n    # 缩进\n"
    assert [(one.level, one.title) for one in sections_at(text, 2)] == [(0, ""), (1, "一"), (2, "二")]
    assert [is_code for _, is_code in lines_of("a\n```py\nb\n``` x\n```\nc")] == [False, True, True, True, True, False]


def test_a_fence_that_never_ends_keeps_its_text_as_code():
    assert all(is_code for _, is_code in list(lines_of("```\n# a\n# b"))[1:])


def test_headings_without_their_marks():
    said = {
        "**退货** `说明` ##": "退货 说明 ##",
        "[看这里](https://x.example/a) 啊": "看这里 啊",
        "![图](p.png)": "图",
        r"a \* b": "a * b",
        "_x_": "x",
        "__粗__": "粗",
        "API_KEY": "API_KEY",
        "满 100~200 元": "满 100~200 元",
        "~~旧~~新": "旧新",
    }
    assert {text: inline_text(text) for text in said} == said


def test_the_questions_of_a_markdown_file_keep_their_shelf_and_order():
    text = (
        "---\ncategory: 总\n---\n# 售后\n\n## 1. 怎么退？\n七天。\n相似问法：想退|退掉\n"
        "\n## Q2：怎么换\n八天。\n\n# 物流\n\n## 多久到\n三天\n\n## 没有答案\n"
    )
    drafts, problems = read("a.md", text.encode(), FAQ)
    assert [(one.question, one.answer, one.category, one.variants) for one in drafts] == [
        ("怎么退？", "七天。", "售后", ("想退", "退掉")),
        ("怎么换", "八天。", "售后", ()),
        ("多久到", "三天", "物流", ()),
    ]
    assert problems == ["imports.empty_answer"]


def test_questions_by_their_marks_may_span_lines():
    text = "前言\n\nQ: 怎么退？\nA: 七天。\n还要发票。\n\n问题2：怎么换\n答：八天\n\n**Q3. How long?**\n**A.** Three days\n"
    drafts, _ = read("a.md", text.encode(), FAQ)
    assert [(one.question, one.answer) for one in drafts] == [
        ("怎么退？", "七天。\n还要发票。"),
        ("怎么换", "八天"),
        ("How long?", "Three days"),
    ]
    assert [one.language for one in drafts] == ["zh", "zh", "en"]


def test_pictures_of_markdown_in_every_way_to_write_them():
    text = (
        "# t\n\n![一](a.png)\n![二](<b c.png> \"题\")\n![三][ref]\n![四](./sub/../a.png)\n<img src='d.png' alt='五'>\n`![六](a.png)`\n"
        "```\n![七](a.png)\n```\n![八](https://x.example/p.png)\n![九](no.png)\n![十](data:text/html;base64,AA==)\n\n[ref]: e.png\n"
    )
    files = {"t.md": text, "a.png": png("red"), "b c.png": png("blue"), "d.png": png("green"), "e.png": png("black")}
    (draft,), problems = read("t.zip", zipped(files))
    assert {one.name for one in draft.pictures} == {"a.png", "b-c.png", "d.png", "e.png"}
    assert draft.body.count("picture:a.png") == 2
    assert "`![六](a.png)`" in draft.body
    assert "![七](a.png)" in draft.body
    assert "八" in draft.body
    assert sorted(set(problems)) == ["imports.missing_picture", "imports.remote_picture"]


def test_a_picture_is_taken_once_named_apart_and_only_when_it_is_one():
    found = {
        "a/p.png": png("red"),
        "b/p.png": png("blue"),
        "c/p.png": png("red"),
        "bad.png": b"<svg onload=go()>",
        "x y(1).png": png("green"),
    }
    shelf = PictureShelf("t.md", found.get)
    assert [shelf.take(path) for path in ("a/p.png", "b/p.png", "c/p.png", "a/p.png?v=2#x")] == [
        "picture:p.png",
        "picture:p-2.png",
        "picture:p.png",
        "picture:p.png",
    ]
    assert shelf.take("x%20y(1).png") == "picture:x-y-1.png"
    assert shelf.take("picture:p.png") == "picture:p.png"
    assert [
        shelf.take(path)
        for path in ("bad.png", "picture:other.png", "//evil/x.png", "file:///etc/passwd", "C:\\x.png", "../../etc/p.png")
    ] == [None] * 6
    assert [one.reason_code for one in shelf.problems] == [
        "imports.broken_picture",
        *["imports.remote_picture"] * 3,
        "imports.missing_picture",
    ]


def test_pictures_end_at_their_bound_and_embedded_ones_count():
    shelf = PictureShelf("t", lambda _path: None)

    def embedded(number: int) -> str:
        from PIL import Image

        out = io.BytesIO()
        Image.new("RGB", (1, 1), (number % 256, number // 256, 0)).save(out, "PNG")
        return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"

    taken = [shelf.take(embedded(number)) for number in range(MAX_PICTURES + 3)]
    assert len([one for one in taken if one]) == MAX_PICTURES == len(shelf.pictures)
    assert [one.reason_code for one in shelf.problems] == ["imports.too_many_pictures"]
    assert PictureShelf("t", lambda _path: None).take("data:image/png;base64,@@@") is None


# --- tables ----------------------------------------------------------------------------------------------------------------


def rows(*lines: tuple[str, ...]) -> list[tuple[str, str, list[str]]] | None:
    found = rows_of_table([TableRow(f"r{number}", list(line)) for number, line in enumerate(lines, start=1)])
    return None if found is None else [(one.question, one.answer, one.variants) for one in found]


def test_headings_in_the_words_of_many_programs():
    headings = [
        ("问题*", "答案（必填）"), ("标准问法", "回复"), ("Question", "Answer"), ("QUESTION:", "Standard_Answer"), ("q", "a"),
        ("标题", "正文"),
        ("【问题】问题", "[示例] 答案"), ("问题1", "答案1"), ("提问", "内容："),
    ]  # fmt: skip
    known = {one for one in headings if rows(one, ("甲", "乙")) == [("甲", "乙", [])]}
    assert set(headings) - known == {("QUESTION:", "Standard_Answer")}


def test_columns_stand_in_any_order_beside_others():
    table = (
        ("序号", "备注", "答案", "分类", "问题", "相似问法", "相似问法2"),
        ("1", "x", "乙", "售后", " 甲 \n 丙 ", "一|二", "三；四\n五"),
    )
    assert rows(*table) == [("甲 丙", "乙", ["一", "二", "三", "四", "五"])]


def test_rows_of_variants_alone_continue_and_empty_cells_do_not_shift():
    table = (("问题", "答案", "相似问"), ("甲", "乙", "一"), ("", "", "二"), ("丙",), ("", "丁", ""), ("", "", ""))
    assert rows(*table) == [("甲", "乙", ["一", "二"]), ("丙", "", []), ("", "丁", [])]


def test_a_table_of_one_column_is_none():
    assert rows(("甲",), ("乙",)) is None
    assert rows(("甲", ""), ("乙", "")) is None
    assert rows(("甲", "乙")) == [("甲", "乙", [])]


def test_a_heading_is_looked_for_in_ten_rows_and_no_further():
    lead = [("说明", "请勿修改")] * 9
    assert rows(*lead, ("问题", "答案"), ("甲", "乙")) == [("甲", "乙", [])]
    assert len(rows(*lead, ("再", "来"), ("问题", "答案"), ("甲", "乙")) or []) == 12


def test_cells_of_a_workbook_are_what_people_see():
    values: list[object] = [
        1, 2.5, 3.0, -0.0, True, None, date(2026, 11, 22), datetime(2026, 11, 22, 8, 30, tzinfo=UTC).replace(tzinfo=None), time(9, 5),
        timedelta(hours=1), "  前后有空 ", "行一\n行二", "_x000D_回车", "=1/0", "😀", "\u200b",
    ]  # fmt: skip
    sheet = [["问题", "答案"], *([f"第 {number} 格", value] for number, value in enumerate(values))]
    drafts, problems = read("a.xlsx", xlsx({"S": sheet}))
    answers = {one.question: one.answer for one in drafts}
    shown = [answers.get(f"第 {number} 格") for number in range(len(values))]
    assert shown[:5] == ["1", "2.5", "3", "0", "True"]
    assert shown[6:9] == ["2026-11-22 00:00:00", "2026-11-22 08:30:00", "09:05:00"]
    assert shown[10:13] == ["前后有空", "行一\n行二", "回车"]
    assert shown[14] == "😀"
    assert (shown[5], shown[13]) == (None, None)
    assert set(problems) == {"imports.empty_answer"}


def test_every_visible_sheet_is_read_and_names_its_rows():
    book = xlsx(
        {
            "售后": [["问题", "答案"], ["甲", "乙"]],
            "空": [],
            "说明": [["只有一列"]],
            "物流": [["question", "answer"], [], ["丙", ""]],
            "藏": [["q", "a"], ["x", "y"]],
        },
        hidden=("藏",),
    )
    items = list(open_import("a.xlsx", book, ImportOptions()).items)
    assert [(one.row, one.question) for one in items if isinstance(one, FaqDraft)] == [("售后!2", "甲")]
    assert [(one.source, one.reason_code) for one in items if isinstance(one, Problem)] == [
        ("说明!1", "imports.no_question_column"),
        ("物流!3", "imports.empty_answer"),
    ]


def test_merged_cells_and_wide_gaps_keep_their_columns():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["C3"], sheet["F3"] = "问题", "答案"
    sheet["C4"], sheet["F4"] = "甲", "乙"
    sheet.merge_cells("C4:D5")
    sheet["F9"] = "没有问题"
    out = io.BytesIO()
    book.save(out)
    drafts, problems = read("a.xlsx", out.getvalue())
    assert ([(one.question, one.answer) for one in drafts], problems) == ([("甲", "乙")], ["imports.empty_question"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"])
def test_a_csv_in_the_encodings_of_this_world(encoding: str):
    data = "问题,答案\n退货要多久才能收到钱呢,七天之内会原路退回\n".encode(encoding)
    drafts, problems = read("a.csv", b"\xff\xfe" * (encoding == "utf-16-le") + data)
    assert [(one.question, one.answer) for one in drafts] == [("退货要多久才能收到钱呢", "七天之内会原路退回")]
    assert problems == []


def test_quotes_breaks_and_separators_inside_cells():
    text = '问题;答案;相似问法\r\n"带;分号";"行一\r\n行二 ""引号""";一|二\r\n;;\r\n"没有结束'
    drafts, problems = read("a.csv", text.encode())
    assert [(one.question, one.answer, one.variants) for one in drafts] == [("带;分号", '行一\r\n行二 "引号"', ("一", "二"))]
    assert len(problems) <= 1
    tabbed, _ = read("a.tsv", b"question\tanswer\na, b\tc; d\n")
    assert [(one.question, one.answer) for one in tabbed] == [("a, b", "c; d")]


def test_too_many_variants_leave_the_first_hundred():
    cell = "|".join(f"问法{number}" for number in range(MAX_VARIANTS + 20))
    (draft,), problems = read("a.csv", f"问题,答案,相似问法\n甲怎么办,乙,{cell}\n".encode())
    assert (len(draft.variants), problems) == (MAX_VARIANTS, ["imports.too_many_variants"])


def test_who_may_read_is_said_in_many_words_and_never_guessed():
    said = {"": "everyone", "公开": "everyone", "ALL": "everyone", "對外": "everyone", "内部": "agents", "内部。": "agents",
    "Staff": "agents", "仅客服": "agents",
            "经理": None, "internal only": None, "不公开": None}  # fmt: skip
    assert {text: audience_of(text) for text in said} == said


# --- pages, Word, PDF, archives ----------------------------------------------------------------------------------------------


def test_a_page_of_tables_lists_and_code_is_markdown():
    page = (
        "<html><head><title>站名</title></head><body><nav>菜单</nav><main><h1>退货</h1>"
        "<ul><li>一<ul><li>二</li></ul></li></ul>"
        "<table><tr><th>天</th><th>费</th></tr><tr><td>7</td><td>0</td></tr></table><pre>a = 1</pre><p>看<a href='/x'>这里</a>"
        f"<a href='javascript:go()'>别点</a><img src='data:image/png;base64,{base64.b64encode(png()).decode()}' alt='图'></p></main>"
        "<footer>版权</footer></body></html>"
    )
    (draft,), problems = read("a.html", page.encode())
    assert (draft.title, problems, len(draft.pictures)) == ("退货", [], 1)
    assert "- 一\n  - 二" in draft.body
    assert "| 天 | 费 |" in draft.body
    assert "a = 1" in draft.body
    assert "[这里](/x)" in draft.body
    assert not [word for word in ("菜单", "版权", "javascript", "站名") if word in draft.body]


def test_hostile_pages_lose_what_runs():
    page = (
        "<h1>t<script>alert(1)</script></h1><p onclick=go()>x</p><svg><script>go()</script></svg><iframe src=//evil></iframe>"
        "<a href=' java\nscript:go()'>y</a><style>@import '//evil'</style><noscript><img src=x onerror=go()></noscript>"
        "<math><mtext></form><form><mglyph><style></math><img src onerror=go()>"
    )
    (draft,), _ = read("a.html", page.encode())
    assert not [word for word in ("alert", "go()", "evil", "script", "onerror") if word in f"{draft.title}{draft.body}"]


def test_a_word_file_in_chinese_styles_with_a_title_of_its_own():
    data = docx([("Title", "售后手册"), ("a1", "怎么退"), ("", "七天。"), ("a1", "怎么换"), ("", "八天。"), ("picture", "")])
    (article,), _ = read("a.docx", data)
    assert (article.title, len(article.pictures)) == ("售后手册", 1)
    drafts, problems = read("a.docx", data, FAQ)
    assert ([(one.question, one.answer) for one in drafts], problems) == (
        [("怎么退", "七天。"), ("怎么换", "八天。")],
        ["imports.picture_in_answer"],
    )


def test_an_office_file_without_its_text_is_refused_and_without_its_table_of_parts_read():
    source = zipfile.ZipFile(io.BytesIO(docx([("", "正文")])))

    def without(part: str) -> bytes:
        return zipped({name: source.read(name) for name in source.namelist() if name != part})

    assert refused("a.docx", without("word/document.xml")) == "imports.format_not_supported"
    assert [one.body for one in read("a.docx", without("[Content_Types].xml"))[0] if isinstance(one, ArticleDraft)] == ["正文"]


def test_a_pdf_of_lists_and_broken_words_is_joined():
    pages = [
        [
            (20, "Returns"),
            (11, "You can send it back with-"),
            (11, "in seven days."),
            (11, ""),
            (11, "1. Open the page"),
            (11, "2. Press the button"),
        ]
    ]
    (draft,), problems = read("a.pdf", pdf(pages))
    assert problems == []
    assert "within seven days." in draft.body
    assert "1. Open the page\n\n2. Press the button" in draft.body


def test_a_pdf_of_questions_is_faqs():
    drafts, _ = read(
        "a.pdf",
        pdf(
            [
                [
                    (18, "How long does it take"),
                    (11, "Three days at most."),
                    (18, "What does it cost"),
                    (11, "Nothing at all, ever."),
                ]
            ]
        ),
        FAQ,
    )
    assert [(one.question, one.answer) for one in drafts] == [
        ("How long does it take", "Three days at most."),
        ("What does it cost", "Nothing at all, ever."),
    ]


def test_folders_are_shelves_and_system_files_are_nobodys():
    files = {
        "售后/退货.md": "# 退\n\n七天", "物流/多久.html": "<h1>久</h1><p>三天", "__MACOSX/x.md": "# 坏", ".git/c.md": "# 坏",
        "a/.DS_Store": b"x",
        "Thumbs.db": b"x", "more.zip": zipped({"x.md": "# y"}), "note.docx": b"x", "空.md": "",
        "乱.md": b"\xff\xfe\xfd\x00\x01" * 9,
    }  # fmt: skip
    batch = open_import("a.zip", zipped(files), ImportOptions())
    items = list(batch.items)
    assert {(one.title, one.category) for one in items if isinstance(one, ArticleDraft)} == {("退", "售后"), ("久", "物流")}
    assert {(one.source, one.reason_code) for one in items if isinstance(one, Problem)} >= {
        ("more.zip", "imports.nested_archive"),
        ("note.docx", "imports.not_in_archive"),
        ("空.md", "imports.empty_article"),
    }
    assert batch.total == 4


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_zip_cut_short_is_refused(cut: int):
    whole = zipped({"a.md": "# 甲\n\n" + "正文" * 200, "b.md": "# 乙\n\n正文"})
    assert refused("a.zip", whole[:-cut]) == "imports.unreadable"


def test_what_a_file_is_is_told_by_its_bytes_and_not_by_its_name():
    assert [type(one).__name__ for one in read("a.txt", xlsx({"S": [["问题", "答案"], ["甲", "乙"]]}))[0]] == ["FaqDraft"]
    assert [type(one).__name__ for one in read("a.csv", pdf([[(11, "A page of words and nothing else")]]))[0]] == ["ArticleDraft"]
    assert [one.title for one in read("noname", b"<!doctype html><h1>t</h1><p>x")[0]] == ["t"]
    assert [refused("a.docx", data) for data in (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99, b"", b"\x00\x01\x02")] == [
        "imports.old_office",
        "imports.empty_file",
        "imports.format_not_supported",
    ]


@given(
    st.lists(st.tuples(st.sampled_from(["# ", "## ", "### ", ""]), st.text("茶abc `*_[]()!", max_size=12)), max_size=10),
    st.integers(1, 6),
)
def test_sections_hold_every_line_once(lines: list[tuple[str, str]], level: int):
    text = "\n".join(mark + words for mark, words in lines)
    cut = sections_at(text, level)
    headings = sum(1 for one in cut if one.level)
    assert sum(len(one.lines) for one in cut) + headings == len(text.splitlines())
    assert all(one.level <= level for one in cut)
