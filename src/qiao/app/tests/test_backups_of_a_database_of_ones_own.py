"""A PostgreSQL of the operator's own, to a bucket: copied over the wire, refused with the mend, restored as an embedded database."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import httpx
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from qiao.app.bringing_back import bring_back
from qiao.app.restore import told
from qiao.app.sealed import SEALED
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.auth.seal_ring import SealRing
from qiao.platform.auth.sealing import Seals
from qiao.platform.backup.archive import MANIFEST, Archive, of
from qiao.platform.backup.depots import Folder, open_depot
from qiao.platform.backup.errors import BackupFailed, PlaceAway, PlaceRefused, SourceUnfit
from qiao.platform.backup.following import Followed, Follower
from qiao.platform.backup.programs import addressed
from qiao.platform.backup.source import Source
from qiao.platform.backup.taking import take, verify
from qiao.platform.backup.wal import number_of
from qiao.platform.blobs.files import open_store
from qiao.platform.db.database import Database, DatabaseUnavailable
from qiao.platform.db.embedded import start_embedded
from qiao.platform.db.locks import Lock
from qiao.platform.db.migrate import migrate
from qiao.platform.db.nodes import Nodes
from qiao.platform.settings import read_settings

pytestmark = [pytest.mark.database, pytest.mark.slow]

KEY = b"k" * 32


@pytest.fixture(scope="module")
def s3():
    """A real S3 interface on loopback, with one bucket, in the environment of the program."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/backups").raise_for_status()
    names = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        yield
    server.stop()


@pytest.fixture(scope="module")
async def own():
    """A server whose superuser is called boss and whose database is called shop; the address of it, and a folder."""
    folder = Path(tempfile.mkdtemp(prefix="qiao-own-"))
    folder.chmod(0o711)
    server = await start_embedded(folder / "postgres")
    await migrate(server.dsn)
    database = await Database.connect(server.dsn)
    await Workspaces(database).create("tea-shop", {"zh": "兰亭茶器", "en": "Lanting"})
    await database.close()
    for user, name, statement in (
        ("qiao", "qiao", "create role helper superuser login"),
        ("helper", "template1", "alter role qiao rename to boss"),
        ("helper", "template1", "alter database qiao rename to shop"),
        ("helper", "template1", "create role plain login"),
    ):
        connection = await asyncpg.connect(server.dsn.replace("qiao@/qiao", f"{user}@/{name}"))
        await connection.execute(statement)
        await connection.close()
    yield server.dsn.replace("qiao@/qiao", "boss@/shop"), folder
    await server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def source_of(dsn: str, folder: Path) -> Source:
    return Source(dsn=dsn, files=open_store("", folder / "files"), secret_key="canary-secret-key", program="0.1.0")


async def test_it_goes_to_a_bucket_and_comes_back_as_an_embedded_one(own, s3):
    dsn, folder = own
    store = folder / "files" / "a"
    store.mkdir(parents=True)
    (store / "nobodys").write_bytes(b"tea")
    archive, said = Archive(open_depot("s3://backups/desk"), KEY), []
    base = await take(source_of(dsn, folder), archive, said.append, incremental=True)
    assert (base.kind, said) == ("base", ["There is no earlier backup of this database: a base is made."])
    archive.delete([of(base.id, MANIFEST)])
    again = await take(source_of(dsn, folder), archive, said.append)
    last = await take(source_of(dsn, folder), archive, said.append, incremental=True)
    assert archive.manifests() == [again, last]
    assert not any(base.id in name for name in archive.names("base/"))
    assert verify(archive, last) == 2 * 4 + 1
    assert (last.files, last.cluster.superuser, last.cluster.database) == (1, "boss", "shop")

    report = await bring_back(archive, read_settings({}, data_dir=str(folder / "new"), bot_model="off"))
    assert (report.missing, report.files, report.secret, report.came.workspaces) == (0, 0, True, 1)
    assert any("position" in line for line in told(report))
    assert (folder / "new" / "secret.key").read_text() == "canary-secret-key"
    server = await start_embedded(folder / "new" / "postgres")
    connection = await asyncpg.connect(server.dsn)
    assert await connection.fetchval("select slug from workspaces") == "tea-shop"
    await connection.close()
    await server.stop()


async def test_a_restore_that_is_cut_at_its_very_end_is_run_again(own, monkeypatch):
    dsn, folder = own
    archive = Archive(Folder(folder / "cut-archive"), KEY)
    await take(source_of(dsn, folder), archive, print)
    settings, rename = read_settings({}, data_dir=str(folder / "cut"), bot_model="off"), Path.rename

    def cut(path, target):
        if path.name == "postgres":
            raise OSError("the machine stopped")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut)
        with pytest.raises(OSError, match="stopped"):
            await bring_back(archive, settings)
    assert (folder / "cut" / "secret.key").exists()
    report = await bring_back(archive, settings)
    assert report.came.workspaces == 1
    assert sorted(one.name for one in (folder / "cut").iterdir() if one.name != "files") == ["postgres", "secret.key"]
    with pytest.raises(PlaceRefused, match="not empty"):
        await bring_back(archive, settings)


async def test_one_backup_at_a_time(own, s3):
    dsn, folder = own
    other = await asyncpg.connect(dsn)
    await other.execute("select pg_advisory_lock($1)", Lock.BACKUP)
    with pytest.raises(BackupFailed, match="under way"):
        await take(source_of(dsn, folder), Archive(open_depot("s3://backups/busy"), KEY), print)
    await other.close()


class Meanwhile(Folder):
    """A folder that does something else, in a thread, in the middle of taking in a database."""

    def __init__(self, root, act):
        super().__init__(root)
        self._act = act
        self.done = 0

    def put(self, name, parts):
        if "database.tar" in name:
            with ThreadPoolExecutor(1) as beside:
                beside.submit(asyncio.run, self._act()).result()
            self.done += 1
        return super().put(name, parts)


async def test_nodes_come_and_keys_change_while_a_backup_is_under_way(own):
    dsn, folder = own

    async def act():
        database = await Database.connect(dsn)
        async with asyncio.timeout(30):
            node = Nodes(database, "a-node", "web", lambda: None)
            await node.start()
            await SealRing(database, Seals("secret"), SEALED).add()
            await node.stop()
        await database.close()

    place = Meanwhile(folder / "meanwhile", act)
    await take(source_of(dsn, folder), Archive(place, KEY), print)
    assert place.done == 1


async def test_a_node_that_just_says_that_it_is_here_stops_no_backup(own):
    dsn, folder = own
    other = await asyncpg.connect(dsn)
    async with other.transaction():
        await other.execute("select pg_advisory_xact_lock_shared($1)", Lock.DOOR)
        await take(source_of(dsn, folder), Archive(Folder(folder / "beside"), KEY), print)
    await other.close()


class NowAndThen(Folder):
    """A folder that is away for as long as somebody says so, and remembers what was put there."""

    away = False

    def __init__(self, root):
        super().__init__(root)
        self.taken = []

    def put(self, name, parts):
        if self.away:
            raise PlaceAway("the disk is not mounted")
        self.taken.append(name)
        return super().put(name, parts)


async def test_who_follows_copies_no_file_that_a_backup_has(own):
    dsn, folder = own
    store, place = folder / "pictures", NowAndThen(folder / "pictured")
    store.mkdir()
    (store / "old").write_bytes(b"tea")
    source = msgspec.structs.replace(source_of(dsn, folder), files=open_store("", store))
    await take(source, Archive(place, KEY), print)
    place.taken.clear()
    (store / "new").write_bytes(b"pot")
    follower = Follower(lambda: dsn, source.files, Archive(place, KEY), folder / "picturing", print)
    async with contextlib.aclosing(follower.turns(0.05)) as following:
        async for _ in following:
            break
    connection = await asyncpg.connect(dsn)
    await connection.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active")
    await connection.close()
    assert [name for name in place.taken if name.startswith("files/")] == ["files/new.sealed"]


async def test_while_the_place_of_backups_is_away_the_disk_does_not_fill_and_no_log_is_thrown_away(own):
    dsn, folder = own
    place, staging, turns = NowAndThen(folder / "followed"), folder / "following", list[Followed]()
    follower = Follower(lambda: dsn, open_store("", folder / "files"), Archive(place, KEY), staging, lambda _: None)
    connection = await asyncpg.connect(dsn)

    async def follow():
        async for turn in follower.turns(0.05):
            turns.append(turn)

    async def until_more(count):
        async with asyncio.timeout(20):
            while len(turns) < count:
                await asyncio.sleep(0.02)

    following = asyncio.create_task(follow())
    await until_more(2)
    place.away, before = True, len(turns)
    for _ in range(8):
        await connection.execute("select pg_logical_emit_message(true, 'tea', 'pot'), pg_switch_wal()")
        await asyncio.sleep(0.4)
    waiting = [path for path in staging.rglob("*") if path.is_file() and not path.name.endswith(".partial")]
    place.away = False
    await until_more(before + 2)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await connection.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
    await connection.close()
    kept = sorted({number_of(name.rsplit("/", 1)[1]) for name in place.names("wal/")} - {None})
    assert len(waiting) <= 2
    assert kept == list(range(kept[0], kept[-1] + 1))
    assert len(kept) >= 8
    assert max(turn.at_risk for turn in turns) > 2


def test_what_is_written_in_the_same_tick_of_the_clock_as_the_last_look_is_taken_too(tmp_path):
    received, place, segment = tmp_path / "received", Archive(Folder(tmp_path / "kept"), KEY), "000000010000000000000001.partial"
    received.mkdir()
    follower = Follower(lambda: None, open_store("", tmp_path / "files"), place, tmp_path, print)
    path = received / segment
    path.write_bytes(b"one commit    ")
    tick = path.stat().st_mtime_ns
    follower._ship(received, "wal/7/")
    path.write_bytes(b"two commits   ")
    os.utime(path, ns=(tick, tick))
    follower._ship(received, "wal/7/")
    assert b"".join(place.get(f"wal/7/{segment}.gz")) == b"two commits   "


async def test_a_second_one_who_follows_is_told_and_promises_nothing(own):
    dsn, folder = own
    places, said = [Folder(folder / name) for name in ("one", "two")], []
    store = open_store("", folder / "files")
    turns = [0, 0]

    async def follow(number):
        follower = Follower(lambda: dsn, store, Archive(places[number], KEY), folder / f"following-{number}", said.append)
        async for _ in follower.turns(0.05):
            turns[number] += 1

    first = asyncio.create_task(follow(0))
    async with asyncio.timeout(20):
        while turns[0] < 2:
            await asyncio.sleep(0.02)
    second = asyncio.create_task(follow(1))
    await asyncio.sleep(3)
    for task in (first, second):
        task.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await asyncio.sleep(0.2)
    connection = await asyncpg.connect(dsn)
    await connection.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active")
    await connection.close()
    assert (turns[1], list(places[1].names("wal/"))) == (0, [])
    assert [line for line in said if "another process" in line]


async def test_a_role_without_the_right_is_told_the_mend(own, s3):
    dsn, folder = own
    archive = Archive(open_depot("s3://backups/plain"), KEY)
    with pytest.raises(SourceUnfit, match="ALTER ROLE name REPLICATION"):
        await take(source_of(dsn.replace("boss@", "plain@"), folder), archive, print)
    assert archive.names("base/") == set()


async def test_a_database_that_is_away_says_no_password(own, s3):
    _dsn, folder = own
    with pytest.raises(DatabaseUnavailable) as away:
        await take(
            source_of("postgresql://boss:canary-pass@127.0.0.1:9/shop", folder), Archive(open_depot("s3://backups/x"), KEY), print
        )
    assert "canary" not in away.value.message


@pytest.mark.parametrize(
    ("dsn", "bare", "password"),
    [
        (
            "postgresql://boss:canary%40pass@db:5432/shop?sslmode=require",
            "postgresql://boss@db:5432/shop?sslmode=require",
            "canary@pass",
        ),
        ("postgresql://boss@/shop?host=%2Frun%2Fx&password=canary", "postgresql://boss@/shop?host=%2Frun%2Fx", "canary"),
        ("postgresql:///shop", "postgresql:///shop", None),
    ],
)
def test_the_password_is_on_no_command_line(dsn, bare, password):
    found, environment = addressed(dsn)
    assert found == bare
    assert environment.get("PGPASSWORD") == password
