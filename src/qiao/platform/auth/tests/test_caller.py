"""What a caller may do is what their permissions say."""

from uuid import uuid4

import pytest

from qiao.kit.errors import Refused
from qiao.platform.auth.caller import Caller


def caller(*permissions: str) -> Caller:
    return Caller(
        workspace_id=uuid4(), person_id=uuid4(), session_id=uuid4(), name="周宁", role="agent",
        permissions=frozenset(permissions), locale="zh",
    )  # fmt: skip


def test_a_permission_that_is_held_lets_through():
    caller("contacts.read").must("contacts.read")


@pytest.mark.parametrize("asked", ["contacts.write", "contacts", "contacts.read.all", ""])
def test_any_other_is_refused_by_its_name(asked: str):
    with pytest.raises(Refused) as refused:
        caller("contacts.read").must(asked)
    assert refused.value.details == {"permission": asked}
