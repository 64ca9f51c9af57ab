"""The door of workspaces."""

from typing import Any

import asyncpg
import msgspec

from qiao.domains.workspaces.contracts import Workspace, WorkspaceChanges
from qiao.domains.workspaces.errors import SlugTaken, WorkspaceNotFound
from qiao.domains.workspaces.rules import check_field
from qiao.kit.ids import WorkspaceId, new_id
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Database, Scope

_COLUMNS = "id, slug, name, default_locale, timezone, chat_limit_default, requeue_after_seconds"


class Workspaces:
    """Makes, finds and changes workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, slug: str, name: dict[str, str], *, default_locale: str = "zh", timezone: str = "Asia/Shanghai"
    ) -> Workspace:
        """A new workspace with its log and counters. Raises SlugTaken, WorkspaceInvalid."""
        fields: dict[str, Any] = {"slug": slug, "name": name, "default_locale": default_locale, "timezone": timezone}
        for field, value in fields.items():
            check_field(field, value)
        workspace_id = WorkspaceId(new_id())
        async with self._database.across() as connection, connection.transaction():
            try:
                row = await connection.fetchrow(
                    f"insert into workspaces (id, slug, name, default_locale, timezone) values ($1, $2, $3, $4, $5) returning {_COLUMNS}",
                    workspace_id,
                    *fields.values(),
                )
            except asyncpg.UniqueViolationError:
                raise SlugTaken(f"the address {slug!r} is taken", field="slug") from None
            await connection.execute(
                "insert into log_heads (workspace_id, epoch) values ($1, $2)", workspace_id, new_id().hex[-12:]
            )
            await connection.execute("insert into conversation_counters (workspace_id) values ($1)", workspace_id)
        return _read(row)

    async def by_slug(self, slug: str) -> Workspace:
        """A workspace by its address. Raises WorkspaceNotFound."""
        # An address may hold a character that no text in the database can.
        slug = slug.replace("\x00", "\ufffd")
        async with self._database.across() as connection:
            row = await connection.fetchrow(f"select {_COLUMNS} from workspaces where slug = $1", slug)
        if row is None:
            raise WorkspaceNotFound("no such workspace")
        return _read(row)

    async def get(self, scope: Scope) -> Workspace:
        """The workspace of the scope."""
        row = await scope.connection.fetchrow(f"select {_COLUMNS} from workspaces where id = $1", scope.workspace_id)
        if row is None:
            raise WorkspaceNotFound("no such workspace")
        return _read(row)

    async def hold(self, scope: Scope) -> None:
        """The workspace itself is changed by nobody else until this transaction ends: what is counted in it then stays so."""
        await scope.connection.execute("select id from workspaces where id = $1 for no key update", scope.workspace_id)

    async def change(self, scope: Scope, changes: WorkspaceChanges) -> Workspace:
        """Set the given fields. Raises WorkspaceInvalid, SlugTaken."""
        values = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
        for name, value in values.items():
            check_field(name, value)
        before = await self.get(scope)
        if values:
            assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=2))
            try:
                await scope.connection.execute(
                    f"update workspaces set {assignments} where id = $1", scope.workspace_id, *values.values()
                )
            except asyncpg.UniqueViolationError:
                raise SlugTaken("this address is taken", field="slug") from None
        after = await self.get(scope)
        noted(before, after)
        return after

    async def all_ids(self) -> list[WorkspaceId]:
        """Every workspace, for scheduled work."""
        async with self._database.across() as connection:
            return [WorkspaceId(row["id"]) for row in await connection.fetch("select id from workspaces order by id")]


def _read(row: Any) -> Workspace:
    return Workspace(**dict(row))
