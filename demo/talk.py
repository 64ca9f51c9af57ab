"""Writes one demo conversation turn by turn: the values, a pen that keeps the clock, and the filling in of names.

Pure; which conversations there are is decided in `demo.conversations`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from demo.content import FaqEntry, Lang, Person, Product
from demo.customers import Customer, Order
from demo.scripts import Pools, Topic

Author = Literal["customer", "bot", "agent", "note", "system"]
Outcome = Literal["bot_answered", "handed_over_resolved", "unanswered", "open", "waiting", "abandoned"]

_GAPS: dict[Author, tuple[int, int]] = {"customer": (12, 95), "bot": (1, 3), "agent": (18, 110), "note": (1, 2), "system": (1, 4)}


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said. `agent_email` is set for agents; `entry_slug` when the bot answered with that FAQ entry."""

    author: Author
    text: str
    at: datetime
    agent_email: str = ""
    entry_slug: str = ""


@dataclass(frozen=True, slots=True)
class DemoConversation:
    """A conversation. `agent_email` and `team` are empty until a person was asked for; `closed_at` is None while it lives."""

    id: str
    customer_email: str
    lang: Lang
    topic: str
    outcome: Outcome
    tags: tuple[str, ...]
    team: str
    agent_email: str
    turns: tuple[Turn, ...]
    opened_at: datetime
    closed_at: datetime | None

    def shifted(self, by: timedelta) -> "DemoConversation":
        """The same conversation at another time."""
        turns = tuple(replace(turn, at=turn.at + by) for turn in self.turns)
        return replace(self, turns=turns, opened_at=turns[0].at, closed_at=self.closed_at and self.closed_at + by)


@dataclass(frozen=True, slots=True)
class Situation:
    """Who writes, and about which order and pieces."""

    customer: Customer
    order: Order | None
    product: Product
    other: Product

    def fill(self, text: str, lang: Lang, agent: Person | None = None) -> str:
        return text.format(
            order=self.order.id if self.order else "",
            tracking=self.order.tracking or self.order.id if self.order else "",
            product=spoken_name(self.product, lang),
            product2=spoken_name(self.other, lang),
            city=self.customer.city,
            agent=agent.name.of(lang) if agent else "",
        )


@dataclass(slots=True)
class Pen:
    """Writes turns one after another, each a believable while after the last."""

    rng: random.Random
    lang: Lang
    pools: Pools
    situation: Situation
    at: datetime
    turns: list[Turn] = field(default_factory=list[Turn])
    slowness: float = 1.0

    def write(self, author: Author, phrasings: Sequence[str], agent: Person | None = None) -> None:
        text = self.situation.fill(self.rng.choice(phrasings), self.lang, agent)
        self._put(Turn(author, text, self._later(author), agent.email if agent and author == "agent" else ""))

    def answer(self, entry: FaqEntry) -> None:
        """The bot answers with an FAQ entry, word for word."""
        self._put(Turn("bot", entry.answer, self._later("bot"), entry_slug=entry.slug))

    def opening(self, phrasings: Sequence[str]) -> None:
        """The customer's first words, with or without a greeting."""
        self._joined(self.rng.choice(self.pools.hello), phrasings)

    def another(self, phrasings: Sequence[str]) -> None:
        """The customer asks something else."""
        self._joined(self.rng.choice(self.pools.more), phrasings)

    def wait(self, least: float, most: float) -> None:
        """Lets that many seconds go by."""
        self.at += timedelta(seconds=round(self.rng.uniform(least, most)))

    def plain(self, author: Author, text: str) -> None:
        self._put(Turn(author, text, self._later(author)))

    def _joined(self, prefix: str, phrasings: Sequence[str]) -> None:
        text = self.situation.fill(self.rng.choice(phrasings), self.lang)
        if prefix and prefix[-1] in " :" and not prefix.rstrip().endswith(("!", ".")):
            text = _lowered(text)
        self._put(Turn("customer", prefix + text, self._later("customer") if self.turns else self.at))

    def _later(self, author: Author) -> datetime:
        least, most = _GAPS[author]
        slow = self.slowness if author in {"customer", "agent"} else 1.0
        self.wait(least * slow, most * slow)
        return self.at

    def _put(self, turn: Turn) -> None:
        self.turns.append(turn)


def spoken_name(product: Product, lang: Lang) -> str:
    """A piece as people call it in a chat: without size and extras."""
    if lang == "zh":
        return product.name.zh.split(" ")[0]
    name = product.name.en.split(",")[0].split(":")[0]
    return name if name.startswith("Yixing") else name[0].lower() + name[1:]


def talked_about(products: Sequence[Product], topic: Topic | None) -> list[Product]:
    """The pieces a topic is about; plural names read badly in the scripts and are left out."""
    shapes = topic.shapes if topic else ()
    singular = [one for one in products if not spoken_name(one, "en").endswith(("cups", "tools"))]
    return [one for one in singular if not shapes or one.shape in shapes]


def _lowered(text: str) -> str:
    """`When …` after a greeting becomes `when …`; I, DHL and the like stay."""
    first = text.split(" ", 1)[0]
    keeps = first in {"I", "PayPal", "Yixing", "Macau", "Tracking"} or first.startswith(("I'", "DHL")) or first.isupper()
    return text if keeps or not text else text[0].lower() + text[1:]
