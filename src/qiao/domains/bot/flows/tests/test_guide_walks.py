"""Whatever the checks let through can be walked: in the help centre and in the chat, the same steps by the same answers."""

from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.guides import GuideStep, step_of
from qiao.domains.bot.flows.rendering import parts_of, text_of_part
from qiao.domains.bot.flows.tests.flow_samples import EN, Talk, ask, both, end, flow_of, say
from qiao.domains.bot.flows.tests.guide_samples import GUIDE, PICTURE, choice, codes, shown

MOST = 7


@st.composite
def graphs(draw: st.DrawFn) -> FlowDefinition:
    """Any graph of the steps a guide may have; many of them are no good."""
    count = draw(st.integers(1, MOST))
    names = [f"n{number}" for number in range(count)]
    to = st.sampled_from([*names, "end", "person"])
    nodes: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        ways = draw(st.lists(to, max_size=3))
        if ways:
            choices = [choice(f"{name}_{at}", f"{name} 选 {at}", f"{name} way {at}", way) for at, way in enumerate(ways)]
            nodes.append(ask(name, "choice", choices=choices, next=ways[0], fresh=draw(st.booleans())))
        else:
            media = {"media": shown(PICTURE)} if draw(st.booleans()) else {}
            nodes.append(
                say(
                    name,
                    f"{name} 的话",
                    f"{name} says",
                    next=draw(st.sampled_from([*names[place + 1 :], "end", "person"])),
                    **media,
                )
            )
    person = {"id": "person", "type": "hand_over", "reason": both("漏"), "text": both("请稍等。", "One moment.")}
    return flow_of(*nodes, end("好了。"), person, guide=GUIDE)


def all_steps(flow: FlowDefinition) -> dict[str, GuideStep]:
    """Every step that links lead to, by where it begins."""
    seen: dict[str, GuideStep] = {}
    todo = [flow.graph.start]
    while todo:
        step = step_of(flow, todo.pop(), "en")
        assert step is not None
        seen[step.id] = step
        todo += [way.to for way in step.ways if way.to not in seen]
    return seen


@given(graphs())
def test_a_guide_without_faults_has_no_dead_end(flow: FlowDefinition) -> None:
    assume({code for code, _ in codes(flow)} <= {"unreachable"})
    steps = all_steps(flow)
    assert all(bool(step.ways) != (step.last is not None) for step in steps.values())
    assert any(step.last for step in steps.values())


def both_ways(flow: FlowDefinition, answers: list[int]) -> Iterator[tuple[list[str], list[str]]]:
    """What the chat says and what the page says, step by step, as long as there is something to answer."""
    talk, steps = Talk(flow, ground=EN), all_steps(flow)
    step: GuideStep | None = steps[flow.graph.start]
    while step is not None:
        yield [text_of_part(part) for part in parts_of(talk.effects)], joined(step)
        way = step.ways[answers.pop() % len(step.ways)] if step.ways and answers else None
        talk, step = (talk.write(way.label), steps[way.to]) if way else (talk, None)


@given(graphs(), st.lists(st.integers(0, 2), max_size=6))
def test_the_chat_says_what_the_pages_say(flow: FlowDefinition, answers: list[int]) -> None:
    assume({code for code, _ in codes(flow)} <= {"unreachable"})
    for said, read in both_ways(flow, answers):
        assert said == read


def joined(step: GuideStep) -> list[str]:
    """A page's texts as the chat sends them: a picture ends a message."""
    messages: list[list[str]] = [[]]
    for part in step.parts:
        messages[-1].append(part.text)
        messages += [[]] if part.shown else []
    return ["\n\n".join(one) for one in messages if one]
