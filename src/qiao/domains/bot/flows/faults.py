"""What is wrong with a flow, node by node, in words an editor can act on. Pure; everything is told at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.flows.conditions import MAX_DEPTH, depth
from qiao.domains.bot.flows.contracts import (
    AnswerNode,
    AskNode,
    BranchNode,
    Condition,
    FlowDefinition,
    Node,
    Text,
    ToolNode,
    edges_of,
)
from qiao.domains.bot.flows.named import paths_of, texts_of
from qiao.domains.bot.flows.patterns import pattern_fault
from qiao.domains.bot.flows.texts import placeholders

LANGUAGES = ("zh", "en")
FaultCode = Literal[
    "duplicate_id", "no_start", "dangling_edge", "unreachable", "no_end", "loop_without_question", "missing_language", "unknown_slot",
    "unknown_tool", "missing_argument", "unknown_argument", "unknown_entry", "bad_pattern", "bad_bounds", "no_choices",
    "duplicate_choice", "bad_condition", "unfilled_trigger", "no_media", "unknown_file", "video_not_allowed", "not_in_guide",
    "slot_in_guide", "missing_text", "bad_slug", "taken_slug", "unknown_intent",
]  # fmt: skip
_GIVEN = {"customer": frozenset({"known", "name", "tier", "language"}), "error": frozenset({"kind", "reason", "field"})}
_PATTERNED = frozenset({"text", "order_number", "phone"})


class FlowFault(Struct, frozen=True, kw_only=True):
    """One fault. `node` is None for the flow itself; `field` is the place in the node, `detail` the thing that is wrong."""

    code: FaultCode
    node: str | None = None
    field: str = ""
    detail: str = ""


class KnownTool(Struct, frozen=True, kw_only=True):
    """What checking needs of a tool. `results` None: any part may be named."""

    required: frozenset[str]
    arguments: frozenset[str]
    results: frozenset[str] | None = None


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a flow may name beside itself. `entries` are those of the named entries that are published, `intents` those there are."""

    tools: Mapping[str, KnownTool]
    entries: Collection[UUID] = ()
    intents: Collection[UUID] = ()


def faults_of(flow: FlowDefinition, around: Surroundings) -> list[FlowFault]:
    """Every fault, in the order of the nodes; empty when the flow may be published."""
    ids = {node.id for node in flow.graph.nodes}
    found = [*_of_flow(flow, around), *_duplicates(flow.graph.nodes)]
    if flow.graph.start not in ids:
        found.append(FlowFault(code="no_start", field="graph.start", detail=flow.graph.start))
    slots = _slots(flow.graph.nodes, around)
    for node in flow.graph.nodes:
        found += [
            FlowFault(code="dangling_edge", node=node.id, field=name, detail=to) for name, to in edges_of(node) if to not in ids
        ]
        found += _of_node(node, slots, around)
    return [*found, *_of_shape(flow)]


def _of_flow(flow: FlowDefinition, around: Surroundings) -> Iterator[FlowFault]:
    for name, text in (("name", flow.name), ("button", flow.button)):
        yield from _languages(None, name, text)
    trigger = flow.trigger
    if not trigger.intents and not any(trigger.phrases.values()) and not trigger.offered:
        yield FlowFault(code="unfilled_trigger", field="trigger")
    for intent in trigger.intents:
        if intent not in around.intents:
            yield FlowFault(code="unknown_intent", field="trigger.intents", detail=str(intent))


def _duplicates(nodes: Sequence[Node]) -> Iterator[FlowFault]:
    seen = set[str]()
    for node in nodes:
        if node.id in seen:
            yield FlowFault(code="duplicate_id", node=node.id)
        seen.add(node.id)


# --- one node -------------------------------------------------------------------------------------------------------------


def _of_node(node: Node, slots: Mapping[str, frozenset[str] | None], around: Surroundings) -> Iterator[FlowFault]:
    yield from _of_names(node, slots)
    match node:
        case AskNode():
            yield from _of_ask(node)
        case ToolNode():
            yield from _of_tool(node, around)
        case BranchNode():
            for at, case in enumerate(node.cases):
                yield from _of_condition(node.id, f"cases.{at}.when", case.when)
        case AnswerNode() if node.entry_id not in around.entries:
            yield FlowFault(code="unknown_entry", node=node.id, field="entry_id", detail=str(node.entry_id))
        case _:
            pass


def _of_names(node: Node, slots: Mapping[str, frozenset[str] | None]) -> Iterator[FlowFault]:
    for name, text, item in texts_of(node):
        yield from _languages(node.id, name, text)
        for path in sorted({path for one in text.values() for path in placeholders(one)}):
            if not (item and path.split(".")[0] == "item") and not _names_something(path, slots):
                yield FlowFault(code="unknown_slot", node=node.id, field=name, detail=path)
    for name, path in paths_of(node):
        if not _names_something(path, slots):
            yield FlowFault(code="unknown_slot", node=node.id, field=name, detail=path)


def _of_ask(ask: AskNode) -> Iterator[FlowFault]:
    if ask.kind == "choice" and not ask.choices and ask.listed is None:
        yield FlowFault(code="no_choices", node=ask.id, field="choices")
    values = [choice.value for choice in ask.choices]
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield FlowFault(code="duplicate_choice", node=ask.id, field="choices", detail=value)
    if ask.kind == "yes_no" and not set(values) <= {"yes", "no"}:
        yield FlowFault(code="duplicate_choice", node=ask.id, field="choices", detail="yes, no")
    if ask.pattern is not None:
        problem = pattern_fault(ask.pattern) if ask.kind in _PATTERNED else "only for text and numbers of orders and phones"
        if problem is not None:
            yield FlowFault(code="bad_pattern", node=ask.id, field="pattern", detail=problem)
    if ask.minimum is not None and ask.maximum is not None and ask.minimum > ask.maximum:
        yield FlowFault(code="bad_bounds", node=ask.id, field="maximum", detail=f"{ask.minimum:g} > {ask.maximum:g}")


def _of_tool(node: ToolNode, around: Surroundings) -> Iterator[FlowFault]:
    tool = around.tools.get(node.tool)
    if tool is None:
        yield FlowFault(code="unknown_tool", node=node.id, field="tool", detail=node.tool)
        return
    for name in sorted(tool.required - set(node.arguments)):
        yield FlowFault(code="missing_argument", node=node.id, field="arguments", detail=name)
    for name in sorted(set(node.arguments) - tool.arguments):
        yield FlowFault(code="unknown_argument", node=node.id, field="arguments", detail=name)


def _of_condition(node: str, field: str, condition: Condition) -> Iterator[FlowFault]:
    inner = condition.op in {"all", "any", "not"}
    fits = bool(condition.of) and condition.slot is None if inner else condition.slot is not None and not condition.of
    if not fits or depth(condition) > MAX_DEPTH or (condition.op == "in" and not isinstance(condition.value, list)):
        yield FlowFault(code="bad_condition", node=node, field=field, detail=condition.op)
    for at, one in enumerate(condition.of):
        yield from _of_condition(node, f"{field}.of.{at}", one)


def _languages(node: str | None, name: str, text: Text) -> Iterator[FlowFault]:
    for language in LANGUAGES:
        if not text.get(language, "").strip():
            yield FlowFault(code="missing_language", node=node, field=name, detail=language)


def _slots(nodes: Sequence[Node], around: Surroundings) -> dict[str, frozenset[str] | None]:
    """Every slot that something fills, with the parts it may have; None: any or none."""
    known: dict[str, frozenset[str] | None] = dict(_GIVEN)
    for node in nodes:
        if isinstance(node, AskNode):
            known[node.slot] = frozenset()
            if node.kind == "choice":
                known[f"{node.slot}_text"] = frozenset()
        elif isinstance(node, ToolNode):
            tool = around.tools.get(node.tool)
            known[node.result] = tool.results if tool else None
    return known


def _names_something(path: str, slots: Mapping[str, frozenset[str] | None]) -> bool:
    root, *rest = path.split(".")
    if root not in slots:
        return False
    parts = slots[root]
    return parts is None or not rest or rest[0] in parts


# --- the whole ------------------------------------------------------------------------------------------------------------


def _of_shape(flow: FlowDefinition) -> Iterator[FlowFault]:
    nodes = {node.id: node for node in flow.graph.nodes}
    ways = {node.id: [to for _, to in edges_of(node) if to in nodes] for node in flow.graph.nodes}
    reached = _reached(flow.graph.start, ways)
    yield from (FlowFault(code="unreachable", node=one) for one in nodes if one not in reached)
    ends = {one for one, node in nodes.items() if not edges_of(node)}
    if reached and not ends & reached:
        yield FlowFault(code="no_end")
    waiting = {one for one, node in nodes.items() if isinstance(node, AskNode)}
    restless = {one: [to for to in to_all if to not in waiting] for one, to_all in ways.items() if one not in waiting}
    for one, following in restless.items():
        if any(one in _reached(to, restless) for to in following):
            yield FlowFault(code="loop_without_question", node=one)


def _reached(start: str, ways: Mapping[str, Sequence[str]]) -> set[str]:
    reached, todo = set[str](), [start] if start in ways else []
    while todo:
        one = todo.pop()
        if one not in reached:
            reached.add(one)
            todo += ways.get(one, ())
    return reached
