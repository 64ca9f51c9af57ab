"""What knowledge is made of. Text in `answer` and `body` is Markdown; times are aware UTC."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from msgspec import UNSET, Meta, Struct, UnsetType, field

from qiao.domains.knowledge.importing.contracts import MAX_QUESTION, MAX_TEXT_BYTES, MAX_TITLE, MAX_VARIANTS

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Localised = dict[str, str]
EntryKind = Literal["faq", "article"]
Audience = Literal["everyone", "agents"]
"""Who may read what is published: customers too, or agents alone. What is for agents never reaches a customer."""

Question = Annotated[str, Meta(max_length=MAX_QUESTION)]
Variants = Annotated[list[Question], Meta(max_length=MAX_VARIANTS)]
Prose = Annotated[str, Meta(max_length=MAX_TEXT_BYTES)]
Slug = Annotated[str, Meta(max_length=100)]
Title = Annotated[str, Meta(max_length=MAX_TITLE)]
Summary = Annotated[str, Meta(max_length=500)]


def entry_id_of(article_id: UUID, language: str) -> UUID:
    """The id under which one translation of an article is an entry, for the bot and the search. A FAQ's entry id is its own id."""
    return uuid5(article_id, language)


class Category(Struct, frozen=True, kw_only=True):
    """A shelf for FAQs and articles alike."""

    id: UUID
    slug: str
    name: Localised
    description: Localised
    position: int


class NewCategory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A category to be made. Without a slug one is made of the English name; without a position it comes last."""

    name: Localised
    description: Localised = field(default_factory=dict)
    slug: Slug | None = None
    position: int | None = None


class CategoryChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed; absent fields stay."""

    name: Localised | UnsetType = UNSET
    description: Localised | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    position: int | UnsetType = UNSET


class Faq(Struct, frozen=True, kw_only=True):
    """A question, other ways to put it, and its answer. `embedded`: the bot knows this very version by meaning."""

    id: UUID
    slug: str | None
    language: Language
    category_id: UUID | None
    question: str
    variants: list[str]
    answer: str
    status: Literal["draft", "published"]
    audience: Audience
    version: int
    updated_at: datetime
    updated_by: UUID | None
    embedded: bool


class NewFaq(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A FAQ to be made. `from_unanswered`: the unanswered question of the bot's list that it answers.

    FAQs that share a slug are one question in two languages and have one audience: joining one that is for agents, it is so too.
    """

    language: Language
    question: Question
    answer: Prose
    variants: Variants = field(default_factory=list)
    category_id: UUID | None = None
    slug: Slug | None = None
    publish: bool = False
    audience: Audience = "everyone"
    from_unanswered: UUID | None = None


class FaqChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed; absent fields stay. `publish` shows or hides; `audience` is changed with that of the other language."""

    language: Language | UnsetType = UNSET
    question: Question | UnsetType = UNSET
    answer: Prose | UnsetType = UNSET
    variants: Variants | UnsetType = UNSET
    category_id: UUID | UnsetType | None = UNSET
    slug: Slug | UnsetType | None = UNSET
    publish: bool | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET


class Filter(Struct, frozen=True, kw_only=True):
    """Which part of a list. `after` is the key of the last row seen."""

    query: str = ""
    language: str | None = None
    category_id: UUID | None = None
    status: str | None = None
    audience: Audience | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 30


class TranslationStatus(StrEnum):
    """Draft: never shown, or taken back. Changed: shown, and edited since."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CHANGED = "changed"


class Translation(Struct, frozen=True, kw_only=True):
    """An article in one language as it is being written. `url` (relative to the origin) when it is shown."""

    language: Language
    title: str
    summary: str
    body: str
    status: TranslationStatus
    version: int
    published_at: datetime | None
    url: str | None
    updated_at: datetime


class Article(Struct, frozen=True, kw_only=True):
    """An article with its translations by language; its audience is that of all of them."""

    id: UUID
    slug: str
    category_id: UUID | None
    position: int
    audience: Audience
    translations: dict[str, Translation]
    updated_at: datetime


class NewArticle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article to be written. Without a slug one is made of the first English title, or of the id."""

    category_id: UUID | None = None
    slug: Slug | None = None
    position: int | None = None
    audience: Audience = "everyone"


class ArticleChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed; absent fields stay."""

    category_id: UUID | UnsetType | None = UNSET
    slug: Slug | UnsetType = UNSET
    position: int | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET


class TranslationText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written of an article in one language."""

    title: Title
    summary: Summary = ""
    body: Prose = ""


class Version(Struct, frozen=True, kw_only=True):
    """An earlier or present state of a FAQ or a translation."""

    entry_id: UUID
    version: int
    content: Mapping[str, Any]
    saved_by: UUID | None
    created_at: datetime


class Snippet(Struct, frozen=True, kw_only=True):
    """Text an agent puts into a reply by typing its shortcut."""

    id: UUID
    shortcut: str
    title: str
    body: Localised


class NewSnippet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A snippet to be made."""

    shortcut: str
    title: str
    body: Localised


class SnippetChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed; absent fields stay."""

    shortcut: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    body: Localised | UnsetType = UNSET


class Import(Struct, frozen=True, kw_only=True):
    """A file being read into knowledge. `total` is known once the file was opened; `done` = `taken` + `refused`."""

    id: UUID
    file_name: str
    kind: str
    status: Literal["queued", "running", "done", "failed"]
    total: int | None
    done: int
    taken: int
    refused: int
    error_code: str | None
    created_at: datetime
    finished_at: datetime | None


class NewImport(Struct, frozen=True, kw_only=True):
    """A file to be read. `language` "auto" leaves it to the text; `category_id` is for what names no category itself."""

    file_name: str
    data: bytes
    kind: Literal["auto", "faq", "article"] = "auto"
    language: Literal["auto", "zh", "en"] = "auto"
    category_id: UUID | None = None
    publish: bool = False


class ImportProblem(Struct, frozen=True, kw_only=True):
    """What was not taken, or not whole. `message` is English; faces say `code` in the reader's language."""

    source: str
    code: str
    message: str
    details: dict[str, Any]


class ImportReport(Import, frozen=True, kw_only=True):
    """An import with its first problems."""

    problems: list[ImportProblem]


class SearchHit(Struct, frozen=True, kw_only=True):
    """A FAQ or article that was found. `id` is the FAQ's or the article's; `url` when everyone may read it; `internal`: for agents."""

    kind: EntryKind
    id: UUID
    title: str
    language: Language
    excerpt: str
    url: str | None
    internal: bool = False


class PublishedEntry(Struct, frozen=True, kw_only=True):
    """One thing the bot may answer with, or an agent alone when its audience is that.

    `texts` are what it is found by: a FAQ's question and variants, or an article's passages, each carrying the title. `answer` is
    Markdown: a FAQ's answer, or an article's summary (its first passage when it has none). `url` is where everyone reads it.
    Entries that say the same in different languages have the same `topic`; None: nothing else says it.
    """

    id: UUID
    kind: EntryKind
    language: Language
    title: str
    texts: tuple[str, ...]
    answer: str
    url: str | None
    version: int
    updated_at: datetime
    audience: Audience = "everyone"
    topic: str | None = None
