"""Teams: who shares a queue."""

from collections.abc import Collection, Sequence

from msgspec import UNSET

from qiao.domains.people.contracts import NewTeam, Team, TeamChanges
from qiao.domains.people.events import TeamDeleted
from qiao.domains.people.repository.directory import Directory
from qiao.domains.people.repository.teams import TeamRows
from qiao.domains.people.rules import clean_team_name
from qiao.domains.people.service.staff import told_person
from qiao.kit.ids import PersonId, TeamId
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope


class Teams:
    """Makes and changes teams. Whoever comes into a team or leaves it is told of as a changed person."""

    async def teams(self, scope: Scope) -> Sequence[Team]:
        """Every team, oldest first."""
        return await TeamRows(scope).all()

    async def team(self, scope: Scope, team_id: TeamId) -> Team:
        """Raises TeamNotFound."""
        return await TeamRows(scope).get(team_id)

    async def create_team(self, scope: Scope, new: NewTeam) -> Team:
        """Raises PersonInvalid, PersonNotFound."""
        rows = TeamRows(scope)
        await Directory(scope).hold_people(new.member_ids)
        team_id = await rows.insert(clean_team_name(new.name))
        await rows.set_members(team_id, new.member_ids)
        await _tell(scope, new.member_ids)
        made = await rows.get(team_id)
        noted(None, made)
        return made

    async def change_team(self, scope: Scope, team_id: TeamId, changes: TeamChanges) -> Team:
        """Set the given fields. Raises TeamNotFound, PersonInvalid, PersonNotFound."""
        rows = TeamRows(scope)
        coming = [] if changes.member_ids is UNSET else changes.member_ids
        before = await _held(scope, team_id, coming)
        if changes.name is not UNSET:
            await rows.rename(team_id, clean_team_name(changes.name))
        if changes.member_ids is not UNSET:
            await rows.set_members(team_id, changes.member_ids)
            await _tell(scope, set(before.member_ids) ^ set(changes.member_ids))
        after = await rows.get(team_id)
        noted(before, after)
        return after

    async def delete_team(self, scope: Scope, team_id: TeamId) -> None:
        """Raises TeamNotFound."""
        rows = TeamRows(scope)
        before = await _held(scope, team_id)
        await rows.delete(team_id)
        noted(before, None)
        scope.emit(TeamDeleted(team_id=team_id))
        await _tell(scope, before.member_ids)


async def _held(scope: Scope, team_id: TeamId, coming: Collection[PersonId] = ()) -> Team:
    """The team, held with its people and those to come. In this order, and people before their places in teams, as whoever changes a
    person does: so that the two wait for each other and never lock up.
    """
    rows = TeamRows(scope)
    await rows.hold(team_id)
    await Directory(scope).hold_people({*(await rows.get(team_id)).member_ids, *coming})
    # Again: who was waited for may have come in or left.
    return await rows.get(team_id)


async def _tell(scope: Scope, people: Collection[PersonId]) -> None:
    for person_id in sorted(set(people)):
        await told_person(scope, person_id)
