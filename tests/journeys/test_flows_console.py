"""Flows as editors and admins handle them over HTTP: drafts, faults, versions, trials, and tools of the company's own."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]
from flow_talks import Customer, FlowShop
from support.own_service import Service
from support.process import processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.http.outbound import Outbound

pytestmark = pytest.mark.database

FLOWS, TOOLS = "/api/v1/bot/flows", "/api/v1/bot/tools"


@pytest.fixture
async def shop(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[FlowShop]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        shop = FlowShop(process)
        await shop.open()
        yield shop


def both(zh: str, en: str = "") -> dict[str, str]:
    return {"zh": zh, "en": en or zh}


def small(phrase: str = "我要测水质", said: str = "好的") -> dict[str, Any]:
    """A flow of one question."""
    return {
        "name": both("测水质", "Water test"),
        "button": both("测水质", "Test my water"),
        "trigger": {"phrases": {"zh": [phrase], "en": ["test my water please"]}},
        "graph": {
            "start": "city",
            "nodes": [
                {
                    "id": "city",
                    "type": "ask",
                    "slot": "city",
                    "kind": "text",
                    "prompt": both("哪个城市？", "Which city?"),
                    "next": "end",
                },
                {"id": "end", "type": "end", "text": both(f"{said}，{{city}}。", f"{said}, {{city}}.")},
            ],
        },
    }


async def made(editor: httpx.AsyncClient, definition: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = await editor.post(FLOWS, json={"definition": definition})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_from_a_draft_to_customers_and_a_second_version(shop: FlowShop) -> None:
    editor = await shop.process.person("编辑", Role.EDITOR)
    flow = await made(editor, small())
    path = f"{FLOWS}/{flow['flow']['id']}"
    early = await shop.customer()
    assert "城市" not in await early.say("我要测水质")
    assert (await editor.post(f"{path}/publish")).json()["flow"]["published"] == 1

    began = await shop.customer()
    assert await began.say("我要测水质") == "哪个城市？"
    changed = await editor.patch(path, json={"draft": small(said="收到"), "revision": flow["revision"]})
    assert (changed.json()["flow"]["changed"], changed.json()["revision"]) == (True, flow["revision"] + 1)
    conflict = await editor.patch(path, json={"draft": small(), "revision": flow["revision"]})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "bot.flow_changed")
    assert (await editor.post(f"{path}/publish")).json()["flow"]["published"] == 2
    assert await began.say("杭州") == "好的，杭州。"

    later = await shop.customer()
    await later.say("我要测水质")
    assert await later.say("杭州") == "收到，杭州。"
    versions = (await editor.get(f"{path}/versions")).json()["items"]
    assert [one["version"] for one in versions] == [2, 1]
    assert (await editor.get(f"{path}/versions/1")).json()["graph"]["nodes"][1]["text"]["zh"] == "好的，{city}。"
    listed = {one["id"]: one for one in (await editor.get(FLOWS)).json()["items"]}
    assert listed[flow["flow"]["id"]]["figures"]["done"] == 2

    await editor.patch(path, json={"enabled": False})
    assert "城市" not in await (await shop.customer()).say("我要测水质")


async def test_every_fault_is_told_and_nothing_faulty_is_published(shop: FlowShop) -> None:
    editor = await shop.process.person("编辑", Role.EDITOR)
    broken = small()
    broken["graph"]["nodes"][0] |= {"next": "nowhere", "prompt": {"zh": "去哪，{order.secret}？"}}
    flow = await made(editor, broken)
    told = {(one["code"], one["node"]) for one in flow["faults"]}
    assert told == {
        ("dangling_edge", "city"),
        ("missing_language", "city"),
        ("unknown_slot", "city"),
        ("unreachable", "end"),
        ("no_end", None),
    }
    path = f"{FLOWS}/{flow['flow']['id']}"
    refused = await editor.post(f"{path}/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "bot.flow_invalid")
    assert len(refused.json()["faults"]) == 5
    assert {one["code"] for one in (await editor.post(f"{path}/validate")).json()["faults"]} == {code for code, _ in told}
    for body in ({"definition": {**small(), "code": "x"}}, {"definition": {"name": {}}}):
        assert (await editor.post(FLOWS, json=body)).status_code == 422
    assert (await editor.post(FLOWS, json={"shipped": "nothing"})).status_code == 422


async def test_a_shipped_flow_is_copied_and_tried_without_a_trace(shop: FlowShop) -> None:
    editor = await shop.process.person("编辑", Role.EDITOR)
    flow = (await editor.post(FLOWS, json={"shipped": "logistics"})).json()["flow"]["id"]
    path = f"{FLOWS}/{flow}/try"

    async def step(**body: Any) -> dict[str, Any]:
        answer = await editor.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    first = await step(text="track order EN20000001", language="en")
    assert (first["calls"], first["state"]["waits"]) == ([], "answer")
    asked = await step(text="0188", language="en", state=first["state"])
    assert asked["wants"] == "load"
    assert asked["calls"][0] == {
        "node": "load", "tool": "logistics", "simulated": False, "arguments": {"order": "EN20000001", "last4": "0188"},
    }  # fmt: skip
    missing = await step(language="en", state=asked["state"], results={"load": {"fault": "not_found"}})
    assert "couldn’t find that order" in missing["messages"][0]["text"]
    unpaid = {"order": "EN1", "status": "unpaid", "has_parcel": False}
    over = await step(language="en", state=asked["state"], results={"load": {"value": unpaid}})
    assert (over["over"], "hasn’t been paid" in over["messages"][0]["text"]) == (True, True)
    async with shop.process.scope() as scope:
        for table in ("bot_tool_calls", "bot_flow_states", "commerce_calls"):
            count = await scope.connection.fetchval(f"select count(*) from {table} where workspace_id = $1", scope.workspace_id)
            assert count == 0, table


async def test_who_may_do_what(shop: FlowShop) -> None:
    viewer, editor = await shop.process.person("观察者", Role.VIEWER), await shop.process.person("编辑", Role.EDITOR)
    assert (await viewer.get(FLOWS)).status_code == 200
    assert (await viewer.post(FLOWS, json={"definition": small()})).status_code == 403
    assert (await editor.put(f"{TOOLS}/hosts", json={"hosts": []})).status_code == 403
    assert (await editor.get(f"{TOOLS}/http")).status_code == 403
    assert (await editor.get(f"{FLOWS}/{uuid4()}")).status_code == 404
    names = {one["name"]: one for one in (await editor.get(TOOLS)).json()["items"]}
    assert (names["order"]["writes"], names["request_return"]["writes"]) == (False, True)


# --- the company's own service --------------------------------------------------------------------------------------------


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, str]]:
    service = Service()
    yield service, await service.open()
    await service.close()


def points(host: str) -> dict[str, Any]:
    return {
        "definition": {
            "name": "points",
            "title": both("会员积分", "Points"),
            "url": f"http://{host}/members/{{card}}/points",
            "arguments": [{"name": "card", "where": "url"}, {"name": "year", "type": "number", "required": False}],
            "results": [{"name": "points", "path": "data.points", "type": "number"}, {"name": "level", "path": "data.level"}],
        },
        "secrets": {"X-Api-Key": "top-secret-key"},
    }


POINTS = {
    **small("我要查积分"),
    "graph": {
        "start": "card",
        "nodes": [
            {"id": "card", "type": "ask", "slot": "card", "kind": "text", "prompt": both("会员卡号？", "Card number?"), "next": "look"},
            {
                "id": "look", "type": "tool", "tool": "points", "result": "found", "next": "end", "arguments": {"card": {"slot": "card"}},
                "errors": {"not_found": "none", "unavailable": "down", "invalid": "none", "refused": "none"},
            },
            {"id": "end", "type": "end", "text": both("积分：{found.points}（{found.level}）", "Points: {found.points} ({found.level})")},
            {"id": "none", "type": "end", "text": both("没有这张卡", "No such card")},
            {"id": "down", "type": "hand_over", "reason": both("积分系统没有回应"), "text": both("系统没有回应", "No answer")},
        ],
    },
}  # fmt: skip


async def with_points(shop: FlowShop, host: str) -> httpx.AsyncClient:
    """An admin who has defined the tool and published a flow that calls it."""
    # The test's service is on this machine: a deployment may allow that.
    shop.process.house.bot.flows.tools._outbound = Outbound(allow_private=True)
    admin = await shop.process.person("管理员", Role.ADMIN)
    assert (await admin.put(f"{TOOLS}/hosts", json={"hosts": [host]})).status_code == 200
    saved = await admin.post(f"{TOOLS}/http", json=points(host))
    assert saved.status_code == 201, saved.text
    assert "top-secret-key" not in saved.text
    flow = await made(admin, POINTS)
    assert flow["faults"] == []
    await admin.post(f"{FLOWS}/{flow['flow']['id']}/publish")
    return admin


async def asks(customer: Customer, card: str) -> str:
    await customer.say("我要查积分")
    return await customer.say(card)


async def test_an_http_tool_asks_the_companys_service(shop: FlowShop, service: tuple[Service, str]) -> None:
    own, host = service
    admin = await with_points(shop, host)
    customer = await shop.customer("lin-1")
    assert await asks(customer, "A 1/../2?x=1") == "积分：120（gold）"
    line, headers, _ = own.asked[-1]
    assert line == "GET /members/A%201%2F..%2F2%3Fx%3D1/points HTTP/1.1"
    assert (headers["qiao-customer"], headers["x-api-key"]) == ("lin-1", "top-secret-key")
    calls = (await admin.get(f"/api/v1/conversations/{customer.talk}/tool-calls")).json()["items"]
    assert [(one["tool"], one["outcome"], one["writes"]) for one in calls] == [("points", "ok", False)]
    shown = await admin.get(f"{TOOLS}/http")
    assert (shown.json()["items"][0]["secret_headers"], "top-secret" in shown.text) == (["X-Api-Key"], False)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"{}", "没有这张卡"),
        (422, b"{}", "没有这张卡"),
        (500, b"{}", "系统没有回应"),
        (200, b"not json", "系统没有回应"),
        (200, b'{"data": {"points": "many"}}', "系统没有回应"),
        (200, b'{"data": {"level": "' + b"x" * 300_000 + b'"}}', "系统没有回应"),
        (302, b"", "系统没有回应"),
        (200, b"[" * 100_000, "系统没有回应"),
    ],
)
async def test_a_service_that_answers_badly(
    shop: FlowShop, service: tuple[Service, str], status: int, body: bytes, said: str
) -> None:
    own, host = service
    await with_points(shop, host)
    own.status, own.body = status, body
    assert said in await asks(await shop.customer(), "A1")


async def test_a_service_that_is_slow_is_waited_for_three_seconds(shop: FlowShop, service: tuple[Service, str]) -> None:
    own, host = service
    await with_points(shop, host)
    own.delay = 5.0
    assert "系统没有回应" in await asks(await shop.customer(), "A1")


async def test_only_hosts_on_the_list_are_asked_and_the_list_holds_later_too(
    shop: FlowShop, service: tuple[Service, str]
) -> None:
    own, host = service
    admin = await with_points(shop, host)
    await admin.put(f"{TOOLS}/hosts", json={"hosts": ["api.example.com"]})
    assert "系统没有回应" in await asks(await shop.customer(), "A1")
    assert own.asked == []
    for url in (
        f"http://{host}/x",
        "http://{card}.example.com/",
        "http://api.example.com@evil.example/",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "http://api.example.com/{other}",
    ):
        body = points(host)
        body["definition"] |= {"url": url, "name": "other"}
        answer = await admin.post(f"{TOOLS}/http", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bot.http_tool_invalid"), url
    taken = points("api.example.com")
    taken["definition"] |= {"name": "orders", "url": "https://api.example.com/{card}"}
    assert (await admin.post(f"{TOOLS}/http", json=taken)).json()["field"] == "name"


async def test_inside_addresses_are_refused_even_when_listed(shop: FlowShop, service: tuple[Service, str]) -> None:
    own, host = service
    await with_points(shop, host)
    shop.process.house.bot.flows.tools._outbound = Outbound()
    assert "系统没有回应" in await asks(await shop.customer(), "A1")
    assert own.asked == []


async def test_secrets_stay_until_they_are_taken_away(shop: FlowShop, service: tuple[Service, str]) -> None:
    own, host = service
    admin = await with_points(shop, host)
    tool = (await admin.get(f"{TOOLS}/http")).json()["items"][0]
    same = {"definition": {**tool["definition"], "method": "POST", "writes": True}}
    same["definition"]["arguments"][1]["where"] = "body"
    assert (await admin.put(f"{TOOLS}/http/{tool['id']}", json=same)).json()["secret_headers"] == ["X-Api-Key"]
    await asks(await shop.customer(), "A1")
    line, headers, body = own.asked[-1]
    assert (line.split()[0], headers["x-api-key"], body) == ("POST", "top-secret-key", b"")
    assert headers["idempotency-key"].endswith(":look:1")
    gone = await admin.put(f"{TOOLS}/http/{tool['id']}", json={**same, "secrets": {"X-Api-Key": None}})
    assert gone.json()["secret_headers"] == []
    async with shop.process.scope() as scope:
        stored = await scope.connection.fetch(
            "select definition, secrets from bot_http_tools where workspace_id = $1", scope.workspace_id
        )
    assert b"top-secret" not in msgspec.json.encode([str(dict(row)) for row in stored])
    assert (await admin.delete(f"{TOOLS}/http/{tool['id']}")).status_code == 204
    assert "系统没有回应" in await asks(await shop.customer(), "A1")
    assert json.loads(own.body)["data"]["points"] == 120
