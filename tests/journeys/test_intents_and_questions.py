"""From the editor's intents and answers to what a customer reads: a flow begun by an intent, several questions in one message."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]
from flow_talks import FlowShop
from support.process import eventually, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace

pytestmark = pytest.mark.database

REPAIR = ["我的壶坏了要修", "帮我修一下茶壶", "盖子裂了想修补", "壶嘴断了能给我修吗", "想把杯子送修", "茶壶漏水要返修"]
WHOLESALE = ["想大批量拿货", "我们公司要批发茶叶", "给个批发报价", "我要批量采购茶具", "开店进货找你们", "想做你们的代理"]


@pytest.fixture
async def shop(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[FlowShop]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        shop = FlowShop(process)
        await shop.open()
        yield shop


async def put(editor: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = await editor.post(f"/api/v1/bot/{path}", json=body or {})
    assert answer.status_code < 300, answer.text
    return answer.json()


async def repairs(editor: httpx.AsyncClient) -> dict[str, Any]:
    """Two intents, and a flow that one of them begins."""
    made = [
        await put(editor, "intents", {"key": key, "name": {"zh": key}, "examples": [{"text": one} for one in examples]})
        for key, examples in (("repair", REPAIR), ("wholesale", WHOLESALE))
    ]
    ask = {"id": "what", "type": "ask", "slot": "what", "kind": "text", "prompt": {"zh": "哪件坏了？", "en": "What broke?"}}
    end = {"id": "end", "type": "end", "text": {"zh": "记下了。", "en": "Noted."}}
    flow = {
        "name": {"zh": "返修", "en": "Repair"},
        "button": {"zh": "返修", "en": "Repair"},
        "trigger": {"intents": [made[0]["id"]], "intent_probability": 0.6},
        "graph": {"start": "what", "nodes": [ask | {"next": "end"}, end]},
    }
    opened = await put(editor, "flows", {"definition": flow})
    assert opened["faults"] == []
    return await put(editor, f"flows/{opened['flow']['id']}/publish")


async def test_a_customer_with_the_intent_is_taken_through_its_flow_before_and_after_training(shop: FlowShop) -> None:
    editor = await shop.process.person("黄编辑", Role.ADMIN)
    await repairs(editor)
    first = await shop.customer()
    assert "哪件坏了" in await first.say("我的茶壶坏了，帮我修")
    assert "记下了" in await first.say("壶盖")

    async def trained() -> bool:
        model = (await editor.get("/api/v1/bot/intents/model")).json()
        return model["in_use"] is not None and not model["waiting"]

    await shop.process.house.bot.intents.learn(shop.process.workspace.id)
    assert await eventually(trained)
    second = await shop.customer()
    assert "哪件坏了" in await second.say("杯子裂了，想送修")
    assert "哪件坏了" not in await (await shop.customer()).say("明天股票会涨吗")


async def test_two_questions_are_answered_and_the_flow_among_them_is_offered(shop: FlowShop) -> None:
    customer = await shop.customer()
    told = await customer.say("退货的运费谁出？快递一般几天到？")
    assert told.index("质量问题我们出") < told.index("一般一到三天")
    told = await customer.say("快递一般几天到？我的快递现在到哪里了？")
    assert "一般一到三天" in told
    assert any(one["content"]["type"] == "offer" for one in customer.told)


async def test_what_an_editor_just_wrote_is_answered_in_its_own_words_at_once(shop: FlowShop) -> None:
    editor = await shop.process.person("黄编辑", Role.ADMIN)
    customer = await shop.customer()
    await customer.say("杯子能刻字吗")
    body = {"language": "zh", "question": "杯子能刻字吗", "answer": "可以，下单时备注。", "publish": True}
    assert (await editor.post("/api/v1/knowledge/faqs", json=body)).status_code == 201
    assert "下单时备注" in await (await shop.customer()).say("你好，杯子能刻字吗？谢谢")
