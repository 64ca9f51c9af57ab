"""Another version of a flow on a share of the conversations: who goes through which, what is compared, and how it ends."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from qiao.domains.bot.contracts import TryRequest
from qiao.domains.bot.errors import FlowInvalid
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import FlowChanges, NewFlow
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of
from qiao.domains.bot.learning.errors import (
    ExperimentOver,
    ExperimentSame,
    ExperimentSubjectNotFound,
    ExperimentSubjectUnfit,
)
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, NewExperiment, TriedFlow
from qiao.domains.bot.learning.experiments import has_second
from qiao.kit.clock import utc_now

pytestmark = pytest.mark.database
WISH = "我要测水质"


def water(question: str, *more: Any, wish: str = WISH) -> FlowDefinition:
    return flow_of(
        ask("city", "text", prompt=both(question), label=both("城市", "city"), maximum=40),
        *more,
        end("{city}，好的"),
        name=both("测水质", "Water test"),
        button=both("测水质", "Test my water"),
        trigger={"phrases": {"zh": [wish], "en": ["test my water"]}},
    )


FIRST, SECOND = water("哪个城市？"), water("请问您在哪座城市？")


@pytest.fixture
async def flow(shop: Any) -> Any:
    """Published as FIRST; its draft is SECOND."""
    async with shop.database.scope(shop.workspace.id) as scope:
        made = await shop.bot.flows.create(scope, NewFlow(definition=FIRST))
        await shop.bot.flows.publish(scope, made.flow.id, None)
        await shop.bot.flows.change(scope, made.flow.id, FlowChanges(draft=SECOND))
    return made.flow.id


async def begin(shop: Any, flow: Any, version: int | None = None) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        changes = ArmChanges(flow=TriedFlow(flow_id=flow, version=version))
        return await shop.bot.experiments.begin(scope, NewExperiment(name="问法", changes=changes, share=0.5))


async def customer_of(shop: Any, experiment: Any, *, second: bool) -> None:
    await shop.new_customer()
    while has_second(experiment.id, shop.talk.id, experiment.share) is not second:
        await shop.new_customer()


async def desk(shop: Any, act: Any) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        return await act(shop.bot.flows, scope)


async def adopt(shop: Any, experiment: Any, by: Any = None) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        assert await shop.bot.experiments.adopt(scope, experiment.id, by) is None


async def last(shop: Any, hours: int = 0) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        return (await shop.bot.experiments.all(scope, 9, utc_now() + timedelta(hours=hours)))[0]


@pytest.mark.parametrize(("second", "asked"), [(False, "哪个城市？"), (True, "请问您在哪座城市？")])
async def test_a_conversation_goes_through_its_version(shop, flow, second, asked):
    experiment = await begin(shop, flow)
    await customer_of(shop, experiment, second=second)
    assert (await shop.say(WISH)).text == asked
    assert (await shop.say("杭州")).text == "杭州，好的"
    await shop.say("怎么退货？")
    assert [one.second for one in await shop.turns()] == [second, second, None]


async def test_pressing_its_button_begins_the_version_too(shop, flow):
    experiment = await begin(shop, flow)
    await customer_of(shop, experiment, second=True)
    assert (await shop.say("测水质", option=flow)).text == "请问您在哪座城市？"


async def test_what_begins_it_stays_as_published(shop, flow):
    await desk(shop, lambda flows, scope: flows.change(scope, flow, FlowChanges(draft=water("去哪？", wish="换个说法来测"))))
    experiment = await begin(shop, flow)
    await customer_of(shop, experiment, second=True)
    assert (await shop.say(WISH)).text == "去哪？"


async def test_who_is_in_the_second_version_finishes_it_after_the_end(shop, flow):
    experiment = await begin(shop, flow)
    await customer_of(shop, experiment, second=True)
    await shop.say(WISH)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.experiments.end(scope, experiment.id)
    assert (await shop.say("杭州")).text == "杭州，好的"
    await customer_of(shop, experiment, second=True)
    assert (await shop.say(WISH)).text == "哪个城市？"


async def test_both_versions_are_compared_by_the_runs_that_came_to_their_end(shop, flow):
    experiment = await begin(shop, flow)
    for second, then in ((False, "算了"), (True, "杭州"), (True, "成都")):
        await customer_of(shop, experiment, second=second)
        await shop.say(WISH)
        await shop.say(then)
    await shop.runner.drain(shop.workspace.id)
    told = await last(shop, hours=80)
    assert (told.first.sessions, told.second.sessions) == (1, 2)
    assert [(arm.finished.hits, arm.finished.n) for arm in (told.first, told.second)] == [(0, 1), (2, 2)]
    assert told.second.contained.hits == 2


async def test_runs_from_before_count_for_neither(shop, flow):
    await shop.say(WISH)
    await shop.say("杭州")
    experiment = await begin(shop, flow)
    await shop.say(WISH)
    await shop.say("成都")
    await shop.runner.drain(shop.workspace.id)
    told = await last(shop)
    assert (told.id, told.first.finished.n, told.second.finished.n, told.first.sessions) == (experiment.id, 0, 0, 0)


async def test_adopting_the_draft_publishes_it_with_who_did_it(shop, flow):
    experiment, editor = await begin(shop, flow), await shop.come_to_work()
    assert [one.version for one in await desk(shop, lambda flows, scope: flows.versions(scope, flow))] == [1]
    await adopt(shop, experiment, editor.id)
    versions = await desk(shop, lambda flows, scope: flows.versions(scope, flow))
    assert [(one.version, one.published_by) for one in versions] == [(2, editor.id), (1, None)]
    assert versions[0].published_at > versions[1].published_at
    opened = await desk(shop, lambda flows, scope: flows.open(scope, flow))
    assert (opened.flow.published, opened.flow.changed) == (2, False)
    await customer_of(shop, experiment, second=False)
    assert (await shop.say(WISH)).text == "请问您在哪座城市？"
    assert (await last(shop)).ending == "adopted"


async def test_a_version_that_was_only_tried_is_never_listed_and_its_number_is_not_given_again(shop, flow):
    experiment = await begin(shop, flow)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.experiments.end(scope, experiment.id)
    await desk(shop, lambda flows, scope: flows.publish(scope, flow, None))
    assert [one.version for one in await desk(shop, lambda flows, scope: flows.versions(scope, flow))] == [3, 1]


async def test_an_earlier_version_can_come_back_and_the_draft_follows(shop, flow):
    await desk(shop, lambda flows, scope: flows.publish(scope, flow, None))
    experiment = await begin(shop, flow, version=1)
    await customer_of(shop, experiment, second=True)
    assert (await shop.say(WISH)).text == "哪个城市？"
    await adopt(shop, experiment)
    opened = await desk(shop, lambda flows, scope: flows.open(scope, flow))
    assert (opened.draft, opened.flow.published, opened.flow.changed) == (FIRST, 3, False)


async def test_changes_that_were_never_published_stay_a_draft(shop, flow):
    experiment, other = await begin(shop, flow), water("再想想？")
    await desk(shop, lambda flows, scope: flows.change(scope, flow, FlowChanges(draft=other)))
    await adopt(shop, experiment)
    opened = await desk(shop, lambda flows, scope: flows.open(scope, flow))
    assert (opened.draft, opened.flow.published, opened.flow.changed) == (other, 2, True)


@pytest.mark.parametrize(
    ("act", "ending"),
    [
        (lambda flows, scope, flow: flows.publish(scope, flow, None), "changed"),
        (lambda flows, scope, flow: flows.change(scope, flow, FlowChanges(enabled=False)), "gone"),
        (lambda flows, scope, flow: flows.remove(scope, flow, uuid4()), "gone"),
        (lambda flows, scope, flow: flows.change(scope, flow, FlowChanges(draft=FIRST)), None),
    ],
    ids=["published anew", "switched off", "removed", "draft saved"],
)
async def test_what_becomes_of_it_when_the_flow_changes(shop, flow, act, ending):
    await begin(shop, flow)
    await desk(shop, lambda flows, scope: act(flows, scope, flow))
    told = await last(shop)
    assert (told.ending, told.subject.title, told.subject.version) == (ending, dict(FIRST.name), 1)


async def test_what_was_published_anew_is_not_overwritten(shop, flow, database):
    """The experiment is ended by the publish; one that is still thought to run, in another process say, adopts nothing."""
    experiment = await begin(shop, flow)
    async with database.scope(shop.workspace.id) as scope:
        await scope.connection.execute("update bot_flows set published = 9 where workspace_id = $1", shop.workspace.id)
        with pytest.raises(ExperimentOver):
            await shop.bot.experiments.adopt(scope, experiment.id, None)


async def test_what_cannot_be_tried(shop, flow):
    unpublished = (await desk(shop, lambda flows, scope: flows.create(scope, NewFlow(definition=FIRST)))).flow.id
    for error, which in (
        (ExperimentSubjectNotFound, (uuid4(), None)),
        (ExperimentSubjectNotFound, (flow, 7)),
        (ExperimentSubjectUnfit, (unpublished, None)),
        (ExperimentSame, (flow, 1)),
    ):
        with pytest.raises(error):
            await begin(shop, *which)
    await desk(shop, lambda flows, scope: flows.change(scope, flow, FlowChanges(draft=water("", wish="别的"))))
    with pytest.raises(FlowInvalid) as refused:
        await begin(shop, flow)
    assert {one["code"] for one in refused.value.details["faults"]} == {"missing_language"}
    await desk(shop, lambda flows, scope: flows.change(scope, flow, FlowChanges(enabled=False)))
    with pytest.raises(ExperimentSubjectUnfit):
        await begin(shop, flow, 1)


async def test_another_company_tries_nothing_of_ours(shop, flow, database):
    from qiao.domains.workspaces.api import Workspaces

    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    with pytest.raises(ExperimentSubjectNotFound):
        async with database.scope(other.id) as scope:
            new = NewExperiment(name="a", changes=ArmChanges(flow=TriedFlow(flow_id=flow)))
            await shop.bot.experiments.begin(scope, new)


async def test_the_trial_page_says_which_version_spoke(shop, flow):
    experiment = await begin(shop, flow)
    told = [await shop.bot.try_question(shop.workspace.id, TryRequest(question=WISH, arm=arm)) for arm in ("first", "second")]
    assert [(one.text, one.tried.arm, one.tried.name) for one in told] == [
        ("哪个城市？", "first", experiment.name),
        ("请问您在哪座城市？", "second", experiment.name),
    ]
