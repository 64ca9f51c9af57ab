"""Outcomes of the bot's work: gathered from the log in batches, told as figures with their formulas.

Formulas (`docs/subsystems/learning.md`): a session counts when its 72 hours are over. Containment = sessions without hand-over and
without re-contact in 72 h that were answered and not thumbed down, over sessions. Of these *verified* are those whose customer said
that it helped or took leave with thanks, *assumed* are those who fell silent.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from qiao.domains.bot.learning.contracts import AnswerShares, EntryOutcome, GuideOutcome, OutcomeDay, Outcomes, OutcomeShares
from qiao.domains.bot.learning.statistics import share
from qiao.domains.bot.learning.watching import Ended, HandedOver, Happening, Turned, Watch, Wrote
from qiao.domains.bot.repository.outcomes import OutcomeRows
from qiao.domains.conversations import events as told
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry

VERDICTS = ("verified", "assumed", "handed_over", "recontacted", "unresolved", "pending")
MAX_DAYS = 180
_ENTRIES = 20
_TAKEN = {told.HandedOver.wire_name, told.Assigned.wire_name}
WATCHED = (
    told.MessageReceived.wire_name,
    told.ReplyPosted.wire_name,
    told.HandedOver.wire_name,
    told.Assigned.wire_name,
    told.Resolved.wire_name,
)


class _Speaker(Struct, frozen=True):
    kind: str
    id: UUID | None = None


class _Mark(Struct, frozen=True):
    turn_id: UUID | None = None


class _Posted(Struct, frozen=True):
    """Of a message's fact what matters here."""

    author: _Speaker
    content: _Mark | None = None


async def gather_outcomes(scope: Scope, entries: Sequence[Entry]) -> None:
    """Take in a batch of facts, in their order. Its effects and the reader's position commit together."""
    posted = {entry.position: read for entry in entries if (read := _read(entry)) is not None}
    rows = OutcomeRows(scope)
    turns = await rows.turns({one.content.turn_id for one in posted.values() if one.content and one.content.turn_id})
    happened = [one for entry in entries if (one := _happening(entry, posted.get(entry.position), turns)) is not None]
    if not happened:
        return
    first = min(one.at for one in happened)
    contacts = {one.contact_id for one in happened if isinstance(one, Wrote)}
    sessions = await rows.sessions({one.conversation_id for one in happened}, contacts, first)
    known = await rows.outcomes(contacts | {one.contact_id for one in sessions}, first)
    watch = Watch(sessions, known)
    for one in happened:
        watch.see(one)
    await rows.store(watch.sessions, watch.outcomes)


def _read(entry: Entry) -> _Posted | None:
    if entry.name not in WATCHED[:2]:
        return None
    try:
        return msgspec.json.decode(entry.data, type=_Posted)
    except msgspec.ValidationError:
        return None


def _happening(entry: Entry, posted: _Posted | None, turns: dict[UUID, Any]) -> Happening | None:
    if entry.name in _TAKEN:
        return HandedOver(entry.subject, entry.at)
    if entry.name == told.Resolved.wire_name:
        return Ended(entry.subject, entry.at)
    if posted is None or entry.seq is None:
        return None
    if entry.name == told.MessageReceived.wire_name:
        return Wrote(entry.subject, entry.seq, entry.at, posted.author.id) if posted.author.id else None
    row = turns.get(posted.content.turn_id) if posted.content and posted.content.turn_id else None
    if row is None:
        return None
    return Turned(
        conversation_id=entry.subject,
        at=entry.at,
        turn_id=row["id"],
        zone=row["zone"],
        reason=row["reason"],
        question=row["question"],
        entry_id=row["entry_id"],
    )


async def outcomes_of(scope: Scope, days: int, now: datetime, time_zone: str) -> Outcomes:
    """The last `days` days, today included, in the workspace's zone."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    span = (datetime.combine(first, datetime.min.time(), zone), now)
    rows = OutcomeRows(scope)
    by_day = days_of(((row["day"], row["verdict"], row["n"]) for row in await rows.by_day(span, now, time_zone)), first, days)
    answers = await rows.answers(span)
    entries = [msgspec.convert(dict(row), EntryOutcome) for row in await rows.entries(span, _ENTRIES) if row["title"]]
    return Outcomes(
        days=days,
        by_day=by_day,
        shares=shares_of(by_day),
        answers=AnswerShares(
            answers=answers["answers"],
            helpful=share(answers["helpful"], answers["thumbs"]),
            asked_again=share(answers["asked_again"], answers["answers"]),
            handed_over=share(answers["handed_over"], answers["answers"]),
            thanked=share(answers["thanked"], answers["answers"]),
        ),
        pending=sum(day.pending for day in by_day),
        entries=entries,
        guides=[msgspec.convert(dict(row), GuideOutcome) for row in await rows.guides(span, _ENTRIES)],
    )


def days_of(counted: Iterable[tuple[date, str, int]], first: date, days: int) -> list[OutcomeDay]:
    """Every day of the span, those without sessions too."""
    found: dict[date, Counter[str]] = {first + timedelta(days=at): Counter() for at in range(days)}
    for day, verdict, n in counted:
        if day in found:
            found[day][verdict] += n
    return [
        OutcomeDay(day=day, sessions=counts.total(), **{one: counts[one] for one in VERDICTS}) for day, counts in found.items()
    ]


def shares_of(by_day: Sequence[OutcomeDay]) -> OutcomeShares:
    """Shares of the settled sessions of these days."""
    sums = {one: sum(getattr(day, one) for day in by_day) for one in VERDICTS[:-1]}
    settled = sum(sums.values())
    contained = share(sums["verified"] + sums["assumed"], settled)
    return OutcomeShares(contained=contained, **{one: share(n, settled) for one, n in sums.items()})
