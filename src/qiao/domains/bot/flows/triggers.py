"""Which flow a message begins: nearness to the phrases of each flow against nearness to what must not begin it. Pure.

Nearness of two texts is the cosine of their terms weighted by rarity (the same terms answers are found by); where both have a vector,
half of it is their cosine, stretched over the range in which this model tells meanings apart. It works on words alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.flows.shown import LiveFlow
from qiao.domains.bot.summary import without_entities
from qiao.kit.arrays import Vector
from qiao.kit.text import normalise, retrieval_terms

STARTS_AT = 0.6
OFFERED_AT = 0.5
_TAKES_OVER_AT = 0.68
_UNASKED = 0.88
_ASKED_AT = 0.72
"""A message in the form of a question about things in general must be this near to begin anything."""
_ASKING = re.compile(
    r"怎么(?!还|不|没|样了)|如何|多久|几天|多少|谁|什么(?!时候)|可以.*[吗么]|能.*[吗么]|要不要|是否|需要.*吗"
    r"|^(?:do|does|how|what|can i|could i|is (?:it|there)|are|who|which|when do|should)\b"
)
_CLEARLY, _CLEAR_MARGIN = 0.58, 0.25
"""Also enough: less near, with nothing else anywhere near."""
MARGIN = 0.04
"""How much nearer a flow's own phrases must be than what must not begin it, and than those of other flows, to begin it unasked."""
_FAR, _SAME = 0.8, 0.97
"""Cosines of the embedder between which nearness is told apart."""
MAX_CHARACTERS = 200
_BARE = 3
_MANY = 4
"""Phrases from which on one of them says little of the whole flow."""
_LITTLE = 0.35
_COMMON = {
    *("i", "d", "like", "to", "want", "a", "an", "the", "my", "me", "please", "can", "could", "would", "you", "your", "it", "this"),
    *("that", "is", "of", "for", "on", "in", "at", "have", "has", "do", "did", "s", "t", "be", "we", "need", "get", "what", "are"),
    *("any", "there", "with", "when", "how", "and", "if", "or", "im", "am", "so", "just", "not", "don", "no", "put", "go", "question"),
    *("about", "us", "our", "我", "想", "要", "的", "了", "吗", "帮", "一", "下", "请", "我想", "我要", "想要", "帮我", "一下", "请问"),
    *("你", "们", "你们", "这", "个", "这个", "是", "有", "么", "什", "什么", "怎", "怎么", "么样", "样", "在", "就", "都", "和", "能"),
    *("能不", "不", "可", "可以"),
}  # fmt: skip
"""Words of any wish: they say that something is wanted, not what."""
_MARKS = " ?!.,;:。、…~！？，；："


class FlowGuess(Struct, frozen=True):
    """A flow that a message may want. `near` 0..1 to its phrases, `against` to what must not begin it; `exact`: the very words.

    `bare`: a word or two that name a matter and wish for nothing (退货, "invoice"): never enough to begin. `passing`: such a word that only
    one of many phrases has (杯子, of 杯子碎了): it is about the thing, not the matter. `asking`: in the form of a question about things
    in general. `by_intent`: `near` is the chance that the message has the flow's intent.
    """

    flow_id: UUID
    near: float
    against: float
    exact: bool
    bare: bool = False
    asking: bool = False
    passing: bool = False
    by_intent: bool = False

    @property
    def starts(self) -> bool:
        """Sure enough to begin."""
        ahead = self.near - self.against
        if self.asking and self.near < _ASKED_AT:
            return self.exact
        surely = self.near >= STARTS_AT and ahead >= MARGIN
        return self.exact or (not self.bare and (surely or (self.near >= _CLEARLY and ahead >= _CLEAR_MARGIN)))

    @property
    def takes_over(self) -> bool:
        """Sure enough to leave another flow for it."""
        return self.exact or (self.near >= _TAKES_OVER_AT and self.near - self.against >= MARGIN)

    @property
    def offers(self) -> bool:
        """Near enough to stand among the suggestions."""
        return self.exact or (not self.passing and self.near >= OFFERED_AT and self.near >= self.against - MARGIN)


class _Phrase(Struct, frozen=True):
    flow: int
    own: bool
    normal: str
    terms: Mapping[str, float]
    length: float


class TriggerIndex:
    """The phrases of a workspace's flows. Immutable; safe to ask from many threads."""

    def __init__(self, flows: Sequence[LiveFlow]) -> None:
        self._flows = flows
        raw = [
            (at, own, form)
            for at, flow in enumerate(flows)
            for own, phrases in ((True, flow.definition.trigger.phrases), (False, flow.definition.trigger.not_phrases))
            for texts in phrases.values()
            for text in texts
            if (form := plain_form(text))
        ]
        counts = [Counter(_terms(text)) for _, _, text in raw]
        seen = Counter(term for one in counts for term in one)
        self._rarity = {term: math.log(1 + len(raw) / count) for term, count in seen.items()}
        # What no phrase knows is mostly what is sold: it says little of what is wanted.
        self._unknown = 0.5 * math.log(2 + len(raw))
        self._phrases = [
            _Phrase(at, own, text, weighed, _length(weighed))
            for (at, own, text), count in zip(raw, counts, strict=True)
            for weighed in (self._weigh(count),)
        ]

        self._postings: dict[str, list[tuple[int, float]]] = {}
        for at, phrase in enumerate(self._phrases):
            for term, weight in phrase.terms.items():
                self._postings.setdefault(term, []).append((at, weight))
        self._exact = {phrase.normal: flows[phrase.flow].id for phrase in self._phrases if phrase.own}

    def meant(self, text: str, flow_id: UUID, chance: float, near: Sequence[FlowGuess]) -> FlowGuess | None:
        """The guess of a flow whose intent a message has with a chance; None when its words say clearly that it is not wanted.

        `near`: what `guesses` said of the same message.
        """
        normal = plain_form(text)
        weighed = self._weigh(Counter(_terms(normal)))
        own = next((one.near for one in near if one.flow_id == flow_id), 0.0)
        denied = [
            1.0 if phrase.normal == normal else words
            for at, words in self._words(weighed, _length(weighed)).items()
            for phrase in (self._phrases[at],)
            if not phrase.own and self._flows[phrase.flow].id == flow_id
        ]
        against = max([*denied, *(one.near for one in near if one.flow_id != flow_id)], default=0.0)
        if against >= OFFERED_AT and against > own + MARGIN:
            return None
        bare, asking = _is_bare(normal), _ASKING.search(normal) is not None
        return FlowGuess(flow_id, round(max(chance, STARTS_AT), 4), 0.0, exact=False, bare=bare, asking=asking, by_intent=True)

    @property
    def texts(self) -> list[str]:
        """Every phrase in the form in which its meaning is computed."""
        return list(dict.fromkeys(phrase.normal for phrase in self._phrases))

    def guesses(self, text: str, vector: Vector | None = None, vectors: Mapping[str, Vector] | None = None) -> list[FlowGuess]:
        """Every flow that is near at all, the nearest first. `vectors`: those there are of `texts`."""
        normal = plain_form(text)
        weighed = self._weigh(Counter(_terms(normal)))
        if not weighed:
            return []
        length = _length(weighed)
        words = self._words(weighed, length)
        met = words if vector is None or not vectors else range(len(self._phrases))
        near = [
            (phrase, _near(phrase, normal, words.get(at, 0.0), _cosine(phrase, vector, vectors)))
            for at in met
            for phrase in (self._phrases[at],)
        ]
        own = [
            max((value for phrase, value in near if phrase.own and phrase.flow == at), default=0.0)
            for at in range(len(self._flows))
        ]
        bare, asking = _is_bare(normal), _ASKING.search(normal) is not None
        # Who asks for nothing in general is not held off by questions in general.
        held_off = 1.0 if asking else _UNASKED
        denied = [
            max((value * held_off for phrase, value in near if not phrase.own and phrase.flow == at), default=0.0)
            for at in range(len(self._flows))
        ]
        exact = {phrase.flow for phrase in self._phrases if phrase.own and phrase.normal == normal}
        found = [
            FlowGuess(
                flow_id=flow.id,
                near=round(own[at], 4),
                against=round(max([denied[at], *(own[:at]), *(own[at + 1 :])]), 4),
                exact=at in exact,
                bare=bare,
                asking=asking,
                passing=bare and self._in_passing(normal, at),
            )
            for at, flow in enumerate(self._flows)
            if own[at] > 0
        ]
        return sorted(found, key=lambda one: (not one.exact, -one.near))

    def _in_passing(self, normal: str, flow: int) -> bool:
        """Whether only one of the flow's many phrases has a bare word."""
        phrases = [phrase.normal for phrase in self._phrases if phrase.own and phrase.flow == flow]
        said = [word for word in normal.split() if word not in _COMMON]
        return len(phrases) >= _MANY and bool(said) and sum(all(word in one for word in said) for one in phrases) == 1

    def near_to(self, text: str, other: str) -> float:
        """Nearness of any two texts by their words."""
        left, right = self._weigh(Counter(_terms(plain_form(text)))), self._weigh(Counter(_terms(plain_form(other))))
        return _overlap(left, _length(left), right, _length(right))

    def exact(self, text: str) -> UUID | None:
        """The flow that has a message as one of its very phrases."""
        return self._exact.get(plain_form(text))

    def _words(self, weighed: Mapping[str, float], length: float) -> dict[int, float]:
        """Nearness by words to every phrase that shares one."""
        shared: dict[int, float] = {}
        for term, weight in weighed.items():
            for at, other in self._postings.get(term, ()):
                shared[at] = shared.get(at, 0.0) + weight * other
        return {at: value / (length * self._phrases[at].length) for at, value in shared.items()}

    def _weigh(self, counts: Mapping[str, int]) -> dict[str, float]:
        return {
            term: min(count, 2) * self._rarity.get(term, self._unknown) * (_LITTLE if term in _COMMON else 1.0)
            for term, count in counts.items()
        }


def _near(phrase: _Phrase, normal: str, words: float, cosine: float | None) -> float:
    if phrase.normal == normal:
        return 1.0
    if cosine is None:
        return words
    return max(words, 0.5 * words + 0.5 * min(max((cosine - _FAR) / (_SAME - _FAR), 0.0), 1.0))


def _is_bare(normal: str) -> bool:
    said = [word for word in normal.split() if word not in _COMMON]
    return len(normal) <= _BARE if not normal.isascii() else len(said) <= 1


def plain_form(text: str) -> str:
    """A message without numbers, addresses and marks around it."""
    return normalise(without_entities(text[:MAX_CHARACTERS])).strip(_MARKS)


def _terms(text: str) -> Iterable[str]:
    """Terms, without the trigrams of misspelled words: they would make everything English a little alike."""
    return (term for term in retrieval_terms(text) if not term.startswith("~"))


def _length(weighed: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0


def _overlap(left: Mapping[str, float], left_length: float, right: Mapping[str, float], right_length: float) -> float:
    return sum(weight * right[term] for term, weight in left.items() if term in right) / (left_length * right_length)


def _cosine(phrase: _Phrase, vector: Vector | None, vectors: Mapping[str, Vector] | None) -> float | None:
    other = vectors.get(phrase.normal) if vectors and vector is not None else None
    return float(other @ vector) if other is not None and vector is not None else None
