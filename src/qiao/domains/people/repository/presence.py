"""Who is here. The row holds until when a person counts as connected, by which nodes, and what was last told to the others.

Each node speaks for its own sockets; the longest counts. What a dead node promised runs out, all by the database's clock.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct

from qiao.domains.people.contracts import Availability, OnlinePerson, Role
from qiao.kit.ids import PersonId
from qiao.platform.db.database import Scope

_RETURNING = "returning new.person_id, new.availability, new.online, old.availability as was, old.online as was_online"
_NOW = "extract(epoch from now())::float8"
_CONNECTED = f"""
insert into people_presence as p (workspace_id, person_id, connected_until, nodes, online)
values ($1, $2, now() + make_interval(secs => $3), jsonb_build_object($4::text, {_NOW} + $3::float8), true)
on conflict (workspace_id, person_id) do update set
  connected_until = greatest(p.connected_until, excluded.connected_until),
  nodes = jsonb_build_object($4::text, greatest((p.nodes->>$4)::float8, {_NOW} + $3::float8))
    || coalesce((select jsonb_object_agg(key, value) from jsonb_each(p.nodes) where key <> $4 and value::float8 > {_NOW}), '{{}}'),
  online = p.availability = 'online',
  changed_at = case when p.online = (p.availability = 'online') then p.changed_at else now() end
{_RETURNING}
"""
_AVAILABILITY = f"""
insert into people_presence as p (workspace_id, person_id, availability) values ($1, $2, $3)
on conflict (workspace_id, person_id) do update set
  availability = excluded.availability,
  online = excluded.availability = 'online' and coalesce(p.connected_until > now(), false),
  changed_at = case when p.availability = excluded.availability then p.changed_at else now() end
{_RETURNING}
"""
_DISCONNECTED = f"""
with held as (
  select connected_until, nodes from people_presence where workspace_id = $1 and person_id = $2 for update
), spoken as (
  select key, case when $4::text is null or key = $4 then least(value::float8, {_NOW} + $3::float8) else value::float8 end as until
  from held, jsonb_each(held.nodes)
), left_over as (
  select least(held.connected_until, (select coalesce(to_timestamp(max(until)), now()) from spoken)) as until,
    (select coalesce(jsonb_object_agg(key, until), '{{}}') from spoken where until > {_NOW}) as nodes
  from held
)
update people_presence p set
  connected_until = left_over.until,
  nodes = left_over.nodes,
  online = p.online and left_over.until > now(),
  changed_at = case when p.online and left_over.until <= now() then now() else p.changed_at end
from left_over where workspace_id = $1 and person_id = $2
{_RETURNING}
"""
_EXPIRE = f"""
update people_presence set online = false, changed_at = now()
where workspace_id = $1 and online and connected_until <= now() {_RETURNING}
"""
_ONLINE = """
select p.id, p.name, p.role, p.chat_limit, p.locale,
  array(select m.team_id from team_members m where m.workspace_id = p.workspace_id and m.person_id = p.id order by 1) as team_ids
from people_presence s join people p on p.workspace_id = s.workspace_id and p.id = s.person_id
where s.workspace_id = $1 and s.availability = 'online' and s.connected_until > now() and not p.disabled and p.role = any($2)
order by p.id
"""
_AWAY = """
select p.id from people p left join people_presence s on s.workspace_id = p.workspace_id and s.person_id = p.id
where p.workspace_id = $1 and (p.disabled or coalesce(s.connected_until, '-infinity') <= now() - $2::interval)
"""


class Told(Struct, frozen=True):
    """Somebody's presence after a statement, and whether the others must hear of it."""

    person_id: PersonId
    availability: Availability
    online: bool
    news: bool


class PresenceRows:
    """Presence in one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def connected(self, person_id: PersonId, seconds: float, node: str) -> Told:
        """Connected at a node for at least so long from now."""
        return _told(await self._connection.fetchrow(_CONNECTED, self._workspace_id, person_id, float(seconds), node))

    async def away_longer_than(self, time: timedelta) -> list[PersonId]:
        """People who are not connected, and have not been for so long. Who is connected but takes nothing new keeps what they have."""
        rows = await self._connection.fetch(_AWAY, self._workspace_id, time)
        return [PersonId(row["id"]) for row in rows]

    async def disconnected(self, person_id: PersonId, grace_seconds: float, node: str | None = None) -> Told | None:
        """Connected at a node, or (None) at any, for at most so long from now; None for somebody who never was."""
        row = await self._connection.fetchrow(_DISCONNECTED, self._workspace_id, person_id, float(grace_seconds), node)
        return _told(row) if row else None

    async def set_availability(self, person_id: PersonId, availability: Availability) -> Told:
        """What the person says of themselves."""
        return _told(await self._connection.fetchrow(_AVAILABILITY, self._workspace_id, person_id, availability))

    async def expire(self) -> list[Told]:
        """Those whose connection has run out, now known as gone."""
        return [_told(row) for row in await self._connection.fetch(_EXPIRE, self._workspace_id)]

    async def online(self, roles: Sequence[Role]) -> list[OnlinePerson]:
        """Those of these roles who are connected and available at this moment."""
        rows = await self._connection.fetch(_ONLINE, self._workspace_id, [role.value for role in roles])
        return [_online(row) for row in rows]


def _online(row: Any) -> OnlinePerson:
    fields: dict[str, Any] = dict(row)
    fields["role"] = Role(row["role"])
    return OnlinePerson(**fields)


def _told(row: Any) -> Told:
    was = (row["was"] or "online", bool(row["was_online"]))
    return Told(row["person_id"], row["availability"], row["online"], was != (row["availability"], row["online"]))
