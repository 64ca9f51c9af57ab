"""The queue on the real database: work goes to the least loaded, limits hold under any race, nobody is forgotten."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.conversations.errors import Taken
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.people.contracts import NewPerson, NewTeam, Role
from qiao.domains.routing import line
from qiao.domains.routing.errors import LimitReached
from qiao.domains.routing.subscribers import subscribers
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.log.read import read_after
from qiao.platform.log.runner import SubscriberRunner

pytestmark = pytest.mark.database

SYSTEM = Author(AuthorKind.SYSTEM)


class Floor:
    """A company's people and those who wait for them."""

    def __init__(self, house, workspace) -> None:
        self.house, self.workspace, self.database = house, workspace, house.database
        self.runner = SubscriberRunner(house.database, subscribers(house.routing))

    async def begin(self) -> None:
        async with self.scope() as scope:
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel=next(iter(self.house.channels)), name="官网"))

    def scope(self):
        return self.database.scope(self.workspace.id)

    async def act(self, name, *arguments, **options):
        async with self.scope() as scope:
            return await getattr(self.house.routing, name)(scope, *arguments, **options)

    async def employ(self, *, online=True, limit=5, role=Role.AGENT, teams=()):
        async with self.scope() as scope:
            new = NewPerson(email=f"{uuid4().hex}@shop.example", name="何嘉怡", role=role, chat_limit=limit, team_ids=teams)
            person = await self.house.people.create_person(scope, new)
            if online:
                await self.house.people.connected(scope, person.id)
        return person

    async def prioritise(self, talk, priority, person):
        async with self.scope() as scope:
            await self.house.routing.triages.choose(scope, talk, priority, person.id)

    async def team(self, name="售后"):
        async with self.scope() as scope:
            return (await self.house.people.create_team(scope, NewTeam(name={"zh": name, "en": "After sales"}))).id

    async def wait(self, count=1, *, team_id=None):
        """So many new customers in the queue."""
        made = []
        for _ in range(count):
            async with self.scope() as scope:
                contact = await self.house.contacts.create(scope, ContactFields(name="林语桐"))
            new = NewConversation(inbox_id=self.inbox.id, contact_id=contact.id, status=Status.BOT)
            talk = await self.house.conversations.find_or_open(self.workspace.id, new)
            item = NewMessage(
                conversation_id=talk.id, author=Author(AuthorKind.CONTACT, contact.id), text="在吗", client_id=new_id().hex
            )
            await self.house.conversations.post(self.workspace.id, item)
            async with self.scope() as scope:
                await self.house.conversations.hand_over(scope, talk.id, SYSTEM, reason="asked", team_id=team_id)
            made.append(talk.id)
        return made

    async def holders(self):
        async with self.database.across() as connection:
            rows = await connection.fetch(
                "select id, assignee_id from conversations where workspace_id = $1 and status = 'open'", self.workspace.id
            )
        return {row["id"]: row["assignee_id"] for row in rows}

    async def talk(self, conversation_id):
        async with self.scope() as scope:
            return await self.house.conversations.get(scope, conversation_id)

    async def facts(self, name):
        async with self.database.across() as connection:
            return [one for one in await read_after(connection, self.workspace.id, 0, 5_000) if one.name == name]

    async def gone_for(self, person, seconds):
        async with self.database.across() as connection:
            await connection.execute(
                "update people_presence set online = false, connected_until = now() - make_interval(secs => $3),"
                " changed_at = now() - make_interval(secs => $3) where workspace_id = $1 and person_id = $2",
                self.workspace.id, person.id, float(seconds),
            )  # fmt: skip


def author(person) -> Author:
    return Author(AuthorKind.AGENT, person.id, person.name)


@pytest.fixture
async def floor(house, workspace) -> Floor:
    floor = Floor(house, workspace)
    await floor.begin()
    return floor


async def test_what_waits_goes_to_the_least_loaded(floor):
    people = [await floor.employ() for _ in range(3)]
    talks = await floor.wait(6)
    assert await floor.act("assign_waiting") == 6
    holders = await floor.holders()
    assert set(holders) == set(talks)
    assert Counter(holders.values()) == {person.id: 2 for person in people}


async def test_nobody_gets_more_than_their_limit(floor):
    small, large = await floor.employ(limit=1), await floor.employ(limit=3)
    talks = await floor.wait(6)
    assert await floor.act("assign_waiting") == 4
    holders = await floor.holders()
    assert Counter(holders.values()) == {small.id: 1, large.id: 3}
    assert set(holders) == set(talks[:4])
    assert await floor.act("assign_waiting") == 0


async def test_a_team_that_nobody_serves_holds_up_nobody_however_many_wait_for_it(floor, monkeypatch):
    monkeypatch.setattr(line, "MAX_SHOWN", 3)
    await floor.wait(4, team_id=await floor.team("夜班"))
    (behind,) = await floor.wait(1)
    await floor.employ()
    assert await floor.act("assign_waiting") == 1
    assert list(await floor.holders()) == [behind]


async def test_the_urgent_have_their_head_start_however_many_stand_before_them(floor, monkeypatch):
    monkeypatch.setattr(line, "MAX_SHOWN", 3)
    first, later, *_, high, urgent = await floor.wait(7)
    person = await floor.employ(limit=2)
    for talk, priority in ((first, "low"), (high, "high"), (urgent, "urgent")):
        await floor.prioritise(talk, priority, person)
    assert [item.conversation_id for item in await floor.act("queue")] == [urgent, high, later]
    assert (await floor.act("place_of", urgent)).position == 1
    assert await floor.act("assign_waiting") == 2
    assert set(await floor.holders()) == {urgent, high}


async def test_a_head_start_is_no_class_of_its_own_however_many_wait(floor, monkeypatch):
    monkeypatch.setattr(line, "MAX_SHOWN", 3)
    *old, urgent = await floor.wait(6)
    async with floor.database.across() as connection:
        await connection.execute(
            "update conversations set waiting_since = waiting_since - interval '5 hours' where id = any($1)", old
        )
    await floor.prioritise(urgent, "urgent", await floor.employ(limit=1))
    assert [item.conversation_id for item in await floor.act("queue")] == old[:3]


async def test_the_longest_waiting_comes_first(floor):
    first, second = await floor.wait(2)
    await floor.employ(limit=1)
    await floor.act("assign_waiting")
    assert list(await floor.holders()) == [first]
    assert (await floor.talk(second)).status is Status.WAITING


@pytest.mark.parametrize("who", [{"online": False}, {"role": Role.VIEWER}, {"role": Role.EDITOR}, {"limit": 0}])
async def test_who_cannot_answer_is_given_nothing(floor, who):
    await floor.employ(**who)
    await floor.wait()
    assert await floor.act("assign_waiting") == 0


async def test_who_is_away_is_given_nothing(floor):
    person = await floor.employ()
    async with floor.scope() as scope:
        await floor.house.people.set_availability(scope, person.id, "away")
        assert not await floor.house.routing.anybody_online(scope)
    await floor.wait()
    assert await floor.act("assign_waiting") == 0


async def test_a_teams_queue_is_for_its_members(floor):
    team = await floor.team()
    await floor.employ()
    member = await floor.employ(teams=[team])
    (talk,) = await floor.wait(team_id=team)
    await floor.act("assign_waiting")
    assert await floor.holders() == {talk: member.id}


async def test_a_team_without_anybody_holds_up_nobody_else(floor):
    team = await floor.team()
    await floor.employ(limit=2)
    await floor.wait(52, team_id=team)
    behind = await floor.wait(1)
    assert await floor.act("assign_waiting") == 1
    assert list(await floor.holders()) == behind


async def test_turns_at_once_give_each_conversation_once(floor):
    people = [await floor.employ(limit=4) for _ in range(2)]
    talks = await floor.wait(10)
    given = await asyncio.gather(*(floor.act("assign_waiting") for _ in range(5)))
    assert sum(given) == 8
    holders = await floor.holders()
    assert Counter(holders.values()) == {person.id: 4 for person in people}
    assert set(holders) == set(talks[:8])
    assert len(await floor.facts("conversations.assigned.v1")) == 8


async def test_twenty_claims_at_once_stay_within_the_limit(floor):
    person = await floor.employ(limit=3)
    talks = await floor.wait(20)
    outcomes = await asyncio.gather(*(floor.act("claim", talk, author(person)) for talk in talks), return_exceptions=True)
    assert Counter(type(one).__name__ for one in outcomes) == {"Conversation": 3, "LimitReached": 17}
    assert Counter((await floor.holders()).values()) == {person.id: 3}


async def test_claims_and_turns_at_once_stay_within_the_limit(floor):
    person = await floor.employ(limit=4)
    talks = await floor.wait(12)
    claims = [floor.act("claim", talk, author(person)) for talk in reversed(talks)]
    turns = [floor.act("assign_waiting") for _ in range(4)]
    outcomes = await asyncio.gather(*claims, *turns, return_exceptions=True)
    assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, (LimitReached, Taken))] == []
    assert Counter((await floor.holders()).values()) == {person.id: 4}


async def test_of_ten_people_one_takes_a_conversation(floor):
    people = [await floor.employ() for _ in range(10)]
    (talk,) = await floor.wait()
    outcomes = await asyncio.gather(*(floor.act("claim", talk, author(one)) for one in people), return_exceptions=True)
    assert Counter(type(one).__name__ for one in outcomes) == {"Conversation": 1, "Taken": 9}


async def test_taking_ones_own_again_changes_nothing(floor):
    person = await floor.employ(limit=1)
    (talk,) = await floor.wait()
    await floor.act("claim", talk, author(person))
    again = await floor.act("claim", talk, author(person))
    assert again.assignee_id == person.id
    assert len(await floor.facts("conversations.assigned.v1")) == 1


async def test_giving_to_a_person_goes_over_their_limit(floor):
    person, boss = await floor.employ(limit=1), await floor.employ(role=Role.SUPERVISOR)
    first, second = await floor.wait(2)
    for talk in (first, second):
        given = await floor.act("transfer", talk, author(boss), person.id, None)
        assert (given.assignee_id, given.status) == (person.id, Status.OPEN)
    assert Counter((await floor.holders()).values()) == {person.id: 2}


async def test_giving_to_a_team_puts_it_into_their_queue(floor):
    person, team = await floor.employ(), await floor.team("批发")
    (talk,) = await floor.wait()
    await floor.act("claim", talk, author(person))
    given = await floor.act("transfer", talk, author(person), None, team)
    assert (given.status, given.assignee_id, given.team_id) == (Status.WAITING, None, team)
    back = await floor.act("transfer", talk, author(person), None, None)
    assert (back.status, back.team_id) == (Status.WAITING, None)


async def test_what_waits_on_somebody_who_has_gone_is_taken_back(floor):
    person = await floor.employ()
    waits, answered = await floor.wait(2)
    await floor.act("assign_waiting")
    reply = NewMessage(conversation_id=answered, author=author(person), text="您好", client_id=new_id().hex)
    await floor.house.conversations.post(floor.workspace.id, reply)
    await floor.gone_for(person, floor.workspace.requeue_after_seconds - 30)
    assert await floor.act("requeue_abandoned") == 0
    await floor.gone_for(person, floor.workspace.requeue_after_seconds + 1)
    before = (await floor.talk(waits)).waiting_since
    assert await floor.act("requeue_abandoned") == 1
    back = await floor.talk(waits)
    assert (back.status, back.assignee_id, back.waiting_since) == (Status.WAITING, None, before)
    assert (await floor.talk(answered)).assignee_id == person.id
    assert await floor.act("requeue_abandoned") == 0


async def test_places_are_counted_in_each_queue(floor):
    team = await floor.team()
    general = await floor.wait(2)
    special = await floor.wait(2, team_id=team)
    items = await floor.act("queue")
    assert [(one.conversation_id, one.position, one.team_id) for one in items] == [
        (general[0], 1, None), (general[1], 2, None), (special[0], 1, team), (special[1], 2, team),
    ]  # fmt: skip
    assert {one.estimate_seconds for one in items} == {None}
    place = await floor.act("place_of", general[1])
    assert (place.position, place.estimate_seconds) == (2, None)
    assert await floor.act("place_of", new_id()) is None


async def test_estimates_come_from_how_fast_it_went(floor):
    (talk,) = await floor.wait()
    await floor.employ(limit=1)
    await floor.employ(limit=1)
    assert (await floor.act("queue"))[0].estimate_seconds == 45
    async with floor.database.across() as connection:
        for minutes in (40, 30, 20, 10):
            await connection.execute(
                "insert into routing_assignments (workspace_id, conversation_id, person_id, reason, assigned_at)"
                " values ($1, $2, $2, 'routed', now() - make_interval(mins => $3))", floor.workspace.id, talk, minutes,
            )  # fmt: skip
    assert (await floor.act("queue"))[0].estimate_seconds == 600


async def test_a_turn_does_everything_that_is_due(floor):
    gone, here = await floor.employ(), await floor.employ(online=False)
    abandoned, snoozed = await floor.wait(2)
    for talk in (abandoned, snoozed):
        await floor.act("claim", talk, author(gone))
    async with floor.scope() as scope:
        await floor.house.conversations.snooze(scope, snoozed, author(gone), utc_now() + timedelta(seconds=0))
        await floor.house.people.connected(scope, here.id)
    await floor.gone_for(gone, 3_600)
    await floor.house.routing.tick(floor.workspace.id)
    assert await floor.holders() == {abandoned: here.id, snoozed: here.id}
    await floor.house.routing.tick(floor.workspace.id)
    assert len(await floor.facts("conversations.requeued.v1")) == 2


async def test_facts_move_the_queue(floor):
    person = await floor.employ(limit=1)
    first, second = await floor.wait(2)
    await floor.runner.drain(floor.workspace.id)
    assert await floor.holders() == {first: person.id}
    async with floor.scope() as scope:
        await floor.house.conversations.resolve(scope, first, author(person))
    await floor.runner.drain(floor.workspace.id)
    assert await floor.holders() == {second: person.id}
    told = await floor.facts("routing.queue_changed.v1")
    assert [told[-1].fields()[key] for key in ("waiting", "conversations")] == [0, []]


async def test_many_who_come_at_once_are_given_and_told_once(floor):
    await floor.employ(limit=70)
    waiting = await floor.wait(60)
    await floor.runner.drain(floor.workspace.id)
    assert set(await floor.holders()) == set(waiting)
    # Once for those who came, once for those who were given.
    assert len(await floor.facts("routing.queue_changed.v1")) <= 2


async def test_somebody_who_arrives_is_given_what_waits(floor):
    person = await floor.employ(online=False)
    (talk,) = await floor.wait()
    await floor.runner.drain(floor.workspace.id)
    assert await floor.holders() == {}
    async with floor.scope() as scope:
        await floor.house.people.connected(scope, person.id)
    await floor.runner.drain(floor.workspace.id)
    assert await floor.holders() == {talk: person.id}


async def test_another_companys_people_are_not_asked(floor, house):
    other = Floor(house, await house.workspaces.create(f"w-{uuid4().hex[:12]}", {"zh": "别家"}))
    await other.begin()
    await other.employ()
    await floor.wait()
    assert await floor.act("assign_waiting") == 0
    assert await other.act("queue") == []


async def test_over_http(floor, door):
    agent, other, viewer = await door("agent"), await door("agent"), await door("viewer")
    (talk,) = await floor.wait()
    queue = (await viewer.get("/api/v1/queue")).json()["items"]
    assert [(one["conversation_id"], one["position"]) for one in queue] == [(str(talk), 1)]
    path = f"/api/v1/conversations/{talk}"
    assert (await viewer.post(f"{path}/claim")).status_code == 403
    taken = await agent.post(f"{path}/claim")
    assert (taken.status_code, taken.json()["assignee_id"]) == (200, agent.headers["x-test-person"])
    refused = await other.post(f"{path}/claim")
    assert (refused.status_code, refused.json()["code"]) == (409, "conversations.taken")
    assert refused.json()["assignee_id"] == agent.headers["x-test-person"]
    both = {"person_id": str(new_id()), "team_id": str(new_id())}
    assert (await agent.post(f"{path}/transfer", json=both)).status_code == 422
    assert (await agent.post(f"{path}/transfer", json={"person_id": str(new_id())})).json()["code"] == "people.not_found"
    given = await agent.post(f"{path}/transfer", json={"person_id": other.headers["x-test-person"], "note": "客户很急"})
    assert given.json()["assignee_id"] == other.headers["x-test-person"]
    messages = (await other.get(f"{path}/messages")).json()["items"]
    assert [one["text"] for one in messages if one["kind"] == "note"] == ["客户很急"]
    back = await other.post(f"{path}/transfer", json={})
    assert back.json()["status"] == "waiting"
