"""What mail servers write back: that a mail of ours did not arrive (RFC 3464, or in their own words), or that its receiver complained."""

import re
from email.message import Message
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from qiao.channels.email_imap.addresses import bare_addresses, clean_line
from qiao.channels.email_imap.mime import BROKEN, Mail, held_in, leaves
from qiao.channels.email_imap.threads import is_ours, safe_id
from qiao.channels.email_imap.words import decoded, text_of
from qiao.kit.lazy import lazy
from qiao.ports.channel import Account, Inbound, Left, Reported, Sender

if TYPE_CHECKING:
    from flufl import bounce as flufl_bounce
else:
    flufl_bounce = lazy("flufl.bounce")

_ROBOTS = {"mailer-daemon", "postmaster", "mdaemon", "mail-daemon", "mailerdaemon"}
_ORIGINAL_ID = re.compile(r"^message-id:\s*<([^<>\s]{1,320})>", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_MAX_TEXT = 100_000
_MAX_REASON = 200


def is_report(mail: Mail) -> bool:
    """Whether a mail server wrote it in the form of a report (RFC 6522)."""
    return mail.message.get_content_type() == "multipart/report"


def is_robot(mail: Mail) -> bool:
    """Whether it is from a mail server by its name: a bounce of the old kind, or something else that a machine wrote."""
    sender = bare_addresses(mail.first("from"), 1)
    return bool(sender) and sender[0].partition("@")[0] in _ROBOTS


def report_of(mail: Mail, account: Account) -> tuple[Inbound, ...] | None:
    """What it says of a mail of ours; None when it is not about one."""
    original = _original_id(mail, account)
    if original is None:
        return None
    kind = str(mail.message.get_param("report-type", "")).lower()
    if kind == "feedback-report":
        return _complaint(mail)
    if kind == "disposition-notification":
        seen = any("displayed" in _notified(inner) for part in leaves(mail.message) for inner in held_in(part))
        return (Reported(provider_id=original, state="read"),) if seen else ()
    return _delivery(mail, original)


def _delivery(mail: Mail, original: str) -> tuple[Inbound, ...]:
    """Arrived, failed, or nothing yet."""
    fields = _fields(mail.message)
    action = fields.get("action", "").lower()
    if action in {"delivered", "relayed", "expanded"}:
        return (Reported(provider_id=original, state="delivered"),)
    status = _status(mail, fields)
    if action != "failed" and not status.startswith("5."):
        return ()
    reason = clean_line(f"{status} {decoded(fields.get('diagnostic-code', ''))}")[:_MAX_REASON].strip()
    # 5.1.x is about the address itself; a full mailbox or a policy may be over tomorrow.
    return (Reported(provider_id=original, state="failed", reason=reason or "bounced", permanent=status.startswith("5.1.")),)


def _original_id(mail: Mail, account: Account) -> str | None:
    """The Message-ID of ours that the report brings back with it, sealed: a made-up report binds to nothing."""
    for part in leaves(mail.message):
        inner = held_in(part)[:1]
        text = str(inner[0].get("message-id", "")) if inner else ""
        found = [text.strip().strip("<>")] if text else _ORIGINAL_ID.findall(_text(part))
        for one in found[:20]:
            named = safe_id(one)
            if named and is_ours(account, named):
                return named
    return None


def _fields(message: Message) -> dict[str, str]:
    """The fields of the first receiver in the machine-readable part."""
    fields: dict[str, str] = {}
    for part in leaves(message):
        if part.get_content_type() == "message/delivery-status":
            for block in held_in(part) or [HeaderParser().parsestr(_text(part))]:
                fields.update({name.lower(): str(value).strip() for name, value in block.items() if name.lower() not in fields})
    return fields


def _status(mail: Mail, fields: dict[str, str]) -> str:
    found = _STATUS.search(fields.get("status", "")) or _STATUS.search(fields.get("diagnostic-code", ""))
    if found:
        return found[0]
    try:
        _, permanent = flufl_bounce.all_failures(mail.message)
    except BROKEN:
        return ""
    if not permanent:
        return ""
    written = next((hit[0] for part in leaves(mail.message) if (hit := _STATUS.search(_text(part)))), "")
    return written if written.startswith("5.") else "5.0.0"


def _complaint(mail: Mail) -> tuple[Inbound, ...]:
    """The receiver has called our mail unwanted: they are not written to until they write themselves."""
    for part in leaves(mail.message):
        inner = held_in(part)[:1]
        if inner and (to := bare_addresses(str(inner[0].get("to", "")), 1)):
            return (Left(sender=Sender(address=to[0]), reason="complaint"),)
    return ()


def _notified(inner: Message) -> str:
    """The fields of a notification, which the library takes for a mail of its own."""
    rest = "" if inner.is_multipart() else _text(inner)
    return f"{inner.get('disposition', '')} {rest}".lower()


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return text_of(payload[:_MAX_TEXT], None) if isinstance(payload, bytes) else ""
