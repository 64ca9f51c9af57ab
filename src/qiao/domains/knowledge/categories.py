"""Categories: shelves for FAQs and articles."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from qiao.domains.knowledge.contracts import Category, CategoryChanges, NewCategory
from qiao.domains.knowledge.errors import KnowledgeNotFound, SlugTaken
from qiao.domains.knowledge.rules import checked_slug, cleaned, cleaned_localised, own_slug, slug_of_words
from qiao.kit.ids import new_id
from qiao.kit.text import normalise
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

_COLUMNS = "id, slug, name, description, position"
_MAX_NAME = 240
_MAX_DESCRIPTION = 1_500
_MOST_MADE = 200
"""Imports make no more categories when there are this many: a column of free text is not a set of shelves."""
_INSERT = f"""
insert into knowledge_categories (workspace_id, id, slug, name, description, position)
values ($1, $2, $3, $4, $5, coalesce($6,
  (select coalesce(max(position), 0) + 1 from knowledge_categories where workspace_id = $1)))
on conflict (workspace_id, slug) do nothing returning {_COLUMNS}
"""


class Categories:
    """Makes, finds and changes categories."""

    async def all(self, scope: Scope) -> list[Category]:
        """Every category in its order."""
        rows = await scope.connection.fetch(
            f"select {_COLUMNS} from knowledge_categories where workspace_id = $1 order by position, slug", scope.workspace_id
        )
        return [_read(row) for row in rows]

    async def get(self, scope: Scope, category_id: UUID) -> Category:
        """A category by id. Raises KnowledgeNotFound."""
        row = await scope.connection.fetchrow(
            f"select {_COLUMNS} from knowledge_categories where workspace_id = $1 and id = $2", scope.workspace_id, category_id
        )
        if row is None:
            raise KnowledgeNotFound("no such category")
        return _read(row)

    async def create(self, scope: Scope, new: NewCategory) -> Category:
        """A new category. Raises KnowledgeInvalid, SlugTaken."""
        name = cleaned_localised("name", new.name, limit=_MAX_NAME)
        description = cleaned_localised("description", new.description, limit=_MAX_DESCRIPTION, required=False)
        category_id = new_id()
        if new.slug:
            candidates = [checked_slug(new.slug)]
        else:
            candidates = [slug for slug in (slug_of_words(name.get("en", "")), own_slug("c", category_id)) if slug]
        for slug in candidates:
            row = await scope.connection.fetchrow(_INSERT, scope.workspace_id, category_id, slug, name, description, new.position)
            if row is not None:
                made = _read(row)
                noted(None, made)
                return made
        raise SlugTaken("another category has this slug", field="slug")

    async def change(self, scope: Scope, category_id: UUID, changes: CategoryChanges) -> Category:
        """Set the given fields. Raises KnowledgeNotFound, KnowledgeInvalid, SlugTaken."""
        old = await self.get(scope, category_id)
        values: dict[str, Any] = {
            name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET
        }
        if "name" in values:
            values["name"] = cleaned_localised("name", values["name"], limit=_MAX_NAME)
        if "description" in values:
            description = values["description"]
            values["description"] = cleaned_localised("description", description, limit=_MAX_DESCRIPTION, required=False)
        if "slug" in values:
            values["slug"] = checked_slug(values["slug"])
        assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=3)) or "position = position"
        try:
            async with scope.connection.transaction():
                row = await scope.connection.fetchrow(
                    f"update knowledge_categories set {assignments} where workspace_id = $1 and id = $2 returning {_COLUMNS}",
                    scope.workspace_id,
                    category_id,
                    *values.values(),
                )
        except asyncpg.UniqueViolationError:
            raise SlugTaken("another category has this slug", field="slug") from None
        if row is None:
            raise KnowledgeNotFound("no such category")
        changed = _read(row)
        noted(old, changed)
        return changed

    async def delete(self, scope: Scope, category_id: UUID) -> None:
        """Take the shelf away; what stood on it stays, without a category. Raises KnowledgeNotFound."""
        for statement in (
            "update faqs set category_id = null where workspace_id = $1 and category_id = $2",
            "update articles set category_id = null where workspace_id = $1 and category_id = $2",
        ):
            await scope.connection.execute(statement, scope.workspace_id, category_id)
        row = await scope.connection.fetchrow(
            "delete from knowledge_categories where workspace_id = $1 and id = $2 returning id, name",
            scope.workspace_id,
            category_id,
        )
        if row is None:
            raise KnowledgeNotFound("no such category")
        noted(dict(row), None)

    async def find_or_create(self, scope: Scope, name: str, language: str) -> UUID | None:
        """The category of this slug or name in any language, made when there is none. None for a name that cannot be one."""
        wanted = normalise(name)
        known = await self.all(scope)
        for category in known:
            if wanted in {category.slug.lower(), *(normalise(text) for text in category.name.values())}:
                return category.id
        if not wanted or len(known) >= _MOST_MADE:
            return None
        shown = cleaned("category", name[:60], limit=_MAX_NAME)
        return (await self.create(scope, NewCategory(name={language: shown}))).id


def _read(row: Any) -> Category:
    return Category(**dict(row))
