"""Follow-ups of a tea shop's customers, found by words alone: the topic carried over decides."""

from uuid import UUID

import pytest

from qiao.domains.bot.intents import with_context
from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText

SHOP: dict[str, tuple[str, ...]] = {
    "return": ("怎么退货", "不喜欢可以退吗", "How do I return an order?"),
    "exchange": ("怎么换货", "买错了想换一款", "Can I exchange an item?"),
    "return_time": ("退货多久到账", "退款几天能收到", "How long does a refund take?"),
    "domestic": ("国内运费多少", "寄到北京邮费", "How much is shipping?"),
    "abroad": ("海外能寄吗，寄到国外要多久", "Do you ship abroad, to Canada or Japan?"),
    "shipping_time": ("发货要多久", "下单后几天发货", "How long does shipping take?"),
    "longjing": ("龙井茶怎么保存", "绿茶要放冰箱吗", "How do I store green tea?"),
    "puer": ("普洱茶怎么保存", "茶饼受潮怎么办", "How do I store pu'er tea?"),
    "longjing_water": ("龙井茶用多少度的水泡", "What water temperature for green tea?"),
    "oolong_water": ("乌龙茶用多少度的水泡", "What water temperature for oolong tea?"),
    "oolong": ("乌龙茶怎么保存", "How do I store oolong tea?"),
    "puer_water": ("普洱茶用多少度的水泡", "What water temperature for pu'er tea?"),
    "invoice": ("可以开发票吗", "Can I get an invoice?"),
    "gift": ("有礼盒包装吗", "Do you offer gift boxes?"),
}
IDS = {name: UUID(int=number) for number, name in enumerate(SHOP, start=1)}
INDEX = AnswerIndex.build(
    Entry(IDS[name], "faq", "zh", texts[0], tuple(IndexedText(text) for text in texts)) for name, texts in SHOP.items()
)


@pytest.mark.parametrize(
    ("before", "question", "name"),
    [
        ("怎么退货？", "那换货呢？", "exchange"),
        ("怎么退货？", "多久到账", "return_time"),
        ("国内运费多少？", "那国外呢", "abroad"),
        ("龙井茶怎么保存？", "普洱呢？", "puer"),
        ("龙井茶用多少度的水泡", "那乌龙茶呢", "oolong_water"),
        ("龙井茶用多少度的水泡", "普洱呢？", "puer_water"),
        ("龙井茶怎么保存", "乌龙茶呢", "oolong"),
        ("What water temperature for green tea?", "and for pu'er?", "puer_water"),
        ("How do I store green tea?", "what about oolong", "oolong"),
        ("什么时候发货", "要多久", "shipping_time"),
        ("怎么退货", "多久", "return_time"),
        ("Do you ship abroad?", "and to Canada?", "abroad"),
        ("How do I return an order?", "what about exchange?", "exchange"),
        ("How do I store green tea?", "and for pu'er", "puer"),
        ("What water temperature for green tea?", "and for oolong?", "oolong_water"),
        ("How much is shipping?", "how long does it take", "shipping_time"),
    ],
)
def test_a_follow_up_finds_its_answer(before: str, question: str, name: str):
    found = INDEX.search(with_context(question, [before]), None, limit=3)
    assert IDS[name] in [one.entry_id for one in found]


@pytest.mark.parametrize(
    ("question", "name"), [("怎麼退貨", "return"), ("我想要发票", "invoice"), ("gift boxs", "gift"), ("绿茶放冰箱吗", "longjing")]
)
def test_a_whole_question_finds_its_answer(question: str, name: str):
    assert INDEX.search(with_context(question, ["国内运费多少"]), None)[0].entry_id == IDS[name]
