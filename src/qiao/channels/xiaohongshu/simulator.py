"""The other side, for tests and for trying: a mini program's push, or a partner's webhook, with an interface that sends."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from qiao.kit.clock import utc_now
from qiao.kit.sealed_callback import sealed, signature
from qiao.kit.webhook_signatures import signed_hex
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

ORIGIN = "http://platform.test"
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


class Simulator(PlatformSimulator):
    """`mode` is which of the two it plays; the mapping of the settings fits both."""

    mode = "mini"
    settings: ClassVar[Mapping[str, Any]] = {
        "mode": "mini",
        "app_id": "6500000000000000000000ab",
        "receiving": {"name": "Nick", "only": {"MsgType": ["text", "image"]}},
        "sending": {
            "url": f"{ORIGIN}/messages?app={{app_id}}",
            "headers": {"Authorization": "Bearer {token}"},
            "body": {"open_id": "{to}", "content": {"text": "{text}"}, "uuid": "{key}"},
            "id": "data.msg_id",
            "meanings": {"429": "retry", "401": "stale", "4001": "window_closed", "4002": "blocked"},
            "token": {
                "url": f"{ORIGIN}/token",
                "body": {"appid": "{app_id}", "secret": "{secret}"},
                "value": "data.access_token",
                "seconds": "data.expire_in",
            },
        },
    }
    secrets: ClassVar[Mapping[str, str]] = {
        "callback_token": "a callback token",
        "encoding_aes_key": KEY,
        "api_secret": "an app secret",
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.valid, self.issued = "", 0
        self.pictures: dict[str, SentFile] = {}

    def routes(self) -> Mapping[str, Handler]:
        """A token, messages, and where pictures lie."""
        return {"POST /token": self.token, "POST /messages": self.send, "GET /pictures/{name}": self.picture}

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """In a code of the body, as these sides do."""
        if fault is Fault.SERVER_ERROR:
            return Answered(status=500, body=b"oops", content_type="text/plain")
        if fault is Fault.MEDIA_EXPIRED:
            return Answered(status=404, body=b"gone")
        if fault is Fault.CREDENTIALS_REFUSED:
            return said({"code": 403, "msg": "no"}, 403)
        if asked.path == "/token":
            self.go_wrong(fault)
            return self.give_token()
        if fault is Fault.TOKEN_REVOKED:
            self.valid = ""
        code = {Fault.RATE_LIMITED: 429, Fault.TOKEN_REVOKED: 401, Fault.WINDOW_CLOSED: 4001, Fault.BLOCKED: 4002}[fault]
        return said({"code": code, "msg": "simulated"})

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """Text, or a picture at an address."""
        number = self.next_id("note-")
        content: dict[str, Any] = {"MsgType": "text", "Content": text}
        if file:
            self.pictures[number] = file
            content = {"MsgType": "image", "PicUrl": f"{self.origin}/pictures/{number}"}
        kind = "image" if file else "text"
        self.show(address, Shown(provider_id=number, by="customer", kind=kind, text=text, data=file.data if file else None))
        time = int(utc_now().timestamp())
        fields = {"MsgId": number, "FromUserName": address, "Nick": name, "CreateTime": time, **content}
        await self.push(msgspec.json.encode(fields))
        return number

    async def push(self, inside: bytes) -> None:
        """Sealed as the platform does, or signed as a partner does."""
        time, nonce = str(int(utc_now().timestamp())), self.next_id("nonce-")
        if self.mode == "partner":
            signed = signed_hex(self.secrets["callback_token"], time.encode() + inside)
            await self.deliver(RawReceipt("POST", {"x-signature": signed, "x-timestamp": time}, {}, inside))
            return
        encrypted = sealed(KEY, inside, self.settings["app_id"])
        token = self.secrets["callback_token"]
        query = {"timestamp": time, "nonce": nonce, "signature": signature(token, time, nonce)}
        query["msg_signature"] = signature(token, time, nonce, encrypted)
        await self.deliver(RawReceipt("POST", {}, query, msgspec.json.encode({"Encrypt": encrypted})))

    async def token(self, asked: Asked) -> Answered:
        """For the app's secret."""
        if asked.json() != {"appid": self.settings["app_id"], "secret": self.secrets["api_secret"]}:
            return said({"code": 403, "msg": "no"}, 403)
        return self.give_token()

    def give_token(self) -> Answered:
        """A new one, which ends the one before."""
        self.issued += 1
        self.valid = f"access-{self.issued}"
        return said({"code": 0, "data": {"access_token": self.valid, "expire_in": 7200}})

    async def send(self, asked: Asked) -> Answered:
        """A reply."""
        if asked.headers.get("authorization") != f"Bearer {self.valid}":
            return said({"code": 401, "msg": "token"})
        body = asked.json()
        number = f"sent-{body['uuid']}"
        if number not in {one.provider_id for one in self.shown(body["open_id"])}:
            self.show(body["open_id"], Shown(provider_id=number, by="company", kind="text", text=body["content"]["text"]))
        return said({"code": 0, "msg": "ok", "data": {"msg_id": number}})

    async def picture(self, asked: Asked) -> Answered:
        """What a customer sent."""
        file = self.pictures.get(asked.places["name"])
        return Answered(body=file.data, content_type=file.content_type) if file else Answered(status=404)
