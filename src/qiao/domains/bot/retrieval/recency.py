"""How recent things are, from 0 to 1, counted from the newest of them and not from now: the same knowledge is always weighed alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

HALF_LIFE = timedelta(days=90)
"""What is this much older than the newest counts half."""


def freshness(moments: Sequence[datetime | None], newest: datetime | None = None) -> list[float]:
    """1 for the newest moment (or for `newest`, when given, and all after it), half of that a HALF_LIFE before; 0 where it is not known.

    Moments are all aware or all naive.
    """
    latest = newest or max((one for one in moments if one is not None), default=None)
    if latest is None:
        return [0.0] * len(moments)
    return [0.0 if one is None else 0.5 ** (max(latest - one, timedelta()) / HALF_LIFE) for one in moments]
