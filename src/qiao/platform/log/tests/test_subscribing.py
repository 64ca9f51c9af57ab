"""Subscribers see each fact, do its work once, and put aside what they cannot handle without holding up the rest."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest

from qiao.platform.log import passes
from qiao.platform.log import runner as module
from qiao.platform.log.recent import Recent
from qiao.platform.log.runner import SubscriberRunner
from qiao.platform.log.subscribers import MAX_DEPTH, Subscriber, names_of, replay_parked

pytestmark = pytest.mark.database

HAPPENED = "tests.happened.v1"


class Listener:
    """A subscriber that remembers what it saw and writes one row a fact."""

    def __init__(self, name="tests.listener", poison=frozenset()):
        self.name, self.seen, self.poison = name, [], set(poison)
        self.subscriber = Subscriber(name, {HAPPENED: self.handle})

    async def handle(self, scope, entry):
        word = entry.fields()["what"]
        await scope.connection.execute(
            "insert into drafts (workspace_id, conversation_id, person_id, text, kind) values ($1, gen_random_uuid(), $2, $3, $4)",
            scope.workspace_id, entry.subject, word, self.name,
        )  # fmt: skip
        self.seen.append(word)
        if word in self.poison:
            raise ValueError(f"cannot digest {word}")


@pytest.fixture(autouse=True)
def alone(monkeypatch, workspace):
    """The sweep looks at this test's workspace; those of the tests before are all behind for a new subscriber."""
    monkeypatch.setattr(module, "_BEHIND", f"{module._BEHIND} and h.workspace_id = '{workspace.id}'")


@asynccontextmanager
async def running(database, *listeners):
    runner = SubscriberRunner(database, [one.subscriber for one in listeners])
    await runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


async def drained(database, workspace, *listeners):
    await SubscriberRunner(database, [one.subscriber for one in listeners]).drain(workspace.id)


async def written(database, workspace, name="tests.listener"):
    async with database.across() as connection:
        rows = await connection.fetch(
            "select text from drafts where workspace_id = $1 and kind = $2 order by updated_at", workspace.id, name
        )
    return sorted(row["text"] for row in rows)


async def parked(database, workspace):
    async with database.across() as connection:
        rows = await connection.fetch(
            "select position, reason, replayed_at from log_parked where workspace_id = $1 order by position", workspace.id
        )
    return [dict(row) for row in rows]


async def cursor(database, workspace, name="tests.listener"):
    async with database.across() as connection:
        return await connection.fetchval(
            "select position from log_cursors where workspace_id = $1 and subscriber = $2", workspace.id, name
        )


async def reached(database, workspace, position, name="tests.listener"):
    """Wait until the cursor has come there: then the effects are committed too."""
    async with asyncio.timeout(20):
        while await cursor(database, workspace, name) != position:
            await asyncio.sleep(0.01)


async def test_each_fact_is_handled_in_order_and_the_cursor_follows(database, workspace, tell):
    listener = Listener()
    await tell("a", "b", ignored=1)
    await tell("c")
    await drained(database, workspace, listener)
    assert listener.seen == ["a", "b", "c"]
    assert await cursor(database, workspace) == 4
    await drained(database, workspace, listener)
    assert listener.seen == ["a", "b", "c"]


async def test_more_than_a_batch_is_handled_without_loss(database, workspace, tell, monkeypatch):
    monkeypatch.setattr(passes, "BATCH", 3)
    listener = Listener()
    for number in range(5):
        await tell(f"{number}a", f"{number}b", ignored=2)
    await drained(database, workspace, listener)
    assert listener.seen == [f"{number}{letter}" for number in range(5) for letter in "ab"]
    assert await cursor(database, workspace) == 20


@pytest.mark.fault("F-P8")
async def test_effects_and_cursor_are_one(database, workspace, tell):
    """A process that dies between the work and the commit has done nothing; the next one does it once."""
    listener = Listener()
    await tell("a", "b")

    class Cut(BaseException):
        pass

    async def die(scope, entry):
        await listener.handle(scope, entry)
        raise Cut

    dying = Subscriber("tests.listener", {HAPPENED: die})
    with pytest.raises(Cut):
        await SubscriberRunner(database, [dying]).drain(workspace.id)
    assert await written(database, workspace) == []
    await drained(database, workspace, listener)
    assert await written(database, workspace) == ["a", "b"]


@pytest.mark.fault("F-P3")
async def test_poison_is_put_aside_with_its_reason_and_the_rest_flows(database, workspace, tell):
    listener = Listener(poison={"b", "d"})
    await tell(*"abcde")
    await drained(database, workspace, listener)
    assert await written(database, workspace) == ["a", "c", "e"]
    aside = await parked(database, workspace)
    assert [(one["position"], one["reason"], one["replayed_at"]) for one in aside] == [
        (2, "ValueError: cannot digest b", None),
        (4, "ValueError: cannot digest d", None),
    ]
    assert await cursor(database, workspace) == 5


async def test_those_of_one_pace_share_a_transaction_and_those_of_another_do_not(database, workspace, tell):
    seen = {}

    def watching(name, pace):
        async def see(scope, _entry):
            seen[name] = await scope.connection.fetchval("select pg_current_xact_id()::text")

        return Subscriber(name, {HAPPENED: see}, pace=pace)

    await tell("a")
    await SubscriberRunner(database, [watching("a", 0.1), watching("b", 0.2), watching("c", 0.1)]).drain(workspace.id)
    assert seen["a"] == seen["c"] != seen["b"]


@pytest.mark.fault("F-P10")
async def test_one_that_hangs_holds_up_no_other(database, workspace, tell, until, monkeypatch):
    monkeypatch.setattr(passes, "TOGETHER_SECONDS", 0.1)
    monkeypatch.setattr(passes, "ALONE_SECONDS", 0.3)
    well = Listener("tests.well")
    hanging = [True]

    async def hang(_scope, _entry):
        if hanging:
            await asyncio.Event().wait()

    stuck = Listener("tests.stuck")
    stuck.subscriber = Subscriber("tests.stuck", {HAPPENED: hang})
    async with running(database, stuck, well):
        await tell("a")
        await reached(database, workspace, 1, "tests.well")
        assert await cursor(database, workspace, "tests.stuck") in {0, None}
        hanging.clear()
        await reached(database, workspace, 1, "tests.stuck")
    assert await written(database, workspace, "tests.well") == ["a"]
    assert await parked(database, workspace) == []


@pytest.mark.fault("F-P10")
async def test_poison_for_one_is_food_for_another(database, workspace, tell):
    sick, well = Listener("tests.sick", poison={"a"}), Listener("tests.well")
    await tell("a", "b")
    await drained(database, workspace, sick, well)
    assert await written(database, workspace, "tests.well") == ["a", "b"]
    assert await written(database, workspace, "tests.sick") == ["b"]


async def test_what_breaks_the_transaction_in_silence_is_put_aside_too(database, workspace, tell):
    async def swallow(scope, entry):
        try:
            await scope.connection.execute("select 1 / 0")
        except asyncpg.DivisionByZeroError:
            return

    await tell("a")
    await SubscriberRunner(database, [Subscriber("tests.listener", {HAPPENED: swallow})]).drain(workspace.id)
    assert [one["reason"].split(":")[0] for one in await parked(database, workspace)] == ["InFailedSQLTransactionError"]
    assert await cursor(database, workspace) == 1


@pytest.mark.fault("F-P3")
async def test_what_was_put_aside_is_handled_when_replayed(database, workspace, tell):
    listener = Listener(poison={"b"})
    await tell("a", "b")
    await drained(database, workspace, listener)
    listener.poison.clear()
    assert await replay_parked(database, workspace.id, listener.subscriber) == 1
    assert await written(database, workspace) == ["a", "b"]
    assert await replay_parked(database, workspace.id, listener.subscriber) == 0
    assert [one["replayed_at"] is not None for one in await parked(database, workspace)] == [True]


async def test_what_is_still_poison_stays_aside_with_its_reason_of_today_and_the_others_are_handled(database, workspace, tell):
    listener = Listener(poison={"a", "b", "c"})
    await tell("a", "b", "c")
    await drained(database, workspace, listener)
    listener.poison, usual = {"b"}, listener.handle

    async def swallow(scope, entry):
        try:
            await usual(scope, entry)
        except ValueError:
            await scope.connection.execute("select 1 / 0")

    assert await replay_parked(database, workspace.id, Subscriber("tests.listener", {HAPPENED: swallow})) == 2
    assert await written(database, workspace) == ["a", "c"]
    assert [(one["replayed_at"] is None, one["reason"].split(":")[0]) for one in await parked(database, workspace)] == [
        (False, "ValueError"),
        (True, "DivisionByZeroError"),
        (False, "ValueError"),
    ]
    listener.poison.clear()
    assert await replay_parked(database, workspace.id, listener.subscriber) == 1
    assert sorted(await written(database, workspace)) == ["a", "b", "c"]


async def test_two_who_replay_at_once_handle_each_fact_once(database, workspace, tell):
    listener = Listener(poison={"a", "b", "c"})
    await tell("a", "b", "c")
    await drained(database, workspace, listener)
    listener.poison.clear()
    handled = await asyncio.gather(*(replay_parked(database, workspace.id, listener.subscriber) for _ in range(3)))
    assert (sum(handled), await written(database, workspace)) == (3, ["a", "b", "c"])


async def test_a_replay_that_loses_its_connection_says_so_and_changes_no_reason(database, workspace, tell):
    listener = Listener(poison={"a"})
    await tell("a")
    await drained(database, workspace, listener)

    async def cut(scope, entry):
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await replay_parked(database, workspace.id, Subscriber("tests.listener", {HAPPENED: cut}))
    assert [one["reason"].split(":")[0] for one in await parked(database, workspace)] == ["ValueError"]


async def test_an_innocent_fact_is_never_put_aside_for_anothers(database, workspace, tell):
    """Two processes meet the same poison; the second comes to put it aside after the first has done so."""
    listener = Listener(poison={"bad"})
    await tell("bad", "good")
    both = passes.Passes(database, Recent())
    await both._one(workspace.id, listener.subscriber)
    assert [one["position"] for one in await parked(database, workspace)] == [1]
    await both._park(workspace.id, listener.subscriber, 1, ValueError("cannot digest bad"))
    assert [one["position"] for one in await parked(database, workspace)] == [1]
    await drained(database, workspace, listener)
    assert await written(database, workspace) == ["good"]


async def test_a_lost_connection_puts_nothing_aside(database, workspace, tell, until):
    seen = []

    async def cut_once(scope, entry):
        seen.append(entry.position)
        if len(seen) == 1:
            pid = await scope.connection.fetchval("select pg_backend_pid()")
            async with database.across() as other:
                await other.execute("select pg_terminate_backend($1)", pid)
            await scope.connection.execute("select 1")

    await tell("a", "b")
    runner = SubscriberRunner(database, [Subscriber("tests.listener", {HAPPENED: cut_once})])
    await runner.start()
    runner.wake(workspace.id, {HAPPENED})
    await until(lambda: seen[-2:] == [1, 2])
    await runner.stop()
    assert await parked(database, workspace) == []


async def test_a_chain_of_causes_is_cut(database, workspace, tell):
    listener = Listener()
    await tell("deepest", depth=MAX_DEPTH)
    await tell("too deep", depth=MAX_DEPTH + 1)
    await tell("after")
    await drained(database, workspace, listener)
    assert listener.seen == ["deepest", "after"]
    assert await parked(database, workspace) == []


@pytest.mark.fault("F-P10", "F-A3")
async def test_a_loop_of_facts_ends(database, workspace, happened):
    turns = []

    async def answer(scope, entry):
        turns.append(entry.depth)
        scope.emit(happened(what="again"), caused_by=entry.name, depth=entry.depth + 1)

    async with database.scope(workspace.id) as scope:
        scope.emit(happened(what="first"))
    await SubscriberRunner(database, [Subscriber("tests.loop", {HAPPENED: answer})]).drain(workspace.id)
    assert turns == list(range(MAX_DEPTH + 1))


@pytest.mark.fault("F-P9")
async def test_two_processes_share_the_work_without_doubling_it(database, workspace, tell):
    first, second = Listener(), Listener()
    async with running(database, first), running(database, second):
        for number in range(30):
            await tell(str(number))
        await reached(database, workspace, 30)
    assert await written(database, workspace) == sorted(map(str, range(30)))


async def test_a_commit_is_heard_at_once(database, workspace, tell, until, monkeypatch):
    monkeypatch.setattr(module, "SWEEP_SECONDS", 60.0)
    listener = Listener()
    async with running(database, listener):
        await tell("first")
        await until(lambda: listener.seen == ["first"])
        loop = asyncio.get_running_loop()
        before = loop.time()
        await tell("second")
        await until(lambda: listener.seen == ["first", "second"])
        assert loop.time() - before < 2


@pytest.mark.fault("F-P8", "F-N11")
async def test_a_missed_hint_is_found_by_the_sweep(database, workspace, tell, until, monkeypatch):
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    listener = Listener()
    async with running(database, listener) as runner:
        monkeypatch.setattr(runner, "wake", lambda *_hint: None)
        await tell("unheard")
        await until(lambda: listener.seen == ["unheard"])


async def test_what_is_behind_at_the_start_is_caught_up(database, workspace, tell, until):
    listener = Listener()
    await tell("a", "b")
    async with running(database, listener):
        await until(lambda: listener.seen == ["a", "b"])


async def test_names_that_nobody_listens_to_wake_nobody(database, workspace, tell, monkeypatch):
    monkeypatch.setattr(module, "SWEEP_SECONDS", 60.0)
    listener = Listener()
    async with running(database, listener) as runner:
        runner.wake(workspace.id, {"tests.other.v1"})
        assert not runner._workers


async def test_after_a_stop_nothing_is_handled_until_the_next_start(database, workspace, tell, until):
    listener = Listener()
    runner = SubscriberRunner(database, [listener.subscriber])
    await runner.start()
    await tell("a")
    await reached(database, workspace, 1)
    await runner.stop()
    await tell("b")
    runner.wake(workspace.id, {HAPPENED})
    assert not runner._workers
    assert await cursor(database, workspace) == 1
    await runner.start()
    await until(lambda: listener.seen == ["a", "b"])
    await runner.stop()


async def test_a_stop_in_the_middle_rolls_the_batch_back(database, workspace, tell, until):
    listener, inside = Listener(), asyncio.Event()

    async def slow(scope, entry):
        await listener.handle(scope, entry)
        inside.set()
        await asyncio.Event().wait()

    runner = SubscriberRunner(database, [Subscriber("tests.listener", {HAPPENED: slow})])
    await runner.start()
    await tell("a")
    await asyncio.wait_for(inside.wait(), 10)
    await runner.stop()
    assert await written(database, workspace) == []
    await drained(database, workspace, listener)
    assert await written(database, workspace) == ["a"]


def test_the_wiring_lists_subscribers_in_order():
    first, second = Listener("tests.first"), Listener("tests.second")
    assert names_of([first.subscriber, second.subscriber]) == {HAPPENED: ["tests.first", "tests.second"]}


async def test_a_worker_without_work_ends_and_the_next_fact_begins_another(database, workspace, tell, until, monkeypatch):
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.02)
    listener = Listener()
    async with running(database, listener) as runner:
        await tell("a")
        await until(lambda: listener.seen == ["a"])
        await until(lambda: not runner._workers and not runner._awake)
        await tell("b")
        await until(lambda: listener.seen == ["a", "b"])
