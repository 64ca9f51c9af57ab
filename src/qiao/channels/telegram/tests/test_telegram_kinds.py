"""Everything that a customer can do in Telegram, from the phone to the contract; and groups, where several are one customer."""

from pathlib import Path

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.telegram.adapter import Adapter
from qiao.channels.telegram.codec import webhook_secret
from qiao.channels.telegram.simulator import Simulator
from qiao.ports.channel import InboundMessage, Left, MessageEdited, OutboundMessage, Place, Reacted, Sent, WindowOpened
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER, GROUP = "5001", "-5005"
STICKER = {"type": "regular", "width": 512, "height": 512, "emoji": "😀"}


class Bot:
    """Our bot, and what it was told last."""

    def __init__(self, **settings: object) -> None:
        self.adapter, self.platform = Adapter(MANIFEST), Simulator(MANIFEST)
        self.account = msgspec.structs.replace(self.platform.account(), settings=settings)
        self.wire = MemoryWire(self.platform)

    def told(self) -> list:
        receipt = self.platform.delivered[-1]
        assert self.adapter.verify(receipt, self.account) is None
        return list(self.adapter.parse(receipt, self.account))

    async def sends(self, **body: object) -> InboundMessage:
        """The customer sends that, in the platform's own words."""
        await self.platform.customer_sends(CUSTOMER, body)
        (message,) = self.told()
        return message

    async def answers(self, to: str, **what: object):
        reply = OutboundMessage(key="k", conversation_id=self.account.inbox_id, to=to, **what)
        return await self.adapter.send(reply, self.account, self.wire)


@pytest.fixture
def bot() -> Bot:
    return Bot()


def file(bot: Bot, **more: object) -> dict:
    """A file in the platform's store."""
    return {**bot.platform.stored(b"bytes"), **more}


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("voice", "voice"),
        ("audio", "voice"),
        ("video", "video"),
        ("video_note", "video"),
        ("animation", "video"),
        ("document", "file"),
    ],
)
async def test_each_file_is_of_one_of_our_kinds(field, kind, bot):
    message = await bot.sends(**{field: file(bot, file_name="a.bin", mime_type="x/y")}, caption="看这个")
    (media,) = message.media
    assert (media.kind, media.name, media.content_type, media.size, message.text) == (kind, "a.bin", "x/y", 5, "看这个")
    fetched = await bot.adapter.fetch_media(media, bot.account, bot.wire)
    assert fetched.data == b"bytes"


async def test_a_moving_picture_is_not_a_document_too(bot):
    moving = file(bot, mime_type="video/mp4")
    message = await bot.sends(animation=moving, document=moving)
    assert [one.kind for one in message.media] == ["video"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
async def test_of_a_picture_the_largest_size_is_taken(order, bot):
    sizes = [file(bot, width=side, height=side) for side in (90, 320, 1280)]
    message = await bot.sends(photo=[sizes[place] for place in order])
    assert message.media[0].ref == {"file_id": sizes[2]["file_id"]}


async def test_a_still_sticker_is_a_picture(bot):
    message = await bot.sends(sticker={**STICKER, **file(bot), "is_animated": False, "is_video": False})
    assert (message.media[0].kind, message.media[0].content_type, message.text) == ("image", "image/webp", "")


@pytest.mark.parametrize("moving", ["is_animated", "is_video"])
async def test_a_moving_sticker_is_shown_by_its_still_picture(moving, bot):
    still = file(bot, width=128, height=128)
    message = await bot.sends(sticker={**STICKER, **file(bot), moving: True, "thumbnail": still})
    assert message.media[0].ref == {"file_id": still["file_id"]}


async def test_a_moving_sticker_without_a_still_picture_is_its_emoji(bot):
    message = await bot.sends(sticker={**STICKER, **file(bot), "is_animated": True})
    assert (message.text, message.media) == ("😀", ())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"dice": {"emoji": "🎲", "value": 6}}, "🎲 6"),
        ({"poll": {"id": "1", "question": "哪天？", "options": [{"text": "今天"}, {"text": "明天"}]}}, "哪天？\n· 今天\n· 明天"),
        ({"contact": {"phone_number": "+44 20", "first_name": "Ann", "last_name": "Lee"}}, "Ann Lee +44 20"),
        ({"contact": {"phone_number": "110"}}, "110"),
    ],
)
async def test_what_has_no_kind_of_its_own_is_told_in_words(body, text, bot):
    assert (await bot.sends(**body)).text == text


@pytest.mark.parametrize("body", [{"new_chat_members": []}, {"pinned_message": {}}, {"text": ""}, {"game": {"title": "x"}}])
async def test_what_says_nothing_is_left_out(body, bot):
    await bot.platform.customer_sends(CUSTOMER, body)
    assert bot.told() == []


@pytest.mark.parametrize(
    "place", [Place(latitude=30.2, longitude=120.1), Place(latitude=-33.9, longitude=18.4, name="店", address="1 号")]
)
async def test_a_place_comes_as_it_was_shared(place, bot):
    await bot.platform.customer_shares_place(CUSTOMER, place)
    (message,) = bot.told()
    assert message.place == place


@pytest.mark.parametrize(("text", "word"), [("/start", None), ("/start order-1", "order-1"), ("/start  spaced ", "spaced")])
async def test_pressing_start_is_no_message(text, word, bot):
    await bot.platform.customer_writes(CUSTOMER, text)
    (opened,) = bot.told()
    assert (type(opened), opened.by, opened.sender.attributes.get("start")) == (WindowOpened, "start", word)


@pytest.mark.parametrize("text", ["/started", "start", "/help", " /start"])
async def test_other_commands_are_messages(text, bot):
    await bot.platform.customer_writes(CUSTOMER, text)
    assert bot.told()[0].text == text


async def test_an_album_of_six_is_six_messages_in_order_from_one_customer(bot):
    for number in range(6):
        sizes = [file(bot, width=8, height=8)]
        await bot.platform.customer_sends(
            CUSTOMER, {"photo": sizes, "media_group_id": "9", "caption": f"{number}" if not number else ""}
        )
    told = [one for receipt in bot.platform.delivered for one in bot.adapter.parse(receipt, bot.account)]
    assert [one.media[0].ref["file_id"] for one in told] == [f"file{number:06d}" for number in range(1, 7)]
    assert len({one.provider_id for one in told}) == 6
    assert {one.sender.address for one in told} == {CUSTOMER}


async def test_a_redelivery_in_parallel_is_the_same_message(bot):
    await bot.platform.customer_writes(CUSTOMER, "在吗")
    await bot.platform.redeliver(3)
    told = [one for receipt in bot.platform.delivered for one in bot.adapter.parse(receipt, bot.account)]
    assert len(told) == 4
    assert len({one.provider_id for one in told}) == 1


async def test_an_edit_names_the_message_that_it_changes(bot):
    written = await bot.platform.customer_writes(CUSTOMER, "七点")
    await bot.platform.customer_edits(CUSTOMER, written, "八点")
    (edited,) = bot.told()
    assert (type(edited), edited.provider_id, edited.text) == (MessageEdited, written, "八点")


async def test_a_reaction_to_what_we_said_names_it_as_we_do(bot):
    sent = await bot.answers(CUSTOMER, text="您好")
    for emoji in ("👍", ""):
        await bot.platform.customer_reacts(CUSTOMER, sent.provider_id, emoji)
        (reacted,) = bot.told()
        assert (type(reacted), reacted.provider_id, reacted.emoji) == (Reacted, sent.provider_id, emoji)


async def test_blocking_and_unblocking_are_told(bot):
    await bot.platform.customer_leaves(CUSTOMER)
    (gone,) = bot.told()
    await bot.platform.customer_leaves(CUSTOMER, back=True)
    (back,) = bot.told()
    assert [(type(one), one.sender.address, one.back) for one in (gone, back)] == [
        (Left, CUSTOMER, False),
        (Left, CUSTOMER, True),
    ]


@pytest.mark.parametrize("settings", [{}, {"groups": False}, {"groups": "yes"}])
async def test_groups_are_heard_only_when_they_are_let_in(settings):
    bot = Bot(**settings)
    await bot.platform.customer_writes(GROUP, "大家好")
    assert bot.told() == []


async def test_a_group_is_one_customer_and_is_answered_as_one():
    bot = Bot(groups=True)
    await bot.platform.customer_writes(GROUP, "大家好", name="语桐")
    (message,) = bot.told()
    assert (message.sender.address, message.sender.name, message.sender.attributes) == (GROUP, "茶友群", {"member": "语桐"})
    sent = await bot.answers(GROUP, text="您好", quoted=message.provider_id)
    assert isinstance(sent, Sent)
    shown = bot.platform.shown(GROUP)[-1]
    assert (shown.text, shown.quoted, sent.provider_id) == ("您好", message.provider_id, shown.provider_id)


async def test_what_we_sent_into_a_group_can_be_taken_back():
    bot = Bot(groups=True)
    sent = await bot.answers(GROUP, text="您好")
    assert await bot.adapter.moderate("recall", sent.provider_id, bot.account, bot.wire) == sent
    assert bot.platform.shown(GROUP)[-1].recalled


def test_the_secret_belongs_to_the_inbox_and_the_bot(bot):
    same = webhook_secret(bot.account)
    assert same == webhook_secret(bot.platform.account())
    assert same != webhook_secret(msgspec.structs.replace(bot.account, signing_key=b"another inbox"))
    assert same != webhook_secret(msgspec.structs.replace(bot.account, secrets={"token": "another bot"}))
