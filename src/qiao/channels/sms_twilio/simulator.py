"""Twilio's side: messages out, forms in."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from qiao.channels.sms_twilio import codec
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

SID = "AC" + "0" * 32
TOKEN = "simulated-token-of-the-tests"  # noqa: S105 - it guards a simulator
NUMBER = "+12025550123"
_FAULTS = {
    Fault.RATE_LIMITED: (HTTPStatus.TOO_MANY_REQUESTS, 20429),
    Fault.SERVER_ERROR: (HTTPStatus.SERVICE_UNAVAILABLE, 20503),
    Fault.TOKEN_REVOKED: (HTTPStatus.UNAUTHORIZED, 20003),
    Fault.CREDENTIALS_REFUSED: (HTTPStatus.UNAUTHORIZED, 20003),
    Fault.BLOCKED: (HTTPStatus.BAD_REQUEST, codec.UNSUBSCRIBED),
    Fault.MEDIA_EXPIRED: (HTTPStatus.NOT_FOUND, 20404),
    Fault.WINDOW_CLOSED: (HTTPStatus.BAD_REQUEST, 63016),
}


class Simulator(PlatformSimulator):
    """One number of one account."""

    settings: ClassVar[Mapping[str, Any]] = {"account_sid": SID, "number": NUMBER}
    secrets: ClassVar[Mapping[str, str]] = {"auth_token": TOKEN}

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.files: dict[str, SentFile] = {}

    def routes(self) -> Mapping[str, Handler]:
        """The parts of the API that are used."""
        return {
            "POST /2010-04-01/Accounts/{sid}/Messages.json": self._message,
            "GET /2010-04-01/Accounts/{sid}.json": self._owner,
            "GET /2010-04-01/Accounts/{sid}/Messages/{id}/Media/{file}": self._file,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """As the error dictionary has them."""
        status, code = _FAULTS[fault]
        return said({"code": code, "message": fault.value.replace("_", " "), "status": status}, status)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A text or picture message."""
        sid = f"SM{self.next_id()}"
        form = {"MessageSid": sid, "AccountSid": SID, "From": address, "To": NUMBER, "Body": text, "NumMedia": "0"}
        if file is not None:
            self.files[sid] = file
            origin = self.account().hosts["api"]
            url = f"{origin}/2010-04-01/Accounts/{SID}/Messages/{sid}/Media/ME1"
            form |= {"NumMedia": "1", "MediaUrl0": url, "MediaContentType0": file.content_type}
        self.show(address, Shown(provider_id=sid, by="customer", kind=file.kind if file else "text", text=text))
        await self._call(form)
        return sid

    async def report(self, sid: str, state: str, code: str = "") -> None:
        """What became of a message."""
        await self._call({"MessageSid": sid, "MessageStatus": state, **({"ErrorCode": code} if code else {})})

    async def _call(self, form: Mapping[str, str]) -> None:
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": codec.signature(TOKEN, self.webhook_url, form),
        }
        await self.deliver(RawReceipt("POST", headers, {}, urlencode(form).encode()))

    async def _message(self, asked: Asked) -> Answered:
        form = asked.form()
        sid = f"SM{self.next_id()}"
        url = form.get("MediaUrl", "")
        text = "\n".join(part for part in (form.get("Body", ""), url) if part)
        self.show(form["To"], Shown(provider_id=sid, by="company", kind="image" if url else "text", text=text))
        return said(msgspec.to_builtins(codec.Answer(sid=sid)), HTTPStatus.CREATED)

    async def _owner(self, asked: Asked) -> Answered:
        return said({"friendly_name": "兰亭茶器 SMS", "status": "active"})

    async def _file(self, asked: Asked) -> Answered:
        found = self.files[asked.places["id"]]
        return Answered(body=found.data, content_type=found.content_type)
