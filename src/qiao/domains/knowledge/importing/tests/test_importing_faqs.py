"""FAQs from tables and documents."""

import io
import zipfile

import pytest

from qiao.domains.knowledge.importing.contracts import FaqDraft, ImportOptions, ImportUnreadable, Problem
from qiao.domains.knowledge.importing.reading import open_import
from qiao.domains.knowledge.importing.tests.made_files import docx, png, xlsx, zipped

pytestmark = pytest.mark.slow

AUTO = ImportOptions()
FAQ = ImportOptions(kind="faq")


def read(name: str, data: bytes | str, options: ImportOptions = AUTO) -> tuple[list[FaqDraft], list[tuple[str, str]]]:
    items = list(open_import(name, data.encode() if isinstance(data, str) else data, options).items)
    drafts = [item for item in items if isinstance(item, FaqDraft)]
    return drafts, [(item.source, item.reason_code) for item in items if isinstance(item, Problem)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_of_any_program_gives_its_questions(encoding: str, delimiter: str):
    table = '问题,答案,相似问法,分类,语言\n怎么退款？,"七天内，\n可退",如何退钱|退款流程；退货,售后,中文\nWhere is it?,On its way,,,en\n'
    drafts, problems = read("a.csv", table.replace(",", delimiter).encode(encoding))
    assert problems == []
    assert drafts == [
        FaqDraft(
            row="row 2",
            language="zh",
            question="怎么退款？",
            variants=("如何退钱", "退款流程", "退货"),
            answer="七天内，\n可退",
            category="售后",
            slug=None,
        ),
        FaqDraft(row="row 3", language="en", question="Where is it?", variants=(), answer="On its way", category=None, slug=None),
    ]


@pytest.mark.parametrize(
    "header",
    ["question,answer", "Question*,Answer（必填）", "标准问题,回答", "标准问,标准答案", "Q,A", "标题,内容", "QUESTION ,answer:"],
)
def test_the_heading_row_is_understood(header: str):
    drafts, _ = read("a.csv", f"{header}\nq1,a1\n")
    assert [(draft.question, draft.answer) for draft in drafts] == [("q1", "a1")]


def test_without_a_heading_the_first_two_columns_count():
    drafts, problems = read("a.csv", "怎么退款,七天内可退\n运费多少,满 99 元包邮\n")
    assert [draft.question for draft in drafts] == ["怎么退款", "运费多少"]
    assert problems == []


def test_a_heading_may_follow_instructions():
    drafts, _ = read("a.csv", "请按说明填写,\n\n答案,分类,问题\na1,c1,q1\n")
    assert [(draft.row, draft.question, draft.answer, draft.category) for draft in drafts] == [("row 4", "q1", "a1", "c1")]


def test_several_variant_columns_and_merged_rows_come_together():
    drafts, problems = read("a.csv", "问题,答案,相似问法1,相似问法2\nq1,a1,v1,v2\n,,v3,\n,,q1,v1\nq2,a2,,\n")
    assert [(draft.question, draft.variants) for draft in drafts] == [("q1", ("v1", "v2", "v3")), ("q2", ())]
    assert problems == []


def test_each_row_that_is_not_taken_is_named():
    _, problems = read("a.csv", f"question,answer\n,lonely\nempty,\nsame,1\nSAME？,2\n{'q' * 501},a\nlong,{'a' * 205_000}\n")
    assert problems == [
        ("row 2", "imports.empty_question"),
        ("row 3", "imports.empty_answer"),
        ("row 5", "imports.duplicate_question"),
        ("row 6", "imports.question_too_long"),
        ("row 7", "imports.text_too_long"),
    ]


def test_the_same_question_in_two_languages_is_two():
    drafts, _ = read("a.csv", "question,answer,language\nVIP,是什么,zh-CN\nVIP,what,en-US\n")
    assert [draft.language for draft in drafts] == ["zh", "en"]


def test_formulas_in_a_csv_are_only_text():
    drafts, _ = read("a.csv", "question,answer\n=1+1,@SUM(A1)\n")
    assert [(draft.question, draft.answer) for draft in drafts] == [("=1+1", "@SUM(A1)")]


def test_an_endless_quote_is_a_problem_not_a_crash():
    _, problems = read("a.csv", 'question,answer\nq,"' + "a,b\n" * 60_000)
    assert problems == [("row 2", "imports.text_too_long")]


def test_no_more_than_ten_thousand_are_taken():
    rows = "".join(f"q{number},a\n" for number in range(10_005))
    drafts, problems = read("a.csv", f"question,answer\n{rows}")
    assert (len(drafts), problems) == (10_000, [("row 10002", "imports.too_many_items")])
    assert open_import("a.csv", f"question,answer\n{rows}".encode(), AUTO).total == 10_000


def test_drafts_are_made_while_they_are_read():
    batch = open_import("a.csv", b"question,answer\nq1,a1\n,a2\n", AUTO)
    assert (batch.format, batch.total) == ("csv", 2)
    assert next(batch.items).question == "q1"


def test_a_workbook_gives_values_of_its_visible_sheets():
    data = xlsx(
        {
            "常见问题": [
                ["说明"],
                ["问题", "答案", "编号"],
                ["怎么退款", 7.0, "refund-7"],
                [None, None, None],
                ["运费", "满 99 元", None],
            ],
            "字典": [["question", "answer"], ["hidden", "x"]],
            "EN": [["question", "answer"], ["Refund?", True]],
        },
        hidden=("字典",),
    )
    drafts, problems = read("faq.xlsx", data)
    assert [(draft.row, draft.question, draft.answer, draft.slug) for draft in drafts] == [
        ("常见问题!3", "怎么退款", "7", "refund-7"),
        ("常见问题!5", "运费", "满 99 元", None),
        ("EN!2", "Refund?", "True", None),
    ]
    assert problems == []


def test_a_sheet_of_one_column_is_named_as_the_problem():
    _, problems = read("a.xlsx", xlsx({"S": [["only"], ["one"]]}))
    assert problems == [("S!1", "imports.no_question_column")]


def test_a_workbook_that_lies_about_its_size_is_read_as_it_is():
    data = xlsx({"S": [["question", "answer"], ["q1", "a1"]]})
    parts = {name: content.replace(b'ref="A1:B2"', b'ref="A1"') for name, content in unpacked(data).items()}
    assert [draft.question for draft in read("a.xlsx", zipped(parts))[0]] == ["q1"]


def test_a_cell_a_million_rows_down_costs_nothing():
    data = xlsx({"S": [["question", "answer"], ["q1", "a1"]]})
    parts = {name: content.replace(b'<row r="2"', b'<row r="1048576"') for name, content in unpacked(data).items()}
    assert read("a.xlsx", zipped(parts)) == ([], [("a.xlsx", "imports.no_question_column")])


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda part: part.replace(b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet"), "imports.unreadable"),
        (lambda part: part.replace(b"</row>", b"</wor>"), "imports.unreadable"),
        (lambda part: part.replace(b"</sheetData>", b"<row/>" * 5_000_000 + b"</sheetData>"), "imports.unpacks_too_large"),
    ],
)
def test_a_hostile_workbook_is_refused_whole(change, reason: str):
    parts = unpacked(xlsx({"S": [["question", "answer"]]}))
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    with pytest.raises(ImportUnreadable) as refused:
        read("a.xlsx", zipped(parts))
    assert refused.value.details["reason_code"] == reason


MARKDOWN = """# 售后

## 1. 怎么**退款**？

相似问法：如何退钱 | 退款流程

七天内可退。

### 多久到账

三天。

```
## not a question
```

# 物流

## Where is it?

On its way.

## 空的
"""


def test_markdown_headings_become_questions():
    drafts, problems = read("a.md", MARKDOWN, FAQ)
    assert [(draft.question, draft.category, draft.language, draft.variants) for draft in drafts] == [
        ("怎么退款？", "售后", "zh", ("如何退钱", "退款流程")),
        ("Where is it?", "物流", "en", ()),
    ]
    assert drafts[0].answer == "七天内可退。\n\n### 多久到账\n\n三天。\n\n```\n## not a question\n```"
    assert problems == [("a.md#空的", "imports.empty_answer")]


def test_marked_lines_become_questions():
    drafts, _ = read("a.txt", "问：怎么退款？\n答：七天内\n可退\n\n**Q2: Where?**\nA: Here\n", FAQ)
    assert [(draft.question, draft.answer) for draft in drafts] == [("怎么退款？", "七天内\n可退"), ("Where?", "Here")]


def test_a_text_without_questions_says_so():
    assert read("a.md", "just words", FAQ) == ([], [("a.md", "imports.no_questions")])


def test_a_word_file_of_questions_leaves_its_pictures():
    data = docx([("Heading1", "怎么退款"), ("", "七天内可退"), ("picture", ""), ("Heading1", "运费"), ("", "包邮")])
    drafts, problems = read("a.docx", data, FAQ)
    assert [(draft.question, draft.answer) for draft in drafts] == [("怎么退款", "七天内可退"), ("运费", "包邮")]
    assert problems == [("a.docx", "imports.picture_in_answer")]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.csv", b"", "imports.empty_file"),
        ("a.csv", b"\xff\xff\x00\x01" * 9, "imports.not_text"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "imports.old_office"),
        ("a.bin", png(), "imports.format_not_supported"),
        ("a.pptx", zipped({"[Content_Types].xml": "<Types/>", "ppt/p.xml": "<p/>"}), "imports.format_not_supported"),
        ("a.zip", zipped({}), "imports.format_not_supported"),
        ("a.zip", b"PK\x03\x04broken", "imports.unreadable"),
        ("a.xlsx", zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<w/>"}), "imports.unreadable"),
        ("a.docx", zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w>"}), "imports.unreadable"),
        ("a.pdf", b"%PDF-1.7 nothing more", "imports.unreadable"),
        ("a.csv", b"a" * (50 * 1024 * 1024 + 1), "imports.file_too_large"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(name: str, data: bytes, reason: str):
    with pytest.raises(ImportUnreadable) as refused:
        open_import(name, data, AUTO)
    assert (refused.value.code, refused.value.status) == ("imports.unreadable", 422)
    assert refused.value.details["reason_code"] == reason
