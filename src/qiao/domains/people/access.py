"""Who may do what: the permissions of each role. The only place that says so."""

from collections.abc import Mapping
from typing import get_args

from qiao.domains.people.contracts import Permission, Role

PERMISSIONS: frozenset[Permission] = frozenset(get_args(Permission))
_AGENT: frozenset[Permission] = frozenset(
    {"conversations.read", "conversations.write", "contacts.read", "contacts.write", "knowledge.read"}
)
_MORE: frozenset[Permission] = frozenset({"knowledge.write", "reports.read"})

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: PERMISSIONS,
    Role.ADMIN: PERMISSIONS,
    Role.SUPERVISOR: _AGENT | _MORE,
    Role.AGENT: _AGENT,
    Role.EDITOR: frozenset({"knowledge.read", "knowledge.write", "reports.read"}),
    Role.VIEWER: frozenset({"conversations.read", "contacts.read", "knowledge.read", "reports.read"}),
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """What a role may do. An owner holds what an admin holds, and alone may make and change owners."""
    return ROLE_PERMISSIONS[role]


def roles_with(permission: str) -> list[Role]:
    """The roles that hold a permission."""
    return [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
