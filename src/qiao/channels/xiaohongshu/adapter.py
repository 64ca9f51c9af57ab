"""The adapter of Xiaohongshu."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from qiao.channels.shared import sealed_push
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import ask, read_answer
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.errcode_api import Ended
from qiao.channels.xiaohongshu import codec
from qiao.channels.xiaohongshu.mapping import Sending, TokenCall, filled, receiving_of, sending_of, text_at
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.kit.sealed_callback import opened
from qiao.kit.webhook_signatures import is_signed, signed_hex
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
    Token,
    Wire,
    WireRequest,
)

FRESH_SECONDS = 300
TOKEN_SECONDS = 3600.0
"""How long a token is believed whose answer does not say."""
PICTURE_BYTES = 20 * 1_048_576
STEPS_LEFT = {
    "zh": "把本页的回调地址填到小红书小程序的「消息推送」里，或交给合作方；没有配置发送映射时，这个渠道只收不发。",
    "en": "Enter this page's callback address in the mini program's push settings, or give it to the partner. Without a mapping for "
    "sending, this channel only receives.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the platform's token signed the envelope, or the partner's secret the body."""
        secret = account.secrets.get("callback_token", "")
        if account.settings.get("mode") != "partner":
            return sealed_push.verify(receipt, sealed_push.Seal(token=secret))
        given = receipt.headers.get(_setting(account, "signature_header").lower(), "").removeprefix("sha256=")
        time = ""
        if _setting(account, "timestamp_header"):
            time = receipt.headers.get(_setting(account, "timestamp_header").lower(), "")
            if not (time.isascii() and time.isdecimal() and len(time) <= 12) or not _is_fresh(int(time)):
                raise Refused("the call was not made just now")
        if not is_signed(secret, given, signed_hex(secret, time.encode() + receipt.body)):
            raise Refused("the signature is not the partner's")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What the push holds, by the inbox's mapping. Raises Invalid."""
        body = receipt.body
        if account.settings.get("mode") != "partner":
            encrypted = sealed_push.fields_of(body).get("Encrypt", "")
            try:
                body = opened(account.secrets.get("encoding_aes_key", ""), encrypted, _setting(account, "app_id"))
            except QiaoError as error:
                raise Invalid(error.message) from None
        return codec.inbound(body, receiving_of(account.settings.get("receiving")))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """By the inbox's mapping; whether a repetition is known by {key} is the other side's matter."""
        refused = undeclared(self.manifest, message)
        if refused:
            return refused
        try:
            sending = sending_of(account.settings.get("sending"))
        except Invalid as error:
            return NeedsReauth(error.message[:200])
        if not sending.url:
            return Rejected("not_allowed")
        values = {"to": message.to, "text": message.text, "key": message.key, **_own(account)}
        try:
            return await _sent(sending, values, wire)
        except Ended as ended:
            return ended.result

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Read both mappings, and get an access token where one is needed."""
        try:
            receiving_of(account.settings.get("receiving"))
            sending = sending_of(account.settings.get("sending"))
            if sending.token:
                await _issued(sending.token, _own(account), wire)
        except Invalid as error:
            return Rejected(error.message[:200])
        except Ended as ended:
            return ended.result
        return Connected(title=_setting(account, "app_id") or account.inbox_name, todo=STEPS_LEFT)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """A picture, from the address that came with it."""
        url = media.ref.get("url", "")
        if not url:
            return Rejected("expired")
        answer = await ask(wire, WireRequest(method="GET", url=url, seconds=30.0, max_bytes=PICTURE_BYTES))
        if isinstance(answer, Retry):
            return answer
        if answer.status != HTTPStatus.OK:
            return Rejected("expired")
        return FetchedMedia(data=answer.body, content_type=answer.headers.get("content-type", "").partition(";")[0] or None)


async def _sent(sending: Sending, values: Mapping[str, str], wire: Wire) -> SendResult:
    if sending.token is None:
        return _final(await _post(sending, values, wire))
    token_call = sending.token

    async def fetch() -> Token:
        return await _issued(token_call, values, wire)

    token = await wire.token("access", fetch)
    result = await _post(sending, {**values, "token": token}, wire)
    if result == Rejected(codec.STALE):
        token = await wire.token("access", fetch, stale=token)
        result = await _post(sending, {**values, "token": token}, wire)
    return _final(result)


def _final(result: SendResult) -> SendResult:
    return NeedsReauth("the access token is not believed") if result == Rejected(codec.STALE) else result


async def _post(sending: Sending, values: Mapping[str, str], wire: Wire) -> SendResult:
    headers = {name: _one_line(filled(value, values)) for name, value in sending.headers.items()}
    return codec.result_of(
        await _asked(wire, filled(sending.url, _in_addresses(values)), headers, filled(sending.body, values)), sending
    )


async def _issued(call: TokenCall, values: Mapping[str, str], wire: Wire) -> Token:
    answer = await _asked(wire, filled(call.url, _in_addresses(values)), {}, filled(call.body, values))
    value, seconds = text_at(answer, call.value), text_at(answer, call.seconds)
    if not value:
        raise Ended(NeedsReauth("no access token was given"))
    return Token(value, float(seconds) if seconds.isascii() and seconds.isdecimal() else TOKEN_SECONDS)


async def _asked(wire: Wire, url: str, headers: Mapping[str, str], body: object) -> object:
    data = msgspec.json.encode(body)
    answer = await ask(wire, WireRequest(url=url, headers={"content-type": "application/json", **headers}, body=data))
    if isinstance(answer, Retry):
        raise Ended(answer)
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Ended(NeedsReauth(f"the other side answered {answer.status}"))
    held = read_answer(answer, dict[str, Any])
    if held is None:
        raise Ended(Retry(30.0, "nonsense"))
    return held


def _in_addresses(values: Mapping[str, str]) -> dict[str, str]:
    """A customer's words do not go into an address."""
    return {name: values.get(name, "") for name in ("secret", "token", "app_id")}


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _own(account: Account) -> dict[str, str]:
    return {"secret": account.secrets.get("api_secret", ""), "app_id": _setting(account, "app_id")}


def _setting(account: Account, key: str) -> str:
    return str(account.settings.get(key) or "")


def _is_fresh(seconds: int) -> bool:
    return abs(utc_now().timestamp() - seconds) <= FRESH_SECONDS
