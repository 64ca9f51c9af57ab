"""People, and in which teams they are."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

import asyncpg
import msgspec
from msgspec import Struct

from qiao.domains.people.contracts import Person, Preferences, Role
from qiao.domains.people.errors import EmailTaken, PersonNotFound, RoleRefused, TeamNotFound
from qiao.domains.people.rules import Standing
from qiao.kit.ids import PersonId, TeamId, WorkspaceId, new_id
from qiao.platform.db.database import Connection, Scope

_PEOPLE = """
select p.id, p.name, p.email, p.role, p.chat_limit, p.locale, p.disabled, p.created_at,
  coalesce(s.availability, 'online') as availability,
  not p.disabled and coalesce(s.availability = 'online' and s.connected_until > now(), false) as online,
  array(select m.team_id from team_members m where m.workspace_id = p.workspace_id and m.person_id = p.id order by 1) as team_ids
from people p left join people_presence s on s.workspace_id = p.workspace_id and s.person_id = p.id
where p.workspace_id = $1
"""
# In the order of ids, so that two changes that cross wait for each other and never lock up.
_LOCK = """
select id, role, disabled from people
where workspace_id = $1 and (id = any($2) or (role = 'owner' and not disabled)) order by id for no key update
"""
_CHANGEABLE = ("name", "role", "chat_limit", "disabled", "locale", "password_hash")


class PersonRow(Struct, frozen=True, kw_only=True):
    """A person to insert."""

    email: str
    email_key: str
    name: str
    role: Role
    password_hash: str | None
    chat_limit: int
    locale: str
    created_at: datetime | None = None


class Directory:
    """People of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def people(self) -> list[Person]:
        """Everybody, by name."""
        rows = await self._connection.fetch(_PEOPLE + " order by lower(p.name), p.id", self._workspace_id)
        return [_person(row) for row in rows]

    async def by_ids(self, ids: Collection[PersonId]) -> list[Person]:
        """Those of the ids that are here."""
        rows = await self._connection.fetch(_PEOPLE + " and p.id = any($2) order by p.id", self._workspace_id, list(ids))
        return [_person(row) for row in rows]

    async def person(self, person_id: PersonId) -> Person:
        """Raises PersonNotFound."""
        found = await self.by_ids([person_id])
        if not found:
            raise PersonNotFound("no such person")
        return found[0]

    async def id_of(self, email_key: str) -> PersonId | None:
        """Who has the address."""
        return await self._connection.fetchval(
            "select id from people where workspace_id = $1 and email_key = $2", self._workspace_id, email_key
        )

    async def insert(self, row: PersonRow) -> PersonId:
        """Raises EmailTaken; the transaction goes on."""
        person_id = PersonId(new_id())
        try:
            async with self._connection.transaction():
                await self._connection.execute(
                    "insert into people"
                    " (workspace_id, id, email, email_key, name, role, password_hash, chat_limit, locale, created_at)"
                    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, now()))",
                    self._workspace_id,
                    person_id,
                    *msgspec.structs.astuple(row),
                )
        except asyncpg.UniqueViolationError:
            raise EmailTaken("somebody here has this address", field="email") from None
        return person_id

    async def update(self, person_id: PersonId, values: Mapping[str, Any]) -> None:
        """Set columns of a person."""
        names = [name for name in _CHANGEABLE if name in values]
        if names:
            assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, start=3))
            await self._connection.execute(
                f"update people set {assignments} where workspace_id = $1 and id = $2",
                self._workspace_id,
                person_id,
                *(values[name] for name in names),
            )

    async def lock(self, ids: Collection[PersonId]) -> tuple[dict[PersonId, Standing], int]:
        """Hold these people and every active owner until the end of the transaction; also how many such owners there are."""
        rows = await self._connection.fetch(_LOCK, self._workspace_id, list(ids))
        held = [Standing(PersonId(row["id"]), Role(row["role"]), row["disabled"]) for row in rows]
        owners = sum(standing.role is Role.OWNER and not standing.disabled for standing in held)
        return {standing.id: standing for standing in held}, owners

    async def hold_people(self, ids: Collection[PersonId]) -> None:
        """These people are changed by nobody else until this transaction ends: what is told of them then is not older than what was."""
        await self._connection.execute(
            "select id from people where workspace_id = $1 and id = any($2) order by id for share", self._workspace_id, list(ids)
        )

    async def lock_for(self, actor: PersonId | None, target: PersonId) -> tuple[Standing | None, Standing, int]:
        """Hold who acts (None: the program itself) and whom it is about, as `lock` does; both, and how many active owners there are.

        Raises PersonNotFound, and RoleRefused when who acts is not here any more.
        """
        held, owners = await self.lock([target, *([actor] if actor else [])])
        if target not in held:
            raise PersonNotFound("no such person")
        if actor is not None and actor not in held:
            raise RoleRefused("you are not here any more")
        return held[actor] if actor else None, held[target], owners

    async def merge_preferences(self, person_id: PersonId, values: Mapping[str, Any]) -> None:
        """Set some preferences and leave the others."""
        await self._connection.execute(
            "update people set preferences = preferences || $3 where workspace_id = $1 and id = $2",
            self._workspace_id,
            person_id,
            dict(values),
        )

    async def renew_password(self, person_id: PersonId, old: str | None, new: str) -> bool:
        """Put a hash in the place of the one that was checked; False when it is no longer that one."""
        tag = await self._connection.execute(
            "update people set password_hash = $4 where workspace_id = $1 and id = $2 and password_hash is not distinct from $3",
            self._workspace_id,
            person_id,
            old,
            new,
        )
        return tag != "UPDATE 0"

    async def password_hash(self, person_id: PersonId) -> str | None:
        """What the password is checked against; None when there is none."""
        return await self._connection.fetchval(
            "select password_hash from people where workspace_id = $1 and id = $2", self._workspace_id, person_id
        )

    async def preferences(self, person_id: PersonId) -> Preferences:
        """Preferences; what an older or newer program wrote and this one does not know falls back to the default."""
        row = await self._connection.fetchrow(
            "select preferences, locale from people where workspace_id = $1 and id = $2", self._workspace_id, person_id
        )
        if row is None:
            raise PersonNotFound("no such person")
        try:
            return msgspec.convert({**row["preferences"], "locale": row["locale"]}, Preferences)
        except msgspec.ValidationError:
            return Preferences(locale=row["locale"])

    async def set_teams(self, person_id: PersonId, teams: Collection[TeamId]) -> None:
        """The person is in exactly these teams. Raises TeamNotFound."""
        await must_exist(self._connection, self._workspace_id, "teams", teams, TeamNotFound("no such team", field="team_ids"))
        await self._connection.execute(
            "delete from team_members where workspace_id = $1 and person_id = $2 and team_id <> all($3)",
            self._workspace_id,
            person_id,
            list(teams),
        )
        await self.join_teams(person_id, teams)

    async def join_teams(self, person_id: PersonId, teams: Collection[TeamId]) -> None:
        """The person is in those of these teams that there are."""
        await self._connection.execute(
            "insert into team_members (workspace_id, team_id, person_id)"
            " select workspace_id, id, $2 from teams where workspace_id = $1 and id = any($3) on conflict do nothing",
            self._workspace_id,
            person_id,
            list(teams),
        )

    async def teams_must_exist(self, teams: Collection[TeamId]) -> None:
        """Raises TeamNotFound."""
        await must_exist(self._connection, self._workspace_id, "teams", teams, TeamNotFound("no such team", field="team_ids"))


async def must_exist(
    connection: Connection, workspace_id: WorkspaceId, table: Literal["people", "teams"], ids: Collection[Any], missing: Exception
) -> None:
    """Hold these rows against being deleted until the transaction ends. Raises `missing` unless all are there."""
    found = await connection.fetch(
        f"select id from {table} where workspace_id = $1 and id = any($2) for key share", workspace_id, list(ids)
    )
    if len(found) != len(set(ids)):
        raise missing


def _person(row: Any) -> Person:
    fields: dict[str, Any] = dict(row)
    fields["role"] = Role(row["role"])
    return Person(**fields)
