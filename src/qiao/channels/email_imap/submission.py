"""Handing a mail to the provider's SMTP server, and what each of its answers means for the reply."""

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

from qiao.channels.email_imap.composing import Composed
from qiao.channels.email_imap.signing_in import NotSignedIn, Server, access_token, server, user, uses_oauth
from qiao.kit import smtp_auth
from qiao.kit.lazy import lazy
from qiao.ports.channel import Account, NeedsReauth, Rejected, Retry, SendResult, Sent, Wire, WireFailed

if TYPE_CHECKING:
    import aiosmtplib
else:
    aiosmtplib = lazy("aiosmtplib")

SECONDS = 30.0
"""For one step; the answer to the mail itself may take the longest."""
_SOON, _LATER = 60.0, 300.0
_TOKEN_REFUSED = 535
_MAX_REASON = 200


async def submit(mail: Composed, account: Account, wire: Wire) -> SendResult:
    """Send one mail. When the connection ends after the mail was handed over, nobody knows whether it was taken: it goes again under
    the same Message-ID.
    """
    return await _ended(account, wire, mail)


async def try_to_sign_in(account: Account, wire: Wire) -> SendResult:
    """Whether the server lets us in; Sent when it does."""
    return await _ended(account, wire, None)


async def _ended(account: Account, wire: Wire, mail: Composed | None) -> SendResult:
    try:
        where = await server(account, wire, "smtp")
        async with asyncio.timeout(SECONDS * 4):
            return await _talk(where, account, wire, mail)
    except WireFailed as failed:
        return Rejected("smtp_host_refused") if failed.reason == "refused" else Retry(_SOON, failed.reason)
    except NotSignedIn as missing:
        return missing.end
    except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
        return _meaning(error)


async def _talk(where: Server, account: Account, wire: Wire, mail: Composed | None) -> SendResult:
    smtp = aiosmtplib.SMTP(
        hostname=where.host,
        sock=await _connected(where),
        use_tls=where.security == "tls",
        start_tls=where.security == "starttls",
        timeout=SECONDS,
        local_hostname=str(account.settings.get("address") or "").rpartition("@")[2] or "localhost",
    )
    async with smtp:
        await _sign_in(smtp, account, wire)
        if mail is None:
            return Sent()
        await smtp.sendmail(mail.sender, [mail.receiver], mail.raw)
    return Sent(mail.message_id)


async def _connected(where: Server) -> socket.socket:
    """To the address that was judged: the name is only for the certificate."""
    family = socket.AF_INET6 if ":" in where.ip else socket.AF_INET
    link = socket.socket(family, socket.SOCK_STREAM)
    link.setblocking(False)
    try:
        async with asyncio.timeout(SECONDS / 2):
            await asyncio.get_running_loop().sock_connect(link, (where.ip, where.port))
    except BaseException:
        link.close()
        raise
    return link


async def _sign_in(smtp: "aiosmtplib.SMTP", account: Account, wire: Wire) -> None:
    if not uses_oauth(account):
        # A relay in one's own network asks for nothing.
        if account.secrets.get("password"):
            smtp.AUTH_METHODS = smtp_auth.METHODS
            await smtp.login(user(account), account.secrets["password"])
        return
    token = await access_token(account, wire)
    try:
        await smtp.auth_xoauth2(user(account), token)
    except aiosmtplib.SMTPAuthenticationError:
        await smtp.auth_xoauth2(user(account), await access_token(account, wire, stale=token))


def _meaning(error: Exception) -> SendResult:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return _without_answer(error)
    if error.code < 500:
        return Retry(_LATER, f"{error.code}")
    # 530: sign in first; 534, 538: this way of signing in no longer does.
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) or error.code in {530, 534, _TOKEN_REFUSED, 538}:
        return NeedsReauth("smtp_credentials_refused")
    return Rejected(_why(error))


def _without_answer(error: Exception) -> SendResult:
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        # A certificate of another name, or of nobody: not a word is said there.
        return Retry(_LATER, "tls")
    if isinstance(error, TimeoutError):
        return Retry(_SOON, "timeout")
    if isinstance(error, OSError):
        return Retry(_SOON, "connect")
    # What the library will not do with this server: sign in without encryption, or start it where there is none.
    return NeedsReauth("smtp_sign_in_impossible")


def _why(error: "aiosmtplib.SMTPResponseException") -> str:
    words = " ".join(error.message.split())
    if error.code == 552 or words.startswith("5.3.4"):
        return "too_large"
    if not isinstance(error, aiosmtplib.SMTPRecipientRefused):
        return f"{error.code} {words}"[:_MAX_REASON]
    if words.startswith("5.7."):
        return "blocked"
    return "unknown_address" if error.code in {550, 551, 553} else f"{error.code} {words}"[:_MAX_REASON]
