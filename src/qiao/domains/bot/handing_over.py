"""Handing over to a person: the note for colleagues, the place in the queue. Happens in the transaction that says so to the customer."""

from qiao.domains.bot.composing import Duty
from qiao.domains.bot.dialogue import Act
from qiao.domains.bot.turn_parts import House, Question, summary_of
from qiao.domains.bot.words import in_language
from qiao.domains.conversations.contracts import Author, AuthorKind, MessageKind, NewMessage
from qiao.domains.routing.contracts import HandOverCase
from qiao.platform.db.database import Scope


class HandingOver:
    """What happens to a conversation when the bot steps aside."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def do(self, scope: Scope, question: Question, act: Act, _duty: Duty) -> None:
        """Leave the summary, put the conversation in the queue. `_duty`: what the customer was told of who is there."""
        conversation_id = question.conversation.id
        author = Author(AuthorKind.BOT, None, in_language(question.settings.name, question.language))
        summary = summary_of(question, act)
        note = NewMessage(
            conversation_id=conversation_id,
            author=author,
            text=summary.text(),
            client_id=f"summary-{question.message.id}",
            kind=MessageKind.NOTE,
            content=summary.content(),
        )
        await self._house.conversations.post_in(scope, note)
        reason = act.hand_over or "unsure"
        words = "\n".join(one.text for one in (*question.earlier, question.message))
        case = HandOverCase(
            conversation_id=conversation_id,
            inbox_id=question.inbox.id,
            reason=reason,
            words=words,
            intent=act.skill,
            team_id=act.team_id,
            inbox_team_id=question.inbox.team_id,
        )
        guess = await self._house.duty.guess(scope, case)
        await self._house.conversations.hand_over(scope, conversation_id, author, reason=reason, team_id=guess.team_id)
