"""Nodes that each do a part: a customer and an agent who meet over a web node, a live node and a worker; and what each leaves to others."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Process, eventually, processes

from qiao.app.roles import NodeIncomplete, check_node
from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.settings import read_settings

pytestmark = pytest.mark.database

ROLES = ("web", "live", "worker")


@pytest.fixture
async def nodes(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[dict[str, Process]]:
    async with AsyncExitStack() as stack:
        yield {
            role: (await stack.enter_async_context(processes(postgres_dsn, workspace, tmp_path, role=role)))[0] for role in ROLES
        }


def at(node: Process, client):
    """The same person at another node."""
    kept = {name: value for name, value in client.headers.items() if name in {"cookie", "authorization", "x-qiao-client"}}
    return node.door(**kept)


async def test_a_talk_goes_through_all_of_them(nodes) -> None:
    web, live = nodes["web"], nodes["live"]
    inbox = await web.inbox(bot_enabled=False)
    agent, visitor = await web.person("周宁"), await web.visitor(inbox)
    console, phone = await live.console(agent), await live.phone(visitor)
    phone.say(type="send", client_id=(mine := uuid4().hex), text="青瓷茶海碎了")
    ack = await phone.next("ack")
    assert ack["client_id"] == mine
    heard = await console.fact("conversations.message_posted.v1")
    talk = heard["subject"]
    body = {"client_id": uuid4().hex, "text": "您好，马上补发。"}
    assert (await agent.post(f"/api/v1/conversations/{talk}/messages", json=body)).status_code == 201
    await phone.until(lambda: any(frame["message"]["text"] == "您好，马上补发。" for frame in phone.of("message")))

    async def found() -> bool:
        return talk in (await agent.get("/api/v1/search", params={"q": "青瓷茶海"})).text

    await eventually(found)


async def test_what_follows_from_facts_happens_at_the_worker_alone(nodes) -> None:
    web = nodes["web"]
    inbox = await web.inbox(bot_enabled=False)
    agent = await web.person("周宁")
    await nodes["worker"].running.runner.stop()
    visitor = await web.visitor(inbox)
    sent = await visitor.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": "建盏到了吗"})
    assert sent.status_code == 201

    async def found() -> bool:
        return sent.json()["conversation"]["id"] in (await agent.get("/api/v1/search", params={"q": "建盏"})).text

    assert not await found()
    await nodes["worker"].running.runner.start()
    await eventually(found)


@pytest.mark.parametrize(("role", "status"), [("web", 200), ("live", 421), ("worker", 421)])
async def test_a_node_answers_requests_only_where_that_is_its_part(nodes, role: str, status: int) -> None:
    node = nodes[role]
    agent = at(node, await nodes["web"].person("周宁"))
    answer = await agent.get("/api/v1/conversations")
    assert answer.status_code == status, answer.text
    assert {path: (await agent.get(path)).status_code for path in ("/healthz", "/readyz")} == {"/healthz": 200, "/readyz": 200}


@pytest.mark.parametrize("role", ["web", "worker"])
@pytest.mark.parametrize("path", ["/live", "/visitor/v1/live"])
async def test_a_node_without_sockets_says_so_before_one_opens(nodes, role: str, path: str) -> None:
    told, asked = [], [{"type": "websocket.connect"}]

    async def receive():
        return asked.pop()

    async def send(message):
        told.append(message)

    await nodes[role].front({"type": "websocket", "path": path, "headers": []}, receive, send)
    assert [one["type"] for one in told] == ["websocket.http.response.start", "websocket.http.response.body"]
    assert told[0]["status"] == 421
    assert b"server.wrong_node" in told[1]["body"]


@pytest.mark.parametrize("role", ROLES)
def test_a_node_that_would_stand_alone_is_refused(role: str, tmp_path: Path) -> None:
    database = {"QIAO_DATABASE_URL": "postgresql://db.example/qiao"}
    given = {"QIAO_ROLE": role, "QIAO_DATA_DIR": str(tmp_path)}
    with pytest.raises(NodeIncomplete, match="QIAO_DATABASE_URL"):
        check_node(read_settings(given))
    with pytest.raises(NodeIncomplete, match="QIAO_SECRET_KEY"):
        check_node(read_settings({**given, **database}))
    check_node(read_settings({**given, **database, "QIAO_SECRET_KEY": "x" * 40}))
    (tmp_path / "secret.key").write_text("shared with the others")
    check_node(read_settings({**given, **database}))


def test_a_whole_desk_needs_nothing(tmp_path: Path) -> None:
    check_node(read_settings({"QIAO_DATA_DIR": str(tmp_path)}))


async def test_reports_and_search_read_where_they_are_told_to(
    postgres_dsn: str, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same database by another address: what is given as a replica is what is asked."""
    async with processes(postgres_dsn, workspace, tmp_path, replica_url=postgres_dsn) as (node,):
        inbox = await node.inbox(bot_enabled=False)
        agent = await node.person("周宁", Role.SUPERVISOR)
        sent = await (await node.visitor(inbox)).post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": "青花茶荷"})

        async def near() -> bool:
            return node.house.reading.behind is not None

        await eventually(near)
        replica, asked = node.house.reading._replica, []
        scope_of = replica.scope
        monkeypatch.setattr(replica, "scope", lambda workspace_id: asked.append(workspace_id) or scope_of(workspace_id))

        async def found() -> bool:
            return sent.json()["conversation"]["id"] in (await agent.get("/api/v1/search", params={"q": "茶荷"})).text

        await eventually(found)
        searched = len(asked)
        assert (await agent.get("/api/v1/analytics/overview")).status_code == 200
        assert 0 < searched < len(asked)
