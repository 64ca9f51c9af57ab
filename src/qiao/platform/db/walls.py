"""The walls between workspaces, in the database itself: whatever runs in a scope runs as a role that the policies hold.

Every table with a `workspace_id` gets its policy from the catalogue after each revision, so a new one has it the day it is
written. The owner of the tables, as whom the program signs in, is not held: that is for what precedes a workspace, and for the one
statement that stores messages ([0020](docs/decisions/0020-walls-in-the-database.md)).
"""

from uuid import UUID

import asyncpg

from qiao.kit.errors import Unavailable

TENANT = "qiao_tenant"
SETTING = "qiao.workspace"
OWN = f"nullif(current_setting('{SETTING}', true), '')::uuid"
"""The workspace of the scope in SQL; null outside of one, which equals nothing."""

_STANDING = f"""
select not rolsuper and not rolbypassrls and pg_has_role(oid, 'set') from pg_roles where rolname = '{TENANT}'
"""
_CREATE = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{TENANT}') then
    create role {TENANT} nologin;
  end if;
  if not pg_has_role('{TENANT}', 'set') then
    execute format('grant {TENANT} to %I with inherit false, set true', current_user);
  end if;
exception when duplicate_object or unique_violation then null;
end $$
"""
# Whoever waits for a table's lock holds up everybody behind: tables that have their wall are not touched again. Parts of a
# partitioned table are reached through it alone: the role has no right to them. The queue of jobs is filled from scopes
# and read by nobody in one: what others have put into it stays out of sight.
_RAISE = f"""
do $$ declare
  held record;
begin
  execute format('grant usage on schema %I to {TENANT}', current_schema());
  for held in
    select c.oid::regclass as name, case c.relname when 'workspaces' then 'id' else a.attname end as key
    from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and (a.attname is not null or c.relname = 'workspaces')
      and not (c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'wall'))
  loop
    execute format('drop policy if exists wall on %s', held.name);
    execute format('create policy wall on %s to {TENANT} using (%I = {OWN.replace("'", "''")})', held.name, held.key);
    execute format('alter table %s enable row level security', held.name);
    execute format('grant select, insert, update, delete on %s to {TENANT}', held.name);
  end loop;
  if to_regclass('pgqueuer') is not null then
    grant insert, select (id, status, entrypoint, priority, dedupe_key) on pgqueuer to {TENANT};
    grant insert on pgqueuer_log to {TENANT};
    grant usage on sequence pgqueuer_id_seq to {TENANT};
  end if;
end $$
"""


class WallsMissing(Unavailable):
    """The role that scopes run as is not there or not as it must be, and the program's own role may not mend it."""

    code = "db.walls_missing"


def opening(workspace_id: UUID) -> str:
    """What begins a scope, in one round trip: from here to the end of the transaction every statement is inside the wall."""
    return f"BEGIN; SET LOCAL ROLE {TENANT}; SET LOCAL {SETTING} = '{workspace_id.hex}'"


async def walls_stand(connection: asyncpg.Connection) -> bool:
    """Whether the role is there, is held by policies, and may be taken by who asks."""
    return bool(await connection.fetchval(_STANDING))


async def raise_walls(connection: asyncpg.Connection) -> None:
    """Make the role and the policies that are missing. Safe to repeat. Raises WallsMissing with what an administrator can do."""
    try:
        async with connection.transaction():
            await connection.execute(_CREATE)
    except asyncpg.InsufficientPrivilegeError as error:
        raise await _mend(connection, str(error)) from error
    if not await walls_stand(connection):
        raise await _mend(connection, f"{TENANT} is a superuser, passes by row security, or cannot be taken")
    await connection.execute(_RAISE)


async def _mend(connection: asyncpg.Connection, said: str) -> WallsMissing:
    login = await connection.fetchval("select quote_ident(current_user)")
    mend = (
        f"create role {TENANT} nologin; alter role {TENANT} nosuperuser nobypassrls;"
        f" grant {TENANT} to {login} with inherit false, set true;"
    )
    return WallsMissing(
        f"PostgreSQL keeps companies apart by the role {TENANT}, and {login} may not set it up ({said}). Let an administrator of"
        f" the database server run, leaving out what is there already: {mend} Then start Qiao again.",
        role=TENANT,
        mend=mend,
    )
