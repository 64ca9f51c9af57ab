"""Everything that a customer can do in WhatsApp, from the phone to the contract, and the way back."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.whatsapp.adapter import Adapter
from qiao.channels.whatsapp.simulator import Simulator
from qiao.ports.channel import InboundMessage, OutboundMessage, Place, Proof, Reacted, Rejected, Reported, Sent
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER, ANOTHER = "+8613900001111", "+447700900123"


class Number:
    """Our number, and what it was told last."""

    def __init__(self) -> None:
        self.adapter, self.platform = Adapter(MANIFEST), Simulator(MANIFEST)
        self.account, self.wire = self.platform.account(), MemoryWire(self.platform)

    def told(self) -> list:
        receipt = self.platform.delivered[-1]
        assert self.adapter.verify(receipt, self.account) is None
        return list(self.adapter.parse(receipt, self.account))

    async def sends(self, **body: object) -> InboundMessage:
        """The customer sends that, in the platform's own words."""
        await self.platform.customer_sends(CUSTOMER, body)
        (message,) = self.told()
        return message

    async def answers(self, to: str = CUSTOMER, **what: object):
        reply = msgspec.structs.replace(OutboundMessage(key="k", conversation_id=UUID(int=3), to=to), **what)
        return await self.adapter.send(reply, self.account, self.wire)


@pytest.fixture
def number() -> Number:
    return Number()


@pytest.mark.parametrize(
    ("field", "kind"), [("image", "image"), ("sticker", "image"), ("audio", "voice"), ("video", "video"), ("document", "file")]
)
async def test_each_file_is_of_one_of_our_kinds_and_can_be_had(field, kind, number):
    held = {"id": number.platform.keep(b"bytes", "x/y"), "mime_type": "x/y"}
    message = await number.sends(**{field: held})
    assert [(one.kind, one.content_type) for one in message.media] == [(kind, "x/y")]
    fetched = await number.adapter.fetch_media(message.media[0], number.account, number.wire)
    assert (fetched.data, fetched.content_type) == (b"bytes", "x/y")


@pytest.mark.parametrize("field", ["image", "video", "document"])
async def test_a_caption_is_the_text(field, number):
    held = {"id": number.platform.keep(b"x", "x/y"), "caption": "看这个"}
    assert (await number.sends(**{field: held})).text == "看这个"


async def test_the_address_of_a_file_is_asked_for_each_time(number):
    file_id = number.platform.keep(b"bytes", "image/png")
    message = await number.sends(image={"id": file_id})
    for _ in range(2):
        await number.adapter.fetch_media(message.media[0], number.account, number.wire)
    paths = [one.path for one in number.platform.asked]
    assert paths == [f"/api/{file_id}", f"/media/attachments/{file_id}"] * 2
    assert all(one.headers["authorization"] == "Bearer EAAG-simulated-token" for one in number.platform.asked)


async def test_a_file_that_the_platform_has_forgotten_is_gone(number):
    message = await number.sends(image={"id": "never there"})
    assert await number.adapter.fetch_media(message.media[0], number.account, number.wire) == Rejected("expired")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"contacts": [{"name": {"formatted_name": "安"}, "phones": [{"phone": "1"}, {"phone": "2"}]}]}, "安 1 2"),
        ({"contacts": [{"phones": [{"phone": "110"}]}]}, "110"),
        ({"order": {"product_items": [{"product_retailer_id": "cup", "quantity": 2}]}}, "cup × 2"),
        ({"order": {"text": "要快"}}, "要快"),
        ({"button": {"text": "查物流"}}, "查物流"),
    ],
)
async def test_what_has_no_kind_of_its_own_is_told_in_words(body, text, number):
    message = await number.sends(**body)
    assert (message.text, message.option) == (text, None)


@pytest.mark.parametrize("reply", ["button_reply", "list_reply"])
@pytest.mark.parametrize(("value", "option"), [("entry-1", "entry-1"), ("~3", None)])
async def test_a_choice_gives_its_value_and_its_label(reply, value, option, number):
    message = await number.sends(interactive={"type": reply, reply: {"id": value, "title": "退货"}}, context={"id": "wamid.menu"})
    assert (message.text, message.option, message.quoted) == ("退货", option, "wamid.menu")


@pytest.mark.parametrize(
    "body", [{}, {"text": {"body": ""}}, {"interactive": {"type": "nfm_reply"}}, {"contacts": []}, {"order": {}}, {"system": {}}]
)
async def test_what_says_nothing_is_left_out(body, number):
    await number.platform.customer_sends(CUSTOMER, body)
    assert number.told() == []


@pytest.mark.parametrize(
    "place", [Place(latitude=30.2, longitude=120.1), Place(latitude=-33.9, longitude=18.4, name="店", address="1 号")]
)
async def test_a_place_comes_as_it_was_shared(place, number):
    await number.platform.customer_shares_place(CUSTOMER, place)
    (message,) = number.told()
    assert message.place == place


async def test_a_forwarded_message_answers_nothing(number):
    message = await number.sends(text={"body": "转发"}, context={"forwarded": True})
    assert message.quoted is None


async def test_two_customers_in_one_delivery_keep_their_names(number):
    people = {CUSTOMER: "林语桐", ANOTHER: "Ann"}
    contacts = [{"profile": {"name": name}, "wa_id": phone[1:]} for phone, name in people.items()]
    messages = [{"id": f"wamid.{phone}", "from": phone[1:], "text": {"body": "在"}} for phone in reversed(people)]
    await number.platform.tell_value(CUSTOMER, {"contacts": contacts, "messages": messages})
    told = number.told()
    assert [(one.sender.address, one.sender.name) for one in told] == [(ANOTHER, "Ann"), (CUSTOMER, "林语桐")]
    assert [one.sender.proofs for one in told] == [(Proof("phone", ANOTHER),), (Proof("phone", CUSTOMER),)]


async def test_an_album_of_six_in_one_delivery_is_six_messages_in_order(number):
    files = [number.platform.keep(bytes([place]), "image/png") for place in range(6)]
    messages = [{"id": f"wamid.{file}", "from": CUSTOMER[1:], "image": {"id": file}} for file in files]
    await number.platform.tell_value(CUSTOMER, {"messages": messages})
    told = number.told()
    assert [one.media[0].ref["id"] for one in told] == files
    assert len({one.provider_id for one in told}) == 6


async def test_a_redelivery_in_parallel_is_the_same_message(number):
    await number.platform.customer_writes(CUSTOMER, "在吗")
    await number.platform.redeliver(3)
    told = [one for receipt in number.platform.delivered for one in number.adapter.parse(receipt, number.account)]
    assert len(told) == 4
    assert len({one.provider_id for one in told}) == 1


async def test_a_message_and_a_report_in_one_delivery_are_both_told(number):
    status = {"id": "wamid.7", "status": "read", "timestamp": "1770000000"}
    message = {"id": "wamid.8", "from": CUSTOMER[1:], "text": {"body": "看到了"}}
    await number.platform.tell_value(CUSTOMER, {"messages": [message], "statuses": [status]})
    assert [type(one) for one in number.told()] == [InboundMessage, Reported]


async def test_a_failure_without_a_reason_is_a_failure(number):
    await number.platform.report(CUSTOMER, "wamid.7", "failed")
    (report,) = number.told()
    assert (report.state, report.reason, report.permanent) == ("failed", None, False)


@pytest.mark.parametrize("status", ["sent", "deleted", "warning", ""])
async def test_other_states_are_left_out(status, number):
    await number.platform.report(CUSTOMER, "wamid.7", status)
    assert number.told() == []


async def test_a_reaction_to_what_we_said_names_it_as_we_do(number):
    sent = await number.answers(text="您好")
    for emoji in ("👍", ""):
        await number.platform.customer_reacts(CUSTOMER, sent.provider_id, emoji)
        (reacted,) = number.told()
        assert (type(reacted), reacted.provider_id, reacted.emoji) == (Reacted, sent.provider_id, emoji)


async def test_whoever_writes_can_be_answered_at_once(number):
    for address in (CUSTOMER, ANOTHER):
        await number.platform.customer_writes(address, "在吗")
        (message,) = number.told()
        ended = await number.answers(message.sender.address, text="在的", quoted=message.provider_id, reply_to=message.reply_to)
        assert isinstance(ended, Sent)
        shown = number.platform.shown(address)[-1]
        assert (shown.text, shown.quoted, shown.provider_id) == ("在的", message.provider_id, ended.provider_id)
