"""Messages and the log as whole tables beside the same rows in a part for each month: what decision 21 weighs.

On the large desk of `bench.size`, in one database: copies of both tables as they are, and of both by months. Messages by the time in
their conversation's id (a UUIDv7), with their client ids in a table of their own, because a unique index over all parts has to hold
what they are divided by; the log by its time. Each question is asked of both by turns, in the same words.
"""

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.processes import module, running, wait_until
from bench.report import Figure
from bench.setting import Setting
from bench.size import LARGE, kept, stocked

WHOLE, PARTS = "bench_whole", "bench_parts"
_MAKE = """
create schema {at};
create table {at}.messages (like public.messages including defaults) {by_talk};
create table {at}.log_events (like public.log_events including defaults) {by_time};
"""
_FILL = """
insert into {at}.messages select * from public.messages;
insert into {at}.log_events select * from public.log_events;
alter table {at}.messages add primary key (workspace_id, conversation_id, seq);
"""
_WHOLE_KEYS = """
create unique index on bench_whole.messages (workspace_id, client_id);
alter table bench_whole.log_events add primary key (workspace_id, position);
"""
_PARTS_KEYS = """
create table bench_parts.client_ids as select workspace_id, client_id, conversation_id, seq from public.messages;
alter table bench_parts.client_ids add primary key (workspace_id, client_id);
alter table bench_parts.log_events add primary key (workspace_id, position, at);
"""
_SOME = """
select conversation_id, max(seq) as seq
from (select conversation_id, seq from messages where workspace_id = $1 order by random() limit 3000) m group by 1
"""
_TALK = "select * from {at}.messages where workspace_id = $1 and conversation_id = $2 order by seq desc limit 50"
_HITS = """
select m.* from unnest($2::uuid[], $3::int[]) as h(conversation_id, seq)
join {at}.messages m on m.workspace_id = $1 and m.conversation_id = h.conversation_id and m.seq = h.seq
"""
_FACTS = "select * from {at}.log_events where workspace_id = $1 and position > $2 order by position limit 500"
_COLUMNS = "workspace_id, conversation_id, seq, id, author_kind, kind, text, client_id, created_at"
_WRITE = f"""
insert into {{at}}.messages ({_COLUMNS}) select $1, $2, $3, $4, 'contact', 'text', '你好，我想问一下发货时间', $5, now()
where not exists ({{known}})
"""
_KNOWN = {
    WHOLE: "select from bench_whole.messages where workspace_id = $1 and client_id = $5",
    PARTS: "select from bench_parts.client_ids where workspace_id = $1 and client_id = $5",
}
_SIZE = """
select sum(pg_indexes_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind = 'r' and (c.relname like 'messages%' or c.relname = 'client_ids')
"""
_FIRST_MONTH = """
delete from bench_whole.messages where workspace_id = $1 and conversation_id < $2
"""

Asked = Callable[[str, int], Awaitable[Any]]


def partitions(setting: Setting) -> list[Figure]:
    """Fill both shapes, ask both, and take them away."""
    with kept() as at:
        desk = stocked(at / "large", setting.pick(30_000, LARGE))
        (at / "large" / "dsn").unlink(missing_ok=True)
        with running(module("bench.database", str(at / "large")), at / "large" / "database.log") as database:
            wait_until((at / "large" / "dsn").exists, database, at / "large" / "database.log")
            dsn = (at / "large" / "dsn").read_text(encoding="utf-8")
            return asyncio.run(_measure(dsn, UUID(desk.largest), setting.pick(200, 3_000)))


async def _measure(dsn: str, largest: UUID, times: int) -> list[Figure]:
    connection = await asyncpg.connect(dsn, command_timeout=3_600, server_settings={"statement_timeout": "0"})
    try:
        await _drop(connection)
        bounds = await _fill(connection)
        return await _compare(connection, largest, bounds, times)
    finally:
        await _drop(connection)
        await connection.close()


async def _drop(connection: asyncpg.Connection) -> None:
    await connection.execute(f"drop schema if exists {WHOLE} cascade; drop schema if exists {PARTS} cascade")


async def _fill(connection: asyncpg.Connection) -> list[datetime]:
    span = await connection.fetch("select min(at) as first, max(at) as last from log_events")
    bounds = _months(span[0]["first"], span[0]["last"])
    await connection.execute(_MAKE.format(at=WHOLE, by_talk="", by_time=""))
    await connection.execute(
        _MAKE.format(at=PARTS, by_talk="partition by range (conversation_id)", by_time="partition by range (at)")
    )
    for nth, (begin, end) in enumerate(itertools.pairwise(bounds)):
        for table, low, high in (("messages", _begin(begin), _begin(end)), ("log_events", begin, end)):
            edges = ("minvalue" if nth == 0 else f"'{low}'", "maxvalue" if end == bounds[-1] else f"'{high}'")
            await connection.execute(
                f"create table {PARTS}.{table}_{nth} partition of {PARTS}.{table} for values from ({edges[0]}) to ({edges[1]})"
            )
    for at, keys in ((WHOLE, _WHOLE_KEYS), (PARTS, _PARTS_KEYS)):
        await connection.execute("set maintenance_work_mem = '1GB'")
        await connection.execute(_FILL.format(at=at) + keys)
    for table in (f"{WHOLE}.messages", f"{WHOLE}.log_events", f"{PARTS}.messages", f"{PARTS}.log_events", f"{PARTS}.client_ids"):
        await connection.execute(f"vacuum analyze {table}")
    await connection.execute("checkpoint")
    return bounds


def _months(first: datetime, last: datetime) -> list[datetime]:
    """The beginnings of all months from the first moment to after the last."""
    bounds = [datetime(first.year, first.month, 1, tzinfo=UTC)]
    while bounds[-1] <= last:
        at = bounds[-1]
        bounds.append(datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC))
    return bounds


def _begin(at: datetime) -> UUID:
    """The least UUIDv7 of a moment."""
    return UUID(int=int(at.timestamp() * 1_000) << 80)


async def _compare(connection: asyncpg.Connection, largest: UUID, bounds: Sequence[datetime], times: int) -> list[Figure]:
    talks = await connection.fetch(_SOME, largest)
    head = int(await connection.fetchval("select position from log_heads where workspace_id = $1", largest) or 0)
    statements = {
        (at, text): await connection.prepare(text.format(at=at, known=_KNOWN[at]))
        for at in (WHOLE, PARTS)
        for text in (_TALK, _HITS, _FACTS, _WRITE)
    }
    note_id = await connection.prepare(f"insert into {PARTS}.client_ids values ($1, $2, $3, $4)")

    async def talk(at: str, nth: int) -> None:
        await statements[at, _TALK].fetch(largest, talks[nth % len(talks)]["conversation_id"])

    async def hits(at: str, nth: int) -> None:
        some = random.Random(nth).sample(talks, min(50, len(talks)))
        await statements[at, _HITS].fetch(largest, [one["conversation_id"] for one in some], [one["seq"] for one in some])

    async def facts(at: str, nth: int) -> None:
        await statements[at, _FACTS].fetch(largest, head - 10 - nth % 40)

    async def write(at: str, nth: int) -> None:
        known, conversation = uuid4().hex, talks[nth % len(talks)]["conversation_id"]
        async with connection.transaction():
            await statements[at, _WRITE].fetch(largest, conversation, 1_000_000 + nth, uuid4(), known)
            if at == PARTS:
                await note_id.fetch(largest, known, conversation, 1_000_000 + nth)

    figures = [
        await _ratio("the newest 50 messages of a conversation", talk, times),
        await _ratio("fifty hits of a search", hits, max(50, times // 10)),
        await _ratio("the next facts of the log", facts, times),
        await _ratio("a message written, kept from coming twice", write, times),
    ]
    sizes = {at: float(await connection.fetchval(_SIZE, at) or 0) / 1024**2 for at in (WHOLE, PARTS)}
    figures.append(_beside("indexes of the messages", sizes[PARTS], sizes[WHOLE], "MB"))
    return [*figures, await _letting_go(connection, largest, bounds[1])]


async def _ratio(name: str, ask: Asked, times: int) -> Figure:
    """Both by turns, so that what else the machine does meets both alike; the first tenth warms up."""
    took: dict[str, list[float]] = {WHOLE: [], PARTS: []}
    for nth in range(times + times // 10):
        for at in (WHOLE, PARTS):
            started = time.perf_counter()
            await ask(at, nth)
            took[at].append((time.perf_counter() - started) * 1e3)
    halves = {at: statistics.median(all_of[times // 10 :]) for at, all_of in took.items()}
    return _beside(name, halves[PARTS], halves[WHOLE], "ms")


def _beside(name: str, parts: float, whole: float, unit: str) -> Figure:
    note = f"{parts:,.2f} {unit} by months, {whole:,.2f} {unit} whole"
    return Figure(name=f"{name}: by months, times as much", value=parts / max(whole, 1e-6), unit="", note=note)


async def _letting_go(connection: asyncpg.Connection, largest: UUID, second: datetime) -> Figure:
    """The oldest month: a table of all companies taken away, beside the rows of the largest company deleted."""
    started = time.perf_counter()
    gone = (await connection.execute(_FIRST_MONTH, largest, _begin(second))).rpartition(" ")[2]
    deleted = time.perf_counter() - started
    started = time.perf_counter()
    await connection.execute(f"drop table {PARTS}.messages_0")
    dropped = time.perf_counter() - started
    note = f"{deleted * 1e3:,.0f} ms for {int(gone):,} messages of one company; a part of all companies goes in {dropped * 1e3:,.0f} ms"
    return Figure(name="the oldest month of one company deleted from the whole table", value=deleted * 1e3, unit="ms", note=note)
