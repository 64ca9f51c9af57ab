"""Order status and logistics as they come with the program: gone through in Chinese and English, with every end that they have."""

import pytest

from qiao.domains.bot.flows.running import Faulted
from qiao.domains.bot.flows.tests.shipped_talks import CUP, DOWN, GONE, NOW, Served, order, orders, parcel, parcels

DELIVERED = order("LT10000003", "delivered", shipments=(parcel(delivered=True),))
pytestmark = pytest.mark.slow  # whole talks
BOTH_LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


# --- order status ---------------------------------------------------------------------------------------------------------


def test_a_known_customer_picks_one_of_their_orders() -> None:
    talk = Served("order_status", orders=orders("LT10000001", "LT10000002"), order=order("LT10000002", "packing"))
    talk.begins("我要查订单")
    assert talk.options == [
        "LT10000001 · 青瓷茶杯 · 已付款，待发货",
        "LT10000002 · 青瓷茶杯 · 已付款，待发货",
        "其他订单",
    ]
    talk.writes("第二个")
    assert (talk.card.title, talk.card.status) == ("订单 LT10000002", "正在打包")
    assert (talk.last, talk.outcome) == ({"order": "LT10000002"}, "done")


def test_in_english_it_says_the_same() -> None:
    talk = Served("order_status", "en", orders=orders("LT10000001"), order=DELIVERED).begins("check my order")
    assert talk.options[0] == "LT10000001 · Celadon cup · paid, to be packed"
    talk.writes("the first one")
    assert talk.card.status == "delivered"
    assert talk.fields["Carrier"] == "SF Express SF1234567890"
    assert [row.text for row in talk.card.rows] == ["Celadon cup × 1", "Clay teapot × 1"]
    assert talk.said.endswith("Anything else I can help with?")


def test_an_order_that_is_named_at_once_is_not_asked_for() -> None:
    talk = Served("order_status", orders=orders("LT10000001"), order=order()).begins("查一下订单 LT10000001")
    assert (talk.called, talk.outcome) == (["orders", "order"], "done")


def test_an_order_that_is_not_among_the_last_ones_is_asked_for_by_number() -> None:
    talk = Served("order_status", orders=orders("LT10000001"), order=order("LT20000009")).begins("查订单")
    talk.writes("都不是")
    assert talk.waits_for == "order_number"
    talk.writes("是 LT20000009 这个")
    assert talk.last == {"order": "LT20000009"}
    assert talk.outcome == "done"


def test_a_known_customer_without_orders_gives_a_number_and_no_proof() -> None:
    talk = Served("order_status", orders=orders(), order=order()).begins("查订单").writes("LT10000001")
    assert (talk.last, talk.outcome) == ({"order": "LT10000001"}, "done")


@BOTH_LANGUAGES
def test_somebody_unknown_proves_the_order(language: str) -> None:
    talk = Served("order_status", language, known=False, order=DELIVERED)
    talk.begins({"zh": "查订单", "en": "check my order"}[language])
    assert talk.waits_for == "order_number"
    talk.writes("LT10000003")
    assert talk.waits_for == "last4"
    talk.writes({"zh": "尾号是 0188", "en": "it ends in 0188"}[language])
    assert talk.last == {"order": "LT10000003", "last4": "0188"}
    assert talk.outcome == "done"


def test_number_and_proof_in_the_first_words_are_enough() -> None:
    talk = Served("order_status", known=False, order=DELIVERED).begins("帮我查订单 LT10000003，手机尾号 0188")
    assert (talk.last, talk.outcome) == ({"order": "LT10000003", "last4": "0188"}, "done")


def test_what_is_no_proof_is_asked_for_again_and_then_a_person_comes() -> None:
    talk = Served("order_status", known=False).begins("查订单").writes("LT10000003")
    assert "请回复 4 位数字" in talk.writes("我不记得了").said
    talk.through("真的不记得", "不知道啊")
    assert talk.outcome == "handed_over"
    assert talk.over.known == {"订单号": "LT10000003"}
    assert talk.called == []


@BOTH_LANGUAGES
def test_a_wrong_number_gets_a_second_chance_and_then_a_person(language: str) -> None:
    talk = Served("order_status", language, known=False, order=GONE)
    talk.begins({"zh": "查订单", "en": "check my order"}[language]).through("LT10000003", "0188")
    assert {"zh": "没有找到这个订单", "en": "couldn’t find that order"}[language] in talk.said
    talk.through("LT10000004", "0199")
    assert talk.outcome == "handed_over"
    assert [call.arguments["order"] for call in talk.calls] == ["LT10000003", "LT10000004"]
    assert "LT10000004" in talk.over.known.values()


def test_after_a_wrong_number_the_right_one_is_shown() -> None:
    talk = Served("order_status", known=False, order=[GONE, DELIVERED]).begins("查订单")
    talk.through("LT10000009", "0188", "LT10000003", "0188")
    assert (talk.card.title, talk.outcome) == ("订单 LT10000003", "done")


@BOTH_LANGUAGES
def test_a_shop_that_is_away_is_told_kindly(language: str) -> None:
    talk = Served("order_status", language, orders=DOWN).begins("查订单")
    assert {"zh": "暂时没有回应", "en": "isn’t answering right now"}[language] in talk.said
    assert talk.outcome == "handed_over"


@BOTH_LANGUAGES
def test_too_many_proofs_bring_a_person_who_is_told(language: str) -> None:
    talk = Served("order_status", language, known=False, order=Faulted("refused", "too_many_proofs"))
    talk.begins("查订单").through("LT10000003", "0188")
    assert talk.outcome == "handed_over"
    assert {"zh": "核对未通过或次数过多", "en": "did not succeed or was tried too often"}[language] in talk.over.reason


@pytest.mark.parametrize(
    ("language", "yes", "no"), [("zh", "好的，帮我催一下", "不用，再等等"), ("en", "yes please", "no thanks")]
)
def test_a_late_parcel_is_chased_by_a_person_if_wished(language: str, yes: str, no: str) -> None:
    late = order("LT10000002", "shipped", shipments=(parcel(late=True),))
    for answer, outcome in ((yes, "handed_over"), (no, "done")):
        talk = Served("order_status", language, known=False, order=late).begins("查订单 LT10000002，尾号 0188")
        assert talk.waits_for == "offer_person"
        talk.writes(answer)
        assert talk.outcome == outcome


def test_who_chases_is_told_order_and_tracking_number() -> None:
    late = order("LT10000002", "shipped", shipments=(parcel(late=True),))
    talk = Served("order_status", known=False, order=late).begins("查订单 LT10000002，尾号 0188").writes("好")
    assert talk.over.known == {"订单": "LT10000002", "运单号": "SF1234567890"}
    assert talk.over.reason == "包裹延误，需要催件"


@BOTH_LANGUAGES
def test_an_unpaid_order_is_to_be_paid(language: str) -> None:
    talk = Served("order_status", language, orders=orders("LT10000001"), order=order(status="unpaid"))
    talk.begins("查订单").writes("1")
    assert {"zh": "还没有付款", "en": "hasn’t been paid yet"}[language] in talk.said
    assert talk.outcome == "done"


def test_what_is_past_is_not_told() -> None:
    waiting = Served("order_status", orders=orders("A1"), order=order(dispatch_by=NOW)).begins("查订单").writes("1")
    assert waiting.fields["预计发货"] == "11 月 22 日"
    under_way = order(status="shipped", dispatch_by=NOW, shipments=(parcel(),))
    sent = Served("order_status", orders=orders("A1"), order=under_way).begins("查订单").writes("1")
    assert "预计发货" not in sent.fields
    assert sent.fields["预计送达"] == "11 月 23 日"
    there = Served("order_status", orders=orders("A1"), order=DELIVERED).begins("查订单").writes("1")
    assert not {"预计发货", "预计送达"} & set(there.fields)


def test_an_order_of_one_piece_shows_one_row() -> None:
    talk = Served("order_status", orders=orders("A1"), order=order(titles=(CUP,))).begins("查订单").writes("1")
    assert [row.text for row in talk.card.rows] == ["青瓷茶杯 × 1"]


# --- logistics ------------------------------------------------------------------------------------------------------------


@BOTH_LANGUAGES
def test_the_parcels_way_is_a_timeline_newest_first(language: str) -> None:
    talk = Served("logistics", language, known=False, logistics=parcels("shipped", parcel()))
    talk.begins({"zh": "快递到哪了", "en": "where's my parcel"}[language]).through("LT10000002", "0188")
    newest = {"zh": "到达杭州转运中心", "en": "At the Hangzhou hub"}[language]
    assert (talk.card.style, talk.card.rows[0].text) == ("timeline", newest)
    assert talk.card.rows[0].note == {"zh": "11 月 22 日 10:00", "en": "22 Nov 10:00"}[language]
    assert talk.outcome == "done"


def test_a_parcel_that_is_there_tells_when_it_came_and_no_longer_when_it_should() -> None:
    talk = Served("logistics", orders=orders("LT10000002"), logistics=parcels("delivered", parcel(delivered=True)))
    talk.begins("我的快递到哪里了").writes("1")
    assert talk.fields == {"快递": "顺丰速运", "运单号": "SF1234567890", "签收时间": "11 月 22 日 13:00"}


@pytest.mark.parametrize(
    ("status", "zh", "en"),
    [
        ("paid", "还没有发出", "hasn’t left yet"),
        ("packing", "还没有发出", "hasn’t left yet"),
        ("cancelled", "已经取消", "was cancelled"),
        ("unpaid", "还没有付款", "hasn’t been paid yet"),
    ],
)
def test_where_nothing_has_left_it_says_why(status: str, zh: str, en: str) -> None:
    for language, words in (("zh", zh), ("en", en)):
        talk = Served("logistics", language, orders=orders("LT10000002"), logistics=parcels(status, dispatch_by=NOW))
        talk.begins("查物流").writes("1")
        assert words in talk.said
        assert talk.outcome == "done"


def test_when_it_should_leave_is_told_while_it_has_not() -> None:
    talk = Served("logistics", orders=orders("LT10000002"), logistics=parcels("paid", dispatch_by=NOW))
    assert "11 月 22 日 前交给快递" in talk.begins("查物流").writes("1").said.replace("日前", "日 前")


@BOTH_LANGUAGES
def test_a_late_parcel_offers_a_person_here_too(language: str) -> None:
    talk = Served("logistics", language, orders=orders("LT10000002"), logistics=parcels("shipped", parcel(late=True), late=True))
    talk.begins("查物流").writes("1")
    assert talk.waits_for == "offer_person"
    assert talk.writes("好").outcome == "handed_over"


@pytest.mark.parametrize(("fault", "outcome"), [(DOWN, "handed_over"), (Faulted("refused", "too_many_proofs"), "handed_over")])
def test_faults_of_the_shop_end_with_a_person(fault: Faulted, outcome: str) -> None:
    talk = Served("logistics", known=False, logistics=fault).begins("查物流").through("LT10000002", "0188")
    assert (talk.outcome, talk.over.known) == (outcome, {"订单号": "LT10000002"})


def test_it_can_be_stopped_at_each_question() -> None:
    for steps in ((), ("LT10000002",)):
        talk = Served("logistics", known=False).begins("查物流").through(*steps).writes("算了，不查了")
        assert (talk.outcome, talk.called) == ("cancelled", [])


def test_the_number_is_corrected_while_the_proof_is_asked_for() -> None:
    talk = Served("logistics", known=False, logistics=parcels("shipped", parcel())).begins("查物流").writes("LT10000001")
    talk.writes("不对，是 LT20261117-0006")
    assert talk.waits_for == "last4"
    assert talk.writes("0188").last == {"order": "LT20261117-0006", "last4": "0188"}
