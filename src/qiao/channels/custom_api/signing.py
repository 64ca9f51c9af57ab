"""The Standard Webhooks signature (standardwebhooks.com, version 1.0), both directions.

`webhook-signature` holds, separated by blanks, `v1,` and the base64 of HMAC-SHA256(secret, "{webhook-id}.{webhook-timestamp}.{body}"). The
secret is written as `whsec_` and base64.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from qiao.kit.errors import Refused

TOLERANCE_SECONDS = 300
MIN_SECRET = 16
_PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes behind a written secret. Raises Refused for one that is none or too short to protect anything."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("the signing secret is not whsec_ and base64") from None
    if len(key) < MIN_SECRET:
        raise Refused("the signing secret is too short")
    return key


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """What `webhook-signature` says of a body."""
    signed = hmac.digest(key_of(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed).decode()


def headers(secret: str, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers that a signed body goes with."""
    timestamp = int(now.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }


def check(secret: str, given: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raise Refused unless one of the signatures is right and the time is near."""
    message_id, written = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not written.isascii() or not written.isdigit() or len(written) > 12:
        raise Refused("the webhook headers are missing")
    if abs(now.timestamp() - int(written)) > TOLERANCE_SECONDS:
        raise Refused("the webhook is too old or its clock is wrong")
    wanted = signature(secret, message_id, int(written), body).encode()
    offered = given.get("webhook-signature", "").split(" ")[:10]
    if not any(hmac.compare_digest(wanted, one.encode()) for one in offered):
        raise Refused("the webhook's signature is not right")
