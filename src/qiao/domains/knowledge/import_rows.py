"""Reading and explaining what imports leave behind: their rows, and problems in the reader's language."""

from typing import Any
from uuid import UUID

from qiao.domains.knowledge.contracts import Import, ImportProblem
from qiao.domains.knowledge.importing.contracts import Problem
from qiao.domains.knowledge.importing.reasons import REASONS

IMPORT_COLUMNS = "id, file_name, kind, status, total, taken, refused, error_code, created_at, finished_at"

WARNINGS = frozenset(
    {
        "imports.too_many_variants",
        "imports.missing_picture",
        "imports.remote_picture",
        "imports.broken_picture",
        "imports.too_many_pictures",
        "imports.picture_in_answer",
        "imports.too_many_pages",
        "imports.unreadable_page",
        "knowledge.picture_refused",
    }
)
"""Problems of something that was taken all the same; every other one stands for something refused."""

_OWN_REASONS: dict[str, tuple[str, str]] = {
    "knowledge.duplicate_question": (
        "知识库里已有这个问题“{question}”，已保留原有的一条。",
        "This question is already in the knowledge base: “{question}”. The existing one was kept.",
    ),
    "knowledge.duplicate_article": (
        "知识库里已有网址为 {slug} 的文章，已保留原有的一篇。",
        "An article with the address {slug} already exists in this language. The existing one was kept.",
    ),
    "knowledge.language_not_supported": (
        "目前支持中文和英文，这一条识别为 {language}。",
        "Chinese and English are supported; this one was read as {language}.",
    ),
    "knowledge.picture_refused": (
        "图片 {picture} 无法保存，请换成 PNG 或 JPEG。",
        "The picture {picture} could not be stored. Replace it with a PNG or JPEG.",
    ),
    "knowledge.invalid": ("这一条的“{field}”不符合要求。", "The field “{field}” of this one breaks a rule."),
}
_ALL = {**REASONS, **_OWN_REASONS}


def read_import_row(row: Any) -> Import:
    """An import from its row; `total` never falls behind what was done."""
    done = row["taken"] + row["refused"]
    total = None if row["total"] is None else max(row["total"], done)
    fields = {name: row[name] for name in IMPORT_COLUMNS.split(", ") if name != "total"}
    return Import(**fields, done=done, total=total)


def stored_problem(problem: Problem) -> ImportProblem:
    """A problem of the file as it is kept."""
    return ImportProblem(source=problem.source[:300], code=problem.reason_code, message=problem.message, details=problem.details)


def own_problem(source: str, code: str, **details: object) -> ImportProblem:
    """A problem that only the store could find."""
    message = _OWN_REASONS[code][1].format(**details)
    return ImportProblem(source=source[:300], code=code, message=message, details=details)


def duplicate(source: str, question: str, standing: UUID | None) -> ImportProblem:
    """The question of a row stands already."""
    details = {"id": str(standing)} if standing else {}
    return own_problem(source, "knowledge.duplicate_question", question=question[:200], **details)


def explain_problem(problem: ImportProblem, language: str) -> str:
    """The problem in Chinese or English; the kept English sentence when its code is of an older version."""
    reason = _ALL.get(problem.code)
    if reason is None:
        return problem.message
    try:
        return (reason[0] if language == "zh" else reason[1]).format(**problem.details)
    except (KeyError, IndexError):
        return problem.message
