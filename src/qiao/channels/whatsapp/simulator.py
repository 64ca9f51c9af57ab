"""WhatsApp's side: the Cloud API of one number, its file store, signed deliveries, and the phones of those who write to it."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from qiao.channels.shared.graph_simulating import GraphSimulator, now, refused
from qiao.channels.whatsapp.calls import KINDS
from qiao.ports.channel import Place
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, SentFile, Shown, said

PHONE_ID = "106540352242922"
BUSINESS_ID = "102290129340398"
NUMBER = "15550783881"


class Simulator(GraphSimulator):
    """One business number."""

    settings: ClassVar[Mapping[str, Any]] = {"phone_number_id": PHONE_ID, "business_account_id": BUSINESS_ID}
    secrets: ClassVar[Mapping[str, str]] = {
        "access_token": "EAAG-simulated-token",
        "app_secret": "0123456789abcdef-of-the-app",
        "verify_token": "a long word of the admin",
    }
    refusals: ClassVar[Mapping[Fault, tuple[int, int, str, int]]] = {
        Fault.RATE_LIMITED: (400, 130429, "(#130429) Rate limit hit", 0),
        Fault.WINDOW_CLOSED: (400, 131047, "(#131047) Re-engagement message", 0),
        Fault.BLOCKED: (400, 131026, "(#131026) Message undeliverable", 0),
    }

    def routes(self) -> Mapping[str, Handler]:
        """The graph below `api`, the files below `media`."""
        return {
            "GET /api/{id}": self._known(self._object),
            "POST /api/{id}/messages": self._known(self._message),
            "POST /api/{id}/media": self._known(self._upload),
            "POST /api/{id}/subscribed_apps": self._known(self._subscribe),
            "DELETE /api/{id}/subscribed_apps": self._known(self._unsubscribe),
            "GET /media/attachments/{id}": self._known(self.file),
        }

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A message, a file with its caption, or a tap on a button."""
        body: dict[str, Any] = {"type": "text", "text": {"body": text}}
        if option is not None:
            chosen = {"type": "button_reply", "button_reply": {"id": option, "title": text}}
            body = {"type": "interactive", "interactive": chosen}
        elif file is not None:
            kind, held = KINDS[file.kind], {"id": self.keep(file.data, file.content_type), "mime_type": file.content_type}
            captions = {"caption": text} if text else {}
            named = {"filename": file.name} if kind == "document" else {"voice": True} if kind == "audio" else {}
            body = {"type": kind, kind: held | {"sha256": "c2hhMjU2"} | named | captions}
        return await self.customer_sends(address, body, name, file)

    async def customer_sends(
        self, address: str, body: Mapping[str, Any], name: str = "林语桐", file: SentFile | None = None
    ) -> str:
        """A message of any kind, in the platform's own words."""
        message_id = self.next_id("wamid.HBgN")
        text = str(body.get("text", {}).get("body", "")) or str(
            body.get("interactive", {}).get("button_reply", {}).get("title", "")
        )
        kind = file.kind if file else "location" if "location" in body else "text"
        shown = Shown(provider_id=message_id, by="customer", kind=kind, text=text, data=file.data if file else None)
        self.show(address, shown)
        await self.tell_value(address, {"messages": [self._envelope(address, message_id) | dict(body)]}, name)
        return message_id

    async def customer_reacts(self, address: str, provider_id: str, emoji: str) -> None:
        """Puts a reaction under a message; empty takes it back."""
        reaction = {"message_id": provider_id} | ({"emoji": emoji} if emoji else {})
        message = self._envelope(address, self.next_id("wamid.HBgN")) | {"type": "reaction", "reaction": reaction}
        await self.tell_value(address, {"messages": [message]})

    async def customer_shares_place(self, address: str, place: Place) -> str:
        """Sends where something is."""
        words = {key: value for key, value in (("name", place.name), ("address", place.address)) if value}
        location = {"latitude": place.latitude, "longitude": place.longitude} | words
        return await self.customer_sends(address, {"type": "location", "location": location})

    async def report(self, address: str, provider_id: str, status: str, code: int = 0) -> None:
        """What became of a message of ours: sent, delivered, read, or failed with a code."""
        error = {"code": code, "title": "Message failed", "message": "Message failed", "error_data": {"details": "Because."}}
        own = {"id": provider_id, "status": status, "timestamp": str(now()), "recipient_id": address.removeprefix("+")}
        await self.tell_value(address, {"statuses": [own | ({"errors": [error]} if code else {})]})

    async def tell_value(self, address: str, value: Mapping[str, Any], name: str = "林语桐") -> None:
        """A delivery about one customer."""
        contact = {"profile": {"name": name}, "wa_id": address.removeprefix("+"), "user_id": f"CN.{address[-6:]}"}
        metadata = {"display_phone_number": NUMBER, "phone_number_id": PHONE_ID}
        whole = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [contact]} | dict(value)
        entry = {"id": BUSINESS_ID, "changes": [{"field": "messages", "value": whole}]}
        await self.tell({"object": "whatsapp_business_account", "entry": [entry]})

    def _envelope(self, address: str, message_id: str) -> dict[str, Any]:
        return {"id": message_id, "from": address.removeprefix("+"), "timestamp": str(now())}

    def _known(self, handler: Callable[[Asked], Any]) -> Handler:
        async def answer(asked: Asked) -> Answered:
            return self.stranger(asked) or await handler(asked)

        return answer

    async def _object(self, asked: Asked) -> Answered:
        object_id = asked.places["id"]
        if object_id == PHONE_ID:
            return said({"id": PHONE_ID, "display_phone_number": "+1 555-078-3881", "verified_name": "兰亭茶器"})
        if object_id not in self.files:
            return self.fault(Fault.MEDIA_EXPIRED, asked)
        data, content_type = self.files[object_id]
        held = {"id": object_id, "mime_type": content_type, "file_size": len(data), "sha256": "c2hhMjU2"}
        return said(held | {"url": self.address_of(object_id), "messaging_product": "whatsapp"})

    async def _subscribe(self, asked: Asked) -> Answered:
        self.subscribed = asked.json() or {}
        return said({"success": True})

    async def _unsubscribe(self, asked: Asked) -> Answered:
        self.subscribed = None
        return said({"success": True})

    async def _upload(self, asked: Asked) -> Answered:
        parts = asked.parts()
        if "file" not in parts or parts.get("messaging_product") is None:
            return refused(400, 100, "(#100) The parameter file is required.")
        return said({"id": self.keep(parts["file"].data, parts["file"].content_type)})

    async def _message(self, asked: Asked) -> Answered:
        body = asked.json() or {}
        if body.get("status") == "read":
            return said({"success": True})
        address = f"+{body['to'].removeprefix('+')}" if "to" in body else str(body.get("recipient"))
        refusal = unfit(body, self.files)
        if refusal is not None:
            return refusal
        message_id = self.next_id("wamid.HBgM")
        self.show(address, self._drawn(message_id, body))
        contact = {"input": address, "wa_id": address.removeprefix("+")}
        return said({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": message_id}]})

    def _drawn(self, message_id: str, body: Mapping[str, Any]) -> Shown:
        kind, content = body["type"], body[body["type"]]
        chosen = choices(content) if kind == "interactive" else []
        shown = Shown(
            provider_id=message_id,
            by="company",
            kind="text",
            text=content.get("body", "") if kind == "text" else content.get("body", {}).get("text", ""),
            options=tuple(title for _, title in chosen),
            values=tuple(value for value, _ in chosen),
            quoted=body.get("context", {}).get("message_id"),
        )
        if kind in KINDS.values():
            data, content_type = self.files[content["id"]]
            ours = next(one for one, theirs in KINDS.items() if theirs == kind)
            return msgspec.structs.replace(
                shown,
                kind=ours,
                data=data,
                content_type=content_type,
                name=content.get("filename"),
                text=content.get("caption", ""),
            )
        if kind == "template":
            values = [one["text"] for part in content.get("components", []) for one in part["parameters"]]
            return msgspec.structs.replace(shown, kind="template", text=" · ".join([content["name"], *values]))
        return msgspec.structs.replace(shown, kind="location", text=content.get("name", "")) if kind == "location" else shown


def choices(interactive: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The value and label of every button or row."""
    action = interactive["action"]
    if interactive["type"] == "cta_url":
        return [(action["parameters"]["url"], action["parameters"]["display_text"])]
    rows = [row for section in action.get("sections", []) for row in section["rows"]]
    return [(one["id"], one["title"]) for one in [*(button["reply"] for button in action.get("buttons", [])), *rows]]


def unfit(body: Mapping[str, Any], files: Mapping[str, object]) -> Answered | None:
    """What the platform itself would not take."""
    kind = str(body.get("type"))
    content = body.get(kind)
    if body.get("messaging_product") != "whatsapp" or not isinstance(content, dict):
        return refused(400, 100, "(#100) Invalid parameter")
    if kind == "text" and not 0 < len(content.get("body", "")) <= 4096:
        return refused(400, 100, "(#100) Param text['body'] must be at most 4096 characters long.")
    if kind in KINDS.values() and content.get("id") not in files:
        return refused(400, 131053, "(#131053) Media upload error")
    if kind == "interactive" and not fits(content):
        return refused(400, 131009, "(#131009) Parameter value is not valid")
    return None


def fits(interactive: Mapping[str, Any]) -> bool:
    """Whether buttons and rows keep the platform's limits."""
    limits = {"button": (3, 20, 256, 1024), "list": (10, 24, 200, 4096), "cta_url": (1, 20, 2000, 1024)}
    count, title, value, text = limits[interactive["type"]]
    chosen = choices(interactive)
    whole = 0 < len(chosen) <= count and 0 < len(interactive["body"]["text"]) <= text
    return (
        whole and len({one for one, _ in chosen}) == len(chosen) and all(len(a) <= value and len(b) <= title for a, b in chosen)
    )
