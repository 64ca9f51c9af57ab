"""What links for new passwords are: their shapes."""

from datetime import datetime

from msgspec import Struct

from qiao.domains.people.contracts import Address, Password, Token


class AskedReset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever has forgotten their password."""

    email: Address


class ResetLink(Struct, frozen=True, kw_only=True):
    """A link with which somebody sets a new password, once. `url` holds the secret and is given here alone."""

    url: str
    expires_at: datetime


class ResetOffer(Struct, frozen=True, kw_only=True):
    """Whose password a link sets."""

    email: str
    workspace_name: dict[str, str]


class ResetAcceptance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link taken up."""

    token: Token | None
    password: Password
