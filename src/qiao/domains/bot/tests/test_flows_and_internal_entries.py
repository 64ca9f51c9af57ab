"""Flows quote what everyone may read: an internal entry is a fault while drawing, and is passed over when it became one later."""

from typing import Any

import pytest

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import FlowTry, NewFlow
from qiao.domains.bot.flows.tests.flow_samples import both, end, flow_of, say

pytestmark = pytest.mark.database
TOKEN = "zq7canary"


def quoting(entry: Any) -> FlowDefinition:
    return flow_of(
        say("hello", "先看这条："),
        {"type": "answer", "id": "quote", "entry_id": str(entry.id)},
        end("就这些。"),
        name=both("看说明", "Read"),
        button=both("看说明", "Read"),
        trigger={"phrases": {"zh": ["我要看说明", "给我看说明"], "en": ["show me the notes"]}},
    )


async def drawn(shop: Any, entry: Any) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.flows.create(scope, NewFlow(definition=quoting(entry)))


async def test_an_internal_entry_cannot_be_quoted_by_a_flow(shop: Any) -> None:
    entry = await shop.publish("内部说明？", f"口令 {TOKEN}", audience="agents")
    flow = await drawn(shop, entry)
    assert [one.node for one in flow.faults] == ["quote"]
    async with shop.database.scope(shop.workspace.id) as scope:
        trial = await shop.bot.flows.try_step(scope, flow.flow.id, FlowTry(text="我要看说明", language="zh"))
    assert TOKEN not in str(trial)


async def test_an_entry_that_became_internal_is_passed_over_by_a_live_flow(shop: Any) -> None:
    entry = await shop.publish("公开说明？", f"口令 {TOKEN}")
    flow = await drawn(shop, entry)
    assert flow.faults == []
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.flows.publish(scope, flow.flow.id, None)
    await shop.say("我要看说明")
    assert TOKEN in str(await shop.replies())
    await shop.change_faq(entry, audience="agents")
    await shop.new_customer()
    await shop.say("我要看说明")
    said = [one.text for one in await shop.replies()]
    assert TOKEN not in str(said)
    assert "先看这条：" in said[0]
