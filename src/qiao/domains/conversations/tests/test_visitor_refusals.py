"""What the visitor's routes refuse: wrong tokens, bodies that do not fit, too much of anything; and that a refusal changes nothing."""

import asyncio
import random
from uuid import uuid4

import pytest

from qiao.domains.bot import http as bot_http
from qiao.domains.conversations import visitor_http
from qiao.domains.conversations.contracts import MAX_ATTACHMENTS, MAX_CLIENT_ID, MAX_TEXT
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.kit.ids import new_id
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.auth.throttle import Throttle

pytestmark = pytest.mark.database

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc"
    b"\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)
EVERY = [
    ("GET", "/visitor/v1/messages", {}),
    ("POST", "/visitor/v1/messages", {"json": {"client_id": "a", "text": "在吗"}}),
    ("PATCH", "/visitor/v1/contact", {"json": {"name": "林语桐"}}),
    ("POST", "/visitor/v1/feedback", {"json": {"message_id": str(new_id()), "helpful": True}}),
    ("POST", "/visitor/v1/files", {"files": {"data": ("a.png", PNG)}}),
]


class Shop:
    """An inbox without a bot, and visitors at its door."""

    def __init__(self, house, workspace, door) -> None:
        self.house, self.workspace, self.door = house, workspace, door

    def scope(self):
        return self.house.database.scope(self.workspace.id)

    async def begin(self) -> None:
        async with self.scope() as scope:
            made = await self.house.inboxes.create(scope, NewInbox(channel=next(iter(self.house.channels)), name="官网"))
            self.inbox = await self.house.inboxes.change(scope, made.id, InboxChanges(bot_enabled=False))

    async def visitor(self):
        http = await self.door()
        begun = await http.post("/visitor/v1/sessions", json={"inbox_key": self.inbox.key})
        http.headers["Authorization"] = f"Bearer {begun.json()['token']}"
        return http

    async def rows(self) -> tuple[int, int]:
        async with self.scope() as scope:
            count = "select count(*) from {} where workspace_id = $1"
            return tuple(
                [await scope.connection.fetchval(count.format(table), scope.workspace_id) for table in ("messages", "files")]
            )


@pytest.fixture
async def shop(house, workspace, door) -> Shop:
    shop = Shop(house, workspace, door)
    await shop.begin()
    return shop


async def say(http, **body):
    return await http.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": "在吗", **body})


@pytest.mark.parametrize(("method", "path", "options"), EVERY, ids=[f"{method} {path}" for method, path, _ in EVERY])
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer qv_x", "bearer qv_" + "0" * 32 + "_" + "x" * 43]
)
async def test_without_a_token_of_somebody_nothing_opens(shop, method, path, options, header):
    http = await shop.door()
    headers = {} if header is None else {"Authorization": header}
    answer = await http.request(method, path, headers=headers, **options)
    assert (answer.status_code, answer.json()["code"]) == (401, "contacts.visitor_unknown")
    assert await shop.rows() == (0, 0)


@pytest.mark.parametrize("cookie", ["owner", "agent"])
async def test_being_signed_in_opens_nothing_of_a_visitors(shop, cookie):
    person = await shop.door(cookie)
    assert (await person.get("/visitor/v1/messages")).status_code == 401


async def test_a_visitors_token_opens_nothing_of_the_console(shop):
    http = await shop.visitor()
    for path in ("/api/v1/session", "/api/v1/conversations", "/api/v1/contacts", "/api/v1/people"):
        assert (await http.get(path)).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 422),
        ({"text": " \n "}, 422),
        ({"text": "\x00"}, 422),
        ({"text": "长" * (MAX_TEXT + 1)}, 422),
        ({"client_id": ""}, 422),
        ({"client_id": "x" * (MAX_CLIENT_ID + 1)}, 422),
        ({"client_id": "a\x00"}, 422),
        ({"attachments": [str(new_id())] * (MAX_ATTACHMENTS + 1)}, 404),
        ({"attachments": ["no id"]}, 422),
        ({"option": "no id"}, 422),
        ({"kind": "note"}, 422),
        ({"author": "agent"}, 422),
        ({"conversation_id": str(new_id())}, 422),
        ({"text": 7}, 422),
        ({"text": None}, 422),
    ],
)
async def test_what_is_no_message_is_refused_and_stored_nowhere(shop, body, status):
    http = await shop.visitor()
    answer = await say(http, **body)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"].count(".") == 1
    assert (await shop.rows())[0] == 0


@pytest.mark.parametrize(
    ("params", "status"), [({"limit": 0}, 422), ({"limit": 101}, 422), ({"before": "x"}, 422), ({"page": 2}, 400)]
)
async def test_a_page_has_bounds(shop, params, status):
    http = await shop.visitor()
    assert (await http.get("/visitor/v1/messages", params=params)).status_code == status


@pytest.mark.parametrize("after", [-(10**6), 10**6])
async def test_a_number_far_off_is_an_empty_or_a_whole_page(shop, after):
    http = await shop.visitor()
    await say(http)
    page = (await http.get("/visitor/v1/messages", params={"after": after})).json()
    assert [one["text"] for one in page["items"] if one["kind"] == "text"] == (["在吗"] if after < 0 else [])


@pytest.mark.parametrize(
    ("begin", "status"),
    [
        ({"inbox_key": ""}, 404),
        ({"inbox_key": "nonsense"}, 404),
        ({"inbox_key": f"{uuid4().hex}-{'0' * 16}"}, 404),
        ({"inbox_key": "x" * 100_000}, 404),
        ({}, 422),
        ({"inbox_key": 7}, 422),
        ({"inbox_key": "x", "admin": True}, 422),
    ],
)
async def test_a_made_up_inbox_begins_nothing(shop, begin, status):
    answer = await (await shop.door()).post("/visitor/v1/sessions", json=begin)
    assert answer.status_code == status, answer.text


async def test_an_inbox_that_is_switched_off_begins_nothing(shop):
    async with shop.scope() as scope:
        await shop.house.inboxes.change(scope, shop.inbox.id, InboxChanges(enabled=False))
    answer = await (await shop.door()).post("/visitor/v1/sessions", json={"inbox_key": shop.inbox.key})
    assert (answer.status_code, answer.json()["code"]) == (404, "inboxes.not_found")


@pytest.mark.parametrize("body", [{"email": "nonsense"}, {"name": "x" * 500}, {"email": 7}, {"phone": "1"}, {"identified": True}])
async def test_a_claim_that_cannot_be_is_refused(shop, body):
    http = await shop.visitor()
    assert (await http.patch("/visitor/v1/contact", json=body)).status_code == 422


class Waiting:
    """Each route with a bound of its own, set low."""

    routes = (
        (visitor_http, "_sending", say, 201),
        (visitor_http, "_sending", lambda http: http.patch("/visitor/v1/contact", json={"name": "林"}), 204),
        (visitor_http, "_uploads", lambda http: http.post("/visitor/v1/files", files={"data": ("a.txt", b"oolong")}), 201),
        (
            bot_http,
            "_thumbs",
            lambda http: http.post("/visitor/v1/feedback", json={"message_id": str(new_id()), "helpful": True}),
            404,
        ),
    )


@pytest.mark.parametrize(("module", "name", "ask", "status"), Waiting.routes, ids=["send", "claim", "upload", "thumb"])
async def test_too_many_are_told_when_to_come_again_and_others_are_not_held_up(shop, monkeypatch, module, name, ask, status):
    low = {"_sending": Throttle(rate=0.1, burst=2)}
    monkeypatch.setattr(module, name, low.get(name, SharedThrottle(f"low{name}", rate=0.1, burst=2)))
    hasty, patient = await shop.visitor(), await shop.visitor()
    answers = [await ask(hasty) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [status, status, 429, 429]
    assert answers[-1].json()["code"] == "qiao.too_many"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert (await ask(patient)).status_code == status


async def test_too_many_new_visitors_of_one_address_wait_and_known_ones_do_not(shop, monkeypatch):
    known = await shop.visitor()
    monkeypatch.setattr(visitor_http, "_sessions", SharedThrottle("few visits", rate=0.1, burst=1))
    http = await shop.door()
    begun = [await http.post("/visitor/v1/sessions", json={"inbox_key": shop.inbox.key}) for _ in range(3)]
    assert [answer.status_code for answer in begun] == [200, 429, 429]
    token = known.headers["authorization"].removeprefix("Bearer ")
    again = await http.post("/visitor/v1/sessions", json={"inbox_key": shop.inbox.key, "token": token})
    assert (again.status_code, again.json()["token"]) == (200, token)


async def test_of_many_at_once_with_one_client_id_one_is_stored(shop):
    http = await shop.visitor()
    answers = await asyncio.gather(*(say(http, client_id="same") for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["message"]["id"] for answer in answers}) == 1
    assert (await shop.rows())[0] == 1


async def test_of_many_first_messages_at_once_one_conversation_is_made(shop):
    http = await shop.visitor()
    answers = await asyncio.gather(*(say(http, text=f"第 {n} 句") for n in range(12)))
    assert len({answer.json()["conversation"]["id"] for answer in answers}) == 1
    page = (await http.get("/visitor/v1/messages")).json()["items"]
    assert {one["text"] for one in page if one["kind"] == "text"} == {f"第 {n} 句" for n in range(12)}


@pytest.mark.parametrize("seed", range(3))
async def test_any_way_of_turning_pages_shows_every_message_once(shop, seed):
    rng = random.Random(seed)
    http = await shop.visitor()
    for n in range(23):
        await say(http, text=str(n))
    whole = (await http.get("/visitor/v1/messages", params={"limit": 100})).json()["items"]
    back, before = [], None
    forth, after = [], 0
    for _ in range(len(whole) + 1):
        limit = rng.randrange(1, 8)
        older = (await http.get("/visitor/v1/messages", params={"limit": limit, **({"before": before} if before else {})})).json()
        back = [*older["items"], *back]
        before = back[0]["seq"]
        newer = (await http.get("/visitor/v1/messages", params={"limit": limit, "after": after})).json()
        forth += newer["items"]
        after = forth[-1]["seq"]
        if not older["has_more"] and not newer["has_more"]:
            break
    assert back[-len(whole) :] == whole
    assert forth == whole
