"""Change of address, return or exchange, and invoice as they come with the program: in both languages, with every end that they have."""

from typing import Any

import pytest

from qiao.domains.bot.flows.running import Faulted
from qiao.domains.bot.flows.tests.shipped_talks import CUP, DOWN, EVERYTHING, GONE, NOW, Served, order, orders
from qiao.ports.commerce_orders import OrderAction

pytestmark = pytest.mark.slow  # whole talks
BOTH_LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
NEW_ZH, NEW_EN = "浙江省杭州市余杭区竹溪路 88 号", "Flat 2, 5 Mill Lane, Leeds LS1 4AP, UK"
MINE = orders("LT10000001", "LT10000002")


# --- change of address ----------------------------------------------------------------------------------------------------


def test_an_address_is_changed_in_five_answers() -> None:
    talk = Served("change_address", orders=MINE, order=order(), change_address=order()).begins("我要改地址").writes("1")
    assert "现在寄往：浙江省杭州市西湖区文三路 90 号" in talk.said
    talk.through(NEW_ZH, "不变", "确认修改")
    assert talk.last == {"order": "LT10000001", "address": NEW_ZH, "country": "CN"}
    assert "改好了，订单 LT10000001 会寄到" in talk.said
    assert talk.outcome == "done"


def test_in_english_another_person_gets_it() -> None:
    talk = Served("change_address", "en", orders=MINE, order=order(), change_address=order()).begins("change my address")
    talk.through("1", NEW_EN, "They change", "Bob Lee", "+44 7700 900111")
    assert "Recipient: Bob Lee +447700900111" in talk.said
    talk.writes("yes")
    assert (talk.last["recipient"], talk.last["phone"]) == ("Bob Lee", "+447700900111")
    assert talk.outcome == "done"


def test_nothing_is_sent_before_it_is_confirmed() -> None:
    talk = Served("change_address", orders=MINE, order=order()).begins("改地址").through("1", NEW_ZH, "不变")
    assert talk.waits_for == "confirm"
    assert talk.called == ["orders", "order"]


def test_who_does_not_confirm_gives_the_address_anew() -> None:
    talk = Served("change_address", orders=MINE, order=order(), change_address=order()).begins("改地址")
    talk.through("1", NEW_ZH, "不变", "再改改", "浙江省杭州市余杭区竹溪路 66 号", "确认修改")
    assert talk.last["address"] == "浙江省杭州市余杭区竹溪路 66 号"


def test_an_address_that_the_shop_cannot_read_is_asked_for_again() -> None:
    talk = Served("change_address", orders=MINE, order=order(), change_address=[Faulted("invalid", field="address"), order()])
    talk.begins("改地址").through("1", "杭州那个老地方就行", "不变", "确认修改")
    assert "没有认全" in talk.said
    assert talk.waits_for == "address"
    talk.through(NEW_ZH, "确认修改")
    assert talk.outcome == "done"
    keys = [call.key for call in talk.calls if call.tool == "change_address"]
    assert len(set(keys)) == 2


@BOTH_LANGUAGES
def test_what_has_left_cannot_be_changed_and_a_person_may_ask_the_carrier(language: str) -> None:
    sent = order(status="shipped", actions=())
    for answer, outcome in ((("好的", "yes please"), "handed_over"), (("不用了", "no thanks"), "done")):
        talk = Served("change_address", language, orders=MINE, order=sent).begins("改地址").writes("1")
        assert talk.waits_for == "gone"
        assert talk.writes(answer[language == "en"]).outcome == outcome


@pytest.mark.parametrize(
    ("reason", "waits_for", "words"),
    [("dispatched", "gone", "已经发出"), ("country_changed", None, "换国家会影响运费和关税"), ("whatever", None, "没能改成功")],
)
def test_each_refusal_has_its_words(reason: str, waits_for: str | None, words: str) -> None:
    talk = Served("change_address", orders=MINE, order=order(), change_address=Faulted("refused", reason))
    talk.begins("改地址").through("1", NEW_ZH, "不变", "确认修改")
    assert words in talk.said
    assert talk.waits_for == waits_for


def test_somebody_unknown_is_handed_over_and_nothing_is_moved() -> None:
    talk = Served("change_address", known=False, order=order()).begins("改地址").through("LT10000001", "0188")
    assert (talk.called, talk.outcome) == (["order"], "handed_over")
    assert "改地址需要先登录" in talk.said


def test_a_cancelled_order_says_what_it_is() -> None:
    talk = Served("change_address", orders=MINE, order=order(status="cancelled", actions=())).begins("改地址").writes("1")
    assert "现在的状态是“已取消”" in talk.said


def test_a_named_part_is_corrected_at_the_end_and_the_rest_is_kept() -> None:
    talk = Served("change_address", "en", orders=MINE, order=order(), change_address=order()).begins("change my address")
    talk.through("1", NEW_EN, "They change", "Bob Lee", "+44 7700 900111")
    talk.writes("sorry, wrong phone, it should be +44 7700 900222")
    assert talk.waits_for == "confirm"
    assert "Bob Lee +447700900222" in talk.said


# --- return or exchange ---------------------------------------------------------------------------------------------------


def receipt(**more: Any) -> dict[str, Any]:
    return {
        "rma": "RMA1",
        "order": "LT10000003",
        "steps": [{"zh": "请寄回", "en": "Please send it back"}],
        "refund": {"amount": 12_800, "currency": "CNY"},
        "free_shipping": True,
        "send_back_by": "2026-12-01T00:00:00Z",
        "needs_photo": False,
        **more,
    }


def returning(language: str = "zh", **more: Any) -> Served:
    answers = {"orders": MINE, "order": order("LT10000003", "delivered"), "request_return": receipt(), **more}
    return Served("return_or_exchange", language, **answers)


def test_a_return_is_asked_for_and_accepted() -> None:
    talk = returning().begins("我要退货").writes("1")
    assert talk.options == ["青瓷茶杯", "紫砂壶", "全部"]
    talk.through("紫砂壶", "收到时碎了")
    assert "退货退款\n订单：LT10000003\n商品：紫砂壶\n原因：收到时破损\n\n确认提交申请吗？" in talk.said
    talk.writes("好的，提交")
    assert talk.last == {"order": "LT10000003", "reason": "damaged", "kind": "return", "line": "2"}
    assert talk.fields == {"退换编号": "RMA1", "退款金额": "¥128.00", "寄回期限": "12 月 1 日"}
    assert talk.outcome == "done"


def test_an_exchange_in_english_asks_what_for() -> None:
    talk = returning("en").begins("I want to exchange my cup").writes("1")
    talk.through("both, all of them", "it leaks", "the same one again")
    assert "Instead: the same one again" in talk.said
    talk.writes("yes")
    assert (talk.last["kind"], talk.last["line"], talk.last["wish"]) == ("exchange", "all", "the same one again")
    assert talk.card.title == "Request accepted"


def test_which_of_both_is_asked_when_it_was_not_said() -> None:
    talk = returning().begins("申请退换")
    assert talk.waits_for == "kind"
    assert talk.writes("换").waits_for in {"kind", "picked"}


def test_an_order_of_one_piece_does_not_ask_which() -> None:
    talk = returning(order=order("LT10000003", "delivered", titles=(CUP,))).begins("我要退货").writes("1")
    assert talk.waits_for == "reason"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("杯子裂了", "damaged"), ("发错了", "wrong_item"), ("漏水", "faulty"), ("色差太大", "not_as_described"),
        ("不喜欢", "changed_mind"), ("4", "not_as_described"), ("其他", "other"),
    ],
)  # fmt: skip
def test_reasons_as_customers_put_them(words: str, reason: str) -> None:
    talk = returning().begins("我要退货").through("1", "全部", words, "确认提交")
    assert talk.last["reason"] == reason


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("It arrived broken", "damaged"), ("you sent the wrong item", "wrong_item"), ("the lid leaks", "faulty"),
        ("I changed my mind", "changed_mind"), ("too big for me", "changed_mind"), ("the last one", "other"),
    ],
)  # fmt: skip
def test_reasons_in_english(words: str, reason: str) -> None:
    talk = returning("en").begins("I want to return it").through("1", "everything", words, "yes")
    assert talk.last["reason"] == reason


def test_a_photo_that_is_needed_goes_to_a_person() -> None:
    talk = returning(request_return=receipt(needs_photo=True)).begins("我要退货").through("1", "全部", "碎了", "确认提交")
    assert talk.waits_for == "picture"
    talk.writes("", "cup.jpg", "box.jpg")
    assert (talk.outcome, talk.over.known) == ("handed_over", {"退换编号": "RMA1", "订单": "LT10000003"})


@BOTH_LANGUAGES
def test_without_a_photo_it_ends_all_the_same(language: str) -> None:
    talk = returning(language, request_return=receipt(needs_photo=True)).begins({"zh": "我要退货", "en": "return it"}[language])
    talk.through("1", "2", "1", {"zh": "确认提交", "en": "yes"}[language], {"zh": "跳过", "en": "skip"}[language])
    assert talk.outcome == "done"


def test_who_decides_against_it_sent_nothing() -> None:
    talk = returning().begins("我要退货").through("1", "全部", "不喜欢", "先不提交")
    assert "没有提交" in talk.said
    assert "request_return" not in talk.called


def test_after_it_was_sent_stopping_says_that_it_stays() -> None:
    from qiao.domains.bot.flows.advance import advance
    from qiao.domains.bot.flows.running import Cancel, Say

    talk = returning(request_return=receipt(needs_photo=True)).begins("我要退货").through("1", "全部", "碎了", "确认提交")
    wrote = type(talk.state)(**{name: getattr(talk.state, name) for name in talk.state.__struct_fields__} | {"wrote": True})
    _, effects = advance(talk.flow, wrote, Cancel(), talk.ground)
    assert effects == [Say("好的，就到这里。之前已经提交的内容不受影响。")]


@pytest.mark.parametrize(
    ("status", "words"),
    [("paid", "签收之后才能申请退换"), ("shipped", "签收之后才能申请退换"), ("returned", "已经过了可以退换的时间")],
)
def test_what_cannot_come_back_now_says_why(status: str, words: str) -> None:
    talk = returning(order=order("LT10000003", status, actions=())).begins("我要退货").writes("1")
    assert words in talk.said


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("return_window_closed", "已经过了可以退换的时间"),
        ("not_delivered", "签收之后才能申请退换"),
        ("already_returned", "已经申请过退换"),
        ("not_returnable", "定制或特殊商品"),
        ("something else", "没能提交成功"),
    ],
)
def test_each_refusal_of_a_return_has_its_words(reason: str, words: str) -> None:
    talk = returning(request_return=Faulted("refused", reason)).begins("我要退货").through("1", "全部", "不喜欢", "确认提交")
    assert words in talk.said


@BOTH_LANGUAGES
def test_an_exception_is_a_persons_to_make(language: str) -> None:
    talk = returning(language, order=order("LT10000003", "returned", actions=())).begins("我要退货").writes("1")
    assert talk.waits_for == "review"
    talk.writes({"zh": "好的", "en": "yes please"}[language])
    assert (talk.outcome, list(talk.over.known.values())) == ("handed_over", ["LT10000003"])


def test_another_order_is_chosen_before_the_piece() -> None:
    other = order("LT10000002", "delivered")
    talk = returning(order=[order("LT10000003", "delivered"), other]).begins("我要退货").writes("1")
    assert talk.writes("不对，是另一个订单").waits_for == "picked"
    assert talk.writes("第二个").waits_for == "line"
    assert talk.last == {"order": "LT10000002"}


def test_somebody_unknown_may_return_what_they_prove() -> None:
    talk = Served("return_or_exchange", known=False, order=order("LT10000003", "delivered"), request_return=receipt())
    talk.begins("我要退货").through("LT10000003", "0188", "全部", "不喜欢", "确认提交")
    assert (talk.last["last4"], talk.outcome) == ("0188", "done")


# --- invoice --------------------------------------------------------------------------------------------------------------

SENT = {
    "number": "INV1", "order": "LT10000001", "status": "received", "total": {"amount": 12_800, "currency": "CNY"},
    "email": "tea@example.com", "expected_at": "2026-11-23T08:00:00Z",
}  # fmt: skip


def invoicing(language: str = "zh", **more: Any) -> Served:
    return Served("invoice", language, **{"orders": MINE, "order": order(), "request_invoice": SENT, **more})


def test_an_invoice_for_a_company() -> None:
    talk = invoicing().begins("帮我开发票").through("1", "公司", "杭州茶语有限公司")
    assert "15 到 20 位" in talk.writes("123").said
    talk.through("91350100M000100Y43", "发到 tea@example.com 吧")
    assert "抬头：杭州茶语有限公司\n税号：91350100M000100Y43\n邮箱：tea@example.com" in talk.said
    talk.writes("确认")
    assert talk.last == {
        "order": "LT10000001", "title": "杭州茶语有限公司", "email": "tea@example.com", "tax_number": "91350100M000100Y43",
        "kind": "ordinary", "company": True,
    }  # fmt: skip
    assert "编号 INV1，最晚 11 月 23 日 16:00 发到 tea@example.com" in talk.said


def test_an_invoice_for_oneself_asks_for_no_tax_number() -> None:
    talk = invoicing("en").begins("I need an invoice").through("1", "just for me", "Ann Lee", "ann@example.com", "yes")
    assert talk.last == {
        "order": "LT10000001", "title": "Ann Lee", "email": "ann@example.com", "kind": "ordinary", "company": False,
    }  # fmt: skip


@pytest.mark.parametrize(("number", "given"), [("skip", None), ("GB123456789", "GB123456789")])
def test_abroad_the_vat_number_may_be_left_out(number: str, given: str | None) -> None:
    talk = invoicing("en", order=order(currency="USD")).begins("I need an invoice")
    talk.through("1", "a company", "Tea & Co Ltd", number, "ann@example.com", "yes")
    assert (talk.last["kind"], talk.last["company"], talk.last.get("tax_number")) == ("vat", True, given)


def test_a_person_abroad_gets_a_vat_invoice_too() -> None:
    talk = invoicing("en", order=order(currency="USD")).begins("I need an invoice")
    talk.through("1", "for me", "Ann Lee", "ann@example.com", "yes")
    assert (talk.last["kind"], talk.last["company"]) == ("vat", False)


def test_a_special_invoice_is_a_persons_work() -> None:
    talk = invoicing().begins("开专票").writes("1")
    talk.writes("专票") if talk.waits_for == "to" else None
    assert talk.outcome == "handed_over"
    assert "增值税专用发票" in talk.over.reason


def test_a_tax_number_that_fails_its_check_is_asked_for_again() -> None:
    talk = invoicing(request_invoice=[Faulted("invalid", field="tax_number"), SENT]).begins("开发票")
    talk.through("1", "公司", "杭州茶语有限公司", "91350100M000100Y40", "tea@example.com", "确认")
    assert "没有通过校验" in talk.said
    talk.through("91350100M000100Y43", "确认")
    assert talk.last["tax_number"] == "91350100M000100Y43"
    assert talk.outcome == "done"


@BOTH_LANGUAGES
@pytest.mark.parametrize(
    ("fault", "zh", "en"),
    [
        (Faulted("refused", "already_invoiced"), "已经申请过发票", "already requested"),
        (Faulted("refused", "not_paid"), "不能在这里开票", "can’t request an invoice"),
        (Faulted("invalid", field="email"), "我请同事来帮您办理", "A colleague will help"),
        (DOWN, "暂时没有回应", "isn’t answering right now"),
        (GONE, "我请同事来帮您办理", "A colleague will help"),
    ],
)
def test_each_fault_of_an_invoice_has_its_words(language: str, fault: Faulted, zh: str, en: str) -> None:
    talk = invoicing(language, request_invoice=fault).begins({"zh": "开发票", "en": "I need an invoice"}[language])
    talk.through("1", {"zh": "个人", "en": "for me"}[language], "Lin", "lin@example.com", {"zh": "确认", "en": "yes"}[language])
    assert {"zh": zh, "en": en}[language] in talk.said


def test_an_order_that_has_no_invoice_now_offers_a_person() -> None:
    without = order(actions=tuple(one for one in EVERYTHING if one is not OrderAction.INVOICE))
    for answer, outcome in (("好的", "handed_over"), ("不用了", "done")):
        talk = invoicing(order=without).begins("开发票").writes("1")
        assert talk.waits_for == "review"
        assert talk.writes(answer).outcome == outcome


def test_who_decides_against_an_invoice_sent_nothing() -> None:
    talk = invoicing().begins("开发票").through("1", "个人", "林晓", "lin@example.com", "先不开")
    assert (talk.outcome, "request_invoice" in talk.called) == ("done", False)


def test_an_address_given_at_once_is_not_asked_for() -> None:
    talk = invoicing().begins("订单 LT10000001 开发票，发到 lin@example.com").through("个人", "林晓")
    assert talk.waits_for == "confirm"
    assert NOW.tzinfo is not None
