"""What a message means to a flow that waits for an answer: an answer, a correction, the end, or something else. Pure."""

import re
from typing import Literal

from qiao.domains.bot.flows.advance import accepts, asked, corrigible
from qiao.domains.bot.flows.answers import plain_of
from qiao.domains.bot.flows.contracts import AskNode, FlowDefinition
from qiao.domains.bot.flows.heard import heard_in
from qiao.domains.bot.flows.running import Answer, Cancel, Correct, Event, FlowState, Ground
from qiao.domains.bot.flows.wishes import correction, wants_to_stop

Free = Literal["question", "story"]
_STORY = 120
"""A question that takes texts as long as this is answered in the customer's own words, whatever they look like."""
_ASKING = re.compile(
    r"[?？]\s*$|[吗呢么]$|什么|怎么|怎样|如何|多少|多久|多长|几天|几点|谁|哪|为什么|为啥|能不能|可不可以|是不是|有没有|要不要|会不会"
    r"|^(?:what|how|when|where|who|which|why|do|does|did|can|could|is|are|will|would|should|may)\b",
    re.IGNORECASE,
)


def meant(flow: FlowDefinition, state: FlowState, answer: Answer, ground: Ground) -> Event | None:
    """What happens to the flow; None when the message is about something else, or is no answer at all."""
    ask = asked(flow, state)
    fits = ask is not None and accepts(flow, state, answer, ground)
    if ask is None:
        return None
    picked = ask.kind in {"choice", "yes_no"} and fits
    if picked:
        return answer
    if wants_to_stop(answer.text):
        return Cancel()
    if ask.kind in {"text", "address"} and ask.pattern is None:
        return correction(answer.text, corrigible(flow, state)) or (answer if fits and not is_aside(ask, answer.text) else None)
    return (answer if fits else None) or correction(answer.text, corrigible(flow, state)) or _another(flow, state, answer, ground)


def _another(flow: FlowDefinition, state: FlowState, answer: Answer, ground: Ground) -> Event | None:
    """Another number or address of a kind that was given before takes the place of the first."""
    heard = heard_in(answer.text, ground)
    nodes = [node for node in flow.graph.nodes if isinstance(node, AskNode) and node.id in state.trail]
    for node in nodes:
        new = heard.get("order_number" if node.listed is not None else node.kind)
        if new is not None and new != state.slots.get(node.slot):
            return Correct(node.slot, str(new))
    return None


def is_aside(ask: AskNode, text: str) -> bool:
    """Whether a text is rather a question than an answer to one that takes free words."""
    return not takes_stories(ask) and looks_like_question(text)


def takes_stories(ask: AskNode) -> bool:
    """Whether the customer may answer at length."""
    return ask.kind == "text" and ask.pattern is None and (ask.maximum is None or ask.maximum >= _STORY)


def looks_like_question(text: str) -> bool:
    """Whether a text asks something."""
    return bool(plain_of(text)) and _ASKING.search(text.strip()) is not None
