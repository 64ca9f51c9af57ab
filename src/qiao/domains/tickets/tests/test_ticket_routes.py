"""Tickets at the front door: who may, what is answered, pages that neither lose nor repeat one."""

from uuid import uuid4

import pytest

pytestmark = pytest.mark.database

BASE = "/api/v1/tickets"


@pytest.fixture
async def agent(door):
    return await door("agent")


@pytest.fixture
async def talk(bench):
    return await bench.talk()


async def make(agent, talk, **given):
    body = {"conversation_id": str(talk.id), "client_id": uuid4().hex, "subject": "壶漏水", **given}
    return await agent.post(BASE, json=body)


async def test_made_twice_is_one_ticket_and_everybody_who_reads_conversations_reads_it(agent, door, talk):
    made, again = await make(agent, talk, client_id="one"), await make(agent, talk, client_id="one")
    assert made.status_code == 201
    assert made.json() == again.json()
    reader = await door("viewer")
    assert (await reader.get(f"{BASE}/{made.json()['id']}")).json() == made.json()
    assert (await reader.patch(f"{BASE}/{made.json()['id']}", json={"version": 1})).status_code == 403
    assert (await make(reader, talk)).status_code == 403
    assert (await (await door("editor")).get(BASE)).status_code == 403


async def test_pages_hold_every_ticket_once(agent, talk):
    refs = [(await make(agent, talk)).json()["ref"] for _ in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = (await agent.get(BASE, params={"limit": 2, "state": "open", **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["ref"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == refs[::-1]
    assert cursor is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"state": "lost"}, 422),
        ({"assignee_id": "me"}, 422),
        ({"cursor": "bm9uc2Vuc2U"}, 422),
        ({"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk"}, 200),
        ({"type": "a\x00b"}, 200),
        ({"limit": 10_000}, 200),
    ],
)
async def test_a_list_answers_nonsense_with_what_is_wrong(agent, query, status):
    answer = await agent.get(BASE, params=query)
    assert answer.status_code == status
    assert answer.json().get("items", []) == []


async def test_a_change_says_which_version_it_looked_at(agent, talk):
    made = (await make(agent, talk)).json()
    where = f"{BASE}/{made['id']}"
    assert (await agent.patch(where, json={"priority": "high"})).status_code == 422
    changed = await agent.patch(where, json={"version": 1, "priority": "high", "assignee_id": agent.headers["x-test-person"]})
    assert (changed.status_code, changed.json()["priority"], changed.json()["version"]) == (200, "high", 2)
    late = await agent.patch(where, json={"version": 1, "state": "closed"})
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "tickets.changed_meanwhile", 2)
    closed = await agent.patch(where, json={"version": 2, "state": "closed"})
    assert closed.json()["state"] == "closed"
    final = await agent.patch(where, json={"version": 3, "state": "open"})
    assert (final.status_code, final.json()["code"]) == (409, "tickets.closed")


async def test_what_is_not_there_is_not_found(agent, talk):
    assert (await agent.get(f"{BASE}/{uuid4()}")).json()["code"] == "tickets.not_found"
    assert (await make(agent, talk, conversation_id=str(uuid4()))).json()["code"] == "conversations.not_found"
    assert (await make(agent, talk, type="nothing")).json()["code"] == "tickets.invalid"
    assert (await make(agent, talk, subject=" \n ")).status_code == 422


async def test_types_tell_what_they_ask(agent, bench, talk):
    await bench.send_form(talk)
    general, brought = (await agent.get("/api/v1/ticket-types")).json()["items"]
    assert (general["key"], general["fields"]) == ("general", [])
    assert [one["key"] for one in brought["fields"]] == ["number"]
    found = (await agent.get(BASE, params={"type": brought["key"]})).json()["items"]
    assert [one["fields"] for one in found] == [{"number": "1001"}]
