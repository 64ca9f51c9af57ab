"""Comments of Weibo as they come and go: each once, in order, whatever the pages are like; and what an answer to them is."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.weibo import client
from qiao.channels.weibo.simulator import Simulator
from qiao.ports.channel import OutboundMessage, Rejected, Retry, Sent
from qiao.ports.testing.simulating import Answered, said
from qiao.ports.testing.wire import MemoryWire

CUSTOMER = "2489518277"
POST = 3444517204329764
ADAPTER = load_channel("weibo")


class Desk:
    """One account whose comments are looked for now and then."""

    def __init__(self) -> None:
        self.simulator = Simulator(ADAPTER.manifest)
        self.account, self.wire = self.simulator.account(), MemoryWire(self.simulator)
        self.cursor: str | None = None

    async def looks(self) -> list[Any]:
        pulled = await ADAPTER.pull(self.cursor, {}, self.account, self.wire)
        assert pulled.failed is None
        self.cursor = pulled.cursor
        return list(pulled.items)

    async def says(self, text: str, **changes: Any) -> Any:
        reply = OutboundMessage(key="k", conversation_id=UUID(int=3), to=CUSTOMER, text=text, thread_key=str(POST))
        return await ADAPTER.send(msgspec.structs.replace(reply, **changes), self.account, self.wire)


@settings(max_examples=25)
@given(acts=st.lists(st.sampled_from(["comments", "comments", "looks"]), max_size=25), page=st.integers(1, 4))
def test_every_comment_comes_once_and_in_order(acts: list[str], page: int):
    """Pages here are small, so that there are many; the platform's hold fifty."""

    async def play() -> None:
        desk = Desk()
        await desk.looks()
        written: list[str] = []
        taken: list[str] = []
        for act in [*acts, "looks"]:
            if act == "comments" and len(written) - len(taken) < page * client.MOST_PAGES:
                written.append(desk.simulator.customer_comments(CUSTOMER, f"第 {len(written)} 条"))
            else:
                taken += [one.provider_id for one in await desk.looks()]
        assert taken == written

    held = client.PAGE
    client.PAGE = page
    try:
        asyncio.run(play())
    finally:
        client.PAGE = held


async def test_the_first_look_notes_where_comments_begin_even_when_there_are_none():
    desk = Desk()
    assert (await desk.looks(), desk.cursor) == ([], "0")
    desk.simulator.customer_comments(CUSTOMER, "第一条")
    assert [one.text for one in await desk.looks()] == ["第一条"]


async def test_a_comment_is_known_as_public_and_tells_its_post():
    desk = Desk()
    await desk.looks()
    desk.simulator.customer_comments(CUSTOMER, "好看")
    (comment,) = await desk.looks()
    assert msgspec.to_builtins(comment.thread) == {
        "key": str(POST),
        "post_id": str(POST),
        "post_text": "新品：龙泉青瓷",
        "post_url": None,
    }
    assert (comment.sender.address, comment.sender.name, comment.reply_to) == (
        CUSTOMER,
        "林语桐",
        {"cid": comment.provider_id[1:]},
    )
    assert comment.sent_at is not None


async def test_comments_under_two_posts_are_two_threads():
    desk = Desk()
    await desk.looks()
    for post in (POST, POST + 1, POST):
        desk.simulator.customer_comments(CUSTOMER, "在吗", post)
    assert [one.thread.key for one in await desk.looks()] == [str(POST), str(POST + 1), str(POST)]


async def test_an_answer_to_nobody_is_a_comment_under_the_post():
    desk = Desk()
    sent = await desk.says("今天上新")
    assert isinstance(sent, Sent)
    assert desk.simulator.asked[-1].path == "/open/2/comments/create.json"
    assert "rip" not in desk.simulator.asked[-1].form()


async def test_an_answer_to_a_comment_that_is_gone_is_told():
    desk = Desk()
    assert await desk.says("您好", reply_to={"cid": "404"}) == Rejected("gone")


@pytest.mark.parametrize("text", ["长" * 140, "x"])
async def test_a_comment_may_have_140_characters(text: str):
    assert isinstance(await Desk().says(text), Sent)


async def test_in_private_a_text_may_be_longer_than_a_comment():
    desk = Desk()
    assert await desk.says("长" * 299, thread_key=None) == Sent()
    assert await desk.says("长" * 299, private_reply_to="c1") == Sent()
    assert await desk.says("长" * 300, thread_key=None) == Rejected("too_long")
    assert [len(one.text) for one in desk.simulator.shown(CUSTOMER)] == [299, 299]


@pytest.mark.parametrize(
    "answer", [said({}), said({"comments": 5}), said({"comments": [{"id": 1}]}), Answered(body=b"<html>")], ids=range(4)
)
async def test_a_list_that_is_none_leaves_the_cursor_and_is_tried_later(answer: Answered, monkeypatch: pytest.MonkeyPatch):
    desk = Desk()
    monkeypatch.setattr(desk.simulator, "to_me", lambda _: answer)
    pulled = await ADAPTER.pull("7", {}, desk.account, desk.wire)
    assert (pulled.cursor, list(pulled.items), pulled.failed) == ("7", [], Retry(30, "nonsense"))
