"""From a thumb and an edit to what is found: kept, read, learned anew, and never misread from another version of the program."""

from uuid import UUID

import msgspec
import pytest

from qiao.domains.bot.repository.vectors import VectorRows, behind
from qiao.domains.bot.repository.verdicts import Verdicts
from qiao.domains.bot.retrieval import Tuning
from qiao.domains.bot.retrieval.tuning import FEATURES, LEARNED_OF, START
from qiao.kit.clock import utc_now
from qiao.platform.db.database import Scope

pytestmark = pytest.mark.database

WEIGHED = Tuning(weights=tuple(at / 100 for at in range(len(FEATURES))), popular={UUID(int=7): 0.5})
ELEVEN = msgspec.msgpack.encode({"weights": [0.5] * 11, "damping": None, "popular": {}})
"""As it was written when there were eleven features: with nothing before it."""


async def store_as_it_is(scope: Scope, stored: bytes | None) -> None:
    await VectorRows(scope).store_fitted({}, 0.1, WEIGHED)
    await scope.connection.execute("update bot_thresholds set tuning = $2 where workspace_id = $1", scope.workspace_id, stored)


async def test_what_was_learned_is_read_as_it_was_stored(database, workspace):
    async with database.scope(workspace.id) as scope:
        await VectorRows(scope).store_fitted({}, 0.1, WEIGHED)
        assert await VectorRows(scope).tuning() == WEIGHED


@pytest.mark.parametrize(
    "stored",
    [
        ELEVEN,
        msgspec.msgpack.encode(WEIGHED),
        b"\x00\x00\x00\x00" + msgspec.msgpack.encode(WEIGHED),
        LEARNED_OF + ELEVEN,
        LEARNED_OF + b"\xff\x00",
        LEARNED_OF,
        b"",
    ],
    ids=["eleven", "unmarked", "of other features", "too few weights", "broken", "cut off", "empty"],
)
async def test_what_was_learned_of_other_features_is_never_misread(database, workspace, stored: bytes):
    async with database.scope(workspace.id) as scope:
        await store_as_it_is(scope, stored)
        assert await VectorRows(scope).tuning() == Tuning()


@pytest.mark.parametrize(
    ("stored", "late"),
    [(ELEVEN, True), (LEARNED_OF + msgspec.msgpack.encode(WEIGHED), False), (None, False)],
    ids=["eleven", "today's", "nothing learned"],
)
async def test_only_what_was_learned_of_other_features_is_behind(database, workspace, stored: bytes | None, *, late: bool):
    async with database.scope(workspace.id) as scope:
        version = await VectorRows(scope).bump()
        await VectorRows(scope).reached(embedded=version, fitted=version)
        await store_as_it_is(scope, stored)
    async with database.across() as connection:
        assert (workspace.id in dict(await behind(connection))) == late


async def test_a_workspace_that_learned_with_an_older_program_answers_and_learns_anew(shop):
    await shop.settle()
    async with shop.database.scope(shop.workspace.id) as scope:
        await store_as_it_is(scope, ELEVEN)
        await scope.connection.execute("update bot_thresholds set fitted_at = now() - interval '1 hour'")
    assert (await shop.try_("怎么退货")).candidates[0].title == "怎么退货？"
    await shop.bot.catch_up()
    await shop.jobs.drain()
    async with shop.database.scope(shop.workspace.id) as scope:
        learned = await VectorRows(scope).tuning()
        stored = await scope.connection.fetchval("select tuning from bot_thresholds where workspace_id = $1", shop.workspace.id)
    assert stored.startswith(LEARNED_OF)
    assert learned.weights == START
    async with shop.database.across() as connection:
        assert shop.workspace.id not in dict(await behind(connection))


async def waiting(shop, name: str) -> list[float]:
    """In how many seconds jobs of this name are to be done."""
    async with shop.database.across() as connection:
        rows = await connection.fetch(
            "select extract(epoch from execute_after - now())::float as seconds from pgqueuer where entrypoint = $1", name
        )
    return [row["seconds"] for row in rows]


async def test_thumbs_are_learned_from_within_the_hour_however_many_there_are(shop):
    await shop.settle()
    replies = [await shop.say(question) for question in ("怎么退货？", "怎么换货？")]
    for reply, helpful in ((replies[0], True), (replies[0], True), (replies[1], False)):
        async with shop.database.scope(shop.workspace.id) as scope:
            await shop.bot.rate(scope, reply.id, helpful=helpful)
    (seconds,) = await waiting(shop, "bot.fit")
    assert 3_000 < seconds <= 3_600
    async with shop.database.scope(shop.workspace.id) as scope:
        judged = await Verdicts(scope).latest(10)
    assert [(one.entry_id, one.helpful) for one in judged] == [
        (shop.faqs["怎么换货？"].id, False),
        (shop.faqs["怎么退货？"].id, True),
    ]
    assert all(one.at is not None and one.at <= utc_now() for one in judged)


async def test_what_customers_found_helpful_is_popular_after_learning(shop):
    await shop.settle()
    reply = await shop.say("怎么退货？")
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.rate(scope, reply.id, helpful=True)
    await shop.bot.fit(shop.workspace.id)
    async with shop.database.scope(shop.workspace.id) as scope:
        assert (await VectorRows(scope).tuning()).popular == {shop.faqs["怎么退货？"].id: 1.0}


async def test_of_two_that_match_alike_the_one_edited_last_is_first(shop):
    twins = [await shop.publish(question, "第一季的茶。") for question in ("春茶什么时候上市呀", "春茶什么时候上市呢")]
    async with shop.database.scope(shop.workspace.id) as scope:
        await scope.connection.execute(
            "update faqs set updated_at = now() - interval '2 years' where workspace_id = $1", shop.workspace.id
        )
    await shop.change_faq(twins[1], answer="四月。")
    assert twins[0].id < twins[1].id
    assert [one.entry_id for one in (await shop.try_("春茶什么时候上市")).candidates[:2]] == [twins[1].id, twins[0].id]
