"""What an adapter is handed to do its work with, for one inbox: implements qiao.ports.channel.Wire.

Requests go through the guarded client. Tokens and memories lie sealed in the database, bound to their workspace, inbox and name; a token
is fetched by one holder over all processes, who has a lease on it and no connection meanwhile.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode, urlsplit
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec

from qiao.domains.inboxes.errors import InboxInvalid
from qiao.kit.ids import InboxId
from qiao.platform.auth.sealing import SealBroken, SealedColumn, Seals
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.outbound import AddressRefused, Outbound, OutboundFailed, OutboundRequest
from qiao.ports.channel import OutboundFile, Token, WireAnswer, WireFailed, WireRequest

MEMORY = SealedColumn("inbox_memory", "sealed", ("inbox_id", "name"), "{}/{}/{}")
"""Tokens, and the little that adapters remember."""
TOKENS, LEASES = "token:", "lease:"
MAX_MEMORY = 8 * 1024
SHORTER, SHORTER_AT_MOST = 0.1, 300.0
"""A token is taken for run out this part of its life early, and so many seconds at most: it is on its way while it ages."""
LEASE_SECONDS = 25.0
"""Longer than a token takes to fetch. Whoever stood still for so long is passed over, and keeps nothing when they go on."""
WAIT_SECONDS, LOOK_SECONDS = 35.0, 0.1
_LEASE = """
insert into inbox_memory as m (workspace_id, inbox_id, name, sealed, expires_at) values ($1, $2, $3, $4, now() + make_interval(secs => $5))
on conflict (workspace_id, inbox_id, name) do update set sealed = excluded.sealed, expires_at = excluded.expires_at
where m.expires_at < now()
returning sealed
"""
# The lease's row before the token's, as in forgetting: they never wait for each other.
_KEEP_LEASED = """
with mine as (select from inbox_memory where workspace_id = $1 and inbox_id = $2 and name = $6 and sealed = $7 for update),
run_out as (
  select name as gone from inbox_memory where workspace_id = $1 and inbox_id = $2 and expires_at < now() and name not in ($3, $6)
  for update skip locked
), cleared as (delete from inbox_memory using run_out where workspace_id = $1 and inbox_id = $2 and name = gone)
insert into inbox_memory (workspace_id, inbox_id, name, sealed, expires_at)
select $1, $2, $3, $4, now() + make_interval(secs => $5) from mine
on conflict (workspace_id, inbox_id, name) do update set sealed = excluded.sealed, expires_at = excluded.expires_at
"""


class Turns:
    """Who of this process may ask for a lease of all processes: one for each name."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncGenerator[None]:
        """Alone with the name in this process."""
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        async with lock:
            yield


class InboxMemory:
    """What lies sealed under a name for one inbox."""

    def __init__(self, database: Database, seals: Seals, workspace_id: UUID, inbox_id: UUID) -> None:
        self.database = database
        self._seals = seals
        self.place = (workspace_id, inbox_id)

    async def read(self, name: str) -> str | None:
        """What was kept; None when there is nothing, it has run out, or it does not open any more."""
        async with self.database.across() as connection:
            sealed = await connection.fetchval(
                "select sealed from inbox_memory where workspace_id = $1 and inbox_id = $2 and name = $3"
                " and (expires_at is null or expires_at > now())",
                *self.place,
                name,
            )
        if sealed is None:
            return None
        try:
            return self._seals.open(sealed, MEMORY.at(*self.place, name))
        except SealBroken:
            return None

    async def keep(self, name: str, value: str) -> None:
        """The last one wins."""
        async with self.database.across() as connection:
            await connection.execute(
                "insert into inbox_memory (workspace_id, inbox_id, name, sealed) values ($1, $2, $3, $4)"
                " on conflict (workspace_id, inbox_id, name) do update set sealed = excluded.sealed, expires_at = null",
                *self.place,
                name,
                self._sealed(name, value),
            )

    async def lease(self, name: str) -> bytes | None:
        """The right, over all processes, to say what is kept under a name; None while somebody else has it."""
        name, mark = f"{LEASES}{name}", secrets.token_hex(16)
        async with self.database.across() as connection:
            return await connection.fetchval(_LEASE, *self.place, name, self._sealed(name, mark), LEASE_SECONDS)

    async def keep_leased(self, name: str, value: str, seconds: float, lease: bytes) -> None:
        """Keep it for so many seconds, by the database's clock, if the lease is still one: nothing has run out or was forgotten."""
        async with self.database.across() as connection:
            await connection.execute(
                _KEEP_LEASED, *self.place, name, self._sealed(name, value), seconds, f"{LEASES}{name}", lease
            )

    async def release(self, name: str, lease: bytes) -> None:
        """Give the lease back, if it is still one."""
        async with self.database.across() as connection:
            await connection.execute(
                "delete from inbox_memory where workspace_id = $1 and inbox_id = $2 and name = $3 and sealed = $4",
                *self.place,
                f"{LEASES}{name}",
                lease,
            )

    def about(self, name: str) -> str:
        """The name of one of its memories among all."""
        return f"{self.place[0]}/{self.place[1]}/{name}"

    def _sealed(self, name: str, value: str) -> bytes:
        return self._seals.seal(value, MEMORY.at(*self.place, name))


class InboxWire:
    """Implements qiao.ports.channel.Wire for one inbox.

    `of` is what the account's settings and secrets are known by: a token that was fetched with others is none of theirs.
    """

    def __init__(self, memory: InboxMemory, of: str, turns: Turns, outbound: Outbound, files: Files) -> None:
        self._memory = memory
        self._of = of
        self._turns = turns
        self._outbound = outbound
        self._files = files

    async def request(self, asked: WireRequest) -> WireAnswer:
        """See Wire."""
        body, content_type = _body_of(asked)
        headers = dict(asked.headers)
        if content_type and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = content_type
        request = OutboundRequest(
            url=with_query(asked.url, asked.query),
            method=asked.method,
            headers=headers,
            body=body,
            timeout=asked.seconds,
            max_bytes=asked.max_bytes,
        )
        try:
            answer = await self._outbound.send(request)
        except OutboundFailed as error:
            raise WireFailed(str(error.details["reason"])) from None
        except AddressRefused:
            raise WireFailed("refused") from None
        return WireAnswer(answer.status, answer.headers, answer.body)

    async def token(self, name: str, fetch: Callable[[], Awaitable[Token]], *, stale: str | None = None) -> str:
        """See Wire."""
        name = f"{TOKENS}{self._of}:{name}"
        memory = self._memory
        held = await memory.read(name)
        if held is not None and held != stale:
            return held
        async with self._turns.turn(memory.about(name)):
            lease = await self._lease(name)
            try:
                held = await memory.read(name)
                if held is not None and held != stale:
                    return held
                token = await fetch()
                lives = token.seconds - min(SHORTER_AT_MOST, token.seconds * SHORTER)
                await memory.keep_leased(name, token.value, lives, lease)
                return token.value
            finally:
                await memory.release(name, lease)

    async def address(self, host: str, port: int) -> str:
        """See Wire."""
        try:
            return await self._outbound.address(host, port)
        except AddressRefused:
            raise WireFailed("refused") from None

    async def read_file(self, file: OutboundFile) -> bytes:
        """See Wire."""
        return await self._files.bytes_of(self._memory.place[0], file.id)

    async def recall(self, name: str) -> str | None:
        """See Wire."""
        return await self._memory.read(f"memory:{name}")

    async def remember(self, name: str, value: str) -> None:
        """See Wire."""
        if len(value.encode()) > MAX_MEMORY:
            raise InboxInvalid("an adapter remembers short texts only", max_bytes=MAX_MEMORY)
        await self._memory.keep(f"memory:{name}", value)

    async def _lease(self, name: str) -> bytes:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                lease = await self._memory.lease(name)
                if lease is not None:
                    return lease
                await asyncio.sleep(LOOK_SECONDS)


async def forget(scope: Scope, inbox_id: InboxId, names: str = "%") -> None:
    """Forget what is kept under names like that, and whoever is fetching a token now keeps none."""
    for like in (f"{LEASES}%", names):
        await scope.connection.execute(
            "delete from inbox_memory where workspace_id = $1 and inbox_id = $2 and name like $3",
            scope.workspace_id,
            inbox_id,
            like,
        )


def with_query(url: str, query: Mapping[str, str]) -> str:
    """The address with these parameters after those it has."""
    if not query:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"


def multipart(form: Mapping[str, str], parts: Mapping[str, tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """A body of fields and files and its content type (RFC 7578; names as browsers write them)."""
    boundary = f"qiao-{secrets.token_hex(16)}"
    body = bytearray()
    for field, value in form.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field)}"\r\n\r\n{value}\r\n'.encode()
    for field, (file_name, data, content_type) in parts.items():
        disposition = f'Content-Disposition: form-data; name="{_quoted(field)}"; filename="{_quoted(file_name)}"'
        body += f"--{boundary}\r\n{disposition}\r\nContent-Type: {_one_line(content_type)}\r\n\r\n".encode() + data + b"\r\n"
    return bytes(body) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _body_of(asked: WireRequest) -> tuple[bytes, str]:
    if asked.parts is not None:
        return multipart(asked.form or {}, asked.parts)
    if asked.form is not None:
        return urlencode(asked.form).encode(), "application/x-www-form-urlencoded"
    if asked.json is not None:
        return msgspec.json.encode(asked.json), "application/json"
    return asked.body or b"", ""


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")
