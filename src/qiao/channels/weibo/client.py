"""The platform's calls. The access token is entered by an admin and lives for a year: it goes in the form, or in the query of a GET."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, ask, read_answer, whole, words
from qiao.channels.shared.errcode_api import MEDIA_BYTES, MEDIA_SECONDS, Ended, is_file, overridden
from qiao.channels.weibo import codec
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
    Wire,
    WireAnswer,
    WireRequest,
)

T = TypeVar("T")
PAGE = 50
MOST_PAGES = 10
COMMENT_CHARACTERS = 140


class _Error(Struct, frozen=True):
    error_code: int | str = 0
    error: str = ""


class Written(Struct, frozen=True):
    """A comment that was written or taken away."""

    id: int


class _Delivered(Struct, frozen=True):
    result: bool


class TokenInfo(Struct, frozen=True):
    """What is known of the access token."""

    uid: int | str
    expire_in: int = 1


class Api:
    """The platform for one account."""

    def __init__(self, account: Account, wire: Wire) -> None:
        self._account = account
        self._wire = wire

    async def post(self, role: str, path: str, form: Mapping[str, str], kind: type[T]) -> T:
        """Raises Ended."""
        asked = WireRequest(url=self._account.hosts.get(role, "") + path, form={**form, "access_token": self._token()})
        return self._as(await self._asked(asked), kind)

    async def get(self, role: str, path: str, query: Mapping[str, str], kind: type[T]) -> T:
        """Raises Ended."""
        return self._as(await self._asked(self._getting(role, path, query)), kind)

    async def file(self, fid: str) -> WireAnswer:
        """What a customer sent. Raises Ended."""
        answer = await self._asked(self._getting("upload", "/2/mss/msget", {"fid": fid}))
        if is_file(answer) or answer.body[:1] != b"{":
            if answer.body and answer.status == HTTPStatus.OK:
                return answer
            raise Ended(Rejected("expired"))
        try:
            self._refused(answer)
        except Ended as ended:
            raise Ended(Rejected("expired") if isinstance(ended.result, Rejected) else ended.result) from None
        raise Ended(Retry(BROKEN_SECONDS, "nonsense"))

    def _getting(self, role: str, path: str, query: Mapping[str, str]) -> WireRequest:
        return WireRequest(
            method="GET",
            url=self._account.hosts.get(role, "") + path,
            query={**query, "access_token": self._token()},
            seconds=MEDIA_SECONDS if role == "upload" else 10.0,
            max_bytes=MEDIA_BYTES if role == "upload" else 4 * 1_048_576,
        )

    def _token(self) -> str:
        token = self._account.secrets.get("access_token", "")
        if not token:
            raise Ended(NeedsReauth("there is no access token"))
        return token

    async def _asked(self, asked: WireRequest) -> WireAnswer:
        answer = await ask(self._wire, asked)
        if isinstance(answer, Retry):
            raise Ended(answer)
        return answer

    def _as(self, answer: WireAnswer, kind: type[T]) -> T:
        self._refused(answer)
        held = read_answer(answer, kind)
        if held is None:
            raise Ended(Retry(BROKEN_SECONDS, "nonsense"))
        return held

    def _refused(self, answer: WireAnswer) -> None:
        error = read_answer(answer, _Error)
        if error is None:
            raise Ended(Retry(BROKEN_SECONDS, "nonsense"))
        code = whole(str(error.error_code)) or 0
        if code or error.error:
            told = words(f"{error.error_code} {error.error}")
            known = overridden(codec.ERRORS, self._account.settings.get("code_meanings"))
            raise Ended(known.meanings.get(code, Rejected(told)))


async def delivered(api: Api, message: OutboundMessage, account: Account) -> Sent:
    """In private, or under a post. Raises Ended."""
    if message.thread_key is None or message.private_reply_to:
        answer = await api.post("messages", "/2/messages/reply.json", codec.form_of(message), _Delivered)
        if not answer.result:
            raise Ended(Retry(BROKEN_SECONDS, "nonsense"))
        return Sent()
    if not message.text or len(message.text) > COMMENT_CHARACTERS:
        raise Ended(Rejected("too_long" if message.text else "not_allowed"))
    if not message.thread_key.isdecimal():
        raise Ended(Rejected("not_allowed"))
    form = {"id": message.thread_key, "comment": message.text}
    if account.settings.get("operator_ip"):
        form["rip"] = str(account.settings["operator_ip"])
    if message.reply_to.get("cid"):
        answer = {**form, "cid": message.reply_to["cid"]}
        written = await api.post("business", "/2/comments/reply/biz.json", answer, Written)
    else:
        written = await api.post("open", "/2/comments/create.json", form, Written)
    return Sent(f"c{written.id}")


async def pulled(api: Api, cursor: str | None) -> Pulled:
    """Comments since the cursor, oldest first. The first time only where they begin is noted. Raises Ended."""
    found: dict[int, codec.Comment] = {}
    for number in range(1, MOST_PAGES + 1):
        query = {"since_id": cursor or "0", "count": str(PAGE), "page": str(number)}
        page = (await api.get("business", "/2/comments/to_me/biz.json", query, codec.Comments)).comments
        found |= {one.id: one for one in page}
        if len(page) < PAGE or cursor is None:
            break
    newest = str(max(found, default=int(cursor) if cursor and cursor.isdecimal() else 0))
    items = [] if cursor is None else [codec.comment(found[number]) for number in sorted(found)]
    return Pulled(items=items, cursor=newest)


async def fetched(api: Api, media: Media) -> FetchedMedia:
    """A customer's picture or voice. Raises Ended."""
    answer = await api.file(media.ref.get("fid", ""))
    return FetchedMedia(data=answer.body, content_type=answer.headers.get("content-type", "").partition(";")[0] or None)
