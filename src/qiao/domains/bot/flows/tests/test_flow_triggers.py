"""What begins a flow and what must not: a wish about one's own order against a question about orders in general, by words alone."""

from uuid import uuid4

import pytest

from qiao.domains.bot.flows.shipping import shipped
from qiao.domains.bot.flows.shown import LiveFlow
from qiao.domains.bot.flows.triggers import TriggerIndex

IDS = {name: uuid4() for name in shipped()}
NAMES = {flow_id: name for name, flow_id in IDS.items()}
INDEX = TriggerIndex([LiveFlow(id=IDS[name], version=1, definition=flow) for name, flow in shipped().items()])


def started(text: str) -> str | None:
    guess = next(iter(INDEX.guesses(text)), None)
    return NAMES[guess.flow_id] if guess is not None and guess.starts else None


PAIRS = [
    ("logistics", "我的快递到哪里了？", "快递一般要几天能到？"),
    ("logistics", "我买的茶壶怎么还没收到", "你们发什么快递"),
    ("logistics", "帮我查下物流", "怎么查物流？"),
    ("logistics", "Where's my order?", "How long does delivery usually take?"),
    ("logistics", "my package still hasn't arrived", "Which carrier do you ship with?"),
    ("logistics", "track my parcel please", "How do I track a parcel?"),
    ("order_status", "我想查一下订单状态", "下单之后一般多久发货？"),
    ("order_status", "has my order been shipped yet?", "When do you ship orders?"),
    ("change_address", "地址写错了，帮我改一下", "下单以后还可以改地址吗？"),
    ("change_address", "I put in the wrong address", "How do I change my address?"),
    ("return_or_exchange", "我要退货", "怎么退货？"),
    ("return_or_exchange", "我想换货", "可以换货吗？"),
    ("return_or_exchange", "收到的茶杯碎了", "退货的运费谁出？"),
    ("return_or_exchange", "I want to return my order", "What's your return policy?"),
    ("return_or_exchange", "I'd like my money back", "How long does a refund take?"),
    ("invoice", "帮我开一张发票", "可以开发票吗？"),
    ("invoice", "I need an invoice for my order", "How do I get an invoice?"),
    ("complaint", "我要投诉", "怎么投诉？"),
    ("complaint", "I want to make a complaint", "How do I complain?"),
    ("appointment", "我想预约到店", "去展厅需要预约吗？"),
    ("appointment", "I'd like to book an appointment", "Do I need an appointment?"),
]


@pytest.mark.parametrize(("flow", "wish", "question"), PAIRS)
def test_a_wish_begins_it_and_a_question_does_not(flow: str, wish: str, question: str) -> None:
    assert started(wish) == flow
    assert started(question) is None


def offered(text: str) -> str | None:
    guess = next(iter(INDEX.guesses(text)), None)
    return NAMES[guess.flow_id] if guess is not None and guess.offers else None


@pytest.mark.parametrize(
    ("word", "flow"), [("退货", "return_or_exchange"), ("发票", "invoice"), ("invoice", "invoice"), ("订单", "order_status")]
)
def test_the_bare_name_of_a_matter_offers_its_flow_and_begins_nothing(word: str, flow: str) -> None:
    assert (offered(word), started(word)) == (flow, None)


@pytest.mark.parametrize("word", ["杯子", "cup", "a cup please", "茶壶", "盖碗", "kettle"])
def test_the_bare_name_of_a_thing_offers_nothing_to_be_done_with_it(word: str) -> None:
    assert offered(word) is None


@pytest.mark.parametrize("wish", ["杯子碎了", "the cup arrived broken"])
def test_what_happened_to_the_thing_begins_the_flow(wish: str) -> None:
    assert started(wish) == "return_or_exchange"
