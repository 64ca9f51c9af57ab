"""What is counted of one day of one inbox, and how days are put together. Pure.

Times are kept as they are, in four bytes each, because a median of medians is none: of days put together they are sorted anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.analytics.contracts import Spread
from qiao.kit.arrays import NDArray, np

Id = str
"""A person's or an inbox's id as text, as it is kept: a report reads thousands of them, and texts are read and compared faster."""
NOBODY: Id = str(UUID(int=0))
Span = tuple[datetime, datetime]
"""A half-open stretch of time."""


class Counts(Struct, frozen=True, array_like=True):
    """How many: of the conversations opened on the day, and `resolved` of those resolved on it."""

    conversations: int = 0
    bot_answered: int = 0
    handed_over: int = 0
    unanswered: int = 0
    bot_sessions: int = 0
    resolved: int = 0


class Times(Struct, frozen=True, array_like=True):
    """By whom, and how long: resolutions and first responses by person (NOBODY without one), seconds as big-endian int32."""

    resolved: dict[Id, int] = {}
    responses: dict[Id, bytes] = {}
    resolutions: bytes = b""


class Tally(Struct, frozen=True):
    """A day by inbox. `moving`: something will count otherwise though nothing happens, because the bot's customer may be silent."""

    counts: dict[Id, Counts]
    times: dict[Id, Times]
    moving: bool = False

    def of(self, inbox_id: UUID | None) -> Tally:
        """The same of one inbox alone; of all without one."""
        if inbox_id is None:
            return self
        named = str(inbox_id)
        counts = {named: self.counts[named]} if named in self.counts else {}
        return Tally(counts, {named: self.times[named]} if named in self.times else {})


def sum_counts(tallies: Iterable[Tally]) -> Counts:
    """Days and inboxes put together."""
    rows = [msgspec.structs.astuple(one) for tally in tallies for one in tally.counts.values()]
    return Counts(*map(sum, zip(*rows, strict=True)))


def resolved_by(tallies: Iterable[Tally]) -> Mapping[Id, int]:
    """How many each person resolved."""
    done: defaultdict[Id, int] = defaultdict(int)
    for tally in tallies:
        for times in tally.times.values():
            for person_id, resolved in times.resolved.items():
                done[person_id] += resolved
    return done


def responses_by(tallies: Iterable[Tally]) -> Mapping[Id, Spread]:
    """First responses of each person who gave any."""
    parts: defaultdict[Id, list[bytes]] = defaultdict(list)
    for tally in tallies:
        for times in tally.times.values():
            for person_id, seconds in times.responses.items():
                parts[person_id].append(seconds)
    return {person_id: spread_of(some) for person_id, some in parts.items()}


def responses(tallies: Iterable[Tally]) -> Spread:
    """First responses of all."""
    times = [one for tally in tallies for one in tally.times.values()]
    return spread_of([seconds for one in times for seconds in one.responses.values()])


def resolutions(tallies: Iterable[Tally]) -> Spread:
    """How long it took until the last resolve."""
    return spread_of([one.resolutions for tally in tallies for one in tally.times.values()])


def spread_of(parts: Sequence[bytes]) -> Spread:
    """Median and 90th percentile of packed seconds by linear interpolation, as PostgreSQL's `percentile_cont` is defined."""
    packed = b"".join(parts)
    if not packed:
        return Spread(None, None)
    ordered = np.sort(np.frombuffer(packed, ">i4").astype(np.int32))
    return Spread(_percentile(ordered, 0.5), _percentile(ordered, 0.9))


def _percentile(ordered: NDArray[np.int32], share: float) -> int:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = low if place == low else low + 1
    below, above = int(ordered[low]), int(ordered[high])
    return round(below + (place - low) * (above - below))
