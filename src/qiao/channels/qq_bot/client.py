"""QQ's calls, and what its answers mean.

Only answers are taken: each names the message (or event) that it answers and its number, and QQ refuses a number that it has had. So a
try whose answer was lost is refused as a duplicate when it is tried again, which means that it arrived.
"""

import base64
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, ask, read_answer, whole, words
from qiao.channels.shared.bearer import Fetch, authorised
from qiao.channels.shared.errcode_api import Ended, Failure
from qiao.kit.clock import utc_now
from qiao.ports.channel import (
    Account,
    FetchedMedia,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundFile,
    OutboundMessage,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Token,
    Wire,
    WireAnswer,
    WireRequest,
)

MAX_MEDIA_BYTES = 100_000_000
SHORTEST_SECONDS = 60
FILE_TYPES = {"image": 1, "video": 2, "voice": 3, "file": 4}
DUPLICATE = 40054005
STALE = frozenset({11241, 11242, 11243, 11244, 11251, 11252, 11253, 11254, 11255, 11261, 11262, 11263, 11264, 11265})
BUSY = frozenset({20028, 22009, 40034100, 304045, 304046, 304047, 304048, 304049, 304050})
OURS = {
    304026: "window_closed",
    304027: "window_closed",
    304103: "window_closed",
    40034005: "window_closed",
    40034024: "window_closed",
    40034025: "window_closed",
    40034026: "window_closed",
    40034031: "window_closed",
    40034102: "window_closed",
    40034105: "window_closed",
    40034128: "window_closed",
    40054002: "not_allowed",
    40054003: "blocked",
    850031: "too_large",
}


class Said(Struct, frozen=True):
    """Of QQ's answers, what we read."""

    code: int = 0
    message: str = ""
    id: str = ""
    file_info: str = ""
    access_token: str = ""
    expires_in: str | int = 0
    username: str = ""


def token_of(account: Account, wire: Wire) -> Fetch:
    """Fetches an access token. Raises Ended."""

    async def fetch() -> Token:
        credentials = {"appId": str(account.settings.get("app_id") or ""), "clientSecret": account.secrets.get("app_secret", "")}
        answer = await ask(wire, WireRequest(url=f"{account.hosts['token']}/app/getAppAccessToken", json=credentials))
        if isinstance(answer, Retry):
            raise Ended(answer)
        told = read_answer(answer, Said)
        if told is None or (not told.access_token and not told.code and answer.status == 200):
            raise Ended(Retry(BROKEN_SECONDS, "an answer that makes no sense"))
        if not told.access_token:
            raise Ended(NeedsReauth(words(f"{told.code} {told.message}")))
        seconds = whole(str(told.expires_in)) or 0
        return Token(told.access_token, max(SHORTEST_SECONDS, seconds))

    return fetch


async def call(wire: Wire, account: Account, method: str, path: str, body: object = None) -> Said | Failure:
    """One call of the API."""

    def asking(token: str) -> WireRequest:
        headers = {"authorization": f"QQBot {token}", "x-union-appid": str(account.settings.get("app_id") or "")}
        return WireRequest(method=method, url=account.hosts["api"] + path, headers=headers, json=body, seconds=30.0)

    answer = await authorised(wire, token_of(account, wire), asking, _is_stale)
    if not isinstance(answer, WireAnswer):
        return answer
    told = read_answer(answer, Said)
    if told is None:
        return Said() if answer.status == 204 else Retry(BROKEN_SECONDS, "an answer that makes no sense")
    if answer.status < 300 and not told.code:
        return told
    reason = words(f"{told.code} {told.message}")
    if told.code == DUPLICATE:
        return Said(code=DUPLICATE)
    return Retry(BROKEN_SECONDS, reason) if told.code in BUSY else Rejected(OURS.get(told.code, reason))


async def send(message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
    """An answer to the customer's last message, or to what they did."""
    held = message.reply_to
    answered = {"msg_id": held["message"]} if "message" in held else {"event_id": held["event"]} if "event" in held else {}
    if not answered or _is_over(message, account):
        return Rejected("window_closed")
    where = _where(message.thread_key, message.to)
    body: dict[str, Any] = {"msg_type": 0, "content": _plain(message.text), **answered, "msg_seq": message.number}
    if message.files:
        info = await _upload(message.files[0], where, account, wire)
        if not isinstance(info, str):
            return info
        body |= {"msg_type": 7, "content": " ", "media": {"file_info": info}}
    told = await call(wire, account, "POST", f"{where}/messages", body)
    if not isinstance(told, Said):
        return told
    if told.code == DUPLICATE:
        return Sent()
    if not told.id:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    kind = "group" if message.thread_key else "user"
    return Sent(provider_id=f"{kind}:{message.thread_key or message.to}:{told.id}", also=(told.id,))


async def recall(provider_id: str, account: Account, wire: Wire) -> SendResult:
    """Take back a message of ours, for as long as QQ lets us."""
    kind, _, rest = provider_id.partition(":")
    address, _, name = rest.partition(":")
    if kind not in {"user", "group"} or not (address and name):
        return Rejected("not_allowed")
    where = _where(address if kind == "group" else None, address)
    told = await call(wire, account, "DELETE", f"{where}/messages/{quote(name, safe='')}")
    return Sent(provider_id=provider_id) if isinstance(told, Said) else told


async def media(one: Media, wire: Wire) -> MediaResult:
    """A file's bytes, from the address that came along; it takes no token."""
    asked = WireRequest(method="GET", url=one.ref["url"], seconds=60.0, max_bytes=MAX_MEDIA_BYTES)
    answer = await ask(wire, asked)
    if isinstance(answer, Retry):
        return answer
    if answer.status != 200:
        return Rejected("expired")
    return FetchedMedia(data=answer.body, name=one.name, content_type=answer.headers.get("content-type") or one.content_type)


def _where(group: str | None, person: str) -> str:
    return f"/v2/groups/{quote(group, safe='')}" if group else f"/v2/users/{quote(person, safe='')}"


def _is_over(message: OutboundMessage, account: Account) -> bool:
    """Groups are shorter than what the manifest says of private chats."""
    at = message.reply_to.get("at", "")
    if not message.thread_key:
        return False
    late = at.isdecimal() and utc_now().timestamp() - int(at) > float(account.settings.get("group_seconds") or 300)
    return late or message.reply_to.get("group") != message.thread_key


def _plain(text: str) -> str:
    """A text may mention people with a tag: ours never does."""
    return text.replace("<@", "<\u200b@").replace("<qqbot-", "<\u200bqqbot-")


async def _upload(file: OutboundFile, where: str, account: Account, wire: Wire) -> str | Failure:
    data = base64.b64encode(await wire.read_file(file)).decode()
    body = {"file_type": FILE_TYPES[file.kind], "file_data": data, "srv_send_msg": False}
    if file.kind == "file":
        body["file_name"] = file.name
    told = await call(wire, account, "POST", f"{where}/files", body)
    if not isinstance(told, Said):
        return told
    return told.file_info or Retry(BROKEN_SECONDS, "an answer that makes no sense")


def _is_stale(answer: WireAnswer) -> bool:
    told = read_answer(answer, Said)
    return answer.status == 401 or (told is not None and told.code in STALE)
