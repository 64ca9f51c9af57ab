"""How one workspace's answers are weighed against each other: the same start for all, then what its own questions have taught."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID
from zlib import crc32

from msgspec import Struct, field

from qiao.kit.arrays import NDArray, np

FEATURES = (
    "meaning",
    "centre",
    "pooled",
    "covered",
    "covers",
    "shared",
    "numbers",
    "edits",
    "names",
    "agreement",
    "language",
    "faq",
    "popular",
    "recent",
    "rank_meaning",
    "rank_words",
)
"""What is known of a candidate, each about 0..1: the cosine of its best text and of the middle of its texts; all texts pooled, words
included; the share of the question its best text covers and the share of that text the question covers; terms shared of all terms;
numbers and codes that agree (1) or are missing (-1); the share of the question and that text that needs no edit; names, amounts and
counted things that agree (1) or differ (-1); the share of its texts that are nearly as near; the question's language; a FAQ and no
article; how often it helped lately; how recently it was edited; one over its rank by cosine and by covered words."""
START = (0.0, 0.48, 0.36, 0.0, 0.0, 0.07, 0.01, 0.01, 0.01, 0.0, 0.03, 0.0, 0.02, 0.01, 0.0, 0.0)
"""Weights that hold on Chinese and English questions alike, before a workspace has taught anything."""
LEARNED_OF = crc32(" ".join(FEATURES).encode()).to_bytes(4, "big")
"""Tells weights of these FEATURES from those of others: weights mean nothing to a program that knows other features."""
WORDS = 0.5
TEMPERATURE = 0.1
"""Texts of an entry are pooled by a soft maximum, so that several agreeing variants count more than one."""


class Damping(Struct, frozen=True):
    """Directions in which questions of the same answer differ from one another, and how far each is held back, 0..1.

    Measuring cosines after damping is within-class covariance normalisation (Hatch, Kajarekar and Stolcke 2006) kept to the few
    directions that matter. `directions` are half-precision unit rows of `dimensions`, one after the other.
    """

    dimensions: int
    directions: bytes
    strengths: tuple[float, ...]

    def basis(self) -> NDArray[np.float32]:
        """The directions as rows."""
        return np.frombuffer(self.directions, dtype="<f2").astype(np.float32).reshape(len(self.strengths), self.dimensions)


class Tuning(Struct, frozen=True):
    """`weights` go with FEATURES. `popular` holds how often entries helped, 0..1; those not named did not."""

    weights: tuple[float, ...] = START
    damping: Damping | None = None
    popular: Mapping[UUID, float] = field(default_factory=dict[UUID, float])
    words: float = WORDS
    meaning: bool = True
    reranked: bool = True
    """Off only where a part's worth is measured."""
