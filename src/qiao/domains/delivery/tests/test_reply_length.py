"""Before anything is sent: as how many messages, and parts of short messages, a text would go. By the rules it is then sent by."""

import pytest

from qiao.channels.shared.sms_counting import counted_in_parts
from qiao.domains.delivery.tests.pigeon_loft import Pigeon
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.ids import new_id
from qiao.ports.channel import Capability

pytestmark = pytest.mark.database


class Counting(Pigeon):
    """Pigeons that are paid by the part, with the name of their loft before the words."""

    def counted(self, text, account):
        return counted_in_parts(f"{account.settings['loft']}: {text}")


@pytest.fixture
async def company(lofts, house):
    """In the house before its doors are made."""
    loft = await lofts(
        Counting(max_text=200, counted=True),
        Pigeon(name="stone", max_text=50),
        Pigeon(name="line", capabilities=frozenset({Capability.TEXT, Capability.LIVE})),
    )
    house.delivery, house.inboxes = loft.delivery, loft.inboxes
    return loft


@pytest.fixture
async def desk(company, door):
    loft, agent = company, await door("agent")

    async def ask(text, talk=loft.talk, who=agent):
        return await who.post(f"/api/v1/conversations/{talk.id}/reply-length", json={"text": text})

    async def elsewhere(channel):
        async with loft.database.scope(loft.workspace.id) as scope:
            inbox = await loft.inboxes.create(scope, NewInbox(channel=channel, name="别处"))
        return await loft.customer(inbox)

    ask.loft, ask.elsewhere = loft, elsewhere
    return ask


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a" * 153, (1, 1, "gsm7", 0)),
        ("a" * 154, (1, 2, "gsm7", 145)),
        ("茶" * 63, (1, 1, "ucs2", 0)),
        ("茶" * 64, (1, 2, "ucs2", 63)),
        ("**a**", (1, 1, "gsm7", 152)),
        ("a" * 200 + "\n\n" + "茶", (2, 3, "ucs2", 62)),
        ("   ", (0, None, None, None)),
    ],
    ids=["full", "one_more", "full_chinese", "one_more_chinese", "marks_are_not_sent", "two_messages", "nothing"],
)
async def test_a_text_is_counted_as_it_will_be_sent(desk, text, told):
    answer = (await desk(text)).json()
    assert (answer["sends"], answer["parts"], answer["alphabet"], answer["left"]) == told


async def test_it_goes_as_many_times_as_was_said(desk):
    text = "\n\n".join("茶" * 150 for _ in range(3))
    said = (await desk(text)).json()["sends"]
    await desk.loft.reply(text)
    await desk.loft.turn()
    assert (said, len(desk.loft.pigeon.given)) == (3, 3)


async def test_where_nothing_is_counted_only_messages_are(desk):
    told = (await desk("长" * 120, await desk.elsewhere("stone"))).json()
    assert told == {"sends": 3, "parts": None, "alphabet": None, "left": None}
    assert (await desk("长" * 9_000, await desk.elsewhere("line"))).json()["sends"] == 1


async def test_nothing_is_told_of_conversations_that_are_not_there_and_nothing_is_kept(desk):
    assert (await desk("a" * 10_001)).status_code == 422
    stranger = await desk.loft.customer()
    before = await desk.loft.rows()
    await desk("只是问问", stranger)
    assert await desk.loft.rows() == before
    missing = type("Nowhere", (), {"id": new_id()})
    assert (await desk("a", missing)).status_code == 404
