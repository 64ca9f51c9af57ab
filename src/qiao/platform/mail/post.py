"""One SMTP server of the operator's own, to which letters are submitted."""

import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from qiao.kit import smtp_auth
from qiao.kit.clock import utc_now
from qiao.kit.errors import Unavailable
from qiao.kit.lazy import lazy
from qiao.platform.settings import Settings

if TYPE_CHECKING:
    import aiosmtplib
else:
    aiosmtplib = lazy("aiosmtplib")

SECONDS = 20.0
"""For one step of the talk with the server."""
_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


class MailFailed(Unavailable):
    """The server did not take the letter; whether it may have is not known. Safe to send again: it may come twice."""

    code = "mail.failed"


class Letter(Struct, frozen=True):
    """What is sent to one person: plain text."""

    to: str
    subject: str
    text: str


class Post:
    """Submits letters. `there` is False when the operator has named no server: then nothing can be sent."""

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.mail_url)
        self._sender = settings.mail_from
        self.there = bool(settings.mail_url)

    async def send(self, letter: Letter) -> None:
        """Hand a letter over. Raises MailFailed, whose words hold no part of the password."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, letter.to, letter.subject
        mail["Date"], mail["Message-ID"] = format_datetime(utc_now()), make_msgid(domain=self._sender.rpartition("@")[2])
        # Of a machine: no out-of-office answers it (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text)
        try:
            async with self._server() as server:
                if self._url.username:
                    server.AUTH_METHODS = smtp_auth.METHODS
                    await server.login(unquote(self._url.username), unquote(self._url.password or ""))
                await server.send_message(mail)
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            code = getattr(error, "code", "")
            raise MailFailed("the mail server did not take the letter", reason=f"{type(error).__name__} {code}".strip()) from None

    def _server(self) -> "aiosmtplib.SMTP":
        scheme = self._url.scheme
        return aiosmtplib.SMTP(
            hostname=self._url.hostname or "",
            port=self._url.port or _PORTS[scheme],
            use_tls=scheme == "smtps",
            start_tls=scheme == "smtp",
            tls_context=None if scheme == "smtp+plain" else ssl.create_default_context(),
            timeout=SECONDS,
        )
