"""What the doctor looks at in the database: its settings, schema and roles, its log, and the work that waits in it. Reads only."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from qiao.app.doctor_findings import Finding
from qiao.app.doctor_schema import schema
from qiao.platform.db.walls import TENANT
from qiao.platform.jobs.jobs import failed_jobs
from qiao.platform.log.subscribers import parked_facts

CLOCK_SECONDS = 2.0
HELD_MEGABYTES = 1_024
LONG_MINUTES = 5
BEHIND = 10_000
SHOWN = 5
_MUST_BE_ON = ("fsync", "synchronous_commit", "full_page_writes")

Look = Callable[[Any], Awaitable[list[Finding]]]


async def clock(connection: Any) -> list[Finding]:
    """This machine and the database's agree what time it is."""
    before = datetime.now(UTC)
    there: datetime = await connection.fetchval("select clock_timestamp()")
    after = datetime.now(UTC)
    seconds = max((before - there).total_seconds(), (there - after).total_seconds())
    return [Finding("clock.off", {"seconds": round(seconds, 1)})] if seconds > CLOCK_SECONDS else []


async def postgres(connection: Any) -> list[Finding]:
    """Confirmed writes are safe, and damage is noticed."""
    rows = await connection.fetch(
        "select name, setting from pg_settings where name = any($1) and setting in ('off', 'local') order by 1", list(_MUST_BE_ON)
    )
    found = [Finding("postgres.unsafe", {"name": row["name"], "value": row["setting"]}) for row in rows]
    if await connection.fetchval("select current_setting('data_checksums')") != "on":
        found.append(Finding("postgres.no_checksums"))
    damaged = await connection.fetchval("select coalesce(sum(checksum_failures), 0)::bigint from pg_stat_database")
    if damaged:
        found.append(Finding("postgres.damaged", {"count": damaged}))
    return found


async def roles(connection: Any) -> list[Finding]:
    """The walls are up, and backups are allowed."""
    found: list[Finding] = []
    if not await connection.fetchval("select exists (select from pg_roles where rolname = $1 and not rolsuper)", TENANT):
        found.append(Finding("roles.missing", {"role": TENANT}))
    row = await connection.fetchrow(
        "select rolname, rolsuper or rolreplication as may from pg_roles where rolname = current_user"
    )
    if not row["may"]:
        found.append(Finding("roles.no_backup", {"role": row["rolname"]}))
    return found


async def wal(connection: Any) -> list[Finding]:
    """Nobody who went away holds the database's log."""
    rows = await connection.fetch(
        "select slot_name, (pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) / 1048576)::bigint as held"
        " from pg_replication_slots where not active and (restart_lsn is null or wal_status = 'lost'"
        " or pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > $1 * 1048576::bigint)",
        HELD_MEGABYTES,
    )
    return [Finding("wal.held", {"name": row["slot_name"], "size": row["held"] or 0}) for row in rows]


async def transactions(connection: Any) -> list[Finding]:
    """Nobody keeps a transaction open for long."""
    rows = await connection.fetch(
        "select pid, (extract(epoch from now() - xact_start) / 60)::int as minutes from pg_stat_activity"
        " where xact_start < now() - make_interval(mins => $1) and backend_type = 'client backend' and pid <> pg_backend_pid()"
        " order by xact_start limit $2",
        LONG_MINUTES,
        SHOWN,
    )
    return [Finding("transactions.long", {"pid": row["pid"], "minutes": row["minutes"]}) for row in rows]


async def subscribers(connection: Any) -> list[Finding]:
    """Readers of the log are near its end, and have put nothing aside."""
    behind = await connection.fetch(
        "select c.subscriber, max(h.position - c.position) as count from log_cursors c join log_heads h using (workspace_id)"
        " group by 1 having max(h.position - c.position) > $1 order by 1",
        BEHIND,
    )
    return [
        *(Finding("subscribers.behind", {"name": row["subscriber"], "count": row["count"]}) for row in behind),
        *(
            Finding("subscribers.parked", {"name": one.name, "count": one.count, "reason": one.reason})
            for one in await parked_facts(connection)
        ),
    ]


async def jobs(connection: Any) -> list[Finding]:
    """No work was given up."""
    held = await failed_jobs(connection)
    return [Finding("jobs.dead", {"name": name, "count": count}) for name, count in held.items()]


async def channels(connection: Any) -> list[Finding]:
    """Every connected channel works."""
    rows = await connection.fetch(
        "select i.name, coalesce(h.reason, '') as reason from inbox_health h"
        " join inboxes i on i.workspace_id = h.workspace_id and i.id = h.inbox_id"
        " where h.state = 'broken' and i.enabled order by 1 limit $1",
        SHOWN,
    )
    return [Finding("channels.broken", {"name": row["name"], "reason": row["reason"][:200]}) for row in rows]


LOOKS: tuple[Look, ...] = (clock, postgres, schema, roles, wal, transactions, subscribers, jobs, channels)
