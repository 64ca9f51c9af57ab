"""The rows of a large desk, written as COPY reads them: one file a table, the same for the same seed."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from msgspec import Struct

from bench.size_words import Line, Person, Words, addition, city, person, vector
from qiao.domains.contacts.rules import search_text
from qiao.kit.text import search_tokens

TABLES = {
    "contacts": "workspace_id, id, name, email, phone, locale, city, country, search, created_at, last_seen_at",
    "conversations": (
        "workspace_id, id, number, inbox_id, contact_id, status, assignee_id, language, tags, last_seq, agent_seen_seq,"
        " contact_seen_seq, unread, preview_text, preview_author, preview_kind, preview_at, waiting_since, updated_at, active_at,"
        " resolved_at, created_at"
    ),
    "messages": "workspace_id, conversation_id, seq, id, author_kind, author_id, author_name, kind, text, client_id, created_at",
    "message_search": "workspace_id, conversation_id, seq, tokens, at",
    "analytics_conversations": (
        "workspace_id, conversation_id, inbox_id, opened_at, status, language, assignee_id, first_customer_at, last_at, bot_replied,"
        " bot_zone, handed_over_at, wait_started_at, first_reply_at, first_reply_by, first_response_seconds, resolved_at,"
        " resolution_seconds"
    ),
    "log_events": "workspace_id, position, name, subject, seq, at, data",
}
SPAN = timedelta(days=730)
"""How long the desk has been at work; what it has is spread evenly over it."""
LIVE = 0.005
"""Of all conversations, the share that is not resolved: the newest ones."""
NEW_CONTACT = 0.6
TAKEN = 0.4
"""Of the live ones, those that an agent has though nobody has answered yet."""
LONG = 0.001
"""Conversations that go on for long."""
TAGS = ("{}", "{}", "{}", "{发货}", "{物流}", "{退换}", "{damaged}", "{invoice,vip}")
NULL = "\\N"


class Place(Struct, frozen=True, kw_only=True):
    """A workspace to be filled: who works there, and where its log stands."""

    workspace_id: UUID
    inbox_ids: Sequence[UUID]
    agents: Sequence[tuple[UUID, str]]
    position: int


class Filled(Struct, frozen=True):
    """What a workspace holds afterwards."""

    workspace_id: UUID
    conversations: int
    messages: int
    position: int


class _Talk(Struct):
    """One conversation while it is written. `moments`: when each kind of author first wrote."""

    workspace: str
    number: int
    id: str
    contact: str
    who: Person
    language: str
    inbox: str
    agent: tuple[str, str]
    begun: float
    live: bool
    at: float = 0.0
    said: str = ""
    author: str = ""
    count: int = 0
    moments: dict[str, str] = {}


class Rows:
    """Writes workspaces into `folder`, which takes as much room as the text does."""

    def __init__(self, folder: Path, seed: int, now: datetime) -> None:
        self._files: dict[str, IO[str]] = {name: (folder / f"{name}.copy").open("w", encoding="utf-8") for name in TABLES}
        self._write = {name: file.write for name, file in self._files.items()}
        self._rng = random.Random(seed)
        self._words = Words(seed)
        self._now = now.timestamp()
        self._position = 0

    def close(self) -> None:
        """Everything is in the files."""
        for file in self._files.values():
            file.close()

    def fill(self, place: Place, conversations: int) -> Filled:
        """A workspace with so many conversations, three messages in each on average."""
        rng, workspace = self._rng, place.workspace_id.hex
        self._position = place.position
        contacts: list[tuple[str, Person]] = []
        first_live = conversations - max(1, round(conversations * LIVE))
        step = SPAN.total_seconds() / conversations
        messages = 0
        for number in range(1, conversations + 1):
            begun = self._now - SPAN.total_seconds() + (number - rng.random()) * step - 3_600
            live = number > first_live
            if live or not contacts or rng.random() < NEW_CONTACT:
                contacts.append(self._contact(workspace, len(contacts), begun))
            contact, who = contacts[-1] if live else rng.choice(contacts)
            language, lines = rng.choice(self._words.talks)
            inbox, (agent_id, agent_name) = rng.choice(place.inbox_ids).hex, rng.choice(place.agents)
            agent = (agent_id.hex, agent_name)
            talk = _Talk(workspace, number, self._id(begun), contact, who, language, inbox, agent, begun, live, at=begun)
            for nth in range(self._length()):
                self._message(talk, lines[nth % len(lines)])
            self._ended(talk)
            messages += talk.count
        return Filled(place.workspace_id, conversations, messages, self._position)

    def _id(self, at: float) -> str:
        drawn = self._rng.getrandbits(74)
        return f"{int(at * 1000):012x}7{drawn >> 62:03x}{0x8 | (drawn >> 60 & 3):x}{drawn & ((1 << 60) - 1):015x}"

    def _contact(self, workspace: str, number: int, at: float) -> tuple[str, Person]:
        who, named = person(self._rng, number), self._id(at)
        search = search_text({"name": who.name, "email": who.email, "phone": who.phone})
        self._write["contacts"](
            f"{workspace}\t{named}\t{who.name}\t{who.email}\t{who.phone}\tzh\t{city(self._rng)}\tCN\t{search}\t{_at(at)}\t{_at(at)}\n"
        )
        return named, who

    def _length(self) -> int:
        """Three on average; one conversation in a thousand goes on for a hundred and more."""
        if self._rng.random() < LONG:
            return 60 + int(self._rng.expovariate(1 / 60))
        return min(1 + int(self._rng.expovariate(1 / 2.45)), 40)

    def _log(self, talk: _Talk, name: str, seq: int | None, data: str) -> None:
        self._position += 1
        place = NULL if seq is None else seq
        self._write["log_events"](
            f"{talk.workspace}\t{self._position}\tconversations.{name}.v1\t{talk.id}\t{place}\t{_at(talk.at)}\t{data}\n"
        )

    def _message(self, talk: _Talk, line: Line) -> None:
        talk.count += 1
        talk.author = author = line.author if talk.count > 1 else "contact"
        talk.at += self._rng.random() * 90 + 1
        moment = _at(talk.at)
        talk.moments.setdefault(author, moment)
        added = addition(self._rng, talk.language, talk.who)
        talk.said = line.text + added
        tokens = f"{line.tokens} {vector(search_tokens(added))}" if added else line.tokens
        by, name = talk.agent if author == "agent" else (talk.contact, talk.who.name) if author == "contact" else ("", "")
        message, client = self._id(talk.at), f"{self._rng.getrandbits(64):016x}"
        row = f"{talk.workspace}\t{talk.id}\t{talk.count}\t"
        self._write["messages"](
            f"{row}{message}\t{author}\t{by or NULL}\t{name or NULL}\ttext\t{talk.said}\t{author[0]}:{by}:{client}\t{moment}\n"
        )
        self._write["message_search"](f"{row}{tokens}\t{moment}\n")
        told = f'"id":"{UUID(hex=by)}","name":"{name}"' if by else '"id":null,"name":null'
        self._log(
            talk,
            "message_received" if author == "contact" else "reply_posted",
            talk.count,
            f'{{"id":"{UUID(hex=message)}","conversation_id":"{UUID(hex=talk.id)}","author":{{"kind":"{author}",{told}}},'
            f'"kind":"text","text":"{line.json}{added}","attachments":[],"content":null,"client_id":"{client}","created_at":"{moment}"}}',
        )

    def _ended(self, talk: _Talk) -> None:
        """The conversation's own row, its figures, and that it was resolved."""
        last, replied = _at(talk.at), talk.moments.get("agent")
        status = (
            ("open" if replied or self._rng.random() < TAKEN else self._rng.choice(("bot", "waiting")))
            if talk.live
            else "resolved"
        )
        assignee = talk.agent[0] if replied or status == "open" else NULL
        talk.at += 60
        resolved = _at(talk.at) if status == "resolved" else NULL
        if not talk.live:
            by = '{"kind":"system","id":null,"name":null}'
            self._log(
                talk, "resolved", None, f'{{"id":"{UUID(hex=talk.id)}","by":{by},"status":"resolved","resolved_at":"{resolved}"}}'
            )
        unread = int(talk.live and talk.author == "contact")
        waits = status == "waiting" or (status == "open" and talk.author == "contact")
        preview = talk.said if "\\" in talk.said else talk.said[:160]
        row = (talk.workspace, talk.id)
        self._row(
            "conversations", *row, talk.number, talk.inbox, talk.contact, status, assignee, talk.language, self._rng.choice(TAGS),
            talk.count, talk.count - unread, talk.count, unread, preview, talk.author, "text", last, last if waits else NULL, last, last,
            resolved, _at(talk.begun),
        )  # fmt: skip
        first, bot = talk.moments["contact"], "bot" in talk.moments
        handed = first if replied or status in {"waiting", "open"} else NULL
        zone = ("hand_over" if replied else "answer") if bot else NULL
        self._row(
            "analytics_conversations", *row, talk.inbox, _at(talk.begun), status, talk.language, assignee, first, last, "ft"[bot], zone,
            handed, handed, replied or NULL, talk.agent[0] if replied else NULL, self._rng.randrange(5, 900) if replied else NULL,
            resolved, NULL if talk.live else int(talk.at - talk.begun),
        )  # fmt: skip

    def _row(self, table: str, *fields: object) -> None:
        self._write[table]("\t".join(map(str, fields)) + "\n")


def _at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
