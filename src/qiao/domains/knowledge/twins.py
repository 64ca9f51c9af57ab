"""FAQs that share a slug are one question in two languages: who may read one may read the other, and nobody else.

Without that, what is for agents could still be read in its translation.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.domains.knowledge.rules import question_key
from qiao.platform.db.database import Scope

_TWINS = """
select id, slug, language, category_id, question, variants, answer, status, version, audience from faqs
where workspace_id = $1 and slug = any($2) and id <> all($3) order by id for update
"""

_LOCK = """
select from faqs where workspace_id = $1 and (id = $2 or slug = $3 or slug = (select slug from faqs where workspace_id = $1 and id = $2))
order by id for update
"""


async def lock(scope: Scope, faq_id: UUID, slug: str | None = None) -> None:
    """Lock a FAQ and its twins, those of the slug it is to have too: all in one order, so that nobody waits in a circle."""
    await scope.connection.execute(_LOCK, scope.workspace_id, faq_id, slug)


async def agree(scope: Scope, rows: Sequence[dict[str, Any]], *, chosen: bool = False) -> list[dict[str, Any]]:
    """Give `rows`, about to be stored, the audience that each shares with its twins; the twins that have to follow, ready to store.

    `chosen`: somebody has just decided it for `rows`, and the twins follow. Otherwise agents alone read all of them as soon as one of
    them is for agents. Locks the twins.
    """
    slugs = {row["slug"] for row in rows if row["slug"]}
    if not slugs:
        return []
    found = await scope.connection.fetch(_TWINS, scope.workspace_id, list(slugs), [row["id"] for row in rows])
    inner = {one["slug"] for one in (rows if chosen else [*rows, *found]) if one["audience"] == "agents"}
    for row in rows:
        row["audience"] = "agents" if row["slug"] in inner else row["audience"]
    twins = [dict(one) | {"question_key": question_key(one["question"])} for one in found]
    moved = [one for one in twins if (one["audience"] == "agents") != (one["slug"] in inner)]
    return [one | {"audience": "agents" if one["slug"] in inner else "everyone"} for one in moved]
