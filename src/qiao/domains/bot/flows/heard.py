"""What a message holds that a question may ask for: numbers, addresses, days. Pure and total."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from qiao.domains.bot.entities import Entity, find
from qiao.domains.bot.flows.running import Ground

BOUND = 2_000
_KINDS = {
    "order": "order_number",
    "email": "email",
    "phone": "phone",
    "tax_number": "tax_number",
    "date": "date",
    "datetime": "date",
}
_SPACED_DAY = re.compile(r"(?<=\d)\s+(?=[年月日号])|(?<=[年月])\s+(?=\d)")
"""12 月 1 日, as the bot itself writes it."""
_LAST4 = re.compile(
    r"(?:尾号|后四位|后4位|末四位|ending(?: in| with)?|ends(?: in| with)?|last (?:four|4)(?: digits?)?)\D{0,12}(\d{4})(?!\d)",
    re.IGNORECASE,
)


def heard_in(text: str, ground: Ground) -> dict[str, Any]:
    """The first of each kind that a message holds: `order_number`, `email`, `phone`, `last4`, `tax_number`, `date` (ISO)."""
    cut = _SPACED_DAY.sub("", text[:BOUND])
    if not any(sign in cut for sign in "@") and not any(map(str.isalnum, cut)):
        return {}
    found: dict[str, Any] = {}
    last4 = _LAST4.search(cut)
    if last4 is not None:
        found["last4"] = last4[1]
        cut = cut[: last4.start()] + " " + cut[last4.end() :]
    for entity in find(cut, now=ground.now, zone=ZoneInfo(ground.zone), locale=ground.language):
        if entity.kind in _KINDS:
            found.setdefault(_KINDS[entity.kind], _plain(entity))
    return found


def all_heard(texts: Iterable[str], ground: Ground) -> dict[str, Any]:
    """The latest of each kind over several messages, oldest first."""
    heard: dict[str, Any] = {}
    for text in texts:
        heard |= heard_in(text, ground)
    return heard


def order_form(written: str) -> str:
    """An order number as it is compared: capitals, without the sign before it."""
    return written.strip().lstrip("#").upper()


def _plain(entity: Entity) -> str:
    if entity.kind == "order":
        return order_form(str(entity.value))
    if isinstance(entity.value, datetime):
        return entity.value.date().isoformat()
    return entity.value.isoformat() if isinstance(entity.value, date) else str(entity.value)
