"""The learning loop's door: outcomes, what waits for an editor, evaluation. Experiments: `experimenting.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.bot.index_holder import EntrySource, IndexHolder
from qiao.domains.bot.learning.contracts import (
    AcceptCluster,
    Cluster,
    Concern,
    ConcernedEntry,
    DraftAnswer,
    LearningState,
    Outcomes,
    Reason,
)
from qiao.domains.bot.learning.errors import ClusterNotFound, ConcernNotFound, DraftEmpty
from qiao.domains.bot.learning.evaluation import Evaluation
from qiao.domains.bot.learning.looking import REVIEW_DAYS, Looking
from qiao.domains.bot.learning.outcomes import gather_outcomes, outcomes_of
from qiao.domains.bot.meaning import Meaning
from qiao.domains.bot.repository.evaluation import EvaluationRows
from qiao.domains.bot.repository.learning import LearningRows, due
from qiao.domains.bot.repository.outcomes import KEPT, OutcomeRows
from qiao.domains.conversations.api import Conversations
from qiao.domains.knowledge.contracts import NewFaq, PublishedEntry
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.jobs.timers import in_each
from qiao.platform.log.facts import Entry

EVERY = timedelta(hours=1)
SETTLED_SECONDS = 15.0
"""How long after a publish the sets are replayed: changes that follow at once are replayed together."""
_ANSWER_SHOWN = 1_500


class Learning:
    """What the bot learns. `source` gives the published entries, `holder` and `meaning` are those the bot answers with."""

    def __init__(
        self,
        database: Database,
        conversations: Conversations,
        source: EntrySource,
        jobs: Jobs,
        index: tuple[IndexHolder, Meaning],
    ) -> None:
        self._database = database
        self._source = source
        self._jobs = jobs
        self._workspaces = Workspaces(database)
        self._looking = Looking(database, source, conversations, index[1])
        self.evaluation = Evaluation(database, source, *index)

    # --- outcomes ---------------------------------------------------------------------------------------------------------

    async def gather(self, scope: Scope, entries: Sequence[Entry]) -> None:
        """Take in what customers did after the bot had spoken. For the subscriber: its position commits with it."""
        await gather_outcomes(scope, entries)

    async def outcomes(self, scope: Scope, days: int, now: datetime | None = None) -> Outcomes:
        """How the bot's conversations of the last days went, in the workspace's time zone."""
        workspace = await self._workspaces.get(scope)
        return await outcomes_of(scope, days, now or utc_now(), workspace.timezone)

    # --- the look ---------------------------------------------------------------------------------------------------------

    async def look(self, workspace_id: WorkspaceId) -> None:
        """Work out clusters, drafts and concerns anew, and drop outcomes that no figure asks for. For the job; safe to repeat."""
        await self._looking.look(workspace_id)
        async with self._database.scope(workspace_id) as scope:
            await OutcomeRows(scope).forget_before(utc_now() - KEPT)

    async def ask_for_look(self, scope: Scope) -> None:
        """Have it worked out after this transaction. Not twice at once."""
        await self._jobs.enqueue(scope, "bot.learn", {}, once="bot.learn")

    async def catch_up(self) -> None:
        """Have every workspace looked at in which something changed, at most each hour. For a timer of some minutes."""
        async with self._database.across() as connection:
            late = await due(connection, utc_now() - EVERY)

        async def ask(workspace_id: WorkspaceId) -> None:
            async with self._database.scope(workspace_id) as scope:
                await self.ask_for_look(scope)

        await in_each(map(WorkspaceId, late), ask)

    async def state(self, scope: Scope) -> LearningState:
        """How much waits for an editor."""
        rows = LearningRows(scope)
        state, counts = await rows.state(), await rows.counts()
        return LearningState(
            review_days=state["review_days"] if state else REVIEW_DAYS,
            looked_at=state["looked_at"] if state else None,
            clusters=counts.get("cluster", 0),
            duplicates=counts.get("duplicate", 0),
            contradictions=counts.get("contradiction", 0),
            stale=counts.get("stale", 0),
        )

    async def set_review(self, scope: Scope, days: int) -> LearningState:
        """Set after how many days an entry is to be looked at again; what is stale by that is worked out anew."""
        await LearningRows(scope).set_review(days)
        await self.ask_for_look(scope)
        return await self.state(scope)

    # --- clusters ---------------------------------------------------------------------------------------------------------

    async def clusters(self, scope: Scope, after: tuple[int, UUID] | None, limit: int) -> list[Cluster]:
        """Open clusters, the most asked first."""
        return await LearningRows(scope).clusters(after, limit)

    async def to_accept(self, scope: Scope, cluster_id: UUID, accepted: AcceptCluster) -> NewFaq:
        """The FAQ that an editor makes of a cluster, which stays locked until `accepted`. Raises ClusterNotFound, DraftEmpty."""
        cluster = await LearningRows(scope).cluster(cluster_id, lock=True)
        if cluster is None or cluster.status != "open":
            raise ClusterNotFound("no such cluster")
        draft = cluster.draft or DraftAnswer(question=cluster.name, variants=cluster.examples, answer="", cited=[])
        answer = draft.answer if accepted.answer is msgspec.UNSET else accepted.answer
        if not answer.strip():
            raise DraftEmpty("an answer has to be written", field="answer")
        return NewFaq(
            language="en" if cluster.language == "en" else "zh",
            question=draft.question if accepted.question is msgspec.UNSET else accepted.question,
            variants=draft.variants if accepted.variants is msgspec.UNSET else accepted.variants,
            answer=answer,
            category_id=accepted.category_id,
            publish=accepted.publish,
        )

    async def accepted(self, scope: Scope, cluster_id: UUID, faq_id: UUID) -> None:
        """The FAQ stands: the cluster and its questions leave the lists. Within the transaction of `to_accept`."""
        await LearningRows(scope).close_cluster(cluster_id, "accepted", faq_id)

    async def dismiss(self, scope: Scope, cluster_id: UUID) -> None:
        """Not worth an answer: its questions leave the lists for good. Raises ClusterNotFound. Safe to repeat."""
        rows = LearningRows(scope)
        if await rows.cluster(cluster_id, lock=True) is None:
            raise ClusterNotFound("no such cluster")
        await rows.close_cluster(cluster_id, "dismissed", None)

    # --- concerns ---------------------------------------------------------------------------------------------------------

    async def concerns(
        self, scope: Scope, kind: str | None, after: tuple[float, UUID] | None, limit: int
    ) -> tuple[list[Concern], tuple[float, UUID] | None]:
        """Open concerns, the nearest pairs first, and the key to go on after. Those of entries published no more are passed over."""
        found = await LearningRows(scope).concerns(kind, after, limit + 1)
        shown = found[:limit]
        ids = {one for row in shown for one in (row["entry_id"], row["other_id"]) if one is not None}
        entries = (
            {one.id: _concerned(one) for one in await self._source.published_entries(scope, ids, internal=True)} if ids else {}
        )
        items = [_concern(row, entries) for row in shown if {row["entry_id"], row["other_id"]} - {None} <= entries.keys()]
        return items, (shown[-1]["nearness"], shown[-1]["id"]) if len(found) > limit else None

    async def dismiss_concern(self, scope: Scope, concern_id: UUID) -> None:
        """Looked at and right as it is, until the entries change or the review period is over. Raises ConcernNotFound."""
        if not await LearningRows(scope).dismiss_concern(concern_id):
            raise ConcernNotFound("no such concern")

    # --- after a publish --------------------------------------------------------------------------------------------------

    async def published(self, scope: Scope) -> None:
        """The index has changed: have the sets replayed soon. For the subscriber."""
        if await EvaluationRows(scope).sets():
            await self._jobs.enqueue(scope, "bot.evaluate", {}, after_seconds=SETTLED_SECONDS, once="bot.evaluate")


def _concern(row: Any, entries: dict[UUID, ConcernedEntry]) -> Concern:
    return Concern(
        id=row["id"],
        kind=row["kind"],
        nearness=row["nearness"],
        reasons=msgspec.convert(row["reasons"], list[Reason]),
        entry=entries[row["entry_id"]],
        other=entries[row["other_id"]] if row["other_id"] else None,
        created_at=row["created_at"],
    )


def _concerned(one: PublishedEntry) -> ConcernedEntry:
    return ConcernedEntry(
        id=one.id,
        kind=one.kind,
        language=one.language,
        title=one.title,
        answer=one.answer[:_ANSWER_SHOWN],
        updated_at=one.updated_at,
        url=one.url,
        internal=one.audience == "agents",
    )
