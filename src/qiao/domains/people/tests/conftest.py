"""A door to people, some people behind it, and its routes served alone."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from msgspec import Struct

from qiao.domains.people.api import Limits, People
from qiao.domains.people.contracts import Credentials, NewInvite, NewPerson, Person, PersonChanges, Role, SignedIn, Visit
from qiao.domains.people.http import CONTROLLERS
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.errors import QiaoError
from qiao.kit.ids import PersonId
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import Authentication
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.guards import caller_of
from qiao.platform.http.problems import answer_http_error, answer_qiao_error
from qiao.platform.log.read import read_after
from qiao.platform.settings import Settings

PASSWORD = "correct horse 9"
HERE = Visit("192.0.2.1", "Firefox")

Act = Callable[..., Awaitable[Any]]
Employ = Callable[..., Awaitable[Person]]
SignIn = Callable[[Person], Awaitable[SignedIn]]


@pytest.fixture
def people(database: Database) -> People:
    """With throttles of its own."""
    return People(database, Limits(name=uuid4().hex))


@pytest.fixture
def employ(people: People, database: Database, workspace: Workspace) -> Employ:
    """Make somebody of a role; their address is name@shop.example."""

    async def employ(name: str, role: Role = Role.AGENT, **fields: object) -> Person:
        new = NewPerson(name=name, email=f"{name}@shop.example", role=role, **{"password": PASSWORD, **fields})
        async with database.scope(workspace.id) as scope:
            return await people.create_person(scope, new)

    return employ


@pytest.fixture
def enter(people: People, workspace: Workspace) -> SignIn:
    """Sign somebody in."""

    async def enter(person: Person) -> SignedIn:
        return await people.sign_in(Credentials(email=person.email, password=PASSWORD, workspace=workspace.slug), HERE)

    return enter


@pytest.fixture
async def owner(employ: Employ) -> Person:
    """The owner of the workspace."""
    return await employ("olga", Role.OWNER)


@pytest.fixture
def act(people: People, database: Database, workspace: Workspace) -> Act:
    """One act of the door in a transaction of its own."""

    async def act(name: str, *arguments: object) -> Any:
        async with database.scope(workspace.id) as scope:
            return await getattr(people, name)(scope, *arguments)

    return act


@pytest.fixture
def change(act: Act) -> Act:
    """Change somebody."""

    async def change(actor: Caller | None, person: Person, **fields: Any) -> Person:
        return await act("change", actor, person.id, PersonChanges(**fields))

    return change


@pytest.fixture
def invite(act: Act) -> Act:
    """The token of a new invite."""

    async def invite(caller: Caller, email: str = "new@shop.example", role: Role = Role.AGENT) -> str:
        made = await act("invite", caller, NewInvite(email=email, role=role), "https://desk.example")
        return made.url.rpartition("#")[2]

    return invite


@pytest.fixture
def facts(database: Database, workspace: Workspace) -> Act:
    """The data of the facts of one name in the log."""

    async def facts(name: str) -> list[dict[str, Any]]:
        async with database.across() as connection:
            entries = await read_after(connection, workspace.id, 0)
        return [entry.fields() for entry in entries if entry.name == name]

    return facts


@pytest.fixture
def told(facts: Act) -> Act:
    """What was told of presence: (availability, online)."""

    async def told() -> list[tuple[str, bool]]:
        return [(fact["availability"], fact["online"]) for fact in await facts("people.presence_changed.v1")]

    return told


class Desk(Struct):
    """The fixtures above in one hand, for tests that need many."""

    people: People
    database: Database
    workspace: Workspace
    employ: Act
    enter: Act
    change: Act
    invite: Act
    facts: Act
    act: Act
    told: Act


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Desk:
    """All of them."""
    return Desk(**{name: request.getfixturevalue(name) for name in Desk.__struct_fields__})


async def two_each(scope: Scope, people: list[PersonId]) -> Mapping[PersonId, int]:
    """Everybody has two conversations."""
    return dict.fromkeys(people, 2)


def _giver(part: object) -> Callable[[], object]:
    return lambda: part


@pytest.fixture
async def client(people: People, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The routes of people, on a server that browsers reach by https."""

    async def caller(request: Request) -> Caller:
        return caller_of(request)

    parts = {"people": people, "database": database, "settings": Settings(public_url="https://desk.example"), "loads": two_each}
    app = Litestar(
        list(CONTROLLERS),
        dependencies={
            "caller": Provide(caller),
            **{name: Provide(_giver(part), sync_to_thread=False) for name, part in parts.items()},
        },
        middleware=[DefineMiddleware(Authentication, resolve=people.authenticate)],
        exception_handlers={QiaoError: answer_qiao_error, HTTPException: answer_http_error},
        openapi_config=None,
    )
    transport, headers = httpx.ASGITransport(app), {"X-Qiao-Client": "console"}
    async with httpx.AsyncClient(transport=transport, base_url="https://desk.example", headers=headers) as client:
        yield client
