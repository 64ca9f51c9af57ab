"""The platform's side of `page_adapting`, for simulators: private messages, comments under one post, signed deliveries, files."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from qiao.channels.shared.graph_simulating import GraphSimulator, now, refused
from qiao.channels.shared.page_adapting import ATTACHMENTS
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, SentFile, Shown, said

PAGE_ID = "105599112233445"


class PageSimulator(GraphSimulator):
    """Subclass with `kind` (the deliveries' object), `replies`, `longest` and `comment_change`."""

    kind: ClassVar[str]
    replies: ClassVar[str]
    longest: ClassVar[int]
    """Bytes or characters of a private message, as `length` counts them."""
    settings: ClassVar[Mapping[str, Any]] = {"page_id": PAGE_ID, "app_id": "1517776481860111"}
    secrets: ClassVar[Mapping[str, str]] = {
        "access_token": "EAAP-simulated-page-token",
        "app_secret": "fedcba9876543210-of-the-app",
        "verify_token": "a long word of the admin",
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.comments: dict[str, tuple[str, str]] = {}
        """Author and thread of each comment."""
        self.hidden: set[str] = set()
        self.answered: set[str] = set()
        self.acts: list[str] = []

    def comment_change(self, verb: str, comment: Mapping[str, str]) -> dict[str, Any]:
        """How the platform tells of a comment: `comment` has id, address, name, text, post and parent."""
        raise TypeError("a page has comments")

    def length(self, text: str) -> int:
        """As the platform counts."""
        return len(text)

    def routes(self) -> Mapping[str, Handler]:
        """The graph below `api`, the files below `media`."""
        known = {
            "GET /api/{id}": self._object,
            "POST /api/{id}/messages": self._message,
            "POST /api/{id}/subscribed_apps": self._subscribe,
            "DELETE /api/{id}/subscribed_apps": self._unsubscribe,
            f"POST /api/{{id}}/{self.replies}": self._reply,
            "POST /api/{id}": self._hide,
            "DELETE /api/{id}": self._delete,
        }
        return {route: self._known(handler) for route, handler in known.items()} | {"GET /media/attachments/{id}": self.file}

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A message, a file, or a tap on a quick reply."""
        mid = self.next_id("m_")
        message: dict[str, Any] = {"mid": mid, "text": text}
        if option is not None:
            message["quick_reply"] = {"payload": option}
        if file is not None:
            payload = {"url": self.address_of(self.keep(file.data, file.content_type))}
            attachment = {"type": ATTACHMENTS[file.kind], "payload": payload}
            message = {"mid": mid, "attachments": [attachment]} | ({"text": text} if text else {})
        data, kind = (file.data, file.kind) if file else (None, "text")
        self.show(address, Shown(provider_id=mid, by="customer", kind=kind, text=text, data=data))
        await self.event(address, {"message": message})
        return mid

    async def customer_recalls(self, address: str, provider_id: str) -> None:
        """Takes a message of theirs back."""
        await self.event(address, {"message": {"mid": provider_id, "is_deleted": True}})

    async def customer_edits(self, address: str, provider_id: str, text: str) -> None:
        """Writes a message of theirs anew."""
        await self.event(address, {"message_edit": {"mid": provider_id, "text": text, "num_edit": 1}})

    async def customer_reacts(self, address: str, provider_id: str, emoji: str) -> None:
        """Puts a reaction under a message; empty takes it back."""
        act = {"action": "react", "emoji": emoji, "reaction": "other"} if emoji else {"action": "unreact"}
        await self.event(address, {"reaction": {"mid": provider_id} | act})

    async def customer_comments(
        self, address: str, text: str, *, under: str | None = None, post: str = "778899", name: str = "林语桐"
    ) -> str:
        """Writes under a post, or under a comment; everybody sees it."""
        comment_id = f"{post}_{self.next_id('5')}"
        thread = self.comments[under][1] if under in self.comments else comment_id
        self.comments[comment_id] = (address, thread)
        self.show(address, Shown(provider_id=comment_id, by="customer", kind="text", text=text, thread=thread))
        comment = {"id": comment_id, "address": address, "name": name, "text": text, "post": post, "parent": under or ""}
        await self.public("add", comment)
        return comment_id

    async def company_writes(self, address: str, text: str, **more: Any) -> str:
        """Somebody of the company answers in the platform's own app; the platform echoes it."""
        mid = self.next_id("m_")
        await self.event(address, {"message": {"mid": mid, "text": text, "is_echo": True} | more}, out=True)
        return mid

    async def event(self, address: str, body: Mapping[str, Any], *, out: bool = False) -> None:
        """Something private happened."""
        ends = ({"id": address}, {"id": PAGE_ID})
        sender, recipient = reversed(ends) if out else ends
        whole = {"sender": sender, "recipient": recipient, "timestamp": now() * 1000} | dict(body)
        await self.tell({"object": self.kind, "entry": [{"id": PAGE_ID, "time": now() * 1000, "messaging": [whole]}]})

    async def public(self, verb: str, comment: Mapping[str, str]) -> None:
        """Something public happened."""
        change = self.comment_change(verb, comment)
        await self.tell({"object": self.kind, "entry": [{"id": PAGE_ID, "time": now(), "changes": [change]}]})

    def _known(self, handler: Callable[[Asked], Any]) -> Handler:
        async def answer(asked: Asked) -> Answered:
            return self.stranger(asked) or await handler(asked)

        return answer

    async def _object(self, asked: Asked) -> Answered:
        known = asked.places["id"] == PAGE_ID
        return (
            said({"id": PAGE_ID, "name": "兰亭茶器", "username": "lanting"}) if known else self.fault(Fault.MEDIA_EXPIRED, asked)
        )

    async def _subscribe(self, asked: Asked) -> Answered:
        self.subscribed = asked.form()
        return said({"success": True})

    async def _unsubscribe(self, asked: Asked) -> Answered:
        self.subscribed = None
        return said({"success": True})

    async def _message(self, asked: Asked) -> Answered:
        parts = asked.parts()
        body = {name: as_value(part.data) for name, part in parts.items() if part.filename is None} or asked.json() or {}
        recipient = body.get("recipient", {})
        if "sender_action" in body:
            self.acts.append(body["sender_action"])
            return said({"recipient_id": recipient.get("id")})
        address = recipient.get("id") or self.comments.get(recipient.get("comment_id"), ("", ""))[0]
        refusal = self._unfit(address, recipient, body)
        if refusal is not None:
            return refusal
        message, name = body["message"], self.next_id("m_")
        file = parts.get("filedata")
        attachment = message.get("attachment", {})
        replies = message.get("quick_replies", [])
        kinds = {theirs: ours for ours, theirs in ATTACHMENTS.items()}
        shown = Shown(
            provider_id=name,
            by="company",
            kind=kinds.get(attachment.get("type"), "text"),
            text=message.get("text") or attachment.get("payload", {}).get("url", ""),
            data=file.data if file else None,
            name=file.filename if file else None,
            options=tuple(one["title"] for one in replies),
            values=tuple(one["payload"] for one in replies),
            quoted=body.get("reply_to", {}).get("mid"),
        )
        self.show(address, shown)
        return said({"recipient_id": address, "message_id": name})

    def _unfit(self, address: str, recipient: Mapping[str, str], body: Mapping[str, Any]) -> Answered | None:
        comment = recipient.get("comment_id")
        if not address.isdecimal():
            return refused(400, 100, "(#100) No matching user found", 2018001)
        if comment in self.answered:
            return refused(400, 10900, "(#10900) Activity already replied to")
        if comment:
            self.answered.add(comment)
        message = body.get("message", {})
        replies = message.get("quick_replies", [])
        if (
            self.length(message.get("text", "")) > self.longest
            or len(replies) > 13
            or not (message.get("text") or message.get("attachment"))
        ):
            return refused(400, 100, "(#100) Length of param message[text] must be less than or equal to the limit")
        return None

    async def _reply(self, asked: Asked) -> Answered:
        root, text = asked.places["id"], asked.form().get("message", "")
        if root not in self.comments or not text:
            return refused(400, 100, "(#100) Unsupported post request. Object does not exist", 33)
        author, thread = self.comments[root]
        comment_id = self.next_id("778899_6")
        self.comments[comment_id] = (PAGE_ID, thread)
        self.show(author, Shown(provider_id=comment_id, by="company", kind="text", text=text, thread=thread))
        return said({"id": comment_id})

    async def _hide(self, asked: Asked) -> Answered:
        if asked.places["id"] not in self.comments:
            return self.fault(Fault.MEDIA_EXPIRED, asked)
        wish = asked.form().get("is_hidden") or asked.form().get("hide")
        (self.hidden.add if wish == "true" else self.hidden.discard)(asked.places["id"])
        return said({"success": True})

    async def _delete(self, asked: Asked) -> Answered:
        return said({"success": True}) if self.comments.pop(asked.places["id"], None) else self.fault(Fault.MEDIA_EXPIRED, asked)


def as_value(data: bytes) -> Any:
    """A field of a form: an object where it is one, a word otherwise."""
    return msgspec.json.decode(data) if data.startswith(b"{") else data.decode()
