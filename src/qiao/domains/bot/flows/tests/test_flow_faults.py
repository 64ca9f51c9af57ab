"""Every kind of fault an editor can make, named with its node; patterns, conditions and texts that cannot be made to do harm."""

import re
import time
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.flows.conditions import holds
from qiao.domains.bot.flows.contracts import Condition, FlowDefinition
from qiao.domains.bot.flows.faults import Surroundings, faults_of
from qiao.domains.bot.flows.patterns import fits, pattern_fault
from qiao.domains.bot.flows.shipping import shipped
from qiao.domains.bot.flows.tests.flow_samples import AROUND, EN, ZH, ask, both, end, flow_of, say
from qiao.domains.bot.flows.texts import fill
from qiao.domains.bot.flows.tools.shop import shop_tools
from qiao.domains.bot.flows.tools.toolbox import known_tool


def faults(*nodes: dict[str, Any], **more: Any) -> list[tuple[str, str | None]]:
    return [(one.code, one.node) for one in faults_of(flow_of(*nodes, **more), AROUND)]


BRANCH = {"id": "b", "type": "branch", "otherwise": "end"}
FAULTY: list[tuple[list[dict[str, Any]], tuple[str, str | None]]] = [
    ([say("a", "一", next="nowhere"), end()], ("dangling_edge", "a")),
    ([say("a", "一", next="end"), say("b", "二", next="end"), end()], ("unreachable", "b")),
    ([say("a", "一"), {"id": "end", "type": "end", "text": {"zh": "再见"}}], ("missing_language", "end")),
    ([say("a", "你好 {name}"), end()], ("unknown_slot", "a")),
    ([say("a", "{customer.password}"), end()], ("unknown_slot", "a")),
    ([{"id": "t", "type": "tool", "tool": "rm", "result": "x"}, end()], ("unknown_tool", "t")),
    ([{"id": "t", "type": "tool", "tool": "order", "result": "x"}, end()], ("missing_argument", "t")),
    (
        [{"id": "t", "type": "tool", "tool": "orders", "result": "x", "arguments": {"customer": {"value": "42"}}}, end()],
        ("unknown_argument", "t"),
    ),
    (
        [
            {"id": "t", "type": "tool", "tool": "order", "result": "x", "arguments": {"order": {"value": "1"}}},
            say("s", "{x.password}"),
            end(),
        ],
        ("unknown_slot", "s"),
    ),
    ([{"id": "q", "type": "answer", "entry_id": "00000000-0000-0000-0000-000000000001"}, end()], ("unknown_entry", "q")),
    ([ask("a", "text", pattern="(a+)+"), end()], ("bad_pattern", "a")),
    ([ask("a", "number", pattern="[0-9]"), end()], ("bad_pattern", "a")),
    ([ask("a", "number", minimum=5, maximum=1), end()], ("bad_bounds", "a")),
    ([ask("a", "choice"), end()], ("no_choices", "a")),
    ([ask("a", "choice", choices=[{"value": "x", "label": both("甲")}] * 2), end()], ("duplicate_choice", "a")),
    ([ask("a", "yes_no", choices=[{"value": "maybe", "label": both("也许")}]), end()], ("duplicate_choice", "a")),
    ([say("a", "一", next="b"), say("b", "二", next="a"), end()], ("loop_without_question", "a")),
    ([{**BRANCH, "cases": [{"when": {"op": "all"}, "next": "end"}]}, end()], ("bad_condition", "b")),
    (
        [{**BRANCH, "cases": [{"when": {"op": "in", "slot": "customer.tier", "value": "gold"}, "next": "end"}]}, end()],
        ("bad_condition", "b"),
    ),
    ([{**BRANCH, "cases": [{"when": {"op": "filled", "slot": "gone"}, "next": "end"}]}, end()], ("unknown_slot", "b")),
]


@pytest.mark.parametrize(("nodes", "fault"), FAULTY)
def test_each_fault_is_named_with_its_node(nodes: list[dict[str, Any]], fault: tuple[str, str | None]) -> None:
    assert fault in faults(*nodes)


def test_two_nodes_of_one_name_and_a_start_that_is_not_there() -> None:
    assert ("duplicate_id", "end") in faults(say("a", "一"), end(), end())
    assert ("no_start", None) in faults(say("a", "一"), end(), start="elsewhere")


def test_a_loop_with_a_question_in_it_is_fine() -> None:
    assert faults(ask("a", "text", next="b"), say("b", "再来", next="a", en="again"), end()) == [
        ("unreachable", "end"),
        ("no_end", None),
    ]


def test_what_came_with_the_program_is_without_fault_and_names_all_its_tools() -> None:
    around = Surroundings(tools={tool.spec.name: known_tool(tool.spec) for tool in shop_tools(None)})  # type: ignore[arg-type]
    assert {name: faults_of(flow, around) for name, flow in shipped().items()} == {name: [] for name in shipped()}


def test_too_large_or_unknown_things_do_not_get_in() -> None:
    raw = msgspec.to_builtins(flow_of(say("a", "一"), end()))
    many = {**raw, "graph": {**raw["graph"], "nodes": [raw["graph"]["nodes"][1] | {"id": f"n{at}"} for at in range(201)]}}
    for broken in (many, {**raw, "code": "import os"}, {**raw, "graph": {"start": "A B", "nodes": []}}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(broken, FlowDefinition)


# --- patterns -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", [r"\d{4}", "[A-Z]{2}[0-9]{8}", "LT[0-9]{6,10}", "a|bc", r"[\d-]{5,20}", "ab?c", r"^\d{6}$"])
def test_patterns_that_are_allowed(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    "pattern", ["(a|b)", "a*", "a+", r"(\w+)+", r"\1", "a{1,99}", "[", "a{3,1}", "?", "(?i)a", r"[0-9]{1,9}" * 4, "x" * 201]
)
def test_patterns_that_are_not(pattern: str) -> None:
    assert pattern_fault(pattern) is not None
    assert not fits(pattern, "a")


@given(st.text(alphabet="ab\\dw[]-{}()1,2|?.^$*+", max_size=30), st.text(alphabet="ab1-", max_size=80))
def test_no_pattern_runs_long_and_those_allowed_are_read(pattern: str, text: str) -> None:
    began = time.perf_counter()
    fits(pattern, text)
    assert time.perf_counter() - began < 0.5
    assert pattern_fault(pattern) is not None or re.compile(pattern)


# --- conditions -----------------------------------------------------------------------------------------------------------

SLOTS = {"count": 3, "name": "林", "items": ["a"], "none": None, "yes": True, "order": {"status": "paid", "total": {"amount": 5}}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"op": "equals", "slot": "order.status", "value": "paid"}, True), ({"op": "equals", "slot": "yes", "value": 1}, False),
        ({"op": "not_equals", "slot": "name", "value": "王"}, True), ({"op": "more", "slot": "count", "value": 2}, True),
        ({"op": "more", "slot": "name", "value": 2}, False), ({"op": "at_most", "slot": "count", "value": 3}, True),
        ({"op": "in", "slot": "order.status", "value": ["paid", "packing"]}, True), ({"op": "contains", "slot": "items", "value": "a"}, True),  # noqa: E501
        ({"op": "filled", "slot": "none"}, False), ({"op": "empty", "slot": "nothing.at.all"}, True),
        ({"op": "less", "slot": "yes", "value": 5}, False), ({"op": "at_least", "slot": "order.total.amount", "value": 5}, True),
        ({"op": "not", "of": [{"op": "filled", "slot": "name"}]}, False),
        ({"op": "any", "of": [{"op": "empty", "slot": "name"}, {"op": "equals", "slot": "count", "value": 3.0}]}, True),
        ({"op": "all", "of": [{"op": "filled", "slot": "name"}, {"op": "empty", "slot": "name"}]}, False),
    ],
)  # fmt: skip
def test_conditions(condition: dict[str, Any], expected: bool) -> None:
    assert holds(msgspec.convert(condition, Condition), SLOTS) is expected


# --- texts ----------------------------------------------------------------------------------------------------------------


def test_a_value_is_never_a_text_of_its_own() -> None:
    """Attacks 76 and 78: braces, links, emphasis and lists in what somebody typed stay what they are: letters."""
    evil = "{order.secret} [点这里](https://evil.example/?q=1) **粗** `x`\n# 标题"
    said = fill(both("{note}"), {"note": evil, "order": {"secret": "42"}}, ZH)
    assert "42" not in said
    assert r"\[点这里\]" in said
    assert "https://" not in said
    assert "\n" not in said
    assert fill(both("{note}"), {"note": "1. 一"}, ZH) == r"\1. 一"


def test_values_as_people_read_them() -> None:
    slots = {
        "at": "2026-11-23T02:30:00Z", "day": "2027-01-05", "sum": {"amount": 12_800, "currency": "CNY"}, "flag": True, "half": 2.5,
        "words": both("茶杯", "Cup"), "list": [both("茶杯", "Cup"), both("茶壶", "Pot")], "phone": "+8613800000188",
    }  # fmt: skip
    text = both("{at}|{at|date}|{at|time}|{day}|{sum}|{flag}|{half}|{words}|{list}|{phone}")
    assert (
        fill(text, slots, ZH)
        == "11 月 23 日 10:30|11 月 23 日|10:30|2027 年 1 月 5 日|¥128.00|是|2.5|茶杯|茶杯、茶壶|13800000188"
    )
    assert fill(text, slots, EN) == "23 Nov 10:30|23 Nov|10:30|5 Jan 2027|¥128.00|yes|2.5|Cup|Cup, Pot|+8613800000188"


def test_a_line_that_names_only_what_is_missing_is_left_out() -> None:
    assert fill(both("订单 {a}\n税号：{b}\n谢谢"), {"a": "1"}, ZH) == "订单 1\n谢谢"


@given(
    st.dictionaries(
        st.sampled_from(["a", "b"]),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=30), st.lists, max_leaves=5),
    )
)
def test_any_values_make_a_text(slots: dict[str, Any]) -> None:
    assert isinstance(fill(both("{a} {b.c} {a.0|date}"), slots, ZH), str)


def test_an_intent_that_is_not_there_begins_nothing():
    gone, there = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
    flow = flow_of(say("a", "一"), end(), trigger={"intents": [gone, there]})
    around = msgspec.structs.replace(AROUND, intents={UUID(there)})
    (fault,) = faults_of(flow, around)
    assert (fault.code, fault.node, fault.field, fault.detail) == ("unknown_intent", None, "trigger.intents", gone)
