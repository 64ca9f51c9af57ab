"""What the doctor says of the schema: whether it is this program's, and how far an upgrade is."""

from typing import Any

from qiao.app.doctor_findings import Finding
from qiao.platform.db.finishing import to_finish
from qiao.platform.db.locks import Lock
from qiao.platform.db.migrate import HEAD, revision_of
from qiao.platform.db.nodes import older_nodes
from qiao.platform.db.steps import CLOSING, Step, floor, unfinished

STALLED_MINUTES = 15
Values = dict[str, str | int | float]
_HELD = """
select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
  and database = (select oid from pg_database where datname = current_database())
  and (classid::bigint << 32) + objid::bigint = $1)
"""
_HALF_MADE = """
select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
where not i.indisvalid and c.relnamespace = current_schema()::regnamespace order by 1
"""


async def schema(connection: Any) -> list[Finding]:
    """The database serves this program, and no upgrade was left lying."""
    revision = await revision_of(connection) or "0"
    values: Values = {"found": revision, "needed": HEAD}
    if revision > HEAD:
        oldest = await floor(connection)
        may_run = oldest is not None and oldest <= HEAD
        return [Finding("schema.beside", values, "note") if may_run else Finding("schema.ahead", values)]
    busy = await connection.fetchval(_HELD, Lock.SCHEMA)
    cut = [_cut(step, busy=busy) for step in await unfinished(connection) if step.phase == "expand"]
    found = cut or ([Finding("schema.behind", values)] if revision < HEAD else [])
    if not busy:
        found += [Finding("schema.index", {"name": row["name"]}) for row in await connection.fetch(_HALF_MADE)]
    for step in (await to_finish(connection))[:1]:
        found.append(await _unfinished(connection, step))
    return found


def _cut(step: Step, *, busy: bool) -> Finding:
    values: Values = {"revision": step.revision, "done": step.done}
    return Finding("schema.busy", values, "note") if busy else Finding("schema.cut", values)


async def _unfinished(connection: Any, step: Step) -> Finding:
    if step.phase in CLOSING and step.state == "waiting":
        older = await older_nodes(connection, step.revision)
        return Finding("schema.way_back", {"revision": step.revision, "older": len(older)}, "note")
    minutes = step.age_seconds // 60
    values: Values = {"revision": step.revision, "rows": step.rows, "minutes": minutes}
    return Finding("schema.stalled", values) if minutes >= STALLED_MINUTES else Finding("schema.filling", values, "note")
