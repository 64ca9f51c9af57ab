"""A job is done exactly when its transaction committed, tried again when it fails, and held for a look when it keeps failing."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.workspaces.api import Workspaces
from qiao.platform.jobs import jobs as module
from qiao.platform.jobs.jobs import MAX_ATTEMPTS, Jobs, UntilBegun

pytestmark = pytest.mark.database


class Worker:
    """A kind of work of its own name, and what was done."""

    def __init__(self, database) -> None:
        self.name = f"tests.{uuid4().hex[:12]}"
        self.done: list[object] = []
        self.failures = 0
        self.database = database
        self.jobs = Jobs(database)
        self.jobs.register(self.name, self.work)

    async def work(self, workspace_id, arguments) -> None:
        self.done.append((workspace_id, arguments["n"]))
        if self.failures:
            self.failures -= 1
            raise ValueError("not today")

    async def want(self, workspace, *numbers, **options) -> None:
        async with self.database.scope(workspace.id) as scope:
            for number in numbers:
                await self.jobs.enqueue(scope, self.name, {"n": number}, **options)

    async def queued(self) -> list[dict[str, object]]:
        async with self.database.across() as connection:
            rows = await connection.fetch("select * from pgqueuer where entrypoint = $1 order by id", self.name)
        return [dict(row) for row in rows]

    async def make_due(self) -> None:
        async with self.database.across() as connection:
            await connection.execute("update pgqueuer set execute_after = now() where entrypoint = $1", self.name)


@pytest.fixture
def worker(database) -> Worker:
    return Worker(database)


async def until(condition) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_was_committed_is_done_in_its_workspace(worker, workspace):
    await worker.want(workspace, 1, 2, 3)
    assert worker.done == []
    await worker.jobs.drain()
    assert sorted(worker.done) == [(workspace.id, 1), (workspace.id, 2), (workspace.id, 3)]
    assert await worker.queued() == []


async def test_what_was_rolled_back_is_never_done(worker, workspace, database):
    with pytest.raises(ZeroDivisionError):
        async with database.scope(workspace.id) as scope:
            await worker.jobs.enqueue(scope, worker.name, {"n": 1})
            raise ZeroDivisionError
    assert await worker.queued() == []
    await worker.jobs.drain()
    assert worker.done == []


async def test_nothing_is_taken_before_the_commit(worker, workspace, database):
    async with database.scope(workspace.id) as scope:
        await worker.jobs.enqueue(scope, worker.name, {"n": 1})
        await worker.jobs.drain()
        assert worker.done == []
    await worker.jobs.drain()
    assert worker.done == [(workspace.id, 1)]


async def test_what_fails_waits_and_is_tried_again(worker, workspace):
    worker.failures = 1
    await worker.want(workspace, 1)
    await worker.jobs.drain()
    assert len(worker.done) == 1
    (row,) = await worker.queued()
    assert (row["status"], row["attempts"]) == ("queued", 1)
    assert row["execute_after"] - row["created"] >= timedelta(seconds=1)
    await worker.make_due()
    await worker.jobs.drain()
    assert len(worker.done) == 2
    assert await worker.queued() == []


async def test_what_keeps_failing_is_held_and_done_no_more(worker, workspace):
    worker.failures = 100
    await worker.want(workspace, 1)
    for _ in range(MAX_ATTEMPTS + 3):
        await worker.make_due()
        await worker.jobs.drain()
    tried = len(worker.done)
    assert MAX_ATTEMPTS <= tried <= MAX_ATTEMPTS + 1
    (row,) = await worker.queued()
    assert row["status"] == "failed"
    await worker.jobs.drain()
    assert len(worker.done) == tried


async def test_one_that_fails_does_not_hold_up_the_others(worker, workspace):
    worker.failures = 1
    await worker.want(workspace, 1, 2, 3)
    await worker.jobs.drain()
    assert sorted(number for _, number in worker.done) == [1, 2, 3]
    assert len(await worker.queued()) == 1


async def test_a_key_is_waited_for_once(worker, workspace):
    await worker.want(workspace, 1, 2, once="index")
    await worker.want(workspace, 3, once="index")
    await worker.want(workspace, 4, once="other")
    await worker.jobs.drain()
    assert sorted(number for _, number in worker.done) == [1, 4]
    await worker.want(workspace, 5, once="index")
    await worker.jobs.drain()
    assert sorted(number for _, number in worker.done) == [1, 4, 5]


async def test_of_a_key_that_counts_while_it_waits_one_waits_and_whoever_asks_after_it_began_is_followed(worker, workspace):
    began, go = asyncio.Event(), asyncio.Event()

    async def slowly(_workspace_id, arguments) -> None:
        began.set()
        await go.wait()
        worker.done.append(arguments["n"])

    worker.jobs.register(worker.name, slowly)
    await worker.want(workspace, 1, 2, once=UntilBegun("index"))
    assert len(await worker.queued()) == 1
    draining = asyncio.create_task(worker.jobs.drain())
    await began.wait()
    await worker.want(workspace, 3, 4, once=UntilBegun("index"))
    assert [row["status"] for row in await worker.queued()][:1] == ["picked"]
    assert len(await worker.queued()) == 2
    go.set()
    await draining
    assert worker.done == [1, 3]


async def test_what_failed_and_what_was_asked_for_meanwhile_are_both_done(worker, workspace):
    worker.failures = 1
    await worker.want(workspace, 1, once=UntilBegun("index"))
    await worker.jobs.drain()
    await worker.want(workspace, 2, once=UntilBegun("index"))
    await worker.make_due()
    await worker.jobs.drain()
    assert sorted(number for _, number in worker.done) == [1, 1, 2]
    assert await worker.queued() == []


async def test_keys_of_two_workspaces_do_not_meet(worker, workspace, database, house):
    other = await house.workspaces.create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    await worker.want(workspace, 1, once="index")
    await worker.want(other, 2, once="index")
    await worker.jobs.drain()
    assert sorted(number for _, number in worker.done) == [1, 2]


async def test_what_is_for_later_is_not_done_now(worker, workspace):
    await worker.want(workspace, 1, after_seconds=3600)
    await worker.jobs.drain()
    assert worker.done == []
    (row,) = await worker.queued()
    assert timedelta(minutes=59) < row["execute_after"] - row["created"] < timedelta(minutes=61)
    await worker.make_due()
    await worker.jobs.drain()
    assert len(worker.done) == 1


async def test_two_processes_do_each_job_once(worker, workspace, database):
    rival = Jobs(database)
    rival.register(worker.name, worker.work)
    await worker.want(workspace, *range(40))
    await asyncio.gather(worker.jobs.drain(), rival.drain())
    assert sorted(number for _, number in worker.done) == list(range(40))


async def test_a_running_worker_hears_of_new_work(worker, workspace):
    await worker.jobs.start(background=None)
    await worker.want(workspace, 1)
    await until(lambda: worker.done)
    await worker.want(workspace, 2)
    await until(lambda: len(worker.done) == 2)
    await worker.jobs.stop()


@pytest.mark.parametrize("background", [True, False])
async def test_background_work_is_left_to_where_it_belongs(worker, workspace, background):
    mine, theirs = [], []

    async def note(_workspace_id, arguments):
        (mine if arguments["mine"] else theirs).append(arguments)

    near, far = f"{worker.name}.near", f"{worker.name}.far"
    worker.jobs.register(near, note)
    worker.jobs.register(far, note, background=True)
    async with worker.database.scope(workspace.id) as scope:
        await worker.jobs.enqueue(scope, near, {"mine": not background})
        await worker.jobs.enqueue(scope, far, {"mine": background})
    await worker.jobs.start(background=background)
    await until(lambda: mine)
    await worker.jobs.stop()
    assert theirs == []


async def test_a_stop_lets_what_is_under_way_finish(worker, workspace, database):
    began, finished = asyncio.Event(), []

    async def slow(_workspace_id, _arguments):
        began.set()
        await asyncio.sleep(0.1)
        finished.append(True)

    worker.jobs.register(worker.name, slow)
    await worker.jobs.start(background=None)
    await worker.want(workspace, 1)
    await asyncio.wait_for(began.wait(), 15)
    await worker.jobs.stop()
    assert finished == [True]
    assert await worker.queued() == []


async def test_a_lost_database_is_waited_for(worker, workspace, monkeypatch):
    runs = []
    original = Jobs._make_runner

    class Broken:
        async def run(self, **_options):
            raise ConnectionResetError("gone")

    def broken_once(jobs, names):
        runs.append(1)
        return Broken() if len(runs) == 1 else original(jobs, names)

    class Quick:
        """asyncio whose sleep is short."""

        def __getattr__(self, name):
            return getattr(asyncio, name)

        async def sleep(self, _seconds):
            await asyncio.sleep(0)

    monkeypatch.setattr(Jobs, "_make_runner", broken_once)
    monkeypatch.setattr(module, "asyncio", Quick())
    await worker.jobs.start(background=None)
    await worker.want(workspace, 1)
    await until(lambda: worker.done)
    await worker.jobs.stop()
    assert len(runs) == 2


async def test_one_job_of_a_company_is_done_before_the_second_of_one_that_has_a_hundred(database, workspace):
    quiet = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"en": "Quiet"})
    worker = Worker(database)
    worker.jobs.register(worker.name, worker.work, at_once=1)
    await worker.want(workspace, *range(30))
    await worker.want(quiet, "a", "b")
    await worker.jobs.drain()
    order = [n for _, n in worker.done]
    assert [order.index("a"), order.index("b")] == [1, 3]
    assert [n for n in order if isinstance(n, int)] == list(range(30))


async def test_a_company_that_goes_on_asking_keeps_its_own_order(database, workspace):
    worker = Worker(database)
    worker.jobs.register(worker.name, worker.work, at_once=1)
    await worker.want(workspace, 0, 1, 2, 3)
    asked = iter(range(4, 12))

    async def go_on(workspace_id, arguments) -> None:
        await worker.work(workspace_id, arguments)
        await worker.want(workspace, *[n for n in [next(asked, None)] if n is not None])

    worker.jobs.register(worker.name, go_on, at_once=1)
    await worker.jobs.drain()
    assert [n for _, n in worker.done] == list(range(12))


async def test_what_is_for_later_makes_nobody_wait(database, workspace):
    quiet = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"en": "Quiet"})
    worker = Worker(database)
    worker.jobs.register(worker.name, worker.work, at_once=1)
    await worker.want(workspace, *range(20), after_seconds=600)
    await worker.want(quiet, "b")
    await worker.want(workspace, "a")
    await worker.jobs.drain()
    assert [n for _, n in worker.done] == ["b", "a"]
