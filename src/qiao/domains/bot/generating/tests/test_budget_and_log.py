"""Tokens promised and spent, the log and its forgetting, settings, the fuse."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from qiao.domains.bot.generating.breaker import FAILURES, LONGEST_SECONDS, OPEN_SECONDS, PROBE_SECONDS, Breaker
from qiao.domains.bot.generating.contracts import LanguageModelSettings, LanguageModelUse
from qiao.domains.bot.generating.rows import GeneratingRows, start_of_day
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.ports.testing.llm_endpoint import says, slow, status

pytestmark = [pytest.mark.database, pytest.mark.slow]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def reserve(database, workspace, tokens, at=NOON, **limits):
    async with database.scope(workspace.id) as scope:
        return await GeneratingRows(scope).reserve(at, tokens, LanguageModelSettings(**limits), at + timedelta(days=60))


async def test_a_day_and_a_month_hold_what_they_hold(database, workspace):
    assert await reserve(database, workspace, 60, tokens_a_day=100)
    assert not await reserve(database, workspace, 41, tokens_a_day=100)
    assert await reserve(database, workspace, 40, tokens_a_day=100)
    tomorrow = NOON + timedelta(days=1)
    assert await reserve(database, workspace, 100, tomorrow, tokens_a_day=100)
    assert not await reserve(database, workspace, 1, tomorrow + timedelta(days=1), tokens_a_day=100, tokens_a_month=200)
    assert await reserve(database, workspace, 1, NOON + timedelta(days=20), tokens_a_day=100, tokens_a_month=200)


async def test_what_was_promised_and_not_spent_is_free_again(database, workspace):
    promised = await reserve(database, workspace, 90, tokens_a_day=100)
    async with database.scope(workspace.id) as scope:
        rows = GeneratingRows(scope)
        await rows.settle(promised, NOON, 10, used=True)
        spent = await rows.spent(NOON)
    assert (spent.today, spent.month, spent.requests, spent.used) == (10, 10, 1, 1)
    assert await reserve(database, workspace, 90, tokens_a_day=100)


async def test_many_at_once_do_not_overdraw(database, workspace):
    got = await asyncio.gather(*(reserve(database, workspace, 30, tokens_a_day=100) for _ in range(8)))
    assert len([one for one in got if one]) == 3


async def test_a_promise_that_nobody_settles_lapses(database, workspace):
    async with database.scope(workspace.id) as scope:
        rows, until = GeneratingRows(scope), NOON + timedelta(seconds=30)
        promised = await rows.reserve(NOON, 90, LanguageModelSettings(tokens_a_day=100), until)
        held = await rows.spent(until - timedelta(seconds=1))
        after = await rows.spent(until + timedelta(seconds=1))
    assert (held.today, held.month) == (90, 90)
    assert (after.today, after.month, after.requests) == (0, 0, 1)
    assert await reserve(database, workspace, 100, until + timedelta(seconds=1), tokens_a_day=100)
    async with database.scope(workspace.id) as scope:
        # What comes back later than anybody waited is still paid for.
        await GeneratingRows(scope).settle(promised, NOON, 40, used=False)
        assert (await GeneratingRows(scope).spent(until + timedelta(seconds=1))).today == 140


@pytest.mark.fault("F-A4")
async def test_over_budget_the_built_in_answer_is_said_and_the_status_tells(shop, endpoint):
    await shop.set_llm(tokens_a_month=0)
    assert (await shop.say("运费怎么算？")).text == "满 199 元包邮，不满收 12 元。"
    assert (endpoint.requests, (await shop.llm_status()).state) == ([], "over_budget")


async def test_what_an_endpoint_does_not_count_is_estimated_and_what_it_refuses_is_free(shop, endpoint):
    endpoint.then(status(401), says("NO_ANSWER", usage=None))
    await shop.say("运费怎么算？")
    assert (await shop.llm_status()).tokens_today == 0
    await shop.asked_anew("运费怎么算？")
    assert (await shop.llm_status()).tokens_today > 300
    assert [one.estimated for one in await shop.log()] == [True, True]


async def test_one_workspace_does_not_spend_or_see_what_is_anothers(shop, database, endpoint):
    from uuid import uuid4

    from qiao.domains.workspaces.api import Workspaces

    endpoint.then(says("NO_ANSWER"))
    await shop.say("运费怎么算？")
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别人", "en": "Other"})
    async with database.scope(other.id) as scope:
        assert await shop.generating.log(scope, None, 10) == []
        told = await shop.generating.status(scope)
    assert (told.tokens_today, told.requests_today, told.state) == (0, 0, "off")


async def old_use(shop, days: int) -> None:
    use = LanguageModelUse(
        id=new_id(), purpose="answer", conversation_id=None, person_id=None, language="zh", model="m", prompt=[], answer=f"{days} 天前",
        outcome="used", failed=[], prompt_tokens=1, answer_tokens=1, estimated=False, first_ms=None, total_ms=1.0, created_at=utc_now(),
    )  # fmt: skip
    async with shop.database.scope(shop.workspace.id) as scope:
        await GeneratingRows(scope).keep(use)
        await scope.connection.execute(
            "update bot_llm_log set created_at = $3 where workspace_id = $1 and id = $2",
            shop.workspace.id,
            use.id,
            start_of_day(utc_now()) - timedelta(days=days, minutes=-1),
        )


@pytest.mark.parametrize(("keep", "left"), [(30, ["0 天前", "10 天前", "30 天前"]), (5, ["0 天前"]), (0, ["0 天前"])])
async def test_the_log_is_forgotten_by_a_job_after_the_days_it_is_kept(shop, keep, left):
    for days in (31, 30, 10, 0, 400):
        await old_use(shop, days)
    await shop.set_llm(keep_log_days=keep)
    await shop.generating.forget_due()
    await shop.jobs.drain()
    assert [one.answer for one in await shop.log()] == left


async def test_the_log_is_read_in_pages(shop):
    for days in range(5):
        await old_use(shop, days)
    async with shop.database.scope(shop.workspace.id) as scope:
        first = await shop.generating.log(scope, None, 3)
        rest = await shop.generating.log(scope, (first[-1].created_at, first[-1].id), 3)
    assert [one.answer for one in (*first, *rest)] == [f"{days} 天前" for days in range(5)]


async def test_settings_have_defaults_and_change_one_by_one(shop):
    async with shop.database.scope(shop.workspace.id) as scope:
        assert await shop.generating.settings(scope) == LanguageModelSettings(enabled=True)
    await shop.set_llm(tone="brief", keep_log_days=3)
    async with shop.database.scope(shop.workspace.id) as scope:
        assert await shop.generating.settings(scope) == LanguageModelSettings(enabled=True, tone="brief", keep_log_days=3)


async def test_an_agent_is_told_when_every_place_is_taken(shop, endpoint):
    endpoint.then(slow(0.6, says("好的")))
    made = await asyncio.gather(*(shop.generating.texts.rewrite(shop.workspace.id, "好的", "warm") for _ in range(7)))
    assert sorted({one.outcome for one in made}) == ["busy", "done"]
    assert sum(one.outcome == "done" for one in made) == 4


# --- the fuse -------------------------------------------------------------------------------------------------------------


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def blown() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        assert breaker.allow()
        breaker.failed()
    return breaker, clock


def test_it_blows_after_failures_in_a_row_only():
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3 * FAILURES):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allow()
    breaker, clock = blown()
    assert not breaker.allow()


def test_half_open_one_tries():
    breaker, clock = blown()
    clock.now += OPEN_SECONDS
    assert [breaker.allow(), breaker.allow()] == [True, False]
    breaker.succeeded()
    assert (breaker.open, breaker.allow()) == (False, True)


def test_a_failed_probe_doubles_the_pause_up_to_a_bound():
    breaker, clock = blown()
    for pause in (OPEN_SECONDS, OPEN_SECONDS * 2, OPEN_SECONDS * 4, OPEN_SECONDS * 8, LONGEST_SECONDS, LONGEST_SECONDS):
        clock.now += pause - 0.1
        assert not breaker.allow()
        clock.now += 0.2
        assert breaker.allow()
        breaker.failed()


def test_a_probe_that_never_comes_back_and_one_that_was_not_sent_are_forgotten():
    breaker, clock = blown()
    clock.now += OPEN_SECONDS
    assert breaker.allow()
    clock.now += PROBE_SECONDS
    assert breaker.allow()
    breaker.withdrawn()
    assert breaker.allow()
