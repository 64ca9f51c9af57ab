"""Saying a reply: its messages, its turns, and everything that follows from it, in one transaction under the conversation's lock."""

from uuid import UUID

import msgspec

from qiao.domains.bot.assist.promise_times import back_words
from qiao.domains.bot.composing import Around, Duty
from qiao.domains.bot.dialogue import Act, left_unanswered
from qiao.domains.bot.drafting import MessageDraft, drafts_of, quotes_of, quoting, turn_of
from qiao.domains.bot.flows.repository import RunRows
from qiao.domains.bot.gathering import gather
from qiao.domains.bot.handing_over import HandingOver
from qiao.domains.bot.learning.marking import marked
from qiao.domains.bot.learning.trying import worded
from qiao.domains.bot.repository.turns import TurnRows
from qiao.domains.bot.turn_parts import House, Question, Reply
from qiao.domains.bot.words import in_language
from qiao.domains.conversations.contracts import Author, AuthorKind, Message, NewMessage, Status
from qiao.domains.inboxes.contracts import Inbox, Schedule
from qiao.domains.knowledge.contracts import PublishedEntry
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope

UNSURE = Act(zone="hand_over", reason="failed", say="unsure", hand_over="unsure")
_LANGUAGE_MESSAGES = 3

Said = tuple[Question, Reply]


class Saying:
    """Posts what was decided. Repeating says nothing twice."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._handing_over = HandingOver(house)

    async def say(self, scope: Scope, question: Question, reply: Reply) -> None:
        """Post the reply and all that goes with it, unless somebody else has the conversation or the turn was taken."""
        conversation_id, seq = question.conversation.id, question.message.seq
        parts = [(part, await self._as_it_is(scope, part, said)) for part, said in reply.parts or ((question, reply),)]
        row = await self._house.conversations.row(scope, conversation_id, lock=True)
        rows = TurnRows(scope)
        if row["status"] != Status.BOT or await rows.exists(conversation_id, seq):
            return
        over = next((said.act for _, said in parts if said.act.hand_over is not None), None)
        duty, schedule = await self._duty(scope, question.inbox) if over is not None else ("here", None)
        # What was said before anybody else had the conversation counts: the customer was told then.
        told = bool(await rows.past(conversation_id))
        posted: list[Message] = []
        for at, (part, said) in enumerate(parts):
            turn_id = new_id()
            quoted = await self._quoted(scope, (part, said))
            drafts = drafts_of(said, _around(part, said, duty, schedule), turn_id, quoted)
            for draft in drafts if len(parts) == 1 else quoting(drafts, part.message.text):
                posted.append(await self._post(scope, part, draft, len(posted), disclosure=not told and not posted))
            turn = turn_of(turn_id, (part, said), posted[-1], at)
            await rows.store(marked(turn, question.trying, said, quoted.values()))
            await self._remember_unanswered(scope, part, said, first=not at)
        await self._keep_run(scope, question, reply)
        if question.conversation.language != question.language and _language_open(question):
            await self._house.conversations.set_language(scope, conversation_id, question.language)
        if over is not None:
            await self._handing_over.do(scope, question, over, duty)

    async def _quoted(self, scope: Scope, said: Said) -> dict[UUID, PublishedEntry]:
        """What a flow quotes, as it is now and as this conversation reads it."""
        question, reply = said
        quotes = quotes_of(reply)
        found = await self._house.source.published_entries(scope, quotes) if quotes else ()
        return {one.id: worded(one, question.trying) for one in found}

    async def _post(self, scope: Scope, question: Question, draft: MessageDraft, at: int, *, disclosure: bool) -> Message:
        message = NewMessage(
            conversation_id=question.conversation.id,
            author=Author(AuthorKind.BOT, None, in_language(question.settings.name, question.language)),
            text=draft.text,
            client_id=f"turn-{question.message.id}" + (f"-{at}" if at else ""),
            content=draft.content | {"disclosure": disclosure},
            attachments=draft.attachments,
            caused_by=str(question.message.id),
            depth=1,
        )
        return await self._house.conversations.post_in(scope, message)

    async def _as_it_is(self, scope: Scope, question: Question, reply: Reply) -> Reply:
        """The reply with the entry it quotes as it is now; what was taken from customers meanwhile is neither quoted nor offered."""
        if self._house.writer is not None:
            reply = await self._house.writer.still_true(scope, reply)
        named = reply.act.options if reply.act.zone == "offer" else () if reply.act.entry_id is None else (reply.act.entry_id,)
        if not named:
            return reply
        flows = {one.entry_id for one in reply.candidates if one.kind == "flow"}
        entries = {one.id: one for one in await self._house.source.published_entries(scope, set(named) - flows)}
        left = tuple(one for one in named if one in entries or one in flows)
        if left and reply.act.zone == "offer":
            say = "offer" if len(left) > 1 else "offer_one"
            return msgspec.structs.replace(reply, act=msgspec.structs.replace(reply.act, options=left, say=say))
        if left:
            entry = entries.get(left[0])
            return msgspec.structs.replace(reply, entry=None if entry is None else worded(entry, question.trying))
        given_up = question.settings.hand_over_when_unsure
        return Reply(
            act=UNSURE if given_up else Act(zone="hand_over", reason="unknown", say="unknown"), candidates=(), found=reply.found
        )

    async def _keep_run(self, scope: Scope, question: Question, reply: Reply) -> None:
        """Where the flow stands now. Any other that is open in this conversation is over: there is one at a time."""
        runs, run = RunRows(scope), reply.flow.run if reply.flow else None
        if run is None or question.run is None or question.run.id != run.id:
            await runs.end(question.conversation.id, reply.ends)
        if run is not None:
            await runs.store(run)

    async def _duty(self, scope: Scope, inbox: Inbox) -> tuple[Duty, Schedule | None]:
        """Who is there for customers of an inbox now, and when people are."""
        schedule = await self._house.inboxes.schedule(scope, inbox)
        if schedule is not None and not schedule.is_open(utc_now()):
            return "closed", schedule
        return "here" if await self._house.duty.anybody_online(scope) else "nobody", schedule

    async def _remember_unanswered(self, scope: Scope, question: Question, reply: Reply, *, first: bool) -> None:
        left = left_unanswered(question.said, reply.act) if first else None
        conversation_id = question.conversation.id
        if left is not None:
            await gather(scope, left.question, left.language, conversation_id, (left.candidates, None, None))
        found = reply.found
        if found is not None and reply.act.zone == "hand_over":
            seen = (reply.candidates, found.vector, found.model)
            await gather(scope, found.used_question, question.language, conversation_id, seen)


def _around(question: Question, reply: Reply, duty: Duty, schedule: Schedule | None) -> Around:
    return Around(
        language=question.language,
        settings=question.settings,
        candidates=reply.candidates,
        entry=reply.entry,
        written=reply.written,
        duty=duty,
        back=back_words(schedule, utc_now(), question.language) if duty == "closed" and schedule else "",
        suggested=reply.suggested,
    )


def _language_open(question: Question) -> bool:
    return question.conversation.language is None or len(question.earlier) < _LANGUAGE_MESSAGES
