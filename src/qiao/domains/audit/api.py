"""The door of the audit log."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from qiao.domains.audit.contracts import AuditEntry, AuditFilter, Fault
from qiao.domains.audit.repository import AuditRows, all_heads, entries_of
from qiao.domains.audit.rules import Anchor, Head, anchor_fault, encode, first_fault, link, sign
from qiao.kit.clock import utc_now
from qiao.platform.db.database import Database, Scope

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

    async def entries(self, scope: Scope, wanted: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        """Entries that fit, the newest first."""
        return await AuditRows(scope).find(wanted, limit)

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
        """How many entries there are, and the first fault of each workspace's log, held against its signed head and `anchors`."""
        count, faults = 0, list[Fault]()
        async with self._database.across() as connection:
            heads = dict(await all_heads(connection))
            for workspace_id in sorted({*heads, *(anchor.workspace_id for anchor in anchors)}):
                entries = await entries_of(connection, workspace_id)
                count += len(entries)
                found = first_fault(workspace_id, entries, heads.get(workspace_id), self._keys)
                of_it = (anchor_fault(anchor, entries) for anchor in anchors if anchor.workspace_id == workspace_id)
                fault = found or next((one for one in of_it if one), None)
                faults += [fault] if fault else []
        return count, faults


def read_anchors(file: Path) -> list[Anchor]:
    """The anchors in a file; none when there is no file."""
    if not file.exists():
        return []
    return [msgspec.json.decode(line, type=Anchor) for line in file.read_bytes().splitlines() if line.strip()]
