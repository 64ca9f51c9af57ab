"""A setting tried on a share of new conversations. Pure: who gets which version, and how both did."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from qiao.domains.bot.learning.contracts import Arm
from qiao.domains.bot.learning.statistics import Difference, difference, share

_SCALE = 2**32
COMPARED = ("verified", "contained", "handed_over", "helpful")


def has_second(experiment_id: UUID, conversation_id: UUID, part: float) -> bool:
    """Whether a conversation gets the second version: the same answer for ever, `part` of all conversations, and independent of
    other experiments.
    """
    digest = hashlib.sha256(experiment_id.bytes + conversation_id.bytes).digest()
    return int.from_bytes(digest[:4]) < part * _SCALE


def arms(experiment_id: UUID, part: float, sessions: Iterable[Mapping[str, Any]]) -> tuple[Arm, Arm]:
    """Both versions' figures, of judged sessions (conversation_id, verdict, helpful)."""
    split: tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]] = ([], [])
    for one in sessions:
        split[has_second(experiment_id, one["conversation_id"], part)].append(one)
    return _arm(split[0]), _arm(split[1])


def _arm(sessions: Sequence[Mapping[str, Any]]) -> Arm:
    settled = [one["verdict"] for one in sessions if one["verdict"] != "pending"]
    thumbs = [one["helpful"] for one in sessions if one["helpful"] is not None]
    verified = settled.count("verified")
    return Arm(
        sessions=len(sessions),
        settled=len(settled),
        verified=share(verified, len(settled)),
        contained=share(verified + settled.count("assumed"), len(settled)),
        handed_over=share(settled.count("handed_over"), len(settled)),
        helpful=share(sum(thumbs), len(thumbs)),
    )


def differences(first: Arm, second: Arm) -> dict[str, Difference]:
    """How much more the second has of each figure, with 95 % intervals."""
    return {name: difference(getattr(first, name), getattr(second, name)) for name in COMPARED}
