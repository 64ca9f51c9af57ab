"""Seals everything again with the ring's current key, in small transactions, while servers read and write.

A row is only changed if it still holds what was read, so what somebody sets meanwhile stands; a run that was cut goes on where rows are
left, since it looks for nothing but those.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct

from qiao.platform.auth.seal_ring import SealRing
from qiao.platform.auth.sealing import Place, SealBroken, SealedColumn, head_of
from qiao.platform.db.database import Connection

BATCH = 100


class Resealed(Struct):
    """What a pass did: rows sealed again, and the places whose text opens with no key there is."""

    rows: int = 0
    broken: list[str] = []


async def reseal(ring: SealRing) -> Resealed:
    """Every row that another key has sealed. Safe to repeat and to run beside others."""
    done = Resealed(broken=[])
    for column in ring.columns:
        after: tuple[Any, ...] | None = None
        while True:
            async with ring.database.across() as connection, connection.transaction():
                rows = await _batch(connection, column, head_of(ring.seals.current), after)
                for row in rows:
                    await _again(ring, connection, column, row, done)
            if not rows:
                break
            after = _key(column, rows[-1])
    return done


def sealing(ring: SealRing, column: SealedColumn, plain: str) -> Callable[[Connection, Sequence[Any]], Awaitable[None]]:
    """What seals a batch of rows for a backfill: those that have the text as it is in the column `plain`, and not sealed yet."""
    names = ("workspace_id", *column.keys)
    mine = " and ".join(f"{name} = ${n}" for n, name in enumerate(names, 1))

    async def seal(connection: Connection, rows: Sequence[Any]) -> None:
        # A command may run for long, and what seals may have changed meanwhile.
        await ring.refresh()
        for row in rows:
            key = _key(column, row)
            text = await connection.fetchval(
                f"select {plain} from {column.table} where {mine} and {column.column} is null for no key update", *key
            )
            if text is not None:
                sealed = ring.seals.seal(text, _place(column, row))
                change = f"update {column.table} set {column.column} = ${len(key) + 1} where {mine}"
                await connection.execute(change, *key, sealed)

    return seal


async def count_broken(ring: SealRing) -> int:
    """How many sealed texts open with no key there is."""
    broken = 0
    for column in ring.columns:
        after: tuple[Any, ...] | None = None
        while True:
            async with ring.database.across() as connection:
                rows = await _batch(connection, column, b"", after)
            if not rows:
                break
            broken += sum(not _opens(ring, column, row) for row in rows)
            after = _key(column, rows[-1])
    return broken


def _opens(ring: SealRing, column: SealedColumn, row: Any) -> bool:
    try:
        ring.seals.open(row["sealed"], _place(column, row))
    except SealBroken:
        return False
    return True


def _place(column: SealedColumn, row: Any) -> Place:
    return Place(column, row["workspace_id"], tuple(str(row[name]) for name in column.keys))


async def _batch(connection: Connection, column: SealedColumn, head: bytes, after: tuple[Any, ...] | None) -> list[Any]:
    names = ("workspace_id", *column.keys)
    beyond = f" and ({', '.join(names)}) > ({', '.join(f'${n}' for n in range(2, len(names) + 2))})" if after else ""
    return await connection.fetch(
        f"select {', '.join(names)}, {column.column} as sealed from {column.table}"
        f" where {column.column} is not null and substring({column.column} from 1 for 3) <> $1{beyond}"
        f" order by {', '.join(names)} limit {BATCH}",
        head,
        *(after or ()),
    )


async def _again(ring: SealRing, connection: Connection, column: SealedColumn, row: Any, done: Resealed) -> None:
    place = _place(column, row)
    try:
        text = ring.seals.open(row["sealed"], place)
    except SealBroken:
        done.broken.append("/".join((column.table, column.column, str(place.workspace_id), *place.row)))
        return
    names = ("workspace_id", *column.keys)
    same = " and ".join(f"{name} = ${n}" for n, name in enumerate(names, 3))
    tag = await connection.execute(
        f"update {column.table} set {column.column} = $1 where {column.column} = $2 and {same}",
        ring.seals.seal(text, place),
        row["sealed"],
        *_key(column, row),
    )
    done.rows += tag != "UPDATE 0"


def _key(column: SealedColumn, row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("workspace_id", *column.keys))
