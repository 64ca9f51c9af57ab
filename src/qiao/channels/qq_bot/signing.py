"""How QQ proves itself and asks us to: Ed25519 (RFC 8032), the seed being the app's secret repeated until it fills 32 bytes.

A delivery is signed over its time stamp and raw body. To check an address (op 13) QQ asks for our signature, with the same key, over a
time and a word of its choice, and nothing proves that it is QQ who asks: so only words are signed that can be no delivery's body.
Source: bot.q.qq.com, webhook "signature" page.
"""

import re
from typing import TYPE_CHECKING

from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives.asymmetric import ed25519
else:
    ed25519 = lazy("cryptography.hazmat.primitives.asymmetric.ed25519")
    exceptions = lazy("cryptography.exceptions")

SEED_BYTES = 32
_TIME = re.compile(r"[0-9]{1,20}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,128}")


def _key(secret: str) -> "ed25519.Ed25519PrivateKey":
    raw = secret.encode()
    seed = (raw * (SEED_BYTES // len(raw) + 1))[:SEED_BYTES]
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a delivery is signed with; hexadecimal. An empty secret signs nothing."""
    return _key(secret).sign(timestamp.encode() + body).hex() if secret else ""


def is_signed(secret: str, given: str, timestamp: str, body: bytes) -> bool:
    """True when `given` is QQ's signature of the delivery. Never without a secret."""
    try:
        raw = bytes.fromhex(given)
        if not secret or len(raw) != 64:
            return False
        _key(secret).public_key().verify(raw, timestamp.encode("utf-8", "replace") + body)
    except (ValueError, exceptions.InvalidSignature):
        return False
    return True


def may_sign(event_ts: str, plain_token: str) -> bool:
    """Whether these are what QQ asks with: a number and a word. Together they are never a time stamp with a JSON object."""
    return bool(_TIME.fullmatch(event_ts) and _WORD.fullmatch(plain_token))
