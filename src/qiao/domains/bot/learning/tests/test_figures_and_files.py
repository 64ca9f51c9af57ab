"""What answers are compared by, what becomes of a CSV text, and what a changed decision is worth."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from qiao.domains.bot.learning.contracts import MAX_QUESTION, CaseResult, EvaluationCase
from qiao.domains.bot.learning.errors import EvaluationCaseInvalid
from qiao.domains.bot.learning.evaluation import read_csv
from qiao.domains.bot.learning.experiment_contracts import ArmChanges
from qiao.domains.bot.learning.figures import differences, measures, passed_day, says
from qiao.domains.bot.learning.replaying import MOST_CHANGED, asked_as, compared, counted
from qiao.domains.bot.learning.trying import Trying, settings_of
from qiao.domains.bot.words import DEFAULTS

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RETURNS, SHIPPING = UUID(int=1), UUID(int=2)
NAMED = {"怎么退货?": RETURNS, "shipping": SHIPPING, str(RETURNS): RETURNS}


def numbers(text: str) -> set[tuple[str, float]]:
    return set(measures(text))


def test_measures_in_the_forms_people_write():
    said = {
        "７ 天内": {("duration", 7.0)}, "七天": {("duration", 7.0)}, "一周": {("duration", 7.0)}, "24 小时": {("duration", 1.0)},
        "十五天": {("duration", 15.0)}, "二十天": {("duration", 20.0)}, "3 个工作日": {("workday", 3.0)},
        "三个工作日": {("workday", 3.0)},
        "within 2 weeks": {("duration", 14.0)}, "5 business days": {("workday", 5.0)}, "30 minutes": {("duration", 0.0208)},
        "¥199": {("money", 199.0)}, "1,299.50 元": {("money", 1299.5)}, "$25": {("money", 25.0)}, "9 折": {("", 9.0)},
        "50%": {("percent", 50.0)},
        "3-5 天": {("duration", 3.0), ("duration", 5.0)}, "3 到 5 天": {("duration", 3.0), ("duration", 5.0)},
        "7 to 12 days": {("duration", 7.0), ("duration", 12.0)}, "半年": set(), "": set(), "没有数字": set(),
    }  # fmt: skip
    assert {text: numbers(text) for text in said} == said


def test_numbers_that_measure_nothing_are_left_out():
    assert numbers("1. 打开订单页\n2、点退货\n3) 完成") == set()
    assert numbers("见 https://shop.example.com/a/2026?x=30 和 [说明](https://x.example/7)") == set()
    assert numbers("活动到 2026年12月31日 或 11月11日") == set()
    assert numbers("**7** 天") == {("duration", 7.0)}


def test_two_answers_differ_where_each_says_what_the_other_does_not():
    def codes(one: str, other: str) -> list[str]:
        return [reason.code for reason in differences(one, other)]

    assert codes("7 天内可以退货", "15 天内可以退货") == ["durations"]
    assert codes("一周内可以退货", "7 天内可以退货") == []
    assert codes("7 天内可以退货", "7 天内可以退货，运费 12 元") == []
    assert codes("运费 12 元", "运费 15 元，7 天到") == ["amounts"]
    assert codes("打 9 折", "打 8 折") == ["numbers"]
    assert codes("可以，7 天", "不可以") == ["yes_no"]
    assert codes("Yes, 7 days for $5", "No, 9 days for $6") == ["durations", "amounts", "yes_no"]
    (reason,) = differences("签收后 7 天内", "签收后一个月内")
    assert (reason.one, reason.other) == ("7 天", "一个月")


def test_a_yes_is_a_yes_and_not_the_beginning_of_another_word():
    said = {
        "可以的": True, "能退": True, "有的，有货": True, "**支持**": True, "是的": True, "Yes.": True, "Of course!": True,
        "We do ship": True,
        "不可以": False, "暂不支持": False, "抱歉，没有": False, "No.": False, "Sorry, we don't": False, "可以不退吗": None,
        "会员可以享受九折": None, "有效期三年": None, "有些可以": None, "能量茶包": None, "行李箱": None, "notice": None,
        "north": None,
        "运费 12 元": None, "": None,
    }  # fmt: skip
    assert {text: says(text) for text in said} == said


def test_a_day_has_passed_only_with_its_year_and_all_others():
    today = date(2026, 11, 22)
    said = {
        "活动到2026年11月21日": date(2026, 11, 21), "2026/11/22 截止": None, "2025-01-01 起，2027-01-01 止": None,
        "2024.5.1 至 2025.6.30": date(2025, 6, 30), "11月11日": None, "2026-02-30": None, "２０２５年１月１日": date(2025, 1, 1),
        "": None,
    }  # fmt: skip
    assert {text: passed_day(text, today) for text in said} == said


def read(text: str) -> tuple[list[tuple[str, list[UUID], str]], list[tuple[int, str]]]:
    cases, problems = read_csv(text, NAMED)
    return [(one.question, list(one.expected), one.language) for one in cases], problems


def test_a_file_with_quotes_breaks_and_blank_lines():
    text = '\ufeffQuestion,expected,language\r\n"怎么退,货""?""\n呢",怎么退货？,\r\n\r\n,,\r\nhow much,Shipping,EN-gb\r\n'
    assert read(text) == ([('怎么退,货"?" 呢', [RETURNS], "zh"), ("how much", [SHIPPING], "en")], [])


def test_columns_in_any_order_and_more_than_are_known():
    text = f"note,expected,question\nx,{str(RETURNS).upper()},能退吗\ny,-,明天下雨吗\nz,无,股票\n,none,weather\n"
    taken, problems = read(text)
    assert ([case[1] for case in taken], problems) == ([[RETURNS], [], [], []], [])


def test_lines_that_cannot_be_taken_are_named_by_their_number():
    text = f"question,expected\n能退吗,没有这一条\n,怎么退货？\n{'长' * (MAX_QUESTION + 1)},-\n短\n\x00,-\n"
    taken, problems = read(text)
    assert problems == [(2, "expected"), (3, "question"), (4, "question"), (6, "question")]
    assert [case[0] for case in taken] == ["短"]


def test_the_last_of_two_lines_with_one_question_counts():
    assert read("question,expected\n怎么退货,-\n怎麼退貨？,怎么退货?\n") == ([("怎麼退貨？", [RETURNS], "zh")], [])


@pytest.mark.parametrize("text", ["", "\n", "问题,答案\na,b\n", "frage;antwort", "\x00\x00", "expected,language\n-,zh\n"])
def test_a_text_that_names_no_question_is_refused(text: str):
    with pytest.raises(EvaluationCaseInvalid):
        read(text)


def test_a_cell_too_large_for_the_reader_is_refused_and_not_a_crash():
    with pytest.raises(EvaluationCaseInvalid):
        read("question\n" + "x" * 200_000)


def case(number: int, question: str = "怎么退货", previous: tuple[str, ...] = ()) -> EvaluationCase:
    return EvaluationCase(
        id=UUID(int=number),
        question=question,
        previous=list(previous),
        language="zh",
        expected=[RETURNS],
        titles=[],
        origin="hand",
        turn_id=None,
        created_at=NOW,
    )


def result(number: int, verdict: str, entry: UUID | None = None) -> CaseResult:
    return CaseResult(case_id=UUID(int=number), verdict=verdict, zone="answer", entry_id=entry, confidence=0.5)


def test_what_got_worse_comes_first_and_by_how_much():
    before = ["right", "right", "wrong", "missed", "offered", "right"]
    after = ["offered", "wrong", "right", "missed", "handed_over", "right"]
    preview = compared(
        [case(number) for number in range(6)],
        [result(number, verdict, RETURNS) for number, verdict in enumerate(before)],
        [result(number, verdict, SHIPPING) for number, verdict in enumerate(after)],
        {RETURNS: "怎么退货？"},
    )
    assert (preview.cases, preview.better, preview.worse) == (6, 1, 3)
    assert [one.case_id.int for one in preview.changed] == [1, 0, 4, 2]
    assert [one.better for one in preview.changed] == [False, False, False, True]
    assert {(one.title_before, one.title_after) for one in preview.changed} == {("怎么退货？", "")}
    assert preview.counts_before == {"right": 3, "offered": 1, "handed_over": 0, "missed": 1, "wrong": 1}


def test_many_changes_are_counted_all_and_shown_in_part():
    many = range(MOST_CHANGED + 50)
    preview = compared([case(n) for n in many], [result(n, "right") for n in many], [result(n, "wrong") for n in many], {})
    assert (preview.worse, len(preview.changed)) == (MOST_CHANGED + 50, MOST_CHANGED)
    assert counted([]) == dict.fromkeys(("right", "offered", "handed_over", "missed", "wrong"), 0)


def test_a_case_is_asked_as_a_customer_would_be_understood():
    assert asked_as(case(1, "多久", ("龙井茶怎么保存",))) == "龙井茶保存 多久"
    assert asked_as(case(1, "我的电话 13812345678，怎么退货")).strip("， ") == "怎么退货"


def test_a_version_changes_what_it_names_and_nothing_else():
    def second(**changes: Any) -> Trying:
        return Trying(experiment_id=UUID(int=1), name="", second=True, changes=ArmChanges(**changes), subject=None)

    assert settings_of(DEFAULTS, None) is DEFAULTS
    assert settings_of(DEFAULTS, second(answer_from=0.9)) is DEFAULTS
    changed = settings_of(DEFAULTS, second(hand_over_when_unsure=False))
    assert (changed.hand_over_when_unsure, changed.name) == (False, DEFAULTS.name)
    assert settings_of(DEFAULTS, replace(second(hand_over_when_unsure=False), second=False)) is DEFAULTS
