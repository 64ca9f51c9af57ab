"""The bot's turn in a conversation: one question, one reply, stored together with everything that follows from it.

A turn is decided outside any transaction and said inside one, under the conversation's lock and only while the bot still has the
conversation: a person who takes over is never spoken over. Repeating a turn says nothing twice.
"""

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
import msgspec
import structlog

from qiao.domains.bot.contracts import CandidateView
from qiao.domains.bot.dialogue import Act, after_search, at_sight, language_of
from qiao.domains.bot.finding import Finder
from qiao.domains.bot.flows.repository import RunRows
from qiao.domains.bot.flows.turning import FlowTurns, Turned
from qiao.domains.bot.learning.trying import rezoned, settings_of, tried
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.repository.turns import TurnRows
from qiao.domains.bot.saying import UNSURE, Saying
from qiao.domains.bot.several import parts_of, several, urgent_among
from qiao.domains.bot.skills import Skills
from qiao.domains.bot.turn_parts import House, Question, Reply
from qiao.domains.conversations.contracts import AuthorKind, Status
from qiao.kit.errors import QiaoError
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.db.database import LOST, Scope

REMEMBERED = 40
"""How many messages back the bot looks."""
AT_A_TIME = 20
_log = structlog.get_logger("qiao.bot")


class Turns:
    """Takes the bot's turns. One turn of a conversation at a time in a process; over processes the database decides."""

    def __init__(self, house: House, finder: Finder, flows: FlowTurns, skills: Skills) -> None:
        self._house = house
        self._finder = finder
        self._flows = flows
        self._skills = skills
        self._saying = Saying(house)
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def take(self, workspace_id: WorkspaceId, conversation_id: ConversationId, seq: int) -> None:
        """Answer what the customer wrote up to `seq` and the bot has not answered, in order. Safe to repeat and to race."""
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        async with lock:
            for _ in range(AT_A_TIME):
                async with self._house.database.scope(workspace_id) as scope:
                    question = await self._next(scope, conversation_id, seq)
                if question is None:
                    return
                question, reply = await self._decided(workspace_id, question)
                reply = await self._worded(workspace_id, question, reply)
                reply = await self._skills.guessed(workspace_id, question, reply)
                async with self._house.database.scope(workspace_id) as scope:
                    await self._saying.say(scope, question, reply)

    async def _next(self, scope: Scope, conversation_id: ConversationId, seq: int) -> Question | None:
        """The oldest unanswered message since anybody else had the conversation; None when there is none or it is not the bot's."""
        conversation = await self._house.conversations.get(scope, conversation_id)
        if conversation.status is not Status.BOT:
            return None
        page = await self._house.conversations.messages(scope, conversation_id, before=seq + 1, limit=REMEMBERED)
        turns = await TurnRows(scope).past(conversation_id)
        since = max((one.seq for one in page.items if one.author.kind in {AuthorKind.AGENT, AuthorKind.SYSTEM}), default=0)
        asked = [one for one in page.items if one.author.kind is AuthorKind.CONTACT and one.seq > since]
        answered = {turn.question_seq for turn in turns}
        message = next((one for one in asked if one.seq not in answered), None)
        if message is None:
            return None
        run = await RunRows(scope).open(conversation_id)
        trying = await tried(scope, conversation_id, conversation.created_at)
        return Question(
            conversation=conversation,
            inbox=await self._house.inboxes.get(scope, conversation.inbox_id),
            settings=settings_of(await SettingsRows(scope).read(), trying),
            message=message,
            earlier=[one for one in asked if one.seq < message.seq],
            turns=[turn for turn in turns if since < turn.question_seq < message.seq],
            language=language_of(message.text, conversation.language),
            run=run if run is not None and run.seq > since else None,
            trying=trying,
        )

    async def _decided(self, workspace_id: WorkspaceId, question: Question) -> Turned:
        """The reply, and the question in the language in which it is answered."""
        try:
            return await self._decide(workspace_id, question)
        except (QiaoError, asyncpg.PostgresError, *LOST):
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with deciding, the customer gets a person
            _log.exception("a turn could not be decided")
            return question, Reply(act=UNSURE, candidates=(), ends="failed")

    async def _decide(self, workspace_id: WorkspaceId, question: Question) -> Turned:
        if not question.inbox.bot_enabled:
            return question, Reply(act=Act(zone="hand_over", reason="agents_only", hand_over="agents_only"), candidates=())
        going = await self._flows.go_on(workspace_id, question)
        if going is not None:
            return going
        act = at_sight(question.said)
        begun = await self._flows.at_once(workspace_id, question, act)
        if begun is not None:
            return begun
        if act is not None and act.entry_id is None:
            return question, Reply(act=act, candidates=())
        chosen = await self._chosen(workspace_id, act, act.entry_id) if act is not None and act.entry_id is not None else None
        known = chosen or (await self._together(workspace_id, question) if act is None else None)
        if known is not None:
            return question, known
        return await self._flows.besides(workspace_id, question, await self._searched(workspace_id, question))

    async def _together(self, workspace_id: WorkspaceId, question: Question) -> Reply | None:
        """The reply to several questions in one message; None when it asks one, or is better taken as one."""
        parts = parts_of(question)
        if not parts:
            return None
        urgent = urgent_among(question.message.text)
        if urgent is not None:
            return Reply(act=urgent, candidates=())
        if await self._finder.is_written(workspace_id, question.message.text):
            return None
        return await several(workspace_id, parts, self._searched, self._flows)

    async def _worded(self, workspace_id: WorkspaceId, question: Question, reply: Reply) -> Reply:
        writer = self._house.writer
        if writer is None:
            return reply
        if not reply.parts:
            return await writer.written(workspace_id, question, reply)
        said = await asyncio.gather(*(writer.written(workspace_id, *part) for part in reply.parts))
        parts = zip((part for part, _ in reply.parts), said, strict=True)
        return msgspec.structs.replace(reply, parts=tuple(parts))

    async def _chosen(self, workspace_id: WorkspaceId, act: Act, entry_id: UUID) -> Reply | None:
        async with self._house.database.scope(workspace_id) as scope:
            entries = await self._house.source.published_entries(scope, {entry_id})
        if not entries:
            return None
        entry = entries[0]
        view = CandidateView(
            entry_id=entry.id,
            kind=entry.kind,
            title=entry.title,
            language=entry.language,
            score=1.0,
            lexical=1.0,
            semantic=None,
            matched="",
            url=entry.url,
        )
        return Reply(act=act, candidates=[view])

    async def _searched(self, workspace_id: WorkspaceId, question: Question) -> Reply:
        previous = [one.text for one in question.earlier]
        try:
            found = rezoned(
                await self._finder.find(workspace_id, question.message.text, previous, question.language), question.trying
            )
        except (QiaoError, asyncpg.PostgresError, *LOST):
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with finding, the customer gets a person
            _log.exception("a question could not be searched for")
            return Reply(act=UNSURE, candidates=())
        act = after_search(
            question.said, found.decision, found.candidates, hand_over_when_unsure=question.settings.hand_over_when_unsure
        )
        return Reply(act=act, candidates=found.candidates, found=found)
