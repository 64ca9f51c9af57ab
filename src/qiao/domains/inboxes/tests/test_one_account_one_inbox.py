"""An account at a provider has one inbox of a company: a second one is refused by name, however it comes about."""

import asyncio

import pytest

from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.domains.inboxes.errors import AccountTaken
from qiao.ports.channel import Manifest, SettingField
from qiao.ports.testing.heron import SECRET, Heron

pytestmark = pytest.mark.database
LABEL = {"zh": "标签", "en": "Label"}
OWL = Manifest(
    name="owl",
    tier="bronze",
    title={"zh": "猫头鹰", "en": "Owl"},
    capabilities=frozenset(),
    max_text=10,
    settings=tuple(
        SettingField(key=key, type="text", label=LABEL, default=default)
        for key, default in (("address", None), ("folder", "INBOX"), ("user", None), ("host", None), ("colour", None))
    ),
    alone=(("address", "folder"), ("user", "host", "folder")),
)
FIRST = {"address": "Help@lanting.example"}
TWO_WAYS_IN = {"address": "sales@lanting.example", "user": "box", "host": "imap.example"}


@pytest.fixture
def inboxes(database):
    return Inboxes(database, {"owl": OWL})


@pytest.fixture
def made(inboxes, database, workspace):
    """An inbox with these settings."""

    async def make(name, **settings):
        async with database.scope(workspace.id) as scope:
            inbox = await inboxes.create(scope, NewInbox(channel="owl", name=name))
        return await changed(inboxes, database, workspace, inbox, settings=settings)

    return make


async def changed(inboxes, database, workspace, inbox, **changes):
    async with database.scope(workspace.id) as scope:
        return await inboxes.change(scope, inbox.id, InboxChanges(**changes))


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        (FIRST, {"address": " help@LANTING.example "}, "address"),
        (FIRST, {**FIRST, "folder": "inbox"}, "address"),
        (TWO_WAYS_IN, {"address": "help@lanting.example", "user": "box", "host": "imap.example"}, "user"),
    ],
)
async def test_a_second_inbox_on_the_account_is_refused_and_told_whose_it_is(made, first, second, field):
    await made("客服", **first)
    with pytest.raises(AccountTaken) as refused:
        await made("售后", **second)
    assert refused.value.details == {"field": field, "name": "客服"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, {"address": "sales@lanting.example"}),
        (FIRST, {**FIRST, "folder": "Billing"}),
        ({}, {}),
        ({"colour": "red"}, {"colour": "red"}),
        ({"user": "box"}, {"user": "box"}),
        (TWO_WAYS_IN, {"address": "help@lanting.example", "user": "box", "host": "other.example"}),
    ],
)
async def test_other_accounts_stand_side_by_side(made, first, second):
    await made("客服", **first)
    assert (await made("售后", **second)).name == "售后"


async def test_an_inbox_that_is_off_leaves_its_account_to_others_until_it_is_switched_on(made, inboxes, database, workspace):
    first = await made("客服", **FIRST)
    await changed(inboxes, database, workspace, first, enabled=False)
    await made("售后", **FIRST)
    with pytest.raises(AccountTaken):
        await changed(inboxes, database, workspace, first, enabled=True)


async def test_an_inbox_does_not_stand_in_its_own_way(made, inboxes, database, workspace):
    first = await made("客服", **FIRST)
    again = await changed(inboxes, database, workspace, first, name="新名", settings={**FIRST, "colour": "red"})
    assert (again.name, again.settings["colour"]) == ("新名", "red")


async def test_of_two_that_are_set_at_once_one_is_refused(made, inboxes, database, workspace):
    pair = [await made("一"), await made("二")]
    ends = await asyncio.gather(
        *(changed(inboxes, database, workspace, one, settings=FIRST) for one in pair), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["AccountTaken", "Inbox"]


async def test_those_that_share_an_account_from_before_can_be_renamed_and_not_connected(house, workspace, monkeypatch):
    heron = Heron()
    monkeypatch.setitem(house.accounts._channels, "heron", heron)
    monkeypatch.setitem(house.inboxes._channels, "heron", heron.manifest)
    async with house.database.scope(workspace.id) as scope:
        pair = [await house.inboxes.create(scope, NewInbox(channel="heron", name=name)) for name in ("一", "二")]
        for one in pair:
            await house.accounts.set_secrets(scope, one.id, {"signing": SECRET})
    key = next(field.key for field in heron.manifest.settings if field.type == "text")
    async with house.database.scope(workspace.id) as scope:
        for one in pair:
            await house.inboxes.change(scope, one.id, InboxChanges(settings={key: "box"}))
    alone = type("Alone", (), {"manifest": _with_alone(heron.manifest, key)})
    monkeypatch.setitem(house.accounts._channels, "heron", alone)
    monkeypatch.setitem(house.inboxes._channels, "heron", alone.manifest)
    async with house.database.scope(workspace.id) as scope:
        renamed = await house.inboxes.change(scope, pair[0].id, InboxChanges(name="三"))
    assert renamed.name == "三"
    with pytest.raises(AccountTaken):
        await house.accounts.connect(workspace.id, pair[1].id)


def _with_alone(manifest, key):
    import msgspec

    return msgspec.structs.replace(manifest, alone=((key,),))
