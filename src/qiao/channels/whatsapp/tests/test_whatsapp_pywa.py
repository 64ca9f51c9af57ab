"""The simulator is the Cloud API to pywa too: a library that others wrote sends through it, and reads and checks what it delivers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pywa import WhatsApp, errors, types, utils
from pywa.handlers import CallbackButtonHandler, MessageHandler, MessageStatusHandler
from pywa.types.templates import TemplateLanguage

from qiao.channels.registry import read_manifest
from qiao.channels.whatsapp.simulator import PHONE_ID, Simulator
from qiao.ports.channel import Place
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault, SentFile

pytestmark = pytest.mark.slow

CUSTOMER = "+8613900001111"
PICTURE = SentFile(kind="image", data=b"\x89PNG\r\n--\r\n\x00", name="茶杯.png", content_type="image/png")


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


@pytest.fixture
async def library(simulator: Simulator) -> AsyncIterator[WhatsApp]:
    async with served(simulator) as origin:
        simulator.origin = origin
        with httpx.Client(trust_env=False) as session:
            made = WhatsApp(
                phone_id=PHONE_ID,
                token=simulator.secrets["access_token"],
                session=session,
                server=None,
                app_secret=simulator.secrets["app_secret"],
                verify_token=simulator.secrets["verify_token"],
            )
            session.base_url = f"{origin}/api"
            yield made


async def heard(library: WhatsApp, simulator: Simulator, kind: type) -> list:
    """What the library makes of everything that was delivered, after it has checked the signatures itself."""
    found = []
    library.add_handlers(*[handler(lambda _, update: found.append(update)) for handler in (kind,)])
    for receipt in simulator.delivered:
        assert library.webhook_update_validator(receipt.body, receipt.headers["x-hub-signature-256"]) is None
        assert library.webhook_update_validator(receipt.body + b" ", receipt.headers["x-hub-signature-256"]) == ("Forbidden", 403)
        await asyncio.to_thread(library.webhook_update_handler, receipt.body)
    return found


async def test_its_signature_check_knows_ours(simulator):
    await simulator.customer_writes(CUSTOMER, "你好")
    receipt = simulator.delivered[-1]
    assert utils.webhook_updates_validator(simulator.secrets["app_secret"], receipt.body, receipt.headers["x-hub-signature-256"])


async def test_what_it_sends_is_on_the_phone(library, simulator):
    asked = await simulator.customer_writes(CUSTOMER, "多少钱")
    text = await asyncio.to_thread(library.send_message, CUSTOMER, "八十八元 👋", reply_to_message_id=asked)
    menu = [types.Button(title="退货", callback_data="entry-1"), types.Button(title="换货", callback_data="entry-2")]
    await asyncio.to_thread(library.send_message, CUSTOMER, "您想问哪个？", buttons=menu)
    await asyncio.to_thread(library.send_image, CUSTOMER, PICTURE.data, caption="正面", mime_type="image/png")
    await asyncio.to_thread(library.send_location, CUSTOMER, 30.2, 120.1, "湖滨", "1 号")
    quoted, chosen, picture, place = simulator.shown(CUSTOMER)[1:]
    assert (quoted.text, quoted.quoted, quoted.provider_id) == ("八十八元 👋", asked, text.id)
    assert (chosen.options, chosen.values) == (("退货", "换货"), ("entry-1", "entry-2"))
    assert (picture.kind, picture.data, picture.text) == ("image", PICTURE.data, "正面")
    assert (place.kind, place.text) == ("location", "湖滨")


async def test_a_list_and_a_template_are_taken(library, simulator):
    rows = [types.SectionRow(title=f"第 {number}", callback_data=f"entry-{number}") for number in range(4)]
    menu = types.SectionList(button_title="选择", sections=[types.Section(title="问题", rows=rows)])
    await asyncio.to_thread(library.send_message, CUSTOMER, "?", buttons=menu)
    await asyncio.to_thread(library.send_template, CUSTOMER, "order_shipped", TemplateLanguage.CHINESE_CHN, params=[])
    listed, template = simulator.shown(CUSTOMER)
    assert listed.values == ("entry-0", "entry-1", "entry-2", "entry-3")
    assert (template.kind, template.text) == ("template", "order_shipped")


async def test_what_customers_do_is_understood(library, simulator):
    written = await simulator.customer_writes(CUSTOMER, "在吗", name="林语桐")
    await simulator.customer_writes(CUSTOMER, "看图", file=PICTURE)
    await simulator.customer_shares_place(CUSTOMER, Place(latitude=30.2, longitude=120.1, name="湖滨"))
    await simulator.customer_reacts(CUSTOMER, written, "👍")
    text, photo, place, reaction = await heard(library, simulator, MessageHandler)
    assert (text.text, text.from_user.name, text.from_user.wa_id) == ("在吗", "林语桐", "8613900001111")
    assert (photo.caption, await asyncio.to_thread(photo.image.get_bytes)) == ("看图", PICTURE.data)
    assert (place.location.latitude, place.location.name) == (30.2, "湖滨")
    assert (reaction.reaction.emoji, reaction.reaction.message_id) == ("👍", written)


async def test_taps_and_reports_are_understood(library, simulator):
    await simulator.customer_writes(CUSTOMER, "退货", option="entry-1")
    (tap,) = await heard(library, simulator, CallbackButtonHandler)
    assert (tap.data, tap.title) == ("entry-1", "退货")
    simulator.delivered.clear()
    await simulator.report(CUSTOMER, "wamid.7", "read")
    await simulator.report(CUSTOMER, "wamid.8", "failed", 131047)
    read, failed = await heard(library, simulator, MessageStatusHandler)
    assert (read.id, read.status) == ("wamid.7", types.MessageStatusType.READ)
    assert (failed.status, type(failed.error)) == (types.MessageStatusType.FAILED, errors.ReEngagementMessage)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.RATE_LIMITED, errors.RateLimitHit),
        (Fault.WINDOW_CLOSED, errors.ReEngagementMessage),
        (Fault.BLOCKED, errors.MessageUndeliverable),
        (Fault.CREDENTIALS_REFUSED, errors.ExpiredAccessToken),
    ],
)
async def test_its_refusals_are_understood(fault, error, library, simulator):
    simulator.go_wrong(fault)
    with pytest.raises(error):
        await asyncio.to_thread(library.send_message, CUSTOMER, "一")
    assert simulator.shown(CUSTOMER) == []


async def test_what_the_platform_does_not_take_is_refused(library):
    with pytest.raises(errors.WhatsAppError, match="4096"):
        await asyncio.to_thread(library.send_message, CUSTOMER, "x" * 4097)
    four = [types.Button(title="长" * 10, callback_data=str(number)) for number in range(4)]
    with pytest.raises(errors.InvalidParameter):
        await asyncio.to_thread(library.send_message, CUSTOMER, "x", buttons=four)
