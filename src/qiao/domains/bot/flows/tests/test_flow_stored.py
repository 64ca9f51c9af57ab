"""What is kept of flows and runs, and what a process holds of it in memory: marks, versions, one open run a conversation."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from qiao.domains.bot.classifying.contracts import Guess
from qiao.domains.bot.flows import book as book_module
from qiao.domains.bot.flows.advance import fresh
from qiao.domains.bot.flows.book import FlowBook
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.repository import FlowRows, Run, RunRows
from qiao.domains.bot.flows.tests.flow_samples import RUN, ask, both, end, flow_of
from qiao.kit.clock import utc_now

pytestmark = pytest.mark.database
FLOW = flow_of(
    ask("name", "text"),
    end("{name}"),
    trigger={"phrases": {"zh": ["我要测水质"], "en": ["test my water"]}, "intent_probability": 0.8},
)


class NoMeaning:
    """Words alone."""

    async def of_question(self, text: str) -> None:
        return None

    async def of_texts(self, texts: list[str]) -> None:
        return None


class BrokenMeaning(NoMeaning):
    async def of_texts(self, texts: list[str]) -> None:
        raise RuntimeError("no model")


class Sure:
    """A classifier that is as sure as it is told, of one intent."""

    def __init__(self, intent: UUID, probability: float, in_scope: float = 0.9) -> None:
        self.guess = Guess(intent, probability, in_scope)

    async def classify(self, *_: Any) -> list[Guess]:
        return [self.guess]


@pytest.fixture
async def scope(database: Any, workspace: Any) -> Any:
    async with database.scope(workspace.id) as scope:
        yield scope


async def published(database: Any, workspace: Any, definition: FlowDefinition = FLOW) -> UUID:
    flow_id = uuid4()
    async with database.scope(workspace.id) as scope:
        rows = FlowRows(scope)
        await rows.add(flow_id, definition, None)
        stored = await rows.one(flow_id, lock=True)
        assert stored is not None
        await rows.publish(stored, None)
    return flow_id


def run(flow_id: UUID, talk: UUID, **more: Any) -> Run:
    state = msgspec.structs.replace(fresh(FLOW, RUN), slots={"name": "林晓"}, waits="answer")
    return Run(
        **{
            "id": uuid4(),
            "conversation_id": talk,
            "flow_id": flow_id,
            "version": 1,
            "state": state,
            "seq": 1,
            "updated_at": utc_now(),
            **more,
        }
    )


# --- rows -----------------------------------------------------------------------------------------------------------------


async def test_a_shipped_flow_is_there_once(scope: Any) -> None:
    rows = FlowRows(scope)
    assert await rows.add(uuid4(), FLOW, "invoice")
    assert not await rows.add(uuid4(), FLOW, "invoice")
    assert await rows.add(uuid4(), FLOW, None)
    assert await rows.count() == 2


async def test_the_mark_rises_with_what_customers_meet(database: Any, workspace: Any) -> None:
    async with database.scope(workspace.id) as scope:
        assert await FlowRows(scope).mark() == 0
    flow_id = await published(database, workspace)
    async with database.scope(workspace.id) as scope:
        rows = FlowRows(scope)
        first = await rows.mark()
        await rows.save(flow_id, FLOW)
        assert await rows.mark() == first
        await rows.enable(flow_id, enabled=False)
        assert await rows.mark() == first + 1
        assert await rows.live() == []


async def test_what_is_live_is_what_was_published_and_not_the_draft(database: Any, workspace: Any) -> None:
    flow_id = await published(database, workspace)
    async with database.scope(workspace.id) as scope:
        rows = FlowRows(scope)
        await rows.save(flow_id, flow_of(end("anders")))
        (live,) = await rows.live()
    assert (live.id, live.version, live.definition) == (flow_id, 1, FLOW)


async def test_one_run_is_open_in_a_conversation_and_ends_once(database: Any, workspace: Any, scope: Any) -> None:
    flow_id, talk = await published(database, workspace), uuid4()
    rows, first = RunRows(scope), run(flow_id, talk)
    await rows.store(first)
    found = await rows.open(talk)
    assert found is not None
    assert (found.id, found.state) == (first.id, first.state)
    await rows.end(talk, "lapsed")
    assert await rows.open(talk) is None
    await rows.store(first)
    assert await rows.open(talk) is None, "what is over does not come back"


async def test_what_was_gathered_is_forgotten_when_a_run_ends(database: Any, workspace: Any, scope: Any) -> None:
    flow_id, talk = await published(database, workspace), uuid4()
    rows = RunRows(scope)
    await rows.store(run(flow_id, talk))
    await rows.end(talk, "switched")
    row = await scope.connection.fetchrow("select outcome, state from bot_flow_states where workspace_id = $1", workspace.id)
    assert (row["outcome"], row["state"]["slots"], row["state"]["outcome"]) == ("switched", {}, "switched")
    assert "林晓" not in str(row["state"])


async def test_storing_a_step_twice_is_one_run(database: Any, workspace: Any, scope: Any) -> None:
    flow_id, talk = await published(database, workspace), uuid4()
    rows, one = RunRows(scope), run(flow_id, talk)
    for seq in (1, 2, 2):
        await rows.store(msgspec.structs.replace(one, seq=seq))
    assert await scope.connection.fetchval("select count(*) from bot_flow_states where workspace_id = $1", workspace.id) == 1
    assert (await rows.open(talk)).seq == 2  # type: ignore[union-attr]


async def test_ending_where_nothing_is_open_changes_nothing(scope: Any) -> None:
    await RunRows(scope).end(uuid4(), "cancelled")
    assert await RunRows(scope).open(uuid4()) is None


# --- what a process holds -------------------------------------------------------------------------------------------------


async def test_it_looks_again_only_when_something_was_changed(
    database: Any, workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "LOOK_SECONDS", 0.0)
    await published(database, workspace)
    book = FlowBook(database, NoMeaning())  # type: ignore[arg-type]
    first = await book.held(workspace.id)
    assert await book.held(workspace.id) is first
    await published(database, workspace)
    assert len((await book.held(workspace.id)).flows) == 2


async def test_what_was_changed_here_is_seen_at_once(database: Any, workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "LOOK_SECONDS", 60.0)
    book = FlowBook(database, NoMeaning())  # type: ignore[arg-type]
    book.forget(workspace.id)
    assert (await book.held(workspace.id)).flows == {}
    await published(database, workspace)
    assert (await book.held(workspace.id)).flows == {}
    book.forget(workspace.id)
    assert len((await book.held(workspace.id)).flows) == 1


async def test_a_version_is_read_once_and_those_that_are_not_there_are_none(database: Any, workspace: Any) -> None:
    flow_id = await published(database, workspace)
    book = FlowBook(database, NoMeaning())  # type: ignore[arg-type]
    first = await book.version(workspace.id, flow_id, 1)
    assert first == FLOW
    assert await book.version(workspace.id, flow_id, 1) is first
    assert await book.version(workspace.id, flow_id, 2) is None


async def test_it_holds_no_more_than_it_may(database: Any, workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from qiao.domains.workspaces.api import Workspaces

    monkeypatch.setattr(book_module, "MAX_HELD", 1)
    monkeypatch.setattr(book_module, "MAX_VERSIONS", 1)
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家", "en": "Another"})
    flows = [await published(database, one) for one in (workspace, workspace)]
    book = FlowBook(database, NoMeaning())  # type: ignore[arg-type]
    first = await book.held(workspace.id)
    await book.held(other.id)
    assert await book.held(workspace.id) is not first
    versions = [await book.version(workspace.id, flow_id, 1) for flow_id in flows]
    assert versions == [FLOW, FLOW]


async def test_flows_are_a_companys_own(database: Any, workspace: Any) -> None:
    from qiao.domains.workspaces.api import Workspaces

    await published(database, workspace)
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家", "en": "Another"})
    book = FlowBook(database, NoMeaning())  # type: ignore[arg-type]
    assert [one.exact for one in await book.guesses(workspace.id, "我要测水质")] == [True]
    assert await book.guesses(other.id, "我要测水质") == []


async def test_without_a_model_words_decide_and_a_broken_one_is_not_noticed(database: Any, workspace: Any) -> None:
    await published(database, workspace)
    book = FlowBook(database, BrokenMeaning())  # type: ignore[arg-type]
    assert (await book.guesses(workspace.id, "我要测水质！"))[0].starts
    await book.settle()
    assert (await book.guesses(workspace.id, "请问我要测水质可以吗"))[0].near > 0


@pytest.mark.parametrize(
    ("probability", "in_scope", "starts"), [(0.95, 0.9, True), (0.7, 0.9, False), (0.95, 0.2, False), (0.8, 0.5, True)]
)
async def test_an_intent_begins_it_when_it_is_sure_enough(
    database: Any, workspace: Any, probability: float, in_scope: float, starts: bool
) -> None:
    intent = uuid4()
    trigger = msgspec.structs.replace(FLOW.trigger, intents=[intent])
    await published(database, workspace, msgspec.structs.replace(FLOW, trigger=trigger))
    book = FlowBook(database, NoMeaning(), Sure(intent, probability, in_scope))  # type: ignore[arg-type]
    guesses = await book.guesses(workspace.id, "家里的自来水有味道")
    assert any(one.starts for one in guesses) is starts


async def test_an_intent_that_no_flow_names_begins_nothing(database: Any, workspace: Any) -> None:
    await published(database, workspace)
    book = FlowBook(database, NoMeaning(), Sure(uuid4(), 0.99))  # type: ignore[arg-type]
    assert not any(one.starts for one in await book.guesses(workspace.id, "家里的自来水有味道"))


async def test_many_ask_at_once(database: Any, workspace: Any) -> None:
    await published(database, workspace)
    book = FlowBook(database, NoMeaning())  # type: ignore[arg-type]
    found = await asyncio.gather(*(book.guesses(workspace.id, "我要测水质") for _ in range(20)))
    assert all(one[0].exact for one in found)
    assert both("x")["zh"] == "x"
