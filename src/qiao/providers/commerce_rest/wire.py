"""What goes over the wire: bodies of requests, and answers read strictly. Pure.

An answer is checked as anything from outside: its types, its sizes, its times and addresses. What is not as agreed is
CommerceUnavailable, because a wish may have been carried out all the same.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from qiao.ports.commerce import (
    CommerceInvalid,
    CommerceRefused,
    CommerceUnavailable,
    Customer,
    OrderNotFound,
    Proof,
)

T = TypeVar("T")
MAX_TEXT = 4_000
MAX_LIST = 200
MAX_DEPTH = 8


class WireCustomer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The customer, as the service is told."""

    contact_id: str
    external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    former_contacts: tuple[str, ...] = ()


class Problem(Struct, frozen=True, kw_only=True):
    """The body of an answer that is not success."""

    code: str
    reason: Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9_]*$")] = ""
    field: Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9_.]*$")] = ""
    retry_after: Annotated[int, Meta(ge=0, le=86_400)] = 5


def wire_customer(customer: Customer) -> WireCustomer:
    """Without the workspace: one service has one secret, and that says whose it is."""
    return WireCustomer(
        contact_id=str(customer.contact_id),
        external_id=customer.external_id,
        email=customer.email,
        phone=customer.phone,
        former_contacts=tuple(str(one) for one in customer.former_contacts),
    )


def body_of(customer: Customer, proof: Proof | None, about: dict[str, Any]) -> bytes:
    """A request's body; what is not there is left out."""
    whole: dict[str, Any] = {"customer": wire_customer(customer), **about}
    if proof is not None:
        whole["proof"] = {name: value for name, value in msgspec.structs.asdict(proof).items() if value is not None}
    return msgspec.json.encode(whole)


def answer_of(body: bytes, kind: type[T]) -> T:
    """A successful answer as the port's struct. Raises CommerceUnavailable."""
    try:
        answer = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise broken("shape") from None
    for value in _values(answer, 0):
        _check(value)
    return answer


def problem_of(status: int, body: bytes) -> Exception:
    """What an answer other than success means."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return broken("status")
    if status == 404 and problem.code == "not_found":
        return OrderNotFound("no such order")
    if status == 409 and problem.code == "refused":
        return CommerceRefused("not allowed", reason=problem.reason)
    if status == 422 and problem.code == "invalid":
        return CommerceInvalid("a value cannot be used", field=problem.field)
    return CommerceUnavailable("the shop does not answer", reason="status", retry_after=max(1, problem.retry_after))


def broken(reason: str) -> CommerceUnavailable:
    """The service answered otherwise than agreed."""
    return CommerceUnavailable("the shop did not answer as agreed", reason=reason, retry_after=60)


def _values(value: object, depth: int) -> Iterator[object]:
    """Every value of an answer, structs and lists before what is in them."""
    if depth > MAX_DEPTH:
        raise broken("depth")
    yield value
    for inner in _inside(value):
        yield from _values(inner, depth + 1)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Struct):
        named = {name: getattr(value, name) for name in value.__struct_fields__}
        if any(not _is_link(link) for name, link in named.items() if name.endswith("_url") and link is not None):
            raise broken("link")
        return named.values()
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list | tuple) else ()


def _check(value: object) -> None:
    if isinstance(value, str) and (len(value) > MAX_TEXT or "\x00" in value):
        raise broken("text")
    if isinstance(value, list | tuple | dict) and len(value) > MAX_LIST:
        raise broken("list")
    if isinstance(value, datetime) and not 2000 <= value.year <= 2200:
        raise broken("time")


def _is_link(text: str) -> bool:
    """A link that may be shown: http or https, to a host, without anything a page could trip over."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and text.isprintable()
    except ValueError:
        return False
