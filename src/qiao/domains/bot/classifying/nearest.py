"""What a message wants by its nearest example: for new intents, and while there are too few examples to train on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    def read(self, text: str, vector: Vector | None) -> list[Neighbour]:
        """The intents with the nearest examples, best first."""
        if vector is None or self._vectors is None:
            return self._chances(self._by_words(text), _HALF_BY_WORDS, _STEEP_BY_WORDS)
        likeness = self._vectors @ vector
        pairs = zip(self._meant, likeness, strict=True)
        return self._chances(_best([(self._intents[at], float(one)) for at, one in pairs]), _HALF_BY_MEANING, _STEEP_BY_MEANING)

    def _by_words(self, text: str) -> dict[UUID, float]:
        asked = np.zeros(len(self._lexicon.vocabulary), dtype=np.float32)
        row = self._lexicon.row(text)
        asked[row.at] = row.weights
        likeness = (float(asked[one.at] @ one.weights) * row.coverage for one in self._rows)
        return _best(list(zip(self._intents, likeness, strict=True)))

    def _chances(self, likeness: Mapping[UUID, float], half: float, steep: float) -> list[Neighbour]:
        if not likeness:
            return []
        best = max(likeness.values())
        powers = {intent: float(np.exp(steep * (one - best))) for intent, one in likeness.items()}
        whole = sum(powers.values())
        in_scope = 1 / (1 + float(np.exp(-steep * (best - half))))
        found = [Neighbour(intent, power / whole, in_scope) for intent, power in powers.items()]
        return sorted(found, key=lambda one: (-one.probability, str(one.intent_id)))


def _best(pairs: Sequence[tuple[UUID, float]]) -> dict[UUID, float]:
    best: dict[UUID, float] = {}
    for intent, likeness in pairs:
        best[intent] = max(best.get(intent, -1.0), likeness)
    return best
