"""The adapter of WeChat Mini Programs."""

from collections.abc import Mapping, Sequence

from qiao.channels.shared import sealed_push
from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.errcode_api import Done, Ended, ErrcodeApi, api_by_app
from qiao.channels.wechat_mini import codec, login
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
    Sender,
    SendResult,
    Sent,
    Wire,
)

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
STEPS_LEFT = {
    "zh": "在小程序后台「开发管理 → 消息推送」里填写本页的回调地址，Token 与 EncodingAESKey 填成一致并启用；"
    "再在小程序里放一个 open-type 为 contact 的按钮，顾客点它就能开始咨询。",
    "en": "In the mini program's console under message push, enter this page's callback address with the same Token and EncodingAESKey "
    "and enable it. Customers reach you by a button whose open-type is contact.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the callback token signed it. A GET is the handshake."""
        return sealed_push.verify(receipt, sealed_push.seal_of(account))

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What the push holds. Raises QiaoError: the envelope may be for another account, or the key may be wrong."""
        return codec.inbound(sealed_push.fields(receipt.body, sealed_push.seal_of(account)))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """The customer-service message API. It knows no repetition: a try whose answer was lost may be shown twice."""
        try:
            return undeclared(self.manifest, message) or await _delivered(api_by_app(account, wire, codec.ERRORS), wire, message)
        except Ended as ended:
            return ended.result

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Get an access token."""
        try:
            await api_by_app(account, wire, codec.ERRORS).prove()
        except Ended as ended:
            return ended.result
        return Connected(title=str(account.settings.get("app_id") or account.inbox_name), todo=STEPS_LEFT)

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """The platform keeps a picture for three days."""
        try:
            answer = await api_by_app(account, wire, codec.ERRORS).download(
                "/cgi-bin/media/get", {"media_id": media.ref.get("media_id", "")}
            )
        except Ended as ended:
            return ended.result
        return FetchedMedia(data=answer.body, content_type=answer.headers.get("content-type", "").partition(";")[0] or None)

    async def introduce(self, sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
        """Whoever signed in; the platform says nothing of those who did not."""
        return await login.signed_in(sender, hint, account, wire) if hint.get("code") else None

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """The customer sees it for as long as the platform likes."""
        try:
            await api_by_app(account, wire, codec.ERRORS).call(
                "/cgi-bin/message/custom/typing", Done, {"touser": message.to, "command": "Typing"}
            )
        except Ended:
            return


async def _delivered(api: ErrcodeApi, wire: Wire, message: OutboundMessage) -> Sent:
    media_id = ""
    if message.files:
        file = message.files[0]
        if file.content_type not in EXTENSIONS:
            raise Ended(Rejected("not_allowed"))
        named = (f"image.{EXTENSIONS[file.content_type]}", await wire.read_file(file), file.content_type)
        media_id = await api.upload("/cgi-bin/media/upload", {"type": "image"}, "media", named)
    await api.call("/cgi-bin/message/custom/send", Done, codec.body_of(message, media_id))
    return Sent()
