"""Storing what a file held: FAQs many at a time, articles with their pictures."""

import re
from collections.abc import Sequence
from urllib.parse import quote
from uuid import UUID

from msgspec import Struct, field

from qiao.domains.knowledge.articles import Articles
from qiao.domains.knowledge.categories import Categories
from qiao.domains.knowledge.contracts import (
    LANGUAGES,
    ArticleChanges,
    Audience,
    ImportProblem,
    NewArticle,
    NewFaq,
    TranslationText,
)
from qiao.domains.knowledge.errors import KnowledgeInvalid, NothingToPublish
from qiao.domains.knowledge.faqs import Faqs, PreparedFaq, prepare, with_search_lines
from qiao.domains.knowledge.import_rows import duplicate, own_problem
from qiao.domains.knowledge.importing.contracts import ArticleDraft, FaqDraft, Item
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Scope
from qiao.platform.uploads.api import UploadRefused

_PICTURE = re.compile(r"picture:([^()\s\"'<>]+)")


class Wishes(Struct, frozen=True, kw_only=True):
    """What the person who began the import asked for."""

    category_id: UUID | None
    publish: bool
    by: UUID | None


class ReadyFaq(Struct, frozen=True):
    """A FAQ of the file ready to store; `row` None when it is refused for `problem`."""

    draft: FaqDraft
    row: PreparedFaq | None
    problem: ImportProblem | None = None


class Outcome(Struct):
    """What became of a chunk."""

    taken: int = 0
    problems: list[ImportProblem] = field(default_factory=list)


def prepare_faqs(drafts: Sequence[FaqDraft], *, publish: bool) -> list[ReadyFaq]:
    """Check drafts and cut them into words; pure, for a thread."""
    return [_ready(draft, publish=publish) for draft in drafts]


class ImportStore:
    """Stores chunks in the caller's transaction."""

    def __init__(self, files: Files, faqs: Faqs, articles: Articles, categories: Categories) -> None:
        self._files = files
        self._faqs = faqs
        self._articles = articles
        self._categories = categories

    async def store(self, scope: Scope, items: Sequence[Item], ready: Sequence[ReadyFaq], wishes: Wishes) -> Outcome:
        """Store what the chunk holds; each refusal is a problem and the rest stays."""
        outcome = Outcome()
        names: dict[str, UUID | None] = {}
        if ready:
            await self._store_faqs(scope, ready, wishes, (outcome, names))
        for item in items:
            if isinstance(item, ArticleDraft):
                await self._try_article(scope, item, wishes, (outcome, names))
        return outcome

    async def _try_article(
        self, scope: Scope, draft: ArticleDraft, wishes: Wishes, into: tuple[Outcome, dict[str, UUID | None]]
    ) -> None:
        """What the rules of articles refuse costs this one alone, and leaves nothing of it behind."""
        outcome, names = into
        tried = Outcome()
        try:
            async with scope.connection.transaction():
                await self._store_article(scope, draft, wishes, (tried, names))
        except (KnowledgeInvalid, NothingToPublish) as refused:
            tried = Outcome(
                problems=[own_problem(draft.source, "knowledge.invalid", field=str(refused.details.get("field", "")))]
            )
            names.clear()
        outcome.taken += tried.taken
        outcome.problems += tried.problems

    async def _store_faqs(
        self, scope: Scope, ready: Sequence[ReadyFaq], wishes: Wishes, into: tuple[Outcome, dict[str, UUID | None]]
    ) -> None:
        outcome, names = into
        outcome.problems += [one.problem for one in ready if one.problem is not None]
        rows = [(one.draft, one.row) for one in ready if one.row is not None]
        standing = await self._faqs.existing(scope, [row for _draft, row in rows])
        slugs = await self._faqs.taken_slugs(scope, [row["slug"] for _draft, row in rows if row["slug"]])
        fresh: dict[tuple[str, str], tuple[FaqDraft, PreparedFaq]] = {}
        for draft, row in rows:
            key = (row["language"], row["question_key"])
            if key in standing or key in fresh:
                outcome.problems.append(duplicate(draft.row, draft.question, standing.get(key)))
                continue
            place = (row["language"], row["slug"])
            row["slug"] = None if place in slugs else row["slug"]
            slugs.add(place)
            row["category_id"] = await self._category(scope, (draft.category, draft.language), wishes, names)
            fresh[key] = (draft, row)
        stored = await self._faqs.insert(scope, [row for _draft, row in fresh.values()], wishes.by)
        outcome.taken += len(stored)
        late = [draft for draft, row in fresh.values() if row["id"] not in stored]
        outcome.problems += [duplicate(draft.row, draft.question, None) for draft in late]

    async def _store_article(
        self, scope: Scope, draft: ArticleDraft, wishes: Wishes, into: tuple[Outcome, dict[str, UUID | None]]
    ) -> None:
        outcome, names = into
        if draft.language not in LANGUAGES:
            problem = own_problem(draft.source, "knowledge.language_not_supported", language=draft.language)
            outcome.problems.append(problem)
            return
        slug = draft.slug
        article = await self._articles.find_by_slug(scope, slug) if slug else None
        if article is not None and draft.language in article.translations:
            outcome.problems.append(own_problem(draft.source, "knowledge.duplicate_article", slug=slug))
            return
        if article is None:
            category_id = await self._category(scope, (draft.category, draft.language), wishes, names)
            article = await self._articles.create(
                scope, NewArticle(category_id=category_id, slug=slug, audience=_audience(draft))
            )
        elif _audience(draft) == "agents":
            # A translation that is for agents takes the whole article from customers; one that is not gives nothing back.
            await self._articles.change(scope, article.id, ArticleChanges(audience="agents"))
        body = await self._with_pictures(scope, draft, wishes, outcome)
        text = TranslationText(title=draft.title, summary=draft.summary or "", body=body)
        article = await self._articles.save(scope, (article.id, draft.language), text, wishes.by)
        if wishes.publish:
            await self._articles.publish(scope, article.id, draft.language)
        outcome.taken += 1

    async def _with_pictures(self, scope: Scope, draft: ArticleDraft, wishes: Wishes, outcome: Outcome) -> str:
        """The body with its pictures stored and shown by their addresses."""
        urls: dict[str, str] = {}
        for picture in draft.pictures:
            try:
                stored = await self._files.store(scope, picture.name, picture.data, owner=wishes.by)
            except UploadRefused:
                outcome.problems.append(own_problem(draft.source, "knowledge.picture_refused", picture=picture.name))
                continue
            urls[picture.name] = urls[quote(picture.name)] = stored.url
        return _PICTURE.sub(lambda found: urls.get(found[1], found[0]), draft.body)

    async def _category(
        self, scope: Scope, named: tuple[str | None, str], wishes: Wishes, names: dict[str, UUID | None]
    ) -> UUID | None:
        name, language = named
        if not name or not name.strip():
            return wishes.category_id
        if name not in names:
            names[name] = await self._categories.find_or_create(scope, name, language)
        return names[name] or wishes.category_id


def _audience(draft: FaqDraft | ArticleDraft) -> Audience:
    return "everyone" if draft.audience == "everyone" else "agents"


def _ready(draft: FaqDraft, *, publish: bool) -> ReadyFaq:
    if draft.language not in LANGUAGES:
        problem = own_problem(draft.row, "knowledge.language_not_supported", language=draft.language)
        return ReadyFaq(draft, None, problem)
    try:
        new = NewFaq(
            language="en" if draft.language == "en" else "zh",
            question=draft.question,
            variants=list(draft.variants),
            answer=draft.answer,
            slug=draft.slug,
            publish=publish,
            audience=_audience(draft),
        )
        return ReadyFaq(draft, with_search_lines(prepare(new)))
    except KnowledgeInvalid as invalid:
        return ReadyFaq(draft, None, own_problem(draft.row, "knowledge.invalid", field=str(invalid.details.get("field", ""))))
