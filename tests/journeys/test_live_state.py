"""What a console folds from the live feed is what the server gives afresh, whatever was done.

The rules a client folds by (the console's are in web/packages/live):

- `opened` carries the conversation, `changed` the fields that changed (with `by` and `reason`, which are not fields);
- a message moves `last_seq` and `updated_at`; a customer's counts as unread; only texts become the preview, cut to 160 characters;
- a customer who writes where no bot answers waits from the first unanswered words on; a person's reply ends the wait;
- a read mark never goes back, and nothing is unread once everything is seen.
"""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import Agent, Desk, Visitor

pytestmark = pytest.mark.database

Fields = dict[str, Any]
NOT_FIELDS = ("id", "by", "reason")


def waiting(before: Fields, message: Fields) -> str | None:
    """Since when the customer waits, after a message."""
    if message["kind"] != "text" or message["author"]["kind"] in ("bot", "system"):
        return before["waiting_since"]
    if message["author"]["kind"] == "agent":
        return None
    return before["waiting_since"] if before["status"] == "bot" else before["waiting_since"] or message["created_at"]


def posted(before: Fields, event: Fields) -> Fields:
    """A conversation after a message."""
    message = event["data"]
    if event["seq"] <= before["last_seq"]:
        return before
    words = {"text": message["text"][:160], "author_kind": message["author"]["kind"], "kind": "text", "at": message["created_at"]}
    return before | {
        "last_seq": event["seq"],
        "updated_at": message["created_at"],
        "unread": before["unread"] + (message["author"]["kind"] == "contact"),
        "preview": words if message["kind"] == "text" else before["preview"],
        "waiting_since": waiting(before, message),
    }


def changed(before: Fields, event: Fields) -> Fields:
    """A conversation after a change."""
    return before | {name: value for name, value in event["data"].items() if name not in NOT_FIELDS}


def read(before: Fields, event: Fields) -> Fields:
    """A conversation after somebody has seen it."""
    side, seq = event["data"]["by"], event["data"]["seq"]
    mark = f"{side}_seen_seq"
    unread = 0 if side == "agent" and seq >= before["last_seq"] else before["unread"]
    return before | {mark: max(before[mark], seq), "unread": unread}


def opened(_: Fields, event: Fields) -> Fields:
    """A conversation that begins."""
    return event["data"]


RULES = {
    "conversations.opened.v1": opened,
    "conversations.message_posted.v1": posted,
    "conversations.changed.v1": changed,
    "conversations.read.v1": read,
}


class Follower:
    """A console that folds everything it is told about one conversation."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.held: Fields = {}
        self.seqs: list[int] = []

    def fold(self, event: Fields) -> None:
        """Take in one fact. The first conversation that opens is ours; others may still be spoken in."""
        ours = self.held.get("id", event["subject"] if event["name"] == "conversations.opened.v1" else None)
        if event["subject"] != ours:
            return
        if event["name"] in RULES:
            self.held = RULES[event["name"]](self.held, event)
        if event["name"] == "conversations.message_posted.v1":
            self.seqs.append(event["seq"])

    async def agrees(self, page: Fields) -> None:
        """What was folded is, once everything has come, what the server gives."""
        expected = (page["conversation"], [message["seq"] for message in page["messages"]["items"]])
        while (self.held, self.seqs) != expected:
            try:
                self.fold(await self.agent.next_event(timeout=10))
            except TimeoutError:
                break
        assert (self.held, self.seqs) == expected


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.prepare()
    desk.start()
    yield desk
    await desk.close()


async def test_folding_the_feed_gives_what_a_fresh_load_gives(desk: Desk) -> None:
    owner, agent = await desk.agent("owner"), await desk.agent("agent")
    watcher = Follower(await desk.agent("second"))
    # Nobody is given anything of itself, so that every step is one of ours.
    for person in (owner, agent, watcher.agent):
        await person.call("PUT", "/me/availability", json={"availability": "away"})
    visitor = await desk.visitor()
    await visitor.say("茶壶什么时候发货？" + "很急，" * 80, "q1")
    talk = (await owner.event("conversations.opened.v1"))["subject"]

    async def act(by: Agent, method: str, path: str, body: Fields) -> None:
        await by.call(method, f"/conversations/{talk}/{path}", json=body)
        await watcher.agrees(await by.call("GET", f"/conversations/{talk}"))

    await act(agent, "POST", "claim", {})
    await act(agent, "PUT", "read", {"seq": 1})
    await act(agent, "POST", "messages", {"client_id": "r1", "text": "马上为您查询"})
    await act(agent, "POST", "messages", {"client_id": "n1", "kind": "note", "text": "仓库说明天到"})
    await visitor.say("好的，谢谢", "q2")
    await visitor.say("我等着", "q3")
    await act(agent, "PUT", "tags", {"tags": ["物流", "催单"]})
    await act(agent, "POST", "snooze", {"until": "2099-01-01T00:00:00Z"})
    await visitor.say("还没到吗", "q4")
    await act(agent, "POST", "transfer", {"person_id": owner.me["person"]["id"], "note": "请跟进"})
    await act(owner, "PUT", "read", {"seq": 4})
    await act(owner, "PUT", "read", {"seq": 10_000})
    await act(owner, "POST", "resolve", {})
    await act(owner, "POST", "reopen", {})
    await act(owner, "POST", "resolve", {})
    await visitor.say("又有问题了", "q5")
    await visitor.socket.send('{"type":"read","seq":8}')
    await act(owner, "POST", "claim", {})
    await act(owner, "POST", "hand-to-bot", {})
    await visitor.say("机器人在吗", "q6")
    await act(owner, "PUT", "tags", {"tags": []})


async def test_a_visitor_s_first_words_are_whole_on_the_feed(desk: Desk) -> None:
    watcher = Follower(await desk.agent("owner"))
    visitor: Visitor = await desk.visitor()
    await visitor.say("第一句", "first")
    talk = (await watcher.agent.peek("conversations.opened.v1"))["subject"]
    await watcher.agrees(await watcher.agent.call("GET", f"/conversations/{talk}"))
