"""Whatever an agent or the bot says, cut by delivery to a channel's manifest, is taken by its adapter and shown on the customer's phone."""

import pytest

from qiao.app.simulators import make_simulators
from qiao.channels.registry import load_channels
from qiao.domains.conversations.contracts import Attachment, Author, AuthorKind, Message, MessageKind
from qiao.domains.delivery.parting import parts_of
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.ports.channel import InboundMessage, OutboundMessage, PullDue, Sent
from qiao.ports.testing.platform_suite import FILES
from qiao.ports.testing.wire import MemoryWire

pytestmark = pytest.mark.slow

NAMES = sorted(make_simulators())
ENTRIES = [{"entry_id": "0190-a", "label": "退货流程"}, {"entry_id": "0190-b", "label": "换货"}]
MANY = [{"value": f"v{number}", "label": f"第 {number} 个比较长的选项，换一行也写不完"} for number in range(15)]
PLACE = {"type": "place", "latitude": 30.25, "longitude": 120.17, "name": "兰亭茶器", "address": "西湖区"}
CARD = {"type": "card", "title": "订单 1001", "text": "两件", "url": "https://shop.example/1001", "facts": [["状态", "已发货"]]}


class Phone:
    """A customer of one simulated platform, and a company that answers."""

    def __init__(self, name) -> None:
        self.platform, self.adapter = make_simulators()[name], load_channels()[name]
        self.account, self.address, self.number = self.platform.account(), self.platform.customers[0], 0
        self.wire = MemoryWire(self.platform, {name: data for name, _, data in FILES.values()})
        self.reply_to, self.to = {}, self.address

    async def customer_writes(self) -> None:
        before = len(self.platform.delivered)
        await self.platform.customer_writes(self.address, "在吗")
        items = [one for receipt in self.platform.delivered[before:] for one in self.adapter.parse(receipt, self.account)]
        hints = [one.hint for one in items if isinstance(one, PullDue)]
        items += [one for hint in hints for one in (await self.adapter.pull(None, hint, self.account, self.wire)).items]
        for one in (one for one in items if isinstance(one, InboundMessage)):
            self.reply_to, self.to = one.reply_to, one.sender.address
        self.number = 0

    async def company_says(self, text="", content=None, files=()):
        """Each end that the sends came to, and what is new on the phone."""
        message = Message(
            id=new_id(), conversation_id=new_id(), seq=1, author=Author(AuthorKind.AGENT), kind=MessageKind.TEXT, text=text,
            attachments=list(files), content=content, client_id="c", created_at=utc_now(),
        )  # fmt: skip
        await self.customer_writes()
        before, ends = len(self.platform.shown(self.address)), []
        for place, part in enumerate(parts_of(message, self.adapter.manifest, language="zh", origin="http://desk.test")):
            self.number += 1
            send = OutboundMessage(
                key=f"{message.id}:{place}", conversation_id=message.conversation_id, to=self.to, text=part.text,
                files=part.files, options=part.options, card=part.card, place=part.place, template=part.template,
                reply_to=self.reply_to, last_from_customer_at=utc_now(), number=self.number, by_person=True,
            )  # fmt: skip
            ends.append(await self.adapter.send(send, self.account, self.wire))
        return ends, [one for one in self.platform.shown(self.address)[before:] if one.by == "company"]


@pytest.fixture(params=NAMES)
def phone(request) -> Phone:
    return Phone(request.param)


def all_sent(ends):
    return bool(ends) and all(isinstance(one, Sent) for one in ends)


def words(shown):
    return "".join("".join(one.text for one in shown).split())


async def test_a_long_text_arrives_whole_and_in_its_order(phone):
    sentences = [f"第 {number} 句话，写得不短也不长。" for number in range(1_000)]
    limit = min(phone.adapter.manifest.max_text * 2, 8_000)
    text = "".join(sentences)[:limit]
    ends, shown = await phone.company_says(text)
    assert all_sent(ends), ends
    assert "".join(text.split()) in words(shown)


@pytest.mark.parametrize("options", [ENTRIES, MANY], ids=["two", "too_many"])
async def test_options_can_be_seen_whatever_the_channel_has(phone, options):
    ends, shown = await phone.company_says("您想问哪个？", {"type": "offer", "options": options})
    assert all_sent(ends), ends
    seen = words(shown) + "".join("".join(label.split()) for one in shown for label in one.options)
    assert all("".join(one["label"].split()) in seen for one in options)


async def test_a_place_arrives_as_one_or_as_a_link(phone):
    ends, shown = await phone.company_says("", PLACE)
    assert all_sent(ends), ends
    assert shown


async def test_a_card_arrives_as_one_or_in_words(phone):
    ends, shown = await phone.company_says("", CARD)
    assert all_sent(ends), ends
    assert shown


@pytest.mark.parametrize("kind", sorted(FILES))
async def test_a_file_arrives_as_one_or_as_a_link(phone, kind):
    name, content_type, data = FILES[kind]
    file = Attachment(id=new_id(), name=name, content_type=content_type, size=len(data), url=f"/files/x/{kind}")
    ends, shown = await phone.company_says("", files=[file])
    assert all_sent(ends), ends
    assert any(one.data == data or f"/files/x/{kind}" in one.text for one in shown)
