"""The adapter of Aliyun's short message service."""

from collections.abc import Sequence
from uuid import uuid4

from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.asking import ask, read_answer
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.sms_counting import counted_in_parts
from qiao.channels.sms_aliyun import codec
from qiao.kit.clock import utc_now
from qiao.kit.errors import Refused
from qiao.kit.webhook_signatures import is_signed
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Counted,
    Inbound,
    NeedsReauth,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Wire,
    WireRequest,
)

MIN_SECRET = 16


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused without the push secret in the address: the provider signs nothing."""
        secret = account.secrets.get("push_secret", "")
        if len(secret) < MIN_SECRET or not is_signed(secret, receipt.query.get("secret", ""), secret):
            raise Refused("the push secret is not right")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """Texts and reports. Raises Invalid."""
        return codec.read(receipt.body)

    def counted(self, text: str, account: Account) -> Counted | None:
        """With the signature, which the provider puts before it, and every character as one."""
        return counted_in_parts(f"【{account.settings.get('sign_name') or ''}】{text}", unicode=True)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Send a template, or a text by the template for free text. The key goes along as OutId; the provider does not deduplicate."""
        refused = undeclared(self.manifest, message)
        if refused is not None:
            return refused
        fields = codec.written(message, account.settings)
        if fields is None:
            return Rejected("template_needed")
        return await _called(fields, account, wire)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Ask about the signature name; where pushes go is entered at the provider, by hand."""
        name = str(account.settings.get("sign_name") or "")
        result = await _called({"Action": "QuerySmsSign", "SignName": name}, account, wire)
        if not isinstance(result, Sent):
            return result
        return Connected(
            title=name,
            todo={
                "zh": "请在阿里云短信控制台的「通用设置 → 国内消息」里，把上行短信和状态报告的 HTTP 批量推送地址"
                "都设为：回调地址后加 ?secret=您的回调口令。",
                "en": "In Aliyun's console, general settings, set the batch push addresses of replies and of reports to the "
                "webhook address with ?secret= and your push secret behind it.",
            },
        )


async def _called(fields: dict[str, str], account: Account, wire: Wire) -> SendResult:
    key_id, secret = str(account.settings.get("access_key_id") or ""), account.secrets.get("access_key_secret", "")
    form = codec.signed(fields, key_id, secret, uuid4().hex, utc_now())
    answer = await ask(wire, WireRequest(url=f"{account.hosts['api']}/", form=form))
    return answer if isinstance(answer, Retry) else codec.result_of(read_answer(answer, codec.Answer))
