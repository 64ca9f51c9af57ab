"""The reply window is looked at before the wire: what may not go is told, and never goes late by surprise."""

import pytest

from qiao.domains.contacts.contracts import ContactChanges, ContactFields
from qiao.domains.delivery.tests.pigeon_loft import BOT, Pigeon, ago
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.clock import utc_now
from qiao.ports.channel import Capability, NeedsReauth, Rejected, ReplyWindow, Retry, Sent

pytestmark = pytest.mark.database

DAY = 86_400
FULL = frozenset({Capability.TEXT, Capability.TEMPLATES})
WINDOW = (ReplyWindow(seconds=2 * DAY, count=3),)
TEMPLATE = {"type": "template", "name": "on_its_way", "language": "zh_CN", "values": ["林"]}


@pytest.fixture
async def loft(lofts):
    return await lofts(windows=WINDOW, capabilities=FULL, after_window=("template",))


async def shut(loft):
    loft.route.opened = {"message": ago(days=3)}


async def ends(loft):
    return [(one.state, one.reason) for one in await loft.states()]


async def test_a_persons_reply_is_held_and_stays_so_when_the_customer_writes_again(loft):
    await shut(loft)
    message = await loft.reply()
    await loft.turn()
    assert await ends(loft) == [("held", "window_closed")]
    assert await loft.told() == [(message.seq, "held", "window_closed")]
    loft.route.opened = {"message": utc_now()}
    await loft.reply("现在可以")
    await loft.turn()
    assert loft.pigeon.texts == ["现在可以"]


async def test_the_bots_answer_is_refused_with_its_reason(loft):
    await shut(loft)
    await loft.reply(author=BOT)
    await loft.turn()
    assert (loft.pigeon.given, await ends(loft)) == ([], [("rejected", "window_closed")])


async def test_what_the_provider_holds_to_be_late_is_held_too(loft):
    loft.pigeon.answers = [Rejected("window_closed"), Rejected("window_closed")]
    await loft.reply()
    await loft.reply(author=BOT)
    await loft.turn()
    assert await ends(loft) == [("held", "window_closed"), ("rejected", "window_closed")]


async def test_the_window_tells_until_when_and_how_often(loft):
    await loft.reply("一")
    await loft.turn()
    window = await loft.window()
    assert (window.open, window.left, window.reason) == (True, 2, None)
    assert 1.9 * DAY < (window.until - utc_now()).total_seconds() <= 2 * DAY
    for _ in range(3):
        await loft.reply("再")
    await loft.turn()
    assert len(loft.pigeon.given) == 3
    assert (await ends(loft))[-1] == ("held", "count_reached")
    used_up = await loft.window()
    assert (used_up.open, used_up.reason, used_up.left) == (False, "closed", 0)
    await shut(loft)
    assert (await loft.window()).left is None


async def test_half_a_reply_is_not_sent(loft):
    await loft.reply("一")
    await loft.turn()
    long = "\n\n".join("长" * 60 for _ in range(3))
    message = await loft.reply(long)
    await loft.reply(long, author=BOT)
    await loft.reply("二")
    await loft.turn()
    assert loft.pigeon.texts == ["一", "二"]
    assert (await ends(loft))[1:3] == [("held", "too_many_parts"), ("rejected", "too_many_parts")]
    loft.route.opened = {"message": utc_now()}
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.delivery.retry(scope, loft.talk.id, message.seq)
    await loft.turn()
    assert [one.number for one in loft.pigeon.given] == [1, 2, 1, 2, 3]


async def test_a_window_that_ends_under_way_keeps_what_is_left(loft):
    message = await loft.reply("\n\n".join("长" * 60 for _ in range(3)))
    loft.pigeon.answers = [Sent("p-1"), Retry(1, "storm")]
    await loft.turn()
    await shut(loft)
    await loft.turn()
    (one,) = await loft.states()
    assert (one.state, one.reason, one.sent, one.parts) == ("held", "window_closed", 1, 3)
    loft.route.opened = {"message": utc_now()}
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.delivery.retry(scope, loft.talk.id, message.seq)
    await loft.turn()
    assert [one.key for one in loft.pigeon.given] == [f"{message.id}:{part}" for part in (0, 1, 1, 2)]


async def test_a_template_goes_when_nothing_else_does(loft):
    await shut(loft)
    window = await loft.window()
    assert (window.open, window.reason, window.instead) == (False, "closed", ["template"])
    await loft.reply("林，已发货", content=TEMPLATE)
    await loft.turn()
    assert [(one.template.name, one.text) for one in loft.pigeon.given] == [("on_its_way", "")]


async def test_a_template_goes_too_when_the_count_is_used_up(loft):
    for text in ("一", "二", "三"):
        await loft.reply(text)
    await loft.turn()
    assert (await loft.window()).left == 0
    await loft.reply("林，已发货", content=TEMPLATE)
    await loft.turn()
    assert loft.pigeon.given[-1].template.name == "on_its_way"


async def test_a_marked_reply_goes_for_a_person_alone(lofts):
    loft = await lofts(windows=WINDOW, after_window=("tagged",))
    await shut(loft)
    assert (await loft.window()).instead == ["tagged"]
    content = {"type": "text", "tagged": True}
    await loft.reply("我来跟进", content=content)
    await loft.reply("我是机器人", content=content, author=BOT)
    await loft.reply("没有标记")
    await loft.turn()
    assert [(one.text, one.tagged, one.by_person) for one in loft.pigeon.given] == [("我来跟进", True, True)]
    assert [state for state, _ in await ends(loft)] == ["sent", "rejected", "held"]


async def test_whoever_left_is_written_nothing_by_anybody(loft):
    loft.route.left = "unfollowed"
    await loft.reply(content=TEMPLATE, text="林")
    await loft.turn()
    assert (loft.pigeon.given, await ends(loft)) == ([], [("rejected", "left")])
    assert (await loft.window()).reason == "left"


async def test_what_was_sent_in_an_earlier_conversation_counts_too(loft):
    for _ in range(3):
        await loft.reply()
    await loft.turn()
    later = await loft.customer()
    loft.ground.routes[later.id] = loft.route
    await loft.reply("四", talk=later)
    await loft.turn()
    assert len(loft.pigeon.given) == 3
    assert [one.reason for one in await loft.states(later)] == ["count_reached"]


async def test_another_way_to_the_customer_is_named(lofts):
    loft = await lofts(Pigeon(windows=WINDOW), Pigeon(name="post", address="email"), Pigeon(name="bell", address="phone"))
    await shut(loft)
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.inboxes.create(scope, NewInbox(channel="bell", name="铃"))
        await loft.house.contacts.change(scope, loft.talk.contact.id, ContactChanges(phone="+8613900000000"))
    assert (await loft.window()).instead == ["phone"]
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.inboxes.create(scope, NewInbox(channel="post", name="信"))
    assert (await loft.window()).instead == ["email", "phone"]


async def test_a_customer_who_never_wrote_here_cannot_be_written_to(loft):
    loft.ground.routes.clear()
    window = await loft.window()
    assert (window.open, window.reason, window.instead) == (False, "closed", [])


async def test_nothing_is_open_while_the_channel_is_broken(loft):
    loft.pigeon.answers = [NeedsReauth("revoked")]
    await loft.reply()
    await loft.turn()
    assert (await loft.window()).reason == "broken"
    async with loft.database.scope(loft.workspace.id) as scope:
        await loft.house.contacts.create(scope, ContactFields(name="x"))
    assert (await loft.window()).instead == []
