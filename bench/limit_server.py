"""The limit that the desk's round trip is measured against: `python -m bench.limit_server FOLDER PORT`.

A bare ASGI application on uvicorn with the desk's options. It speaks just enough of the desk's sockets for the same load client, decodes
with msgspec, stores by one group-committing writer on asyncpg in an embedded PostgreSQL (a message, its conversation's counter, an
event), acknowledges after the commit and pushes to every agent's socket. No sign-in, no rooms, no readers of the log.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import uvicorn
import uvloop
from msgspec import Struct

from qiao.platform.db.embedded import start_embedded

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BATCH = 256

SCHEMA = """
create table conversations (id uuid primary key, last_seq int not null default 0);
create table messages (conversation_id uuid, seq int, id uuid not null, text text not null, client_id text not null,
                       created_at timestamptz not null default now(), primary key (conversation_id, seq));
create unique index on messages (client_id);
create table events (position bigint generated always as identity primary key, conversation_id uuid not null, seq int not null,
                     data text not null);
"""
STORE = """
with input as (
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) with ordinality
    as t(conversation_id, id, text, client_id, data, nth)
), numbered as (
  select i.*, c.last_seq + (row_number() over (partition by i.conversation_id order by i.nth))::int as seq
  from input i join conversations c on c.id = i.conversation_id
), stored as (
  insert into messages (conversation_id, seq, id, text, client_id)
  select conversation_id, seq, id, text, client_id from numbered
), moved as (
  update conversations c set last_seq = t.last_seq
  from (select conversation_id, max(seq) as last_seq from numbered group by conversation_id) t where c.id = t.conversation_id
), logged as (
  insert into events (conversation_id, seq, data) select conversation_id, seq, data from numbered order by nth
)
select seq from numbered order by nth
"""


class Frame(Struct, frozen=True):
    """Any frame of a client."""

    type: str
    token: str = ""
    client_id: str = ""
    text: str = ""


class Stored(Struct, frozen=True):
    """A message that waits for its number."""

    conversation_id: UUID
    id: UUID
    text: str
    client_id: str
    data: str
    done: asyncio.Future[int]


class Line:
    """One accepted socket, with the outbox and the writer task that any server of chat needs so that a push never waits."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._outbox: deque[str] = deque()
        self._wake = asyncio.Event()
        self._writer = asyncio.create_task(self._write())

    def push(self, text: str) -> None:
        """Queue a frame."""
        self._outbox.append(text)
        self._wake.set()

    def end(self) -> None:
        """Stop writing."""
        self._writer.cancel()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                await self._send({"type": "websocket.send", "text": self._outbox.popleft()})


class Limit:
    """The application: one writer, one list of agents."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._queue: deque[Stored] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._agents: set[Line] = set()
        self._frames = msgspec.json.Decoder(Frame)
        self._encoder = msgspec.json.Encoder()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        line = Line(send)
        try:
            await self._serve(scope["path"] == "/live", line, receive)
        finally:
            self._agents.discard(line)
            line.end()

    async def _serve(self, agent: bool, line: Line, receive: Receive) -> None:
        conversation_id: UUID | None = None
        while (message := await receive())["type"] == "websocket.receive":
            frame = self._frames.decode(message["text"])
            if frame.type == "hello":
                conversation_id = await self._join(agent, line)
            elif conversation_id is not None:
                await self._take(conversation_id, frame, line)

    async def _join(self, agent: bool, line: Line) -> UUID | None:
        conversation_id = None
        if agent:
            self._agents.add(line)
        else:
            conversation_id = uuid4()
            await self._pool.execute("insert into conversations (id) values ($1)", conversation_id)
        line.push('{"type":"welcome"}')
        return conversation_id

    async def _take(self, conversation_id: UUID, frame: Frame, line: Line) -> None:
        data = self._encoder.encode({"client_id": frame.client_id, "text": frame.text}).decode()
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        stored = Stored(conversation_id, uuid4(), frame.text, frame.client_id, data, done)
        self._queue.append(stored)
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        seq = await done
        line.push(self._encoder.encode({"type": "ack", "client_id": frame.client_id, "seq": seq, "id": stored.id}).decode())

    async def _drain(self) -> None:
        await asyncio.sleep(0)
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
            rows = await self._pool.fetch(
                STORE,
                [one.conversation_id for one in batch],
                [one.id for one in batch],
                [one.text for one in batch],
                [one.client_id for one in batch],
                [one.data for one in batch],
            )
            for one, row in zip(batch, rows, strict=True):
                one.done.set_result(row["seq"])
            frame = '{"type":"events","items":[' + ",".join(f'{{"data":{one.data}}}' for one in batch) + "]}"
            for agent in self._agents:
                agent.push(frame)
        self._draining = None


async def serve(folder: Path, port: int) -> None:
    """Run until told to stop."""
    server = await start_embedded(folder / "postgres")
    try:
        pool = await asyncpg.create_pool(server.dsn, min_size=1, max_size=4)
        async with pool:
            await pool.execute(SCHEMA)
            config = uvicorn.Config(
                Limit(pool),  # type: ignore[arg-type]
                host="127.0.0.1",
                port=port,
                loop="none",
                http="httptools",
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
                backlog=2048,
            )
            await uvicorn.Server(config).serve()
    finally:
        await server.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
