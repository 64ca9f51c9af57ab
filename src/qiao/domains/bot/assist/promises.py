"""Nobody on duty: the customer is told what can be done, asked what they want, and what is promised is kept in sight until it is kept.

Everything is said in the transaction that remembers it, under the conversation's lock; facts handled twice say nothing twice.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from qiao.domains.bot.assist import promise_times, promise_words
from qiao.domains.bot.assist.promise_contracts import DuePromise, Move, Promise, PromiseState, Shown, Window
from qiao.domains.bot.assist.promise_dialogue import Heard, hear
from qiao.domains.bot.assist.repository import PromiseRows, workspaces_with_promises
from qiao.domains.bot.composing import Duty
from qiao.domains.bot.dialogue import language_of
from qiao.domains.bot.errors import PromiseNotFound
from qiao.domains.bot.events import PromiseChanged
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.turn_parts import House, option_of
from qiao.domains.bot.words import in_language
from qiao.domains.bot.words import say as say_own
from qiao.domains.conversations.contracts import Author, AuthorKind, Conversation, Message, MessageKind, NewMessage, Status
from qiao.domains.inboxes.contracts import Inbox, Schedule
from qiao.domains.routing.contracts import HandOverCase
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, PersonId, WorkspaceId
from qiao.platform.db.database import Scope
from qiao.platform.jobs.timers import in_each

GRACE = timedelta(minutes=15)
"""How long after its due time a promise still counts as kept."""
REMIND = timedelta(minutes=10)
_HEARD_AT_ONCE = 20


class _Place(Struct, frozen=True, kw_only=True):
    """Where something is said: the conversation, its inbox, when people answer there, the workspace's zone, the bot, the language."""

    conversation: Conversation
    inbox: Inbox
    schedule: Schedule | None
    zone: str
    bot: Author
    language: str

    @property
    def local(self) -> ZoneInfo:
        return promise_times.expected(self.schedule, self.zone).zone


class Promises:
    """Offers, asks, promises, reminds."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._workspaces = Workspaces(house.database)

    async def duty(self, scope: Scope, inbox: Inbox) -> Duty:
        """Who is there for customers of an inbox now."""
        schedule = await self._house.inboxes.schedule(scope, inbox)
        if schedule is not None and not schedule.is_open(utc_now()):
            return "closed"
        return "here" if await self._house.duty.anybody_online(scope) else "nobody"

    async def offer(self, scope: Scope, conversation_id: ConversationId, cause: str) -> None:
        """A person is needed: when nobody is on duty, offer a message or a call. The same cause says it once."""
        conversation = await self._house.conversations.get(scope, conversation_id)
        # Where everybody reads along, nobody is asked for a number or an address.
        if conversation.status is not Status.WAITING or conversation.thread:
            return
        inbox = await self._house.inboxes.get(scope, conversation.inbox_id)
        if await self.duty(scope, inbox) == "here" or await self._promised_already(scope, conversation_id):
            return
        place = await self._place(scope, conversation, inbox)
        if await PromiseRows(scope).begin(conversation_id, place.language, conversation.last_seq) is not None:
            text = promise_words.say("offer", place.language, when=self._when(place))
            choices = self._labelled(place, ("message", "call_back"), ())
            await self._say(scope, place, text, f"offer-{cause}", choices)

    async def asking_among(self, scope: Scope, ids: Collection[UUID]) -> set[UUID]:
        """Those of the conversations in which a customer is being asked."""
        return await PromiseRows(scope).asking_among(ids)

    async def heard(self, scope: Scope, conversation_id: ConversationId) -> None:
        """The customer wrote while being asked: go on. Safe to repeat; a conversation that somebody took up is left to them."""
        row = await self._house.conversations.row(scope, conversation_id, lock=True)
        rows = PromiseRows(scope)
        if row["status"] != Status.WAITING:
            return await rows.drop(conversation_id)
        asked = await rows.asking(conversation_id)
        if asked is None:
            return None
        page = await self._house.conversations.messages(scope, conversation_id, after=asked[1], limit=_HEARD_AT_ONCE)
        for message in page.items:
            if message.author.kind is AuthorKind.CONTACT and (asked := await rows.asking(conversation_id)) is not None:
                await self._hear_one(scope, message)
        return None

    async def give_back(self, scope: Scope, conversation_id: ConversationId, cause: str) -> None:
        """A person gave the conversation to the bot: it says so in one sentence. The same cause says it once."""
        conversation = await self._house.conversations.get(scope, conversation_id)
        inbox = await self._house.inboxes.get(scope, conversation.inbox_id)
        if conversation.status is not Status.BOT or not inbox.bot_enabled:
            return
        await PromiseRows(scope).drop(conversation_id)
        place = await self._place(scope, conversation, inbox)
        text = promise_words.say("back", place.language, name=place.bot.name or "")
        content: dict[str, Any] = {"type": "small_talk", "turn_id": None, "disclosure": True}
        await self._post(scope, place, text, f"back-{cause}", content)

    async def of(self, scope: Scope, conversation_id: ConversationId) -> Sequence[Promise]:
        """What was promised in a conversation, newest first."""
        return await PromiseRows(scope).of(conversation_id)

    async def due(self, scope: Scope) -> list[DuePromise]:
        """What somebody still has to keep, soonest first, broken ones that nobody made good among them."""
        promises = await PromiseRows(scope).due()
        conversations = {
            one.id: one for one in await self._house.conversations.by_ids(scope, [one.conversation_id for one in promises])
        }
        return [DuePromise(one, conversations[one.conversation_id]) for one in promises if one.conversation_id in conversations]

    async def settle(self, scope: Scope, promise_id: UUID, by: Author) -> Promise:
        """The customer was called or answered. Raises PromiseNotFound, also when it was settled before."""
        settled = await PromiseRows(scope).settle(promise_id, PersonId(by.id) if by.id else None)
        if settled is None:
            raise PromiseNotFound("no such promise to keep")
        await self._tell(scope, settled, "kept", by.name)
        return settled

    async def look(self) -> None:
        """For a timer: remind of what begins soon, mark as broken what was not kept, settle messages that were answered."""

        async def look(workspace_id: WorkspaceId) -> None:
            async with self._house.database.scope(workspace_id) as scope:
                await self.look_in(scope, utc_now())

        await in_each(await workspaces_with_promises(self._house.database), look)

    async def look_in(self, scope: Scope, now: datetime) -> None:
        """`look` in one workspace, at a moment."""
        rows = PromiseRows(scope)
        for one in await rows.due():
            if one.kind == "message" and await self._answered(scope, one) and (done := await rows.settle(one.id, None)):
                await self._tell(scope, done, "kept", None)
        for one in await rows.remind(now + REMIND):
            await self._tell(scope, one, "due", None)
        for one in await rows.break_overdue(now - GRACE):
            await self._tell(scope, one, "broken", None)

    async def _hear_one(self, scope: Scope, message: Message) -> None:
        conversation_id = message.conversation_id
        rows = PromiseRows(scope)
        asked = await rows.asking(conversation_id)
        conversation = await self._house.conversations.get(scope, conversation_id)
        if asked is None or asked[1] >= message.seq:
            return
        place = await self._place(scope, conversation, await self._house.inboxes.get(scope, conversation.inbox_id))
        now = utc_now()
        language = language_of(message.text, asked[2].language)
        asking = msgspec.structs.replace(asked[2], known_email=conversation.contact.email, language=language)
        place = msgspec.structs.replace(place, language=language)
        schedule, zone = place.schedule, place.zone
        window = promise_times.chosen_window(message.text, schedule, zone, now) if asking.step == "window" else None
        heard = Heard(text=message.text, option=option_of(message), window=window)
        move = hear(asking, heard)
        offered = promise_times.offered(schedule, zone, now) if move.step == "window" else ()
        if move.danger:
            case = HandOverCase(conversation_id=conversation_id, inbox_id=place.inbox.id, reason="emergency", words=message.text)
            await self._house.duty.guess(scope, case)
        await rows.step(asked[0], move, message.seq, Shown(offered, language))
        promise = await self._made(scope, asked[0], move, message.seq, place)
        if move.dropped:
            await rows.drop(conversation_id)
        if move.say:
            text = self._text(move, place, promise)
            await self._say(scope, place, text, f"promise-{message.id}", self._labelled(place, (), offered))

    async def _made(self, scope: Scope, promise_id: UUID, move: Move, seq: int, place: _Place) -> Promise | None:
        if move.promised is None:
            return None
        due_at = move.window.ends if move.window else promise_times.answer_due(place.schedule, place.zone, utc_now())
        promise = await PromiseRows(scope).make(promise_id, move, seq, due_at)
        await self._tell(scope, promise, "made", None)
        return promise

    def _text(self, move: Move, place: _Place, promise: Promise | None) -> str:
        if move.danger:
            return say_own("emergency", place.language)
        window = promise_times.label(move.window, utc_now(), place.local, place.language) if move.window else ""
        phone, email = (promise.phone, promise.email) if promise else (None, None)
        when = self._when(place)
        return promise_words.say(move.say, place.language, when=when, phone=phone or "", email=email or "", window=window)

    def _when(self, place: _Place) -> str:
        """Until when somebody answers, as people say it."""
        now = utc_now()
        due = promise_times.answer_due(place.schedule, place.zone, now).astimezone(place.local)
        day = promise_times.day_label(due, now.astimezone(place.local), place.language)
        return promise_words.say("by", place.language, day=day, clock=f"{due:%H:%M}")

    def _labelled(self, place: _Place, names: Sequence[str], offered: Sequence[Window]) -> list[tuple[str, str]]:
        """What can be chosen by a button: name and label."""
        now = utc_now()
        if names:
            return [(name, promise_words.say(name, place.language)) for name in names]
        return [(f"window-{at}", promise_times.label(one, now, place.local, place.language)) for at, one in enumerate(offered)]

    async def _say(self, scope: Scope, place: _Place, text: str, client_id: str, choices: Sequence[tuple[str, str]]) -> None:
        """A text, with buttons where faces have them."""
        options = [{"entry_id": str(promise_words.OPTIONS[name]), "label": label} for name, label in choices]
        content: dict[str, Any] = {"type": "small_talk", "turn_id": None, "disclosure": False}
        if options:
            content = {**content, "type": "offer", "zone": "offer", "options": options}
        await self._post(scope, place, text, client_id, content)

    async def _post(self, scope: Scope, place: _Place, text: str, client_id: str, content: dict[str, Any]) -> None:
        message = NewMessage(
            conversation_id=place.conversation.id, author=place.bot, text=text, client_id=client_id, content=content, depth=1
        )
        await self._house.conversations.post_in(scope, message)

    async def _tell(self, scope: Scope, promise: Promise, act: str, by: str | None) -> None:
        """A line of the timeline and a fact."""
        scope.emit(
            PromiseChanged(
                promise_id=promise.id, conversation_id=promise.conversation_id, kind=promise.kind, act=act, due_at=promise.due_at
            )
        )
        line = {"kind": promise.kind, "due": promise.due_at.isoformat(), "phone": promise.phone, "email": promise.email, "by": by}
        event = NewMessage(
            conversation_id=promise.conversation_id,
            author=Author(AuthorKind.SYSTEM),
            text="",
            client_id=f"promise-{act}-{promise.id}",
            kind=MessageKind.EVENT,
            content={
                "type": "event",
                "event": f"promise_{act}",
                "data": {name: value for name, value in line.items() if value},
            },
        )
        await self._house.conversations.post_in(scope, event)

    async def _place(self, scope: Scope, conversation: Conversation, inbox: Inbox) -> _Place:
        settings = await SettingsRows(scope).read()
        language = conversation.language or "zh"
        return _Place(
            conversation=conversation,
            inbox=inbox,
            schedule=await self._house.inboxes.schedule(scope, inbox),
            zone=(await self._workspaces.get(scope)).timezone,
            bot=Author(AuthorKind.BOT, None, in_language(settings.name, language)),
            language=language,
        )

    async def _promised_already(self, scope: Scope, conversation_id: ConversationId) -> bool:
        states: set[PromiseState] = {one.state for one in await PromiseRows(scope).of(conversation_id)}
        return "open" in states

    async def _answered(self, scope: Scope, promise: Promise) -> bool:
        """Whether somebody has answered here since; what should go out by e-mail is settled by whoever sent it."""
        if promise.email is not None:
            return False
        page = await self._house.conversations.messages(scope, promise.conversation_id, limit=50)
        return any(
            one.author.kind is AuthorKind.AGENT and one.kind is MessageKind.TEXT and one.created_at > promise.made_at
            for one in page.items
        )
