"""The web form through the channel port, and the page that it has."""

from collections.abc import Mapping, Sequence

import msgspec

from qiao.channels.shared.adapting import Adapting
from qiao.channels.web_form.codec import FURTHER, FormInvalid, fields_of, makes_tickets, message_of, problems_of
from qiao.channels.web_form.stamps import Ticket, age_problem, new_stamp, nonce_of, opened, ticket_text
from qiao.kit.clock import utc_now
from qiao.kit.errors import Refused
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Inbound,
    OutboundFile,
    OutboundMessage,
    RawReceipt,
    Rejected,
    SendResult,
    Sent,
    Wire,
)
from qiao.ports.channel_form import Form, FormAnswer, Submission

MAX_ANSWERS = 200
_DECODER = msgspec.json.Decoder(Submission)
_NAMED = {"title": {"zh": "联系我们", "en": "Contact us"}, "lead": {}, "thanks": {"zh": "谢谢您。", "en": "Thank you."}}


class _Kept(msgspec.Struct, frozen=True):
    """A reply as it is remembered, with the key that it was sent under."""

    key: str
    answer: FormAnswer


class Adapter(Adapting):
    """Submissions come signed by the stamp of their page; replies are kept for the customer's own page."""

    def form(self, account: Account) -> Form:
        """See ShowsForm."""
        texts = {key: account.settings.get(key) or default for key, default in _NAMED.items()}
        origins = tuple(account.settings.get("allowed_origins") or ())
        fields = fields_of(account)
        return Form(**texts, fields=fields, origins=origins, stamp=new_stamp(account), makes_tickets=makes_tickets(account))

    def problems(self, submission: Submission, account: Account) -> Mapping[str, str]:
        """See ShowsForm."""
        stale = age_problem(account, submission.stamp)
        unknown = submission.about and opened(account, submission.about) is None
        if stale or unknown or submission.trap:
            return {"": stale or "not_allowed"}
        return problems_of((FURTHER,) if submission.about else fields_of(account), submission)

    def ticket(self, submission: Submission, account: Account) -> str:
        """See ShowsForm."""
        return submission.about or ticket_text(account, nonce_of(submission.stamp))

    def ticket_key(self, ticket: str, account: Account) -> str | None:
        """See ShowsForm."""
        return opened(account, ticket)

    async def answers(self, ticket: str, account: Account, wire: Wire) -> Sequence[FormAnswer] | None:
        """See ShowsForm."""
        nonce = opened(account, ticket)
        return None if nonce is None else [one.answer for one in await _kept(nonce, wire)]

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """The stamp is ours and fresh, the trap empty, the answers as they were asked for."""
        try:
            submission = _DECODER.decode(receipt.body)
        except (msgspec.DecodeError, UnicodeError):
            raise Refused("this is no submission of the form") from None
        if problems := self.problems(submission, account):
            raise Refused("the form was not filled in as it was asked for", problems=dict(problems))
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """See qiao.channels.web_form.codec."""
        try:
            submission = _DECODER.decode(receipt.body)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise FormInvalid(str(error)) from None
        nonce = nonce_of(submission.stamp)
        about = opened(account, submission.about) if submission.about else nonce
        if not nonce or not about:
            raise FormInvalid("a submission without its stamp")
        return (message_of(submission, account, Ticket(nonce, about)),)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Keep the reply for the customer's page; the same key again is the same reply."""
        if len(message.text) > self.manifest.max_text:
            return Rejected("too_long")
        if message.card or message.place or message.template or message.options or message.thread_key:
            return Rejected("not_allowed")
        kept = await _kept(message.to, wire)
        name = f"{message.to}.{len(kept) + 1}"
        if any(one.key == message.key for one in kept):
            return Sent()
        if len(kept) >= MAX_ANSWERS:
            return Rejected("too_many")
        answer = FormAnswer(
            text=message.text, at=utc_now().isoformat(timespec="seconds"), files=tuple(map(_linked, message.files))
        )
        await wire.remember(f"answer.{name}", msgspec.json.encode(_Kept(message.key, answer)).decode())
        await wire.remember(f"answers.{message.to}", str(len(kept) + 1))
        return Sent(name)

    async def connect(self, account: Account, wire: Wire) -> Connected | Rejected:
        """A form that can be drawn is connected."""
        try:
            self.form(account)
        except FormInvalid as fault:
            return Rejected(fault.message[:200])
        address = account.webhook_url.replace("/in/", "/form/")
        todo = {"zh": f"把表单链接到或嵌入您的网页：{address}", "en": f"Link to the form or embed it: {address}"}
        return Connected(title=account.inbox_name, todo=todo)


async def _kept(nonce: str, wire: Wire) -> list[_Kept]:
    count = int(await wire.recall(f"answers.{nonce}") or 0)
    texts = [await wire.recall(f"answer.{nonce}.{number + 1}") for number in range(count)]
    return [msgspec.json.decode(text, type=_Kept) for text in texts if text]


def _linked(file: OutboundFile) -> OutboundFile:
    return msgspec.structs.replace(file, name=file.name[:100])
