"""The envelope in which several Chinese platforms deliver: signed with a token, sealed with an AES key, marked with its owner.

Signature: the SHA-1 of token and parts, sorted and joined. Envelope: AES-256-CBC, the IV being the key's first 16 bytes, PKCS#7 to blocks
of 32, over 16 random bytes, the message's length (32 bits, big-endian), the message and the owner's id. The key is given to an admin as
43 characters of base64. Source: the platforms' own WXBizMsgCrypt and callback-encryption pages; their vectors are the tests.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from qiao.kit.errors import Invalid, Refused
from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import ciphers
    from cryptography.hazmat.primitives.ciphers import algorithms, modes
else:
    ciphers = lazy("cryptography.hazmat.primitives.ciphers")
    algorithms = lazy("cryptography.hazmat.primitives.ciphers.algorithms")
    modes = lazy("cryptography.hazmat.primitives.ciphers.modes")

BLOCK = 32
HEAD = 20
KEY_CHARACTERS = 43
MAX_ENCRYPTED = 2_000_000


def signature(token: str, *parts: str) -> str:
    """What a delivery of these parts must be signed with; hexadecimal."""
    return hashlib.sha1("".join(sorted([token, *parts])).encode("utf-8", "replace")).hexdigest()  # noqa: S324 - the platforms' scheme


def is_signed(given: str, token: str, *parts: str) -> bool:
    """True when `given` is the signature of the parts; in constant time, and never without a token."""
    return bool(token) and hmac.compare_digest(signature(token, *parts).encode(), given.encode("utf-8", "replace"))


def opened(key: str, encrypted: str, owner: str) -> bytes:
    """The message inside. Refused when it was not sealed with this key, or not for this owner. An empty owner is nobody's."""
    try:
        sealed_bytes = base64.b64decode(encrypted, validate=True) if len(encrypted) <= MAX_ENCRYPTED else b""
    except (binascii.Error, ValueError):
        sealed_bytes = b""
    if not sealed_bytes or len(sealed_bytes) % 16:
        raise Refused("this was not sealed with the key of this inbox")
    decryptor = _cipher(key).decryptor()
    plain = decryptor.update(sealed_bytes) + decryptor.finalize()
    pad = plain[-1]
    end = HEAD + int.from_bytes(plain[16:HEAD], "big")
    whole = 1 <= pad <= BLOCK and plain.endswith(bytes([pad]) * pad) and HEAD <= end <= len(plain) - pad
    if not whole or not owner or not hmac.compare_digest(plain[end : len(plain) - pad], owner.encode()):
        raise Refused("this was not sealed with the key of this inbox")
    return plain[HEAD:end]


def sealed(key: str, message: bytes, owner: str, random: bytes | None = None) -> str:
    """The envelope around a message, in base64. `random` is 16 bytes; given only where a test compares."""
    start = secrets.token_bytes(16) if random is None else random
    plain = start + len(message).to_bytes(4, "big") + message + owner.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def _cipher(key: str) -> "ciphers.Cipher[modes.CBC]":
    try:
        raw = base64.b64decode(key + "=", validate=True) if len(key) == KEY_CHARACTERS else b""
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != BLOCK:
        raise Invalid("an encryption key has 43 characters of base64", field="encoding_aes_key")
    return ciphers.Cipher(algorithms.AES(raw), modes.CBC(raw[:16]))
