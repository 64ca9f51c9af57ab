"""Pure decisions of routing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from qiao.domains.routing.contracts import Candidate, Guess, HandOverCase, Priority, RoutingRule, TriageReason
from qiao.kit.text import normalise

DEFAULT_GAP_SECONDS = 90.0
MAX_ESTIMATE_SECONDS = 3 * 3600
HEAD_START: Mapping[Priority, timedelta] = {
    "urgent": timedelta(hours=4),
    "high": timedelta(minutes=30),
    "normal": timedelta(0),
    "low": timedelta(minutes=-30),
}
"""By how much sooner a conversation counts as having come. A head start and no class of its own: nobody waits for ever."""
LONG_WAIT = timedelta(minutes=30)
_MOODS: Mapping[str, Priority] = {"emergency": "urgent", "angry": "high"}
_RANK: Sequence[Priority] = ("low", "normal", "high", "urgent")
_BOUND = 4_000


def choose(candidates: Iterable[Candidate], team_id: UUID | None) -> Candidate | None:
    """The least loaded, in share of their limit, of those in the team and under the limit; then who waited longest for work."""
    able = [one for one in candidates if one.load < one.limit and (team_id is None or team_id in one.team_ids)]
    return min(able, key=lambda one: (one.load / one.limit, one.last_assigned, str(one.person_id)), default=None)


def estimate(position: int, gaps: Sequence[float], online: int) -> int | None:
    """Seconds until the place is reached: the median gap between recent assignments, once a place. None while nobody is online.

    Without history, one person is taken to accept a conversation each DEFAULT_GAP_SECONDS.
    """
    if online == 0:
        return None
    ordered = sorted(gaps)
    gap = ordered[len(ordered) // 2] if len(ordered) >= 3 else DEFAULT_GAP_SECONDS / online
    return int(min(MAX_ESTIMATE_SECONDS, max(10.0, position * min(gap, 1800.0))))


def counts_from(waiting_since: datetime, priority: Priority) -> datetime:
    """When a conversation counts as having come: the queue is in the order of this."""
    return waiting_since - HEAD_START[priority]


def shown_priority(
    priority: Priority, reason: TriageReason, waiting_since: datetime, now: datetime
) -> tuple[Priority, TriageReason]:
    """What people are shown: who has waited long is no ordinary case any more. What a person chose stays."""
    if priority == "normal" and reason != "chosen" and now - waiting_since >= LONG_WAIT:
        return "high", "waited"
    return priority, reason


def guess(case: HandOverCase, rules: Iterable[RoutingRule]) -> Guess:
    """Team and priority at hand-over: danger and anger say how urgent, the first rule that fits says for whom, the higher counts."""
    rule, detail = next(((one, met) for one in rules if (met := fits(one, case)) is not None), (None, ""))
    mood = _MOODS.get(case.reason, "normal")
    wanted = rule.priority if rule is not None and rule.priority else "normal"
    by_rule = rule is not None and rule.priority is not None and (mood == "normal" or _RANK.index(wanted) > _RANK.index(mood))
    reason: TriageReason = "rule" if by_rule else "emergency" if mood == "urgent" else "angry" if mood == "high" else "none"
    return Guess(
        priority=wanted if by_rule else mood,
        reason=reason if rule is None or reason != "none" else "rule",
        detail=detail,
        team_id=rule.team_id if rule else None,
        rule_id=rule.id if rule else None,
    )


def fits(rule: RoutingRule, case: HandOverCase) -> str | None:
    """The word or intent by which a rule fits, '' when the inbox alone does; None when a condition does not hold."""
    if rule.inbox_id is not None and rule.inbox_id != case.inbox_id:
        return None
    if rule.intent is not None and rule.intent != case.intent:
        return None
    if not rule.words:
        return rule.intent or "" if rule.intent or rule.inbox_id else None
    said = normalise(case.words[-_BOUND:])
    return next((word for word in rule.words if said_in(word, said)), None)


def said_in(word: str, said: str) -> bool:
    """Whether a normalised text holds a word; a Latin one where words begin and end."""
    wanted = normalise(word)
    if not wanted:
        return False
    if not wanted.isascii():
        return wanted in said
    return re.search(rf"(?<![a-z0-9]){re.escape(wanted)}(?![a-z0-9])", said) is not None
