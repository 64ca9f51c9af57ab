"""What API keys are: their shapes and rules."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from qiao.domains.people.contracts import Name, Permission
from qiao.domains.people.errors import PersonInvalid, RoleRefused
from qiao.kit.ids import InboxId, PersonId

NEVER: frozenset[Permission] = frozenset({"people.write", "keys.write", "audit.read"})
"""What no program may do, whoever made its key: change people, make keys, read what was done."""
MAX_KEYS = 100
LONGEST_DAYS = 3_660


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key as its workspace sees it. `permissions`: what of its scopes it holds now; none when who made it is disabled."""

    id: UUID
    name: str
    made_by: PersonId
    scopes: list[Permission]
    permissions: list[Permission]
    inbox_ids: list[InboxId] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewApiKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to make. `inbox_ids`: the only inboxes that it may see; null or absent: all."""

    name: Name
    scopes: Annotated[list[Permission], Meta(min_length=1, max_length=20)]
    inbox_ids: Annotated[list[InboxId], Meta(min_length=1, max_length=50)] | None = None
    expires_at: datetime | None = None


class MadeKey(Struct, frozen=True, kw_only=True):
    """A key that was just made. `secret` is shown here and never again."""

    key: ApiKey
    secret: str


def check_scopes(scopes: Collection[Permission], held: Collection[str]) -> list[Permission]:
    """The scopes in order, each once. Raises RoleRefused for what its maker may not do, and for what no key may."""
    wanted = sorted(set(scopes))
    above = [scope for scope in wanted if scope in NEVER or scope not in held]
    if above:
        raise RoleRefused("a key can be given at most what you may do yourself", field="scopes", scopes=above)
    return wanted


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """Raises PersonInvalid for a time that has passed, is too far, or has no zone."""
    if expires_at is None:
        return
    if expires_at.tzinfo is None or not now < expires_at <= now + timedelta(days=LONGEST_DAYS):
        raise PersonInvalid("a key ends at a time that is still to come, with its zone", field="expires_at")
