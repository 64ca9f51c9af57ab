"""What an index holds, what is known of a question, and what is known of candidates once they are scored. No rules."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.retrieval.contracts import EntryKind
from qiao.domains.bot.retrieval.lexical import Coverage, Postings
from qiao.domains.bot.retrieval.tuning import Tuning
from qiao.domains.bot.retrieval.vectors import Rows
from qiao.kit.arrays import NDArray, np

NO_LANGUAGE = -1
"""Of a question: answers in no language are preferred."""
FOREIGN = 0.35
"""An entry in another language shares no words with the question: of its cosine this is taken for the words it cannot have."""


class Slot(Struct, frozen=True):
    """An entry at one version, its texts in consecutive rows. Never changed; a newer version gets a new slot."""

    id: UUID
    kind: EntryKind
    language: str
    title: str
    texts: tuple[str, ...]
    first_row: int
    topic: str | None = None
    edited: datetime | None = None


class Shelf(Struct, frozen=True):
    """What one version of an index stores, by slot and by row."""

    slots: list[Slot]
    live: NDArray[np.bool_]
    live_rows: int
    first_rows: NDArray[np.int64]
    languages: NDArray[np.int16]
    language_numbers: dict[str, int]
    postings: Postings
    texts: Rows
    centroids: Rows
    tuning: Tuning
    weights: dict[str, float]
    """How rare terms are, as far as asked for."""
    topics: dict[tuple[str, str], Slot]
    """Live slots by topic and language, once asked for."""
    recent: NDArray[np.float64]
    """How recently each slot was edited, 0..1 (`recency.freshness`)."""


class Question(Struct, frozen=True):
    """What is known of a question: its coverage by each row, the best of each slot, its nearness to each slot's centroid."""

    text: str
    covered: Coverage
    words: NDArray[np.float32]
    near: NDArray[np.float32]
    vector: NDArray[np.float32] | None
    language: int


class Scored(Struct, frozen=True):
    """Candidates in no order: their slots, FEATURES, scores, and each one's best text with its coverage and cosine (nan without)."""

    numbers: NDArray[np.intp]
    features: NDArray[np.float64]
    scores: NDArray[np.float64]
    best: NDArray[np.intp]
    words: NDArray[np.float64]
    cosines: NDArray[np.float64]
