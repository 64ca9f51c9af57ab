"""What customers and colleagues are shown: texts filled with values, cards, buttons, messages; what is missing leaves no trace."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.flows.building import card_of, card_text, gathered, known_of, options_of
from qiao.domains.bot.flows.conditions import depth, holds
from qiao.domains.bot.flows.contracts import AskNode, CardNode, Condition, HandOverNode
from qiao.domains.bot.flows.rendering import MAX_MESSAGES, CardPart, TextPart, content_of_part, parts_of, text_of_part
from qiao.domains.bot.flows.running import Card, Ground, NamedValue, Option, Question, Quote, Row, Say
from qiao.domains.bot.flows.tests.flow_samples import EN, NOW, ZH, ask, both, end, flow_of
from qiao.domains.bot.flows.texts import escaped, fill, in_words, look_up, placeholders, shown
from qiao.domains.bot.flows.words import again, word

SLOTS: dict[str, Any] = {
    "order": {
        "number": "LT1",
        "total": {"amount": 12_800, "currency": "CNY"},
        "url": "https://shop.example/o/1",
        "bad": "javascript:x",
    },
    "items": [{"title": both("茶杯", "Cup"), "at": "2026-11-23T02:30:00Z"}, {"title": both("茶壶", "Pot")}],
    "name": "林晓",
}


# --- looking up -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name", "林晓"), ("order.number", "LT1"), ("items.1.title.en", "Pot"), ("items.2", None), ("items.x", None), ("name.0", None),
        ("order.number.deep", None), ("nothing", None), ("items.-1", None),
    ],
)  # fmt: skip
def test_a_path_leads_to_a_value_or_to_nothing(path: str, found: Any) -> None:
    assert look_up(SLOTS, path) == found


def test_a_text_tells_what_it_names() -> None:
    assert list(placeholders("{a} {b.c|date} { d } {E} {{f}}")) == ["a", "b.c", "f"]


@pytest.mark.parametrize(
    ("text", "said"),
    [({"zh": "茶", "en": "tea"}, "tea"), ({"zh": "茶"}, "茶"), ({"zh": "茶", "en": ""}, "茶"), ({}, ""), (None, "")],
)
def test_a_text_in_the_language_or_in_the_other(text: Any, said: str) -> None:
    assert in_words(text, "en") == said


# --- values as people read them -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (True, "是", "yes"), (False, "否", "no"), (3, "3", "3"), (2.50, "2.5", "2.5"), (None, "", ""), ("", "", ""),
        ("2026-12-01", "12 月 1 日", "1 Dec"), ("2027-01-05", "2027 年 1 月 5 日", "5 Jan 2027"),
        ("2026-13-99", "2026-13-99", "2026-13-99"),
        ("2026-11-22T08:00:00Z", "11 月 22 日 16:00", "22 Nov 16:00"), ("2026-99-99T99:99", "2026-99-99T99:99", "2026-99-99T99:99"),
        ("+8613800000188", "13800000188", "+8613800000188"), ("+447700900188", "+447700900188", "+447700900188"),
        (both("茶杯", "Cup"), "茶杯", "Cup"), ({"amount": 990, "currency": "USD"}, "US$9.90", "US$9.90"), ({"other": 1}, "", ""),
        (["a", None, "b"], "a、b", "a, b"), ([], "", ""), (object(), "", ""),
    ],
)  # fmt: skip
def test_values(value: Any, zh: str, en: str) -> None:
    assert (shown(value, ZH), shown(value, EN)) == (zh, en)


def test_a_moment_is_the_workspaces() -> None:
    berlin = Ground(language="en", now=NOW, zone="Europe/Berlin")
    assert shown("2026-11-22T23:30:00Z", berlin) == "23 Nov 0:30"
    assert shown("2026-11-22T23:30:00Z", berlin, "date") == "23 Nov"
    assert shown("2026-11-22T23:30:00Z", berlin, "time") == "0:30"


def test_a_long_value_is_cut() -> None:
    assert len(shown("茶" * 5_000, ZH)) == 600


@pytest.mark.parametrize(
    "evil",
    ["[x](http://e.example)", "**bold**", "`code`", "# title", "- item", "1. first", "> quote", "\\", "<b>x</b>", "+ plus"],
)
def test_no_value_makes_markdown(evil: str) -> None:
    said = fill(both("{name}"), {"name": evil}, ZH)
    assert said == escaped(evil)
    assert "](http://" not in said
    assert not said.startswith(("# ", "- ", "1. ", "> ", "+ ")), said


def test_lines_of_a_value_are_one_line() -> None:
    assert fill(both("备注：{name}"), {"name": "一\n# 二\n三"}, ZH) == "备注：一 # 二 三"


def test_a_line_is_left_out_only_when_all_it_names_is_missing() -> None:
    text = both("电话 {a}，邮箱 {b}\n{b}\n没有名字的行")
    assert fill(text, {"a": "138"}, ZH) == "电话 138，邮箱 \n没有名字的行"
    assert fill(text, {}, ZH) == "没有名字的行"


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["zh", "en"]), st.text(max_size=60)), st.text(max_size=60))
def test_any_text_is_filled(text: dict[str, str], value: str) -> None:
    assert isinstance(fill(text, {"a": value}, ZH), str)


# --- cards ----------------------------------------------------------------------------------------------------------------


def card_node(**more: Any) -> CardNode:
    raw = {"id": "c", "type": "card", "title": both("订单 {order.number}", "Order {order.number}"), "next": "end", **more}
    return msgspec.convert(raw, CardNode)


def test_a_card_shows_what_has_a_value() -> None:
    fields = [
        {"label": both("金额", "Total"), "value": both("{order.total}")},
        {"label": both("备注", "Note"), "value": both("{order.note}")},
    ]
    card = card_of(card_node(fields=fields, status=both("{order.gone}")), SLOTS, EN)
    assert (card.title, card.status, card.fields) == ("Order LT1", "", (NamedValue("Total", "¥128.00"),))


def test_rows_of_a_card_are_those_of_the_list_and_no_more_than_it_takes() -> None:
    rows = {"over": "items", "text": both("{item.title}"), "note": both("{item.at|date}"), "style": "timeline", "most": 1}
    assert card_of(card_node(rows=rows), SLOTS, ZH).rows == (Row("茶杯", "11 月 23 日"),)
    everything = card_of(card_node(rows={**rows, "most": 20}), SLOTS, ZH)
    assert (everything.style, [row.text for row in everything.rows]) == ("timeline", ["茶杯", "茶壶"])
    assert card_of(card_node(rows={**rows, "over": "name"}), SLOTS, ZH).rows == ()


@pytest.mark.parametrize(
    ("path", "link"), [("order.url", "https://shop.example/o/1"), ("order.bad", ""), ("order.none", ""), (None, "")]
)
def test_a_card_links_only_to_the_web(path: str | None, link: str) -> None:
    assert card_of(card_node(link=path), SLOTS, ZH).link == link


def test_a_card_in_words_holds_all_of_it() -> None:
    card = Card(
        title="订单 LT1",
        status="已发货",
        fields=(NamedValue("金额", "¥128.00"), NamedValue("Total", "¥1")),
        rows=(Row("到杭州", "11 月 22 日"), Row("已揽收")),
    )
    assert card_text(card) == "订单 LT1 · 已发货\n金额：¥128.00\nTotal: ¥1\n11 月 22 日 · 到杭州\n已揽收"


# --- buttons --------------------------------------------------------------------------------------------------------------


def ask_node(kind: str, **more: Any) -> AskNode:
    return msgspec.convert({**ask("it", kind, **more), "next": "end"}, AskNode)


def test_yes_and_no_have_buttons_of_their_own_or_the_editors() -> None:
    assert options_of(ask_node("yes_no"), {}, EN) == (Option("yes", "Yes"), Option("no", "No"))
    named = [{"value": "yes", "label": both("提交", "Send")}, {"value": "no", "label": both("先不", "Not now")}]
    assert [one.label for one in options_of(ask_node("yes_no", choices=named), {}, ZH)] == ["提交", "先不"]


def test_a_list_gives_buttons_before_those_that_are_written() -> None:
    listed = {"over": "items", "value": "at", "label": both("{item.title}"), "most": 5}
    other = [{"value": "other", "label": both("别的", "Other")}]
    made = options_of(ask_node("choice", listed=listed, choices=other), SLOTS, ZH)
    assert made == (Option("2026-11-23T02:30:00Z", "茶杯"), Option("other", "别的"))


def test_what_is_answered_freely_has_no_buttons() -> None:
    assert options_of(ask_node("text"), SLOTS, ZH) == ()


# --- what a colleague is told ---------------------------------------------------------------------------------------------


def test_a_colleague_gets_every_named_value_as_people_read_it() -> None:
    choices = [{"value": "x", "label": both("红茶", "Black tea")}]
    flow = flow_of(
        ask("tea", "choice", choices=choices, label=both("茶", "tea")),
        ask("day", "date", label=both("日期", "day")),
        ask("note", "text"),
        ask("phone", "phone", label=both("电话", "phone"), required=False),
        end(),
    )
    slots = {"tea": "x", "tea_text": choices[0]["label"], "day": "2026-12-01", "note": "没有名字", "phone": None}
    assert gathered(flow, slots, ZH) == {"茶": "红茶", "日期": "12 月 1 日"}
    assert gathered(flow, slots, EN) == {"tea": "Black tea", "day": "1 Dec"}


def test_what_a_hand_over_names_is_told_without_what_is_missing() -> None:
    summary = [
        {"label": both("订单", "Order"), "value": both("{order.number}")},
        {"label": both("空", "Empty"), "value": both("{x}")},
    ]
    node = msgspec.convert({"id": "h", "type": "hand_over", "reason": both("要人"), "summary": summary}, HandOverNode)
    assert known_of(node, SLOTS, EN) == {"Order": "LT1"}


# --- messages -------------------------------------------------------------------------------------------------------------


def test_a_question_without_words_before_it_is_a_message() -> None:
    question = Question(text="几位？", kind="number", slot="n", skippable=True)
    (part,) = parts_of([question])
    assert content_of_part(part, UUID(int=3)) == {  # type: ignore[arg-type]
        "type": "flow", "options": [], "expects": "number", "skippable": True, "flow_id": str(UUID(int=3)),
    }  # fmt: skip


def test_words_without_a_question_expect_nothing() -> None:
    (part,) = parts_of([Say("一"), Say("二")])
    assert (text_of_part(part), content_of_part(part, None)["expects"]) == ("一\n\n二", None)  # type: ignore[arg-type]


@pytest.mark.slow
@given(
    st.lists(
        st.sampled_from([Say("说"), Card(title="卡"), Quote(uuid4()), Question(text="问", kind="text", slot="s")]), max_size=30
    )
)
def test_messages_are_bounded_and_the_last_one_is_kept(effects: list[Any]) -> None:
    parts = parts_of(effects)
    assert len(parts) <= MAX_MESSAGES
    closes = bool(effects) and isinstance(effects[-1], Question)
    assert not closes or (isinstance(parts[-1], TextPart) and parts[-1].question is not None)


def test_a_cards_message_is_bounded() -> None:
    assert len(text_of_part(CardPart(Card(title="茶" * 20_000)))) <= 9_000


# --- conditions and words -------------------------------------------------------------------------------------------------


def condition(op: str, slot: str | None = None, value: Any = None, *of: Any) -> Condition:
    return msgspec.convert({"op": op, "slot": slot, "value": value, "of": list(of)}, Condition)


@pytest.mark.slow
@given(
    st.sampled_from(["filled", "empty", "equals", "not_equals", "in", "contains", "less", "at_most", "more", "at_least"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3), max_leaves=4
    ),
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=3),
)
def test_any_comparison_is_true_or_false(op: str, found: Any, value: Any) -> None:
    one = condition(op, "a", value)
    assert holds(one, {"a": found}) in {True, False}
    assert holds(Condition(op="not", of=[one]), {"a": found}) is not holds(one, {"a": found})


@pytest.mark.parametrize(
    ("op", "found"), [("less", "十"), ("more", None), ("at_least", [1]), ("at_most", True), ("contains", 5), ("in", 1)]
)
def test_what_cannot_be_compared_is_false(op: str, found: Any) -> None:
    assert not holds(condition(op, "a", 3), {"a": found})


def test_how_deep_conditions_stand_in_one_another() -> None:
    leaf = {"op": "filled", "slot": "a"}
    assert depth(condition("filled", "a")) == 1
    assert depth(condition("all", None, None, leaf, {"op": "any", "of": [leaf]})) == 3


@pytest.mark.parametrize(
    "kind", ["text", "choice", "number", "date", "phone", "email", "order_number", "address", "yes_no", "file"]
)
def test_every_kind_is_asked_for_again_in_both_languages(kind: Any) -> None:
    assert again(kind, "zh") != again(kind, "en")
    assert "。" in again(kind, "zh")


def test_the_bots_own_words_take_names() -> None:
    assert word("back", "zh", name="退货") == "我们接着刚才的“退货”。"
    assert word("because_fault", "en", name="Return", fault="the system refused") == "Flow “Return”: the system refused"
