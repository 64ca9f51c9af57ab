"""Finding FAQs and articles by words: the projection `knowledge_search` and the questions put to it."""

import math
import re
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.knowledge.contracts import EntryKind
from qiao.domains.knowledge.rules import excerpt
from qiao.kit.text import search_query, search_tokens
from qiao.platform.db.database import Scope

Audience = Literal["console", "public"]

_LEAST_SHARE = 0.4
"""How much of the weight of a question's words an entry must hold to be shown for it."""
_FEW = 3
"""With fewer entries than this that hold every word, those that hold much of it are shown too."""
_CANDIDATES = 400
"""Entries are looked for by as many of the rarest words as keep them about this few; at least by one."""
_LOOSE_TERMS = 40
_MAX_QUERY = 300
# Words that say nothing about what is asked; without them a question finds what it is about.
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and any are be but can could did do does for from get have how i if in is it me my of on or our please should that "
        "the there this to us was we what when where which who why will with would you your "
        "怎么 么样 什么 如何 可以 吗 呢 的 了 我的 请问 能不 不能 是否",
    )
)

_INDEX = """
insert into knowledge_search
  (workspace_id, entry_id, audience, kind, owner_id, language, title, plain, title_words, words, updated_at)
select $1, r.entry_id, r.audience, r.kind, r.owner_id, r.language, r.title, r.plain,
  array_to_tsvector(string_to_array(r.title_tokens, ' ')), array_to_tsvector(string_to_array(r.tokens, ' ')), now()
from jsonb_to_recordset($2) as r(entry_id uuid, audience text, kind text, owner_id uuid, language text, title text, plain text,
  title_tokens text, tokens text)
on conflict (workspace_id, entry_id, audience) do update set owner_id = excluded.owner_id, language = excluded.language,
  title = excluded.title, plain = excluded.plain, title_words = excluded.title_words, words = excluded.words, updated_at = now()
"""
_STRICT = """
select entry_id, kind, owner_id, language, title, plain from knowledge_matching($2, $3::tsquery)
where workspace_id = $1 and ($4::text is null or language = $4)
order by title_words @@ $3::tsquery desc, ts_rank(title_words, $3::tsquery) desc, ts_rank(words, $3::tsquery) desc, updated_at desc
limit $5
"""
_FREQUENCIES = """
select token, (select count(*) from knowledge_matching($2, tokens.query::tsquery)
  where workspace_id = $1 and ($3::text is null or language = $3)) as entries
from unnest($4::text[], $5::text[]) as tokens(token, query)
"""
_LOOSE = """
select entry_id, kind, owner_id, language, title, plain,
  array(select unnest(tsvector_to_array(words)) intersect select unnest($5::text[])) as met,
  array(select unnest(tsvector_to_array(title_words)) intersect select unnest($5::text[])) as met_in_title
from knowledge_matching($2, $3::tsquery)
where workspace_id = $1 and ($4::text is null or language = $4) limit 400
"""


class IndexRow(Struct, frozen=True, kw_only=True):
    """What one audience finds an entry by. `other` holds words besides title and plain text: variants."""

    entry_id: UUID
    audience: Audience
    kind: EntryKind
    owner_id: UUID
    language: str
    title: str
    plain: str
    other: tuple[str, ...] = ()


class Found(Struct, frozen=True, kw_only=True):
    """An entry that was found."""

    entry_id: UUID
    kind: EntryKind
    owner_id: UUID
    language: str
    title: str
    excerpt: str


async def index(scope: Scope, rows: Sequence[IndexRow]) -> None:
    """Make the rows what is found. Replaces what stood there."""
    await index_prepared(scope, [prepared(row) for row in rows])


def prepared(row: IndexRow) -> dict[str, Any]:
    """A row with its tokens; pure and worth a thread when there are many."""
    heading = "\n".join((row.title, *row.other))
    fields = {name: value for name, value in msgspec.structs.asdict(row).items() if name != "other"}
    return {**fields, "title_tokens": search_tokens(heading), "tokens": search_tokens(f"{heading}\n{row.plain}")}


async def index_prepared(scope: Scope, rows: list[dict[str, Any]]) -> None:
    """As `index`, with the tokens made before."""
    if rows:
        await scope.connection.execute(_INDEX, scope.workspace_id, rows)


async def forget(scope: Scope, entry_ids: Collection[UUID], audience: Audience | None = None) -> None:
    """Entries are not found any more, by one audience or at all."""
    await scope.connection.execute(
        "delete from knowledge_search where workspace_id = $1 and entry_id = any($2) and ($3::text is null or audience = $3)",
        scope.workspace_id,
        list(entry_ids),
        audience,
    )


async def find(scope: Scope, query: str, audience: Audience, *, language: str | None = None, limit: int = 10) -> list[Found]:
    """Entries that hold every word of `query`, titles first; when these are few, also those that hold much of it."""
    query = query[:_MAX_QUERY]
    wanted = search_query(query)
    if not wanted:
        return []
    rows = list(await scope.connection.fetch(_STRICT, scope.workspace_id, audience, wanted, language, limit))
    if len(rows) < _FEW:
        known = {row["entry_id"] for row in rows}
        rows += [row for row in await _loosely(scope, query, audience, language, limit) if row["entry_id"] not in known]
    return [_read(row, query) for row in rows[:limit]]


async def _loosely(scope: Scope, query: str, audience: Audience, language: str | None, limit: int) -> list[Any]:
    """Entries near to a question in whole sentences: its rare words count, those that stand everywhere or nowhere do not."""
    typed = [token for token in search_tokens(query).split(" ") if token]
    # The last character of a run stands alone only where nothing longer was typed.
    typed = [token for token in typed if len(token) > 1] or typed
    if len(typed) == 1:
        # One word: what holds it has been found.
        return []
    tokens = [token for token in typed if token not in _EMPTY_WORDS][:_LOOSE_TERMS]
    quoted = {token: "'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in tokens}
    counted = await scope.connection.fetch(
        _FREQUENCIES, scope.workspace_id, audience, language, tokens, [quoted[token] for token in tokens]
    )
    entries = {row["token"]: row["entries"] for row in counted if row["entries"]}
    weights: dict[str, float] = {token: 1 / math.log2(1 + count) for token, count in entries.items()}
    rarest = _rarest(entries)
    if not rarest:
        return []
    either = " | ".join(quoted[token] for token in rarest)
    rows = await scope.connection.fetch(_LOOSE, scope.workspace_id, audience, either, language, list(weights))
    least = _LEAST_SHARE * sum(weights.values())
    weighed = [(sum(weights[token] for token in row["met"]), row) for row in rows]
    near = [(share + sum(weights[token] for token in row["met_in_title"]), row) for share, row in weighed if share >= least]
    near.sort(key=itemgetter(0), reverse=True)
    return [row for _share, row in near[:limit]]


def _rarest(entries: dict[str, int]) -> list[str]:
    """The rarest tokens that together stand in few entries."""
    chosen: list[str] = []
    reached = 0
    for token in sorted(entries, key=entries.__getitem__):
        reached += entries[token]
        if chosen and reached > _CANDIDATES:
            break
        chosen.append(token)
    return chosen


def _read(row: Any, query: str) -> Found:
    return Found(
        entry_id=row["entry_id"],
        kind=row["kind"],
        owner_id=row["owner_id"],
        language=row["language"],
        title=row["title"],
        excerpt=excerpt(row["plain"], query),
    )
