"""Duplicates, contradictions and stale entries among what is published."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.contrasting import Known, concerns
from qiao.domains.bot.learning.figures import differences, measures, passed_day, says

NOW = datetime(2026, 6, 1, tzinfo=UTC)
REVIEW = timedelta(days=180)


def towards(angle: float) -> np.ndarray:
    return np.asarray([np.cos(angle), np.sin(angle), 0, 0], dtype=np.float32)


def faq(number: int, question: str, answer: str, *, angle: float | None = None, **more: object) -> Known:
    fields = {"language": "zh", "updated_at": NOW - timedelta(days=2), "version": 1, "kind": "faq", "texts": (question,), **more}
    vectors = tuple(None if angle is None else towards(angle) for _ in fields["texts"])
    return Known(id=UUID(int=number), title=question, vectors=vectors, answer=answer, **fields)


def found(*entries: Known) -> list[tuple[str, int, list[str]]]:
    return [(one.kind, one.entry_id.int, [reason.code for reason in one.reasons]) for one in concerns(entries, NOW, REVIEW)]


def test_near_questions_with_the_same_answer_are_duplicates():
    assert found(faq(1, "怎么退货", "签收后 7 天内可以退。", angle=0.0), faq(2, "如何退货", "7 天之内都能退。", angle=0.2)) == [
        ("duplicate", 1, ["same_question"])
    ]


def test_near_questions_with_other_figures_contradict():
    pair = (faq(1, "怎么退货", "签收后 7 天内可以退。", angle=0.0), faq(2, "如何退货", "15 天内可以退，运费 12 元。", angle=0.2))
    (one,) = concerns(pair, NOW, REVIEW)
    assert (one.kind, one.other_id, [reason.code for reason in one.reasons]) == (
        "contradiction",
        UUID(int=2),
        ["durations", "same_question"],
    )
    assert (one.reasons[0].one, one.reasons[0].other) == ("7 天", "15 天")


def test_agents_may_read_the_same_again_but_not_the_contrary():
    said = faq(1, "怎么退货", "签收后 7 天内可以退。", angle=0.0)
    inner = {"angle": 0.2, "audience": "agents"}
    assert found(said, faq(2, "如何退货", "7 天内都能退，先核对订单。", **inner)) == []
    assert found(said, faq(2, "如何退货", "30 天内都能退。", **inner)) == [("contradiction", 1, ["durations", "same_question"])]
    both = (faq(1, "退货话术", "先道歉", **inner), faq(2, "退货的话术", "先道歉", **inner))
    assert [kind for kind, *_ in found(*both)] == ["duplicate"]


def test_far_questions_and_other_languages_are_nobodys_concern():
    assert found(faq(1, "怎么退货", "7 天", angle=0.0), faq(2, "运费多少", "15 天", angle=1.2)) == []
    assert found(faq(1, "怎么退货", "7 天", angle=0.0), faq(2, "returns", "15 days", angle=0.0, language="en")) == []


def test_without_meaning_shared_words_decide():
    assert found(faq(1, "怎么申请退货呢", "7 天"), faq(2, "怎么申请退货", "15 天"), faq(3, "运费多少", "3 天")) == [
        ("contradiction", 1, ["durations", "same_question"])
    ]


def test_one_wording_in_two_entries_is_a_duplicate_however_far_apart():
    both = (
        faq(1, "怎么退货", "可以退", texts=("怎么退货", "不想要了")),
        faq(2, "怎么取消", "可以取消", texts=("怎么取消", "不想要了？")),
    )
    assert found(*both) == [("duplicate", 1, ["same_question"])]


def test_nobody_looked_for_long():
    old = faq(1, "怎么退货", "可以退", updated_at=NOW - timedelta(days=181))
    assert found(old) == [("stale", 1, ["not_reviewed"])]
    assert found(faq(1, "怎么退货", "可以退", updated_at=old.updated_at, reviewed_at=NOW - timedelta(days=3))) == []


@pytest.mark.parametrize(("helpful", "unhelpful", "stale"), [(1, 4, True), (0, 3, False), (7, 3, False)])
def test_what_does_not_help_needs_a_look(helpful, unhelpful, stale):
    assert bool(found(faq(1, "怎么退货", "可以退", helpful=helpful, unhelpful=unhelpful))) is stale


def test_a_day_that_has_passed():
    assert found(faq(1, "春节放假吗", "2026年2月14日到2026年2月22日休息。")) == [("stale", 1, ["date_passed"])]
    assert found(faq(1, "国庆放假吗", "2026-10-01 到 2026-10-07 休息。")) == []


def test_an_article_with_older_figures_than_a_faq():
    article = faq(
        2,
        "退货政策",
        "",
        kind="article",
        angle=0.1,
        texts=("退货政策\n签收后 15 天内可以退货。",),
        updated_at=NOW - timedelta(days=90),
    )
    newer = faq(1, "怎么退货", "签收后 7 天内可以退。", angle=0.0)
    assert found(newer, article) == [("stale", 2, ["figures"])]
    assert found(faq(1, "怎么退货", "签收后 7 天内可以退。", angle=0.0, updated_at=NOW - timedelta(days=99)), article) == []


def test_what_was_seen_changes_with_the_version_alone():
    one = concerns((faq(1, "a", "2020-01-01", version=3),), NOW, REVIEW)[0].seen
    later = concerns((faq(1, "a", "2020-01-01", version=3),), NOW + timedelta(days=9), REVIEW)[0].seen
    other = concerns((faq(1, "a", "2020-01-01", version=4),), NOW, REVIEW)[0].seen
    assert one == later != other


@pytest.mark.parametrize(
    ("one", "other", "codes"),
    [
        ("7 天内", "七天内", []),
        ("一周内", "7 天内", []),
        ("24 小时发货", "1 天内发货", []),
        ("3-5 天到", "5 到 7 天到", ["durations"]),
        ("满 199 元包邮", "满 ¥199 包邮", []),
        ("运费 12 元", "运费 15 元", ["amounts"]),
        ("refund in 7 days", "refund in 14 days", ["durations"]),
        ("within 3 business days", "within 3 days", ["durations"]),
        ("打 9.5 折，95%", "打 9.5 折，90%", ["numbers"]),
        ("可以，线下也行", "不可以", ["yes_no"]),
        ("Yes, you can.", "Unfortunately we can't.", ["yes_no"]),
        ("可以退，7 天内", "可以退，7 天内，运费 12 元", []),
        ("2026年5月3日起", "2026年6月9日起", []),
        ("1. 打开订单页\n2. 点申请", "1. 打开订单页\n2. 点申请\n3. 等审核", []),
        ("详见 https://a.example/12", "详见 https://a.example/99", []),
        ("", "7 天", []),
    ],
)
def test_what_differs_between_two_answers(one, other, codes):
    assert [reason.code for reason in differences(one, other)] == codes


@given(st.text(max_size=200))
def test_a_text_never_contradicts_itself(text):
    assert differences(text, text) == []
    assert all(written for written in measures(text).values())


@given(st.text(max_size=120), st.text(max_size=120))
def test_differences_are_the_same_from_both_sides(one, other):
    assert [reason.code for reason in differences(one, other)] == [reason.code for reason in differences(other, one)]


@pytest.mark.parametrize(
    ("text", "day"),
    [("到 2026-02-30 止", None), ("2025/12/31", date(2025, 12, 31)), ("2025.1.2 和 2026.12.31", None), ("第 3 天", None)],
)
def test_days_that_passed(text, day):
    assert passed_day(text, NOW.date()) == day


@pytest.mark.parametrize(
    ("answer", "said"), [("可以的", True), ("**不支持**", False), ("每天 10 点", None), ("No, sorry", False)]
)
def test_yes_and_no(answer, said):
    assert says(answer) is said
