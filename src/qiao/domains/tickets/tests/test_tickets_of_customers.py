"""What customers do to tickets: a form makes one, further words are for the same, and words open again what rested."""

import asyncio

import msgspec
import pytest

from qiao.domains.conversations.contracts import Author, AuthorKind, NewMessage
from qiao.domains.tickets.contracts import TicketState
from qiao.domains.tickets.tests.ticket_bench import WANTED

pytestmark = pytest.mark.database


async def test_a_form_makes_a_ticket_of_its_own_type(bench):
    talk = await bench.talk()
    await bench.send_form(talk)
    ticket = await bench.called()
    assert (ticket.ref, ticket.origin, ticket.fields, ticket.subject) == ("T-1001", "form", {"number": "1001"}, "壶漏水")
    async with bench.scope() as scope:
        general, brought = await bench.tickets.types(scope)
    assert general.names == {"zh": "一般", "en": "General"}
    assert (brought.key, brought.names, brought.fields) == (ticket.type, WANTED.title, WANTED.fields)
    assert await bench.lines(talk) == ["T-1001"]


async def test_a_form_without_a_subject_is_called_as_the_form_is(bench):
    await bench.send_form(await bench.talk(), subject=" ")
    assert (await bench.called()).subject == "售后表单"


async def test_one_form_is_one_ticket_however_often_and_fast_it_comes(bench):
    talk = await bench.talk()
    await asyncio.gather(*(bench.send_form(talk, client_id="same") for _ in range(4)), *(bench.send_form(talk) for _ in range(4)))
    assert [one.ref for one in await bench.all()] == ["T-1001"]
    assert len(await bench.facts("opened")) == 1
    await bench.send_form(await bench.talk(), msgspec.structs.replace(WANTED, key="n2"))
    assert [one.ref for one in await bench.all()] == ["T-1002", "T-1001"]


async def test_further_words_are_for_the_same_ticket_and_take_it_to_where_they_were_said(bench):
    talk = await bench.talk()
    await bench.send_form(talk)
    later = await bench.talk()
    await bench.send_form(later)
    (ticket,) = await bench.all()
    assert (ticket.conversation_id, ticket.contact.id) == (later.id, later.contact.id)


@pytest.mark.parametrize("state", [TicketState.PENDING, TicketState.SOLVED])
async def test_words_open_again_what_rested(bench, state):
    talk = await bench.talk()
    await bench.hear()
    ticket = await bench.change(await bench.open(talk), state=state)
    await bench.hear()
    assert (await bench.get(ticket)).state is state
    await bench.say(talk)
    await bench.hear()
    opened = await bench.get(ticket)
    assert (opened.state, opened.solved_at) == (TicketState.OPEN, None)
    fact = (await bench.facts("changed"))[-1]
    assert (fact["by"]["kind"], fact["before"]) == ("contact", state.value)
    await bench.hear()
    assert (await bench.get(ticket)).version == opened.version


async def test_what_an_agent_decided_after_those_words_stays(bench):
    talk = await bench.talk()
    ticket = await bench.open(talk)
    await bench.say(talk, "谢谢")
    await bench.change(ticket, state=TicketState.SOLVED)
    await bench.hear()
    assert (await bench.get(ticket)).state is TicketState.SOLVED


async def test_another_change_after_those_words_does_not_hide_them(bench):
    talk = await bench.talk()
    ticket = await bench.change(await bench.open(talk), state=TicketState.PENDING)
    await bench.say(talk)
    await bench.change(ticket, priority="high")
    await bench.hear()
    assert (await bench.get(ticket)).state is TicketState.OPEN


async def test_a_machine_s_words_open_nothing(bench):
    talk = await bench.talk()
    ticket = await bench.change(await bench.open(talk), state=TicketState.SOLVED)
    await bench.say(talk, "我在休假", channel={"automatic": True})
    await bench.hear()
    assert (await bench.get(ticket)).state is TicketState.SOLVED


async def test_what_was_solved_long_ago_is_closed_and_followed_by_a_new_ticket(bench):
    talk = await bench.talk()
    await bench.send_form(talk)
    old = await bench.change(await bench.called(), state=TicketState.SOLVED)
    await bench.send_form(talk)
    assert [one.ref for one in await bench.all()] == ["T-1001"]
    await bench.solved_days_ago(old, 8)
    await bench.send_form(talk, msgspec.structs.replace(WANTED, values={}))
    newer, older = await bench.all()
    assert (older.state, newer.state, newer.follows_id, newer.ref) == (TicketState.CLOSED, TicketState.OPEN, old.id, "T-1002")
    # What is known of the matter is not asked again.
    assert newer.fields == {"number": "1001"}
    assert await bench.called() == newer


async def test_words_in_a_talk_make_no_ticket_and_leave_what_was_solved_long_ago(bench):
    talk = await bench.talk()
    ticket = await bench.change(await bench.open(talk), state=TicketState.SOLVED)
    await bench.solved_days_ago(ticket, 8)
    await bench.say(talk)
    await bench.hear()
    (only,) = await bench.all()
    assert (only.id, only.state) == (ticket.id, TicketState.SOLVED)


async def test_solved_tickets_are_closed_after_their_time(bench):
    recent = await bench.change(await bench.open(await bench.talk()), state=TicketState.SOLVED)
    due = await bench.change(await bench.open(await bench.talk()), state=TicketState.SOLVED)
    await bench.solved_days_ago(due, 8)
    await bench.tickets.close_due()
    await bench.tickets.close_due()
    assert (await bench.get(recent)).state is TicketState.SOLVED
    closed = await bench.get(due)
    assert (closed.state, closed.version) == (TicketState.CLOSED, due.version + 1)
    assert closed.solved_at is not None


async def test_tickets_follow_their_conversation_to_another_contact(bench):
    talk, other = await bench.talk(), await bench.talk("林语桐（邮件）")
    ticket = await bench.open(talk)
    async with bench.scope() as scope:
        await bench.house.conversations.move_contact(scope, talk.contact.id, other.contact.id)
    await bench.hear()
    moved = await bench.get(ticket)
    assert (moved.contact.id, moved.contact.name) == (other.contact.id, "林语桐（邮件）")
    assert (await bench.facts("changed"))[-1]["changed"] == ["contact"]


async def test_an_agent_s_own_words_open_nothing(bench):
    talk = await bench.talk()
    await bench.hear()
    ticket = await bench.change(await bench.open(talk), state=TicketState.PENDING)

    item = NewMessage(
        conversation_id=talk.id, author=Author(AuthorKind.AGENT, bench.agent.id, "何嘉怡"), text="请拍张照", client_id="reply"
    )
    await bench.house.conversations.post(bench.workspace.id, item)
    await bench.hear()
    assert (await bench.get(ticket)).state is TicketState.PENDING
