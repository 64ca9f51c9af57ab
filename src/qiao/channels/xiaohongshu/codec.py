"""What crosses the wire, as contracts. Pure. What the fields are called is the inbox's own mapping."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from qiao.channels.shared.asking import moment, read
from qiao.channels.xiaohongshu.mapping import Receiving, Sending, found, text_at
from qiao.kit.errors import Invalid
from qiao.ports.channel import Inbound, InboundMessage, Media, NeedsReauth, Rejected, Retry, Sender, Sent

MILLISECONDS = 1e11
MOST_MESSAGES = 200


def inbound(body: bytes, receiving: Receiving) -> Sequence[Inbound]:
    """The messages of a push, in its order. What the mapping does not take, or names nobody, is left out. Raises Invalid."""
    held = read(body, dict[str, Any])
    listed = found(held, receiving.list) if receiving.list else [held]
    if not isinstance(listed, list):
        raise Invalid("there is no list of messages where the mapping says")
    parts = cast("list[object]", listed)[:MOST_MESSAGES]
    read_ones = (_message(one, receiving) for one in parts if isinstance(one, Mapping))
    return tuple(one for one in read_ones if one is not None)


def _message(one: object, receiving: Receiving) -> InboundMessage | None:
    if any(text_at(one, path) not in allowed for path, allowed in receiving.only.items()):
        return None
    provider_id, sender = text_at(one, receiving.id), text_at(one, receiving.sender)
    text, image = text_at(one, receiving.text), text_at(one, receiving.image)
    if not provider_id or not sender or not (text or image):
        return None
    media = (Media(kind="image", ref={"url": image}),) if image.startswith(("https://", "http://")) else ()
    return InboundMessage(
        provider_id=provider_id[:200],
        sender=Sender(address=sender[:200], name=text_at(one, receiving.name)[:200] or None),
        text=text,
        media=media,
        sent_at=_time(text_at(one, receiving.time)),
    )


def _time(written: str) -> Any:
    try:
        seconds = float(written)
    except ValueError:
        return None
    return moment(seconds, 1000 if seconds > MILLISECONDS else 1)


STALE = "stale"


def result_of(answer: object, sending: Sending) -> Sent | Retry | Rejected | NeedsReauth:
    """What an answer means. An answer without the code that the mapping names is nonsense. Rejected(STALE): a new token, please."""
    code = text_at(answer, sending.code)
    if not code:
        return Retry(30, "nonsense")
    if code in {str(one) for one in sending.done}:
        return Sent(text_at(answer, sending.id) or None)
    told = " ".join(f"{code} {text_at(answer, sending.words)}".split())[:200]
    meant = sending.meanings.get(code, told)
    if meant == "retry":
        return Retry(60, told)
    return NeedsReauth(told) if meant == "reauth" else Rejected(meant[:200])
