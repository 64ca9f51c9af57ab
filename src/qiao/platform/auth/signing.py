"""Short signed tokens: proofs made by others (a company's own server signs who its visitor is) and by us."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from qiao.kit.clock import utc_now
from qiao.kit.errors import Unauthenticated
from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    import jwt
else:
    jwt = lazy("jwt")

MAX_TOKEN = 4_096
MAX_SUBJECT = 200
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
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            continue
        ends, subject = int(claims["exp"]), str(claims["sub"])
        if ends > utc_now().timestamp() + MAX_LIFETIME_SECONDS + LEEWAY_SECONDS or not _usable(subject):
            break
        return Proof(subject, claims, datetime.fromtimestamp(ends, tz=UTC))
    raise ProofRefused("the identity token cannot be used")


def _usable(subject: str) -> bool:
    # Never cut to fit: two long subjects would become one person.
    return bool(subject.strip()) and len(subject) <= MAX_SUBJECT and "\x00" not in subject


def sign_proof(
    subject: str, key: str, *, audience: str, lifetime_seconds: int = 3600, claims: dict[str, Any] | None = None
) -> str:
    """An HS256 JWT as a company's own server would sign it. Used by the demo shop and by tests."""
    now = int(utc_now().timestamp())
    body = {**(claims or {}), "sub": subject, "aud": audience, "iat": now, "exp": now + lifetime_seconds}
    return jwt.encode(body, key, algorithm="HS256")
