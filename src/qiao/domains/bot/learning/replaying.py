"""Test cases replayed on an index, and two replays compared. Pure apart from the meaning that is handed in.

A case is *right* when the bot answers with an expected entry, or hands over what nothing answers; *offered* when an expected entry is
among the choices, or a choice is offered where nothing answers; *handed over* when a person gets what an entry would have answered;
*missed* when a choice is offered without the right entry; *wrong* when it answers with another entry or with any where none is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from qiao.domains.bot.dialogue import Said, at_sight
from qiao.domains.bot.finding import choose
from qiao.domains.bot.index_holder import Held, Known
from qiao.domains.bot.intents import with_context
from qiao.domains.bot.learning.contracts import CaseResult, ChangedCase, ChangePreview, EvaluationCase, ProposedEntry, Verdict
from qiao.domains.bot.meaning import text_hash
from qiao.domains.bot.retrieval import Entry, IndexedText
from qiao.domains.bot.summary import without_entities
from qiao.domains.knowledge.contracts import LANGUAGES, entry_id_of
from qiao.kit.arrays import Vector
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id

VERDICTS: tuple[Verdict, ...] = ("right", "offered", "handed_over", "missed", "wrong")
_WORTH: Mapping[str, int] = {"right": 4, "offered": 3, "handed_over": 2, "missed": 1, "wrong": 0}
MOST_CHANGED = 200


def asked_as(case: EvaluationCase) -> str:
    """The question as the search gets it: without numbers and addresses, a follow-up joined to its topic."""
    return with_context(without_entities(case.question), [without_entities(one) for one in case.previous])


def replay(held: Held, cases: Sequence[EvaluationCase], vectors: Mapping[bytes, Vector]) -> list[CaseResult]:
    """What the bot would do with each case, as if somebody were on duty. `vectors` by the hash of `asked_as`."""
    return [_one(held, case, vectors.get(text_hash(asked_as(case)))) for case in cases]


def _one(held: Held, case: EvaluationCase, vector: Vector | None) -> CaseResult:
    seen = at_sight(Said(text=case.question))
    if seen is not None:
        verdict: Verdict = "handed_over" if case.expected else "right"
        return CaseResult(case_id=case.id, verdict=verdict, zone=seen.zone, entry_id=None, confidence=0.0)
    decision = choose(held, asked_as(case), vector, case.language)
    ids = [one.entry_id for one in decision.candidates]
    return CaseResult(
        case_id=case.id,
        verdict=judge(decision.zone, ids, case.expected),
        zone=decision.zone,
        entry_id=ids[0] if ids and decision.zone != "hand_over" else None,
        confidence=round(decision.confidence, 4),
    )


def judge(zone: str, found: Sequence[UUID], expected: Sequence[UUID]) -> Verdict:
    """How good a decision is for a case. `found`: the entry answered with, or the choices."""
    if zone == "hand_over":
        return "handed_over" if expected else "right"
    if zone == "answer":
        return "right" if found and found[0] in expected else "wrong"
    return "offered" if not expected or any(one in expected for one in found) else "missed"


def counted(results: Sequence[CaseResult]) -> dict[str, int]:
    """How many cases of each verdict, all verdicts named."""
    counts = Counter(one.verdict for one in results)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def id_of(change: ProposedEntry) -> UUID | None:
    """The id under which what a change is about is an entry; None of a new one."""
    if change.kind == "article" and change.entry_id is not None:
        return entry_id_of(change.entry_id, change.language)
    return change.entry_id


def changed_index(
    held: Held, changes: Sequence[ProposedEntry], texts_of: Sequence[Sequence[str]], vectors: Mapping[bytes, Vector]
) -> tuple[Held, dict[int, UUID]]:
    """The index as it would be with these changes, the live one untouched; and the ids that entries put into it have, by their place.

    `texts_of`: by what each change would be found.
    """
    put: list[Entry] = []
    ids: dict[int, UUID] = {}
    known = dict(held.known)
    removed = {entry_id for one in changes if one.remove and (entry_id := id_of(one)) is not None}
    for at, one in enumerate(changes):
        if one.remove:
            continue
        entry_id = ids[at] = id_of(one) or new_id()
        texts = tuple(texts_of[at])
        indexed = tuple(IndexedText(text, vectors.get(text_hash(text))) for text in texts)
        put.append(Entry(entry_id, one.kind, one.language, one.question, indexed, _topic(held, one, entry_id), utc_now()))
        says = known[entry_id].says if entry_id in known else hash(entry_id)
        known[entry_id] = Known(one.kind, one.language, one.question, None, len(texts), says)
    known = {key: value for key, value in known.items() if key not in removed}
    return msgspec.structs.replace(held, index=held.index.with_changes(put, removed), known=known), ids


def _topic(held: Held, change: ProposedEntry, entry_id: UUID) -> str | None:
    """What it shares with its translations: as it is live, or as a new translation of an article that is."""
    if change.kind == "faq" or change.entry_id is None:
        return held.index.topic(entry_id)
    others = (held.index.topic(entry_id_of(change.entry_id, language)) for language in LANGUAGES)
    return next((topic for topic in others if topic is not None), None)


def compared(
    cases: Sequence[EvaluationCase], before: Sequence[CaseResult], after: Sequence[CaseResult], titles: Mapping[UUID, str]
) -> ChangePreview:
    """What is better and what is worse, the worse first."""
    changed = [
        ChangedCase(
            case_id=case.id,
            question=case.question,
            before=old.verdict,
            after=new.verdict,
            title_before=titles.get(old.entry_id, "") if old.entry_id else "",
            title_after=titles.get(new.entry_id, "") if new.entry_id else "",
            better=_WORTH[new.verdict] > _WORTH[old.verdict],
        )
        for case, old, new in zip(cases, before, after, strict=True)
        if old.verdict != new.verdict
    ]
    better = sum(one.better for one in changed)
    changed.sort(key=lambda one: (one.better, _WORTH[one.after] - _WORTH[one.before]))
    return ChangePreview(
        cases=len(cases),
        better=better,
        worse=len(changed) - better,
        counts_before=counted(before),
        counts_after=counted(after),
        changed=changed[:MOST_CHANGED],
    )
