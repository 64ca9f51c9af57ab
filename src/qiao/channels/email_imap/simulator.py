"""The customer's mail program and both servers between, for tests and for trying: mails are handed over by HTTP, answers are taken
by a small SMTP server on loopback and lie in the customer's mailbox.
"""

import base64
import hashlib
import hmac
import socketserver
import threading
from collections.abc import Mapping
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.policy import default as readable
from email.utils import format_datetime
from typing import Any, ClassVar, cast

from msgspec.structs import replace

from qiao.channels.email_imap.addresses import strict
from qiao.channels.email_imap.codec import provider_id_of
from qiao.channels.email_imap.mime import Mail
from qiao.kit.clock import utc_now
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Asked, Fault, Handler, PlatformSimulator, SentFile, Shown

MAILBOX = "help@lanting.example"
_KINDS = {"image": "image", "audio": "voice", "video": "video"}
_AT = {Fault.RATE_LIMITED: "MAIL", Fault.BLOCKED: "RCPT", Fault.CREDENTIALS_REFUSED: "AUTH", Fault.TOKEN_REVOKED: "AUTH"}
_SAYS = {
    Fault.RATE_LIMITED: "451 4.7.1 Too many messages, slow down",
    Fault.BLOCKED: "550 5.7.1 The recipient does not accept mail from you",
    Fault.CREDENTIALS_REFUSED: "535 5.7.8 Authentication credentials invalid",
    Fault.TOKEN_REVOKED: "535 5.7.8 The token has been revoked",
    Fault.SERVER_ERROR: "421 4.3.2 Service not available, closing",
    Fault.NONSENSE: "<html>Bad gateway",
}


class Simulator(PlatformSimulator):
    """One mailbox. The SMTP server begins when its address is first asked for, and ends with `close` or the program."""

    secrets: ClassVar[Mapping[str, str]] = {"password": "an app password", "handover_secret": "between the servers"}
    _smtp: "_SmtpServer | None" = None

    @property
    def settings(self) -> Mapping[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride] - its port is known when it listens
        """What an admin would enter."""
        if self._smtp is None:
            self._smtp = _SmtpServer(self)
        host = f"127.0.0.1:{self._smtp.server_address[1]}"
        return {"address": MAILBOX, "authserv_id": "mx.lanting.example", "smtp_host": host, "smtp_security": "none"}

    def close(self) -> None:
        """Let go of the port."""
        if self._smtp is not None:
            self._smtp.shutdown()
            self._smtp.server_close()
            self._smtp = None

    def routes(self) -> Mapping[str, Handler]:
        """Nothing is asked over HTTP."""
        return {}

    async def customer_writes(
        self,
        address: str,
        text: str = "",
        *,
        file: SentFile | None = None,
        option: str | None = None,
        name: str = "林语桐",
    ) -> str:
        """A mail, answering the last one that came when there is one."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(name, addr_spec=strict(address) or f"{address}@customer.example")
        mail["To"] = MAILBOX
        last = next((one for one in reversed(self.shown(address)) if one.by == "company"), None)
        mail["Subject"] = "Re: 咨询" if last else "咨询"
        mail["Message-ID"] = f"<{self.next_id()}@customer.example>"
        mail["Date"] = format_datetime(utc_now())
        if last:
            mail["In-Reply-To"] = f"<{last.provider_id}>"
        mail.set_content(text, cte="base64")
        if file:
            main, _, sub = file.content_type.partition("/")
            mail.add_attachment(file.data, main, sub, filename=file.name)
        return await self.hand_over(address, mail.as_bytes(), text, file)

    async def hand_over(self, address: str, raw: bytes, text: str = "", file: SentFile | None = None) -> str:
        """Deliver a mail's bytes as the receiving server does."""
        provider_id = provider_id_of(Mail(raw))
        shown = Shown(provider_id=provider_id, by="customer", kind="text", text=text)
        if file:
            shown = replace(shown, kind=file.kind, data=file.data, name=file.name, content_type=file.content_type)
        self.show(address, shown)
        signed = hmac.new(self.secrets["handover_secret"].encode(), raw, hashlib.sha256).hexdigest()
        headers = {"content-type": "message/rfc822", "x-mail-signature": f"sha256={signed}"}
        await self.deliver(RawReceipt("POST", headers, {}, raw))
        return provider_id

    def next_fault(self) -> Fault | None:
        """What the next connection ends like."""
        return self._faults.pop(0) if self._faults else None

    def arrived(self, receiver: str, raw: bytes) -> None:
        """An answer lies in the customer's mailbox; the same Message-ID again is the same mail."""
        mail = message_from_bytes(raw, policy=readable)
        name = str(mail["message-id"]).strip("<>")
        if any(one.provider_id == name for one in self.shown(receiver)):
            return
        plain = mail.get_body(("plain",))
        text = str(plain.get_content()).replace("\r\n", "\n").removesuffix("\n") if plain else ""
        if text:
            self.show(receiver, Shown(provider_id=name, by="company", kind="text", text=text))
        for part in mail.walk():
            if part.get_filename():
                data = cast("bytes", part.get_payload(decode=True))
                kind = _KINDS.get(part.get_content_maintype(), "file")
                shown = Shown(
                    provider_id=name,
                    by="company",
                    kind=kind,
                    data=data,
                    name=part.get_filename(),
                    content_type=part.get_content_type(),
                )
                self.show(receiver, shown)


class _SmtpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.simulator = simulator
        threading.Thread(target=lambda: self.serve_forever(poll_interval=0.01), daemon=True, name="simulated-smtp").start()


class _Session(socketserver.StreamRequestHandler):
    """One connection (RFC 5321), with the one thing that goes wrong in it."""

    def handle(self) -> None:
        simulator = cast("_SmtpServer", self.server).simulator
        fault = simulator.next_fault()
        simulator.asked.append(Asked("SMTP", "/", {}, {}, b""))
        self._say(_SAYS[fault] if fault is Fault.SERVER_ERROR else "220 mx.customer.example ESMTP")
        receiver = ""
        while line := self.rfile.readline(4_096).decode("utf-8", "replace").strip():
            verb = line[:4].upper()
            if fault and _AT.get(fault) == verb:
                self._say(_SAYS[fault])
                continue
            if verb == "RCPT":
                receiver = line.partition("<")[2].partition(">")[0].lower()
            if verb == "QUIT":
                self._say("221 Bye")
                return
            if verb != "DATA":
                self._answer(verb, line)
                continue
            self._say("354 Go on")
            raw = self._mail()
            if fault is Fault.CUT:
                return
            if fault is Fault.NONSENSE:
                self._say(_SAYS[fault])
                continue
            simulator.arrived(receiver, raw)
            self._say("250 2.0.0 Queued")

    def _answer(self, verb: str, line: str) -> None:
        if verb == "EHLO":
            self._say("250-mx.customer.example\r\n250-8BITMIME\r\n250 AUTH LOGIN PLAIN XOAUTH2")
        elif verb == "AUTH" and line.upper() == "AUTH LOGIN":
            self._ask("Username:")
            self._ask("Password:")
            self._say("235 2.7.0 Welcome")
        else:
            self._say("235 2.7.0 Welcome" if verb == "AUTH" else "250 OK")

    def _ask(self, what: str) -> None:
        self._say(f"334 {base64.b64encode(what.encode()).decode()}")
        self.rfile.readline(4_096)

    def _mail(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline(1_048_576)) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
