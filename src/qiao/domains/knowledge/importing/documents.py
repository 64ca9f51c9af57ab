"""A document as Markdown, and how it becomes articles or FAQs; every document format ends here."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import Struct, field

from qiao.domains.knowledge.importing.contracts import (
    MAX_QUESTION,
    MAX_TEXT_BYTES,
    MAX_TITLE,
    ArticleDraft,
    FaqDraft,
    ImportOptions,
    Item,
    PictureDraft,
    Problem,
)
from qiao.domains.knowledge.importing.faq_rows import (
    FaqRow,
    audience_of,
    drafts_of,
    is_too_long,
    language_of,
    slug_of,
    split_variants,
)
from qiao.domains.knowledge.importing.reasons import problem

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t](.*)$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# Inside a word an underscore is a letter; one wave stands between two figures.
_INLINE_MARKS = re.compile(r"\\([!-/:-@\[-`{-~])|[*`]|~~|(?<![^\W_])_+|_+(?![^\W_])")
_LINKED = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\n]{0,2000}\)")
_PICTURE = re.compile(r"!\[[^\[\]\n]{0,300}\]\(picture:([^()\s]{1,200})(?:\s[^()\n]{0,300})?\)")
_VARIANTS_LINE = re.compile(
    r"\s*(?:\*\*)?(?:variants|similar questions|相似问法|相似问题|相似问)(?:\*\*)?\s*[:：](?:\*\*)?(.+)$", re.IGNORECASE
)
_QUESTION_LINE = re.compile(r"\s*(?:\*\*)?(?:Q|question|问题?)\s*\d{0,4}\s*[:：.、](?:\*\*)?(.+)$", re.IGNORECASE)
_ANSWER_LINE = re.compile(r"\s*(?:\*\*)?(?:A|answer|答案?)\s*\d{0,4}\s*[:：.、](?:\*\*)?(.*)$", re.IGNORECASE)
_QUESTION_NUMBER = re.compile(r"^(?:Q\s*\d*\s*[:：.、]|问题?\s*\d*\s*[:：]|\d{1,4}\s*[.、)）])\s*", re.IGNORECASE)
_SUMMARY = 300


class Document(Struct, frozen=True, kw_only=True):
    """One file as Markdown. `title` is None when the file itself states none; `splits`: several level 1 headings part it."""

    source: str
    body: str
    title: str | None = None
    splits: bool = False
    stated: dict[str, str] = field(default_factory=dict[str, str])
    category: str | None = None
    pictures: tuple[PictureDraft, ...] = ()
    problems: tuple[Problem, ...] = ()


class Section(Struct):
    """A heading and the lines under it, up to the next heading of the same or a higher level."""

    level: int
    title: str
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


def articles_of(document: Document, options: ImportOptions) -> Iterator[Item]:
    """One article, or one for each level 1 heading; then the document's own problems."""
    sections = sections_at(document.body, 1)
    tops = [section for section in sections if section.level == 1]
    if document.splits and len(tops) > 1:
        for section in sections:
            title = section.title if section.level else document.title or _stem(document.source)
            if section.level or section.text:
                yield _article(document, title, section.text, options)
    else:
        title, body = _title_and_body(document, sections)
        yield _article(document, title, body, options)
    yield from document.problems


def faqs_of(document: Document, options: ImportOptions) -> Iterator[FaqDraft | Problem]:
    """The questions of a document: its headings (the second level if there are any), else its `Q:` and `A:` lines."""
    rows = _rows_by_heading(document) or _rows_by_mark(document)
    if not rows:
        yield problem(document.source, "imports.no_questions")
    if document.pictures:
        yield problem(document.source, "imports.picture_in_answer", count=len(document.pictures))
    yield from drafts_of(rows, options)
    yield from document.problems


def lines_of(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is inside a fenced code block (the fences included)."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            yield line, True
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        else:
            fence = mark[1] if mark else ""
            yield line, bool(fence)


def sections_at(text: str, level: int) -> list[Section]:
    """`text` cut at its headings of `level` and above. What precedes the first has level 0 and no title."""
    sections = [Section(0, "", [])]
    for line, is_code in lines_of(text):
        heading = None if is_code else _HEADING.match(line)
        if heading and len(heading[1]) <= level:
            sections.append(Section(len(heading[1]), inline_text(heading[2].strip().rstrip("#")), []))
        else:
            sections[-1].lines.append(line)
    return sections


def inline_text(markdown: str) -> str:
    """A heading's words without their marks."""
    return " ".join(_INLINE_MARKS.sub(r"\1", _LINKED.sub(r"\1", markdown)).split())


def _title_and_body(document: Document, sections: list[Section]) -> tuple[str, str]:
    stated = document.stated.get("title") or document.title
    first = next((section for section in sections if section.level == 1), None)
    leads = first is not None and first is sections[1] and not sections[0].text
    if first is None or not leads or (stated and stated != first.title):
        return stated or (first.title if first else "") or _stem(document.source), document.body.strip()
    rest = "\n".join(line for section in sections[2:] for line in (f"# {section.title}", *section.lines))
    return first.title or _stem(document.source), f"{first.text}\n\n{rest}".strip()


def _article(document: Document, title: str, body: str, options: ImportOptions) -> ArticleDraft | Problem:
    if not body:
        return problem(document.source, "imports.empty_article", title=title[:MAX_TITLE])
    if is_too_long(body):
        return problem(document.source, "imports.text_too_long", limit_kb=MAX_TEXT_BYTES // 1024, title=title[:MAX_TITLE])
    audience = audience_of(document.stated.get("audience", ""))
    if audience is None:
        return problem(document.source, "imports.unknown_audience", audience=document.stated["audience"][:40])
    used = set(_PICTURE.findall(body))
    summary = document.stated.get("summary", "")[:_SUMMARY]
    return ArticleDraft(
        source=document.source,
        language=language_of(document.stated.get("language", ""), f"{title}\n{body}", options),
        title=title[:MAX_TITLE],
        slug=slug_of(document.stated.get("slug", "")),
        category=document.stated.get("category") or document.category,
        summary=summary or None,
        body=body,
        pictures=tuple(picture for picture in document.pictures if picture.name in used),
        audience=audience,
    )


def _rows_by_heading(document: Document) -> list[FaqRow]:
    levels = {len(heading[1]) for line, is_code in lines_of(document.body) if not is_code and (heading := _HEADING.match(line))}
    level = next((candidate for candidate in (2, 3, 1, 4) if candidate in levels), 0)
    category = document.stated.get("category") or document.category or ""
    rows: list[FaqRow] = []
    for section in sections_at(document.body, level):
        if section.level == level and level:
            rows.append(_row(document, _QUESTION_NUMBER.sub("", section.title), section.lines, category))
        elif section.level:
            category = section.title
    return rows


def _rows_by_mark(document: Document) -> list[FaqRow]:
    found: list[tuple[str, list[str]]] = []
    for line, is_code in lines_of(document.body):
        question = None if is_code else _QUESTION_LINE.match(line)
        answer = None if is_code else _ANSWER_LINE.match(line)
        if question:
            found.append((inline_text(question[1]), []))
        elif found:
            found[-1][1].append(answer[1].lstrip() if answer else line)
    category = document.stated.get("category") or document.category or ""
    return [_row(document, question, lines, category) for question, lines in found]


def _row(document: Document, question: str, lines: list[str], category: str) -> FaqRow:
    variants = [variant for line in lines if (match := _VARIANTS_LINE.match(line)) for variant in split_variants(match[1])]
    answer = "\n".join(line for line in lines if not _VARIANTS_LINE.match(line))
    return FaqRow(
        source=f"{document.source}#{question[:MAX_QUESTION]}",
        question=question,
        answer=_PICTURE.sub("", answer).strip(),
        variants=variants,
        category=category,
        language=document.stated.get("language", ""),
        audience=document.stated.get("audience", ""),
    )


def _stem(source: str) -> str:
    return PurePosixPath(source).stem or "?"
