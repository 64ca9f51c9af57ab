"""Routes of the learning loop: outcomes, clusters of unanswered questions, concerns about entries, experiments."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.params import Parameter

from qiao.domains.bot.api import Bot
from qiao.domains.bot.learning.contracts import (
    AcceptCluster,
    Accepted,
    Cluster,
    Concern,
    LearningChanges,
    LearningState,
    Outcomes,
)
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, Experiment, NewExperiment
from qiao.domains.bot.learning.outcomes import MAX_DAYS
from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import FaqChanges
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor


class LearningController(Controller):
    """What the bot learned, for those who look after its knowledge."""

    path = "/api/v1/bot/learning"
    tags = ("bot",)

    @get(guards=[requires("knowledge.read")])
    async def state(self, caller: Caller, database: Database, bot: Bot) -> LearningState:
        """How much waits for an editor, and when it was last worked out."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.learning.state(scope)

    @patch(guards=[requires("knowledge.write")])
    async def change(self, data: LearningChanges, caller: Caller, database: Database, bot: Bot) -> LearningState:
        """Set the period after which an entry is to be looked at again."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.learning.set_review(scope, data.review_days)

    @post("/look", guards=[requires("knowledge.write")], status_code=202)
    async def look(self, caller: Caller, database: Database, bot: Bot) -> LearningState:
        """Have clusters and concerns worked out now; they are there within a minute."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.learning.ask_for_look(scope)
            return await bot.learning.state(scope)

    @get("/outcomes", guards=[requires("knowledge.read")])
    async def outcomes(
        self, caller: Caller, database: Database, bot: Bot, days: Annotated[int, Parameter(ge=1, le=MAX_DAYS)] = 30
    ) -> Outcomes:
        """How the bot's conversations of the last days went; days are those of the workspace's time zone."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.learning.outcomes(scope, days)

    @get("/clusters", guards=[requires("knowledge.read")])
    async def clusters(
        self, caller: Caller, database: Database, bot: Bot, cursor: str | None = None, limit: int = 20
    ) -> Page[Cluster]:
        """Unanswered questions that ask the same, with a draft answer; the most asked first."""
        after, length = decode_cursor(cursor, tuple[int, UUID]), bounded(limit)
        async with database.scope(caller.workspace_id) as scope:
            items = await bot.learning.clusters(scope, after, length + 1)
        shown = items[:length]
        return Page(shown, encode_cursor((shown[-1].asked, shown[-1].id)) if len(items) > length else None)

    @post("/clusters/{cluster_id:uuid}/accept", guards=[requires("knowledge.write")], status_code=201)
    async def accept(
        self, cluster_id: UUID, data: AcceptCluster, caller: Caller, database: Database, bot: Bot, knowledge: Knowledge
    ) -> Accepted:
        """Make a FAQ of a cluster, as drafted or as given; its questions become the variants."""
        async with database.scope(caller.workspace_id) as scope:
            new = await bot.learning.to_accept(scope, cluster_id, data)
            faq = await knowledge.faqs.create(scope, new, caller.person_id)
            await bot.learning.accepted(scope, cluster_id, faq.id)
        return Accepted(faq_id=faq.id)

    @post("/clusters/{cluster_id:uuid}/dismiss", guards=[requires("knowledge.write")], status_code=204)
    async def dismiss(self, cluster_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Not worth an answer."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.learning.dismiss(scope, cluster_id)

    @get("/concerns", guards=[requires("knowledge.read")])
    async def concerns(
        self,
        caller: Caller,
        database: Database,
        bot: Bot,
        kind: Literal["duplicate", "contradiction", "stale"] | None = None,
        cursor: str | None = None,
        limit: int = 20,
    ) -> Page[Concern]:
        """Duplicates, contradictions and stale entries, the nearest pairs first."""
        after, length = decode_cursor(cursor, tuple[float, UUID]), bounded(limit)
        async with database.scope(caller.workspace_id) as scope:
            items, key = await bot.learning.concerns(scope, kind, after, length)
        return Page(items, encode_cursor(key) if key else None)

    @post("/concerns/{concern_id:uuid}/dismiss", guards=[requires("knowledge.write")], status_code=204)
    async def set_aside(self, concern_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Looked at and right as it is, until the entries change or the review period is over."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.learning.dismiss_concern(scope, concern_id)

    @get("/experiments", guards=[requires("knowledge.read")])
    async def experiments(self, caller: Caller, database: Database, bot: Bot) -> Page[Experiment]:
        """The last experiments, newest first, with how both versions did."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.experiments.all(scope, 20))

    @post("/experiments", guards=[requires("knowledge.write")], status_code=201)
    async def begin(self, data: NewExperiment, caller: Caller, database: Database, bot: Bot, knowledge: Knowledge) -> Experiment:
        """Try settings, another answer of a FAQ or another version of a flow on a share of new conversations."""
        async with database.scope(caller.workspace_id) as scope:
            if data.changes.entry is not None:
                await knowledge.faqs.hold(scope, data.changes.entry.entry_id)
            return await bot.experiments.begin(scope, data, caller.person_id)

    @post("/experiments/{experiment_id:uuid}/end", guards=[requires("knowledge.write")], status_code=200)
    async def end(self, experiment_id: UUID, caller: Caller, database: Database, bot: Bot) -> ArmChanges:
        """End an experiment, and leave the first version to everybody; what was tried, for who wants to keep it."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.experiments.end(scope, experiment_id, caller.person_id)

    @post("/experiments/{experiment_id:uuid}/adopt", guards=[requires("knowledge.write")], status_code=204)
    async def adopt(self, experiment_id: UUID, caller: Caller, database: Database, bot: Bot, knowledge: Knowledge) -> None:
        """End an experiment with a wording, and publish its second version. 409 when the first one is not what it was."""
        async with database.scope(caller.workspace_id) as scope:
            entry = await bot.experiments.adopt(scope, experiment_id, caller.person_id)
            if entry is not None:
                await knowledge.faqs.change(scope, entry.entry_id, FaqChanges(answer=entry.answer), caller.person_id)


CONTROLLERS = (LearningController,)
