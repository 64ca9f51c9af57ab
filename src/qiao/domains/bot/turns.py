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

from qiao.domains.bot.composing import Around, Duty
from qiao.domains.bot.contracts import CandidateView
from qiao.domains.bot.dialogue import Act, after_search, at_sight, language_of, left_unanswered
from qiao.domains.bot.drafting import drafts_of, quotes_of, turn_of
from qiao.domains.bot.finding import Finder
from qiao.domains.bot.flows.repository import RunRows
from qiao.domains.bot.flows.turning import FlowTurns, Turned
from qiao.domains.bot.gathering import gather
from qiao.domains.bot.handing_over import HandingOver
from qiao.domains.bot.learning.trying import rezoned, settings_of, tried
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.repository.turns import TurnRows
from qiao.domains.bot.turn_parts import House, Question, Reply
from qiao.domains.bot.words import in_language
from qiao.domains.conversations.contracts import Author, AuthorKind, Message, NewMessage, Status
from qiao.domains.inboxes.contracts import Inbox
from qiao.kit.errors import QiaoError
from qiao.kit.ids import ConversationId, WorkspaceId, new_id
from qiao.platform.db.database import LOST, Scope

REMEMBERED = 40
"""How many messages back the bot looks."""
AT_A_TIME = 20
_LANGUAGE_MESSAGES = 3
_UNSURE = Act(zone="hand_over", reason="failed", say="unsure", hand_over="unsure")
_log = structlog.get_logger("qiao.bot")


class Turns:
    """Takes the bot's turns. One turn of a conversation at a time in a process; over processes the database decides."""

    def __init__(self, house: House, finder: Finder, flows: FlowTurns) -> None:
        self._house = house
        self._finder = finder
        self._flows = flows
        self._handing_over = HandingOver(house)
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
                if self._house.writer is not None:
                    reply = await self._house.writer.written(workspace_id, question, reply)
                async with self._house.database.scope(workspace_id) as scope:
                    await self._say(scope, question, reply)

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
        arm = await tried(scope, conversation_id, conversation.created_at)
        return Question(
            conversation=conversation,
            inbox=await self._house.inboxes.get(scope, conversation.inbox_id),
            settings=settings_of(await SettingsRows(scope).read(), arm),
            message=message,
            earlier=[one for one in asked if one.seq < message.seq],
            turns=[turn for turn in turns if since < turn.question_seq < message.seq],
            language=language_of(message.text, conversation.language),
            run=run if run is not None and run.seq > since else None,
            arm=arm,
        )

    async def _decided(self, workspace_id: WorkspaceId, question: Question) -> Turned:
        """The reply, and the question in the language in which it is answered."""
        try:
            return await self._decide(workspace_id, question)
        except (QiaoError, asyncpg.PostgresError, *LOST):
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with deciding, the customer gets a person
            _log.exception("a turn could not be decided")
            return question, Reply(act=_UNSURE, candidates=(), ends="failed")

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
        if chosen is not None:
            return question, chosen
        return await self._flows.besides(workspace_id, question, await self._searched(workspace_id, question))

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
                await self._finder.find(workspace_id, question.message.text, previous, question.language), question.arm
            )
        except (QiaoError, asyncpg.PostgresError, *LOST):
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with finding, the customer gets a person
            _log.exception("a question could not be searched for")
            return Reply(act=_UNSURE, candidates=())
        act = after_search(
            question.said, found.decision, found.candidates, hand_over_when_unsure=question.settings.hand_over_when_unsure
        )
        return Reply(act=act, candidates=found.candidates, found=found)

    async def _say(self, scope: Scope, question: Question, reply: Reply) -> None:
        """Post the reply and all that goes with it, unless somebody else has the conversation or the turn was taken."""
        conversation_id, seq = question.conversation.id, question.message.seq
        if self._house.writer is not None:
            reply = await self._house.writer.still_true(scope, reply)
        reply = await self._with_entry(scope, question, reply)
        row = await self._house.conversations.row(scope, conversation_id, lock=True)
        rows = TurnRows(scope)
        if row["status"] != Status.BOT or await rows.exists(conversation_id, seq):
            return
        turn_id = new_id()
        around = Around(
            language=question.language,
            settings=question.settings,
            candidates=reply.candidates,
            entry=reply.entry,
            written=reply.written,
            duty=await self._duty(scope, question.inbox) if reply.act.hand_over else "here",
            suggested=reply.suggested,
        )
        author = Author(AuthorKind.BOT, None, in_language(question.settings.name, question.language))
        # What was said before anybody else had the conversation counts: the customer was told then.
        disclosure = not await rows.past(conversation_id)
        quotes = quotes_of(reply)
        quoted = {one.id: one for one in await self._house.source.published_entries(scope, quotes)} if quotes else {}
        posted: Message | None = None
        for at, draft in enumerate(drafts_of(reply, around, turn_id, quoted)):
            message = NewMessage(
                conversation_id=conversation_id,
                author=author,
                text=draft.text,
                client_id=f"turn-{question.message.id}" + (f"-{at}" if at else ""),
                content=draft.content | {"disclosure": disclosure and not at},
                attachments=draft.attachments,
                caused_by=str(question.message.id),
                depth=1,
            )
            posted = await self._house.conversations.post_in(scope, message)
        assert posted is not None  # noqa: S101 - there is always a message
        await rows.store(turn_of(turn_id, question, reply, posted))
        await self._keep_run(scope, question, reply)
        await self._remember_unanswered(scope, question, reply)
        if question.conversation.language != question.language and _language_open(question):
            await self._house.conversations.set_language(scope, conversation_id, question.language)
        if reply.act.hand_over is not None:
            await self._handing_over.do(scope, question, reply.act, around.duty)

    async def _with_entry(self, scope: Scope, question: Question, reply: Reply) -> Reply:
        """The reply with the entry it quotes as it is now; what was taken from customers meanwhile is neither quoted nor offered."""
        named = reply.act.options if reply.act.zone == "offer" else () if reply.act.entry_id is None else (reply.act.entry_id,)
        if not named:
            return reply
        flows = {one.entry_id for one in reply.candidates if one.kind == "flow"}
        entries = {one.id: one for one in await self._house.source.published_entries(scope, set(named) - flows)}
        left = tuple(one for one in named if one in entries or one in flows)
        if left and reply.act.zone == "offer":
            say = "offer" if len(left) > 1 else "offer_one"
            return msgspec.structs.replace(reply, act=msgspec.structs.replace(reply.act, options=left, say=say))
        if left:
            return msgspec.structs.replace(reply, entry=entries.get(left[0]))
        given_up = question.settings.hand_over_when_unsure
        return Reply(
            act=_UNSURE if given_up else Act(zone="hand_over", reason="unknown", say="unknown"), candidates=(), found=reply.found
        )

    async def _keep_run(self, scope: Scope, question: Question, reply: Reply) -> None:
        """Where the flow stands now. Any other that is open in this conversation is over: there is one at a time."""
        runs, run = RunRows(scope), reply.flow.run if reply.flow else None
        if run is None or question.run is None or question.run.id != run.id:
            await runs.end(question.conversation.id, reply.ends)
        if run is not None:
            await runs.store(run)

    async def _duty(self, scope: Scope, inbox: Inbox) -> Duty:
        if not self._house.inboxes.open_now(inbox):
            return "closed"
        return "here" if await self._house.duty.anybody_online(scope) else "nobody"

    async def _remember_unanswered(self, scope: Scope, question: Question, reply: Reply) -> None:
        left = left_unanswered(question.said, reply.act)
        conversation_id = question.conversation.id
        if left is not None:
            await gather(scope, left.question, left.language, conversation_id, (left.candidates, None, None))
        found = reply.found
        if found is not None and reply.act.zone == "hand_over":
            seen = (reply.candidates, found.vector, found.model)
            await gather(scope, found.used_question, question.language, conversation_id, seen)


def _language_open(question: Question) -> bool:
    return question.conversation.language is None or len(question.earlier) < _LANGUAGE_MESSAGES
