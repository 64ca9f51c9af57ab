"""Pictures of entries: one that only entries for agents show is for agents, whoever has kept its address.

Whether it is so is worked out anew whenever an entry that shows it is stored, turned over or deleted. A picture that no entry shows stays
as it was.
"""

import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

from qiao.platform.blobs.files import set_inside
from qiao.platform.db.database import Scope

_ADDRESS = re.compile(r"/files/[0-9a-f]{32}/([0-9a-f]{32})/")
# Snippets are sent to customers, so what they show is for everyone.
_SHOWN_TO = """
select p.id, a.audience from unnest($2::uuid[], $3::text[]) as p(id, part) cross join lateral (
  select audience from faqs where workspace_id = $1 and answer like p.part
  union select a.audience from article_translations t join articles a on a.workspace_id = t.workspace_id and a.id = t.article_id
    where t.workspace_id = $1 and (t.body like p.part or t.published_body like p.part)
  union select 'everyone' from snippets where workspace_id = $1 and body::text like p.part
) a
"""
_FOR_EVERYONE = r"""
select distinct (regexp_matches(text, '/files/[0-9a-f]{32}/([0-9a-f]{32})/', 'g'))[1]::uuid as id from (
  select answer as text from faqs where workspace_id = $1 and audience = 'everyone'
  union all
  select t.body from article_translations t join articles a on a.workspace_id = t.workspace_id and a.id = t.article_id
    where t.workspace_id = $1 and a.audience = 'everyone'
) texts
"""


async def for_everyone(scope: Scope) -> list[UUID]:
    """The files of ours that stand in entries for everyone."""
    return [row["id"] for row in await scope.connection.fetch(_FOR_EVERYONE, scope.workspace_id)]


def pictures_in(texts: Iterable[str | None]) -> list[UUID]:
    """The files of ours that Markdown texts name, each once."""
    found = (match for text in texts if text for match in _ADDRESS.findall(text))
    return [UUID(hex=one) for one in dict.fromkeys(found)]


async def guard(scope: Scope, texts: Iterable[str | None]) -> None:
    """Work out for whom the pictures of these texts are; they are those of an entry before and after a change. Safe to repeat."""
    ids = pictures_in(texts)
    if not ids:
        return
    rows = await scope.connection.fetch(_SHOWN_TO, scope.workspace_id, ids, [f"%/{one.hex}/%" for one in ids])
    shown: dict[UUID, set[str]] = {}
    for row in rows:
        shown.setdefault(row["id"], set()).add(row["audience"])
    await set_inside(scope, {one: "everyone" not in audiences for one, audiences in shown.items()})


@asynccontextmanager
async def guarded(scope: Scope, article_id: UUID) -> AsyncGenerator[None]:
    """Around a change of an article: `guard` for what it showed before and shows after."""
    before = await _texts(scope, article_id)
    yield
    await guard(scope, [*before, *await _texts(scope, article_id)])


async def _texts(scope: Scope, article_id: UUID) -> list[str | None]:
    rows = await scope.connection.fetch(
        "select body, published_body from article_translations where workspace_id = $1 and article_id = $2",
        scope.workspace_id,
        article_id,
    )
    return [text for row in rows for text in (row["body"], row["published_body"])]
