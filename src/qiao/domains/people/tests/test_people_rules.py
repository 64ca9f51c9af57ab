"""Decisions about people, without a database."""

from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from qiao.domains.people.access import PERMISSIONS, permissions_of, roles_with
from qiao.domains.people.contracts import PersonChanges, Role
from qiao.domains.people.errors import LastOwner, PersonInvalid, RoleRefused
from qiao.domains.people.rules import (
    INVITE_PREFIX,
    SESSION_PREFIX,
    Standing,
    check_change,
    clean_email,
    clean_name,
    clean_team_name,
    email_key,
    ends_sessions,
    may_give,
    read_token,
    source_of,
)
from qiao.kit.ids import PersonId, new_secret, secret_digest

ROLES = list(Role)
A, B = PersonId(uuid4()), PersonId(uuid4())


def _allowed(actor, target, changes, owners=5):
    try:
        check_change(actor, target, changes, owners=owners)
    except (RoleRefused, LastOwner):
        return False
    return True


def test_roles_hold_what_the_contract_names():
    assert {role.value for role in ROLES} == {"owner", "admin", "supervisor", "agent", "editor", "viewer"}
    assert permissions_of(Role.OWNER) == permissions_of(Role.ADMIN) == PERMISSIONS
    assert roles_with("people.write") == [Role.OWNER, Role.ADMIN]
    assert roles_with("conversations.write") == [Role.OWNER, Role.ADMIN, Role.SUPERVISOR, Role.AGENT]
    assert all(not permission.endswith(".write") for permission in permissions_of(Role.VIEWER))


@pytest.mark.parametrize(("own", "given_role"), [*product(ROLES, ROLES)])
def test_nobody_gives_a_role_above_their_own(own, given_role):
    changes = PersonChanges(role=given_role)
    allowed = _allowed(Standing(A, own, False), Standing(B, Role.VIEWER, False), changes)
    assert allowed == may_give(own, given_role) == (ROLES.index(given_role) >= ROLES.index(own))


@pytest.mark.parametrize(("own", "wanted"), [*product(ROLES, ROLES)])
def test_nobody_raises_themselves(own, wanted):
    allowed = _allowed(Standing(A, own, False), Standing(A, own, False), PersonChanges(role=wanted))
    assert allowed == (ROLES.index(wanted) >= ROLES.index(own))


@pytest.mark.parametrize("changes", [PersonChanges(name="x"), PersonChanges(disabled=True), PersonChanges(role=Role.VIEWER)])
def test_an_admin_changes_nothing_of_an_owner(changes):
    assert not _allowed(Standing(A, Role.ADMIN, False), Standing(B, Role.OWNER, False), changes)


def test_nobody_disables_themselves():
    assert not _allowed(Standing(A, Role.OWNER, False), Standing(A, Role.OWNER, False), PersonChanges(disabled=True))


def test_a_disabled_person_changes_nobody():
    assert not _allowed(Standing(A, Role.OWNER, True), Standing(B, Role.AGENT, False), PersonChanges(name="x"))


_changes = st.builds(
    PersonChanges,
    role=st.one_of(st.just(UNSET), st.sampled_from(ROLES)),
    disabled=st.one_of(st.just(UNSET), st.booleans()),
    chat_limit=st.one_of(st.just(UNSET), st.integers(0, 100)),
)


@given(actor=st.one_of(st.none(), st.sampled_from(ROLES)), own=st.booleans(), changes=_changes)
def test_the_last_owner_stays_whoever_asks(actor, own, changes):
    target = Standing(B, Role.OWNER, False)
    asking = Standing(B if own else A, actor, False) if actor else None
    after = (target.role if changes.role is UNSET else changes.role, changes.disabled is True)
    allowed = _allowed(asking, target, changes, owners=1)
    assert not allowed or after == (Role.OWNER, False)


@given(own=st.sampled_from(ROLES), target=st.sampled_from(ROLES), changes=_changes)
def test_no_change_makes_anybody_higher_than_who_makes_it(own, target, changes):
    allowed = _allowed(Standing(A, own, False), Standing(B, target, False), changes)
    highest = min(ROLES.index(target), ROLES.index(target if changes.role is UNSET else changes.role))
    assert allowed == (highest >= ROLES.index(own))


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        (PersonChanges(role=Role.VIEWER), True),
        (PersonChanges(role=Role.AGENT), False),
        (PersonChanges(disabled=True), True),
        (PersonChanges(disabled=False), False),
        (PersonChanges(name="x", chat_limit=1, team_ids=[]), False),
    ],
)
def test_sessions_end_with_what_they_rest_on(changes, ends):
    assert ends_sessions(Standing(B, Role.AGENT, False), changes) is ends


@pytest.mark.parametrize("email", ["a@b.cc", "Ann.Lee+x@mail.shop.example", "王小明@例子.中国"])
def test_plain_addresses_are_taken(email):
    assert clean_email(f" {email} ") == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@b",
        "a@b@c.dd",
        "a b@c.dd",
        '"admin@x.com" <evil@y.zz>',
        "a@b.cc,d@e.ff",
        "a@b.cc\nBcc: d@e.ff",
        "a\x00@b.cc",
        "a" * 250,
    ],
)
def test_trick_addresses_are_not(email):
    with pytest.raises(PersonInvalid):
        clean_email(email)


def test_spellings_of_an_address_are_one():
    assert email_key(" Ann@Shop.Example ") == email_key("ann@shop.example") == email_key("ａnn@shop.example")
    assert email_key("ann\x00@shop.example") == ""


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\x00", "x" * 81])
def test_names_that_say_nothing_are_refused(name):
    with pytest.raises(PersonInvalid):
        clean_name(name)


def test_team_names_leave_empty_languages_out():
    assert clean_team_name({"zh": " 售后 ", "en": " "}) == {"zh": "售后"}


@given(prefix=st.sampled_from([SESSION_PREFIX, INVITE_PREFIX]), workspace=st.uuids())
def test_tokens_name_their_workspace(prefix, workspace):
    token = new_secret(f"{prefix}{workspace.hex}_")
    assert read_token(prefix, token) == (workspace, secret_digest(token))


@given(st.one_of(st.text(max_size=250), st.text("qs_-0123456789abcdef", max_size=90).map(SESSION_PREFIX.__add__)))
def test_reading_a_token_never_fails(token):
    assert read_token(INVITE_PREFIX, token) is None
    read = read_token(SESSION_PREFIX, token)
    assert read is None or isinstance(read[0], UUID)


def test_a_subscriber_of_ipv6_is_one_source():
    assert source_of("2001:db8:1:2:aaaa::1") == source_of("2001:db8:1:2:bbbb::2") != source_of("2001:db8:1:3::1")
    assert source_of("192.0.2.1") != source_of("192.0.2.2")
    assert source_of("testclient") == "testclient"
