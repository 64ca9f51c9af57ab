"""Inboxes on the real database: made of a channel, changed key by key, found by a public key, proven by keys that can be rotated."""

from uuid import UUID, uuid4

import pytest
from msgspec import structs

from qiao.domains.inboxes.api import IdentityKeys, Inboxes
from qiao.domains.inboxes.contracts import Hours, InboxChanges, NewInbox, Span
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound
from qiao.domains.inboxes.install import snippet_of
from qiao.kit.ids import InboxId, new_id
from qiao.platform.auth.sealing import Seals
from qiao.platform.auth.signing import ProofRefused, check_proof, sign_proof
from qiao.platform.log.read import read_after
from qiao.ports.channel import Capability, Manifest, ReasonWords, SettingField

pytestmark = pytest.mark.database

LABEL = {"zh": "标签", "en": "Label"}
FIELDS = (
    SettingField(key="greeting", type="localised", label=LABEL, default={"zh": "您好", "en": "Hello"}),
    SettingField(key="colour", type="colour", label=LABEL, default="#1F7A6D"),
    SettingField(key="allowed_origins", type="origins", label=LABEL, default=[]),
)
PIGEON = Manifest(
    name="pigeon", tier="bronze", title={"zh": "信鸽", "en": "Pigeon"}, capabilities=frozenset({Capability.TEXT}),
    max_text=10, settings=FIELDS
)  # fmt: skip


@pytest.fixture
def inboxes(database) -> Inboxes:
    return Inboxes(database, {"pigeon": PIGEON})


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
    return await act("create", NewInbox(channel="pigeon", name=" 官网 "))


async def test_a_new_inbox_has_its_channels_defaults(inbox, workspace):
    assert (inbox.name, inbox.channel, inbox.enabled, inbox.bot_enabled) == ("官网", "pigeon", True, True)
    assert inbox.settings == {"greeting": {"zh": "您好", "en": "Hello"}, "colour": "#1F7A6D", "allowed_origins": []}
    assert inbox.key.startswith(f"{workspace.id.hex}-")
    assert inbox.hours is None


@pytest.mark.parametrize("new", [("nothing", "x"), ("pigeon", " "), ("pigeon", "x" * 81), ("pigeon", "\x00")])
async def test_what_cannot_be_an_inbox_is_refused(act, new):
    with pytest.raises(InboxInvalid):
        await act("create", NewInbox(channel=new[0], name=new[1]))


async def test_settings_are_merged_key_by_key(act, inbox):
    await act("change", inbox.id, InboxChanges(settings={"colour": "#000000"}))
    changed = await act("change", inbox.id, InboxChanges(settings={"allowed_origins": ["https://Shop.example/"]}, name="商店"))
    assert (changed.name, changed.settings["colour"]) == ("商店", "#000000")
    assert changed.settings["allowed_origins"] == ["https://shop.example"]
    assert changed.settings["greeting"] == {"zh": "您好", "en": "Hello"}
    back = await act("change", inbox.id, InboxChanges(settings={"colour": None}))
    assert back.settings["colour"] == "#1F7A6D"
    assert await act("get", inbox.id) == back


async def test_a_wrong_setting_changes_nothing(act, inbox):
    for settings in ({"colour": "#000000", "nothing": 1}, {"colour": "black"}):
        with pytest.raises(InboxInvalid):
            await act("change", inbox.id, InboxChanges(settings=settings, name="new"))
    assert await act("get", inbox.id) == inbox


async def test_hours_are_kept_and_taken_away(act, inbox):
    hours = Hours(timezone="Asia/Shanghai", spans=[Span(days=[1], opens="09:00", closes="24:00")])
    assert (await act("change", inbox.id, InboxChanges(hours=hours))).hours == hours
    assert (await act("change", inbox.id, InboxChanges(enabled=True))).hours == hours
    assert (await act("change", inbox.id, InboxChanges(hours=None))).hours is None
    with pytest.raises(InboxInvalid):
        await act("change", inbox.id, InboxChanges(hours=Hours(timezone="Nowhere", spans=[])))


async def test_the_public_key_finds_an_inbox_that_is_switched_on(act, inboxes, inbox, workspace):
    found = await inboxes.by_key(inbox.key)
    assert (found.workspace_id, found.inbox) == (workspace.id, inbox)
    await act("change", inbox.id, InboxChanges(enabled=False))
    with pytest.raises(InboxNotFound):
        await inboxes.by_key(inbox.key)


@pytest.mark.parametrize(
    "key", ["", "x", "-", "nonsense-key", f"{UUID(int=7).hex}-{UUID(int=8).hex}", "x" * 5_000, "' or 1=1 --"]
)
async def test_a_made_up_key_finds_nothing(inboxes, key):
    with pytest.raises(InboxNotFound):
        await inboxes.by_key(key)


async def test_every_change_is_told(act, inbox, database, workspace):
    await act("change", inbox.id, InboxChanges(name="b"))
    async with database.across() as connection:
        entries = await read_after(connection, workspace.id, 0)
    assert [(one.name, one.subject) for one in entries] == [("inboxes.changed.v1", inbox.id)] * 2


async def test_inboxes_are_listed_oldest_first_and_for_their_company_alone(act, inboxes, inbox, database, house):
    second = await act("create", NewInbox(channel="pigeon", name="b"))
    assert [one.id for one in await act("all")] == [inbox.id, second.id]
    other = await house.workspaces.create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    async with database.scope(other.id) as scope:
        assert await inboxes.all(scope) == []
        with pytest.raises(InboxNotFound):
            await inboxes.get(scope, inbox.id)


async def test_keys_are_shown_once_and_rotated_two_at_a_time(keys, inbox):
    first, second = await keys("add", inbox.id), await keys("add", inbox.id)
    with pytest.raises(InboxInvalid):
        await keys("add", inbox.id)
    listed = await keys("all", inbox.id)
    assert {one.id for one in listed} == {first.id, second.id}
    assert all(not isinstance(one.secret, str) for one in listed)
    assert {one.last_four for one in listed} == {first.secret[-4:], second.secret[-4:]}
    token = sign_proof("u-1", first.secret, audience=inbox.key)
    assert check_proof(token, await keys("live_secrets", inbox.id), audience=inbox.key).subject == "u-1"
    await keys("retire", inbox.id, first.id)
    await keys("retire", inbox.id, first.id)
    with pytest.raises(ProofRefused):
        check_proof(token, await keys("live_secrets", inbox.id), audience=inbox.key)
    assert (await keys("add", inbox.id)).secret.startswith("qk_")


async def test_no_key_of_an_inbox_that_is_not_there(keys):
    with pytest.raises(InboxNotFound):
        await keys("add", InboxId(new_id()))


async def test_channels_tell_what_the_console_needs(inboxes):
    (channel,) = inboxes.channels()
    assert (channel.name, channel.capabilities, channel.icon_url) == ("pigeon", ["text"], "/api/v1/channels/pigeon/icon.svg")
    assert [field.key for field in channel.settings] == ["greeting", "colour", "allowed_origins"]


def test_a_snippet_holds_the_public_key_and_no_secret(inbox):
    made = snippet_of(inbox, "https://desk.example")
    assert (
        made.snippet
        == f'<script async src="https://desk.example/qiao.js" data-inbox="{inbox.key}" data-colour="#1F7A6D"></script>'
    )
    assert made.page_url == f"https://desk.example/chat/{inbox.key}"
    assert set(made.identity_example) == {"python", "node", "php"}
    assert all(inbox.key in text and "qk_" not in text for text in made.identity_example.values())


async def test_the_python_example_signs_what_we_believe(inbox):
    text = snippet_of(inbox, "https://desk.example").identity_example["python"]
    user = type("User", (), {"id": 7, "name": "林语桐", "email": "lin@example.com"})
    names = {"user": user, "IDENTITY_KEY": "qk_" + "k" * 43}
    exec(text, names)
    proof = check_proof(names["token"], ["qk_" + "k" * 43], audience=inbox.key)
    assert (proof.subject, proof.claims["name"]) == ("7", "林语桐")


def test_the_platforms_own_reasons_come_before_what_all_adapters_say(database):
    tired = ReasonWords(code="E42", words={"zh": "鸽子累了", "en": "The pigeon is tired"})
    inboxes = Inboxes(database, {"pigeon": structs.replace(PIGEON, reasons=(tired,))})
    own, *common = inboxes.reasons("pigeon")
    assert (own, common) == (tired, inboxes.reasons("gone long ago"))
    assert {"unreached", "nonsense"} <= {one.code for one in common}


async def test_over_http(door):
    owner, agent = await door("owner"), await door("agent")
    channels = (await agent.get("/api/v1/channels")).json()["items"]
    reasons = (await agent.get(f"/api/v1/channels/{channels[0]['name']}/reasons")).json()["items"]
    assert all(set(one["words"]) == {"zh", "en"} for one in reasons)
    made = await owner.post("/api/v1/inboxes", json={"channel": channels[0]["name"], "name": "官网"})
    assert made.status_code == 201
    path = f"/api/v1/inboxes/{made.json()['id']}"
    assert (await agent.post("/api/v1/inboxes", json={"channel": channels[0]["name"], "name": "x"})).status_code == 403
    hours = {"timezone": "Asia/Shanghai", "spans": [{"days": [1], "from": "09:00", "to": "18:00"}]}
    assert (await owner.patch(path, json={"hours": hours})).json()["hours"] == hours
    wrong = await owner.patch(path, json={"settings": {"colour": "red"}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "colour")
    assert (await agent.patch(path, json={"name": "x"})).status_code == 403
    assert (await agent.get(path)).json()["name"] == "官网"
    assert (await agent.get("/api/v1/inboxes")).json()["items"][0]["id"] == made.json()["id"]
    assert made.json()["key"] in (await agent.get(f"{path}/snippet")).json()["snippet"]
    key = (await owner.post(f"{path}/identity-keys")).json()
    assert key["secret"].startswith("qk_")
    listed = await owner.get(f"{path}/identity-keys")
    assert [one["id"] for one in listed.json()["items"]] == [key["id"]]
    assert key["secret"] not in listed.text
    assert (await agent.get(f"{path}/identity-keys")).status_code == 403
    assert (await owner.delete(f"{path}/identity-keys/{key['id']}")).status_code == 204
    assert (await owner.get(f"{path}/identity-keys")).json()["items"][0]["retired_at"] is not None
    assert (await agent.get(f"/api/v1/inboxes/{new_id()}")).json()["code"] == "inboxes.not_found"
