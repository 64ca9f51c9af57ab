"""The platform's side of `graph_api`, for simulators: signed deliveries, the challenge, errors in their envelope, tokens, files."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from qiao.channels.shared.graph_api import SIGNATURE
from qiao.kit.clock import utc_now
from qiao.kit.webhook_signatures import signed_hex
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, PlatformSimulator, said


def refused(status: int, code: int, message: str, subcode: int = 0) -> Answered:
    """An error as the API says it."""
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbCdEf"}
    return said({"error": error | ({"error_subcode": subcode} if subcode else {})}, status)


def now() -> int:
    """The platform's clock, in seconds: reply windows are counted from what it says."""
    return int(utc_now().timestamp())


class GraphSimulator(PlatformSimulator):
    """Subclass with `refusals` beside what every simulator has."""

    refusals: ClassVar[Mapping[Fault, tuple[int, int, str, int]]] = {}
    """For each fault: HTTP status, code, message, subcode."""
    everywhere: ClassVar[Mapping[Fault, tuple[int, int, str, int]]] = {
        Fault.RATE_LIMITED: (400, 4, "(#4) Application request limit reached", 0),
        Fault.SERVER_ERROR: (500, 2, "An unexpected error has occurred. Please retry your request later.", 0),
        Fault.TOKEN_REVOKED: (401, 190, "Error validating access token: The session has been invalidated", 460),
        Fault.CREDENTIALS_REFUSED: (401, 190, "Invalid OAuth access token data.", 0),
        Fault.MEDIA_EXPIRED: (404, 100, "Unsupported get request. Object does not exist", 33),
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.files: dict[str, tuple[bytes, str]] = {}
        self.subscribed: dict[str, Any] | None = None

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """In the envelope of errors."""
        return refused(*{**self.everywhere, **self.refusals}[fault])

    def stranger(self, asked: Asked) -> Answered | None:
        """The refusal of a call without the account's token."""
        given = asked.headers.get("authorization", "").removeprefix("Bearer ") or asked.query.get("access_token", "")
        return None if given == self.secrets["access_token"] else self.fault(Fault.CREDENTIALS_REFUSED, asked)

    def keep(self, data: bytes, content_type: str) -> str:
        """Into the file store; gives the id of the file."""
        file_id = self.next_id("90")
        self.files[file_id] = (data, content_type)
        return file_id

    def address_of(self, file_id: str) -> str:
        """Where a file can be had."""
        return f"{self.account().hosts['media']}/attachments/{file_id}"

    async def file(self, asked: Asked) -> Answered:
        """Out of the file store."""
        data, content_type = self.files.get(asked.places["id"], (None, ""))
        return Answered(status=404) if data is None else Answered(body=data, content_type=content_type)

    async def challenge(self) -> Answered:
        """Ask our webhook whether it expects us, as when a subscription begins."""
        query = {"hub.mode": "subscribe", "hub.verify_token": self.secrets["verify_token"], "hub.challenge": "1158201444"}
        return await self.deliver(RawReceipt("GET", {}, query, b""))

    async def tell(self, body: Mapping[str, Any]) -> None:
        """A delivery, signed with the app's secret."""
        raw = msgspec.json.encode(body)
        headers = {"content-type": "application/json", SIGNATURE: signed_hex(self.secrets["app_secret"], raw, "sha256=")}
        await self.deliver(RawReceipt("POST", headers, {}, raw))
