"""A key for one purpose alone, made of a secret that has several: HKDF with SHA-256 (RFC 5869), by the library `cryptography`."""

from typing import TYPE_CHECKING

from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf import hkdf
else:
    hashes = lazy("cryptography.hazmat.primitives.hashes")
    hkdf = lazy("cryptography.hazmat.primitives.kdf.hkdf")

KEY_BYTES = 32


def derived(secret: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    """32 bytes that tell nothing of the secret, nor of what it gives for another purpose or another salt. The same each time."""
    return hkdf.HKDF(hashes.SHA256(), KEY_BYTES, salt, purpose).derive(secret)
