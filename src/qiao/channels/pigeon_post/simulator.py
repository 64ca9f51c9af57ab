"""The side of Pigeon Post, for tests and for trying."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from qiao.kit.webhook_signatures import signed_hex
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

KEY = "a key of the simulator"
_STATUS = {
    Fault.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.SERVER_ERROR: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault.TOKEN_REVOKED: HTTPStatus.UNAUTHORIZED,
    Fault.CREDENTIALS_REFUSED: HTTPStatus.UNAUTHORIZED,
    Fault.MEDIA_EXPIRED: HTTPStatus.GONE,
}


class Simulator(PlatformSimulator):
    """One account. A reply with a key that was there is answered as before and shown once."""

    secrets: ClassVar[Mapping[str, str]] = {"signing_key": KEY}

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._pictures: dict[str, bytes] = {}
        self._keys: dict[str, str] = {}

    def routes(self) -> Mapping[str, Handler]:
        """Pictures and replies, and whose account it is."""
        return {
            "POST /pictures": self._store,
            "POST /pictures/fetch": self._fetch,
            "POST /replies": self._reply,
            "POST /account": self._account,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """By HTTP status; what concerns one customer by a word."""
        return said({"error": fault.value}, _STATUS.get(fault, HTTPStatus.BAD_REQUEST))

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A text, a picture, or both."""
        told: dict[str, Any] = {"id": self.next_id(), "from": {"id": address, "name": name}, "text": text}
        if file:
            told["picture"] = self._kept(file.data)
        kind, data = ("image", file.data) if file else ("text", None)
        self.show(address, Shown(provider_id=told["id"], by="customer", kind=kind, text=text, data=data))
        body = msgspec.json.encode({"messages": [told]})
        await self.deliver(RawReceipt("POST", {"x-signature": signed_hex(KEY, body)}, {}, body))
        return told["id"]

    def _kept(self, picture: bytes) -> str:
        name = self.next_id("p")
        self._pictures[name] = picture
        return name

    async def _store(self, asked: Asked) -> Answered:
        return _unsigned(asked) or said({"id": self._kept(asked.body)})

    async def _fetch(self, asked: Asked) -> Answered:
        return _unsigned(asked) or Answered(body=self._pictures[asked.json()["id"]], content_type="image/png")

    async def _reply(self, asked: Asked) -> Answered:
        if refused := _unsigned(asked):
            return refused
        reply, key = asked.json(), asked.headers["idempotency-key"]
        if key not in self._keys:
            self._keys[key] = self.next_id("r")
            data = self._pictures.get(reply.get("picture", ""))
            kind, text = "image" if data else "text", reply.get("text", "")
            self.show(reply["to"], Shown(provider_id=self._keys[key], by="company", kind=kind, text=text, data=data))
        return said({"id": self._keys[key]})

    async def _account(self, asked: Asked) -> Answered:
        return _unsigned(asked) or said({"id": "Pigeon Post 1"})


def _unsigned(asked: Asked) -> Answered | None:
    is_ours = asked.headers.get("x-signature") == signed_hex(KEY, asked.body)
    return None if is_ours else said({"error": "signature"}, HTTPStatus.UNAUTHORIZED)
