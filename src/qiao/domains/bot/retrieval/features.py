"""What tells two near candidates apart beyond cosine and coverage: terms shared both ways, numbers. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from qiao.domains.bot.retrieval.lexical import is_gram
from qiao.kit.text import normalise, retrieval_terms

COMPARED = 300
"""Characters of a text that are compared: a passage says what it is about at its beginning."""
_CODE = re.compile(r"[a-z]*\d[a-z\d]*")


class Terms(Struct, frozen=True):
    """A text as it is compared: its terms, its numbers and codes, its characters in their normal form."""

    terms: tuple[str, ...]
    codes: frozenset[str]
    written: str


class Wording(Struct, frozen=True):
    """Terms with what each weighs, and their sum."""

    of: Terms
    terms: dict[str, float]
    total: float


@lru_cache(8_192)
def terms_of(text: str) -> Terms:
    """The terms of a text, which callers cut at COMPARED. The last texts asked for are remembered."""
    found = dict.fromkeys(term for term in retrieval_terms(text) if not is_gram(term))
    written = normalise(text)
    codes = _CODE.findall(written) if any(map(str.isnumeric, text)) else ()
    return Terms(tuple(found), frozenset(codes), written.rstrip("?!.。 "))


def compared(question: Wording, text: Wording) -> tuple[float, float, float]:
    """The share of the text that the question covers, terms shared of all terms, codes that agree."""
    both = sum(map(text.terms.__getitem__, question.terms.keys() & text.terms.keys()))
    covers = both / text.total if text.total else 0.0
    every = question.total + text.total - both
    return covers, both / every if every > 0 else 0.0, _codes(question.of, text.of)


def _codes(question: Terms, text: Terms) -> float:
    if not question.codes or not text.codes:
        return 0.0
    return 1.0 if question.codes & text.codes else -1.0
