"""DingTalk's calls, and what its answers mean.

An answer goes to the session webhook while that lives, else through the robot's own API. Neither knows an idempotency key: a send
whose answer was lost may be shown twice.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from qiao.channels.dingtalk import writing
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
ABOUT_TO_END_SECONDS = 10
STALE = ("InvalidAuthentication", "invalidToken", "invalid.access.token")
THROTTLED = ("Throttling", "Forbidden.AccessDenied.QpsLimit", "requestLimited", "flow.control")
OLD_STALE = frozenset({40001, 40014, 42001})
OLD_BUSY = frozenset({-1, 88, 90018, 130101, 410100})
UPLOADS = {"image": "image", "voice": "voice", "file": "file"}


class Said(Struct, frozen=True, rename="camel"):
    """Of the API's answers, what we read: what was asked for, or a code with words."""

    code: str = ""
    message: str = ""
    access_token: str = ""
    expire_in: int = 0
    process_query_key: str = ""
    download_url: str = ""
    invalid_staff_id_list: tuple[str, ...] = ()
    flow_controlled_staff_id_list: tuple[str, ...] = ()
    endpoint: str = ""
    ticket: str = ""


class OldSaid(Struct, frozen=True):
    """The older API's and the session webhook's answers: 200 whatever happened."""

    errcode: int
    errmsg: str = ""
    media_id: str = ""


def token_of(account: Account, wire: Wire) -> Fetch:
    """Fetches an access token. Raises Ended."""

    async def fetch() -> Token:
        credentials = {"appKey": account.settings.get("client_id", ""), "appSecret": account.secrets.get("client_secret", "")}
        answer = await ask(wire, WireRequest(url=f"{account.hosts['api']}/v1.0/oauth2/accessToken", json=credentials))
        if isinstance(answer, Retry):
            raise Ended(answer)
        told = read_answer(answer, Said)
        if told is None or (answer.status == 200 and not told.access_token):
            raise Ended(Retry(BROKEN_SECONDS, "an answer that makes no sense"))
        if answer.status != 200:
            raise Ended(throttled(told) or NeedsReauth(words(told.code)))
        return Token(told.access_token, max(SHORTEST_SECONDS, told.expire_in))

    return fetch


async def call(wire: Wire, account: Account, path: str, body: Mapping[str, Any]) -> Said | Failure:
    """One call of the robot's API."""

    def asking(token: str) -> WireRequest:
        return WireRequest(url=account.hosts["api"] + path, headers={"x-acs-dingtalk-access-token": token}, json=body)

    answer = await authorised(wire, token_of(account, wire), asking, _is_stale)
    if not isinstance(answer, WireAnswer):
        return answer
    told = read_answer(answer, Said)
    if told is None:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    if answer.status == 200:
        return told
    return throttled(told) or Rejected(words(f"{told.code} {told.message}"))


async def send(message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
    """A text, a card or a file, where the customer reads it."""
    if message.files:
        media_id = await _upload(message.files[0], account, wire)
        if not isinstance(media_id, str):
            return media_id
        return await _by_robot(message, writing.robot_file(message.files[0], media_id), account, wire)
    if _session_lives(message):
        body = writing.session_card(message.card) if message.card else writing.session_text(message.text)
        answered = await _by_session(message.reply_to["webhook"], body, wire)
        if answered is not None:
            return answered
    content = writing.robot_card(message.card) if message.card else writing.robot_text(message.text)
    return await _by_robot(message, content, account, wire)


def _session_lives(message: OutboundMessage) -> bool:
    """Whether the last message's address for answers leads where this one goes, and still does in a moment."""
    held, until = message.reply_to, message.reply_to.get("until_ms", "")
    here = held.get("group") == message.thread_key and not message.private_reply_to
    return here and "webhook" in held and (whole(until) or 0) / 1000 > utc_now().timestamp() + ABOUT_TO_END_SECONDS


async def _by_session(url: str, body: Mapping[str, Any], wire: Wire) -> SendResult | None:
    """None: the session is not there any more."""
    answer = await ask(wire, WireRequest(url=url, json=body))
    if isinstance(answer, Retry):
        return answer
    told = read_answer(answer, OldSaid)
    if told is None:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    if told.errcode in OLD_BUSY:
        return Retry(BROKEN_SECONDS, words(f"{told.errcode} {told.errmsg}"))
    return None if told.errcode else Sent()


async def _by_robot(message: OutboundMessage, content: tuple[str, str], account: Account, wire: Wire) -> SendResult:
    key, param = content
    robot = str(account.settings.get("robot_code") or account.settings.get("client_id") or "")
    body: dict[str, Any] = {"robotCode": robot, "msgKey": key, "msgParam": param}
    if message.thread_key:
        path, body["openConversationId"], kind = "/v1.0/robot/groupMessages/send", message.thread_key, "group"
    else:
        path, body["userIds"], kind = "/v1.0/robot/oToMessages/batchSend", [message.to], "person"
    told = await call(wire, account, path, body)
    if not isinstance(told, Said):
        return told
    if message.to in told.invalid_staff_id_list:
        return Rejected("unknown_address")
    if message.to in told.flow_controlled_staff_id_list:
        return Retry(BROKEN_SECONDS, "flow_controlled")
    if not told.process_query_key:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    return Sent(provider_id=f"{kind}:{message.thread_key or ''}:{told.process_query_key}")


async def recall(provider_id: str, account: Account, wire: Wire) -> SendResult:
    """Take back what went through the robot's API; what went to a session webhook has no name."""
    kind, _, rest = provider_id.partition(":")
    group, _, key = rest.rpartition(":")
    if kind not in {"person", "group"} or not key:
        return Rejected("not_allowed")
    body: dict[str, Any] = {"processQueryKeys": [key]}
    body["robotCode"] = str(account.settings.get("robot_code") or account.settings.get("client_id") or "")
    path = "/v1.0/robot/otoMessages/batchRecall"
    if kind == "group":
        path, body["openConversationId"] = "/v1.0/robot/groupMessages/recall", group
    told = await call(wire, account, path, body)
    return Sent(provider_id=provider_id) if isinstance(told, Said) else told


async def media(one: Media, account: Account, wire: Wire) -> MediaResult:
    """A file's bytes: its address is asked for with the code that came along."""
    robot = str(account.settings.get("robot_code") or account.settings.get("client_id") or "")
    asked = {"robotCode": robot, "downloadCode": one.ref.get("code", "")}
    told = await call(wire, account, "/v1.0/robot/messageFiles/download", asked)
    if not isinstance(told, Said):
        return Rejected("expired") if isinstance(told, Rejected) else told
    if not told.download_url:
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    asking = WireRequest(method="GET", url=told.download_url, seconds=60.0, max_bytes=MAX_MEDIA_BYTES)
    answer = await ask(wire, asking)
    if isinstance(answer, Retry):
        return answer
    if answer.status != 200:
        return Rejected("expired")
    return FetchedMedia(data=answer.body, name=one.name, content_type=answer.headers.get("content-type"))


async def _upload(file: OutboundFile, account: Account, wire: Wire) -> str | Failure:
    data = await wire.read_file(file)

    def asking(token: str) -> WireRequest:
        query = {"access_token": token, "type": UPLOADS[file.kind]}
        parts = {"media": (file.name, data, file.content_type)}
        return WireRequest(url=f"{account.hosts['files']}/media/upload", query=query, parts=parts, seconds=60.0)

    answer = await authorised(wire, token_of(account, wire), asking, _is_stale_old)
    if not isinstance(answer, WireAnswer):
        return answer
    told = read_answer(answer, OldSaid)
    if told is None or (not told.errcode and not told.media_id):
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    if told.errcode in OLD_BUSY:
        return Retry(BROKEN_SECONDS, words(f"{told.errcode} {told.errmsg}"))
    return Rejected(words(f"{told.errcode} {told.errmsg}")) if told.errcode else told.media_id


def _is_stale(answer: WireAnswer) -> bool:
    told = read_answer(answer, Said) if answer.status != 200 else None
    return answer.status == 401 or (told is not None and told.code.startswith(STALE))


def _is_stale_old(answer: WireAnswer) -> bool:
    told = read_answer(answer, OldSaid)
    return told is not None and told.errcode in OLD_STALE


def throttled(told: Said) -> Retry | None:
    """When to ask again, where an answer says that it was asked too often."""
    return Retry(BROKEN_SECONDS, words(told.code)) if told.code.startswith(THROTTLED) else None
