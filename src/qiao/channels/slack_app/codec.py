"""What Slack delivers, as contracts. Pure. Source of the text's marks: docs.slack.dev, formatting message text.

A message is named by its channel and time stamp, which is unique there. What is said to the app in a direct message is private; a
mention in a channel is a public thread. What the app itself wrote is left out.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from qiao.channels.shared.asking import moment
from qiao.channels.shared.asking import read as decoded
from qiao.channels.slack_app.emoji import drawn, reaction
from qiao.channels.slack_app.payloads import Delivery, Event, File, Tap
from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    AccountBroken,
    Inbound,
    InboundMessage,
    Media,
    MessageEdited,
    MessageRecalled,
    Reacted,
    Sender,
    Thread,
)

SPOKEN = {"", "file_share", "thread_broadcast", "me_message"}
KINDS = {"image": "image", "audio": "voice", "video": "video"}
SOCKET_REFUSED = "qiao_socket_refused"
"""An event of our own: the line was refused."""
_MARKED = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def challenge_of(body: bytes) -> str | None:
    """What Slack wants to read back when an address is entered; None for everything else."""
    if b"url_verification" not in body:
        return None
    try:
        delivery = decoded(body, Delivery)
    except Invalid:
        return None
    return delivery.challenge if delivery.type == "url_verification" else None


def read(body: bytes) -> list[Inbound]:
    """What a delivery holds. Raises Invalid."""
    if body.startswith(b"payload="):
        payload = parse_qs(body.decode("utf-8", "replace")).get("payload", [""])[0]
        return _taps(decoded(payload.encode("utf-8", "replace"), Tap))
    delivery = decoded(body, Delivery)
    own = {one.user_id for one in delivery.authorizations}
    event = delivery.event
    reader = _READERS.get(event.type)
    found = reader(event, own) if reader and delivery.type == "event_callback" else None
    return [] if found is None else [found]


def plain(text: str) -> str:
    """Slack's text as people read it: links, mentions and emoji drawn, then its three escapes undone."""
    shown = _MARKED.sub(_mark, drawn(text))
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _mark(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if target[0] in "@#!":
        return f"{'#' if target[0] == '#' else '@'}{label or target[1:]}"
    target = target.removeprefix("mailto:").removeprefix("tel:")
    return target if not label or label == target else f"{label} ({target})"


def _message(event: Event, own: set[str]) -> Inbound | None:
    if event.subtype in {"message_changed", "message_deleted"}:
        return _changed(event, own)
    if event.channel_type != "im" or event.subtype not in SPOKEN:
        return None
    return _said(event, own, event.text, None)


def _mention(event: Event, own: set[str]) -> Inbound | None:
    text = event.text
    for one in own:
        text = text.replace(f"<@{one}>", "", 1)
    top = event.thread_ts or event.ts
    return _said(event, own, text.strip(), Thread(key=f"{event.channel}:{top}", post_id=f"{event.channel}:{top}"))


def _said(event: Event, own: set[str], text: str, thread: Thread | None) -> Inbound | None:
    media = tuple(_media(one) for one in event.files if one.mode not in {"external", "tombstone"})
    links = "".join(f"\n{one.url_private}" for one in event.files if one.mode == "external")
    text = (plain(text) + links).strip("\n") if links else plain(text)
    if _is_own(event.user, event.bot_id, own) or not (event.channel and event.ts and (text or media)):
        return None
    reply_to = {"channel": event.channel, "thread_ts": event.thread_ts}
    return InboundMessage(
        provider_id=f"{event.channel}:{event.ts}",
        sender=Sender(address=event.user),
        text=text,
        media=media,
        quoted=f"{event.channel}:{event.thread_ts}" if event.thread_ts not in {"", event.ts} else None,
        thread=thread,
        reply_to={name: value for name, value in reply_to.items() if value} if thread is None else {},
        sent_at=moment(_seconds(event.ts)),
    )


def _changed(event: Event, own: set[str]) -> Inbound | None:
    if event.channel_type != "im":
        return None
    if event.subtype == "message_deleted":
        old = event.previous_message
        gone = event.deleted_ts and not _is_own(old.user, old.bot_id, own)
        return MessageRecalled(provider_id=f"{event.channel}:{event.deleted_ts}") if gone else None
    new = event.message
    # Slack says "changed" of a message whose link it has unfurled, too.
    if new.edited is None or not new.ts or _is_own(new.user, new.bot_id, own):
        return None
    return MessageEdited(provider_id=f"{event.channel}:{new.ts}", text=plain(new.text), at=moment(_seconds(event.ts)))


def _reacted(event: Event, own: set[str]) -> Inbound | None:
    if event.item.type != "message" or not event.item.ts or _is_own(event.user, event.bot_id, own):
        return None
    emoji = reaction(event.reaction) if event.type == "reaction_added" else ""
    return Reacted(provider_id=f"{event.item.channel}:{event.item.ts}", sender=Sender(address=event.user), emoji=emoji)


def _broken(event: Event, _own: set[str]) -> Inbound:
    return AccountBroken(reason=event.text if event.type == SOCKET_REFUSED else event.type)


_READERS: Mapping[str, Callable[[Event, set[str]], Inbound | None]] = {
    "message": _message,
    "app_mention": _mention,
    "reaction_added": _reacted,
    "reaction_removed": _reacted,
    "tokens_revoked": _broken,
    "app_uninstalled": _broken,
    SOCKET_REFUSED: _broken,
}


def _taps(tap: Tap) -> list[Inbound]:
    if tap.type != "block_actions" or not (tap.user.id and tap.channel.id):
        return []
    where, top = tap.channel.id, tap.message.thread_ts or tap.message.ts
    private = where.startswith("D")
    kept = {"channel": where, "thread_ts": tap.message.thread_ts}
    return [
        InboundMessage(
            provider_id=f"{where}:{tap.message.ts}:{one.action_ts}",
            sender=Sender(address=tap.user.id, name=tap.user.name or tap.user.username),
            text=one.text.text,
            option=one.value,
            quoted=f"{where}:{tap.message.ts}" if tap.message.ts else None,
            thread=None if private else Thread(key=f"{where}:{top}", post_id=f"{where}:{top}"),
            reply_to={name: value for name, value in kept.items() if value} if private else {},
            sent_at=moment(_seconds(one.action_ts)),
        )
        for one in tap.actions
        if one.type == "button" and one.value and one.action_ts
    ]


def _is_own(user: str, bot_id: str, own: set[str]) -> bool:
    return not user or bool(bot_id) or user in own or user == "USLACKBOT"


def _media(file: File) -> Media:
    return Media(
        kind=KINDS.get(file.mimetype.partition("/")[0], "file"),
        ref={"url": file.url_private_download or file.url_private},
        name=file.name,
        content_type=file.mimetype or None,
        size=file.size,
    )


def _seconds(ts: str) -> float | None:
    try:
        return float(ts)
    except ValueError:
        return None
