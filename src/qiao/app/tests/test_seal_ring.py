"""The ring of sealing keys, changed while a desk works: nothing is unreadable at any moment, and a cut is gone on with."""

import asyncio
import itertools
import subprocess
import sys
import time

import pytest

from qiao.app.keys_command import SecretsLeft, add_key, list_keys, remove_key, rotate_keys
from qiao.app.sealed import SEALED
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.inboxes.wire import MEMORY
from qiao.platform.auth import resealing, seal_ring
from qiao.platform.auth.seal_ring import KeyInUse, NoSuchKey, SealRing
from qiao.platform.auth.sealing import ROOT, SealBroken, Seals
from qiao.platform.settings import read_settings

pytestmark = pytest.mark.database

SECRET = "the secret key of this installation"
_INSERT = "insert into inbox_memory (workspace_id, inbox_id, name, sealed) values ($1, $2, $3, $4)"
_SET = "update inbox_memory set sealed = $4 where workspace_id = $1 and inbox_id = $2 and name = $3"
_READ = "select name, sealed from inbox_memory where workspace_id = $1 and inbox_id = $2"
_ROTATE = """
import asyncio, sys
from qiao.app.keys_command import rotate_keys
from qiao.platform.auth import resealing, seal_ring
from qiao.platform.settings import read_settings
seal_ring.SETTLED_SECONDS, resealing.BATCH = 0.0, 5
asyncio.run(rotate_keys(read_settings({}, data_dir=sys.argv[1], database_url=sys.argv[2], secret_key=sys.argv[3])))
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """What takes seconds so that nodes can follow takes moments here; the nodes here follow as much faster."""
    monkeypatch.setattr(seal_ring, "SETTLED_SECONDS", 0.3)
    monkeypatch.setattr(seal_ring, "REFRESH_SECONDS", 0.05)


@pytest.fixture
def settings(postgres_dsn, tmp_path):
    return read_settings({}, data_dir=str(tmp_path), database_url=postgres_dsn, secret_key=SECRET, bot_model="off")


@pytest.fixture
async def place(house, workspace, database):
    """An inbox, whose memory the tests fill; nothing else is sealed in this database, and the ring is empty."""
    async with database.across() as connection:
        for column in SEALED:
            await connection.execute(
                f"update {column.table} set {column.column} = null"
                if column.table == "commerce_settings"
                else f"delete from {column.table}"
            )
        await connection.execute("delete from seal_keys")
    async with database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=house.inboxes.channels()[0].name, name="窗口"))
    return workspace.id, inbox.id


@pytest.fixture
def ring(database):
    return SealRing(database, Seals(SECRET), SEALED)


async def fill(database, seals, place, count):
    async with database.across() as connection:
        await connection.executemany(
            _INSERT, [(*place, f"n{n}", seals.seal(f"secret {n}", MEMORY.at(*place, f"n{n}"))) for n in range(count)]
        )


async def read(database, seals, place):
    async with database.across() as connection:
        rows = await connection.fetch(_READ, *place)
    return {row["name"]: seals.open(row["sealed"], MEMORY.at(*place, row["name"])) for row in rows}


def expected(count):
    return {f"n{n}": f"secret {n}" for n in range(count)}


async def test_everything_is_sealed_again_and_old_keys_can_go(database, settings, place, ring, capsys):
    await fill(database, ring.seals, place, 230)
    await add_key(settings)
    assert [(one.number, one.current, one.secrets) for one in await ring.keys()] == [(0, True, 230), (1, False, 0)]
    await rotate_keys(settings)
    await ring.refresh()
    assert [(one.number, one.current, one.secrets) for one in await ring.keys()] == [(0, False, 0), (1, True, 230)]
    assert await read(database, ring.seals, place) == expected(230)
    with pytest.raises(SealBroken):
        await read(database, Seals(SECRET), place)
    with pytest.raises(KeyInUse):
        await remove_key(settings, 1)
    await add_key(settings)
    await rotate_keys(settings)
    await remove_key(settings, 1)
    for number in (ROOT, 1, 7):
        with pytest.raises(NoSuchKey):
            await remove_key(settings, number)
    await list_keys(settings)
    printed = capsys.readouterr().out
    assert "2  current" in printed
    assert SECRET not in printed
    await ring.refresh()
    assert await read(database, ring.seals, place) == expected(230)


@pytest.mark.fault("F-U5")
async def test_a_key_that_still_sealed_something_stays(database, settings, place, ring):
    await add_key(settings)
    await rotate_keys(settings)
    await ring.refresh()
    await fill(database, ring.seals, place, 1)
    await ring.add()
    await ring.promote()
    with pytest.raises(KeyInUse) as refused:
        await remove_key(settings, 1)
    assert refused.value.details["secrets"] == 1


class Node:
    """A server: follows the ring by itself, sets secrets and reads them all, again and again."""

    def __init__(self, database, place, which):
        self.ring = SealRing(database, Seals(SECRET), SEALED)
        self.database, self.place, self.which = database, place, which
        self.wrote, self.reads, self.over = {}, 0, False

    async def write(self):
        for turn in itertools.count():
            if self.over:
                return
            name = f"n{turn * 2 % 60 + self.which}"
            text = f"written {turn} by {self.which}"
            async with self.database.across() as connection:
                await connection.execute(_SET, *self.place, name, self.ring.seals.seal(text, MEMORY.at(*self.place, name)))
            self.wrote[name] = text
            await asyncio.sleep(0.002)

    async def look(self):
        while not self.over:
            assert len(await read(self.database, self.ring.seals, self.place)) == 60
            self.reads += 1


@pytest.mark.fault("F-U5")
async def test_rotation_while_two_nodes_read_and_write(database, settings, place):
    """At no moment does one of them meet a secret that it cannot open, and no write is lost."""
    nodes = [Node(database, place, which) for which in range(2)]
    for node in nodes:
        await node.ring.start()
    await fill(database, nodes[0].ring.seals, place, 60)
    work = [asyncio.create_task(one) for node in nodes for one in (node.write(), node.look())]
    for _ in range(2):
        await add_key(settings)
        await rotate_keys(settings)
    for node in nodes:
        node.over = True
    await asyncio.gather(*work)
    assert min(node.reads for node in nodes) > 3
    assert await read(database, nodes[1].ring.seals, place) == expected(60) | nodes[0].wrote | nodes[1].wrote
    assert {number for number, count in (await nodes[0].ring.counts()).items() if count} == {2}
    for node in nodes:
        await node.ring.stop()


@pytest.mark.slow
@pytest.mark.fault("F-U5")
async def test_a_rotation_killed_in_the_middle_goes_on(database, settings, place, ring, postgres_dsn, tmp_path):
    await fill(database, ring.seals, place, 1500)
    await add_key(settings)
    command = [sys.executable, "-c", _ROTATE, str(tmp_path), postgres_dsn, SECRET]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as rotating:
        deadline = time.monotonic() + 60
        while rotating.poll() is None and time.monotonic() < deadline and not (await ring.counts()).get(1, 0) > 0:
            await asyncio.sleep(0.005)
        rotating.kill()
    counts = await ring.counts()
    assert 0 < counts[1] < 1500, counts
    await ring.refresh()
    assert await read(database, ring.seals, place) == expected(1500)
    await rotate_keys(settings)
    assert await ring.counts() == {1: 1500}
    assert await read(database, ring.seals, place) == expected(1500)


async def test_what_opens_with_no_key_is_named_and_stays_as_it_is(database, settings, place, ring):
    await fill(database, ring.seals, place, 3)
    async with database.across() as connection:
        # Moved to another row, as nobody should.
        sealed = await connection.fetchval("select sealed from inbox_memory where name = 'n1'")
        await connection.execute("update inbox_memory set sealed = $1 where name = 'n2'", sealed)
    await add_key(settings)
    with pytest.raises(SecretsLeft):
        await rotate_keys(settings)
    async with database.across() as connection:
        assert await connection.fetchval("select sealed from inbox_memory where name = 'n2'") == sealed
    assert await ring.counts() == {0: 1, 1: 2}
    await ring.refresh()
    assert await resealing.count_broken(ring) == 1


async def test_another_secret_key_opens_no_key_of_the_ring(database, settings, place, ring):
    await add_key(settings)
    await rotate_keys(settings)
    await ring.refresh()
    await fill(database, ring.seals, place, 2)
    other = SealRing(database, Seals("another secret key"), SEALED)
    await other.refresh()
    assert other.seals.current == ROOT
    assert await resealing.count_broken(other) == 2
