"""A company's own app, as its developers would write one against the documented interface."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from qiao.channels.custom_api import signing
from qiao.kit.clock import utc_now
from qiao.kit.errors import Refused
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

SECRET = "whsec_" + "c2ltdWxhdGVkIHNlY3JldCBvZiB0aGUgdGVzdHM="  # no secret: it guards a simulator
_STATUS = {
    Fault.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.SERVER_ERROR: HTTPStatus.BAD_GATEWAY,
    Fault.TOKEN_REVOKED: HTTPStatus.UNAUTHORIZED,
    Fault.CREDENTIALS_REFUSED: HTTPStatus.UNAUTHORIZED,
    Fault.WINDOW_CLOSED: HTTPStatus.CONFLICT,
    Fault.BLOCKED: HTTPStatus.GONE,
    Fault.MEDIA_EXPIRED: HTTPStatus.NOT_FOUND,
}


class Simulator(PlatformSimulator):
    """Keeps every reply once by its id, as the README asks of apps."""

    settings: ClassVar[Mapping[str, Any]] = {"reply_url": "http://platform.test/replies"}
    secrets: ClassVar[Mapping[str, str]] = {"signing_secret": SECRET}

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.files: dict[str, SentFile] = {}
        self.typed: list[str] = []

    def routes(self) -> Mapping[str, Handler]:
        """One address for replies, one for files."""
        return {"POST /replies": self._reply, "GET /files/{id}": self._file}

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """By HTTP status, as the README says."""
        return Answered(status=_STATUS[fault], headers={"retry-after": "7"})

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A message event."""
        message_id = self.next_id("app-")
        event: dict[str, Any] = {"type": "message", "id": message_id, "from": {"id": address, "name": name}, "text": text}
        if file is not None:
            self.files[message_id] = file
            event["files"] = [{"url": f"{self.origin}/files/{message_id}", "name": file.name, "content_type": file.content_type}]
        if option is not None:
            event["option"] = option
        self.show(address, Shown(provider_id=message_id, by="customer", kind=file.kind if file else "text", text=text))
        await self.tell(event)
        return message_id

    async def tell(self, *events: Mapping[str, Any]) -> Answered:
        """Deliver events, signed."""
        body = msgspec.json.encode({"events": events})
        headers = signing.headers(SECRET, self.next_id("evt-"), utc_now(), body)
        return await self.deliver(RawReceipt("POST", headers, {}, body))

    async def _reply(self, asked: Asked) -> Answered:
        try:
            signing.check(SECRET, asked.headers, asked.body, utc_now())
        except Refused:
            return Answered(status=HTTPStatus.UNAUTHORIZED)
        given: dict[str, Any] = asked.json()
        match given["type"]:
            case "typing":
                self.typed.append(given["to"])
            case "recall":
                self._recall(given["id"])
            case "message":
                return self._shown(given)
            case _:
                pass
        return said({})

    def _shown(self, given: Mapping[str, Any]) -> Answered:
        known = {one.provider_id for one in self.shown(given["to"])}
        if given["id"] not in known:
            files = given.get("files", [])
            kind = files[0]["kind"] if files else "card" if given.get("card") else "location" if given.get("place") else "text"
            text = "\n".join([given.get("text", ""), *(one["url"] for one in files)]).strip("\n")
            options = [one["label"] for one in given.get("options", [])]
            shown = Shown(
                provider_id=given["id"], by="company", kind=kind, text=text, options=options, quoted=given.get("quoted")
            )
            self.show(given["to"], shown)
        return said({"id": given["id"]})

    def _recall(self, message_id: str) -> None:
        for shown in self.phones.values():
            for place, one in enumerate(shown):
                if one.provider_id == message_id:
                    shown[place] = msgspec.structs.replace(one, recalled=True, text="")

    async def _file(self, asked: Asked) -> Answered:
        found = self.files.get(asked.places["id"])
        if found is None:
            return Answered(status=HTTPStatus.NOT_FOUND)
        return Answered(body=found.data, content_type=found.content_type)
