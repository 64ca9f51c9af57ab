"""Which texts are a question word for word: marks around it, case, width and traditional characters apart. Needs no meaning."""

from __future__ import annotations

from collections.abc import Callable

from qiao.domains.bot.retrieval.lexical import Postings, is_gram
from qiao.kit.arrays import NDArray, np
from qiao.kit.text import normalise, retrieval_terms

_LOOKED_UP = 4
_COMPARED = 500
_MARKS = " ?!.,;:。、…~\"'“”‘’「」《》()"


def worded(text: str) -> str:
    """A text as it is compared word for word."""
    return normalise(text).strip(_MARKS)


def rows_worded_as(question: str, postings: Postings, text_of: Callable[[int], str]) -> list[int]:
    """The rows whose text is the question, in rising order; only rows that hold its rarest terms are read."""
    wanted = worded(question)
    terms = {term for term in retrieval_terms(wanted) if not is_gram(term)}
    if not terms:
        return []
    held = [postings.posting(term) for term in sorted(terms, key=lambda term: (postings.count(term), term))[:_LOOKED_UP]]
    rows: NDArray[np.int32] | None = None
    for posting in held:
        if posting is None:
            return []
        rows = posting[0] if rows is None else rows[np.isin(rows, posting[0], assume_unique=True)]
    found = [] if rows is None else [int(row) for row in rows[:_COMPARED]]
    return [row for row in found if worded(text_of(row)) == wanted]
