"""What a message wants by its nearest example: for new intents, and while there are too few examples to train on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.classifying.lexicon import Lexicon
from qiao.kit.arrays import Vector, np

# How alike a question and its nearest example are: where half are in scope, and how steeply that changes. By customary shop
# questions in Chinese and English; centred unit vectors of unrelated questions lie near 0, TF-IDF rows share few terms.
_HALF_BY_MEANING, _STEEP_BY_MEANING = 0.55, 12.0
_HALF_BY_WORDS, _STEEP_BY_WORDS = 0.3, 12.0


class Neighbour(Struct, frozen=True):
    """An intent with the likeness of its nearest example, as chances."""

    intent_id: UUID
    probability: float
    in_scope: float


class Neighbours:
    """Examples with their intents. Built once; reading is pure."""

    def __init__(self, examples: Sequence[tuple[UUID, str]], vectors: Mapping[str, Vector]) -> None:
        self._intents = [intent for intent, _ in examples]
        self._lexicon = Lexicon.of([text for _, text in examples])
        self._rows = [self._lexicon.row(text) for _, text in examples]
        self._meant = [at for at, (_, text) in enumerate(examples) if text in vectors]
        self._vectors = np.stack([vectors[examples[at][1]] for at in self._meant]) if self._meant else None
        self._unread = frozenset(range(len(examples))).difference(self._meant)

    def read(self, text: str, vector: Vector | None) -> list[Neighbour]:
        """The intents with the nearest examples, best first. Examples whose meaning is not known yet count by their words."""
        if vector is None or self._vectors is None:
            return _chances(self._by_words(text, range(len(self._rows))))
        likeness = _STEEP_BY_MEANING * (self._vectors @ vector - _HALF_BY_MEANING)
        meant = [(self._intents[at], float(one)) for at, one in zip(self._meant, likeness, strict=True)]
        return _chances([*meant, *self._by_words(text, self._unread)])

    def _by_words(self, text: str, examples: Iterable[int]) -> list[tuple[UUID, float]]:
        asked = np.zeros(len(self._lexicon.vocabulary), dtype=np.float32)
        row = self._lexicon.row(text)
        asked[row.at] = row.weights
        rows = ((self._intents[at], self._rows[at]) for at in examples)
        likeness = ((intent, float(asked[one.at] @ one.weights) * row.coverage) for intent, one in rows)
        return [(intent, _STEEP_BY_WORDS * (one - _HALF_BY_WORDS)) for intent, one in likeness]


def _chances(found: Iterable[tuple[UUID, float]]) -> list[Neighbour]:
    """From the log-odds of single examples, whichever way they were compared."""
    odds: dict[UUID, float] = {}
    for intent, one in found:
        odds[intent] = max(odds.get(intent, one), one)
    if not odds:
        return []
    best = max(odds.values())
    powers = {intent: float(np.exp(one - best)) for intent, one in odds.items()}
    whole = sum(powers.values())
    in_scope = 1 / (1 + float(np.exp(-best)))
    near = [Neighbour(intent, power / whole, in_scope) for intent, power in powers.items()]
    return sorted(near, key=lambda one: (-one.probability, str(one.intent_id)))
