"""What FAQs promise: one of each question, every version kept, found by any of their words, told when they change."""

import pytest

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Faq, FaqChanges, Filter, NewCategory, NewFaq, NewSnippet, SnippetChanges
from qiao.domains.knowledge.errors import DuplicateQuestion, KnowledgeInvalid, KnowledgeNotFound, ShortcutTaken, SlugTaken
from qiao.domains.knowledge.events import FaqChanged
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database

RETURNS = NewFaq(
    language="zh", question="怎么退货？", answer="收货 **7 天**内可以退。", variants=["我想退货", "退货流程"], publish=True
)


@pytest.fixture
async def faq(knowledge: Knowledge, database: Database, workspace: Workspace) -> Faq:
    async with database.scope(workspace.id) as scope:
        return await knowledge.faqs.create(scope, RETURNS, None)


@pytest.mark.parametrize("question", ["怎么退货？", " 怎么退货?", "怎麼退貨", "怎么退货！"])
async def test_the_same_question_is_refused_with_the_one_that_stands(
    knowledge: Knowledge, database: Database, workspace: Workspace, faq: Faq, question: str
) -> None:
    with pytest.raises(DuplicateQuestion) as refused:
        async with database.scope(workspace.id) as scope:
            await knowledge.faqs.create(scope, NewFaq(language="zh", question=question, answer="另一个"), None)
    assert refused.value.details["id"] == str(faq.id)
    async with database.scope(workspace.id) as scope:
        assert len((await knowledge.faqs.page(scope, Filter()))[0]) == 1
        other = await knowledge.faqs.create(scope, NewFaq(language="en", question=question, answer="x"), None)
    assert other.status == "draft"


async def test_renaming_to_a_question_that_stands_is_refused_and_changes_nothing(
    knowledge: Knowledge, database: Database, workspace: Workspace, faq: Faq
) -> None:
    async with database.scope(workspace.id) as scope:
        other = await knowledge.faqs.create(scope, NewFaq(language="zh", question="运费多少", answer="满 99 包邮"), None)
        with pytest.raises(DuplicateQuestion):
            await knowledge.faqs.change(scope, other.id, FaqChanges(question="怎么退货"), None)
        assert (await knowledge.faqs.get(scope, other.id)).question == "运费多少"


async def test_every_version_is_kept_and_showing_is_not_a_version(
    knowledge: Knowledge, database: Database, workspace: Workspace, faq: Faq
) -> None:
    async with database.scope(workspace.id) as scope:
        changed = await knowledge.faqs.change(scope, faq.id, FaqChanges(answer="收货 15 天内可以退。"), None)
        hidden = await knowledge.faqs.change(scope, faq.id, FaqChanges(publish=False), None)
        kept = await knowledge.versions(scope, faq.id)
    assert (changed.version, changed.status) == (2, "published")
    assert (hidden.version, hidden.status) == (2, "draft")
    assert [one.content["answer"] for one in kept] == ["收货 15 天内可以退。", "收货 **7 天**内可以退。"]


@pytest.mark.parametrize("query", ["退货", "流程", "7 天", "货"])
async def test_a_list_is_narrowed_by_any_word(
    knowledge: Knowledge, database: Database, workspace: Workspace, faq: Faq, query: str
) -> None:
    async with database.scope(workspace.id) as scope:
        await knowledge.faqs.create(scope, NewFaq(language="zh", question="运费多少", answer="满 99 包邮"), None)
        found, _ = await knowledge.faqs.page(scope, Filter(query=query))
    assert [one.id for one in found] == [faq.id]


async def test_pages_follow_each_other_without_gap_or_repeat(
    knowledge: Knowledge, database: Database, workspace: Workspace
) -> None:
    async with database.scope(workspace.id) as scope:
        for number in range(7):
            await knowledge.faqs.create(scope, NewFaq(language="en", question=f"Question {number}", answer="x"), None)
        first, key = await knowledge.faqs.page(scope, Filter(limit=4))
        second, end = await knowledge.faqs.page(scope, Filter(limit=4, after=key))
    assert end is None
    assert {one.question for one in first + second} == {f"Question {number}" for number in range(7)}


async def test_only_what_is_published_is_an_entry(
    knowledge: Knowledge, database: Database, workspace: Workspace, faq: Faq
) -> None:
    async with database.scope(workspace.id) as scope:
        entry = await knowledge.entry(scope, faq.id)
        assert (entry.kind, entry.texts) == ("faq", ("怎么退货？", "我想退货", "退货流程"))
        assert entry.url == f"/help/{workspace.slug}/zh/faq/{faq.id}"
        await knowledge.add_variant(scope, faq.id, "东西不想要了")
        await knowledge.add_variant(scope, faq.id, "东西不想要了？")
        assert (await knowledge.entry(scope, faq.id)).texts[-1] == "东西不想要了"
        await knowledge.faqs.change(scope, faq.id, FaqChanges(publish=False), None)
        assert await knowledge.published_entries(scope) == []
        assert await knowledge.search(scope, "退货", published=True) == []
        assert [hit.id for hit in await knowledge.search(scope, "退货")] == [faq.id]
        with pytest.raises(KnowledgeNotFound):
            await knowledge.entry(scope, faq.id)


async def test_embedded_says_that_this_version_is_known(
    knowledge: Knowledge, database: Database, workspace: Workspace, faq: Faq
) -> None:
    async with database.scope(workspace.id) as scope:
        await knowledge.mark_embedded(scope, {faq.id: faq.version})
        assert (await knowledge.faqs.get(scope, faq.id)).embedded
        assert not (await knowledge.faqs.change(scope, faq.id, FaqChanges(answer="新的"), None)).embedded


async def test_what_happens_is_told(knowledge: Knowledge, database: Database, workspace: Workspace) -> None:
    unanswered = new_id()
    async with database.scope(workspace.id) as scope:
        new = NewFaq(language="en", question="Ship abroad?", answer="Yes.", publish=True, from_unanswered=unanswered)
        made = await knowledge.faqs.create(scope, new, None)
        await knowledge.faqs.delete(scope, made.id)
        with pytest.raises(KnowledgeNotFound):
            await knowledge.faqs.delete(scope, made.id)
    async with database.scope(workspace.id) as scope:
        facts = [entry.read(FaqChanged) for entry in await read_after(scope.connection, workspace.id, 0, 10)]
    assert facts == [
        FaqChanged(id=made.id, status="published", language="en", from_unanswered=unanswered),
        FaqChanged(id=made.id, status="deleted", language="en"),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        NewFaq(language="zh", question=" \x00 ", answer="有"),
        NewFaq(language="zh", question="有", answer=""),
        NewFaq(language="zh", question="有", answer="有", category_id=new_id()),
        NewFaq(language="zh", question="有", answer="有", slug="a/b"),
    ],
)
async def test_what_breaks_a_rule_is_refused(
    knowledge: Knowledge, database: Database, workspace: Workspace, broken: NewFaq
) -> None:
    with pytest.raises(KnowledgeInvalid):
        async with database.scope(workspace.id) as scope:
            await knowledge.faqs.create(scope, broken, None)


async def test_another_workspace_sees_nothing(knowledge: Knowledge, database: Database, faq: Faq) -> None:
    from uuid import uuid4

    from qiao.domains.workspaces.api import Workspaces

    other = await Workspaces(database).create(f"o-{uuid4().hex[:12]}", {"en": "Other"})
    async with database.scope(other.id) as scope:
        assert await knowledge.search(scope, "退货") == []
        assert await knowledge.published_entries(scope, [faq.id]) == []
        with pytest.raises(KnowledgeNotFound):
            await knowledge.faqs.change(scope, faq.id, FaqChanges(answer="x"), None)
        with pytest.raises(KnowledgeNotFound):
            await knowledge.faqs.delete(scope, faq.id)
    async with database.scope(await _home(faq, database)) as scope:
        assert (await knowledge.faqs.get(scope, faq.id)).id == faq.id


async def _home(faq: Faq, database: Database):
    async with database.across() as connection:
        return await connection.fetchval("select workspace_id from faqs where id = $1", faq.id)


async def test_a_category_that_goes_leaves_what_stood_on_it(
    knowledge: Knowledge, database: Database, workspace: Workspace, faq: Faq
) -> None:
    async with database.scope(workspace.id) as scope:
        shelf = await knowledge.categories.create(scope, NewCategory(name={"zh": "退换", "en": "Returns & refunds"}))
        assert shelf.slug == "returns-refunds"
        await knowledge.faqs.change(scope, faq.id, FaqChanges(category_id=shelf.id), None)
        assert await knowledge.categories.find_or_create(scope, "退換", "zh") == shelf.id
        await knowledge.categories.delete(scope, shelf.id)
        assert (await knowledge.faqs.get(scope, faq.id)).category_id is None
        with pytest.raises(SlugTaken):
            for _ in range(2):
                await knowledge.categories.create(scope, NewCategory(name={"en": "X"}, slug="same"))


async def test_a_shortcut_belongs_to_one_snippet(knowledge: Knowledge, database: Database, workspace: Workspace) -> None:
    async with database.scope(workspace.id) as scope:
        one = await knowledge.snippets.create(scope, NewSnippet(shortcut="/Hi", title="问候", body={"zh": "您好", "en": "Hello"}))
        assert one.shortcut == "hi"
        with pytest.raises(ShortcutTaken):
            await knowledge.snippets.create(scope, NewSnippet(shortcut="hi", title="x", body={"zh": "y"}))
        changed = await knowledge.snippets.change(scope, one.id, SnippetChanges(body={"en": "Hi there"}))
        assert changed.body == {"en": "Hi there"}
        await knowledge.snippets.delete(scope, one.id)
        assert await knowledge.snippets.all(scope) == []
