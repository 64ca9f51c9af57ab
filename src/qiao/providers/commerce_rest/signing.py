"""How a request to a company's service is signed, and how the company checks it. Pure.

`Qiao-Signature: v1=HEX` where HEX is HMAC-SHA256 (RFC 2104), with the shared secret's UTF-8 bytes as the key, of

    Qiao-Id "." Qiao-Timestamp "." path "." body

`path` is the request's path as sent, `body` its bytes. The timestamp (Unix seconds) is refused when it is more than five minutes
off; the id names a request, so that one that comes again can be told from a new one.
"""

import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300
ID, TIMESTAMP, SIGNATURE = "qiao-id", "qiao-timestamp", "qiao-signature"


def signature(secret: str, request_id: str, timestamp: int, path: str, body: bytes) -> str:
    """The header's value."""
    signed = f"{request_id}.{timestamp}.{path}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def is_signed(secret: str, headers: Mapping[str, str], path: str, body: bytes, now: float) -> bool:
    """What a company's service asks of a request; header names in lower case. Also the check of the tests' service."""
    stamp = headers.get(TIMESTAMP, "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12 or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return False
    expected = signature(secret, headers.get(ID, ""), int(stamp), path, body)
    return hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").encode())
