"""The adapter of X: account activity in, direct messages by API v2 out.

The API knows no key of a send: when an answer was lost, the try after it may show a message twice.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import BROKEN_SECONDS, UNREACHED_SECONDS
from qiao.channels.shared.declaring import undeclared
from qiao.channels.x_dm import calls, codec, posts
from qiao.channels.x_dm.calls import Failed, Named, One, Several
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
    WireFailed,
)

SIGNATURE = "x-twitter-webhooks-signature"
UPLOAD_SECONDS = 60.0
LARGEST_PICTURE = 20 * 1024 * 1024
STEPS_LEFT = {
    "zh": "没有填 Bearer Token 的，请在 X 开发者后台登记回调地址，并把公司账号订阅到它；回调地址不能带端口。",
    "en": "Without a bearer token, register the webhook address in X's developer console and subscribe the account to it; "
    "the address may not carry a port.",
}


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
        """A text, or an uploaded picture: a direct message, or a post under the one that it answers."""
        public = bool(message.thread_key)
        refused = undeclared(self.manifest, message) or _refused(message)
        if refused is not None:
            return refused
        content: dict[str, Any] = {"text": message.text} if message.text else {}
        if message.files:
            uploaded = await self._uploaded(message, account, wire)
            if not isinstance(uploaded, One):
                return uploaded
            held = uploaded.data.id
            content |= {"media": {"media_ids": [held]}} if public else {"attachments": [{"media_id": held}]}
        if public:
            return await _posted(message, content, account, wire)
        asked = calls.signed(account, "POST", f"/2/dm_conversations/with/{message.to}/messages", json=content)
        sent = await calls.call(wire, asked, One)
        if not isinstance(sent, One):
            return sent
        return Sent(sent.data.dm_event_id) if sent.data.dm_event_id else Retry(BROKEN_SECONDS, "the answer names no message")

    async def connect(self, account: Account, wire: Wire) -> Connected | Failed:
        """Whose account it is; with a bearer token, our address is registered and the account subscribed."""
        if not account.secrets.get("access_token"):
            return NeedsReauth("there is no access token")
        known = await calls.call(wire, calls.signed(account, "GET", "/2/users/me"), One)
        if not isinstance(known, One):
            return known
        refused = await self._subscribed(account, wire) if account.secrets.get("bearer_token") else None
        if refused is not None:
            return refused
        return Connected(title=f"@{known.data.username}" if known.data.username else account.inbox_name, todo=STEPS_LEFT)

    async def disconnect(self, account: Account, wire: Wire) -> None:
        """Our address is taken out of the provider's list."""
        listed = await calls.call(wire, calls.bearing(account, "GET", "/2/webhooks"), Several)
        for hook in listed.data if isinstance(listed, Several) else ():
            if hook.url == account.webhook_url:
                await calls.call(wire, calls.bearing(account, "DELETE", f"/2/webhooks/{hook.id}"), One)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """Pictures of private messages are given to the account only, so the request is signed; only the host `media` is asked."""
        url = media.ref.get("url", "")
        if not url.startswith(f"{account.hosts['media']}/"):
            return Rejected("not_allowed")
        url, _, query = url.partition("?")
        asked = calls.signed(account, "GET", url, query=dict(parse_qsl(query)), seconds=UPLOAD_SECONDS, max_bytes=LARGEST_PICTURE)
        try:
            answer = await wire.request(asked)
        except WireFailed as failed:
            return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
        if answer.status == HTTPStatus.OK:
            return FetchedMedia(data=answer.body, content_type=answer.headers.get("content-type"))
        return Rejected("expired") if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE} else calls.failure(answer)

    async def _uploaded(self, message: OutboundMessage, account: Account, wire: Wire) -> One | Failed:
        file = message.files[0]
        parts = {"media": (file.name, await wire.read_file(file), file.content_type)}
        form = {"media_category": "tweet_image" if message.thread_key else "dm_image"}
        uploaded = await calls.call(
            wire, calls.signed(account, "POST", "/2/media/upload", form=form, parts=parts, seconds=UPLOAD_SECONDS), One
        )
        if isinstance(uploaded, One) and not uploaded.data.id:
            return Retry(BROKEN_SECONDS, "the answer names no file")
        return uploaded

    async def _subscribed(self, account: Account, wire: Wire) -> Failed | None:
        """Our address is registered, once, and the account subscribed to it, once. Gives what went wrong."""
        listed = await calls.call(wire, calls.bearing(account, "GET", "/2/webhooks"), Several)
        if not isinstance(listed, Several):
            return listed
        hook = next((one for one in listed.data if one.url == account.webhook_url), None)
        made = hook or await calls.call(
            wire, calls.bearing(account, "POST", "/2/webhooks", json={"url": account.webhook_url}), Named
        )
        if not isinstance(made, Named):
            return made
        path = f"/2/account_activity/webhooks/{made.id}/subscriptions/all"
        outcome = await calls.call(wire, calls.signed(account, "POST", path), One)
        there_already = isinstance(outcome, Rejected) and "duplicate" in outcome.reason.lower()
        return None if isinstance(outcome, One) or there_already else outcome


def _refused(message: OutboundMessage) -> Rejected | None:
    """What need not be asked of the platform."""
    if message.thread_key:
        if not _answered(message):
            return Rejected("unknown_address")
        return Rejected("too_long") if posts.weight(message.text) > posts.MAX_WEIGHT else None
    return None if message.to.isascii() and message.to.isdecimal() else Rejected("unknown_address")


def _answered(message: OutboundMessage) -> str:
    """The post that is answered."""
    named = message.quoted or message.reply_to.get("post", "")
    return named if named.isascii() and named.isdecimal() else ""


async def _posted(message: OutboundMessage, content: dict[str, Any], account: Account, wire: Wire) -> SendResult:
    """A public answer. The platform takes no post twice: when an answer was lost, its refusal says that the post is there."""
    content["reply"] = {"in_reply_to_tweet_id": _answered(message)}
    doubt = f"doubt:{message.thread_key}"[:200]
    sent = await calls.call(wire, calls.signed(account, "POST", "/2/tweets", json=content), One)
    if isinstance(sent, One):
        return Sent(sent.data.id) if sent.data.id else Retry(BROKEN_SECONDS, "the answer names no post")
    if isinstance(sent, Retry):
        await wire.remember(doubt, message.key)
    elif isinstance(sent, Rejected) and "duplicate" in sent.reason.lower() and await wire.recall(doubt) == message.key:
        return Sent()
    return sent
