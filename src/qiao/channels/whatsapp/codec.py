"""From a delivery of the Cloud API to the contracts. Pure.

The platform vouches for the number that a customer writes from, so it is their address and proves who they are. Customers who hide
their number are addressed by the id that the platform gave them for this business.
"""

from collections.abc import Iterator, Sequence

import msgspec

from qiao.channels.shared.asking import moment, read
from qiao.channels.shared.graph_api import GraphError, Meanings, meaning
from qiao.channels.whatsapp import payloads
from qiao.ports.channel import (
    AccountBroken,
    Inbound,
    InboundMessage,
    Media,
    NeedsReauth,
    Place,
    Proof,
    Reacted,
    Rejected,
    Reported,
    Retry,
    Sender,
)

BY_LABEL = "~"
"""Before the number of a button whose value is too long to go along: what comes back is its label, as if it had been written."""
RATE_SECONDS = 10.0
TOO_FAST = Retry(1.0, "too fast for one customer")
MEANINGS = Meanings(
    codes={
        130429: Retry(RATE_SECONDS, "rate_limited"),
        131056: TOO_FAST,
        131048: Retry(3600.0, "rate_limited"),
        133016: Retry(3600.0, "rate_limited"),
        131000: Retry(30.0, "the provider does not know why"),
        131016: Retry(60.0, "the provider is not there"),
        131057: Retry(300.0, "the provider maintains the account"),
        131047: Rejected("window_closed"),
        131026: Rejected("unknown_address"),
        131021: Rejected("unknown_address"),
        131050: Rejected("blocked"),
        131051: Rejected("not_allowed"),
        131005: NeedsReauth("access denied"),
        131031: NeedsReauth("the account is locked"),
        131045: NeedsReauth("the number is not registered"),
        368: NeedsReauth("the account is restricted"),
    }
)
FOREVER = frozenset({131026, 131021, 131050})
"""With these the address takes nothing any more."""
REPORTED = {"delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}


def contracts(body: bytes, phone_number_id: str) -> Sequence[Inbound]:
    """What a delivery holds for that number, in its order. Raises Invalid."""
    changes = [change for entry in read(body, payloads.Delivery).entry for change in entry.changes]
    values = [read(bytes(change.value), payloads.Value) for change in changes if change.field == "messages"]
    ours = [value for value in values if value.metadata.phone_number_id in {phone_number_id, ""}]
    return [one for value in ours for one in _held(value)]


def address_of(number: str, user_id: str) -> str:
    """Where a customer is written to: the number, or what stands for it."""
    return f"+{number}" if number.isascii() and number.isdecimal() else user_id


def _held(value: payloads.Value) -> Iterator[Inbound]:
    for message in value.messages:
        sender = _sender(message, value.contacts)
        if sender.address and message.reaction is not None:
            yield Reacted(provider_id=message.reaction.message_id, sender=sender, emoji=message.reaction.emoji)
        elif sender.address and (found := _message(message, sender)) is not None:
            yield found
    for status in value.statuses:
        if status.status in REPORTED:
            yield _reported(status)
    if any(isinstance(meaning(error, MEANINGS), NeedsReauth) for error in value.errors):
        yield AccountBroken(reason="the provider reports the account as broken")


def _sender(message: payloads.Message, contacts: tuple[payloads.Contact, ...]) -> Sender:
    names = {name for name in (message.sender, message.from_user_id) if name}
    contact = next((one for one in contacts if names & {one.wa_id, one.user_id}), payloads.Contact())
    user_id = message.from_user_id or contact.user_id
    address = address_of(message.sender, user_id)
    phone = address if address.startswith("+") else None
    claims = {"user_id": user_id, "referral": message.referral.source_url if message.referral else ""}
    return Sender(
        address=address,
        name=contact.profile.name or None,
        phone=phone,
        attributes={key: value for key, value in claims.items() if value},
        proofs=(Proof("phone", phone),) if phone else (),
    )


def _message(message: payloads.Message, sender: Sender) -> InboundMessage | None:
    text, media = _text(message), _media(message)
    place = msgspec.convert(message.location, Place, from_attributes=True) if message.location else None
    chosen = _chosen(message)
    if not (text or media or place or chosen):
        return None
    return InboundMessage(
        provider_id=message.id,
        sender=sender,
        text=text or (chosen.title if chosen else ""),
        media=(media,) if media else (),
        place=place,
        option=chosen.id if chosen and not chosen.id.startswith(BY_LABEL) else None,
        quoted=message.context.id if message.context else None,
        reply_to={"message": message.id},
        sent_at=moment(float(message.timestamp)) if message.timestamp.isdecimal() else None,
    )


def _chosen(message: payloads.Message) -> payloads.Chosen | None:
    if message.interactive is not None:
        return message.interactive.button_reply or message.interactive.list_reply
    if message.button is not None:
        return payloads.Chosen(message.button.payload or BY_LABEL, message.button.text)
    return None


def _text(message: payloads.Message) -> str:
    if message.text is not None:
        return message.text.body
    if message.order is not None:
        items = (
            f"{one.product_retailer_id} × {one.quantity}  {one.item_price} {one.currency}" for one in message.order.product_items
        )
        return "\n".join(line.rstrip() for line in [*items, message.order.text] if line.strip())
    if message.contacts:
        cards = (" ".join([card.name.formatted_name, *(one.phone for one in card.phones)]).strip() for card in message.contacts)
        return "\n".join(cards)
    file = message.image or message.video or message.document
    return file.caption if file is not None else ""


def _media(message: payloads.Message) -> Media | None:
    kinds = (
        ("image", message.image or message.sticker),
        ("voice", message.audio),
        ("video", message.video),
        ("file", message.document),
    )
    for kind, file in kinds:
        if file is not None:
            return Media(kind=kind, ref={"id": file.id}, name=file.filename, content_type=file.mime_type)
    return None


def _reported(status: payloads.Status) -> Reported:
    error = status.errors[0] if status.errors else GraphError()
    failed = status.status == "failed"
    return Reported(
        provider_id=status.id,
        state=REPORTED[status.status],
        reason=meaning(error, MEANINGS).reason if failed and error.code else None,
        permanent=failed and error.code in FOREVER,
        at=moment(float(status.timestamp)) if status.timestamp.isdecimal() else None,
    )
