"""Rows into contracts, and the search over messages."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from qiao.domains.contacts.contracts import Contact
from qiao.domains.conversations.contracts import AuthorKind, ContactBrief, Conversation, MessageKind, Preview, Status
from qiao.kit.text import normalise, search_query, search_tokens
from qiao.platform.db.database import Scope

MAX_HITS = 20_000
WALKED, FURTHER = 5_000, 30_000
"""Messages that are asked for the words: those that an index names, the newest ones before it is asked, and so many more of them when
the first had some."""
SOME = 3
"""Hits among the newest that promise the rest nearby: walking to it is cheaper than gathering all that the index names."""
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6} |^> ", re.MULTILINE)
SNIPPET = 120
_AT_A_TIME = 16

# What many messages hold, the newest hold too, and nothing else is read. What these do not hold, few do: the index names them,
# and they are gathered before they are sorted. Neither grows with the workspace (docs/subsystems/conversations.md).
_WALK = """
  select conversation_id, seq, at from (
    select conversation_id, seq, at, tokens from message_search where workspace_id = $1 order by at desc limit {walked}
  ) n where tokens @@ $2::tsquery{when} order by at desc limit $4
"""
_SEARCH = f"""
with newest as materialized ({_WALK.format(walked="$5", when="")}),
further as materialized ({_WALK.format(walked="$6", when=" and (select count(*) from newest) between $7 and $4 - 1")}),
older as materialized (
  select conversation_id, seq, at from messages_matching($2::tsquery, $3) where workspace_id = $1
    and (select count(*) from newest) < $4 and (select count(*) from further) < $4
    and exists (select from (select from message_search where workspace_id = $1 order by at desc offset $5 limit 1) more)
)
select m.* from (select * from newest union select * from further union select * from older order by at desc limit $4) h
join messages m on m.workspace_id = $1 and m.conversation_id = h.conversation_id and m.seq = h.seq
order by h.at desc
"""
_INDEX = """
insert into message_search (workspace_id, conversation_id, seq, tokens, at)
select $1, conversation_id, seq, array_to_tsvector(array_remove(string_to_array(tokens, ' '), '')), at
from unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[]) as t(conversation_id, seq, tokens, at)
on conflict (workspace_id, conversation_id, seq) do update set tokens = excluded.tokens
"""


def conversation_of(row: Any, contact: Contact | None) -> Conversation:
    """A row of `conversations` with its contact."""
    brief = ContactBrief(row["contact_id"], None, None, identified=False, city=None, country=None, tier=None)
    if contact is not None:
        brief = ContactBrief(
            contact.id, contact.name, contact.email, contact.identified, contact.city, contact.country, contact.tier
        )
    return Conversation(
        id=row["id"],
        number=row["number"],
        inbox_id=row["inbox_id"],
        contact=brief,
        status=Status(row["status"]),
        assignee_id=row["assignee_id"],
        team_id=row["team_id"],
        language=row["language"],
        tags=list(row["tags"]),
        last_seq=row["last_seq"],
        agent_seen_seq=row["agent_seen_seq"],
        contact_seen_seq=row["contact_seen_seq"],
        unread=row["unread"],
        preview=_preview(row),
        waiting_since=row["waiting_since"],
        snoozed_until=row["snoozed_until"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        resolved_at=row["resolved_at"],
        thread=row["thread"],
    )


def conversations_of(rows: Sequence[Any], contacts: Mapping[UUID, Contact]) -> list[Conversation]:
    """Rows with their contacts."""
    return [conversation_of(row, contacts.get(row["contact_id"])) for row in rows]


async def search(scope: Scope, query: str, limit: int) -> list[Any]:
    """Rows of messages that hold every token of `query`, newest first."""
    wanted = search_query(query)
    if not wanted:
        return []
    return await scope.connection.fetch(_SEARCH, scope.workspace_id, wanted, MAX_HITS, limit, WALKED, FURTHER, SOME)


async def index(scope: Scope, entries: Sequence[tuple[UUID, int, str, Any]]) -> None:
    """Make messages findable: (conversation, seq, text, at). Safe to repeat."""
    tokens: list[str] = []
    for part in range(0, len(entries), _AT_A_TIME):
        tokens += [search_tokens(text) for _, _, text, _ in entries[part : part + _AT_A_TIME]]
        # Those who wait for an answer come between.
        await asyncio.sleep(0)
    if entries:
        await scope.connection.execute(
            _INDEX,
            scope.workspace_id,
            [entry[0] for entry in entries],
            [entry[1] for entry in entries],
            tokens,
            [entry[3] for entry in entries],
        )


def snippet(text: str, query: str) -> str:
    """The part of `text` around the first place where a word of `query` stands, without the marks of Markdown."""
    text = _MARKS.sub("", _LINK.sub(r"\1", text))
    folded = normalise(text)
    words = [word for word in normalise(query).split() if word]
    places = [place for word in words if (place := folded.find(word)) >= 0]
    start = max(0, min(places, default=0) - SNIPPET // 4)
    cut = text[start : start + SNIPPET].strip()
    return ("…" if start else "") + cut + ("…" if start + SNIPPET < len(text) else "")


def _preview(row: Any) -> Preview | None:
    if row["preview_at"] is None:
        return None
    author, kind = AuthorKind(row["preview_author"]), MessageKind(row["preview_kind"])
    return Preview(row["preview_text"], author, kind, row["preview_at"])
