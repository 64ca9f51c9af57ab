"""The adapter of WeChat Official Accounts."""

from collections.abc import Mapping, Sequence

from qiao.channels.shared import sealed_push
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.errcode_api import Done, Ended, api_by_app
from qiao.channels.shared.union_ids import union_proofs, union_subject
from qiao.channels.wechat_oa import codec
from qiao.channels.wechat_oa.client import Callers, Follower, delivered, fetched
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Inbound,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    Sender,
    SendResult,
    Wire,
)

STEPS_LEFT = {
    "zh": "在公众平台「基本配置」里，把服务器地址（URL）填成本页的回调地址，Token 与加解密密钥填成一致并启用；"
    "再把本服务器的出口 IP 加入 IP 白名单。",
    "en": "On the platform's Basic configuration page: enter this page's callback address as the server URL with the same Token and "
    "EncodingAESKey, enable it, and add this server's outgoing IP address to the allowlist.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the callback token signed it: in safe mode the envelope too. A GET is the handshake."""
        return sealed_push.verify(receipt, sealed_push.seal_of(account))

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What the callback holds. Raises QiaoError: the envelope may be for another account, or the key may be wrong."""
        return codec.inbound(sealed_push.fields(receipt.body, sealed_push.seal_of(account)))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """The customer-service message API. It knows no repetition: a try whose answer was lost may be shown twice."""
        try:
            return undeclared(self.manifest, message) or await delivered(api_by_app(account, wire, codec.ERRORS), wire, message)
        except Ended as ended:
            return ended.result

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Get an access token and ask something harmless with it: who calls us."""
        api = api_by_app(account, wire, codec.ERRORS)
        try:
            await api.prove()
            await api.get("/cgi-bin/getcallbackip", Callers)
        except Ended as ended:
            return ended.result
        return Connected(title=str(account.settings.get("app_id") or account.inbox_name), todo=STEPS_LEFT)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """The platform keeps a file for three days."""
        try:
            return await fetched(api_by_app(account, wire, codec.ERRORS), media)
        except Ended as ended:
            return ended.result

    async def introduce(self, sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
        """A follower's union id, where an admin named the subject. The platform tells names no more."""
        if not union_subject(account):
            return None
        try:
            told = await api_by_app(account, wire, codec.ERRORS).get("/cgi-bin/user/info", Follower, {"openid": sender.address})
        except Ended as ended:
            return ended.result if isinstance(ended.result, Retry) else None
        proofs = union_proofs(account, told.unionid)
        return Sender(address=sender.address, proofs=proofs) if proofs else None

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """The customer sees it for as long as the platform likes."""
        try:
            await api_by_app(account, wire, codec.ERRORS).call(
                "/cgi-bin/message/custom/typing", Done, {"touser": message.to, "command": "Typing"}
            )
        except Ended:
            return
