"""Every query of reception, for one workspace."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from qiao.kit.ids import ContactId, ConversationId, InboxId
from qiao.platform.db.database import Scope
from qiao.ports.channel import Reported

Row = Any
MAX_REFS = 20
_HOLD_NAMES = """
select pg_advisory_xact_lock(hashtextextended('named/' || $1::text || '/' || name, 7))
from (select unnest($2::text[]) as name order by 1) as t
"""
_CLAIM = """
insert into channel_messages (workspace_id, inbox_id, provider_id, direction)
select $1, $2, provider_id, $4 from unnest($3::text[]) as t(provider_id) order by provider_id
on conflict do nothing returning provider_id
"""
_PLACE = """
update channel_messages m set conversation_id = t.conversation_id, seq = t.seq
from unnest($3::text[], $4::uuid[], $5::int[]) as t(provider_id, conversation_id, seq)
where m.workspace_id = $1 and m.inbox_id = $2 and m.provider_id = t.provider_id
"""
# What is read late changes nothing that came after it; what was said in public opens no private way.
_NEWEST = "coalesce((select max(o.at::timestamptz) from jsonb_each_text(a.opened) as o(kind, at)), '-infinity')"
_SEEN = f"""
insert into channel_addresses as a (workspace_id, inbox_id, address, contact_id, name, reply_to, opened, last_in_at, left_reason)
select $1, $2, address, contact_id, name, reply_to::jsonb,
       case when public then '{{}}'::jsonb else jsonb_build_object('message', to_jsonb(at)) end, at, null
from unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::bool[])
  as t(address, contact_id, name, reply_to, at, public)
on conflict (workspace_id, inbox_id, address) do update set
  contact_id = excluded.contact_id,
  name = coalesce(excluded.name, a.name),
  reply_to = case when excluded.opened = '{{}}'::jsonb or excluded.last_in_at < {_NEWEST} then a.reply_to else excluded.reply_to end,
  opened = case when coalesce((a.opened ->> 'message')::timestamptz, '-infinity') < excluded.last_in_at
                then a.opened || excluded.opened else a.opened end,
  last_in_at = greatest(a.last_in_at, excluded.last_in_at),
  left_reason = case when a.left_reason in ('opted_out', 'complaint') or excluded.last_in_at < a.last_in_at then a.left_reason end
"""
_OPENED = f"""
insert into channel_addresses as a (workspace_id, inbox_id, address, name, reply_to, opened)
values ($1, $2, $3, $4, $5, jsonb_build_object($6::text, to_jsonb($7::timestamptz)))
on conflict (workspace_id, inbox_id, address) do update set
  name = coalesce(excluded.name, a.name),
  reply_to = case when $5 = '{{}}'::jsonb or $7 < {_NEWEST} then a.reply_to else $5 end,
  opened = case when coalesce((a.opened ->> $6)::timestamptz, '-infinity') < $7 then a.opened || excluded.opened else a.opened end
"""
_ROUTE = """
insert into channel_routes as r (workspace_id, conversation_id, inbox_id, address, thread_key, subject, reply_to, opened)
select $1, conversation_id, $2, address, thread_key, subject, reply_to::jsonb,
       case when thread_key is null then '{}'::jsonb else jsonb_build_object('message', to_jsonb(at)) end
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
  as t(conversation_id, address, thread_key, subject, reply_to, at)
on conflict (workspace_id, conversation_id) do update set
  address = excluded.address, subject = coalesce(excluded.subject, r.subject),
  reply_to = excluded.reply_to, opened = r.opened || excluded.opened,
  private_reply_to = null
where (excluded.opened ->> 'message')::timestamptz < (r.opened ->> 'message')::timestamptz is not true
"""
_TO_INTRODUCE = """
update channel_addresses set introduced_at = now()
where workspace_id = $1 and inbox_id = $2 and address = any($3)
  and (introduced_at is null or introduced_at < now() - interval '30 days')
returning address
"""
_READ_ROUTE = """
select r.*, a.name, a.left_reason, a.reply_to as address_reply_to, a.opened as address_opened
from channel_routes r left join channel_addresses a
  on a.workspace_id = r.workspace_id and a.inbox_id = r.inbox_id and a.address = r.address
where r.workspace_id = $1 and r.conversation_id = $2
"""


class Placed(Struct, frozen=True):
    """Where a message that a provider names is."""

    conversation_id: ConversationId
    seq: int
    direction: str


class Seen(Struct, frozen=True, kw_only=True):
    """What a message tells of its sender and of where its conversation's replies go."""

    conversation_id: ConversationId
    contact_id: ContactId
    address: str
    name: str | None
    thread_key: str | None
    subject: str | None
    reply_to: str
    """As JSON."""
    at: datetime


class ReceptionRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def claim(self, inbox_id: InboxId, names: Sequence[str], direction: str) -> set[str]:
        """Those of the provider's names that were not there before; they are now."""
        rows = await self._connection.fetch(_CLAIM, self._workspace_id, inbox_id, list(names), direction)
        return {row["provider_id"] for row in rows}

    async def place(self, inbox_id: InboxId, placed: Sequence[tuple[str, ConversationId, int]]) -> None:
        """Say which messages of ours the names belong to."""
        columns = [list(column) for column in zip(*placed, strict=True)] or [[], [], []]
        await self._connection.execute(_PLACE, self._workspace_id, inbox_id, *columns)

    async def places(self, inbox_id: InboxId, names: Sequence[str]) -> dict[str, Placed]:
        """The messages that the provider's names belong to; unknown ones are absent."""
        if not names:
            return {}
        rows = await self._connection.fetch(
            "select provider_id, conversation_id, seq, direction from channel_messages"
            " where workspace_id = $1 and inbox_id = $2 and provider_id = any($3) and seq is not null",
            self._workspace_id,
            inbox_id,
            list(names),
        )
        return {row["provider_id"]: Placed(row["conversation_id"], row["seq"], row["direction"]) for row in rows}

    async def names_of(self, conversation_id: ConversationId, seq: int | None = None) -> list[str]:
        """The provider's names of a message, or of a conversation's newest messages; oldest first."""
        rows = await self._connection.fetch(
            "select provider_id from channel_messages where workspace_id = $1 and conversation_id = $2"
            " and ($3::int is null or seq = $3) order by seq desc, created_at desc limit $4",
            self._workspace_id,
            conversation_id,
            seq,
            MAX_REFS,
        )
        return [row["provider_id"] for row in rows][::-1]

    async def seen(self, inbox_id: InboxId, seen: Sequence[Seen]) -> None:
        """Note of each sender and conversation what the newest of these messages tells."""
        # What was said in public lets nobody write privately.
        people = {one.address: one for one in sorted(seen, key=lambda one: (one.thread_key is None, one.at))}
        await self._connection.execute(
            _SEEN,
            self._workspace_id,
            inbox_id,
            list(people),
            [one.contact_id for one in people.values()],
            [one.name for one in people.values()],
            ["{}" if one.thread_key else one.reply_to for one in people.values()],
            [one.at for one in people.values()],
            [one.thread_key is not None for one in people.values()],
        )
        talks = {one.conversation_id: one for one in sorted(seen, key=lambda one: one.at)}
        await self._connection.execute(
            _ROUTE,
            self._workspace_id,
            inbox_id,
            list(talks),
            [one.address for one in talks.values()],
            [one.thread_key for one in talks.values()],
            [one.subject for one in talks.values()],
            [one.reply_to if one.thread_key else "{}" for one in talks.values()],
            [one.at for one in talks.values()],
        )

    async def opened(
        self, inbox_id: InboxId, person: tuple[str, str | None], reply_to: Mapping[str, str], by: str, at: datetime
    ) -> None:
        """Note that somebody (address, name) did what lets us write to them."""
        await self._connection.execute(_OPENED, self._workspace_id, inbox_id, *person, dict(reply_to), by, at)

    async def left(self, inbox_id: InboxId, address: str, reason: str | None) -> None:
        """Note that an address is not to be written to, or (None) may be again."""
        await self._connection.execute(
            "insert into channel_addresses (workspace_id, inbox_id, address, left_reason) values ($1, $2, $3, $4)"
            " on conflict (workspace_id, inbox_id, address) do update set left_reason = excluded.left_reason",
            self._workspace_id,
            inbox_id,
            address,
            reason,
        )

    async def contact_of(self, inbox_id: InboxId, address: str) -> ContactId | None:
        """Who last wrote from an address."""
        return await self._connection.fetchval(
            "select contact_id from channel_addresses where workspace_id = $1 and inbox_id = $2 and address = $3",
            self._workspace_id,
            inbox_id,
            address,
        )

    async def to_introduce(self, inbox_id: InboxId, addresses: Sequence[str]) -> list[str]:
        """Those of the addresses whose owners the provider was not asked about for a month; from now on it was."""
        rows = await self._connection.fetch(_TO_INTRODUCE, self._workspace_id, inbox_id, list(addresses))
        return [row["address"] for row in rows]

    async def introduced(self, inbox_id: InboxId, address: str, contact_id: ContactId, name: str | None) -> None:
        """Whose an address that wrote is, and what they are called."""
        await self._connection.execute(
            "update channel_addresses set contact_id = case when contact_id is null then null else $4::uuid end,"
            " name = coalesce(name, $5) where workspace_id = $1 and inbox_id = $2 and address = $3",
            self._workspace_id,
            inbox_id,
            address,
            contact_id,
            name,
        )

    async def address_of(self, inbox_id: InboxId, contact_id: ContactId) -> Row | None:
        """Where a contact was last heard from in an inbox."""
        return await self._connection.fetchrow(
            "select * from channel_addresses where workspace_id = $1 and inbox_id = $2 and contact_id = $3"
            " order by last_in_at desc nulls last, address limit 1",
            self._workspace_id,
            inbox_id,
            contact_id,
        )

    async def route(self, conversation_id: ConversationId) -> Row | None:
        """Where a conversation's replies go."""
        return await self._connection.fetchrow(_READ_ROUTE, self._workspace_id, conversation_id)

    async def answer_to(self, conversation_id: ConversationId, inbox_id: InboxId, address: str, name: str, at: datetime) -> None:
        """The next message of the private conversation answers a public comment, if the customer has not written there since."""
        await self._connection.execute(
            "insert into channel_routes as r (workspace_id, conversation_id, inbox_id, address, private_reply_to, opened)"
            " values ($1, $2, $3, $4, $5, jsonb_build_object('comment', to_jsonb($6::timestamptz)))"
            " on conflict (workspace_id, conversation_id) do update"
            " set private_reply_to = excluded.private_reply_to, opened = r.opened || excluded.opened",
            self._workspace_id,
            conversation_id,
            inbox_id,
            address,
            name,
            at,
        )

    async def answered(self, conversation_id: ConversationId) -> None:
        """The comment has been answered."""
        await self._connection.execute(
            "update channel_routes set private_reply_to = null"
            " where workspace_id = $1 and conversation_id = $2 and private_reply_to is not null",
            self._workspace_id,
            conversation_id,
        )

    async def react(self, inbox_id: InboxId, name: str, address: str, emoji: str) -> dict[str, int]:
        """Set or (empty) take back somebody's reaction; how many of each the message has now."""
        keys = (self._workspace_id, inbox_id, name)
        if emoji:
            await self._connection.execute(
                "insert into channel_reactions (workspace_id, inbox_id, provider_id, address, emoji) values ($1, $2, $3, $4, $5)"
                " on conflict (workspace_id, inbox_id, provider_id, address) do update set emoji = excluded.emoji",
                *keys,
                address,
                emoji,
            )
        else:
            await self._connection.execute(
                "delete from channel_reactions where workspace_id = $1 and inbox_id = $2 and provider_id = $3 and address = $4",
                *keys,
                address,
            )
        rows = await self._connection.fetch(
            "select emoji, count(*)::int as n from channel_reactions where workspace_id = $1 and inbox_id = $2 and provider_id = $3"
            " group by emoji order by n desc, emoji limit 20",
            *keys,
        )
        return {row["emoji"]: row["n"] for row in rows}

    async def hold_names(self, inbox_id: InboxId, names: Sequence[str]) -> None:
        """Nobody else says what these names are called, or asks whether somebody did, until this transaction ends."""
        await self._connection.execute(_HOLD_NAMES, str(inbox_id), list(names))

    async def keep_report(self, inbox_id: InboxId, name: str, state: str, reason: str | None) -> None:
        """A report on a message that we do not know yet by that name."""
        await self._connection.execute(
            "insert into channel_early_reports (workspace_id, inbox_id, provider_id, state, reason) values ($1, $2, $3, $4, $5)"
            " on conflict do nothing",
            self._workspace_id,
            inbox_id,
            name,
            state,
            reason,
        )

    async def take_reports(self, inbox_id: InboxId, names: Sequence[str]) -> list[Reported]:
        """Reports that were kept for these names, oldest first; they are kept no longer."""
        rows = await self._connection.fetch(
            "delete from channel_early_reports where workspace_id = $1 and inbox_id = $2 and provider_id = any($3)"
            " returning provider_id, state, reason, created_at",
            self._workspace_id,
            inbox_id,
            list(names),
        )
        kept: list[Row] = sorted(rows, key=lambda row: row["created_at"])
        return [Reported(provider_id=row["provider_id"], state=row["state"], reason=row["reason"]) for row in kept]

    async def cursor(self, inbox_id: InboxId) -> tuple[str | None, int]:
        """How far an inbox was pulled, and how often that moved."""
        row = await self._connection.fetchrow(
            "select cursor, moves from channel_cursors where workspace_id = $1 and inbox_id = $2", self._workspace_id, inbox_id
        )
        return (row["cursor"], row["moves"]) if row else (None, 0)

    async def move_cursor(self, inbox_id: InboxId, cursor: str | None, moves: int) -> bool:
        """Note how far an inbox was pulled, unless somebody else pulled meanwhile."""
        row = await self._connection.fetchrow(
            "insert into channel_cursors as c (workspace_id, inbox_id, cursor, moves, pulled_at) values ($1, $2, $3, 1, now())"
            " on conflict (workspace_id, inbox_id) do update set cursor = $3, moves = c.moves + 1, pulled_at = now()"
            " where c.moves = $4 returning moves",
            self._workspace_id,
            inbox_id,
            cursor,
            moves,
        )
        return row is not None
