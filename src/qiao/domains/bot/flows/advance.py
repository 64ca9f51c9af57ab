"""One step of a flow: `advance(flow, state, event, ground) -> (state, effects)`. Pure: nothing is called, stored or posted here.

It walks from node to node until it needs something from outside (an answer, a tool, a person) or is over. The same arguments give
the same result, so a turn that is repeated after a crash asks for the same tool call under the same key.
"""

from collections.abc import Mapping, Sequence

from qiao.domains.bot.flows.answers import read
from qiao.domains.bot.flows.building import card_of, options_of, shown_of
from qiao.domains.bot.flows.conditions import holds
from qiao.domains.bot.flows.contracts import (
    MAX_STEPS,
    AnswerNode,
    AskNode,
    BranchNode,
    CardNode,
    EndNode,
    FlowDefinition,
    HandOverNode,
    Node,
    SayNode,
    ToolNode,
)
from qiao.domains.bot.flows.filling import chooses_way
from qiao.domains.bot.flows.heard import all_heard, heard_in
from qiao.domains.bot.flows.running import (
    Answer,
    Ask,
    Begin,
    Call,
    Cancel,
    Correct,
    Effect,
    Event,
    Faulted,
    FlowState,
    Ground,
    Quote,
    Returned,
    Say,
)
from qiao.domains.bot.flows.speaking import Speaking
from qiao.domains.bot.flows.texts import fill, look_up
from qiao.domains.bot.flows.words import again, word

GIVEN_UP = 2
"""How often a question may lead to its `failed` edge in one run; after that a person comes."""


def fresh(flow: FlowDefinition, run: str) -> FlowState:
    """A run that has not begun; `run` names it for ever (32 characters at most)."""
    return FlowState(run=run, node=flow.graph.start)


def advance(flow: FlowDefinition, state: FlowState, event: Event, ground: Ground) -> tuple[FlowState, list[Effect]]:
    """The next state and what is to be done, in order. A flow that is over stays as it is and wants nothing."""
    if state.outcome is not None:
        return state, []
    walk = _Walk(flow, state, ground)
    walk.take(event)
    return walk.state(), walk.effects


def accepts(flow: FlowDefinition, state: FlowState, answer: Answer, ground: Ground) -> bool:
    """Whether a message is an answer to the question that is waited for."""
    return _Walk(flow, state, ground).reads(answer) is not None


def asked(flow: FlowDefinition, state: FlowState) -> AskNode | None:
    """The question that is waited for."""
    node = next((one for one in flow.graph.nodes if one.id == state.node), None)
    return node if isinstance(node, AskNode) and state.waits == "answer" else None


def corrigible(flow: FlowDefinition, state: FlowState) -> Mapping[str, Sequence[str]]:
    """What the customer may take back, the last first: each slot with the names it goes by."""
    nodes = {node.id: node for node in flow.graph.nodes}
    passed = [node for name in reversed(state.trail) if isinstance(node := nodes.get(name), AskNode) and node.kind != "yes_no"]
    return {node.slot: [text for text in (node.label or {}).values() if text] for node in passed}


class _Walk(Speaking):
    """The state while it moves."""

    def take(self, event: Event) -> None:
        """What the event means here. An event that is not waited for changes nothing."""
        if isinstance(event, Begin | Answer | Correct | Ask):
            self.steps = 0
        match event:
            case Begin():
                self.heard = {**all_heard([*event.earlier, event.text], self.ground), "said": event.text}
                self._walk(self.node)
            case Cancel():
                self._cancel()
            case Returned() | Faulted() if self.waits == "tool":
                self._tool_ended(event)
            case Answer() if self.waits == "answer":
                self._answered(event)
            case Correct() if self.waits == "answer":
                self._correct(event)
            case Ask() if self.waits == "answer":
                self._put(self.asking(), "")
            case _:
                pass

    # --- events -----------------------------------------------------------------------------------------------------------

    def _answered(self, answer: Answer) -> None:
        ask, found = self.asking(), self.reads(answer)
        if found is None:
            self.tries += 1
            if self.tries < ask.tries:
                self._put(ask, fill(ask.again, self.seen, self.ground) or again(ask.kind, self.ground.language))
            elif ask.failed and self._given_up_on(ask) < GIVEN_UP:
                self._walk(ask.failed)
            else:
                self._give_up("tried", word("because_tried", self.ground.language, name=self._name()))
            return
        others = {kind: value for kind, value in heard_in(answer.text, self.ground).items() if value != found.value}
        self.heard |= others
        self.fill(ask, found.value)
        self._walk(self._way_from(ask))

    def _given_up_on(self, ask: AskNode) -> int:
        """How often its tries were used up before: a way that leads back to the question is not taken for ever."""
        key = f"{ask.id}:failed"
        before = self.visits.get(key, 0)
        self.visits[key] = before + 1
        return before

    def _tool_ended(self, event: Returned | Faulted) -> None:
        tool = self.nodes[self.node]
        assert isinstance(tool, ToolNode)  # noqa: S101 - `waits` says so
        if isinstance(event, Returned):
            self.slots[tool.result], self.wrote = event.value, self.wrote or event.wrote
            self.slots.pop("error", None)
            self._walk(tool.next)
            return
        self.slots[tool.result] = None
        self.slots["error"] = {"kind": event.fault, "reason": event.reason, "field": event.field}
        if event.fault in tool.errors:
            self._walk(tool.errors[event.fault])
            return
        language = self.ground.language
        fault = word(f"fault_{event.fault}", language)
        self._give_up(event.fault, word("because_fault", language, name=self._name(), fault=fault))

    def _correct(self, event: Correct) -> None:
        """Back to the question of the slot; what was found out from the old value is forgotten, later answers are kept."""
        slot = event.slot or next(iter(corrigible(self.flow, self.before)), None)
        at = next((at for at, name in enumerate(self.trail) if getattr(self.nodes.get(name), "slot", None) == slot), None)
        if slot is None or at is None:
            self._put(self.asking(), word("correct_again", self.ground.language))
            return
        self._forget([*self.trail[at:], self.node])
        self.node, self.trail, self.tries = self.trail[at], self.trail[:at], 0
        self.slots.pop(slot, None)
        ask = self.asking()
        found = read(ask, Answer(event.text), options_of(ask, self.seen, self.ground), self.ground) if event.text else None
        if found is None:
            self._put(ask, word("correct_again", self.ground.language))
            return
        self.effects.append(Say(word("corrected", self.ground.language)))
        self.fill(ask, found.value)
        self._walk(self._way_from(ask))

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            node = self.nodes.get(name)
            if isinstance(node, ToolNode):
                self.slots.pop(node.result, None)
            elif isinstance(node, AskNode) and (node.fresh or node.listed is not None or chooses_way(node)):
                self.slots.pop(node.slot, None)

    def _cancel(self) -> None:
        self.effects.append(Say(word("cancelled_after" if self.wrote else "cancelled", self.ground.language)))
        self._over("cancelled")

    # --- walking ----------------------------------------------------------------------------------------------------------

    def _walk(self, to: str) -> None:
        following: str | None = to
        while following is not None:
            self.steps += 1
            node = self.nodes.get(following)
            if self.steps > MAX_STEPS or node is None:
                self._give_up("steps", word("because_steps", self.ground.language, name=self._name()))
                return
            self.node, self.waits = node.id, "nothing"
            following = self._pass(node)

    def _pass(self, node: Node) -> str | None:
        """Through one node: the next, or None where the walk stops."""
        match node:
            case AskNode():
                return self._pass_ask(node)
            case ToolNode():
                return self._call(node)
            case BranchNode():
                return next((case.next for case in node.cases if holds(case.when, self.seen)), node.otherwise)
            case HandOverNode() | EndNode():
                return self._finish(node)
            case _:
                return self._tell(node)

    def _tell(self, node: SayNode | CardNode | AnswerNode) -> str:
        match node:
            case SayNode():
                self._say(fill(node.text, self.seen, self.ground), shown_of(node, self.seen, self.ground))
            case CardNode():
                self.effects.append(card_of(node, self.seen, self.ground))
            case AnswerNode():
                self.effects.append(Quote(node.entry_id))
        return node.next

    def _pass_ask(self, ask: AskNode) -> str | None:
        led_back = ask.id in self.trail
        if led_back:  # the old answer was not good enough
            self.slots.pop(ask.slot, None)
            self.reopen(ask.slot)
        if ask.fresh or led_back or not (self.filled(ask) if ask.slot in self.slots else self.told(ask)):
            self.tries = 0
            self._put(ask, "")
            return None
        self.trail.append(ask.id)
        return self._way_from(ask)

    def _call(self, tool: ToolNode) -> None:
        visit = self.visits.get(tool.id, 0) + 1
        self.visits[tool.id] = visit
        self.trail.append(tool.id)
        arguments = {
            name: given
            for name, argument in tool.arguments.items()
            if (given := look_up(self.seen, argument.slot) if argument.slot else argument.value) is not None
        }
        key = f"{self.before.run}:{tool.id}:{visit}"
        self.effects.append(Call(node=tool.id, visit=visit, tool=tool.tool, arguments=arguments, key=key))
        self.waits = "tool"
