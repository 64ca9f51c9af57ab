"""Intents: kept by their editors, found by examples at once, learned in a job, never worse than before."""

import hashlib
from typing import Any

import msgspec
import pytest

from qiao.domains.bot.classifying import intents
from qiao.domains.bot.classifying.contracts import Example, IntentChanges, NewIntent
from qiao.domains.bot.classifying.model import FORMAT
from qiao.domains.bot.errors import IntentInvalid, IntentKeyTaken, IntentNotFound
from qiao.domains.bot.tests.tea_shop import no_model
from qiao.kit.ids import new_id

pytestmark = pytest.mark.database

WAYS = ("{}怎么办", "我想问{}", "关于{}的问题", "请问{}", "麻烦说说{}", "帮我看下{}", "{}可以吗", "要{}")


def intent(key: str, topic: str, ways: tuple[str, ...] = WAYS) -> NewIntent:
    return NewIntent(key=key, name={"zh": topic, "en": key}, examples=[Example(way.format(topic), "zh") for way in ways])


async def make(shop: Any, *new: NewIntent) -> list[Any]:
    async with shop.database.scope(shop.workspace.id) as scope:
        return [await shop.bot.intents.create(scope, one) for one in new]


async def best(shop: Any, text: str) -> Any:
    shop.bot.intents.forget(shop.workspace.id)
    found = await shop.bot.intents.classify(shop.workspace.id, text, None)
    return found[0].intent_id if found else None


async def test_a_new_intent_is_found_by_its_examples_at_once(shop: Any):
    assert await best(shop, "退货") is None
    returns, invoice = await make(shop, intent("returns", "退货"), intent("invoice", "发票"))
    assert await best(shop, "我要退货") == returns.id
    assert await best(shop, "发票在哪") == invoice.id


async def test_a_switched_off_or_deleted_intent_is_never_guessed(shop: Any):
    returns, invoice = await make(shop, intent("returns", "退货"), intent("invoice", "发票"))
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.intents.change(scope, returns.id, IntentChanges(enabled=False))
    assert await best(shop, "我要退货") == invoice.id
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.intents.delete(scope, invoice.id)
    assert await best(shop, "我要退货") is None


@pytest.mark.slow
async def test_intents_are_learned_once_and_tell_their_figures(shop: Any):
    returns, *_ = await make(shop, intent("returns", "退货"), intent("invoice", "发票"), intent("parcel", "快递"))
    await shop.bot.intents.learn(shop.workspace.id)
    await shop.bot.intents.learn(shop.workspace.id)
    async with shop.database.scope(shop.workspace.id) as scope:
        status = await shop.bot.intents.status(scope)
    assert (status.in_use.version, status.in_use.outcome, status.waiting) == (1, "in_use", False)
    assert (status.in_use.intents, status.in_use.examples) == (3, 24)
    assert await best(shop, "能不能退货呀") == returns.id


@pytest.mark.slow
async def test_a_worse_model_is_refused_until_somebody_insists(shop: Any, monkeypatch: pytest.MonkeyPatch):
    """What is worse is the gate's to say, and tested there."""
    returns, _ = await make(shop, intent("returns", "退货"), intent("invoice", "发票"))
    await shop.bot.intents.learn(shop.workspace.id)
    monkeypatch.setattr(intents, "may_replace", lambda _comparison: False)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.intents.change(scope, returns.id, IntentChanges(examples=returns.examples[:-2]))
    await shop.bot.intents.learn(shop.workspace.id)
    async with shop.database.scope(shop.workspace.id) as scope:
        refused = await shop.bot.intents.status(scope)
    assert (refused.in_use.version, refused.last.outcome) == (1, "refused")
    await shop.bot.intents.learn(shop.workspace.id, anyway=True)
    async with shop.database.scope(shop.workspace.id) as scope:
        assert (await shop.bot.intents.status(scope)).in_use.version == 3


async def written_before(shop: Any) -> None:
    """The stored model becomes one of the format before, as a program that is replaced leaves it."""
    async with shop.database.scope(shop.workspace.id) as scope:
        row = await scope.connection.fetchrow(
            "select arrays, twin, fingerprint from bot_intent_models where workspace_id = $1", shop.workspace.id
        )
        stored = []
        for name in ("arrays", "twin"):
            parts = msgspec.msgpack.decode(row[name])
            parts[0] = FORMAT - 1
            stored.append(msgspec.msgpack.encode(parts))
        await scope.connection.execute(
            "update bot_intent_models set arrays = $2, arrays_hash = $3, twin = $4, twin_hash = $5, fingerprint = $6"
            " where workspace_id = $1",
            shop.workspace.id,
            stored[0],
            hashlib.sha256(stored[0]).digest(),
            stored[1],
            hashlib.sha256(stored[1]).digest(),
            bytes([FORMAT - 1]) + row["fingerprint"][1:],
        )


@pytest.mark.slow
async def test_a_model_of_the_format_before_is_learned_anew_by_itself(shop: Any):
    returns, *_ = await make(shop, intent("returns", "退货"), intent("invoice", "发票"), intent("parcel", "快递"))
    await shop.bot.intents.learn(shop.workspace.id)
    await written_before(shop)
    async with shop.database.across() as connection:
        # The job that the three intents asked for is done.
        await connection.execute("delete from pgqueuer")
    program = shop.another_bot(no_model).intents
    assert (await program.try_text(shop.workspace.id, "能不能退货呀")).by == "words"
    assert (await program.classify(shop.workspace.id, "能不能退货呀", None))[0].intent_id == returns.id
    async with shop.database.scope(shop.workspace.id) as scope:
        assert (await program.status(scope)).waiting
    await program.catch_up()
    await shop.jobs.drain()
    async with shop.database.scope(shop.workspace.id) as scope:
        status = await program.status(scope)
    assert (status.in_use.version, status.last.outcome, status.waiting) == (2, "in_use", False)
    await program.catch_up()
    await shop.jobs.drain()
    async with shop.database.scope(shop.workspace.id) as scope:
        assert (await program.status(scope)).last.version == 2


async def test_what_cannot_be(shop: Any):
    (returns,) = await make(shop, intent("returns", "退货"))
    with pytest.raises(IntentKeyTaken):
        await make(shop, intent("returns", "换货"))
    with pytest.raises(IntentInvalid):
        await make(shop, NewIntent(key="twice", name={"zh": "两次"}, examples=[Example("退货"), Example("退貨")]))
    with pytest.raises(IntentInvalid):
        await make(shop, NewIntent(key="marks", name={"zh": "标点"}, examples=[Example("？！")]))
    async with shop.database.scope(shop.workspace.id) as scope:
        with pytest.raises(IntentNotFound):
            await shop.bot.intents.delete(scope, new_id())
        with pytest.raises(IntentNotFound):
            await shop.bot.intents.change(scope, new_id(), IntentChanges(enabled=False))
        assert [one.key for one in await shop.bot.intents.all(scope)] == [returns.key]


async def test_a_trial_says_what_decided(shop: Any):
    assert (await shop.bot.intents.try_text(shop.workspace.id, "退货")).by == "nothing"
    await make(shop, intent("returns", "退货"))
    trial = await shop.bot.intents.try_text(shop.workspace.id, "退货")
    assert (trial.by, len(trial.guesses), trial.guesses[0].probability) == ("words", 1, 1.0)
