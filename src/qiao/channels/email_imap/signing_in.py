"""Where the servers are and how one signs in there: hosts judged by the operator's rule, a password, or OAuth 2 with a refresh token."""

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from qiao.ports.channel import Account, NeedsReauth, Retry, Token, Wire, WireFailed, WireRequest

_PORTS = {"imap": {"tls": 993, "starttls": 143, "none": 143}, "smtp": {"tls": 465, "starttls": 587, "none": 25}}
_SOON, _LATER = 30.0, 300.0


class NotSignedIn(Exception):
    """The token cannot be had: `end` is what a send comes to."""

    def __init__(self, end: Retry | NeedsReauth) -> None:
        super().__init__(end.reason)
        self.end = end


class Server(Struct, frozen=True):
    """A server of the mailbox's provider: its name, and the address behind it that was judged."""

    host: str
    port: int
    ip: str
    security: str


class _Granted(Struct, frozen=True):
    access_token: str
    expires_in: float = 3600.0
    refresh_token: str = ""


async def server(account: Account, wire: Wire, which: str) -> Server:
    """The "imap" or "smtp" server. Raises WireFailed("refused") for one that may not be asked, or not in clear text."""
    host, port = _split(str(account.settings.get(f"{which}_host") or ""))
    security = str(account.settings.get(f"{which}_security") or "tls")
    port = port or _PORTS[which].get(security, 0)
    if not host or not port:
        raise WireFailed("refused")
    ip = await wire.address(host, port)
    near = ipaddress.ip_address(ip)
    if security == "none" and not (near.is_loopback or near.is_private):
        raise WireFailed("refused")
    return Server(host, port, ip, security)


def user(account: Account) -> str:
    """Who signs in."""
    return str(account.settings.get("user") or account.settings.get("address") or "").strip()


def uses_oauth(account: Account) -> bool:
    """Whether a token stands for the password."""
    return account.settings.get("auth") == "oauth2"


async def access_token(account: Account, wire: Wire, stale: str | None = None) -> str:
    """The present access token. Raises NotSignedIn."""
    return await wire.token("oauth", _refreshed(account, wire), stale=stale)


def _refreshed(account: Account, wire: Wire) -> Callable[[], Awaitable[Token]]:
    async def fetch() -> Token:
        form = {
            "grant_type": "refresh_token",
            # Some providers give a new one with every answer, and the old one lapses.
            "refresh_token": await wire.recall("refresh_token") or account.secrets.get("oauth_refresh_token", ""),
            "client_id": str(account.settings.get("oauth_client_id") or ""),
            "client_secret": account.secrets.get("oauth_client_secret", ""),
            "scope": str(account.settings.get("oauth_scope") or ""),
        }
        asked = WireRequest(
            url=str(account.settings.get("oauth_token_url") or ""), form={name: value for name, value in form.items() if value}
        )
        try:
            answer = await wire.request(asked)
        except WireFailed as failed:
            raise NotSignedIn(Retry(_SOON, failed.reason)) from None
        if answer.status in {400, 401, 403}:
            raise NotSignedIn(NeedsReauth("oauth_refused"))
        try:
            granted = msgspec.json.decode(answer.body, type=_Granted)
        except (msgspec.DecodeError, UnicodeError):
            raise NotSignedIn(Retry(_LATER, "oauth_nonsense")) from None
        if granted.refresh_token:
            await wire.remember("refresh_token", granted.refresh_token)
        return Token(granted.access_token, granted.expires_in)

    return fetch


def _split(written: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{written.strip()}")
        port = parts.port
    except ValueError:
        return "", None
    return parts.hostname or "", port
