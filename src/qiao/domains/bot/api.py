"""The door of the bot: what HTTP, subscribers, jobs and the composition root may call."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from qiao.domains.bot.assist.assisting import Assist
from qiao.domains.bot.assist.promises import Promises
from qiao.domains.bot.classifying.intents import Intents
from qiao.domains.bot.contracts import (
    AnswerCurve,
    BotSettings,
    BotSettingsChanges,
    BotStatus,
    BotTurn,
    FittedLimits,
    Localised,
    Trial,
    TryRequest,
    Unanswered,
)
from qiao.domains.bot.errors import TurnNotFound, UnansweredNotFound
from qiao.domains.bot.finding import Finder
from qiao.domains.bot.flows.book import FlowBook
from qiao.domains.bot.flows.desk import FlowDesk
from qiao.domains.bot.flows.guides import GuideCard, Guides, GuideStep, OpenGuide
from qiao.domains.bot.flows.tools.toolbox import Toolbox
from qiao.domains.bot.flows.tools.trying import HttpToolTrials
from qiao.domains.bot.flows.turning import FlowTurns
from qiao.domains.bot.gathering import gather
from qiao.domains.bot.index_holder import IndexHolder
from qiao.domains.bot.indexing import Indexing
from qiao.domains.bot.inside import Inside
from qiao.domains.bot.learning.api import Learning
from qiao.domains.bot.learning.experimenting import Experiments
from qiao.domains.bot.meaning import Load, Meaning
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.repository.turns import TurnRows
from qiao.domains.bot.repository.unanswered import UnansweredRows
from qiao.domains.bot.settings import changed
from qiao.domains.bot.skills import Skills
from qiao.domains.bot.trials import Trials
from qiao.domains.bot.turn_parts import House
from qiao.domains.bot.turns import Turns
from qiao.domains.contacts.contracts import Visitor
from qiao.domains.conversations.contracts import Status
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.facts import Entry

__all__ = ["Bot", "GuideCard", "GuideStep", "Guides", "OpenGuide"]

_DAY = timedelta(days=1)


class Bot:
    """Answers first, and steps aside for a person. `load` gives the model of meaning or raises Unavailable; called in a thread."""

    def __init__(self, house: House, jobs: Jobs, load: Load) -> None:
        self._house = house
        self._jobs = jobs
        self._meaning = Meaning(load)
        self._holder = IndexHolder(house.database, house.source, self._meaning)
        self._finder = Finder(self._holder, self._meaning)
        self._inside = Inside(self._holder, self._meaning)
        self.intents = Intents(house.database, self._meaning, jobs)
        book = FlowBook(house.database, self._meaning, self.intents)
        toolbox = Toolbox(house.database, house.shop, house.seals, house.outbound)
        self.flows = FlowDesk(house.source, book, toolbox, HttpToolTrials(house.database, toolbox))
        self._flow_turns = FlowTurns(house, self._finder, book, toolbox)
        self._turns = Turns(house, self._finder, self._flow_turns, Skills(self.intents))
        self._trials = Trials(house, self._finder, self._inside, self._flow_turns, self._holder)
        self._indexing = Indexing(house.database, house.source, self._meaning, self._holder, jobs)
        self.promises = Promises(house)
        self.learning = Learning(house.database, house.conversations, house.source, jobs, (self._holder, self._meaning))
        self.experiments = Experiments(house.source, self.flows.tried_versions)
        self.assist = Assist(house, self._finder, self._inside)
        house.database.on_commit(self._holder.grew)

    async def start(self) -> None:
        """Load the model before the first question needs it. Never raises for a model that is not there."""
        await self._meaning.version()

    def rest(self, seconds: float) -> None:
        """For a process that only prepares knowledge: give the model's memory back when it was not needed for `seconds`."""
        self._meaning.rest(seconds)

    def close(self) -> None:
        """Let the threads of the model end."""
        self._finder.close()
        self._meaning.close()

    def note(self, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> None:
        """Projector of the live tail: knowledge that another process changed is looked at with the next question."""
        self._holder.note(workspace_id, entries)

    # --- turns ------------------------------------------------------------------------------------------------------------

    async def its_own(self, scope: Scope, conversation_ids: Collection[UUID]) -> set[UUID]:
        """Those of the conversations that the bot has now, and those that wait while it asks for a call or a message."""
        holding = await self._house.conversations.status_of(scope, conversation_ids)
        waiting = {one for one, held in holding.items() if held.status is Status.WAITING}
        asking = await self.promises.asking_among(scope, waiting)
        return asking | {one for one, held in holding.items() if held.status is Status.BOT}

    async def message_received(self, scope: Scope, conversation_id: ConversationId, seq: int) -> None:
        """The customer wrote: have the bot's turn taken after this transaction, when the bot has the conversation."""
        row = await self._house.conversations.row(scope, conversation_id)
        if row["status"] == Status.BOT:
            await self._jobs.enqueue(scope, "bot.turn", {"conversation_id": str(conversation_id), "seq": seq})
        else:
            await self.promises.heard(scope, conversation_id)

    async def take_turn(self, workspace_id: WorkspaceId, conversation_id: ConversationId, seq: int) -> None:
        """Answer everything up to `seq` that waits for the bot. Safe to repeat: a message is answered once."""
        await self._turns.take(workspace_id, conversation_id, seq)

    async def turns(self, scope: Scope, conversation_id: ConversationId) -> list[BotTurn]:
        """What the bot did in a conversation and why, oldest first. Raises ConversationNotFound."""
        await self._house.conversations.row(scope, conversation_id)
        return await TurnRows(scope).of_conversation(conversation_id)

    async def feedback(self, scope: Scope, visitor: Visitor, message_id: UUID, *, helpful: bool) -> None:
        """The visitor's thumb on a message of the bot to them. Raises TurnNotFound. The last one counts; safe to repeat."""
        turn = await TurnRows(scope).of_message(message_id)
        if turn is None:
            raise TurnNotFound("no such message of the bot")
        conversation = await self._house.conversations.get(scope, ConversationId(turn.conversation_id))
        if conversation.contact.id != visitor.contact_id or conversation.inbox_id != visitor.inbox_id:
            raise TurnNotFound("no such message of the bot")
        await self.rate(scope, message_id, helpful=helpful)

    async def rate(self, scope: Scope, message_id: UUID, *, helpful: bool) -> None:
        """Set the thumb of a message of the bot; a question whose answer did not help counts as unanswered, once."""
        rated = await TurnRows(scope).rate(message_id, helpful=helpful)
        if rated is None:
            raise TurnNotFound("no such message of the bot")
        turn, language, turned = rated
        if turned and turn.zone == "answer":
            await self._indexing.judged(scope)
        if turned and not helpful and turn.zone == "answer":
            await gather(scope, turn.used_question, language, turn.conversation_id, (turn.candidates, None, None))

    # --- trying -----------------------------------------------------------------------------------------------------------

    async def try_question(self, workspace_id: WorkspaceId, request: TryRequest) -> Trial:
        """What the bot would do with a message now, as if somebody were on duty. Stores nothing."""
        return await self._trials.question(workspace_id, request)

    async def replay_turn(self, workspace_id: WorkspaceId, turn_id: UUID) -> Trial:
        """What the bot would do with an earlier question with today's knowledge. Raises TurnNotFound. Stores nothing."""
        return await self._trials.turn(workspace_id, turn_id)

    # --- the index --------------------------------------------------------------------------------------------------------

    async def knowledge_changed(self, scope: Scope) -> None:
        """Something was published, changed or taken back: compute its meaning after this transaction. Its words are live at once."""
        await self._indexing.knowledge_changed(scope)

    async def embed(self, workspace_id: WorkspaceId) -> None:
        """Compute every missing vector. For the job; safe to repeat."""
        await self._indexing.embed(workspace_id)

    async def fit(self, workspace_id: WorkspaceId) -> None:
        """Fit when to answer and when to offer. For the job; safe to repeat."""
        await self._indexing.fit(workspace_id)

    async def catch_up(self) -> None:
        """Enqueue embedding and fitting that are due. For a timer of about five seconds."""
        await self._indexing.catch_up()

    async def embedded(self, workspace_id: WorkspaceId, entry_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of the published entries that are known by meaning."""
        held = await self._holder.held(workspace_id)
        known = held.known.keys() | held.internal.known.keys()
        return frozenset(one for one in entry_ids if one in known and one not in held.waiting and held.model is not None)

    async def status(self, workspace_id: WorkspaceId) -> BotStatus:
        """How the bot is in this workspace."""
        held = await self._holder.held(workspace_id)
        async with self._house.database.scope(workspace_id) as scope:
            answers = await TurnRows(scope).answers_since(utc_now() - _DAY)
            target = held.target_wrong if held.target_wrong is not None else (await SettingsRows(scope).read()).target_wrong
        limits = held.limits("")
        entries = [*held.known.values(), *held.internal.known.values()]
        texts = sum(known.texts for known in entries)
        pending = sum(text.vector is None for entry in held.waiting.values() for text in entry.texts)
        return BotStatus(
            entries=len(entries),
            texts=texts,
            embedded=texts - pending,
            pending=pending if held.model is not None else 0,
            model=self._meaning.state,
            model_version=held.model,
            index_version=str(held.version),
            thresholds=FittedLimits(
                answer=round(limits.answer_at, 4),
                offer=round(limits.offer_at, 4),
                fitted_on=str(sum(one.examples for one in held.thresholds.values())),
                expected_wrong=target,
            ),
            answers_24h=answers,
        )

    async def curves(self, workspace_id: WorkspaceId) -> list[AnswerCurve]:
        """By language, what each threshold would answer and get wrong. Empty until enough questions were rehearsed."""
        return await self._finder.curves(workspace_id)

    # --- settings ---------------------------------------------------------------------------------------------------------

    async def bot_name(self, scope: Scope) -> Localised:
        """What the bot is called, for faces that show it."""
        return (await SettingsRows(scope).read()).name

    async def settings(self, scope: Scope) -> BotSettings:
        """The settings as set, else their defaults."""
        return await SettingsRows(scope).read()

    async def change_settings(self, scope: Scope, changes: BotSettingsChanges) -> BotSettings:
        """Set the given fields. Raises BotSettingsInvalid."""
        before = await SettingsRows(scope).hold()
        after = changed(before, changes)
        await SettingsRows(scope).write(after)
        noted(before, after)
        if after.target_wrong != before.target_wrong:
            await self._indexing.settings_changed(scope)
        return after

    # --- unanswered -------------------------------------------------------------------------------------------------------

    async def unanswered(self, scope: Scope, after: tuple[int, Any, UUID] | None, limit: int) -> list[Unanswered]:
        """Open unanswered questions, most asked first, after a (count, last_at, id)."""
        return await UnansweredRows(scope).listed(after, limit)

    async def dismiss(self, scope: Scope, unanswered_id: UUID) -> None:
        """Not worth an answer: leaves the list for good. Raises UnansweredNotFound. Safe to repeat."""
        if not await UnansweredRows(scope).set_status(unanswered_id, "dismissed"):
            raise UnansweredNotFound("no such question")

    async def answered(self, scope: Scope, unanswered_id: UUID) -> None:
        """An answer was written: leaves the list until it is asked again and not answered. Unknown ids are passed over."""
        await UnansweredRows(scope).set_status(unanswered_id, "answered")
