"""Routes of special days."""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from qiao.domains.inboxes.calendar_files import MAX_BYTES, read_calendar
from qiao.domains.inboxes.contracts import NewSpecialDay, NewSpecialDays, Plan, ReadDays, SpecialDay
from qiao.domains.inboxes.plans import PLANS
from qiao.domains.inboxes.special_days import SpecialDays
from qiao.kit.clock import utc_now
from qiao.kit.ids import InboxId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import FOR_PROGRAMS, requires, signed_in
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor
from qiao.platform.http.uploads import read_upload


class SpecialDayController(Controller):
    """Holidays, worked weekends and other days on which the hours of the week do not count."""

    path = "/api/v1/special-days"
    tags = ("inboxes",)

    @get(guards=[signed_in], opt=FOR_PROGRAMS)
    async def all(
        self,
        caller: Caller,
        database: Database,
        since: date | None = None,
        until: date | None = None,
        inbox_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[SpecialDay]:
        """Those that end on `since` or later and begin by `until`, earliest first; with an inbox: those that count there."""
        size, after = bounded(limit), decode_cursor(cursor, tuple[date, UUID])
        async with database.scope(caller.workspace_id) as scope:
            inbox = InboxId(inbox_id) if inbox_id is not None else None
            found = await SpecialDays(scope).listed(since, until, inbox, after=after, limit=size + 1)
        shown = found[:size]
        return Page(shown, encode_cursor((shown[-1].first, shown[-1].id)) if len(found) > size else None)

    @post(guards=[requires("inboxes.write")], status_code=200)
    async def add(self, data: NewSpecialDays, caller: Caller, database: Database) -> Page[SpecialDay]:
        """Add all or none of them; what is there already to the letter stays as it is, so the same request may be sent again."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await SpecialDays(scope).add(data.items))

    @put("/{special_day_id:uuid}", guards=[requires("inboxes.write")])
    async def replace(self, special_day_id: UUID, data: NewSpecialDay, caller: Caller, database: Database) -> SpecialDay:
        """Make it what is given."""
        async with database.scope(caller.workspace_id) as scope:
            return await SpecialDays(scope).replace(special_day_id, data)

    @delete("/{special_day_id:uuid}", guards=[requires("inboxes.write")])
    async def remove(self, special_day_id: UUID, caller: Caller, database: Database) -> None:
        """Remove it; the audit log remembers it."""
        async with database.scope(caller.workspace_id) as scope:
            await SpecialDays(scope).remove(special_day_id)

    @get("/plans", guards=[signed_in], opt=FOR_PROGRAMS)
    async def plans(self) -> Page[Plan]:
        """Years of public holidays that came with Qiao, as governments published them."""
        return Page(PLANS)

    @post("/read", guards=[requires("inboxes.write")], status_code=200)
    async def read(self, data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)]) -> ReadDays:
        """What an iCalendar or CSV file holds of this year and the next. It keeps nothing: look it through, then add it."""
        _, content = await read_upload(data, MAX_BYTES)
        return await asyncio.to_thread(read_calendar, content, utc_now().year)
