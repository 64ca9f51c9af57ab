"""The bot's turn where a flow has a part in it: going on with one, beginning one, offering one. Stores and posts nothing itself.

Tools are called here, between the transaction that read the question and the one that posts the reply.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid5

import msgspec

from qiao.domains.bot.dialogue import Act, at_sight, language_of
from qiao.domains.bot.finding import Finder, Found
from qiao.domains.bot.flows.advance import advance, asked, fresh
from qiao.domains.bot.flows.book import FlowBook
from qiao.domains.bot.flows.building import gathered
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.going import REASONS, Going, reminding, reply_of
from qiao.domains.bot.flows.meant import looks_like_question, meant, takes_stories
from qiao.domains.bot.flows.offering import agreed, answers_better, in_place, matter_closed, with_offer
from qiao.domains.bot.flows.repository import Run
from qiao.domains.bot.flows.running import (
    Answer,
    Ask,
    Begin,
    Call,
    Cancel,
    Correct,
    Effect,
    Event,
    FlowState,
    Ground,
    HandOver,
    Quote,
    Say,
)
from qiao.domains.bot.flows.shown import LiveFlow
from qiao.domains.bot.flows.texts import in_words
from qiao.domains.bot.flows.tools.toolbox import Toolbox
from qiao.domains.bot.flows.words import word
from qiao.domains.bot.intents import is_question_follow_up, small_talk
from qiao.domains.bot.learning.experiment_contracts import Trying
from qiao.domains.bot.learning.trying import version_of
from qiao.domains.bot.turn_parts import House, Question, Reply, customer_of
from qiao.domains.bot.words import words_of
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId

REMINDED_AFTER = timedelta(minutes=30)
LAPSES_AFTER = timedelta(hours=24)
MAX_CALLS = 8
"""Tool calls in one turn of the customer."""
FEW = 12
_CERTAIN = 0.99
_WINS = frozenset({"asked", "emergency"})
"""What is always heard, whatever is being asked."""

Turned = tuple[Question, Reply]


class FlowTurns:
    """Decides turns with flows. Safe to call from many tasks; deciding again gives the same tool calls under the same keys."""

    def __init__(self, house: House, finder: Finder, book: FlowBook, toolbox: Toolbox) -> None:
        self._house = house
        self._finder = finder
        self._book = book
        self._toolbox = toolbox

    # --- in a flow --------------------------------------------------------------------------------------------------------

    async def go_on(self, workspace_id: WorkspaceId, question: Question) -> Turned | None:
        """The reply of the flow that the conversation is in; None when it is in none, or in one that has lapsed."""
        run = question.run
        if run is None or utc_now() - run.updated_at > LAPSES_AFTER:
            return None
        flow = await self._book.version(workspace_id, run.flow_id, run.version)
        if flow is None:
            return None
        question = msgspec.structs.replace(question, language=_language(question, flow, run.state))
        going = await self._going(workspace_id, question, LiveFlow(id=run.flow_id, version=run.version, definition=flow), run)
        urgent = await self._urgent(going)
        if urgent is not None:
            return question, urgent
        reply = await self._by_choice(going) or await self._by_words(going)
        idle = utc_now() - run.updated_at > REMINDED_AFTER
        return question, reminding(reply, going) if idle else reply

    async def _urgent(self, going: Going) -> Reply | None:
        act = at_sight(going.question.said)
        if act is None or act.hand_over not in {*_WINS, "angry"}:
            return None
        ask = asked(going.flow, going.state)
        if act.hand_over == "angry" and ((ask is not None and takes_stories(ask)) or await self._complains(going)):
            return None
        known = gathered(going.flow, going.state.slots, going.ground)
        return Reply(act=msgspec.structs.replace(act, known=known), candidates=(), ends="handed_over")

    async def _complains(self, going: Going) -> bool:
        """Whether what sounds angry is the very words of a flow."""
        shelf = await self._book.held(going.workspace_id)
        return shelf.index.exact(going.question.message.text) is not None

    async def _by_choice(self, going: Going) -> Reply | None:
        """A button of another offer was pressed: another flow, or an entry to be read in between."""
        option = going.question.said.option
        if option is None:
            return None
        shelf = await self._book.held(going.workspace_id)
        if option in shelf.flows:
            return await self._instead(going, shelf.flows[option])
        return self._aside(going, [Quote(option)])

    async def _by_words(self, going: Going) -> Reply:
        message = going.question.message
        answer = Answer(message.text, tuple(file.name for file in message.attachments))
        event = meant(going.flow, going.state, answer, going.ground)
        if isinstance(event, Correct) and event.slot is None:
            # "I put in the wrong address": nothing of this flow is named, so it may be the wish for another.
            other = await self._other(going)
            if other is not None:
                return await self._instead(going, other)
        if event is not None:
            return await self._drive(going, event)
        return await self._beside(going) or await self._drive(going, answer)

    async def _other(self, going: Going) -> LiveFlow | None:
        """Another flow that is wished for, clearly."""
        shelf = await self._book.held(going.workspace_id)
        guess = next(iter(await self._book.guesses(going.workspace_id, going.question.message.text)), None)
        return shelf.flows[guess.flow_id] if guess is not None and guess.takes_over and guess.flow_id != going.flow_id else None

    async def _beside(self, going: Going) -> Reply | None:
        """What was written is no answer: a courtesy, another flow, a question that the knowledge answers; None: none of these."""
        text = going.question.message.text
        talk = small_talk(text)
        if talk == "bye":
            return await self._drive(going, Cancel())
        if talk is not None:
            said = [Say(word(talk, going.ground.language))] if talk in {"thanks", "greeting"} else []
            return self._aside(going, said)
        other = await self._other(going)
        if other is not None:
            return await self._instead(going, other)
        found = await self._finder.find(going.workspace_id, text, [], going.question.language)
        ask = asked(going.flow, going.state)
        least = _CERTAIN if ask is not None and takes_stories(ask) else 0.0
        if found.decision.zone == "answer" and found.candidates and found.decision.confidence >= least:
            return self._aside(going, [Quote(found.candidates[0].entry_id)], found)
        return None

    def _aside(self, going: Going, before: Sequence[Effect], found: Found | None = None) -> Reply:
        state, effects = advance(going.flow, going.state, Ask(), going.ground)
        return reply_of(going, state, [*before, *effects], reason="flow_aside", found=found)

    async def _instead(self, going: Going, other: LiveFlow) -> Reply:
        language = language_of(going.question.message.text, going.question.language)
        began = await self._begun(going.workspace_id, msgspec.structs.replace(going.question, language=language), other)
        said = Say(word("switched", began.ground.language))
        reply = await self._drive(began, Begin(going.question.message.text), [said])
        return msgspec.structs.replace(reply, ends="switched")

    # --- beginning one ----------------------------------------------------------------------------------------------------

    async def at_once(self, workspace_id: WorkspaceId, question: Question, act: Act | None) -> Turned | None:
        """The flow that was chosen by a button, its number or name, or asked for in the very words of one of its phrases."""
        shelf = await self._book.held(workspace_id)
        if not shelf.flows:
            return None
        chosen = act.entry_id if act is not None else None
        if chosen is not None:
            return await self._start(workspace_id, question, shelf.flows[chosen]) if chosen in shelf.flows else None
        # Who complains sounds angry: the very words of a flow are heard all the same.
        if act is not None and act.hand_over != "angry":
            return None
        wanted = shelf.index.exact(question.message.text) or agreed(question)
        flow = shelf.flows.get(wanted) if wanted is not None else None
        return await self._start(workspace_id, question, flow) if flow is not None else None

    async def would_begin(self, workspace_id: WorkspaceId, text: str, reply: Reply) -> LiveFlow | None:
        """The flow that a message begins when it is the first of a talk, and `reply` what there is without one."""
        shelf = await self._book.held(workspace_id)
        guess = next(iter(await self._book.guesses(workspace_id, text, _asked(text, reply))), None)
        open_to = reply.act.hand_over in {None, "unsure", "angry"} and reply.act.zone != "small_talk"
        if guess is None or not open_to or not guess.starts or answers_better(shelf, guess, text, reply):
            return None
        return shelf.flows[guess.flow_id] if guess.exact or reply.act.hand_over != "angry" else None

    async def besides(self, workspace_id: WorkspaceId, question: Question, reply: Reply) -> Turned:
        """What was found against what flows there are: a flow begins, stands among the suggestions, or has no part in it."""
        shelf = await self._book.held(workspace_id)
        text = question.message.text
        guess = next(iter(await self._book.guesses(workspace_id, text, _asked(text, reply))), None)
        if guess is None or not (guess.starts or guess.offers):
            return question, reply
        if guess.starts and not answers_better(shelf, guess, text, reply):
            return await self._start(workspace_id, question, shelf.flows[guess.flow_id])
        return question, with_offer(reply, shelf.flows[guess.flow_id], question) if guess.offers else reply

    async def offered(self, workspace_id: WorkspaceId, question: Question, reply: Reply) -> Reply:
        """As `besides` for one of several questions: what would begin is offered in place of what was found, and nothing begins."""
        shelf = await self._book.held(workspace_id)
        text = question.message.text
        guess = next(iter(await self._book.guesses(workspace_id, text, _asked(text, reply))), None)
        if guess is None or not (guess.starts or guess.offers):
            return reply
        alone = guess.starts and not answers_better(shelf, guess, text, reply)
        return with_offer(in_place(reply) if alone else reply, shelf.flows[guess.flow_id], question)

    async def _start(self, workspace_id: WorkspaceId, question: Question, flow: LiveFlow) -> Turned:
        going = await self._begun(workspace_id, question, flow)
        earlier = tuple(one.text for one in question.earlier if one.seq > matter_closed(question))
        return question, await self._drive(going, Begin(question.message.text, earlier))

    async def _begun(self, workspace_id: WorkspaceId, question: Question, flow: LiveFlow) -> Going:
        # Of the message that began it: taking the turn again is the same run.
        run_id = uuid5(question.conversation.id, f"flow:{question.message.id}")
        flow = await self.in_version(workspace_id, flow, question.trying)
        state = fresh(flow.definition, run_id.hex)
        run = Run(
            id=run_id,
            conversation_id=question.conversation.id,
            flow_id=flow.id,
            version=flow.version,
            state=state,
            seq=question.message.seq,
            updated_at=utc_now(),
        )
        return await self._going(workspace_id, question, flow, run)

    async def in_version(self, workspace_id: WorkspaceId, flow: LiveFlow, trying: Trying | None) -> LiveFlow:
        """A published flow as somebody with this version of an experiment meets it."""
        version = version_of(flow, trying)
        definition = await self._book.version(workspace_id, flow.id, version) if version != flow.version else None
        return flow if definition is None else LiveFlow(id=flow.id, version=version, definition=definition)

    async def _going(self, workspace_id: WorkspaceId, question: Question, flow: LiveFlow, run: Run) -> Going:
        async with self._house.database.scope(workspace_id) as scope:
            customer = await customer_of(self._house, scope, question.conversation.contact.id)
            zone = (await self._house.workspaces.get(scope)).timezone if self._house.workspaces else "UTC"
        contact, language = question.conversation.contact, words_of(question.language)
        facts = {"known": customer.known, "name": contact.name or "", "tier": contact.tier or "", "language": language}
        return Going(
            workspace_id=workspace_id,
            question=question,
            flow_id=flow.id,
            version=flow.version,
            flow=flow.definition,
            run_id=run.id,
            state=run.state,
            ground=Ground(language=language, now=utc_now(), zone=zone, customer=facts),
            customer=customer,
        )

    # --- a step -----------------------------------------------------------------------------------------------------------

    async def _drive(self, going: Going, event: Event, before: Sequence[Effect] = ()) -> Reply:
        """The step and every tool call that it leads to."""
        state, wanted, calls = going.state, list(before), 0
        while True:
            state, effects = advance(going.flow, state, event, going.ground)
            wanted += [effect for effect in effects if not isinstance(effect, Call)]
            call = next((effect for effect in effects if isinstance(effect, Call)), None)
            if call is None:
                return reply_of(going, state, wanted, reason=REASONS.get(state.outcome, "flow_step"))
            calls += 1
            if calls > MAX_CALLS:
                name = in_words(going.flow.name, going.ground.language)
                reason = word("because_steps", going.ground.language, name=name)
                over = msgspec.structs.replace(state, outcome="failed", slots={}, heard={})
                said = Say(word("steps", going.ground.language))
                return reply_of(going, over, [*wanted, said, HandOver(reason=reason, known={})], reason="flow_failed")
            talk = going.question.conversation.id
            event = await self._toolbox.call(going.workspace_id, talk, going.run_id, call, going.customer)


def _asked(text: str, reply: Reply) -> Found | None:
    """What was found of this very message; of one that leans on the question before, the meaning is that of both."""
    return None if is_question_follow_up(text) else reply.found


def _language(question: Question, flow: FlowDefinition, state: FlowState) -> str:
    """A number, a name or an address says nothing of the language: only sentences do."""
    ask, text = asked(flow, state), question.message.text
    telling = looks_like_question(text) or (ask is not None and takes_stories(ask) and len(text) > FEW)
    return question.language if telling else state.language
