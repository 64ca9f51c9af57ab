"""`qiao audit verify`: whether anybody changed, took away, moved or cut off entries of the audit log."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from qiao.app.backup import database_address
from qiao.app.house import AUDIT_HEADS
from qiao.app.secret import with_own_secret_key
from qiao.domains.audit.api import Audit, read_anchors
from qiao.kit.errors import QiaoError
from qiao.platform.db.database import Database
from qiao.platform.settings import Settings


class AuditBroken(QiaoError):
    """The audit log is not as it was written; what was found stands above."""

    code = "audit.broken"


async def verify_audit(settings: Settings, file: Path | None) -> None:
    """Print what is wrong. `file`: heads kept elsewhere, in place of those in the data folder. Raises AuditBroken."""
    anchors = file or settings.data_path / AUDIT_HEADS
    async with database_address(settings) as dsn, _log_of(settings, dsn) as audit:
        count, faults = await audit.verify(read_anchors(anchors))
    for fault in faults:
        print(f"workspace {fault.workspace_id}: entry {fault.number}: {fault.what}")  # noqa: T201
    if faults:
        raise AuditBroken(f"the audit log of {len(faults)} workspaces is not as it was written")
    print(f"{count} entries, each as it was written.")  # noqa: T201


async def remember_backup(settings: Settings, dsn: str, backup: str, kind: str) -> None:
    """Tell the log of every workspace that its data was copied. The backup itself does not hold this entry."""
    async with _log_of(settings, dsn) as audit:
        await audit.tell_all("installation.backed_up", {"backup": backup, "kind": kind})


async def remember_restore(settings: Settings, dsn: str, detail: Mapping[str, Any], positions: Mapping[str, int]) -> None:
    """Tell the log of every workspace that it was brought back, from what, and up to which position of its own log of facts.

    The chain goes on from the last entry that came back: what stood behind it is gone, and this entry has its number.
    """
    own = {UUID(hex=workspace): {"position": position} for workspace, position in positions.items()}
    async with _log_of(settings, dsn) as audit:
        await audit.tell_all("installation.restored", detail, own)


@contextlib.asynccontextmanager
async def _log_of(settings: Settings, dsn: str) -> AsyncGenerator[Audit]:
    key = with_own_secret_key(settings).secret_key
    database = await Database.connect(dsn, size=2)
    try:
        yield Audit(database, [key], settings.data_path / AUDIT_HEADS)
    finally:
        await database.close()
