"""The platform's side, for tests and for trying: what every channel's `simulator.Simulator` is made of.

A simulator is an ASGI application that answers as the platform's servers do, delivers to our webhook (or keeps what it would have
delivered), and remembers what each customer's phone shows. Nothing leaves the machine.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.ports.channel import Account, Manifest, RawReceipt

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Fault(StrEnum):
    """What a platform may do instead of what it was asked."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    NONSENSE = "nonsense"
    """An answer that is not what the platform's own documents say."""
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of a fault
    """The access token is not believed any more; a new one can be had."""
    CREDENTIALS_REFUSED = "credentials_refused"
    WINDOW_CLOSED = "window_closed"
    BLOCKED = "blocked"
    """The customer does not want to be written to, or is not there any more."""
    MEDIA_EXPIRED = "media_expired"
    CUT = "cut"
    """The connection breaks with no answer."""


class Part(Struct, frozen=True, kw_only=True):
    """One field of a multipart body; a file has a `filename`."""

    data: bytes
    filename: str | None = None
    content_type: str = "text/plain"


class Asked(Struct, frozen=True):
    """A call of the platform's API. Header names are lower case; `places` are the named parts of the path."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    places: Mapping[str, str] = {}

    def json(self) -> Any:
        """The body read as JSON; None when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeError):
            return None

    def form(self) -> dict[str, str]:
        """The body read as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def parts(self) -> dict[str, Part]:
        """The fields of a multipart body (RFC 7578) by name; empty when it is none."""
        boundary = re.search(r'multipart/form-data;.*boundary="?([^";]+)', self.headers.get("content-type", ""))
        pieces = self.body.split(b"--" + boundary[1].encode())[1:-1] if boundary else []
        return dict(_part(piece.removeprefix(b"\r\n").removesuffix(b"\r\n")) for piece in pieces)


class Answered(Struct, frozen=True, kw_only=True):
    """What the platform says."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


class Shown(Struct, frozen=True, kw_only=True):
    """One thing on the customer's phone. `kind` is a Capability's word or "template"; `by` company or customer."""

    provider_id: str
    by: str
    kind: str
    text: str = ""
    data: bytes | None = None
    name: str | None = None
    content_type: str | None = None
    options: Sequence[str] = ()
    """Labels, as they can be read."""
    values: Sequence[str] = ()
    """What tapping each of them gives back; none: its label is written."""
    quoted: str | None = None
    thread: str | None = None
    recalled: bool = False


class SentFile(Struct, frozen=True, kw_only=True):
    """A file that a customer sends."""

    kind: str
    data: bytes
    name: str
    content_type: str


Handler = Callable[[Asked], Awaitable[Answered]]
Webhook = Callable[[RawReceipt], Awaitable[Answered]]


def said(value: object, status: int = 200) -> Answered:
    """A JSON answer."""
    return Answered(status=status, body=msgspec.json.encode(value))


class PlatformSimulator:
    """Subclass with `settings`, `secrets`, `routes`, `fault` and `customer_writes`. One instance is one account on the platform."""

    settings: ClassVar[Mapping[str, Any]] = {}
    """What an admin would enter for this account."""
    secrets: ClassVar[Mapping[str, str]] = {}
    webhook_url: str = "http://desk.test/in/key"
    """Where the account's deliveries go: platforms that sign their address need it."""
    origin: str = "http://platform.test"
    """Where this simulator is, for the addresses of files that it tells."""

    first_number: int = 0
    """Ids count on from here: one that is begun anew must not give an inbox that remembers it the names of old messages."""

    def __init__(self, manifest: Manifest, webhook: Webhook | None = None) -> None:
        self.manifest = manifest
        self.webhook = webhook
        self.asked: list[Asked] = []
        self.delivered: list[RawReceipt] = []
        """Everything that was, or without a webhook would have been, delivered; in order."""
        self.phones: dict[str, list[Shown]] = {}
        self._faults: list[Fault] = []
        self._numbers: dict[str, int] = {}

    def routes(self) -> Mapping[str, Handler]:
        """What answers, by "METHOD /path/{name}"."""
        raise TypeError("a simulator has routes")

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """How this platform says that something is wrong. CUT and NONSENSE never come here."""
        raise TypeError("a simulator has faults")

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """The customer does this on their phone; it is delivered. Gives the provider's id."""
        raise TypeError("a simulator has customers")

    def account(self, origin: str | None = None, **changes: Any) -> Account:
        """This account as an adapter is handed it, with every host of the channel at `origin`, or where the simulator is."""
        origin = origin or self.origin
        hosts = {role: f"{origin}/{role}" if len(self.manifest.hosts) > 1 else origin for role in self.manifest.hosts}
        own = Account(
            workspace_id=UUID(int=1),
            inbox_id=UUID(int=2),
            inbox_name="兰亭茶器",
            settings={field.key: field.default for field in self.manifest.settings if field.type != "secret"}
            | dict(self.settings),
            secrets=self.secrets,
            hosts=hosts,
            webhook_url=self.webhook_url,
            origin="http://desk.test",
            signing_key=b"a signing key of the tests, 32 bytes",
        )
        return msgspec.structs.replace(own, **changes)

    @property
    def customers(self) -> Sequence[str]:
        """The addresses of two customers, as this platform writes addresses; the numbers here are what most take."""
        return {
            "email": ("yutong@customer.example", "jiahe@customer.example"),
            "phone": ("+8613900002001", "+8613900002002"),
        }.get(self.manifest.address, ("70010002001", "70010002002"))

    def next_id(self, prefix: str = "m") -> str:
        """An id that this platform has not given before."""
        self._numbers[prefix] = self._numbers.get(prefix, self.first_number) + 1
        return f"{prefix}{self._numbers[prefix]:06d}"

    def shown(self, address: str) -> list[Shown]:
        """What the customer's phone shows, oldest first."""
        return self.phones.get(address, [])

    def show(self, address: str, shown: Shown) -> None:
        """Put something on the customer's phone."""
        self.phones.setdefault(address, []).append(shown)

    def go_wrong(self, *faults: Fault) -> None:
        """The next calls of the API end like this, one each."""
        self._faults.extend(faults)

    def forget_faults(self) -> None:
        """Everything goes well again."""
        self._faults.clear()

    async def deliver(self, receipt: RawReceipt) -> Answered:
        """Call our webhook; without one, keep what would have been delivered."""
        self.delivered.append(receipt)
        return await self.webhook(receipt) if self.webhook else Answered()

    async def redeliver(self, times: int = 1) -> None:
        """Deliver the last one again, all at the same time: as platforms do that were not answered in time."""
        last = self.delivered[-1]
        await asyncio.gather(*(self.deliver(last) for _ in range(times)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "websocket":
            await self.socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Platforms that hold a socket with us write this."""
        await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await _read(scope, receive)
        self.asked.append(asked)
        answer = await self._answer(asked)
        headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, asked: Asked) -> Answered:
        if self._faults:
            match self._faults.pop(0):
                case Fault.CUT:
                    raise ConnectionResetError("the platform cuts the connection")
                case Fault.NONSENSE:
                    return Answered(body=b"<html>Bad gateway", content_type="text/html")
                case fault:
                    return self.fault(fault, asked)
        for route, handler in self.routes().items():
            method, _, path = route.partition(" ")
            found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), asked.path) if method == asked.method else None
            if found:
                return await handler(msgspec.structs.replace(asked, places=found.groupdict()))
        return Answered(status=404, body=b"{}")


def _part(piece: bytes) -> tuple[str, Part]:
    head, _, data = piece.partition(b"\r\n\r\n")
    said = head.decode("utf-8", "replace")
    name = re.search(r'\bname="?([^";\r]*)', said)
    filename = re.search(r'\bfilename="?([^"\r]*)', said)
    content_type = re.search(r"(?i)^content-type: *([^\r]+)", said, re.MULTILINE)
    own = Part(
        data=data, filename=filename[1] if filename else None, content_type=content_type[1] if content_type else "text/plain"
    )
    return name[1] if name else "", own


async def _read(scope: Scope, receive: Receive) -> Asked:
    body = bytearray()
    more = True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    return Asked(scope["method"], scope["path"], query, headers, bytes(body))
