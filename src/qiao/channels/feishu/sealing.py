"""How Feishu signs and seals: SHA-256 over time, nonce, key and body (a plain hash), and AES-256-CBC under the SHA-256 of the key, the
first 16 bytes being the IV, padded by PKCS#7. Source: open.feishu.cn, "encryption policy" of event subscriptions.
"""

import base64
import binascii
import hashlib
import secrets
from typing import TYPE_CHECKING

from qiao.kit.errors import Refused
from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import ciphers
    from cryptography.hazmat.primitives.ciphers import algorithms, modes
else:
    ciphers = lazy("cryptography.hazmat.primitives.ciphers")
    algorithms = lazy("cryptography.hazmat.primitives.ciphers.algorithms")
    modes = lazy("cryptography.hazmat.primitives.ciphers.modes")

BLOCK = 16
MAX_SEALED = 4_000_000


def signature(timestamp: str, nonce: str, key: str, body: bytes) -> str:
    """What a delivery must be signed with; hexadecimal."""
    return hashlib.sha256(f"{timestamp}{nonce}{key}".encode("utf-8", "replace") + body).hexdigest()


def opened(key: str, sealed_text: str) -> bytes:
    """What is inside. Refused when it was not sealed with this key."""
    try:
        held = base64.b64decode(sealed_text, validate=True) if key and len(sealed_text) <= MAX_SEALED else b""
    except (binascii.Error, ValueError):
        held = b""
    if len(held) < 2 * BLOCK or len(held) % BLOCK:
        raise Refused("this was not sealed with the key of this inbox")
    decryptor = _cipher(key, held[:BLOCK]).decryptor()
    plain = decryptor.update(held[BLOCK:]) + decryptor.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or not plain.endswith(bytes([pad]) * pad):
        raise Refused("this was not sealed with the key of this inbox")
    return plain[:-pad]


def sealed(key: str, plain: bytes, iv: bytes | None = None) -> str:
    """The envelope around something, in base64. `iv` is given only where a test compares."""
    start = secrets.token_bytes(BLOCK) if iv is None else iv
    pad = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(key, start).encryptor()
    return base64.b64encode(start + encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def _cipher(key: str, iv: bytes) -> "ciphers.Cipher[modes.CBC]":
    return ciphers.Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv))
