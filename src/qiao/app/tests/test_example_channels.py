"""A made-up channel is there to be read, copied and tried, and no company is offered it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qiao.app.channels_page import render
from qiao.app.house import House
from qiao.app.simulators import make_simulators, simulated
from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.platform.settings import Settings, read_settings
from qiao.ports.channel import Capability

pytestmark = pytest.mark.database
EXAMPLES = [name for name, channel in load_channels().items() if channel.manifest.example]


@pytest.fixture
async def trying(database, postgres_dsn: str, tmp_path: Path) -> AsyncIterator[House]:
    """The program of somebody who tries channels on their own machine."""
    settings = simulated(read_settings({}, data_dir=str(tmp_path / "trying"), bot_model="off"))
    house = House(settings, database, postgres_dsn)
    yield house
    await house.writer.stop()
    house.bot.close()


def offered(house) -> set[str]:
    return {one.name for one in house.inboxes.channels()}


def test_there_is_one_and_it_is_played_like_every_other():
    assert len(EXAMPLES) == 1
    assert set(EXAMPLES) <= set(make_simulators())
    assert not Settings().channel_examples


async def test_a_company_is_not_offered_it(house, database, workspace):
    assert offered(house) == set(load_channels()) - set(EXAMPLES)
    async with database.scope(workspace.id) as scope:
        with pytest.raises(InboxInvalid):
            await house.inboxes.create(scope, NewInbox(channel=EXAMPLES[0], name="试试"))


async def test_whoever_tries_channels_is(trying, database, workspace):
    assert offered(trying) == set(load_channels())
    async with database.scope(workspace.id) as scope:
        assert (await trying.inboxes.create(scope, NewInbox(channel=EXAMPLES[0], name="试试"))).channel == EXAMPLES[0]


async def test_what_was_tried_does_no_harm_afterwards(house, trying, database, workspace):
    """An inbox whose channel is not there any more is shown, and the help centre finds the next one that customers can open."""
    live = next(name for name, one in load_channels().items() if Capability.LIVE in one.manifest.capabilities)
    async with database.scope(workspace.id) as scope:
        tried = await trying.inboxes.create(scope, NewInbox(channel=EXAMPLES[0], name="试试"))
        site = await house.inboxes.create(scope, NewInbox(channel=live, name="官网"))
        assert {one.id for one in await house.inboxes.all(scope)} == {tried.id, site.id}
    assert site.key in (await house.portal._chat_for(workspace.id)).address


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_guide_does_not_list_it(lang: str):
    page = render(lang)
    titles = {name: channel.manifest.title[lang] for name, channel in load_channels().items()}
    assert [name for name, title in titles.items() if f"[{title}](" not in page] == EXAMPLES
