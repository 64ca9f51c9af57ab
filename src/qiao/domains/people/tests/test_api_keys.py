"""API keys: what they may do, whose they are, and how they end."""

from datetime import timedelta

import pytest

from qiao.domains.people.contracts import Role
from qiao.domains.people.errors import KeyNotFound, PersonInvalid, RoleRefused, TooManyKeys
from qiao.domains.people.keys import MAX_KEYS, NEVER, NewApiKey, check_expiry, check_scopes
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id

SCOPES = ["conversations.read", "conversations.write", "inboxes.write", "reports.read"]


@pytest.fixture
async def boss(desk, owner):
    return (await desk.enter(owner)).caller


@pytest.fixture
def made(desk, boss):
    async def made(by=None, **fields):
        return await desk.act("make_key", by or boss, NewApiKey(**{"name": "Shop sync", "scopes": SCOPES, **fields}))

    return made


def test_a_scope_counts_once_and_never_above_its_maker():
    assert check_scopes(["reports.read", "contacts.read", "reports.read"], {"reports.read", "contacts.read"}) == [
        "contacts.read",
        "reports.read",
    ]
    with pytest.raises(RoleRefused) as refused:
        check_scopes(["reports.read", "inboxes.write"], {"reports.read"})
    assert refused.value.details["scopes"] == ["inboxes.write"]


@pytest.mark.parametrize("scope", sorted(NEVER))
def test_what_no_program_may_do_is_given_to_none(scope):
    with pytest.raises(RoleRefused):
        check_scopes([scope], {scope})


@pytest.mark.parametrize("days", [-1, 0, 4_000])
def test_a_key_ends_in_a_time_to_come(days):
    now = utc_now()
    check_expiry(now + timedelta(days=30), now)
    check_expiry(None, now)
    with pytest.raises(PersonInvalid):
        check_expiry(now + timedelta(days=days), now)
    with pytest.raises(PersonInvalid):
        check_expiry((now + timedelta(days=30)).replace(tzinfo=None), now)


@pytest.mark.database
async def test_a_key_is_an_author_of_its_own_with_what_it_was_made_for(desk, made):
    one = await made(scopes=["reports.read", "conversations.read"])
    caller = await desk.people.authenticate(one.secret)
    assert (caller.program, caller.name, caller.workspace_id) == (True, "Shop sync", desk.workspace.id)
    assert caller.permissions == {"conversations.read", "reports.read"}
    assert caller.person_id == caller.session_id == one.key.id


@pytest.mark.database
async def test_the_secret_is_kept_nowhere(desk, made):
    one = await made()
    assert one.secret.startswith(f"qiao_key_{desk.workspace.id.hex}_")
    (listed,) = await desk.act("api_keys")
    rows = await desk.database.pool.fetch("select k::text as kept from api_keys k where workspace_id = $1", desk.workspace.id)
    told = await desk.facts("people.key_made.v1")
    assert listed == one.key
    assert one.secret.split("_", 3)[3] not in f"{[row['kept'] for row in rows]}{told}{listed}"
    assert told == [{"key_id": str(one.key.id), "name": "Shop sync", "scopes": SCOPES, "made_by": str(one.key.made_by)}]


@pytest.mark.database
@pytest.mark.parametrize("change", [str.upper, lambda text: text + "x", lambda text: text[:-1], lambda text: f" {text}x"])
async def test_another_spelling_of_a_key_opens_nothing(desk, made, change):
    one = await made()
    assert await desk.people.authenticate(change(one.secret)) is None
    assert await desk.people.authenticate(one.secret) is not None


@pytest.mark.database
async def test_a_key_falls_with_its_maker_and_comes_back_as_far_as_they_do(desk, made):
    admin = await desk.employ("adam", Role.ADMIN)
    one = await made((await desk.enter(admin)).caller)
    assert "inboxes.write" in (await desk.people.authenticate(one.secret)).permissions
    await desk.change(None, admin, role=Role.SUPERVISOR)
    assert (await desk.people.authenticate(one.secret)).permissions == {
        "conversations.read",
        "conversations.write",
        "reports.read",
    }
    await desk.change(None, admin, disabled=True)
    assert await desk.people.authenticate(one.secret) is None
    assert (await desk.act("api_keys"))[0].permissions == []
    await desk.change(None, admin, disabled=False, role=Role.VIEWER)
    assert (await desk.people.authenticate(one.secret)).permissions == {"conversations.read", "reports.read"}


@pytest.mark.database
async def test_a_revoked_key_is_known_to_nobody_and_its_sockets_are_told(desk, made, boss):
    one, other = await made(), await made(name="Other")
    assert await desk.people.authenticate(one.secret) is not None
    await desk.act("revoke_key", boss, one.key.id)
    assert await desk.people.authenticate(one.secret) is None
    assert await desk.people.authenticate(other.secret) is not None
    (ended,) = await desk.facts("people.session_ended.v1")
    assert (ended["session_id"], ended["reason"]) == (str(one.key.id), "revoked")
    for gone in (one.key.id, new_id()):
        with pytest.raises(KeyNotFound):
            await desk.act("revoke_key", boss, gone)


@pytest.mark.database
async def test_sockets_of_keys_are_told_when_their_makers_role_changes(desk, made):
    admin = await desk.employ("adam", Role.ADMIN)
    one = await made((await desk.enter(admin)).caller)
    await desk.change(None, admin, role=Role.AGENT)
    assert (str(one.key.id), "role") in [
        (fact["session_id"], fact["reason"]) for fact in await desk.facts("people.session_ended.v1")
    ]


@pytest.mark.database
async def test_a_key_ends_by_itself(desk, made):
    one = await made(expires_at=utc_now() + timedelta(days=1))
    assert await desk.people.authenticate(one.secret) is not None
    await desk.database.pool.execute(
        "update api_keys set expires_at = now() - interval '1 second' where workspace_id = $1", desk.workspace.id
    )
    desk.people._recent.forget(desk.workspace.id, frozenset({"people.changed.v1"}))
    assert await desk.people.authenticate(one.secret) is None


@pytest.mark.database
async def test_its_use_is_noted_and_another_companys_key_is_not_listed(desk, made, workspace):
    one = await made()
    assert one.key.last_used_at is None
    await desk.people.authenticate(one.secret)
    (listed,) = await desk.act("api_keys")
    assert utc_now() - listed.last_used_at < timedelta(minutes=1)
    moved = one.secret.replace(workspace.id.hex, new_id().hex)
    assert await desk.people.authenticate(moved) is None


@pytest.mark.database
async def test_keys_are_bounded(desk, made, owner):
    await made()
    await desk.database.pool.execute(
        "insert into api_keys (workspace_id, digest, id, name, made_by, scopes)"
        " select $1, sha256(n::text::bytea), gen_random_uuid(), 'x', $2, '{}' from generate_series(2, $3::int) n",
        desk.workspace.id,
        owner.id,
        MAX_KEYS,
    )
    with pytest.raises(TooManyKeys):
        await made()
