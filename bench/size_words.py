"""What the customers and agents of a large desk say: the demo shop's talk, cut short, with numbers that nobody else has."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from demo.content import LANGS, FaqEntry, Lang, load_company, load_faq
from demo.conversations import conversations
from demo.customers import DEMO_DAY, customers
from demo.names import CHINESE_CITIES, CHINESE_FAMILY, CHINESE_GIVEN
from demo.talk import Turn
from qiao.kit.text import search_tokens

_AUTHORS = {"customer": "contact", "bot": "bot", "agent": "agent"}
_DAYS = 120
_LONGEST = 12
RARE_ZH = ("紫砂", "冰裂", "鹧鸪", "曜变", "柴窑", "天目", "饕餮", "缠枝")
RARE_EN = ("celadon", "tenmoku", "kintsugi", "raku", "porcelain", "gaiwan", "lacquer", "stoneware")
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class Line(Struct, frozen=True):
    """A text as COPY reads it: the words, their tokens as a tsvector, and the words as JSON in COPY."""

    author: str
    text: str
    tokens: str
    json: str


class Person(Struct, frozen=True):
    """A contact's name, address and telephone number; in `search` as contacts are looked for."""

    name: str
    email: str
    phone: str


def escaped(text: str) -> str:
    """A text as a field of COPY."""
    return text.translate(_ESCAPED)


def vector(tokens: str) -> str:
    """Space-joined tokens as a tsvector, as a field of COPY."""
    quoted = (one.replace("\\", "\\\\").replace("'", "''") for one in tokens.split(" ") if one)
    return escaped(" ".join(f"'{one}'" for one in quoted))


def line(author: str, text: str) -> Line:
    """A text made ready once, for the many times it is said."""
    return Line(author, escaped(text), vector(search_tokens(text)), escaped(msgspec.json.encode(text).decode()[1:-1]))


class Words:
    """Everything that is said, from one seed. Talks are lists of lines in a language, customers first."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.talks: list[tuple[str, list[Line]]] = []
        staff = tuple(one for one in load_company().people if one.role == "agent") or load_company().people
        faq: dict[Lang, tuple[FaqEntry, ...]] = {lang: load_faq(lang) for lang in LANGS}
        now = datetime.combine(DEMO_DAY, datetime.min.time(), UTC)
        known: dict[tuple[str, str], Line] = {}
        for one in conversations(customers(today=DEMO_DAY), staff, faq, now - timedelta(hours=1), seed, _DAYS):
            lines = [self._line(known, turn) for turn in one.turns if turn.author in _AUTHORS]
            if lines:
                self.talks.append((one.lang, lines[:_LONGEST]))

    @staticmethod
    def _line(known: dict[tuple[str, str], Line], turn: Turn) -> Line:
        key = (_AUTHORS[turn.author], turn.text)
        if key not in known:
            known[key] = line(*key)
        return known[key]


def addition(rng: random.Random, language: str, person: Person) -> str:
    """What some add to a sentence: a telephone number, an order's number or the name of a piece; mostly nothing."""
    drawn = rng.random()
    chinese = language == "zh"
    if drawn < 0.04:
        return f" 电话 {person.phone}" if chinese else f" My phone is {person.phone}"
    if drawn < 0.12:
        number = f"LT{rng.randrange(10**6):06d}-{rng.randrange(10**4):04d}"
        return f" 订单 {number}" if chinese else f" Order {number}"
    if drawn < 0.121:
        return f" {rng.choice(RARE_ZH)}" if chinese else f" {rng.choice(RARE_EN)}"
    return ""


def person(rng: random.Random, number: int) -> Person:
    """Contact `number` of a workspace: invented, at an example's address; Chinese and American numbers."""
    family, given = rng.choice(CHINESE_FAMILY), rng.choice(CHINESE_GIVEN)
    phone = f"1{rng.randrange(30, 99)}{rng.randrange(10**8):08d}" if rng.random() < 0.7 else f"+1 415 555 {number % 10_000:04d}"
    return Person(family[0] + given[0], f"{given[1]}.{family[1]}{number}@example.com", phone)


def city(rng: random.Random) -> str:
    """Where somebody lives."""
    return rng.choice(CHINESE_CITIES)


def shares(count: int) -> list[float]:
    """How much of everything each of `count` workspaces has: one has half, the others less and less."""
    rest = [1 / rank for rank in range(1, count)]
    return [0.5, *(0.5 * one / sum(rest) for one in rest)] if count > 1 else [1.0]
