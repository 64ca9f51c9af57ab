"""Promises of the engine for every flow that can be published and for every customer: it ends or asks, and never asks for ever."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.domains.bot.flows.advance import accepts, advance, asked, corrigible, fresh
from qiao.domains.bot.flows.contracts import MAX_STEPS, AskNode, FlowDefinition
from qiao.domains.bot.flows.desk import tried
from qiao.domains.bot.flows.faults import faults_of
from qiao.domains.bot.flows.meant import meant
from qiao.domains.bot.flows.rendering import content_of_part, parts_of, text_of_part
from qiao.domains.bot.flows.running import (
    Answer,
    Begin,
    Call,
    Card,
    Faulted,
    FlowState,
    Ground,
    HandOver,
    Question,
    Returned,
    Say,
)
from qiao.domains.bot.flows.shown import FlowTry, Simulated
from qiao.domains.bot.flows.tests.flow_samples import AROUND, EN, RUN, ZH
from qiao.domains.bot.flows.tests.made_flows import FAULTS, TEXTS, any_flow, publishable_flow

pytestmark = pytest.mark.slow  # hundreds of talks

RESULTS = st.one_of(
    st.builds(Faulted, st.sampled_from(FAULTS), st.sampled_from(["", "slot_full"])),
    st.builds(
        Returned,
        st.one_of(
            st.none(),
            st.just({"number": "A1", "status": "paid", "items": [{"title": {"zh": "茶", "en": "tea"}}]}),
            st.dictionaries(
                st.sampled_from(["status", "items", "number"]), st.one_of(st.none(), st.integers(), st.text(max_size=5))
            ),
            st.lists(st.integers(), max_size=3),
            st.text(max_size=5),
        ),
        st.booleans(),
    ),
)
GROUNDS = st.sampled_from([ZH, EN])
MAX_CALLS = 60


def step(flow: FlowDefinition, state: FlowState, event: Any, results: Any, ground: Ground) -> tuple[FlowState, list[Any]]:
    """One turn of a customer with every tool answered; a flow that calls for ever is stopped by its own count."""
    shown: list[Any] = []
    for _ in range(MAX_CALLS):
        state, effects = advance(flow, state, event, ground)
        shown += effects
        if not any(isinstance(one, Call) for one in effects):
            return state, shown
        event = results.draw(RESULTS)
    raise AssertionError("a turn that does not end")


@settings(max_examples=40)
@given(publishable_flow(), TEXTS, st.lists(TEXTS, max_size=10), GROUNDS, st.data())
def test_after_each_message_it_asks_or_is_over(
    flow: FlowDefinition, first: str, texts: list[str], ground: Ground, data: Any
) -> None:
    state, shown = step(flow, fresh(flow, RUN), Begin(first), data, ground)
    for text in texts:
        assert (state.outcome is None) == (asked(flow, state) is not None)
        assert (state.outcome is None) == any(isinstance(one, Question) for one in shown)
        if state.outcome is not None:
            break
        answer = Answer(text)
        state, shown = step(flow, state, meant(flow, state, answer, ground) or answer, data, ground)
    assert state.steps <= MAX_STEPS + 1


@settings(max_examples=40)
@given(publishable_flow(), st.text(max_size=3), GROUNDS, st.data())
def test_what_is_never_understood_is_not_asked_more_often_than_its_tries(
    flow: FlowDefinition, noise: str, ground: Ground, data: Any
) -> None:
    """Not a question in a row without an end: each is put at most `tries` times before the flow goes on or a person comes."""
    state, _ = step(flow, fresh(flow, RUN), Begin(""), data, ground)
    ask, count = asked(flow, state), 0
    while ask is not None and asked(flow, state) == ask and not accepts(flow, state, Answer(noise), ground):
        before = state.tries
        state, _ = step(flow, state, Answer(noise), data, ground)
        count += 1
        assert count <= ask.tries
        if state.tries <= before:
            break


@settings(max_examples=30)
@given(publishable_flow(), st.lists(TEXTS, max_size=6), GROUNDS, st.data())
def test_the_same_talk_is_the_same_talk(flow: FlowDefinition, texts: list[str], ground: Ground, data: Any) -> None:
    result = data.draw(RESULTS)
    talks = []
    for _ in range(2):
        state, trace = fresh(flow, RUN), []
        for written in (Begin(""), *map(Answer, texts)):
            event: Any = written
            for _ in range(MAX_CALLS):
                state, effects = advance(flow, state, event, ground)
                trace += effects
                if not any(isinstance(one, Call) for one in effects):
                    break
                event = result
        talks.append((state, trace))
    assert talks[0] == talks[1]
    keys = [one.key for one in talks[0][1] if isinstance(one, Call)]
    assert len(keys) == len(set(keys))


@settings(max_examples=30)
@given(publishable_flow(), st.lists(TEXTS, max_size=6), GROUNDS, st.data())
def test_a_state_survives_the_database_at_every_point(flow: FlowDefinition, texts: list[str], ground: Ground, data: Any) -> None:
    state = fresh(flow, RUN)
    for event in (Begin("订单 LT10000001"), *map(Answer, texts)):
        state, shown = step(flow, state, event, data, ground)
        assert msgspec.json.decode(msgspec.json.encode(state), type=FlowState) == state
        for part in parts_of(shown):
            assert isinstance(text_of_part(part), str)  # type: ignore[arg-type]
            assert msgspec.json.encode(content_of_part(part, None))  # type: ignore[arg-type]


@settings(max_examples=40)
@given(any_flow(), TEXTS, st.lists(TEXTS, max_size=6), GROUNDS, st.data())
def test_even_a_flow_with_faults_never_breaks(
    flow: FlowDefinition, first: str, texts: list[str], ground: Ground, data: Any
) -> None:
    assert all(one.code for one in faults_of(flow, AROUND))
    state, _ = step(flow, fresh(flow, RUN), Begin(first), data, ground)
    for text in texts:
        corrigible(flow, state)
        answer = Answer(text)
        state, _ = step(flow, state, meant(flow, state, answer, ground) or answer, data, ground)


@settings(max_examples=40)
@given(publishable_flow(), st.lists(TEXTS, min_size=1, max_size=8), st.data())
def test_what_a_customer_writes_never_becomes_a_text_of_the_flow(flow: FlowDefinition, texts: list[str], data: Any) -> None:
    """Braces in an answer are never filled with what the flow knows, links never become links."""
    state, _ = step(flow, fresh(flow, RUN), Begin("{found.status} [a](http://e.example)"), data, ZH)
    for text in texts:
        state, shown = step(flow, state, Answer(f"{text} {{found.number}} [a](http://e.example)"), data, ZH)
        said = " ".join(one.text for one in shown if isinstance(one, Say | Question))
        assert "](http://" not in said
        assert "A1" not in said.replace("{found.number}", "")


@settings(max_examples=30)
@given(publishable_flow(), st.lists(TEXTS, max_size=6), st.data())
def test_when_it_is_over_nothing_of_the_customer_is_kept(flow: FlowDefinition, texts: list[str], data: Any) -> None:
    state = fresh(flow, RUN)
    for event in (Begin("13800000188 lin@example.com"), *map(Answer, texts)):
        state, shown = step(flow, state, event, data, ZH)
        assert state.outcome is None or (state.slots, state.heard) == ({}, {})
        overs = Counter(isinstance(one, HandOver) for one in shown)[True]
        assert overs == (state.outcome == "handed_over" and overs)
        assert overs <= 1


@settings(max_examples=30)
@given(
    any_flow(),
    TEXTS,
    st.dictionaries(st.sampled_from(["order", "look", "n1"]), st.sampled_from([Simulated(value={}), Simulated(fault="refused")])),
)
def test_a_trial_of_any_draft_tells_where_it_stands(flow: FlowDefinition, text: str, results: dict[str, Simulated]) -> None:
    from uuid import uuid4

    trial = tried(flow, FlowTry(text=text, results=results), uuid4(), {})
    waits = trial.wants is not None or trial.over or trial.state.waits == "answer"
    # A draft that calls its tools in a circle stands in the middle of it.
    assert waits or len(trial.calls) > 1
    assert all(isinstance(one.text, str) for one in trial.messages)


@settings(max_examples=30)
@given(
    any_flow(),
    st.builds(
        FlowState,
        run=st.just(RUN),
        node=st.sampled_from(["n0", "n1", "look", "gone", "end"]),
        waits=st.sampled_from(["answer", "nothing"]),
        slots=st.dictionaries(st.sampled_from(["a", "b", "found"]), st.one_of(st.none(), st.integers(), st.text(max_size=5))),
        trail=st.lists(st.sampled_from(["n0", "n1", "gone", "look"]), max_size=5),
        tries=st.integers(-3, 9),
    ),
    TEXTS,
)
def test_the_editors_trial_takes_any_state_that_is_sent(flow: FlowDefinition, state: FlowState, text: str) -> None:
    """The state of a trial comes from outside: whatever it says, the answer is a trial or nothing at all."""
    nodes = {node.id: node for node in flow.graph.nodes}
    if state.waits == "answer" and not isinstance(nodes.get(state.node), AskNode):
        return
    assert tried(flow, FlowTry(text=text, state=state, results={"order": Simulated(fault="not_found")}), _id(), {}).state


def _id() -> Any:
    from uuid import UUID

    return UUID(int=1)


@given(publishable_flow(), GROUNDS)
def test_a_card_is_plain_whatever_stands_in_it(flow: FlowDefinition, ground: Ground) -> None:
    state, shown = fresh(flow, RUN), []
    for event in (Begin("**粗** # 题"), Answer("**粗** <b>x</b>")):
        state, effects = advance(flow, state, event, ground)
        shown += [one for one in effects if isinstance(one, Card)]
    assert all("\\*" not in card.title for card in shown)
