"""The slots of a run while it moves: what is filled, what was heard before it was asked for, what an answer means. Pure."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from qiao.domains.bot.flows.answers import Read, read, valid
from qiao.domains.bot.flows.building import options_of
from qiao.domains.bot.flows.contracts import (
    AskNode,
    FlowDefinition,
    Node,
)
from qiao.domains.bot.flows.running import (
    Answer,
    Effect,
    FlowState,
    Ground,
)


class Filling:
    """A run's state, taken apart to be changed and put together again."""

    def __init__(self, flow: FlowDefinition, state: FlowState, ground: Ground) -> None:
        self.flow, self.ground, self.before = flow, ground, state
        self.nodes: Mapping[str, Node] = {node.id: node for node in flow.graph.nodes}
        self.node, self.waits, self.outcome, self.tries = state.node, state.waits, state.outcome, state.tries
        self.slots, self.heard = dict(state.slots), dict(state.heard)
        self.trail, self.visits, self.steps = list(state.trail), dict(state.visits), state.steps
        self.wrote = state.wrote
        self.effects: list[Effect] = []

    def state(self) -> FlowState:
        """As it is now."""
        return replace(
            self.before,
            node=self.node,
            language=self.ground.language,
            waits=self.waits,
            slots=self.slots,
            heard=self.heard,
            trail=self.trail,
            visits=self.visits,
            tries=self.tries,
            steps=self.steps,
            wrote=self.wrote,
            outcome=self.outcome,
        )

    @property
    def seen(self) -> Mapping[str, Any]:
        """What texts and conditions may name."""
        return {**self.slots, "customer": self.ground.customer}

    def reads(self, answer: Answer) -> Read | None:
        """The answer as a value of what is asked."""
        ask = self.nodes.get(self.node)
        if not isinstance(ask, AskNode) or self.waits != "answer":
            return None
        return read(ask, answer, options_of(ask, self.seen, self.ground), self.ground)

    def asking(self) -> AskNode:
        node = self.nodes[self.node]
        assert isinstance(node, AskNode)  # noqa: S101 - `waits` says so
        return node

    def filled(self, ask: AskNode) -> bool:
        """Whether the slot holds what this question would take."""
        value = self.slots[ask.slot]
        if value is None:
            return not ask.required
        if ask.kind == "choice":
            return any(option.value == value for option in options_of(ask, self.seen, self.ground))
        return valid(ask, value, self.ground)

    def told(self, ask: AskNode) -> bool:
        """Whether the slot can be filled from what was said before; it is then."""
        options = options_of(ask, self.seen, self.ground)
        for kind in _said_before(ask):
            found = read(ask, Answer(str(self.heard.get(kind, ""))), options, self.ground)
            if found is not None and found.value is not None:
                self.set(ask, found.value)
                self.heard.pop(kind, None)
                return True
        return False

    def fill(self, ask: AskNode, value: Any) -> None:
        self.set(ask, value)
        self.reopen(ask.slot)
        self.trail.append(ask.id)
        self.tries = 0

    def reopen(self, slot: str) -> None:
        """A slot is filled anew: the questions from it on are passed once more, with the answers they have.

        Those whose answers chose the way are asked again: there the customer stands at the same fork once more.
        """
        asks = {name: node.slot for name in self.trail if isinstance(node := self.nodes.get(name), AskNode)}
        at = next((at for at, name in enumerate(self.trail) if asks.get(name) == slot), len(self.trail))
        for name in self.trail[at:]:
            if asks.get(name, slot) != slot and chooses_way(self.nodes[name]):
                self.slots.pop(asks[name], None)
        self.trail[at:] = [name for name in self.trail[at:] if name not in asks]

    def set(self, ask: AskNode, value: Any) -> None:
        """The slot and, for a choice, how the customer saw it."""
        self.slots[ask.slot] = value
        if ask.kind == "choice":
            labels = {choice.value: choice.label for choice in ask.choices}
            listed = {option.value: option.label for option in options_of(ask, self.seen, self.ground)}
            self.slots[f"{ask.slot}_text"] = labels.get(value) or listed.get(value)


def chooses_way(node: Node) -> bool:
    """Whether an answer to a question leads its own way."""
    return isinstance(node, AskNode) and any(choice.next for choice in node.choices)


def _said_before(ask: AskNode) -> tuple[str, ...]:
    """Under which names an answer may have been heard before it was asked for. Free words, numbers and yes are only answers."""
    if ask.kind == "choice":
        return ("order_number",) if ask.listed else ("said",)
    if ask.kind == "text":
        return ("last4",) if ask.pattern else ()
    return (ask.kind,) if ask.kind in {"phone", "email", "order_number", "date"} else ()
