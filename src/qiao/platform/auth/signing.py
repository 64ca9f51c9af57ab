"""Short signed tokens: proofs made by others (a company's own server signs who its visitor is) and by us."""

from datetime import datetime
from typing import Any

import jwt
from msgspec import Struct

from qiao.kit.clock import utc_now
from qiao.kit.errors import Unauthenticated

MAX_TOKEN = 4_096
MAX_LIFETIME_SECONDS = 24 * 3600
LEEWAY_SECONDS = 60


class ProofRefused(Unauthenticated):
    """A signed token is malformed, signed by another key or algorithm, expired, without expiry, or for somebody else."""

    code = "auth.proof_refused"


class Proof(Struct, frozen=True):
    """What a checked token says."""

    subject: str
    claims: dict[str, Any]
    expires_at: datetime


def check_proof(token: str, keys: list[str], *, audience: str) -> Proof:
    """Check an HS256 JWT (RFC 7519) against any of the live keys. Needs sub, exp and aud; a lifetime of at most a day.

    Raises ProofRefused with one message for every reason, so that a forger learns nothing.
    """
    if len(token) > MAX_TOKEN:
        raise ProofRefused("the identity token cannot be used")
    for key in keys:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["sub", "exp", "aud"], "enforce_minimum_key_length": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        expires = datetime.fromtimestamp(int(claims["exp"]), tz=utc_now().tzinfo)
        if (expires - utc_now()).total_seconds() > MAX_LIFETIME_SECONDS + LEEWAY_SECONDS or not str(claims["sub"]).strip():
            break
        return Proof(str(claims["sub"])[:200], claims, expires)
    raise ProofRefused("the identity token cannot be used")


def sign_proof(
    subject: str, key: str, *, audience: str, lifetime_seconds: int = 3600, claims: dict[str, Any] | None = None
) -> str:
    """An HS256 JWT as a company's own server would sign it. Used by the demo shop and by tests."""
    now = int(utc_now().timestamp())
    body = {**(claims or {}), "sub": subject, "aud": audience, "iat": now, "exp": now + lifetime_seconds}
    return jwt.encode(body, key, algorithm="HS256")
