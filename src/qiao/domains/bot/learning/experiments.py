"""Something tried on a share of new conversations. Pure: who gets which version, and how both did."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.learning.experiment_contracts import Arm
from qiao.domains.bot.learning.statistics import Difference, difference, share

_SCALE = 2**32
COMPARED = ("verified", "assumed", "contained", "handed_over", "asked_again", "helpful", "finished")


class Met(Struct, frozen=True, kw_only=True):
    """Sessions that met one version and ended alike. `answered`: those it answered; `thumbs`: those that rated it."""

    second: bool
    verdict: str
    sessions: int
    thumbs: int = 0
    helpful: int = 0
    answered: int = 0
    asked_again: int = 0


class Runs(Struct, frozen=True, kw_only=True):
    """Runs of one version of a flow that are over, and how many of them came to their end."""

    second: bool
    over: int
    done: int


def has_second(experiment_id: UUID, conversation_id: UUID, part: float) -> bool:
    """Whether a conversation gets the second version: the same answer for ever, `part` of all conversations, and independent of
    other experiments.
    """
    digest = hashlib.sha256(experiment_id.bytes + conversation_id.bytes).digest()
    return int.from_bytes(digest[:4]) < part * _SCALE


def arms(met: Iterable[Met], runs: Iterable[Runs] = ()) -> tuple[Arm, Arm]:
    """Both versions' figures."""
    sessions, over = list(met), list(runs)
    return _arm(sessions, over, second=False), _arm(sessions, over, second=True)


def _arm(met: Sequence[Met], runs: Sequence[Runs], *, second: bool) -> Arm:
    mine = [one for one in met if one.second is second]
    settled = [one for one in mine if one.verdict != "pending"]
    n = _sum(settled, "sessions")
    ends = {verdict: sum(one.sessions for one in settled if one.verdict == verdict) for verdict in ("verified", "assumed")}
    ran = [one for one in runs if one.second is second]
    return Arm(
        sessions=_sum(mine, "sessions"),
        settled=n,
        verified=share(ends["verified"], n),
        assumed=share(ends["assumed"], n),
        contained=share(sum(ends.values()), n),
        handed_over=share(sum(one.sessions for one in settled if one.verdict == "handed_over"), n),
        asked_again=share(_sum(settled, "asked_again"), _sum(settled, "answered")),
        helpful=share(_sum(mine, "helpful"), _sum(mine, "thumbs")),
        finished=share(_sum(ran, "done"), _sum(ran, "over")),
    )


def _sum(counted: Iterable[Any], field: str) -> int:
    return sum(getattr(one, field) for one in counted)


def differences(first: Arm, second: Arm) -> dict[str, Difference]:
    """How much more the second has of each figure, with 95 % intervals."""
    return {name: difference(getattr(first, name), getattr(second, name)) for name in COMPARED}
