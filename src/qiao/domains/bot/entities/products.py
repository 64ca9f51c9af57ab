"""Names of the company's own products in a message, written exactly or nearly."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from msgspec import Struct

from qiao.domains.bot.entities.finds import LIKELY, POSSIBLE, Find
from qiao.domains.bot.entities.folding import fold
from qiao.kit.lazy import lazy_pattern

MAX_NAMES = 5_000
_LONGEST = 80
_LOOKED_AT = 2_000
_CLOSELY = 12
_SHARED = 0.5
_ALIKE = 0.8
_SHORTEST_FUZZY = 4
_HAN = lazy_pattern(r"[\u4e00-\u9fff]")
_WORDISH = lazy_pattern(r"[A-Za-z0-9]")


class _Name(Struct, frozen=True):
    name: str
    folded: str
    pairs: frozenset[str]


@lru_cache(maxsize=16)
def _names(catalogue: tuple[str, ...]) -> tuple[_Name, ...]:
    ordered = sorted(dict.fromkeys(catalogue[:MAX_NAMES]), key=len, reverse=True)
    folded = ((one, _low(fold(one[:_LONGEST]))) for one in ordered)
    return tuple(_Name(one, low, _pairs(low)) for one, low in folded if len(low) > 1)


def _low(text: str) -> str:
    """Lower case with the length kept."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def products(text: str, catalogue: Sequence[str]) -> Iterator[Find]:
    """Products named in `text`, their value as the catalogue spells them. Longer names go before shorter ones inside them."""
    if not catalogue:
        return
    low = _low(text[:_LOOKED_AT])
    here = _pairs(low)
    near: list[tuple[float, _Name]] = []
    for name in _names(tuple(catalogue)):
        if len(here & name.pairs) < _SHARED * len(name.pairs):
            continue
        exact = list(_exactly(low, name))
        yield from exact
        if not exact and len(name.folded) >= _SHORTEST_FUZZY:
            near.append((len(here & name.pairs) / len(name.pairs), name))
    near.sort(key=lambda one: -one[0])
    for _, name in near[:_CLOSELY]:
        yield from _nearly(low, name)


def _exactly(low: str, name: _Name) -> Iterator[Find]:
    at = low.find(name.folded)
    while at >= 0:
        end = at + len(name.folded)
        if not (_joined(low, at - 1, at) or _joined(low, end - 1, end)):
            yield Find("product", at, end, name.name, LIKELY)
        at = low.find(name.folded, end)


def _joined(text: str, first: int, second: int) -> bool:
    """Whether a Latin word goes on between two places."""
    return 0 <= first < second < len(text) and bool(_WORDISH.match(text[first]) and _WORDISH.match(text[second]))


def _nearly(low: str, name: _Name) -> Iterator[Find]:
    """The stretch most like the name, when it is alike enough: one letter wrong, missing or doubled, two changed places."""
    window = len(name.folded)
    places = {at for at in range(len(low) - 1) if low[at : at + 2] in name.pairs}
    starts = sorted({max(at - offset, 0) for at in places for offset in (0, 1)})[:64]
    best = max(((_likeness(low[at : at + window], name.folded), at) for at in starts), default=(0.0, 0))
    if best[0] >= _ALIKE:
        start, end = _to_words(low, best[1], min(best[1] + window, len(low)))
        yield Find("product", start, end, name.name, POSSIBLE)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _to_words(low: str, start: int, end: int) -> tuple[int, int]:
    """Grown or shrunk to whole Latin words."""
    while end < len(low) and _joined(low, end - 1, end):
        end += 1
    while _joined(low, start - 1, start):
        start -= 1
    while start < end and low[start] == " ":
        start += 1
    while end > start and low[end - 1] == " ":
        end -= 1
    return start, end
