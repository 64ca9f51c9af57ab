"""Telegram's side: the Bot API of one bot, its file store, updates by webhook or by getUpdates, and the phones of those who write to it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import msgspec

from qiao.channels.telegram import codec
from qiao.channels.telegram.simulated import (
    BOT,
    KINDS,
    REFUSALS,
    SHOWN,
    as_object,
    chat,
    done,
    parameters,
    person,
    refused,
    unfit,
    uploaded,
)
from qiao.ports.channel import Manifest, Place, RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, Webhook


class Simulator(PlatformSimulator):
    """One bot. Before setWebhook was ever called, updates go to the webhook that the simulator was made with."""

    settings: ClassVar[Mapping[str, Any]] = {"delivery": "webhook"}
    secrets: ClassVar[Mapping[str, str]] = {"token": "4200000001:AAF-simulated-token-of-the-tests"}

    def __init__(self, manifest: Manifest, webhook: Webhook | None = None) -> None:
        super().__init__(manifest, webhook)
        self.hook: Mapping[str, Any] = {"secret_token": codec.webhook_secret(self.account())}
        self.waiting: list[dict[str, Any]] = []
        self.polled = False
        self.files: dict[str, bytes] = {}
        self.acts: list[tuple[str, str]] = []
        """Typing and answered taps: (method, whom or what)."""
        self._arrived = asyncio.Event()

    def routes(self) -> Mapping[str, Handler]:
        """The Bot API takes JSON, forms and multipart alike."""
        return {"POST /bot{token}/{method}": self._method, "GET /file/bot{token}/{folder}/{name}": self._file}

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """With the wait beside it where there is one."""
        code, words = REFUSALS[fault]
        return refused(code, words, **({"retry_after": 7} if fault is Fault.RATE_LIMITED else {}))

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A message, a file, or a tap on a button."""
        if option is not None:
            return await self._taps(address, text, option, name)
        body: dict[str, Any] = {"text": text}
        if file is not None:
            held = self.stored(file.data) | {"file_name": file.name, "mime_type": file.content_type, "width": 800, "height": 800}
            sizes = [self.stored(b"small") | {"width": 90, "height": 90}, held]
            body = {"caption": text, KINDS[file.kind]: sizes if file.kind == "image" else held | {"duration": 3}}
        return await self.customer_sends(address, body, name, file)

    async def customer_sends(
        self, address: str, body: Mapping[str, Any], name: str = "林语桐", file: SentFile | None = None
    ) -> str:
        """A message of any kind, in the platform's own words."""
        number = self.number()
        provider_id = codec.name_of(address, number)
        kind = file.kind if file else "location" if "location" in body else "text"
        data = file.data if file else None
        text = str(body.get("text") or body.get("caption") or "")
        self.show(address, Shown(provider_id=provider_id, by="customer", kind=kind, text=text, data=data, name=name))
        await self.update("message", self.message(address, number, name) | dict(body))
        return provider_id

    async def customer_edits(self, address: str, provider_id: str, text: str) -> None:
        """Changes a message of theirs."""
        number = int(provider_id.rpartition(":")[2])
        await self.update("edited_message", self.message(address, number) | {"text": text, "edit_date": 1_770_000_060})

    async def customer_reacts(self, address: str, provider_id: str, emoji: str) -> None:
        """Puts a reaction under a message; empty takes it back."""
        number, user = int(provider_id.rpartition(":")[2]), person(address, "林语桐")
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        change = {"chat": chat(address), "message_id": number, "user": user, "date": 1_770_000_000, "old_reaction": []}
        await self.update("message_reaction", change | {"new_reaction": new})

    async def customer_leaves(self, address: str, *, back: bool = False) -> None:
        """Blocks the bot, or lets it in again."""
        gone, here = {"status": "kicked", "user": BOT, "until_date": 0}, {"status": "member", "user": BOT}
        change = {"chat": chat(address), "from": person(address, "林语桐"), "date": 1_770_000_000}
        before, after = (gone, here) if back else (here, gone)
        await self.update("my_chat_member", change | {"old_chat_member": before, "new_chat_member": after})

    async def customer_shares_place(self, address: str, place: Place) -> str:
        """Sends where something is."""
        at = {"latitude": place.latitude, "longitude": place.longitude}
        venue = {"venue": {"location": at, "title": place.name, "address": place.address or ""}} if place.name else {}
        return await self.customer_sends(address, {"location": at} | venue)

    def message(self, address: str, number: int, name: str = "林语桐") -> dict[str, Any]:
        """What every message has."""
        own = {"message_id": number, "chat": chat(address), "date": 1_770_000_000 + number}
        return own | {"from": person(address, name)}

    def number(self) -> int:
        """The next number of a message."""
        return int(self.next_id("")[1:])

    def stored(self, data: bytes) -> dict[str, Any]:
        """Into the file store; gives what it is named there."""
        file_id = self.next_id("file")
        self.files[file_id] = data
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(data)}

    async def update(self, kind: str, body: Mapping[str, Any]) -> None:
        """To the webhook, or into the queue of a bot that fetches."""
        update = {"update_id": 900_000_000 + int(self.next_id("u")[1:]), kind: body}
        if self.polled:
            self.waiting.append(update)
            self._arrived.set()
            return
        headers = {"content-type": "application/json", codec.SECRET_HEADER: str(self.hook.get("secret_token", ""))}
        await self.deliver(RawReceipt("POST", headers, {}, msgspec.json.encode(update)))

    async def _taps(self, address: str, label: str, value: str, name: str) -> str:
        row = [{"text": label, "callback_data": value}]
        menu = {"chat": chat(address), "message_id": 1, "date": 1_770_000_000, "from": BOT, "text": "？"}
        menu["reply_markup"] = {"inline_keyboard": [row]}
        tap = self.next_id("tap")
        query = {"id": tap, "from": person(address, name), "chat_instance": "1", "data": value, "message": menu}
        await self.update("callback_query", query)
        return f"tap:{tap}"

    async def _method(self, asked: Asked) -> Answered:
        if asked.places["token"] != self.secrets["token"]:
            return refused(401, "Unauthorized")
        method, given = asked.places["method"], parameters(asked)
        if method in SHOWN:
            return self._sent(method, given, asked)
        answers = {
            "getMe": self._me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._webhook_info,
            "getFile": self._get_file,
            "deleteMessage": self._delete,
        }
        if method in {"sendChatAction", "answerCallbackQuery"}:
            self.acts.append((method, str(given.get("chat_id") or given.get("callback_query_id"))))
            return done(value=True)
        if method == "getUpdates":
            return await self._get_updates(given)
        return answers[method](given) if method in answers else refused(404, "Not Found")

    def _me(self, given: Mapping[str, Any]) -> Answered:
        return done(BOT | {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False})

    def _set_webhook(self, given: Mapping[str, Any]) -> Answered:
        self.hook, self.polled = given, False
        return done(value=True)

    def _delete_webhook(self, given: Mapping[str, Any]) -> Answered:
        self.hook, self.polled = {}, True
        return done(value=True)

    def _webhook_info(self, given: Mapping[str, Any]) -> Answered:
        url, count = self.hook.get("url", ""), len(self.waiting)
        return done({"url": url, "has_custom_certificate": False, "pending_update_count": count})

    def _delete(self, given: Mapping[str, Any]) -> Answered:
        address, name = str(given["chat_id"]), codec.name_of(given["chat_id"], int(given["message_id"]))
        held = self.shown(address)
        if name not in [one.provider_id for one in held]:
            return refused(400, "Bad Request: message to delete not found")
        self.phones[address] = [msgspec.structs.replace(one, recalled=one.recalled or one.provider_id == name) for one in held]
        return done(value=True)

    async def _get_updates(self, given: Mapping[str, Any]) -> Answered:
        if self.hook.get("url"):
            return refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        self.polled = True
        offset = int(given.get("offset") or 0)
        self.waiting = [one for one in self.waiting if one["update_id"] >= offset]
        if not self.waiting and int(given.get("timeout") or 0):
            self._arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), float(given["timeout"]))
        return done(self.waiting[: int(given.get("limit") or 100)])

    def _get_file(self, given: Mapping[str, Any]) -> Answered:
        file_id = str(given.get("file_id"))
        if file_id not in self.files:
            return self.fault(Fault.MEDIA_EXPIRED, Asked("POST", "", {}, {}, b""))
        if len(self.files[file_id]) > 20 * 1024 * 1024:
            return refused(400, "Bad Request: file is too big")
        held = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(self.files[file_id])}
        return done(held | {"file_path": f"files/{file_id}"})

    async def _file(self, asked: Asked) -> Answered:
        data = self.files.get(asked.places["name"])
        known = data is not None and asked.places["token"] == self.secrets["token"]
        return Answered(body=data or b"", content_type="application/octet-stream") if known else refused(404, "Not Found")

    def _sent(self, method: str, given: Mapping[str, Any], asked: Asked) -> Answered:
        kind, field = SHOWN[method]
        refusal = unfit(method, given, field)
        if refusal is not None:
            return refusal
        address, number = str(given["chat_id"]), self.number()
        data, name = uploaded(asked, given, field) if kind in KINDS else (None, None)
        rows = as_object(given.get("reply_markup")).get("inline_keyboard", [])
        quoted = as_object(given.get("reply_parameters")).get("message_id")
        shown = Shown(
            provider_id=codec.name_of(address, number),
            by="company",
            kind=kind,
            text=str(given.get("text") or given.get("caption") or given.get("title") or ""),
            data=data,
            name=name,
            options=tuple(button["text"] for row in rows for button in row),
            values=tuple(button.get("callback_data", "") for row in rows for button in row),
            quoted=codec.name_of(address, quoted) if quoted else None,
        )
        self.show(address, shown)
        sent = {"message_id": number, "chat": chat(address), "date": 1_770_000_000 + number, "from": BOT}
        return done(sent | ({"text": shown.text} if kind == "text" else {}))
