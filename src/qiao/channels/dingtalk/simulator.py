"""DingTalk's side: a gateway with sockets, calls of robots whose time is signed, session webhooks, the robot's API, files by code."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from qiao.channels.dingtalk import codec
from qiao.channels.dingtalk.streaming import TOPIC
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.lines import Frame, Lines
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

TYPES = {"image": "picture", "voice": "audio", "video": "video", "file": "file"}
SHOWN = {"sampleText": "text", "sampleMarkdown": "card", "sampleImageMsg": "image", "sampleAudio": "voice", "sampleFile": "file"}
FAULTS = {
    Fault.RATE_LIMITED: (400, "Forbidden.AccessDenied.QpsLimitForApi"),
    Fault.SERVER_ERROR: (503, "ServiceUnavailable"),
    Fault.TOKEN_REVOKED: (401, "InvalidAuthentication"),
    Fault.CREDENTIALS_REFUSED: (400, "invalidClientIdOrSecret"),
    Fault.MEDIA_EXPIRED: (400, "unknownError"),
}
LATER = {Fault.TOKEN_REVOKED, Fault.BLOCKED, Fault.MEDIA_EXPIRED}
"""What cannot happen where an access token is asked for: it waits for the next call."""


class Simulator(PlatformSimulator):
    """One enterprise app with a robot."""

    settings = {"client_id": "dingapp", "mode": "http"}  # noqa: RUF012
    secrets = {  # noqa: RUF012
        "client_secret": "an app's secret",
        "event_token": "123456",
        "event_key": "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij",
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.files: dict[str, SentFile] = {}
        self.sessions: dict[str, str] = {}
        """Whose phone each session webhook leads to."""
        self.lines = Lines()
        self.tokens = 0

    def routes(self) -> Mapping[str, Handler]:
        """The calls that we use."""
        return {
            "POST /api/v1.0/oauth2/accessToken": self._grant,
            "POST /api/v1.0/gateway/connections/open": self._open,
            "POST /api/v1.0/robot/oToMessages/batchSend": self._send,
            "POST /api/v1.0/robot/groupMessages/send": self._send,
            "POST /api/v1.0/robot/otoMessages/batchRecall": self._recall,
            "POST /api/v1.0/robot/groupMessages/recall": self._recall,
            "POST /api/v1.0/robot/messageFiles/download": self._locate,
            "GET /download/{id}": self._file,
            "POST /files/media/upload": self._upload,
            "POST /files/robot/sendBySession/{id}": self._session,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """DingTalk says what is wrong in the status and a code; an unknown person is named in an answer that is none of failure."""
        if asked.path.endswith("/oauth2/accessToken") and fault in LATER:
            self.go_wrong(fault)
            return self._granted()
        if fault is Fault.BLOCKED:
            return said({"processQueryKey": "", "invalidStaffIdList": (asked.json() or {}).get("userIds", [])})
        status, code = FAULTS[fault]
        return said({"code": code, "message": "simulated", "requestid": "r"}, status)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A one-to-one message to the robot."""
        held: dict[str, Any] = {"msgtype": "text", "text": {"content": text}}
        if file:
            code = self.next_id("code")
            self.files[code] = file
            held = {"msgtype": TYPES[file.kind], "content": {"downloadCode": code, "fileName": file.name}}
        return await self.robot_hears(address, senderNick=name, **held)

    async def robot_hears(self, address: str, **changes: Any) -> str:
        """Anything said to the robot; by stream where one is held, else by a call."""
        session = self.next_id("session")
        message: dict[str, Any] = {
            "msgId": self.next_id("msg"),
            "createAt": int(time.time() * 1000),
            "conversationType": "1",
            "conversationId": f"cid-{address}",
            "senderId": f"$:LWCP_v1:$ {address}",
            "senderStaffId": address,
            "senderNick": "林语桐",
            "chatbotUserId": "$:LWCP_v1:$robot",
            "robotCode": "dingapp",
            "isInAtList": True,
            "sessionWebhook": f"{self.origin}/files/robot/sendBySession/{session}",
            "sessionWebhookExpiredTime": int((time.time() + 5400) * 1000),
            **changes,
        }
        private = message["conversationType"] == "1"
        self.sessions[session] = address if private else message["conversationId"]
        kind = codec.KINDS.get(message.get("msgtype", ""), "text")
        words = (message.get("text") or {}).get("content", "")
        self.show(self.sessions[session], Shown(provider_id=message["msgId"], by="customer", kind=kind, text=words))
        if len(self.lines):
            self.frame("CALLBACK", TOPIC, message)
        else:
            await self.deliver(self.called(msgspec.json.encode(message)))
        return message["msgId"]

    def called(self, body: bytes, ago: float = 0) -> RawReceipt:
        """A robot's call over HTTP: only its time is signed."""
        stamp = str(int((time.time() - ago) * 1000))
        signature = codec.robot_signature(self.secrets["client_secret"], stamp)
        return RawReceipt("POST", {"content-type": "application/json", "timestamp": stamp, "sign": signature}, {}, body)

    def frame(self, kind: str, topic: str, data: object) -> str:
        """Put a frame on every line; gives its name."""
        name = self.next_id("frame")
        headers = {"contentType": "application/json", "messageId": name, "time": str(int(time.time() * 1000)), "topic": topic}
        frame = {"specVersion": "1.0", "type": kind, "headers": headers, "data": msgspec.json.encode(data).decode()}
        self.lines.put(msgspec.json.encode(frame).decode())
        return name

    async def socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A line, for whoever has a ticket."""

        def answering(frame: Frame) -> tuple[str, Any]:
            answer = msgspec.json.decode(frame)
            return answer["headers"]["messageId"], answer

        ticket = parse_qs(scope["query_string"].decode()).get("ticket", [""])[0]
        await self.lines.hold(ticket, receive, send, answering)

    async def _open(self, asked: Asked) -> Answered:
        held = asked.json()
        if held["clientSecret"] != self.secrets["client_secret"] or held["clientId"] != self.settings["client_id"]:
            return said({"code": "authFailed", "message": "wrong client secret"}, 401)
        ticket = self.next_id("ticket")
        self.lines.tickets.add(ticket)
        return said({"endpoint": f"{self.origin.replace('http', 'ws', 1)}/stream", "ticket": ticket})

    async def _grant(self, asked: Asked) -> Answered:
        held = asked.json()
        if held != {"appKey": self.settings["client_id"], "appSecret": self.secrets["client_secret"]}:
            return self.fault(Fault.CREDENTIALS_REFUSED, asked)
        return self._granted()

    def _granted(self) -> Answered:
        self.tokens += 1
        return said({"accessToken": f"token-{self.tokens}", "expireIn": 7200})

    def _refused(self, asked: Asked) -> Answered | None:
        known = asked.headers.get("x-acs-dingtalk-access-token") == f"token-{self.tokens}"
        return None if known else self.fault(Fault.TOKEN_REVOKED, asked)

    async def _send(self, asked: Asked) -> Answered:
        held = asked.json()
        if refused := self._refused(asked):
            return refused
        group, key, param = held.get("openConversationId", ""), self.next_id("key"), msgspec.json.decode(held["msgParam"])
        kind, media = SHOWN[held["msgKey"]], self.files.get(param.get("mediaId") or param.get("photoURL", ""))
        name = f"{'group' if group else 'person'}:{group}:{key}"
        text = param.get("content") or param.get("text", "")
        data = media.data if media else None
        shown = Shown(provider_id=name, by="company", kind=kind, text=text, data=data, name=param.get("fileName"))
        for address in [group] if group else held["userIds"]:
            self.show(address, shown)
        return said({"processQueryKey": key, "invalidStaffIdList": [], "flowControlledStaffIdList": []})

    async def _recall(self, asked: Asked) -> Answered:
        (key,) = asked.json()["processQueryKeys"]
        found = [
            (phone, at) for phone in self.phones.values() for at, one in enumerate(phone) if one.provider_id.endswith(f":{key}")
        ]
        for phone, at in found:
            phone[at] = msgspec.structs.replace(phone[at], recalled=True)
        gone = {"code": "processQueryKey.invalid", "message": "no such message"}
        return self._refused(asked) or (said({"successResult": [key], "failedResult": {}}) if found else said(gone, 400))

    async def _locate(self, asked: Asked) -> Answered:
        return self._refused(asked) or said({"downloadUrl": f"{self.origin}/download/{asked.json()['downloadCode']}"})

    async def _file(self, asked: Asked) -> Answered:
        file = self.files.get(asked.places["id"])
        return Answered(body=file.data, content_type=file.content_type) if file else Answered(status=403)

    async def _upload(self, asked: Asked) -> Answered:
        if asked.query.get("access_token") != f"token-{self.tokens}":
            return said({"errcode": 40014, "errmsg": "不合法的access_token"})
        name, data = self.next_id("@media"), asked.parts()["media"].data
        self.files[name] = SentFile(kind=asked.query["type"], data=data, name=name, content_type="")
        return said({"errcode": 0, "errmsg": "ok", "media_id": name, "type": asked.query["type"], "created_at": 0})

    async def _session(self, asked: Asked) -> Answered:
        address, held = self.sessions.get(asked.places["id"]), asked.json()
        if address is None:
            return said({"errcode": 300001, "errmsg": "session 不存在"})
        text = held["text"]["content"] if held["msgtype"] == "text" else held["markdown"]["text"]
        kind = "text" if held["msgtype"] == "text" else "card"
        self.show(address, Shown(provider_id=self.next_id("shown"), by="company", kind=kind, text=text))
        return said({"errcode": 0, "errmsg": "ok"})
