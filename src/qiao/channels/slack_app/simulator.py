"""Slack's side: events and taps signed with a time, the Web API's methods, uploads in three steps, files behind the bot's token."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec

from qiao.kit.webhook_signatures import signed_hex
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

BOT = "U0BOT"
ERRORS = {
    Fault.CREDENTIALS_REFUSED: "invalid_auth",
    Fault.TOKEN_REVOKED: "token_revoked",
    Fault.BLOCKED: "user_disabled",
    Fault.SERVER_ERROR: "internal_error",
}
KINDS = {"image": "image", "audio": "voice", "video": "video"}


def direct(user: str) -> str:
    """The channel of the direct message with somebody."""
    return f"D{user[1:]}"


class Simulator(PlatformSimulator):
    """One app in one workspace."""

    secrets = {"signing_secret": "a signing secret", "bot_token": "xoxb-1-2-three", "app_token": "xapp-1-A1-2-three"}  # noqa: RUF012

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.files: dict[str, SentFile] = {}
        self.names: dict[str, str] = {}
        self.posted: list[dict[str, Any]] = []
        """What the app has posted, as it asked for it, with `ts`."""
        self.lines = Lines()
        self._tick = 0

    @property
    def customers(self) -> Sequence[str]:
        """People's ids begin with U."""
        return ("U0YUTONG", "U0JIAHE")

    def routes(self) -> Mapping[str, Handler]:
        """The methods that we use; Slack takes each by POST."""
        methods: Mapping[str, Handler] = {
            "auth.test": self._who,
            "chat.postMessage": self._post,
            "chat.delete": self._delete,
            "conversations.open": self._open,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "users.info": self._person,
            "files.getUploadURLExternal": self._place,
            "files.completeUploadExternal": self._share,
        }
        return {
            **{
                f"{method} /api/{name}": self._checked(handler) for name, handler in methods.items() for method in ("POST", "GET")
            },
            "POST /api/apps.connections.open": self._line,
            "POST /files/upload/v1/{id}": self._put,
            "GET /files/files-pri/{id}": self._file,
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """Slack says what is wrong in the body, with status 200; but for files, and when it is asked too often."""
        if fault is Fault.MEDIA_EXPIRED:
            return Answered(status=404, content_type="text/html")
        if fault is Fault.RATE_LIMITED:
            return Answered(status=429, body=b'{"ok": false, "error": "ratelimited"}', headers={"retry-after": "30"})
        return said({"ok": False, "error": ERRORS[fault]}, 503 if fault is Fault.SERVER_ERROR else 200)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A direct message, or a tap on the newest buttons."""
        self.names[address] = name
        if option is not None:
            return await self.taps(address, text, option, name)
        ts = self.stamp()
        kind = file.kind if file else "text"
        self.show(address, Shown(provider_id=f"{direct(address)}:{ts}", by="customer", kind=kind, text=text))
        words = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("👋", ":wave:")
        more: dict[str, Any] = {"subtype": "file_share", "files": [self._kept(file)]} if file else {}
        await self.happens(type="message", user=address, channel=direct(address), channel_type="im", ts=ts, text=words, **more)
        return f"{direct(address)}:{ts}"

    async def happens(self, **event: Any) -> None:
        """Any event is delivered."""
        body = {
            "token": "legacy",
            "team_id": "T1",
            "api_app_id": "A1",
            "type": "event_callback",
            "event_id": self.next_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [{"team_id": "T1", "user_id": BOT, "is_bot": True}],
            "event": event,
        }
        if len(self.lines):
            self.envelope("events_api", body)
        else:
            await self.deliver(self.signed(msgspec.json.encode(body), "application/json"))

    def envelope(self, kind: str, payload: object) -> str:
        """Put an envelope on every line; gives its id."""
        name = self.next_id("envelope")
        self.lines.put(msgspec.json.encode({"envelope_id": name, "type": kind, "payload": payload}).decode())
        return name

    async def socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A line, for whoever has a ticket."""

        def answering(frame: str | bytes) -> tuple[str, Any]:
            answer = msgspec.json.decode(frame)
            return answer["envelope_id"], answer

        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}
        ticket = parse_qs(scope["query_string"].decode()).get("ticket", [""])[0]
        await self.lines.hold(ticket, receive, send, answering, msgspec.json.encode(hello).decode())

    async def taps(self, address: str, text: str, value: str, name: str = "林语桐", channel: str = "") -> str:
        """A button under the newest post."""
        where, ts = channel or direct(address), self.posted[-1]["ts"] if self.posted else self.stamp()
        action = {"type": "button", "action_id": "option_0", "value": value, "action_ts": self.stamp()}
        payload = {
            "type": "block_actions",
            "user": {"id": address, "username": "yutong", "name": name, "team_id": "T1"},
            "channel": {"id": where, "name": "directmessage"},
            "message": {"type": "message", "bot_id": "B1", "user": BOT, "ts": ts, "text": "?"},
            "actions": [{**action, "text": {"type": "plain_text", "text": text}}],
        }
        self.show(address, Shown(provider_id=f"{where}:{action['action_ts']}", by="customer", kind="text", text=text))
        if len(self.lines):
            self.envelope("interactive", payload)
        else:
            body = urlencode({"payload": msgspec.json.encode(payload).decode()}).encode()
            await self.deliver(self.signed(body, "application/x-www-form-urlencoded"))
        return f"{where}:{ts}:{action['action_ts']}"

    def signed(self, body: bytes, content_type: str, ago: int = 0) -> RawReceipt:
        """A call as Slack makes it."""
        stamp = str(int(time.time()) - ago)
        signature = signed_hex(self.secrets["signing_secret"], f"v0:{stamp}:".encode() + body, "v0=")
        headers = {"content-type": content_type, "x-slack-request-timestamp": stamp, "x-slack-signature": signature}
        return RawReceipt("POST", headers, {}, body)

    def stamp(self) -> str:
        """A message's time, which names it."""
        self._tick += 1
        return f"{int(time.time())}.{self._tick:06d}"

    def _kept(self, file: SentFile) -> dict[str, Any]:
        name = self.next_id("F")
        self.files[name] = file
        url = f"{self.origin}/files/files-pri/{name}"
        return {"id": name, "name": file.name, "mimetype": file.content_type, "size": len(file.data), "url_private_download": url}

    def _known(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.secrets['bot_token']}"

    def _checked(self, handler: Handler) -> Handler:
        async def checked(asked: Asked) -> Answered:
            return await handler(asked) if self._known(asked) else said({"ok": False, "error": "invalid_auth"})

        return checked

    async def _line(self, asked: Asked) -> Answered:
        if asked.headers.get("authorization") != f"Bearer {self.secrets['app_token']}":
            return said({"ok": False, "error": "invalid_auth"})
        ticket = self.next_id("ticket")
        self.lines.tickets.add(ticket)
        return said({"ok": True, "url": f"{self.origin.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id=A1"})

    async def _who(self, asked: Asked) -> Answered:
        return said({"ok": True, "user": "lanting", "team": "兰亭", "user_id": BOT, "team_id": "T1", "bot_id": "B1"})

    async def _person(self, asked: Asked) -> Answered:
        address = arguments(asked)["user"]
        if address not in self.names:
            return said({"ok": False, "error": "user_not_found"})
        profile = {"display_name": "", "real_name": self.names[address], "image_192": "https://avatars.slack-edge.com/1_192.png"}
        return said(
            {"ok": True, "user": {"id": address, "team_id": "T1", "name": "yutong", "locale": "zh-CN", "profile": profile}}
        )

    async def _open(self, asked: Asked) -> Answered:
        return said({"ok": True, "channel": {"id": direct(arguments(asked)["users"])}})

    async def _post(self, asked: Asked) -> Answered:
        held = arguments(asked)
        where = direct(held["channel"]) if held["channel"].startswith("U") else held["channel"]
        ts = self.stamp()
        self.posted.append({**held, "channel": where, "ts": ts})
        buttons = [one for block in held.get("blocks") or [] if block["type"] == "actions" for one in block["elements"]]
        shown = Shown(
            provider_id=f"{where}:{ts}",
            by="company",
            kind="card" if any(one["type"] == "header" for one in held.get("blocks") or []) else "text",
            text=_words(held),
            options=[one["text"]["text"] for one in buttons],
            values=[one.get("value", "") for one in buttons],
            thread=held.get("thread_ts"),
        )
        self.show(f"U{where[1:]}" if where.startswith("D") else where, shown)
        return said({"ok": True, "channel": where, "ts": ts, "message": {"text": held["text"]}})

    async def _delete(self, asked: Asked) -> Answered:
        held = arguments(asked)
        name, phone = f"{held['channel']}:{held['ts']}", self.phones.get(f"U{held['channel'][1:]}", [])
        for place, one in enumerate(phone):
            if one.provider_id == name and one.by == "company":
                phone[place] = msgspec.structs.replace(one, recalled=True)
                return said({"ok": True, "channel": held["channel"], "ts": held["ts"]})
        return said({"ok": False, "error": "message_not_found"})

    async def _history(self, asked: Asked) -> Answered:
        found = [one for one in self.posted if one["channel"] == asked.query["channel"]]
        return said({"ok": True, "messages": [{"ts": one["ts"], "metadata": one.get("metadata", {})} for one in reversed(found)]})

    async def _place(self, asked: Asked) -> Answered:
        name = self.next_id("F")
        self.files[name] = SentFile(kind="file", data=b"", name=arguments(asked)["filename"], content_type="")
        return said({"ok": True, "upload_url": f"{self.origin}/files/upload/v1/{name}", "file_id": name})

    async def _put(self, asked: Asked) -> Answered:
        kind = KINDS.get(asked.headers.get("content-type", "").partition("/")[0], "file")
        self.files[asked.places["id"]] = msgspec.structs.replace(self.files[asked.places["id"]], data=asked.body, kind=kind)
        return Answered(body=b"OK", content_type="text/plain")

    async def _share(self, asked: Asked) -> Answered:
        held = arguments(asked)
        shared = msgspec.json.decode(held["files"]) if isinstance(held["files"], str) else held["files"]
        for one in shared:
            file = self.files[one["id"]]
            shown = Shown(
                provider_id=one["id"], by="company", kind=file.kind, data=file.data, name=file.name, thread=held.get("thread_ts")
            )
            self.show(re.sub("^D", "U", held["channel_id"]), shown)
        return said({"ok": True, "files": shared})

    async def _file(self, asked: Asked) -> Answered:
        if not self._known(asked):
            return Answered(status=302, headers={"location": "https://slack.test/signin"})
        file = self.files.get(asked.places["id"])
        return Answered(body=file.data, content_type=file.content_type) if file else Answered(status=404)


def arguments(asked: Asked) -> dict[str, Any]:
    """A method's arguments, however they were given."""
    held = asked.json()
    return held if isinstance(held, dict) else {**asked.query, **asked.form()}


def _words(post: dict[str, Any]) -> str:
    """What can be read of a post: of a card its blocks, else its text."""
    blocks = post.get("blocks") or []
    if any(one["type"] == "header" for one in blocks):
        texts = [text for one in blocks for text in (one.get("fields") or [one.get("text")]) if text]
        return "\n".join(one["text"] for one in texts)
    return post["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
