"""Slack's calls, and what its answers mean. chat.postMessage knows no idempotency key: a reply whose answer was lost is looked for
among the newest messages, by the note it carries, before it is sent again.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, UNREACHED_SECONDS, ask, read_answer, words
from qiao.channels.slack_app import writing
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
    Wire,
    WireAnswer,
    WireRequest,
)

MAX_MEDIA_BYTES = 100_000_000
REAUTH = frozenset(
    {
        "access_denied",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
UNKNOWN = frozenset({"channel_not_found", "is_archived", "not_in_channel", "user_disabled", "user_not_found", "users_not_found"})
AGAIN = frozenset({"fatal_error", "internal_error", "ratelimited", "rate_limited", "request_timeout", "service_unavailable"})
OURS = {"msg_too_long": "too_long", "file_upload_size_restricted": "too_large", "messages_tab_disabled": "blocked"}


class Note(Struct, frozen=True):
    """What a reply of ours carries."""

    event_type: str = ""
    event_payload: dict[str, Any] = {}


class Earlier(Struct, frozen=True):
    """A message of a channel's history."""

    ts: str = ""
    metadata: Note = Note()


class Channel(Struct, frozen=True):
    """A channel that was opened."""

    id: str = ""


class Answer(Struct, frozen=True):
    """Of all of Slack's answers, what we read. A channel is an id or an object, by the method."""

    ok: bool = False
    error: str = ""
    ts: str = ""
    channel: str | Channel = ""
    user: str = ""
    team: str = ""
    upload_url: str = ""
    file_id: str = ""
    messages: tuple[Earlier, ...] = ()

    @property
    def channel_id(self) -> str:
        """The channel's id."""
        return self.channel if isinstance(self.channel, str) else self.channel.id


class Profile(Struct, frozen=True):
    """What somebody calls themselves."""

    display_name: str = ""
    real_name: str = ""


class Member(Struct, frozen=True):
    """Somebody of the workspace."""

    name: str = ""
    real_name: str = ""
    locale: str | None = None
    profile: Profile = Profile()


class Known(Struct, frozen=True):
    """What users.info answers."""

    ok: bool = False
    error: str = ""
    user: Member = Member()


Failed = Retry | NeedsReauth | Rejected


async def call(wire: Wire, account: Account, method: str, arguments: Mapping[str, Any]) -> Answer | Failed:
    """One method of the Web API, its arguments as JSON."""
    headers = {
        "authorization": f"Bearer {account.secrets.get('bot_token', '')}",
        "content-type": "application/json; charset=utf-8",
    }
    return _meaning(await ask(wire, WireRequest(url=f"{account.hosts['api']}/{method}", headers=headers, json=arguments)))


async def _query(wire: Wire, account: Account, method: str, arguments: Mapping[str, str]) -> Answer | Failed:
    """Methods that read take no JSON."""
    return _meaning(await _asked(wire, account, method, arguments))


async def _asked(wire: Wire, account: Account, method: str, arguments: Mapping[str, str]) -> WireAnswer | Retry:
    headers = {"authorization": f"Bearer {account.secrets.get('bot_token', '')}"}
    url = f"{account.hosts['api']}/{method}?{urlencode(arguments)}"
    return await ask(wire, WireRequest(method="GET", url=url, headers=headers))


async def person(sender: Sender, account: Account, wire: Wire) -> Sender | Retry | None:
    """Somebody's name: the one they chose to be shown by, else their full one."""
    answer = await _asked(wire, account, "users.info", {"user": sender.address, "include_locale": "true"})
    if isinstance(answer, Retry):
        return answer
    told = read_answer(answer, Known)
    if told is None or told.error in AGAIN:
        return Retry(BROKEN_SECONDS, told.error if told else "an answer that makes no sense")
    who = told.user
    name = who.profile.display_name or who.profile.real_name or who.real_name or who.name
    return Sender(address=sender.address, name=name, locale=who.locale) if told.ok and name else None


def _meaning(answer: WireAnswer | Retry) -> Answer | Failed:
    if isinstance(answer, Retry):
        return answer
    said = read_answer(answer, Answer)
    if said is None or (not said.ok and not said.error):
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    if said.ok:
        return said
    if said.error in REAUTH:
        return NeedsReauth(said.error)
    if said.error in AGAIN:
        return Retry(BROKEN_SECONDS, said.error)
    return Rejected("unknown_address" if said.error in UNKNOWN else OURS.get(said.error, words(said.error)))


async def post(message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
    """A text, with its buttons or as a card."""
    body, doubt = writing.post(message), f"doubt:{message.to}"
    if await wire.recall(doubt) == message.key:
        found = await _found(message, account, wire)
        if found is not None:
            return found
    answer = await call(wire, account, "chat.postMessage", body)
    if isinstance(answer, Retry):
        await wire.remember(doubt, message.key)
    return Sent(provider_id=f"{answer.channel_id}:{answer.ts}") if isinstance(answer, Answer) else answer


async def _found(message: OutboundMessage, account: Account, wire: Wire) -> SendResult | None:
    """The reply of this key, if it is there already; None when it is not."""
    where = writing.target(message)
    if where["channel"] == message.to:
        opened = await _direct(message.to, account, wire)
        if not isinstance(opened, str):
            return opened
        where["channel"] = opened
    method = "conversations.replies" if "thread_ts" in where else "conversations.history"
    asked = {"channel": where["channel"], "include_all_metadata": "true", "limit": "100"}
    if "thread_ts" in where:
        asked["ts"] = where["thread_ts"]
    answer = await _query(wire, account, method, asked)
    if not isinstance(answer, Answer):
        return answer if isinstance(answer, Retry) else None
    keys = {
        one.metadata.event_payload.get("key"): one.ts for one in answer.messages if one.metadata.event_type == writing.METADATA
    }
    return Sent(provider_id=f"{where['channel']}:{keys[message.key]}") if message.key in keys else None


async def _direct(user: str, account: Account, wire: Wire) -> str | Failed:
    """The channel of the direct message with somebody."""
    opened = await call(wire, account, "conversations.open", {"users": user})
    return opened.channel_id if isinstance(opened, Answer) else opened


async def upload(message: OutboundMessage, file: OutboundFile, account: Account, wire: Wire) -> SendResult:
    """A file, in Slack's three steps: ask where to, put it there, share it. Only the last shows anything."""
    where = writing.target(message)
    if where["channel"] == message.to:
        opened = await _direct(message.to, account, wire)
        if not isinstance(opened, str):
            return opened
        where["channel"] = opened
    data = await wire.read_file(file)
    place = await _query(wire, account, "files.getUploadURLExternal", {"filename": file.name, "length": str(len(data))})
    if not isinstance(place, Answer):
        return place
    if not place.upload_url.startswith(account.hosts["files"] + "/"):
        return Retry(BROKEN_SECONDS, "an answer that makes no sense")
    put = await ask(wire, WireRequest(url=place.upload_url, headers={"content-type": file.content_type}, body=data, seconds=60.0))
    if isinstance(put, Retry) or put.status != 200:
        return put if isinstance(put, Retry) else Retry(UNREACHED_SECONDS, f"the upload was answered {put.status}")
    shared: dict[str, Any] = {"files": [{"id": place.file_id, "title": file.name}], "channel_id": where["channel"]}
    if "thread_ts" in where:
        shared["thread_ts"] = where["thread_ts"]
    done = await call(wire, account, "files.completeUploadExternal", shared)
    return Sent(also=(place.file_id,)) if isinstance(done, Answer) else done


async def media(one: Media, account: Account, wire: Wire) -> MediaResult:
    """A file's bytes. The token goes to Slack's own host for files and to no other, whatever a message names."""
    url = one.ref.get("url", "")
    if not url.startswith(account.hosts["files"] + "/"):
        return Rejected("not_allowed")
    headers = {"authorization": f"Bearer {account.secrets.get('bot_token', '')}"}
    asked = WireRequest(method="GET", url=url, headers=headers, seconds=60.0, max_bytes=MAX_MEDIA_BYTES)
    answer = await ask(wire, asked)
    if isinstance(answer, Retry):
        return answer
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status in {403, 404, 410}:
        return Rejected("expired")
    # Without the right to read files Slack shows its page for signing in.
    if answer.status in {301, 302, 401} or (kind == "text/html" and one.content_type != "text/html"):
        return NeedsReauth("the app may not read files (files:read)")
    if answer.status != 200:
        return Rejected(f"refused with {answer.status}")
    return FetchedMedia(data=answer.body, name=one.name, content_type=kind or one.content_type)
