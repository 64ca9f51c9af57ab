"""Made flows for property tests: any graph that an editor could publish, and any customer."""

from typing import Any

from hypothesis import strategies as st

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.faults import faults_of
from qiao.domains.bot.flows.tests.flow_samples import AROUND, both, flow_of

KINDS = ("text", "choice", "number", "date", "phone", "email", "order_number", "address", "yes_no", "file")
SLOTS = ("a", "b", "c")
FAULTS = ("not_found", "refused", "unavailable", "invalid")
CHOICES = [
    {"value": "x", "label": both("红茶", "black tea")},
    {"value": "y", "label": both("绿茶", "green tea"), "words": ["绿"]},
]

WORDS = st.sampled_from(
    [
        "是", "不", "好的", "跳过", "算了", "1", "第二个", "红茶", "绿的", "green tea please", "订单 LT10000001", "LT20261117-0006",
        "13800000188", "lin@example.com", "明天", "12 月 1 日", "浙江省杭州市西湖区文三路 90 号", "不对，改一下", "多少钱？", "yes", "no",
        "three", "actually it's LT10000002", "never mind", "", " ", "{a}", "[x](http://e.example)", "💥", "\x00", "是" * 300,
    ]
)  # fmt: skip
TEXTS = st.one_of(WORDS, st.text(max_size=60))


def _condition(draw: Any) -> dict[str, Any]:
    slot = draw(st.sampled_from([*SLOTS, "found.status", "customer.known", "error.kind"]))
    op = draw(st.sampled_from(["filled", "empty", "equals", "not_equals", "contains", "less", "at_most", "more", "at_least"]))
    value = draw(st.sampled_from([None, True, 1, 2.5, "x", "paid"]))
    one = {"op": op, "slot": slot, "value": value}
    return draw(st.sampled_from([one, {"op": "not", "of": [one]}, {"op": "any", "of": [one, {"op": "filled", "slot": "a"}]}]))


def _ask(draw: Any, node: str, ids: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    return {
        "id": node,
        "type": "ask",
        "slot": draw(st.sampled_from(SLOTS)),
        "kind": kind,
        "prompt": both("{a} {found.status}？\n请回答", "{a} {found.status}?\nPlease"),
        "label": draw(st.sampled_from([None, both("茶", "tea")])),
        "required": draw(st.booleans()),
        "fresh": draw(st.booleans()),
        "tries": draw(st.integers(1, 4)),
        "failed": draw(st.sampled_from([None, *ids])),
        "choices": CHOICES if kind == "choice" else [],
        "minimum": draw(st.sampled_from([None, 0, 1])) if kind in {"number", "text"} else None,
        "next": draw(st.sampled_from(ids)),
    }


def _other(draw: Any, node: str, ids: list[str]) -> dict[str, Any]:
    after = draw(st.sampled_from(ids))
    say = {"id": node, "type": "say", "text": both("{a}，{b}", "{a}, {b}"), "next": after}
    tool = {
        "id": node,
        "type": "tool",
        "tool": "order",
        "result": "found",
        "arguments": {"order": {"slot": draw(st.sampled_from(SLOTS))}},
        "errors": {fault: draw(st.sampled_from(ids)) for fault in draw(st.lists(st.sampled_from(FAULTS), unique=True))},
        "next": after,
    }
    card = {
        "id": node,
        "type": "card",
        "title": both("{a}"),
        "fields": [{"label": both("状态", "status"), "value": both("{found.status}")}],
        "rows": {"over": "found.items", "text": both("{item.title}")},
        "next": after,
    }
    branch = {
        "id": node,
        "type": "branch",
        "cases": [{"when": _condition(draw), "next": draw(st.sampled_from(ids))}],
        "otherwise": after,
    }
    over = {"id": node, "type": "hand_over", "reason": both("{a}"), "summary": [{"label": both("茶"), "value": both("{b}")}]}
    return draw(st.sampled_from([say, tool, card, branch, over]))


@st.composite
def any_flow(draw: Any) -> FlowDefinition:
    """A graph with whatever edges; it may have faults."""
    ids = [f"n{at}" for at in range(draw(st.integers(1, 7)))] + ["end"]
    nodes = [
        _ask(draw, node, ids) if at == 0 or draw(st.booleans()) else _other(draw, node, ids) for at, node in enumerate(ids[:-1])
    ]
    nodes.append({"id": "end", "type": "end", "text": draw(st.sampled_from([None, both("再见 {a}", "Bye {a}")]))})
    fillers = [
        {"id": f"fill_{slot}", "type": "ask", "slot": slot, "kind": "text", "prompt": both("？", "?"), "next": "end"}
        for slot in SLOTS
    ]
    look = {
        "id": "look",
        "type": "tool",
        "tool": "order",
        "result": "found",
        "arguments": {"order": {"slot": "a"}},
        "next": "end",
    }
    return flow_of(*nodes, *fillers, look, start="n0")


def harmless(code: str) -> bool:
    """Faults that change nothing of how a flow goes: the fillers above stand beside the graph so that every name is known."""
    return code in {"unreachable", "no_end"}


def publishable_flow() -> st.SearchStrategy[FlowDefinition]:
    """A graph that could be published."""
    return any_flow().filter(lambda flow: all(harmless(one.code) for one in faults_of(flow, AROUND)))
