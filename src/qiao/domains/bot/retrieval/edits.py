"""How many edits lie between a question and short texts: insertions, deletions, replacements, neighbours that changed places. Pure.

The bit-vector algorithm of Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances" (2003), for all texts at
once: each has eight bytes of one long number to itself, the highest bit of which takes what an addition carries over.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat, zip_longest

COMPARED = 63
"""Characters of a question and of a text that are held against each other: what fits into eight bytes beside a carried bit."""
_BYTES = 8
_BITS = 8 * _BYTES
_NOWHERE = bytes(_BYTES)


def edits(question: str, texts: Sequence[str]) -> list[int]:
    """By text, the least edits that make one of the other, of the first COMPARED characters; no stretch is edited twice (optimal
    string alignment). Costs some two steps a character of the longest text, not of each.
    """
    question, texts = question[:COMPARED], [text[:COMPARED] for text in texts]
    places = _places(question)
    first = int.from_bytes((1).to_bytes(_BYTES, "little") * len(texts), "little")
    every = first * ((1 << len(question)) - 1)
    up, down, zeros, before = every, 0, 0, 0
    ending = _by_length(texts)
    found = [len(question)] * len(texts)
    for length, column in enumerate(zip_longest(*texts, fillvalue=""), start=1):
        here = int.from_bytes(b"".join(map(places.get, column, repeat(_NOWHERE))), "little")
        swapped = ((here & (zeros ^ every)) << 1) & before
        zeros = ((((here & up) + up) ^ up) | here | down | swapped) & every
        right, left = down | (every ^ (zeros | up)), zeros & up
        right = (right << 1 | first) & every
        up, down, before = (left << 1) & every | (every ^ (zeros | right)), right & zeros, here
        for at in ending.get(length, ()):
            found[at] = length + _ones(up, at) - _ones(down, at)
    return found


def likenesses(question: str, texts: Sequence[str]) -> list[float]:
    """By text, 1 for the same and 0 for nothing in its place: the share of the longer one that needs no edit."""
    longer = [min(max(len(question), len(text)), COMPARED) for text in texts]
    return [1 - count / most if most else 0.0 for count, most in zip(edits(question, texts), longer, strict=True)]


def _places(question: str) -> dict[str, bytes]:
    """Where in the question each of its characters stands, a bit a place."""
    places: dict[str, int] = {}
    for at, character in enumerate(question):
        places[character] = places.get(character, 0) | 1 << at
    return {character: bits.to_bytes(_BYTES, "little") for character, bits in places.items()}


def _by_length(texts: Sequence[str]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for at, text in enumerate(texts):
        found.setdefault(len(text), []).append(at)
    return found


def _ones(bits: int, at: int) -> int:
    return (bits >> at * _BITS & (1 << _BITS) - 1).bit_count()
