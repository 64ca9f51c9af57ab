"""APIs that answer every call with 200 and an `errcode`, and take an access token in the query. Names no provider.

A call ends in what was asked for, or raises `Ended` with what it means for the send: an adapter catches that in one place.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, REASON_CHARACTERS, ask, read_answer, words
from qiao.ports.channel import Account, NeedsReauth, Rejected, Retry, Token, Wire, WireAnswer, WireRequest

T = TypeVar("T")
Failure = Retry | Rejected | NeedsReauth

MEDIA_SECONDS = 60.0
MEDIA_BYTES = 25 * 1_048_576
SHORTEST_SECONDS = 60
CODE = re.compile(r"-?[0-9]{1,9}")


class Ended(Exception):
    """A call failed; `result` is what that means for the send."""

    def __init__(self, result: Failure) -> None:
        super().__init__(result.reason)
        self.result = result


class Errors(Struct, frozen=True, kw_only=True):
    """What the provider's codes mean. A code in neither: refused, in the provider's own words."""

    stale: frozenset[int]
    """The access token is not believed any more."""
    meanings: Mapping[int, Failure]


RETRIED_SECONDS = 60.0


def overridden(errors: Errors, given: object) -> Errors:
    """With what an admin put in place of some meanings ({"45047": "window_closed"}): retry, reauth, or the reason that an agent is told.
    Whatever is none of that is passed over.
    """
    words: Mapping[Any, Any] = given if isinstance(given, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
    own = {
        int(code): _meant(code, word)
        for code, word in words.items()
        if isinstance(code, str) and CODE.fullmatch(code) and isinstance(word, str) and word
    }
    return msgspec.structs.replace(errors, meanings={**errors.meanings, **own})


def _meant(code: str, word: str) -> Failure:
    if word == "retry":
        return Retry(RETRIED_SECONDS, f"the platform said {code}")
    return NeedsReauth(f"the platform said {code}") if word == "reauth" else Rejected(word[:REASON_CHARACTERS])


class _Status(Struct, frozen=True):
    errcode: int = 0
    errmsg: str = ""


class _Issued(Struct, frozen=True):
    access_token: str
    expires_in: int


async def issued(wire: Wire, asked: WireRequest, errors: Errors) -> Token:
    """A new access token. Raises Ended; whatever the provider does not say about itself, it says about the credentials."""
    answer = await ask(wire, asked)
    if isinstance(answer, Retry):
        raise Ended(answer)
    status = _read_object(answer)
    if status.errcode:
        meant = errors.meanings.get(status.errcode)
        raise Ended(meant if isinstance(meant, Retry) else NeedsReauth(_said(status)))
    token = read_answer(answer, _Issued)
    if token is None or not token.access_token:
        raise Ended(Retry(BROKEN_SECONDS, "nonsense"))
    return Token(token.access_token, max(SHORTEST_SECONDS, token.expires_in))


class ErrcodeApi:
    """The API for one account. `fetch` gives a new access token (`issued`)."""

    def __init__(self, account: Account, wire: Wire, fetch: Callable[[], Awaitable[Token]], errors: Errors) -> None:
        self._host = account.hosts.get("api", "")
        self._wire = wire
        self._fetch = fetch
        self._errors = errors

    async def call(self, path: str, kind: type[T], body: object) -> T:
        """Post JSON, read JSON. Text goes as it is, not escaped: some of these APIs show escapes to the customer. Raises Ended."""
        data = msgspec.json.encode(body)
        headers = {"content-type": "application/json; charset=utf-8"}
        return self._as(await self._asked(path, {}, body=data, headers=headers), kind)

    async def get(self, path: str, kind: type[T], query: Mapping[str, str] | None = None) -> T:
        """Raises Ended."""
        return self._as(await self._asked(path, query or {}, method="GET"), kind)

    async def upload(self, path: str, query: Mapping[str, str], field: str, file: tuple[str, bytes, str]) -> str:
        """Hand in a file (name, bytes, content type); its `media_id`. Raises Ended."""
        answer = await self._asked(path, query, parts={field: file}, seconds=MEDIA_SECONDS)
        held = self._as(answer, _Uploaded)
        if not (held.media_id or held.thumb_media_id):
            raise Ended(Retry(BROKEN_SECONDS, "nonsense"))
        return held.media_id or held.thumb_media_id

    async def download(self, path: str, query: Mapping[str, str]) -> WireAnswer:
        """A file, or whatever else than a refusal is said instead. Raises Ended."""
        answer = await self._asked(path, query, method="GET", seconds=MEDIA_SECONDS, max_bytes=MEDIA_BYTES)
        self._refused(answer)
        return answer

    async def elsewhere(self, url: str) -> WireAnswer:
        """A file at an address that the provider gave, without our token. Raises Ended."""
        answer = await ask(self._wire, WireRequest(method="GET", url=url, seconds=MEDIA_SECONDS, max_bytes=MEDIA_BYTES))
        if isinstance(answer, Retry):
            raise Ended(answer)
        if answer.status != HTTPStatus.OK:
            raise Ended(Rejected("expired"))
        return answer

    async def prove(self) -> None:
        """Fetch a new access token though one may be kept: the credentials that were just entered are what is tried. Raises Ended."""
        fetched: list[Token] = []

        async def fetch() -> Token:
            fetched.append(await self._fetch())
            return fetched[-1]

        kept = await self._wire.token("access", fetch)
        if not fetched:
            await self._wire.token("access", fetch, stale=kept)

    async def _asked(self, path: str, query: Mapping[str, str], **how: Any) -> WireAnswer:
        token = await self._wire.token("access", self._fetch)
        answer = await self._once(path, {**query, "access_token": token}, how)
        if _status_of(answer).errcode in self._errors.stale:
            token = await self._wire.token("access", self._fetch, stale=token)
            answer = await self._once(path, {**query, "access_token": token}, how)
        return answer

    async def _once(self, path: str, query: Mapping[str, str], how: Mapping[str, Any]) -> WireAnswer:
        answer = await ask(self._wire, WireRequest(url=self._host + path, query=query, **how))
        if isinstance(answer, Retry):
            raise Ended(answer)
        return answer

    def _as(self, answer: WireAnswer, kind: type[T]) -> T:
        self._refused(answer)
        _read_object(answer)
        held = read_answer(answer, kind)
        if held is None:
            raise Ended(Retry(BROKEN_SECONDS, "nonsense"))
        return held

    def _refused(self, answer: WireAnswer) -> None:
        if answer.status != HTTPStatus.OK:
            raise Ended(Retry(BROKEN_SECONDS, f"the provider answered {answer.status}"))
        status = _status_of(answer)
        if status.errcode in self._errors.stale:
            raise Ended(NeedsReauth(_said(status)))
        if status.errcode:
            raise Ended(self._errors.meanings.get(status.errcode, Rejected(_said(status))))


def api_by_app(account: Account, wire: Wire, errors: Errors) -> ErrcodeApi:
    """The API of an app that has its access token for its id and secret (app_id, app_secret), with the admin's own meanings of errors.
    One token is valid at a time, so it has one holder.
    """
    meant = overridden(errors, account.settings.get("code_meanings"))

    async def fetch() -> Token:
        query = {
            "grant_type": "client_credential",
            "appid": str(account.settings.get("app_id") or ""),
            "secret": account.secrets.get("app_secret", ""),
        }
        return await issued(
            wire, WireRequest(method="GET", url=account.hosts.get("api", "") + "/cgi-bin/token", query=query), meant
        )

    return ErrcodeApi(account, wire, fetch, meant)


class _Uploaded(Struct, frozen=True):
    media_id: str = ""
    thumb_media_id: str = ""


class Done(Struct, frozen=True):
    """An answer that says no more than that it was done. Whatever does not say so is none."""

    errcode: int


def is_file(answer: WireAnswer) -> bool:
    """Whether it is a file's bytes: those are never read as the provider's word, whatever a customer wrote into them."""
    return "content-disposition" in answer.headers


def _status_of(answer: WireAnswer) -> _Status:
    held = read_answer(answer, _Status) if answer.body[:1] == b"{" and not is_file(answer) else None
    return held or _Status()


def _read_object(answer: WireAnswer) -> _Status:
    status = read_answer(answer, _Status)
    if status is None:
        raise Ended(Retry(BROKEN_SECONDS, "nonsense"))
    return status


def _said(status: _Status) -> str:
    return words(f"{status.errcode} {status.errmsg}")
