"""Platforms whose API is a graph of objects with one envelope for errors, whose webhooks are signed with X-Hub-Signature-256 and begin
with a challenge, and whose files lie behind addresses of theirs. Names no provider.

An inbox of such a channel has the secrets `access_token`, `app_secret` and `verify_token`, and the hosts `api` and `media`.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, UNREACHED_SECONDS, read_answer, wait_of, words
from qiao.kit.errors import Refused
from qiao.kit.webhook_signatures import is_signed, signed_hex
from qiao.ports.channel import (
    Account,
    Ack,
    FetchedMedia,
    MediaResult,
    NeedsReauth,
    RawReceipt,
    Rejected,
    Retry,
    Wire,
    WireAnswer,
    WireFailed,
    WireRequest,
)

T = TypeVar("T")

SIGNATURE = "x-hub-signature-256"
UPLOAD_SECONDS = 60.0
LARGEST_FILE = 100 * 1024 * 1024
TRANSIENT = frozenset({1, 2})
THROTTLED = frozenset({4, 17, 32, 341, 613, 80006, 80007})
LOCKED_OUT = frozenset({3, 10, 102, 190, *range(200, 300)})

Failed = Retry | Rejected | NeedsReauth


class GraphError(Struct, frozen=True):
    """Why a call was refused."""

    code: int = 0
    error_subcode: int = 0
    message: str = ""
    is_transient: bool = False
    error_user_msg: str | None = None


class Meanings(Struct, frozen=True, kw_only=True):
    """What one platform's own codes mean beside those that all have; `subcodes` are looked at first."""

    codes: Mapping[int, Failed] = {}
    subcodes: Mapping[int, Failed] = {}


class _Envelope(Struct, frozen=True):
    error: GraphError | None = None


def verify(receipt: RawReceipt, account: Account) -> Ack | None:
    """The challenge of a subscription is answered with itself; everything else is signed with the app's secret. Raises Refused."""
    secret = account.secrets.get("app_secret", "")
    if receipt.method == "GET":
        wanted = account.secrets.get("verify_token", "")
        asks = receipt.query.get("hub.mode") == "subscribe" and "hub.challenge" in receipt.query
        if not secret or not asks or not is_signed(wanted, receipt.query.get("hub.verify_token", ""), wanted):
            raise Refused("the verify token is not the inbox's")
        return Ack(body=receipt.query["hub.challenge"])
    if not is_signed(secret, receipt.headers.get(SIGNATURE, ""), signed_hex(secret, receipt.body, "sha256=")):
        raise Refused("the signature is not the app's")
    return None


def request(account: Account, method: str, path: str, **more: Any) -> WireRequest:
    """A call of the API with the inbox's token; `more` is of WireRequest."""
    headers = {"authorization": f"Bearer {account.secrets.get('access_token', '')}"}
    return WireRequest(method=method, url=f"{account.hosts['api']}/{path}", headers=headers, **more)


async def call(wire: Wire, asked: WireRequest, kind: type[T], meanings: Meanings) -> T | Failed:
    """What the call gave, or what its refusal means."""
    try:
        answer = await wire.request(asked)
    except WireFailed as failed:
        return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return read_answer(answer, kind) or Retry(BROKEN_SECONDS, "the provider's answer makes no sense")
    return refusal(answer, meanings)


def refusal(answer: WireAnswer, meanings: Meanings) -> Failed:
    """What a refusal means for the reply."""
    envelope = read_answer(answer, _Envelope)
    error = envelope.error if envelope is not None else None
    if error is not None:
        return meaning(error, meanings, wait_of(answer.headers, BROKEN_SECONDS))
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return NeedsReauth("the provider answered 401")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Retry(wait_of(answer.headers, BROKEN_SECONDS), f"the provider answered {answer.status}")
    return Rejected(f"the provider answered {answer.status}")


def meaning(error: GraphError, meanings: Meanings, wait: float = BROKEN_SECONDS) -> Failed:
    """What an error means: the platform's own codes first, then those that the API has everywhere."""
    said = words(error.error_user_msg or error.message, f"error {error.code}")
    own = meanings.subcodes.get(error.error_subcode) or meanings.codes.get(error.code)
    if own is not None:
        return own
    if error.code in THROTTLED:
        return Retry(wait, "rate_limited")
    if error.code in LOCKED_OUT:
        return NeedsReauth(said)
    return Retry(wait, said) if error.is_transient or error.code in TRANSIENT else Rejected(said)


def is_file_of_theirs(url: str, account: Account) -> bool:
    """Whether an address is on the platform's file hosts: the host `media`, or over TLS in one of the domains of `media_domains`."""
    if url.startswith(f"{account.hosts['media']}/"):
        return True
    try:
        parts = urlsplit(url)
        host, plain = parts.hostname or "", parts.port is None and parts.username is None
    except ValueError:
        return False
    domains = str(account.settings.get("media_domains") or "").split()
    return parts.scheme == "https" and plain and any(host == one or host.endswith(f".{one}") for one in domains)


async def fetch_file(wire: Wire, url: str, account: Account, headers: Mapping[str, str] | None = None) -> MediaResult:
    """The bytes behind an address of the platform; other addresses are not asked."""
    if not is_file_of_theirs(url, account):
        return Rejected("not_allowed")
    asked = WireRequest(method="GET", url=url, headers=headers or {}, seconds=UPLOAD_SECONDS, max_bytes=LARGEST_FILE)
    try:
        answer = await wire.request(asked)
    except WireFailed as failed:
        return Rejected("too_large") if failed.reason == "too_large" else Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    if answer.status == HTTPStatus.OK:
        return FetchedMedia(data=answer.body, content_type=answer.headers.get("content-type"))
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN}:
        return Rejected("expired")
    return refusal(answer, Meanings())
