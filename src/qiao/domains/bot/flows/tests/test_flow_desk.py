"""Flows as editors handle them: drafts and their faults, publishing, versions that never change, trials that do nothing."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from qiao.domains.bot.errors import FlowChanged, FlowInvalid, FlowNotFound
from qiao.domains.bot.flows import desk as desk_module
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import FlowChanges, FlowTry, NewFlow, Simulated
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of, say

pytestmark = pytest.mark.database
GREETING = flow_of(say("hello", "您好", "Hello"), ask("name", "text", label=both("称呼", "name")), end("{name}"))
BROKEN = flow_of(say("hello", "您好 {nobody}"), end())
LOOKING = flow_of(
    ask("number", "order_number", label=both("订单号", "order number")),
    {"id": "look", "type": "tool", "tool": "order", "result": "order", "arguments": {"order": {"slot": "number"}}},
    end("状态：{order.status}"),
)


@pytest.fixture
def desk(shop: Any) -> Any:
    return shop.bot.flows


@pytest.fixture
async def scope(shop: Any) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        yield scope


async def made(desk: Any, scope: Any, definition: FlowDefinition = GREETING) -> UUID:
    return (await desk.create(scope, NewFlow(definition=definition))).flow.id


# --- drafts ---------------------------------------------------------------------------------------------------------------


async def test_a_new_flow_is_a_draft_that_nobody_meets(desk: Any, scope: Any) -> None:
    opened = await desk.create(scope, NewFlow(definition=GREETING))
    assert (opened.draft, opened.revision, opened.faults) == (GREETING, 1, [])
    assert (opened.flow.published, opened.flow.enabled, opened.flow.changed) == (None, True, True)
    assert [one.id for one in await desk.all(scope)] == [opened.flow.id]


async def test_a_copy_of_a_shipped_flow_is_a_flow_of_ones_own(desk: Any, scope: Any) -> None:
    first = await desk.create(scope, NewFlow(shipped="invoice"))
    second = await desk.create(scope, NewFlow(shipped="invoice"))
    assert (first.flow.shipped, second.flow.shipped) == (None, None)
    assert first.draft == second.draft


@pytest.mark.parametrize("new", [NewFlow(), NewFlow(shipped="none such")])
async def test_a_flow_is_made_from_something(desk: Any, scope: Any, new: NewFlow) -> None:
    with pytest.raises(FlowInvalid):
        await desk.create(scope, new)
    assert await desk.all(scope) == []


async def test_there_is_an_end_to_how_many(desk: Any, scope: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "MAX_FLOWS", 2)
    await made(desk, scope)
    await made(desk, scope)
    with pytest.raises(FlowInvalid):
        await made(desk, scope)


async def test_a_faulty_draft_is_saved_with_its_faults_and_never_published(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope, BROKEN)
    assert [one.code for one in (await desk.check(scope, flow_id)).faults] == ["unknown_slot"]
    with pytest.raises(FlowInvalid) as refused:
        await desk.publish(scope, flow_id, None)
    assert refused.value.details["faults"] == [{"code": "unknown_slot", "node": "hello", "field": "text", "detail": "nobody"}]
    assert await desk.versions(scope, flow_id) == []


async def test_saving_over_somebody_elses_save_is_refused(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope)
    saved = await desk.change(scope, flow_id, FlowChanges(draft=BROKEN, revision=1))
    assert saved.revision == 2
    with pytest.raises(FlowChanged) as refused:
        await desk.change(scope, flow_id, FlowChanges(draft=GREETING, revision=1))
    assert refused.value.details["revision"] == 2
    assert (await desk.open(scope, flow_id)).draft == BROKEN


async def test_who_names_no_revision_saves_all_the_same(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope)
    for revision in (2, 3):
        assert (await desk.change(scope, flow_id, FlowChanges(draft=GREETING))).revision == revision


async def test_what_is_not_there_is_told_so_by_every_door(desk: Any, scope: Any) -> None:
    nowhere = uuid4()
    for door in (
        desk.open(scope, nowhere),
        desk.check(scope, nowhere),
        desk.publish(scope, nowhere, None),
        desk.versions(scope, nowhere),
        desk.version(scope, nowhere, 1),
        desk.change(scope, nowhere, FlowChanges(enabled=False)),
        desk.try_step(scope, nowhere, FlowTry()),
    ):
        with pytest.raises(FlowNotFound):
            await door


async def test_a_flow_of_another_company_is_not_there(desk: Any, scope: Any, shop: Any) -> None:
    from qiao.domains.workspaces.api import Workspaces

    flow_id = await made(desk, scope)
    other = await Workspaces(shop.database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家", "en": "Another"})
    async with shop.database.scope(other.id) as theirs:
        assert await desk.all(theirs) == []
        with pytest.raises(FlowNotFound):
            await desk.open(theirs, flow_id)


# --- versions -------------------------------------------------------------------------------------------------------------


async def test_each_publishing_is_a_version_that_stays(desk: Any, scope: Any) -> None:
    flow_id, by = await made(desk, scope), uuid4()
    first = await desk.publish(scope, flow_id, by)
    assert (first.flow.published, first.flow.changed) == (1, False)
    later = flow_of(say("hello", "早上好", "Good morning"), end())
    changed = await desk.change(scope, flow_id, FlowChanges(draft=later))
    assert changed.flow.changed
    await desk.publish(scope, flow_id, by)
    assert [(one.version, one.published_by) for one in await desk.versions(scope, flow_id)] == [(2, by), (1, by)]
    assert await desk.version(scope, flow_id, 1) == GREETING
    assert await desk.version(scope, flow_id, 2) == later
    with pytest.raises(FlowNotFound):
        await desk.version(scope, flow_id, 3)


async def test_who_began_before_goes_on_with_what_they_began(shop: Any, desk: Any) -> None:
    trigger = {"phrases": {"zh": ["我要测水质"], "en": ["test my water"]}}
    old = flow_of(ask("city", "text", prompt=both("哪个城市？", "Which city?")), end("旧：{city}"), trigger=trigger)
    new = flow_of(ask("city", "text", prompt=both("在哪里？", "Where?")), end("新：{city}"), trigger=trigger)
    async with shop.database.scope(shop.workspace.id) as scope:
        flow_id = await made(desk, scope, old)
        await desk.publish(scope, flow_id, None)
    assert (await shop.say("我要测水质")).text == "哪个城市？"
    async with shop.database.scope(shop.workspace.id) as scope:
        await desk.change(scope, flow_id, FlowChanges(draft=new))
        await desk.publish(scope, flow_id, None)
    assert (await shop.say("杭州")).text == "旧：杭州"
    assert (await shop.say("我要测水质")).text == "在哪里？"
    assert (await shop.say("宁波")).text == "新：宁波"


async def test_a_flow_that_is_switched_off_is_met_by_nobody_new_and_goes_on_for_those_in_it(shop: Any, desk: Any) -> None:
    trigger = {"phrases": {"zh": ["我要测水质"], "en": ["test my water"]}}
    flow = flow_of(ask("city", "text", prompt=both("哪个城市？", "Which city?")), end("好：{city}"), trigger=trigger)
    async with shop.database.scope(shop.workspace.id) as scope:
        flow_id = await made(desk, scope, flow)
        await desk.publish(scope, flow_id, None)
    await shop.say("我要测水质")
    async with shop.database.scope(shop.workspace.id) as scope:
        await desk.change(scope, flow_id, FlowChanges(enabled=False))
    assert (await shop.say("杭州")).text == "好：杭州"
    assert "城市" not in (await shop.say("我要测水质")).text
    async with shop.database.scope(shop.workspace.id) as scope:
        await desk.change(scope, flow_id, FlowChanges(enabled=True))
    await shop.new_customer()
    assert (await shop.say("我要测水质")).text == "哪个城市？"


async def test_how_flows_fared_is_counted_by_how_they_ended(shop: Any, desk: Any) -> None:
    trigger = {"phrases": {"zh": ["我要测水质"], "en": ["test my water"]}}
    flow = flow_of(ask("city", "text", prompt=both("哪个城市？", "Which city?")), end("好"), trigger=trigger)
    async with shop.database.scope(shop.workspace.id) as scope:
        await desk.publish(scope, await made(desk, scope, flow), None)
    for answers in (("杭州",), ("算了",), ("转人工",)):
        await shop.new_customer()
        for text in ("我要测水质", *answers):
            await shop.say(text)
    async with shop.database.scope(shop.workspace.id) as scope:
        figures = next(iter(await desk.all(scope))).figures
    assert (figures.runs, figures.done, figures.cancelled, figures.handed_over) == (3, 1, 1, 1)


# --- trials ---------------------------------------------------------------------------------------------------------------


async def trial(desk: Any, scope: Any, flow_id: UUID, text: str = "", state: Any = None, **more: Any) -> Any:
    return await desk.try_step(scope, flow_id, FlowTry(text=text, state=state, **more))


async def test_a_trial_names_the_tool_whose_answer_it_wants(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope, LOOKING)
    first = await trial(desk, scope, flow_id)
    assert [one.text for one in first.messages] == ["number？"]
    wants = await trial(desk, scope, flow_id, "LT10000001", first.state)
    assert (wants.wants, [(one.tool, one.arguments, one.simulated) for one in wants.calls]) == (
        "look",
        [("order", {"order": "LT10000001"}, False)],
    )
    over = await trial(desk, scope, flow_id, "", wants.state, results={"look": Simulated(value={"status": "已发货"})})
    assert (over.over, over.messages[0].text) == (True, "状态：已发货")


async def test_a_trials_tools_are_answered_by_name_too(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope, LOOKING)
    over = await trial(desk, scope, flow_id, "订单 LT10000001", results={"order": Simulated(value={"status": "paid"})})
    assert (over.over, over.calls[0].simulated) == (True, True)


async def test_a_trials_fault_hands_over_with_its_reason(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope, LOOKING)
    over = await trial(desk, scope, flow_id, "订单 LT10000001", results={"order": Simulated(fault="refused")})
    assert over.over
    assert "系统不允许" in over.hands_over


async def test_a_trial_calls_nothing_and_stores_nothing(desk: Any, scope: Any, shop: Any) -> None:
    flow_id = await made(desk, scope, LOOKING)
    await trial(desk, scope, flow_id, "订单 LT10000001", results={"order": Simulated(value={})})
    for table in ("bot_tool_calls", "bot_flow_states"):
        count = await scope.connection.fetchval(f"select count(*) from {table} where workspace_id = $1", shop.workspace.id)
        assert count == 0


async def test_a_trial_speaks_the_language_it_is_asked_in(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope)
    english = await trial(desk, scope, flow_id, language="en")
    assert english.messages[0].text.startswith("Hello")


async def test_a_version_is_tried_while_the_draft_is_another(desk: Any, scope: Any) -> None:
    flow_id = await made(desk, scope)
    await desk.publish(scope, flow_id, None)
    await desk.change(scope, flow_id, FlowChanges(draft=BROKEN))
    assert (await trial(desk, scope, flow_id, version=1)).messages[0].text.startswith("您好")
    with pytest.raises(FlowNotFound):
        await trial(desk, scope, flow_id, version=2)


@pytest.mark.parametrize(("signed_in", "said"), [(True, "老顾客"), (False, "您是谁")])
async def test_a_trial_is_somebody_known_or_not(desk: Any, scope: Any, signed_in: bool, said: str) -> None:
    known = {"op": "equals", "slot": "customer.known", "value": True}
    flow = flow_of(
        {"id": "who", "type": "branch", "cases": [{"when": known, "next": "old"}], "otherwise": "new"},
        end("老顾客", "old"),
        end("您是谁", "new"),
    )
    flow_id = await made(desk, scope, flow)
    assert (await trial(desk, scope, flow_id, signed_in=signed_in)).messages[0].text == said


async def test_an_entry_that_is_quoted_is_shown_as_it_is_now(desk: Any, scope: Any, shop: Any) -> None:
    entry = shop.faqs["运费怎么算？"].id
    flow = flow_of({"id": "quote", "type": "answer", "entry_id": str(entry)}, end())
    opened = await desk.create(scope, NewFlow(definition=flow))
    assert opened.faults == []
    assert (await trial(desk, scope, opened.flow.id)).messages[0].text == "满 199 元包邮，不满收 12 元。"


async def test_an_entry_that_is_not_published_is_a_fault(desk: Any, scope: Any) -> None:
    flow = flow_of({"id": "quote", "type": "answer", "entry_id": str(uuid4())}, end())
    assert [one.code for one in (await desk.create(scope, NewFlow(definition=flow))).faults] == ["unknown_entry"]


# --- those that come with the program ------------------------------------------------------------------------------------


async def test_installing_leaves_what_an_editor_changed(desk: Any, scope: Any) -> None:
    await desk.install(scope, publish=False)
    invoice = next(one for one in await desk.all(scope) if one.shipped == "invoice")
    await desk.change(scope, invoice.id, FlowChanges(draft=GREETING))
    assert await desk.install(scope, publish=True) == 0
    assert (await desk.open(scope, invoice.id)).draft == GREETING
