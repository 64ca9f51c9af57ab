"""X in public: mentions and replies are threads of their own, answered under the post or privately, and counted as X counts."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.x_dm import posts
from qiao.channels.x_dm.adapter import Adapter
from qiao.channels.x_dm.simulator import USER_ID, Simulator
from qiao.ports.channel import InboundMessage, MessageRecalled, OutboundFile, OutboundMessage, Rejected, Retry, Sent
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER, HIM = "3001969357", "3001969358"


class Public:
    """The account, what it was told last, and what it answers."""

    def __init__(self) -> None:
        self.adapter, self.platform = Adapter(MANIFEST), Simulator(MANIFEST)
        self.account, self.wire = self.platform.account(), MemoryWire(self.platform)

    def told(self) -> list:
        receipt = self.platform.delivered[-1]
        assert self.adapter.verify(receipt, self.account) is None
        return list(self.adapter.parse(receipt, self.account))

    async def mentioned(self, text="@lanting_tea 多少钱？", by=HER, **more) -> InboundMessage:
        await self.platform.customer_posts(by, text, **more)
        (message,) = self.told()
        return message

    async def answers(self, message, text="八十八元", wire=None, **what):
        reply = OutboundMessage(
            key="k",
            conversation_id=UUID(int=3),
            to=message.sender.address,
            text=text,
            thread_key=message.thread.key,
            reply_to=message.reply_to,
        )
        return await self.adapter.send(msgspec.structs.replace(reply, **what), self.account, wire or self.wire)

    def shown(self, address=HER) -> list[tuple[str, str | None]]:
        return [(one.text, one.thread) for one in self.platform.shown(address) if one.by == "company"]


@pytest.fixture
def public() -> Public:
    return Public()


async def test_a_mention_is_public_and_its_writer_is_named(public):
    message = await public.mentioned("@lanting_tea <b> & 在吗", name="嘉禾")
    assert (message.text, message.sender.name, message.sender.address) == ("@lanting_tea <b> & 在吗", "嘉禾", HER)
    assert message.thread.key == f"posts:{USER_ID}:{HER}"
    assert message.thread.post_url == f"https://x.com/i/status/{message.provider_id}"
    assert message.sender.proofs == ()


async def test_an_answer_hangs_from_the_post_and_goes_on_in_one_thread(public):
    first = await public.mentioned()
    sent = await public.answers(first)
    assert isinstance(sent, Sent)
    again = await public.mentioned("那两个呢？", under=sent.provider_id)
    assert (again.thread.key, again.quoted) == (first.thread.key, sent.provider_id)
    await public.answers(again, "一百六十八元")
    assert public.shown() == [("八十八元", first.provider_id), ("一百六十八元", again.provider_id)]


async def test_two_people_are_two_threads(public):
    hers, his = await public.mentioned(), await public.mentioned(by=HIM)
    assert hers.thread.key != his.thread.key


async def test_a_mention_is_answered_privately(public):
    message = await public.mentioned()
    sent = await public.answers(message, "私下说", thread_key=None, private_reply_to=message.provider_id, reply_to={})
    assert isinstance(sent, Sent)
    assert public.shown() == [("私下说", None)]


@pytest.mark.parametrize(
    "more",
    [
        {"user": {"id_str": USER_ID, "name": "兰亭"}},
        {"retweeted_status": {"id_str": "1"}},
        {"entities": {"user_mentions": []}},
        {"entities": {"user_mentions": [{"id_str": "somebody"}]}},
        {"id_str": ""},
        {"user": {}},
    ],
    ids=["our own", "passed on", "nobody named", "another named", "no name", "nobody's"],
)
async def test_what_is_not_meant_for_us_is_left_out(public, more):
    await public.platform.customer_posts(HER, "@lanting_tea 在吗", **more)
    assert public.told() == []


async def test_a_long_post_comes_whole_with_its_addresses(public):
    entities = {
        "urls": [{"url": "https://t.co/a", "expanded_url": "https://shop.test/cup"}],
        "media": [{"url": "https://t.co/p", "expanded_url": "https://x.com/u/status/1/photo/1"}],
        "user_mentions": [{"id_str": USER_ID}],
    }
    whole = {"full_text": "长" * 200 + " https://t.co/a https://t.co/p", "entities": entities}
    message = await public.mentioned("长…", extended_tweet=whole, entities={})
    assert message.text == "长" * 200 + " https://shop.test/cup https://x.com/u/status/1/photo/1"


async def test_a_deleted_post_is_taken_back(public):
    message = await public.mentioned()
    await public.platform.post_deleted(message.provider_id)
    (gone,) = public.told()
    assert isinstance(gone, MessageRecalled)
    assert gone.provider_id == message.provider_id


async def test_a_picture_is_posted(public):
    message = await public.mentioned()
    cup = OutboundFile(id=UUID(int=9), kind="image", name="cup.png", content_type="image/png", size=4, url="http://desk.test/9")
    public.wire.files["cup.png"] = b"\x89PNG"
    assert isinstance(await public.answers(message, "", files=(cup,)), Sent)
    assert public.platform.shown(HER)[-1].data == b"\x89PNG"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("hello", 5),
        ("茶杯", 4),
        ("“quotes” — café", 15),
        ("👋", 2),
        ("看 https://shop.test/" + "x" * 300, 2 + 1 + 23),
        ("", 0),
    ],
)
def test_a_post_is_as_long_as_x_counts(text, count):
    assert posts.weight(text) == count


@pytest.mark.property
@given(st.text(), st.text())
def test_more_text_is_never_shorter(text, more):
    assert posts.weight(text + " " + more) >= posts.weight(text)
    assert posts.weight(text) <= 2 * len(text) + 23


async def test_what_is_too_long_never_reaches_x(public):
    message = await public.mentioned()
    assert await public.answers(message, "长" * 141) == Rejected("too_long")
    assert isinstance(await public.answers(message, "长" * 140), Sent)


@pytest.mark.parametrize("reply_to", [{}, {"post": ""}, {"post": "../users"}, {"post": "१"}])
async def test_without_a_post_there_is_nothing_to_answer(public, reply_to):
    message = await public.mentioned()
    assert await public.answers(message, reply_to=reply_to) == Rejected("unknown_address")
    assert public.wire.asked == []


async def test_a_post_whose_answer_was_lost_is_not_shown_twice(public):
    message = await public.mentioned()
    wire = LosingWire(public.platform, "/2/tweets")
    assert isinstance(await public.answers(message, wire=wire), Retry)
    assert await public.answers(message, wire=wire) == Sent()
    assert public.shown() == [("八十八元", message.provider_id)]


async def test_the_same_words_twice_are_refused_as_x_says(public):
    message = await public.mentioned()
    await public.answers(message)
    refused = await public.answers(message, key="another")
    assert refused == Rejected("You are not allowed to create a Tweet with duplicate content.")


async def test_a_post_that_is_gone_cannot_be_answered(public):
    message = await public.mentioned()
    refused = await public.answers(message, reply_to={"post": "99"})
    assert refused == Rejected("You attempted to reply to a Tweet that is deleted or not visible to you.")


@pytest.mark.parametrize(("fault", "kind"), [(Fault.RATE_LIMITED, Retry), (Fault.SERVER_ERROR, Retry), (Fault.NONSENSE, Retry)])
async def test_a_platform_in_trouble_is_asked_again(public, fault, kind):
    message = await public.mentioned()
    public.platform.go_wrong(fault)
    assert isinstance(await public.answers(message), kind)
    assert isinstance(await public.answers(message), Sent)


async def test_an_answer_without_a_name_is_no_success(public):
    message = await public.mentioned()
    assert await public.answers(message, wire=SayingWire(201, {"data": {}})) == Retry(30.0, "the answer names no post")
