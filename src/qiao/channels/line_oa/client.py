"""LINE's calls, and what its answers mean.

A reply token works once, so the first send after a message uses it while it is fresh: such replies cost no quota. It takes no retry
key, so a reply whose answer was lost is remembered: when its token then is "invalid", it was used by that reply. A push carries a
retry key; 409 says that it was accepted before.
"""

from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from qiao.channels.line_oa import codec
from qiao.channels.shared.asking import BROKEN_SECONDS, UNREACHED_SECONDS, read_answer, wait_of, words
from qiao.kit.clock import utc_now
from qiao.ports.channel import (
    Account,
    FetchedMedia,
    MediaResult,
    NeedsReauth,
    OutboundMessage,
    Rejected,
    Retry,
    Sender,
    SendResult,
    Sent,
    Wire,
    WireAnswer,
    WireFailed,
    WireRequest,
)

MAX_MEDIA_BYTES = 200_000_000
SOON_SECONDS = 2.0
RATE_LIMITED = "rate_limited"
QUOTA_USED_UP = "monthly limit"
NOT_THERE = "failed to send messages"
TOKEN_USED_UP = "invalid reply token"  # noqa: S105 - LINE's words


class SentMessage(Struct, frozen=True):
    """One of the messages that LINE took."""

    id: str = ""


class Profile(Struct, frozen=True, rename="camel"):
    """What LINE says of somebody."""

    display_name: str = ""
    language: str | None = None


class Said(Struct, frozen=True, rename="camel"):
    """LINE's answer to a send, or why not."""

    message: str = ""
    sent_messages: tuple[SentMessage, ...] = ()


async def call(wire: Wire, account: Account, request: WireRequest) -> WireAnswer | Retry | NeedsReauth:
    """One authorised call; `request.url` is a path of the API unless it names a host."""
    url = request.url if "://" in request.url else account.hosts["api"] + request.url
    headers = {**request.headers, "authorization": f"Bearer {account.secrets.get('access_token', '')}"}
    try:
        answer = await wire.request(msgspec.structs.replace(request, url=url, headers=headers))
    except WireFailed as failed:
        return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    if answer.status == 401:
        return NeedsReauth("the channel access token is not accepted")
    if answer.status >= 500:
        return Retry(wait_of(answer.headers, BROKEN_SECONDS), f"the provider answered {answer.status}")
    if answer.status == 429 and QUOTA_USED_UP not in said(answer).message:
        return Retry(wait_of(answer.headers, BROKEN_SECONDS), RATE_LIMITED)
    return answer


def said(answer: WireAnswer) -> Said:
    """An answer's words; none when they make no sense."""
    return read_answer(answer, Said) or Said()


async def send(message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
    """By reply token while that is fresh, else as a push."""
    body = codec.write(message, str(account.settings.get("video_cover") or ""))
    if _is_fresh(message, account):
        replied = await _reply(message, account, wire, body)
        if replied is not None:
            return replied
    return await _push(message, account, wire, body)


async def profile(sender: Sender, account: Account, wire: Wire) -> Sender | Retry | None:
    """Somebody's name and language."""
    request = WireRequest(method="GET", url=f"/v2/bot/profile/{quote(sender.address, safe='')}")
    answer = await call(wire, account, request)
    if not isinstance(answer, WireAnswer):
        return answer if isinstance(answer, Retry) else None
    told = read_answer(answer, Profile) if answer.status == 200 else None
    if answer.status == 200 and told is None:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    return Sender(address=sender.address, name=told.display_name, locale=told.language) if told and told.display_name else None


async def media(content_id: str, account: Account, wire: Wire) -> MediaResult:
    """A file's bytes, from the data host. LINE keeps them for a time that it does not tell."""
    url = f"{account.hosts['media']}/v2/bot/message/{content_id}/content"
    answer = await call(wire, account, WireRequest(method="GET", url=url, seconds=60.0, max_bytes=MAX_MEDIA_BYTES))
    if not isinstance(answer, WireAnswer):
        return answer
    if answer.status == 202:
        return Retry(SOON_SECONDS, "LINE is still preparing the file")
    if answer.status in {404, 410}:
        return Rejected("expired")
    if answer.status != 200:
        return Rejected(words(said(answer).message))
    return FetchedMedia(data=answer.body, content_type=answer.headers.get("content-type"))


def _is_fresh(message: OutboundMessage, account: Account) -> bool:
    given, seconds = message.reply_to.get("given_ms", ""), float(account.settings.get("reply_seconds") or 0)
    return (
        message.number == 1
        and "token" in message.reply_to
        and given.isdecimal()
        and utc_now().timestamp() - int(given) / 1000 < seconds
    )


async def _reply(message: OutboundMessage, account: Account, wire: Wire, body: dict[str, Any]) -> SendResult | None:
    """None: the token is used up, push instead."""
    token, lost = message.reply_to["token"], f"reply:{message.to}"
    request = WireRequest(url="/v2/bot/message/reply", json={"replyToken": token, "messages": [body]})
    answer = await call(wire, account, request)
    if isinstance(answer, WireAnswer) and TOKEN_USED_UP in said(answer).message.lower():
        return Sent() if await wire.recall(lost) == message.key else None
    result = _result(answer)
    if not isinstance(result, Retry):
        return result
    if result.reason != RATE_LIMITED:
        await wire.remember(lost, message.key)
    return Retry(SOON_SECONDS, result.reason)


async def _push(message: OutboundMessage, account: Account, wire: Wire, body: dict[str, Any]) -> SendResult:
    request = WireRequest(
        url="/v2/bot/message/push",
        headers={"x-line-retry-key": codec.retry_key(message.key)},
        json={"to": message.to, "messages": [body]},
    )
    return _result(await call(wire, account, request))


def _result(answer: WireAnswer | Retry | NeedsReauth) -> SendResult:
    if not isinstance(answer, WireAnswer):
        return answer
    told = said(answer)
    if answer.status in {200, 409} and told.sent_messages:
        return Sent(provider_id=told.sent_messages[0].id or None)
    if answer.status == 409:
        return Sent()
    if answer.status == 200:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    if NOT_THERE in told.message.lower():
        return Rejected("unknown_address")
    return Rejected(words(told.message, f"refused with {answer.status}"))
