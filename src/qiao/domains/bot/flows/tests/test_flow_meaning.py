"""What a message means to a flow that waits: an answer, a correction, the end, or something else."""

from typing import Any

import pytest

from qiao.domains.bot.flows.advance import asked, corrigible
from qiao.domains.bot.flows.heard import all_heard, heard_in, order_form
from qiao.domains.bot.flows.meant import is_aside, looks_like_question, meant, takes_stories
from qiao.domains.bot.flows.running import Answer, Cancel, Correct, Faulted
from qiao.domains.bot.flows.tests.flow_samples import EN, ZH, Talk, ask, both, end, flow_of
from qiao.domains.bot.flows.wishes import correction, wants_to_stop

CHOICES = [
    {"value": "x", "label": both("退货", "Return")},
    {"value": "cancel", "label": both("取消订单", "Cancel it"), "words": ["取消"]},
]
FLOW = flow_of(
    ask("kind", "choice", choices=CHOICES, label=both("类型", "kind")),
    ask("number", "order_number", label=both("订单号", "order number")),
    ask("phone", "phone", label=both("电话", "phone")),
    ask("address", "address", label=both("地址", "address")),
    ask("note", "text", label=both("备注", "note"), maximum=60),
    ask("story", "text", label=both("经过", "story")),
    ask("sure", "yes_no", fresh=True),
    end(),
)
ANSWERS = ("退货", "EN10000001", "13800000188", "浙江省杭州市西湖区文三路 90 号", "放门口", "就是这样子的")


def at(slot: str, ground: Any = ZH) -> Talk:
    """The customer is asked for a slot."""
    talk = Talk(FLOW, ground=ground)
    for answer in ANSWERS:
        if asked(FLOW, talk.state).slot == slot:  # type: ignore[union-attr]
            break
        talk.write(answer)
    return talk


def means(slot: str, text: str, ground: Any = ZH) -> Any:
    talk = at(slot, ground)
    return meant(FLOW, talk.state, Answer(text), talk.ground)


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ("kind", "退货"), ("kind", "取消"), ("number", "EN10000009"), ("phone", "13900000000"), ("address", "上海市浦东新区世纪大道 1 号"),
        ("note", "轻一点"), ("story", "为什么这么慢？我等了十天！"), ("sure", "是的"), ("sure", "不对"),
    ],
)  # fmt: skip
def test_answers(slot: str, text: str) -> None:
    assert means(slot, text) == Answer(text)


@pytest.mark.parametrize("slot", ["number", "phone", "address", "note", "story", "sure"])
@pytest.mark.parametrize("text", ["算了", "不办了，谢谢", "never mind", "取消吧"])
def test_the_end_is_heard_at_every_question(slot: str, text: str) -> None:
    assert means(slot, text) == Cancel()


@pytest.mark.parametrize(
    ("slot", "text", "correct"),
    [
        ("phone", "不对，订单号是 EN10000009", Correct("number", "EN10000009")),
        ("phone", "EN10000009", Correct("number", "EN10000009")),
        ("address", "电话写错了，应该是 13900000000", Correct("phone", "13900000000")),
        ("sure", "地址改成上海市浦东新区世纪大道 1 号", Correct("address", "上海市浦东新区世纪大道 1 号")),
        ("sure", "改一下电话", Correct("phone", "")),
        ("sure", "等等，改一下", Correct(None, "")),
        ("note", "不对，是 13900000000", Correct(None, "13900000000")),
    ],
)
def test_corrections(slot: str, text: str, correct: Correct) -> None:
    assert means(slot, text) == correct


@pytest.mark.parametrize(
    ("slot", "text", "correct"),
    [
        ("phone", "sorry, the order number should be EN20000002", Correct("number", "EN20000002")),
        ("sure", "change my phone", Correct("phone", "")),
        ("sure", "actually it's +44 7700 900111", Correct(None, "+44 7700 900111")),
        ("phone", "I mistyped", Correct(None, "")),
    ],
)
def test_corrections_in_english(slot: str, text: str, correct: Correct) -> None:
    assert means(slot, text, EN) == correct


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ("number", "在哪里看？"),
        ("phone", "为什么要电话"),
        ("address", "运费多少钱？"),
        ("note", "可以写什么呢"),
        ("sure", "多久能好？"),
    ],
)
def test_something_else(slot: str, text: str) -> None:
    assert means(slot, text) is None


def test_a_flow_that_waits_for_nothing_means_nothing() -> None:
    talk = Talk(flow_of({"id": "t", "type": "tool", "tool": "orders", "result": "mine"}, end()))
    assert meant(talk.flow, talk.state, Answer("算了"), ZH) is None
    talk.take(Faulted("refused"))
    assert meant(talk.flow, talk.state, Answer("算了"), ZH) is None


def test_the_same_number_again_is_no_correction() -> None:
    assert means("phone", "EN10000001") is None


def test_what_may_be_taken_back_is_told_the_last_first() -> None:
    talk = at("note")
    assert list(corrigible(FLOW, talk.state)) == ["address", "phone", "number", "kind"]
    assert corrigible(FLOW, talk.state)["phone"] == ["电话", "phone"]


def test_nothing_may_be_taken_back_at_the_first_question() -> None:
    assert corrigible(FLOW, at("kind").state) == {}
    assert means("kind", "不对，改一下") is None


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("多少钱？", True), ("怎么办", True), ("能不能快点", True), ("你们几点关门", True), ("好了吗", True),
        ("how long does it take", True), ("Can you hurry", True),
        ("?", False), ("杭州市", False), ("放门口就行", False), ("LT10000001", False), ("", False),
    ],
)  # fmt: skip
def test_questions_are_told_from_answers(text: str, asks: bool) -> None:
    assert looks_like_question(text) is asks


def test_where_stories_are_told_questions_belong_to_them() -> None:
    asks = {node.slot: node for node in FLOW.graph.nodes if node.id != "end"}  # type: ignore[union-attr]
    assert [takes_stories(asks[slot]) for slot in ("story", "note", "address")] == [True, False, False]  # type: ignore[arg-type]
    assert is_aside(asks["note"], "多少钱？")  # type: ignore[arg-type]
    assert not is_aside(asks["story"], "多少钱？")  # type: ignore[arg-type]


# --- what is heard before it is asked for ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("查一下订单 LT10000001", {"order_number": "LT10000001"}),
        ("LT20261117-0006 到哪了", {"order_number": "LT20261117-0006"}),
        ("手机尾号 0188", {"last4": "0188"}),
        ("后四位是0188", {"last4": "0188"}),
        ("the phone ends in 0188", {"last4": "0188"}),
        ("last four digits: 0188", {"last4": "0188"}),
        ("发到 Lin@Example.com", {"email": "lin@example.com"}),
        ("打 13800000188 给我", {"phone": "+8613800000188"}),
        ("12 月 1 日来", {"date": "2026-12-01"}),
        ("你好", {}),
        ("", {}),
        ("！！！", {}),
    ],
)
def test_what_a_message_holds(text: str, heard: dict[str, str]) -> None:
    assert heard_in(text, ZH) == heard


def test_several_kinds_in_one_message() -> None:
    heard = heard_in("订单 LT10000001，尾号 0188，明天送，发票到 lin@example.com", ZH)
    assert heard == {"order_number": "LT10000001", "last4": "0188", "date": "2026-11-23", "email": "lin@example.com"}


def test_the_later_message_wins_kind_by_kind() -> None:
    heard = all_heard(["订单 LT10000001 尾号 0188", "不，订单 LT10000002"], ZH)
    assert heard == {"order_number": "LT10000002", "last4": "0188"}


@pytest.mark.parametrize(("written", "form"), [(" #lt10000001 ", "LT10000001"), ("Lt-1", "LT-1"), ("88231", "88231")])
def test_order_numbers_are_compared_in_one_form(written: str, form: str) -> None:
    assert order_form(written) == form


# --- to stop, to take back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "算了，不约了", "我不想退了", "先不退了吧", "那就算了吧，谢谢", "不弄了不弄了", "好吧，还是不开了", "取消，不用了", "没事了",
        "以后再说吧",
        "ok, cancel it", "never mind, forget it", "actually, leave it", "I'd rather not", "stop here please", "I don't want it anymore",
    ],
)  # fmt: skip
def test_all_ways_to_stop(text: str) -> None:
    assert wants_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "不想退了钱没到怎么办", "先取消我的订单", "算一下多少钱", "我要退", "停车场在哪", "never mind the colour, I want the pot",
        "I don't want the lid, only the pot", "cancelled order refund", "不对", "不", "no",
    ],
)  # fmt: skip
def test_what_is_no_wish_to_stop(text: str) -> None:
    assert not wants_to_stop(text)


def test_a_longest_cancel_is_short() -> None:
    assert not wants_to_stop("算了" * 30)


@pytest.mark.parametrize("text", ["写错了，改一下", "改一下吧", "不对", "填错了", "let me change it please", "wrong"])
def test_a_wish_to_change_alone_holds_no_value(text: str) -> None:
    found = correction(text, {"phone": ["电话"]})
    assert found == Correct(None, "")


@pytest.mark.parametrize(
    ("text", "value"),
    [("应该是 13900000000。", "13900000000"), ("改为三号", "三号"), ("不对，三号", "三号"), ("it should be 3!", "3")],
)
def test_the_new_value_is_taken_from_behind_it(text: str, value: str) -> None:
    found = correction(text, {"size": ["尺寸"]})
    assert found is not None
    assert found.text == value


def test_of_two_names_the_longer_is_meant() -> None:
    assert correction("收货地址写错了", {"address": ["地址"], "ship": ["收货地址"]}) == Correct("ship", "")
