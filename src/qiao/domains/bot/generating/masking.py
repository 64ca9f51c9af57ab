"""Personal data is replaced before a text leaves and put back when the answer is there. What cannot be masked safely does not leave.

A mask is `[KIND_n_tag]` with a tag of its own in each request: nobody who writes an article or a message can know it, so no text can
ask for somebody's data by name. The map lives as long as the request and is stored nowhere. CPU-bound: callers use a thread.

Three looks at each text: what is known of the customer, our own patterns (`personal`), argus-redact. A fourth look at what came out
refuses when anything is still there.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from qiao.domains.bot.generating.finders import NotRead, argus, orders, phones
from qiao.domains.bot.generating.personal import Span, spans
from qiao.kit.errors import QiaoError
from qiao.kit.text import normalise

MAX_CHARACTERS = 12_000
"""Of all texts of a request together."""
KEPT_DIGITS = 6
"""Shorter runs of digits are quantities, prices and years."""
_TAG_BYTES = 3
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_LINK = re.compile(r"(?:https?|ftp)://[^\s<>\"'，。；！？（）()\[\]]+|\bwww\.[^\s<>\"'，。；！？（）()\[\]]+", re.IGNORECASE)
_LEFT_NUMBER = re.compile(rf"\d(?:[\W_]{{0,3}}\d){{{KEPT_DIGITS},40}}")
_LEFT_EMAIL = re.compile(r"[^\s@]@[^\s@]{1,100}\.[a-z]{2}", re.IGNORECASE)
MASK = re.compile(r"\[[A-Z]{2,10}_\d{1,3}_[0-9a-f]{6}\]")


class Unsafe(QiaoError):
    """This cannot be sent: something personal in it could not be masked, or the tool for it is not there."""

    code = "llm.unsafe"
    status = 422


class Piece(Struct, frozen=True):
    """A text that is to leave. `published`: everybody may read it, so only what is known of this customer or has the form of personal
    data is masked in it, and no guess is made at names.
    """

    text: str
    published: bool = False


class Masked(Struct, frozen=True):
    """The texts as they may leave, in their order, and what each mask stands for."""

    texts: tuple[str, ...]
    masks: Mapping[str, str]
    tag: str

    def unmask(self, text: str) -> str:
        """With everything put back. Masks are matched whole, so nothing else changes."""
        return MASK.sub(lambda match: self.masks.get(match[0], match[0]), text)

    def leftover(self, text: str) -> bool:
        """Whether something that looks like a mask of this request is in a text: bent by the model, it cannot be put back."""
        return self.tag in text.lower() or re.search(r"\[[A-Z]{2,10}_\d", text) is not None


def mask(pieces: Sequence[Piece], known: Iterable[str] = (), *, keep_orders: bool = True, links: bool = False) -> Masked:
    """Mask all texts with one map. `known`: the customer's name, addresses and numbers; `links`: addresses of pages too. Raises Unsafe."""
    if sum(len(piece.text) for piece in pieces) > MAX_CHARACTERS:
        raise Unsafe("more text than may leave", characters=MAX_CHARACTERS)
    work = _Masking(_names_of(known), keep_orders=keep_orders, links=links)
    texts = tuple(work.masked(piece) for piece in pieces)
    return Masked(texts, {mask: value for value, mask in work.masks.items()}, work.tag)


class _Masking:
    def __init__(self, known: Sequence[str], *, keep_orders: bool, links: bool) -> None:
        self.tag = secrets.token_hex(_TAG_BYTES)
        self.masks: dict[str, str] = {}
        self._known = known
        self._keep_orders = keep_orders
        self._links = links
        self._counts: dict[str, int] = {}

    def masked(self, piece: Piece) -> str:
        text = readable(piece.text)
        named = [] if piece.published else list(orders(text))
        kept = named if self._keep_orders else []
        found = [*self._found(text, published=piece.published), *(() if self._keep_orders else named)]
        found += (Span(one.start(), one.end(), "LINK") for one in _LINK.finditer(text)) if self._links else ()
        places = merged(_without(found, kept))
        parts, done = [], 0
        for place in places:
            parts += text[done : place.start], self._mask(place.kind, text[place.start : place.end])
            done = place.end
        result = "".join([*parts, text[done:]])
        self._check(result, [text[one.start : one.end] for one in kept])
        return result

    def _found(self, text: str, *, published: bool) -> Iterator[Span]:
        for value in self._known:
            for match in re.finditer(_loose(value), text, re.IGNORECASE):
                yield Span(match.start(), match.end(), "NAME")
        try:
            guessed = [*spans(text), *phones(text), *argus(text)]
        except NotRead as error:
            raise Unsafe(str(error)) from error
        yield from (one for one in guessed if not published or one.kind not in {"NAME", "ADDRESS"})

    def _mask(self, kind: str, value: str) -> str:
        known = self.masks.get(value)
        if known is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            known = self.masks[value] = f"[{kind}_{self._counts[kind]}_{self.tag}]"
        return known

    def _check(self, text: str, kept: Sequence[str]) -> None:
        """The look at what came out. Published text is looked at too: the customer's data must not be in it either."""
        bare = MASK.sub(" ", text)
        for order in kept:
            bare = bare.replace(order, " ")
        numbers = [match[0] for match in _LEFT_NUMBER.finditer(bare) if not _harmless(match[0])]
        squeezed = re.sub(r"[\W_]+", "", normalise(bare))
        still = [value for value in self._known if len(value) > 3 and re.sub(r"[\W_]+", "", normalise(value)) in squeezed]
        if numbers or still or _LEFT_EMAIL.search(bare):
            raise Unsafe("something personal could not be masked")


def readable(text: str) -> str:
    """As a reader sees it: wide and styled letters and digits made plain, nothing invisible between them, punctuation as it was."""
    return "".join(map(_narrow, _INVISIBLE.sub("", text)))


@lru_cache(maxsize=8_192)
def _narrow(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() and (plain.isalnum() or plain in "@+-._/#") else character


def merged(places: Iterable[Span]) -> list[Span]:
    """Overlapping places as one; the longest names the kind."""
    result: list[Span] = []
    for place in sorted(places, key=lambda one: (one.start, -one.end)):
        last = result[-1] if result else None
        if last is None or place.start >= last.end:
            result.append(place)
        elif place.end > last.end:
            result[-1] = Span(last.start, place.end, _telling(place, last))
        elif last.kind == "NUMBER":
            result[-1] = Span(last.start, last.end, _telling(place, last))
    return result


def _telling(one: Span, other: Span) -> str:
    """Of two kinds the one that says more: any before NUMBER, then that of the longer place."""
    longer, shorter = (one, other) if one.end - one.start > other.end - other.start else (other, one)
    return shorter.kind if longer.kind == "NUMBER" else longer.kind


def _without(found: Iterable[Span], kept: Sequence[Span]) -> Iterator[Span]:
    """Places that are no part of a kept order number. One that holds more than the number is masked whole."""
    for place in found:
        inside = any(one.start <= place.start and place.end <= one.end for one in kept)
        if not inside or place.kind == "ADDRESS":
            yield place


def _names_of(known: Iterable[str]) -> list[str]:
    """Values and, of names, their parts; longest first. A single letter or character names nobody."""
    values: set[str] = set()
    for value in known:
        shown = " ".join(readable(value).split())
        values.update(one for one in (shown, *_parts(shown)) if len(one) > 1)
    return sorted(values, key=len, reverse=True)


def _parts(name: str) -> list[str]:
    """First and last names; of three Chinese characters the last two, by which friends are called. Addresses have none."""
    if "@" in name or any(map(str.isdigit, name)):
        return []
    words = [one for one in name.split(" ") if len(one) > (2 if one.isascii() else 1)]
    return [*words, *(one[1:] for one in words if len(one) == 3 and not one.isascii())]


def _loose(value: str) -> str:
    """The value with whatever may stand between its characters when it is a number, and as a whole word when it is one."""
    if sum(map(str.isdigit, value)) >= KEPT_DIGITS:
        return r"[\s().\-]{0,2}".join(re.escape(one) for one in value if one.isalnum())
    escaped = r"\s+".join(map(re.escape, value.split()))
    return rf"(?<![A-Za-z]){escaped}(?![A-Za-z])" if value[0].isascii() else escaped


def _harmless(written: str) -> bool:
    """A date, or amounts beside one another: no run is long enough to be somebody's, and more than a space stands between them."""
    short = all(len(run) <= KEPT_DIGITS for run in re.findall(r"\d+", written))
    return (short and re.search(r"[^\d\s\-.()/]|\d\s{2}", written) is not None) or _is_dates(written)


def _is_dates(written: str) -> bool:
    return (
        re.fullmatch(r"(?:(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}[\s\-~至到]{0,3})+(?:\d{1,2}:\d{2}(?::\d{2})?)?", written)
        is not None
    )
