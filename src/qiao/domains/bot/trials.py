"""What the bot would do with a question now, shown and not stored."""

import time
from uuid import UUID

from msgspec.structs import replace

from qiao.domains.bot.composing import Around, text_of
from qiao.domains.bot.contracts import Limits, Timings, Trial, TriedVersion, TryRequest
from qiao.domains.bot.dialogue import Act, Said, after_search, at_sight, language_of
from qiao.domains.bot.errors import TurnNotFound
from qiao.domains.bot.finding import Finder, Found
from qiao.domains.bot.flows.desk import first_words
from qiao.domains.bot.flows.shown import LiveFlow
from qiao.domains.bot.flows.turning import FlowTurns
from qiao.domains.bot.index_holder import IndexHolder
from qiao.domains.bot.inside import Inside, together
from qiao.domains.bot.intents import split
from qiao.domains.bot.learning.experiment_contracts import Trying
from qiao.domains.bot.learning.trying import is_version, is_worded, rezoned, settings_of, shown, worded
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.repository.turns import TurnRows
from qiao.domains.bot.several import MOST, UNKNOWN, urgent_among
from qiao.domains.bot.turn_parts import House, Reply
from qiao.domains.bot.words import words_of
from qiao.domains.knowledge.contracts import PublishedEntry
from qiao.kit.ids import WorkspaceId

_OFFERED_FLOW = Act(zone="offer", reason="flow", say="offer_one")


class Trials:
    """Tries questions, as if somebody were on duty. Safe to call from many tasks."""

    def __init__(self, house: House, finder: Finder, inside: Inside, flow_turns: FlowTurns, holder: IndexHolder) -> None:
        self._house = house
        self._finder = finder
        self._inside = inside
        self._flow_turns = flow_turns
        self._holder = holder

    async def question(self, workspace_id: WorkspaceId, request: TryRequest) -> Trial:
        """What the bot would do with a message; of several questions each in `parts`. Stores nothing."""
        started = time.perf_counter()
        texts = split(request.question)
        if len(texts) > 1 and at_sight(Said(text=request.question)) is None:
            act = urgent_among(request.question)
            if act is not None:
                return await self._one(workspace_id, request, started, act=act)
            if not await self._finder.is_written(workspace_id, request.question):
                parts = [
                    await self._one(
                        workspace_id,
                        replace(request, question=text, previous=[*request.previous, *texts[:at]]),
                        started,
                        part=True,
                    )
                    for at, text in enumerate(texts[:MOST])
                ]
                if any(one.zone != "hand_over" for one in parts):
                    return replace(
                        parts[0],
                        question=request.question,
                        text="\n\n".join(one.text for one in parts),
                        used_question=request.question,
                        parts=parts,
                    )
        return await self._one(workspace_id, request, started)

    async def turn(self, workspace_id: WorkspaceId, turn_id: UUID) -> Trial:
        """What the bot would do with an earlier question with today's knowledge. Raises TurnNotFound. Stores nothing."""
        async with self._house.database.scope(workspace_id) as scope:
            rows = TurnRows(scope)
            turn = await rows.one(turn_id)
            if turn is None:
                raise TurnNotFound("no such turn")
            previous = await rows.earlier_questions(turn)
        return await self.question(workspace_id, TryRequest(question=turn.question, previous=previous))

    async def _one(
        self, workspace_id: WorkspaceId, request: TryRequest, started: float, *, act: Act | None = None, part: bool = False
    ) -> Trial:
        said, found = Said(text=request.question), None
        language = request.language or language_of(request.question, None)
        act = act or at_sight(said)
        async with self._house.database.scope(workspace_id) as scope:
            trying = await shown(scope, second=request.arm == "second")
            settings = settings_of(await SettingsRows(scope).read(), trying)
        if act is None:
            found = rezoned(await self._found(workspace_id, request, language), trying)
            act = after_search(said, found.decision, found.candidates, hand_over_when_unsure=settings.hand_over_when_unsure)
            act = UNKNOWN if part and act.zone == "hand_over" else act
        seen = found.candidates if found else ()
        flow = await self._flow_turns.would_begin(workspace_id, request.question, Reply(act=act, candidates=seen, found=found))
        if flow is not None:
            flow = await self._flow_turns.in_version(workspace_id, flow, trying)
        entry = await self._entry(workspace_id, act, trying, internal=request.audience == "agents") if flow is None else None
        around = Around(language=language, settings=settings, candidates=seen, entry=entry)
        act, text = _said(act, around, flow, request.question, part=part)
        trial = await self._trial(workspace_id, request, (act, found, language), text, started)
        return replace(trial, tried=_tried(trying, entry, None if part else flow))

    async def _found(self, workspace_id: WorkspaceId, request: TryRequest, language: str) -> Found:
        found = await self._finder.find(workspace_id, request.question, request.previous, language)
        if request.audience == "everyone":
            return found
        return together(found, await self._inside.find(workspace_id, found, language))

    async def _entry(
        self, workspace_id: WorkspaceId, act: Act, trying: Trying | None, *, internal: bool
    ) -> PublishedEntry | None:
        if act.entry_id is None:
            return None
        async with self._house.database.scope(workspace_id) as scope:
            entries = await self._house.source.published_entries(scope, {act.entry_id}, internal=internal)
        return worded(entries[0], trying) if entries else None

    async def _trial(
        self, workspace_id: WorkspaceId, request: TryRequest, outcome: tuple[Act, Found | None, str], text: str, started: float
    ) -> Trial:
        act, found, language = outcome
        held = await self._holder.held(workspace_id)
        fitted = held.limits(language)
        limits = found.limits if found else Limits(fitted.answer_at, fitted.offer_at)
        total = round((time.perf_counter() - started) * 1000, 2)
        spent = found.timings if found else Timings(0.0, 0.0, 0.0)
        return Trial(
            question=request.question,
            zone=act.zone,
            confidence=round(found.decision.confidence, 4) if found else 0.0,
            reason=act.reason,
            language=language,
            text=text,
            candidates=found.candidates if found else [],
            thresholds=Limits(round(limits.answer, 4), round(limits.offer, 4)),
            version=str(held.version),
            timings=Timings(spent.embed_ms, spent.search_ms, total),
            used_question=found.used_question if found else request.question,
        )


def _said(act: Act, around: Around, flow: LiveFlow | None, question: str, *, part: bool) -> tuple[Act, str]:
    if flow is None:
        return act, text_of(act, around)
    if part:
        return _OFFERED_FLOW, text_of(_OFFERED_FLOW, around)
    return Act(zone="flow", reason="flow_step"), first_words(flow, question, words_of(around.language))


def _tried(trying: Trying | None, entry: PublishedEntry | None, flow: LiveFlow | None) -> TriedVersion | None:
    """The version of the running experiment that speaks, where it has two of this."""
    if trying is None:
        return None
    of_entry = entry is not None and is_worded(entry, trying)
    of_flow = flow is not None and is_version(flow.id, flow.version, trying)
    if trying.subject is not None and not (of_entry or of_flow):
        return None
    return TriedVersion(experiment_id=trying.experiment_id, name=trying.name, arm="second" if trying.second else "first")
