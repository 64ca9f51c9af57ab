"""The adapter of Weibo."""

from collections.abc import Mapping, Sequence

from qiao.channels.shared import sealed_push
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.errcode_api import Ended
from qiao.channels.weibo import codec
from qiao.channels.weibo.client import Api, TokenInfo, Written, delivered, fetched, pulled
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Inbound,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundMessage,
    Pulled,
    RawReceipt,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Wire,
)

STEPS_LEFT = {
    "zh": "在粉丝服务平台「高级功能 → 开发者模式」里把 URL 填成本页的回调地址，消息格式选 JSON。",
    "en": "On the fans service platform under developer mode, enter this page's callback address as the URL and choose JSON.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the app's secret signed the time just now: the platform does not sign what it says."""
        return sealed_push.verify(receipt, sealed_push.Seal(token=account.secrets.get("app_secret", ""), safe=False))

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What the push holds. Raises Invalid."""
        return codec.inbound(receipt.body)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """A private message, or a comment in a public thread. A try whose answer was lost may be shown twice."""
        try:
            return undeclared(self.manifest, message) or await delivered(Api(account, wire), message, account)
        except Ended as ended:
            return ended.result

    async def pull(self, cursor: str | None, hint: Mapping[str, str], account: Account, wire: Wire) -> Pulled:
        """Comments, where the admin wants them."""
        if not account.settings.get("comments"):
            return Pulled(cursor=cursor)
        try:
            return await pulled(Api(account, wire), cursor)
        except Ended as ended:
            failed = Retry(600, ended.result.reason) if isinstance(ended.result, Rejected) else ended.result
            return Pulled(cursor=cursor, failed=failed)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Ask whose the access token is."""
        try:
            known = await Api(account, wire).post("open", "/oauth2/get_token_info", {}, TokenInfo)
        except Ended as ended:
            return ended.result
        if known.expire_in <= 0:
            return NeedsReauth("the access token has run out")
        return Connected(title=f"UID {known.uid}", todo=STEPS_LEFT)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """A customer's picture or voice."""
        try:
            return await fetched(Api(account, wire), media)
        except Ended as ended:
            return ended.result

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Delete a comment: one of ours, or one under a post of ours."""
        if act != "delete" or not (provider_id[:1] == "c" and provider_id[1:].isdecimal()):
            return Rejected("not_allowed")
        try:
            await Api(account, wire).post("open", "/2/comments/destroy.json", {"cid": provider_id[1:]}, Written)
        except Ended as ended:
            return ended.result
        return Sent(provider_id)
