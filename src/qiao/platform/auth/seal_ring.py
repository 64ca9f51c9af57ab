"""The ring of sealing keys: kept in the database, each wrapped under the installation's secret key, the same for all nodes.

A new key is known to every process before the first of them seals with it, and an old one stays until nothing is sealed with it: what is
stored can be read at every moment of a change.
"""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime

import structlog
from msgspec import Struct

from qiao.kit.errors import Conflict, NotFound
from qiao.platform.auth.sealing import KEY_BYTES, ROOT, SealBroken, SealedColumn, Seals, head_of
from qiao.platform.db.database import Database
from qiao.platform.db.locks import Lock

REFRESH_SECONDS = 3.0
SETTLED_SECONDS = 15.0
"""So long after a change every process has read the ring several times."""
_LOCK = f"select pg_advisory_xact_lock({Lock.SEAL_RING:d})"
_LIST = "select id, wrapped, created_at, current_since, retired_at from seal_keys order by id"
_CURRENT = "select id from seal_keys where current_since is not null order by current_since desc, id desc limit 1"
_SETTLED = """
select greatest(0, extract(epoch from max(coalesce(current_since, created_at)) + make_interval(secs => $1) - clock_timestamp()))::float
from seal_keys
"""
_log = structlog.get_logger("qiao.keys")


class KeyInUse(Conflict):
    """Secrets are still sealed with the key, it is the one that seals, or it was a moment ago: `details["secrets"]` counts them."""

    code = "auth.key_in_use"


class NoSuchKey(NotFound):
    """The ring has no key of this number."""

    code = "auth.no_such_key"


class RingKey(Struct, frozen=True, kw_only=True):
    """A key as it is listed; nobody sees the key itself. `secrets`: so many are sealed with it. Number 0 is the root's."""

    number: int
    current: bool
    secrets: int
    created_at: datetime | None
    retired_at: datetime | None


class SealRing:
    """Reads and changes the ring, and keeps `seals` at what it is. `columns`: everywhere that sealed texts lie."""

    def __init__(self, database: Database, seals: Seals, columns: Sequence[SealedColumn]) -> None:
        self.database = database
        self.seals = seals
        self.columns = columns
        self._task: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Read the ring. A key that does not open is left out and told: what was sealed with it does not open either."""
        async with self.database.across() as connection:
            rows = await connection.fetch(_LIST)
            current = await connection.fetchval(_CURRENT)
        ring: dict[int, bytes] = {}
        for row in rows:
            try:
                ring[row["id"]] = self.seals.unwrap(row["id"], row["wrapped"])
            except SealBroken:
                _log.error("a sealing key does not open with this secret key", number=row["id"])
        self.seals.hold(ring, ROOT if current is None else current)

    async def start(self) -> None:
        """Read it, and again every few seconds."""
        await self.refresh()
        self._task = asyncio.create_task(self._follow(), name="seal-ring")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def keys(self) -> list[RingKey]:
        """The root and every key of the ring, with how many secrets each has sealed."""
        counts = await self.counts()
        async with self.database.across() as connection:
            rows = await connection.fetch(_LIST)
            current = await connection.fetchval(_CURRENT) or ROOT
        root = RingKey(number=ROOT, current=current == ROOT, secrets=counts.pop(ROOT, 0), created_at=None, retired_at=None)
        of_ring = [
            RingKey(
                number=row["id"],
                current=row["id"] == current,
                secrets=counts.get(row["id"], 0),
                created_at=row["created_at"],
                retired_at=row["retired_at"],
            )
            for row in rows
        ]
        return [root, *of_ring]

    async def counts(self) -> dict[int, int]:
        """How many texts each key has sealed; those of before the ring count for the root."""
        counted: dict[int, int] = {}
        async with self.database.across() as connection:
            for one in self.columns:
                rows = await connection.fetch(
                    f"select substring({one.column} from 1 for 3) as head, count(*) as n from {one.table}"
                    f" where {one.column} is not null group by 1"
                )
                for row in rows:
                    head = bytes(row["head"])
                    number = int.from_bytes(head[1:3]) if head[:1] == head_of(ROOT)[:1] else ROOT
                    counted[number] = counted.get(number, 0) + row["n"]
        return counted

    async def add(self) -> int:
        """A new key, known to all and not yet used; its number. Not idempotent."""
        async with self.database.across() as connection, connection.transaction():
            await connection.execute(_LOCK)
            number = 1 + (await connection.fetchval("select max(id) from seal_keys") or 0)
            wrapped = self.seals.wrap(number, os.urandom(KEY_BYTES))
            await connection.execute("insert into seal_keys (id, wrapped) values ($1, $2)", number, wrapped)
        await self.refresh()
        return number

    async def settled(self) -> None:
        """Return when every process has read the last change of the ring."""
        async with self.database.across() as connection:
            wait = await connection.fetchval(_SETTLED, SETTLED_SECONDS)
        await asyncio.sleep(wait or 0)

    async def promote(self) -> int:
        """Seal with the newest key from now on; its number. Safe to repeat."""
        async with self.database.across() as connection, connection.transaction():
            await connection.execute(_LOCK)
            newest = await connection.fetchval("select max(id) from seal_keys")
            if newest is None:
                raise NoSuchKey("the ring has no key; add one")
            await connection.execute(
                "update seal_keys set retired_at = now() where id <> $1 and current_since is not null and retired_at is null",
                newest,
            )
            await connection.execute("update seal_keys set current_since = now() where id = $1 and current_since is null", newest)
        await self.refresh()
        return newest

    async def remove(self, number: int) -> None:
        """Away with a key that nothing needs; what it sealed in older backups opens with them alone. Raises NoSuchKey, KeyInUse."""
        if number not in {one.number for one in await self.keys() if one.number != ROOT}:
            raise NoSuchKey("the ring has no such key; key 0 is the installation's own and stays")
        await self.settled()
        async with self.database.across() as connection, connection.transaction():
            await connection.execute(_LOCK)
            secrets = (await self.counts()).get(number, 0)
            if secrets or await connection.fetchval(_CURRENT) == number:
                raise KeyInUse("this key is in use; `qiao keys rotate` first", secrets=secrets)
            await connection.execute("delete from seal_keys where id = $1", number)
        await self.refresh()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - whatever it meets, it looks again
                _log.warning("the ring of keys could not be read", error=f"{type(error).__name__}: {error}")
