"""Who may do what: the permissions of each role. The only place that says so."""

from collections.abc import Mapping

from qiao.domains.people.contracts import Role

PERMISSIONS = frozenset(
    {
        "conversations.read",
        "conversations.write",
        "contacts.read",
        "contacts.write",
        "knowledge.read",
        "knowledge.write",
        "inboxes.write",
        "people.write",
        "reports.read",
        "workspace.write",
    }
)
_AGENT = frozenset({"conversations.read", "conversations.write", "contacts.read", "contacts.write", "knowledge.read"})

ROLE_PERMISSIONS: Mapping[Role, frozenset[str]] = {
    Role.OWNER: PERMISSIONS,
    Role.ADMIN: PERMISSIONS,
    Role.SUPERVISOR: _AGENT | {"knowledge.write", "reports.read"},
    Role.AGENT: _AGENT,
    Role.EDITOR: frozenset({"knowledge.read", "knowledge.write", "reports.read"}),
    Role.VIEWER: frozenset({"conversations.read", "contacts.read", "knowledge.read", "reports.read"}),
}


def permissions_of(role: Role) -> frozenset[str]:
    """What a role may do. An owner holds what an admin holds, and alone may make and change owners."""
    return ROLE_PERMISSIONS[role]


def roles_with(permission: str) -> list[Role]:
    """The roles that hold a permission."""
    return [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
