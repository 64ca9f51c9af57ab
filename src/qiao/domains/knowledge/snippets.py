"""Snippets: what agents type often, under a shortcut."""

import re
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from qiao.domains.knowledge.contracts import NewSnippet, Snippet, SnippetChanges
from qiao.domains.knowledge.errors import KnowledgeInvalid, KnowledgeNotFound, ShortcutTaken
from qiao.domains.knowledge.pictures import guard
from qiao.domains.knowledge.rules import cleaned, cleaned_localised
from qiao.kit.ids import new_id
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

_COLUMNS = "id, shortcut, title, body"
_SHORTCUT = re.compile(r"\w+(?:[-.]\w+)*")
_MAX_SHORTCUT = 40
_MAX_TITLE = 600
_MAX_BODY = 20_000


class Snippets:
    """Makes, finds and changes snippets."""

    async def all(self, scope: Scope) -> list[Snippet]:
        """Every snippet by shortcut."""
        rows = await scope.connection.fetch(
            f"select {_COLUMNS} from snippets where workspace_id = $1 order by shortcut", scope.workspace_id
        )
        return [Snippet(**dict(row)) for row in rows]

    async def create(self, scope: Scope, new: NewSnippet) -> Snippet:
        """A new snippet. Raises KnowledgeInvalid, ShortcutTaken."""
        values = _checked(msgspec.structs.asdict(new))
        row = await scope.connection.fetchrow(
            "insert into snippets (workspace_id, id, shortcut, title, body) values ($1, $2, $3, $4, $5)"
            f" on conflict (workspace_id, shortcut) do nothing returning {_COLUMNS}",
            scope.workspace_id,
            new_id(),
            values["shortcut"],
            values["title"],
            values["body"],
        )
        if row is None:
            raise ShortcutTaken("another snippet has this shortcut", field="shortcut")
        await guard(scope, row["body"].values())
        made = Snippet(**dict(row))
        noted(None, made)
        return made

    async def change(self, scope: Scope, snippet_id: UUID, changes: SnippetChanges) -> Snippet:
        """Set the given fields. Raises KnowledgeNotFound, KnowledgeInvalid, ShortcutTaken."""
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
        values = _checked(given)
        old = await scope.connection.fetchrow(
            f"select {_COLUMNS} from snippets where workspace_id = $1 and id = $2", scope.workspace_id, snippet_id
        )
        assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=3)) or "title = title"
        try:
            async with scope.connection.transaction():
                row = await scope.connection.fetchrow(
                    f"update snippets set {assignments} where workspace_id = $1 and id = $2 returning {_COLUMNS}",
                    scope.workspace_id,
                    snippet_id,
                    *values.values(),
                )
        except asyncpg.UniqueViolationError:
            raise ShortcutTaken("another snippet has this shortcut", field="shortcut") from None
        if old is None or row is None:
            raise KnowledgeNotFound("no such snippet")
        await guard(scope, row["body"].values())
        noted(dict(old), dict(row))
        return Snippet(**dict(row))

    async def delete(self, scope: Scope, snippet_id: UUID) -> None:
        """Forget a snippet. Raises KnowledgeNotFound."""
        row = await scope.connection.fetchrow(
            "delete from snippets where workspace_id = $1 and id = $2 returning id, title", scope.workspace_id, snippet_id
        )
        if row is None:
            raise KnowledgeNotFound("no such snippet")
        noted(dict(row), None)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    checked = dict(values)
    if "shortcut" in checked:
        checked["shortcut"] = checked["shortcut"].strip().lstrip("/").lower()
        if len(checked["shortcut"]) > _MAX_SHORTCUT or not _SHORTCUT.fullmatch(checked["shortcut"]):
            raise KnowledgeInvalid("a shortcut is one word", field="shortcut")
    if "title" in checked:
        checked["title"] = cleaned("title", checked["title"], limit=_MAX_TITLE)
    if "body" in checked:
        checked["body"] = cleaned_localised("body", checked["body"], limit=_MAX_BODY)
    return checked
