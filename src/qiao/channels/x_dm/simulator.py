"""X's side: one account with its direct messages, a webhook with its challenge, and signed deliveries."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

import msgspec

from qiao.channels.x_dm.adapter import SIGNATURE
from qiao.channels.x_dm.signing import Keys, signature
from qiao.kit.webhook_signatures import signed_base64
from qiao.ports.channel import Manifest, RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, Webhook, said

USER_ID = "4337869213"
NOW = 1_770_000_000_000
ABOUT = "https://api.x.com/2/problems/"
REFUSALS = {
    Fault.RATE_LIMITED: (429, "Too Many Requests", "about:blank"),
    Fault.SERVER_ERROR: (503, "Service Unavailable", "about:blank"),
    Fault.TOKEN_REVOKED: (401, "Unauthorized", "about:blank"),
    Fault.CREDENTIALS_REFUSED: (401, "Unauthorized", "about:blank"),
    Fault.BLOCKED: (403, "You do not have permission to DM one or more participants.", ABOUT + "not-authorized-for-resource"),
    Fault.MEDIA_EXPIRED: (404, "Not Found", ABOUT + "resource-not-found"),
}


class Simulator(PlatformSimulator):
    """One account."""

    settings: ClassVar[Mapping[str, Any]] = {"user_id": USER_ID, "app_id": "13090192"}
    secrets: ClassVar[Mapping[str, str]] = {
        "consumer_key": "simulated-consumer-key",
        "consumer_secret": "simulated consumer secret",
        "access_token": f"{USER_ID}-simulated-access-token",
        "access_token_secret": "simulated access token secret",
        "bearer_token": "AAAA-simulated-bearer",
    }

    def __init__(self, manifest: Manifest, webhook: Webhook | None = None) -> None:
        super().__init__(manifest, webhook)
        self.files: dict[str, bytes] = {}
        self.hooks: dict[str, str] = {}
        self.subscribed: set[str] = set()
        self.posts: dict[str, tuple[str, str]] = {}
        """Whom each post is by and what it says; the company's too."""

    def routes(self) -> Mapping[str, Handler]:
        """The API below `api`, pictures of private messages below `media`."""
        signed, bearing = self._signed, self._bearing
        return {
            "GET /api/2/users/me": signed(self._me),
            "POST /api/2/dm_conversations/with/{id}/messages": signed(self._message),
            "POST /api/2/tweets": signed(self._post),
            "POST /api/2/media/upload": signed(self._upload),
            "POST /api/2/account_activity/webhooks/{id}/subscriptions/all": signed(self._subscribe),
            "GET /api/2/webhooks": bearing(self._list),
            "POST /api/2/webhooks": bearing(self._register),
            "DELETE /api/2/webhooks/{id}": bearing(self._unregister),
            "GET /media/dm/{id}": signed(self._file),
        }

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """As a problem (RFC 9457)."""
        status, detail, about = REFUSALS[fault]
        return problem(status, detail, about, **({"x-rate-limit-reset": "1"} if status == 429 else {}))

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A direct message, with a picture or without."""
        words: dict[str, Any] = {"text": text, "entities": {"urls": []}}
        if file is not None:
            picture_id = self.next_id("95")
            self.files[picture_id] = file.data
            picture = {
                "media_url_https": f"{self.account().hosts['media']}/dm/{picture_id}",
                "url": "https://t.co/pic",
                "type": "photo",
            }
            words = {"text": f"{text} https://t.co/pic", "attachment": {"type": "media", "media": picture}}
        event_id = self.next_id("95449")
        data, kind = (file.data, file.kind) if file else (None, "text")
        self.show(address, Shown(provider_id=event_id, by="customer", kind=kind, text=text, data=data))
        await self.created(event_id, (address, USER_ID), words, name)
        return event_id

    async def company_writes(self, address: str, text: str, app_id: str = "258901") -> str:
        """Somebody of the company answers in the platform's own app, or an app does."""
        event_id = self.next_id("95449")
        await self.created(event_id, (USER_ID, address), {"text": text}, "林语桐", app_id)
        return event_id

    async def created(
        self, event_id: str, ends: tuple[str, str], words: Mapping[str, Any], name: str, app: str = "258901"
    ) -> None:
        """A direct message was written by the first of the two to the other."""
        sender, recipient = ends
        create = {"target": {"recipient_id": recipient}, "sender_id": sender, "source_app_id": app, "message_data": words}
        event = {"type": "message_create", "id": event_id, "created_timestamp": str(NOW), "message_create": create}
        users = {one: {"id": one, "name": name, "screen_name": f"user{one}"} for one in (sender, recipient)}
        await self.tell({"for_user_id": USER_ID, "direct_message_events": [event], "users": users})

    async def customer_posts(self, address: str, text: str, *, under: str = "", name: str = "林语桐", **more: Any) -> str:
        """Mentions the account in public, or (under a post) replies to it; everybody sees it."""
        post_id = self.next_id("17710")
        self.posts[post_id] = (address, text)
        post: dict[str, Any] = {
            "id_str": post_id,
            "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "timestamp_ms": str(NOW),
            "user": {"id_str": address, "name": name, "screen_name": f"user{address}"},
            "entities": {"urls": [], "user_mentions": [{"id_str": USER_ID, "screen_name": "lanting_tea"}]},
            "in_reply_to_status_id_str": under or None,
            "in_reply_to_user_id_str": self.posts[under][0] if under in self.posts else None,
            **more,
        }
        self.show(address, Shown(provider_id=post_id, by="customer", kind="text", text=text, thread=under or post_id))
        await self.tell({"for_user_id": USER_ID, "user_has_blocked": False, "tweet_create_events": [post]})
        return post_id

    async def post_deleted(self, post_id: str) -> None:
        """A post is gone."""
        gone = {"status": {"id": post_id, "user_id": self.posts[post_id][0]}, "timestamp_ms": str(NOW)}
        await self.tell({"for_user_id": USER_ID, "tweet_delete_events": [gone]})

    async def customer_types(self, address: str, what: str = "direct_message_indicate_typing_events") -> None:
        """Is writing; or has read, with the other name."""
        event = {"created_timestamp": str(NOW), "sender_id": address, "target": {"recipient_id": USER_ID}}
        await self.tell({"for_user_id": USER_ID, what: [event]})

    async def tell(self, body: Mapping[str, Any]) -> None:
        """A delivery, signed with the app's secret."""
        raw = msgspec.json.encode(body)
        headers = {"content-type": "application/json", SIGNATURE: signed_base64(self.secrets["consumer_secret"], raw, "sha256=")}
        await self.deliver(RawReceipt("POST", headers, {}, raw))

    async def challenge(self) -> Answered:
        """As when an address is registered, and now and then."""
        return await self.deliver(RawReceipt("GET", {}, {"crc_token": "challenge-1", "nonce": "n"}, b""))

    def _signed(self, handler: Callable[[Asked], Any]) -> Handler:
        async def answer(asked: Asked) -> Answered:
            return await handler(asked) if self._is_signed(asked) else self.fault(Fault.CREDENTIALS_REFUSED, asked)

        return answer

    def _is_signed(self, asked: Asked) -> bool:
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', asked.headers.get("authorization", ""))}
        held = self.secrets
        keys = Keys(*(held[one] for one in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")))
        own = given.pop("oauth_signature", "")
        url = self.origin + asked.path
        known = (given.get("oauth_consumer_key"), given.get("oauth_token")) == (keys.consumer_key, keys.token)
        return known and own == signature(asked.method, url, {**given, **asked.query}, keys)

    def _bearing(self, handler: Callable[[Asked], Any]) -> Handler:
        async def answer(asked: Asked) -> Answered:
            believed = asked.headers.get("authorization") == f"Bearer {self.secrets['bearer_token']}"
            return await handler(asked) if believed else self.fault(Fault.CREDENTIALS_REFUSED, asked)

        return answer

    async def _me(self, asked: Asked) -> Answered:
        return said({"data": {"id": USER_ID, "name": "兰亭茶器", "username": "lanting_tea"}})

    async def _message(self, asked: Asked) -> Answered:
        body, address = asked.json() or {}, asked.places["id"]
        attached = [one["media_id"] for one in body.get("attachments", [])]
        if not address.isdecimal() or not (body.get("text") or attached) or not all(one in self.files for one in attached):
            return problem(400, "One or more parameters to your request was invalid.", ABOUT + "invalid-request")
        event_id = self.next_id("95449")
        kind, data = ("image", self.files[attached[0]]) if attached else ("text", None)
        self.show(address, Shown(provider_id=event_id, by="company", kind=kind, text=body.get("text", ""), data=data))
        return said({"data": {"dm_conversation_id": f"{address}-{USER_ID}", "dm_event_id": event_id}}, 201)

    async def _post(self, asked: Asked) -> Answered:
        body = asked.json() or {}
        under, text = body.get("reply", {}).get("in_reply_to_tweet_id", ""), body.get("text", "")
        if under not in self.posts:
            return problem(
                400, "You attempted to reply to a Tweet that is deleted or not visible to you.", ABOUT + "invalid-request"
            )
        if (USER_ID, text) in self.posts.values():
            return problem(403, "You are not allowed to create a Tweet with duplicate content.", "about:blank")
        post_id, attached = self.next_id("17710"), body.get("media", {}).get("media_ids", [])
        self.posts[post_id] = (USER_ID, text)
        kind, data = ("image", self.files[attached[0]]) if attached else ("text", None)
        self.show(self.posts[under][0], Shown(provider_id=post_id, by="company", kind=kind, text=text, data=data, thread=under))
        return said({"data": {"id": post_id, "text": text}}, 201)

    async def _upload(self, asked: Asked) -> Answered:
        parts = asked.parts()
        if "media" not in parts or parts["media_category"].data not in {b"dm_image", b"tweet_image"}:
            return problem(400, "media is required", ABOUT + "invalid-request")
        media_id = self.next_id("17")
        self.files[media_id] = parts["media"].data
        return said({"data": {"id": media_id, "media_key": f"5_{media_id}", "size": len(parts["media"].data)}})

    async def _list(self, asked: Asked) -> Answered:
        return said({"data": [{"id": one, "url": url, "valid": True} for one, url in self.hooks.items()]})

    async def _register(self, asked: Asked) -> Answered:
        hook = self.next_id("146")
        self.hooks[hook] = (asked.json() or {}).get("url", "")
        return said({"id": hook, "url": self.hooks[hook], "valid": True})

    async def _unregister(self, asked: Asked) -> Answered:
        self.hooks.pop(asked.places["id"], None)
        return said({"data": {"deleted": True}})

    async def _subscribe(self, asked: Asked) -> Answered:
        if asked.places["id"] in self.subscribed:
            return problem(400, "DuplicateSubscriptionFailed: Subscription already exists.", ABOUT + "invalid-request")
        self.subscribed.add(asked.places["id"])
        return said({"data": {"subscribed": True}})

    async def _file(self, asked: Asked) -> Answered:
        data = self.files.get(asked.places["id"])
        return Answered(body=data, content_type="image/png") if data is not None else self.fault(Fault.MEDIA_EXPIRED, asked)


def problem(status: int, detail: str, about: str, **headers: str) -> Answered:
    """A refusal as the API says it."""
    body = msgspec.json.encode({"title": detail, "detail": detail, "type": about, "status": status})
    return Answered(status=status, body=body, content_type="application/problem+json", headers=headers)
