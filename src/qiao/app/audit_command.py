"""`qiao audit verify`: whether anybody changed, took away, moved or cut off entries of the audit log."""

from pathlib import Path

from qiao.app.house import AUDIT_HEADS
from qiao.app.secret import with_secret_key
from qiao.app.server import open_database
from qiao.domains.audit.api import Audit, read_anchors
from qiao.kit.errors import QiaoError
from qiao.platform.settings import Settings


class AuditBroken(QiaoError):
    """The audit log is not as it was written; what was found stands above."""

    code = "audit.broken"


async def verify_audit(settings: Settings, file: Path | None) -> None:
    """Print what is wrong. `file`: heads kept elsewhere, in place of those in the data folder. Raises AuditBroken."""
    keyed = with_secret_key(settings)
    anchors = file or settings.data_path / AUDIT_HEADS
    async with open_database(settings) as (database, _dsn):
        count, faults = await Audit(database, [keyed.secret_key], anchors).verify(read_anchors(anchors))
    for fault in faults:
        print(f"workspace {fault.workspace_id}: entry {fault.number}: {fault.what}")  # noqa: T201
    if faults:
        raise AuditBroken(f"the audit log of {len(faults)} workspaces is not as it was written")
    print(f"{count} entries, each as it was written.")  # noqa: T201
