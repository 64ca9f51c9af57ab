"""Help with agents' texts: another tone, another language, three lines about a conversation. An agent reads it before anybody else does.

Everything that must survive is a mask while it is away: names, numbers, links, order numbers. A mask that comes back bent, twice or not
at all is a failure, and so is a figure or a promise that was not there.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence

from qiao.domains.bot.generating.asking import Asking, Wish
from qiao.domains.bot.generating.checks import leaks
from qiao.domains.bot.generating.contracts import AgentText, Errand, Purpose
from qiao.domains.bot.generating.figures import Facts, facts_of, plain
from qiao.domains.bot.generating.masking import MASK, Masked, Piece, Unsafe, mask
from qiao.domains.bot.generating.prompts import Prompt, rewrite_prompt, summary_prompt, translate_prompt
from qiao.domains.bot.generating.support import promises_of
from qiao.kit.ids import WorkspaceId
from qiao.kit.text import detect_language

MAX_SUMMARISED = 8_000
MAX_LINE = 400
_GROWTH, _ROOM = 4, 200
_MARKUP = re.compile(r"<\s*[a-z/!?]|!\[|javascript:|data:\w+/", re.IGNORECASE)
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_LINES = re.compile(
    r"\s*\**WANTS\**\s*[:：](?P<wants>.+?)\n\s*\**DONE\**\s*[:：](?P<done>.+?)\n\s*\**OPEN\**\s*[:：](?P<open>.+)",
    re.DOTALL,
)
_NAMED = {
    "zh": "客户诉求（据客户所述）：{wants}\n已沟通：{done}\n待跟进：{open}",
    "en": "Customer wants (in their words): {wants}\nSo far: {done}\nStill open: {open}",
}

Check = Callable[[str, str], Sequence[str]]
"""What failed, of a reply with its masks taken off and the text it was made from."""


class Texts:
    """Asks for texts and checks them. Safe to call from many tasks."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def rewrite(self, workspace_id: WorkspaceId, text: str, tone: str, errand: Errand) -> AgentText:
        """The same message in another tone."""
        language = detect_language(text, "zh")

        def check(reply: str, source: str) -> list[str]:
            return [*_same_values(reply, source), *_language(reply, language)]

        return await self._done(
            workspace_id, ("rewrite", text, language), lambda masked: rewrite_prompt(masked, tone), check, errand
        )

    async def translate(self, workspace_id: WorkspaceId, text: str, target: str, errand: Errand) -> AgentText:
        """The same message in another language."""

        def check(reply: str, source: str) -> list[str]:
            return [*_same_values(reply, source), *_language(reply, target)]

        return await self._done(
            workspace_id, ("translate", text, target), lambda masked: translate_prompt(masked, target), check, errand
        )

    async def summarise(self, workspace_id: WorkspaceId, lines: str, language: str, errand: Errand) -> AgentText:
        """Three lines about a conversation. Whatever a customer wrote into it comes back as the customer's claim."""

        def check(reply: str, source: str) -> list[str]:
            return [*_summary_shape(reply), *_known_values(facts_of(reply), facts_of(source)), *_language(_told(reply), language)]

        made = await self._done(
            workspace_id,
            ("summarise", lines[-MAX_SUMMARISED:], language),
            lambda masked: summary_prompt(masked, language),
            check,
            errand,
        )
        return made if made.outcome != "done" else AgentText(outcome="done", text=_named(made.text, language))

    async def _done(
        self,
        workspace_id: WorkspaceId,
        what: tuple[Purpose, str, str],
        prompt_of: Callable[[str], Prompt],
        check: Check,
        errand: Errand,
    ) -> AgentText:
        purpose, text, language = what
        until = time.monotonic() + errand.seconds
        try:
            masked = await asyncio.to_thread(mask, [Piece(text)], errand.known, keep_orders=False, links=True)
        except Unsafe:
            return AgentText(outcome="unsafe")
        prompt = prompt_of(masked.texts[0])
        came = await self._asking.ask(
            workspace_id,
            Wish(
                purpose=purpose,
                prompt=prompt,
                settings=errand.settings,
                language=language,
                until=until,
                conversation_id=errand.conversation_id,
                person_id=errand.person_id,
            ),
        )
        if isinstance(came, str):
            return AgentText(outcome="failed" if came == "failing" else came)
        if came.reply is None:
            await self._asking.told(workspace_id, came, came.outcome)
            return AgentText(outcome="failed")
        reply = came.reply.strip()
        exact = purpose != "summarise"
        failed = [*_shape(reply, masked, prompt), *(_masks(reply, masked) if exact else ()), *check(masked.unmask(reply), text)]
        outcome = "rejected" if failed else "used"
        await self._asking.told(workspace_id, came, outcome, tuple(dict.fromkeys(failed)))
        if failed:
            return AgentText(outcome="rejected", failed=tuple(dict.fromkeys(failed)))
        return AgentText(outcome="done", text=masked.unmask(reply))


def _shape(reply: str, masked: Masked, prompt: Prompt) -> list[str]:
    source, text = masked.texts[0], masked.unmask(reply)
    failed: list[str] = []
    if not reply or len(reply) > len(source) * _GROWTH + _ROOM:
        failed.append("length" if reply else "empty")
    if leaks(reply, prompt.secrets, prompt.own_words):
        failed.append("leak")
    if _MARKUP.search(text) and not _MARKUP.search(masked.unmask(source)):
        failed.append("markup")
    if _HIDDEN.search(reply):
        failed.append("hidden")
    if masked.leftover(text):
        failed.append("mask")
    return failed


def _masks(reply: str, masked: Masked) -> list[str]:
    """Each value as often as it was there."""
    return [] if Counter(MASK.findall(reply)) == Counter(MASK.findall(masked.texts[0])) else ["mask"]


def _same_values(reply: str, source: str) -> list[str]:
    """Figures and promises neither come nor go."""
    said, given = facts_of(reply), facts_of(source)
    failed = _known_values(said, given)
    if _digits(source) - _digits(reply) - {value for value, _ in said.figures} or given.dates != said.dates:
        failed.append("figure")
    if promises_of(reply) - promises_of(source):
        failed.append("promise")
    return failed


def _known_values(said: Facts, given: Facts) -> list[str]:
    failed: list[str] = []
    values = {value for value, _ in given.figures}
    if any(value not in values for value, unit in said.figures if unit) or not said.dates <= _with_days(given):
        failed.append("figure")
    if said.urls - given.urls or said.emails - given.emails:
        failed.append("link")
    return failed


def _with_days(given: Facts) -> set[tuple[int, int, int]]:
    """Dates, also without their year."""
    return {*given.dates, *((0, month, day) for _, month, day in given.dates)}


def _digits(text: str) -> set[str]:
    """Numbers that are written in digits, apart from dates, which languages order differently."""
    written = {value for value, _ in facts_of(text).figures}
    return {one for match in _DIGITS.findall(plain(text)) if (one := match.replace(",", "")) in written}


def _language(reply: str, language: str) -> list[str]:
    return [] if detect_language(MASK.sub(" ", reply), language) == language else ["language"]


def _summary_shape(reply: str) -> list[str]:
    parts = _LINES.fullmatch(reply.strip())
    fits = parts is not None and all(
        one.strip() and len(one.strip()) <= MAX_LINE and "\n" not in one.strip() for one in parts.groups()
    )
    return [] if fits else ["shape"]


def _told(reply: str) -> str:
    parts = _LINES.fullmatch(reply.strip())
    return " ".join(parts.groups()) if parts else reply


def _named(reply: str, language: str) -> str:
    parts = _LINES.fullmatch(reply.strip())
    found = {name: text.strip() for name, text in parts.groupdict().items()} if parts else {}
    return _NAMED["zh" if language == "zh" else "en"].format(**found)
