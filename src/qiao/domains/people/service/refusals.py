"""Refused sign-ins, counted, so that whoever tries passwords leaves a few rows and not a flood."""

from collections.abc import Sequence
from operator import attrgetter

from qiao.domains.people.events import SignInsRefused
from qiao.domains.people.repository.sessions import Candidate
from qiao.kit.ids import PersonId, WorkspaceId
from qiao.platform.db.database import Connection, Database, Scope
from qiao.platform.jobs.timers import in_each

MINUTES = 10
"""A row is told so long after its first try, or when the person signs in."""
MOST_SOURCES = 20
"""Addresses told apart for one account in that time; what comes from more is counted together, as from nowhere."""
_COUNT = """
insert into refused_sign_ins as r (workspace_id, person_id, source)
select t.workspace_id, t.person_id, case
  when exists (select from refused_sign_ins o where o.workspace_id = t.workspace_id and o.person_id = t.person_id and o.source = $3)
    or (select count(*) from refused_sign_ins o where o.workspace_id = t.workspace_id and o.person_id = t.person_id) < $4
  then $3 else '' end
from unnest($1::uuid[], $2::uuid[]) as t(workspace_id, person_id) order by 1, 2
on conflict (workspace_id, person_id, source) do update set tries = r.tries + 1, last_at = now()
"""
_DUE = f"select distinct workspace_id from refused_sign_ins where first_at < now() - interval '{MINUTES} minutes'"
_TAKE = f"""
delete from refused_sign_ins where workspace_id = $1 and (person_id = $2 or first_at < now() - interval '{MINUTES} minutes')
returning person_id, source, tries, first_at, last_at
"""


async def count_refused(connection: Connection, meant: Sequence[Candidate], source: str) -> None:
    """A wrong password for these. One statement also for nobody, so that the time it takes tells nothing."""
    workspaces, people = [one.workspace_id for one in meant], [one.person_id for one in meant]
    await connection.execute(_COUNT, workspaces, people, source, MOST_SOURCES)


async def tell_refused(scope: Scope, person_id: PersonId | None = None) -> None:
    """Tell what was counted of a person, and whatever else is due."""
    rows = await scope.connection.fetch(_TAKE, scope.workspace_id, person_id)
    told = [SignInsRefused(**dict(row)) for row in rows]
    for fact in sorted(told, key=attrgetter("first_at")):
        scope.emit(fact)


async def tell_due(database: Database) -> None:
    """Scheduled, in every workspace. Safe to run again and by several processes."""
    async with database.across() as connection:
        due = [WorkspaceId(row["workspace_id"]) for row in await connection.fetch(_DUE)]

    async def tell(workspace_id: WorkspaceId) -> None:
        async with database.scope(workspace_id) as scope:
            await tell_refused(scope)

    await in_each(due, tell)
