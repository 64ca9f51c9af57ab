"""The door of analytics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.domains.analytics.contracts import AgentFigures, Day, Overview, Previous, Spread, Totals
from qiao.domains.analytics.projection import QUEUED, ProjectionRows, is_news
from qiao.domains.analytics.reports import Reports, spread_of
from qiao.domains.analytics.rules import MAX_DAYS, Period, before, period
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import AuthorKind, Conversation, Status
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.conversations.events import (
    ConversationFact,
    ConversationOpened,
    MessageFact,
    MessageReceived,
    Reopened,
    ReplyPosted,
)
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.errors import InboxNotFound
from qiao.domains.people.api import People
from qiao.domains.people.contracts import Person
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, InboxId, PersonId
from qiao.platform.db.database import Database, Scope
from qiao.platform.log.facts import Entry

_OPENED, _RECEIVED = ConversationOpened.wire_name, MessageReceived.wire_name
_PLAIN = frozenset({_OPENED, _RECEIVED})
_MIDDLE = frozenset({_RECEIVED, ReplyPosted.wire_name})
NOBODY = PersonId(UUID(int=0))


class Analytics:
    """Keeps the projection and reads reports from it."""

    def __init__(self, database: Database, conversations: Conversations, people: People, workspaces: Workspaces) -> None:
        self._conversations = conversations
        self._people = people
        # Only opening hours are read here, which need no channel.
        self._inboxes = Inboxes(database, {})
        self._workspaces = workspaces

    async def overview(self, scope: Scope, *, days: int = 30, inbox_id: UUID | None = None) -> Overview:
        """The last `days` days (1 to 366, today included) and the moment; formulas in `reports.py`."""
        workspace = await self._workspaces.get(scope)
        span = period(utc_now(), workspace.timezone, max(1, min(days, MAX_DAYS)))
        reports = Reports(scope, inbox_id)
        opened = {row["day"]: row for row in await reports.by_day(span)}
        resolved = await reports.resolved(span)
        responses = await reports.responses(span)
        earlier = await reports.before(*before(span, workspace.timezone), span.now)
        totals = await self._totals(scope, reports, list(opened.values()), sum(row["resolved"] for row in resolved))
        sessions = sum(row["bot_sessions"] for row in opened.values())
        return Overview(
            starts=span.begin,
            ends=span.now,
            totals=totals,
            previous=Previous(**dict(earlier)),
            first_response=_response_of_all(responses),
            resolution=await reports.resolution(span),
            bot_answer_rate=round(totals.bot_answered / sessions, 4) if sessions else None,
            by_day=_days(span, opened, resolved, responses),
            agents=await self._agents(scope, resolved, responses),
        )

    async def news(self, scope: Scope, entries: Sequence[Entry]) -> list[Entry]:
        """Handles at once what only begins conversations or goes on with them, and gives back what is left.

        Messages in the middle of a talk between a customer and a person change no figure. Where anything else happened to a
        conversation in this batch, its facts are handled one by one in their order.
        """
        rows = ProjectionRows(scope)
        moved = {entry.subject for entry in entries if entry.name not in _PLAIN}
        plain = [entry for entry in entries if entry.subject not in moved]
        await rows.opened([entry.read(ConversationOpened).conversation for entry in plain if entry.name == _OPENED])
        known = await rows.moments({entry.subject for entry in entries if entry.name in _MIDDLE})
        written: dict[UUID, list[datetime]] = {}
        left: list[Entry] = []
        for entry in entries:
            now_known = known.get(entry.subject)
            if entry.name in _MIDDLE and not is_news(entry, now_known):
                continue
            if entry.subject in moved or (entry.name != _OPENED and now_known is None):
                left.append(entry)
            elif entry.name != _OPENED:
                written.setdefault(entry.subject, []).append(entry.read(MessageFact).created_at)
        await rows.customers_wrote(written)
        return left

    async def observe_opened(self, scope: Scope, conversation: Conversation) -> None:
        """A conversation began. Safe to repeat."""
        await ProjectionRows(scope).opened([conversation])

    async def observe_message(self, scope: Scope, entry: Entry) -> None:
        """Somebody wrote to somebody. Notes and lines of the timeline are not for here. Safe to repeat."""
        message = entry.read(MessageFact)
        rows = ProjectionRows(scope)
        await self._ensure(scope, rows, message.conversation_id)
        if message.author.kind is AuthorKind.CONTACT:
            await rows.customers_wrote({message.conversation_id: [message.created_at]})
        elif message.author.kind is AuthorKind.BOT:
            await rows.bot_replied(entry, message)
        elif message.author.kind is AuthorKind.AGENT:
            inbox_id = await rows.inbox_of_unanswered(message)
            if inbox_id is not None:
                await rows.person_replied(message, await self._hours(scope, inbox_id))

    async def observe_change(self, scope: Scope, entry: Entry, kind: type[ConversationFact]) -> None:
        """A conversation's status, holder or language changed. Safe to repeat."""
        fact = entry.read(kind)
        rows = ProjectionRows(scope)
        await self._ensure(scope, rows, fact.conversation_id)
        if fact.status in QUEUED and kind is not Reopened:
            await rows.queued(fact.conversation_id, entry.at, surely=fact.status is Status.WAITING)
        if fact.status is Status.BOT:
            await rows.back_to_bot(fact.conversation_id)
        if isinstance(fact.language, str):
            await rows.language(fact.conversation_id, fact.language)
        await rows.moved(entry, fact, reopened=kind is Reopened)

    async def _ensure(self, scope: Scope, rows: ProjectionRows, conversation_id: ConversationId) -> None:
        if await rows.known(conversation_id):
            return
        try:
            await rows.opened([await self._conversations.get(scope, conversation_id)])
        except ConversationNotFound:
            return

    async def _hours(self, scope: Scope, inbox_id: UUID) -> Any:
        try:
            return (await self._inboxes.get(scope, InboxId(inbox_id))).hours
        except InboxNotFound:
            return None

    async def _totals(self, scope: Scope, reports: Reports, opened: Sequence[Any], resolved: int) -> Totals:
        live = await self._live(scope, reports)
        names = ("conversations", "bot_answered", "handed_over", "unanswered")
        return Totals(
            **{name: sum(row[name] for row in opened) for name in names},
            resolved=resolved,
            waiting_now=live.get("waiting", 0),
            open_now=live.get("open", 0),
            bot_now=live.get("bot", 0),
            online_agents=len(await self._people.online_people(scope)),
        )

    async def _live(self, scope: Scope, reports: Reports) -> Mapping[str, int]:
        if reports.of_one_inbox:
            return await reports.live()
        counts = await self._conversations.counts(scope, NOBODY)
        return {"waiting": counts.waiting, "open": counts.open, "bot": counts.bot}

    async def _agents(self, scope: Scope, resolved: Sequence[Any], responses: Sequence[Any]) -> list[AgentFigures]:
        people = await self._people.list(scope)
        done: Counter[UUID] = Counter()
        for row in resolved:
            if row["person_id"] is not None:
                done[row["person_id"]] += row["resolved"]
        medians = {row["person_id"]: spread_of(row["spread"]).median_seconds for row in responses if not row["all_people"]}
        loads = await self._conversations.loads(scope, [person.id for person in people])
        shown = [_agent(person, done, loads, medians) for person in people if _works(person, done, loads, medians)]
        return sorted(shown, key=lambda one: (-one.resolved, one.name))


def _works(person: Person, *figures: Mapping[UUID, object]) -> bool:
    answers = person.chat_limit > 0 and person.role in {"owner", "admin", "supervisor", "agent"} and not person.disabled
    return answers or any(person.id in one for one in figures)


def _agent(
    person: Person, done: Mapping[UUID, int], loads: Mapping[UUID, int], medians: Mapping[UUID, int | None]
) -> AgentFigures:
    return AgentFigures(
        person_id=person.id,
        name=person.name,
        resolved=done.get(person.id, 0),
        open=loads.get(person.id, 0),
        first_response_median_seconds=medians.get(person.id),
    )


def _response_of_all(responses: Sequence[Any]) -> Spread:
    return next((spread_of(row["spread"]) for row in responses if row["all_days"] and row["all_people"]), Spread(None, None))


def _days(span: Period, opened: Mapping[int, Any], resolved: Sequence[Any], responses: Sequence[Any]) -> list[Day]:
    done: Counter[int] = Counter()
    for row in resolved:
        done[row["day"]] += row["resolved"]
    medians = {row["day"]: spread_of(row["spread"]).median_seconds for row in responses if not row["all_days"]}
    nothing = {"conversations": 0, "bot_answered": 0, "handed_over": 0}
    return [
        Day(
            day=day,
            **{name: (opened.get(nth) or nothing)[name] for name in nothing},
            resolved=done[nth],
            first_response_median_seconds=medians.get(nth),
        )
        for nth, day in enumerate(span.days, start=1)
    ]
