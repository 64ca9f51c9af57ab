"""A channel: one way customers reach a company. A folder in qiao.channels implements this port and nothing outside names it.

The three files beside this one hold what a channel says of itself, what comes in and what goes out; they are given on here.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from qiao.ports.channel_inbound import (
    AccountBroken,
    AsTicket,
    CompanyMessage,
    Inbound,
    InboundMessage,
    IntroductionDue,
    Left,
    Media,
    MessageEdited,
    MessageRecalled,
    Place,
    Proof,
    PullDue,
    Reacted,
    ReadUpTo,
    Reported,
    Sender,
    Thread,
    TicketField,
    Typing,
    WindowOpened,
)
from qiao.ports.channel_manifest import (
    ADDRESS_KINDS,
    AFTER_WINDOW,
    MEDIA_KINDS,
    SETTING_TYPES,
    TIERS,
    Ack,
    Capability,
    Choice,
    Localised,
    Manifest,
    MediaLimit,
    ReasonWords,
    ReplyWindow,
    SettingField,
)
from qiao.ports.channel_outbound import (
    Card,
    NeedsReauth,
    Option,
    OutboundFile,
    OutboundMessage,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Template,
)

__all__ = [
    "ADDRESS_KINDS",
    "AFTER_WINDOW",
    "MEDIA_KINDS",
    "SETTING_TYPES",
    "TIERS",
    "Account",
    "AccountBroken",
    "Ack",
    "AsTicket",
    "Capability",
    "Card",
    "Channel",
    "Choice",
    "CompanyMessage",
    "Connected",
    "Counted",
    "Deliver",
    "FetchedMedia",
    "Inbound",
    "InboundMessage",
    "IntroductionDue",
    "Left",
    "Localised",
    "Manifest",
    "Media",
    "MediaLimit",
    "MediaResult",
    "MessageEdited",
    "MessageRecalled",
    "NeedsReauth",
    "Option",
    "OutboundFile",
    "OutboundMessage",
    "Place",
    "Proof",
    "PullDue",
    "Pulled",
    "RawReceipt",
    "Reacted",
    "ReadUpTo",
    "ReasonWords",
    "Rejected",
    "ReplyWindow",
    "Reported",
    "Retry",
    "SendResult",
    "Sender",
    "Sent",
    "SettingField",
    "Template",
    "Thread",
    "TicketField",
    "Token",
    "Typing",
    "WindowOpened",
    "Wire",
    "WireAnswer",
    "WireFailed",
    "WireRequest",
]


class RawReceipt(Struct, frozen=True):
    """What a provider delivered, before anything is believed. Header names are lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    client: str = ""
    """The address it came from, as far as the proxy in front is trusted."""


class Account(Struct, frozen=True, kw_only=True):
    """One inbox as its channel sees it. `secrets` are opened only for this call and are never logged."""

    workspace_id: UUID
    inbox_id: UUID
    inbox_name: str
    settings: Mapping[str, Any] = {}
    secrets: Mapping[str, str] = {}
    hosts: Mapping[str, str] = {}
    """The manifest's hosts, or what the operator put in their place. Without a slash at the end."""
    webhook_url: str = ""
    """Where the provider calls this inbox; public and absolute."""
    origin: str = ""
    """Where this installation's pages are."""
    signing_key: bytes = b""
    """The inbox's own, for what we must recognise when it comes back (thread tokens, form stamps)."""


class WireFailed(Exception):
    """No usable answer: connect, timeout, tls, broken, too_large or refused. Whether the request was carried out is not known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WireRequest(Struct, frozen=True, kw_only=True):
    """What to ask a provider. Of body, json, form and parts one is given; `seconds` is for all of it, `max_bytes` for the answer."""

    method: str = "POST"
    url: str
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: bytes | None = None
    json: object = None
    form: Mapping[str, str] | None = None
    parts: Mapping[str, tuple[str, bytes, str]] | None = None
    """Files by field, each (file name, bytes, content type): sent as multipart, together with `form`."""
    seconds: float = 10.0
    max_bytes: int = 1_048_576


class WireAnswer(Struct, frozen=True):
    """A provider's answer, whatever its status. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Token(Struct, frozen=True):
    """An access token and how many seconds it lives from now."""

    value: str
    seconds: float


class Wire(Protocol):
    """What an adapter is handed to do its work with: the guarded HTTP client, tokens with one holder, our files, a little memory."""

    async def request(self, asked: WireRequest) -> WireAnswer:
        """One request, no redirects. Raises WireFailed."""
        ...

    async def token(self, name: str, fetch: Callable[[], Awaitable[Token]], *, stale: str | None = None) -> str:
        """The inbox's token of that name. When there is none, it has run out or is the `stale` one, a single holder over all
        processes calls `fetch`. Kept sealed. Raises what `fetch` raises.
        """
        ...

    async def address(self, host: str, port: int) -> str:
        """For what is not HTTP: the IP address to connect to, judged by the operator's rule on where this server may go. The name is still
        what certificates are checked against. Raises WireFailed("refused").
        """
        ...

    async def read_file(self, file: OutboundFile) -> bytes:
        """The bytes of a file of ours."""
        ...

    async def recall(self, name: str) -> str | None:
        """What was remembered under the name for this inbox."""
        ...

    async def remember(self, name: str, value: str) -> None:
        """Keep a short text (8 KB) for this inbox, sealed. The last one wins."""
        ...


class FetchedMedia(Struct, frozen=True, kw_only=True):
    """The bytes of a file that a customer sent. The type is only a claim: it is looked at when it is stored."""

    data: bytes
    name: str | None = None
    content_type: str | None = None


MediaResult = FetchedMedia | Retry | Rejected | NeedsReauth


class Connected(Struct, frozen=True, kw_only=True):
    """The credentials work. `title` is what the account is called at the provider; `todo` says what the admin must still do there."""

    title: str
    todo: Localised | None = None


class Pulled(Struct, frozen=True, kw_only=True):
    """What was fetched, in the provider's order. The cursor is kept in the same transaction as what came; `more`: ask again at once."""

    items: Sequence[Inbound] = ()
    cursor: str | None = None
    more: bool = False
    failed: Retry | NeedsReauth | None = None


class Counted(Struct, frozen=True, kw_only=True):
    """What a text is sent and paid in: so many parts, in "gsm7" or "ucs2"; in the last one there is still room for so much."""

    parts: int
    alphabet: str
    left: int


Deliver = Callable[[RawReceipt], Awaitable[None]]
"""Returns when the receipt is stored for good; only then may the provider be told."""


class Channel(Protocol):
    """The adapter; stateless. `verify` and `parse` are pure. Nothing here raises for what a provider answers.

    An adapter implements `manifest`, `verify`, `parse` and `send`; the others where its manifest says so. For those that a channel does
    not have `qiao.channels.shared.adapting.Adapting` answers.
    """

    @property
    def manifest(self) -> Manifest:
        """What this channel says of itself."""
        ...

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Raise Refused when the receipt is not the provider's. An Ack is a handshake: it is the answer, and nothing is stored."""
        ...

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """What a verified receipt holds, in the provider's order. Unknown kinds are left out; nonsense raises QiaoError and is parked."""
        ...

    def counted(self, text: str, account: Account) -> Counted | None:
        """What one text costs in parts, where the provider counts them. Pure."""
        ...

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Hand a reply to the provider. Safe to repeat with the same key."""
        ...

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """Try the credentials and tell the provider our address where it can be told. Safe to repeat."""
        ...

    async def disconnect(self, account: Account, wire: Wire) -> None:
        """Undo at the provider what `connect` did there, as far as it lets us."""
        ...

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """The bytes of a file. Rejected("expired") when they are gone for good."""
        ...

    async def introduce(self, sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
        """What the provider says of somebody who wrote: their name and what it has proven. None: nothing. Asked beside their first
        message and a month later, where the manifest `introduces`, and at once for an IntroductionDue, whose hint it is.
        """
        ...

    async def pull(self, cursor: str | None, hint: Mapping[str, str], account: Account, wire: Wire) -> Pulled:
        """What came since the cursor; None: from now on, or from where the provider begins."""
        ...

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """Hold a connection until cancelled or cut; whoever calls begins again. One holder an inbox, over all processes."""
        ...

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """Show the customer that somebody is writing. Failures are passed over."""
        ...

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """Acts are "hide", "show" and "delete" (a public comment) and "recall" (a message of ours)."""
        ...
