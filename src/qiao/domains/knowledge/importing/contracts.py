"""What an import yields: drafts that can be stored, and problems that say what was not taken and why."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from qiao.kit.errors import QiaoError

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_ITEMS = 10_000
MAX_TEXT_BYTES = 200 * 1024
MAX_QUESTION = 500
MAX_TITLE = 200
MAX_VARIANTS = 100
MAX_PICTURES = 200


class ImportKind(StrEnum):
    """What the file holds. AUTO: tables are FAQs, everything else is articles."""

    AUTO = "auto"
    FAQ = "faq"
    ARTICLE = "article"


class ImportOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`language` is used where an item names none and its script tells none."""

    language: str = "zh"
    kind: ImportKind = ImportKind.AUTO


class PictureDraft(Struct, frozen=True, kw_only=True):
    """A sound picture of an accepted type, unchanged; clean it before it is published. `name` is unique in its article."""

    name: str
    data: bytes
    content_type: str


class FaqDraft(Struct, frozen=True, kw_only=True):
    """One question with its answer in Markdown. `row` tells where it came from: `Sheet1!12`, `row 12`, `faq.md`.

    `audience` is everyone, or agents for what customers must not read.
    """

    row: str
    language: str
    question: str
    variants: tuple[str, ...]
    answer: str
    category: str | None
    slug: str | None
    audience: str = "everyone"


class ArticleDraft(Struct, frozen=True, kw_only=True):
    """One article in Markdown; its body shows `pictures` as `picture:<name>`."""

    source: str
    language: str
    title: str
    slug: str | None
    category: str | None
    summary: str | None
    body: str
    pictures: tuple[PictureDraft, ...]
    audience: str = "everyone"


class Problem(Struct, frozen=True, kw_only=True):
    """What was not taken, or not whole. `message` is English; `reasons.explain` says it in Chinese or English."""

    source: str
    reason_code: str
    message: str
    details: dict[str, object]


Item = FaqDraft | ArticleDraft | Problem


class ImportBatch(Struct, frozen=True, kw_only=True):
    """An opened file. `total` counts the rows or documents that will be looked at: each gives a draft, problems, or both.

    `items` is read once and makes drafts while it is read.
    """

    format: str
    total: int
    items: Iterator[Item]


class ImportUnreadable(QiaoError):
    """Nothing at all can be read from the file. `details["reason_code"]` tells why, as a Problem would."""

    code = "imports.unreadable"
    status = 422
