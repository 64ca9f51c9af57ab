"""The adapter of SMPP: a transmitter for each reply, a receiver that is held."""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import uuid4

from qiao.channels.shared.adapting import Adapting
from qiao.channels.shared.declaring import undeclared
from qiao.channels.shared.sms_counting import counted_in_parts
from qiao.channels.sms_smpp import codec, pdu
from qiao.channels.sms_smpp.assembling import Assembling
from qiao.channels.sms_smpp.session import BindRefused, Session, bound
from qiao.ports.channel import (
    Account,
    Connected,
    Counted,
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

LAST = "last_message"


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """A text or reports. Raises Invalid."""
        return codec.read(receipt.body, receipt.query.get("id", ""), account.settings)

    def counted(self, text: str, account: Account) -> Counted | None:
        """As it is submitted."""
        return counted_in_parts(text)

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Submit the parts of a message, one after the other. SMPP knows no key: after an answer that was lost, a repetition is a
        second message.
        """
        refused = undeclared(self.manifest, message)
        if refused is not None:
            return refused
        parts = codec.parts(message, str(account.settings.get("number") or ""))
        try:
            async with bound(pdu.BIND_TRANSMITTER, account, wire) as session:
                return await _submitted(session, parts)
        except BindRefused as error:
            return codec.refusal(error.status)
        except WireFailed as error:
            return _unreached(error)

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Bind once, to see whether we are let in."""
        try:
            async with bound(pdu.BIND_TRANSMITTER, account, wire):
                return Connected(title=f"{account.settings.get('number')} @ {account.settings.get('host')}")
        except BindRefused as error:
            refused = codec.refusal(error.status)
            return refused if isinstance(refused, Retry | NeedsReauth) else NeedsReauth(f"smpp 0x{error.status:02X}")
        except WireFailed as error:
            return _unreached(error)

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """Be bound as receiver; what comes is answered when it is stored for good. Ends when the connection does."""
        try:
            async with bound(pdu.BIND_RECEIVER, account, wire) as session:
                last = _Last(await wire.recall(LAST))
                assembling = Assembling()
                while True:
                    assembling.take(await session.next_message())
                    for whole in assembling.whole():
                        body = codec.joined(whole)
                        await deliver(RawReceipt("SMPP", {}, {"id": last.id_of(body)}, body))
                        await wire.remember(LAST, last.written)
                        for one in whole:
                            await session.tell(one.answer(b"\0"))
        except (BindRefused, WireFailed):
            await asyncio.sleep(0)


class _Last:
    """What was stored last. Only that one may come again after its answer was lost, since they are answered one by one."""

    def __init__(self, written: str | None) -> None:
        self.written = written or ""
        self._again = True

    def id_of(self, body: bytes) -> str:
        """The id of a message: that of the last one when it is that again, else a new one."""
        digest = hashlib.sha256(b"".join(one.body for one in pdu.split(body))).hexdigest()
        known, _, message_id = self.written.partition(" ")
        if not (self._again and known == digest):
            message_id = uuid4().hex
        self._again = False
        self.written = f"{digest} {message_id}"
        return message_id


async def _submitted(session: Session, parts: Sequence[pdu.Short]) -> SendResult:
    ids: list[str] = []
    for part in parts:
        answer = await session.ask(pdu.SUBMIT_SM, part.encode())
        if answer.status:
            return codec.refusal(answer.status)
        ids.append(pdu.message_id(answer.body))
    named = [one for one in ids if one]
    return Sent(provider_id=named[0] if named else None, also=tuple(named[1:]))


def _unreached(error: WireFailed) -> Retry | NeedsReauth:
    if error.reason == "refused":
        return NeedsReauth("this address is not one that may be connected to")
    return Retry(codec.RETRY_SECONDS, f"unreached: {error.reason}")
