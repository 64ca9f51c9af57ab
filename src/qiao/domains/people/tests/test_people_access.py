"""Who may do what, written out: a change of rights is a change of this page too."""

from typing import get_args

import pytest

from qiao.domains.people.access import PERMISSIONS, ROLE_PERMISSIONS, permissions_of, roles_with
from qiao.domains.people.contracts import Permission, Role

EVERYTHING = {
    "conversations.read",
    "conversations.write",
    "contacts.read",
    "contacts.write",
    "knowledge.read",
    "knowledge.write",
    "inboxes.write",
    "people.write",
    "workspace.write",
    "reports.read",
    "keys.write",
    "audit.read",
    "webhooks.write",
}
HELD = {
    "owner": EVERYTHING,
    "admin": EVERYTHING,
    "supervisor": EVERYTHING - {"inboxes.write", "people.write", "workspace.write", "keys.write", "audit.read", "webhooks.write"},
    "agent": {"conversations.read", "conversations.write", "contacts.read", "contacts.write", "knowledge.read"},
    "editor": {"knowledge.read", "knowledge.write", "reports.read"},
    "viewer": {"conversations.read", "contacts.read", "knowledge.read", "reports.read"},
}


def test_these_are_all_permissions():
    assert set(PERMISSIONS) == set(get_args(Permission)) == EVERYTHING


@pytest.mark.parametrize("role", sorted(HELD))
def test_a_role_holds_exactly_these(role: str):
    assert set(permissions_of(Role(role))) == HELD[role]


def test_every_role_is_written_down():
    assert {str(role) for role in Role} == set(HELD) == {str(role) for role in ROLE_PERMISSIONS}


@pytest.mark.parametrize("permission", sorted(EVERYTHING))
def test_roles_are_found_by_what_they_hold(permission: str):
    assert {str(role) for role in roles_with(permission)} == {role for role, held in HELD.items() if permission in held}


def test_nobody_holds_what_is_not_there():
    assert roles_with("everything.write") == []


def test_who_may_write_may_read():
    writing = {name.removesuffix(".write") for name in EVERYTHING if name.endswith(".write")}
    readable = {name.removesuffix(".read") for name in EVERYTHING if name.endswith(".read")}
    for held in HELD.values():
        assert {name.removesuffix(".write") for name in held if name.endswith(".write")} & readable <= {
            name.removesuffix(".read") for name in held if name.endswith(".read")
        }
    assert writing - readable == {"inboxes", "people", "workspace", "keys", "webhooks"}


def test_whoever_only_looks_changes_nothing():
    assert all(name.endswith(".read") for name in HELD["viewer"])
