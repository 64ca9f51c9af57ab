"""Flows as editors handle them: drafts, checks, versions, trials, the flows that come with the program, and the tools there are."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from qiao.domains.bot.errors import FlowChanged, FlowInUse, FlowInvalid, FlowNotFound
from qiao.domains.bot.events import FlowRemoved
from qiao.domains.bot.flows.advance import advance, fresh
from qiao.domains.bot.flows.book import FlowBook
from qiao.domains.bot.flows.contracts import AnswerNode, FlowDefinition
from qiao.domains.bot.flows.faults import FlowFault, Surroundings, faults_of
from qiao.domains.bot.flows.guide_faults import guide_faults_of
from qiao.domains.bot.flows.guides import Guides
from qiao.domains.bot.flows.meant import meant
from qiao.domains.bot.flows.rendering import QuotePart, content_of_part, file_of_part, parts_of, text_of_part
from qiao.domains.bot.flows.repository import FlowRows, RunRows
from qiao.domains.bot.flows.running import Answer, Begin, Call, Effect, Event, Faulted, FlowState, Ground, HandOver, Returned
from qiao.domains.bot.flows.shipping import shipped
from qiao.domains.bot.flows.shown import (
    FlowBrief,
    FlowChanges,
    FlowCheck,
    FlowOpened,
    FlowTrial,
    FlowTry,
    FlowVersion,
    LiveFlow,
    NewFlow,
    Simulated,
    StoredFlow,
    TriedCall,
    TriedMessage,
    brief_of,
    faults_as_details,
    settings_of,
)
from qiao.domains.bot.flows.tools.contracts import ToolRecord, ToolSpec
from qiao.domains.bot.flows.tools.records import ToolRows
from qiao.domains.bot.flows.tools.toolbox import Toolbox
from qiao.domains.bot.flows.tools.trying import HttpToolTrials
from qiao.domains.bot.flows.tried_versions import TriedVersions
from qiao.domains.bot.flows.turning import LAPSES_AFTER
from qiao.domains.bot.index_holder import EntrySource
from qiao.domains.bot.repository.experiments import ExperimentRows
from qiao.domains.bot.repository.intents import IntentRows
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

MAX_FLOWS = 100
MAX_STEPS = 12
_TRIED = "0" * 32


class FlowDesk:
    """What HTTP and the composition root may do with flows. A running conversation stays on the version it began with."""

    def __init__(self, source: EntrySource, book: FlowBook, toolbox: Toolbox, trials: HttpToolTrials) -> None:
        self._source = source
        self._book = book
        self.tools = toolbox
        self.guides = Guides()
        self.trials = trials
        self.tried_versions = TriedVersions(book, self._faults)

    async def all(self, scope: Scope) -> list[FlowBrief]:
        """Every flow with how it fared, the oldest first."""
        rows = FlowRows(scope)
        figures = await rows.figures()
        return [brief_of(flow, figures.get(flow.id)) for flow in await rows.all()]

    async def open(self, scope: Scope, flow_id: UUID) -> FlowOpened:
        """A flow with its draft and what is wrong with it. Raises FlowNotFound."""
        return await self._opened(scope, await self._one(scope, flow_id))

    async def create(self, scope: Scope, new: NewFlow) -> FlowOpened:
        """A new draft, nobody meets it yet. Raises FlowInvalid: too many, no such shipped flow, or neither given."""
        rows = FlowRows(scope)
        definition = new.definition or shipped().get(new.shipped or "")
        if definition is None:
            raise FlowInvalid("a flow is made from a definition or from one that came with the program", field="definition")
        if await rows.count() >= MAX_FLOWS:
            raise FlowInvalid(f"at most {MAX_FLOWS} flows", field="flows")
        flow_id = new_id()
        await rows.add(flow_id, definition, None)
        noted(None, {"id": flow_id, "name": dict(definition.name)})
        return await self.open(scope, flow_id)

    async def change(self, scope: Scope, flow_id: UUID, changes: FlowChanges) -> FlowOpened:
        """Save the draft, whatever is wrong with it, or switch the flow on or off. Raises FlowNotFound, FlowChanged."""
        rows, flow = FlowRows(scope), await self._one(scope, flow_id, lock=True)
        if changes.draft is not msgspec.UNSET:
            if changes.revision is not msgspec.UNSET and changes.revision != flow.revision:
                raise FlowChanged("somebody saved this flow meanwhile", revision=flow.revision)
            await rows.save(flow_id, changes.draft)
        if changes.enabled is not msgspec.UNSET and changes.enabled != flow.enabled:
            await rows.enable(flow_id, enabled=changes.enabled)
            await ExperimentRows(scope).end_about(flow_id, "gone", None)
            self._book.forget(scope.workspace_id)
        after = await self.open(scope, flow_id)
        noted(settings_of(flow), settings_of(await self._one(scope, flow_id)))
        return after

    async def remove(self, scope: Scope, flow_id: UUID, by: UUID) -> None:
        """Take a flow away with all its versions; there is no way back. Raises FlowNotFound, FlowInUse.

        Who was in it and has been silent for so long that the run has lapsed does not count.
        """
        flow = await self._one(scope, flow_id, lock=True)
        talks = await RunRows(scope).talks_in(flow_id, utc_now() - LAPSES_AFTER)
        if talks:
            raise FlowInUse("customers are in this flow", talks=talks)
        await FlowRows(scope).remove(flow_id)
        await ExperimentRows(scope).end_about(flow_id, "gone", by)
        self._book.forget(scope.workspace_id)
        noted(settings_of(flow), None)
        scope.emit(FlowRemoved(flow_id=flow_id, name=dict(flow.draft.name), by=by))

    async def check(self, scope: Scope, flow_id: UUID) -> FlowCheck:
        """What is wrong with the draft. Raises FlowNotFound."""
        return FlowCheck(await self._faults(scope, await self._one(scope, flow_id)))

    async def publish(self, scope: Scope, flow_id: UUID, by: UUID | None) -> FlowOpened:
        """The draft becomes what new customers meet. Raises FlowNotFound, FlowInvalid with every fault.

        An experiment about this flow ends: its first version is no more.
        """
        flow = await self._one(scope, flow_id, lock=True)
        await FlowRows(scope).bump()  # Held until this is stored: whoever publishes at the same time sees its addresses.
        if faults := await self._faults(scope, flow):
            raise FlowInvalid(f"{len(faults)} things are wrong with this flow", faults=faults_as_details(faults))
        await FlowRows(scope).publish(flow, by)
        noted(None, settings_of(flow))
        await ExperimentRows(scope).end_about(flow_id, "changed", by)
        self._book.forget(scope.workspace_id)
        return await self.open(scope, flow_id)

    async def versions(self, scope: Scope, flow_id: UUID) -> list[FlowVersion]:
        """What was published, the newest first. Raises FlowNotFound."""
        await self._one(scope, flow_id)
        return await FlowRows(scope).versions(flow_id)

    async def version(self, scope: Scope, flow_id: UUID, version: int) -> FlowDefinition:
        """One version. Raises FlowNotFound."""
        found = await FlowRows(scope).version(flow_id, version)
        if found is None:
            raise FlowNotFound("no such version")
        return found

    async def specs(self, scope: Scope) -> list[ToolSpec]:
        """The tools that a flow may name."""
        return await self.tools.specs(scope)

    async def calls(self, scope: Scope, conversation_id: UUID) -> list[ToolRecord]:
        """What tools were asked in a conversation, and how it ended."""
        return await ToolRows(scope).of_conversation(conversation_id)

    async def install(self, scope: Scope, *, publish: bool) -> int:
        """Put in the flows that came with the program, as drafts or published; those that are there stay. How many were new.

        Safe to repeat. What cannot be published here (its tools are missing) stays a draft.
        """
        rows, made = FlowRows(scope), 0
        for name, definition in shipped().items():
            flow_id = new_id()
            if not await rows.add(flow_id, definition, name):
                continue
            made += 1
            flow = await self._one(scope, flow_id, lock=True)
            if publish and not await self._faults(scope, flow):
                await rows.publish(flow, None)
        self._book.forget(scope.workspace_id)
        return made

    async def try_step(self, scope: Scope, flow_id: UUID, step: FlowTry) -> FlowTrial:
        """One step with tools that only answer what the step says. Stores nothing, calls nothing. Raises FlowNotFound."""
        flow = (
            (await self._one(scope, flow_id)).draft if step.version is None else await self.version(scope, flow_id, step.version)
        )
        entries = {node.entry_id for node in flow.graph.nodes if isinstance(node, AnswerNode)}
        quoted = {one.id: one.answer for one in await self._source.published_entries(scope, entries)} if entries else {}
        return tried(flow, step, flow_id, quoted)

    async def _one(self, scope: Scope, flow_id: UUID, *, lock: bool = False) -> StoredFlow:
        found = await FlowRows(scope).one(flow_id, lock=lock)
        if found is None:
            raise FlowNotFound("no such flow")
        return found

    async def _opened(self, scope: Scope, flow: StoredFlow) -> FlowOpened:
        faults = await self._faults(scope, flow)
        return FlowOpened(flow=brief_of(flow), draft=flow.draft, revision=flow.revision, faults=faults)

    async def _faults(self, scope: Scope, kept: StoredFlow) -> list[FlowFault]:
        flow = kept.draft
        named = {node.entry_id for node in flow.graph.nodes if isinstance(node, AnswerNode)}
        entries = {one.id for one in await self._source.published_entries(scope, named)} if named else set[UUID]()
        intents = await IntentRows(scope).ids() if flow.trigger.intents else set[UUID]()
        found = faults_of(flow, Surroundings(tools=await self.tools.known(scope), entries=entries, intents=intents))
        return [*found, *guide_faults_of(flow, await self.guides.shelf(scope, kept.id, flow))]


def first_words(flow: LiveFlow, text: str, language: Literal["zh", "en"]) -> str:
    """What a flow says first to a message, with no tool called. Pure."""
    return "\n\n".join(one.text for one in tried(flow.definition, FlowTry(text=text, language=language), flow.id, {}).messages)


def tried(flow: FlowDefinition, step: FlowTry, flow_id: UUID, quoted: Mapping[UUID, str]) -> FlowTrial:
    """One step of a trial. Pure."""
    ground = Ground(
        language=step.language,
        now=utc_now(),
        customer={"known": step.signed_in, "name": "", "tier": "", "language": step.language},
    )
    state, event = _first(flow, step, ground)
    wanted: list[Effect] = []
    calls: list[TriedCall] = []
    wants: str | None = None
    for _ in range(MAX_STEPS):
        state, effects = advance(flow, state, event, ground)
        wanted += effects
        call = next((effect for effect in effects if isinstance(effect, Call)), None)
        if call is None:
            break
        answer = step.results.get(call.node) or step.results.get(call.tool)
        calls.append(TriedCall(node=call.node, tool=call.tool, arguments=dict(call.arguments), simulated=answer is not None))
        if answer is None:
            wants = call.node
            break
        event = _simulated(answer)
    over = next((effect for effect in wanted if isinstance(effect, HandOver)), None)
    return FlowTrial(
        state=state,
        messages=_messages(wanted, flow_id, quoted),
        calls=calls,
        wants=wants,
        hands_over=over.reason if over else None,
        over=state.outcome is not None,
    )


def _first(flow: FlowDefinition, step: FlowTry, ground: Ground) -> tuple[FlowState, Event]:
    if step.state is None:
        return fresh(flow, _TRIED), Begin(step.text)
    if step.state.waits == "tool":
        answer = step.results.get(step.state.node)
        return step.state, _simulated(answer) if answer is not None else Faulted("unavailable")
    written = Answer(step.text)
    return step.state, meant(flow, step.state, written, ground) or written


def _simulated(answer: Simulated) -> Event:
    return Faulted(answer.fault, answer.reason) if answer.fault is not None else Returned(answer.value)


def _messages(effects: Sequence[Effect], flow_id: UUID, quoted: Mapping[UUID, str]) -> list[TriedMessage]:
    return [
        TriedMessage(text=quoted.get(part.entry_id, ""), content={"type": "answer"})
        if isinstance(part, QuotePart)
        else TriedMessage(text=text_of_part(part), content=content_of_part(part, flow_id), file=file_of_part(part))
        for part in parts_of(effects)
    ]
