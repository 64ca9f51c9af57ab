"""The platform's calls in their order: pulling by cursor, and replies with the session's state minded."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from qiao.channels.shared.asking import whole
from qiao.channels.shared.errcode_api import Done, Ended, ErrcodeApi, issued, overridden
from qiao.channels.shared.union_ids import union_subject
from qiao.channels.wecom_kf import codec
from qiao.channels.wecom_kf.outgoing import Content, contents_of
from qiao.channels.wecom_kf.states import State, refusal, to_hold
from qiao.kit.clock import utc_now
from qiao.ports.channel import (
    Account,
    FetchedMedia,
    Media,
    NeedsReauth,
    OutboundMessage,
    Pulled,
    Rejected,
    Retry,
    Sent,
    Token,
    Wire,
    WireAnswer,
    WireRequest,
)

PAGE = 1000
FIRST_SECONDS = 3600
"""What is older when a channel is connected is left to where it was: the platform would give three days at once."""
CODE_SECONDS = {"enter": 20, "closed": 20, "taken": 172_800}


class _State(Struct, frozen=True):
    service_state: int


class _Sent(Struct, frozen=True):
    msgid: str


class _Customers(Struct, frozen=True):
    customer_list: tuple[codec.Known, ...] = ()


class _Account(Struct, frozen=True):
    open_kfid: str
    name: str = ""


class Accounts(Struct, frozen=True):
    """What `kf/account/list` answers."""

    account_list: tuple[_Account, ...] = ()


def setting(account: Account, key: str) -> str:
    """A setting that is a text."""
    return str(account.settings.get(key) or "")


def api_of(account: Account, wire: Wire) -> ErrcodeApi:
    """The API with this account's access token."""
    errors = overridden(codec.ERRORS, account.settings.get("code_meanings"))

    async def fetch() -> Token:
        query = {"corpid": setting(account, "corp_id"), "corpsecret": account.secrets.get("kf_secret", "")}
        asked = WireRequest(method="GET", url=account.hosts.get("api", "") + "/cgi-bin/gettoken", query=query)
        return await issued(wire, asked, errors)

    return ErrcodeApi(account, wire, fetch, errors)


async def pulled(api: ErrcodeApi, cursor: str | None, hint: Mapping[str, str], account: Account) -> Pulled:
    """One page. The cursor carries since when entries count, while the first history is passed over. Raises Ended."""
    since, _, place = (cursor or f"{utc_now().timestamp() - FIRST_SECONDS:.0f}|").partition("|")
    asked: dict[str, Any] = {"cursor": place, "limit": PAGE, "voice_format": 0, "open_kfid": setting(account, "open_kfid")}
    page = await _page(api, {key: value for key, value in asked.items() if value != ""}, hint.get("token", ""))
    items = [one for one in page.msg_list if not since or one.send_time >= int(since)]
    known = await _known(api, items)
    found = (codec.inbound(one, known, union_subject(account)) for one in items)
    # A platform that says "more" and gives no further place would have us ask for ever.
    more = bool(page.has_more) and page.next_cursor not in {"", place}
    return Pulled(
        items=[one for one in found if one is not None],
        cursor=f"{since if more else ''}|{page.next_cursor or place}",
        more=more,
    )


async def _page(api: ErrcodeApi, asked: Mapping[str, Any], token: str) -> codec.Page:
    if not token:
        return await api.call("/cgi-bin/kf/sync_msg", codec.Page, asked)
    try:
        return await api.call("/cgi-bin/kf/sync_msg", codec.Page, {**asked, "token": token})
    except Ended as ended:
        if not ended.result.reason.startswith(str(codec.OLD_TOKEN)):
            raise
        return await api.call("/cgi-bin/kf/sync_msg", codec.Page, asked)


async def _known(api: ErrcodeApi, items: Sequence[codec.Item]) -> dict[str, codec.Known]:
    """Names and union ids; a customer is served without, too."""
    wanted = dict.fromkeys(
        filter(None, (one.external_userid or (one.event.external_userid if one.event else "") for one in items))
    )
    ids = list(wanted)
    found: dict[str, codec.Known] = {}
    for start in range(0, len(ids), 100):
        body = {"external_userid_list": ids[start : start + 100], "need_enter_session_context": 0}
        try:
            told = await api.call("/cgi-bin/kf/customer/batchget", _Customers, body)
        except Ended:
            break
        found |= {one.external_userid: one for one in told.customer_list}
    return found


async def delivered(api: ErrcodeApi, wire: Wire, message: OutboundMessage, account: Account) -> Sent:
    """Hand in what the message carries. Raises Ended."""
    open_kfid = message.reply_to.get("open_kfid") or setting(account, "open_kfid")
    if not open_kfid:
        raise Ended(Rejected("unknown_address"))
    if message.reply_to.get("code"):
        return await _on_event(api, message)
    session = {"open_kfid": open_kfid, "external_userid": message.to}
    if message.number == 1 and account.settings.get("hold_session", True):
        await _hold(api, session)
    media_id = await _upload(api, wire, message)
    try:
        return await _post(api, {"touser": message.to, "open_kfid": open_kfid}, message, contents_of(message, media_id))
    except Ended as ended:
        if ended.result is not codec.STATE_UNKNOWN:
            raise
        raise Ended(Rejected(await _why(api, session))) from None


async def _post(api: ErrcodeApi, to: Mapping[str, str], message: OutboundMessage, contents: Sequence[Content]) -> Sent:
    ids: list[str] = []
    for number, (kind, content) in enumerate(contents, start=1 - len(contents)):
        msgid = codec.message_id(message.key if number == 0 else f"{message.key} {number}")
        path = "/cgi-bin/kf/send_msg_on_event" if "code" in to else "/cgi-bin/kf/send_msg"
        sent = await api.call(path, _Sent, {**to, "msgid": msgid, "msgtype": kind, kind: content})
        ids.append(sent.msgid)
    return Sent(ids[-1], also=tuple(ids[:-1]))


async def _on_event(api: ErrcodeApi, message: OutboundMessage) -> Sent:
    """The one message that an event allows, while its code lives; that it was used, only the platform knows."""
    by, at = message.reply_to.get("by", ""), message.reply_to.get("at", "")
    used = whole(at)
    if used is None or utc_now().timestamp() - used > CODE_SECONDS.get(by, 0):
        raise Ended(Rejected("window_closed"))
    contents = contents_of(message)
    if len(contents) > 1 or contents[0][0] not in ({"text"} if by == "taken" else {"text", "msgmenu"}):
        raise Ended(Rejected("not_allowed"))
    return await _post(api, {"code": message.reply_to["code"]}, message, contents)


async def _state(api: ErrcodeApi, session: Mapping[str, str]) -> State | None:
    told = (await api.call("/cgi-bin/kf/service_state/get", _State, session)).service_state
    return next((one for one in State if one == told), None)


async def _hold(api: ErrcodeApi, session: Mapping[str, str]) -> None:
    """Before the first reply: the session is ours, or it is said why it is not."""
    now = await _state(api, session)
    reason = refusal(now) if now is not None else None
    if reason:
        raise Ended(Rejected(reason))
    to = to_hold(now) if now is not None else None
    if to is not None:
        await api.call("/cgi-bin/kf/service_state/trans", Done, {**session, "service_state": int(to)})


async def _why(api: ErrcodeApi, session: Mapping[str, str]) -> str:
    now = await _state(api, session)
    return (refusal(now) if now is not None else None) or "window_closed"


async def _upload(api: ErrcodeApi, wire: Wire, message: OutboundMessage) -> str:
    if not message.files:
        return ""
    file = message.files[0]
    named = (file.name, await wire.read_file(file), file.content_type)
    return await api.upload("/cgi-bin/media/upload", {"type": file.kind}, "media", named)


async def fetched(api: ErrcodeApi, media: Media) -> FetchedMedia:
    """A customer's file. Raises Ended."""
    answer = await api.download("/cgi-bin/media/get", {"media_id": media.ref.get("media_id", "")})
    content_type = answer.headers.get("content-type", "").partition(";")[0] or None
    return FetchedMedia(data=answer.body, name=file_name(answer), content_type=content_type)


def file_name(answer: WireAnswer) -> str | None:
    """What the file is called, in whichever bytes the header came."""
    found = re.search(r'filename="([^"]+)"', answer.headers.get("content-disposition", ""))
    if not found:
        return None
    try:
        return found[1].encode("latin-1").decode()
    except UnicodeError:
        return found[1]


def failed(result: Retry | Rejected | NeedsReauth) -> Retry | NeedsReauth:
    """What a pull makes of a refusal: it is tried again later, in case the reason goes away."""
    return Retry(300, result.reason) if isinstance(result, Rejected) else result
