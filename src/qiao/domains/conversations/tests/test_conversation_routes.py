"""The console's routes of conversations: lists, showing, writing, moving, searching, and who may."""

from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.conversations.subscribers import subscribers
from qiao.domains.inboxes.contracts import NewInbox
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.platform.log.runner import SubscriberRunner

pytestmark = pytest.mark.database

BASE = "/api/v1/conversations"


class Desk:
    """An agent at the front door of a shop, and customers brought in."""

    def __init__(self, house, workspace, agent) -> None:
        self.house, self.workspace, self.agent = house, workspace, agent
        self.me = agent.headers["x-test-person"]
        self.runner = SubscriberRunner(house.database, subscribers(house.conversations))

    async def begin(self) -> None:
        async with self.house.database.scope(self.workspace.id) as scope:
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel=next(iter(self.house.channels)), name="官网"))

    async def customer(self, text="在吗", **contact):
        """A conversation that a customer began."""
        body = {
            "inbox_id": str(self.inbox.id), "text": text, "client_id": uuid4().hex, "author": "contact",
            "contact": contact or {"name": "林语桐"},
        }  # fmt: skip
        answer = await self.agent.post(BASE, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["conversation"]

    async def say(self, talk, text="您好", **more):
        return await self.agent.post(f"{BASE}/{talk['id']}/messages", json={"client_id": uuid4().hex, "text": text, **more})

    async def act(self, talk, name, method="POST", **body):
        return await self.agent.request(method, f"{BASE}/{talk['id']}/{name}", json=body)

    async def search(self, q):
        await self.runner.drain(self.workspace.id)
        return (await self.agent.get("/api/v1/search", params={"q": q})).json()


@pytest.fixture
async def desk(house, workspace, door) -> Desk:
    desk = Desk(house, workspace, await door("agent"))
    await desk.begin()
    return desk


async def test_everything_to_show_a_conversation_comes_at_once(desk):
    talk = await desk.customer("杯子碎了", name="林语桐", email="lin@example.com")
    await desk.say(talk, "内部", kind="note")
    await desk.act(talk, "draft", "PUT", text="还没写完", kind="text")
    shown = (await desk.agent.get(f"{BASE}/{talk['id']}")).json()
    assert (shown["conversation"]["id"], shown["contact"]["email"]) == (talk["id"], "lin@example.com")
    assert [one["text"] for one in shown["messages"]["items"]] == ["杯子碎了", "内部"]
    assert (shown["draft"]["text"], shown["summary"], shown["position"] > 0) == ("还没写完", None, True)


async def test_pages_of_a_list_hold_each_conversation_once(desk):
    made = {(await desk.customer(str(n)))["id"] for n in range(5)}
    seen, cursor = [], None
    for _ in range(3):
        page = (await desk.agent.get(BASE, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert (set(seen), len(seen), cursor) == (made, 5, None)


async def test_views_and_counts_agree(desk):
    bot, mine, done = await desk.customer(), await desk.customer(), await desk.customer()
    await desk.act(mine, "claim")
    await desk.act(done, "resolve")
    counts = (await desk.agent.get(f"{BASE}/counts")).json()
    for view, ids in {"bot": [bot], "mine": [mine], "open": [mine], "resolved": [done], "waiting": [], "snoozed": []}.items():
        items = (await desk.agent.get(BASE, params={"view": view})).json()["items"]
        assert [one["id"] for one in items] == [one["id"] for one in ids]
        assert counts[view] == len(ids)
    assert counts["all"] == 3
    assert (await desk.agent.get(BASE, params={"view": "secret"})).status_code == 422


async def test_lists_are_narrowed_by_tag_inbox_and_contact(desk):
    first, second = await desk.customer(), await desk.customer()
    await desk.act(first, "tags", "PUT", tags=["退货"])
    narrowed = [
        ({"tag": "退货"}, [first]), ({"tag": "无"}, []), ({"tag": "\x00退货"}, None), ({"contact_id": second["contact"]["id"]}, [second]),
        ({"inbox_id": str(new_id())}, []), ({"team_id": str(new_id())}, []),
    ]  # fmt: skip
    for params, expected in narrowed:
        answer = await desk.agent.get(BASE, params=params)
        assert answer.status_code < 500
        assert expected is None or [one["id"] for one in answer.json()["items"]] == [one["id"] for one in expected]


async def test_a_reply_is_stored_once_and_bound_to_what_was_seen(desk):
    talk = await desk.customer()
    first = await desk.say(talk, "您好", client_id="same", seen_seq=1)
    again = await desk.say(talk, "您好", client_id="same")
    assert (first.status_code, first.json()["id"], first.json()["author"]["kind"]) == (201, again.json()["id"], "agent")
    newer = await desk.say(talk, "晚了", seen_seq=0)
    assert (newer.status_code, newer.json()["code"], newer.json()["last_seq"]) == (409, "conversations.newer_messages", 1)
    assert (await desk.say(talk, "x", seen_seq=10**15)).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"client_id": "a", "text": " "}, {"client_id": "", "text": "x"}, {"text": "x"}, {"client_id": "a", "text": "x", "kind": "event"},
        {"client_id": "a\x00", "text": "x"}, {"client_id": "a", "text": "x" * 10_001}, {"client_id": "a", "text": "x", "more": 1},
        {"client_id": "a", "text": "", "article": {"article_id": str(new_id()), "language": "zh", "url": "https://evil.example"}},
        {"client_id": "a", "text": "x", "attachments": [str(new_id())] * 11},
    ],
)  # fmt: skip
async def test_what_is_no_message_is_refused(desk, body):
    talk = await desk.customer()
    answer = await desk.agent.post(f"{BASE}/{talk['id']}/messages", json=body)
    assert (answer.status_code, answer.json()["status"]) == (422, 422)


async def test_an_article_is_sent_as_a_card(desk):
    talk, article = await desk.customer(), str(new_id())
    sent = await desk.say(
        talk, "", article={"article_id": article, "language": "zh", "title": "退货\x00", "url": "/help/x/zh/return"}
    )
    assert sent.status_code == 201, sent.text
    shown = (await desk.agent.get(f"{BASE}/{talk['id']}/messages")).json()["items"][-1]
    assert shown["content"] == {
        "type": "article", "article_id": article, "language": "zh", "title": "退货", "url": "/help/x/zh/return",
    }  # fmt: skip


async def test_one_attaches_only_ones_own_files(desk, door):
    talk, other = await desk.customer(), await door("agent")
    mine = (await desk.agent.post("/api/v1/files", files={"data": ("a.txt", b"tea")})).json()["id"]
    theirs = (await other.post("/api/v1/files", files={"data": ("b.txt", b"tea")})).json()["id"]
    assert (await desk.say(talk, "", attachments=[mine])).json()["attachments"][0]["name"] == "a.txt"
    assert (await desk.say(talk, "", attachments=[theirs])).json()["code"] == "files.not_found"


async def test_acts_go_through_their_states(desk):
    talk = await desk.customer()
    steps = [
        ("snooze", {"until": (utc_now() + timedelta(hours=1)).isoformat()}, 409), ("claim", {}, "open"),
        ("snooze", {"until": (utc_now() + timedelta(hours=1)).isoformat()}, "snoozed"), ("hand-to-bot", {}, "bot"),
        ("hand-to-bot", {}, 409), ("resolve", {}, "resolved"), ("resolve", {}, "resolved"), ("claim", {}, 409), ("reopen", {}, "open"),
        ("reopen", {}, 409),
    ]  # fmt: skip
    for name, body, expected in steps:
        answer = await desk.act(talk, name, **body)
        assert expected in {answer.status_code, answer.json().get("status")}, (name, answer.text)
    assert (await desk.agent.get(f"{BASE}/{talk['id']}")).json()["conversation"]["assignee_id"] == desk.me


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00", "tomorrow", 5])
async def test_one_snoozes_until_a_time_to_come_with_its_zone(desk, until):
    talk = await desk.customer()
    await desk.act(talk, "claim")
    assert (await desk.act(talk, "snooze", until=until)).status_code == 422


async def test_tags_are_cleaned_and_counted(desk):
    first, second = await desk.customer(), await desk.customer()
    tagged = await desk.act(first, "tags", "PUT", tags=[" 退货 ", "退货", "", "x" * 60, "a\x00b"])
    assert tagged.json()["tags"] == ["退货", "x" * 40, "ab"]
    await desk.act(second, "tags", "PUT", tags=["退货"])
    used = (await desk.agent.get("/api/v1/tags")).json()["items"]
    assert used[0] == {"name": "退货", "count": 2}
    assert (await desk.act(first, "tags", "PUT", tags=["t"] * 51)).status_code == 422


async def test_what_was_seen_is_counted_no_more(desk):
    talk = await desk.customer()
    assert (await desk.act(talk, "read", "PUT", seq=10**15)).status_code == 204
    shown = (await desk.agent.get(f"{BASE}/{talk['id']}")).json()["conversation"]
    assert (shown["unread"], shown["agent_seen_seq"]) == (0, 1)
    assert (await desk.act(talk, "read", "PUT", seq=-1)).status_code == 422


async def test_a_draft_is_ones_own_and_an_empty_one_forgotten(desk, door):
    talk, other = await desk.customer(), await door("agent")
    await desk.act(talk, "draft", "PUT", text="草稿\x00", kind="note")
    assert (await desk.agent.get(f"{BASE}/{talk['id']}")).json()["draft"] == {"text": "草稿", "kind": "note"}
    assert (await other.get(f"{BASE}/{talk['id']}")).json()["draft"] is None
    await desk.act(talk, "draft", "PUT", text="  ")
    assert (await desk.agent.get(f"{BASE}/{talk['id']}")).json()["draft"] is None


async def test_messages_are_read_around_any_number(desk):
    talk = await desk.customer("0")
    for number in range(1, 5):
        await desk.say(talk, str(number))
    path = f"{BASE}/{talk['id']}/messages"
    for params, texts, more in [
        ({}, "01234", False), ({"limit": 2}, "34", True), ({"before": 3}, "01", False), ({"after": 3, "limit": 1}, "3", True),
        ({"before": 0}, "", False), ({"after": 10**15}, "", False), ({"before": 10**15}, "01234", False),
    ]:  # fmt: skip
        page = (await desk.agent.get(path, params=params)).json()
        assert ("".join(one["text"] for one in page["items"]), page["has_more"]) == (texts, more), params


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("茶", ["乌龙茶壶碎了，电话 13800138000"]), ("乌龙", ["乌龙茶壶碎了，电话 13800138000"]),
        ("烏龍", ["乌龙茶壶碎了，电话 13800138000"]),
        ("13800138000", ["乌龙茶壶碎了，电话 13800138000"]), ("teapot", ["My TEAPOT arrived broken"]),
        ("Broken teapot", ["My TEAPOT arrived broken"]),
        ("teapot 乌龙", []), ("咖啡", []), ("' | !", []), ("", []), ("\x00", []), ("   ", []),
    ],
)  # fmt: skip
async def test_words_find_messages_chinese_and_english(desk, query, found):
    for text in ("乌龙茶壶碎了，电话 13800138000", "My TEAPOT arrived broken"):
        await desk.customer(text)
    hits = (await desk.search(query))["messages"]
    assert [one["snippet"] for one in hits] == found


async def test_one_box_finds_people_too_and_notes(desk, door):
    talk = await desk.customer("你好", name="欧阳锋")
    await desk.say(talk, "白驼山来的客人", kind="note")
    assert [one["name"] for one in (await desk.search("欧阳"))["contacts"]] == ["欧阳锋"]
    (hit,) = (await desk.search("白驼"))["messages"]
    assert (hit["conversation"]["id"], hit["seq"]) == (talk["id"], 2)
    editor = await door("editor")
    assert (await editor.get("/api/v1/search", params={"q": "欧阳"})).status_code == 403
    of_contact = (await desk.agent.get(f"/api/v1/contacts/{talk['contact']['id']}/conversations")).json()["items"]
    assert [one["id"] for one in of_contact] == [talk["id"]]
    assert (await desk.agent.get(f"/api/v1/contacts/{new_id()}/conversations")).status_code == 404


async def test_newest_hits_come_first_within_the_limit(desk):
    talk = await desk.customer("茶 0")
    for number in range(1, 5):
        await desk.say(talk, f"茶 {number}")
    await desk.runner.drain(desk.workspace.id)
    hits = (await desk.agent.get("/api/v1/search", params={"q": "茶", "limit": 2})).json()["messages"]
    assert [one["snippet"] for one in hits] == ["茶 4", "茶 3"]


async def test_an_agent_begins_a_conversation(desk):
    contact = (await desk.customer())["contact"]["id"]
    body = {"inbox_id": str(desk.inbox.id), "text": "您的茶到了", "client_id": "b1", "contact_id": contact}
    first, again = await desk.agent.post(BASE, json=body), await desk.agent.post(BASE, json=body)
    assert first.json()["message"]["id"] == again.json()["message"]["id"]
    assert first.json()["message"]["author"] == {"kind": "agent", "id": desk.me, "name": "agent 甲"}
    assert (await desk.agent.post(BASE, json={**body, "inbox_id": str(new_id())})).json()["code"] == "inboxes.not_found"
    assert (await desk.agent.post(BASE, json={**body, "contact_id": str(new_id())})).json()["code"] == "contacts.not_found"


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [("viewer", 200, 403), ("editor", 403, 403), ("supervisor", 200, 200), ("", 401, 401)]
)
async def test_each_role_does_what_it_may(desk, door, role, reads, writes):
    talk, who = await desk.customer(), await door(role)
    assert (await who.get(f"{BASE}/{talk['id']}")).status_code == reads
    assert (await who.post(f"{BASE}/{talk['id']}/resolve")).status_code == writes


async def test_what_is_not_there_is_not_found(desk):
    nowhere = {"id": str(new_id())}
    answers = [await desk.agent.get(f"{BASE}/{nowhere['id']}"), await desk.say(nowhere), await desk.act(nowhere, "resolve"),
               await desk.act(nowhere, "draft", "PUT", text="x"), await desk.agent.get(f"{BASE}/{nowhere['id']}/messages")]  # fmt: skip
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "conversations.not_found")}
