"""QQ's side: signed deliveries, one token, answers known by message and number, uploads before messages, windows that end."""

import base64
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from qiao.channels.qq_bot import signing
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

CONTENT_TYPES = {"voice": "voice", "file": "file"}
KINDS = {1: "image", 2: "video", 3: "voice", 4: "file"}
CODES = {
    Fault.RATE_LIMITED: (429, 22009),
    Fault.SERVER_ERROR: (503, 1),
    Fault.TOKEN_REVOKED: (401, 11244),
    Fault.CREDENTIALS_REFUSED: (200, 100016),
    Fault.WINDOW_CLOSED: (400, 40034005),
    Fault.BLOCKED: (400, 40054003),
    Fault.MEDIA_EXPIRED: (404, 0),
}
LATER = {Fault.TOKEN_REVOKED, Fault.WINDOW_CLOSED, Fault.BLOCKED, Fault.MEDIA_EXPIRED}
"""What cannot happen where a token is asked for: it waits for the next call."""
PRIVATE_SECONDS, GROUP_SECONDS, MOST_ANSWERS = 3600, 300, 5


class Simulator(PlatformSimulator):
    """One bot."""

    settings = {"app_id": "102000000"}  # noqa: RUF012
    secrets = {"app_secret": "DG5g3B4j9X2KOErG"}  # noqa: RUF012

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.answerable: dict[str, float] = {}
        """Messages and events that may be answered, until when."""
        self.answers: dict[str, set[int]] = {}
        """The numbers that each had."""
        self.files: dict[str, SentFile] = {}
        self.tokens = 0

    @property
    def customers(self) -> Sequence[str]:
        """Open ids are 32 hexadecimal characters."""
        return ("E4F4AEA33253A2797FB897C50B81D7ED", "E4F4AEA33253A2797FB897C50B81D7EE")

    def routes(self) -> Mapping[str, Handler]:
        """The calls that we use."""
        return {
            "POST /token/app/getAppAccessToken": self._grant,
            "GET /api/users/@me": self._who,
            "POST /api/v2/{kind}/{openid}/messages": self._send,
            "POST /api/v2/{kind}/{openid}/files": self._upload,
            "DELETE /api/v2/{kind}/{openid}/messages/{id}": self._recall,
            "GET /download/{id}": self._file,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """QQ says what is wrong in a code."""
        if asked.path.endswith("/getAppAccessToken") and fault in LATER:
            self.go_wrong(fault)
            return self._granted()
        status, code = CODES[fault]
        return said({"message": "simulated", "code": code, "err_code": code, "trace_id": "t"}, status)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A private message."""
        attachments: list[dict[str, Any]] = []
        if file:
            key = self.next_id("file")
            self.files[key] = file
            kind = CONTENT_TYPES.get(file.kind, file.content_type)
            one = {"content_type": kind, "filename": file.name, "url": f"{self.origin}/download/{key}", "size": len(file.data)}
            attachments = [one]
        kind = file.kind if file else "text"
        return await self.says(
            address, {"user_openid": address}, "C2C_MESSAGE_CREATE", kind, content=text, attachments=attachments
        )

    async def group_asks(self, group: str, address: str, text: str) -> str:
        """Somebody mentions the bot in a group."""
        author = {"member_openid": address}
        return await self.says(group, author, "GROUP_AT_MESSAGE_CREATE", "text", content=f" {text} ", group_openid=group)

    async def says(self, phone: str, author: Mapping[str, str], event: str, kind: str, **more: Any) -> str:
        """A message of any kind; it may be answered for a while."""
        name = self.next_id("ROBOT1.0_")
        self.answerable[name] = time.time() + (GROUP_SECONDS if "group_openid" in more else PRIVATE_SECONDS)
        self.show(phone, Shown(provider_id=name, by="customer", kind=kind, text=more["content"].strip()))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        await self.happens(event, {"id": name, "author": {"id": "x", **author}, "timestamp": now, **more})
        return name

    async def happens(self, event: str, what: Mapping[str, Any]) -> str:
        """Any event is delivered; gives its id, which may be answered too."""
        name = self.next_id(f"{event}:")
        self.answerable[name] = time.time() + PRIVATE_SECONDS
        await self.deliver(self.signed({"op": 0, "id": name, "s": 1, "t": event, "d": what}))
        return name

    def signed(self, delivery: object, ago: int = 0) -> RawReceipt:
        """A call as QQ makes it."""
        body, stamp = msgspec.json.encode(delivery), str(int(time.time()) - ago)
        signature = signing.signature(self.secrets["app_secret"], stamp, body)
        headers = {
            "content-type": "application/json",
            "x-bot-appid": self.settings["app_id"],
            "x-signature-method": "Ed25519",
            "x-signature-timestamp": stamp,
            "x-signature-ed25519": signature,
        }
        return RawReceipt("POST", headers, {}, body)

    async def _grant(self, asked: Asked) -> Answered:
        right = {"appId": self.settings["app_id"], "clientSecret": self.secrets["app_secret"]}
        return self._granted() if asked.json() == right else self.fault(Fault.CREDENTIALS_REFUSED, asked)

    def _granted(self) -> Answered:
        self.tokens += 1
        return said({"access_token": f"token-{self.tokens}", "expires_in": "7200"})

    def _refused(self, asked: Asked) -> Answered | None:
        known = asked.headers.get("authorization") == f"QQBot token-{self.tokens}"
        return None if known else self.fault(Fault.TOKEN_REVOKED, asked)

    async def _who(self, asked: Asked) -> Answered:
        return self._refused(asked) or said({"id": "1", "username": "兰亭茶器"})

    async def _send(self, asked: Asked) -> Answered:
        held, openid = asked.json(), asked.places["openid"]
        refused = self._refused(asked) or self._not_answerable(held)
        if refused:
            return refused
        file = self.files.get(held.get("media", {}).get("file_info", ""))
        kind, name = "group" if asked.places["kind"] == "groups" else "user", self.next_id("ROBOT1.0_")
        shown = Shown(
            provider_id=f"{kind}:{openid}:{name}",
            by="company",
            kind=file.kind if file else "text",
            text="" if file else held["content"],
            data=file.data if file else None,
            name=file.name if file else None,
        )
        self.show(openid, shown)
        return said({"id": name, "timestamp": datetime.now(UTC).isoformat()})

    def _not_answerable(self, held: Mapping[str, Any]) -> Answered | None:
        answered = held.get("msg_id") or held.get("event_id", "")
        numbers = self.answers.setdefault(answered, set())
        code = 0
        if not answered:
            code = 40034102
        elif answered not in self.answerable:
            code = 40034024
        elif held["msg_seq"] in numbers:
            code = 40054005
        elif self.answerable[answered] < time.time() or len(numbers) >= MOST_ANSWERS:
            code = 40034128
        if not code:
            numbers.add(held["msg_seq"])
        return said({"message": "simulated", "code": code, "err_code": code}, 400) if code else None

    async def _upload(self, asked: Asked) -> Answered:
        held, key = asked.json(), self.next_id("info")
        data = base64.b64decode(held["file_data"])
        self.files[key] = SentFile(kind=KINDS[held["file_type"]], data=data, name=held.get("file_name", key), content_type="")
        return self._refused(asked) or said({"file_uuid": key, "file_info": key, "ttl": 3600})

    async def _recall(self, asked: Asked) -> Answered:
        phone = self.phones.get(asked.places["openid"], [])
        for at, one in enumerate(phone):
            if one.by == "company" and one.provider_id.endswith(f":{asked.places['id']}"):
                phone[at] = msgspec.structs.replace(one, recalled=True)
                return self._refused(asked) or Answered(status=204)
        return self._refused(asked) or said({"message": "撤回失败", "code": 306003}, 400)

    async def _file(self, asked: Asked) -> Answered:
        file = self.files.get(asked.places["id"])
        return Answered(body=file.data, content_type=file.content_type) if file else Answered(status=404)
