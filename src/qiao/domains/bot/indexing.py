"""What happens when knowledge changes: its meaning is computed and the zones are fitted anew, as jobs.

The words are found at once, by the index's own reading of the log; nothing here is waited for by a question.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from msgspec.structs import replace

from qiao.domains.bot.events import IndexChanged
from qiao.domains.bot.index_holder import EntrySource, Held, IndexHolder
from qiao.domains.bot.meaning import Meaning, text_hash
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.repository.vectors import VectorRows, behind
from qiao.domains.bot.repository.verdicts import Verdicts
from qiao.domains.bot.retrieval import AnswerIndex, Entry, Learned, Verdict, learn
from qiao.domains.bot.zones import ZoneThresholds, fit_zones
from qiao.kit.arrays import Vector
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.jobs.timers import in_each

FIT_EVERY = timedelta(seconds=60)
SLICE = 32
VERDICTS = 300
JUDGED_SECONDS = 3_600
TELL_SECONDS = 3.0
_log = structlog.get_logger("qiao.bot")


class Indexing:
    """Keeps meaning and limits up with the knowledge."""

    def __init__(self, database: Database, source: EntrySource, meaning: Meaning, holder: IndexHolder, jobs: Jobs) -> None:
        self._database = database
        self._source = source
        self._meaning = meaning
        self._holder = holder
        self._jobs = jobs
        self._marked: dict[UUID, dict[UUID, int]] = {}

    async def knowledge_changed(self, scope: Scope) -> None:
        """Count a version and have the rest done, with the caller's transaction."""
        await VectorRows(scope).bump()
        await self._jobs.enqueue(scope, "bot.embed", {}, once="bot.embed")

    async def catch_up(self) -> None:
        """Enqueue what a job that was just ending may have missed, and fits whose time has come. For a timer of some seconds."""
        async with self._database.across() as connection:
            late = await behind(connection)
        embedding = {WorkspaceId(workspace_id): embeds for workspace_id, embeds in late}

        async def enqueue(workspace_id: WorkspaceId) -> None:
            async with self._database.scope(workspace_id) as scope:
                if embedding[workspace_id]:
                    await self._jobs.enqueue(scope, "bot.embed", {}, once="bot.embed")
                elif await self._may_fit(scope):
                    await self._jobs.enqueue(scope, "bot.fit", {}, once="bot.fit")

        await in_each(embedding, enqueue)

    async def embed(self, workspace_id: WorkspaceId) -> None:
        """Compute every vector that is missing, tell of it in slices, then see to the limits. Safe to repeat and to be cut."""
        model = await self._meaning.version()
        while True:
            async with self._database.scope(workspace_id) as scope:
                rows = VectorRows(scope)
                state = await rows.state()
                published = await self._source.published_entries(scope, internal=True)
                texts = {text_hash(text): text for one in published for text in one.texts}
                there = await rows.of(model, texts.keys()) if model else {}
            missing = {key: text for key, text in texts.items() if key not in there}
            if model and missing:
                await self._embed_missing(workspace_id, model, missing)
            async with self._database.scope(workspace_id) as scope:
                rows = VectorRows(scope)
                await rows.reached(embedded=state.version)
                if model:
                    await rows.keep_only(model, texts.keys())
                    await self._mark(scope, {one.id: one.version for one in published})
                self._tell(scope, state.version, 0 if model else len(missing))
                done = (await rows.state()).version == state.version
                if done and await self._may_fit(scope):
                    await self._jobs.enqueue(scope, "bot.fit", {}, once="bot.fit")
            if done:
                return

    async def fit(self, workspace_id: WorkspaceId) -> None:
        """Learn from the workspace's own questions and customers' thumbs, and fit the limits on them. Safe to repeat."""
        held = await self._holder.held(workspace_id)
        async with self._database.scope(workspace_id) as scope:
            target = (await SettingsRows(scope).read()).target_wrong
            judged = await Verdicts(scope).latest(VERDICTS)
        vectors = await self._meaning.of_texts([one.question for one in judged]) if judged else None
        verdicts = [replace(one, vector=vector) for one, vector in zip(judged, vectors or [None] * len(judged), strict=True)]
        started = time.perf_counter()
        learned, thresholds = await asyncio.to_thread(_fitted, held, target, verdicts)
        _log.info(
            "learned and fitted",
            questions=learned.questions,
            verdicts=len(verdicts),
            before=round(learned.before, 3),
            after=round(learned.after, 3),
            seconds=round(time.perf_counter() - started, 2),
        )
        async with self._database.scope(workspace_id) as scope:
            rows = VectorRows(scope)
            await rows.store_fitted(thresholds, target, learned.tuning)
            await rows.reached(fitted=held.version)
            self._tell(scope, held.version, sum(len(entry.texts) for entry in held.waiting.values()))

    async def settings_changed(self, scope: Scope) -> None:
        """The wanted share of wrong answers changed: fit anew."""
        await self._jobs.enqueue(scope, "bot.fit", {}, once="bot.fit")

    async def judged(self, scope: Scope) -> None:
        """A customer judged an answer: learn from it within the hour, with whatever others say until then."""
        await self._jobs.enqueue(scope, "bot.fit", {}, once="bot.fit judged", after_seconds=JUDGED_SECONDS)

    async def _may_fit(self, scope: Scope) -> bool:
        fitted = await VectorRows(scope).fitted()
        return fitted is None or utc_now() - fitted.at >= FIT_EVERY

    async def _mark(self, scope: Scope, versions: dict[UUID, int]) -> None:
        """Tell the knowledge which versions are known by meaning: those this process has not told of yet."""
        marked = self._marked.get(scope.workspace_id, {})
        fresh = {entry_id: version for entry_id, version in versions.items() if marked.get(entry_id) != version}
        if fresh:
            await self._source.mark_embedded(scope, fresh)
        self._marked[scope.workspace_id] = versions

    async def _embed_missing(self, workspace_id: WorkspaceId, model: str, missing: dict[bytes, str]) -> None:
        left = list(missing)
        told = time.monotonic()
        while left:
            part, left = left[:SLICE], left[SLICE:]
            vectors = await self._meaning.of_texts([missing[key] for key in part])
            if vectors is None:
                return
            tell = bool(left) and time.monotonic() - told >= TELL_SECONDS
            await self._store(workspace_id, model, dict(zip(part, vectors, strict=True)), len(left) if tell else None)
            told = time.monotonic() if tell else told

    async def _store(self, workspace_id: WorkspaceId, model: str, vectors: dict[bytes, Vector], pending: int | None) -> None:
        async with self._database.scope(workspace_id) as scope:
            rows = VectorRows(scope)
            await rows.store(model, vectors)
            if pending is not None:
                self._tell(scope, (await rows.state()).version, pending)

    def _tell(self, scope: Scope, version: int, pending: int) -> None:
        scope.emit(IndexChanged(workspace_id=UUID(str(scope.workspace_id)), index_version=str(version), pending=pending))


def _fitted(held: Held, target_wrong: float, verdicts: Sequence[Verdict]) -> tuple[Learned, dict[str, ZoneThresholds]]:
    """Fitted on the FAQs of each language apart: a translation, or an article on the same matter, is no wrong answer to learn from."""
    by_language: dict[str, list[Entry]] = {}
    for entry in held.index.entries():
        if entry.kind == "faq":
            by_language.setdefault(entry.language, []).append(entry)
    learned = learn([entry for entries in by_language.values() for entry in entries], verdicts)
    return learned, {
        language: fit_zones(AnswerIndex.build(entries), entries, target_wrong, folds=learned.folds)
        for language, entries in by_language.items()
    }
