"""What an agent is shown beside a conversation: suggestions from what is published, canned replies, what to do next, the summary."""

import time
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from qiao.domains.bot.assist.contracts import (
    MAX_SUGGESTED,
    Assistance,
    Facts,
    SuggestedAnswer,
    SummaryDraft,
    SummaryText,
    Sureness,
)
from qiao.domains.bot.assist.looking_back import customers, open_question, orders_in, promise_words, reply_language, summarise
from qiao.domains.bot.assist.next_actions import mood_of, next_actions
from qiao.domains.bot.assist.promise_contracts import Promise
from qiao.domains.bot.assist.repository import PromiseRows
from qiao.domains.bot.assist.snippet_choice import fitting
from qiao.domains.bot.composing import Around, text_of
from qiao.domains.bot.contracts import BotSettings, CandidateView, Timings
from qiao.domains.bot.dialogue import Act, language_of
from qiao.domains.bot.finding import Finder, Found
from qiao.domains.bot.inside import Inside
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.repository.turns import TurnRows
from qiao.domains.bot.summary import Summary
from qiao.domains.bot.turn_parts import House
from qiao.domains.conversations.contracts import Author, Conversation, Message, MessageKind, NewMessage
from qiao.domains.knowledge.contracts import Snippet
from qiao.domains.routing.contracts import Triage
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.kit.text import detect_language
from qiao.platform.db.database import Scope

LOOKED_BACK = 60
"""How many messages back help looks."""
MAX_ANSWER = 4_000
_SURENESS: dict[str, Sureness] = {"answer": "sure", "offer": "likely"}


class _Page(Struct, frozen=True, kw_only=True):
    """What is read of a conversation before anything is searched for."""

    conversation: Conversation
    messages: Sequence[Message]
    promises: Sequence[Promise]
    settings: BotSettings


class Assist:
    """Help for agents. Reads only, but for a summary that somebody keeps."""

    def __init__(self, house: House, finder: Finder, inside: Inside) -> None:
        self._house = house
        self._finder = finder
        self._inside = inside
        self._workspaces = Workspaces(house.database)

    async def beside(
        self, workspace_id: WorkspaceId, conversation_id: ConversationId, snippets: Sequence[Snippet], triage: Triage
    ) -> Assistance:
        """Everything shown beside a conversation. Raises ConversationNotFound.

        What is searched for is the customer's latest words in a row; what is suggested is published at this moment.
        """
        started = time.perf_counter()
        async with self._house.database.scope(workspace_id) as scope:
            page = await self._page(scope, conversation_id)
        question, earlier, unanswered = open_question(page.messages)
        language = language_of(question, page.conversation.language)
        found = await self._finder.find(workspace_id, question, earlier, language) if question else None
        inside = await self._inside.find(workspace_id, found, language) if found else None
        answers = await self._answers(workspace_id, [one for one in (found, inside) if one], language, page.settings)
        # What to do next goes by what the bot itself could say: it knows nothing of what is for agents.
        sureness: Sureness | None = next((one.sureness for one in answers if not one.internal), None)
        spent = found.timings if found else Timings(0.0, 0.0, 0.0)
        return Assistance(
            conversation_id=conversation_id,
            last_seq=page.conversation.last_seq,
            question=question,
            answers=answers,
            snippets=fitting(question, snippets),
            actions=next_actions(_facts(page, unanswered=unanswered, language=language, sureness=sureness)),
            mood=mood_of([one.text for one in customers(page.messages)]),
            priority=triage.priority,
            priority_reason=triage.reason,
            priority_detail=triage.detail,
            promises=list(page.promises),
            timings=Timings(spent.embed_ms, spent.search_ms, round((time.perf_counter() - started) * 1000, 2)),
        )

    async def draft_summary(self, scope: Scope, conversation_id: ConversationId) -> SummaryDraft:
        """What a colleague needs to know, for somebody to correct. Raises ConversationNotFound. Stores nothing."""
        page = await self._page(scope, conversation_id)
        zone = ZoneInfo((await self._workspaces.get(scope)).timezone)
        language, now = page.conversation.language or "zh", utc_now()
        promised = [promise_words(one, now, zone, language) for one in page.promises if one.settled_at is None]
        turns = await TurnRows(scope).past(conversation_id)
        return summarise(page.conversation, page.messages, turns, promised)

    async def keep_summary(self, scope: Scope, conversation_id: ConversationId, text: SummaryText, by: Author) -> Message:
        """Store a summary as the note that a hand-over has. Raises ConversationNotFound. The same client id stores it once."""
        draft = await self.draft_summary(scope, conversation_id)
        changed = {name: getattr(text, name) for name in ("wants", "tried", "promises", "entities", "mood")}
        merged = msgspec.structs.asdict(draft) | changed
        summary = Summary(**{name: merged[name] for name in Summary.__struct_fields__})
        note = NewMessage(
            conversation_id=conversation_id,
            author=by,
            text=summary.text(),
            client_id=f"summary-{text.client_id}",
            kind=MessageKind.NOTE,
            content=summary.content(),
        )
        return await self._house.conversations.post_in(scope, note)

    async def _page(self, scope: Scope, conversation_id: ConversationId) -> _Page:
        conversation = await self._house.conversations.get(scope, conversation_id)
        return _Page(
            conversation=conversation,
            messages=(await self._house.conversations.messages(scope, conversation_id, limit=LOOKED_BACK)).items,
            promises=await PromiseRows(scope).of(conversation_id),
            settings=await SettingsRows(scope).read(),
        )

    async def _answers(
        self, workspace_id: WorkspaceId, sources: Sequence[Found], language: str, settings: BotSettings
    ) -> list[SuggestedAnswer]:
        """Suggestions, best first, with their text as it is published now; what was taken back since it was found is left out."""
        all_of: list[tuple[CandidateView, Sureness]] = [
            (view, _sureness(found, at)) for found in sources for at, view in enumerate(_worth_showing(found))
        ]
        shown = sorted(all_of, key=lambda one: -one[0].score)[:MAX_SUGGESTED]
        if not shown:
            return []
        ids = {view.entry_id for view, _ in shown}
        async with self._house.database.scope(workspace_id) as scope:
            entries = {one.id: one for one in await self._house.source.published_entries(scope, ids, internal=True)}
        answers: list[SuggestedAnswer] = []
        for view, sureness in shown:
            entry = entries.get(view.entry_id)
            if entry is None:
                continue
            # In the entry's own language: the sentence on other languages is the bot's.
            around = Around(language=entry.language, settings=settings, candidates=[view], entry=entry)
            answers.append(
                SuggestedAnswer(
                    entry_id=entry.id,
                    kind=entry.kind,
                    title=entry.title,
                    language=entry.language,
                    text=text_of(Act(zone="answer", reason="suggested", entry_id=entry.id), around)[:MAX_ANSWER],
                    url=entry.url,
                    score=view.score,
                    sureness=sureness,
                    internal=entry.audience == "agents",
                    other_language=entry.language != language,
                )
            )
        return answers


def _worth_showing(found: Found) -> list[CandidateView]:
    """Candidates that the bot would answer with or offer; the nearest alone when it would do neither but is not far off."""
    if found.decision.zone in _SURENESS:
        return found.candidates[:MAX_SUGGESTED]
    return found.candidates[:1] if found.decision.confidence >= found.limits.offer / 2 else []


def _sureness(found: Found, at: int) -> Sureness:
    sure = _SURENESS.get(found.decision.zone, "near")
    return "likely" if sure == "sure" and at > 0 else sure


def _facts(page: _Page, *, unanswered: bool, language: str, sureness: Sureness | None) -> Facts:
    conversation, now = page.conversation, utc_now()
    asked = tuple(one.text for one in customers(page.messages))
    since = conversation.waiting_since
    return Facts(
        status=conversation.status,
        has_assignee=conversation.assignee_id is not None,
        waiting_seconds=int((now - since).total_seconds()) if since is not None else None,
        asked=asked,
        unanswered=unanswered,
        orders=orders_in(asked),
        customer_language=language,
        reply_language=reply_language(page.messages, [detect_language(one.text, language) for one in page.messages]),
        sureness=sureness,
        promises=tuple(page.promises),
        now=now,
    )
