"""What a text names: amounts, counted things, and names that stand out as such. For telling alike candidates apart; pure.

Names are Latin words among Chinese characters (iPhone, VPN), and in other texts words that a capital marks where none is due. Customers
seldom write capitals: a name that the entry has counts as said when its letters are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import chain

from msgspec import Struct

from qiao.domains.bot.entities.amounts import money, quantities
from qiao.domains.bot.entities.contracts import Money, Quantity
from qiao.domains.bot.entities.folding import fold
from qiao.kit.lazy import lazy_pattern

_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z][A-Za-z\d]*(?:[.&+-][A-Za-z\d]+)*")
_NUMBERED = lazy_pattern(
    r"[\d零〇一二两三四五六七八九十百千万]"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|thousand|dozen)\b",
    re.IGNORECASE,
)
_SENTENCE_ENDS = frozenset(".?!:;\n")
_NO_NAMES = frozenset({"i", "i'm", "ok", "faq", "q", "a"})
_SHORTEST = 2


class Named(Struct, frozen=True):
    """`words`: every Latin word; `names`: those that stand out. Numbers are in `measured_in`, as they are dearer to find."""

    words: frozenset[str]
    names: frozenset[str]


@lru_cache(8_192)
def named_in(text: str) -> Named:
    """Names in a text. The last texts asked for are remembered."""
    written = [(word[0], word.start()) for word in _WORD.finditer(text)]
    return Named(frozenset(word.lower() for word, _ in written), frozenset(_names(text, written)))


@lru_cache(8_192)
def measured_in(text: str) -> Mapping[str, frozenset[Decimal]]:
    """Numbers by currency or unit: amounts and counted things. The last texts asked for are remembered."""
    folded = fold(text)
    found: dict[str, set[Decimal]] = {}
    for value in (one.value for one in chain(money(folded), quantities(folded))) if _NUMBERED.search(folded) else ():
        if isinstance(value, Money):
            found.setdefault(value.currency, set()).add(value.amount)
        elif isinstance(value, Quantity):
            found.setdefault(value.unit.lower(), set()).add(value.number)
    return {unit: frozenset(numbers) for unit, numbers in found.items()}


def agreement(question: str, text: str) -> float:
    """1 when both name the same thing, -1 when they name different ones of a kind, 0 where they cannot be held against each other."""
    asked, said = named_in(question), named_in(text)
    shared = bool(said.names & asked.words)
    clash = bool(asked.names and said.names) and not shared
    for unit, numbers in measured_in(question).items():
        others = measured_in(text).get(unit)
        if others is not None:
            shared, clash = shared or bool(numbers & others), clash or not numbers & others
    return 1.0 if shared else -float(clash)


def _names(text: str, written: list[tuple[str, int]]) -> Iterator[str]:
    kept = [(word, at) for word, at in written if len(word) >= _SHORTEST and word.lower() not in _NO_NAMES]
    if _HAN.search(text):
        yield from (word.lower() for word, _ in kept)
        return
    marked = [(word, at) for word, at in kept if not word.islower()]
    # Headings in capitals, and people who shout, mark nothing.
    if 2 * len(marked) > len(written):
        return
    yield from (word.lower() for word, at in marked if not word[1:].islower() or not _begins(text, at))


def _begins(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \t\"'([")
    return not before or before[-1] in _SENTENCE_ENDS
