"""E-mail through the channel port."""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from qiao.channels.email_imap.addresses import strict
from qiao.channels.email_imap.codec import inbound_of
from qiao.channels.email_imap.composing import compose
from qiao.channels.email_imap.mailbox import LoginRefused
from qiao.channels.email_imap.signing_in import NotSignedIn
from qiao.channels.email_imap.submission import submit, try_to_sign_in
from qiao.channels.email_imap.watching import METHOD, try_mailbox, watch
from qiao.channels.shared.adapting import Adapting
from qiao.kit.clock import utc_now
from qiao.kit.errors import Refused
from qiao.ports.channel import (
    Account,
    AccountBroken,
    Ack,
    Connected,
    Deliver,
    Inbound,
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

MAX_TOTAL = 20_000_000
_SHELVES = 64
_SOON = 60.0
_HOUR = 3600


class Adapter(Adapting):
    """Mails come by `listen`, or signed from a mail server of the company's own; they go by SMTP."""

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """X-Mail-Signature: sha256= and the HMAC of the body, under the secret for handing over."""
        secret = account.secrets.get("handover_secret", "")
        signed = receipt.headers.get("x-mail-signature", "")
        right = f"sha256={hmac.new(secret.encode(), receipt.body, hashlib.sha256).hexdigest()}"
        if not secret or not receipt.body or not hmac.compare_digest(right.encode(), signed.encode("utf-8", "replace")):
            raise Refused("this mail was not handed over by the company's own server")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """See qiao.channels.email_imap.codec."""
        if receipt.method == METHOD and "broken" in receipt.query:
            return (AccountBroken(reason=receipt.query["broken"]),)
        return inbound_of(receipt.body, account, was_cut="cut" in receipt.query)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """One mail. Its Message-ID is the same for the same key, so that receivers know a repetition."""
        receiver = strict(message.reply_to.get("address") or message.to)
        refused = self._not_allowed(message, receiver)
        if refused or receiver is None:
            return Rejected(refused or "unknown_address")
        if not message.by_person and not await _may_answer_by_itself(message, account, wire):
            return Rejected("too_many_automatic")
        files = [(file, await wire.read_file(file)) for file in message.files]
        mail = await asyncio.to_thread(compose, message, receiver, account, files)
        return await submit(mail, account, wire)

    def _not_allowed(self, message: OutboundMessage, receiver: str | None) -> str:
        if len(message.text) > self.manifest.max_text:
            return "too_long"
        if message.card or message.place or message.template or message.options or message.thread_key:
            return "not_allowed"
        if not message.text.strip() and not message.files:
            return "empty"
        if sum(file.size for file in message.files) > MAX_TOTAL:
            return "too_large"
        if receiver is None:
            return "unknown_address"
        # RFC 3834: what a machine wrote is never answered by one.
        return "automatic" if message.reply_to.get("automatic") == "1" and not message.by_person else ""

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Sign in at both servers."""
        if strict(str(account.settings.get("address") or "")) is None:
            return Rejected("mailbox_address")
        tried = await try_to_sign_in(account, wire)
        if not isinstance(tried, Sent):
            return tried
        try:
            if account.settings.get("imap_host"):
                await try_mailbox(account, wire)
        except LoginRefused as refused:
            return NeedsReauth(str(refused))
        except NotSignedIn as missing:
            return missing.end
        except WireFailed as failed:
            return Rejected("imap_host_refused") if failed.reason == "refused" else Retry(_SOON, failed.reason)
        return Connected(title=str(account.settings["address"]))

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """See qiao.channels.email_imap.watching. An inbox that only sends waits for its end."""
        if account.settings.get("imap_host"):
            await watch(account, wire, deliver)
        else:
            await asyncio.Event().wait()


async def _may_answer_by_itself(message: OutboundMessage, account: Account, wire: Wire) -> bool:
    """Counted by address and hour: two machines that do not know each other for ones stop here. A repeated send counts once."""
    most = int(account.settings.get("automatic_per_hour") or 10)
    address = hashlib.sha256(message.to.lower().encode()).hexdigest()[:12]
    key = hashlib.sha256(message.key.encode()).hexdigest()[:6]
    shelf = f"automatic:{int(address, 16) % _SHELVES}"
    now = int(utc_now().timestamp())
    kept = msgspec.json.decode(await wire.recall(shelf) or "{}", type=dict[str, list[tuple[int, str]]])
    counted = {who: [one for one in sent if one[0] > now - _HOUR] for who, sent in kept.items()}
    sent = counted.get(address, [])
    if any(one[1] == key for one in sent):
        return True
    counted[address] = [*sent, (now, key)]
    written = msgspec.json.encode({who: one for who, one in counted.items() if one}).decode()
    # A full shelf is a flood of addresses: then nothing goes by itself until the hour is over.
    if len(sent) >= most or len(written) > 8_000:
        return False
    await wire.remember(shelf, written)
    return True
