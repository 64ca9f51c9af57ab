"""One mail to what it says: a customer's message, a report on a mail of ours, or nothing at all. Pure, and bounded in time.

What the message carries for the reader:

    conversation_ref   the conversation's id as text, given only when a Message-ID or an address of ours that the mail names was sealed for
                       this very sender (qiao.channels.email_imap.threads); a stranger who got hold of one begins a conversation
    provider_id        the Message-ID and a hash of the letter, so that another letter under the same name is another message
    notes              unverified_sender: no proof that the sender is who they say; folded: quotation or signature left out of the text;
                       cut: more files or text than are taken; layout_left_out: the HTML is longer than is shown
    media              the files; the HTML as the original; original.eml, the whole letter, where something of it is missing otherwise
    reply_to           message_id (to thread by), address (another one to answer to), automatic and proven ("1": a machine wrote it; the
                       sender is who they say)
"""

import hashlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from qiao.channels.email_imap.addresses import Mailbox, bare_addresses, one_mailbox
from qiao.channels.email_imap.bounces import is_report, is_robot, report_of
from qiao.channels.email_imap.folding import fold, text_of_html
from qiao.channels.email_imap.mime import BROKEN, FilePart, Mail, MailUnreadable
from qiao.channels.email_imap.threads import conversation_in, ids_in, is_ours, safe_id, token_in, token_of_address
from qiao.channels.email_imap.trust import is_aligned
from qiao.kit.tidy_html import MAX_HTML
from qiao.ports.channel import Account, Inbound, InboundMessage, Media, Proof, Sender

MAX_TEXT = 100_000
MAX_SUBJECT = 200
MAX_ORIGINAL = 5_000_000
_KINDS = {"image": "image", "audio": "voice", "video": "video"}
_BULK = {"bulk", "list", "junk", "auto_reply"}


def inbound_of(raw: bytes, account: Account, *, was_cut: bool = False) -> tuple[Inbound, ...]:
    """What a mail holds. Raises MailUnreadable with the reason; nothing else."""
    if not raw.strip():
        raise MailUnreadable("an empty mail", reason="empty")
    mail = Mail(raw)
    named = safe_id(mail.first("message-id"))
    if named and is_ours(account, named):
        # Our own, come back by a list, a forwarder or a copy to ourselves.
        return ()
    try:
        # A report that is about no mail of ours answers somebody who wrote in our name.
        told = report_of(mail, account) if is_report(mail) or is_robot(mail) else None
        if told is None and not is_report(mail):
            return (_message(mail, raw, account, was_cut),)
    except BROKEN as error:
        raise MailUnreadable("this mail cannot be read", reason="malformed") from error
    return told or ()


def _message(mail: Mail, raw: bytes, account: Account, was_cut: bool) -> InboundMessage:
    sender = _sender(mail)
    parts = mail.parts()
    whole = parts.plain if parts.plain and parts.plain.strip() else text_of_html(parts.html or "")
    whole = whole.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    folded = fold(whole[:MAX_TEXT])
    cut = parts.cut or was_cut or len(whole) > MAX_TEXT
    is_proven = is_aligned(mail.all("authentication-results"), str(account.settings.get("authserv_id") or ""), sender.domain)
    conversation = _conversation(mail, account, sender.address)
    media = [_media(file) for file in parts.files]
    html = (parts.html or "").strip()
    is_shown = bool(html) and len(html) <= MAX_HTML and not was_cut
    # Folding inside our own thread loses nothing: what is quoted is the conversation above. Elsewhere the whole letter goes along.
    if (cut or (html and not is_shown) or (folded.rest and conversation is None)) and len(raw) <= MAX_ORIGINAL:
        media.append(Media(kind="file", name="original.eml", content_type="message/rfc822", size=len(raw), data=raw))
    if is_shown:
        media.append(Media(kind="original", content_type="text/html", data=html.encode("utf-8", "replace")))
    notes = {
        "unverified_sender": not is_proven,
        "folded": bool(folded.rest),
        "cut": cut,
        "layout_left_out": html and not is_shown,
    }
    automatic = _is_automatic(mail, account, sender.address)
    return InboundMessage(
        provider_id=provider_id_of(mail),
        sender=Sender(
            address=sender.address,
            name=sender.name,
            email=sender.address,
            proofs=(Proof("email", sender.address),) if is_proven else (),
        ),
        text=folded.text,
        media=tuple(media),
        quoted=next((one for one in _named(mail) if is_ours(account, one)), None),
        subject=mail.line("subject")[:MAX_SUBJECT] or None,
        reply_to=_reply_to(mail, sender, is_proven, automatic),
        sent_at=_sent_at(mail),
        automatic=automatic,
        conversation_ref=conversation,
        notes=tuple(note for note, holds in notes.items() if holds),
    )


def provider_id_of(mail: Mail) -> str:
    """The name of this letter within its mailbox: the same however often and on whatever way it comes, another one for other words."""
    letter = hashlib.sha256()
    for part in (mail.first("from"), mail.first("date"), mail.first("subject")):
        letter.update(part.encode("utf-8", "surrogateescape") + b"\0")
    letter.update(mail.body.replace(b"\r\n", b"\n").strip())
    return f"{safe_id(mail.first('message-id')) or ''}#{letter.hexdigest()[:24]}"


def message_id_in(provider_id: str) -> str | None:
    """The Message-ID inside a provider's id: what a mail's References name it by."""
    return safe_id(provider_id.rpartition("#")[0] or provider_id) if not provider_id.startswith("#") else None


def _sender(mail: Mail) -> Mailbox:
    if len(mail.all("from")) > 1:
        raise MailUnreadable("two senders", reason="several_senders")
    written = mail.first("from") or mail.first("sender") or mail.first("reply-to") or mail.first("return-path")
    if not written:
        raise MailUnreadable("nobody sent this", reason="no_sender")
    sender = one_mailbox(written)
    if sender is None:
        raise MailUnreadable("the sender's address cannot be answered", reason="sender_address")
    return sender


def _named(mail: Mail) -> list[str]:
    """The mails that this one answers, the nearest first."""
    return [*ids_in(mail.first("in-reply-to")), *reversed(ids_in(mail.first("references")))]


def _conversation(mail: Mail, account: Account, sender: str) -> str | None:
    mailbox = str(account.settings.get("address") or "")
    receivers = [one for header in ("to", "cc", "delivered-to", "x-original-to") for one in bare_addresses(mail.first(header))]
    tokens = [token_in(one) for one in _named(mail) if is_ours(account, one)]
    tokens += [token for one in receivers if (token := token_of_address(one, mailbox))]
    found = (conversation_in(account, token, sender) for token in tokens)
    return next((str(one) for one in found if one), None)


def _is_automatic(mail: Mail, account: Account, sender: str) -> bool:
    submitted = mail.first("auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or mail.first("precedence").lower() in _BULK
        or bool(mail.first("x-auto-response-suppress") not in {"", "None"})
        or bool(mail.first("list-id") or mail.first("x-autoreply") or mail.first("x-autorespond"))
        or mail.first("return-path") == "<>"
        or is_robot(mail)
        or sender == str(account.settings.get("address") or "").lower()
    )


def _reply_to(mail: Mail, sender: Mailbox, is_proven: bool, automatic: bool) -> dict[str, str]:
    left: dict[str, str] = {}
    if named := safe_id(mail.first("message-id")):
        left["message_id"] = named
    other = one_mailbox(mail.first("reply-to"))
    # A forged sender with a reply address of its own would have our answers sent to whoever forged it.
    if other and other.address != sender.address and (is_proven or other.domain == sender.domain):
        left["address"] = other.address
    if automatic:
        left["automatic"] = "1"
    if is_proven:
        left["proven"] = "1"
    return left


def _media(file: FilePart) -> Media:
    kind = _KINDS.get(file.content_type.partition("/")[0], "file")
    kind = "file" if "svg" in file.content_type else kind
    ref = {"cid": file.cid} if file.cid else {}
    return Media(kind=kind, ref=ref, name=file.name, content_type=file.content_type, size=len(file.data), data=file.data)


def _sent_at(mail: Mail) -> datetime | None:
    try:
        at = parsedate_to_datetime(mail.first("date")[:100])
        at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (*BROKEN, OverflowError):
        return None
    return at if 1990 <= at.year <= 2200 else None
