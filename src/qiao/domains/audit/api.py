"""The door of the audit log."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from qiao.domains.audit.contracts import AuditEntry, AuditFilter, Fault
from qiao.domains.audit.repository import AuditRows, all_heads, all_workspaces, entries_of
from qiao.domains.audit.rules import Anchor, Head, Reading, encode, link, sign
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid
from qiao.platform.db.acts import Act
from qiao.platform.db.database import Database, Scope

READ = "audit.read"
READ_AGAIN = timedelta(hours=1)
_log = structlog.get_logger("qiao.audit")


class Done(Struct, frozen=True, kw_only=True):
    """Something to remember; no secret may be part of `detail`. `at` None: now."""

    action: str
    actor_id: UUID | None = None
    subject: str = ""
    source: str = ""
    detail: Mapping[str, Any] = {}
    at: datetime | None = None


class Audit:
    """Writes, reads and verifies. `anchors` is the file outside the database to which heads are appended."""

    def __init__(self, database: Database, keys: Sequence[str], anchors: Path) -> None:
        self._database = database
        self._keys = list(keys)
        self._anchors = anchors
        self._told: dict[UUID, int] = {}

    async def record(self, scope: Scope, done: Done) -> AuditEntry:
        """Append an entry in the caller's transaction, under the lock of the workspace's head."""
        rows = AuditRows(scope)
        number, before = await rows.hold_head()
        # To the microsecond, as the column keeps it.
        entry = AuditEntry(
            number=number + 1,
            at=(done.at or utc_now()).astimezone(UTC),
            action=done.action,
            actor_id=done.actor_id,
            subject=done.subject,
            source=done.source,
            detail=dict(done.detail),
        )
        body = encode(entry)
        digest = link(scope.workspace_id, before, body)
        await rows.append(entry, body, Head(entry.number, digest, sign(self._keys[0], scope.workspace_id, entry.number, digest)))
        return entry

    async def remember(self, scope: Scope, act: Act) -> bool:
        """Append what somebody does, if this transaction writes something or looking is what is remembered; else False.

        Who reads the log again within the hour is remembered once.
        """
        rows = AuditRows(scope)
        if act.always:
            await rows.hold_head()
            if act.name == READ and await rows.last_of(act.actor_id, READ) > utc_now() - READ_AGAIN:
                return True
        elif act.idle or not await rows.writes():
            return False
        detail: dict[str, Any] = {"name": act.called, "program": act.program, "changes": act.changes}
        told = {name: value for name, value in detail.items() if value}
        await self.record(
            scope, Done(action=act.name, actor_id=act.actor_id, subject=act.subject, source=act.source, detail=told)
        )
        return True

    async def tell_all(self, action: str, detail: Mapping[str, Any], own: Mapping[UUID, Mapping[str, Any]] | None = None) -> None:
        """Append the same to the log of every workspace: what was done to the whole installation; `own`: what is said to one alone.
        Safe to repeat, and then there twice.
        """
        async with self._database.across() as connection:
            workspaces = await all_workspaces(connection)
        for workspace_id in workspaces:
            async with self._database.scope(workspace_id) as scope:
                await self.record(scope, Done(action=action, detail={**detail, **(own or {}).get(workspace_id, {})}))

    async def entries(self, scope: Scope, wanted: AuditFilter, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        """Entries that fit, the newest first; `before`: only smaller numbers."""
        return await AuditRows(scope).find(wanted, limit, before)

    async def anchor(self) -> None:
        """Append the heads that moved to the file outside, and to the program's log. Scheduled; safe to run again and by several."""
        async with self._database.across() as connection:
            heads = await all_heads(connection)
        moved = [(workspace_id, head) for workspace_id, head in heads if self._told.get(workspace_id) != head.number]
        if not moved:
            return
        self._anchors.parent.mkdir(parents=True, exist_ok=True)
        with self._anchors.open("ab") as file:
            for workspace_id, head in moved:
                file.write(msgspec.json.encode(Anchor(workspace_id, head.number, head.digest.hex())) + b"\n")
                _log.info("audit head", workspace=str(workspace_id), number=head.number, digest=head.digest.hex())
                self._told[workspace_id] = head.number

    async def verify(self, anchors: Sequence[Anchor]) -> tuple[int, Sequence[Fault]]:
        """How many entries there are, and the first fault of each workspace's log, held against its signed head and `anchors`.

        Reads a thousand entries at a time, however many there are.
        """
        count, faults = 0, list[Fault]()
        kept: dict[UUID, list[Anchor]] = {}
        for one in anchors:
            kept.setdefault(one.workspace_id, []).append(one)
        # Heads and entries of one moment: the log grows while it is read.
        async with (
            self._database.across() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            heads = dict(await all_heads(connection))
            for workspace_id in sorted({*heads, *kept}):
                reading = Reading(workspace_id, kept.get(workspace_id, ()))
                async for entries in entries_of(connection, workspace_id):
                    count += len(entries)
                    reading.add(entries)
                fault = reading.fault(heads.get(workspace_id), self._keys)
                faults += [fault] if fault else []
        return count, faults


def read_anchors(file: Path) -> list[Anchor]:
    """The anchors in a file; none when there is no file. Raises Invalid for one that holds anything else."""
    if not file.exists():
        return []
    try:
        return [msgspec.json.decode(line, type=Anchor) for line in file.read_bytes().splitlines() if line.strip()]
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Invalid(f"{file} is no file of heads of the audit log: {error}") from error
