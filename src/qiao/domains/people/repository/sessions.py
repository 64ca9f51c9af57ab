"""Sessions, and who may begin one."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from qiao.domains.people.contracts import Role, Session, Visit
from qiao.domains.people.rules import SESSION_DAYS, SESSION_IDLE_DAYS
from qiao.kit.ids import PersonId, WorkspaceId, new_id
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Connection, Scope

_ALIVE = f"s.last_seen_at > now() - interval '{SESSION_IDLE_DAYS} days' and s.created_at > now() - interval '{SESSION_DAYS} days'"
_HOLDER = f"""
select s.id as session_id, s.person_id, p.name, p.role, p.locale, s.last_seen_at < now() - interval '1 minute' as stale
from sessions s join people p on p.workspace_id = s.workspace_id and p.id = s.person_id
where s.workspace_id = $1 and s.digest = $2 and not p.disabled and {_ALIVE}
"""
_SEEN = """
update sessions set last_seen_at = now()
where workspace_id = $1 and digest = $2 and last_seen_at < now() - interval '1 minute'
"""
_CANDIDATES = """
select p.workspace_id, p.id, p.password_hash, w.slug from people p join workspaces w on w.id = p.workspace_id
where p.email_key = $1 and not p.disabled and ($2::text is null or w.slug = $2)
order by p.created_at, p.id limit $3
"""
_LIST = f"""
select s.id, s.created_at, s.last_seen_at, s.ip, s.user_agent, s.id = $3 as current from sessions s
where s.workspace_id = $1 and s.person_id = $2 and {_ALIVE} order by s.last_seen_at desc, s.id
"""
_ENDED = f"""
select c.id from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) c(workspace_id, person_id, id, role)
where not exists (
  select from sessions s join people p on p.workspace_id = s.workspace_id and p.id = s.person_id
  where s.workspace_id = c.workspace_id and s.person_id = c.person_id and s.id = c.id and not p.disabled and p.role = c.role and {_ALIVE}
) and not exists (
  select from api_keys k join people p on p.workspace_id = k.workspace_id and p.id = k.made_by
  where k.workspace_id = c.workspace_id and k.id = c.id and not p.disabled and p.role = c.role
    and (k.expires_at is null or k.expires_at > now())
)
"""
_LAPSED_IN = f"select distinct s.workspace_id from sessions s where not ({_ALIVE})"
_END_LAPSED = f"delete from sessions s where s.workspace_id = $1 and not ({_ALIVE}) returning s.id, s.person_id"
MAX_CANDIDATES = 8


class Candidate(Struct, frozen=True):
    """Somebody whom an address may mean. Without a password: who was made by `qiao setup` and has not used its link yet."""

    workspace_id: WorkspaceId
    person_id: PersonId
    password_hash: str | None
    slug: str


class Face(Struct, frozen=True):
    """What a session says of its person."""

    person_id: PersonId
    name: str
    role: Role
    locale: str


async def candidates(connection: Connection, email_key: str, slug: str | None) -> list[Candidate]:
    """Across workspaces: everybody who has the address and is not disabled."""
    return [Candidate(*row.values()) for row in await connection.fetch(_CANDIDATES, email_key, slug, MAX_CANDIDATES)]


async def holder(connection: Connection, workspace_id: WorkspaceId, digest: bytes) -> tuple[UUID, Face] | None:
    """(session, person) of who holds it now; one look into the primary key. Notes at most each minute that the session lives."""
    row = await connection.fetchrow(_HOLDER, workspace_id, digest)
    if row is None:
        return None
    if row["stale"]:
        await connection.execute(_SEEN, workspace_id, digest)
    return row["session_id"], Face(row["person_id"], row["name"], Role(row["role"]), row["locale"])


async def ended_of(connection: Connection, callers: Sequence[Caller]) -> list[UUID]:
    """Across workspaces, in one look: which of these sessions and keys give no access any more, or another than they gave."""
    rows = await connection.fetch(
        _ENDED,
        [one.workspace_id for one in callers],
        [one.person_id for one in callers],
        [one.session_id for one in callers],
        [one.role for one in callers],
    )
    return [row["id"] for row in rows]


async def with_lapsed_sessions(connection: Connection) -> list[WorkspaceId]:
    """Across workspaces: those where a session is over its time."""
    return [WorkspaceId(row["workspace_id"]) for row in await connection.fetch(_LAPSED_IN)]


class SessionRows:
    """Sessions of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def insert(self, person_id: PersonId, digest: bytes, visit: Visit) -> UUID:
        """A new session. Whether the person may have one is checked before, in the same transaction."""
        session_id = new_id()
        await self._connection.execute(
            "insert into sessions (workspace_id, digest, id, person_id, ip, user_agent) values ($1, $2, $3, $4, $5, $6)",
            self._workspace_id,
            digest,
            session_id,
            person_id,
            _plain(visit.ip, 64),
            _plain(visit.user_agent, 300),
        )
        return session_id

    async def hold(self, person_id: PersonId, password_hash: str | None) -> Face | None:
        """The person, held until the end of the transaction; None when disabled or the password changed meanwhile."""
        row = await self._connection.fetchrow(
            "select id, name, role, locale from people"
            " where workspace_id = $1 and id = $2 and not disabled and password_hash = $3 for share",
            self._workspace_id,
            person_id,
            password_hash,
        )
        return Face(row["id"], row["name"], Role(row["role"]), row["locale"]) if row else None

    async def of(self, person_id: PersonId, current: UUID) -> Sequence[Session]:
        """A person's live sessions, the latest first."""
        rows = await self._connection.fetch(_LIST, self._workspace_id, person_id, current)
        return [Session(**dict(row)) for row in rows]

    async def end(self, person_id: PersonId, session_id: UUID) -> bool:
        """Delete one session of a person; False when there is none."""
        tag = await self._connection.execute(
            "delete from sessions where workspace_id = $1 and person_id = $2 and id = $3",
            self._workspace_id,
            person_id,
            session_id,
        )
        return tag != "DELETE 0"

    async def end_all(self, person_id: PersonId, keep: UUID | None) -> list[UUID]:
        """Delete a person's sessions but one; which they were."""
        rows = await self._connection.fetch(
            "delete from sessions where workspace_id = $1 and person_id = $2 and ($3::uuid is null or id <> $3) returning id",
            self._workspace_id,
            person_id,
            keep,
        )
        return [row["id"] for row in rows]

    async def end_lapsed(self) -> list[tuple[UUID, PersonId]]:
        """Delete what is over its time; (session, person)."""
        return [(row["id"], row["person_id"]) for row in await self._connection.fetch(_END_LAPSED, self._workspace_id)]


def _plain(text: str, longest: int) -> str:
    """What PostgreSQL can hold and a log can show."""
    return "".join(mark if mark.isprintable() else " " for mark in text[:longest])
