"""LINE's side: events signed with the channel secret, reply tokens of one use, pushes known by their retry key, files on a data host."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from qiao.kit.webhook_signatures import signed_base64
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

TYPES = {"image": "image", "voice": "audio", "video": "video", "file": "file"}
KINDS = {"image": "image", "audio": "voice", "video": "video", "location": "location", "flex": "card"}
FAULTS = {
    Fault.RATE_LIMITED: (429, "The API rate limit has been exceeded. Try again later."),
    Fault.SERVER_ERROR: (500, "Internal server error"),
    Fault.TOKEN_REVOKED: (401, "Authentication failed. Confirm that the access token in the authorization header is valid."),
    Fault.CREDENTIALS_REFUSED: (
        401,
        "Authentication failed. Confirm that the access token in the authorization header is valid.",
    ),
    Fault.BLOCKED: (400, "Failed to send messages"),
    Fault.MEDIA_EXPIRED: (404, "Not found"),
}


class Simulator(PlatformSimulator):
    """One official account."""

    settings = {"video_cover": "https://desk.test/cover.png"}  # noqa: RUF012
    secrets = {"channel_secret": "a channel secret", "access_token": "a long-lived token"}  # noqa: RUF012

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.reply_tokens: dict[str, str] = {}
        """Those not used yet, with whom they answer."""
        self.accepted: dict[str, list[dict[str, str]]] = {}
        """What each retry key was answered."""
        self.files: dict[str, SentFile] = {}
        self.names: dict[str, str] = {}
        """Of those who are friends of the account."""
        self.endpoint = ""
        self.loading: list[str] = []

    @property
    def customers(self) -> Sequence[str]:
        """People's ids begin with U."""
        return ("U80696558e1aa831", "U80696558e1aa832")

    def routes(self) -> Mapping[str, Handler]:
        """The calls of the Messaging API that we use."""
        return {
            "POST /api/v2/bot/message/reply": self._reply,
            "POST /api/v2/bot/message/push": self._push,
            "POST /api/v2/bot/chat/loading/start": self._load,
            "GET /api/v2/bot/info": self._info,
            "GET /api/v2/bot/profile/{id}": self._profile,
            "PUT /api/v2/bot/channel/webhook/endpoint": self._set_endpoint,
            "GET /media/v2/bot/message/{id}/content": self._content,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """LINE says what is wrong in the status, and why in `message`."""
        status, message = FAULTS[fault]
        return said({"message": message}, status)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A message, or a tap on a quick reply."""
        self.names[address] = name
        if option is not None:
            self.show(address, Shown(provider_id=self.next_id("p"), by="customer", kind="text", text=text))
            return await self.happens(address, "postback", postback={"data": option})
        content: dict[str, Any] = {"id": self.next_id("50000"), "quoteToken": self.next_id("q")}
        if file:
            self.files[content["id"]] = file
            content |= {"type": TYPES[file.kind], "contentProvider": {"type": "line"}}
            content |= {"fileName": file.name, "fileSize": len(file.data)} if file.kind == "file" else {}
        else:
            content |= {"type": "text", "text": text}
        self.show(address, Shown(provider_id=content["id"], by="customer", kind=file.kind if file else "text", text=text))
        await self.happens(address, "message", message=content)
        return content["id"]

    async def happens(self, address: str, kind: str, **more: Any) -> str:
        """Any event of this user is delivered; gives its id."""
        token = self.next_id("token")
        self.reply_tokens[token] = address
        event_id = self.next_id("01EVENT")
        event: dict[str, Any] = {
            "type": kind,
            "mode": "active",
            "timestamp": int(time.time() * 1000),
            "source": {"type": "user", "userId": address},
            "webhookEventId": event_id,
            "deliveryContext": {"isRedelivery": False},
            **({} if kind in {"unfollow", "unsend"} else {"replyToken": token}),
            **more,
        }
        await self.deliver(self.signed({"destination": "Uourbot", "events": [event]}))
        return event_id

    def signed(self, delivery: dict[str, Any]) -> RawReceipt:
        """A webhook call as LINE makes it."""
        body = msgspec.json.encode(delivery)
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-line-signature": signed_base64(self.secrets["channel_secret"], body),
        }
        return RawReceipt("POST", headers, {}, body)

    def _refused(self, asked: Asked) -> Answered | None:
        known = asked.headers.get("authorization") == f"Bearer {self.secrets['access_token']}"
        return None if known else self.fault(Fault.CREDENTIALS_REFUSED, asked)

    async def _reply(self, asked: Asked) -> Answered:
        held = asked.json()
        if refused := self._refused(asked):
            return refused
        address = self.reply_tokens.pop(held["replyToken"], None)
        return self._taken(address, held["messages"]) if address else said({"message": "Invalid reply token"}, 400)

    async def _push(self, asked: Asked) -> Answered:
        held, key = asked.json(), asked.headers.get("x-line-retry-key", "")
        if refused := self._refused(asked):
            return refused
        if key in self.accepted:
            return said({"message": "The retry key is already accepted", "sentMessages": self.accepted[key]}, 409)
        answer = self._taken(held["to"], held["messages"])
        if key and answer.status == 200:
            self.accepted[key] = msgspec.json.decode(answer.body)["sentMessages"]
        return answer

    def _taken(self, address: str, messages: list[dict[str, Any]]) -> Answered:
        if not messages or len(messages) > 5 or any(len(one.get("text", "")) > 5000 for one in messages):
            return said({"message": "The request body has 1 error(s)"}, 400)
        sent: list[dict[str, str]] = []
        for one in messages:
            actions = [item["action"] for item in one.get("quickReply", {}).get("items", [])]
            shown = Shown(
                provider_id=self.next_id("60000"),
                by="company",
                kind=KINDS.get(one["type"], "text"),
                text=_words(one),
                options=[action["label"] for action in actions],
                values=[action["data"] for action in actions],
                quoted=one.get("quoteToken"),
            )
            self.show(address, shown)
            sent.append({"id": shown.provider_id, "quoteToken": self.next_id("q")})
        return said({"sentMessages": sent})

    async def _load(self, asked: Asked) -> Answered:
        self.loading.append(asked.json()["chatId"])
        return said({}, 202)

    async def _info(self, asked: Asked) -> Answered:
        bot = {"userId": "Uourbot", "basicId": "@lanting", "displayName": "兰亭茶器", "chatMode": "bot", "markAsReadMode": "auto"}
        return self._refused(asked) or said(bot)

    async def _profile(self, asked: Asked) -> Answered:
        address = asked.places["id"]
        if refused := self._refused(asked):
            return refused
        if address not in self.names:
            return said({"message": "Not found"}, 404)
        picture = "https://profile.line-scdn.net/0h1"
        return said({"userId": address, "displayName": self.names[address], "pictureUrl": picture, "language": "zh-TW"})

    async def _set_endpoint(self, asked: Asked) -> Answered:
        self.endpoint = asked.json()["endpoint"]
        return self._refused(asked) or said({})

    async def _content(self, asked: Asked) -> Answered:
        file = self.files.get(asked.places["id"])
        if refused := self._refused(asked):
            return refused
        return Answered(body=file.data, content_type=file.content_type) if file else said({"message": "Not found"}, 404)


def _words(message: dict[str, Any]) -> str:
    """What can be read of a message; of a picture its address."""
    if message["type"] == "flex":
        return "\n".join(one["text"] for one in message["contents"]["body"]["contents"])
    return message.get("text") or message.get("originalContentUrl") or message.get("title", "")
