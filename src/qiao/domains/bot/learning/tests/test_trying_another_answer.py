"""Another answer of a FAQ on a share of the conversations: who reads which, what is compared, and how it ends."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from qiao.domains.bot.contracts import TryRequest
from qiao.domains.bot.flows.shown import NewFlow
from qiao.domains.bot.flows.tests.flow_samples import both, end, flow_of
from qiao.domains.bot.learning.contracts import NewEvaluationCase
from qiao.domains.bot.learning.errors import (
    ExperimentMixed,
    ExperimentNotFound,
    ExperimentOfSettings,
    ExperimentOver,
    ExperimentSame,
    ExperimentSubjectNotFound,
    ExperimentSubjectUnfit,
)
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, NewExperiment, TriedEntry
from qiao.domains.bot.learning.experiments import has_second
from qiao.domains.knowledge.contracts import FaqChanges
from qiao.kit.clock import utc_now

pytestmark = pytest.mark.database
QUESTION, FIRST, SECOND = "运费怎么算？", "满 199 元包邮，不满收 12 元。", "满 199 元**免运费**，其余每单 12 元。"


@pytest.fixture
async def experiment(shop: Any) -> Any:
    return await begin(shop)


async def begin(shop: Any, answer: str = SECOND, **more: Any) -> Any:
    tried = TriedEntry(entry_id=more.pop("entry_id", shop.faqs[QUESTION].id), answer=answer)
    new = NewExperiment(name="说法", changes=ArmChanges(entry=tried, **more), share=0.5)
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.experiments.begin(scope, new)


async def customer_of(shop: Any, experiment: Any, *, second: bool) -> None:
    await shop.new_customer()
    while has_second(experiment.id, shop.talk.id, experiment.share) is not second:
        await shop.new_customer()


async def all_of(shop: Any, hours: int = 0) -> list[Any]:
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.experiments.all(scope, 9, utc_now() + timedelta(hours=hours))


async def adopt(shop: Any, experiment: Any, by: Any = None) -> None:
    """As the route does it."""
    async with shop.database.scope(shop.workspace.id) as scope:
        entry = await shop.bot.experiments.adopt(scope, experiment.id, by)
        await shop.knowledge.faqs.change(scope, entry.entry_id, FaqChanges(answer=entry.answer), by)


@pytest.mark.parametrize(("second", "said"), [(False, FIRST), (True, SECOND)])
async def test_a_conversation_reads_its_version_however_it_comes_to_the_entry(shop, experiment, second, said):
    await customer_of(shop, experiment, second=second)
    assert (await shop.say("邮费多少钱")).text == said
    assert (await shop.say("选这条", option=shop.faqs[QUESTION].id)).text == said
    assert (await shop.say("怎么退货？")).text == shop.faqs["怎么退货？"].answer
    turns = await shop.turns()
    assert [(one.experiment_id, one.second) for one in turns] == [(experiment.id, second)] * 2 + [(None, None)]
    assert {one.candidates[0].title for one in turns[:2]} == {QUESTION}, "it is found as before"


async def test_each_of_several_questions_is_told_apart(shop, experiment):
    await customer_of(shop, experiment, second=True)
    await shop.say("怎么退货？邮费多少钱？")
    assert [one.second for one in await shop.turns()] == [None, True]
    assert any(one.text.endswith(SECOND) for one in await shop.replies())


async def test_a_flow_that_quotes_it_quotes_the_version(shop, experiment):
    quote = {"id": "quote", "type": "answer", "entry_id": str(shop.faqs[QUESTION].id)}
    wish = {"phrases": {"zh": ["我要寄样品"], "en": ["send a sample"]}}
    flow = flow_of(quote, end("好了"), name=both("寄样品"), button=both("寄样品"), trigger=wish)
    async with shop.database.scope(shop.workspace.id) as scope:
        opened = await shop.bot.flows.create(scope, NewFlow(definition=flow))
        await shop.bot.flows.publish(scope, opened.flow.id, None)
    await customer_of(shop, experiment, second=True)
    await shop.say("我要寄样品")
    assert [one.text for one in await shop.replies()] == [SECOND, "好了"]
    assert [one.second for one in await shop.turns()] == [True]


async def test_whoever_began_before_reads_what_is_published(shop):
    while not (await begins_with_second(shop)):
        await shop.new_customer()
    assert (await shop.say("邮费多少钱")).text == FIRST
    assert (await shop.turns())[0].experiment_id is None


async def begins_with_second(shop: Any) -> bool:
    """Begin an experiment in which this older conversation would have the second version; ends it otherwise."""
    experiment = await begin(shop)
    if has_second(experiment.id, shop.talk.id, 0.5):
        return True
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.experiments.end(scope, experiment.id)
    return False


async def test_only_sessions_that_met_it_are_compared(shop, experiment):
    for second, then in ((True, "谢谢"), (True, "邮费到底多少钱"), (False, "怎么退货？")):
        await customer_of(shop, experiment, second=second)
        await shop.say("邮费多少钱")
        await shop.say(then)
    await customer_of(shop, experiment, second=True)
    await shop.say("怎么退货？")
    await shop.runner.drain(shop.workspace.id)
    (now,) = await all_of(shop)
    assert (now.second.sessions, now.second.settled, now.second.verified.value) == (2, 0, None)
    (later,) = await all_of(shop, hours=80)
    first, second = later.first, later.second
    assert (first.settled, first.assumed.hits, first.asked_again.hits, first.asked_again.n) == (1, 1, 0, 1)
    assert (second.settled, second.verified.hits, second.assumed.hits) == (2, 1, 1)
    assert (second.asked_again.hits, second.asked_again.n) == (1, 2)
    assert later.differences["asked_again"].value == 0.5 and not later.differences["asked_again"].sure


async def test_the_last_thumb_on_the_version_counts_once_a_session(shop, experiment):
    await customer_of(shop, experiment, second=True)
    asked = [await shop.say("邮费多少钱"), await shop.say("包邮吗"), await shop.say("怎么退货？")]
    async with shop.database.scope(shop.workspace.id) as scope:
        for message, helpful in zip(asked, (False, True, False), strict=True):
            await shop.bot.rate(scope, message.id, helpful=helpful)
    await shop.runner.drain(shop.workspace.id)
    (told,) = await all_of(shop)
    assert (told.second.helpful.hits, told.second.helpful.n) == (1, 1)


async def test_adopting_publishes_it_in_the_name_of_who_did_it(shop, experiment):
    editor = await shop.come_to_work()
    await adopt(shop, experiment, editor.id)
    await shop.runner.drain(shop.workspace.id)
    (told,) = await all_of(shop)
    assert (told.ending, told.ended_by, told.subject.answer) == ("adopted", editor.id, FIRST)
    async with shop.database.scope(shop.workspace.id) as scope:
        newest, *_ = await shop.knowledge.versions(scope, shop.faqs[QUESTION].id)
    assert (newest.content["answer"], newest.saved_by) == (SECOND, editor.id)
    await customer_of(shop, experiment, second=False)
    assert (await shop.say("邮费多少钱")).text == SECOND
    with pytest.raises(ExperimentNotFound):
        await adopt(shop, experiment)


async def test_keeping_the_first_leaves_everything_as_it_was(shop, experiment):
    editor = await shop.come_to_work()
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.experiments.end(scope, experiment.id, editor.id)
    (told,) = await all_of(shop)
    assert (told.ending, told.ended_by) == ("kept", editor.id)
    await customer_of(shop, experiment, second=True)
    assert (await shop.say("邮费多少钱")).text == FIRST
    async with shop.database.scope(shop.workspace.id) as scope:
        assert len(await shop.knowledge.versions(scope, shop.faqs[QUESTION].id)) == 1


@pytest.mark.parametrize(
    ("change", "ending"),
    [
        ({"answer": "一律包邮。"}, "changed"),
        ({"publish": False}, "gone"),
        ({"audience": "agents"}, "gone"),
        ({"variants": ["邮费多少钱", "快递费"]}, None),
        ({"question": "运费是怎么算的？"}, None),
    ],
)
async def test_what_becomes_of_it_when_the_entry_changes(shop, experiment, change, ending):
    """The second version is read no more from that moment on, before anybody had time to end it."""
    await customer_of(shop, experiment, second=True)
    await shop.change_faq(shop.faqs[QUESTION], **change)
    assert ((await shop.say("邮费多少钱")).text == SECOND) is (ending is None)
    assert (await shop.turns())[0].second is (True if ending is None else None)
    await shop.runner.drain(shop.workspace.id)
    (told,) = await all_of(shop)
    assert (told.ending, told.ended_at is None) == (ending, ending is None)


async def test_it_ends_with_its_entry(shop, experiment):
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.knowledge.faqs.delete(scope, shop.faqs[QUESTION].id)
    await customer_of(shop, experiment, second=True)
    await shop.say("邮费多少钱")
    assert SECOND not in [one.text for one in await shop.replies()]
    await shop.runner.drain(shop.workspace.id)
    (told,) = await all_of(shop)
    assert (told.ending, told.subject.title) == ("gone", {"zh": QUESTION})


@pytest.mark.parametrize("change", [{"answer": "一律包邮。"}, {"audience": "agents"}])
async def test_what_says_something_else_by_now_is_not_overwritten(shop, experiment, change):
    await shop.change_faq(shop.faqs[QUESTION], **change)
    with pytest.raises(ExperimentOver):
        await adopt(shop, experiment)
    async with shop.database.scope(shop.workspace.id) as scope:
        assert (await shop.knowledge.faqs.get(scope, shop.faqs[QUESTION].id)).answer == change.get("answer", FIRST)


async def test_a_change_of_another_entry_ends_nothing(shop, experiment):
    await shop.change_faq(shop.faqs["怎么退货？"], answer="不能退。")
    await shop.runner.drain(shop.workspace.id)
    assert (await all_of(shop))[0].ended_at is None


async def test_what_cannot_be_tried(shop):
    inside = await shop.publish("供应商是谁？", "内部资料。", audience="agents")
    draft = await shop.publish("明年卖什么？", "新茶。")
    await shop.change_faq(draft, publish=False)
    article = await shop.publish_article("泡茶", "# 泡茶\n\n水温 80 度。")
    refused = [
        (ExperimentSubjectUnfit, {"entry_id": inside.id}),
        (ExperimentSubjectUnfit, {"entry_id": article}),
        (ExperimentSubjectNotFound, {"entry_id": draft.id}),
        (ExperimentSubjectNotFound, {"entry_id": uuid4()}),
        (ExperimentSame, {"answer": f" {FIRST}\n"}),
        (ExperimentSame, {"answer": " \x00 "}),
        (ExperimentMixed, {"answer_from": 0.9}),
        (ExperimentMixed, {"hand_over_when_unsure": False}),
    ]
    for error, how in refused:
        with pytest.raises(error):
            await begin(shop, **how)
    assert await all_of(shop) == []


async def test_another_company_tries_and_adopts_nothing_of_ours(shop, experiment, database):
    from qiao.domains.workspaces.api import Workspaces

    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    async with database.scope(other.id) as scope:
        assert await shop.bot.experiments.all(scope, 9) == []
    for act in (
        lambda scope: shop.bot.experiments.adopt(scope, experiment.id, None),
        lambda scope: shop.bot.experiments.end(scope, experiment.id),
    ):
        with pytest.raises(ExperimentNotFound):
            async with database.scope(other.id) as scope:
                await act(scope)
    tried = TriedEntry(entry_id=shop.faqs[QUESTION].id, answer="偷来的")
    with pytest.raises(ExperimentSubjectNotFound):
        async with database.scope(other.id) as scope:
            await shop.bot.experiments.begin(scope, NewExperiment(name="a", changes=ArmChanges(entry=tried)))
    assert (await all_of(shop))[0].ended_at is None


async def test_settings_are_not_adopted_here(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        new = NewExperiment(name="线", changes=ArmChanges(answer_from=0.9))
        experiment = await shop.bot.experiments.begin(scope, new)
        with pytest.raises(ExperimentOfSettings):
            await shop.bot.experiments.adopt(scope, experiment.id, None)


async def test_the_trial_page_says_which_version_spoke(shop, experiment):
    async def tried(question: str, arm: str) -> Any:
        return await shop.bot.try_question(shop.workspace.id, TryRequest(question=question, arm=arm))

    one, other = await tried("邮费多少钱", "first"), await tried("邮费多少钱", "second")
    assert [(each.text, each.tried.arm, each.tried.experiment_id) for each in (one, other)] == [
        (FIRST, "first", experiment.id),
        (SECOND, "second", experiment.id),
    ]
    assert (await tried("怎么退货？", "second")).tried is None
    parts = (await tried("怎么退货？邮费多少钱？", "second")).parts
    assert [one.tried is None for one in parts] == [True, False]


async def test_replaying_and_evaluating_are_of_what_is_published(shop, experiment):
    await customer_of(shop, experiment, second=True)
    await shop.say("邮费多少钱")
    (turn,) = await shop.turns()
    assert (await shop.bot.replay_turn(shop.workspace.id, turn.id)).text == FIRST
    case = NewEvaluationCase(question="邮费多少钱", expected=[shop.faqs[QUESTION].id])
    async with shop.database.scope(shop.workspace.id) as scope:
        made = await shop.bot.learning.evaluation.add_set(scope, "运费")
        await shop.bot.learning.evaluation.add_case(scope, made.id, case)
    run = await shop.bot.learning.evaluation.run(shop.workspace.id, made.id, "hand")
    assert run.counts["right"] == 1


async def test_what_is_kept_reads_back_as_it_was_told(shop, experiment):
    (told,) = await all_of(shop)
    assert told.changes.entry == TriedEntry(entry_id=shop.faqs[QUESTION].id, answer=SECOND)
    assert (told.subject.kind, told.subject.title, told.subject.answer) == ("entry", {"zh": QUESTION}, FIRST)
    assert msgspec.to_builtins(told)["changes"]["flow"] is None
