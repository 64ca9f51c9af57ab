"""Test sets: made of turns, files and by hand; replayed; a change seen before it is live."""

from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.contracts import NewEvaluationCase, Proposal, ProposedEntry
from qiao.domains.bot.learning.errors import (
    EvaluationCaseInvalid,
    EvaluationRunNotFound,
    EvaluationSetNameTaken,
    EvaluationSetNotFound,
)
from qiao.domains.bot.learning.evaluation import read_csv
from qiao.domains.bot.learning.replaying import judge
from qiao.domains.knowledge.contracts import NewArticle, TranslationText

UNKNOWN = "zzqx vvkp"
"""Shares no word with anything in the shop."""
IDS = [UUID(int=number) for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("zone", "found", "expected", "verdict"),
    [
        ("answer", IDS[:1], IDS[:1], "right"),
        ("answer", IDS[1:], IDS[:1], "wrong"),
        ("answer", IDS[:1], [], "wrong"),
        ("offer", IDS, IDS[2:], "offered"),
        ("offer", IDS[:2], IDS[2:], "missed"),
        ("offer", IDS, [], "offered"),
        ("hand_over", [], [], "right"),
        ("hand_over", IDS, IDS, "handed_over"),
    ],
)
def test_what_a_decision_is_worth(zone, found, expected, verdict):
    assert judge(zone, found, expected) == verdict


def test_a_csv_text_with_its_faults():
    text = "question,expected,language\n怎么退货,returns,zh\n,returns,\n今天天气,-,\nwhat about,nowhere,en\n怎么退货？,-,\n\n"
    cases, problems = read_csv("\ufeff" + text, {"returns": IDS[0]})
    assert [(one.question, one.expected, one.language) for one in cases] == [("怎么退货？", [], "zh"), ("今天天气", [], "zh")]
    assert problems == [(3, "question"), (5, "expected")]


@pytest.mark.parametrize("text", ["", "frage,antwort\na,b\n", "a\n"])
def test_a_text_without_the_columns_is_refused(text):
    with pytest.raises(EvaluationCaseInvalid):
        read_csv(text, {})


@given(st.text(max_size=200))
def test_whatever_follows_the_heading_is_taken_or_named(text):
    cases, problems = read_csv("question,expected\n" + text.replace("\x00", "").replace('"', ""), {})
    assert len(cases) + len(problems) <= text.count("\n") + text.count("\r") + 1


class Editor:
    """Somebody at the evaluation page of the shop."""

    def __init__(self, shop):
        self.shop, self.evaluation = shop, shop.bot.learning.evaluation

    async def set(self, name="退货"):
        async with self.shop.database.scope(self.shop.workspace.id) as scope:
            return (await self.evaluation.add_set(scope, name)).id

    async def case(self, set_id, question=None, *titles, **fields):
        expected = [self.shop.faqs[title].id for title in titles]
        async with self.shop.database.scope(self.shop.workspace.id) as scope:
            return await self.evaluation.add_case(
                scope, set_id, NewEvaluationCase(question=question, expected=expected, **fields)
            )

    async def run(self, set_id):
        return await self.evaluation.run(self.shop.workspace.id, set_id, "hand")

    async def runs(self, set_id):
        async with self.shop.database.scope(self.shop.workspace.id) as scope:
            return await self.evaluation.runs(scope, set_id, None, 20)

    async def report(self, run_id):
        async with self.shop.database.scope(self.shop.workspace.id) as scope:
            return await self.evaluation.report(scope, run_id)

    async def preview(self, *changes, set_id=None):
        return await self.evaluation.preview(self.shop.workspace.id, Proposal(changes=list(changes), set_id=set_id))

    async def cases(self, set_id):
        async with self.shop.database.scope(self.shop.workspace.id) as scope:
            return await self.evaluation.cases(scope, set_id, None, 50)


@pytest.fixture
async def editor(shop):
    await shop.settle()
    return Editor(shop)


pytest_database = pytest.mark.database


@pytest_database
async def test_a_set_is_replayed_and_told(editor):
    one = await editor.set()
    await editor.case(one, "邮费多少钱", "运费怎么算？")
    await editor.case(one, UNKNOWN)
    await editor.case(one, "转人工", "怎么退货？")
    await editor.case(one, "我想退掉买的茶", "怎么换货？")
    run = await editor.run(one)
    assert run.counts == {"right": 2, "offered": 0, "handed_over": 1, "missed": 0, "wrong": 1}
    report = await editor.report(run.id)
    assert [(one.verdict, one.expected) for one in report.results[:2]] == [
        ("wrong", ["怎么换货？"]),
        ("handed_over", ["怎么退货？"]),
    ]
    assert report.results[0].title == "怎么退货？"


@pytest_database
async def test_a_turn_becomes_a_case_in_one_step(editor, shop):
    one = await editor.set()
    await shop.say("龙井茶怎么保存？")
    await shop.say("普洱呢？")
    turn = (await shop.turns())[-1]
    await editor.case(one, None, "普洱茶怎么保存？", turn_id=turn.id)
    await editor.case(one, None, "普洱茶怎么保存？", turn_id=turn.id)
    (case,) = await editor.cases(one)
    assert (case.question, case.previous, case.origin, case.titles) == (
        "普洱呢？",
        ["龙井茶怎么保存？"],
        "turn",
        ["普洱茶怎么保存？"],
    )
    assert (await editor.run(one)).counts["right"] == 1


@pytest_database
async def test_a_change_is_seen_before_it_is_live(editor, shop):
    one = await editor.set()
    await editor.case(one, "邮费多少钱", "运费怎么算？")
    await editor.case(one, UNKNOWN)
    before = await editor.run(one)
    found = await editor.preview(
        ProposedEntry(question="可以刻字吗", variants=[UNKNOWN]),
        ProposedEntry(entry_id=shop.faqs["运费怎么算？"].id, remove=True),
    )
    assert (found.cases, found.better, found.worse) == (2, 0, 2)
    assert {(one.question, one.before, one.after) for one in found.changed} == {
        ("邮费多少钱", "right", "handed_over"),
        (UNKNOWN, "right", "wrong"),
    }
    assert next(one for one in found.changed if one.after == "wrong").title_after == "可以刻字吗"
    assert (await editor.run(one)).counts == before.counts


@pytest_database
async def test_a_new_wording_makes_it_better(editor, shop):
    one = await editor.set()
    returns = shop.faqs["怎么退货？"]
    await editor.case(one, "东西不满意想寄回去", "怎么退货？")
    found = await editor.preview(
        ProposedEntry(entry_id=returns.id, question=returns.question, variants=[*returns.variants, "东西不满意想寄回去"]),
        set_id=one,
    )
    assert (found.better, found.worse) == (1, 0)
    assert found.changed[0].after == "right"


@pytest_database
async def test_an_articles_change_is_seen_passage_by_passage_before_it_is_live(editor, shop):
    """By what its Markdown would be cut into: nobody has to publish to see that a new heading draws questions away."""
    body = "## 刻字\n\nzzqx vvkp 三天做好。\n\n## 烫金\n\n礼盒可以烫金。"
    async with shop.database.scope(shop.workspace.id) as scope:
        article = await shop.knowledge.articles.create(scope, NewArticle())
    one = await editor.set()
    async with shop.database.scope(shop.workspace.id) as scope:
        for question in (UNKNOWN, "邮费多少钱"):
            await editor.evaluation.add_case(scope, one, NewEvaluationCase(question=question))
    change = ProposedEntry(kind="article", entry_id=article.id, question="定制", body=body)
    found = await editor.preview(change, set_id=one)
    assert [(one.question, one.before, one.title_after) for one in found.changed] == [(UNKNOWN, "right", "定制")]
    assert (await editor.preview(msgspec.structs.replace(change, body=""), set_id=one)).changed == []
    async with shop.database.scope(shop.workspace.id) as scope:
        text = TranslationText(title="定制", body=body)
        await shop.knowledge.articles.save(scope, (article.id, "zh"), text, None)
        await shop.knowledge.articles.publish(scope, article.id, "zh")
    await shop.settle()
    live = (await editor.report((await editor.run(one)).id)).results
    assert {(one.question, one.title) for one in live if one.verdict != "right"} >= {(UNKNOWN, "定制")}
    removed = await editor.preview(msgspec.structs.replace(change, remove=True), set_id=one)
    assert [(one.question, one.after) for one in removed.changed] == [(UNKNOWN, "right")]


@pytest_database
async def test_a_changed_entry_and_its_translation_stay_one_answer(editor, shop):
    """Found by the words of one, given in the other's language: in the copy as it is live."""
    chinese = await shop.publish("能刻字吗？", "可以。", slug="engraving")
    await shop.publish("Can you engrave a cup?", "Yes.", "en", slug="engraving")
    one = await editor.set()
    async with shop.database.scope(shop.workspace.id) as scope:
        case = NewEvaluationCase(question="Can you engrave a cup?", language="zh", expected=[chinese.id])
        await editor.evaluation.add_case(scope, one, case)
    live = await editor.run(one)
    change = ProposedEntry(entry_id=chinese.id, question="能刻字吗？", variants=["刻名字"])
    found = await editor.preview(change, set_id=one)
    assert found.counts_after == found.counts_before == live.counts


@pytest_database
async def test_sets_are_replayed_after_a_publish_once_a_version(editor, shop):
    one = await editor.set()
    await editor.case(one, UNKNOWN)
    faq = await shop.publish(UNKNOWN, "可以")
    await shop.settle()
    await editor.evaluation.run_all(shop.workspace.id)
    await editor.evaluation.run_all(shop.workspace.id)
    (run,) = await editor.runs(one)
    assert (run.why, run.counts["wrong"]) == ("publish", 1)
    await shop.change_faq(faq, publish=False)
    await shop.settle()
    await editor.evaluation.run_all(shop.workspace.id)
    assert [run.counts["right"] for run in await editor.runs(one)] == [1, 0]


@pytest_database
async def test_a_publish_has_the_sets_replayed_by_a_job(editor, shop):
    one = await editor.set()
    await editor.case(one, UNKNOWN)
    await shop.publish(UNKNOWN, "可以")
    await shop.settle()
    async with shop.database.across() as connection:
        assert (
            await connection.fetchval("select count(*) from pgqueuer where entrypoint = 'bot.evaluate' and status = 'queued'")
            >= 1
        )


@pytest_database
async def test_a_file_names_entries_by_title(editor):
    one = await editor.set()
    text = "question,expected\n包邮不,运费怎么算？\nwhere is it,Nowhere\nweather,-\n"
    async with editor.shop.database.scope(editor.shop.workspace.id) as scope:
        first = await editor.evaluation.read_cases(scope, one, text)
        second = await editor.evaluation.read_cases(scope, one, text)
    assert (first.taken, first.repeated, first.problems) == (2, 0, [(3, "expected")])
    assert (second.taken, second.repeated) == (2, 2)


@pytest_database
async def test_what_cannot_be_is_refused(editor, shop):
    one = await editor.set()
    with pytest.raises(EvaluationSetNameTaken):
        await editor.set()
    with pytest.raises(EvaluationSetNotFound):
        await editor.case(uuid4(), "怎么退货")
    with pytest.raises(EvaluationCaseInvalid):
        await editor.case(one, "怎么退货", turn_id=uuid4())
    with pytest.raises(EvaluationCaseInvalid):
        await editor.case(one)
    with pytest.raises(EvaluationRunNotFound):
        await editor.report(uuid4())
    async with shop.database.scope(shop.workspace.id) as scope:
        with pytest.raises(EvaluationCaseInvalid):
            await editor.evaluation.add_case(scope, one, NewEvaluationCase(question="?", expected=[uuid4()]))


@pytest_database
async def test_a_removed_set_is_gone_with_all_of_it(editor, shop):
    one = await editor.set()
    case = await editor.case(one, "怎么退货", "怎么退货？")
    run = await editor.run(one)
    async with shop.database.scope(shop.workspace.id) as scope:
        await editor.evaluation.remove_case(scope, case)
        assert (await editor.evaluation.report(scope, run.id)).results == []
        await editor.evaluation.remove_set(scope, one)
        assert await editor.evaluation.sets(scope) == []
        with pytest.raises(EvaluationSetNotFound):
            await editor.evaluation.remove_set(scope, one)
