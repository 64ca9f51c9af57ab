"""From a question and what was found for it to an answer in the model's words: passages, masks, prompt, checks.

Passages are published entries as they are now, read by the same door as the built-in answer; nothing else of the company's knowledge
can get into a prompt. Neither can the customer's name, address or number, nor notes, nor other conversations.
"""

import asyncio
from collections.abc import Sequence

from qiao.domains.bot.generating.asking import Asking, Wish
from qiao.domains.bot.generating.checks import Grounds, check
from qiao.domains.bot.generating.contracts import LanguageModelSettings, Outcome, TriedAnswer
from qiao.domains.bot.generating.masking import Masked, Piece, Unsafe, mask
from qiao.domains.bot.generating.passages import Asked, Passage
from qiao.domains.bot.generating.prompts import (
    MAX_EARLIER,
    MAX_QUESTION,
    NO_ANSWER,
    Prompt,
    answer_prompt,
)
from qiao.kit.ids import WorkspaceId

MAX_EARLIER_QUESTIONS = 2
_SHORT = 60
"""A reply that says NO_ANSWER and more than a word or two is looked at like any other."""


class Writing:
    """Writes answers and checks them. Safe to call from many tasks."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def write(
        self, workspace_id: WorkspaceId, asked: Asked, passages: Sequence[Passage], settings: LanguageModelSettings, until: float
    ) -> TriedAnswer:
        """An answer from these passages, or the word for why there is none. Raises what the database raises."""
        if not passages or not asked.question.strip() or len(asked.question) > MAX_QUESTION:
            return TriedAnswer(outcome="not_asked")
        earlier = [one[:MAX_EARLIER] for one in asked.earlier if one.strip()][-MAX_EARLIER_QUESTIONS:]
        pieces = [*(Piece(one.text, published=True) for one in passages), Piece(asked.question), *map(Piece, earlier)]
        try:
            masked = await asyncio.to_thread(mask, pieces, asked.known, keep_orders=not settings.mask_order_numbers)
        except Unsafe:
            return TriedAnswer(outcome="unsafe")
        shown, question, before = masked.texts[: len(passages)], masked.texts[len(passages)], masked.texts[len(passages) + 1 :]
        prompt = answer_prompt(shown, question, before, asked.language, settings.tone)
        wish = Wish(
            purpose="answer",
            prompt=prompt,
            settings=settings,
            language=asked.language,
            until=until,
            conversation_id=asked.conversation_id,
        )
        came = await self._asking.ask(workspace_id, wish)
        if isinstance(came, str):
            return TriedAnswer(outcome=came)
        if came.reply is None:
            await self._asking.told(workspace_id, came, came.outcome)
            return TriedAnswer(outcome=came.outcome)
        result = _judged(came.reply, masked, (asked, passages, prompt))
        await self._asking.told(workspace_id, came, _logged(result), result.failed)
        return result


def _judged(reply: str, masked: Masked, given: tuple[Asked, Sequence[Passage], Prompt]) -> TriedAnswer:
    asked, passages, prompt = given
    if NO_ANSWER.lower() in reply.lower() and len(reply) < _SHORT:
        return TriedAnswer(outcome="declined")
    text = masked.unmask(reply)
    grounds = Grounds(
        passages=[one.text for one in passages],
        asked="\n".join([*asked.earlier, asked.question]),
        language=asked.language,
        secrets=prompt.secrets,
        prompt=prompt.own_words,
    )
    verdict = check(text, grounds)
    failed = (*verdict.failed, "mask") if masked.leftover(text) else verdict.failed
    sources = tuple(passages[at].source for at in verdict.cited if at < len(passages))
    return TriedAnswer(outcome="rejected" if failed else "used", text=verdict.text, failed=failed, sources=sources)


def _logged(tried: TriedAnswer) -> Outcome:
    return "declined" if tried.outcome == "declined" else "rejected" if tried.failed else "used"
