"""From an update of the Bot API to the contracts. Pure.

A message's id counts within its chat only, so ours is "CHAT:MESSAGE". The secret that the provider repeats in each delivery is made from
the inbox's own key and the bot's token: an admin enters the token and nothing else.
"""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from qiao.channels.shared.asking import moment
from qiao.channels.telegram import payloads
from qiao.ports.channel import (
    Account,
    Inbound,
    InboundMessage,
    Left,
    Media,
    MessageEdited,
    Place,
    Proof,
    Reacted,
    Sender,
    WindowOpened,
)

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
UPDATES = ("message", "edited_message", "callback_query", "message_reaction", "my_chat_member")
BY_LABEL = "~"
"""Before the number of a button whose value is too long to go along: what comes back is its label, as if it had been written."""


def webhook_secret(account: Account) -> str:
    """What the provider must repeat in each delivery; empty without a token."""
    token = account.secrets.get("token", "")
    return hmac.new(account.signing_key, b"telegram webhook " + token.encode(), hashlib.sha256).hexdigest() if token else ""


def contracts(update: payloads.Update, *, groups: bool) -> Sequence[Inbound]:
    """What an update holds; nothing for what is said in channels, and in groups unless they are let in."""
    found: Inbound | None = None
    if update.message is not None:
        found = _message(update.message)
    elif update.edited_message is not None:
        found = _edited(update.edited_message)
    elif update.callback_query is not None:
        found = _chosen(update.callback_query)
    elif update.message_reaction is not None:
        found = _reacted(update.message_reaction)
    elif update.my_chat_member is not None:
        found = _membership(update.my_chat_member)
    chat = _chat(update)
    heard = chat is not None and (chat.type == "private" or (groups and chat.type in {"group", "supergroup"}))
    return (found,) if found is not None and heard else ()


def name_of(chat: int | str, message: int) -> str:
    """The provider's id of a message, within the inbox."""
    return f"{chat}:{message}"


def _chat(update: payloads.Update) -> payloads.Chat | None:
    message = update.message or update.edited_message
    if update.callback_query is not None:
        message = update.callback_query.message
    change = update.message_reaction or update.my_chat_member or message
    return change.chat if change is not None else None


def _message(message: payloads.Message) -> Inbound | None:
    sender = _sender(message.chat, message.sender, _proofs(message))
    text, media, place = _text(message), _media(message), _place(message)
    if not (text or media or place):
        return None
    if message.text == "/start" or message.text.startswith("/start "):
        return _started(message, sender)
    return InboundMessage(
        provider_id=name_of(message.chat.id, message.message_id),
        sender=sender,
        text=text,
        media=(media,) if media else (),
        place=place,
        quoted=name_of(message.chat.id, message.reply_to_message.message_id) if message.reply_to_message else None,
        sent_at=moment(message.date),
        automatic=message.sender is not None and message.sender.is_bot,
    )


def _started(message: payloads.Message, sender: Sender) -> WindowOpened:
    """What came with a link (t.me/BOT?start=WORD) is a claim like any other."""
    word = message.text.removeprefix("/start").strip()
    if word:
        sender = msgspec.structs.replace(sender, attributes={**sender.attributes, "start": word})
    provider_id = name_of(message.chat.id, message.message_id)
    return WindowOpened(provider_id=provider_id, sender=sender, by="start", at=moment(message.date))


def _edited(message: payloads.Message) -> MessageEdited:
    return MessageEdited(
        provider_id=name_of(message.chat.id, message.message_id), text=_text(message), at=moment(message.edit_date)
    )


def _chosen(callback: payloads.Callback) -> InboundMessage | None:
    if callback.message is None or not callback.data:
        return None
    rows = callback.message.reply_markup.inline_keyboard if callback.message.reply_markup else ()
    labels = [button.text for row in rows for button in row if button.callback_data == callback.data]
    by_label = callback.data.startswith(BY_LABEL)
    if by_label and not labels:
        return None
    return InboundMessage(
        provider_id=f"tap:{callback.id}",
        sender=_sender(callback.message.chat, callback.sender),
        text=labels[0] if labels else callback.data,
        option=None if by_label else callback.data,
        reply_to={"callback": callback.id},
    )


def _reacted(change: payloads.ReactionChange) -> Reacted | None:
    if change.user is None:
        return None
    emoji = change.new_reaction[-1].emoji if change.new_reaction else ""
    return Reacted(provider_id=name_of(change.chat.id, change.message_id), sender=_sender(change.chat, change.user), emoji=emoji)


def _membership(change: payloads.MembershipChange) -> Left:
    gone = change.new_chat_member.status in {"kicked", "left"}
    return Left(sender=_sender(change.chat, change.sender), reason="blocked", back=not gone)


def _sender(chat: payloads.Chat, user: payloads.User | None, proofs: tuple[Proof, ...] = ()) -> Sender:
    private = chat.type == "private"
    person = user or payloads.User(id=chat.id, first_name=chat.first_name, last_name=chat.last_name, username=chat.username)
    name = f"{person.first_name} {person.last_name}".strip()
    claims = {"username": person.username, "member": "" if private else name}
    return Sender(
        address=str(chat.id),
        name=(name if private else chat.title) or None,
        locale=person.language_code,
        attributes={key: value for key, value in claims.items() if value},
        phone=proofs[0].value if proofs else None,
        proofs=proofs,
    )


def _proofs(message: payloads.Message) -> tuple[Proof, ...]:
    """A customer who shares their own number proves it: the provider puts their id beside it. A forwarded card proves nothing."""
    contact, sender = message.contact, message.sender
    forwarded = message.forward_origin is not None or message.forward_date is not None
    if contact is None or sender is None or contact.user_id != sender.id or forwarded or message.chat.id != sender.id:
        return ()
    digits = "".join(one for one in contact.phone_number if one.isdecimal())
    return (Proof("phone", f"+{digits}"),) if digits else ()


def _text(message: payloads.Message) -> str:
    if message.contact is not None:
        name = f"{message.contact.first_name} {message.contact.last_name}".strip()
        return f"{name} {message.contact.phone_number}".strip()
    if message.poll is not None:
        return "\n".join([message.poll.question, *(f"· {one.text}" for one in message.poll.options)])
    if message.dice is not None:
        return f"{message.dice.emoji} {message.dice.value}"
    if message.sticker is not None and _media(message) is None:
        return message.sticker.emoji
    return message.text or message.caption


def _media(message: payloads.Message) -> Media | None:
    if message.photo:
        return _file("image", max(message.photo, key=lambda size: size.width * size.height), "image/jpeg")
    if message.sticker is not None:
        return _sticker(message.sticker)
    kinds = (
        ("voice", message.voice or message.audio),
        ("video", message.video or message.video_note or message.animation),
        ("file", message.document),
    )
    return next((_file(kind, file) for kind, file in kinds if file is not None), None)


def _sticker(sticker: payloads.Sticker) -> Media | None:
    if sticker.is_animated or sticker.is_video:
        return _file("image", sticker.thumbnail) if sticker.thumbnail else None
    return _file("image", payloads.File(sticker.file_id, file_size=sticker.file_size), "image/webp")


def _file(kind: str, file: payloads.File, content_type: str | None = None) -> Media:
    return Media(
        kind=kind,
        ref={"file_id": file.file_id},
        name=file.file_name,
        content_type=file.mime_type or content_type,
        size=file.file_size,
    )


def _place(message: payloads.Message) -> Place | None:
    if message.venue is not None:
        at = message.venue.location
        return Place(latitude=at.latitude, longitude=at.longitude, name=message.venue.title, address=message.venue.address)
    if message.location is not None:
        return Place(latitude=message.location.latitude, longitude=message.location.longitude)
    return None
