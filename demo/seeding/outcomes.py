"""What the demo's customers did after the bot had spoken, by the rules that watch real ones."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from demo.seeding.rows import Told, TurnRow
from qiao.domains.bot.learning.watching import Ended, HandedOver, Happening, Outcome, Session, Turned, Watch, Wrote
from qiao.domains.bot.repository.outcomes import OutcomeRows
from qiao.platform.db.database import Scope


async def watch(scope: Scope, told: Sequence[Told]) -> None:
    """Store the sessions and outcomes of the told conversations."""
    by_contact: dict[UUID, list[Told]] = defaultdict(list)
    for one in told:
        by_contact[one.conversation.contact_id].append(one)
    sessions: list[Session] = []
    outcomes: list[Outcome] = []
    for theirs in by_contact.values():
        seen = Watch([], [])
        for _, happening in sorted((moment for one in theirs for moment in _happenings(one)), key=lambda moment: moment[0]):
            seen.see(happening)
        sessions += seen.sessions
        outcomes += seen.outcomes
    await OutcomeRows(scope).store(sessions, outcomes)


def _happenings(one: Told) -> Iterator[tuple[tuple[datetime, int], Happening]]:
    talk = one.conversation
    turns = {turn.reply_seq: turn for turn in one.turns}
    for message in one.messages:
        moment = (message.created_at, message.seq)
        if message.author_kind == "contact":
            yield moment, Wrote(talk.id, message.seq, message.created_at, talk.contact_id)
        elif message.seq in turns:
            yield moment, _turned(turns[message.seq], message.created_at)
    last = one.messages[-1].seq
    if one.figures.handed_over_at is not None:
        yield (one.figures.handed_over_at, last + 1), HandedOver(talk.id, one.figures.handed_over_at)
    if one.figures.resolved_at is not None:
        yield (one.figures.resolved_at, last + 2), Ended(talk.id, one.figures.resolved_at)


def _turned(turn: TurnRow, at: datetime) -> Turned:
    return Turned(
        conversation_id=turn.conversation_id,
        at=at,
        turn_id=turn.id,
        zone=turn.zone,
        reason=turn.reason,
        question=turn.question,
        entry_id=UUID(str(turn.candidates[0]["entry_id"])) if turn.candidates else None,
    )
