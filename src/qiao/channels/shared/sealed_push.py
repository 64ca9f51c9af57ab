"""Pushes as several platforms of one family make them: signed with a token in the query, XML or JSON, plain or in an envelope.

In plain mode only the time and the nonce are signed, so the signature is believed for ten minutes; in safe mode the envelope is signed
too, and what comes again has the same ids. A GET is the handshake: its `echostr` comes as it goes, whatever the mode. Names no provider.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from qiao.kit import plain_xml
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.kit.sealed_callback import is_signed, opened
from qiao.ports.channel import Account, Ack, RawReceipt

PLAIN_SECONDS = 600
MAX_ECHO = 256
MILLISECOND_DIGITS = 13
MAX_FIELDS = 200


class Seal(Struct, frozen=True, kw_only=True):
    """What one account's pushes are signed and sealed with."""

    token: str
    key: str = ""
    owner: str = ""
    safe: bool = True


def seal_of(account: Account) -> Seal:
    """As the settings that go by these names have it: callback_token, encoding_aes_key, app_id and mode ("plain" or "safe")."""
    return Seal(
        token=account.secrets.get("callback_token", ""),
        key=account.secrets.get("encoding_aes_key", ""),
        owner=str(account.settings.get("app_id") or ""),
        safe=account.settings.get("mode") != "plain",
    )


def verify(receipt: RawReceipt, seal: Seal) -> Ack | None:
    """Raise Refused unless the token signed it; the answer to a handshake."""
    query, is_handshake = receipt.query, receipt.method == "GET"
    time, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if is_handshake or not seal.safe:
        if not is_signed(query.get("signature", ""), seal.token, time, nonce) or not _is_recent(time):
            raise Refused("the signature is not the provider's")
        return Ack(body=query.get("echostr", "")[:MAX_ECHO]) if is_handshake else None
    try:
        encrypted = fields_of(receipt.body).get("Encrypt", "")
    except Invalid:
        raise Refused("this is not an envelope of the provider") from None
    if not encrypted or not is_signed(query.get("msg_signature", ""), seal.token, time, nonce, encrypted):
        raise Refused("the signature is not the provider's")
    return None


def fields(body: bytes, seal: Seal) -> Mapping[str, str]:
    """What a verified push says. Raises Invalid: the envelope may be for another account, or the key may be wrong."""
    outer = fields_of(body)
    if not seal.safe:
        return outer
    try:
        inside = opened(seal.key, outer.get("Encrypt", ""), seal.owner)
    except QiaoError as error:
        raise Invalid(error.message) from None
    return fields_of(inside)


def fields_of(body: bytes) -> dict[str, str]:
    """Texts and numbers by their path ("Content", "Location.Label"), of XML or of JSON. Raises Invalid."""
    if body.lstrip()[:1] != b"{":
        return plain_xml.read(body)
    try:
        held = msgspec.json.decode(body, type=dict[str, Any]) if len(body) <= plain_xml.MAX_BYTES else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        held = None
    if held is None or len(held) > MAX_FIELDS:
        raise Invalid("this is not a push of the provider")
    return {name: str(value) for name, value in _flat(held).items() if isinstance(value, str | int | float)}


def _flat(held: Mapping[str, Any]) -> dict[str, Any]:
    """One level of nesting: more is not needed by anything that is read."""
    found = dict(held)
    for name, value in held.items():
        if isinstance(value, Mapping):
            inner: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
            found |= {f"{name}.{key}": one for key, one in inner.items()}
    return found


def _is_recent(time: str) -> bool:
    """Seconds since 1970, or thousandths of them."""
    if not (time.isdecimal() and time.isascii()) or len(time) > MILLISECOND_DIGITS:
        return False
    seconds = int(time) / (1000 if len(time) == MILLISECOND_DIGITS else 1)
    return abs(utc_now().timestamp() - seconds) <= PLAIN_SECONDS
