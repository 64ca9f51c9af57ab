"""Feishu's side: events sealed and signed, one valid token, messages known by their uuid, files as resources of their messages."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec

from qiao.channels.feishu import frames, sealing
from qiao.channels.feishu.long_connection import OPEN_PATH
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.lines import Lines
from qiao.ports.testing.simulating import (
    Answered,
    Asked,
    Fault,
    Handler,
    PlatformSimulator,
    Receive,
    Scope,
    Send,
    SentFile,
    Shown,
    said,
)

TYPES = {"image": "image", "voice": "audio", "video": "media", "file": "file"}
SHOWN = {"text": "text", "image": "image", "audio": "voice", "media": "video", "file": "file"}
CODES = {
    Fault.RATE_LIMITED: (400, 99991400),
    Fault.SERVER_ERROR: (503, 2200),
    Fault.TOKEN_REVOKED: (400, 99991663),
    Fault.CREDENTIALS_REFUSED: (400, 10014),
    Fault.BLOCKED: (400, 230013),
    Fault.MEDIA_EXPIRED: (400, 234003),
}
LATER = {Fault.TOKEN_REVOKED, Fault.BLOCKED, Fault.MEDIA_EXPIRED}
"""What cannot happen where a token is asked for: it waits for the next call."""
TOKEN_PATH = "/auth/v3/tenant_access_token/internal"  # noqa: S105 - a path


class Simulator(PlatformSimulator):
    """One app with a bot."""

    settings = {"app_id": "cli_lanting"}  # noqa: RUF012
    secrets = {"app_secret": "an app's secret", "encrypt_key": "an encrypt key", "verification_token": "a token"}  # noqa: RUF012

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.files: dict[str, SentFile] = {}
        self.sent: dict[str, str] = {}
        """The message of each uuid."""
        self.names: dict[str, str] = {}
        self.bodies: list[dict[str, Any]] = []
        self.tokens = 0
        self.lines = Lines()

    @property
    def customers(self) -> Sequence[str]:
        """Open ids begin with ou_."""
        return ("ou_yutong", "ou_jiahe")

    def routes(self) -> Mapping[str, Handler]:
        """The calls that we use."""
        calls: Mapping[str, Handler] = {
            "GET /bot/v3/info": self._who,
            "GET /contact/v3/users/{id}": self._person,
            "POST /im/v1/messages": self._send,
            "POST /im/v1/messages/{id}/reply": self._send,
            "DELETE /im/v1/messages/{id}": self._recall,
            "POST /im/v1/images": self._upload,
            "POST /im/v1/files": self._upload,
            "GET /im/v1/messages/{id}/resources/{key}": self._file,
        }
        checked = {route.replace(" /", " /api/open-apis/", 1): self._checked(handler) for route, handler in calls.items()}
        return {
            f"POST /api/open-apis{TOKEN_PATH}": self._grant,
            f"POST /api{OPEN_PATH}": self._line,
            **checked,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """Feishu says what is wrong in a code, with a status that says less."""
        if asked.path.endswith(TOKEN_PATH) and fault in LATER:
            self.go_wrong(fault)
            return self._granted()
        status, code = CODES[fault]
        return said({"code": code, "msg": "simulated"}, status)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A private message, or a tap on a card."""
        self.names[address] = name
        if option is not None:
            self.show(address, Shown(provider_id=self.next_id("tap"), by="customer", kind="text", text=text))
            return await self.taps(address, {"option": option, "label": text})
        kind, content = "text", {"text": text}
        if file:
            key = self.next_id("file_key")
            self.files[key] = file
            kind, content = TYPES[file.kind], {"image_key" if file.kind == "image" else "file_key": key, "file_name": file.name}
        return await self.says(address, kind, content)

    async def says(self, address: str, kind: str, content: object, **more: Any) -> str:
        """A message of any type; `more` changes what is said of it."""
        message: dict[str, Any] = {
            "message_id": self.next_id("om_"),
            "create_time": str(int(time.time() * 1000)),
            "chat_id": f"oc_{address}",
            "chat_type": "p2p",
            "message_type": kind,
            "content": msgspec.json.encode(content).decode(),
            **more,
        }
        words = content.get("text", "") if isinstance(content, dict) else ""
        phone = address if message["chat_type"] == "p2p" else message["chat_id"]
        own = Shown(provider_id=message["message_id"], by="customer", kind=SHOWN.get(kind, "text"), text=str(words))
        self.show(phone, own)
        ids = {"open_id": address, "union_id": address.replace("ou_", "on_"), "user_id": "u1"}
        sender = {"sender_id": ids, "sender_type": "user", "tenant_key": "t1"}
        await self.happens("im.message.receive_v1", {"sender": sender, "message": message})
        return message["message_id"]

    async def taps(self, address: str, value: object) -> str:
        """A button of a card."""
        operator = {"open_id": address, "union_id": address.replace("ou_", "on_"), "tenant_key": "t1"}
        context = {"open_message_id": "om_card", "open_chat_id": f"oc_{address}"}
        action = {"tag": "button", "value": value}
        return await self.happens(
            "card.action.trigger", {"operator": operator, "token": "c", "action": action, "context": context}
        )

    async def happens(self, kind: str, event: object) -> str:
        """Any event is delivered; gives its id."""
        name = self.next_id("event")
        header = {
            "event_id": name,
            "event_type": kind,
            "create_time": str(int(time.time() * 1000)),
            "token": self.secrets["verification_token"],
            "app_id": self.settings["app_id"],
            "tenant_key": "t1",
        }
        delivery = {"schema": "2.0", "header": header, "event": event}
        if len(self.lines):
            self.frame(name, msgspec.json.encode(delivery))
        else:
            await self.deliver(self.signed(delivery))
        return name

    def frame(self, name: str, body: bytes, parts: int = 1) -> None:
        """Put an event on every line, in so many frames."""
        size = -(-len(body) // parts)
        for place in range(parts):
            said_of = {"type": "event", "message_id": name, "sum": str(parts), "seq": str(place), "trace_id": "t"}
            piece = body[place * size : (place + 1) * size]
            self.lines.put(frames.written(frames.Frame(sequence=1, log=2, service=7, method=1, headers=said_of, payload=piece)))

    async def socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A line, for whoever has a ticket; answers are kept by the event's id, pings as "ping"."""

        def answering(raw: str | bytes) -> tuple[str, Any]:
            frame = frames.read(raw if isinstance(raw, bytes) else raw.encode())
            return frame.headers.get("message_id") or frame.headers["type"], frame

        ticket = parse_qs(scope["query_string"].decode()).get("device_id", [""])[0]
        await self.lines.hold(ticket, receive, send, answering)

    def signed(self, delivery: object, ago: int = 0) -> RawReceipt:
        """A call as Feishu makes it: sealed, then signed."""
        key, stamp, nonce = self.secrets["encrypt_key"], str(int(time.time()) - ago), "a-nonce"
        body = msgspec.json.encode({"encrypt": sealing.sealed(key, msgspec.json.encode(delivery))})
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-lark-request-timestamp": stamp,
            "x-lark-request-nonce": nonce,
            "x-lark-signature": sealing.signature(stamp, nonce, key, body),
        }
        return RawReceipt("POST", headers, {}, body)

    def _checked(self, handler: Handler) -> Handler:
        async def checked(asked: Asked) -> Answered:
            known = asked.headers.get("authorization") == f"Bearer token-{self.tokens}"
            return await handler(asked) if known else self.fault(Fault.TOKEN_REVOKED, asked)

        return checked

    async def _line(self, asked: Asked) -> Answered:
        if asked.json() != {"AppID": self.settings["app_id"], "AppSecret": self.secrets["app_secret"]}:
            return said({"code": 1000040344, "msg": "app_id or app_secret is invalid"})
        ticket = self.next_id("ticket")
        self.lines.tickets.add(ticket)
        url = f"{self.origin.replace('http', 'ws', 1)}/ws?device_id={ticket}&service_id=7"
        config = {"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 30, "PingInterval": 120}
        return said({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": config}})

    async def _grant(self, asked: Asked) -> Answered:
        right = {"app_id": self.settings["app_id"], "app_secret": self.secrets["app_secret"]}
        return self._granted() if asked.json() == right else self.fault(Fault.CREDENTIALS_REFUSED, asked)

    def _granted(self) -> Answered:
        self.tokens += 1
        return said({"code": 0, "msg": "ok", "tenant_access_token": f"token-{self.tokens}", "expire": 7200})

    async def _who(self, asked: Asked) -> Answered:
        return said({"code": 0, "msg": "ok", "bot": {"activate_status": 2, "app_name": "兰亭茶器", "open_id": "ou_bot"}})

    async def _person(self, asked: Asked) -> Answered:
        address = asked.places["id"]
        if asked.query.get("user_id_type") != "open_id" or address not in self.names:
            return said({"code": 41012, "msg": "user id invalid error"}, 400)
        user = {"open_id": address, "union_id": address.replace("ou_", "on_"), "name": self.names[address], "en_name": "Yutong"}
        return said({"code": 0, "msg": "success", "data": {"user": user}})

    async def _send(self, asked: Asked) -> Answered:
        held = asked.json()
        self.bodies.append(held)
        if held.get("uuid") in self.sent:
            return said({"code": 0, "msg": "success", "data": {"message_id": self.sent[held["uuid"]]}})
        quoted, content = asked.places.get("id"), msgspec.json.decode(held["content"])
        address = self._phone_of(quoted) if quoted else held["receive_id"]
        if address is None:
            return said({"code": 230011, "msg": "The message was withdrawn"}, 400)
        buttons = [one for element in content.get("elements", []) if element["tag"] == "action" for one in element["actions"]]
        file = self.files.get(content.get("file_key") or content.get("image_key", ""))
        shown = Shown(
            provider_id=self.next_id("om_"),
            by="company",
            kind="card" if "header" in content else SHOWN.get(held["msg_type"], "text"),
            text=content.get("text") or _words(content),
            data=file.data if file else None,
            name=file.name if file else None,
            options=[one["text"]["content"] for one in buttons],
            values=[one.get("value", {}).get("option", "") for one in buttons],
            quoted=quoted,
        )
        self.show(address, shown)
        self.sent[held.get("uuid") or shown.provider_id] = shown.provider_id
        return said({"code": 0, "msg": "success", "data": {"message_id": shown.provider_id, "msg_type": held["msg_type"]}})

    def _phone_of(self, message_id: str) -> str | None:
        return next(
            (address for address, phone in self.phones.items() if any(one.provider_id == message_id for one in phone)), None
        )

    async def _recall(self, asked: Asked) -> Answered:
        phone = self.phones.get(self._phone_of(asked.places["id"]) or "", [])
        for at, one in enumerate(phone):
            if one.provider_id == asked.places["id"] and one.by == "company":
                phone[at] = msgspec.structs.replace(one, recalled=True)
                return said({"code": 0, "msg": "success", "data": {}})
        return said({"code": 230012, "msg": "Bot is NOT the sender of the message."}, 400)

    async def _upload(self, asked: Asked) -> Answered:
        fields, kind = asked.parts(), "image" if asked.path.endswith("images") else "file"
        key, part = self.next_id(f"{kind}_key"), fields[kind]
        self.files[key] = SentFile(kind=kind, data=part.data, name=part.filename or "", content_type=part.content_type)
        return said({"code": 0, "msg": "success", "data": {f"{kind}_key": key}})

    async def _file(self, asked: Asked) -> Answered:
        file = self.files.get(asked.places["key"])
        return Answered(body=file.data, content_type=file.content_type) if file else said({"code": 234003, "msg": "gone"}, 400)


def _words(card: Mapping[str, Any]) -> str:
    """What can be read of a card; nothing of what is none."""
    texts = [card["header"]["title"]] if "header" in card else []
    for element in card.get("elements", []):
        texts += [element["text"]] if "text" in element else [one["text"] for one in element.get("fields", [])]
    return "\n".join(one["content"] for one in texts)
