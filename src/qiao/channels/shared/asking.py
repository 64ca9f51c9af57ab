"""What adapters have in common when they read a provider's words: bodies, times, waiting and reasons. Names no provider."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

import msgspec

from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid
from qiao.ports.channel import Retry, Wire, WireAnswer, WireFailed, WireRequest

T = TypeVar("T")

UNREACHED_SECONDS = 15.0
BROKEN_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3600.0
REASON_CHARACTERS = 200
MOST_DIGITS = 18


def read(body: bytes, kind: type[T]) -> T:
    """A body as that contract; what else it holds is passed over. Raises Invalid."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError, OverflowError):
        raise Invalid("this is not a delivery of the provider") from None


def read_answer(answer: WireAnswer, kind: type[T]) -> T | None:
    """An answer's body as that contract; None when it is none."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError, OverflowError):
        return None


def moment(since: float | None, per_second: int = 1) -> datetime | None:
    """A provider's time since 1970, in seconds or in parts of one; None for what is no time."""
    try:
        return None if since is None else datetime.fromtimestamp(since / per_second, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def whole(text: str) -> int | None:
    """A number as providers write times and counts; None for anything else, and for more digits than those have."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def is_near(stamp: str, seconds: float, per_second: int = 1) -> bool:
    """True for a written time that is at most so far from ours."""
    at = whole(stamp)
    return at is not None and abs(utc_now().timestamp() - at / per_second) <= seconds


def words(text: str, fallback: str = "refused") -> str:
    """A provider's reason, on one line and not longer than is shown."""
    return " ".join(text.split())[:REASON_CHARACTERS] or fallback


def wait_of(headers: Mapping[str, str], fallback: float) -> float:
    """How long a provider asks to wait (Retry-After in seconds), within reason."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return fallback
    return min(max(seconds, 1.0), LONGEST_WAIT_SECONDS) if math.isfinite(seconds) else fallback


async def ask(wire: Wire, asked: WireRequest) -> WireAnswer | Retry:
    """One request. Retry when there was no usable answer, or the provider said that it is broken or too busy."""
    try:
        answer = await wire.request(asked)
    except WireFailed as failed:
        return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Retry(wait_of(answer.headers, BROKEN_SECONDS), "rate_limited")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Retry(wait_of(answer.headers, BROKEN_SECONDS), f"the provider answered {answer.status}")
    return answer
