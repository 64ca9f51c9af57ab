"""Which published entries say the same in different languages."""

import pytest

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import FaqChanges, NewArticle, NewFaq, PublishedEntry, TranslationText
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database, Scope

pytestmark = pytest.mark.database


async def shown(knowledge: Knowledge, scope: Scope) -> dict[str, PublishedEntry]:
    return {one.title: one for one in await knowledge.published_entries(scope)}


async def faq(knowledge: Knowledge, scope: Scope, language: str, question: str, slug: str | None) -> object:
    new = NewFaq(language=language, question=question, answer="!", slug=slug, publish=True)
    return (await knowledge.faqs.create(scope, new, None)).id


async def test_faqs_of_one_slug_are_one_topic(knowledge: Knowledge, database: Database, workspace: Workspace):
    async with database.scope(workspace.id) as scope:
        await faq(knowledge, scope, "zh", "怎么退货？", "returns")
        await faq(knowledge, scope, "en", "How do I return it?", "returns")
        await faq(knowledge, scope, "en", "How much is shipping?", "shipping")
        found = await shown(knowledge, scope)
    topics = {title: one.topic for title, one in found.items()}
    assert topics["怎么退货？"] == topics["How do I return it?"] is not None
    assert topics["How much is shipping?"] not in {None, topics["怎么退货？"]}


async def test_a_faq_without_a_slug_has_no_twin(knowledge: Knowledge, database: Database, workspace: Workspace):
    async with database.scope(workspace.id) as scope:
        await faq(knowledge, scope, "zh", "怎么退货？", None)
        await faq(knowledge, scope, "en", "How do I return it?", None)
        assert [one.topic for one in (await shown(knowledge, scope)).values()] == [None, None]


async def test_a_faq_that_is_given_the_slug_joins_the_topic(knowledge: Knowledge, database: Database, workspace: Workspace):
    async with database.scope(workspace.id) as scope:
        await faq(knowledge, scope, "zh", "怎么退货？", "returns")
        late = await faq(knowledge, scope, "en", "How do I return it?", None)
        await knowledge.faqs.change(scope, late, FaqChanges(slug="returns"), None)
        found = await shown(knowledge, scope)
    assert found["怎么退货？"].topic == found["How do I return it?"].topic


async def test_translations_of_an_article_are_one_topic_and_apart_from_a_faq_of_that_slug(
    knowledge: Knowledge, database: Database, workspace: Workspace
):
    async with database.scope(workspace.id) as scope:
        made = await knowledge.articles.create(scope, NewArticle(slug="returns"))
        for language, title in (("zh", "退货"), ("en", "Returns")):
            await knowledge.articles.save(scope, (made.id, language), TranslationText(title=title, summary="", body="!"), None)
            await knowledge.articles.publish(scope, made.id, language)
        await faq(knowledge, scope, "zh", "怎么退货？", "returns")
        found = await shown(knowledge, scope)
    assert found["退货"].topic == found["Returns"].topic is not None
    assert found["怎么退货？"].topic != found["退货"].topic
