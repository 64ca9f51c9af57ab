"""Fixtures shared by every test: one real embedded PostgreSQL a session, one database a module, one fresh
workspace a test.

A workspace is a wall of the product itself, so tests need no transaction that is rolled back, and the group-commit writer and the log's
subscribers run as they do in service.
"""

import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import settings as hypothesis_settings

from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database
from qiao.platform.db.embedded import start_embedded
from qiao.platform.db.migrate import migrate

_WHOLE_MODULE = re.compile(r"^pytestmark = (?:\[.*?^\]|.*?$)", re.MULTILINE | re.DOTALL)
_LEFT_OUT = re.compile(r"\bnot (\w+)")
_CHANNELS = Path(__file__).parent / "src" / "qiao" / "channels"
_FAULTS = Path(__file__).parent / "tests" / "faults"

hypothesis_settings.register_profile("qiao", max_examples=100, deadline=None)
hypothesis_settings.load_profile("qiao")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A module that is left out as a whole is not imported either, nor a folder named like what is left out: the fast tests are fast,
    and stories in a browser do not wait for all others to be read.
    """
    expression = config.getoption("markexpr")
    if expression == "browser":
        return _tells_no_story(collection_path) or None
    left_out = set() if " or " in expression else set(_LEFT_OUT.findall(expression))
    if not left_out or collection_path.name in left_out or (collection_path == _CHANNELS and "slow" in left_out):
        return bool(left_out) or None
    marks = _WHOLE_MODULE.findall(collection_path.read_text(encoding="utf-8")) if collection_path.suffix == ".py" else []
    return any(f"mark.{name}" in mark for name in left_out for mark in marks) or None


def _tells_no_story(path: Path) -> bool:
    return path.suffix == ".py" and path.parent.name != "browser" and "mark.browser" not in path.read_text(encoding="utf-8")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are numbered, not spelled out: what is packed or encrypted anew each time has another spelling in each of several processes."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the database is marked so, whether its author thought of it or not; properties are known by their examples,
    and channels, tried against their platforms' simulators, by their folder. Whole servers come first: several processes that share the
    tests by files then end at about the same time.
    """
    items.sort(key=lambda item: item.path.parent != _FAULTS)
    for item in items:
        if item.path.is_relative_to(_CHANNELS):
            item.add_marker("slow")
        if "postgres_dsn" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")


@pytest.fixture(scope="session")
async def postgres_server() -> AsyncIterator[str]:
    """A real server on a folder of its own, with nothing in its database but the schema: what every module's is made from."""
    folder = Path(tempfile.mkdtemp(prefix="qiao-test-"))
    folder.chmod(0o711)
    server = await start_embedded(folder / "db")
    await migrate(server.dsn)
    yield server.dsn
    await server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
async def postgres_dsn(postgres_server: str) -> AsyncIterator[str]:
    """A database for one module of tests: whole processes act on every workspace they find, and read the whole log."""
    parts, name = urlsplit(postgres_server), f"of_{uuid4().hex}"

    async def administer(statement: str) -> None:
        # For as long as somebody is connected to it nobody can make a database like `template1`.
        admin = await asyncpg.connect(urlunsplit(parts._replace(path="/template1")))
        await admin.execute(statement)
        await admin.close()

    await administer(f"create database {name} template {parts.path.strip('/')} strategy file_copy")
    yield urlunsplit(parts._replace(path=f"/{name}"))
    await administer(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    """The pool, as the program uses it."""
    database = await Database.connect(postgres_dsn)
    yield database
    await database.close()


@pytest.fixture
async def workspace(database: Database) -> Workspace:
    """A company of its own for each test."""
    return await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"})


@pytest.fixture
async def house(database: Database, postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Any]:
    """Every room of the program, made as it makes them; nothing runs by itself."""
    from qiao.app.house import House  # noqa: PLC0415 - only tests that want all of it pay for it
    from qiao.platform.settings import read_settings  # noqa: PLC0415

    house = House(read_settings({}, data_dir=str(tmp_path), bot_model="off"), database, postgres_dsn)
    yield house
    await house.writer.stop()
    house.bot.close()


Door = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def door(house: Any, database: Database, workspace: Workspace) -> AsyncIterator[Door]:
    """A browser at the front door: signed in as somebody new when a role is given, a stranger's without."""
    from qiao.app.asgi import Front, make_litestar  # noqa: PLC0415
    from qiao.app.wiring import Running  # noqa: PLC0415
    from qiao.domains.people.contracts import NewPerson, Role, Visit  # noqa: PLC0415
    from qiao.domains.people.repository.sessions import Face  # noqa: PLC0415
    from qiao.domains.people.service.sessions import begin_session  # noqa: PLC0415

    front = Front(Running(house), make_litestar())
    opened: list[httpx.AsyncClient] = []

    async def door(role: str = "", **headers: str) -> httpx.AsyncClient:
        if role:
            async with database.scope(workspace.id) as scope:
                new = NewPerson(email=f"{uuid4().hex}@shop.example", name=f"{role} 甲", role=Role(role))
                person = await house.people.create_person(scope, new)
                face = Face(person.id, person.name, Role(role), "zh")
                begun = await begin_session(scope, face, Visit("192.0.2.1", "tests"))
            headers = {
                "Cookie": f"qiao_session={begun.token}",
                "X-Qiao-Client": "tests",
                "X-Test-Person": str(person.id),
                **headers,
            }
        transport = httpx.ASGITransport(front, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8717", headers=headers)
        opened.append(client)
        return client

    yield door
    for client in opened:
        await client.aclose()
