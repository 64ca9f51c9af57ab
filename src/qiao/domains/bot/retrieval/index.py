"""One workspace's answers in memory: words and meaning fused, grouped by entry, re-ranked. See `scoring` for how.

Immutable: a change makes a new version that shares almost everything with the old one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from qiao.domains.bot.retrieval.contracts import Candidate, Entry, IndexedText
from qiao.domains.bot.retrieval.lexical import Postings
from qiao.domains.bot.retrieval.recency import freshness
from qiao.domains.bot.retrieval.reranking import joined
from qiao.domains.bot.retrieval.scoring import EXAMINED, STAND_IN, asked, candidates, exact, largest, rough
from qiao.domains.bot.retrieval.shelf import Question, Scored, Shelf, Slot
from qiao.domains.bot.retrieval.spelling import read_pinyin
from qiao.domains.bot.retrieval.tuning import Tuning
from qiao.domains.bot.retrieval.vectors import Damper, Rows, as_stored
from qiao.domains.bot.retrieval.wording import rows_worded_as
from qiao.kit.arrays import NDArray, np

_DEAD_AT_MOST = 0.5


class AnswerIndex:
    """Immutable and safe to search from many threads. Texts without words and without vectors are held but never found."""

    def __init__(
        self, slots: list[Slot], live: NDArray[np.bool_], stores: tuple[Postings, Rows, Rows], tuning: Tuning | None = None
    ) -> None:
        """Not for callers: use `build`, `with_changes` and `tuned`."""
        postings, texts, centroids = stores
        self._slot_of = {slots[number].id: number for number in map(int, np.flatnonzero(live))}
        language_numbers = {name: number for number, name in enumerate(dict.fromkeys(slot.language for slot in slots))}
        self._shelf = Shelf(
            slots=slots,
            live=live,
            live_rows=sum(len(slots[number].texts) for number in self._slot_of.values()),
            first_rows=np.asarray([*(slot.first_row for slot in slots), texts.count], dtype=np.int64),
            languages=np.asarray([language_numbers[slot.language] for slot in slots], dtype=np.int16),
            language_numbers=language_numbers,
            postings=postings,
            texts=texts,
            centroids=centroids,
            tuning=tuning or Tuning(),
            weights={},
            topics={},
            recent=_recent(slots, self._slot_of.values()),
        )

    @classmethod
    def build(cls, entries: Iterable[Entry], tuning: Tuning | None = None) -> AnswerIndex:
        """An index of all entries; of entries with the same id the last one counts. Those without texts are left out."""
        kept = [entry for entry in {entry.id: entry for entry in entries}.values() if entry.texts]
        slots = _slots(kept, 0)
        postings = Postings.build(text.text for entry in kept for text in entry.texts)
        texts = Rows.of([text.vector for entry in kept for text in entry.texts])
        centroids = Rows.of([_centroid(entry) for entry in kept], exact=True)
        index = cls(slots, np.ones(len(slots), dtype=np.bool_), (postings, texts, centroids))
        return index if tuning is None else index.tuned(tuning)

    def tuned(self, tuning: Tuning) -> AnswerIndex:
        """The same entries weighed by what the workspace has taught. Costs a pass over the vectors when they are damped."""
        shelf = self._shelf
        damper = None if tuning.damping is None else Damper(tuning.damping)
        stores = (shelf.postings, shelf.texts.damped(damper), shelf.centroids.damped(damper))
        return AnswerIndex(shelf.slots, shelf.live, stores, tuning)

    @property
    def tuning(self) -> Tuning:
        """By what it weighs."""
        return self._shelf.tuning

    def with_changes(self, changed: Sequence[Entry], removed: Collection[UUID]) -> AnswerIndex:
        """A new index with `changed` put in or replaced and `removed` left out. Unknown ids in `removed` are ignored.

        Costs what the change costs, not what the index holds. This index stays as it was. The same as a full build.
        """
        latest = {entry.id: entry for entry in changed}
        ended = [self._slot_of[entry_id] for entry_id in {*latest, *removed} if entry_id in self._slot_of]
        kept = [entry for entry in latest.values() if entry.texts and entry.id not in removed]
        shelf = self._shelf
        slots = _slots(kept, shelf.texts.count)
        live = np.concatenate([shelf.live, np.ones(len(slots), dtype=np.bool_)])
        live[ended] = False
        if len(live) > 1 and live.mean() < _DEAD_AT_MOST:
            rest = (entry for entry in self.entries() if entry.id not in {*latest, *removed})
            return AnswerIndex.build([*rest, *kept], shelf.tuning)
        gone = {row: text for number in ended for row, text in self._numbered(shelf.slots[number]).items()}
        come = [(row, text) for slot in slots for row, text in self._numbered(slot).items()]
        stores = (
            shelf.postings.with_rows(gone, come),
            shelf.texts.with_added([text.vector for entry in kept for text in entry.texts]),
            shelf.centroids.with_added([_centroid(entry) for entry in kept]),
        )
        return AnswerIndex([*shelf.slots, *slots], live, stores, shelf.tuning)

    def entries(self) -> Iterable[Entry]:
        """What the index holds, vectors included (as stored)."""
        for number in self._slot_of.values():
            slot = self._shelf.slots[number]
            texts = (IndexedText(text, self._shelf.texts.get(slot.first_row + at)) for at, text in enumerate(slot.texts))
            yield Entry(slot.id, slot.kind, slot.language, slot.title, tuple(texts), slot.topic, slot.edited)

    def topic(self, entry_id: UUID) -> str | None:
        """What an entry shares with its translations; None without one, and for an entry that is not here."""
        number = self._slot_of.get(entry_id)
        return None if number is None else self._shelf.slots[number].topic

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._slot_of

    def __len__(self) -> int:
        return len(self._slot_of)

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays; texts and dictionaries apart."""
        return self._shelf.postings.nbytes + self._shelf.texts.nbytes + self._shelf.centroids.nbytes

    def search(
        self, question: str, vector: NDArray[np.float32] | None, limit: int = 5, language: str | None = None
    ) -> list[Candidate]:
        """The best entries first, at most `limit`; empty when nothing has a word or any meaning in common.

        `vector` is the question's unit row or None; `language` prefers answers in that language where scores are near.
        Deterministic: equal scores are ordered by id.
        """
        if not self._slot_of or limit < 1:
            return []
        question_seen = asked(self._shelf, question, vector, language)
        chosen = largest(rough(self._shelf, question_seen), max(EXAMINED, limit))
        return candidates(self._shelf, exact(self._shelf, chosen, question_seen, kept=limit), limit, language)

    def worded_as(self, question: str) -> list[Candidate]:
        """The FAQs that have the question among their texts, word for word (`wording.worded`); ordered by id. Needs no vector."""
        shelf, found = self._shelf, dict[int, str]()
        for row in rows_worded_as(question, shelf.postings, self._text):
            number = int(np.searchsorted(shelf.first_rows, row, side="right")) - 1
            if shelf.live[number] and shelf.slots[number].kind == "faq":
                found.setdefault(number, self._text(row))
        same = [(shelf.slots[number], text) for number, text in found.items()]
        return [
            Candidate(slot.id, slot.kind, 1.0, 1.0, None, text, slot.language)
            for slot, text in sorted(same, key=lambda one: one[0].id)
        ]

    def _text(self, row: int) -> str:
        slot = self._shelf.slots[int(np.searchsorted(self._shelf.first_rows, row, side="right")) - 1]
        return slot.texts[row - slot.first_row]

    def scored(self, question: str, vector: NDArray[np.float32] | None, language: str) -> tuple[Scored, list[UUID]] | None:
        """As `search`, with the signals that candidates were weighed by; in no order. None from an empty index."""
        if not self._slot_of:
            return None
        seen = asked(self._shelf, question, vector, language)
        found = exact(self._shelf, largest(rough(self._shelf, seen), EXAMINED), seen)
        return found, [self._shelf.slots[number].id for number in map(int, found.numbers)]

    def read_pinyin(self, question: str) -> str | None:
        """A question typed in pinyin, in characters that the knowledge holds; None when it is not, or says nothing known here."""
        return read_pinyin(question, self._shelf.postings.count)

    def rehearse(self, entry_id: UUID, at: int, limit: int = 4) -> tuple[list[Candidate], list[Candidate]]:
        """What `search` would find for text number `at` of an entry, had nobody written it down.

        First with only that text taken out of its entry, then with the whole entry gone. No embedding; approximate in that the
        text still counts in the rarity of its words. Raises KeyError for an entry that is not here.
        """
        own, others = self.rehearsed(entry_id, at)
        without = candidates(self._shelf, others, limit)
        return (without if own is None else candidates(self._shelf, own, limit)), without

    def rehearsed(self, entry_id: UUID, at: int) -> tuple[Scored | None, Scored]:
        """As `rehearse`, scored and in no order: all entries, the one itself last by its other texts (None without others), and all
        the others.
        """
        shelf = self._shelf
        number = int(self._slot_of[entry_id])
        slot = shelf.slots[number]
        vector = shelf.texts.get(slot.first_row + at)
        seen = asked(shelf, slot.texts[at], vector, slot.language)
        near = rough(shelf, seen)
        near[number] = -np.inf
        others = exact(shelf, largest(near, EXAMINED), seen)
        rest = [row for row in range(slot.first_row, slot.first_row + len(slot.texts)) if row != slot.first_row + at]
        if not rest:
            return None, others
        self._without(seen, number, rest)
        return joined(shelf, others, exact(shelf, np.asarray([number]), seen, slot.first_row + at)), others

    def _without(self, seen: Question, number: int, rest: Sequence[int]) -> None:
        """Let a slot's middle be that of some of its rows only."""
        texts = self._shelf.texts
        mean = _mean([texts.get(row) for row in rest])
        words = STAND_IN * float(seen.covered.of(np.asarray(rest)).max())
        seen.near[number] = words if seen.vector is None or mean is None else texts.cosine(mean, seen.vector)

    @staticmethod
    def _numbered(slot: Slot) -> Mapping[int, str]:
        return {slot.first_row + at: text for at, text in enumerate(slot.texts)}


def _slots(entries: Sequence[Entry], first_row: int) -> list[Slot]:
    slots: list[Slot] = []
    for entry in entries:
        texts = tuple(text.text for text in entry.texts)
        slots.append(Slot(entry.id, entry.kind, entry.language, entry.title, texts, first_row, entry.topic, entry.edited))
        first_row += len(texts)
    return slots


def _recent(slots: Sequence[Slot], live: Iterable[int]) -> NDArray[np.float64]:
    """How recently each was edited, counted from the newest that is live."""
    newest = max((edited for number in live if (edited := slots[number].edited) is not None), default=None)
    return np.asarray(freshness([slot.edited for slot in slots], newest))


def _centroid(entry: Entry) -> NDArray[np.float32] | None:
    return _mean([text.vector for text in entry.texts])


def _mean(vectors: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    """The unit row in the middle of those present, in the precision texts are stored with; None without any."""
    present = [vector for vector in vectors if vector is not None]
    if not present:
        return None
    mean = np.mean(as_stored(np.stack(present)), axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-6)
