"""Secrets that must be read again (a company's signing key), sealed at rest under the installation's secret key.

AES-256-GCM with a random nonce; the key is derived from the secret key by HKDF-SHA256 (RFC 5869). `about` is bound in: a sealed text
moved to another workspace's row does not open.
"""

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from qiao.kit.errors import Unavailable
from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives.ciphers import aead
else:
    aead = lazy("cryptography.hazmat.primitives.ciphers.aead")
    exceptions = lazy("cryptography.exceptions")

_VERSION = b"\x02"
_NONCE = 12
_PURPOSE = b"qiao seal\x01"


class SealBroken(Unavailable):
    """The sealed text does not open: another secret key, another place, or it was touched. Enter the secret again."""

    code = "auth.seal_broken"


class Seals:
    """Seals short texts with one installation's key."""

    def __init__(self, secret_key: str) -> None:
        # HKDF with no salt and one block of output.
        extracted = hmac.digest(bytes(32), secret_key.encode(), hashlib.sha256)
        self._key = hmac.digest(extracted, _PURPOSE, hashlib.sha256)

    def seal(self, text: str, about: str) -> bytes:
        """Unreadable without the key; another value each time."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + aead.AESGCM(self._key).encrypt(nonce, text.encode(), about.encode() + _VERSION)

    def open(self, sealed: bytes, about: str) -> str:
        """What was sealed about the same thing. Raises SealBroken."""
        version, nonce, hidden = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return aead.AESGCM(self._key).decrypt(nonce, hidden, about.encode() + version).decode()
        except (exceptions.InvalidTag, ValueError) as error:
            raise SealBroken("a stored secret cannot be opened; enter it again", retry_after=3600) from error
