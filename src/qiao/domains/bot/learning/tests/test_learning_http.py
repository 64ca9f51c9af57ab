"""The routes of the learning loop and of evaluation."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

from qiao.domains.bot.evaluation_http import CONTROLLERS as EVALUATION
from qiao.domains.bot.learning_http import CONTROLLERS as LEARNING
from qiao.kit.errors import QiaoError
from qiao.kit.ids import PersonId, new_id
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import Authentication
from qiao.platform.http.guards import caller_of
from qiao.platform.http.problems import answer_http_error, answer_qiao_error

pytestmark = pytest.mark.database
RIGHTS = {"editor": {"knowledge.read", "knowledge.write"}, "viewer": {"knowledge.read"}, "stranger": set()}
LEARN, EVALUATE = "/api/v1/bot/learning", "/api/v1/bot/evaluation"
NOBODY = UUID(int=7)


def _giver(part: object) -> Callable[[], object]:
    return lambda: part


@pytest.fixture
async def client(shop) -> AsyncIterator[httpx.AsyncClient]:
    """The session cookie names the role."""
    await shop.come_to_work()

    async def resolve(token: str) -> Caller | None:
        return Caller(
            workspace_id=shop.workspace.id,
            person_id=PersonId(new_id()),
            session_id=new_id(),
            name=token,
            role="editor",
            permissions=frozenset(RIGHTS[token]),
            locale="zh",
        )

    async def caller(request: Request) -> Caller:
        return caller_of(request)

    parts = {"bot": shop.bot, "database": shop.database, "knowledge": shop.knowledge}
    app = Litestar(
        [*LEARNING, *EVALUATION],
        dependencies={
            "caller": Provide(caller),
            **{name: Provide(_giver(part), sync_to_thread=False) for name, part in parts.items()},
        },
        middleware=[DefineMiddleware(Authentication, resolve=resolve)],
        exception_handlers={QiaoError: answer_qiao_error, HTTPException: answer_http_error},
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="https://desk.example",
        headers={"X-Qiao-Client": "console"},
        cookies={"qiao_session": "editor"},
    ) as client:
        yield client


async def ok(answer) -> dict:
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{LEARN}/look", None),
        ("PATCH", LEARN, {"review_days": 90}),
        ("POST", f"{LEARN}/clusters/{NOBODY}/accept", {}),
        ("POST", f"{LEARN}/clusters/{NOBODY}/dismiss", None),
        ("POST", f"{LEARN}/concerns/{NOBODY}/dismiss", None),
        ("POST", f"{LEARN}/experiments", {"name": "a", "changes": {}}),
        ("POST", f"{LEARN}/experiments/{NOBODY}/adopt", None),
        ("POST", f"{EVALUATE}/sets", {"name": "a"}),
        ("DELETE", f"{EVALUATE}/sets/{NOBODY}", None),
        ("POST", f"{EVALUATE}/sets/{NOBODY}/cases", {"question": "a"}),
        ("POST", f"{EVALUATE}/sets/{NOBODY}/cases/file", {"text": "question\n"}),
        ("POST", f"{EVALUATE}/sets/{NOBODY}/runs", None),
        ("DELETE", f"{EVALUATE}/cases/{NOBODY}", None),
    ],
)
async def test_who_only_reads_changes_nothing(client, method, path, body):
    client.cookies.set("qiao_session", "viewer")
    assert (await client.request(method, path, json=body)).status_code == 403


@pytest.mark.parametrize("path", [LEARN, f"{LEARN}/outcomes", f"{LEARN}/clusters", f"{LEARN}/concerns", f"{EVALUATE}/sets"])
async def test_reading_needs_the_right_to_read(client, path):
    client.cookies.set("qiao_session", "viewer")
    assert (await client.get(path)).status_code == 200
    client.cookies.set("qiao_session", "stranger")
    assert (await client.get(path)).status_code == 403


async def test_from_unanswered_to_answered(client, shop):
    await shop.say("zzqx vvkp")
    await ok(await client.post(f"{LEARN}/look"))
    await shop.settle()
    (one,) = (await ok(await client.get(f"{LEARN}/clusters")))["items"]
    refused = await client.post(f"{LEARN}/clusters/{one['id']}/accept", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "bot.draft_empty")
    made = await ok(await client.post(f"{LEARN}/clusters/{one['id']}/accept", json={"answer": "可以", "publish": True}))
    assert made["faq_id"]
    await shop.settle()
    assert (await shop.try_("zzqx vvkp")).zone == "answer"
    assert (await client.post(f"{LEARN}/clusters/{one['id']}/accept", json={"answer": "x"})).status_code == 404


async def test_a_taken_question_leaves_the_cluster_open(client, shop):
    await shop.say("zzqx vvkp")
    await ok(await client.post(f"{LEARN}/look"))
    await shop.settle()
    (one,) = (await ok(await client.get(f"{LEARN}/clusters")))["items"]
    body = {"question": "How do I return an order?", "answer": "可以", "variants": []}
    assert (await client.post(f"{LEARN}/clusters/{one['id']}/accept", json=body)).status_code == 409
    assert len((await ok(await client.get(f"{LEARN}/clusters")))["items"]) == 1


async def test_outcomes_have_every_day(client):
    body = await ok(await client.get(f"{LEARN}/outcomes?days=7"))
    assert len(body["by_day"]) == 7
    assert body["shares"]["verified"] == {"hits": 0, "n": 0, "value": None, "low": 0.0, "high": 1.0}
    assert (await client.get(f"{LEARN}/outcomes?days=999")).status_code == 422


async def test_the_review_period(client):
    assert (await ok(await client.patch(LEARN, json={"review_days": 90})))["review_days"] == 90
    assert (await client.patch(LEARN, json={"review_days": 1})).status_code == 422


async def test_concerns_in_pages(client, shop):
    for number in range(3):
        await shop.publish(f"怎么退货{'呀吧啊'[number]}", f"{number + 20} 天内可以退。")
    await ok(await client.post(f"{LEARN}/look"))
    await shop.settle()
    first = await ok(await client.get(f"{LEARN}/concerns?kind=contradiction&limit=2"))
    rest = await ok(await client.get(f"{LEARN}/concerns?kind=contradiction&limit=50&cursor={first['next_cursor']}"))
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert len(ids) == len(set(ids)) == 3
    assert (await client.post(f"{LEARN}/concerns/{ids[0]}/dismiss")).status_code == 204
    assert (await client.get(f"{LEARN}/concerns?kind=odd")).status_code == 422


async def test_a_set_from_making_to_history(client, shop):
    made = await ok(await client.post(f"{EVALUATE}/sets", json={"name": "退货"}))
    path = f"{EVALUATE}/sets/{made['id']}"
    expected = [str(shop.faqs["怎么退货？"].id)]
    case = await ok(await client.post(f"{path}/cases", json={"question": "我想退掉买的茶", "expected": expected}))
    file = await ok(await client.post(f"{path}/cases/file", json={"text": "question,expected\n包邮吗,运费怎么算？\n"}))
    assert file["taken"] == 1
    run = await ok(await client.post(f"{path}/runs"))
    assert run["counts"]["right"] == 2
    report = await ok(await client.get(f"{EVALUATE}/runs/{run['id']}"))
    assert {one["verdict"] for one in report["results"]} == {"right"}
    (shown,) = (await ok(await client.get(f"{EVALUATE}/sets")))["items"]
    assert (shown["cases"], shown["last"]["right"]) == (2, 2)
    first = await ok(await client.get(f"{path}/cases?limit=1"))
    rest = await ok(await client.get(f"{path}/cases?cursor={first['next_cursor']}"))
    assert len(rest["items"]) == 1
    assert len((await ok(await client.get(f"{path}/runs")))["items"]) == 1
    change = {"entry_id": expected[0], "remove": True}
    found = await ok(await client.post(f"{EVALUATE}/preview", json={"changes": [change]}))
    assert (found["better"], found["worse"]) == (0, 1)
    assert (await client.delete(f"{EVALUATE}/cases/{case['id']}")).status_code == 204
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_an_experiment_runs_alone(client):
    body = {"name": "更谨慎", "changes": {"answer_from": 0.95}, "share": 0.3}
    made = await ok(await client.post(f"{LEARN}/experiments", json=body))
    assert (made["share"], made["first"]["sessions"], made["differences"]["contained"]["sure"]) == (0.3, 0, False)
    again = await client.post(f"{LEARN}/experiments", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "bot.experiment_running")
    assert (await ok(await client.post(f"{LEARN}/experiments/{made['id']}/end")))["answer_from"] == 0.95
    assert (await client.post(f"{LEARN}/experiments/{made['id']}/end")).status_code == 404
    assert (await client.post(f"{LEARN}/experiments", json={**body, "share": 2})).status_code == 422


async def test_an_answer_is_tried_and_adopted(client, shop):
    faq = shop.faqs["运费怎么算？"]
    tried = {"entry": {"entry_id": str(faq.id), "answer": " 一律包邮。 "}}
    refusals = [
        (404, "bot.experiment_subject_not_found", {"entry": {"entry_id": str(NOBODY), "answer": "x"}}),
        (404, "bot.experiment_subject_not_found", {"flow": {"flow_id": str(NOBODY)}}),
        (422, "bot.experiment_same", {"entry": {"entry_id": str(faq.id), "answer": faq.answer}}),
        (422, "bot.experiment_mixed", {**tried, "answer_from": 0.9}),
    ]
    for status, code, changes in refusals:
        refused = await client.post(f"{LEARN}/experiments", json={"name": "a", "changes": changes})
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    made = await ok(await client.post(f"{LEARN}/experiments", json={"name": "包邮", "changes": tried}))
    assert (made["subject"]["answer"], made["changes"]["entry"]["answer"]) == (faq.answer, "一律包邮。")
    assert (await client.post(f"{LEARN}/experiments/{NOBODY}/adopt")).status_code == 404
    assert (await client.post(f"{LEARN}/experiments/{made['id']}/adopt")).status_code == 204
    assert (await client.post(f"{LEARN}/experiments/{made['id']}/adopt")).status_code == 404
    (told,) = (await ok(await client.get(f"{LEARN}/experiments")))["items"]
    assert (told["ending"], told["started_by"] is not None, told["ended_by"] is not None) == ("adopted", True, True)
    async with shop.database.scope(shop.workspace.id) as scope:
        kept, _ = await shop.knowledge.versions(scope, faq.id)
    assert (kept.content["answer"], str(kept.saved_by)) == ("一律包邮。", told["ended_by"])


async def test_settings_are_not_adopted(client):
    made = await ok(await client.post(f"{LEARN}/experiments", json={"name": "线", "changes": {"answer_from": 0.9}}))
    refused = await client.post(f"{LEARN}/experiments/{made['id']}/adopt")
    assert (refused.status_code, refused.json()["code"]) == (409, "bot.experiment_of_settings")


async def test_a_cursor_that_was_not_made_here_is_refused(client):
    assert (await client.get(f"{LEARN}/clusters?cursor=abc")).status_code == 422
