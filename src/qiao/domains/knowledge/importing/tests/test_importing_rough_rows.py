"""Rows as people and attackers leave them: each is taken whole or named, and none takes its neighbours along."""

import csv
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.domains.knowledge.importing.contracts import (
    MAX_QUESTION,
    MAX_TEXT_BYTES,
    ArticleDraft,
    FaqDraft,
    ImportOptions,
    ImportUnreadable,
    Problem,
)
from qiao.domains.knowledge.importing.faq_rows import split_variants
from qiao.domains.knowledge.importing.reading import open_import
from qiao.domains.knowledge.importing.reasons import explain
from qiao.domains.knowledge.importing.tests.made_files import docx, pdf, xlsx, zipped

pytestmark = pytest.mark.slow

AUTO = ImportOptions()
FORMULAS = ["=1+1", '=HYPERLINK("http://evil","x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "\t=1", "=IMPORTXML(A1)"]
CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=30)


def read(name: str, data: bytes, options: ImportOptions = AUTO) -> tuple[list[FaqDraft], list[tuple[str, str]]]:
    items = list(open_import(name, data, options).items)
    drafts = [item for item in items if isinstance(item, FaqDraft)]
    return drafts, [(item.source, item.reason_code) for item in items if isinstance(item, Problem)]


def table(*rows: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def problems_of(name: str, data: bytes, options: ImportOptions) -> list[Problem]:
    try:
        items = list(open_import(name, data, options).items)
    except ImportUnreadable as refused:
        return [Problem(source=name, reason_code=str(refused.details["reason_code"]), message="", details=refused.details)]
    return [item for item in items if isinstance(item, Problem)]


def articles(name: str, data: bytes) -> list[ArticleDraft]:
    return [item for item in open_import(name, data, AUTO).items if isinstance(item, ArticleDraft)]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_a_csv_is_text_and_never_worked_out(formula: str):
    drafts, problems = read("a.csv", table(("question", "answer"), ("q1", formula), ("q2", "a2")))
    assert [(draft.question, draft.answer) for draft in drafts] == [("q1", formula.strip()), ("q2", "a2")]
    assert problems == []


def test_a_formula_nobody_ever_calculated_is_an_empty_answer_of_its_row():
    drafts, problems = read("a.xlsx", xlsx({"S": [["question", "answer"], ["q1", "=1+1"], ["q2", "a2"]]}))
    assert [draft.question for draft in drafts] == ["q2"]
    assert problems == [("S!2", "imports.empty_answer")]


@pytest.mark.parametrize("length", [32_767, 50_000])
def test_a_cell_of_many_characters_is_kept_whole(length: int):
    drafts, problems = read("a.csv", table(("问题", "答案"), ("很长的回答", "茶" * length)))
    assert (len(drafts[0].answer), problems) == (length, [])


@pytest.mark.parametrize(("answer", "taken"), [("a" * MAX_TEXT_BYTES, 2), ("a" * (MAX_TEXT_BYTES + 1), 1), ("茶" * 70_000, 1)])
def test_the_bound_of_an_answer_is_exact_and_in_bytes(answer: str, taken: int):
    drafts, problems = read("a.csv", table(("question", "answer"), ("long", answer), ("short", "a")))
    assert len(drafts) == taken
    assert problems == [("row 2", "imports.text_too_long")] * (2 - taken)


@pytest.mark.parametrize(("length", "codes"), [(MAX_QUESTION, []), (MAX_QUESTION + 1, ["imports.question_too_long"])])
def test_the_bound_of_a_question_is_exact(length: int, codes: list[str]):
    assert [code for _, code in read("a.csv", table(("question", "answer"), ("问" * length, "a")))[1]] == codes


def test_merged_cells_of_a_workbook_carry_their_variants_to_one_question():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [
        ["问题", "答案", "相似问法"],
        ["怎么退款", "七天", "如何退钱"],
        [None, None, "退款流程"],
        ["运费", "包邮", "邮费"],
    ]:
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    sheet.merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    drafts, problems = read("a.xlsx", out.getvalue())
    assert [(draft.question, draft.variants) for draft in drafts] == [("怎么退款", ("如何退钱", "退款流程")), ("运费", ("邮费",))]
    assert problems == []


@pytest.mark.parametrize("again", ["怎么退款", "怎么退款？", " 怎么退款 ", "怎麼退款", "怎么退款！", "怎么退款?？"])
def test_the_same_question_written_otherwise_is_a_duplicate_that_names_the_first(again: str):
    items = list(open_import("a.csv", table(("问题", "答案"), ("怎么退款", "一"), ("运费", "二"), (again, "三")), AUTO).items)
    problem = items[-1]
    assert isinstance(problem, Problem)
    assert (problem.source, problem.reason_code, problem.details["first"]) == ("row 4", "imports.duplicate_question", "row 2")
    assert [item.answer for item in items[:2]] == ["一", "二"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_whatever_encoding_wrote_it_the_words_are_the_same(encoding: str):
    text = "问题,答案\r\n怎么保存龙井茶,密封之后放进冰箱冷藏\r\n运费怎么算,满九十九元包邮\r\n"
    drafts, problems = read("表.csv", text.encode(encoding))
    assert [draft.question for draft in drafts] == ["怎么保存龙井茶", "运费怎么算"]
    assert problems == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_an_encoding_that_cannot_be_told_is_refused_rather_than_guessed(encoding: str):
    with pytest.raises(ImportUnreadable) as refused:
        open_import("表.csv", "问题,答案\n怎么保存龙井茶,冷藏\n".encode(encoding), AUTO)
    assert refused.value.details["reason_code"] == "imports.not_text"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_parts_rows(line_end: str):
    drafts, _ = read("a.csv", line_end.join(["question,answer", "q1,a1", "q2,a2", ""]).encode())
    assert [draft.row for draft in drafts] == ["row 2", "row 3"]


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_every_row_of_a_table_comes_back_or_is_named(rows: list[tuple[str, str]]):
    data = table(("question", "answer"), *rows)
    drafts, problems = read("a.csv", data)
    assert len(drafts) + len(problems) == len(rows)
    written = dict.fromkeys(question for question, _ in rows)
    assert {draft.question for draft in drafts} <= written.keys()
    assert {code for _, code in problems} <= {"imports.duplicate_question"}
    assert open_import("a.csv", data, AUTO).total == len(rows)


@given(st.lists(st.sampled_from(["如何退钱", "refund?", "a b", "", " "]), max_size=6), st.sampled_from("|｜;；\n"))
def test_variants_of_one_cell_are_those_that_were_put_in(parts: list[str], mark: str):
    assert split_variants(mark.join(parts)) == [part for part in parts if part.strip()]


@pytest.mark.parametrize(
    ("slug", "kept"),
    [("refund-7", "refund-7"), ("../../etc", None), ("a b", None), ("javascript:x", None), ("-x", None), ("", None), ("x" * 101, None)],
)  # fmt: skip
def test_a_slug_that_cannot_stand_in_an_address_is_left_out(slug: str, kept: str | None):
    drafts, _ = read("a.csv", table(("question", "answer", "slug"), ("q", "a", slug)))
    assert [draft.slug for draft in drafts] == [kept]


@pytest.mark.parametrize(
    ("named", "language"),
    [("zh-CN", "zh"), ("EN_us", "en"), ("English", "en"), ("简体中文", "zh"), ("", "en"), ("???", "en")],
)  # fmt: skip
def test_a_language_is_what_is_named_or_what_is_written(named: str, language: str):
    drafts, _ = read("a.csv", table(("question", "answer", "language"), ("Where is my order", "On its way", named)))
    assert [draft.language for draft in drafts] == [language]


@pytest.mark.parametrize(
    "path", ["../up.md", "a/../../up.md", "/etc/up.md", "..\\up.md", "C:\\up.md", "C:/up.md", "docs/../../../up.md"]
)
def test_a_name_that_leaves_the_folder_is_refused_and_the_rest_is_read(path: str):
    items = list(open_import("a.zip", zipped({path: "# up\n\nx", "good.md": "# 好\n\n正文"}), AUTO).items)
    assert [item.title for item in items if isinstance(item, ArticleDraft)] == ["好"]
    assert [item.reason_code for item in items if isinstance(item, Problem)] == ["imports.unsafe_path"]


def test_a_small_file_that_swells_a_thousandfold_is_refused():
    with pytest.raises(ImportUnreadable) as refused:
        open_import("a.zip", zipped({"a.md": b"a" * 150_000_000}), AUTO)
    assert refused.value.details["reason_code"] == "imports.unpacks_too_large"


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("kind", ["docx", "xlsx", "zip"])
def test_a_file_that_was_not_sent_to_its_end_is_refused(kind: str, cut: float):
    made = {
        "docx": docx([("Heading1", "标题"), ("", "正文")]),
        "xlsx": xlsx({"S": [["question", "answer"], ["q", "a"]]}),
        "zip": zipped({"a.md": "# t\n\nx", "b.md": "# u\n\ny"}),
    }[kind]
    with pytest.raises(ImportUnreadable) as refused:
        open_import(f"a.{kind}", made[: int(len(made) * cut)], AUTO)
    assert refused.value.details["reason_code"] == "imports.unreadable"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>steal()</script>", "<style>steal{}</style>", "<img src=x onerror=steal()>", '<a href="javascript:steal()">x</a>',
        "<iframe src=//steal></iframe>", "<svg onload=steal()></svg>", "<object data=steal></object>",
        '<p style="background:url(steal)">x</p>', "<noscript>steal</noscript>", "<template>steal</template>", "<!-- steal -->",
    ],
)  # fmt: skip
def test_a_page_gives_its_words_and_nothing_that_runs(hidden: str):
    made = articles("a.html", f"<h1>退款</h1>{hidden}<p>七天内可退。</p>".encode())
    assert [draft.title for draft in made] == ["退款"]
    assert "七天内可退。" in made[0].body
    assert "steal" not in made[0].body


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_a_page_that_declares_nothing_is_read_by_its_bytes(encoding: str):
    made = articles("a.html", "<html><body><h1>退款说明</h1><p>签收之后七天内可以申请退货。</p></body></html>".encode(encoding))
    assert [(draft.title, draft.body) for draft in made] == [("退款说明", "签收之后七天内可以申请退货。")]


@pytest.mark.parametrize("secret", ["secret", "打开"])
def test_a_locked_pdf_says_that_it_is_locked(secret: str):
    data = pdf([[(20, "Title"), (11, "some words")]], encrypt=secret if secret.isascii() else "owner")
    codes = [item.reason_code for item in open_import("a.pdf", data, AUTO).items if isinstance(item, Problem)]
    assert codes == ["imports.encrypted"]


@settings(max_examples=40)
@given(
    st.sampled_from(["a.csv", "a.md", "a.html", "a.zip"]), st.binary(max_size=200), st.sampled_from(["auto", "faq", "article"])
)
def test_every_problem_can_be_told_to_people_in_both_languages(name: str, data: bytes, kind: str):
    options = ImportOptions(kind=kind)
    told = [explain(found, language) for found in problems_of(name, data, options) for language in ("zh-CN", "en", "fr")]
    assert all(one.strip() and "{" not in one for one in told)
