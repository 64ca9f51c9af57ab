"""The learning loop when two people decide at once, a file comes twice, a set is full, or another company looks."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from qiao.domains.bot.gathering import gather
from qiao.domains.bot.index_holder import IndexHolder
from qiao.domains.bot.learning.contracts import MAX_CASES, AcceptCluster, NewEvaluationCase
from qiao.domains.bot.learning.errors import (
    ClusterNotFound,
    EvaluationCaseInvalid,
    EvaluationRunNotFound,
    EvaluationSetNameTaken,
    EvaluationSetNotFound,
    ExperimentNotFound,
    ExperimentRunning,
)
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, NewExperiment
from qiao.domains.workspaces.api import Workspaces

pytestmark = pytest.mark.database


async def unanswered(shop: Any, *questions: str) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        for question in questions:
            await gather(scope, question, "zh", shop.talk.id, ([], None, None))


async def look(shop: Any) -> list[Any]:
    await shop.bot.learning.look(shop.workspace.id)
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.learning.clusters(scope, None, 50)


async def accept(shop: Any, cluster_id: Any, answer: str) -> Any:
    """As the route does it: the FAQ and the closed cluster in one transaction."""
    async with shop.database.scope(shop.workspace.id) as scope:
        new = await shop.bot.learning.to_accept(scope, cluster_id, AcceptCluster(answer=answer))
        faq = await shop.knowledge.faqs.create(scope, new, None)
        await shop.bot.learning.accepted(scope, cluster_id, faq.id)
        return faq


async def of(shop: Any, do: Any) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        return await do(scope, shop.bot.learning)


async def test_of_two_editors_who_accept_at_once_one_makes_the_entry(shop):
    await unanswered(shop, "杯子上能刻名字吗", "请问杯子上可以刻名字吗")
    (cluster, *_) = await look(shop)
    ends = await asyncio.gather(*(accept(shop, cluster.id, f"可以，{price} 元。") for price in (20, 30)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ends) == ["ClusterNotFound", "Faq"]
    assert await look(shop) == []


async def test_dismissing_and_accepting_at_once_leaves_one_end(shop):
    await unanswered(shop, "杯子上能刻名字吗")
    (cluster,) = await look(shop)
    ends = await asyncio.gather(
        accept(shop, cluster.id, "可以。"), of(shop, lambda scope, door: door.dismiss(scope, cluster.id)), return_exceptions=True
    )
    assert not [one for one in ends if isinstance(one, Exception) and not isinstance(one, ClusterNotFound)]
    assert await look(shop) == []


async def test_two_looks_at_once_keep_one_cluster(shop):
    await unanswered(shop, "杯子上能刻名字吗", "请问杯子上可以刻名字吗", "茶壶可以修吗")
    await asyncio.gather(shop.bot.learning.look(shop.workspace.id), shop.bot.learning.look(shop.workspace.id))
    clusters = await look(shop)
    assert sorted(one.questions for one in clusters) == [1, 2]


async def test_of_two_experiments_at_once_one_begins(shop):
    def new(name: str) -> NewExperiment:
        return NewExperiment(name=name, changes=ArmChanges(answer_from=0.9), share=0.5)

    ends = await asyncio.gather(
        *(of(shop, lambda scope, _, name=name: shop.bot.experiments.begin(scope, new(name))) for name in ("a", "b")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in ends) == ["Experiment", "ExperimentRunning"]
    running = next(one for one in ends if not isinstance(one, Exception))
    stops = await asyncio.gather(
        *(of(shop, lambda scope, _: shop.bot.experiments.end(scope, running.id)) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in stops) == ["ArmChanges", "ExperimentNotFound"]
    assert (await of(shop, lambda scope, _: shop.bot.experiments.begin(scope, new("c")))).name == "c"
    with pytest.raises(ExperimentRunning):
        await of(shop, lambda scope, _: shop.bot.experiments.begin(scope, new("d")))


async def test_a_file_that_comes_again_takes_no_room(shop):
    door = shop.bot.learning.evaluation
    lines = "question,expected\n" + "".join(f"第 {number} 个问题怎么退货,怎么退货？\n" for number in range(MAX_CASES - 1))
    one = (await of(shop, lambda scope, _: door.add_set(scope, "满"))).id
    first = await of(shop, lambda scope, _: door.read_cases(scope, one, lines))
    again = await of(shop, lambda scope, _: door.read_cases(scope, one, lines))
    assert (first.taken, first.repeated, again.taken, again.repeated) == (MAX_CASES - 1, 0, MAX_CASES - 1, MAX_CASES - 1)
    added = await of(shop, lambda scope, _: door.add_case(scope, one, NewEvaluationCase(question="最后一个")))
    changed = await of(
        shop,
        lambda scope, _: door.add_case(
            scope, one, NewEvaluationCase(question="最后一个？", expected=[shop.faqs["怎么退货？"].id])
        ),
    )
    assert changed == added
    for too_many in ("再来一个", "还有一个"):
        with pytest.raises(EvaluationCaseInvalid):
            await of(shop, lambda scope, _, text=too_many: door.add_case(scope, one, NewEvaluationCase(question=text)))
    with pytest.raises(EvaluationCaseInvalid):
        await of(shop, lambda scope, _: door.read_cases(scope, one, "question,expected\n又一个,-\n"))
    (kept,) = await of(shop, lambda scope, _: door.sets(scope))
    assert kept.cases == MAX_CASES


async def test_the_same_case_added_twice_at_once_is_one(shop):
    door = shop.bot.learning.evaluation
    one = (await of(shop, lambda scope, _: door.add_set(scope, "一"))).id
    new = NewEvaluationCase(question="怎么退货？", expected=[])
    ids = await asyncio.gather(*(of(shop, lambda scope, _: door.add_case(scope, one, new)) for _ in range(4)))
    assert len(set(ids)) == 1


async def test_a_name_is_taken_once_and_needs_letters(shop):
    door = shop.bot.learning.evaluation
    ends = await asyncio.gather(
        *(of(shop, lambda scope, _: door.add_set(scope, " 退货  问题 ")) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ends) == ["EvaluationSet", "EvaluationSetNameTaken", "EvaluationSetNameTaken"]
    assert next(one.name for one in ends if not isinstance(one, EvaluationSetNameTaken)) == "退货 问题"
    for empty in ("", "  ", "\x00"):
        with pytest.raises(EvaluationCaseInvalid):
            await of(shop, lambda scope, _, name=empty: door.add_set(scope, name))


async def test_a_run_outlives_its_cases_and_ends_with_its_set(shop):
    door = shop.bot.learning.evaluation
    one = (await of(shop, lambda scope, _: door.add_set(scope, "一"))).id
    for question in ("邮费多少钱", "转人工"):
        await of(shop, lambda scope, _, text=question: door.add_case(scope, one, NewEvaluationCase(question=text)))
    run = await door.run(shop.workspace.id, one, "hand")
    cases = await of(shop, lambda scope, _: door.cases(scope, one, None, 10))
    await of(shop, lambda scope, _: door.remove_case(scope, cases[0].id))
    report = await of(shop, lambda scope, _: door.report(scope, run.id))
    assert sum(report.run.counts.values()) == 2
    assert [each.question for each in report.results] == [cases[1].question]
    await of(shop, lambda scope, _: door.remove_set(scope, one))
    with pytest.raises(EvaluationRunNotFound):
        await of(shop, lambda scope, _: door.report(scope, run.id))


async def test_a_set_removed_while_it_is_replayed_leaves_no_run(shop, monkeypatch):
    door = shop.bot.learning.evaluation
    one = (await of(shop, lambda scope, _: door.add_set(scope, "一"))).id
    await of(shop, lambda scope, _: door.add_case(scope, one, NewEvaluationCase(question="邮费多少钱")))
    held = IndexHolder.held

    async def held_while_it_is_removed(holder: IndexHolder, workspace_id: Any) -> Any:
        await of(shop, lambda scope, _: door.remove_set(scope, one))
        return await held(holder, workspace_id)

    monkeypatch.setattr(IndexHolder, "held", held_while_it_is_removed)
    with pytest.raises(EvaluationSetNotFound):
        await door.run(shop.workspace.id, one, "hand")
    async with shop.database.scope(shop.workspace.id) as scope:
        left = await scope.connection.fetchval("select count(*) from bot_test_runs where workspace_id = $1", shop.workspace.id)
    assert left == 0


async def test_cases_added_while_the_set_is_removed_are_not_left_behind(shop):
    door = shop.bot.learning.evaluation
    one = (await of(shop, lambda scope, _: door.add_set(scope, "一"))).id
    lines = "question\n" + "".join(f"问题 {number} 怎么办\n" for number in range(300))
    await asyncio.gather(
        *(of(shop, lambda scope, _: door.read_cases(scope, one, lines)) for _ in range(2)),
        of(shop, lambda scope, _: door.remove_set(scope, one)),
        return_exceptions=True,
    )
    assert await of(shop, lambda scope, _: door.cases(scope, one, None, 10)) == []


async def test_another_company_sees_and_moves_nothing(shop, database):
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    await unanswered(shop, "杯子上能刻名字吗")
    (cluster,) = await look(shop)
    door = shop.bot.learning
    mine = (await of(shop, lambda scope, _: door.evaluation.add_set(scope, "我的"))).id
    experiment = await of(
        shop, lambda scope, _: shop.bot.experiments.begin(scope, NewExperiment(name="a", changes=ArmChanges(), share=0.5))
    )
    refused = [
        (ClusterNotFound, lambda scope: door.dismiss(scope, cluster.id)),
        (ClusterNotFound, lambda scope: door.to_accept(scope, cluster.id, AcceptCluster(answer="x"))),
        (EvaluationSetNotFound, lambda scope: door.evaluation.set(scope, mine)),
        (EvaluationSetNotFound, lambda scope: door.evaluation.remove_set(scope, mine)),
        (EvaluationSetNotFound, lambda scope: door.evaluation.read_cases(scope, mine, "question\na\n")),
        (ExperimentNotFound, lambda scope: shop.bot.experiments.end(scope, experiment.id)),
    ]
    for error, act in refused:
        with pytest.raises(error):
            async with database.scope(other.id) as scope:
                await act(scope)
    async with database.scope(other.id) as scope:
        assert (
            await door.clusters(scope, None, 10),
            await door.evaluation.sets(scope),
            await shop.bot.experiments.all(scope, 10),
        ) == (
            [],
            [],
            [],
        )


async def test_near_questions_are_counted_as_one_and_strange_ones_not_at_all(shop):
    await unanswered(shop, "杯子上能刻名字吗", "杯子上能刻名字吗？？", "  杯子上能刻名字吗", "？？？", "", "😀", "\u200b")
    await unanswered(shop, "杯子上能刻名字吗" + "！" * 500)
    clusters = await look(shop)
    assert [(one.asked, one.questions) for one in clusters] == [(4, 1)]
