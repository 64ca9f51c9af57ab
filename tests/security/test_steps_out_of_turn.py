"""Every step that has a turn, tried out of it through the front door: a clear refusal, and not a row of the company is another.

A function of `TURNS` goes as far as it must and gives the request that is not its turn. What a step may follow on is asked of the rules
themselves where there is a table of them (conversations), so that a new act or state is tried the day it is written.
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.shop import stocked
from support.turns import ACTS, API, CONSOLE, PASSWORD, Desk, Step, refused

from qiao.domains.conversations.contracts import Status
from qiao.domains.conversations.rules import ALLOWED
from qiao.ports.commerce import CommerceRefused
from qiao.ports.commerce_wishes import AddressChange, ReturnItem
from qiao.ports.testing.commerce_scene import NEW_HOME, Scene, invoice, key, send_back

pytestmark = pytest.mark.database

NOBODY = UUID(int=7)
INSIDE = {"hand_over", "requeue"}
"""Acts of the bot and of timers: no request does them."""


Turn = Callable[[Desk], Awaitable[Step]]
TURNS: dict[str, tuple[int, str, Turn]] = {}


def out_of_turn(status: int, code: str) -> Callable[[Turn], Turn]:
    def kept(turn: Turn) -> Turn:
        TURNS[turn.__name__] = (status, code, turn)
        return turn

    return kept


@pytest.fixture
async def desk(house: Any, database: Any, workspace: Any, door: Any) -> Desk:
    return await Desk(house, database, workspace, door).begin()


REPEATED = ("resolve", Status.RESOLVED)
"""Done again it is what it was."""
WRONG = [
    (act, status)
    for act, allowed in ALLOWED.items()
    for status in Status
    if act not in INSIDE and status not in allowed and (act, status) != REPEATED
]


def test_every_act_of_a_conversation_is_tried() -> None:
    assert set(ALLOWED) == set(ACTS) | INSIDE
    assert len(WRONG) >= 9


@pytest.mark.parametrize(("act", "status"), WRONG)
async def test_a_conversation_is_handled_in_its_turn(desk: Desk, act: str, status: Status) -> None:
    talk = await desk.talk(status)
    name, body = ACTS[act]
    step = Step(desk.admin, "POST", f"{API}/conversations/{talk}/{name}", json=body)
    await refused(desk, step, 409, "conversations.wrong_status")


async def test_what_is_resolved_is_resolved_once(desk: Desk) -> None:
    talk = await desk.talk(Status.RESOLVED)
    before = await desk.rows()
    assert (await desk.ok("POST", f"/conversations/{talk}/resolve"))["status"] == Status.RESOLVED
    assert await desk.rows() == before


@pytest.mark.parametrize(
    "change",
    [{"state": "open"}, {"state": "solved"}, {"subject": "x"}, {"priority": "high"}, {"assignee_id": None}, {"fields": {}}],
)
async def test_a_closed_ticket_is_final(desk: Desk, change: dict[str, Any]) -> None:
    ticket = await desk.ticket(state="closed")
    step = Step(desk.admin, "PATCH", f"{API}/tickets/{ticket['id']}", json={"version": ticket["version"], **change})
    await refused(desk, step, 409, "tickets.closed")


@out_of_turn(409, "tickets.changed_meanwhile")
async def a_ticket_is_changed_as_somebody_saw_it_before(desk: Desk) -> Step:
    ticket = await desk.ticket(subject="换两只壶")
    return Step(desk.admin, "PATCH", f"{API}/tickets/{ticket['id']}", json={"version": ticket["version"] - 1, "state": "solved"})


@out_of_turn(404, "conversations.not_found")
async def a_ticket_of_no_conversation(desk: Desk) -> Step:
    return Step(desk.admin, "POST", f"{API}/tickets", json={"conversation_id": str(NOBODY), "client_id": "c", "subject": "x"})


@out_of_turn(400, "people.invite_invalid")
async def an_invitation_is_taken_up_twice(desk: Desk) -> Step:
    _id, taken = await desk.invite()
    await desk.ok("POST", "/invites/accept", desk.stranger, json=taken)
    return Step(await desk.door(**CONSOLE), "POST", f"{API}/invites/accept", json=taken)


@out_of_turn(400, "people.invite_invalid")
async def an_invitation_is_taken_up_after_it_was_taken_back(desk: Desk) -> Step:
    invite, taken = await desk.invite()
    await desk.ok("DELETE", f"/invites/{invite}")
    return Step(desk.stranger, "POST", f"{API}/invites/accept", json=taken)


@out_of_turn(400, "people.invite_invalid")
async def an_invitation_is_taken_up_after_its_end(desk: Desk) -> Step:
    _id, taken = await desk.invite()
    await desk.sql("update invites set expires_at = now() where workspace_id = $1")
    return Step(desk.stranger, "POST", f"{API}/invites/accept", json=taken)


@out_of_turn(400, "people.invite_invalid")
async def an_invitation_is_taken_up_that_nobody_made(desk: Desk) -> Step:
    _id, taken = await desk.invite()
    return Step(desk.stranger, "POST", f"{API}/invites/accept", json={**taken, "token": taken["token"][:-3] + "AAA"})


@out_of_turn(404, "people.invite_not_found")
async def an_invitation_is_taken_back_after_it_was_taken_up(desk: Desk) -> Step:
    invite, taken = await desk.invite()
    await desk.ok("POST", "/invites/accept", desk.stranger, json=taken)
    return Step(desk.admin, "DELETE", f"{API}/invites/{invite}")


@out_of_turn(400, "people.reset_invalid")
async def a_password_is_set_twice_by_one_link(desk: Desk) -> Step:
    _person, taken = await desk.reset()
    await desk.ok("POST", "/password-resets/accept", desk.stranger, json=taken)
    return Step(desk.stranger, "POST", f"{API}/password-resets/accept", json=taken)


@out_of_turn(400, "people.reset_invalid")
async def a_password_is_set_by_the_link_before_the_last(desk: Desk) -> Step:
    person, taken = await desk.reset()
    await desk.ok("POST", f"/people/{person}/password-reset")
    return Step(desk.stranger, "POST", f"{API}/password-resets/accept", json=taken)


@out_of_turn(400, "people.reset_invalid")
async def a_password_is_set_after_the_links_end(desk: Desk) -> Step:
    _person, taken = await desk.reset()
    await desk.sql("update password_resets set expires_at = now() where workspace_id = $1")
    return Step(desk.stranger, "POST", f"{API}/password-resets/accept", json=taken)


@out_of_turn(400, "people.reset_invalid")
async def a_password_is_set_of_somebody_who_was_disabled_meanwhile(desk: Desk) -> Step:
    person, taken = await desk.reset()
    await desk.ok("PATCH", f"/people/{person}", json={"disabled": True})
    return Step(desk.stranger, "POST", f"{API}/password-resets/accept", json=taken)


@out_of_turn(400, "people.reset_invalid")
async def an_invitation_sets_a_password(desk: Desk) -> Step:
    _id, taken = await desk.invite()
    return Step(desk.stranger, "POST", f"{API}/password-resets/accept", json={"token": taken["token"], "password": PASSWORD})


@out_of_turn(401, "auth.unauthenticated")
async def somebody_goes_on_after_signing_out(desk: Desk) -> Step:
    agent = await desk.door("agent")
    await desk.ok("DELETE", "/session", agent)
    return Step(agent, "POST", f"{API}/conversations/{await desk.talk()}/claim")


@out_of_turn(401, "auth.wrong_credentials")
async def a_password_is_changed_without_the_present_one(desk: Desk) -> Step:
    return Step(await desk.door("agent"), "PUT", f"{API}/me/password", json={"current": PASSWORD, "new": f"{PASSWORD} more"})


@out_of_turn(401, "auth.unauthenticated")
async def a_program_goes_on_after_its_key_was_revoked(desk: Desk) -> Step:
    made = await desk.ok("POST", "/keys", json={"name": "till", "scopes": ["conversations.write"]})
    await desk.ok("DELETE", f"/keys/{made['key']['id']}")
    talk = await desk.talk()
    return Step(await desk.door(Authorization=f"Bearer {made['secret']}"), "POST", f"{API}/conversations/{talk}/resolve")


@out_of_turn(422, "inboxes.invalid")
async def a_third_identity_key_before_one_of_two_was_retired(desk: Desk) -> Step:
    path = f"/inboxes/{(await desk.inbox()).id}/identity-keys"
    for _ in range(2):
        await desk.ok("POST", path)
    return Step(desk.admin, "POST", f"{API}{path}")


@out_of_turn(404, "knowledge.not_found")
async def a_translation_is_published_before_it_was_written(desk: Desk) -> Step:
    return Step(desk.admin, "POST", f"{API}/knowledge/articles/{await desk.article()}/translations/en/publish")


@out_of_turn(409, "knowledge.nothing_to_publish")
async def a_translation_is_published_before_it_says_anything(desk: Desk) -> Step:
    article = await desk.article()
    await desk.ok("PUT", f"/knowledge/articles/{article}/translations/en", json={"title": "Returns"})
    return Step(desk.admin, "POST", f"{API}/knowledge/articles/{article}/translations/en/publish")


@out_of_turn(404, "knowledge.not_found")
async def a_translation_is_withdrawn_before_it_was_written(desk: Desk) -> Step:
    return Step(desk.admin, "POST", f"{API}/knowledge/articles/{await desk.article()}/translations/en/unpublish")


@out_of_turn(404, "knowledge.not_found")
async def a_translation_is_published_after_its_article_was_deleted(desk: Desk) -> Step:
    article = await desk.article()
    await desk.ok("PUT", f"/knowledge/articles/{article}/translations/en", json={"title": "Returns", "body": "Seven days."})
    await desk.ok("DELETE", f"/knowledge/articles/{article}")
    return Step(desk.admin, "POST", f"{API}/knowledge/articles/{article}/translations/en/publish")


@out_of_turn(404, "knowledge.not_found")
async def a_question_is_published_after_it_was_deleted(desk: Desk) -> Step:
    faq = await desk.faq()
    await desk.ok("DELETE", f"/knowledge/faqs/{faq}")
    return Step(desk.admin, "PATCH", f"{API}/knowledge/faqs/{faq}", json={"publish": True})


@out_of_turn(422, "uploads.empty")
async def an_import_without_a_file_to_import(desk: Desk) -> Step:
    return Step(
        desk.admin, "POST", f"{API}/knowledge/imports", files={"file": ("faq.csv", b"", "text/csv")}, data={"language": "zh"}
    )


@out_of_turn(422, "bot.flow_invalid")
async def a_flow_is_published_before_it_is_whole(desk: Desk) -> Step:
    made = await desk.ok("POST", "/bot/flows", json={"shipped": "order_status"})
    draft = made["draft"]
    draft["graph"]["start"] = "nowhere"
    await desk.ok("PATCH", f"/bot/flows/{made['flow']['id']}", json={"draft": draft})
    return Step(desk.admin, "POST", f"{API}/bot/flows/{made['flow']['id']}/publish")


@out_of_turn(409, "bot.flow_changed")
async def a_flow_is_saved_as_somebody_saw_it_before(desk: Desk) -> Step:
    made = await desk.ok("POST", "/bot/flows", json={"shipped": "order_status"})
    path, old = f"/bot/flows/{made['flow']['id']}", {"draft": made["draft"], "revision": made["revision"]}
    await desk.ok("PATCH", path, json=old)
    return Step(desk.admin, "PATCH", f"{API}{path}", json=old)


@out_of_turn(409, "bot.experiment_running")
async def an_experiment_begins_while_another_runs(desk: Desk) -> Step:
    await desk.experiment()
    return Step(desk.admin, "POST", f"{API}/bot/learning/experiments", json={"name": "b", "changes": {"answer_from": 0.9}})


@out_of_turn(404, "bot.experiment_not_found")
async def an_experiment_ends_twice(desk: Desk) -> Step:
    path = f"/bot/learning/experiments/{await desk.experiment()}/end"
    await desk.ok("POST", path)
    return Step(desk.admin, "POST", f"{API}{path}")


@out_of_turn(404, "bot.experiment_not_found")
async def an_experiment_is_adopted_after_its_end(desk: Desk) -> Step:
    experiment = await desk.experiment(entry={"entry_id": await desk.faq(), "answer": "十天内可以退。"})
    await desk.ok("POST", f"/bot/learning/experiments/{experiment}/end")
    return Step(desk.admin, "POST", f"{API}/bot/learning/experiments/{experiment}/adopt")


@out_of_turn(409, "bot.experiment_over")
async def an_answer_is_adopted_after_it_was_written_anew(desk: Desk) -> Step:
    faq = await desk.faq()
    experiment = await desk.experiment(entry={"entry_id": faq, "answer": "十天内可以退。"})
    await desk.ok("PATCH", f"/knowledge/faqs/{faq}", json={"answer": "不能退。"})
    return Step(desk.admin, "POST", f"{API}/bot/learning/experiments/{experiment}/adopt")


@out_of_turn(409, "webhooks.off")
async def an_endpoint_is_tried_while_it_is_off(desk: Desk) -> Step:
    return Step(desk.admin, "POST", f"{API}/webhooks/{await desk.endpoint(enabled=False)}/ping")


@out_of_turn(409, "webhooks.off")
async def a_delivery_is_made_again_while_its_endpoint_is_off(desk: Desk) -> Step:
    endpoint = await desk.endpoint()
    ping = await desk.ok("POST", f"/webhooks/{endpoint}/ping")
    await desk.ok("PATCH", f"/webhooks/{endpoint}", json={"enabled": False})
    return Step(desk.admin, "POST", f"{API}/webhooks/{endpoint}/deliveries/{ping['id']}/replay")


@out_of_turn(404, "webhooks.delivery_not_found")
async def a_delivery_is_made_again_that_never_was(desk: Desk) -> Step:
    return Step(desk.admin, "POST", f"{API}/webhooks/{await desk.endpoint()}/deliveries/{NOBODY}/replay")


@out_of_turn(404, "webhooks.not_found")
async def deliveries_are_made_again_after_their_endpoint_was_deleted(desk: Desk) -> Step:
    endpoint = await desk.endpoint()
    await desk.ok("DELETE", f"/webhooks/{endpoint}")
    return Step(desk.admin, "POST", f"{API}/webhooks/{endpoint}/replay", json={})


@out_of_turn(404, "delivery.not_found")
async def a_message_is_sent_again_that_was_never_sent(desk: Desk) -> Step:
    return Step(desk.admin, "POST", f"{API}/conversations/{await desk.talk()}/deliveries/1/retry")


@out_of_turn(409, "contacts.join_refused")
async def two_customers_are_parted_before_they_were_joined(desk: Desk) -> Step:
    one, other = await desk.customers()
    return Step(desk.admin, "POST", f"{API}/contacts/{one}/unjoin", json={"other_id": other})


@out_of_turn(409, "contacts.join_refused")
async def two_customers_are_joined_twice(desk: Desk) -> Step:
    one, other = await desk.customers()
    body = {"other_id": other, "proof": "agent"}
    await desk.ok("POST", f"/contacts/{one}/join", json=body)
    return Step(desk.admin, "POST", f"{API}/contacts/{one}/join", json=body)


@out_of_turn(404, "bot.promise_not_found")
async def a_promise_is_kept_that_nobody_made(desk: Desk) -> Step:
    return Step(desk.admin, "POST", f"{API}/bot/assist/promises/{NOBODY}/keep")


@out_of_turn(401, "contacts.visitor_unknown")
async def a_visitor_writes_before_the_visit_began(desk: Desk) -> Step:
    return Step(desk.stranger, "POST", "/visitor/v1/messages", json={"client_id": "c", "text": "hello"})


@out_of_turn(404, "bot.turn_not_found")
async def a_visitor_judges_an_answer_that_was_never_given(desk: Desk) -> Step:
    return Step(await desk.visitor(), "POST", "/visitor/v1/feedback", json={"message_id": str(NOBODY), "helpful": True})


@out_of_turn(404, "files.not_found")
async def a_visitor_attaches_what_they_never_uploaded(desk: Desk) -> Step:
    return Step(await desk.visitor(), "POST", "/visitor/v1/messages", json={"client_id": "c", "attachments": [str(NOBODY)]})


@pytest.mark.parametrize("name", TURNS)
async def test_a_step_out_of_its_turn_does_nothing(desk: Desk, name: str) -> None:
    status, code, turn = TURNS[name]
    await refused(desk, await turn(desk), status, code)


async def test_what_changes_would_be_seen(desk: Desk) -> None:
    before = await desk.rows()
    await desk.ticket()
    after = await desk.rows()
    assert {"tickets", "conversations", "messages", "log_events"} <= {name for name in before if before[name] != after[name]}


SHOP: dict[str, Callable[[Scene], Awaitable[object]]] = {
    "an address changes after the parcel left": lambda shop: shop.commerce.change_address(
        shop.owner, AddressChange(order=shop.shipped, address=NEW_HOME, key=key())
    ),
    "an address changes after the parcel arrived": lambda shop: shop.commerce.change_address(
        shop.owner, AddressChange(order=shop.delivered, address=NEW_HOME, key=key())
    ),
    "what has not arrived comes back": lambda shop: shop.commerce.request_return(shop.owner, send_back(shop, order=shop.shipped)),
    "what has not left comes back": lambda shop: shop.commerce.request_return(shop.owner, send_back(shop, order=shop.packing)),
    "what was not paid comes back": lambda shop: shop.commerce.request_return(shop.owner, send_back(shop, order=shop.unpaid)),
    "what arrived long ago comes back": lambda shop: shop.commerce.request_return(shop.owner, send_back(shop, order=shop.old)),
    "an invoice is written before it was paid": lambda shop: shop.commerce.request_invoice(
        shop.owner, invoice(shop, order=shop.unpaid)
    ),
}


@pytest.mark.parametrize("name", SHOP)
async def test_an_order_is_handled_in_its_turn(desk: Desk, name: str) -> None:
    """What customers ask of the shop by the bot; the bot's tools have no other door."""
    shop = await stocked(desk.database, desk.house.commerce, desk.house.commerce, desk.workspace.id)
    before = await desk.orders()
    with pytest.raises(CommerceRefused) as no:
        await SHOP[name](shop)
    assert 400 <= no.value.status < 500
    assert await desk.orders() == before


async def test_nothing_comes_back_or_is_written_twice(desk: Desk) -> None:
    shop = await stocked(desk.database, desk.house.commerce, desk.house.commerce, desk.workspace.id)
    await shop.commerce.request_return(shop.owner, send_back(shop, items=(ReturnItem(line="1", quantity=2),)))
    await shop.commerce.request_invoice(shop.owner, invoice(shop))
    before = await desk.orders()
    for again in (
        shop.commerce.request_return(shop.owner, send_back(shop)),
        shop.commerce.request_invoice(shop.owner, invoice(shop)),
    ):
        with pytest.raises(CommerceRefused):
            await again
    assert await desk.orders() == before
