"""Clusters whatever the order, the words and what was there before; drafts that quote nothing of one customer."""

import random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.clustering import NEAR, Asked, Before, Group, cluster
from qiao.domains.bot.learning.drafting import MAX_ANSWER, MAX_CITED, MAX_VARIANTS, AgentReply, clean, draft

TOPICS = [
    "可以货到付款吗",
    "货到付款可以吗",
    "请问可以货到付款吗",
    "龙井茶的保质期多久",
    "龙井保质期是多久",
    "杯子上能刻字吗",
    "杯子可以刻字吗",
    "do you ship to Canada",
    "shipping to Canada?",
]


def asked(questions: list[str], language: str = "zh", counts: list[int] | None = None) -> list[Asked]:
    return [
        Asked(id=UUID(int=number + 1), question=question, language=language, count=counts[number] if counts else 1)
        for number, question in enumerate(questions)
    ]


def parts(groups: list[Group]) -> set[frozenset[UUID]]:
    return {frozenset(one.members) for one in groups}


def remembered(groups: list[Group]) -> dict[UUID, Before]:
    return {member: Before(one.id, one.name) for one in groups for member in one.members}


@pytest.mark.slow
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_changes_nothing(chance: random.Random):
    rows = asked(TOPICS, counts=[5, 1, 2, 9, 1, 1, 4, 2, 2])
    shuffled = list(rows)
    chance.shuffle(shuffled)
    one, other = cluster(rows, {}), cluster(shuffled, {})
    assert parts(one) == parts(other)
    assert {(each.name, *each.terms, *each.members) for each in one} == {
        (each.name, *each.terms, *each.members) for each in other
    }


@pytest.mark.slow
def test_a_second_look_at_the_same_questions_changes_nothing_at_all():
    first = cluster(asked(TOPICS), {})
    second = cluster(asked(TOPICS), remembered(first))
    assert sorted(first, key=lambda one: one.id) == sorted(second, key=lambda one: one.id)


def test_a_cluster_that_falls_apart_goes_on_in_its_larger_part():
    rows = asked(["可以货到付款吗", "货到付款可以吗", "杯子上能刻字吗"])
    old = UUID(int=500)
    before = {one.id: Before(old, "可以货到付款吗") for one in rows}
    groups = cluster(rows, before)
    assert {one.id == old: len(one.members) for one in groups} == {True: 2, False: 1}


def test_two_clusters_that_come_together_leave_one():
    rows = asked(["可以货到付款吗", "货到付款可以吗", "请问可以货到付款吗"])
    larger, smaller = UUID(int=500), UUID(int=600)
    before = {rows[0].id: Before(larger, "A"), rows[1].id: Before(larger, "A"), rows[2].id: Before(smaller, "B")}
    (group,) = cluster(rows, before)
    assert group.id == larger
    assert group.name in {one.question for one in rows}


def test_a_name_that_an_earlier_look_gave_stays_while_it_is_asked():
    rows = asked(["可以货到付款吗", "货到付款可以吗", "请问可以货到付款吗"])
    before = {one.id: Before(UUID(int=500), "请问可以货到付款吗") for one in rows}
    assert cluster(rows, before)[0].name == "请问可以货到付款吗"
    gone = {one.id: Before(UUID(int=500), "已经删除的问题") for one in rows}
    assert cluster(rows, gone)[0].name != "已经删除的问题"


def test_some_rows_have_a_meaning_and_some_none():
    north, east = np.eye(8, dtype=np.float32)[0], np.eye(8, dtype=np.float32)[1]
    rows = [
        Asked(id=UUID(int=1), question="能不能先收货再给钱", language="zh", count=1, vector=north),
        Asked(id=UUID(int=2), question="可以货到付款吗", language="zh", count=1, vector=north),
        Asked(id=UUID(int=3), question="杯子上刻名字", language="zh", count=1, vector=east),
        Asked(id=UUID(int=4), question="茶叶保质期", language="zh", count=1),
        Asked(id=UUID(int=5), question="茶叶保质期？", language="zh", count=1),
    ]
    assert parts(cluster(rows, {})) == {frozenset(UUID(int=one) for one in those) for those in ([1, 2], [3], [4, 5])}
    assert 0 < NEAR < 1


def test_how_often_it_was_asked_orders_clusters_and_not_how_many_ways():
    groups = cluster(asked(["可以货到付款吗", "货到付款可以吗", "杯子上能刻字吗"], counts=[1, 1, 30]), {})
    assert [one.asked for one in groups] == [30, 2]


def test_terms_tell_one_cluster_from_others():
    groups = cluster(asked(TOPICS), {})
    by_name = {one.name: one.terms for one in groups}
    told = [terms for terms in by_name.values() if terms]
    assert all(len(terms) <= 3 for terms in told)
    assert not {"可以", "吗", "the", "to"} & {term for terms in told for term in terms}


@pytest.mark.slow
@given(
    st.lists(
        st.sampled_from(["", " ", "？？", "😀", "\u200b", "\ud800", "a" * 500, "的", "可以货到付款吗", "x" * 3]), max_size=12
    )
)
def test_strange_questions_are_each_in_one_cluster(questions: list[str]):
    rows = asked(questions)
    groups = cluster(rows, {})
    assert sorted(member for one in groups for member in one.members) == [one.id for one in rows]
    assert len({one.id for one in groups}) == len(groups)


# --- drafts ----------------------------------------------------------------------------------------------------------------


def reply(text: str, number: int = 1, language: str = "zh", *names: str) -> AgentReply:
    return AgentReply(conversation_id=UUID(int=number), text=text, language=language, names=frozenset(names))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("王小姐您好！可以刻字，一个字 20 元。", "可以刻字，一个字 20 元。"),
        ("小兰，可以刻字哦。", "可以刻字哦。"),
        ("亲～可以刻字的呢～", "可以刻字的呢"),
        ("您好，请稍等，我帮您查一下。\n可以刻字，三天做好。", "可以刻字，三天做好。"),
        ("您的订单已经发出。刻字需要三天。", "刻字需要三天。"),
        ("订单 SO20261122001 可以刻字。刻字 20 元。", "刻字 20 元。"),
        ("打 13812345678 联系我们。刻字 20 元。", "刻字 20 元。"),
        ("小兰的杯子刻好了。刻字 20 元。", "刻字 20 元。"),
        ("感谢您的耐心等待！", ""),
        ("😀😀😀", ""),
        ("", ""),
    ],
)
def test_a_chinese_reply_keeps_what_holds_for_everybody(said: str, kept: str):
    assert clean(said, {"小兰", "王小姐", "周"}, "zh") == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Hi Anna, engraving takes three days. It costs $5.", "Engraving takes three days. It costs $5."),
        ("Engraving takes 3.5 days. Your order is on its way.", "Engraving takes 3.5 days."),
        ("I'll check with my colleague. Engraving is possible!", "Engraving is possible!"),
        ("Thanks for waiting. Sorry about that.", ""),
        ("Write to anna@example.com. Engraving is possible.", "Engraving is possible."),
    ],
)
def test_an_english_reply_keeps_what_holds_for_everybody(said: str, kept: str):
    assert clean(said, {"Anna"}, "en").lower() == kept.lower()


def test_a_name_of_one_letter_hides_no_sentence():
    assert clean("可以刻字，三天做好。", {"可", "三", ""}, "zh") == "可以刻字，三天做好。"


@pytest.mark.slow
def test_every_conversation_is_cited_once_and_the_quoted_one_first():
    replies = [
        reply("刻字要排队，可能要等一等的。", 1),
        *(reply("可以刻字，一个字 20 元，三天做好。", number) for number in range(2, 30)),
    ]
    replies.append(reply("可以刻字，一个字 20 元，三天做好。", 2))
    made = draft(["杯子上能刻字吗", "可以刻字吗", "可以刻字吗"], replies)
    assert (made.question, made.variants, made.cited[0]) == ("杯子上能刻字吗", ["可以刻字吗"], UUID(int=2))
    assert len(made.cited) == MAX_CITED == len(set(made.cited))


@pytest.mark.slow
def test_a_draft_has_bounds():
    made = draft([f"第 {number} 种问法刻字" for number in range(50)], [reply("可以刻字。" * 2_000)])
    assert (len(made.variants), len(made.answer)) == (MAX_VARIANTS, MAX_ANSWER)


def test_of_replies_alike_the_earlier_is_quoted():
    assert draft(["刻字"], [reply("可以刻字的，放心。", 7), reply("可以刻字的，放心。", 3)]).cited == [UUID(int=7), UUID(int=3)]
