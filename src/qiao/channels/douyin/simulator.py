"""Douyin's side: tokens that are renewed, answers that need a message to answer, pushes that are signed."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from qiao.channels.douyin import codec
from qiao.kit.clock import utc_now
from qiao.kit.webhook_signatures import hashed_hex
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

SECRET = "simulated client secret"  # noqa: S105 - it guards a simulator
OPEN_ID = "account-open-id"
RENEWAL = "/oauth/refresh_token/"
_CODES = {
    Fault.RATE_LIMITED: 28003017,
    Fault.TOKEN_REVOKED: 2190002,
    Fault.CREDENTIALS_REFUSED: 2190004,
    Fault.WINDOW_CLOSED: 28007073,
    Fault.BLOCKED: 2100007,
}


class Simulator(PlatformSimulator):
    """One business account."""

    settings: ClassVar[Mapping[str, Any]] = {"client_key": "key", "open_id": OPEN_ID}
    secrets: ClassVar[Mapping[str, str]] = {"client_secret": SECRET, "refresh_token": "refresh-0"}

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.refresh: str | None = None
        """What is renewed next. None: this simulator has just begun, and believes whoever comes first."""
        self.token = ""
        self.messages: dict[str, str] = {}
        """Who wrote a message or comment, by its id: only those can be answered."""

    def routes(self) -> Mapping[str, Handler]:
        """The calls that are used."""
        return {
            f"POST {RENEWAL}": self._renew,
            "POST /im/send/msg/": self._message,
            "POST /item/comment/reply/": self._comment,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """By code, in `data` and `extra`."""
        if fault is Fault.SERVER_ERROR:
            return Answered(status=HTTPStatus.BAD_GATEWAY)
        if fault is Fault.TOKEN_REVOKED:
            self.token = ""
        elif asked.path == RENEWAL and fault is not Fault.CREDENTIALS_REFUSED:
            # What happens to messages does not happen to tokens: it comes with the next call.
            self._faults.insert(0, fault)
            return self._renewed(asked)
        return _refused(_CODES[fault], fault.value)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A direct message; its content is text that holds JSON, as the platform often sends it."""
        message_id = self.next_id("dy")
        self.messages[message_id] = address
        self.show(address, Shown(provider_id=message_id, by="customer", kind="text", text=text))
        content = {
            "conversation_short_id": f"c-{address}",
            "server_message_id": message_id,
            "conversation_type": 1,
            "create_time": int(utc_now().timestamp() * 1000),
            "message_type": "text",
            "text": text,
            "user_infos": [{"open_id": address, "nick_name": name, "avatar": ""}],
        }
        await self.push(codec.MESSAGE, address, msgspec.json.encode(content).decode())
        return message_id

    async def customer_comments(self, address: str, text: str, *, item: str = "video-1", under: str = "") -> str:
        """A comment under a video, or under another comment; content is an object."""
        comment_id = self.next_id("cm")
        self.messages[comment_id] = address
        self.show(address, Shown(provider_id=comment_id, by="customer", kind="text", text=text, thread=item))
        content = {
            "comment_id": comment_id,
            "comment_user_id": address,
            "content": text,
            "create_time": int(utc_now().timestamp()),
            "nick_name": "林语桐",
            "reply_to_item_id": item,
            "reply_to_comment_id": under,
        }
        await self.push(codec.COMMENT, address, content)
        return comment_id

    async def push(self, event: str, sender: str, content: object) -> Answered:
        """Deliver an event, signed."""
        held = {"event": event, "client_key": "key", "from_user_id": sender, "to_user_id": OPEN_ID, "content": content}
        body = msgspec.json.encode(held)
        headers = {
            "content-type": "application/json",
            "x-douyin-signature": hashed_hex(SECRET, body),
            "msg-id": self.next_id("push"),
        }
        return await self.deliver(RawReceipt("POST", headers, {}, body))

    async def _renew(self, asked: Asked) -> Answered:
        return self._renewed(asked)

    def _renewed(self, asked: Asked) -> Answered:
        if self.refresh not in {None, asked.form().get("refresh_token")}:
            return _refused(10010, "the refresh token has run out")
        self.refresh, self.token = self.next_id("refresh-"), self.next_id("token-")
        return _done(access_token=self.token, refresh_token=self.refresh, expires_in=1_296_000, open_id=OPEN_ID)

    async def _message(self, asked: Asked) -> Answered:
        given: dict[str, Any] = asked.json()
        if self.messages.get(given["msg_id"]) != given["to_user_id"]:
            return _refused(28007073, "there is no message to answer")
        return self._shown(asked, given["to_user_id"], given["content"]["text"]["text"], "msg_id")

    async def _comment(self, asked: Asked) -> Answered:
        given: dict[str, Any] = asked.json()
        address = self.messages.get(given["comment_id"])
        if address is None:
            return _refused(2100005, "there is no such comment")
        return self._shown(asked, address, given["content"], "comment_id", given["item_id"])

    def _shown(self, asked: Asked, address: str, text: str, named: str, thread: str | None = None) -> Answered:
        if not self.token or asked.headers.get("access-token") != self.token or asked.query.get("open_id") != OPEN_ID:
            return _refused(2190002, "the access token is not valid")
        message_id = self.next_id("dy")
        self.show(address, Shown(provider_id=message_id, by="company", kind="text", text=text, thread=thread))
        return _done(**{named: message_id})


def _done(**data: object) -> Answered:
    return said({"data": {"error_code": 0, "description": "", **data}, "extra": {"error_code": 0, "logid": "1"}})


def _refused(code: int, text: str) -> Answered:
    return said({"data": {"error_code": code, "description": text}, "extra": {"error_code": code, "description": text}})
