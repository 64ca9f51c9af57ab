"""The indexes of the workspaces that ask, held in memory and brought up to date from the log.

A held index remembers the log position it stands for. Before it is used it reads which knowledge changed since: at once after a hint
(a commit of this process, a fact seen by the live tail), else at most each second. So a hint that is lost costs a second and never
an answer, and several processes need no word from one another. What changes is put in by its words at once; its meaning follows.

What is for agents alone stands in an index of its own beside the one that customers are answered from.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from qiao.domains.bot.events import IndexChanged
from qiao.domains.bot.meaning import Meaning, text_hash
from qiao.domains.bot.repository.vectors import VectorRows
from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText, Tuning
from qiao.domains.bot.zones import ZoneThresholds
from qiao.domains.knowledge.contracts import LANGUAGES, Audience, PublishedEntry, entry_id_of
from qiao.domains.knowledge.events import ArticleChanged, FaqChanged
from qiao.kit.arrays import Vector
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database, Scope
from qiao.platform.log.facts import Entry as LogEntry
from qiao.platform.log.read import head, read_named

MAX_BYTES = 512 * 1024 * 1024
LOOK_SECONDS = 1.0
WAIT_SECONDS = 0.5
"""How long a question waits for a large change; then it is answered from the index as it was."""
MAX_BEHIND = 50_000
_AUDIENCES: tuple[Audience, Audience] = ("everyone", "agents")
_MANY = 50
_READ = 2_000
_BYTES_AN_ANSWER = 4_000
_BYTES_A_TEXT = 700
"""Texts, terms and objects beside the arrays: measured at about this much a text."""
WATCHED = frozenset({FaqChanged.wire_name, ArticleChanged.wire_name, IndexChanged.wire_name})

_log = structlog.get_logger("qiao.bot")


class EntrySource(Protocol):
    """Where published knowledge comes from."""

    async def published_entries(
        self, scope: Scope, ids: Collection[UUID] | None = None, *, internal: bool = False
    ) -> Sequence[PublishedEntry]:
        """All entries published for everyone, or those of `ids`; with `internal` also those for agents alone."""
        ...

    def passages(self, title: str, body: str) -> Sequence[str]:
        """By what an article with this Markdown would be found. Pure; may take a while."""
        ...

    async def mark_embedded(self, scope: Scope, versions_by_entry: Mapping[UUID, int]) -> None:
        """These versions can be found by meaning."""
        ...


class Known(Struct, frozen=True):
    """What is shown of an entry beside its text. Entries with equal `says` answer the same."""

    kind: str
    language: str
    title: str
    url: str | None
    texts: int
    says: int = 0


class Part(Struct, frozen=True):
    """The entries of one audience."""

    index: AnswerIndex
    known: Mapping[UUID, Known]

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self.index.nbytes + _BYTES_A_TEXT * sum(known.texts for known in self.known.values())


def _nothing() -> Part:
    return Part(AnswerIndex.build([]), {})


Asked = tuple[str, tuple[str, ...], str]
"""A question, what was asked before it, the language."""


class Held(Struct, frozen=True, kw_only=True):
    """One workspace's knowledge as of a position of its log. `waiting`: entries some of whose texts have no vector yet.

    `index` and `known` are for everyone and hold nothing of `internal`, which is for agents alone.
    """

    index: AnswerIndex
    known: Mapping[UUID, Known]
    internal: Part = msgspec.field(default_factory=_nothing)
    waiting: Mapping[UUID, Entry]
    thresholds: Mapping[str, ZoneThresholds]
    target_wrong: float | None
    fitted_at: datetime | None
    version: int
    model: str | None
    epoch: str
    position: int
    answers: "OrderedDict[Asked, Any]" = msgspec.field(default_factory=OrderedDict)
    """What was found before in this knowledge, for whoever asks it; the log may go on, a changed knowledge begins anew."""

    def limits(self, language: str) -> ZoneThresholds:
        """When to answer and to offer in a language; one without questions of its own goes by the best fitted one."""
        best = max(self.thresholds.values(), key=lambda one: one.examples, default=ZoneThresholds())
        return self.thresholds.get(language, best)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return Part(self.index, self.known).size + self.internal.size + _BYTES_AN_ANSWER * len(self.answers)


class _Place(Struct):
    held: Held | None = None
    looked_at: float = 0.0
    hinted: bool = False
    looking: asyncio.Task[None] | None = None


class IndexHolder:
    """One a process. `held` gives a workspace's index, as fresh as promised; `note` and `grew` are hints."""

    def __init__(self, database: Database, source: EntrySource, meaning: Meaning, *, max_bytes: int = MAX_BYTES) -> None:
        self._database = database
        self._source = source
        self._meaning = meaning
        self._max_bytes = max_bytes
        self._places: OrderedDict[UUID, _Place] = OrderedDict()

    def note(self, workspace_id: WorkspaceId, entries: Sequence[LogEntry]) -> None:
        """Projector of the live tail."""
        if any(entry.name in WATCHED for entry in entries):
            self.grew(workspace_id, WATCHED)

    def grew(self, workspace_id: WorkspaceId, names: Collection[str]) -> None:
        """Listener of this process's commits."""
        place = self._places.get(workspace_id)
        if place is not None and not WATCHED.isdisjoint(names):
            place.hinted = True

    async def held(self, workspace_id: WorkspaceId) -> Held:
        """The workspace's index. Raises what the database raises only when there is no index yet."""
        place = self._places.setdefault(workspace_id, _Place())
        self._places.move_to_end(workspace_id)
        if place.held is not None and not place.hinted and time.monotonic() - place.looked_at < LOOK_SECONDS:
            return place.held
        if place.looking is None or place.looking.done():
            place.looking = asyncio.create_task(self._look(workspace_id, place), name="bot-look")
        if place.held is None:
            await asyncio.shield(place.looking)
        else:
            await asyncio.wait({place.looking}, timeout=WAIT_SECONDS)
            _tell_failure(place.looking)
        if place.held is None:
            return await self.held(workspace_id)
        return place.held

    def forget(self, workspace_id: WorkspaceId) -> None:
        """Let go of a workspace; the next question loads it again."""
        self._places.pop(workspace_id, None)

    async def _look(self, workspace_id: WorkspaceId, place: _Place) -> None:
        place.hinted = False
        model = await self._meaning.version()
        before = place.held
        after = await self._caught_up(workspace_id, before, model) if before is not None and before.model == model else None
        place.held = after or await self._loaded(workspace_id, model)
        place.looked_at = time.monotonic()
        if place.held is not before:
            self._make_room(workspace_id)

    async def _loaded(self, workspace_id: WorkspaceId, model: str | None) -> Held:
        async with self._database.scope(workspace_id) as scope:
            epoch, position = await head(scope.connection, workspace_id)
            rows = VectorRows(scope)
            state, fitted, tuning = await rows.state(), await rows.fitted(), await rows.tuning()
            published = await self._source.published_entries(scope, None, internal=True)
            vectors = await rows.all(model) if model else {}
        everyone, internal, waiting = await asyncio.to_thread(_build, published, vectors, tuning)
        return Held(
            index=everyone.index,
            known=everyone.known,
            internal=internal,
            waiting=waiting,
            thresholds=fitted.thresholds if fitted else {},
            target_wrong=fitted.target_wrong if fitted else None,
            fitted_at=fitted.at if fitted else None,
            version=state.version,
            model=model,
            epoch=epoch,
            position=position,
        )

    async def _caught_up(self, workspace_id: WorkspaceId, before: Held, model: str | None) -> Held | None:
        """What `before` becomes by the facts since; itself without any; None when everything must be read again."""
        async with self._database.scope(workspace_id) as scope:
            epoch, position = await head(scope.connection, workspace_id)
            if epoch == before.epoch and position == before.position:
                return before
            if epoch != before.epoch or position - before.position > MAX_BEHIND:
                return None
            facts = await read_named(scope.connection, workspace_id, (before.position, position), WATCHED, _READ)
            if len(facts) == _READ:
                return None
            if not facts:
                return _replaced(before, position=position)
            ids = _changed_ids(facts)
            published = await self._source.published_entries(scope, ids, internal=True) if ids else []
            rows = VectorRows(scope)
            state, fitted = await rows.state(), await rows.fitted()
            tuning = await rows.tuning() if fitted and fitted.at != before.fitted_at else None
            waiting = [entry for entry in before.waiting.values() if entry.id not in ids]
            wanted = [*(text for one in published for text in one.texts), *(text.text for one in waiting for text in one.texts)]
            vectors = await rows.of(model, {text_hash(text) for text in wanted}) if model else {}
        entries = {one.id: _entry(one, vectors) for one in published} | {one.id: one for one in _fuller(waiting, vectors)}
        parts = [Part(before.index, before.known), before.internal]
        for at, audience in enumerate(_AUDIENCES):
            theirs = [one for one in published if one.audience == audience]
            parts[at] = await _changed(parts[at], (ids, theirs), entries, tuning)
        return _replaced(
            before,
            index=parts[0].index,
            known=parts[0].known,
            internal=parts[1],
            waiting=_still_waiting(waiting, entries.values()),
            thresholds=fitted.thresholds if fitted else before.thresholds,
            target_wrong=fitted.target_wrong if fitted else None,
            fitted_at=fitted.at if fitted else None,
            version=state.version,
            position=position,
            answers=OrderedDict(),
        )

    def _make_room(self, kept: UUID) -> None:
        """Let go of those not asked for longest until the rest fits; the one in use stays whatever its size."""
        total = sum(place.held.size for place in self._places.values() if place.held)
        for workspace_id in list(self._places):
            if total <= self._max_bytes:
                return
            held = self._places[workspace_id].held
            if workspace_id != kept and held is not None:
                total -= held.size
                del self._places[workspace_id]


def _build(
    published: Sequence[PublishedEntry], vectors: Mapping[bytes, Vector], tuning: Tuning
) -> tuple[Part, Part, dict[UUID, Entry]]:
    """What is for everyone, what is for agents alone, and what of both waits for vectors."""
    entries = {one.id: _entry(one, vectors) for one in published}
    everyone, internal = ([one for one in published if one.audience == audience] for audience in _AUDIENCES)
    made = [Part(AnswerIndex.build([entries[one.id] for one in part], tuning), _known(part)) for part in (everyone, internal)]
    return made[0], made[1], _waiting(entries.values())


async def _changed(
    part: Part, change: tuple[Collection[UUID], Sequence[PublishedEntry]], entries: Mapping[UUID, Entry], tuning: Tuning | None
) -> Part:
    """A part after a change: the ids it is about and those published in this part now. `entries` hold more of what it has too."""
    ids, published = change
    there = {one.id for one in published}
    gone = {one for one in ids if one in part.known and one not in there}
    come = [one for one in entries.values() if one.id in there or (one.id not in ids and one.id in part.known)]
    index = part.index
    if come or gone:
        index = await _in_thread_when_many(len(come), index.with_changes, come, gone)
    if tuning is not None:
        index = await asyncio.to_thread(index.tuned, tuning)
    kept = {key: value for key, value in part.known.items() if key not in gone}
    return Part(index, {**kept, **_known(published)})


def _entry(one: PublishedEntry, vectors: Mapping[bytes, Vector]) -> Entry:
    texts = tuple(IndexedText(text, vectors.get(text_hash(text))) for text in one.texts)
    return Entry(one.id, one.kind, one.language, one.title, texts, one.topic, one.updated_at)


def _known(published: Iterable[PublishedEntry]) -> dict[UUID, Known]:
    return {one.id: Known(one.kind, one.language, one.title, one.url, len(one.texts), hash(one.answer)) for one in published}


def _is_waiting(entry: Entry) -> bool:
    return any(text.vector is None for text in entry.texts)


def _waiting(entries: Iterable[Entry]) -> dict[UUID, Entry]:
    return {entry.id: entry for entry in entries if _is_waiting(entry)}


def _fuller(waiting: Iterable[Entry], vectors: Mapping[bytes, Vector]) -> list[Entry]:
    """Those of `waiting` that gained a vector."""
    fuller: list[Entry] = []
    for entry in waiting:
        texts = tuple(_with_vector(one, vectors) for one in entry.texts)
        if sum(one.vector is not None for one in texts) > sum(one.vector is not None for one in entry.texts):
            fuller.append(Entry(entry.id, entry.kind, entry.language, entry.title, texts, entry.topic, entry.edited))
    return fuller


def _with_vector(text: IndexedText, vectors: Mapping[bytes, Vector]) -> IndexedText:
    return text if text.vector is not None else IndexedText(text.text, vectors.get(text_hash(text.text)))


def _still_waiting(waiting: Iterable[Entry], changed: Iterable[Entry]) -> dict[UUID, Entry]:
    latest = {**{entry.id: entry for entry in waiting}, **{entry.id: entry for entry in changed}}
    return _waiting(latest.values())


def _changed_ids(facts: Iterable[LogEntry]) -> set[UUID]:
    """Entries that facts of knowledge are about; an article is one entry a language, and may have moved in all of them."""
    ids: set[UUID] = set()
    for fact in facts:
        if fact.name == FaqChanged.wire_name:
            ids.add(fact.subject)
        elif fact.name == ArticleChanged.wire_name:
            ids.update(entry_id_of(fact.subject, language) for language in LANGUAGES)
    return ids


async def _in_thread_when_many(
    count: int,
    change: Callable[[Sequence[Entry], Collection[UUID]], AnswerIndex],
    entries: Sequence[Entry],
    gone: Collection[UUID],
) -> AnswerIndex:
    return change(entries, gone) if count <= _MANY else await asyncio.to_thread(change, entries, gone)


def _replaced(held: Held, **changes: Any) -> Held:
    return msgspec.structs.replace(held, **changes)


def _tell_failure(task: asyncio.Task[None]) -> None:
    if task.done() and not task.cancelled() and (error := task.exception()) is not None:
        _log.warning("the index stays as it was", error=f"{type(error).__name__}: {error}")
