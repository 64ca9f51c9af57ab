"""Test sets: kept, filled from turns, files and by hand, replayed, and used to show a change before it is live."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

import msgspec
import structlog

from qiao.domains.bot.index_holder import EntrySource, Held, IndexHolder
from qiao.domains.bot.learning.contracts import (
    MAX_CASES,
    MAX_QUESTION,
    CasesRead,
    ChangePreview,
    EvaluationCase,
    EvaluationRun,
    EvaluationSet,
    NewEvaluationCase,
    Proposal,
    ProposedEntry,
    RunReport,
    ShownResult,
)
from qiao.domains.bot.learning.errors import EvaluationCaseInvalid, EvaluationRunNotFound, EvaluationSetNotFound
from qiao.domains.bot.learning.replaying import VERDICTS, asked_as, changed_index, compared, counted, replay
from qiao.domains.bot.meaning import Meaning, text_hash
from qiao.domains.bot.repository.evaluation import EvaluationRows, NewCase, NewRun, titles_of
from qiao.domains.bot.repository.turns import TurnRows
from qiao.kit.arrays import Vector
from qiao.kit.ids import WorkspaceId
from qiao.kit.text import detect_language, normalise
from qiao.platform.db.database import Database, Scope

MAX_REMEMBERED = 4_000
_SLICE = 32
_NONE = frozenset({"", "-", "none", "无", "没有"})
_log = structlog.get_logger("qiao.bot.learning")


class Evaluation:
    """One a process. What is replayed is the index that answers customers; nothing here changes it."""

    def __init__(self, database: Database, source: EntrySource, holder: IndexHolder, meaning: Meaning) -> None:
        self._database = database
        self._source = source
        self._holder = holder
        self._meaning = meaning
        self._vectors: dict[tuple[str, bytes], Vector] = {}

    # --- sets and cases ---------------------------------------------------------------------------------------------------

    async def sets(self, scope: Scope) -> list[EvaluationSet]:
        """All sets by name, at most 200."""
        return await EvaluationRows(scope).sets()

    async def add_set(self, scope: Scope, name: str) -> EvaluationSet:
        """A new set. Raises EvaluationSetNameTaken, EvaluationCaseInvalid."""
        name = " ".join(name.replace("\x00", "").split())
        if not name:
            raise EvaluationCaseInvalid("a set has a name", field="name")
        return await self.set(scope, await EvaluationRows(scope).add_set(name))

    async def set(self, scope: Scope, set_id: UUID) -> EvaluationSet:
        """A set. Raises EvaluationSetNotFound."""
        found = await EvaluationRows(scope).sets(set_id)
        if not found:
            raise EvaluationSetNotFound("no such test set")
        return found[0]

    async def remove_set(self, scope: Scope, set_id: UUID) -> None:
        """Remove a set with its cases and runs. Raises EvaluationSetNotFound."""
        if not await EvaluationRows(scope).remove_set(set_id):
            raise EvaluationSetNotFound("no such test set")

    async def cases(self, scope: Scope, set_id: UUID, after: UUID | None, limit: int) -> list[EvaluationCase]:
        """A set's cases, newest first."""
        cases = await EvaluationRows(scope).cases(set_id, after, limit)
        titles = await self._titles(scope, {one for case in cases for one in case.expected})
        return [msgspec.structs.replace(case, titles=[titles.get(one, "") for one in case.expected]) for case in cases]

    async def add_case(self, scope: Scope, set_id: UUID, new: NewEvaluationCase) -> UUID:
        """Add a case, or change the one of the same question. Raises EvaluationSetNotFound, EvaluationCaseInvalid.

        Made of a turn, question, language and what was asked before are the turn's where they are not given.
        """
        await self.set(scope, set_id)
        case = await self._of_turn(scope, new) if new.turn_id else _by_hand(new)
        await self._check_expected(scope, case.expected)
        stored = await EvaluationRows(scope).add_cases(set_id, [case])
        await self._check_room(scope, set_id)
        return stored[0][0]

    async def remove_case(self, scope: Scope, case_id: UUID) -> None:
        """Remove a case. Safe to repeat."""
        await EvaluationRows(scope).remove_case(case_id)

    async def read_cases(self, scope: Scope, set_id: UUID, text: str) -> CasesRead:
        """Cases from a CSV text; `expected` is an entry's id or its title. Raises EvaluationSetNotFound, EvaluationCaseInvalid."""
        await self.set(scope, set_id)
        published = await self._source.published_entries(scope)
        named = {normalise(text): one.id for one in published for text in one.texts[:1] if one.kind == "faq"}
        named |= {normalise(one.title): one.id for one in published}
        cases, problems = read_csv(text, {**named, **{str(one.id): one.id for one in published}})
        stored = await EvaluationRows(scope).add_cases(set_id, cases) if cases else []
        await self._check_room(scope, set_id)
        fresh = sum(is_new for _, is_new in stored)
        return CasesRead(taken=len(stored), repeated=len(stored) - fresh, problems=problems[:100])

    async def _of_turn(self, scope: Scope, new: NewEvaluationCase) -> NewCase:
        rows = TurnRows(scope)
        turn = await rows.one(new.turn_id) if new.turn_id else None
        if turn is None:
            raise EvaluationCaseInvalid("no such turn", field="turn_id")
        question = new.question or turn.question[:MAX_QUESTION]
        before = new.previous or [one[:MAX_QUESTION] for one in await rows.earlier_questions(turn)][-3:]
        given = msgspec.structs.replace(new, question=question, previous=[one for one in before if one.strip()])
        return msgspec.structs.replace(_by_hand(given), origin="turn", turn_id=turn.id)

    async def _check_expected(self, scope: Scope, expected: Sequence[UUID]) -> None:
        there = {one.id for one in await self._source.published_entries(scope, set(expected))} if expected else set[UUID]()
        if not set(expected) <= there:
            raise EvaluationCaseInvalid("an expected entry is not published", field="expected")

    async def _check_room(self, scope: Scope, set_id: UUID) -> None:
        """After storing, because cases that were there already take no more room; raising takes back what was stored."""
        if await EvaluationRows(scope).count_cases(set_id) > MAX_CASES:
            raise EvaluationCaseInvalid(f"a set has at most {MAX_CASES} cases", field="question", limit=MAX_CASES)

    # --- runs -------------------------------------------------------------------------------------------------------------

    async def run(self, workspace_id: WorkspaceId, set_id: UUID, why: str) -> EvaluationRun:
        """Replay a set on the published index and keep what came out. Raises EvaluationSetNotFound."""
        async with self._database.scope(workspace_id) as scope:
            await self.set(scope, set_id)
            cases = await EvaluationRows(scope).cases(set_id, None, MAX_CASES)
        held = await self._holder.held(workspace_id)
        vectors = await self._meanings(held, [asked_as(one) for one in cases])
        started = time.perf_counter()
        results = await asyncio.to_thread(replay, held, cases, vectors)
        seconds = round(time.perf_counter() - started, 3)
        run = NewRun(
            set_id=set_id,
            why=why,
            index_version=str(held.version),
            model_version=held.model if vectors else None,
            counts=counted(results),
            results=results,
            seconds=seconds,
        )
        async with self._database.scope(workspace_id) as scope:
            return await EvaluationRows(scope).add_run(run)

    async def run_all(self, workspace_id: WorkspaceId) -> None:
        """Replay every set that was not replayed on this version, once all of it is known by meaning. For the job after a publish;
        safe to repeat, and asked for again when more has become known.
        """
        held = await self._holder.held(workspace_id)
        if held.model is not None and held.waiting:
            return
        async with self._database.scope(workspace_id) as scope:
            rows = EvaluationRows(scope)
            done = await rows.ran_on(str(held.version))
            due = [one for one in await rows.sets() if one.cases and one.id not in done]
        for one in due:
            try:
                await self.run(workspace_id, one.id, "publish")
            except EvaluationSetNotFound:
                _log.info("a set was removed while it was to be replayed")

    async def runs(self, scope: Scope, set_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[EvaluationRun]:
        """A set's runs, newest first."""
        return await EvaluationRows(scope).runs(set_id, after, limit)

    async def report(self, scope: Scope, run_id: UUID) -> RunReport:
        """A run with its cases, those that went worst first. Cases removed since are left out. Raises EvaluationRunNotFound."""
        rows = EvaluationRows(scope)
        found = await rows.run(run_id)
        if found is None:
            raise EvaluationRunNotFound("no such run")
        run, results = found
        cases = {one.id: one for one in await rows.cases(run.set_id, None, MAX_CASES)}
        ids = {one.entry_id for one in results if one.entry_id} | {entry for one in cases.values() for entry in one.expected}
        titles = await self._titles(scope, ids)
        shown = [
            ShownResult(
                case_id=one.case_id,
                question=cases[one.case_id].question,
                expected=[titles.get(entry, "") for entry in cases[one.case_id].expected],
                verdict=one.verdict,
                zone=one.zone,
                title=titles.get(one.entry_id, "") if one.entry_id else "",
                confidence=one.confidence,
            )
            for one in sorted(results, key=lambda one: -VERDICTS.index(one.verdict))
            if one.case_id in cases
        ]
        return RunReport(run=run, results=shown)

    async def preview(self, workspace_id: WorkspaceId, proposal: Proposal) -> ChangePreview:
        """What the cases would be answered if these changes were live, beside what they are now. The live index stays as it is."""
        async with self._database.scope(workspace_id) as scope:
            cases = await EvaluationRows(scope).cases(proposal.set_id, None, MAX_CASES)
        held = await self._holder.held(workspace_id)
        texts = [await self._texts_of(one) for one in proposal.changes]
        vectors = await self._meanings(held, [*chain.from_iterable(texts), *(asked_as(one) for one in cases)])
        after, fresh = await asyncio.to_thread(changed_index, held, proposal.changes, texts, vectors)
        before = await asyncio.to_thread(replay, held, cases, vectors)
        then = await asyncio.to_thread(replay, after, cases, vectors)
        titles = {entry: known.title for entry, known in held.known.items()}
        titles |= {entry: proposal.changes[at].question for at, entry in fresh.items()}
        return compared(cases, before, then, titles)

    async def _texts_of(self, change: ProposedEntry) -> list[str]:
        """By what a change would be found, each once: a FAQ's wordings, an article's passages."""
        if change.kind == "faq":
            found = [change.question, *change.variants]
        else:
            found = await asyncio.to_thread(self._source.passages, change.question, change.body)
        return list(dict.fromkeys(text for text in found if text.strip()))

    async def _meanings(self, held: Held, texts: Sequence[str]) -> Mapping[bytes, Vector]:
        """The meaning of texts, what was computed lately at hand; nothing without a model."""
        model = held.model
        if model is None:
            return {}
        wanted = {text_hash(text): text for text in texts if text.strip()}
        missing = [key for key in wanted if (model, key) not in self._vectors]
        for at in range(0, len(missing), _SLICE):
            part = missing[at : at + _SLICE]
            vectors = await self._meaning.of_texts([wanted[key] for key in part])
            if vectors is None:
                break
            self._vectors |= {(model, key): vector for key, vector in zip(part, vectors, strict=True)}
        found = {key: self._vectors[model, key] for key in wanted if (model, key) in self._vectors}
        while len(self._vectors) > MAX_REMEMBERED:
            del self._vectors[next(iter(self._vectors))]
        return found

    async def _titles(self, scope: Scope, ids: Collection[UUID]) -> dict[UUID, str]:
        if not ids:
            return {}
        titles = {one.id: one.title for one in await self._source.published_entries(scope, set(ids))}
        gone = [one for one in ids if one not in titles]
        return {**(await titles_of(scope, gone) if gone else {}), **titles}


def _by_hand(new: NewEvaluationCase) -> NewCase:
    question = _cleaned(new.question or "")
    if not question:
        raise EvaluationCaseInvalid("a case has a question", field="question")
    return NewCase(
        question=question,
        normal=_key(question, new.previous),
        previous=[_cleaned(one) for one in new.previous],
        language=new.language or detect_language(question, "zh"),
        expected=list(dict.fromkeys(new.expected)),
        origin="hand",
    )


def read_csv(text: str, named: Mapping[str, UUID]) -> tuple[list[NewCase], list[tuple[int, str]]]:
    """Cases of a CSV text with a heading row (question, expected, language), and the lines that could not be taken. Pure."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        lines = list(reader)
    except csv.Error as error:
        raise EvaluationCaseInvalid(f"not a CSV text: {error}", field="text") from error
    heading = [normalise(cell) for cell in lines[0]] if lines else []
    if "question" not in heading:
        raise EvaluationCaseInvalid("the first line names the columns: question, expected, language", field="text")
    found: dict[str, NewCase] = {}
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(lines[1:], start=2):
        cells = dict(zip(heading, (cell.strip() for cell in line), strict=False))
        if not any(cells.values()):
            continue
        case = _of_line(cells, named)
        if isinstance(case, str):
            problems.append((number, case))
        else:
            found[case.normal] = case
    return list(found.values()), problems


def _of_line(cells: Mapping[str, str], named: Mapping[str, UUID]) -> NewCase | str:
    question, wanted = _cleaned(cells.get("question", "")), cells.get("expected", "")
    language = cells.get("language", "") or detect_language(question, "zh")
    expected = None if normalise(wanted) in _NONE else named.get(wanted) or named.get(normalise(wanted))
    if not 1 <= len(question) <= MAX_QUESTION:
        return "question"
    if expected is None and normalise(wanted) not in _NONE:
        return "expected"
    return NewCase(
        question=question,
        normal=_key(question, []),
        previous=[],
        language="en" if language.lower().startswith("en") else "zh",
        expected=[expected] if expected else [],
        origin="csv",
    )


def _cleaned(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _key(question: str, previous: Sequence[str]) -> str:
    """What makes two cases one: the question, and what was asked before it."""
    return normalise(" / ".join((*previous, question))).strip(" ?!.,;:。、…")[:2_000]
