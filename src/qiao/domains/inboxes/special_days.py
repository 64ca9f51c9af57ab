"""The calendar of special days: holidays, worked weekends and other days on which the hours of the week do not count."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.inboxes.contracts import ClockSpan, Inbox, NewSpecialDay, Schedule, SpecialDay
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound, SpecialDayNotFound
from qiao.domains.inboxes.schedule import AHEAD
from qiao.domains.inboxes.special_rules import MAX_AT_ONCE, MAX_KEPT, check_apart, checked, met
from qiao.kit.clock import utc_now
from qiao.kit.ids import InboxId, new_id
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

_COLUMNS = 'id, first, last, name, spans, "like", inbox_id, created_at'
_ONE_WRITES = "select pg_advisory_xact_lock(hashtextextended('special-days/' || $1::text, 7))"
_SPARE = timedelta(days=2)
"""No zone is further from UTC than a day, and a schedule looks at the day before and after."""


async def schedule_of(scope: Scope, inbox: Inbox, since: datetime | None = None) -> Schedule | None:
    """When people answer an inbox, special days from `since` (now) on for as far ahead as schedules look; None: it never closes."""
    if inbox.hours is None:
        return None
    now = utc_now()
    rows = await scope.connection.fetch(
        f"select {_COLUMNS} from special_days where workspace_id = $1 and last >= $2 and first <= $3"
        " and (inbox_id is null or inbox_id = $4) order by first, id",
        scope.workspace_id,
        (min(since or now, now) - _SPARE).date(),
        (now + AHEAD + _SPARE).date(),
        inbox.id,
    )
    return Schedule.of(inbox.hours, [_read(row) for row in rows])


class SpecialDays:
    """Keeps special days of one workspace. Of one inbox, or of the company, no two meet on a day."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def listed(
        self,
        since: date | None,
        until: date | None,
        inbox_id: InboxId | None,
        *,
        after: tuple[date, UUID] | None = None,
        limit: int = 100,
    ) -> list[SpecialDay]:
        """Those that are not over before `since` and begin by `until`, earliest first; with an inbox: those that count there."""
        rows = await self._scope.connection.fetch(
            f"select {_COLUMNS} from special_days where workspace_id = $1 and last >= coalesce($2, last)"
            " and first <= coalesce($3, first) and ($4::uuid is null or inbox_id is null or inbox_id = $4)"
            " and ($5::date is null or (first, id) > ($5, $6::uuid)) order by first, id limit $7",
            self._scope.workspace_id,
            since,
            until,
            inbox_id,
            *(after or (None, None)),
            limit,
        )
        return [_read(row) for row in rows]

    async def add(self, items: Sequence[NewSpecialDay]) -> list[SpecialDay]:
        """Add all of them or none. One that is there already, to the letter, is left as it is: safe to repeat.

        Raises InboxInvalid, InboxNotFound, SpecialDaysMeet.
        """
        if not 1 <= len(items) <= MAX_AT_ONCE:
            raise InboxInvalid(f"1 to {MAX_AT_ONCE} special days at once", field="items", limit=MAX_AT_ONCE)
        given = [checked(one, index) for index, one in enumerate(items)]
        check_apart(given)
        await self._turn({one.inbox_id for one in given})
        there = await self._between(min(one.first for one in given), max(one.last for one in given))
        kept: list[SpecialDay] = []
        new: list[SpecialDay] = []
        for index, one in enumerate(given):
            same = next((old for old in there if _given(old) == one), None)
            if same is None:
                self._check_apart(one, index, there)
                new.append(_made(new_id(), one))
            kept.append(same or new[-1])
        count = await self._scope.connection.fetchval(
            "select count(*) from special_days where workspace_id = $1", self._scope.workspace_id
        )
        if (count or 0) + len(new) > MAX_KEPT:
            raise InboxInvalid(f"a company keeps {MAX_KEPT} special days at most", field="items", limit=MAX_KEPT)
        await self._insert(new)
        noted(None, new[0] if len(new) == 1 else {"name": ", ".join(_called(one) for one in new)})
        return kept

    async def replace(self, special_day_id: UUID, given: NewSpecialDay) -> SpecialDay:
        """Make it what is given; safe to repeat. Raises SpecialDayNotFound, InboxInvalid, InboxNotFound, SpecialDaysMeet."""
        await self._turn(set())
        before = await self._get(special_day_id)
        one = checked(given)
        await self._there({one.inbox_id})
        self._check_apart(one, 0, [old for old in await self._between(one.first, one.last) if old.id != special_day_id])
        row = await self._scope.connection.fetchrow(
            'update special_days set first = $3, last = $4, name = $5, spans = $6, "like" = $7, inbox_id = $8'
            f" where workspace_id = $1 and id = $2 returning {_COLUMNS}",
            self._scope.workspace_id,
            special_day_id,
            *_values(one),
        )
        noted(before, _read(row))
        return _read(row)

    async def remove(self, special_day_id: UUID) -> None:
        """It never was, for what is counted from now on; the audit log remembers it. Raises SpecialDayNotFound."""
        await self._turn(set())
        noted(await self._get(special_day_id), None)
        await self._scope.connection.execute(
            "delete from special_days where workspace_id = $1 and id = $2", self._scope.workspace_id, special_day_id
        )

    async def _turn(self, inbox_ids: set[InboxId | None]) -> None:
        """One writes at a time, until the end of the transaction. Raises InboxNotFound for an inbox that is not there."""
        await self._scope.connection.execute(_ONE_WRITES, str(self._scope.workspace_id))
        await self._there(inbox_ids)

    async def _there(self, inbox_ids: set[InboxId | None]) -> None:
        named = list(inbox_ids - {None})
        found = await self._scope.connection.fetch(
            "select id from inboxes where workspace_id = $1 and id = any($2::uuid[])", self._scope.workspace_id, named
        )
        if len(found) != len(named):
            raise InboxNotFound("no such inbox", field="inbox_id")

    async def _get(self, special_day_id: UUID) -> SpecialDay:
        row = await self._scope.connection.fetchrow(
            f"select {_COLUMNS} from special_days where workspace_id = $1 and id = $2", self._scope.workspace_id, special_day_id
        )
        if row is None:
            raise SpecialDayNotFound("no such special day")
        return _read(row)

    async def _between(self, first: date, last: date) -> list[SpecialDay]:
        return await self.listed(first, last, None, limit=MAX_KEPT)

    async def _insert(self, new: Sequence[SpecialDay]) -> None:
        await self._scope.connection.executemany(
            'insert into special_days (workspace_id, id, first, last, name, spans, "like", inbox_id, created_at)'
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            [(self._scope.workspace_id, one.id, *_values(_given(one)), one.created_at) for one in new],
        )

    @staticmethod
    def _check_apart(given: NewSpecialDay, index: int, there: Sequence[SpecialDay]) -> None:
        for old in there:
            if old.inbox_id == given.inbox_id and old.first <= given.last and given.first <= old.last:
                raise met(index, old.first, old.last, old.name)


def _made(special_day_id: UUID, given: NewSpecialDay) -> SpecialDay:
    return SpecialDay(id=special_day_id, created_at=utc_now(), **msgspec.structs.asdict(given))


def _given(one: SpecialDay) -> NewSpecialDay:
    return NewSpecialDay(**{name: getattr(one, name) for name in NewSpecialDay.__struct_fields__})


def _values(one: NewSpecialDay) -> tuple[Any, ...]:
    return one.first, one.last, one.name, one.spans, one.like, one.inbox_id


def _called(one: SpecialDay) -> str:
    return f"{next(iter(one.name.values()))} {one.first}"


def _read(row: Any) -> SpecialDay:
    return SpecialDay(
        id=row["id"],
        first=row["first"],
        last=row["last"],
        name=row["name"],
        spans=msgspec.convert(row["spans"], list[ClockSpan]),
        like=row["like"],
        inbox_id=row["inbox_id"],
        created_at=row["created_at"],
    )
