"""Thirty days of believable conversations of the demo shop.

Pure and repeatable: the same customers, people, FAQ, moment and seed give the same conversations. Rhythm is in `demo.rhythm`,
words are in `demo/content/scripts.*.toml`, the writing of a single conversation in `demo.talk`.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from demo.content import LANGS, Company, FaqEntry, Lang, Person, Product, load_company, load_products
from demo.customers import Customer, Order
from demo.rhythm import is_open, next_opening, openings
from demo.scripts import Repertoire, Script, Stage, Topic, load_repertoire
from demo.talk import DemoConversation, Outcome, Pen, Situation, Turn, talked_about

__all__ = ["DemoConversation", "Outcome", "Turn", "conversations"]

_FINISHED: dict[Outcome, int] = {"bot_answered": 57, "handed_over_resolved": 27, "unanswered": 9, "abandoned": 7}
_OPEN_NOW: tuple[Lang, ...] = ("zh", "zh", "en", "zh", "en", "zh", "zh", "en")
_WAITING_NOW: tuple[Lang, ...] = ("zh", "en", "zh")

# Days between an order and what is said about it: before it leaves, on its way, just arrived, while it may go back, too late for that.
_DAYS: dict[Lang, dict[Stage, tuple[float, float]]] = {
    "zh": {"before": (0.02, 1.6), "way": (2, 8), "arrived": (1.5, 5), "after": (3, 15), "late": (18, 25)},
    "en": {"before": (0.02, 1.8), "way": (4, 13), "arrived": (7, 12), "after": (8, 21), "late": (24, 34)},
}
# A question is asked more often when it is the entry of a topic.
_HOT, _COLD = 4, 1


def conversations(  # noqa: PLR0913, PLR0917 (the demo's one door: everything that the result depends on is handed in)
    customers: Sequence[Customer],
    agents: Sequence[Person],
    faq: Mapping[Lang, Sequence[FaqEntry]],
    now: datetime,
    seed: int = 2026,
    days: int = 30,
) -> Iterator[DemoConversation]:
    """About 1,000 conversations of the `days` before `now` (aware), oldest first; the last hour holds open and waiting ones.

    Orders are spoken of when they would be, so the customers should be made for the day of `now`.
    """
    desk = _Desk(random.Random(seed), customers, agents, faq)
    since = now - timedelta(days=days)
    written = [desk.finished(at, lang) for at, lang in sorted(openings(desk.rng, since, now))]
    told = [one for one in written if one.closed_at is not None and one.closed_at < now]
    told += [desk.open(now, lang) for lang in _OPEN_NOW]
    told += [desk.waiting(now, lang, place) for place, lang in enumerate(_WAITING_NOW)]
    told.sort(key=lambda one: (one.opened_at, one.customer_email))
    for number, one in enumerate(told, start=1):
        yield replace(one, id=f"demo-{number:04d}")


@dataclass(frozen=True, slots=True)
class _Tongue:
    """What one language has to say."""

    repertoire: Repertoire
    entries: dict[str, FaqEntry]
    weights: tuple[int, ...]
    customers: tuple[Customer, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What a person takes over."""

    topic: Topic
    script: Script
    agent: Person


class _Desk:
    def __init__(
        self, rng: random.Random, customers: Sequence[Customer], agents: Sequence[Person], faq: Mapping[Lang, Sequence[FaqEntry]]
    ) -> None:
        self.rng = rng
        self.company: Company = load_company()
        self.products: tuple[Product, ...] = load_products()
        self.by_sku: dict[str, Product] = {product.sku: product for product in self.products}
        self.agents: Sequence[Person] = agents
        # How many conversations each has that are not done, by e-mail.
        self.holding: Counter[str] = Counter()
        self.tongues: dict[Lang, _Tongue] = {lang: _tongue(lang, customers, faq[lang]) for lang in LANGS}

    def finished(self, at: datetime, lang: Lang) -> DemoConversation:
        outcome: Outcome = self.rng.choices(tuple(_FINISHED), weights=tuple(_FINISHED.values()))[0]
        ways: Mapping[Outcome, Callable[[datetime, Lang], DemoConversation]] = {
            "bot_answered": self._bot_answered,
            "handed_over_resolved": self._handed_over,
            "unanswered": self._unanswered,
            "abandoned": self._abandoned,
        }
        return ways[outcome](at, lang)

    def open(self, now: datetime, lang: Lang) -> DemoConversation:
        """A conversation in which a person has taken over and which is not done."""
        topic, situation = self._topic(now, lang)
        pen = self._pen(now, lang, situation)
        agent = self._agent(topic.team, lang, topic.slug)
        self.holding[agent.email] += 1
        script = self._asked_the_bot(pen, topic)
        self._passed_on(pen, _Part(topic, script, agent), ahead=0)
        met = len(pen.turns)
        self._played(pen, script, agent)
        kept = pen.turns[: self.rng.randint(met, len(pen.turns))]
        done = self._told(pen, topic.slug, "open", topic=topic, agent=agent)
        done = replace(done, turns=tuple(kept), closed_at=None)
        return done.shifted(now - timedelta(seconds=self.rng.randint(20, 14 * 60)) - kept[-1].at)

    def waiting(self, now: datetime, lang: Lang, place: int) -> DemoConversation:
        """A conversation that waits in the queue for a person, `place` others ahead."""
        topic, situation = self._topic(now, lang)
        pen = self._pen(now, lang, situation)
        script = self._asked_the_bot(pen, topic)
        self._queued(pen, topic, script, place)
        done = replace(self._told(pen, topic.slug, "waiting", topic=topic), closed_at=None)
        return done.shifted(now - timedelta(seconds=340 - 110 * place + self.rng.randint(0, 40)) - pen.turns[-1].at)

    def _bot_answered(self, at: datetime, lang: Lang) -> DemoConversation:
        tongue = self.tongues[lang]
        entry = self.rng.choices(tuple(tongue.entries.values()), weights=tongue.weights)[0]
        pen = self._pen(at, lang, self._anyone(lang))
        pen.opening((entry.question, *entry.variants))
        pen.answer(entry)
        if self.rng.random() < 0.32:
            related = [other for other in tongue.entries.values() if other.category == entry.category and other is not entry]
            second = self.rng.choice(related)
            pen.another((second.question, *second.variants))
            pen.answer(second)
        if self.rng.random() < 0.7:
            pen.write("customer", tongue.repertoire.pools.thanks)
            pen.write("bot", tongue.repertoire.pools.bot_bye)
        slugs = {topic.entry: topic.slug for topic in tongue.repertoire.topics}
        return self._told(pen, slugs.get(entry.slug, entry.category), "bot_answered")

    def _handed_over(self, at: datetime, lang: Lang) -> DemoConversation:
        topic, situation = self._topic(at, lang)
        agent = self._agent(topic.team, lang, topic.slug)
        pen = self._pen(at, lang, situation)
        script = self._asked_the_bot(pen, topic)
        self._passed_on(pen, _Part(topic, script, agent), ahead=self.rng.randint(0, 3))
        self._played(pen, script, agent)
        pen.write("customer", pen.pools.customer_done, agent)
        pen.write("agent", pen.pools.agent_bye, agent)
        return self._told(pen, topic.slug, "handed_over_resolved", topic=topic, agent=agent)

    def _unanswered(self, at: datetime, lang: Lang) -> DemoConversation:
        pools = self.tongues[lang].repertoire.pools
        unknown = self.rng.choice(self.tongues[lang].repertoire.unknown)
        pen = self._pen(at, lang, self._anyone(lang))
        pen.opening(unknown.asks)
        pen.write("bot", pools.bot_unknown)
        if is_open(pen.at, self.company.hours) and self.rng.random() < 0.3:
            agent = self._agent("pre-sales", lang, "unknown")
            pen.write("customer", pools.ask_human)
            pen.write("bot", pools.bot_handover)
            self._joined(pen, agent)
            pen.write("agent", (unknown.answer,), agent)
            pen.write("customer", pools.customer_done, agent)
            return self._told(pen, "unknown", "handed_over_resolved", agent=agent)
        if self.rng.random() < 0.6:
            pen.write("customer", pools.give_up)
        return self._told(pen, "unknown", "unanswered")

    def _abandoned(self, at: datetime, lang: Lang) -> DemoConversation:
        if is_open(at, self.company.hours) and self.rng.random() < 0.4:
            topic, situation = self._topic(at, lang)
            pen = self._pen(at, lang, situation)
            script = self._asked_the_bot(pen, topic)
            self._queued(pen, topic, script, self.rng.randint(2, 5))
            pen.wait(60, 200)
            pen.write("customer", pen.pools.impatient)
            return self._told(pen, topic.slug, "abandoned", topic=topic)
        pen = self._pen(at, lang, self._anyone(lang))
        pen.opening(pen.pools.vague)
        pen.write("bot", pen.pools.clarify)
        return self._told(pen, "unclear", "abandoned")

    def _pen(self, at: datetime, lang: Lang, situation: Situation) -> Pen:
        return Pen(self.rng, lang, self.tongues[lang].repertoire.pools, situation, at)

    def _asked_the_bot(self, pen: Pen, topic: Topic) -> Script:
        """The first question and the bot's answer; hands back the script that goes with the question."""
        script = self.rng.choice(topic.scripts)
        pen.opening(script.asks or topic.asks)
        pen.answer(self.tongues[pen.lang].entries[script.entry or topic.entry])
        return script

    def _queued(self, pen: Pen, topic: Topic, script: Script, ahead: int) -> None:
        team = next(one.name.of(pen.lang) for one in self.company.teams if one.slug == topic.team)
        pen.write("customer", pen.pools.ask_human)
        pen.write("bot", pen.pools.bot_handover)
        pen.plain("system", pen.pools.queue[0].format(team=team, n=ahead))
        pen.write("note", (script.note,))

    def _passed_on(self, pen: Pen, part: _Part, ahead: int) -> None:
        """The customer asks for a person; by night the person comes when the shop opens."""
        if is_open(pen.at + timedelta(minutes=12), self.company.hours):
            self._queued(pen, part.topic, part.script, ahead)
            pen.wait(15 + 30 * ahead, 70 + 60 * ahead)
            self._joined(pen, part.agent)
            return
        pen.write("customer", pen.pools.ask_human)
        pen.plain("bot", self.company.offline_notice.of(pen.lang))
        pen.write("note", (part.script.note,))
        pen.at = next_opening(pen.at, self.company.hours)
        pen.wait(120, 2_700)
        pen.write("system", pen.pools.joined, part.agent)
        pen.write("agent", pen.pools.agent_after_hours, part.agent)
        pen.slowness = 5.0

    def _joined(self, pen: Pen, agent: Person) -> None:
        pen.write("system", pen.pools.joined, agent)
        pen.write("agent", pen.pools.agent_hello, agent)

    def _played(self, pen: Pen, script: Script, agent: Person) -> None:
        """The script, keeping to one column of its phrasings so that question and answer belong together."""
        column = self.rng.randrange(2)
        for speaker, phrasings in script.spoken():
            pen.write(speaker, phrasings[column : column + 1] or phrasings[-1:], agent)

    def _topic(self, at: datetime, lang: Lang) -> tuple[Topic, Situation]:
        """A topic that somebody has a reason to raise at that moment; those without an order can always be raised."""
        topics = list(self.tongues[lang].repertoire.topics)
        self.rng.shuffle(topics)
        for topic in topics:
            situation = self._situation(topic, at, lang)
            if situation is not None:
                return topic, situation
        raise LookupError("a repertoire needs a topic without a stage")

    def _situation(self, topic: Topic, at: datetime, lang: Lang) -> Situation | None:
        if topic.stage == "any":
            product = self.rng.choice(talked_about(self.products, topic))
            customer = self.rng.choice(self.tongues[lang].customers)
            return Situation(customer, None, product, self._beside(product, topic))
        least, most = _DAYS[lang][topic.stage]
        found = [
            (customer, order, product)
            for customer in self.tongues[lang].customers
            if not topic.countries or customer.country in topic.countries
            for order in customer.orders
            if timedelta(days=least) <= at - order.placed_at <= timedelta(days=most) and len(order.skus) >= topic.pieces
            for product in talked_about([self.by_sku[sku] for sku in order.skus], topic)
        ]
        if not found:
            return None
        customer, order, product = self.rng.choice(found)
        return Situation(customer, order, product, self._second(order, product, topic))

    def _second(self, order: Order, product: Product, topic: Topic) -> Product:
        others = [self.by_sku[sku] for sku in order.skus if sku != product.sku]
        return self.rng.choice(others) if topic.pieces > 1 else self._beside(product, topic)

    def _beside(self, product: Product, topic: Topic) -> Product:
        """Another piece that one might want in place of this one."""
        others = [one for one in talked_about(self.products, topic) if one is not product]
        alike = [one for one in others if one.shape == product.shape]
        return self.rng.choice(alike or others)

    def _anyone(self, lang: Lang) -> Situation:
        product, other = self.rng.sample(talked_about(self.products, None), k=2)
        return Situation(self.rng.choice(self.tongues[lang].customers), None, product, other)

    def _agent(self, team: str, lang: Lang, topic: str) -> Person:
        """Someone of the team who speaks the language; complaints often go to the supervisor."""
        speaking = [one for one in self.agents if lang in one.languages and team in one.teams]
        answering = [one for one in speaking if one.role == "agent"] or speaking
        supervisors = [one for one in speaking if one.role == "supervisor"]
        chosen = supervisors if topic == "complaint" and supervisors and self.rng.random() < 0.45 else answering
        with_room = [one for one in chosen if self.holding[one.email] < one.chat_limit]
        return self.rng.choice(with_room or chosen)

    def _told(
        self, pen: Pen, slug: str, outcome: Outcome, *, topic: Topic | None = None, agent: Person | None = None
    ) -> DemoConversation:
        customer = pen.situation.customer
        tags = topic.tags if topic else ()
        return DemoConversation(
            id="",
            customer_email=customer.email,
            lang=pen.lang,
            topic=slug,
            outcome=outcome,
            tags=(*tags, "VIP") if tags and customer.tier == "gold" else tags,
            team=topic.team if topic else ("pre-sales" if agent else ""),
            agent_email=agent.email if agent else "",
            turns=tuple(pen.turns),
            opened_at=pen.turns[0].at,
            closed_at=pen.turns[-1].at + timedelta(seconds=self.rng.randint(5, 90)),
        )


def _tongue(lang: Lang, customers: Sequence[Customer], entries: Sequence[FaqEntry]) -> _Tongue:
    repertoire = load_repertoire(lang)
    hot = {topic.entry for topic in repertoire.topics}
    weights = tuple(_HOT if entry.slug in hot else _COLD for entry in entries)
    mine = tuple(customer for customer in customers if customer.locale == lang)
    return _Tongue(repertoire, {entry.slug: entry for entry in entries}, weights, mine)
