"""What agents see and do: states, trying again, taking back, moderating, templates; and what providers report."""

from types import SimpleNamespace

import pytest

from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.domains.delivery.tests.pigeon_loft import AGENT, Pigeon
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.reception.events import ReplyReported
from qiao.kit.ids import new_id
from qiao.ports.channel import Capability, NeedsReauth, Rejected, Retry, Sent

pytestmark = pytest.mark.database


@pytest.fixture
async def company(lofts, house):
    """In the house before its doors are made."""
    everything = frozenset(Capability) - {Capability.LIVE}
    loft = await lofts(Pigeon(capabilities=everything, max_options=3), Pigeon(name="stone"))
    house.delivery, house.inboxes = loft.delivery, loft.inboxes
    return loft


@pytest.fixture
async def desk(company, door):
    """The pigeon company at the front door."""
    loft, agent = company, await door("agent")
    base = f"/api/v1/conversations/{loft.talk.id}"
    return SimpleNamespace(loft=loft, agent=agent, door=door, base=base, inbox=f"/api/v1/inboxes/{loft.inbox.id}")


async def report(desk, seq, state, reason=None):
    loft = desk.loft
    async with loft.database.scope(loft.workspace.id) as scope:
        fact = ReplyReported(inbox_id=loft.inbox.id, conversation_id=loft.talk.id, message_seq=seq, state=state, reason=reason)
        scope.emit(fact)
    await loft.turn()


async def states(desk):
    return [(one["state"], one["reason"]) for one in (await desk.agent.get(f"{desk.base}/deliveries")).json()["items"]]


async def test_a_reply_is_followed_to_its_reader(desk):
    message = await desk.loft.reply()
    await desk.loft.turn()
    (shown,) = (await desk.agent.get(f"{desk.base}/deliveries")).json()["items"]
    assert shown.pop("changed_at")
    assert shown == {"seq": message.seq, "state": "sent", "reason": None, "parts": 1, "sent": 1}
    await report(desk, message.seq, "delivered")
    await report(desk, message.seq, "read")
    await report(desk, message.seq, "delivered")
    assert await states(desk) == [("read", None)]
    assert [state for _, state, _ in await desk.loft.told()] == ["sent", "delivered", "read"]


async def test_a_reply_that_failed_afterwards_is_told_and_may_be_sent_anew(desk):
    message = await desk.loft.reply("\n\n".join("长" * 60 for _ in range(2)))
    await desk.loft.turn()
    await report(desk, message.seq, "failed", "no route")
    await report(desk, 99, "failed", "nobody's")
    assert await states(desk) == [("rejected", "no route")]
    again = await desk.agent.post(f"{desk.base}/deliveries/{message.seq}/retry")
    assert (again.status_code, again.json()["state"], again.json()["sent"]) == (200, "queued", 0)
    await desk.loft.turn()
    keys = [one.key for one in desk.loft.pigeon.given]
    assert keys == [f"{message.id}:0", f"{message.id}:1", f"{message.id}:0:1", f"{message.id}:1:1"]
    assert await states(desk) == [("sent", None)]


@pytest.mark.parametrize("answer", [Rejected("no such roof"), NeedsReauth("ring expired")], ids=["rejected", "needs_reauth"])
async def test_what_is_stuck_is_tried_again_by_hand(desk, answer):
    desk.loft.pigeon.answers = [answer]
    message = await desk.loft.reply("一")
    await desk.loft.turn()
    assert (await desk.agent.post(f"{desk.base}/deliveries/{message.seq}/retry")).status_code == 200
    await desk.loft.turn()
    assert [one.key for one in desk.loft.pigeon.given] == [f"{message.id}:0"] * 2
    assert await states(desk) == [("sent", None)]


async def test_a_send_that_works_again_mends_the_channel(desk):
    loft = desk.loft
    loft.pigeon.answers = [NeedsReauth("ring expired"), NeedsReauth("ring expired")]
    message = await loft.reply("一")
    await loft.reply("二")
    await loft.turn()

    async def state():
        async with loft.database.scope(loft.workspace.id) as scope:
            return (await loft.accounts.states(scope, loft.inbox.id))[0].state

    for expected in ("broken", "ok"):
        await desk.agent.post(f"{desk.base}/deliveries/{message.seq}/retry")
        await loft.turn()
        assert await state() == expected
    assert await states(desk) == [("sent", None), ("sent", None)]
    assert loft.pigeon.texts == ["一", "一", "一", "二"]


async def test_what_is_not_stuck_is_left_alone(desk):
    message = await desk.loft.reply()
    await desk.loft.turn()
    sent = await desk.agent.post(f"{desk.base}/deliveries/{message.seq}/retry")
    assert (sent.status_code, sent.json()["code"]) == (409, "delivery.not_stuck")
    none = await desk.agent.post(f"{desk.base}/deliveries/77/retry")
    assert (none.status_code, none.json()["code"]) == (404, "delivery.not_found")


async def lines(desk):
    page = (await desk.agent.get(f"{desk.base}/messages")).json()["items"]
    return [(one["content"]["event"], one["content"]["data"]["seq"]) for one in page if one["kind"] == "event"]


async def test_a_reply_is_taken_back_whole_and_leaves_a_line(desk):
    message = await desk.loft.reply("\n\n".join("长" * 60 for _ in range(2)))
    desk.loft.pigeon.answers = [Sent("p-1", ("also",)), Sent("p-2")]
    await desk.loft.turn()
    assert (await desk.agent.post(f"{desk.base}/messages/{message.seq}/recall")).status_code == 204
    assert desk.loft.pigeon.acts == [("recall", "p-1"), ("recall", "p-2")]
    assert await lines(desk) == [("recalled", message.seq)]
    assert await marks(desk, message.seq) == {"recalled": True}


async def comment(desk):
    """The number of a customer's public comment, which the provider calls c-1."""
    contact = Author(AuthorKind.CONTACT, desk.loft.talk.contact.id, "林语桐")
    message = await desk.loft.reply("太慢了", author=contact)
    desk.loft.ground.known[desk.loft.talk.id, message.seq] = "c-1"
    return message.seq


async def marks(desk, seq):
    page = (await desk.agent.get(f"{desk.base}/messages")).json()["items"]
    return next((one["content"] or {}).get("channel") or {} for one in page if one["seq"] == seq)


@pytest.mark.parametrize(
    ("act", "event", "mark"),
    [("hide", "hidden", {"hidden": True}), ("show", "shown", {}), ("delete", "deleted", {"deleted": True})],
)
async def test_a_comment_of_the_customers_is_moderated(desk, act, event, mark):
    seq = await comment(desk)
    done = await desk.agent.post(f"{desk.base}/messages/{seq}/moderate", json={"act": act})
    assert (done.status_code, desk.loft.pigeon.acts) == (204, [(act, "c-1")])
    assert await lines(desk) == [(event, seq)]
    assert await marks(desk, seq) == mark


async def test_what_was_hidden_is_shown_again(desk):
    seq = await comment(desk)
    for act in ("hide", "show"):
        await desk.agent.post(f"{desk.base}/messages/{seq}/moderate", json={"act": act})
    assert await marks(desk, seq) == {}
    assert await lines(desk) == [("hidden", seq), ("shown", seq)]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (Rejected("too late"), 409, "delivery.provider_refused"),
        (Retry(3, "storm"), 503, "delivery.provider_away"),
        (NeedsReauth("revoked"), 503, "delivery.provider_away"),
    ],
    ids=["refused", "away", "broken"],
)
async def test_an_act_that_fails_says_why_and_leaves_no_line(desk, answer, status, code):
    seq = await comment(desk)
    desk.loft.pigeon.answers = [answer]
    done = await desk.agent.post(f"{desk.base}/messages/{seq}/moderate", json={"act": "hide"})
    assert (done.status_code, done.json()["code"]) == (status, code)
    assert answer.reason in done.text
    assert (await lines(desk), await marks(desk, seq)) == ([], {})


async def test_what_the_provider_does_not_know_cannot_be_acted_on(desk):
    message = await desk.loft.reply("还没发出去")
    assert (await desk.agent.post(f"{desk.base}/messages/{message.seq}/recall")).json()["code"] == "delivery.not_found"
    assert (await desk.agent.post(f"{desk.base}/messages/77/recall")).json()["code"] == "conversations.not_found"
    burnt = await desk.agent.post(f"{desk.base}/messages/{message.seq}/moderate", json={"act": "burn"})
    assert (burnt.status_code, desk.loft.pigeon.acts) == (422, [])


async def test_acts_are_offered_only_where_the_channel_has_them(desk):
    async with desk.loft.database.scope(desk.loft.workspace.id) as scope:
        inbox = await desk.loft.inboxes.create(scope, NewInbox(channel="stone", name="石头"))
    talk = await desk.loft.customer(inbox)
    await desk.loft.reply(talk=talk)
    for act, body in (("recall", None), ("moderate", {"act": "hide"})):
        answer = await desk.agent.post(f"/api/v1/conversations/{talk.id}/messages/1/{act}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "delivery.not_offered")
    admin = await desk.door("admin")
    refused = await admin.put(f"/api/v1/inboxes/{inbox.id}/templates", json={"items": []})
    assert refused.json()["code"] == "delivery.not_offered"


async def test_templates_of_an_inbox_are_kept_as_approved(desk):
    admin = await desk.door("admin")
    items = [{"name": "on_its_way", "language": "zh_CN", "body": "{{1}}，您的包裹 {{2}} 已发出。"}]
    assert (await admin.put(f"{desk.inbox}/templates", json={"items": items})).json()["items"] == items
    assert (await desk.agent.get(f"{desk.inbox}/templates")).json()["items"] == items
    assert (await desk.agent.put(f"{desk.inbox}/templates", json={"items": []})).status_code == 403
    assert (await admin.put(f"{desk.inbox}/templates", json={"items": []})).json()["items"] == []


async def test_the_window_is_told_to_whoever_may_read(desk):
    viewer = await desk.door("viewer")
    window = (await viewer.get(f"{desk.base}/reply-window")).json()
    assert window == {"open": True, "until": None, "left": None, "reason": None, "instead": []}
    assert (await viewer.post(f"{desk.base}/deliveries/1/retry")).status_code == 403
    assert (await viewer.get(f"/api/v1/conversations/{new_id()}/reply-window")).status_code == 404
    assert (await viewer.get(f"/api/v1/conversations/{new_id()}/deliveries")).status_code == 404


async def test_typing_is_shown_once_in_a_while_by_one_of_all(desk):
    loft, other = desk.loft, desk.loft.another()
    place = (loft.workspace.id, loft.talk.id)
    for _ in range(3):
        await loft.delivery.typing.tell(place)
        await other.typing.tell(place)
    assert loft.pigeon.typed == [loft.route.address]
    async with loft.database.across() as connection:
        await connection.execute("update delivery_lanes set typed_at = now() - interval '6 seconds'")
    other.typing.agent_types(*place, AGENT.name, on=False)
    other.typing.agent_types(*place, AGENT.name, on=True)
    await other.typing.settle()
    assert len(loft.pigeon.typed) == 2


async def test_typing_that_fails_is_passed_over(desk):
    async def broken(*_):
        raise RuntimeError

    desk.loft.pigeon.typing = broken
    await desk.loft.delivery.typing.tell((desk.loft.workspace.id, desk.loft.talk.id))
    await desk.loft.delivery.typing.tell((desk.loft.workspace.id, new_id()))
    await desk.loft.reply()
    await desk.loft.turn()
    assert await states(desk) == [("sent", None)]


async def test_a_channel_that_cannot_show_typing_is_not_asked(lofts):
    loft = await lofts()
    loft.delivery.typing.agent_types(loft.workspace.id, loft.talk.id, "周宁", on=True)
    await loft.delivery.typing.tell((loft.workspace.id, loft.talk.id))
    await loft.delivery.typing.settle()
    assert loft.pigeon.typed == []
