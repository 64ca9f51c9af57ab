"""Pure decisions of routing."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from qiao.domains.routing.contracts import Candidate

DEFAULT_GAP_SECONDS = 90.0
MAX_ESTIMATE_SECONDS = 3 * 3600


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
