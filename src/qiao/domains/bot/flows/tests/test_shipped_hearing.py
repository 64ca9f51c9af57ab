"""Complaint and appointment as they come with the program: in both languages, with every end that they have."""

from typing import Any

import pytest

from qiao.domains.bot.flows.running import Faulted
from qiao.domains.bot.flows.tests.shipped_talks import DOWN, GONE, Served, order, orders

pytestmark = pytest.mark.slow  # whole talks
BOTH_LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
TAKEN_UP = {"number": "CP1", "order": "LT10000001", "status": "received", "answer_by": "2026-11-29T08:00:00Z"}
STORY = "你们的快递太慢了，等了十天，打电话也没人接，气死我了！"


# --- complaint ------------------------------------------------------------------------------------------------------------


def complaining(language: str = "zh", **more: Any) -> Served:
    return Served(
        "complaint", language, **{"orders": orders("LT10000001"), "order": order(), "complain": TAKEN_UP, **more}
    ).begins({"zh": "我要投诉", "en": "I want to make a complaint"}[language])


def test_a_complaint_about_an_order_is_registered() -> None:
    talk = complaining()
    assert talk.options == ["商品质量", "物流配送", "服务态度", "退款", "其他"]
    talk.through("物流", STORY, "希望尽快送到", "有关", "1")
    assert talk.last == {"order": "LT10000001", "topic": "delivery", "text": STORY, "wish": "希望尽快送到"}
    assert talk.fields == {"编号": "CP1", "订单": "LT10000001", "最晚答复": "11 月 29 日"}
    assert talk.writes("不用了").outcome == "done"


def test_in_english_it_is_registered_without_a_wish() -> None:
    talk = complaining("en").through("the service", "Nobody answered me for a whole week.", "skip", "yes", "1")
    assert talk.last == {"order": "LT10000001", "topic": "service", "text": "Nobody answered me for a whole week."}
    assert talk.card.title == "Complaint registered"
    assert talk.writes("no thanks").outcome == "done"


@BOTH_LANGUAGES
def test_what_is_about_no_order_goes_to_a_person(language: str) -> None:
    words = {"zh": ("服务", STORY, "跳过", "无关"), "en": ("service", "Your agent was very rude to me.", "skip", "no")}[language]
    talk = complaining(language).through(*words)
    assert (talk.outcome, talk.called) == ("handed_over", [])
    assert talk.over.reason == {"zh": "投诉（服务态度）", "en": "Complaint (The service)"}[language]
    assert words[1] in talk.over.known.values()


def test_who_wants_to_talk_at_once_gets_a_person_with_the_number() -> None:
    talk = complaining().through("退款", "退款一个月了还没有到账", "跳过", "有关", "1", "转人工")
    assert talk.outcome == "handed_over"
    assert "CP1" in talk.over.reason


def test_too_short_a_story_is_asked_for_again() -> None:
    talk = complaining().through("退款", "差")
    assert talk.waits_for == "story"
    assert talk.state.tries == 1


def test_questions_in_a_story_are_part_of_it() -> None:
    story = "为什么客服一直不回复我？我等了三天了，你们到底什么时候处理？"
    talk = complaining().through("服务", story)
    assert (talk.waits_for, talk.state.slots["story"]) == ("wish", story)


def test_a_story_is_quoted_to_nobody_as_a_text() -> None:
    evil = "{order.address} [点这里](https://evil.example) 我要投诉你们"
    talk = complaining().through("其他", evil, "跳过", "无关")
    assert evil in talk.over.known.values()
    assert "浙江省" not in " ".join(talk.over.known.values())


@BOTH_LANGUAGES
def test_somebody_unknown_proves_the_order_of_a_complaint(language: str) -> None:
    talk = Served("complaint", language, known=False, order=order(), complain=TAKEN_UP)
    talk.begins({"zh": "我要投诉", "en": "I want to make a complaint"}[language])
    talk.through("1", "茶杯用了两天就裂了 it broke", "skip" if language == "en" else "跳过")
    talk.through({"zh": "有关", "en": "yes"}[language], "LT10000001", "0188")
    assert talk.last["last4"] == "0188"
    assert talk.card.status == "" or talk.card.title


@pytest.mark.parametrize("fault", [GONE, Faulted("refused", "not_paid"), Faulted("invalid", field="text")])
def test_what_cannot_be_registered_is_a_persons_with_all_of_it(fault: Faulted) -> None:
    talk = complaining(complain=fault).through("物流", STORY, "跳过", "有关", "1")
    assert talk.outcome == "handed_over"
    assert "没有登记成功" in talk.over.reason
    assert STORY in talk.over.known.values()


def test_a_shop_that_is_away_loses_no_complaint() -> None:
    talk = complaining(complain=DOWN).through("物流", STORY, "跳过", "有关", "1")
    assert (talk.outcome, "暂时没有回应" in talk.said) == ("handed_over", True)


def test_a_number_that_is_not_found_twice_is_a_persons_too() -> None:
    talk = complaining(order=GONE).through("物流", STORY, "跳过", "有关", "1", "LT10000009")
    assert talk.outcome == "handed_over"
    assert "没有找到订单" in talk.over.reason


def test_the_topic_is_heard_in_the_first_words() -> None:
    talk = Served("complaint", orders=orders(), order=order()).begins("我要投诉你们的物流")
    assert talk.waits_for == "story"


def test_the_topic_is_taken_back() -> None:
    talk = complaining().writes("物流")
    talk.writes("不对，是服务态度")
    assert (talk.state.slots.get("topic"), talk.waits_for) in {("service", "story"), ("delivery", "wish")}


# --- appointment ----------------------------------------------------------------------------------------------------------


def slot(at: int) -> dict[str, Any]:
    return {
        "id": f"s{at}", "service": "showroom", "title": {"zh": "展厅试茶", "en": "Showroom visit"},
        "place": {"zh": "杭州展厅", "en": "Hangzhou showroom"}, "starts_at": f"2026-11-25T0{at}:00:00Z",
        "ends_at": f"2026-11-25T0{at + 1}:00:00Z", "free": 4,
    }  # fmt: skip


def free(*at: int) -> dict[str, Any]:
    return {"slots": [slot(one) for one in at], "count": len(at)}


BOOKED = {**slot(2), "number": "AP1", "status": "booked", "people": 2, "cancel_until": "2026-11-24T14:00:00Z"}
MINE = {"appointments": [BOOKED], "count": 1, "first": BOOKED}


def booking(language: str = "zh", **more: Any) -> Served:
    return Served("appointment", language, **{"slots": free(2, 3), "book": BOOKED, **more}).begins(
        {"zh": "我想预约到店", "en": "I'd like to book an appointment"}[language]
    )


def test_a_visit_is_booked() -> None:
    talk = booking()
    talk.writes("跳过")
    assert talk.options == ["11 月 25 日 10:00 · 展厅试茶", "11 月 25 日 11:00 · 展厅试茶", "都不合适"]
    talk.through("第二个", "两位", "林晓", "13800000188")
    assert "11 月 25 日 11:00 · 展厅试茶，林晓，2 位，电话 13800000188。确认预约吗？" in talk.said
    talk.writes("确认预约")
    assert talk.last == {"slot": "s3", "people": 2, "name": "林晓", "phone": "+8613800000188"}
    assert talk.fields["预约号"] == "AP1"
    assert "11 月 24 日 22:00 之前告诉我" in talk.said
    assert talk.outcome == "done"


def test_a_visit_is_booked_in_english() -> None:
    talk = booking("en").through("skip", "the first one", "three of us", "Ann Lee", "+44 7700 900188", "yes please")
    assert talk.last == {"slot": "s2", "people": 3, "name": "Ann Lee", "phone": "+447700900188"}
    assert (talk.card.title, talk.outcome) == ("Booked", "done")
    assert "See you then!" in talk.said


@pytest.mark.parametrize(
    ("words", "day"),
    [("周六", "2026-11-28"), ("12 月 1 日", "2026-12-01"), ("后天下午", "2026-11-24"), ("2026-11-30", "2026-11-30")],
)
def test_days_as_customers_name_them(words: str, day: str) -> None:
    talk = booking().writes(words)
    assert (talk.last, talk.waits_for) == ({"day": day}, "slot")


@pytest.mark.parametrize(("words", "day"), [("Saturday", "2026-11-28"), ("28 Nov", "2026-11-28"), ("tomorrow", "2026-11-23")])
def test_days_in_english(words: str, day: str) -> None:
    assert booking("en").writes(words).last == {"day": day}


@pytest.mark.parametrize("words", ["昨天", "2025-01-01", "明年 8 月 1 日"])
def test_days_that_cannot_be_booked_are_asked_for_again(words: str) -> None:
    talk = booking().writes(words)
    assert (talk.waits_for, talk.called) == ("day", [])


def test_a_day_in_the_first_words_is_heard() -> None:
    talk = Served("appointment", slots=free(2), book=BOOKED).begins("我想预约周六到店")
    assert talk.last == {"day": "2026-11-28"}


def test_other_times_are_looked_for_on_another_day() -> None:
    talk = booking(slots=[free(2), free(5)]).through("跳过", "都不合适")
    assert talk.waits_for == "day"
    talk.writes("周三")
    assert (talk.last, talk.options[0]) == ({"day": "2026-11-25"}, "11 月 25 日 13:00 · 展厅试茶")


@BOTH_LANGUAGES
def test_no_time_at_all_brings_a_person_with_the_wished_day(language: str) -> None:
    talk = booking(language, slots=free()).writes({"zh": "周六", "en": "Saturday"}[language])
    assert talk.outcome == "handed_over"
    assert list(talk.over.known.values()) == [{"zh": "11 月 28 日", "en": "28 Nov"}[language]]


def test_a_time_that_was_taken_meanwhile_is_replaced_and_nothing_else_asked_twice() -> None:
    talk = booking(slots=[free(2, 3), free(3)], book=[Faulted("refused", "slot_full"), BOOKED])
    talk.through("跳过", "1", "两位", "林晓", "13800000188", "确认预约")
    assert "刚刚被约走了" in talk.said
    talk.writes("1")
    assert talk.waits_for == "confirm"
    talk.writes("确认预约")
    assert (talk.last["slot"], talk.last["name"], talk.outcome) == ("s3", "林晓", "done")


@pytest.mark.parametrize(("words", "people"), [("就我一个人", 1), ("3", 3), ("我们五个", 5), ("十位", 10)])
def test_how_many(words: str, people: int) -> None:
    talk = booking().through("跳过", "1", words)
    assert talk.state.slots["people"] == people


def test_too_many_are_told_the_bounds() -> None:
    talk = booking().through("跳过", "1", "20 个人")
    assert "1 到 10" in talk.said


def test_who_decides_against_it_has_booked_nothing() -> None:
    talk = booking().through("跳过", "1", "2", "林晓", "13800000188", "先不约")
    assert (talk.outcome, "book" in talk.called) == ("done", False)
    assert "没有预约" in talk.said


def test_the_number_of_people_is_corrected_at_the_end() -> None:
    talk = booking().through("跳过", "1", "2", "林晓", "13800000188", "不对，人数改成 3")
    assert (talk.state.slots["people"], talk.waits_for) == (3, "confirm")


@BOTH_LANGUAGES
def test_a_booking_is_cancelled_when_confirmed(language: str) -> None:
    words = {"zh": ("取消预约", "1", "确认取消"), "en": ("cancel my appointment", "1", "yes")}[language]
    talk = Served("appointment", language, appointments=MINE, cancel_appointment=BOOKED).begins(words[0]).through(*words[1:])
    assert talk.last == {"appointment": "AP1"}
    assert {"zh": "已取消", "en": "is cancelled"}[language] in talk.said
    assert talk.outcome == "done"


def test_a_booking_may_be_kept() -> None:
    talk = Served("appointment", appointments=MINE).begins("取消预约").through("1", "保留")
    assert (talk.outcome, talk.called) == ("done", ["appointments"])
    assert "预约保留着" in talk.said


@BOTH_LANGUAGES
def test_without_a_booking_there_is_nothing_to_cancel(language: str) -> None:
    talk = Served("appointment", language, appointments={"appointments": [], "count": 0, "first": None})
    talk.begins({"zh": "取消预约", "en": "cancel my appointment"}[language])
    assert talk.outcome == "done"
    assert {"zh": "没有找到", "en": "couldn’t find"}[language] in talk.said


@pytest.mark.parametrize(
    ("fault", "words"), [(Faulted("refused", "too_late_to_cancel"), "过了可以在线取消的时间"), (GONE, "没有办成")]
)
def test_what_cannot_be_cancelled_here_is_a_persons(fault: Faulted, words: str) -> None:
    talk = Served("appointment", appointments=MINE, cancel_appointment=fault).begins("取消预约").through("1", "确认取消")
    assert (talk.outcome, words in talk.said) == ("handed_over", True)


def test_to_cancel_a_booking_is_not_to_stop_the_flow() -> None:
    talk = Served("appointment", appointments=MINE).begins("预约的事")
    if talk.waits_for == "what":
        talk.writes("取消预约")
    assert talk.waits_for in {"which", "day"}
