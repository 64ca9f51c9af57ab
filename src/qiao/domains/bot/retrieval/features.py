"""What tells two near candidates apart beyond cosine and coverage: terms shared both ways, order, numbers. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from qiao.domains.bot.retrieval.lexical import is_gram
from qiao.kit.text import normalise, retrieval_terms

COMPARED = 300
"""Characters of a text that are compared: a passage says what it is about at its beginning."""
_ORDERED_AT_MOST = 60
_CODE = re.compile(r"[a-z]*\d[a-z\d]*")


class Terms(Struct, frozen=True):
    """A text as it is compared: its terms, its tokens in order, its numbers and codes."""

    terms: tuple[str, ...]
    ordered: tuple[str, ...]
    codes: frozenset[str]


class Wording(Struct, frozen=True):
    """Terms with what each weighs, and their sum."""

    of: Terms
    terms: dict[str, float]
    total: float


@lru_cache(8_192)
def terms_of(text: str) -> Terms:
    """The terms of a text, which callers cut at COMPARED. The last texts asked for are remembered."""
    found = [term for term in retrieval_terms(text) if not is_gram(term)]
    # Pairs of characters follow from the characters' order; words are ordered whole.
    ordered = tuple(term for term in found if len(term) == 1 or term.isascii())[:_ORDERED_AT_MOST]
    return Terms(tuple(dict.fromkeys(found)), ordered, frozenset(_CODE.findall(normalise(text))))


def compared(question: Wording, text: Wording) -> tuple[float, float, float, float]:
    """The share of the text that the question covers, terms shared of all terms, the share in the same order, codes that agree."""
    both = sum(map(text.terms.__getitem__, question.terms.keys() & text.terms.keys()))
    covers = both / text.total if text.total else 0.0
    every = question.total + text.total - both
    return (
        covers,
        both / every if every > 0 else 0.0,
        in_order(question.of.ordered, text.of.ordered),
        _codes(question.of, text.of),
    )


def in_order(first: tuple[str, ...], second: tuple[str, ...]) -> float:
    """Twice the length of the longest common subsequence over both lengths, 0..1.

    By rows of bits: Hyyrö, "Bit-parallel LCS-length computation revisited" (2004).
    """
    if not first or not second:
        return 0.0
    places: dict[str, int] = {}
    for at, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << at
    whole = (1 << len(first)) - 1
    row = whole
    for token in second:
        met = row & places.get(token, 0)
        row = ((row + met) | (row - met)) & whole
    return 2 * (len(first) - row.bit_count()) / (len(first) + len(second))


def _codes(question: Terms, text: Terms) -> float:
    if not question.codes or not text.codes:
        return 0.0
    return 1.0 if question.codes & text.codes else -1.0
