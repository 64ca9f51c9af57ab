"""Small flows for tests, and one customer who goes through them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from qiao.domains.bot.flows.advance import advance, fresh
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.faults import KnownTool, Surroundings
from qiao.domains.bot.flows.running import Answer, Begin, Call, Effect, Event, FlowState, Ground, Question, Say

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ZH = Ground(language="zh", now=NOW)
EN = Ground(language="en", now=NOW)
RUN = "r" * 32
TOOLS = {
    "orders": KnownTool(required=frozenset(), arguments=frozenset(), results=None),
    "order": KnownTool(
        required=frozenset({"order"}), arguments=frozenset({"order", "last4"}), results=frozenset({"number", "status", "items"})
    ),
    "book": KnownTool(required=frozenset({"slot"}), arguments=frozenset({"slot", "name"})),
}
AROUND = Surroundings(tools=TOOLS)


def both(zh: str, en: str = "") -> dict[str, str]:
    return {"zh": zh, "en": en or zh}


def flow_of(*nodes: dict[str, Any], start: str | None = None, **more: Any) -> FlowDefinition:
    """A flow from nodes as JSON has them; those without `next` lead to the one behind them."""
    joined = [
        {**({"next": after["id"]} if after and node["type"] in {"say", "ask", "tool", "card", "answer"} else {}), **node}
        for node, after in zip(nodes, [*nodes[1:], None], strict=True)
    ]
    raw = {
        "name": both("查订单", "Order status"),
        "button": both("查订单", "Track an order"),
        "graph": {"start": start or nodes[0]["id"], "nodes": joined},
        **more,
    }
    return msgspec.convert(raw, FlowDefinition)


def ask(id_: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "type": "ask", "slot": id_, "kind": kind, "prompt": both(f"{id_}？", f"{id_}?"), **more}


def say(id_: str, zh: str, en: str = "", **more: Any) -> dict[str, Any]:
    return {"id": id_, "type": "say", "text": both(zh, en), **more}


def end(text: str | None = None, id_: str = "end") -> dict[str, Any]:
    return {"id": id_, "type": "end", "text": both(text) if text else None}


class Talk:
    """One customer in one flow. `said` and `asked` are of the last step."""

    def __init__(self, flow: FlowDefinition, first: str = "", ground: Ground = ZH) -> None:
        self.flow, self.ground = flow, ground
        self.state, self.effects = advance(flow, fresh(flow, RUN), Begin(first), ground)

    def take(self, event: Event) -> "Talk":
        self.state, self.effects = advance(self.flow, self.state, event, self.ground)
        return self

    def write(self, text: str) -> "Talk":
        return self.take(Answer(text))

    @property
    def said(self) -> list[str]:
        return [one.text for one in self.effects if isinstance(one, Say)]

    @property
    def asked(self) -> str | None:
        return next((one.slot for one in self.effects if isinstance(one, Question)), None)

    @property
    def question(self) -> Question:
        return self.one(Question)

    @property
    def call(self) -> Call:
        return self.one(Call)

    def one(self, kind: type[Any]) -> Any:
        return next(one for one in self.effects if isinstance(one, kind))


def shown_state(state: FlowState) -> Mapping[str, Any]:
    return msgspec.to_builtins(state)


def kinds(effects: Sequence[Effect]) -> list[str]:
    return [type(one).__name__ for one in effects]
