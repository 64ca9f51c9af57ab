"""Inboxes on the real database: keys under a crowd, walls between companies, channels that went away."""

import asyncio
from operator import attrgetter
from types import SimpleNamespace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qiao.domains.inboxes.api import IdentityKeys, Inboxes
from qiao.domains.inboxes.contracts import Hours, InboxChanges, NewInbox, Schedule, Span
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound
from qiao.domains.inboxes.identity import MAX_LIVE_KEYS
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import NotFound
from qiao.kit.ids import InboxId, TeamId, new_id
from qiao.platform.auth.sealing import Seals
from qiao.platform.auth.signing import ProofRefused, check_proof, sign_proof
from qiao.platform.log.read import read_after
from qiao.ports.channel import Manifest, SettingField

pytestmark = pytest.mark.database

LABEL = {"zh": "标签", "en": "Label"}
RAVEN = Manifest(
    name="raven",
    tier="bronze",
    title={"zh": "渡鸦", "en": "Raven"},
    capabilities=frozenset(),
    max_text=10,
    settings=(
        SettingField(key="greeting", type="localised", label=LABEL, default={"en": "Hello"}),
        SettingField(key="colour", type="colour", label=LABEL, default="#1F7A6D"),
    ),
)
TEAM = TeamId(new_id())


async def only_one_team(_scope, team_id):
    for unknown in {team_id} - {TEAM}:
        raise NotFound(f"no team {unknown}")


@pytest.fixture
def inboxes(database) -> Inboxes:
    return Inboxes(database, {"raven": RAVEN}, only_one_team)


@pytest.fixture
def act(inboxes, database, workspace):
    async def act(name, *arguments, by=inboxes):
        async with database.scope(workspace.id) as scope:
            return await getattr(by, name)(scope, *arguments)

    return act


@pytest.fixture
def keys(inboxes, act):
    door = IdentityKeys(Seals("a secret key"), inboxes.get)

    async def keys(name, *arguments):
        return await act(name, *arguments, by=door)

    return keys


@pytest.fixture
async def inbox(act):
    return await act("create", NewInbox(channel="raven", name="官网"))


@pytest.fixture
def told(database, workspace):
    async def told():
        async with database.across() as connection:
            entries = await read_after(connection, workspace.id, 0)
        return [one.fields() for one in entries if one.name == "inboxes.changed.v1"]

    return told


async def test_two_keys_are_live_however_many_are_asked_for_at_once(keys, inbox):
    outcomes = await asyncio.gather(*(keys("add", inbox.id) for _ in range(6)), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, InboxInvalid)]
    assert len(refused) == 6 - MAX_LIVE_KEYS
    assert len(await keys("live_secrets", inbox.id)) == MAX_LIVE_KEYS
    assert {one.details["field"] for one in refused} == {"identity_keys"}


async def test_keys_are_rotated_without_a_moment_in_which_nobody_is_believed(keys, inbox):
    old = await keys("add", inbox.id)
    for turn in range(4):
        new = await keys("add", inbox.id)
        live = await keys("live_secrets", inbox.id)
        for key in (old, new):
            assert check_proof(sign_proof(f"u-{turn}", key.secret, audience=inbox.key), live, audience=inbox.key)
        await keys("retire", inbox.id, old.id)
        with pytest.raises(ProofRefused):
            check_proof(sign_proof("u", old.secret, audience=inbox.key), await keys("live_secrets", inbox.id), audience=inbox.key)
        old = new
    listed = await keys("all", inbox.id)
    assert [one.retired_at is None for one in listed] == [True, False, False, False, False]
    assert len({one.last_four for one in listed}) >= 4


async def test_a_retired_key_keeps_the_moment_it_was_retired_at(keys, inbox):
    key = await keys("add", inbox.id)
    await keys("retire", inbox.id, key.id)
    (first,) = await keys("all", inbox.id)
    await keys("retire", inbox.id, key.id)
    assert await keys("all", inbox.id) == [first]


async def test_keys_of_one_inbox_are_nothing_to_another(act, keys, inbox):
    other = await act("create", NewInbox(channel="raven", name="b"))
    key = await keys("add", inbox.id)
    assert await keys("live_secrets", other.id) == []
    assert await keys("all", other.id) == []
    with pytest.raises(InboxNotFound):
        await keys("retire", other.id, key.id)
    assert await keys("live_secrets", inbox.id) == [key.secret]
    token = sign_proof("u", key.secret, audience=inbox.key)
    with pytest.raises(ProofRefused):
        check_proof(token, await keys("live_secrets", inbox.id), audience=other.key)


async def test_another_company_finds_changes_and_learns_nothing(act, keys, inboxes, inbox, database):
    key = await keys("add", inbox.id)
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    identity_keys = IdentityKeys(Seals("a secret key"), inboxes.get)
    doors = SimpleNamespace(get=inboxes.get, change=inboxes.change, keys=identity_keys)
    for name, arguments in {
        "get": [inbox.id],
        "change": [inbox.id, InboxChanges(name="theirs")],
        "keys.add": [inbox.id],
        "keys.all": [inbox.id],
        "keys.retire": [inbox.id, key.id],
    }.items():
        with pytest.raises(InboxNotFound):
            async with database.scope(other.id) as scope:
                await attrgetter(name)(doors)(scope, *arguments)
    async with database.scope(other.id) as scope:
        assert await identity_keys.live_secrets(scope, inbox.id) == []
    assert await act("get", inbox.id) == inbox


@pytest.mark.parametrize("end", ["", "\x00", "x\x00y", "\ud800", "\n", "' or '1'='1", "%", "桥", "x" * 9_000])
async def test_the_right_company_with_a_wrong_key_finds_nothing(inboxes, workspace, end):
    with pytest.raises(InboxNotFound):
        await inboxes.by_key(f"{workspace.id.hex}-{end}")


@pytest.mark.parametrize("change", [str.upper, lambda key: key + " ", lambda key: key[:-1], lambda key: key + "-" + key])
async def test_a_key_is_found_as_it_was_written_alone(inboxes, inbox, change):
    assert (await inboxes.by_key(inbox.key)).inbox == inbox
    with pytest.raises(InboxNotFound):
        await inboxes.by_key(change(inbox.key))


async def test_changes_at_once_lose_nothing(act, inbox):
    for turn in range(5):
        wanted = {"colour": f"#00000{turn}", "greeting": {"en": f"Hello {turn}"}}
        await asyncio.gather(*(act("change", inbox.id, InboxChanges(settings={key: value})) for key, value in wanted.items()))
        assert (await act("get", inbox.id)).settings == wanted


async def test_inboxes_made_in_one_breath_keep_one_order(inboxes, database, workspace):
    async with database.scope(workspace.id) as scope:
        made = [await inboxes.create(scope, NewInbox(channel="raven", name=str(n))) for n in range(6)]
    async with database.scope(workspace.id) as scope:
        listed = [one.id for one in await inboxes.all(scope)]
        await inboxes.change(scope, listed[0], InboxChanges(name="renamed"))
        assert [one.id for one in await inboxes.all(scope)] == listed
    assert set(listed) == {one.id for one in made}
    assert len({one.key for one in made}) == 6


async def test_a_team_is_checked_before_it_is_given(act, inbox):
    assert (await act("change", inbox.id, InboxChanges(team_id=TEAM))).team_id == TEAM
    with pytest.raises(NotFound):
        await act("change", inbox.id, InboxChanges(team_id=TeamId(new_id()), name="new"))
    kept = await act("get", inbox.id)
    assert (kept.team_id, kept.name) == (TEAM, "官网")
    assert (await act("change", inbox.id, InboxChanges(team_id=None))).team_id is None


async def test_nothing_asked_changes_nothing(act, inbox):
    assert await act("change", inbox.id, InboxChanges()) == inbox
    assert await act("change", inbox.id, InboxChanges(settings={})) == inbox


async def test_what_is_refused_is_told_to_nobody(act, inbox, told):
    before = await told()
    wrong = [
        InboxChanges(name=""),
        InboxChanges(settings={"colour": "red"}),
        InboxChanges(hours=Hours(timezone="Nowhere", spans=[])),
        InboxChanges(team_id=TeamId(new_id())),
    ]
    for changes in wrong:
        with pytest.raises((InboxInvalid, NotFound)):
            await act("change", inbox.id, changes)
    assert await told() == before


async def test_no_secret_is_told_with_a_change(act, keys, inbox, told):
    key = await keys("add", inbox.id)
    await act("change", inbox.id, InboxChanges(name="new"))
    told_changes = await told()
    assert (told_changes[-1]["name"], told_changes[-1]["id"]) == ("new", str(inbox.id))
    assert key.secret not in str(told_changes)


async def test_an_unknown_inbox_is_not_found_by_any_door(act, keys):
    nobody = InboxId(new_id())
    for name, arguments in {
        "get": [],
        "change": [InboxChanges()],
    }.items():
        with pytest.raises(InboxNotFound):
            await act(name, nobody, *arguments)
    for name, arguments in {"add": [], "all": [], "retire": [new_id()]}.items():
        with pytest.raises(InboxNotFound):
            await keys(name, nobody, *arguments)


async def test_an_inbox_outlives_its_channel(act, database, inbox):
    """A channel that is taken out of the program leaves its inboxes readable, and their names changeable."""
    without = Inboxes(database, {})
    assert await act("all", by=without) == [await act("get", inbox.id, by=without)]
    assert (await act("change", inbox.id, InboxChanges(enabled=False, name="旧"), by=without)).name == "旧"
    with pytest.raises(InboxInvalid):
        await act("change", inbox.id, InboxChanges(settings={"colour": "#000000"}), by=without)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=90))
async def test_any_name_is_kept_trimmed_or_refused(act, name):
    plain = name.replace("\x00", "").strip()
    outcome = (await asyncio.gather(act("create", NewInbox(channel="raven", name=name)), return_exceptions=True))[0]
    assert getattr(outcome, "name", None) == (plain if 1 <= len(plain) <= 80 else None)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["#000000", "#FFFFFF", None]) | st.just({"en": "Hi"}), min_size=1, max_size=5))
async def test_settings_are_the_sum_of_their_changes(act, values):
    inbox = await act("create", NewInbox(channel="raven", name="sum"))
    expected = dict(inbox.settings)
    for value in values:
        key = {True: "greeting", False: "colour"}[isinstance(value, dict)]
        expected[key] = RAVEN.settings[1].default if value is None else value
        inbox = await act("change", inbox.id, InboxChanges(settings={key: value}))
    assert inbox.settings == expected == (await act("get", inbox.id)).settings


async def test_hours_are_read_as_they_were_written(act, inboxes, inbox):
    hours = Hours(timezone="America/New_York", spans=[Span(days=[1, 7], opens="00:00", closes="24:00")])
    await act("change", inbox.id, InboxChanges(hours=hours))
    assert (await inboxes.by_key(inbox.key)).inbox.hours == hours
    closed = await act("change", inbox.id, InboxChanges(hours=Hours(timezone="UTC", spans=[])))
    assert (Schedule.of(closed.hours).is_open(inbox.created_at), Schedule.of(inbox.hours)) == (False, None)
