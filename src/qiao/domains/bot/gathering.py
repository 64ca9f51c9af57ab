"""Gathers questions that were left without an answer, near ones together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.domains.bot.contracts import CandidateView, Nearest
from qiao.domains.bot.learning.watching import words_of
from qiao.domains.bot.repository.unanswered import Asked, UnansweredRows
from qiao.kit.arrays import Vector, np
from qiao.kit.ids import new_id
from qiao.kit.text import normalise, retrieval_terms
from qiao.platform.db.database import Scope

SAME_MEANING = 0.9
"""Cosine from which two questions count as one. Raised on purpose: a wrong merge hides a question, a missed one only doubles it."""
SAME_WORDS = 0.8
MAX_CHARACTERS = 300


async def gather(
    scope: Scope,
    question: str,
    language: str,
    conversation_id: UUID,
    seen: tuple[Sequence[CandidateView], Vector | None, str | None],
) -> None:
    """Count a question among the unanswered. `seen`: the candidates there were, the question's vector and its model, or None."""
    candidates, vector, model = seen
    question = " ".join(question.split())[:MAX_CHARACTERS]
    normal = normalise(question).strip(" ?!.,;:。、…")
    if not retrieval_terms(normal):
        return
    best = candidates[0] if candidates else None
    asked = Asked(
        question=question,
        normal=normal,
        language=language,
        conversation_id=conversation_id,
        nearest=Nearest(best.entry_id, best.title, best.score) if best else None,
        vector=vector.astype(np.float16).tobytes() if vector is not None else None,
        model=model if vector is not None else None,
    )
    rows = UnansweredRows(scope)
    known = await rows.same(normal) or _nearest(await rows.recent(language), normal, vector, model)
    if known is not None:
        await rows.count_one_more(known, asked)
    else:
        await rows.add(new_id(), asked)


def _nearest(rows: Sequence[Any], normal: str, vector: Vector | None, model: str | None) -> UUID | None:
    terms = words_of(normal)
    best: tuple[float, UUID] | None = None
    for row in rows:
        nearness = _nearness(row, terms, vector, model)
        if nearness >= 1 and (best is None or nearness > best[0]):
            best = (nearness, row["id"])
    return best[1] if best else None


def _nearness(row: Any, terms: frozenset[str], vector: Vector | None, model: str | None) -> float:
    """1 and above: the same question. By meaning where both have it, else by the words they share."""
    if vector is not None and row["vector"] is not None and row["model_version"] == model:
        other = np.frombuffer(row["vector"], dtype=np.float16).astype(np.float32)
        return float(other @ vector) / SAME_MEANING
    others = words_of(row["normal"])
    return len(terms & others) / max(1, len(terms | others)) / SAME_WORDS
