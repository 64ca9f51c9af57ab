"""Routes of evaluation: test sets, their cases and runs, and what a change would do before it is live."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, post

from qiao.domains.bot.api import Bot
from qiao.domains.bot.learning.contracts import (
    CaseAdded,
    CaseFile,
    CasesRead,
    ChangePreview,
    EvaluationCase,
    EvaluationRun,
    EvaluationSet,
    NewEvaluationCase,
    NewEvaluationSet,
    Proposal,
    RunReport,
)
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor


class EvaluationController(Controller):
    """Questions whose right answer is known, asked again and again."""

    path = "/api/v1/bot/evaluation"
    tags = ("bot",)

    @get("/sets", guards=[requires("knowledge.read")])
    async def sets(self, caller: Caller, database: Database, bot: Bot) -> Page[EvaluationSet]:
        """All test sets by name."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.learning.evaluation.sets(scope))

    @post("/sets", guards=[requires("knowledge.write")], status_code=201)
    async def add_set(self, data: NewEvaluationSet, caller: Caller, database: Database, bot: Bot) -> EvaluationSet:
        """A new test set."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.learning.evaluation.add_set(scope, data.name)

    @get("/sets/{set_id:uuid}", guards=[requires("knowledge.read")])
    async def one(self, set_id: UUID, caller: Caller, database: Database, bot: Bot) -> EvaluationSet:
        """A test set."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.learning.evaluation.set(scope, set_id)

    @delete("/sets/{set_id:uuid}", guards=[requires("knowledge.write")], status_code=204)
    async def remove_set(self, set_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Remove a test set with its cases and runs."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.learning.evaluation.remove_set(scope, set_id)

    @get("/sets/{set_id:uuid}/cases", guards=[requires("knowledge.read")])
    async def cases(
        self, set_id: UUID, caller: Caller, database: Database, bot: Bot, cursor: str | None = None, limit: int = 50
    ) -> Page[EvaluationCase]:
        """The cases of a set, newest first."""
        after, length = decode_cursor(cursor, UUID), bounded(limit)
        async with database.scope(caller.workspace_id) as scope:
            await bot.learning.evaluation.set(scope, set_id)
            items = await bot.learning.evaluation.cases(scope, set_id, after, length + 1)
        shown = items[:length]
        return Page(shown, encode_cursor(shown[-1].id) if len(items) > length else None)

    @post("/sets/{set_id:uuid}/cases", guards=[requires("knowledge.write")], status_code=201)
    async def add_case(self, set_id: UUID, data: NewEvaluationCase, caller: Caller, database: Database, bot: Bot) -> CaseAdded:
        """A case by hand or of a turn. The same question again changes the case that is there."""
        async with database.scope(caller.workspace_id) as scope:
            return CaseAdded(id=await bot.learning.evaluation.add_case(scope, set_id, data))

    @post("/sets/{set_id:uuid}/cases/file", guards=[requires("knowledge.write")], status_code=200)
    async def read_cases(self, set_id: UUID, data: CaseFile, caller: Caller, database: Database, bot: Bot) -> CasesRead:
        """Cases of a CSV text."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.learning.evaluation.read_cases(scope, set_id, data.text)

    @delete("/cases/{case_id:uuid}", guards=[requires("knowledge.write")], status_code=204)
    async def remove_case(self, case_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Remove a case."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.learning.evaluation.remove_case(scope, case_id)

    @post("/sets/{set_id:uuid}/runs", guards=[requires("knowledge.write")], status_code=201)
    async def run(self, set_id: UUID, caller: Caller, bot: Bot) -> EvaluationRun:
        """Replay a set on what is published now."""
        return await bot.learning.evaluation.run(caller.workspace_id, set_id, "hand")

    @get("/sets/{set_id:uuid}/runs", guards=[requires("knowledge.read")])
    async def runs(
        self, set_id: UUID, caller: Caller, database: Database, bot: Bot, cursor: str | None = None, limit: int = 50
    ) -> Page[EvaluationRun]:
        """The runs of a set, newest first."""
        after, length = decode_cursor(cursor, tuple[datetime, UUID]), bounded(limit)
        async with database.scope(caller.workspace_id) as scope:
            await bot.learning.evaluation.set(scope, set_id)
            items = await bot.learning.evaluation.runs(scope, set_id, after, length + 1)
        shown = items[:length]
        return Page(shown, encode_cursor((shown[-1].created_at, shown[-1].id)) if len(items) > length else None)

    @get("/runs/{run_id:uuid}", guards=[requires("knowledge.read")])
    async def report(self, run_id: UUID, caller: Caller, database: Database, bot: Bot) -> RunReport:
        """A run with each of its cases, those that went worst first."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.learning.evaluation.report(scope, run_id)

    @post("/preview", guards=[requires("knowledge.read")], status_code=200)
    async def preview(self, data: Proposal, caller: Caller, bot: Bot) -> ChangePreview:
        """What the cases would be answered if changes were published, beside what they are now. Stores nothing."""
        return await bot.learning.evaluation.preview(caller.workspace_id, data)


CONTROLLERS = (EvaluationController,)
