"""Pure decisions: when to try again, what an answer means, which headers a company may add."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from qiao.domains.webhooks.contracts import HeaderWish, Verdict
from qiao.domains.webhooks.errors import WebhookInvalid

WAITS = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds before each further try: 75 hours, 35 minutes and 5 seconds together."""
JITTER = 0.1
"""A wait is longer or shorter by at most this part of it: what failed together does not come back together."""
MAX_RETRY_AFTER = 86_400.0
"""A receiver may ask for so long a rest at most."""
REST_AT_LEAST = 5.0
REST_AT_MOST = 300.0
"""A receiver that has too much to do and says no time rests so long: doubled each time, from the least to the most."""
OFF_AFTER_DAYS = 5.0
"""An endpoint that nothing reached for so long is switched off."""

_THROTTLES = frozenset({429, 502, 503, 504})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_HEADERS = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "accept-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "keep-alive",
        "user-agent",
    }
)


def wait_after(tries: int, chance: float) -> float | None:
    """Seconds until the next try after so many; None when that was the last. `chance` between 0 and 1 places it within the jitter."""
    if tries > len(WAITS):
        return None
    return WAITS[max(tries, 1) - 1] * (1 + JITTER * (2 * chance - 1))


def verdict_of(status: int) -> Verdict:
    """What a status says: 2xx alone is success, a redirect is a failure like any other."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.GONE
    return Verdict.THROTTLED if status in _THROTTLES else Verdict.FAILED


def retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), bounded; None without a readable one."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def rest_after(throttled: int, asked: float | None) -> float:
    """Seconds for which an endpoint is left alone after it said the n-th time in a row that it has too much to do."""
    return asked if asked is not None else min(REST_AT_LEAST * 2 ** min(max(throttled, 1) - 1, 10), REST_AT_MOST)


def checked_headers(wishes: list[HeaderWish], kept: dict[str, str]) -> dict[str, str]:
    """The headers that are sent along: a wish without a value keeps the one it has. Raises WebhookInvalid."""
    found: dict[str, str] = {}
    known = {name.lower(): value for name, value in kept.items()}
    for wish in wishes:
        name = wish.name.lower()
        value = known.get(name) if wish.value is None else wish.value
        if not _HEADER_NAME.fullmatch(wish.name) or name in _OWN_HEADERS or name.startswith("webhook-"):
            raise WebhookInvalid("this header cannot be set", field="headers", name=wish.name)
        if value is None or not _is_value(value) or name in {one.lower() for one in found}:
            raise WebhookInvalid("this header's value cannot be sent", field="headers", name=wish.name)
        found[wish.name] = value
    return found


def _is_value(text: str) -> bool:
    return text.isascii() and text.isprintable() and text == text.strip()
