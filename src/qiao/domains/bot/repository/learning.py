"""Clusters of unanswered questions, concerns about entries, and when both were last worked out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.bot.learning.clustering import Asked, Before, Group
from qiao.domains.bot.learning.contracts import Cluster, DraftAnswer
from qiao.domains.bot.learning.contrasting import Found
from qiao.kit.arrays import Vector, np
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope

EXAMPLES = 8
CONVERSATIONS = 20
_QUESTIONS = """
select u.id, u.question, u.examples, u.language, u.count, u.vector, u.model_version, u.conversation_ids, u.last_at, m.cluster_id, c.name
from bot_unanswered u left join bot_cluster_members m on m.workspace_id = u.workspace_id and m.unanswered_id = u.id
left join bot_clusters c on c.workspace_id = m.workspace_id and c.id = m.cluster_id
where u.workspace_id = $1 and u.status = 'open' order by u.count desc, u.id limit $2
"""
_KEEP = """
insert into bot_clusters (workspace_id, id, language, name, terms, asked, questions, last_at, draft)
select $1, r.id, r.language, r.name, r.terms, r.asked, r.questions, r.last_at, r.draft from jsonb_to_recordset($2) as r(
  id uuid, language text, name text, terms text[], asked int, questions int, last_at timestamptz, draft jsonb)
on conflict (workspace_id, id) do update set name = excluded.name, terms = excluded.terms, asked = excluded.asked,
  questions = excluded.questions, last_at = excluded.last_at, draft = coalesce(excluded.draft, bot_clusters.draft),
  status = 'open', updated_at = clock_timestamp()
"""
_CLUSTER = "select id, language, name, terms, asked, questions, draft, status, entry_id, last_at from bot_clusters where workspace_id = $1"
_MEMBERS = """
select m.cluster_id, u.id, u.question, u.examples, u.conversation_ids from bot_cluster_members m
join bot_unanswered u on u.workspace_id = m.workspace_id and u.id = m.unanswered_id
where m.workspace_id = $1 and m.cluster_id = any($2) order by u.count desc, u.last_at desc, u.id
"""
_KEEP_CONCERNS = """
insert into bot_concerns (workspace_id, id, kind, entry_id, other_id, seen, nearness, reasons)
select $1, r.id, r.kind, r.entry_id, r.other_id, r.seen, r.nearness, r.reasons from jsonb_to_recordset($2) as r(
  id uuid, kind text, entry_id uuid, other_id uuid, seen text, nearness float, reasons jsonb)
"""


class LearningRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    # --- clusters ---------------------------------------------------------------------------------------------------------

    async def open_questions(self, limit: int) -> list[Any]:
        """Open unanswered questions, the most asked first, with the cluster each was in."""
        return await self._connection.fetch(_QUESTIONS, self._workspace_id, limit)

    async def keep_vectors(self, model: str, vectors: Mapping[UUID, Vector]) -> None:
        """Keep the meaning of questions that came without. Safe to repeat."""
        await self._connection.execute(
            "update bot_unanswered u set vector = r.vector, model_version = $2 from unnest($3::uuid[], $4::bytea[]) as r(id, vector)"
            " where u.workspace_id = $1 and u.id = r.id",
            self._workspace_id,
            model,
            list(vectors),
            [vector.astype(np.float16).tobytes() for vector in vectors.values()],
        )

    async def keep_clusters(
        self, groups: Sequence[Group], last: Mapping[UUID, datetime], drafts: Mapping[UUID, DraftAnswer]
    ) -> None:
        """The open clusters are these from now on; those without questions left are gone. Drafts that are not given stay."""
        rows = [
            {
                "id": one.id,
                "language": one.language,
                "name": one.name,
                "terms": one.terms,
                "asked": one.asked,
                "questions": len(one.members),
                "last_at": max(last[member] for member in one.members),
                "draft": drafts.get(one.id),
            }
            for one in groups
        ]
        await self._connection.execute(
            "delete from bot_clusters where workspace_id = $1 and status = 'open' and not id = any($2)",
            self._workspace_id,
            [one.id for one in groups],
        )
        await self._connection.execute(_KEEP, self._workspace_id, msgspec.to_builtins(rows))
        pairs = [(member, one.id) for one in groups for member in one.members]
        await self._connection.execute(
            "delete from bot_cluster_members m where workspace_id = $1 and not exists (select from bot_clusters c"
            " where c.workspace_id = m.workspace_id and c.id = m.cluster_id and c.status <> 'open')",
            self._workspace_id,
        )
        await self._connection.execute(
            "insert into bot_cluster_members (workspace_id, unanswered_id, cluster_id)"
            " select $1, r.one, r.cluster from unnest($2::uuid[], $3::uuid[]) as r(one, cluster)"
            " on conflict (workspace_id, unanswered_id) do update set cluster_id = excluded.cluster_id",
            self._workspace_id,
            [one for one, _ in pairs],
            [cluster for _, cluster in pairs],
        )

    async def clusters(self, after: tuple[int, UUID] | None, limit: int) -> list[Cluster]:
        """Open ones, the most asked first, after an (asked, id)."""
        condition = "and (asked, id) < ($3, $4)" if after else ""
        rows = await self._connection.fetch(
            f"{_CLUSTER} and status = 'open' {condition} order by asked desc, id desc limit $2",
            self._workspace_id,
            limit,
            *(after or ()),
        )
        return await self._with_members(rows)

    async def cluster(self, cluster_id: UUID, *, lock: bool = False) -> Cluster | None:
        """A cluster by id, open or not."""
        row = await self._connection.fetchrow(
            f"{_CLUSTER} and id = $2 {'for update' if lock else ''}", self._workspace_id, cluster_id
        )
        return (await self._with_members([row]))[0] if row else None

    async def drafts(self, ids: Collection[UUID]) -> dict[UUID, DraftAnswer]:
        """The drafts there are."""
        rows = await self._connection.fetch(
            "select id, draft from bot_clusters where workspace_id = $1 and id = any($2) and draft is not null",
            self._workspace_id,
            list(ids),
        )
        return {row["id"]: msgspec.convert(row["draft"], DraftAnswer) for row in rows}

    async def close_cluster(self, cluster_id: UUID, status: str, entry_id: UUID | None) -> None:
        """Accepted or dismissed, with all of its questions."""
        await self._connection.execute(
            "update bot_clusters set status = $3, entry_id = $4, updated_at = clock_timestamp() where workspace_id = $1 and id = $2",
            self._workspace_id,
            cluster_id,
            status,
            entry_id,
        )
        await self._connection.execute(
            "update bot_unanswered u set status = $3 from bot_cluster_members m where u.workspace_id = $1"
            " and m.workspace_id = $1 and m.cluster_id = $2 and m.unanswered_id = u.id",
            self._workspace_id,
            cluster_id,
            "answered" if status == "accepted" else "dismissed",
        )

    async def _with_members(self, rows: Sequence[Any]) -> list[Cluster]:
        members = await self._connection.fetch(_MEMBERS, self._workspace_id, [row["id"] for row in rows])
        examples: dict[UUID, list[str]] = {row["id"]: [] for row in rows}
        talks: dict[UUID, list[UUID]] = {row["id"]: [] for row in rows}
        for member in members:
            examples[member["cluster_id"]] += [member["question"], *member["examples"]]
            talks[member["cluster_id"]] += member["conversation_ids"]
        return [
            Cluster(
                id=row["id"],
                language=row["language"],
                name=row["name"],
                terms=row["terms"],
                asked=row["asked"],
                questions=row["questions"],
                draft=msgspec.convert(row["draft"], DraftAnswer) if row["draft"] else None,
                status=row["status"],
                entry_id=row["entry_id"],
                last_at=row["last_at"],
                examples=list(dict.fromkeys(examples[row["id"]]))[:EXAMPLES],
                conversation_ids=list(dict.fromkeys(talks[row["id"]]))[:CONVERSATIONS],
            )
            for row in rows
        ]

    # --- concerns ---------------------------------------------------------------------------------------------------------

    async def keep_concerns(self, found: Sequence[Found]) -> None:
        """What was found is open, unless somebody set aside the same in the same versions; what is no longer found is gone."""
        rows = await self._connection.fetch(
            "select id, kind, entry_id, other_id, seen, status from bot_concerns where workspace_id = $1", self._workspace_id
        )
        known = {(row["kind"], row["entry_id"], row["other_id"], row["seen"]): row["id"] for row in rows}
        wanted = {(one.kind, one.entry_id, one.other_id, one.seen): one for one in found}
        gone = [row_id for key, row_id in known.items() if key not in wanted]
        # What was set aside stays known: it tells when somebody last looked.
        await self._connection.execute(
            "delete from bot_concerns where workspace_id = $1 and id = any($2) and status = 'open'", self._workspace_id, gone
        )
        fresh = [{"id": new_id(), **msgspec.structs.asdict(one)} for key, one in wanted.items() if key not in known]
        if fresh:
            await self._connection.execute(_KEEP_CONCERNS, self._workspace_id, msgspec.to_builtins(fresh))

    async def concerns(self, kind: str | None, after: tuple[float, UUID] | None, limit: int) -> list[Any]:
        """Open ones, the nearest pairs first."""
        return await self._connection.fetch(
            "select id, kind, entry_id, other_id, nearness, reasons, created_at from bot_concerns where workspace_id = $1"
            " and status = 'open' and ($2::text is null or kind = $2) and ($3::float is null or (nearness, id) < ($3, $4::uuid))"
            " order by nearness desc, id desc limit $5",
            self._workspace_id,
            kind,
            *(after or (None, None)),
            limit,
        )

    async def dismiss_concern(self, concern_id: UUID) -> bool:
        """False when there is no such concern. Safe to repeat."""
        done = await self._connection.execute(
            "update bot_concerns set status = 'dismissed', updated_at = clock_timestamp() where workspace_id = $1 and id = $2",
            self._workspace_id,
            concern_id,
        )
        return done != "UPDATE 0"

    async def thumbs(self, since: datetime) -> dict[UUID, tuple[int, int]]:
        """Entry -> thumbs up and down since then."""
        rows = await self._connection.fetch(
            "select o.entry_id, count(*) filter (where t.helpful) as up, count(*) filter (where not t.helpful) as down"
            " from bot_outcomes o join bot_turns t on t.workspace_id = o.workspace_id and t.id = o.turn_id"
            " where o.workspace_id = $1 and o.at >= $2 and o.entry_id is not null and t.helpful is not null group by 1",
            self._workspace_id,
            since,
        )
        return {row["entry_id"]: (row["up"], row["down"]) for row in rows}

    async def reviewed(self) -> dict[UUID, datetime]:
        """When a stale entry was last set aside as still right."""
        rows = await self._connection.fetch(
            "select entry_id, max(updated_at) as at from bot_concerns where workspace_id = $1 and kind = 'stale'"
            " and status = 'dismissed' group by 1",
            self._workspace_id,
        )
        return {row["entry_id"]: row["at"] for row in rows}

    # --- state ------------------------------------------------------------------------------------------------------------

    async def state(self) -> Any:
        """The review period and when things were last worked out; None before either."""
        return await self._connection.fetchrow(
            "select review_days, looked_at from bot_learning_settings where workspace_id = $1", self._workspace_id
        )

    async def counts(self) -> dict[str, int]:
        """How many clusters and concerns are open."""
        rows = await self._connection.fetch(
            "select kind, count(*) as n from bot_concerns where workspace_id = $1 and status = 'open' group by 1"
            " union all select 'cluster', count(*) from bot_clusters where workspace_id = $1 and status = 'open'",
            self._workspace_id,
        )
        return {row["kind"]: row["n"] for row in rows}

    async def set_review(self, days: int) -> None:
        """Set the review period. Safe to repeat."""
        await self._connection.execute(
            "insert into bot_learning_settings (workspace_id, review_days) values ($1, $2)"
            " on conflict (workspace_id) do update set review_days = excluded.review_days",
            self._workspace_id,
            days,
        )

    async def looked(self, review_days: int) -> None:
        """Everything was worked out just now."""
        await self._connection.execute(
            "insert into bot_learning_settings (workspace_id, review_days, looked_at) values ($1, $2, clock_timestamp())"
            " on conflict (workspace_id) do update set looked_at = excluded.looked_at",
            self._workspace_id,
            review_days,
        )


async def due(connection: object, before: datetime) -> list[UUID]:
    """Workspaces, over all, where something changed and that were not looked at since `before`."""
    rows = await connection.fetch(  # pyright: ignore[reportAttributeAccessIssue] - an asyncpg connection outside any workspace
        "select v.workspace_id from bot_index_versions v left join bot_learning_settings l using (workspace_id)"
        " where coalesce(l.looked_at, '-infinity') < $1 and (v.updated_at > coalesce(l.looked_at, '-infinity')"
        " or coalesce(l.looked_at, '-infinity') < $1 - interval '1 day' or exists (select from bot_unanswered u"
        " where u.workspace_id = v.workspace_id and u.last_at > coalesce(l.looked_at, '-infinity')))",
        before,
    )
    return [row["workspace_id"] for row in rows]


def asked_of(rows: Sequence[Any], model: str | None) -> list[Asked]:
    """Rows of `open_questions` as the clustering takes them."""
    return [
        Asked(
            id=row["id"],
            question=row["question"],
            language=row["language"],
            count=row["count"],
            vector=np.frombuffer(row["vector"], dtype=np.float16).astype(np.float32)
            if row["vector"] is not None and row["model_version"] == model
            else None,
        )
        for row in rows
    ]


def before_of(rows: Sequence[Any]) -> dict[UUID, Before]:
    """Which cluster each of these was in."""
    return {row["id"]: Before(row["cluster_id"], row["name"]) for row in rows if row["name"] is not None}
