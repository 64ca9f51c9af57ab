"""Room on the disk: refused while less than the reserve is left, taken again by itself."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from qiao.app.full_disk import with_room
from qiao.platform.db import room as module
from qiao.platform.db.room import Room, StorageFull


class Disk:
    """A disk with so much free, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free, self.now, self.looks = 100, 0.0, 0
        monkeypatch.setattr(module, "shutil", SimpleNamespace(disk_usage=self._usage))
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))

    def _usage(self, _folder: Path) -> SimpleNamespace:
        self.looks += 1
        if self.free < 0:
            raise FileNotFoundError
        return SimpleNamespace(free=self.free)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_there_is_room_until_the_reserve_begins(disk: Disk) -> None:
    room = Room(Path("/data"), reserve=50)
    room.require()
    disk.free, disk.now = 50, 1
    room.require()
    disk.free, disk.now = 49, 2
    with pytest.raises(StorageFull) as refused:
        room.require()
    assert (refused.value.status, refused.value.code, refused.value.details) == (503, "db.storage_full", {"retry_after": 10})


def test_it_is_taken_again_as_soon_as_there_is_room(disk: Disk) -> None:
    room = Room(Path("/data"), reserve=50)
    disk.free = 0
    assert room.full()
    disk.free, disk.now = 51, 0.26
    assert not room.full()


def test_asking_often_looks_seldom(disk: Disk) -> None:
    room = Room(Path("/data"), reserve=50)
    for _ in range(1000):
        room.require()
    assert disk.looks == 1


def test_a_folder_that_is_away_is_not_a_full_disk(disk: Disk) -> None:
    disk.free = -1
    assert not Room(Path("/data"), reserve=50).full()


async def answered(room: Room, method: str, kind: str = "http") -> list[dict]:
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def front(_scope, _receive, send) -> None:
        await send({"type": "passed"})

    await with_room(front, room)({"type": kind, "method": method}, None, send)
    return sent


@pytest.mark.parametrize(("method", "kind"), [("GET", "http"), ("HEAD", "http"), ("OPTIONS", "http"), ("", "websocket")])
async def test_reads_and_sockets_pass_a_full_disk(disk: Disk, method: str, kind: str) -> None:
    disk.free = 0
    assert await answered(Room(Path("/data"), reserve=50), method, kind) == [{"type": "passed"}]


@pytest.mark.fault("F-S5")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_would_be_stored_is_refused_at_the_door(disk: Disk, method: str) -> None:
    room = Room(Path("/data"), reserve=50)
    assert await answered(room, method) == [{"type": "passed"}]
    disk.free, disk.now = 0, 1
    begun, body = await answered(room, method)
    assert begun["status"] == 503
    assert (b"retry-after", b"10") in begun["headers"]
    assert b'"code":"db.storage_full"' in body["body"]
