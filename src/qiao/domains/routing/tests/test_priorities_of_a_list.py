"""How urgent the conversations of a list are: asked by their ids, as the console draws its rows."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import NewConversation, Status
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.routing.contracts import HandOverCase
from qiao.kit.ids import PersonId, new_id

pytestmark = pytest.mark.database
PATH = "/api/v1/routing/priorities"


async def talks(house: Any, workspace: Any, count: int) -> list[UUID]:
    """Conversations of so many customers."""
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="webchat", name="官网"))
        contacts = [await house.contacts.create(scope, ContactFields()) for _ in range(count)]
    new = [NewConversation(inbox_id=inbox.id, contact_id=one.id, status=Status.BOT) for one in contacts]
    return [(await house.conversations.find_or_open(workspace.id, one)).id for one in new]


async def asked(client: httpx.AsyncClient, *ids: UUID) -> list[tuple[str, str, str]]:
    answer = await client.get(PATH, params={"conversation": [str(one) for one in ids]})
    assert answer.status_code == 200, answer.text
    return [(one["conversation_id"], one["priority"], one["reason"]) for one in answer.json()["items"]]


async def test_what_was_guessed_and_what_was_chosen_is_told_the_most_urgent_first(door, house, workspace) -> None:
    calm, low, danger, unseen = await talks(house, workspace, 4)
    agent = await door("agent")
    async with house.database.scope(workspace.id) as scope:
        inbox = (await house.inboxes.all(scope))[0].id
        for talk, reason in ((calm, "asked"), (danger, "emergency")):
            await house.routing.triages.guess(scope, HandOverCase(conversation_id=talk, inbox_id=inbox, reason=reason, words="x"))
    assert (await agent.put(f"/api/v1/conversations/{low}/priority", json={"priority": "low"})).status_code == 200
    assert await asked(agent, calm, low, danger, unseen) == [
        (str(danger), "urgent", "emergency"),
        (str(calm), "normal", "none"),
        (str(low), "low", "chosen"),
    ]
    assert await asked(agent, low) == [(str(low), "low", "chosen")]


async def test_conversations_of_another_company_are_as_unknown_as_those_that_are_not_there(door, house, workspace) -> None:
    other = await house.workspaces.create(f"w-{uuid4().hex[:10]}", {"zh": "别家", "en": "Another"})
    (theirs,) = await talks(house, other, 1)
    async with house.database.scope(other.id) as scope:
        await house.routing.triages.choose(scope, theirs, "urgent", PersonId(new_id()))
    assert await asked(await door("agent"), theirs, uuid4()) == []


@pytest.mark.parametrize("ids", [["x"], [str(UUID(int=at)) for at in range(101)]], ids=["not an id", "more than a page"])
async def test_a_question_about_nonsense_or_about_too_many_is_refused(door, ids) -> None:
    assert (await (await door("agent")).get(PATH, params={"conversation": ids})).status_code in {400, 422}


async def test_a_question_about_none_is_answered_with_none(door) -> None:
    assert (await (await door("agent")).get(PATH)).json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(("role", "status"), [("viewer", 200), ("", 401)])
async def test_whoever_may_read_conversations_may_ask(door, role, status) -> None:
    answer = await (await door(role)).get(PATH, params={"conversation": str(uuid4())})
    assert answer.status_code == status
