"""What a question may have meant where it is misspelled: words one edit away, characters that sound alike, pinyin.

Corrections are only ever words and pairs of characters that the knowledge holds. Nothing is built ahead: the few spellings near
one word are looked up. Edits as in Damerau, "A technique for computer detection and correction of spelling errors" (1964).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import log

from qiao.kit.pinyin import characters_of, homophones, is_pinyin, syllables_of
from qiao.kit.text import normalise

Known = Callable[[str], int]
"""How many texts hold a term."""
Among = Callable[[Iterable[str]], Iterable[str]]
"""Those of some terms that may be held: thousands are asked for."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORTEST_CORRECTED = 4
_LONGEST_CORRECTED = 24
_CORRECTIONS = 3
_PAIR = 2
_HAN_FIRST, _HAN_LAST = "\u4e00", "\u9fff"
_UNHEARD = -12.0
_CANDIDATES = 12
_READ_AT_MOST = 40
_SURE, _SURE_UNTOLD = 0.1, 0.5
_UNTOLD = 4
_LATIN_RUN = re.compile("[a-z]+(?:[ ]+[a-z]+)*")


def corrections(term: str, known: Known, among: Among | None = None) -> list[str]:
    """Known terms that `term`, which is not known, may stand for; the commonest first, at most three."""
    if len(term) == _PAIR and all(_HAN_FIRST <= one <= _HAN_LAST for one in term):
        near = _sounding_alike(term)
    elif term.isascii() and term.isalpha() and _SHORTEST_CORRECTED <= len(term) <= _LONGEST_CORRECTED:
        near = _one_edit(term)
    else:
        return []
    found = {other: count for other in (among(near) if among else near) if (count := known(other))}
    return sorted(found, key=lambda other: (-found[other], other))[:_CORRECTIONS]


def _sounding_alike(pair: str) -> Iterator[str]:
    """Pairs of which one character sounds as that of `pair`."""
    first, second = pair
    yield from (other + second for other in homophones(first) if other != first)
    yield from (first + other for other in homophones(second) if other != second)


def _one_edit(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            yield left + right[1:]
            yield from (left + letter + right[1:] for letter in _LETTERS if letter != right[0])
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        yield from (left + letter + right for letter in _LETTERS)


def read_pinyin(question: str, known: Known) -> str | None:
    """A question with its pinyin put into the characters the knowledge holds; None when it is not in pinyin.

    The likeliest characters by the pairs that are known (Viterbi). Where no word tells that it is pinyin, half of the pairs must be
    known. A question that is half characters has its Latin runs of two syllables and more read, where all their pairs are known.
    """
    text = normalise(question)
    words = [word.strip("?!.,~ ") for word in text.split()]
    syllables = [one for word in words for one in syllables_of(word)]
    told = is_pinyin(text)
    if told or (len(syllables) >= _UNTOLD and all(syllables_of(word) for word in words if word)):
        read, sure = _read(syllables, known)
        return read if sure >= (_SURE if told else _SURE_UNTOLD) else None
    if text.isascii():
        return None
    replaced = _LATIN_RUN.sub(lambda run: _run_read(run[0], known), text)
    return replaced if replaced != text else None


def _run_read(run: str, known: Known) -> str:
    words = run.split()
    syllables = [one for word in words for one in syllables_of(word)]
    spelled = not all(map(syllables_of, words)) or any(known(word) for word in words)
    if spelled or len(syllables) < _PAIR:
        return run
    read, sure = _read(syllables, known)
    return read if sure == 1 else run


def _read(syllables: Sequence[str], known: Known) -> tuple[str, float]:
    """The likeliest characters, without syllables that no known character has, and the share of pairs that are known."""
    syllables = syllables[:_READ_AT_MOST]
    paths: dict[str, tuple[float, str]] = {"": (0.0, "")}
    for syllable in syllables:
        held = sorted(((count, one) for one in characters_of(syllable) if (count := known(one))), reverse=True)[:_CANDIDATES]
        step: dict[str, tuple[float, str]] = {}
        for count, character in held:
            before = max((cost + _pair(last, character, known), path) for last, (cost, path) in paths.items())
            step[character] = before[0] + 0.3 * log(1 + count), before[1] + character
        paths = step or paths
    read = max(paths.values())[1]
    pairs = [first + second for first, second in pairwise(read)]
    return read, sum(known(pair) > 0 for pair in pairs) / max(len(syllables) - 1, 1)


def _pair(first: str, second: str, known: Known) -> float:
    if not first:
        return 0.0
    count = known(first + second)
    return log(count) if count else _UNHEARD / 4
