"""Days that are over, counted once and kept: `analytics_days`.

A kept day equals what counting its conversations anew gives, always. Any change to one of them takes its days away in the change's own
transaction (the trigger `analytics_days_change`, whichever program writes), and a day is kept only while no writer is under way and
nothing in it counts otherwise with time alone. So rows may be deleted at any moment, and another time zone, whose days begin
elsewhere, finds none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from qiao.domains.analytics.contracts import DEFINITIONS
from qiao.domains.analytics.reports import Reports
from qiao.domains.analytics.tallies import Counts, Id, Span, Tally, Times
from qiao.platform.db.database import Scope

AT_ONCE = 100
"""Days that are counted in one transaction: those who write to conversations' figures wait for it."""
_TRY = "select pg_try_advisory_xact_lock(hashtextextended('analytics_days:' || $1, 0))"
_KEPT = """
select begins, ends, counts, case when begins >= $4 then times end as times from analytics_days
where workspace_id = $1 and begins >= $2 and begins < $3 and definitions = $5
"""
_KEEP = """
insert into analytics_days (workspace_id, begins, ends, definitions, counts, times)
select $1, begins, ends, $2, counts, times
from unnest($3::timestamptz[], $4::timestamptz[], $5::bytea[], $6::bytea[]) as t(begins, ends, counts, times)
on conflict do nothing
"""
_encode = msgspec.msgpack.Encoder().encode
_counts = msgspec.msgpack.Decoder(dict[Id, Counts]).decode
_times = msgspec.msgpack.Decoder(dict[Id, Times]).decode


class Days:
    """The kept days of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def kept(self, begins: datetime, ends: datetime, since: datetime) -> Mapping[Span, Tally]:
        """Those that begin in [begins, ends); with their times from `since` on, before it counts alone."""
        rows = await self._scope.connection.fetch(_KEPT, self._scope.workspace_id, begins, ends, since, DEFINITIONS)
        return {
            (row["begins"], row["ends"]): Tally(_counts(row["counts"]), _times(row["times"]) if row["times"] else {})
            for row in rows
        }

    async def keep(self, days: Sequence[Span], now: datetime) -> None:
        """Count days that are over and keep them; nothing while somebody writes to conversations' figures. Safe to repeat."""
        over = [day for day in days if day[1] <= now][-AT_ONCE:]
        if not over or not await self._scope.connection.fetchval(_TRY, str(self._scope.workspace_id)):
            return
        # Who writes from here on waits at the trigger until this is committed, and then takes away what it changes.
        counted = zip(over, await Reports(self._scope).tallies(over, now), strict=True)
        still = [(day, tally) for day, tally in counted if not tally.moving]
        await self._scope.connection.execute(
            _KEEP,
            self._scope.workspace_id,
            DEFINITIONS,
            [begins for (begins, _), _ in still],
            [ends for (_, ends), _ in still],
            [_encode(tally.counts) for _, tally in still],
            [_encode(tally.times) for _, tally in still],
        )
