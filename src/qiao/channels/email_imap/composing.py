"""An answer as a mail: plain text and the same in simple HTML, files, and the headers that thread it, mark it and bring bounces home."""

from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from re import IGNORECASE, sub

from msgspec import Struct

from qiao.channels.email_imap.addresses import MAX_NAME, clean_line
from qiao.channels.email_imap.codec import message_id_in
from qiao.channels.email_imap.threads import message_id_of, token_of, with_end
from qiao.kit.clock import utc_now
from qiao.ports.channel import Account, OutboundFile, OutboundMessage

MAX_REFERENCES = 20
# Seven bits: no server on the way needs to know more.
_POLICY = SMTP.clone(cte_type="7bit")


class Composed(Struct, frozen=True):
    """A mail ready to go: its name, who it is from and to, and its bytes."""

    message_id: str
    sender: str
    receiver: str
    raw: bytes


def compose(message: OutboundMessage, receiver: str, account: Account, files: Sequence[tuple[OutboundFile, bytes]]) -> Composed:
    """The same for the same key, but for its date and the marks between its parts."""
    address = str(account.settings["address"]).strip().lower()
    name = message_id_of(account, message.conversation_id, message.to, message.key, address.rpartition("@")[2])
    mail = EmailMessage(policy=_POLICY)
    mail["Date"] = format_datetime(utc_now())
    mail["From"] = _address(str(account.settings.get("from_name") or account.inbox_name), address)
    mail["To"] = _address(message.to_name or "", receiver)
    mail["Subject"] = subject_of(message, account)
    # Only where the admin knows that the mailbox takes it: elsewhere every answer would bounce.
    end = (
        with_end(address, token_of(account, message.conversation_id, message.to))
        if account.settings.get("plus_address")
        else None
    )
    if end:
        mail["Reply-To"] = end
    if not message.by_person:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    _fill(mail, message.text, files)
    # Names of mails are longer than a line: the library would encode them, and then nobody knows them again.
    head = "".join(f"{line}\r\n" for line in [f"Message-ID: <{name}>", *_threading(message)])
    return Composed(name, address, receiver, head.encode() + mail.as_bytes())


def subject_of(message: OutboundMessage, account: Account) -> str:
    """That of the thread, once with "Re:". A machine repeats only the words of a sender who is proven: nobody writes to others by it."""
    is_free = message.by_person or message.reply_to.get("proven") == "1"
    theme = clean_line(message.subject or "") if is_free else ""
    theme = sub(r"^(?:(?:re|回复|答复|回覆)\s*[:：]\s*)+", "", theme, flags=IGNORECASE)
    return f"Re: {theme}" if theme else account.inbox_name


def _threading(message: OutboundMessage) -> list[str]:
    named = [message_id_in(one) for one in message.references]
    answered = message_id_in(message.quoted or "") or message.reply_to.get("message_id")
    ids = list(dict.fromkeys([one for one in [*named, answered] if one]))[-MAX_REFERENCES:]
    return [f"In-Reply-To: <{answered or ids[-1]}>", "References: " + "\r\n ".join(f"<{one}>" for one in ids)] if ids else []


def _fill(mail: EmailMessage, text: str, files: Sequence[tuple[OutboundFile, bytes]]) -> None:
    pictures = [(file, data) for file, data in files if file.kind == "image"]
    mail.set_content(text)
    mail.add_alternative(_html(text, len(pictures)), subtype="html")
    html = next(part for part in mail.iter_parts() if part.get_content_type() == "text/html")
    for number, (file, data) in enumerate(pictures):
        _attach(html, file, data, cid=f"<picture-{number}>")
    for file, data in files:
        if file.kind != "image":
            _attach(mail, file, data)


def _attach(part: MIMEPart, file: OutboundFile, data: bytes, cid: str | None = None) -> None:
    main, _, sub_type = file.content_type.partition(";")[0].strip().partition("/")
    main, sub_type = (main, sub_type) if sub_type and main not in {"message", "multipart"} else ("application", "octet-stream")
    name = clean_line(file.name) or "file"
    if cid:
        part.add_related(data, main, sub_type, cid=cid, filename=name, disposition="inline")
    else:
        part.add_attachment(data, main, sub_type, filename=name)


def _html(text: str, pictures: int) -> str:
    linked = sub(r"https?://[^\s<>\"']+", lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(text, quote=False))
    shown = "".join(f'<p><img src="cid:picture-{number}" style="max-width:100%"></p>' for number in range(pictures))
    return f'<div style="white-space:pre-wrap">{linked}</div>{shown}\n'


def _address(name: str, address: str) -> Address:
    return Address(display_name=clean_line(name)[:MAX_NAME], addr_spec=address)
