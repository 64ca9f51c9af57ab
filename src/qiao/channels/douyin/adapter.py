"""The adapter of Douyin's open platform."""

import hashlib
from collections.abc import Sequence

import msgspec

from qiao.channels.douyin import codec
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import ask, read_answer
from qiao.channels.shared.bearer import authorised, proven
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.errcode_api import Ended
from qiao.kit.errors import Invalid, Refused
from qiao.kit.webhook_signatures import hashed_hex, is_signed
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Inbound,
    NeedsReauth,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    SendResult,
    Token,
    Wire,
    WireAnswer,
    WireRequest,
)

EARLIER_SECONDS = 300.0
REFRESH = "refresh_token"


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the body is signed. The platform's question whether we are here is answered."""
        secret = account.secrets.get("client_secret", "")
        if not is_signed(secret, receipt.headers.get("x-douyin-signature", ""), hashed_hex(secret, receipt.body)):
            raise Refused("the signature is not right")
        try:
            name, content, _ = codec.event_of(receipt.body)
        except Invalid:
            return None
        if name != codec.HANDSHAKE:
            return None
        return Ack(body=msgspec.json.encode({"challenge": content.get("challenge")}).decode(), content_type="application/json")

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """A message or a comment. Raises Invalid."""
        return codec.inbound(receipt.body, str(account.settings.get("open_id") or ""))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Answer a direct message or a comment. The platform knows no key: after an answer that was lost, a repetition is another one."""
        refused = undeclared(self.manifest, message)
        if refused is not None:
            return refused
        path, body = (
            ("/item/comment/reply/", codec.comment(message)) if message.thread_key else ("/im/send/msg/", codec.direct(message))
        )
        if body is None:
            return Rejected("window_closed")
        platform = _Platform(account, wire)
        answer = await authorised(wire, platform.fetch, lambda token: platform.asking(path, body, token), _is_stale)
        return codec.result_of(read_answer(answer, codec.Answer)) if isinstance(answer, WireAnswer) else answer

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Renew the token once. The address for pushes is entered in the platform's console, by hand."""
        failed = await proven(wire, _Platform(account, wire).fetch)
        if failed is not None:
            return failed
        return Connected(
            title=str(account.settings.get("open_id")),
            todo={
                "zh": "请在抖音开放平台的应用里把 Webhooks 地址设为上面的回调地址，订阅 im_receive_msg 和 item_comment_reply。",
                "en": "In the application on Douyin's open platform, set the webhook address above and subscribe to "
                "im_receive_msg and item_comment_reply.",
            },
        )


class _Platform:
    """The calls for one account."""

    def __init__(self, account: Account, wire: Wire) -> None:
        self._account = account
        self._wire = wire

    def asking(self, path: str, body: object, token: str) -> WireRequest:
        """One call with a token."""
        query = {"open_id": str(self._account.settings.get("open_id") or "")}
        return WireRequest(url=f"{self._account.hosts['api']}{path}", query=query, headers={"access-token": token}, json=body)

    async def fetch(self) -> Token:
        """A new access token. The refresh token that comes with it is kept for the next time. Raises Ended."""
        entered = self._account.secrets.get("refresh_token", "")
        mark = hashlib.sha256(entered.encode()).hexdigest()[:16]
        # One that an admin entered since then counts for more than what was kept.
        known, _, kept = (await self._wire.recall(REFRESH) or "").partition(" ")
        form = {
            "client_key": str(self._account.settings.get("client_key") or ""),
            "grant_type": "refresh_token",
            "refresh_token": kept if known == mark and kept else entered,
        }
        answer = await ask(self._wire, WireRequest(url=f"{self._account.hosts['api']}/oauth/refresh_token/", form=form))
        if isinstance(answer, Retry):
            raise Ended(answer)
        held = read_answer(answer, codec.Answer)
        result = codec.result_of(held)
        if isinstance(result, Retry):
            raise Ended(result)
        if held is None or held.data is None or held.code or not held.data.access_token:
            raise Ended(NeedsReauth(f"error {held.code if held else ''}".strip()))
        if held.data.refresh_token:
            await self._wire.remember(REFRESH, f"{mark} {held.data.refresh_token}")
        return Token(held.data.access_token, max(60.0, held.data.expires_in - EARLIER_SECONDS))


def _is_stale(answer: WireAnswer) -> bool:
    held = read_answer(answer, codec.Answer)
    return held is not None and held.code in codec.STALE
