"""What a turn is made of: the rooms it speaks to, the question with all that is known of it, the reply, the hand-over's summary."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.contracts import BotSettings, CandidateView, PastTurn
from qiao.domains.bot.dialogue import Act, Said
from qiao.domains.bot.finding import Found
from qiao.domains.bot.flows.rendering import Part
from qiao.domains.bot.flows.repository import Run
from qiao.domains.bot.flows.running import Outcome
from qiao.domains.bot.generating.contracts import Written
from qiao.domains.bot.index_holder import EntrySource
from qiao.domains.bot.intents import is_bare_wish, wants_person
from qiao.domains.bot.learning.experiment_contracts import Trying
from qiao.domains.bot.summary import MAX_WANTS, Summary, entities_in
from qiao.domains.bot.words import say
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Conversation, Message
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.knowledge.contracts import PublishedEntry
from qiao.domains.routing.contracts import Guess, HandOverCase
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import ContactId, WorkspaceId
from qiao.platform.auth.sealing import Seals
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.outbound import Outbound
from qiao.ports.commerce import Commerce, Customer

MAX_TRIED = 6


class OnDuty(Protocol):
    """Whether people are there."""

    async def anybody_online(self, scope: Scope) -> bool:
        """True when somebody who may answer is here."""
        ...

    async def guess(self, scope: Scope, case: HandOverCase) -> Guess:
        """For which team a conversation is and how urgent; kept."""
        ...


class Writer(Protocol):
    """Who may word an answer, from the same entries. Whatever it does not do leaves the built-in answer."""

    async def written(self, workspace_id: WorkspaceId, question: "Question", reply: "Reply") -> "Reply":
        """The reply, with a written answer when there is one. Never raises for its own reasons; bounded in time."""
        ...

    async def still_true(self, scope: Scope, reply: "Reply") -> "Reply":
        """The reply as it may be said in this transaction."""
        ...


class Shop(Commerce, Protocol):
    """Orders, and who somebody is to them."""

    async def customer(self, scope: Scope, contact_id: ContactId) -> Customer:
        """Who a contact is for certain."""
        ...


class House(Struct, frozen=True):
    """The rooms a turn speaks to. Without a writer every answer is an entry's own words.

    Without a shop there are no shop's tools; without seals and outbound no HTTP tools.
    """

    database: Database
    conversations: Conversations
    inboxes: Inboxes
    duty: OnDuty
    source: EntrySource
    writer: Writer | None = None
    workspaces: Workspaces | None = None
    shop: Shop | None = None
    seals: Seals | None = None
    outbound: Outbound | None = None


async def customer_of(house: House, scope: Scope, contact_id: ContactId) -> Customer:
    """Who asks, for tools: from what the server knows, never from what was typed."""
    if house.shop is not None:
        return await house.shop.customer(scope, contact_id)
    return Customer(workspace_id=scope.workspace_id, contact_id=contact_id)


class Question(Struct, frozen=True, kw_only=True):
    """A message that waits for the bot, and everything known before it is answered.

    `earlier`: the customer's messages before it; `run`: the flow that the conversation is in, when nobody else had it since.
    """

    conversation: Conversation
    inbox: Inbox
    settings: BotSettings
    message: Message
    earlier: Sequence[Message]
    turns: Sequence[PastTurn]
    language: str
    run: Run | None = None
    trying: Trying | None = None
    """The experiment that this conversation takes part in, and its version."""

    @property
    def said(self) -> Said:
        """The message as the dialogue sees it."""
        return Said(
            text=self.message.text, has_files=bool(self.message.attachments), option=option_of(self.message), turns=self.turns
        )


class FlowReply(Struct, frozen=True, kw_only=True):
    """A flow's part in a reply: its messages, and where it stands then."""

    flow_id: UUID
    run: Run
    parts: Sequence[Part]


class Reply(Struct, frozen=True, kw_only=True):
    """What was decided, with what it was decided on. `suggested`: a flow (id, button) to be offered under an answer.

    `ends`: how a run that is open, and is not the one of `flow`, ends with this reply. `parts`: where a message asks several things,
    each question with its own reply, in the order in which they are said; the rest of this one is then that of the first.
    """

    act: Act
    candidates: Sequence[CandidateView]
    found: Found | None = None
    entry: PublishedEntry | None = None
    written: Written | None = None
    flow: FlowReply | None = None
    suggested: tuple[UUID, str] | None = None
    ends: Outcome = "lapsed"
    parts: "Sequence[tuple[Question, Reply]]" = ()


def summary_of(question: Question, act: Act) -> Summary:
    """What a colleague needs to know about the conversation so far."""
    contact = question.conversation.contact
    texts = [one.text for one in (*question.earlier, question.message) if one.text]
    wanted = [turn.question for turn in question.turns if turn.zone != "small_talk" and turn.question.strip()]
    if act.matter:
        wanted.append(act.matter)
    elif act.reason not in {"files", "none_chosen", "unclear"} and _tells(act, question.message.text):
        wanted.append(question.message.text)
    nothing = say("sent_file" if act.reason == "files" else "wanted_person", question.language)
    tried = [one.title for turn in question.turns for one in _shown(turn)]
    return Summary(
        who=" · ".join(part for part in (contact.name, contact.email) if part) or say("who", question.language),
        wants=(" ".join(wanted[-1].split()) if wanted else nothing)[:MAX_WANTS],
        tried=list(dict.fromkeys(tried))[:MAX_TRIED],
        entities={**act.known, **entities_in(texts, question.language)},
        language=question.language,
        question_count=len(question.earlier) + 1,
    )


def _tells(act: Act, text: str) -> bool:
    """Whether words say what is wanted: a bare wish for a person, and a yes to one, do not."""
    if act.reason == "asked":
        return wants_person(text) and not is_bare_wish(text)
    return bool(text.strip())


def _shown(turn: PastTurn) -> Sequence[CandidateView]:
    if turn.zone == "answer":
        return turn.candidates[:1]
    return turn.candidates if turn.zone == "offer" else ()


def option_of(message: Message) -> UUID | None:
    """The offered choice that a message takes up by its button."""
    content = message.content or {}
    try:
        return UUID(str(content["entry_id"])) if content.get("type") == "option" else None
    except (KeyError, ValueError):
        return None
