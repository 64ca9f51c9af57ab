"""The simulator is Telegram to aiogram too: a library that others wrote sends through it and reads what it delivers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter, TelegramUnauthorizedError
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyParameters,
    Update,
)

from qiao.channels.registry import read_manifest
from qiao.channels.telegram.codec import SECRET_HEADER
from qiao.channels.telegram.simulator import Simulator
from qiao.ports.channel import Place
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault, SentFile

pytestmark = pytest.mark.slow

PICTURE = SentFile(kind="image", data=b"\x89PNG\r\n--\r\n\x00", name="茶杯.png", content_type="image/png")


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


@pytest.fixture
async def bot(simulator: Simulator) -> AsyncIterator[Bot]:
    async with served(simulator) as origin:
        session = AiohttpSession(api=TelegramAPIServer.from_base(origin))
        yield Bot(simulator.secrets["token"], session=session)
        await session.close()


async def test_it_knows_who_it_is(bot):
    me = await bot.get_me()
    assert (me.username, me.is_bot) == ("lanting_bot", True)


async def test_what_it_sends_is_on_the_phone(bot, simulator):
    asked = await simulator.customer_writes("5001", "多少钱")
    answered = ReplyParameters(message_id=int(asked.rpartition(":")[2]))
    menu = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="退货", callback_data="entry-1")]])
    sent = await bot.send_message(5001, "八十八元 👋", reply_parameters=answered, reply_markup=menu)
    await bot.send_photo(5001, BufferedInputFile(PICTURE.data, "茶杯.png"), caption="正面")
    await bot.send_venue(5001, 30.2, 120.1, "兰亭茶器", "湖滨路 1 号")
    await bot.send_chat_action(5001, "typing")
    text, photo, place = simulator.shown("5001")[1:]
    assert (text.text, text.quoted, [*text.options]) == ("八十八元 👋", asked, ["退货"])
    assert (photo.kind, photo.data, photo.text) == ("image", PICTURE.data, "正面")
    assert (place.kind, place.text) == ("location", "兰亭茶器")
    assert await bot.delete_message(5001, sent.message_id)
    assert simulator.shown("5001")[1].recalled


async def test_what_customers_do_is_fetched(bot, simulator):
    await bot.delete_webhook()
    written = await simulator.customer_writes("5001", "在吗")
    await simulator.customer_writes("5001", "看图", file=PICTURE)
    await simulator.customer_writes("5001", "退货", option="entry-1")
    await simulator.customer_edits("5001", written, "在不在")
    await simulator.customer_reacts("5001", written, "👍")
    await simulator.customer_leaves("5001")
    await simulator.customer_leaves("5001", back=True)
    await simulator.customer_shares_place("5001", Place(latitude=30.2, longitude=120.1, name="湖滨", address="1 号"))
    updates = await bot.get_updates(timeout=1)
    text, photo, tap, edit, reaction, gone, back, venue = updates
    assert text.message.text == "在吗"
    assert photo.message.caption == "看图"
    file = await bot.get_file(photo.message.photo[-1].file_id)
    assert (await bot.download_file(file.file_path)).read() == PICTURE.data
    assert (tap.callback_query.data, await bot.answer_callback_query(tap.callback_query.id)) == ("entry-1", True)
    assert edit.edited_message.text == "在不在"
    assert reaction.message_reaction.new_reaction[0].emoji == "👍"
    assert (gone.my_chat_member.new_chat_member.status, back.my_chat_member.new_chat_member.status) == ("kicked", "member")
    assert venue.message.venue.title == "湖滨"
    assert await bot.get_updates(offset=updates[-1].update_id + 1) == []


async def test_what_is_delivered_is_an_update_with_the_secret(bot, simulator):
    await bot.set_webhook("https://desk.test/in/key", secret_token="s3cret-of-the-bot", allowed_updates=["message"])
    assert (await bot.get_webhook_info()).url == "https://desk.test/in/key"
    await simulator.customer_writes("5001", "你好")
    delivered = simulator.delivered[-1]
    assert delivered.headers[SECRET_HEADER] == "s3cret-of-the-bot"
    assert Update.model_validate_json(delivered.body).message.from_user.full_name == "林语桐"
    with pytest.raises(Exception, match="can't use getUpdates"):
        await bot.get_updates()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.RATE_LIMITED, TelegramRetryAfter),
        (Fault.BLOCKED, TelegramForbiddenError),
        (Fault.CREDENTIALS_REFUSED, TelegramUnauthorizedError),
        (Fault.MEDIA_EXPIRED, TelegramBadRequest),
    ],
)
async def test_its_refusals_are_understood(fault, error, bot, simulator):
    simulator.go_wrong(fault)
    with pytest.raises(error):
        await bot.send_message(5001, "一")
    assert simulator.shown("5001") == []


async def test_what_the_platform_does_not_take_is_refused(bot):
    for chat, text in ((5001, "x" * 4097), ("nobody", "x")):
        with pytest.raises(TelegramBadRequest):
            await bot.send_message(chat, text)
    menu = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="长", callback_data="x" * 65)]])
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await bot.send_message(5001, "x", reply_markup=menu)
