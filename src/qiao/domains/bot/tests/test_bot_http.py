"""The bot's routes."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

from qiao.domains.bot.http import CONTROLLERS
from qiao.kit.errors import QiaoError
from qiao.kit.ids import PersonId, new_id
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import Authentication
from qiao.platform.http.guards import caller_of
from qiao.platform.http.problems import answer_http_error, answer_qiao_error

pytestmark = pytest.mark.database
RIGHTS = {
    "editor": {"knowledge.read", "knowledge.write", "conversations.read"},
    "viewer": {"knowledge.read"},
    "stranger": set(),
}


def _giver(part: object) -> Callable[[], object]:
    return lambda: part


@pytest.fixture
async def client(shop) -> AsyncIterator[httpx.AsyncClient]:
    """The routes of the bot. The session cookie names the role."""

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

    parts = {"bot": shop.bot, "database": shop.database, "contacts": shop.contacts}
    app = Litestar(
        list(CONTROLLERS),
        dependencies={
            "caller": Provide(caller),
            **{name: Provide(_giver(part), sync_to_thread=False) for name, part in parts.items()},
        },
        middleware=[DefineMiddleware(Authentication, resolve=resolve)],
        exception_handlers={QiaoError: answer_qiao_error, HTTPException: answer_http_error},
        openapi_config=None,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://desk.example",
        headers={"X-Qiao-Client": "console"},
        cookies={"qiao_session": "editor"},
    ) as client:
        yield client


async def test_trying_stores_nothing(client, shop):
    answer = await client.post("/api/v1/bot/try", json={"question": "邮费多少钱", "previous": []})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["zone"], body["text"]) == ("answer", "满 199 元包邮，不满收 12 元。")
    assert body["candidates"][0].keys() == {
        "entry_id", "kind", "title", "language", "score", "lexical", "semantic", "matched", "url", "internal"
    }  # fmt: skip
    assert await shop.turns() == []


@pytest.mark.parametrize(
    ("question", "zone"), [("转人工", "hand_over"), ("你好", "small_talk"), ("明天股票会涨吗", "hand_over"), ("", "small_talk")]
)
async def test_trying_covers_every_zone(client, question, zone):
    assert (await client.post("/api/v1/bot/try", json={"question": question})).json()["zone"] == zone


async def test_trying_understands_a_follow_up(client):
    body = (await client.post("/api/v1/bot/try", json={"question": "普洱呢？", "previous": ["龙井茶怎么保存？"]})).json()
    assert body["candidates"][0]["title"] == "普洱茶怎么保存？"


async def test_rights_are_needed(client):
    client.cookies.set("qiao_session", "stranger")
    assert (await client.get("/api/v1/bot/status")).status_code == 403
    client.cookies.set("qiao_session", "viewer")
    assert (await client.get("/api/v1/bot/status")).status_code == 200
    assert (await client.patch("/api/v1/bot/settings", json={})).status_code == 403


async def test_status(client):
    body = (await client.get("/api/v1/bot/status")).json()
    assert (body["entries"], body["texts"], body["model"]) == (8, 27, "unavailable")
    assert body["thresholds"].keys() == {"answer", "offer", "fitted_on", "expected_wrong"}


async def test_settings_are_merged_and_checked(client, shop):
    changed = await client.patch("/api/v1/bot/settings", json={"name": {"zh": "小兰"}, "target_wrong": 0.02})
    assert changed.json()["name"] == {"zh": "小兰", "en": "Assistant"}
    async with shop.database.scope(shop.workspace.id) as scope:
        assert await shop.bot.bot_name(scope) == {"zh": "小兰", "en": "Assistant"}
    assert (await client.get("/api/v1/bot/settings")).json()["target_wrong"] == 0.02
    refused = await client.patch("/api/v1/bot/settings", json={"name": {"zh": "  "}})
    assert (refused.status_code, refused.json()["code"]) == (422, "bot.settings_invalid")


async def test_unanswered_by_pages_and_dismissing(client, shop):
    for text in ("明天股票会涨吗", "附近有地铁站吗", "老板姓什么"):
        await shop.new_customer()
        await shop.say(text)
    first = (await client.get("/api/v1/bot/unanswered?limit=2")).json()
    rest = (await client.get(f"/api/v1/bot/unanswered?limit=2&cursor={first['next_cursor']}")).json()
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 3
    assert rest["next_cursor"] is None
    assert (await client.post(f"/api/v1/bot/unanswered/{first['items'][0]['id']}/dismiss")).status_code == 204
    assert len((await client.get("/api/v1/bot/unanswered")).json()["items"]) == 2


async def test_turns_and_their_replay_with_todays_knowledge(client, shop):
    await shop.say("附近有地铁站吗")
    items = (await client.get(f"/api/v1/conversations/{shop.talk.id}/turns")).json()["items"]
    assert items[0]["zone"] == "hand_over"
    await shop.publish("附近有地铁站吗？", "2 号线茶亭站。")
    again = (await client.post(f"/api/v1/bot/turns/{items[0]['id']}/replay")).json()
    assert (again["zone"], again["text"]) == ("answer", "2 号线茶亭站。")
    assert (await client.post(f"/api/v1/bot/turns/{new_id()}/replay")).status_code == 404
    assert (await client.get(f"/api/v1/conversations/{new_id()}/turns")).status_code == 404


async def test_a_visitors_thumb_needs_their_token(client, shop):
    from qiao.domains.contacts.contracts import ContactFields
    from qiao.domains.conversations.contracts import NewConversation, Status

    async with shop.database.scope(shop.workspace.id) as scope:
        token, visitor = await shop.contacts.begin_visit(scope, shop.inbox.id, ContactFields())
        shop.customer = await shop.contacts.get(scope, visitor.contact_id)
    new = NewConversation(inbox_id=shop.inbox.id, contact_id=visitor.contact_id, status=Status.BOT)
    shop.talk = await shop.conversations.find_or_open(shop.workspace.id, new)
    reply = await shop.say("运费怎么算？")
    body = {"message_id": str(reply.id), "helpful": True}
    assert (await client.post("/visitor/v1/feedback", json=body)).status_code == 401
    given = await client.post("/visitor/v1/feedback", json=body, headers={"Authorization": f"Bearer {token}"})
    assert given.status_code == 204
    assert (await shop.turns())[0].helpful is True
