"""Feishu's calls, and what its answers mean. A message is sent under a uuid of its key: tried again within an hour, it is the same."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from qiao.channels.feishu import writing
from qiao.channels.shared.asking import BROKEN_SECONDS, ask, read_answer, words
from qiao.channels.shared.bearer import Fetch, authorised
from qiao.channels.shared.errcode_api import Ended, Failure
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
    Sender,
    SendResult,
    Sent,
    Token,
    Wire,
    WireAnswer,
    WireRequest,
)

MAX_MEDIA_BYTES = 100_000_000
SHORTEST_SECONDS = 60
STALE = frozenset({99991661, 99991663, 99991664, 99991668, 99991671, 99991677})
REAUTH = frozenset({230006, 230027, 99991672, 99991662, 99991673})
BUSY = frozenset({230020, 230049, 230101, 99991400, 11232, 11233, 11247, 1500, 2200})
OURS = {
    230002: "unknown_address",
    230013: "blocked",
    230025: "too_long",
    230029: "unknown_address",
    230035: "not_allowed",
    234006: "too_large",
    99992351: "unknown_address",
    99992361: "unknown_address",
}


class Person(Struct, frozen=True):
    """Somebody of the address book; without a name when the app may not read it."""

    name: str = ""
    en_name: str = ""


class Message(Struct, frozen=True):
    """What was sent, or who was asked for."""

    message_id: str = ""
    image_key: str = ""
    file_key: str = ""
    user: Person = Person()


class Bot(Struct, frozen=True):
    """Who we are."""

    app_name: str = ""


class Answer(Struct, frozen=True):
    """Of all answers, what we read; without a code it is none of Feishu's."""

    code: int
    msg: str = ""
    data: Message | None = None
    bot: Bot = Bot()
    tenant_access_token: str = ""
    expire: int = 0


def host(account: Account) -> str:
    """The platform that the admin chose."""
    return account.hosts["lark" if account.settings.get("region") == "lark" else "api"]


def token_of(account: Account, wire: Wire) -> Fetch:
    """Fetches a tenant access token. Raises Ended."""

    async def fetch() -> Token:
        credentials = {"app_id": account.settings.get("app_id", ""), "app_secret": account.secrets.get("app_secret", "")}
        url = f"{host(account)}/open-apis/auth/v3/tenant_access_token/internal"
        answer = await ask(wire, WireRequest(url=url, json=credentials))
        if isinstance(answer, Retry):
            raise Ended(answer)
        told = read_answer(answer, Answer)
        if told is None or (not told.code and not told.tenant_access_token):
            raise Ended(Retry(BROKEN_SECONDS, "an answer that makes no sense"))
        if told.code:
            reason = words(f"{told.code} {told.msg}")
            raise Ended(Retry(BROKEN_SECONDS, reason) if told.code in BUSY else NeedsReauth(reason))
        return Token(told.tenant_access_token, max(SHORTEST_SECONDS, told.expire))

    return fetch


async def call(wire: Wire, account: Account, method: str, path: str, **how: Any) -> Answer | Failure:
    """One call of the API."""

    def asking(token: str) -> WireRequest:
        url = f"{host(account)}/open-apis{path}"
        return WireRequest(method=method, url=url, headers={"authorization": f"Bearer {token}"}, **how)

    answer = await authorised(wire, token_of(account, wire), asking, _is_stale)
    return _meaning(answer) if isinstance(answer, WireAnswer) else answer


def _meaning(answer: WireAnswer) -> Answer | Failure:
    told = read_answer(answer, Answer)
    if told is None:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    if not told.code:
        return told
    reason = words(f"{told.code} {told.msg}")
    if told.code in REAUTH:
        return NeedsReauth(reason)
    return Retry(BROKEN_SECONDS, reason) if told.code in BUSY else Rejected(OURS.get(told.code, reason))


async def send(message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
    """A text, options, a card or a file; as an answer to a message where one is quoted."""
    if message.files:
        key = await _upload(message.files[0], account, wire)
        if not isinstance(key, str):
            return key
        kind, content = writing.file_content(message.files[0], key)
    else:
        kind, content = writing.content(message)
    body: dict[str, Any] = {"msg_type": kind, "content": content, "uuid": writing.idempotency(message.key)}
    if message.quoted and not message.private_reply_to:
        told = await call(wire, account, "POST", f"/im/v1/messages/{quote(message.quoted, safe='')}/reply", json=body)
    else:
        body["receive_id"] = message.thread_key or message.to
        query = {"receive_id_type": "chat_id" if message.thread_key else "open_id"}
        told = await call(wire, account, "POST", "/im/v1/messages", query=query, json=body)
    if not isinstance(told, Answer):
        return told
    if told.data is None or not told.data.message_id:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    return Sent(provider_id=told.data.message_id)


async def recall(message_id: str, account: Account, wire: Wire) -> SendResult:
    """Take back a message of ours."""
    told = await call(wire, account, "DELETE", f"/im/v1/messages/{quote(message_id, safe='')}")
    return Sent(provider_id=message_id) if isinstance(told, Answer) else told


async def person(sender: Sender, account: Account, wire: Wire) -> Sender | Retry | None:
    """Somebody's name."""
    path, query = f"/contact/v3/users/{quote(sender.address, safe='')}", {"user_id_type": "open_id"}
    told = await call(wire, account, "GET", path, query=query)
    if not isinstance(told, Answer):
        return told if isinstance(told, Retry) else None
    who = told.data.user if told.data else Person()
    name = who.name or who.en_name
    return Sender(address=sender.address, name=name) if name else None


async def media(one: Media, account: Account, wire: Wire) -> MediaResult:
    """A file's bytes, as a resource of its message."""
    path = f"/open-apis/im/v1/messages/{quote(one.ref.get('message', ''), safe='')}/resources/{quote(one.ref.get('key', ''), safe='')}"

    def asking(token: str) -> WireRequest:
        headers, query = {"authorization": f"Bearer {token}"}, {"type": one.ref.get("type", "file")}
        url = host(account) + path
        return WireRequest(method="GET", url=url, headers=headers, query=query, seconds=60.0, max_bytes=MAX_MEDIA_BYTES)

    answer = await authorised(wire, token_of(account, wire), asking, _is_stale_refusal)
    if not isinstance(answer, WireAnswer):
        return answer
    if answer.status != 200:
        told = _meaning(answer)
        return told if isinstance(told, Retry | NeedsReauth) else Rejected("expired")
    return FetchedMedia(data=answer.body, name=one.name, content_type=answer.headers.get("content-type"))


async def _upload(file: OutboundFile, account: Account, wire: Wire) -> str | Failure:
    data = await wire.read_file(file)
    part = (file.name, data, file.content_type)
    form: Mapping[str, str] = {"image_type": "message"}
    if file.kind == "image":
        told = await call(wire, account, "POST", "/im/v1/images", form=form, parts={"image": part}, seconds=60.0)
    else:
        form = {"file_type": writing.file_type(file), "file_name": file.name}
        told = await call(wire, account, "POST", "/im/v1/files", form=form, parts={"file": part}, seconds=60.0)
    if not isinstance(told, Answer):
        return told
    key = (told.data.image_key or told.data.file_key) if told.data else ""
    return key or Retry(BROKEN_SECONDS, "an answer that makes no sense")


def _is_stale(answer: WireAnswer) -> bool:
    told = read_answer(answer, Answer)
    return told is not None and told.code in STALE


def _is_stale_refusal(answer: WireAnswer) -> bool:
    """What comes with 200 is a file's bytes, whatever a customer wrote into them."""
    return answer.status != 200 and _is_stale(answer)
