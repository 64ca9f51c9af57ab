"""What our mails are called, so that what comes back is known again: the form of a Message-ID and of an address with an end.

    Message-ID:  <TOKEN.KEY.SEAL@DOMAIN>
    address:     help+TOKEN@DOMAIN

TOKEN is base32 (lower case, 39 characters) of the conversation's sixteen bytes and eight of HMAC-SHA256 over it and over the address that
the mail went to: it opens the conversation to that sender alone, whoever else gets hold of it. KEY is the send's own, the same over
all tries. SEAL is base32 (8 characters) of five bytes of HMAC over TOKEN and KEY: it says that a Message-ID is ours, whoever names it.
"""

import hashlib
import hmac
import re
from base64 import b32decode, b32encode
from uuid import UUID

from qiao.ports.channel import Account

_TOKEN = re.compile(r"[a-z2-7]{39}")
_OURS = re.compile(r"(?P<token>[a-z2-7]{39})\.(?P<key>[a-zA-Z0-9-]{1,64})\.(?P<seal>[a-z2-7]{8})@[a-z0-9.-]{1,255}")
_PLAIN_KEY = re.compile(r"[a-zA-Z0-9-]{1,64}")
_SAFE_ID = re.compile(r"[!-;=?-~]{1,250}")
_LOCAL_MAX = 64


def token_of(account: Account, conversation_id: UUID, address: str) -> str:
    """The token of a conversation for one address."""
    return _b32(conversation_id.bytes + _mac(account, b"thread", conversation_id.bytes, address.lower().encode())[:8])


def conversation_in(account: Account, token: str, address: str) -> UUID | None:
    """The conversation that a token opens to this address; None when it opens none."""
    if not _TOKEN.fullmatch(token.lower()) or not account.signing_key:
        return None
    conversation_id = UUID(bytes=b32decode(token.upper() + "=")[:16])
    return conversation_id if hmac.compare_digest(token_of(account, conversation_id, address), token.lower()) else None


def message_id_of(account: Account, conversation_id: UUID, address: str, key: str, domain: str) -> str:
    """What a mail of ours is called, without the angles; the same for the same key."""
    token = token_of(account, conversation_id, address)
    plain = key if _PLAIN_KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{token}.{plain}.{_seal(account, token, plain)}@{domain.lower()}"


def is_ours(account: Account, message_id: str) -> bool:
    """Whether this inbox has given a mail this name."""
    found = _OURS.fullmatch(message_id)
    if found is None or not account.signing_key:
        return False
    return hmac.compare_digest(_seal(account, found["token"], found["key"]), found["seal"])


def token_in(message_id: str) -> str:
    """The token of a Message-ID of our form, unchecked."""
    return message_id.partition(".")[0]


def with_end(address: str, token: str) -> str | None:
    """The mailbox's address with the token as its end; None when it would be longer than an address may be."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}" if len(local) + 1 + len(token) <= _LOCAL_MAX else None


def token_of_address(address: str, mailbox: str) -> str | None:
    """The end of an address when it is this mailbox's."""
    local, _, domain = mailbox.lower().rpartition("@")
    before, _, at = address.lower().rpartition("@")
    name, _, end = before.partition("+")
    return end if (name, at) == (local, domain) and end else None


def safe_id(text: str) -> str | None:
    """A Message-ID as it may be kept and named; None when it is empty, far too long or not of the characters that one has."""
    plain = text.strip().removeprefix("<").removesuffix(">")
    return plain if _SAFE_ID.fullmatch(plain) else None


def ids_in(text: str) -> list[str]:
    """The Message-IDs of References or In-Reply-To, oldest first, those alone that can be ones."""
    return [found for part in re.findall(r"<([^<>\s]{1,320})>", text) if (found := safe_id(part))]


def _seal(account: Account, token: str, key: str) -> str:
    return _b32(_mac(account, b"seal", token.encode(), key.encode())[:5])


def _mac(account: Account, purpose: bytes, *parts: bytes) -> bytes:
    written = b"".join(len(part).to_bytes(4, "big") + part for part in (b"email", purpose, *parts))
    return hmac.digest(account.signing_key, written, "sha256")


def _b32(raw: bytes) -> str:
    return b32encode(raw).decode().lower().rstrip("=")
