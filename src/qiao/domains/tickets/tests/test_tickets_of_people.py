"""Tickets that people make and change: numbers without gaps under any race, and nobody overwrites what they did not see."""

import asyncio
from uuid import uuid4

import pytest

from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.people.contracts import NewTeam, Role
from qiao.domains.people.errors import PersonNotFound, TeamNotFound
from qiao.domains.tickets.contracts import TicketState
from qiao.domains.tickets.errors import TicketChangedMeanwhile, TicketClosed, TicketInvalid, TicketNotFound
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import TicketId

pytestmark = pytest.mark.database


async def test_a_ticket_of_a_conversation_is_told_and_stands_in_it(bench):
    talk = await bench.talk()
    ticket = await bench.open(talk, subject=" 壶\n漏水 ", priority="high")
    assert (ticket.ref, ticket.number, ticket.subject) == ("T-1001", 1001, "壶 漏水")
    assert (ticket.state, ticket.priority, ticket.type, ticket.origin) == (TicketState.OPEN, "high", "general", "agent")
    assert (ticket.contact.name, ticket.conversation_id, ticket.version) == ("林语桐", talk.id, 1)
    assert await bench.get(ticket) == ticket
    assert [one["ref"] for one in await bench.facts("opened")] == ["T-1001"]
    assert await bench.lines(talk) == ["T-1001"]


async def test_numbers_are_dense_however_many_make_tickets_at_once_and_repeats_use_none(bench):
    talks = [await bench.talk() for _ in range(3)]
    requests = [(talks[place % 3], f"request {place}") for place in range(9)] * 2
    made = await asyncio.gather(*(bench.open(talk, client_id=name) for talk, name in requests))
    assert sorted({one.number for one in made}) == list(range(1001, 1010))
    assert [one.id for one in made[:9]] == [one.id for one in made[9:]]
    assert len(await bench.facts("opened")) == 9


async def test_another_company_counts_from_the_same_first_number(bench, house):
    from qiao.domains.tickets.tests.conftest import Bench

    await bench.open(await bench.talk())
    neighbour = Bench(house, await Workspaces(house.database).create(f"n-{uuid4().hex[:10]}", {"zh": "邻居"}))
    await neighbour.begin()
    theirs = await neighbour.open(await neighbour.talk())
    assert theirs.ref == "T-1001"
    with pytest.raises(TicketNotFound):
        await bench.get(theirs)
    with pytest.raises(TicketNotFound):
        await bench.change(theirs, priority="low")
    with pytest.raises(ConversationNotFound):
        await bench.open(type("Talk", (), {"id": theirs.conversation_id}))


async def test_the_same_words_of_another_person_are_another_ticket(bench):
    talk, other = await bench.talk(), await bench.employ()
    mine, theirs = await bench.open(talk, client_id="same"), await bench.open(talk, by=other, client_id="same")
    assert mine.id != theirs.id


async def test_what_changes_is_told_with_who_did_it_and_what_does_not_is_not(bench):
    ticket = await bench.open(await bench.talk())
    assert await bench.change(ticket, priority="normal", subject="壶漏水") == ticket
    moved = await bench.change(ticket, state=TicketState.PENDING, assignee_id=bench.agent.id)
    assert (moved.version, moved.state, moved.assignee_id) == (2, TicketState.PENDING, bench.agent.id)
    (fact,) = await bench.facts("changed")
    assert fact["by"]["id"] == str(bench.agent.id)
    assert set(fact["changed"]) >= {"state", "assignee_id"}
    assert (fact["before"], fact["ticket"]["state"], fact["ticket"]["version"]) == ("open", "pending", 2)


async def test_of_two_who_change_the_same_version_one_is_told_to_look_again(bench):
    ticket = await bench.open(await bench.talk())
    outcomes = await asyncio.gather(
        bench.change(ticket, priority="high"), bench.change(ticket, priority="low"), return_exceptions=True
    )
    (refused,) = [one for one in outcomes if isinstance(one, TicketChangedMeanwhile)]
    (kept,) = [one for one in outcomes if not isinstance(one, TicketChangedMeanwhile)]
    assert refused.details == {"version": 2}
    assert await bench.get(ticket) == kept


async def test_solving_notes_when_and_opening_again_forgets_it(bench):
    ticket = await bench.open(await bench.talk())
    solved = await bench.change(ticket, state=TicketState.SOLVED)
    assert solved.solved_at is not None
    again = await bench.change(solved, state=TicketState.OPEN)
    assert again.solved_at is None


async def test_closed_is_final_and_keeps_when_it_was_solved(bench):
    ticket = await bench.open(await bench.talk())
    solved = await bench.change(ticket, state=TicketState.SOLVED)
    closed = await bench.change(solved, state=TicketState.CLOSED)
    assert closed.solved_at == solved.solved_at
    with pytest.raises(TicketClosed):
        await bench.change(closed, state=TicketState.OPEN)
    with pytest.raises(TicketClosed):
        await bench.change(closed, subject="另一件事")
    assert await bench.get(ticket) == closed


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_nobody_has_a_ticket_who_may_not_work_on_it(bench, role):
    ticket, reader = await bench.open(await bench.talk()), await bench.employ(role)
    with pytest.raises(TicketInvalid) as refused:
        await bench.change(ticket, assignee_id=reader.id)
    assert refused.value.details == {"field": "assignee_id"}


async def test_a_ticket_is_for_a_team_and_for_nobody_again(bench):
    ticket = await bench.open(await bench.talk())
    async with bench.scope() as scope:
        team = await bench.house.people.create_team(scope, NewTeam(name={"zh": "售后"}))
    given = await bench.change(ticket, team_id=team.id, assignee_id=bench.agent.id)
    assert (given.team_id, given.assignee_id) == (team.id, bench.agent.id)
    taken = await bench.change(given, team_id=None, assignee_id=None)
    assert (taken.team_id, taken.assignee_id) == (None, None)
    with pytest.raises(TeamNotFound):
        await bench.change(taken, team_id=uuid4())
    with pytest.raises(PersonNotFound):
        await bench.change(taken, assignee_id=uuid4())


async def test_fields_are_those_of_the_type(bench):
    await bench.send_form(await bench.talk())
    kind = (await bench.called()).type
    ticket = await bench.open(await bench.talk(), type=kind, fields={"number": " 2002 "})
    assert ticket.fields == {"number": "2002"}
    assert (await bench.change(ticket, fields={"number": ""})).fields == {}
    with pytest.raises(TicketInvalid):
        await bench.open(await bench.talk(), fields={"number": "2002"})
    with pytest.raises(TicketInvalid):
        await bench.open(await bench.talk(), type="unheard of\x00")


async def test_lists_are_newest_first_and_filtered(bench):
    talk = await bench.talk()
    first, second = await bench.open(talk), await bench.open(await bench.talk("王芳"))
    third = await bench.change(await bench.open(talk), state=TicketState.SOLVED, assignee_id=bench.agent.id)
    assert [one.id for one in await bench.all()] == [third.id, second.id, first.id]
    assert [one.id for one in await bench.all(state=TicketState.OPEN)] == [second.id, first.id]
    assert [one.id for one in await bench.all(assignee_id=bench.agent.id)] == [third.id]
    assert [one.id for one in await bench.all(unassigned=True)] == [second.id, first.id]
    assert [one.id for one in await bench.all(conversation_id=talk.id)] == [third.id, first.id]
    assert [one.id for one in await bench.all(contact_id=second.contact.id)] == [second.id]
    assert await bench.all(type="inbox-x") == []


async def test_no_ticket_is_nobody_s(bench):
    with pytest.raises(TicketNotFound):
        async with bench.scope() as scope:
            await bench.tickets.get(scope, TicketId(uuid4()))
