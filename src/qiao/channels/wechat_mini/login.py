"""Signing in: a code that the customer's own phone was given becomes who they are, asked of the platform itself.

The mini program puts it into `session-from` of the button that opens the chat, so that it comes in a push that the platform signs:
`login:CODE`, or `login:CODE:DATA:IV` with data of the customer that the platform sealed for the session (AES-128-CBC under the session's
key, PKCS#7). A code counts once, for five minutes. The session's key opens the data and is kept nowhere.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import BROKEN_SECONDS, ask, read_answer
from qiao.channels.shared.union_ids import union_proofs
from qiao.kit.errors import Refused
from qiao.kit.lazy import lazy
from qiao.ports.channel import Account, Proof, Retry, Sender, Wire, WireRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import ciphers
    from cryptography.hazmat.primitives.ciphers import algorithms, modes
else:
    ciphers = lazy("cryptography.hazmat.primitives.ciphers")
    algorithms = lazy("cryptography.hazmat.primitives.ciphers.algorithms")
    modes = lazy("cryptography.hazmat.primitives.ciphers.modes")

BLOCK = 16
MAX_SEALED = 8_000
BUSY = frozenset({-1, 45011})
_LOGIN = re.compile(r"\blogin:([\w-]{8,128})(?::([A-Za-z0-9+/=]{24,8000}):([A-Za-z0-9+/=]{24}))?\s*\Z")


class Session(Struct, frozen=True):
    """What a code is worth."""

    errcode: int = 0
    openid: str = ""
    session_key: str = ""
    unionid: str = ""


class Watermark(Struct, frozen=True):
    """For whom data was sealed."""

    appid: str = ""


class Sealed(Struct, frozen=True, rename="camel"):
    """What the platform says of the customer: of their profile, or of their telephone."""

    watermark: Watermark
    open_id: str | None = None
    union_id: str | None = None
    nick_name: str | None = None
    pure_phone_number: str | None = None
    country_code: str | int | None = None


def told_in(session_from: str) -> tuple[str, Mapping[str, str]]:
    """The mini program's own words, and the login at their end; none: empty."""
    found = _LOGIN.search(session_from)
    if found is None:
        return session_from, {}
    parts = {"code": found[1], "data": found[2] or "", "iv": found[3] or ""}
    return session_from[: found.start()].strip(), {name: value for name, value in parts.items() if value}


def opened(session_key: str, data: str, iv: str) -> bytes:
    """What the platform sealed for a session. Raises Refused."""
    try:
        key, start, held = (base64.b64decode(one, validate=True) for one in (session_key, iv, data[:MAX_SEALED]))
    except (binascii.Error, ValueError):
        raise Refused("this is no sealed data") from None
    if len(key) != BLOCK or len(start) != BLOCK or not held or len(held) % BLOCK:
        raise Refused("this is no sealed data")
    decryptor = ciphers.Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
    plain = decryptor.update(held) + decryptor.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or not plain.endswith(bytes([pad]) * pad):
        raise Refused("this was not sealed for this session")
    return plain[:-pad]


async def signed_in(sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
    """Who the customer is, by their code. None: it is worth nothing, or somebody else's."""
    app_id = str(account.settings.get("app_id") or "")
    query = {
        "appid": app_id,
        "secret": account.secrets.get("app_secret", ""),
        "js_code": hint.get("code", ""),
        "grant_type": "authorization_code",
    }
    answer = await ask(wire, WireRequest(method="GET", url=account.hosts.get("api", "") + "/sns/jscode2session", query=query))
    if isinstance(answer, Retry):
        return answer
    session = read_answer(answer, Session)
    if session is None or session.errcode in BUSY:
        return Retry(BROKEN_SECONDS, "the provider is busy")
    if session.errcode or session.openid != sender.address:
        return None
    sealed = _sealed(session, hint, app_id)
    phone = _phone(sealed)
    proofs = union_proofs(account, session.unionid or (sealed.union_id if sealed else None))
    name = sealed.nick_name if sealed else None
    return Sender(
        address=sender.address, name=name or None, phone=phone, proofs=(*proofs, *([Proof("phone", phone)] if phone else []))
    )


def _sealed(session: Session, hint: Mapping[str, str], app_id: str) -> Sealed | None:
    """What came along, if it was sealed for this session, this mini program and this customer."""
    if "data" not in hint:
        return None
    try:
        told = msgspec.json.decode(opened(session.session_key, hint["data"], hint.get("iv", "")), type=Sealed)
    except (Refused, msgspec.DecodeError, UnicodeError):
        return None
    return told if told.watermark.appid == app_id and told.open_id in {None, session.openid} else None


def _phone(sealed: Sealed | None) -> str | None:
    """With its country, as others write it too."""
    number, country = (sealed.pure_phone_number or "", str(sealed.country_code or "")) if sealed else ("", "")
    whole = number.isascii() and number.isdecimal() and country.isascii() and country.isdecimal()
    return f"+{country}{number}" if whole and len(country + number) <= 15 else None
