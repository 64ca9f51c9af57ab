"""What customers do after the bot has spoken, reduced from facts in their order. Pure: rows in, rows out.

A *session* is one stretch of a customer's contact in a conversation. It ends by SILENCE without a message or by being resolved;
what the customer writes later begins another. A customer who begins another within RECONTACT of the last word of the one before has
come back, whatever it is about: a topic cannot be told apart surely enough to flatter the figure with it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.kit.text import retrieval_terms

SILENCE = timedelta(hours=24)
RECONTACT = timedelta(hours=72)
TOUCHED = timedelta(minutes=1)
"""How far the last word of a session may lie behind what is stored: nothing is written for a word soon after another."""
SAME_WORDS = 0.6
"""The share of words two questions have in common, from which the second asks the first again."""
SAME_ENTRY_WORDS = 0.3
"""The same, where the bot found the same entry for both."""


class Session(Struct, frozen=True, kw_only=True):
    """A row of `bot_sessions`."""

    conversation_id: UUID
    began_seq: int
    contact_id: UUID
    began_at: datetime
    last_at: datetime
    turns: int = 0
    answers: int = 0
    thanked_at: datetime | None = None
    handed_over_at: datetime | None = None
    resolved_at: datetime | None = None
    recontact_at: datetime | None = None

    def goes_on(self, at: datetime) -> bool:
        """Whether what is said at `at` still belongs to it."""
        return self.resolved_at is None and at - self.last_at < SILENCE


class Outcome(Struct, frozen=True, kw_only=True):
    """A row of `bot_outcomes`, with the question's words."""

    turn_id: UUID
    conversation_id: UUID
    began_seq: int
    contact_id: UUID
    entry_id: UUID | None
    at: datetime
    asked_again_at: datetime | None = None
    thanked_at: datetime | None = None
    handed_over_at: datetime | None = None
    words: frozenset[str] = frozenset()


class Wrote(Struct, frozen=True):
    """The customer wrote."""

    conversation_id: UUID
    seq: int
    at: datetime
    contact_id: UUID


class Turned(Struct, frozen=True, kw_only=True):
    """The bot took a turn. `entry_id` is the first it answered with or offered."""

    conversation_id: UUID
    at: datetime
    turn_id: UUID
    zone: str
    reason: str
    question: str
    entry_id: UUID | None


class HandedOver(Struct, frozen=True):
    """A person has the conversation or is to have it."""

    conversation_id: UUID
    at: datetime


class Ended(Struct, frozen=True):
    """The conversation was resolved."""

    conversation_id: UUID
    at: datetime


Happening = Wrote | Turned | HandedOver | Ended


def words_of(question: str) -> frozenset[str]:
    """What two questions are compared by: words and pairs of characters, without the trigrams that forgive typing errors."""
    return frozenset(term for term in retrieval_terms(question) if not term.startswith("~"))


def asks_again(words: frozenset[str], entry_id: UUID | None, earlier: Outcome) -> bool:
    """Whether a question is nearly the same as an earlier one."""
    together = words | earlier.words
    if not together:
        return False
    shared = len(words & earlier.words) / len(together)
    same_entry = entry_id is not None and entry_id == earlier.entry_id
    return shared >= (SAME_ENTRY_WORDS if same_entry else SAME_WORDS)


class Watch:
    """The rows that a batch of happenings is about, changed in memory. `sessions` and `outcomes` afterwards are to be stored."""

    def __init__(self, sessions: Iterable[Session], outcomes: Iterable[Outcome]) -> None:
        self._sessions: dict[tuple[UUID, int], Session] = {}
        self._latest: dict[UUID, Session] = {}
        self._of_contacts: dict[UUID, set[tuple[UUID, int]]] = {}
        for session in sessions:
            self._hold(session)
        self._outcomes = {one.turn_id: one for one in outcomes}
        self._changed: set[tuple[UUID, int]] = set()
        self._told: set[UUID] = set()

    @property
    def sessions(self) -> list[Session]:
        """Those that are new or changed."""
        return [self._sessions[key] for key in sorted(self._changed)]

    @property
    def outcomes(self) -> list[Outcome]:
        """Those that are new or changed."""
        return [self._outcomes[key] for key in sorted(self._told)]

    def see(self, happening: Happening) -> None:
        """Take in the next thing that happened."""
        if isinstance(happening, Wrote):
            self._wrote(happening)
        elif isinstance(happening, Turned):
            self._turned(happening)
        elif isinstance(happening, HandedOver):
            self._handed_over(happening)
        else:
            self._ended(happening)

    def _wrote(self, wrote: Wrote) -> None:
        current = self._current(wrote.conversation_id)
        if current is not None and current.goes_on(wrote.at):
            if wrote.at - current.last_at >= TOUCHED:
                self._keep(msgspec.structs.replace(current, last_at=wrote.at))
            return
        for one in [self._sessions[key] for key in sorted(self._of_contacts.get(wrote.contact_id, ()))]:
            if one.recontact_at is None and wrote.at - one.last_at <= RECONTACT:
                self._keep(msgspec.structs.replace(one, recontact_at=wrote.at))
        begun = Session(
            conversation_id=wrote.conversation_id,
            began_seq=wrote.seq,
            contact_id=wrote.contact_id,
            began_at=wrote.at,
            last_at=wrote.at,
        )
        self._keep(begun)

    def _turned(self, turned: Turned) -> None:
        session = self._current(turned.conversation_id)
        if session is None:
            return
        thanked = turned.zone == "small_talk" and turned.reason in {"thanks", "bye"}
        changes: dict[str, object] = {"last_at": max(session.last_at, turned.at)}
        if turned.zone != "small_talk":
            # A question after the thanks: it was not all.
            changes |= {"turns": session.turns + 1, "thanked_at": None}
        elif thanked:
            changes["thanked_at"] = turned.at
        if turned.zone in {"answer", "flow"}:
            changes["answers"] = session.answers + 1
        self._keep(msgspec.structs.replace(session, **changes))
        if thanked:
            self._thanked(session, turned.at)
        if turned.zone != "small_talk":
            self._asked(session, turned)

    def _asked(self, session: Session, turned: Turned) -> None:
        words = words_of(turned.question)
        if turned.reason != "option":
            for one in self._of_contact(session.contact_id):
                soon = one.asked_again_at is None and turned.at - one.at < SILENCE
                if soon and asks_again(words, turned.entry_id, one):
                    self._tell(msgspec.structs.replace(one, asked_again_at=turned.at))
        if turned.zone in {"answer", "offer"}:
            outcome = Outcome(
                turn_id=turned.turn_id,
                conversation_id=turned.conversation_id,
                began_seq=session.began_seq,
                contact_id=session.contact_id,
                entry_id=turned.entry_id,
                at=turned.at,
                words=words,
            )
            self._tell(outcome)

    def _thanked(self, session: Session, at: datetime) -> None:
        """Thanks are for the answer before them."""
        told = [one for one in self._of_session(session) if one.at <= at]
        if told:
            self._tell(msgspec.structs.replace(max(told, key=lambda one: (one.at, one.turn_id)), thanked_at=at))

    def _handed_over(self, handed: HandedOver) -> None:
        session = self._current(handed.conversation_id)
        if session is None or session.handed_over_at is not None:
            return
        self._keep(msgspec.structs.replace(session, handed_over_at=handed.at))
        for one in self._of_session(session):
            self._tell(msgspec.structs.replace(one, handed_over_at=handed.at))

    def _ended(self, ended: Ended) -> None:
        session = self._current(ended.conversation_id)
        if session is not None and session.resolved_at is None:
            self._keep(msgspec.structs.replace(session, resolved_at=ended.at))

    def _current(self, conversation_id: UUID) -> Session | None:
        return self._latest.get(conversation_id)

    def _of_contact(self, contact_id: UUID) -> list[Outcome]:
        return [one for one in self._outcomes.values() if one.contact_id == contact_id]

    def _of_session(self, session: Session) -> list[Outcome]:
        key = (session.conversation_id, session.began_seq)
        return [one for one in self._outcomes.values() if (one.conversation_id, one.began_seq) == key]

    def _hold(self, session: Session) -> tuple[UUID, int]:
        key = (session.conversation_id, session.began_seq)
        self._sessions[key] = session
        self._of_contacts.setdefault(session.contact_id, set()).add(key)
        latest = self._latest.get(session.conversation_id)
        if latest is None or latest.began_seq <= session.began_seq:
            self._latest[session.conversation_id] = session
        return key

    def _keep(self, session: Session) -> None:
        self._changed.add(self._hold(session))

    def _tell(self, outcome: Outcome) -> None:
        self._outcomes[outcome.turn_id] = outcome
        self._told.add(outcome.turn_id)
