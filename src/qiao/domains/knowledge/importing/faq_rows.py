"""The rules that every FAQ keeps, whichever file it came from: cells are found by their heading, rows become drafts."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from qiao.domains.knowledge.errors import KnowledgeInvalid
from qiao.domains.knowledge.importing.contracts import (
    MAX_QUESTION,
    MAX_TEXT_BYTES,
    MAX_VARIANTS,
    FaqDraft,
    ImportOptions,
    Problem,
)
from qiao.domains.knowledge.importing.reasons import problem
from qiao.domains.knowledge.rules import checked_slug
from qiao.kit.text import detect_language, normalise

_HEADINGS: dict[str, tuple[str, ...]] = {
    "question": (
        *("question", "questions", "standard question", "q", "title"),
        *("问题", "标准问题", "标准问", "标准问法", "问", "提问", "标题"),
    ),
    "answer": ("answer", "answers", "reply", "a", "答案", "回答", "标准答案", "答", "回复", "内容", "正文", "content", "body"),
    "variants": (
        *("variants", "variant", "similar questions", "similar question", "alternatives", "synonyms"),
        *("相似问法", "相似问题", "相似问", "扩展问", "扩展问题", "同义问法", "其他问法"),
    ),
    "category": ("category", "categories", "group", "topic", "分类", "类别", "分组", "目录", "知识分类", "问题分类"),
    "language": ("language", "lang", "locale", "语言", "语种"),
    "slug": ("slug", "id", "key", "编号", "标识", "序号"),
    "audience": ("audience", "visibility", "受众", "可见范围", "可见性", "谁可以看", "适用对象"),
}
_ROLE_OF = {heading: role for role, headings in _HEADINGS.items() for heading in headings}
_NOT_SLUG = frozenset({"序号"})
_HEADING_NOISE = re.compile(r"[*＊]|[（(【\[].*?[)）】\]]|\d+$|[:：]$")
_HEADER_ROWS = 10
_VARIANT_BREAK = re.compile(r"[|｜\n;；]+")
_LANGUAGE_NAMES = {"中文": "zh", "简体中文": "zh", "汉语": "zh", "chinese": "zh", "英文": "en", "英语": "en", "english": "en"}
_AUDIENCES = {
    **dict.fromkeys(("", "everyone", "public", "all", "customers", "所有人", "公开", "全部", "客户", "对外"), "everyone"),
    **dict.fromkeys(
        ("agents", "agent", "internal", "staff", "team", "内部", "仅内部", "客服", "仅客服", "团队", "员工"), "agents"
    ),
}
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?=$|[-_])")


class FaqRow(Struct, kw_only=True):
    """One question as found in a file, unchecked."""

    source: str
    question: str
    answer: str
    variants: list[str]
    category: str = ""
    language: str = ""
    slug: str = ""
    audience: str = ""


class TableRow(Struct, frozen=True):
    """The cells of one row as text, and where it stands."""

    source: str
    cells: list[str]


def rows_of_table(table: list[TableRow]) -> list[FaqRow] | None:
    """FAQ rows of a sheet; None when it has no two columns to be question and answer.

    A heading row is looked for in the first ten rows; without one the first two columns are question and answer. A row with
    only variants continues the row above, as merged cells leave it.
    """
    header, columns = _find_columns(table)
    if columns is None:
        if not any(len(row.cells) > 1 and row.cells[1] for row in table):
            return None
        columns = {"question": [0], "answer": [1]}
    found: list[FaqRow] = []
    for row in table[header + 1 :]:
        item = _row(row, columns)
        if item.variants and not item.question and not item.answer and found:
            found[-1].variants.extend(item.variants)
        elif item.question or item.answer:
            found.append(item)
    return found


def drafts_of(rows: Iterable[FaqRow], options: ImportOptions) -> Iterator[FaqDraft | Problem]:
    """A draft for each sound row and a problem for each other one. The first of equal questions wins, per language."""
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        refused = _refusal(row)
        if refused is not None:
            yield refused
            continue
        language = language_of(row.language, f"{row.question}\n{row.answer}", options)
        key = (language, normalise(row.question).strip(" ?？!！。.") or row.question)
        if key in seen:
            yield problem(row.source, "imports.duplicate_question", first=seen[key], question=row.question)
            continue
        seen[key] = row.source
        variants = _distinct_variants(row)
        if len(variants) > MAX_VARIANTS:
            yield problem(row.source, "imports.too_many_variants", limit=MAX_VARIANTS)
        yield FaqDraft(
            row=row.source,
            language=language,
            question=row.question,
            variants=tuple(variants[:MAX_VARIANTS]),
            answer=row.answer,
            category=row.category or None,
            slug=slug_of(row.slug),
            audience=audience_of(row.audience) or "agents",
        )


def split_variants(cell: str) -> list[str]:
    """The variants written in one cell, parted by bars, semicolons or line breaks."""
    return [part.strip() for part in _VARIANT_BREAK.split(cell) if part.strip()]


def language_of(named: str, text: str, options: ImportOptions) -> str:
    """The primary tag of the named language, else what the script of `text` tells, else the import's own."""
    wanted = named.strip().lower()
    tag = _LANGUAGE_TAG.match(wanted)
    return _LANGUAGE_NAMES.get(wanted) or (tag[0] if tag else detect_language(text, options.language))


def slug_of(written: str) -> str | None:
    """`written` as it stands in an address, None when it cannot."""
    try:
        return checked_slug(written)
    except KnowledgeInvalid:
        return None


def audience_of(written: str) -> str | None:
    """Who may read it: everyone where nothing is written, None for a word that says neither, so that nothing is shown by mistake."""
    return _AUDIENCES.get(normalise(written).strip(" 。."))


def is_too_long(text: str) -> bool:
    """Over 200 KB in UTF-8."""
    return len(text) > MAX_TEXT_BYTES or len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES


def _find_columns(table: list[TableRow]) -> tuple[int, dict[str, list[int]] | None]:
    for index, row in enumerate(table[:_HEADER_ROWS]):
        columns: dict[str, list[int]] = {}
        for column, cell in enumerate(row.cells):
            role = _ROLE_OF.get(_heading(cell))
            if role and (role == "variants" or role not in columns) and _heading(cell) not in _NOT_SLUG:
                columns.setdefault(role, []).append(column)
        if "question" in columns and "answer" in columns:
            return index, columns
    return -1, None


def _heading(cell: str) -> str:
    return " ".join(_HEADING_NOISE.sub("", cell[:60]).replace("_", " ").lower().split())


def _row(row: TableRow, columns: dict[str, list[int]]) -> FaqRow:
    def cell(role: str) -> str:
        return "\n".join(row.cells[column].strip() for column in columns.get(role, ()) if column < len(row.cells))

    return FaqRow(
        source=row.source,
        question=" ".join(cell("question").split()),
        answer=cell("answer"),
        variants=split_variants(cell("variants")),
        category=cell("category"),
        language=cell("language"),
        slug=cell("slug"),
        audience=cell("audience"),
    )


def _refusal(row: FaqRow) -> Problem | None:
    if not row.question:
        return problem(row.source, "imports.empty_question")
    if not row.answer.strip():
        return problem(row.source, "imports.empty_answer", question=row.question[:MAX_QUESTION])
    if audience_of(row.audience) is None:
        return problem(row.source, "imports.unknown_audience", audience=row.audience[:40])
    if len(row.question) > MAX_QUESTION:
        return problem(row.source, "imports.question_too_long", limit=MAX_QUESTION)
    if is_too_long(row.answer):
        return problem(row.source, "imports.text_too_long", limit_kb=MAX_TEXT_BYTES // 1024)
    return None


def _distinct_variants(row: FaqRow) -> list[str]:
    distinct: dict[str, str] = {}
    for variant in row.variants:
        if len(variant) <= MAX_QUESTION:
            distinct.setdefault(normalise(variant), variant)
    distinct.pop(normalise(row.question), None)
    return list(distinct.values())
