"""Pure decisions about people: who may change whom, what an address and a name look like, what a token says."""

import re
import unicodedata
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from uuid import UUID

from msgspec import UNSET, Struct

from qiao.domains.people.contracts import Locale, PersonChanges, Role
from qiao.domains.people.errors import LastOwner, PersonInvalid, RoleRefused
from qiao.kit.ids import PersonId, WorkspaceId, secret_digest

SESSION_PREFIX = "qs_"
INVITE_PREFIX = "qi_"
RESET_PREFIX = "qr_"
SESSION_IDLE_DAYS = 14
SESSION_DAYS = 60
INVITE_DAYS = 7
RESET_MINUTES = 30
MAX_NAME = 80
MAX_TOKEN = 200

_ORDER = list(Role)
_EMAIL = re.compile(r"[^@\s<>\",;:\\()\[\]]{1,64}@[^@\s<>\",;:\\()\[\]]{1,180}\.[^@\s.<>\",;:\\()\[\]]{2,60}")


class Standing(Struct, frozen=True):
    """What decides about a change of people: who they are and what they may do now, read under their row locks."""

    id: PersonId
    role: Role
    disabled: bool


def may_give(own: Role, role: Role) -> bool:
    """Nobody gives a role above their own; only an owner makes owners."""
    return _ORDER.index(own) <= _ORDER.index(role)


def check_change(actor: Standing | None, target: Standing, changes: PersonChanges, *, owners: int) -> None:
    """Raise RoleRefused or LastOwner unless `actor` may make `changes` to `target`.

    `actor` None is the program itself (command line, seeding): it may do everything except take the last owner away. `owners` counts those
    who are not disabled, `target` among them.
    """
    if actor is not None:
        _check_actor(actor, target, changes)
    if _ends_owner(target, changes) and owners <= 1:
        raise LastOwner("make somebody else an owner first")


def _check_actor(actor: Standing, target: Standing, changes: PersonChanges) -> None:
    if actor.disabled or not may_give(actor.role, target.role):
        raise RoleRefused("this person stands above you")
    if changes.role is not UNSET and not may_give(actor.role, changes.role):
        raise RoleRefused("this role is above yours", field="role")
    if actor.id == target.id and changes.disabled is True:
        raise RoleRefused("nobody disables themselves", field="disabled")


def _ends_owner(target: Standing, changes: PersonChanges) -> bool:
    if target.role is not Role.OWNER or target.disabled:
        return False
    return changes.disabled is True or (changes.role is not UNSET and changes.role is not Role.OWNER)


def check_other(own: Standing | None, target: Standing) -> None:
    """Raise RoleRefused unless `own` may act on the account of `target`: of nobody above them, and not on their own.

    `own` None is the program itself.
    """
    if own is None:
        return
    if own.disabled or own.id == target.id or not may_give(own.role, target.role):
        raise RoleRefused("this person stands above you, or it is you")


def check_reset(own: Standing | None, target: Standing) -> None:
    """Raise RoleRefused unless `own` may make `target` a link for a new password.

    Not for oneself: who only has an open browser would come by the account for good.
    """
    check_other(own, target)
    if target.disabled:
        raise RoleRefused("this person may not sign in")


def ends_sessions(target: Standing, changes: PersonChanges) -> bool:
    """True when what the person's sessions rest on changes: their role, or whether they may sign in."""
    return (changes.role is not UNSET and changes.role != target.role) or (changes.disabled is True and not target.disabled)


def email_key(email: str) -> str:
    """What two spellings of one address have in common. Compared, never written to. Empty for what can be no address."""
    text = email.strip()
    return unicodedata.normalize("NFKC", text).casefold() if text.isprintable() else ""


def source_of(ip: str) -> str:
    """What attempts are counted by: an address, or the /64 of an IPv6 one, since one subscriber has a whole /64."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def clean_email(email: str) -> str:
    """One plain address. Raises PersonInvalid."""
    text = email.strip()
    if len(text) > 254 or not text.isprintable() or not _EMAIL.fullmatch(text):
        raise PersonInvalid("this is not an e-mail address", field="email")
    return text


def clean_name(name: str) -> str:
    """A name on one line. Raises PersonInvalid when nothing is left or it is too long."""
    text = " ".join("".join(mark if mark.isprintable() else " " for mark in name).split())
    if not text or len(text) > MAX_NAME:
        raise PersonInvalid(f"a name has 1 to {MAX_NAME} characters", field="name")
    return text


def clean_team_name(name: Mapping[Locale, str]) -> dict[str, str]:
    """A name by language, empty ones left out. Raises PersonInvalid when none is left."""
    cleaned = {language: clean_name(text) for language, text in name.items() if text.strip()}
    if not cleaned or not cleaned.keys() <= {"zh", "en"}:
        raise PersonInvalid("a team has a name in zh or en", field="name")
    return cleaned


def read_token(prefix: str, token: str | None) -> tuple[WorkspaceId, bytes] | None:
    """Workspace and digest of a token of ours, `prefix<workspace hex>_<secret>`; None for anything else."""
    if not token or len(token) > MAX_TOKEN or not token.isascii() or not token.startswith(prefix):
        return None
    name, _, secret = token.removeprefix(prefix).partition("_")
    if len(name) != 32 or not secret:
        return None
    try:
        return WorkspaceId(UUID(hex=name)), secret_digest(token)
    except ValueError:
        return None
