"""Two processes of one installation: whoever is connected to one hears what happens in the other, and nothing is done twice."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.nats import NatsServer, nats_server
from support.process import Process, eventually, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.live.socket import CLOSE_ENDED, CLOSE_RESTART

pytestmark = pytest.mark.database
on_each_bus = pytest.mark.parametrize("both", ["postgres", "nats"], indirect=True)


@pytest.fixture(scope="module")
def broker() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


@pytest.fixture
async def both(
    request: pytest.FixtureRequest, broker: NatsServer, postgres_dsn: str, workspace: Workspace, tmp_path: Path
) -> AsyncIterator[list[Process]]:
    bus_url = {"postgres": "", "nats": broker.url}[getattr(request, "param", "postgres")]
    async with processes(postgres_dsn, workspace, tmp_path, count=2, bus_url=bus_url) as both:
        await eventually(all_well(both))
        yield both


def all_well(both: list[Process]) -> Callable[[], Awaitable[bool]]:
    async def well() -> bool:
        return all(process.house.bus.well for process in both)

    return well


async def said(visitor, text: str) -> dict:
    answer = await visitor.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()


@on_each_bus
async def test_a_message_taken_by_one_is_heard_in_the_other(both) -> None:
    here, there = both
    inbox = await here.inbox(bot_enabled=False)
    console = await there.console(await there.person("周宁"))
    visitor = await here.visitor(inbox)
    sent = await said(visitor, "杯子碎了")
    # That it was given to somebody may be told before it, in a line of its own.
    await console.until(lambda: any(fact["data"].get("text") == "杯子碎了" for fact in console.facts))
    heard = next(fact for fact in console.facts if fact["data"].get("text") == "杯子碎了")
    assert (heard["name"], heard["seq"]) == ("conversations.message_posted.v1", sent["message"]["seq"])


@on_each_bus
async def test_a_reply_given_in_one_reaches_the_customer_in_the_other(both) -> None:
    here, there = both
    inbox = await here.inbox(bot_enabled=False)
    agent, visitor = await here.person("周宁"), await there.visitor(inbox)
    sent = await said(visitor, "在吗")
    phone = await there.phone(visitor)
    talk = sent["conversation"]["id"]
    body = {"client_id": uuid4().hex, "text": "您好，我在。"}
    assert (await agent.post(f"/api/v1/conversations/{talk}/messages", json=body)).status_code == 201
    await phone.until(lambda: any(frame["message"]["text"] == "您好，我在。" for frame in phone.of("message")))


@on_each_bus
async def test_a_session_that_ends_in_one_closes_its_windows_in_the_other(both) -> None:
    here, there = both
    agent = await here.person("周宁")
    window = await there.console(agent)
    other = await there.console(await here.person("Li Xiang"))
    assert (await agent.delete("/api/v1/session")).status_code == 204
    await window.until(lambda: window.closed is not None)
    assert (window.closed, other.closed) == (CLOSE_ENDED, None)


@on_each_bus
async def test_who_looks_and_types_is_seen_in_the_other(both) -> None:
    here, there = both
    inbox = await here.inbox(bot_enabled=False)
    talk = (await said(await here.visitor(inbox), "在吗"))["conversation"]["id"]
    looking, watching = await here.console(await here.person("周宁")), await there.console(await there.person("Li Xiang"))
    looking.say(type="view", conversation_id=talk)
    looking.say(type="typing", conversation_id=talk, on=True)
    await watching.until(lambda: any(frame["typing"] for frame in watching.of("presence")))
    frame = next(frame for frame in watching.of("presence") if frame["typing"])
    assert [one["name"] for one in frame["viewers"]] == ["周宁"]
    assert [(one["kind"], one["name"]) for one in frame["typing"]] == [("agent", "周宁")]


async def test_of_two_who_claim_in_two_processes_one_gets_it(both) -> None:
    here, there = both
    inbox = await here.inbox(bot_enabled=False)
    talk = (await said(await here.visitor(inbox), "在吗"))["conversation"]["id"]
    people = [await here.person("周宁"), await there.person("Li Xiang")]
    answers = await asyncio.gather(*(one.post(f"/api/v1/conversations/{talk}/claim") for one in people))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert loser.json()["code"] == "conversations.taken"


async def test_numbers_stay_dense_however_many_processes_write(both) -> None:
    inbox = await both[0].inbox(bot_enabled=False)
    visitor = await both[0].visitor(inbox)
    talk = (await said(visitor, "0"))["conversation"]["id"]
    agents = [await process.person(f"A{n}", Role.AGENT) for n, process in enumerate([*both, *both])]
    writing = [
        agent.post(f"/api/v1/conversations/{talk}/messages", json={"client_id": uuid4().hex, "text": f"{who}.{n}"})
        for who, agent in enumerate(agents)
        for n in range(10)
    ]
    assert {answer.status_code for answer in await asyncio.gather(*writing)} == {201}
    page = (await agents[0].get(f"/api/v1/conversations/{talk}/messages", params={"limit": 100})).json()
    assert [one["seq"] for one in page["items"]] == list(range(1, len(page["items"]) + 1))
    assert {f"{who}.{n}" for who in range(4) for n in range(10)} <= {one["text"] for one in page["items"]}


@pytest.mark.fault("F-P9")
async def test_a_fact_is_acted_on_once_although_two_could(both) -> None:
    here, there = both
    inbox = await here.inbox(bot_enabled=False)
    agent, colleague = await here.person("周宁"), await there.person("Li Xiang")
    talk = (await said(await here.visitor(inbox), "在吗"))["conversation"]["id"]
    body = {"person_id": agent.headers["x-test-person"], "note": None}
    given = await colleague.post(f"/api/v1/conversations/{talk}/transfer", json={name: one for name, one in body.items() if one})
    assert given.status_code == 200, given.text

    async def told() -> list[dict]:
        return (await agent.get("/api/v1/notifications")).json()["items"]

    await eventually(told)
    await asyncio.sleep(0.5)
    assert len(await told()) == 1


@pytest.mark.fault("F-P8")
async def test_what_one_of_them_missed_while_it_was_away_it_makes_up_for(postgres_dsn, workspace, tmp_path) -> None:
    async with processes(postgres_dsn, workspace, tmp_path) as (first,):
        inbox = await first.inbox(bot_enabled=False)
        agent = await first.person("周宁")
        talk = (await said(await first.visitor(inbox), "会被找到的杯子"))["conversation"]["id"]
        await first.running.runner.stop()
        note = {"client_id": uuid4().hex, "text": "迟到的便条", "kind": "note"}
        assert (await agent.post(f"/api/v1/conversations/{talk}/messages", json=note)).status_code == 201
    async with processes(postgres_dsn, workspace, tmp_path) as (second,):
        again = second.door(Cookie=agent.headers["cookie"])

        async def found() -> list[dict]:
            answer = (await again.get("/api/v1/search", params={"q": "迟到的便条"})).json()
            return answer["messages"] if "messages" in answer else answer["conversations"]

        assert await eventually(found)


@pytest.mark.fault("F-P4")
async def test_a_stop_sends_everybody_to_another_process(postgres_dsn, workspace, tmp_path) -> None:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        inbox = await process.inbox(bot_enabled=False)
        ears = [await process.console(await process.person("周宁")), await process.phone(await process.visitor(inbox))]
        process.house.hub.close_all()
        for ear in ears:
            await ear.until(lambda ear=ear: ear.closed is not None)
    assert [ear.closed for ear in ears] == [CLOSE_RESTART, CLOSE_RESTART]


async def test_who_closes_a_window_at_one_stays_online_by_the_window_at_the_other(both) -> None:
    here, there = both
    agent = await here.person("周宁")
    gone, stays = await here.console(agent), await there.console(agent)
    watching = await there.person("Li Xiang")
    gone.hang_up()
    await gone.task
    async with there.scope() as scope:
        left = await scope.connection.fetchval(
            "select extract(epoch from connected_until - now()) from people_presence where workspace_id = $1 and person_id = $2::uuid",
            scope.workspace_id,
            agent.headers["x-test-person"],
        )
    people = (await watching.get("/api/v1/people")).json()
    online = {one["id"]: one["online"] for one in people["items"]}
    assert online[agent.headers["x-test-person"]]
    assert left > 30
    assert stays.closed is None
