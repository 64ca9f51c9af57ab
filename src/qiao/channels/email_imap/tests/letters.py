"""What the tests of the e-mail channel write their letters with."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.channels.email_imap.codec import inbound_of
from qiao.ports.channel import Account, InboundMessage

MAILBOX = "help@lanting.example"
CUSTOMER = "yutong@example.com"
CONVERSATION = UUID("0190a1b2-0000-7000-8000-000000000001")


def inbox(**changes: Any) -> Account:
    """The mailbox of a shop whose own server is mx.lanting.example."""
    settings = {"address": MAILBOX, "authserv_id": "mx.lanting.example", "plus_address": True, **changes}
    return Account(
        workspace_id=UUID(int=1),
        inbox_id=UUID(int=2),
        inbox_name="兰亭茶器",
        settings=settings,
        secrets={"password": "p", "handover_secret": "s"},
        signing_key=b"the signing key of an inbox, 32 b",
    )


def letter(
    *headers: str, body: str | bytes = "你好", sender: str = f"林语桐 <{CUSTOMER}>", name: str = "<1@example.com>"
) -> bytes:
    """A letter with these headers above the usual ones."""
    usual = [f"From: {sender}", f"To: {MAILBOX}", "Subject: =?utf-8?B?5LiA5Y+q6Iy25p2v?=", f"Message-ID: {name}"]
    usual += ["Date: Fri, 20 Nov 2026 10:00:00 +0800", "MIME-Version: 1.0"]
    declared = (
        [] if any(one.lower().startswith("content-type:") for one in headers) else ["Content-Type: text/plain; charset=utf-8"]
    )
    head = "\r\n".join([*headers, *usual, *declared])
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def parted(parts: Sequence[tuple[str, bytes]], kind: str = "mixed", **more: Any) -> bytes:
    """A letter of parts, each its header lines and its bytes."""
    written = b"".join(
        b"--edge\r\n" + head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + data + b"\r\n" for head, data in parts
    )
    return letter(f'Content-Type: multipart/{kind}; boundary="edge"', body=written + b"--edge--\r\n", **more)


def read(raw: bytes, **settings: Any) -> InboundMessage:
    """The one message that a letter holds."""
    (message,) = inbound_of(raw, inbox(**settings))
    assert isinstance(message, InboundMessage)
    return message
