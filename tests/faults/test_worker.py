"""The worker beside a server: its death costs a moment, the server's death ends it, and one alone says what it needs."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import Agent, Desk

pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.prepare()
    desk.start()
    yield desk
    await desk.close()


async def until(condition, seconds: float = 30):
    async with asyncio.timeout(seconds):
        while not (found := await condition()):
            await asyncio.sleep(0.05)
    return found


def workers(desk: Desk) -> list[psutil.Process]:
    children = psutil.Process(desk.process.pid).children()
    return [one for one in children if "worker" in one.cmdline()]


async def worker_of(desk: Desk) -> psutil.Process:
    async def there():
        return workers(desk)

    return (await until(there))[0]


async def searched(agent: Agent, word: str) -> bool:
    return word in str(await agent.call("GET", f"/search?q={word}"))


@pytest.mark.fault("F-P5")
async def test_what_is_said_is_found_by_the_worker_and_by_its_successor(desk: Desk) -> None:
    visitor, agent = await desk.visitor(), await desk.agent()
    await visitor.say("青瓷茶海", "before")
    await until(lambda: searched(agent, "青瓷茶海"))
    first = await worker_of(desk)
    first.kill()
    await visitor.say("建盏到了吗", "after")
    await until(lambda: searched(agent, "建盏"))
    assert (await worker_of(desk)).pid != first.pid


async def test_the_worker_has_less_right_to_the_processor_than_the_server(desk: Desk) -> None:
    worker, server = await worker_of(desk), psutil.Process(desk.process.pid)

    async def yields():
        return worker.nice() > server.nice()

    await until(yields)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_a_server_that_ends_takes_its_worker_along(desk: Desk, end: signal.Signals) -> None:
    worker = await worker_of(desk)
    desk.process.send_signal(end)
    desk.process.wait(timeout=30)

    async def gone():
        return not worker.is_running()

    await until(gone, 10)


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qiao.app", *arguments]
    return subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=30, check=False)


def test_a_worker_alone_says_that_it_needs_a_database() -> None:
    ended = run("worker")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "QIAO_DATABASE_URL" in ended.stderr
    assert "worker.database_not_named" in ended.stderr


def test_a_place_for_the_background_that_does_not_exist_is_refused() -> None:
    ended = run("serve", QIAO_BACKGROUND="upstairs")
    assert ended.returncode == 2
    assert "QIAO_BACKGROUND" in ended.stderr


async def test_inside_there_is_one_process_and_it_does_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIAO_BACKGROUND", "inside")
    desk = Desk()
    await desk.prepare()
    desk.start()
    visitor, agent = await desk.visitor(), await desk.agent()
    await visitor.say("青瓷茶海", "only")
    await until(lambda: searched(agent, "青瓷茶海"))
    assert workers(desk) == []
    await desk.close()


async def test_a_worker_elsewhere_does_what_the_server_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIAO_BACKGROUND", "elsewhere")
    desk = Desk()
    await desk.prepare()
    desk.start()
    visitor, agent = await desk.visitor(), await desk.agent()
    await visitor.say("青瓷茶海", "only")
    await asyncio.sleep(2)
    assert not await searched(agent, "青瓷茶海")
    sockets = (desk.folder / "postgres/cluster/postmaster.pid").read_text().splitlines()[4]
    command = [sys.executable, "-m", "qiao.app", "worker"]
    key = (desk.folder / "secret.key").read_text()
    environment = {**os.environ, "QIAO_DATABASE_URL": f"postgresql://qiao@/qiao?host={sockets}", "QIAO_SECRET_KEY": key}
    worker = await asyncio.create_subprocess_exec(*command, env=environment)
    await until(lambda: searched(agent, "青瓷茶海"))
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.wait(), 30) == 0
    await desk.close()
