"""One folder of a mailbox over IMAP: read without a trace, watched with IDLE, remembered by UIDVALIDITY and UID.

The folder is opened read-only and no flag is looked at or set: whoever else reads, moves or marks mails there is not in the way.
"""

import imaplib
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from qiao.channels.email_imap.signing_in import Server
from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    import imapclient
    from imapclient import exceptions as imap_errors
else:
    imapclient = lazy("imapclient")
    imap_errors = lazy("imapclient.exceptions")

SECONDS = 30.0
_DENIED = re.compile(r"AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED|Invalid credentials|LOGIN failed|denied", re.IGNORECASE)


class LoginRefused(Exception):
    """The server does not let us in with these credentials. `spent`: it was a token, and another may be let in."""


class Fetched(Struct, frozen=True):
    """A mail's bytes, or as much of them as was asked for."""

    raw: bytes
    was_cut: bool


class Mailbox:
    """Blocking: one thread at a time. Errors are OSError, LoginRefused, or the server's own (`IMAP_ERRORS`)."""

    def __init__(self, where: Server) -> None:
        self._client: Any = _client(where)
        if where.security != "starttls":
            return
        try:
            self._client.starttls(ssl.create_default_context())
        except BaseException:
            self._client.shutdown()
            raise

    def sign_in(self, user: str, password: str, *, is_token: bool) -> None:
        """Raises LoginRefused."""
        try:
            if is_token:
                self._client.oauth2_login(user, password)
            else:
                self._client.login(user, password)
        except imap_errors.LoginError as error:
            if _DENIED.search(str(error)):
                raise LoginRefused("imap_credentials_refused") from None
            raise ConnectionError("the server lets nobody in now") from None

    def open(self, folder: str) -> tuple[int, int]:
        """UIDVALIDITY and the next UID."""
        told: Mapping[bytes, Any] = self._client.select_folder(folder, readonly=True)
        return int(told.get(b"UIDVALIDITY", 0)), int(told.get(b"UIDNEXT", 1))

    def after(self, uid: int) -> list[int]:
        """What lies behind a UID, oldest first."""
        # "n:*" always names the last one, however small it is.
        found: Sequence[int] = self._client.search(["UID", f"{uid + 1}:*"])
        return sorted(one for one in found if one > uid)

    def since(self, day: date) -> list[int]:
        """What came on that day or later, oldest first."""
        found: Sequence[int] = self._client.search(["SINCE", day])
        return sorted(found)

    def fetch(self, uid: int, most: int) -> Fetched | None:
        """A mail, cut behind so many bytes; None when it is not there any more."""
        sizes: Mapping[int, Any] = self._client.fetch([uid], ["RFC822.SIZE"])
        if uid not in sizes:
            return None
        size = int(sizes[uid].get(b"RFC822.SIZE", 0))
        asked = "BODY.PEEK[]" if size <= most else f"BODY.PEEK[]<0.{most}>"
        got: Mapping[int, Mapping[bytes, Any]] = self._client.fetch([uid], [asked])
        raw = next((value for name, value in got.get(uid, {}).items() if name.startswith(b"BODY[]")), None)
        return None if raw is None else Fetched(raw, size > most)

    def wait(self, seconds: float) -> None:
        """Until something happens in the folder, or so long."""
        if not self._client.has_capability("IDLE"):
            self._client.noop()
            return
        self._client.idle()
        self._client.idle_check(timeout=seconds)
        self._client.idle_done()

    @property
    def can_wait(self) -> bool:
        """Whether `wait` waits; otherwise one looks now and then."""
        return bool(self._client.has_capability("IDLE"))

    def interrupt(self) -> None:
        """From any thread: whatever is waited for ends at once with an error."""
        # The plain socket's own: TLS would take its state from under the one who reads.
        with suppress(OSError):
            socket.socket.shutdown(self._client.socket(), socket.SHUT_RDWR)

    def close(self) -> None:
        """Say goodbye when somebody listens, and let go."""
        try:
            self._client.logout()
        except (OSError, *IMAP_ERRORS):
            self._client.shutdown()


IMAP_ERRORS = (imaplib.IMAP4.error,)
"""What the server says instead of yes; a cut connection among it."""


def _client(where: Server) -> Any:
    """A client that connects to the address that was judged, and knows the server by its name."""

    class Link(imaplib.IMAP4):
        def _create_socket(self, timeout: float | None) -> socket.socket:
            link = socket.create_connection((where.ip, where.port), timeout=timeout or SECONDS)
            if where.security != "tls":
                return link
            try:
                return ssl.create_default_context().wrap_socket(link, server_hostname=where.host)
            except BaseException:
                link.close()
                raise

    class Client(imapclient.IMAPClient):
        def _create_IMAP4(self) -> Any:  # noqa: N802 - its name there
            return Link(where.host, where.port, SECONDS)

    return Client(where.host, port=where.port, ssl=where.security == "tls", timeout=SECONDS)
