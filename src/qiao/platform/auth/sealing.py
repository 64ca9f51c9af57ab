"""Secrets that must be read again (a company's signing key), sealed at rest under the installation's secret key.

Encrypt-then-MAC from HMAC-SHA256 (RFC 2104), which the standard library has and ciphers it does not: the stream is
HMAC(encryption key, nonce || counter), used as a pseudo-random function in counter mode (NIST SP 800-38A, section 6.5); the tag is
HMAC(tag key, about || nonce || text). Both keys are derived from the secret key by HKDF-Expand (RFC 5869). `about` binds a sealed
text to its place: moved to another workspace's row it does not open.
"""

import hashlib
import hmac
import os

from qiao.kit.errors import Unavailable

_VERSION = b"\x01"
_NONCE = 16
_TAG = 32


class SealBroken(Unavailable):
    """The sealed text does not open: another secret key, another place, or it was touched. Enter the secret again."""

    code = "auth.seal_broken"


class Seals:
    """Seals short texts with one installation's key. Pure but for the nonce."""

    def __init__(self, secret_key: str) -> None:
        whole = hashlib.sha256(secret_key.encode()).digest()
        self._stream_key = hmac.digest(whole, b"qiao seal stream\x01", "sha256")
        self._tag_key = hmac.digest(whole, b"qiao seal tag\x01", "sha256")

    def seal(self, text: str, about: str) -> bytes:
        """Unreadable without the key; another value each time."""
        nonce = os.urandom(_NONCE)
        hidden = self._crossed(text.encode(), nonce)
        return _VERSION + nonce + hidden + self._tag(about, nonce, hidden)

    def open(self, sealed: bytes, about: str) -> str:
        """What was sealed about the same thing. Raises SealBroken."""
        nonce, hidden, tag = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE : -_TAG], sealed[-_TAG:]
        if sealed[:1] != _VERSION or not hmac.compare_digest(tag, self._tag(about, nonce, hidden)):
            raise SealBroken("a stored secret cannot be opened; enter it again", retry_after=3600)
        return self._crossed(hidden, nonce).decode()

    def _tag(self, about: str, nonce: bytes, hidden: bytes) -> bytes:
        place = about.encode()
        return hmac.digest(self._tag_key, len(place).to_bytes(4) + place + nonce + hidden, "sha256")

    def _crossed(self, text: bytes, nonce: bytes) -> bytes:
        blocks = range(-(-len(text) // 32))
        stream = b"".join(hmac.digest(self._stream_key, nonce + block.to_bytes(4), "sha256") for block in blocks)
        return bytes(left ^ right for left, right in zip(text, stream, strict=False))
