"""Every act from every status: what becomes of the conversation, what is told, and that a refusal leaves no trace."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, Conversation, NewConversation, NewMessage, Status
from qiao.domains.conversations.errors import ConversationNotFound, Taken, WrongStatus
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, TeamId, new_id
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database

ME = Author(AuthorKind.AGENT, new_id(), "周宁")
OTHER = Author(AuthorKind.AGENT, new_id(), "Li Xiang")
BOT = Author(AuthorKind.BOT, None, "小桥")
CUSTOMER = AuthorKind.CONTACT
TEAM = TeamId(new_id())
STATUSES = ("bot", "waiting", "open", "snoozed", "resolved")

Act = Callable[["Desk", Conversation], Awaitable[Any]]


class Desk:
    """Conversations in any status, and acts upon them."""

    def __init__(self, house, workspace) -> None:
        self.house, self.workspace = house, workspace
        self.talks = house.conversations

    async def begin(self) -> None:
        async with self.house.database.scope(self.workspace.id) as scope:
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel=next(iter(self.house.channels)), name="官网"))

    async def act(self, name: str, talk: Conversation, *arguments: Any, **options: Any) -> Conversation:
        async with self.house.database.scope(self.workspace.id) as scope:
            return await getattr(self.talks, name)(scope, talk.id, *arguments, **options)

    async def now(self, talk: Conversation) -> Conversation:
        async with self.house.database.scope(self.workspace.id) as scope:
            return await self.talks.get(scope, talk.id)

    async def fresh(self) -> Conversation:
        async with self.house.database.scope(self.workspace.id) as scope:
            contact = await self.house.contacts.create(scope, ContactFields(name="林语桐"))
        new = NewConversation(inbox_id=self.inbox.id, contact_id=contact.id, status=Status.BOT)
        talk = await self.talks.find_or_open(self.workspace.id, new)
        author = Author(CUSTOMER, contact.id, "林语桐")
        await self.talks.post(
            self.workspace.id, NewMessage(conversation_id=talk.id, author=author, text="在吗", client_id=uuid4().hex)
        )
        return await self.now(talk)

    async def in_status(self, status: str) -> Conversation:
        talk = await self.fresh()
        for step in LEADING[status]:
            await step(self, talk)
        there = await self.now(talk)
        assert there.status == status
        return there

    async def facts_after(self, position: int) -> list[str]:
        async with self.house.database.scope(self.workspace.id) as scope:
            entries = await read_after(scope.connection, self.workspace.id, position)
        return [entry.name.split(".")[1] for entry in entries]

    async def position(self) -> int:
        async with self.house.database.scope(self.workspace.id) as scope:
            return len(await read_after(scope.connection, self.workspace.id, 0, 10_000))


ACTS: dict[str, Act] = {
    "claim": lambda desk, talk: desk.act("claim", talk, ME),
    "transfer to a person": lambda desk, talk: desk.act("transfer", talk, ME, to=OTHER),
    "transfer to a team": lambda desk, talk: desk.act("transfer", talk, ME, team=(TEAM, "售后")),
    "hand over": lambda desk, talk: desk.act("hand_over", talk, BOT, reason="unsure"),
    "hand to the bot": lambda desk, talk: desk.act("hand_to_bot", talk, ME),
    "requeue": lambda desk, talk: desk.act("requeue", talk, reason="away"),
    "snooze": lambda desk, talk: desk.act("snooze", talk, ME, utc_now() + timedelta(hours=1)),
    "resolve": lambda desk, talk: desk.act("resolve", talk, ME),
    "reopen": lambda desk, talk: desk.act("reopen", talk, ME),
}
LEADING: dict[str, list[Act]] = {
    "bot": [],
    "waiting": [ACTS["hand over"]],
    "open": [ACTS["claim"]],
    "snoozed": [ACTS["claim"], ACTS["snooze"]],
    "resolved": [ACTS["claim"], ACTS["resolve"]],
}

# act -> {status before: status after}; what is absent is refused.
BECOMES: dict[str, dict[str, str]] = {
    "claim": {"bot": "open", "waiting": "open", "snoozed": "open"},
    "transfer to a person": dict.fromkeys(STATUSES, "open"),
    "transfer to a team": dict.fromkeys(STATUSES, "waiting"),
    "hand over": {"bot": "waiting"},
    "hand to the bot": {"open": "bot", "waiting": "bot", "snoozed": "bot"},
    "requeue": {"open": "waiting"},
    "snooze": {"open": "snoozed", "waiting": "snoozed", "snoozed": "snoozed"},
    "resolve": {"bot": "resolved", "waiting": "resolved", "open": "resolved", "snoozed": "resolved"},
    "reopen": {"resolved": "open"},
}
# What may be asked again and changes nothing then.
QUIET = {("claim", "open"), ("hand over", "waiting"), ("hand over", "open"), ("resolve", "resolved")}
FACT = {
    "claim": "assigned",
    "transfer to a person": "assigned",
    "transfer to a team": "requeued",
    "hand over": "handed_over",
    "hand to the bot": "handed_to_bot",
    "requeue": "requeued",
    "snooze": "snoozed",
    "resolve": "resolved",
    "reopen": "reopened",
}
DONE = [(act, before, after) for act, moves in BECOMES.items() for before, after in moves.items()]
REFUSED = [(act, before) for act in ACTS for before in STATUSES if before not in BECOMES[act] and (act, before) not in QUIET]


@pytest.fixture
async def desk(house, workspace) -> Desk:
    desk = Desk(house, workspace)
    await desk.begin()
    return desk


@pytest.mark.parametrize(("act", "before", "after"), DONE, ids=[f"{act}: {before}" for act, before, _ in DONE])
async def test_an_act_moves_the_conversation_and_is_told(desk, act, before, after):
    talk = await desk.in_status(before)
    position = await desk.position()
    given = await ACTS[act](desk, talk)
    stored = await desk.now(talk)
    assert (given.status, stored.status) == (after, after)
    assert await desk.facts_after(position) == [FACT[act], "event_posted"]
    assert stored.last_seq == talk.last_seq + 1


@pytest.mark.parametrize(("act", "before", "after"), DONE, ids=[f"{act}: {before}" for act, before, _ in DONE])
async def test_what_holds_in_every_status(desk, act, before, after):
    await ACTS[act](desk, talk := await desk.in_status(before))
    stored = await desk.now(talk)
    assert (stored.assignee_id is not None) or after in {"bot", "waiting", "snoozed", "resolved"}
    assert (stored.assignee_id is None) or after not in {"bot", "waiting"}
    assert (stored.snoozed_until is not None) == (after == "snoozed")
    assert (stored.resolved_at is not None) == (after == "resolved")
    assert (stored.waiting_since is not None) or after != "waiting"


@pytest.mark.parametrize(("act", "before"), REFUSED, ids=[f"{act}: {before}" for act, before in REFUSED])
async def test_what_makes_no_sense_is_refused_and_leaves_no_trace(desk, act, before):
    talk = await desk.in_status(before)
    position = await desk.position()
    with pytest.raises(WrongStatus) as refused:
        await ACTS[act](desk, talk)
    assert refused.value.details["status"] == before
    assert await desk.now(talk) == talk
    assert await desk.facts_after(position) == []


@pytest.mark.parametrize(("act", "before"), sorted(QUIET))
async def test_what_is_done_already_is_done_in_silence(desk, act, before):
    talk = await desk.in_status(before)
    position = await desk.position()
    assert (await ACTS[act](desk, talk)).status == before
    assert await desk.now(talk) == talk
    assert await desk.facts_after(position) == []


@pytest.mark.parametrize("act", sorted(ACTS))
async def test_what_is_not_there_cannot_be_moved(desk, act):
    talk = await desk.fresh()
    ghost = type("Ghost", (), {"id": ConversationId(new_id())})
    with pytest.raises(ConversationNotFound):
        await ACTS[act](desk, ghost)
    assert (await desk.now(talk)).status == "bot"


@pytest.mark.parametrize("before", ["open", "snoozed"])
async def test_what_somebody_has_is_not_claimed_from_them(desk, before):
    talk = await desk.in_status(before)
    with pytest.raises(Taken) as refused:
        await desk.act("claim", talk, OTHER)
    assert refused.value.details["assignee_id"] == str(ME.id)
    assert await desk.now(talk) == talk


@pytest.mark.parametrize("before", ["bot", "open", "snoozed", "resolved"])
async def test_only_what_waits_is_given_out_by_the_queue(desk, before):
    talk = await desk.in_status(before)
    with pytest.raises(Taken):
        await desk.act("assign", talk, OTHER, BOT, reason="routed")
    assert await desk.now(talk) == talk


async def test_the_queue_gives_to_one(desk):
    talk = await desk.in_status("waiting")
    given = await desk.act("assign", talk, OTHER, BOT, reason="routed")
    assert (given.status, given.assignee_id) == ("open", OTHER.id)
    with pytest.raises(Taken):
        await desk.act("assign", talk, ME, BOT, reason="routed")


async def test_a_place_in_the_queue_is_kept_when_it_is_taken_back(desk):
    talk = await desk.in_status("waiting")
    claimed = await desk.act("claim", talk, ME)
    back = await desk.act("requeue", claimed, reason="away")
    assert back.waiting_since == talk.waiting_since


async def test_the_timeline_says_who_did_what(desk):
    talk = await desk.in_status("resolved")
    await desk.act("reopen", talk, OTHER)
    async with desk.house.database.scope(desk.workspace.id) as scope:
        page = await desk.talks.messages(scope, talk.id)
    lines = [one.content["event"] for one in page.items if one.content]
    assert lines == ["assigned", "resolved", "reopened"]
    assert page.items[-1].content["data"] == {"by": "Li Xiang"}
