"""Every place where somebody may name an address that the server then asks, against every way to make it ask inside. Attacks 51 to 55.

A file that sends by the one client, or judges by it, is a place: one that is not in PLACES fails here on the day it is written.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.addresses import BY_NAME, BY_NUMBER, BY_TEXT, resolve
from support.stage import Stage, listed, open_stage

from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database
from qiao.platform.http.outbound import Outbound
from qiao.ports.channel import WireFailed, WireRequest

pytestmark = pytest.mark.database

SOURCE = Path(__file__).resolve().parents[2] / "src" / "qiao"
USES = re.compile(r"\bOutboundRequest\(|outbound\.(?:send|address)\(")


class Desk:
    """A company whose owner names addresses. `near` is a deployment that allows services on its own machine, for what comes after."""

    def __init__(self, stage: Stage, owner: httpx.AsyncClient) -> None:
        self.stage = stage
        self.owner = owner

    async def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        return await self.owner.request(method, f"/api/v1{path}", json=body or None)

    async def wire(self) -> Any:
        async with self.stage.database.scope(self.stage.home.workspace.id) as scope:
            inbox = await self.stage.house.inboxes.create(scope, NewInbox(channel="custom_api", name="app"))
            return self.stage.house.accounts.wire(await self.stage.house.accounts.account(scope, inbox.id))


Ask = Callable[[Desk, str], Awaitable[str]]
"""Names the address at a place and has the server ask there; what the person who named it is told."""


async def webhook(desk: Desk, url: str) -> str:
    made = await desk.call("POST", "/webhooks", url=url, events=["conversation.opened"])
    if not made.is_success:
        return f"refused: {made.json().get('detail')}"
    path = f"/webhooks/{made.json()['endpoint']['id']}"
    (await desk.call("POST", f"{path}/ping")).raise_for_status()
    await desk.stage.house.webhooks.drain(desk.stage.home.workspace.id)
    (delivery,) = (await desk.call("GET", f"{path}/deliveries")).json()["items"]
    tries = (await desk.call("GET", f"{path}/deliveries/{delivery['id']}")).json()["tries"]
    (await desk.call("DELETE", path)).raise_for_status()
    return str([(one["reason"], one["status"], one["answer"]) for one in tries])


async def tool(desk: Desk, url: str) -> str:
    hosts = await desk.call("PUT", "/bot/tools/hosts", hosts=[url.partition("//")[2].partition("/")[0].rpartition("@")[2]])
    definition = {"name": f"t{uuid4().hex[:8]}", "title": {"zh": "问", "en": "ask"}, "url": url}
    made = await desk.call("POST", "/bot/tools/http", definition=definition)
    if not (hosts.is_success and made.is_success):
        return "refused"
    async with desk.stage.database.across() as connection:
        # More tools are tried here than a person may try in a minute.
        await connection.execute("delete from attempts")
    tried = await desk.call("POST", f"/bot/tools/http/{made.json()['id']}/test", arguments={})
    return str([tried.json().get(name) for name in ("status", "fault", "reason", "values", "code")])


async def shop(desk: Desk, url: str) -> str:
    changed = await desk.call("PATCH", "/commerce/settings", provider="rest", base_url=url, secret="a secret of the tests")
    if not changed.is_success:
        return f"refused: {changed.json().get('code')}"
    tested = (await desk.call("POST", "/commerce/settings/test")).json()
    return str([tested.get(name) for name in ("ok", "code", "detail")])


async def channel(desk: Desk, url: str) -> str:
    """Whatever an adapter asks: a company's own app, a platform, a file whose address came in a message."""
    try:
        answer = await (await desk.wire()).request(WireRequest(url=url, seconds=2))
    except WireFailed as failed:
        return failed.reason
    return f"{answer.status} {answer.body[:20]!r}"


async def mail_server(desk: Desk, url: str) -> str:
    """Servers of mail and of SMS are named by host."""
    host = url.partition("//")[2].partition("/")[0]
    try:
        return await (await desk.wire()).address(host.strip("[]"), 993)
    except WireFailed as failed:
        return failed.reason


PLACES: dict[str, tuple[Ask, ...]] = {
    "domains/webhooks/sending.py": (webhook,),
    "domains/webhooks/api.py": (webhook,),
    "domains/bot/flows/tools/http_tools.py": (tool,),
    "providers/commerce_rest/provider.py": (shop,),
    "domains/inboxes/wire.py": (channel, mail_server),
}
ASKED: Sequence[Ask] = tuple(dict.fromkeys(one for several in PLACES.values() for one in several))
OVER_HTTP = tuple(one for one in ASKED if one is not mail_server)


@asynccontextmanager
async def opened(database: Database, dsn: str, **changes: Any) -> AsyncIterator[Desk]:
    with pytest.MonkeyPatch.context() as patched:
        # More is tried than anybody may.
        patched.setattr("qiao.platform.auth.throttle.Throttle.check", lambda *_: None)
        patched.setattr("qiao.app.house.Outbound", lambda **_: Outbound(resolve=resolve, **changes))
        if changes:
            patched.setattr("support.stage.read_settings", partial(_near, __import__("support.stage").stage.read_settings))
        async with open_stage(database, dsn) as stage, await stage.signed_in(Role.OWNER) as owner:
            yield Desk(stage, owner)


def _near(read: Callable[..., Any], *given: Any, **changes: Any) -> Any:
    return read(*given, **changes, outbound_private="allow")


@pytest.fixture(scope="module")
async def desk(database: Database, postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened(database, postgres_dsn) as desk:
        yield desk


@pytest.fixture(scope="module")
async def near(database: Database, postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened(database, postgres_dsn, allow_private=True) as desk:
        yield desk


@asynccontextmanager
async def listening(*parts: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Somebody inside who answers anything with this; the port, and what was heard."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.append(await reader.read(2_000))
            for part in parts:
                writer.write(part)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


def test_every_place_that_asks_is_here() -> None:
    using = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "tests" not in path.parts and USES.search(path.read_text(encoding="utf-8"))
    }
    assert using - {"platform/http/outbound.py"} == set(PLACES)


@pytest.mark.parametrize("ask", ASKED)
async def test_nobody_inside_is_asked_however_the_address_is_written(desk: Desk, ask: Ask) -> None:
    """And whoever tries learns nothing of what is there: each is told as a name that nobody has."""
    wrong = []
    async with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside") as (port, heard):
        nowhere = {await ask(desk, f"{scheme}://nowhere.example:{port}/") for scheme in ("http", "https")}
        for host in (*BY_NUMBER, *BY_NAME):
            told = await ask(desk, f"https://{host}:{port}/" if ask is not mail_server else f"x://{host}/")
            if told not in nowhere and not told.startswith("refused"):
                wrong.append((host, told))
        for url in BY_TEXT:
            told = await ask(desk, url.replace("127.0.0.1/", f"127.0.0.1:{port}/"))
            if told not in nowhere and not told.startswith("refused"):
                wrong.append((url, told))
    assert not wrong, listed(wrong)
    assert heard == []


@pytest.mark.parametrize("ask", OVER_HTTP)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "308 Moved"])
async def test_nobody_is_followed_inside(near: Desk, ask: Ask, status: str) -> None:
    async with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside") as (inside, heard):
        leading = f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:{inside}/admin\r\nContent-Length: 0\r\n\r\n".encode()
        async with listening(leading) as (port, asked):
            told = await ask(near, f"http://127.0.0.1:{port}/")
    assert asked and not heard
    assert "inside" not in told


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODIES = {
    "without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"10000\r\n" + b"x" * 65_536 + b"\r\n"] * 400),
    "said to be huge": (HEAD + b"Content-Length: 99999999999\r\n\r\n[",),
    "compressed": (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n",),
    "heads without end": (b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"a" * 60_000 + b"\r\n"] * 20),
}


@pytest.mark.parametrize("ask", OVER_HTTP)
@pytest.mark.parametrize("kind", BODIES)
async def test_no_answer_fills_or_breaks_anything(near: Desk, ask: Ask, kind: str) -> None:
    async with listening(*BODIES[kind]) as (port, asked):
        told = await ask(near, f"http://127.0.0.1:{port}/")
    assert asked
    assert len(told) < 6_000 and "Traceback" not in told
    assert "x" * 5_000 not in told
