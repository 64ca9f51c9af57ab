"""How an inbox reads pushes and writes replies, as its admin described it. Pure.

A path is names with dots between ("content.text", "data.items.0.id"). A template is JSON in whose texts {to}, {text}, {key}, {secret},
{token} and {app_id} stand for what they name; nothing else is replaced, and what is put in is never read as a template again.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from qiao.kit.errors import Invalid

T = TypeVar("T")

PLACES = re.compile(r"\{(to|text|key|secret|token|app_id)\}")
MAX_STEPS = 12


class Receiving(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where each thing is found. An empty path: it is not there."""

    list: str = ""
    """Where the messages lie when a push holds several; empty: the push is one."""
    id: str = "MsgId"
    sender: str = "FromUserName"
    name: str = ""
    text: str = "Content"
    image: str = "PicUrl"
    time: str = "CreateTime"
    """Seconds or thousandths since 1970."""
    only: Mapping[str, Sequence[str]] = {}
    """What is taken: the values that a path may have."""


class TokenCall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an access token is had, where one is needed."""

    url: str
    body: Any = {}
    value: str = "access_token"
    seconds: str = "expires_in"


class Sending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The interface that sends. `done` are the values that say so; `meanings` what other values mean: retry, reauth, stale or a reason."""

    url: str = ""
    headers: Mapping[str, str] = {}
    body: Any = msgspec.field(default_factory=lambda: {"to": "{to}", "text": "{text}", "id": "{key}"})
    code: str = "code"
    done: Sequence[str | int] = (0, 200)
    words: str = "msg"
    id: str = "data.id"
    meanings: Mapping[str, str] = {}
    token: TokenCall | None = None


def receiving_of(described: object) -> Receiving:
    """Raises Invalid with the place that is wrong."""
    return _as(described, Receiving, "receiving")


def sending_of(described: object) -> Sending:
    """Raises Invalid with the place that is wrong."""
    return _as(described, Sending, "sending")


def _as(described: object, kind: type[T], field: str) -> T:
    try:
        return msgspec.convert(described or {}, kind)
    except msgspec.ValidationError as error:
        raise Invalid(f"{field}: {error}", field=field) from None


def found(held: object, path: str) -> object:
    """What lies at the path; None when nothing does."""
    steps = path.split(".")[:MAX_STEPS] if path else []
    if not steps:
        return None
    for step in steps:
        if isinstance(held, Mapping):
            held = cast("Mapping[str, object]", held).get(step)
        elif isinstance(held, Sequence) and not isinstance(held, str | bytes) and step.isdecimal():
            listed = cast("Sequence[object]", held)
            held = listed[int(step)] if int(step) < len(listed) else None
        else:
            return None
    return held


def text_at(held: object, path: str) -> str:
    """A text or a number at the path, as text; "" for anything else."""
    value = found(held, path)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def filled(template: object, values: Mapping[str, str]) -> Any:
    """The template with its places filled, all at once."""
    if isinstance(template, str):
        return PLACES.sub(lambda place: values.get(place[1], ""), template)
    if isinstance(template, Mapping):
        named = cast("Mapping[str, object]", template)
        return {name: filled(one, values) for name, one in named.items()}
    if isinstance(template, Sequence) and not isinstance(template, bytes):
        return [filled(one, values) for one in cast("Sequence[object]", template)]
    return template
