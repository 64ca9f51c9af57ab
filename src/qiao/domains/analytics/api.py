"""The door of analytics."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import structlog

from qiao.domains.analytics.contracts import AgentFigures, Day, Overview, Previous, Spread, Totals
from qiao.domains.analytics.days import Days
from qiao.domains.analytics.projection import QUEUED, ProjectionRows, is_news
from qiao.domains.analytics.reports import Reports
from qiao.domains.analytics.rules import MAX_DAYS, Period, before, period
from qiao.domains.analytics.tallies import (
    Counts,
    Id,
    Span,
    Tally,
    resolutions,
    resolved_by,
    responses,
    responses_by,
    sum_counts,
)
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
from qiao.domains.inboxes.contracts import Schedule
from qiao.domains.inboxes.errors import InboxNotFound
from qiao.domains.people.api import People
from qiao.domains.people.contracts import Person
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.errors import QiaoError
from qiao.kit.ids import ConversationId, InboxId, WorkspaceId
from qiao.platform.db.database import LOST, Database, Scope
from qiao.platform.db.reading import Reading
from qiao.platform.db.shared_reads import SharedReads
from qiao.platform.log.facts import Entry

_OPENED, _RECEIVED = ConversationOpened.wire_name, MessageReceived.wire_name
_PLAIN = frozenset({_OPENED, _RECEIVED})
_MIDDLE = frozenset({_RECEIVED, ReplyPosted.wire_name})
_log = structlog.get_logger("qiao.analytics")


class Analytics:
    """Keeps the projection and reads reports from it."""

    def __init__(self, database: Database, conversations: Conversations, people: People, workspaces: Workspaces) -> None:
        self._database = database
        self._conversations = conversations
        self._people = people
        # Only opening hours are read here, which need no channel.
        self._inboxes = Inboxes(database, {})
        self._workspaces = workspaces
        self._reports = SharedReads[Overview]()

    async def overview(self, scope: Scope, *, days: int = 30, inbox_id: UUID | None = None) -> Overview:
        """The last `days` days (1 to 366, today included) and the moment; formulas in `reports.py`."""
        return (await self.look(scope, days=days, inbox_id=inbox_id))[0]

    async def report(self, reading: Reading, workspace_id: WorkspaceId, *, days: int, inbox_id: UUID | None) -> Overview:
        """An overview as of now, where replicas may be read. Those who ask for the same one at the same time share it."""

        async def read() -> Overview:
            async with reading.scope(workspace_id) as scope:
                overview, counted = await self.look(scope, days=days, inbox_id=inbox_id)
            if counted:
                await self.keep(workspace_id, counted)
            return overview

        return await self._reports.answer((workspace_id, days, inbox_id), read)

    async def look(self, scope: Scope, *, days: int, inbox_id: UUID | None) -> tuple[Overview, list[Span]]:
        """An overview, and the days that had to be counted for it although they are over: for `keep`."""
        workspace = await self._workspaces.get(scope)
        span = period(utc_now(), workspace.timezone, max(1, min(days, MAX_DAYS)))
        earlier = before(span, workspace.timezone)
        tallies, counted = await _tallies(scope, [*earlier, *span.spans], span)
        past, present = ([one.of(inbox_id) for one in some] for some in (tallies[: len(earlier)], tallies[len(earlier) :]))
        overview = await self._overview(scope, span, past, present, inbox_id)
        # Up to the same time of day only: no day that is kept.
        return overview, [one for one in counted if one not in (earlier[-1], span.spans[-1])]

    async def keep(self, workspace_id: WorkspaceId, days: Sequence[Span]) -> None:
        """Have days that are over counted once for all who look after. Safe to repeat and to leave out: it changes no figure."""
        try:
            async with self._database.scope(workspace_id) as scope:
                await Days(scope).keep(days, utc_now())
        except (*LOST, asyncpg.PostgresError, QiaoError) as error:
            # Whoever reads has their report; the next one counts again.
            _log.warning("days are not kept", error=type(error).__name__)

    async def _overview(
        self, scope: Scope, span: Period, past: Sequence[Tally], present: Sequence[Tally], inbox_id: UUID | None
    ) -> Overview:
        counts, earlier = sum_counts(present), sum_counts(past)
        standing = await self._conversations.standing(scope)
        live = standing.by_status if inbox_id is None else await Reports(scope).live(inbox_id)
        return Overview(
            starts=span.begin,
            ends=span.now,
            totals=await self._totals(scope, counts, live),
            previous=Previous(**{name: getattr(earlier, name) for name in Previous.__struct_fields__}),
            first_response=responses(present),
            resolution=resolutions(present),
            bot_answer_rate=round(counts.bot_answered / counts.bot_sessions, 4) if counts.bot_sessions else None,
            by_day=[_day(day, tally) for day, tally in zip(span.days, present, strict=True)],
            agents=await self._agents(scope, resolved_by(present), responses_by(present), standing.held),
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
            waited = await rows.unanswered(message)
            if waited is not None:
                await rows.person_replied(message, await self._schedule(scope, *waited))

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

    async def _schedule(self, scope: Scope, inbox_id: UUID, since: datetime | None) -> Schedule | None:
        try:
            return await self._inboxes.schedule(scope, await self._inboxes.get(scope, InboxId(inbox_id)), since)
        except InboxNotFound:
            return None

    async def _totals(self, scope: Scope, counts: Counts, live: Mapping[str, int]) -> Totals:
        names = ("conversations", "bot_answered", "handed_over", "unanswered", "resolved")
        return Totals(
            **{name: getattr(counts, name) for name in names},
            waiting_now=live.get("waiting", 0),
            open_now=live.get("open", 0),
            bot_now=live.get("bot", 0),
            online_agents=len(await self._people.online_people(scope)),
        )

    async def _agents(
        self, scope: Scope, resolved: Mapping[Id, int], answered: Mapping[Id, Spread], loads: Mapping[UUID, int]
    ) -> list[AgentFigures]:
        people = await self._people.list(scope)
        done = {UUID(person_id): count for person_id, count in resolved.items()}
        medians = {UUID(person_id): spread.median_seconds for person_id, spread in answered.items()}
        shown = [_agent(person, done, loads, medians) for person in people if _works(person, done, loads, medians)]
        return sorted(shown, key=lambda one: (-one.resolved, one.name))


async def _tallies(scope: Scope, spans: Sequence[Span], period: Period) -> tuple[list[Tally], list[Span]]:
    """Each span's tally, kept or counted now, and which were counted."""
    found = dict(await Days(scope).kept(spans[0][0], period.now, period.begin))
    counted = [span for span in spans if span not in found]
    found |= zip(counted, await Reports(scope).tallies(counted, period.now), strict=True)
    return [found[span] for span in spans], counted


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


def _day(day: date, tally: Tally) -> Day:
    counts = sum_counts([tally])
    return Day(
        day=day,
        conversations=counts.conversations,
        bot_answered=counts.bot_answered,
        handed_over=counts.handed_over,
        resolved=counts.resolved,
        first_response_median_seconds=responses([tally]).median_seconds,
    )
