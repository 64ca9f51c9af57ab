"""Signatures over the bytes of a webhook call: the keyed hashes that providers use, in the spellings that they send them in."""

import base64
import hashlib
import hmac


def signed_hex(secret: str, body: bytes, prefix: str = "", digest: str = "sha256") -> str:
    """HMAC (RFC 2104) of `body` in hexadecimal, after `prefix` ("sha256=", "v0=")."""
    return prefix + hmac.new(secret.encode(), body, digest).hexdigest()


def signed_base64(secret: str, body: bytes, prefix: str = "", digest: str = "sha256") -> str:
    """HMAC (RFC 2104) of `body` in Base64, after `prefix`."""
    return prefix + base64.b64encode(hmac.new(secret.encode(), body, digest).digest()).decode()


def hashed_hex(secret: str, body: bytes, digest: str = "sha1") -> str:
    """A plain hash of the secret followed by the body, in hexadecimal."""
    return hashlib.new(digest, secret.encode() + body, usedforsecurity=False).hexdigest()


def same(given: str, wanted: str) -> bool:
    """Whether two signatures are one, in constant time; whatever characters a stranger sends."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def is_signed(secret: str, given: str, wanted: str) -> bool:
    """True when the signature is the wanted one. Never without a secret, and never for an empty signature."""
    return bool(secret) and bool(given) and same(given, wanted)
