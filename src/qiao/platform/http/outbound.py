"""Requests to addresses that somebody typed into a form: only to the outside, only so long, only so much.

The one door for every such request (a company's own service, tools an admin defines). What it promises:

- http and https alone; no user names in addresses, no redirects followed, no proxy taken from the environment.
- The host is resolved once, every address it has is judged, and the connection goes to an address that was judged. A name that
  resolves to something else a moment later changes nothing (DNS rebinding). `Host` and the certificate's name stay the host's.
- Refused: loopback, private, shared (100.64/10), link-local, multicast, reserved and unspecified addresses, and those that carry an
  IPv4 address in an IPv6 one (mapped, 6to4, Teredo, NAT64). A deployment may allow loopback and private ones; link-local, where
  clouds keep their keys, never.
- The answer comes whole within the time and the size asked for, not compressed, or not at all.
- Errors do not tell an address that does not exist from one that is refused.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from qiao.kit.errors import Invalid, Unavailable
from qiao.kit.lazy import lazy
from qiao.platform.observe.refusals import refused

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy("httpx")

MAX_URL = 2_000
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_CARRIERS = tuple(ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
_RESERVED = tuple(ipaddress.ip_network(one) for one in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "5f00::/16"))
"""Nobody's on the internet, which not every version of Python knows; one cloud keeps its keys at 192.0.0.192."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text. Raises OSError when it has none."""


class AddressRefused(Invalid):
    """Not an address this server asks: malformed, unknown, or not on the outside. Repeating changes nothing."""

    code = "outbound.refused"


class OutboundFailed(Unavailable):
    """No usable answer; `details["reason"]` is connect, timeout, tls, broken, compressed or too_large. Whether the request was
    carried out is not known.
    """

    code = "outbound.failed"


class Target(Struct, frozen=True):
    """An address taken apart. `host` is as certificates and `Host` write it: lower case, ASCII, without a final dot."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host, and the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"


class OutboundRequest(Struct, frozen=True, kw_only=True):
    """What to send, how long to wait for all of it (seconds), and how much to take (bytes)."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = {}
    body: bytes = b""
    timeout: float = 3.0
    max_bytes: int = 256 * 1024
    cut: bool = False
    """Whoever asks wants the status: of the body the first `max_bytes` are enough, as they come, and the rest is not waited for."""


class OutboundAnswer(Struct, frozen=True):
    """What came back, whatever its status. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def checked_url(url: str) -> Target:
    """An address that may be asked as far as its text says. Raises AddressRefused."""
    if len(url) > MAX_URL or not url.isprintable() or "\\" in url or " " in url:
        raise AddressRefused("this address cannot be used", field="url")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (
            (parts.hostname or "").encode("idna" if not _is_ip6(parts.hostname) else "ascii").decode().lower().removesuffix(".")
        )
    except ValueError:
        raise AddressRefused("this address cannot be used", field="url") from None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.fragment or port == 0:
        raise AddressRefused("only plain http and https addresses can be used", field="url")
    if not _host_ok(host):
        raise AddressRefused("this address cannot be used", field="url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or {"http": 80, "https": 443}[parts.scheme], path)


def is_outside(address: IpAddress) -> bool:
    """True for an address of the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_outside(address.ipv4_mapped)
        if address.is_site_local or any(address in network for network in _CARRIERS):
            return False
    if any(address in network for network in _RESERVED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_near(address: IpAddress) -> bool:
    """True for a loopback or private address: what a deployment may allow. Never link-local."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_near(address.ipv4_mapped)
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback and any(address in one for one in _CARRIERS):
        return False
    odd = (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or any(address in network for network in _RESERVED)
        or (address.is_reserved and not address.is_loopback)
    )
    return (address.is_loopback or address.is_private) and not odd


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """As the operating system resolves names."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Outbound:
    """Sends guarded requests. Holds no connection between them: one that was opened for a name is never used for another."""

    def __init__(self, *, allow_private: bool = False, resolve: Resolve = resolve_by_system) -> None:
        self._allow_private = allow_private
        self._resolve = resolve

    async def send(self, request: OutboundRequest) -> OutboundAnswer:
        """The answer of whoever is there. Raises AddressRefused, OutboundFailed."""
        target = checked_url(request.url)
        try:
            async with asyncio.timeout(request.timeout):
                began = time.monotonic()
                address = await self._judged(target)
                left = max(0.1, request.timeout - (time.monotonic() - began))
                return await self._exchange(request, target, address, left)
        except TimeoutError:
            raise OutboundFailed("no answer in time", reason="timeout", retry_after=5) from None

    async def address(self, host: str, port: int) -> str:
        """For what is not HTTP: where to connect to, judged by the same rule. Raises AddressRefused."""
        if not _host_ok(host.lower()):
            raise AddressRefused("this address cannot be used", field="host")
        return await self._judged(Target("http", host.lower(), port, "/"))

    async def _judged(self, target: Target) -> str:
        """The address to connect to. All that the name has must be allowed: one that leads inside makes the name suspect."""
        try:
            found = [ipaddress.ip_address(text.partition("%")[0]) for text in await self._resolve(target.host, target.port)]
        except (OSError, ValueError, UnicodeError):
            found = []
        inside = [one for one in found if not (is_outside(one) or (self._allow_private and is_near(one)))]
        if inside:
            refused(AddressRefused.code, host=target.host)
        if inside or not found:
            raise AddressRefused("this address does not exist or is not one that may be asked", field="url")
        return str(found[0])

    async def _exchange(self, request: OutboundRequest, target: Target, address: str, left: float) -> OutboundAnswer:
        literal = f"[{address}]" if ":" in address else address
        headers = {**request.headers, "Host": target.authority, "Accept-Encoding": "identity", "Connection": "close"}
        try:
            transport = httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False, retries=0)
            timeout = httpx.Timeout(left, connect=left * 0.45)
            # Connecting and the handshake give up before the whole does: a cut handshake would leave its socket open.
            async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=timeout, follow_redirects=False) as client:
                sent = client.build_request(
                    request.method,
                    f"{target.scheme}://{literal}:{target.port}{target.path}",
                    headers=headers,
                    content=request.body,
                    extensions={"sni_hostname": target.host},
                )
                answer = await client.send(sent, stream=True)
                try:
                    return await (_read_beginning if request.cut else _read)(answer, request.max_bytes)
                finally:
                    await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            raise OutboundFailed("no usable answer", reason=_reason(error), retry_after=5) from None


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the world's certificates takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)


async def _read(answer: "httpx.Response", most: int) -> OutboundAnswer:
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise OutboundFailed("the answer is compressed", reason="compressed", retry_after=60)
    if int(answer.headers.get("content-length", "0")) > most:
        raise OutboundFailed("the answer is too large", reason="too_large", retry_after=60)
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > most:
            raise OutboundFailed("the answer is too large", reason="too_large", retry_after=60)
    return OutboundAnswer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))


async def _read_beginning(answer: "httpx.Response", most: int) -> OutboundAnswer:
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part[: most - len(body)]
        if len(body) >= most:
            break
    return OutboundAnswer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.ConnectError | OSError):
        return "tls" if "SSL" in str(error) or "certificate" in str(error).lower() else "connect"
    return "broken"


def _is_ip6(host: str | None) -> bool:
    return ":" in (host or "")


def _host_ok(host: str) -> bool:
    if _is_ip6(host):
        return "%" not in host and _is_address(host)
    # What ends in a number is read as IPv4 by resolvers, in spellings that people do not use: those must be plain.
    if _NUMERIC.fullmatch(host.rpartition(".")[2]):
        return _is_address(host)
    return len(host) <= 253 and bool(_HOST.fullmatch(host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
