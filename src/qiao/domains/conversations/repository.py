"""Every query on conversations and messages, for one workspace."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.conversations.contracts import (
    Counts,
    Draft,
    Holding,
    Message,
    MessageKind,
    NewConversation,
    Standing,
    Status,
    View,
    Waiting,
)
from qiao.domains.conversations.statements import OPEN, STORE_ALONE
from qiao.domains.conversations.writer import Prepared, arguments, read_message
from qiao.kit.ids import ContactId, ConversationId, InboxId, PersonId, WorkspaceId, new_id
from qiao.platform.db.database import Scope

Row = Any
MAX_SEQ = 2**31 - 1

_STANDING = """
select status, assignee_id, count(*) as n from conversations where workspace_id = $1 and status <> 'resolved' group by 1, 2
"""
COUNTED_UP_TO = 1_000
# Resolved ones grow without end, and every console asks: exact as far as anybody compares them.
_COUNT_RESOLVED = """
select count(*) from (select from conversations where workspace_id = $1 and status = 'resolved' limit $2) as bounded
"""

VIEWS: Mapping[str, str] = {
    "mine": "assignee_id = $2 and status = 'open'",
    "waiting": "status = 'waiting' and $2::uuid is not null",
    "bot": "status = 'bot' and $2::uuid is not null",
    "open": "status = 'open' and $2::uuid is not null",
    "snoozed": "status = 'snoozed' and $2::uuid is not null",
    "resolved": "status = 'resolved' and $2::uuid is not null",
    "all": "$2::uuid is not null",
}


class ConversationRows:
    """Queries scoped to the workspace of `scope`; there is no other way to make one."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id

    async def open(self, new: NewConversation) -> Row | None:
        """Insert unless an unresolved one of this inbox and contact exists; the new row, or None."""
        opened = await self.open_all([new])
        return opened[0] if opened else None

    async def open_all(self, new: Sequence[NewConversation]) -> list[Row]:
        """Insert those whose inbox and contact have no unresolved one; the new rows."""
        return await self._connection.fetch(
            OPEN,
            self._workspace_id,
            [new_id() for _ in new],
            [one.inbox_id for one in new],
            [one.contact_id for one in new],
            [one.status.value for one in new],
            [one.language for one in new],
            [one.thread for one in new],
        )

    async def store(self, items: Sequence[Prepared]) -> list[Row]:
        """Store messages; rows of those that are new, with their numbers. The caller tells the facts."""
        return await self._connection.fetch(STORE_ALONE, self._workspace_id, *arguments(items))

    async def one(self, conversation_id: ConversationId, *, lock: bool = False) -> Row | None:
        """A conversation's row; with `lock`, held until the transaction ends."""
        suffix = " for update" if lock else ""
        return await self._connection.fetchrow(
            f"select * from conversations where workspace_id = $1 and id = $2{suffix}", self._workspace_id, conversation_id
        )

    async def many(self, ids: Sequence[UUID]) -> list[Row]:
        """Rows by id, in no order."""
        return await self._connection.fetch(
            "select * from conversations where workspace_id = $1 and id = any($2)", self._workspace_id, list(ids)
        )

    async def latest_of(self, inbox_id: InboxId, contact_id: ContactId) -> Row | None:
        """The contact's conversation in an inbox: the unresolved one, else the newest."""
        return await self._connection.fetchrow(
            "select * from conversations where workspace_id = $1 and inbox_id = $2 and contact_id = $3 and thread = ''"
            " order by (status <> 'resolved') desc, created_at desc limit 1",
            self._workspace_id,
            inbox_id,
            contact_id,
        )

    async def listed(self, wanted: View, limit: int) -> list[Row]:
        """A view's rows: newest activity first, the waiting ones longest waiting first."""
        conditions = ["workspace_id = $1", VIEWS[wanted.name]]
        values: list[Any] = [self._workspace_id, wanted.person_id]
        for column in ("team_id", "inbox_id", "contact_id"):
            if (value := getattr(wanted, column)) is not None:
                values.append(value)
                conditions.append(f"{column} = ${len(values)}")
        if wanted.tag:
            values.append(wanted.tag)
            conditions.append(f"${len(values)} = any(tags)")
        sort, order, sign = ("waiting_since", "asc", ">") if wanted.name == "waiting" else ("active_at", "desc", "<")
        if wanted.after:
            values += wanted.after
            conditions.append(f"({sort}, id) {sign} (${len(values) - 1}, ${len(values)})")
        values.append(limit)
        where = " and ".join(conditions)
        return await self._connection.fetch(
            f"select * from conversations where {where} order by {sort} {order}, id {order} limit ${len(values)}", *values
        )

    async def counts(self, person_id: PersonId) -> Counts:
        """How many each view holds, as `Counts` says."""
        standing = await self.standing()
        resolved = int(await self._connection.fetchval(_COUNT_RESOLVED, self._workspace_id, COUNTED_UP_TO) or 0)
        waiting, bot, held, snoozed = (standing.by_status.get(one, 0) for one in ("waiting", "bot", "open", "snoozed"))
        unresolved = waiting + bot + held + snoozed
        return Counts(standing.held.get(person_id, 0), waiting, bot, held, snoozed, resolved, unresolved + resolved)

    async def standing(self) -> Standing:
        """All that are not resolved, counted."""
        by_status, held = Counter[str](), Counter[UUID]()
        for row in await self._connection.fetch(_STANDING, self._workspace_id):
            by_status[row["status"]] += row["n"]
            if row["status"] == "open" and row["assignee_id"] is not None:
                held[row["assignee_id"]] += row["n"]
        return Standing(by_status, held)

    async def change(self, conversation_id: ConversationId, changes: Mapping[str, Any]) -> Row:
        """Set columns of a locked conversation; gives the row after."""
        names = list(changes)
        assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, start=3))
        return await self._connection.fetchrow(
            f"update conversations set {assignments}, updated_at = now(), active_at = now()"
            " where workspace_id = $1 and id = $2 returning *",
            self._workspace_id,
            conversation_id,
            *(changes[name] for name in names),
        )

    async def messages(
        self, conversation_id: ConversationId, *, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[list[Message], bool]:
        """Messages oldest first: the latest, those before a number, or those after one; and whether there are more."""
        if after is not None:
            where, order, bound = "seq > $3", "asc", after
        else:
            where, order, bound = "seq < $3", "desc", MAX_SEQ if before is None else before
        rows = await self._connection.fetch(
            f"select * from messages where workspace_id = $1 and conversation_id = $2 and {where} order by seq {order} limit $4",
            self._workspace_id,
            conversation_id,
            min(max(bound, -1), MAX_SEQ),
            limit + 1,
        )
        items = [read_message(row) for row in rows[:limit]]
        return (items if after is not None else items[::-1]), len(rows) > limit

    async def message(self, conversation_id: ConversationId, message_id: UUID) -> Message | None:
        """One message by id, searched within its conversation."""
        row = await self._connection.fetchrow(
            "select * from messages where workspace_id = $1 and conversation_id = $2 and id = $3 limit 1",
            self._workspace_id,
            conversation_id,
            message_id,
        )
        return read_message(row) if row else None

    async def by_client_id(self, stored_client_id: str) -> Message | None:
        """A message by its stored client id."""
        return (await self.by_client_ids([stored_client_id])).get(stored_client_id)

    async def by_client_ids(self, stored_client_ids: Sequence[str]) -> dict[str, Message]:
        """Messages by their stored client ids; unknown ones are absent."""
        rows = await self._connection.fetch(
            "select * from messages where workspace_id = $1 and client_id = any($2)", self._workspace_id, list(stored_client_ids)
        )
        return {row["client_id"]: read_message(row) for row in rows}

    async def latest_summary(self, conversation_id: ConversationId) -> Mapping[str, Any] | None:
        """The content of the newest hand-over summary."""
        return await self._connection.fetchval(
            "select content from messages where workspace_id = $1 and conversation_id = $2 and kind = 'note'"
            " and content ->> 'type' = 'summary' order by seq desc limit 1",
            self._workspace_id,
            conversation_id,
        )

    async def mark_read(self, conversation_id: ConversationId, side: str, seq: int) -> int | None:
        """Move a side's mark forward, never back; the new mark, or None when it did not move."""
        column = "agent_seen_seq" if side == "agent" else "contact_seen_seq"
        unread = ", unread = case when $3 >= last_seq then 0 else unread end" if side == "agent" else ""
        return await self._connection.fetchval(
            f"update conversations set {column} = least($3, last_seq){unread}"
            f" where workspace_id = $1 and id = $2 and {column} < least($3, last_seq) returning {column}",
            self._workspace_id,
            conversation_id,
            min(seq, MAX_SEQ),
        )

    async def draft(self, conversation_id: ConversationId, person_id: PersonId) -> Draft | None:
        """What the person has typed here and not sent."""
        row = await self._connection.fetchrow(
            "select text, kind from drafts where workspace_id = $1 and conversation_id = $2 and person_id = $3",
            self._workspace_id,
            conversation_id,
            person_id,
        )
        return Draft(row["text"], MessageKind(row["kind"])) if row else None

    async def save_draft(self, conversation_id: ConversationId, person_id: PersonId, draft: Draft | None) -> None:
        """Keep or forget a draft."""
        keys = (self._workspace_id, conversation_id, person_id)
        if draft is None:
            await self._connection.execute(
                "delete from drafts where workspace_id = $1 and conversation_id = $2 and person_id = $3", *keys
            )
            return
        await self._connection.execute(
            "insert into drafts (workspace_id, conversation_id, person_id, text, kind) values ($1, $2, $3, $4, $5)"
            " on conflict (workspace_id, conversation_id, person_id)"
            " do update set text = excluded.text, kind = excluded.kind, updated_at = now()",
            *keys,
            draft.text,
            draft.kind.value,
        )

    async def tags(self) -> list[tuple[str, int]]:
        """Tags in use with how many conversations have each, most used first."""
        rows = await self._connection.fetch(
            "select tag, count(*) as uses from (select tags from conversations where workspace_id = $1"
            " and tags <> '{}' order by active_at desc limit 5000) recent, unnest(tags) as tag group by tag order by 2 desc limit 200",
            self._workspace_id,
        )
        return [(row["tag"], row["uses"]) for row in rows]

    async def status_of(self, ids: Collection[UUID]) -> dict[UUID, Holding]:
        """Status, inbox, holder and wait of conversations."""
        rows = await self._connection.fetch(
            "select id, status, inbox_id, assignee_id, waiting_since from conversations where workspace_id = $1 and id = any($2)",
            self._workspace_id,
            list(ids),
        )
        return {
            row["id"]: Holding(Status(row["status"]), row["inbox_id"], row["assignee_id"], row["waiting_since"]) for row in rows
        }

    async def waiting(self, limit: int, team_ids: Collection[UUID] | None) -> list[Waiting]:
        """Conversations in the queue, longest waiting first; of no team and of these alone, when teams are given."""
        rows = await self._connection.fetch(
            "select id, team_id, coalesce(waiting_since, updated_at) as waiting_since from conversations"
            " where workspace_id = $1 and status = 'waiting' and assignee_id is null"
            " and ($3::uuid[] is null or team_id is null or team_id = any($3)) order by 3, id limit $2",
            self._workspace_id,
            limit,
            None if team_ids is None else list(team_ids),
        )
        return [Waiting(row["id"], row["team_id"], row["waiting_since"]) for row in rows]

    async def waiting_on(self, person_ids: Collection[PersonId]) -> list[ConversationId]:
        """Open conversations of these people whose customer waits."""
        rows = await self._connection.fetch(
            "select id from conversations"
            " where workspace_id = $1 and status = 'open' and assignee_id = any($2) and waiting_since is not null",
            self._workspace_id,
            list(person_ids),
        )
        return [row["id"] for row in rows]

    async def due(self, now: datetime, limit: int = 200) -> list[UUID]:
        """Snoozed conversations whose time has come."""
        rows = await self._connection.fetch(
            "select id from conversations where workspace_id = $1 and status = 'snoozed' and snoozed_until <= $2 limit $3",
            self._workspace_id,
            now,
            limit,
        )
        return [row["id"] for row in rows]

    async def doubled(self, old: ContactId, new: ContactId) -> list[UUID]:
        """Unresolved conversations of `new` in inboxes where `old` has one too."""
        rows = await self._connection.fetch(
            "select c.id from conversations c where c.workspace_id = $1 and c.contact_id = $3 and c.status <> 'resolved'"
            " and exists (select from conversations o where o.workspace_id = $1 and o.contact_id = $2"
            " and o.inbox_id = c.inbox_id and o.thread = c.thread and o.status <> 'resolved') order by c.id",
            self._workspace_id,
            old,
            new,
        )
        return [row["id"] for row in rows]

    async def move_contact(self, old: ContactId, new: ContactId) -> list[UUID]:
        """Give all conversations of one contact to another; where they came from is remembered."""
        rows = await self._connection.fetch(
            "with moved as (update conversations set contact_id = $3 where workspace_id = $1 and contact_id = $2 returning id)"
            " insert into conversation_moves (workspace_id, conversation_id, from_id, to_id) select $1, id, $2, $3 from moved"
            " on conflict (workspace_id, conversation_id, from_id) do update set to_id = excluded.to_id returning conversation_id",
            self._workspace_id,
            old,
            new,
        )
        return [row["conversation_id"] for row in rows]

    async def brought_by(self, contact_id: ContactId) -> list[UUID]:
        """Conversations that a join took from a contact."""
        rows = await self._connection.fetch(
            "select conversation_id from conversation_moves where workspace_id = $1 and from_id = $2 order by conversation_id",
            self._workspace_id,
            contact_id,
        )
        return [row["conversation_id"] for row in rows]

    async def move_back(self, conversation_id: ConversationId, contact_id: ContactId) -> None:
        """Give a conversation back to the contact that a join took it from."""
        await self._connection.execute(
            "with back as (delete from conversation_moves where workspace_id = $1 and conversation_id = $2 and from_id = $3)"
            " update conversations set contact_id = $3 where workspace_id = $1 and id = $2",
            self._workspace_id,
            conversation_id,
            contact_id,
        )
