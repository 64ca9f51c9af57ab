"""What the bot keeps: settings that two change at once, vectors by model, versions that only rise, questions counted at once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from qiao.domains.bot.contracts import BotSettingsChanges
from qiao.domains.bot.errors import BotSettingsInvalid, UnansweredNotFound
from qiao.domains.bot.gathering import gather
from qiao.domains.bot.generating.contracts import LanguageModelChanges
from qiao.domains.bot.generating.rows import GeneratingRows
from qiao.domains.bot.repository.settings import SettingsRows
from qiao.domains.bot.repository.unanswered import MAX_CONVERSATIONS, MAX_EXAMPLES, UnansweredRows
from qiao.domains.bot.repository.vectors import VectorRows, behind
from qiao.domains.bot.words import DEFAULTS
from qiao.domains.bot.zones import ZoneThresholds
from qiao.domains.workspaces.api import Workspaces

pytestmark = pytest.mark.database


async def in_scope(database: Any, workspace: Any, act: Any) -> Any:
    async with database.scope(workspace.id) as scope:
        return await act(scope)


async def test_settings_that_two_change_at_once_keep_both_changes(shop):
    changes = [
        BotSettingsChanges(hand_over_when_unsure=False),
        BotSettingsChanges(name={"zh": "小桥"}),
        BotSettingsChanges(name={"en": "Bridge"}),
        BotSettingsChanges(target_wrong=0.1),
        BotSettingsChanges(hand_over_text={"zh": "这就转。"}),
    ]
    await asyncio.gather(
        *(in_scope(shop.database, shop.workspace, lambda scope, one=one: shop.bot.change_settings(scope, one)) for one in changes)
    )
    after = await in_scope(shop.database, shop.workspace, shop.bot.settings)
    assert (after.hand_over_when_unsure, after.target_wrong, after.name) == (False, 0.1, {"zh": "小桥", "en": "Bridge"})
    assert after.hand_over_text == {**DEFAULTS.hand_over_text, "zh": "这就转。"}
    assert after.disclosure == DEFAULTS.disclosure


async def test_the_language_models_settings_lose_nothing_either(house, database, workspace):
    changes = [
        LanguageModelChanges(enabled=True),
        LanguageModelChanges(tone="warm"),
        LanguageModelChanges(tokens_a_day=7),
        LanguageModelChanges(keep_log_days=3),
    ]
    door = house.generating
    await asyncio.gather(
        *(in_scope(database, workspace, lambda scope, one=one: door.change_settings(scope, one)) for one in changes)
    )
    after = await in_scope(database, workspace, lambda scope: GeneratingRows(scope).settings())
    assert (after.enabled, after.tone, after.tokens_a_day, after.keep_log_days) == (True, "warm", 7, 3)


async def test_what_an_older_program_stored_is_completed_by_the_defaults(database, workspace):
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute(
            "insert into bot_settings (workspace_id, settings) values ($1, $2)",
            workspace.id,
            {"target_wrong": 0.2, "of_old": [1]},
        )
        read = await SettingsRows(scope).read()
    assert (read.target_wrong, read.name) == (0.2, DEFAULTS.name)


async def test_a_text_that_is_empty_or_endless_is_refused(shop):
    for name in ({"zh": ""}, {"zh": "长" * 5_000}, {"fr": "Pont"}):
        with pytest.raises(BotSettingsInvalid):
            await in_scope(
                shop.database,
                shop.workspace,
                lambda scope, name=name: shop.bot.change_settings(scope, BotSettingsChanges(name=name)),
            )
    assert (await in_scope(shop.database, shop.workspace, shop.bot.settings)).name == DEFAULTS.name


async def test_vectors_belong_to_a_model_and_a_company(database, workspace):
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    row = np.asarray([0.6, 0.8], dtype=np.float32)

    async def store(scope: Any) -> None:
        rows = VectorRows(scope)
        await rows.store("m1", {b"a": row, b"b": row})
        await rows.store("m1", {b"a": -row})
        await rows.store("m2", {b"a": row})
        await rows.store("m1", {})

    await in_scope(database, workspace, store)
    async with database.scope(workspace.id) as scope:
        rows = VectorRows(scope)
        assert set(await rows.all("m1")) == {b"a", b"b"}
        assert np.allclose((await rows.of("m1", [b"a", b"x"]))[b"a"], row, atol=1e-3)
        assert (await rows.of("m1", []), await rows.all("m9")) == ({}, {})
    async with database.scope(other.id) as scope:
        assert await VectorRows(scope).all("m1") == {}


async def test_what_is_no_longer_said_is_forgotten_after_an_hour(database, workspace):
    row = np.ones(2, dtype=np.float32)
    async with database.scope(workspace.id) as scope:
        rows = VectorRows(scope)
        await rows.store("m1", {b"old": row, b"kept": row})
        await rows.store("m0", {b"kept": row})
        await rows.keep_only("m1", [b"kept"])
        assert set(await rows.all("m1")) == {b"old", b"kept"}
        await scope.connection.execute(
            "update bot_vectors set created_at = now() - interval '2 hours' where workspace_id = $1", workspace.id
        )
        await rows.keep_only("m1", [b"kept"])
        assert (set(await rows.all("m1")), await rows.all("m0")) == ({b"kept"}, {})


async def test_versions_only_rise_and_who_is_behind_is_known(database, workspace):
    async def bump(scope: Any) -> int:
        return await VectorRows(scope).bump()

    assert sorted(await asyncio.gather(*(in_scope(database, workspace, bump) for _ in range(4)))) == [1, 2, 3, 4]
    async with database.scope(workspace.id) as scope:
        rows = VectorRows(scope)
        await rows.reached(embedded=4)
        await rows.reached(embedded=2, fitted=1)
        assert await rows.state() == type(await rows.state())(version=4, embedded=4, fitted=1)
    async with database.across() as connection:
        assert dict(await behind(connection))[workspace.id] is False
    async with database.scope(workspace.id) as scope:
        await VectorRows(scope).reached(fitted=4)
    async with database.across() as connection:
        assert workspace.id not in dict(await behind(connection))


async def test_what_was_fitted_is_read_as_it_was_stored(database, workspace):
    async with database.scope(workspace.id) as scope:
        rows = VectorRows(scope)
        assert await rows.fitted() is None
        start = await rows.tuning()
        await rows.store_fitted({"zh": ZoneThresholds(), "en": ZoneThresholds()}, 0.05, None)
        fitted = await rows.fitted()
        assert fitted is not None
        assert (set(fitted.thresholds), fitted.target_wrong, await rows.tuning()) == ({"zh", "en"}, 0.05, start)


# --- unanswered questions ------------------------------------------------------------------------------------------------------


async def ask(database: Any, workspace: Any, question: str, talk: UUID | None = None, language: str = "zh") -> None:
    await in_scope(database, workspace, lambda scope: gather(scope, question, language, talk or uuid4(), ([], None, None)))


async def listed(database: Any, workspace: Any) -> list[Any]:
    return await in_scope(database, workspace, lambda scope: UnansweredRows(scope).listed(None, 50))


async def test_a_question_of_many_customers_at_once_is_one_row(database, workspace):
    await asyncio.gather(*(ask(database, workspace, f"杯子能刻字吗{mark}") for mark in ("", "？", "！", "。", "…", "??")))
    (row,) = await listed(database, workspace)
    assert (row.count, len(row.conversation_ids)) == (6, 6)
    assert len(row.examples) <= MAX_EXAMPLES


async def test_examples_and_conversations_are_bounded_and_the_latest_come_first(database, workspace):
    talks = [uuid4() for _ in range(MAX_CONVERSATIONS + 3)]
    for number, talk in enumerate(talks):
        await ask(database, workspace, "杯子能刻字吗" + "！" * (number % 9), talk)
    await ask(database, workspace, "杯子能刻字吗", talks[-1])
    (row,) = await listed(database, workspace)
    assert row.conversation_ids == talks[: -MAX_CONVERSATIONS - 1 : -1]
    assert (row.count, len(row.examples)) == (len(talks) + 1, MAX_EXAMPLES)


async def test_an_answered_question_opens_again_and_a_dismissed_one_stays_away(database, workspace):
    await ask(database, workspace, "杯子能刻字吗")
    await ask(database, workspace, "茶壶可以修吗")
    rows = {one.question: one.id for one in await listed(database, workspace)}
    await in_scope(database, workspace, lambda scope: UnansweredRows(scope).set_status(rows["杯子能刻字吗"], "answered"))
    await in_scope(database, workspace, lambda scope: UnansweredRows(scope).set_status(rows["茶壶可以修吗"], "dismissed"))
    assert await listed(database, workspace) == []
    await ask(database, workspace, "杯子能刻字吗")
    await ask(database, workspace, "茶壶可以修吗")
    assert [(one.question, one.count) for one in await listed(database, workspace)] == [("杯子能刻字吗", 2)]


async def test_languages_and_companies_are_counted_apart(database, workspace, house):
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    await ask(database, workspace, "can you engrave a cup name", language="en")
    await ask(database, workspace, "can you engrave a name on a cup", language="zh")
    await ask(database, other, "杯子能刻字吗")
    (theirs,) = await listed(database, other)
    assert len(await listed(database, workspace)) == 2
    with pytest.raises(UnansweredNotFound):
        await in_scope(database, workspace, lambda scope: house.bot.dismiss(scope, theirs.id))


async def test_a_long_question_is_cut_and_pages_go_on_where_they_ended(database, workspace):
    await ask(database, workspace, "刻字 " * 500)
    for number in range(7):
        await ask(database, workspace, f"第{number}种茶具怎么清洗保养")
        await ask(database, workspace, f"第{number}种茶具怎么清洗保养")
    seen: list[UUID] = []
    after: tuple[int, Any, UUID] | None = None
    for _ in range(9):
        page = await in_scope(database, workspace, lambda scope, at=after: UnansweredRows(scope).listed(at, 3))
        seen += [one.id for one in page]
        after = (page[-1].count, page[-1].last_at, page[-1].id) if page else after
    everything = await listed(database, workspace)
    assert seen == [one.id for one in everything]
    assert max(len(one.question) for one in everything) <= 300
