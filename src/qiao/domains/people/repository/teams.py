"""Teams and their members."""

from collections.abc import Mapping, Sequence

from qiao.domains.people.contracts import Team
from qiao.domains.people.errors import PersonNotFound, TeamNotFound
from qiao.domains.people.repository.directory import must_exist
from qiao.kit.ids import PersonId, TeamId, new_id
from qiao.platform.db.database import Scope

_TEAMS = """
select t.id, t.name, array(
  select m.person_id from team_members m where m.workspace_id = t.workspace_id and m.team_id = t.id order by 1
) as member_ids
from teams t where t.workspace_id = $1
"""


class TeamRows:
    """Teams of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def all(self) -> list[Team]:
        """Every team, oldest first."""
        rows = await self._connection.fetch(_TEAMS + " order by t.created_at, t.id", self._workspace_id)
        return [Team(**dict(row)) for row in rows]

    async def get(self, team_id: TeamId) -> Team:
        """Raises TeamNotFound."""
        row = await self._connection.fetchrow(_TEAMS + " and t.id = $2", self._workspace_id, team_id)
        if row is None:
            raise TeamNotFound("no such team")
        return Team(**dict(row))

    async def hold(self, team_id: TeamId) -> None:
        """The team is changed by nobody else until this transaction ends. Raises TeamNotFound."""
        held = await self._connection.fetchval(
            "select id from teams where workspace_id = $1 and id = $2 for no key update", self._workspace_id, team_id
        )
        if held is None:
            raise TeamNotFound("no such team")

    async def insert(self, name: Mapping[str, str]) -> TeamId:
        """A team without members."""
        team_id = TeamId(new_id())
        await self._connection.execute(
            "insert into teams (workspace_id, id, name) values ($1, $2, $3)", self._workspace_id, team_id, dict(name)
        )
        return team_id

    async def rename(self, team_id: TeamId, name: Mapping[str, str]) -> None:
        """Set a team's name."""
        await self._connection.execute(
            "update teams set name = $3 where workspace_id = $1 and id = $2", self._workspace_id, team_id, dict(name)
        )

    async def delete(self, team_id: TeamId) -> None:
        """Delete a team and its memberships."""
        await self._connection.execute("delete from teams where workspace_id = $1 and id = $2", self._workspace_id, team_id)

    async def set_members(self, team_id: TeamId, people: Sequence[PersonId]) -> None:
        """Exactly these people are in the team. Raises PersonNotFound."""
        await must_exist(
            self._connection, self._workspace_id, "people", people, PersonNotFound("no such person", field="member_ids")
        )
        await self._connection.execute(
            "delete from team_members where workspace_id = $1 and team_id = $2 and person_id <> all($3)",
            self._workspace_id,
            team_id,
            list(people),
        )
        await self._connection.execute(
            "insert into team_members (workspace_id, team_id, person_id) select $1, $2, unnest($3::uuid[]) on conflict do nothing",
            self._workspace_id,
            team_id,
            list(people),
        )
