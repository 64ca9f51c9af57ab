"""What crosses the wire: forms in (a message, or what became of one of ours), a form out. Pure."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

from msgspec import Struct

from qiao.channels.shared.asking import words
from qiao.kit.errors import Invalid
from qiao.kit.sms_text import leaves
from qiao.kit.webhook_signatures import signed_base64
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    Left,
    Media,
    NeedsReauth,
    OutboundMessage,
    Proof,
    Rejected,
    Reported,
    Retry,
    Sender,
    SendResult,
    Sent,
)

MAX_FIELDS = 200
MAX_FILES = 10
RETRY_SECONDS = 60.0
_STATES = {"delivered": "delivered", "read": "read", "undelivered": "failed", "failed": "failed"}
_KINDS = (("image/", "image"), ("audio/", "voice"), ("video/", "video"))
UNSUBSCRIBED = 21610
_GONE = frozenset({21211, 21214, 21217, 21407, 21421, 21612, 21614, 30003, 30005, 30006})
_BLOCKED = frozenset({UNSUBSCRIBED, 30004})
_CREDENTIALS = frozenset({20003, 20005, 20008, 90010})


class Answer(Struct, frozen=True):
    """What the API says of a message."""

    sid: str = ""
    code: int = 0
    message: str = ""


class Owner(Struct, frozen=True):
    """What the API says of the account."""

    friendly_name: str = ""
    status: str = "active"


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a callback. Raises Invalid."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MAX_FIELDS))
    except (UnicodeError, ValueError):
        raise Invalid("this is not a form") from None


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """The address followed by every field's name and value, names in order, as X-Twilio-Signature has it."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return signed_base64(token, signed.encode("utf-8", "surrogatepass"), digest="sha1")


def read(body: bytes) -> Sequence[Inbound]:
    """A message, its opting out or in, or a report. Raises Invalid."""
    form = form_of(body)
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    if not sid:
        return ()
    state = form.get("MessageStatus") or form.get("SmsStatus") or ""
    if state and state != "received":
        return _reported(sid, _STATES.get(state), form.get("ErrorCode") or "")
    return _received(sid, form) if form.get("From") else ()


def _reported(sid: str, state: str | None, code: str) -> Sequence[Inbound]:
    if state is None:
        return ()
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 9 else 0
    reason = "blocked" if number in _BLOCKED else "unknown_address" if number in _GONE else code[:20] or None
    return (Reported(provider_id=sid, state=state, reason=reason, permanent=number in _BLOCKED | _GONE),)


def _received(sid: str, form: Mapping[str, str]) -> Sequence[Inbound]:
    address, text = form["From"], form.get("Body", "")
    sender = Sender(address=address, phone=address, proofs=(Proof("phone", address),))
    message = InboundMessage(provider_id=sid, sender=sender, text=text, media=_media(form))
    gone = leaves(text)
    return (message,) if gone is None else (message, Left(sender=sender, reason="opted_out", back=not gone))


def _media(form: Mapping[str, str]) -> tuple[Media, ...]:
    found = [(form.get(f"MediaUrl{place}"), form.get(f"MediaContentType{place}")) for place in range(MAX_FILES)]
    return tuple(
        Media(
            kind=next((kind for start, kind in _KINDS if (named or "").startswith(start)), "file"),
            ref={"url": url},
            content_type=named,
        )
        for url, named in found
        if url
    )


def written(message: OutboundMessage, number: str, callback: str) -> dict[str, str]:
    """The form of a message."""
    form = {"To": message.to, "StatusCallback": callback}
    form["MessagingServiceSid" if number.startswith("MG") else "From"] = number
    if message.text:
        form["Body"] = message.text
    if message.files:
        form["MediaUrl"] = message.files[0].url
    return form


def result_of(status: int, answer: Answer | None) -> SendResult:
    """What an answer below 500 means; the codes are those of Twilio's error dictionary."""
    if status in {HTTPStatus.OK, HTTPStatus.CREATED} and answer is not None and answer.sid:
        return Sent(provider_id=answer.sid)
    code = answer.code if answer else 0
    if status == HTTPStatus.UNAUTHORIZED or code in _CREDENTIALS:
        return NeedsReauth(f"error {code or status}")
    if code in _BLOCKED:
        return Rejected("blocked")
    if code in _GONE:
        return Rejected("unknown_address")
    if answer is None or not code:
        return Retry(RETRY_SECONDS, f"the provider answered {status} without sense")
    return Rejected(words(f"{code} {answer.message}"))
