"""An account from both sides: stories, comments under a live video, files by their public address, and what it cannot do."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from qiao.channels.instagram.adapter import Adapter
from qiao.channels.instagram.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.kit.clock import utc_now
from qiao.ports.channel import MessageEdited, MessageRecalled, Option, OutboundFile, OutboundMessage, Place, Rejected, Retry, Sent
from qiao.ports.testing.odd_wires import LosingWire
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER = "7001"
STORY = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1"


class Profile:
    """Our account, and what it was told last."""

    def __init__(self) -> None:
        self.adapter, self.platform = Adapter(MANIFEST), Simulator(MANIFEST)
        self.account, self.wire = self.platform.account(), MemoryWire(self.platform)

    def told(self) -> list:
        receipt = self.platform.delivered[-1]
        assert self.adapter.verify(receipt, self.account) is None
        return list(self.adapter.parse(receipt, self.account))

    async def answers(self, **what: object):
        reply = msgspec.structs.replace(OutboundMessage(key="k", conversation_id=UUID(int=3), to=CUSTOMER), **what)
        return await self.adapter.send(reply, self.account, self.wire)


@pytest.fixture
def profile() -> Profile:
    return Profile()


def sent_file(kind: str, size: int = 4) -> OutboundFile:
    return OutboundFile(id=UUID(int=9), kind=kind, name="茶杯", content_type="x/y", size=size, url="http://desk.test/files/9")


async def test_from_a_comment_to_a_private_word_and_on(profile):
    root = await profile.platform.customer_comments(CUSTOMER, "多少钱？", name="yutong")
    (comment,) = profile.told()
    assert isinstance(await profile.answers(text="已私信您", thread_key=comment.thread.key), Sent)
    assert isinstance(await profile.answers(text="八十八元", private_reply_to=comment.provider_id), Sent)
    assert await profile.answers(text="再说一句", private_reply_to=root) == Rejected("already_answered")
    await profile.platform.customer_writes(CUSTOMER, "好的")
    (written,) = profile.told()
    assert (written.thread, written.sender.address) == (None, CUSTOMER)
    phone = [(one.text, one.thread) for one in profile.platform.shown(CUSTOMER)]
    assert phone == [("多少钱？", root), ("已私信您", root), ("八十八元", None), ("好的", None)]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"attachments": [{"type": "story_mention", "payload": {"url": STORY}}]}, STORY),
        ({"text": "有货吗", "reply_to": {"story": {"url": STORY, "id": "1"}}}, f"有货吗\n{STORY}"),
        ({"attachments": [{"type": "ig_reel", "payload": {"url": STORY, "title": "开箱"}}]}, f"开箱\n{STORY}"),
        ({"attachments": [{"type": "share", "payload": {"url": STORY}}], "text": "这个"}, f"这个\n{STORY}"),
    ],
)
async def test_what_is_said_about_a_story_or_a_post_is_told_with_its_address(message, text, profile):
    await profile.platform.event(CUSTOMER, {"message": {"mid": "m_1", **message}})
    (told,) = profile.told()
    assert (told.text, told.media, told.quoted) == (text, (), None)


@pytest.mark.parametrize("kind", ["image", "voice", "video"])
async def test_a_file_goes_by_its_public_address_and_is_not_read(kind, profile):
    assert isinstance(await profile.answers(files=(sent_file(kind),)), Sent)
    body = profile.platform.asked[-1].json()
    theirs = {"image": "image", "voice": "audio", "video": "video"}[kind]
    assert body["message"]["attachment"] == {"type": theirs, "payload": {"url": "http://desk.test/files/9"}}
    assert profile.platform.shown(CUSTOMER)[-1].kind == kind


async def test_a_persons_file_may_go_late_too(profile):
    yesterday = utc_now() - timedelta(hours=25)
    assert isinstance(await profile.answers(files=(sent_file("image"),), tagged=True, last_from_customer_at=yesterday), Sent)
    assert profile.platform.asked[-1].json()["tag"] == "HUMAN_AGENT"


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ({"text": "茶" * 331}, Rejected("too_long")),
        ({"text": ""}, Rejected("not_allowed")),
        ({"text": "?", "options": tuple(Option(str(one), "x") for one in range(14))}, Rejected("not_allowed")),
        ({"place": Place(latitude=1, longitude=2)}, Rejected("not_allowed")),
        ({"files": (sent_file("file"),)}, Rejected("not_allowed")),
        ({"files": (sent_file("image", 8 * 1024 * 1024 + 1),)}, Rejected("too_large")),
    ],
)
async def test_what_is_not_declared_is_not_asked(what, end, profile):
    assert await profile.answers(**what) == end
    assert profile.wire.asked == []


async def test_a_text_of_too_many_bytes_is_refused_by_the_platform_in_its_words(profile):
    ended = await profile.answers(text="👍" * 330)
    assert isinstance(ended, Rejected)
    assert "Length of param message[text]" in ended.reason
    assert profile.platform.shown(CUSTOMER) == []


async def test_a_reply_under_a_reply_goes_into_the_same_thread(profile):
    root = await profile.platform.customer_comments(CUSTOMER, "多少钱？")
    below = await profile.platform.customer_comments("7002", "同问", under=root)
    (comment,) = profile.told()
    assert isinstance(await profile.answers(text="八十八元", thread_key=comment.thread.key, quoted=below), Sent)
    assert profile.platform.asked[-1].path == f"/api/{root}/replies"


async def test_comments_are_hidden_by_the_platforms_own_word(profile):
    root = await profile.platform.customer_comments(CUSTOMER, "骂人的话")
    for act, word in (("hide", "true"), ("show", "false")):
        assert await profile.adapter.moderate(act, root, profile.account, profile.wire) == Sent(root)
        assert profile.platform.asked[-1].form() == {"hide": word}


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.NONSENSE, Fault.CUT, Fault.RATE_LIMITED])
async def test_trouble_while_moderating_is_tried_again(fault, profile):
    root = await profile.platform.customer_comments(CUSTOMER, "骂人的话")
    profile.platform.go_wrong(fault)
    assert isinstance(await profile.adapter.moderate("delete", root, profile.account, profile.wire), Retry)
    assert root in profile.platform.comments


async def test_an_answer_that_was_lost_may_show_the_message_twice_and_loses_none(profile):
    profile.wire = LosingWire(profile.platform, "/messages")
    assert await profile.answers(text="一") == Retry(15.0, "unreached: timeout")
    assert isinstance(await profile.answers(text="一"), Sent)
    assert [one.text for one in profile.platform.shown(CUSTOMER)] == ["一", "一"]


async def test_a_redelivery_in_parallel_is_the_same_comment(profile):
    await profile.platform.customer_comments(CUSTOMER, "多少钱？")
    await profile.platform.redeliver(3)
    told = [one for receipt in profile.platform.delivered for one in profile.adapter.parse(receipt, profile.account)]
    assert (len(told), len({one.provider_id for one in told})) == (4, 1)


async def test_what_is_changed_and_unsent_is_told(profile):
    written = await profile.platform.customer_writes(CUSTOMER, "明天来")
    await profile.platform.customer_edits(CUSTOMER, written, "后天来")
    (edited,) = profile.told()
    assert isinstance(edited, MessageEdited)
    assert (edited.provider_id, edited.text) == (written, "后天来")
    await profile.platform.customer_recalls(CUSTOMER, written)
    (unsent,) = profile.told()
    assert isinstance(unsent, MessageRecalled)
    assert unsent.provider_id == written


async def test_connecting_asks_for_changes_too(profile):
    await profile.adapter.connect(profile.account, profile.wire)
    asked = profile.platform.subscribed["subscribed_fields"].split(",")
    assert {"messages", "message_edit", "comments", "live_comments"} <= set(asked)
