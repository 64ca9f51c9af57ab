"""Workspaces: an address each, settings within their bounds, and nothing of one in another."""

import asyncio
from uuid import uuid4

import pytest

from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import WorkspaceChanges
from qiao.domains.workspaces.errors import SlugTaken, WorkspaceInvalid, WorkspaceNotFound
from qiao.domains.workspaces.rules import check_field
from qiao.kit.ids import WorkspaceId
from qiao.platform.log.read import head

pytestmark = pytest.mark.database


def slug() -> str:
    return f"w-{uuid4().hex[:12]}"


async def test_a_new_workspace_is_found_by_its_address(database):
    workspaces, address = Workspaces(database), slug()
    made = await workspaces.create(address, {"zh": "兰亭茶器", "en": "Lanting"}, default_locale="en", timezone="Europe/Berlin")
    assert await workspaces.by_slug(address) == made
    assert (made.name["zh"], made.default_locale, made.timezone) == ("兰亭茶器", "en", "Europe/Berlin")
    assert made.id in await workspaces.all_ids()
    async with database.across() as connection:
        epoch, position = await head(connection, made.id)
        assert (bool(epoch), position) == (True, 0)
        assert await connection.fetchval("select last_number from conversation_counters where workspace_id = $1", made.id) == 0


async def test_of_several_at_once_one_gets_the_address(database):
    workspaces, address = Workspaces(database), slug()
    outcomes = await asyncio.gather(*(workspaces.create(address, {"zh": "甲"}) for _ in range(5)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["SlugTaken"] * 4 + ["Workspace"]
    made = await workspaces.by_slug(address)
    async with database.across() as connection:
        assert await connection.fetchval("select count(*) from log_heads where workspace_id = $1", made.id) == 1


async def test_an_unknown_one_is_not_found(database):
    workspaces = Workspaces(database)
    with pytest.raises(WorkspaceNotFound):
        await workspaces.by_slug("nobody-here")
    with pytest.raises(WorkspaceNotFound):
        async with database.scope(WorkspaceId(uuid4())) as scope:
            await workspaces.get(scope)


async def test_only_what_is_given_changes(database, workspace):
    workspaces = Workspaces(database)
    async with database.scope(workspace.id) as scope:
        changed = await workspaces.change(scope, WorkspaceChanges(chat_limit_default=9, timezone="UTC"))
        assert await workspaces.change(scope, WorkspaceChanges()) == changed
    assert (changed.chat_limit_default, changed.timezone) == (9, "UTC")
    assert (changed.slug, changed.name, changed.requeue_after_seconds) == (workspace.slug, workspace.name, 90)


async def test_a_taken_address_is_refused_and_nothing_changes(database, workspace):
    workspaces = Workspaces(database)
    other = await workspaces.create(slug(), {"zh": "乙"})
    with pytest.raises(SlugTaken):
        async with database.scope(workspace.id) as scope:
            await workspaces.change(scope, WorkspaceChanges(slug=other.slug))
    assert (await workspaces.by_slug(other.slug)).id == other.id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "a"), ("slug", "a-b-1"), ("slug", "a" * 40), ("default_locale", "zh"), ("default_locale", "en"),
        ("timezone", "UTC"), ("timezone", "Asia/Shanghai"), ("chat_limit_default", 1), ("chat_limit_default", 100),
        ("requeue_after_seconds", 15), ("requeue_after_seconds", 3600), ("name", {"zh": "桥"}), ("name", {"en": "x" * 80}),
    ],
)  # fmt: skip
def test_what_is_within_its_rule_passes(field, value):
    check_field(field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", ""), ("slug", "A"), ("slug", "-a"), ("slug", "a-"), ("slug", "a b"), ("slug", "a" * 41), ("slug", "桥"), ("slug", "a\n"),
        ("default_locale", "de"), ("default_locale", ""), ("timezone", ""), ("timezone", "Mars/Olympus"), ("timezone", "../etc/passwd"),
        ("timezone", "Asia"), ("timezone", "UTC\x00"), ("chat_limit_default", 0), ("chat_limit_default", 101),
        ("requeue_after_seconds", 14), ("requeue_after_seconds", 3601), ("name", {}), ("name", {"zh": " "}), ("name", {"zh": "x" * 81}),
    ],
)  # fmt: skip
def test_what_breaks_its_rule_is_refused_by_name(field, value):
    with pytest.raises(WorkspaceInvalid) as refused:
        check_field(field, value)
    assert refused.value.details == {"field": field}


async def test_over_http_everybody_reads_and_admins_change(door, workspace):
    agent, owner = await door("agent"), await door("owner")
    assert (await agent.get("/api/v1/workspace")).json()["slug"] == workspace.slug
    assert (await agent.patch("/api/v1/workspace", json={"chat_limit_default": 3})).status_code == 403
    assert (await owner.patch("/api/v1/workspace", json={"chat_limit_default": 3})).json()["chat_limit_default"] == 3
    refused = await owner.patch("/api/v1/workspace", json={"chat_limit_default": 0})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        422,
        "workspaces.invalid",
        "chat_limit_default",
    )
    assert (await owner.patch("/api/v1/workspace", json={"plan": "gold"})).status_code == 422
    assert (await (await door()).get("/api/v1/workspace")).status_code == 401
