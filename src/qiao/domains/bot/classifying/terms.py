"""The terms by which words tell intents apart: words and pairs of words, letter pairs to fours within words, characters and pairs of
unspaced scripts. Repeats are kept. Finer than `retrieval_terms`: few examples must cover inflections and typing errors.
"""

from collections.abc import Iterator
from itertools import pairwise

from qiao.kit.text import normalise, runs

MAX_CHARACTERS = 400
_LETTERS = range(2, 5)
_LONGEST_WORD = 40


def terms(text: str) -> list[str]:
    """Of the first 400 characters of `text`, normalised first. Total."""
    found: list[str] = []
    before = ""
    for piece, unspaced in runs(normalise(text)[:MAX_CHARACTERS]):
        if unspaced:
            found.extend(piece)
            found.extend(first + second for first, second in pairwise(piece))
            before = ""
        else:
            word = piece[:_LONGEST_WORD]
            found.append(f"={word}")
            if before:
                found.append(f"={before} {word}")
            found.extend(_letters(word))
            before = word
    return found


def _letters(word: str) -> Iterator[str]:
    framed = f" {word} "
    return (f"~{framed[at : at + length]}" for length in _LETTERS for at in range(len(framed) - length + 1))
