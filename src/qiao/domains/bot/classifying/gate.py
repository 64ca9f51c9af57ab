"""Whether a newly trained model may take the earlier one's place: both are asked what neither has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from qiao.domains.bot.classifying.contracts import Comparison
from qiao.domains.bot.classifying.model import IntentModel
from qiao.kit.arrays import Vector
from qiao.kit.text import normalise

_ONE_IN = 6
_ALLOWED = 0.02


def is_held_back(text: str) -> bool:
    """One example in six, always the same ones, so that no twin of any version has seen them."""
    return hashlib.sha256(f"held back: {normalise(text)}".encode()).digest()[0] % _ONE_IN == 0


def compare(twin: IntentModel, earlier: IntentModel | None, held_back: Sequence[tuple[str, str, Vector | None]]) -> Comparison:
    """Both on the held-back (label, text, vector)."""
    hits = [_hits(twin, *one) for one in held_back]
    both = [at for at, one in enumerate(held_back) if earlier is not None and one[0] in twin.labels and one[0] in earlier.labels]
    return Comparison(
        held_back=len(held_back),
        compared=len(both),
        hits=sum(hits[at] for at in both),
        earlier=None if earlier is None else sum(_hits(earlier, *held_back[at]) for at in both),
        accuracy=sum(hits) / len(hits) if hits else None,
    )


def may_replace(comparison: Comparison) -> bool:
    """Not when it gets more wrong than chance explains: over one example and over 2 % of those compared."""
    return comparison.earlier is None or comparison.hits >= comparison.earlier - max(1.0, _ALLOWED * comparison.compared)


def _hits(model: IntentModel, label: str, text: str, vector: Vector | None) -> bool:
    return model.labels[int(model.read(text, vector).probabilities.argmax())] == label
