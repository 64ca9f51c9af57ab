"""The door of generating: answers for the bot's turns, texts for agents, settings, status and log. Costs nothing without an endpoint.

Nothing here raises because of the model: an answer that does not come leaves the reply as it was, a text that does not come says why.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from qiao.domains.bot.contracts import CandidateView
from qiao.domains.bot.dialogue import Act
from qiao.domains.bot.generating.asking import Asking, Endpoint
from qiao.domains.bot.generating.contracts import (
    LanguageModelChanges,
    LanguageModelSettings,
    LanguageModelStatus,
    LanguageModelUse,
    TriedAnswer,
)
from qiao.domains.bot.generating.errands import AgentTexts, known_of
from qiao.domains.bot.generating.passages import Asked, passages_of, written_of
from qiao.domains.bot.generating.rows import FORGOTTEN_AT_ONCE, GeneratingRows, start_of_day, with_log
from qiao.domains.bot.learning.trying import worded
from qiao.domains.bot.turn_parts import House, Question, Reply
from qiao.domains.bot.words import in_language
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.acts import noted
from qiao.platform.db.database import LOST, Database, Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.jobs.timers import in_each

if TYPE_CHECKING:
    from qiao.domains.bot.generating.writing import Writing

FORGET = "bot.forget_llm_log"

Typing = Callable[[UUID, UUID, str, bool], None]
"""Told (workspace, conversation, the bot's name, whether it writes)."""
_log = structlog.get_logger("qiao.llm")


class Generating:
    """One a process; `texts` is for agents. Without an endpoint the built-in answers stand, and nothing is read, loaded or stored."""

    def __init__(self, rooms: House, jobs: Jobs, endpoint: Endpoint | None, typing: Typing | None = None) -> None:
        self._rooms = rooms
        self._database: Database = rooms.database
        self._jobs = jobs
        self._endpoint = endpoint
        self._typing = typing
        self._asking = Asking(rooms.database, endpoint) if endpoint else None
        self._writing = _writing_of(self._asking) if self._asking else None
        self.texts = AgentTexts(rooms, self._asking)

    async def close(self) -> None:
        """Let go of the endpoint. Idempotent."""
        if self._asking is not None:
            await self._asking.close()

    # --- answers ----------------------------------------------------------------------------------------------------------

    async def written(self, workspace_id: WorkspaceId, question: Question, reply: Reply) -> Reply:
        """The reply, with an answer in the model's words when there is one that passed every check within the time.

        Never raises for the model and never waits longer than the endpoint's seconds. What the built-in answer would be stays in the
        reply, so that it can still be said.
        """
        if self._writing is None or self._endpoint is None or not _may_be_written(reply):
            return reply
        try:
            return await self._written(workspace_id, question, reply, self._writing)
        except (asyncpg.PostgresError, *LOST):
            _log.warning("the database was away while an answer was written; the built-in one is said")
        except Exception:  # noqa: BLE001 - whatever is wrong with writing, the customer gets the built-in answer
            _log.exception("an answer could not be written; the built-in one is said")
        return reply

    async def still_true(self, scope: Scope, reply: Reply) -> Reply:
        """The reply as it may be said in this transaction: without the written answer when one of its sources changed or is gone."""
        if reply.written is None:
            return reply
        sources = reply.written.sources
        now = {
            one.id: one.version for one in await self._rooms.source.published_entries(scope, {one.entry_id for one in sources})
        }
        if any(now.get(one.entry_id) != one.version for one in sources):
            return msgspec.structs.replace(reply, written=None)
        return msgspec.structs.replace(reply, act=Act(zone="answer", reason="generated", entry_id=sources[0].entry_id))

    async def try_answer(
        self, workspace_id: WorkspaceId, asked: Asked, candidates: Sequence[CandidateView], zone: str
    ) -> TriedAnswer:
        """What the model would make of a question now, with what failed. Counts against the budget and is logged. Stores nothing else."""
        if self._writing is None or self._endpoint is None:
            return TriedAnswer(outcome="not_configured")
        if zone not in {"answer", "offer"}:
            return TriedAnswer(outcome="not_asked")
        async with self._database.scope(workspace_id) as scope:
            settings = await GeneratingRows(scope).settings()
            published = await self._rooms.source.published_entries(scope, {one.entry_id for one in candidates})
        if not settings.enabled:
            return TriedAnswer(outcome="switched_off")
        until = time.monotonic() + self._endpoint.seconds
        return await self._writing.write(workspace_id, asked, passages_of(candidates, published), settings, until)

    async def _written(self, workspace_id: WorkspaceId, question: Question, reply: Reply, writing: "Writing") -> Reply:
        until = time.monotonic() + (self._endpoint.seconds if self._endpoint else 0.0)
        async with self._database.scope(workspace_id) as scope:
            settings = await GeneratingRows(scope).settings()
            if not settings.enabled:
                return reply
            published = await self._rooms.source.published_entries(scope, {one.entry_id for one in reply.candidates})
            published = [worded(one, question.trying) for one in published]
        conversation = question.conversation
        asked = Asked(
            question=question.message.text,
            earlier=[one.text for one in question.earlier],
            language=question.language,
            known=known_of(conversation),
            conversation_id=conversation.id,
        )
        name = in_language(question.settings.name, question.language)
        self._tell_typing(workspace_id, conversation.id, name, on=True)
        try:
            tried = await writing.write(workspace_id, asked, passages_of(reply.candidates, published), settings, until)
        finally:
            self._tell_typing(workspace_id, conversation.id, name, on=False)
        return msgspec.structs.replace(reply, written=written_of(tried))

    def _tell_typing(self, workspace_id: UUID, conversation_id: UUID, name: str, *, on: bool) -> None:
        if self._typing is not None:
            self._typing(workspace_id, conversation_id, name, on)

    # --- settings, status, log --------------------------------------------------------------------------------------------

    async def settings(self, scope: Scope) -> LanguageModelSettings:
        """As set, else the defaults."""
        return await GeneratingRows(scope).settings()

    async def change_settings(self, scope: Scope, changes: LanguageModelChanges) -> LanguageModelSettings:
        """Set the given fields. Counts for the next request. Safe to repeat."""
        given: dict[str, Any] = {
            name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET
        }
        rows = GeneratingRows(scope)
        before = await rows.hold_settings()
        after = msgspec.structs.replace(before, **given)
        await rows.write_settings(after)
        noted(before, after)
        return after

    async def status(self, scope: Scope) -> LanguageModelStatus:
        """Whether the model is used here now, and what it cost. Never holds the key."""
        rows = GeneratingRows(scope)
        settings, spent = await rows.settings(), await rows.spent(utc_now())
        over = spent.today >= settings.tokens_a_day or spent.month >= settings.tokens_a_month
        reasons = {
            "not_configured": self._endpoint is None,
            "off": not settings.enabled,
            "over_budget": over,
            "failing": self._asking is not None and self._asking.breaker.open,
            "ready": True,
        }
        return LanguageModelStatus(
            state=next(name for name, holds in reasons.items() if holds),  # pyright: ignore[reportArgumentType] - the keys are the states
            model=self._endpoint.model if self._endpoint else None,
            host=self._endpoint.host if self._endpoint else None,
            tokens_today=spent.today,
            tokens_month=spent.month,
            tokens_a_day=settings.tokens_a_day,
            tokens_a_month=settings.tokens_a_month,
            requests_today=spent.requests,
            used_today=spent.used,
        )

    async def log(self, scope: Scope, after: tuple[datetime, UUID] | None, limit: int) -> list[LanguageModelUse]:
        """What left and what came back, masked, newest first."""
        return await GeneratingRows(scope).log(after, limit)

    async def forget_due(self) -> None:
        """Enqueue the forgetting of old requests. For a timer of about an hour; also after the endpoint was taken away."""
        async with self._database.across() as connection:
            due = await with_log(connection)

        async def enqueue(workspace_id: WorkspaceId) -> None:
            async with self._database.scope(workspace_id) as scope:
                await self._jobs.enqueue(scope, FORGET, {}, once=FORGET)

        await in_each(map(WorkspaceId, due), enqueue)

    async def forget(self, workspace_id: WorkspaceId) -> None:
        """Delete requests older than the workspace keeps them. For the job; safe to repeat."""
        forgotten: int = FORGOTTEN_AT_ONCE
        while forgotten == FORGOTTEN_AT_ONCE:
            async with self._database.scope(workspace_id) as scope:
                rows = GeneratingRows(scope)
                keep = (await rows.settings()).keep_log_days
                forgotten = await rows.forget_before(start_of_day(utc_now()) - timedelta(days=keep))


def _may_be_written(reply: Reply) -> bool:
    """Only what was searched for; a chosen option gets the entry's own words."""
    return reply.found is not None and reply.act.zone in {"answer", "offer"} and reply.act.hand_over is None


def _writing_of(asking: Asking) -> "Writing":
    from qiao.domains.bot.generating.writing import Writing  # noqa: PLC0415 - a desk without a model need not read it

    return Writing(asking)
