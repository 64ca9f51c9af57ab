"""The look: unanswered questions become clusters with drafts, entries that disagree are found, and editors decide."""

from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.bot.gathering import gather
from qiao.domains.bot.learning.contracts import AcceptCluster
from qiao.domains.bot.learning.errors import ClusterNotFound, ConcernNotFound, DraftEmpty
from qiao.domains.conversations.contracts import Author, AuthorKind, NewMessage

pytestmark = pytest.mark.database


async def asked_and_answered(shop, question, answer):
    """A new customer asks what nobody wrote down, gets a person, and the person answers."""
    await shop.new_customer(name="王小姐")
    await shop.say(question)
    person = await shop.come_to_work()
    agent = Author(AuthorKind.AGENT, person.id, person.name)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, agent)
    message = NewMessage(conversation_id=shop.talk.id, author=agent, text=answer, client_id=uuid4().hex)
    await shop.conversations.post(shop.workspace.id, message)


async def look(shop):
    await shop.settle()
    await shop.bot.learning.look(shop.workspace.id)


async def clusters(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.learning.clusters(scope, None, 50)


async def concerns(shop, kind=None):
    async with shop.database.scope(shop.workspace.id) as scope:
        return (await shop.bot.learning.concerns(scope, kind, None, 50))[0]


@pytest.fixture
async def learned(shop):
    await asked_and_answered(shop, "杯子上能刻名字吗", "王小姐您好，可以刻字的，一个字 20 元，三天做好。还有其他问题吗？")
    await asked_and_answered(shop, "请问杯子上可以刻名字吗", "您好！可以刻字，一个字 20 元，需要三天。")
    await asked_and_answered(shop, "明天股票会涨吗", "不好意思，这个我不清楚。")
    await look(shop)
    return shop


async def test_questions_that_ask_the_same_are_one_cluster_with_a_draft(learned):
    first, *_ = await clusters(learned)
    assert (first.questions, first.asked, first.status) == (2, 2, "open")
    assert "刻字" in first.draft.answer
    assert "20 元" in first.draft.answer
    assert not any(word in first.draft.answer for word in ("王小姐", "您好", "还有其他"))
    assert len(first.draft.cited) == 2


async def test_a_cluster_stays_itself_while_more_comes(learned):
    before = (await clusters(learned))[0]
    async with learned.database.scope(learned.workspace.id) as scope:
        await gather(scope, "杯子上可以刻名字不", "zh", learned.talk.id, ((), None, None))
    await look(learned)
    after = (await clusters(learned))[0]
    assert (after.id, after.name, after.asked) == (before.id, before.name, 3)


async def accept(shop, cluster_id, **fields):
    async with shop.database.scope(shop.workspace.id) as scope:
        new = await shop.bot.learning.to_accept(scope, cluster_id, AcceptCluster(**fields))
        faq = await shop.knowledge.faqs.create(scope, new, None)
        await shop.bot.learning.accepted(scope, cluster_id, faq.id)
    return faq


async def test_accepting_makes_the_faq_and_empties_the_lists(learned):
    first = (await clusters(learned))[0]
    faq = await accept(learned, first.id, publish=True)
    assert (faq.question, faq.answer, faq.status) == (first.draft.question, first.draft.answer, "published")
    assert set(faq.variants) == set(first.draft.variants)
    assert first.id not in {one.id for one in await clusters(learned)}
    await learned.settle()
    assert (await learned.try_("杯子上能刻名字吗")).zone == "answer"
    with pytest.raises(ClusterNotFound):
        await accept(learned, first.id)


async def test_an_editor_may_write_it_otherwise(learned):
    first = (await clusters(learned))[0]
    faq = await accept(learned, first.id, question="可以刻字吗？", answer="可以，一个字 20 元。", variants=["能刻字吗"])
    assert (faq.question, faq.answer, faq.variants, faq.status) == ("可以刻字吗？", "可以，一个字 20 元。", ["能刻字吗"], "draft")


async def test_without_an_answer_there_is_nothing_to_accept(learned):
    unknown = next(one for one in await clusters(learned) if not one.draft.answer)
    with pytest.raises(DraftEmpty):
        await accept(learned, unknown.id)


async def test_what_was_dismissed_does_not_come_back(learned):
    for one in await clusters(learned):
        async with learned.database.scope(learned.workspace.id) as scope:
            await learned.bot.learning.dismiss(scope, one.id)
    await look(learned)
    assert await clusters(learned) == []


async def test_entries_that_disagree_are_found_until_they_agree(shop):
    other = await shop.publish("怎么退货呀", "签收后 30 天内可以退。")
    await look(shop)
    (one,) = await concerns(shop, "contradiction")
    assert {one.entry.title, one.other.title} == {"怎么退货？", "怎么退货呀"}
    assert {one.reasons[0].one, one.reasons[0].other} == {"7 天", "30 天"}
    await shop.change_faq(other, answer="签收后 7 天内可以退。")
    await look(shop)
    assert await concerns(shop, "contradiction") == []
    assert [one.kind for one in await concerns(shop)] == ["duplicate"]


async def test_what_agents_alone_read_is_looked_at_too_and_says_so(shop):
    inner = await shop.publish("怎么退货呀", "老客户 30 天内可以退。", audience="agents")
    await shop.publish("普洱批次备注", "2020-01-01 前的批次不补发。", audience="agents")
    await look(shop)
    (one,) = await concerns(shop, "contradiction")
    assert {one.entry.title: one.entry.internal, one.other.title: one.other.internal} == {"怎么退货？": False, "怎么退货呀": True}
    (old,) = await concerns(shop, "stale")
    assert (old.entry.title, old.entry.internal, old.entry.url) == ("普洱批次备注", True, None)
    await shop.change_faq(inner, publish=False)
    assert await concerns(shop, "contradiction") == []


async def test_a_concern_set_aside_comes_back_when_an_entry_changes(shop):
    other = await shop.publish("怎么退货呀", "签收后 30 天内可以退。")
    await look(shop)
    (one,) = await concerns(shop)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.learning.dismiss_concern(scope, one.id)
    await look(shop)
    assert await concerns(shop) == []
    await shop.change_faq(other, answer="签收后 60 天内可以退。")
    await look(shop)
    (again,) = await concerns(shop)
    assert again.reasons[0].code == "durations"


async def test_what_is_unpublished_is_no_concern(shop):
    other = await shop.publish("怎么退货呀", "签收后 30 天内可以退。")
    await look(shop)
    await shop.change_faq(other, publish=False)
    assert await concerns(shop) == []


async def test_old_entries_are_due_for_review_until_somebody_looked(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        await scope.connection.execute(
            "update faqs set updated_at = now() - $2::interval where workspace_id = $1 and question = '可以开发票吗？'",
            shop.workspace.id,
            timedelta(days=200),
        )
    await look(shop)
    (one,) = await concerns(shop, "stale")
    assert (one.entry.title, one.reasons[0].code) == ("可以开发票吗？", "not_reviewed")
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.learning.dismiss_concern(scope, one.id)
    await look(shop)
    assert await concerns(shop, "stale") == []


async def test_the_review_period_is_the_workspaces_own(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        state = await shop.bot.learning.set_review(scope, 30)
        await scope.connection.execute(
            "update faqs set updated_at = now() - interval '40 days' where workspace_id = $1", shop.workspace.id
        )
    assert state.review_days == 30
    await shop.settle()
    assert len(await concerns(shop, "stale")) == len(shop.faqs)


async def test_the_state_counts_what_waits(learned):
    await learned.publish("怎么退货呀", "签收后 30 天内可以退。")
    await look(learned)
    async with learned.database.scope(learned.workspace.id) as scope:
        state = await learned.bot.learning.state(scope)
    assert (state.clusters, state.contradictions, state.duplicates, state.stale) == (2, 1, 0, 0)
    assert state.looked_at is not None


async def test_pages_go_on_where_the_last_ended(learned):
    async with learned.database.scope(learned.workspace.id) as scope:
        (first,) = await learned.bot.learning.clusters(scope, None, 1)
        rest = await learned.bot.learning.clusters(scope, (first.asked, first.id), 5)
    assert len(rest) == 1
    assert rest[0].id != first.id


@pytest.fixture
async def alone(shop):
    """The shops of the tests before were looked at a moment ago, and ask for nothing."""
    async with shop.database.across() as connection:
        await connection.execute(
            "insert into bot_learning_settings (workspace_id, review_days, looked_at) select id, 180, now() + interval '1 minute'"
            " from workspaces where id <> $1 on conflict (workspace_id) do update set looked_at = excluded.looked_at",
            shop.workspace.id,
        )


@pytest.mark.usefixtures("alone")
async def test_a_workspace_in_which_something_changed_is_looked_at_by_itself(shop):
    await shop.say("明天股票会涨吗")
    await shop.settle()
    await shop.bot.learning.catch_up()
    await shop.jobs.drain()
    assert len(await clusters(shop)) == 1


async def test_unknown_ones_are_said_to_be(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        with pytest.raises(ConcernNotFound):
            await shop.bot.learning.dismiss_concern(scope, uuid4())
        with pytest.raises(ClusterNotFound):
            await shop.bot.learning.dismiss(scope, uuid4())
