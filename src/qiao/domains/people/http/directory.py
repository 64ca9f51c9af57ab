"""Routes of people and teams."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from qiao.domains.people.api import LoadOf, People, with_loads
from qiao.domains.people.contracts import NewTeam, Person, PersonChanges, Team, TeamChanges
from qiao.kit.ids import PersonId, TeamId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import FOR_PROGRAMS, requires, signed_in
from qiao.platform.http.paging import Page


class PeopleController(Controller):
    """Everybody who works here."""

    path = "/api/v1/people"
    tags = ("people",)

    @get(guards=[signed_in], opt=FOR_PROGRAMS)
    async def read(self, caller: Caller, database: Database, people: People, loads: LoadOf) -> Page[Person]:
        """Everybody, by name."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await with_loads(scope, await people.list(scope), loads))

    @patch("/{person_id:uuid}", guards=[requires("people.write")])
    async def change(  # noqa: PLR0913, PLR0917 - the framework hands each part in by name
        self, person_id: UUID, data: PersonChanges, caller: Caller, database: Database, people: People, loads: LoadOf
    ) -> Person:
        """Change somebody; a new role or being disabled ends their sessions at once."""
        async with database.scope(caller.workspace_id) as scope:
            person = await people.change(scope, caller, PersonId(person_id), data)
            return (await with_loads(scope, [person], loads))[0]

    @delete("/{person_id:uuid}/sessions", guards=[requires("people.write")], status_code=204)
    async def end_sessions(self, person_id: UUID, caller: Caller, database: Database, people: People) -> None:
        """Sign somebody else out everywhere, at once; their account stays as it is."""
        async with database.scope(caller.workspace_id) as scope:
            await people.end_sessions_of_other(scope, caller, PersonId(person_id))


class TeamController(Controller):
    """Who shares a queue."""

    path = "/api/v1/teams"
    tags = ("people",)

    @get(guards=[signed_in], opt=FOR_PROGRAMS)
    async def read(self, caller: Caller, database: Database, people: People) -> Page[Team]:
        """Every team, oldest first."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(list(await people.teams(scope)))

    @post(guards=[requires("people.write")])
    async def create(self, data: NewTeam, caller: Caller, database: Database, people: People) -> Team:
        """Make a team."""
        async with database.scope(caller.workspace_id) as scope:
            return await people.create_team(scope, data)

    @patch("/{team_id:uuid}", guards=[requires("people.write")])
    async def change(self, team_id: UUID, data: TeamChanges, caller: Caller, database: Database, people: People) -> Team:
        """Change its name or its members."""
        async with database.scope(caller.workspace_id) as scope:
            return await people.change_team(scope, TeamId(team_id), data)

    @delete("/{team_id:uuid}", guards=[requires("people.write")], status_code=204)
    async def delete(self, team_id: UUID, caller: Caller, database: Database, people: People) -> None:
        """Delete a team; its people stay."""
        async with database.scope(caller.workspace_id) as scope:
            await people.delete_team(scope, TeamId(team_id))
