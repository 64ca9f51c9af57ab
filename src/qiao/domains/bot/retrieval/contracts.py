"""What goes into an answer index and what comes out of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from qiao.kit.arrays import Vector

EntryKind = Literal["faq", "article"]


class IndexedText(Struct, frozen=True):
    """One way an entry can be asked for or quoted. `vector` is a unit row, or None while it is not embedded yet."""

    text: str
    vector: Vector | None = None


class Entry(Struct, frozen=True):
    """One answer. A FAQ's texts are its question and its variants; an article's are its chunks, each carrying the title.

    Entries with the same `topic` say the same in different languages. `edited`: when what is published was last changed.
    """

    id: UUID
    kind: EntryKind
    language: str
    title: str
    texts: tuple[IndexedText, ...]
    topic: str | None = None
    edited: datetime | None = None


class Candidate(Struct, frozen=True):
    """An entry that may answer; of several that say the same, the one in the question's language, however it was found.

    `score` orders candidates and is comparable between questions (about 0 unrelated, about 1 the same words). `lexical` is the
    share of the question's informative terms that `matched`, the entry's best text, covers, 0..1. `semantic` is the cosine of
    the best text, None when the question or the entry has no vector.
    """

    entry_id: UUID
    kind: EntryKind
    score: float
    lexical: float
    semantic: float | None
    matched: str
    language: str
    topic: str | None = None
