"""Experiments as editors begin, watch and end them: settings, another answer of a FAQ, or another version of a flow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.bot.errors import FlowNotFound
from qiao.domains.bot.flows.tried_versions import TriedVersions
from qiao.domains.bot.index_holder import EntrySource
from qiao.domains.bot.learning.errors import (
    ExperimentMixed,
    ExperimentNotFound,
    ExperimentOfSettings,
    ExperimentOver,
    ExperimentSame,
    ExperimentSubjectNotFound,
    ExperimentSubjectUnfit,
)
from qiao.domains.bot.learning.experiment_contracts import (
    ArmChanges,
    Ending,
    Experiment,
    NewExperiment,
    Subject,
    TriedEntry,
    TriedFlow,
)
from qiao.domains.bot.learning.experiments import Runs, arms, differences
from qiao.domains.bot.repository.experiments import ExperimentRows
from qiao.domains.bot.repository.outcomes import OutcomeRows
from qiao.kit.clock import utc_now
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

_SHOWN = 50


class Experiments:
    """One runs at a time in a workspace. Who has which version, and how both did, stands in `experiments.py` and `trying.py`."""

    def __init__(self, source: EntrySource, versions: TriedVersions) -> None:
        self._source = source
        self._versions = versions

    async def all(self, scope: Scope, limit: int, now: datetime | None = None) -> list[Experiment]:
        """Experiments, newest first, each with how both versions did until now."""
        rows = await ExperimentRows(scope).latest(limit)
        return [await _told(scope, row, now or utc_now()) for row in rows]

    async def begin(self, scope: Scope, new: NewExperiment, by: UUID | None = None) -> Experiment:
        """Begin to try something on a share of new conversations.

        Raises ExperimentRunning, ExperimentMixed, ExperimentSame; ExperimentSubjectNotFound and ExperimentSubjectUnfit of what is not
        there for customers; FlowInvalid with every fault of the second version.
        """
        changes, subject = new.changes, None
        settings = changes.answer_from is not None or changes.hand_over_when_unsure is not None
        if sum((settings, changes.entry is not None, changes.flow is not None)) > 1:
            raise ExperimentMixed("one thing is tried at a time", field="changes")
        if changes.entry is not None:
            tried, subject = await self._entry(scope, changes.entry)
            changes = ArmChanges(entry=tried)
        if changes.flow is not None:
            flow, subject = await self._flow(scope, changes.flow)
            changes = ArmChanges(flow=flow)
        experiment_id = await ExperimentRows(scope).begin(msgspec.structs.replace(new, changes=changes), subject, by)
        named = {"id": experiment_id, "name": new.name}
        first, second = _versions(changes, subject)
        noted({**named, **first, "share": 0.0}, {**named, **second, "share": new.share})
        return await self._one(scope, experiment_id)

    async def end(self, scope: Scope, experiment_id: UUID, by: UUID | None = None) -> ArmChanges:
        """End it: everybody gets the first version again. What was tried, for who wants to keep it. Raises ExperimentNotFound."""
        row = await ExperimentRows(scope).running(lock=True)
        changes = await ExperimentRows(scope).end(experiment_id, "kept", by)
        if row is None or changes is None:
            raise ExperimentNotFound("no such experiment, or it has ended")
        named = {"id": row["id"], "name": row["name"]}
        noted({**named, "share": row["share"]}, {**named, "share": 0.0})
        return changes

    async def adopt(self, scope: Scope, experiment_id: UUID, by: UUID | None) -> TriedEntry | None:
        """End it, and make the second version what everybody gets: a flow is published here, a FAQ's answer by the caller, within this
        transaction, from what is returned. Raises ExperimentNotFound, ExperimentOver, ExperimentOfSettings.
        """
        row = await ExperimentRows(scope).running(lock=True)
        if row is None or row["id"] != experiment_id:
            raise ExperimentNotFound("no such experiment, or it has ended")
        subject = msgspec.convert(row["subject"], Subject | None)
        if subject is None:
            raise ExperimentOfSettings("settings are adopted where they are set")
        changes = msgspec.convert(row["changes"], ArmChanges)
        if changes.flow is not None and changes.flow.version is not None:
            await self._adopt_flow(scope, (changes.flow.flow_id, changes.flow.version), subject, by)
        elif await self._entry_ending(scope, subject) is not None:
            raise ExperimentOver("the entry says something else by now")
        await ExperimentRows(scope).end(experiment_id, "adopted", by)
        named = {"id": row["id"], "name": row["name"]}
        before, after = _versions(changes, subject)
        noted({**named, **before, "share": row["share"]}, {**named, **after, "share": 1.0})
        return changes.entry

    async def entry_changed(self, scope: Scope, entry_id: UUID) -> None:
        """An entry was changed: what is tried of it ends, unless its published answer stands. For the subscriber; safe to repeat."""
        row = await ExperimentRows(scope).running()
        if row is None:
            return
        subject = msgspec.convert(row["subject"], Subject | None)
        if subject is None or subject.id != entry_id:
            return
        ending = await self._entry_ending(scope, subject)
        if ending is not None:
            await ExperimentRows(scope).end(row["id"], ending, None)

    async def _entry(self, scope: Scope, tried: TriedEntry) -> tuple[TriedEntry, Subject]:
        found = await self._source.published_entries(scope, {tried.entry_id}, internal=True)
        if not found:
            raise ExperimentSubjectNotFound("no such entry is published", field="entry_id")
        entry, answer = found[0], tried.answer.replace("\x00", "").strip()
        if entry.kind != "faq" or entry.audience != "everyone":
            raise ExperimentSubjectUnfit("only a FAQ for everyone can have two answers", field="entry_id")
        if answer in {"", entry.answer.strip()}:
            raise ExperimentSame("the second answer has to be another one", field="answer")
        subject = Subject(kind="entry", id=entry.id, title={entry.language: entry.title}, answer=entry.answer)
        return TriedEntry(entry_id=entry.id, answer=answer), subject

    async def _flow(self, scope: Scope, tried: TriedFlow) -> tuple[TriedFlow, Subject]:
        try:
            flow, live = await self._versions.published(scope, tried.flow_id)
            wanted = await self._versions.wanted(scope, flow, tried.version)
        except FlowNotFound:
            raise ExperimentSubjectNotFound("no such flow or version", field="flow_id") from None
        if live is None or flow.published is None:
            raise ExperimentSubjectUnfit("customers do not meet this flow", field="flow_id")
        if wanted.graph == live.graph:
            raise ExperimentSame("the second version has to be another one", field="version")
        version = await self._versions.keep(scope, flow.id, wanted)
        subject = Subject(kind="flow", id=flow.id, title=live.name, version=flow.published)
        return TriedFlow(flow_id=flow.id, version=version), subject

    async def _adopt_flow(self, scope: Scope, second: tuple[UUID, int], subject: Subject, by: UUID | None) -> None:
        flow_id, version = second
        flow, _ = await self._versions.published(scope, flow_id)
        if flow.published != subject.version:
            raise ExperimentOver("the flow was published anew")
        await self._versions.adopt(scope, flow, version, by)

    async def _entry_ending(self, scope: Scope, subject: Subject) -> Ending | None:
        found: Sequence[Any] = await self._source.published_entries(scope, {subject.id})
        if not found:
            return "gone"
        return "changed" if found[0].answer != subject.answer else None

    async def _one(self, scope: Scope, experiment_id: UUID) -> Experiment:
        return next(one for one in await self.all(scope, _SHOWN) if one.id == experiment_id)


def _versions(changes: ArmChanges, subject: Subject | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands and what is tried, for the audit log."""
    settings = {"answer_from": changes.answer_from, "hand_over_when_unsure": changes.hand_over_when_unsure}
    if subject is None:
        return {}, {name: value for name, value in settings.items() if value is not None}
    if changes.entry is not None:
        return {"answer": subject.answer}, {"answer": changes.entry.answer}
    return {"published": subject.version}, {"published": changes.flow.version if changes.flow is not None else None}


async def _told(scope: Scope, row: Any, now: datetime) -> Experiment:
    rows, changes = OutcomeRows(scope), msgspec.convert(row["changes"], ArmChanges)
    runs: list[Runs] = []
    if changes.flow is not None and changes.flow.version is not None:
        runs = await rows.runs(row["id"], (changes.flow.flow_id, changes.flow.version), row["started_at"])
    first, second = arms(await rows.met(row["id"], now), runs)
    return Experiment(
        id=row["id"],
        name=row["name"],
        changes=changes,
        subject=msgspec.convert(row["subject"], Subject | None),
        share=row["share"],
        started_at=row["started_at"],
        started_by=row["started_by"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        ending=row["ending"],
        first=first,
        second=second,
        differences=differences(first, second),
    )
