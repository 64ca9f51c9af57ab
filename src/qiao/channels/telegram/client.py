"""Calls of the Bot API: what its answers mean, and the file store beside it. The token is part of every address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, LONGEST_WAIT_SECONDS, UNREACHED_SECONDS, read_answer, words
from qiao.ports.channel import (
    Account,
    FetchedMedia,
    MediaResult,
    NeedsReauth,
    Rejected,
    Retry,
    Wire,
    WireAnswer,
    WireFailed,
    WireRequest,
)

LARGEST_DOWNLOAD = 20 * 1024 * 1024
UPLOAD_SECONDS = 60.0
ANSWER_BYTES = 4 * 1024 * 1024

Failed = Retry | Rejected | NeedsReauth

_WORDS = (
    ("blocked by the user", "blocked"),
    ("bot was kicked", "blocked"),
    ("not a member", "blocked"),
    ("user is deactivated", "unknown_address"),
    ("initiate conversation", "unknown_address"),
    ("chat not found", "unknown_address"),
    ("peer_id_invalid", "unknown_address"),
    ("too long", "too_long"),
    ("too big", "too_large"),
    ("too large", "too_large"),
    ("wrong file_id", "expired"),
    ("file is temporarily unavailable", "expired"),
)


class Parameters(Struct, frozen=True):
    """What may help with a refusal."""

    retry_after: float | None = None


class Answer(Struct, frozen=True):
    """Every answer of the Bot API."""

    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: Parameters = Parameters()


class Done(Struct, frozen=True):
    """What a call gave."""

    result: msgspec.Raw

    def read(self, kind: type[Any]) -> Any:
        """The result as that contract; None when it is none."""
        return read_answer(WireAnswer(200, {}, bytes(self.result)), kind)


async def call(
    account: Account,
    wire: Wire,
    method: str,
    parameters: Mapping[str, Any],
    file: tuple[str, tuple[str, bytes, str]] | None = None,
) -> Done | Failed:
    """One method. `file` is its field and what to upload; then the parameters go as a form."""
    url = f"{account.hosts['api']}/bot{_token(account)}/{method}"
    seconds = parameters.get("timeout", 0) + 10.0
    asked = WireRequest(url=url, json=parameters, seconds=seconds, max_bytes=ANSWER_BYTES)
    if file is not None:
        form = {
            key: value if isinstance(value, str) else msgspec.json.encode(value).decode() for key, value in parameters.items()
        }
        asked = WireRequest(url=url, form=form, parts={file[0]: file[1]}, seconds=UPLOAD_SECONDS)
    try:
        answered = await wire.request(asked)
    except WireFailed as failed:
        return Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    answer = read_answer(answered, Answer)
    if answer is None:
        return Retry(BROKEN_SECONDS, f"the provider answered {answered.status}")
    return Done(answer.result) if answer.ok else failure(answer)


async def download(account: Account, wire: Wire, file_path: str) -> MediaResult:
    """The bytes behind what getFile named; the path lives an hour."""
    if ".." in file_path.split("/"):
        return Rejected("expired")
    url = f"{account.hosts['api']}/file/bot{_token(account)}/{quote(file_path)}"
    try:
        answer = await wire.request(WireRequest(method="GET", url=url, seconds=UPLOAD_SECONDS, max_bytes=LARGEST_DOWNLOAD))
    except WireFailed as failed:
        return Rejected("too_large") if failed.reason == "too_large" else Retry(UNREACHED_SECONDS, f"unreached: {failed.reason}")
    if answer.status == 200:
        return FetchedMedia(data=answer.body, name=file_path.rpartition("/")[2], content_type=answer.headers.get("content-type"))
    if answer.status == 404:
        return Rejected("expired")
    return failure(Answer(ok=False, error_code=answer.status))


def failure(answer: Answer) -> Failed:
    """What a refusal means for the reply."""
    code, said = answer.error_code, words(answer.description, f"the provider answered {answer.error_code}")
    if code == 429:
        return Retry(min(answer.parameters.retry_after or BROKEN_SECONDS, LONGEST_WAIT_SECONDS), "rate_limited")
    if code >= 500 or code == 409:
        return Retry(BROKEN_SECONDS, said)
    if code in {401, 404}:
        return NeedsReauth(said)
    return Rejected(next((word for part, word in _WORDS if part in said.lower()), said))


def _token(account: Account) -> str:
    return quote(account.secrets.get("token", ""), safe=":")
