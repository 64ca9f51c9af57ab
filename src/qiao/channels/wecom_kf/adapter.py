"""The adapter of WeChat customer service."""

from collections.abc import Mapping, Sequence

from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.errcode_api import Ended
from qiao.channels.wecom_kf import codec
from qiao.channels.wecom_kf.client import Accounts, api_of, delivered, failed, fetched, pulled, setting
from qiao.kit import plain_xml
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.kit.sealed_callback import is_signed, opened
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
    Wire,
)

ECHO_DIGITS = 64
STEPS_LEFT = {
    "zh": "在管理后台「微信客服 → API」里填写本页的回调地址，Token 与 EncodingAESKey 填成一致；把客服账号设为「通过 API 管理会话消息」，"
    "并把本服务器的出口 IP 加入企业可信 IP。",
    "en": "In the admin console under WeChat Customer Service → API, enter this page's callback address with the same Token and "
    "EncodingAESKey, let the accounts' messages be managed by API, and add this server's outgoing IP address to the trusted ones.",
}


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused unless the callback token signed the envelope. The handshake is an envelope too: its inside is the answer."""
        query, is_handshake = receipt.query, receipt.method == "GET"
        encrypted = query.get("echostr", "") if is_handshake else _encrypted(receipt.body)
        token, time, nonce = account.secrets.get("callback_token", ""), query.get("timestamp", ""), query.get("nonce", "")
        if not encrypted or not is_signed(query.get("msg_signature", ""), token, time, nonce, encrypted):
            raise Refused("the signature is not the provider's")
        return _echoed(_inside(encrypted, account)) if is_handshake else None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """That something of this account lies ready. Raises QiaoError: the envelope may be another company's, or the key wrong."""
        try:
            inside = _inside(plain_xml.read(receipt.body).get("Encrypt", ""), account)
        except Refused as error:
            raise Invalid(error.message) from None
        return codec.due(plain_xml.read(inside), setting(account, "open_kfid"))

    async def pull(self, cursor: str | None, hint: Mapping[str, str], account: Account, wire: Wire) -> Pulled:
        """One page of what came since."""
        try:
            return await pulled(api_of(account, wire), cursor, hint, account)
        except Ended as ended:
            return Pulled(cursor=cursor, failed=failed(ended.result))

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Under an id that follows from the key: a repetition has the same."""
        try:
            return undeclared(self.manifest, message) or await delivered(api_of(account, wire), wire, message, account)
        except Ended as ended:
            return ended.result

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Get an access token and look for the customer service account."""
        api, wanted = api_of(account, wire), setting(account, "open_kfid")
        try:
            await api.prove()
            listed = (await api.call("/cgi-bin/kf/account/list", Accounts, {"offset": 0, "limit": 100})).account_list
        except Ended as ended:
            return ended.result
        names = [one.name or one.open_kfid for one in listed if wanted in {"", one.open_kfid}]
        return Connected(title="、".join(names[:5]), todo=STEPS_LEFT) if names else Rejected("unknown_account")

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """The platform keeps a file for three days."""
        try:
            return await fetched(api_of(account, wire), media)
        except Ended as ended:
            return ended.result


def _echoed(inside: bytes) -> Ack:
    """The answer to a handshake: a number. Anything else would be a message that somebody wants to have opened."""
    if not inside.isdigit() or len(inside) > ECHO_DIGITS:
        raise Refused("this is not a handshake of the provider")
    return Ack(body=inside.decode())


def _encrypted(body: bytes) -> str:
    try:
        return plain_xml.read(body).get("Encrypt", "")
    except Invalid:
        raise Refused("this is not an envelope of the provider") from None


def _inside(encrypted: str, account: Account) -> bytes:
    try:
        return opened(account.secrets.get("encoding_aes_key", ""), encrypted, setting(account, "corp_id"))
    except QiaoError as error:
        raise Refused(error.message) from None
