"""All entities of a message: every rule looks, then the longest and surest finds stand and nothing overlaps them."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import chain, islice
from unicodedata import normalize

from qiao.domains.bot.entities.amounts import money, quantities
from qiao.domains.bot.entities.codes import bank_cards, identity_numbers, orders, tax_numbers
from qiao.domains.bot.entities.contacts import emails, phones, urls
from qiao.domains.bot.entities.contracts import Entity, Value
from qiao.domains.bot.entities.finds import MOST_OF_A_KIND, Find
from qiao.domains.bot.entities.folding import MAX_CHARACTERS, fold
from qiao.domains.bot.entities.moments import moments
from qiao.domains.bot.entities.people import persons
from qiao.domains.bot.entities.places import addresses
from qiao.domains.bot.entities.products import products

_HAN = re.compile(r"[\u4e00-\u9fff]")
_MONTH_FIRST = frozenset({"zh", "zh-Hans", "zh-CN", "zh-Hant", "zh-TW", "ja", "ko", "en", "en-US"})


def find(text: str, *, now: datetime, zone: tzinfo, catalogue: Sequence[str] = (), locale: str = "zh") -> list[Entity]:
    """What `text` names, in order of place, never overlapping. Pure and total; the first 2,000 characters are read.

    `now` is an aware moment and `zone` where the writer is: tomorrow is counted from there. `catalogue` holds product names.
    `locale` decides what is open: whether 3/4 is in March ("en-GB": in April), and which country a bare telephone number is of.
    """
    folded = fold(text)
    return [
        Entity(one.kind, text[one.start : one.end], one.start, one.end, _value(one, text[one.start : one.end]))
        for one in sorted(_best(_all(folded, now, zone, catalogue, locale)), key=lambda one: one.start)
    ]


def _value(found: Find, written: str) -> Value:
    """Names and addresses keep their own characters: 張偉 is not called 张偉, and a parcel goes to 臺北."""
    own = found.kind in {"person", "address"} and _HAN.search(written)
    return normalize("NFKC", written).strip() if own else found.value


def _all(text: str, now: datetime, zone: tzinfo, catalogue: Sequence[str], locale: str) -> Iterator[Find]:
    rules = (
        emails(text),
        urls(text),
        phones(text, locale),
        orders(text),
        identity_numbers(text),
        bank_cards(text),
        tax_numbers(text),
        moments(text, now, zone, month_first=locale in _MONTH_FIRST),
        money(text),
        quantities(text),
        addresses(text),
        persons(text),
        products(text, catalogue),
    )
    return chain.from_iterable(islice(rule, 3 * MOST_OF_A_KIND) for rule in rules)


def _best(finds: Iterator[Find]) -> list[Find]:
    """The longest first; of one length the surest."""
    taken = bytearray(MAX_CHARACTERS)
    kept: list[Find] = []
    for one in sorted(finds, key=lambda one: (-(one.end - one.start), -one.surety, one.start)):
        if one.end > one.start and not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\x01" * (one.end - one.start)
            kept.append(one)
    return kept
