"""The adapter of X: account activity in, direct messages by API v2 out.

The API knows no key of a send: when an answer was lost, the try after it may show a message twice.
"""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import BROKEN_SECONDS, LONGEST_WAIT_SECONDS, UNREACHED_SECONDS, read_answer, words
from qiao.channels.shared.declaring import undeclared
from qiao.channels.x_dm import codec
from qiao.channels.x_dm.signing import Keys, authorization
from qiao.kit.clock import utc_now
from qiao.kit.errors import Refused
from qiao.kit.webhook_signatures import is_signed, signed_base64
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    FetchedMedia,
    Inbound,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Wire,
    WireAnswer,
    WireFailed,
    WireRequest,
)

T = TypeVar("T")
Failed = Retry | Rejected | NeedsReauth

SIGNATURE = "x-twitter-webhooks-signature"
UPLOAD_SECONDS = 60.0
LARGEST_PICTURE = 20 * 1024 * 1024
STEPS_LEFT = {
    "zh": "没有填 Bearer Token 的，请在 X 开发者后台登记回调地址，并把公司账号订阅到它；回调地址不能带端口。",
    "en": "Without a bearer token, register the webhook address in X's developer console and subscribe the account to it; "
    "the address may not carry a port.",
}


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


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Answers the challenge with its signature; refuses what the app's secret did not sign."""
        secret = account.secrets.get("consumer_secret", "")
        if receipt.method == "GET":
            token = receipt.query.get("crc_token", "")
            if not secret or not token:
                raise Refused("there is no challenge, or no secret to answer it with")
            answer = {"response_token": signed_base64(secret, token.encode(), "sha256=")}
            return Ack(body=msgspec.json.encode(answer).decode(), content_type="application/json")
        if not is_signed(secret, receipt.headers.get(SIGNATURE, ""), signed_base64(secret, receipt.body, "sha256=")):
            raise Refused("the signature is not the app's")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What was delivered for the inbox's own account. Raises Invalid."""
        settings = account.settings
        return codec.contracts(receipt.body, str(settings.get("user_id") or ""), str(settings.get("app_id") or ""))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """A text, or an uploaded picture."""
        refused = undeclared(self.manifest, message)
        if refused is None and not (message.to.isascii() and message.to.isdecimal()):
            refused = Rejected("unknown_address")
        if refused is not None:
            return refused
        content: dict[str, Any] = {"text": message.text}
        if message.files:
            uploaded = await self._uploaded(message, account, wire)
            if not isinstance(uploaded, One):
                return uploaded
            content = {"attachments": [{"media_id": uploaded.data.id}]}
        asked = _signed(account, "POST", f"/2/dm_conversations/with/{message.to}/messages", json=content)
        sent = await _call(wire, asked, One)
        if not isinstance(sent, One):
            return sent
        return Sent(sent.data.dm_event_id) if sent.data.dm_event_id else Retry(BROKEN_SECONDS, "the answer names no message")

    async def connect(self, account: Account, wire: Wire) -> Connected | Failed:
        """Whose account it is; with a bearer token, our address is registered and the account subscribed."""
        if not account.secrets.get("access_token"):
            return NeedsReauth("there is no access token")
        known = await _call(wire, _signed(account, "GET", "/2/users/me"), One)
        if not isinstance(known, One):
            return known
        refused = await self._subscribed(account, wire) if account.secrets.get("bearer_token") else None
        if refused is not None:
            return refused
        return Connected(title=f"@{known.data.username}" if known.data.username else account.inbox_name, todo=STEPS_LEFT)

    async def disconnect(self, account: Account, wire: Wire) -> None:
        """Our address is taken out of the provider's list."""
        listed = await _call(wire, _bearing(account, "GET", "/2/webhooks"), Several)
        for hook in listed.data if isinstance(listed, Several) else ():
            if hook.url == account.webhook_url:
                await _call(wire, _bearing(account, "DELETE", f"/2/webhooks/{hook.id}"), One)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """Pictures of private messages are given to the account only, so the request is signed; only the host `media` is asked."""
        url = media.ref.get("url", "")
        if not url.startswith(f"{account.hosts['media']}/"):
            return Rejected("not_allowed")
        url, _, query = url.partition("?")
        asked = _signed(account, "GET", url, query=dict(parse_qsl(query)), seconds=UPLOAD_SECONDS, max_bytes=LARGEST_PICTURE)
        try:
            answer = await wire.request(asked)
        except WireFailed as failed:
            return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
        if answer.status == HTTPStatus.OK:
            return FetchedMedia(data=answer.body, content_type=answer.headers.get("content-type"))
        return Rejected("expired") if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE} else _failure(answer)

    async def _uploaded(self, message: OutboundMessage, account: Account, wire: Wire) -> One | Failed:
        file = message.files[0]
        parts = {"media": (file.name, await wire.read_file(file), file.content_type)}
        form = {"media_category": "dm_image"}
        uploaded = await _call(
            wire, _signed(account, "POST", "/2/media/upload", form=form, parts=parts, seconds=UPLOAD_SECONDS), One
        )
        if isinstance(uploaded, One) and not uploaded.data.id:
            return Retry(BROKEN_SECONDS, "the answer names no file")
        return uploaded

    async def _subscribed(self, account: Account, wire: Wire) -> Failed | None:
        """Our address is registered, once, and the account subscribed to it, once. Gives what went wrong."""
        listed = await _call(wire, _bearing(account, "GET", "/2/webhooks"), Several)
        if not isinstance(listed, Several):
            return listed
        hook = next((one for one in listed.data if one.url == account.webhook_url), None)
        made = hook or await _call(wire, _bearing(account, "POST", "/2/webhooks", json={"url": account.webhook_url}), Named)
        if not isinstance(made, Named):
            return made
        path = f"/2/account_activity/webhooks/{made.id}/subscriptions/all"
        outcome = await _call(wire, _signed(account, "POST", path), One)
        there_already = isinstance(outcome, Rejected) and "duplicate" in outcome.reason.lower()
        return None if isinstance(outcome, One) or there_already else outcome


def _signed(account: Account, method: str, where: str, **more: Any) -> WireRequest:
    """A request in the account's name."""
    held = account.secrets
    keys = Keys(*(held.get(one, "") for one in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")))
    url = where if where.startswith(account.hosts["media"]) else account.hosts["api"] + where
    header = authorization(method, url, keys, secrets.token_hex(16), int(utc_now().timestamp()), more.get("query", {}))
    return WireRequest(method=method, url=url, headers={"authorization": header}, **more)


def _bearing(account: Account, method: str, path: str, **more: Any) -> WireRequest:
    """A request in the app's name."""
    headers: Mapping[str, str] = {"authorization": f"Bearer {account.secrets.get('bearer_token', '')}"}
    return WireRequest(method=method, url=account.hosts["api"] + path, headers=headers, **more)


async def _call(wire: Wire, asked: WireRequest, kind: type[T]) -> T | Failed:
    try:
        answer = await wire.request(asked)
    except WireFailed as failed:
        return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return read_answer(answer, kind) or Retry(BROKEN_SECONDS, "the provider's answer makes no sense")
    return _failure(answer)


def _failure(answer: WireAnswer) -> Failed:
    """What a refusal means."""
    problem = read_answer(answer, Problem) or Problem()
    said = words(problem.detail or problem.title, f"the provider answered {answer.status}")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Retry(_until(answer.headers.get("x-rate-limit-reset", "")), "rate_limited")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Retry(BROKEN_SECONDS, said)
    if answer.status == HTTPStatus.UNAUTHORIZED or problem.type.endswith(("client-forbidden", "unsupported-authentication")):
        return NeedsReauth(said)
    if answer.status == HTTPStatus.FORBIDDEN:
        return Rejected("blocked")
    return Rejected("unknown_address" if answer.status == HTTPStatus.NOT_FOUND else said)


def _until(stamp: str) -> float:
    """How long until a limit ends, within reason."""
    seconds = float(stamp) - utc_now().timestamp() if stamp.isascii() and stamp.isdecimal() else BROKEN_SECONDS
    return min(max(seconds, 1.0), LONGEST_WAIT_SECONDS)
