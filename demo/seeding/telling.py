"""A conversation of the demo as the rows it would have left behind. Pure, but for the ids."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from demo.content import Company, Lang, Person
from demo.scripts import Pools
from demo.seeding.knowledge import Entry
from demo.seeding.rows import AssignmentRow, ConversationRow, FigureRow, MessageRow, Told, TurnRow, id_at
from demo.seeding.shoppers import Shopper
from demo.seeding.staff import Staff, hours_of
from demo.talk import DemoConversation, Turn
from qiao.domains.analytics.rules import open_seconds
from qiao.domains.bot.summary import Summary, entities_in
from qiao.domains.inboxes.contracts import Schedule

_THRESHOLDS = {"answer": 0.8, "offer": 0.5}


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Who and what the conversations are about."""

    company: Company
    inbox_id: UUID
    staff: Staff
    shoppers: Mapping[str, Shopper]
    entries: Mapping[tuple[Lang, str], Entry]
    pools: Mapping[Lang, Pools]

    def person(self, email: str) -> Person:
        """One of the shop's people."""
        return next(one for one in self.company.people if one.email == email)


def tell(desk: Desk, one: DemoConversation, number: int) -> Told:
    """The rows of one conversation; `number` is its number in the workspace."""
    teller = _Teller(desk, one, number)
    for nth, turn in enumerate(_kept(one)):
        later = one.turns[nth + 1].author if nth + 1 < len(one.turns) else ""
        teller.tell(turn, later)
    return teller.finished()


def _kept(one: DemoConversation) -> tuple[Turn, ...]:
    """A conversation that is open stops at its agent's last word, so that nobody has to be found for a customer who waits."""
    if one.outcome != "open":
        return one.turns
    last = max(nth for nth, turn in enumerate(one.turns) if turn.author == "agent")
    return one.turns[: last + 1]


class _Teller:
    def __init__(self, desk: Desk, one: DemoConversation, number: int) -> None:
        self.desk, self.one, self.number = desk, one, number
        self.rng = random.Random(f"{one.id} {one.opened_at}")
        self.id = id_at(one.opened_at)
        self.shopper = desk.shoppers[one.customer_email]
        self.bot_name = desk.company.bot_name.of(one.lang)
        self.messages: list[MessageRow] = []
        self.turns: list[TurnRow] = []
        self.assignments: list[AssignmentRow] = []
        self.queued_at: datetime | None = None
        self.pending: str | None = None
        self.zone: str | None = None
        self.holder: UUID | None = None

    def tell(self, turn: Turn, later: str) -> None:
        if turn.author == "customer":
            self._add(turn, "contact", self.shopper.id, self.shopper.name)
        elif turn.author == "bot":
            self._bot(turn)
        elif turn.author == "note":
            self._note(turn)
        elif turn.author == "agent":
            agent = self.desk.person(turn.agent_email)
            self._add(turn, "agent", self.desk.staff.people[agent.email], agent.name.of(self.one.lang))
        elif later == "agent":
            self._joined(turn.at)

    def finished(self) -> Told:
        self._hand_over(self.messages[-1].created_at)
        closed_at = self.one.closed_at
        if closed_at is not None:
            by = self.desk.person(self.one.agent_email).name.of(self.one.lang) if self.holder else self.bot_name
            self._event(closed_at, "resolved", {"by": by})
        return Told(self._conversation(), self.messages, self.turns, self.assignments, self._figures())

    def _add(
        self, turn: Turn, kind: str, author_id: UUID | None, name: str | None, content: dict[str, Any] | None = None
    ) -> MessageRow:
        message = MessageRow(
            conversation_id=self.id,
            seq=len(self.messages) + 1,
            id=id_at(turn.at),
            author_kind=kind,
            author_id=author_id,
            author_name=name,
            kind={"note": "note", "system": "event"}.get(turn.author, "text"),
            text=turn.text,
            content=content,
            client_id=f"{kind[0]}:{author_id.hex if author_id else ''}:demo-{self.number}-{len(self.messages) + 1}",
            created_at=turn.at,
        )
        self.messages.append(message)
        return message

    def _event(self, at: datetime, event: str, data: dict[str, Any]) -> None:
        self._add(Turn("system", "", at), "system", None, None, {"type": "event", "event": event, "data": data})

    def _bot(self, turn: Turn) -> None:
        manner, zone = self._manner(turn)
        turn_id = id_at(turn.at)
        shared = {"zone": zone, "turn_id": str(turn_id), "disclosure": not self.turns}
        content: dict[str, Any] = {"type": manner, **shared}
        entry = self.desk.entries.get((self.one.lang, turn.entry_slug))
        if entry is not None:
            content["sources"] = [{"entry_id": str(entry.id), "kind": "faq", "title": entry.title, "url": entry.url}]
        if manner == "hand_over":
            closed = turn.text == self.desk.company.offline_notice.of(self.one.lang)
            content["reason"] = "off_hours" if closed else "asked"
            self.pending = "asked"
        self.zone = zone if zone != "small_talk" else self.zone
        message = self._add(turn, "bot", None, self.bot_name, content)
        self._remember(turn_id, message, zone, entry)

    def _manner(self, turn: Turn) -> tuple[str, str]:
        """What kind of message it is, and how the question ended."""
        pools = self.desk.pools[self.one.lang]
        if turn.entry_slug:
            return "answer", "answer"
        if turn.text in {*pools.bot_handover, self.desk.company.offline_notice.of(self.one.lang)}:
            return "hand_over", "hand_over"
        return "small_talk", "hand_over" if turn.text in pools.bot_unknown else "small_talk"

    def _remember(self, turn_id: UUID, reply: MessageRow, zone: str, entry: Entry | None) -> None:
        asked = [message for message in self.messages if message.author_kind == "contact"][-1]
        if self.turns and self.turns[-1].question_seq == asked.seq:
            return
        confidence = round(self.rng.uniform(0.84, 0.985), 4) if entry else round(self.rng.uniform(0.05, 0.4), 4)
        total = round(self.rng.uniform(9, 24), 1)
        embed = round(total * 0.8, 1)
        self.turns.append(
            TurnRow(
                id=turn_id,
                conversation_id=self.id,
                question_seq=asked.seq,
                message_id=reply.id,
                reply_seq=reply.seq,
                question=asked.text,
                used_question=asked.text,
                language=self.one.lang,
                zone=zone,
                reason=_REASONS[zone, self.pending is not None],
                confidence=confidence,
                handed_over=self.pending is not None,
                candidates=[_candidate(entry, asked.text, confidence)] if entry else [],
                thresholds=_THRESHOLDS,
                index_version="",
                model_version=None,
                timings={"embed_ms": embed, "search_ms": round(total - embed, 1), "total_ms": total},
                helpful=self.rng.choices((None, True, False), (84, 14, 2))[0] if entry else None,
                created_at=reply.created_at,
            )
        )

    def _note(self, turn: Turn) -> None:
        said = [message.text for message in self.messages if message.author_kind == "contact"]
        tried = [candidate["title"] for one in self.turns for candidate in one.candidates]
        summary = Summary(
            who=f"{self.shopper.name} · {self.shopper.email}",
            wants=turn.text,
            tried=list(dict.fromkeys(tried)),
            entities=entities_in([*said, turn.text], self.one.lang),
            language=self.one.lang,
            question_count=len(said),
        )
        self._add(Turn("note", summary.text(), turn.at), "bot", None, self.bot_name, summary.content())
        self._hand_over(turn.at)

    def _hand_over(self, at: datetime) -> None:
        if self.pending is not None:
            self._event(at, "handed_over", {"reason": self.pending})
            self.queued_at, self.pending = at, None

    def _joined(self, at: datetime) -> None:
        self._hand_over(at)
        agent = self.desk.person(self.one.agent_email)
        self.holder = self.desk.staff.people[agent.email]
        name = agent.name.of(self.one.lang)
        self._event(at, "assigned", {"to": name, "to_id": str(self.holder), "by": None, "reason": "routed"})
        self.assignments.append(
            AssignmentRow(conversation_id=self.id, assigned_at=at, person_id=self.holder, team_id=self._team(), reason="routed")
        )

    def _team(self) -> UUID | None:
        return self.desk.staff.teams.get(self.one.team)

    def _status(self) -> str:
        return "resolved" if self.one.closed_at is not None else self.one.outcome

    def _conversation(self) -> ConversationRow:
        waiting = self._status() == "waiting"
        last = [message for message in self.messages if message.kind == "text"][-1]
        customer = [message for message in self.messages if message.author_kind == "contact"]
        seen = len(self.messages) if self._status() != "open" else customer[-1].seq
        return ConversationRow(
            id=self.id,
            number=self.number,
            inbox_id=self.desk.inbox_id,
            contact_id=self.shopper.id,
            status=self._status(),
            assignee_id=self.holder,
            team_id=self._team() if self.queued_at else None,
            language=self.one.lang,
            tags=list(self.one.tags),
            last_seq=len(self.messages),
            agent_seen_seq=0 if waiting else len(self.messages),
            contact_seen_seq=seen,
            unread=len(customer) if waiting else 0,
            preview_text=last.text[:160],
            preview_author=last.author_kind,
            preview_kind=last.kind,
            preview_at=last.created_at,
            waiting_since=self.queued_at if waiting else None,
            updated_at=self.messages[-1].created_at,
            active_at=self.messages[-1].created_at,
            resolved_at=self.one.closed_at,
            created_at=self.one.opened_at,
        )

    def _figures(self) -> FigureRow:
        reply = next((message for message in self.messages if message.author_kind == "agent"), None)
        response = None
        if reply is not None and self.queued_at is not None:
            response = open_seconds(Schedule.of(hours_of(self.desk.company)), self.queued_at, reply.created_at)
        closed_at = self.one.closed_at
        return FigureRow(
            conversation_id=self.id,
            inbox_id=self.desk.inbox_id,
            opened_at=self.one.opened_at,
            status=self._status(),
            language=self.one.lang,
            assignee_id=self.holder,
            first_customer_at=self.one.opened_at,
            last_at=self.messages[-1].created_at,
            bot_replied=bool(self.turns),
            bot_zone=self.zone,
            handed_over_at=self.queued_at,
            wait_started_at=self.queued_at,
            first_reply_at=reply.created_at if reply else None,
            first_reply_by=reply.author_id if reply else None,
            first_response_seconds=response,
            resolved_at=closed_at,
            resolution_seconds=round((closed_at - self.one.opened_at) / timedelta(seconds=1)) if closed_at else None,
        )


_REASONS = {
    ("answer", False): "clear",
    ("hand_over", True): "asked",
    ("hand_over", False): "nothing_found",
    ("small_talk", False): "small_talk",
}


def _candidate(entry: Entry, matched: str, confidence: float) -> dict[str, Any]:
    return {
        "entry_id": str(entry.id),
        "kind": "faq",
        "title": entry.title,
        "language": entry.language,
        "score": confidence,
        "lexical": round(confidence * 0.9, 4),
        "semantic": None,
        "matched": matched,
        "url": entry.url,
    }
