"""One workspace's answers in memory: words and meaning fused, grouped by entry.

Score of an entry: half its centroid's cosine, half the pooled score of its texts. A text scores its cosine plus 0.3 of its word
coverage; texts are pooled by a soft maximum (temperature 0.1), so several agreeing variants count more than one. Where there is
no vector, coverage stands in for the cosine. The weights hold on English intents and on Chinese and short FAQ alike.

Search is two steps: centroids and words choose entries, then only their texts are scored exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.retrieval.contracts import Candidate, Entry, EntryKind, IndexedText
from qiao.domains.bot.retrieval.lexical import Postings, coverage
from qiao.domains.bot.retrieval.vectors import Rows
from qiao.kit.arrays import NDArray, np

WORDS = 0.3
TEMPERATURE = 0.1
STAND_IN = 0.7
SAME_LANGUAGE = 0.03
_EXAMINED = 48
_NOT_WRITTEN = -9.0
_DEAD_AT_MOST = 0.5


class Slot(Struct, frozen=True):
    """An entry at one version, its texts in consecutive rows. Never changed; a newer version gets a new slot."""

    id: UUID
    kind: EntryKind
    language: str
    title: str
    texts: tuple[str, ...]
    first_row: int


class _Question(Struct, frozen=True):
    """What is known of a question: its coverage by each row, the best of each slot, its nearness to each slot's centroid."""

    covered: NDArray[np.float32]
    words: NDArray[np.float32]
    near: NDArray[np.float32]
    vector: NDArray[np.float32] | None
    language: int


class AnswerIndex:
    """Immutable and safe to search from many threads. Texts without words and without vectors are held but never found."""

    def __init__(self, slots: list[Slot], live: NDArray[np.bool_], stores: tuple[Postings, Rows, Rows]) -> None:
        """Not for callers: use `build` and `with_changes`."""
        self._slots = slots
        self._live = live
        self._postings, self._texts, self._centroids = stores
        ends = [slot.first_row for slot in slots]
        self._first_rows = np.asarray([*ends, self._texts.count], dtype=np.int64)
        self._slot_of = {slots[number].id: number for number in map(int, np.flatnonzero(live))}
        spoken = [slot.language for slot in slots]
        self._language_numbers = {name: number for number, name in enumerate(dict.fromkeys(spoken))}
        self._languages = np.asarray([self._language_numbers[name] for name in spoken], dtype=np.int16)
        self._live_rows = sum(len(slots[number].texts) for number in self._slot_of.values())

    @classmethod
    def build(cls, entries: Iterable[Entry]) -> AnswerIndex:
        """An index of all entries; of entries with the same id the last one counts. Those without texts are left out."""
        kept = [entry for entry in {entry.id: entry for entry in entries}.values() if entry.texts]
        slots = _slots(kept, 0)
        postings = Postings.build(text.text for entry in kept for text in entry.texts)
        texts = Rows.of([text.vector for entry in kept for text in entry.texts])
        centroids = Rows.of([_centroid(entry) for entry in kept], exact=True)
        return cls(slots, np.ones(len(slots), dtype=np.bool_), (postings, texts, centroids))

    def with_changes(self, changed: Sequence[Entry], removed: Collection[UUID]) -> AnswerIndex:
        """A new index with `changed` put in or replaced and `removed` left out. Unknown ids in `removed` are ignored.

        Costs what the change costs, not what the index holds. This index stays as it was. The same as a full build.
        """
        latest = {entry.id: entry for entry in changed}
        ended = [self._slot_of[entry_id] for entry_id in {*latest, *removed} if entry_id in self._slot_of]
        kept = [entry for entry in latest.values() if entry.texts and entry.id not in removed]
        slots = _slots(kept, self._texts.count)
        live = np.concatenate([self._live, np.ones(len(slots), dtype=np.bool_)])
        live[ended] = False
        if len(live) > 1 and live.mean() < _DEAD_AT_MOST:
            return AnswerIndex.build([*(entry for entry in self.entries() if entry.id not in {*latest, *removed}), *kept])
        gone = {row: text for number in ended for row, text in self._numbered(self._slots[number]).items()}
        come = [(row, text) for slot in slots for row, text in self._numbered(slot).items()]
        stores = (
            self._postings.with_rows(gone, come),
            self._texts.with_added([text.vector for entry in kept for text in entry.texts]),
            self._centroids.with_added([_centroid(entry) for entry in kept]),
        )
        return AnswerIndex([*self._slots, *slots], live, stores)

    def entries(self) -> Iterable[Entry]:
        """What the index holds, vectors included (as stored, in half precision)."""
        for number in self._slot_of.values():
            slot = self._slots[number]
            texts = (IndexedText(text, self._texts.get(slot.first_row + at)) for at, text in enumerate(slot.texts))
            yield Entry(slot.id, slot.kind, slot.language, slot.title, tuple(texts))

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._slot_of

    def __len__(self) -> int:
        return len(self._slot_of)

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays; texts and dictionaries apart."""
        return self._postings.nbytes + self._texts.nbytes + self._centroids.nbytes

    def search(
        self, question: str, vector: NDArray[np.float32] | None, limit: int = 5, language: str | None = None
    ) -> list[Candidate]:
        """The best entries first, at most `limit`; empty when nothing has a word or any meaning in common.

        `vector` is the question's unit row or None; `language` prefers answers in that language where scores are near.
        Deterministic: equal scores are ordered by id.
        """
        if not self._slot_of or limit < 1:
            return []
        asked = self._asked(question, vector, language)
        chosen = _largest(self._rough(asked), max(_EXAMINED, limit))
        return _ranked(self._candidates(chosen, asked), limit)

    def _asked(self, question: str, vector: NDArray[np.float32] | None, language: str | None) -> _Question:
        found, ideal = self._postings.query(question, self._live_rows)
        covered = coverage(found, ideal, self._texts.count)
        words = np.maximum.reduceat(covered, self._first_rows[:-1])
        near = np.multiply(words, STAND_IN, dtype=np.float32)
        if vector is not None:
            near = np.where(self._centroids.present, self._centroids.dot(vector), near)
        return _Question(covered, words, near, vector, self._language_numbers.get(language, -1) if language else -1)

    def _rough(self, asked: _Question) -> NDArray[np.float32]:
        """Every slot's score as seen from its centroid and its best covered text."""
        rough = np.add(asked.near, asked.words * (WORDS / 2), dtype=np.float32)
        if asked.language >= 0:
            rough[self._languages == asked.language] += SAME_LANGUAGE
        rough[~self._live] = -np.inf
        return rough

    def rehearse(self, entry_id: UUID, at: int, limit: int = 4) -> tuple[list[Candidate], list[Candidate]]:
        """What `search` would find for text number `at` of an entry, had nobody written it down.

        First with only that text taken out of its entry, then with the whole entry gone. No embedding; approximate in that the
        text still counts in the rarity of its words. Raises KeyError for an entry that is not here.
        """
        number = int(self._slot_of[entry_id])
        slot = self._slots[number]
        vector = self._texts.get(slot.first_row + at)
        asked = self._asked(slot.texts[at], vector, None)
        rough = self._rough(asked)
        rough[number] = -np.inf
        others = _ranked(self._candidates(_largest(rough, _EXAMINED), asked), limit)
        rest = [row for row in range(slot.first_row, slot.first_row + len(slot.texts)) if row != slot.first_row + at]
        if not rest:
            return others, others
        mean = _mean([self._texts.get(row) for row in rest])
        words = STAND_IN * float(asked.covered[rest].max())
        asked.near[number] = words if vector is None or mean is None else float(mean @ vector)
        own = self._candidates(np.asarray([number]), asked, slot.first_row + at)
        return _ranked([*others, *own], limit), others

    def _candidates(self, numbers: NDArray[np.intp], question: _Question, left_out: int = -1) -> list[Candidate]:
        """Exact scores of some slots. The row `left_out` counts as not written; its slot must hold another."""
        sizes = self._first_rows[numbers + 1] - self._first_rows[numbers]
        starts = np.cumsum(sizes) - sizes
        rows = np.arange(int(sizes.sum())) + np.repeat(self._first_rows[numbers] - starts, sizes)
        words = question.covered[rows]
        cosines = STAND_IN * words
        present = self._texts.present[rows] if question.vector is not None else np.zeros(len(rows), dtype=np.bool_)
        if question.vector is not None:
            cosines = np.where(present, self._texts.dot(question.vector, rows), cosines)
        scores = cosines + WORDS * words
        scores[rows == left_out] = _NOT_WRITTEN
        tops = np.maximum.reduceat(scores, starts)
        spread = np.add.reduceat(np.exp((scores - np.repeat(tops, sizes)) / TEMPERATURE), starts)
        totals = (question.near[numbers] + tops + TEMPERATURE * np.log(spread)) / 2
        bonus = SAME_LANGUAGE * (self._languages[numbers] == question.language)
        found: list[Candidate] = []
        for at, number in enumerate(map(int, numbers)):
            slot = self._slots[number]
            best = int(starts[at]) + int(scores[starts[at] : starts[at] + sizes[at]].argmax())
            candidate = Candidate(
                entry_id=slot.id,
                kind=slot.kind,
                score=float(totals[at] + bonus[at]),
                lexical=min(1.0, float(words[best])),
                semantic=float(cosines[best]) if present[best] else None,
                matched=slot.texts[best - int(starts[at])],
                language=slot.language,
            )
            found.append(candidate)
        return found

    @staticmethod
    def _numbered(slot: Slot) -> Mapping[int, str]:
        return {slot.first_row + at: text for at, text in enumerate(slot.texts)}


def _slots(entries: Sequence[Entry], first_row: int) -> list[Slot]:
    slots: list[Slot] = []
    for entry in entries:
        texts = tuple(text.text for text in entry.texts)
        slots.append(Slot(entry.id, entry.kind, entry.language, entry.title, texts, first_row))
        first_row += len(texts)
    return slots


def _centroid(entry: Entry) -> NDArray[np.float32] | None:
    return _mean([text.vector for text in entry.texts])


def _mean(vectors: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    """The unit row in the middle of those present, in the precision texts are stored with; None without any."""
    present = [vector for vector in vectors if vector is not None]
    if not present:
        return None
    mean = np.mean(np.asarray(present, dtype=np.float16).astype(np.float32), axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-6)


def _ranked(candidates: Sequence[Candidate], limit: int) -> list[Candidate]:
    found = [one for one in candidates if one.lexical > 0 or (one.semantic is not None and one.semantic > 0)]
    return sorted(found, key=lambda candidate: (-round(candidate.score, 5), candidate.entry_id))[:limit]


def _largest(scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    if len(scores) <= count:
        return np.flatnonzero(np.isfinite(scores))
    best = np.argpartition(scores, -count)[-count:]
    return best[np.isfinite(scores[best])]
