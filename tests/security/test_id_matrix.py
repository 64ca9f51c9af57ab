"""Every id that a request can carry, in its address, its question and its body, with an id of somebody else, of something deleted and of
nothing. Places are found from the types that routes read: a new field is here the day it is written.
"""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import ID_OF, id_places, sample
from support.routes import Route, api_routes
from support.stage import Company, Stage, leak_of, listed, open_stage

from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

API = [route for route in api_routes() if "public" not in route.guards]


KEPT_AS_WRITTEN = {"bot_flows", "log_events", "messages"}
"""Where an id that nobody looked up may stand: in a draft of a flow, which is checked when it is published, and in the card of an article,
whose words are the agent's own. What reads them asks for them in its own company.
"""


class Nothing(dict[str, UUID]):
    """Ids of nothing, of any kind."""

    def __missing__(self, name: str) -> UUID:
        return uuid4()


class Somebody:
    """A company's owner and one of its visitors at the door."""

    def __init__(self, stage: Stage, company: Company, owner: httpx.AsyncClient) -> None:
        self.stage, self.company, self.ids = stage, company, company.ids
        self._owner, self._visitor = owner, stage.visitor(company)

    async def ask(self, route: Route, ids: dict[str, UUID], **options: Any) -> httpx.Response:
        if isinstance(options.get("json"), dict) and "client_id" in options["json"]:
            options["json"] = {**options["json"], "client_id": uuid4().hex}
        door = self._visitor if route.path.startswith("/visitor/") else self._owner
        return await door.request(route.method, route.url({**self.ids, **ids}), **options)


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


@pytest.fixture(scope="module")
async def home(stage: Stage) -> AsyncIterator[Somebody]:
    async with await stage.signed_in(Role.OWNER) as owner:
        yield Somebody(stage, stage.home, owner)


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.status_code < 400 else str(answer.json().get("code"))


def unlike(others: httpx.Response, nothing: httpx.Response) -> str:
    """How an answer about somebody else's thing can be told from one about a thing that is not there."""
    if others.status_code >= 500 or outcome(others) != outcome(nothing):
        return f"{outcome(others)} for theirs, {outcome(nothing)} for none: {others.text[:200]}"
    if "canary away" in others.text:
        return others.text[:200]
    return leak_of(others) if others.status_code >= 400 else ""


async def test_an_id_of_others_in_a_body_is_as_unknown_as_one_of_nothing(stage: Stage, home: Somebody) -> None:
    wrong, tried = [], 0
    before = await stage.picture_of(stage.away)
    for route in [route for route in API if route.reads_json]:
        pairs = zip(id_places(route.body, home.ids, Nothing()), id_places(route.body, home.ids, stage.away.ids), strict=True)
        for (where, nothing), (_, theirs) in pairs:
            tried += 1
            first, none, again = [await home.ask(route, {}, json=one) for one in (theirs, nothing, theirs)]
            # What was done once may be a conflict the second time, whichever came first.
            problem = unlike(first, none) and unlike(again, none)
            wrong += [(route.name, where, problem)] if problem else []
    assert not wrong, listed(wrong)
    assert tried > 80
    assert await stage.picture_of(stage.away) == before
    assert await kept_of(stage, stage.home, stage.away) == KEPT_AS_WRITTEN


async def kept_of(stage: Stage, company: Company, other: Company) -> set[str]:
    """Tables of a company in whose rows an id of another company's things stands."""
    found: set[str] = set()
    others = [str(one) for one in other.ids.values()]
    async with stage.database.across() as connection:
        for table in await stage.picture_of(company):
            rows = await connection.fetch(f"select t::text as row from {table} t where workspace_id = $1", company.workspace.id)
            found |= {table} if any(one in row["row"] for row in rows for one in others) else set()
    return found


def items_of(answer: httpx.Response) -> object:
    """What an answer lists; of one that is no list of ours, how much it is."""
    of_json = answer.headers["content-type"].startswith("application/json")
    return answer.json().get("items", []) if of_json else answer.text.count("\n")


async def test_an_id_of_others_in_a_question_finds_what_one_of_nothing_finds(stage: Stage, home: Somebody) -> None:
    wrong = []
    asking = [(route, name) for route in API for name in route.id_query]
    for route, name in asking:
        theirs = await home.ask(route, {}, params={name: str(stage.away.ids[ID_OF.get(name, name)])})
        nothing = await home.ask(route, {}, params={name: str(uuid4())})
        problem = unlike(theirs, nothing)
        if problem or theirs.status_code != 200 or items_of(theirs) != items_of(nothing):
            wrong.append((route.name, name, problem, theirs.text[:200]))
    assert not wrong, listed(wrong)
    assert len(asking) > 8


async def test_what_is_deleted_is_as_unknown_as_what_never_was(stage: Stage) -> None:
    wrong = []
    company = await stage.company("leaving")
    gone: dict[str, UUID] = {}
    async with await stage.signed_in(Role.OWNER, company=company) as owner:
        leaving = Somebody(stage, company, owner)
        for route in [route for route in API if route.method == "DELETE" and route.path.endswith(":uuid}")]:
            name = route.id_names[-1]
            answer = await leaving.ask(route, {})
            gone |= {name: company.ids[name]} if answer.status_code == 204 else {}
        left = await stage.picture_of(company)
        for route in [route for route in API if not gone.keys().isdisjoint(route.id_names)]:
            body = {"json": sample(route.body, company.ids)} if route.reads_json else {}
            theirs = await leaving.ask(route, {}, **body)
            nothing = await leaving.ask(route, {name: uuid4() for name in route.id_names if name in gone}, **body)
            again = route.method == "DELETE" and theirs.status_code == 204
            problem = "" if again else unlike(theirs, nothing)
            wrong += [(route.name, problem, theirs.text[:100])] if problem or (theirs.status_code < 400 and not again) else []
    assert not wrong, listed(wrong)
    assert len(gone) > 8, gone
    assert await stage.picture_of(company) == left
