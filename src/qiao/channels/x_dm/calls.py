"""X's calls: signed in the account's name or borne by the app's token, and what its answers mean."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, LONGEST_WAIT_SECONDS, UNREACHED_SECONDS, read_answer, words
from qiao.channels.x_dm.signing import Keys, authorization
from qiao.kit.clock import utc_now
from qiao.ports.channel import Account, NeedsReauth, Rejected, Retry, Wire, WireAnswer, WireFailed, WireRequest

T = TypeVar("T")
Failed = Retry | Rejected | NeedsReauth


class Named(Struct, frozen=True):
    """Whatever has an id; an account also has a name, a webhook an address."""

    id: str = ""
    dm_event_id: str = ""
    username: str = ""
    url: str = ""


class One(Struct, frozen=True):
    """An answer about one thing."""

    data: Named = Named()


class Several(Struct, frozen=True):
    """An answer about several."""

    data: tuple[Named, ...] = ()


class Problem(Struct, frozen=True):
    """A refusal."""

    title: str = ""
    detail: str = ""
    type: str = ""


def signed(account: Account, method: str, where: str, **more: Any) -> WireRequest:
    """A request in the account's name."""
    held = account.secrets
    keys = Keys(*(held.get(one, "") for one in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")))
    url = where if where.startswith(account.hosts["media"]) else account.hosts["api"] + where
    header = authorization(method, url, keys, secrets.token_hex(16), int(utc_now().timestamp()), more.get("query", {}))
    return WireRequest(method=method, url=url, headers={"authorization": header}, **more)


def bearing(account: Account, method: str, path: str, **more: Any) -> WireRequest:
    """A request in the app's name."""
    headers: Mapping[str, str] = {"authorization": f"Bearer {account.secrets.get('bearer_token', '')}"}
    return WireRequest(method=method, url=account.hosts["api"] + path, headers=headers, **more)


async def call(wire: Wire, asked: WireRequest, kind: type[T]) -> T | Failed:
    try:
        answer = await wire.request(asked)
    except WireFailed as failed:
        return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return read_answer(answer, kind) or Retry(BROKEN_SECONDS, "the provider's answer makes no sense")
    return failure(answer)


def failure(answer: WireAnswer) -> Failed:
    """What a refusal means."""
    problem = read_answer(answer, Problem) or Problem()
    said = words(problem.detail or problem.title, f"the provider answered {answer.status}")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Retry(_until(answer.headers.get("x-rate-limit-reset", "")), "rate_limited")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Retry(BROKEN_SECONDS, said)
    if answer.status == HTTPStatus.UNAUTHORIZED or problem.type.endswith(("client-forbidden", "unsupported-authentication")):
        return NeedsReauth(said)
    if "duplicate" in said.lower():
        return Rejected(said)
    if answer.status == HTTPStatus.FORBIDDEN:
        return Rejected("blocked")
    return Rejected("unknown_address" if answer.status == HTTPStatus.NOT_FOUND else said)


def _until(stamp: str) -> float:
    """How long until a limit ends, within reason."""
    seconds = float(stamp) - utc_now().timestamp() if stamp.isascii() and stamp.isdecimal() else BROKEN_SECONDS
    return min(max(seconds, 1.0), LONGEST_WAIT_SECONDS)
