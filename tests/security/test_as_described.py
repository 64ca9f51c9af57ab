"""Every route answers as its description says, whatever is asked: cases made from the OpenAPI document itself (schemathesis), in process.

No 5xx, no status, no kind of content and no shape that the document does not name. Few cases a route by default;
`QIAO_CASES=200 pytest tests/security/test_as_described.py` asks for longer, `QIAO_SEED` for other ones.
"""

import contextlib
import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.bodies import ID_OF
from support.stage import Company, Stage, listed, open_stage

from qiao.app.asgi import make_litestar
from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = [pytest.mark.database, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

CASES = int(os.environ.get("QIAO_CASES", "1"))
SEED = int(os.environ.get("QIAO_SEED", "20261122"))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
UNTOLD = {404, 405, 422}
"""An id that is not one leads to another address, or to none."""
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(make_litestar().openapi_schema.to_schema())
    return [found.ok() for found in schema.get_all_operations()]


def cases_of(operation: Any, mode: GenerationMode) -> list[Any]:
    """Cases of one route, the same for the same seed. A route that takes nothing has no wrong ones."""
    made: list[Any] = []

    @seed(SEED)
    @settings(max_examples=CASES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(mode))
    def gather(case: Any) -> None:
        made.append(case)

    with contextlib.suppress(Unsatisfiable):
        gather()
    return made


class Aim:
    """Puts ids of things that are there in the places of made ones, mostly: a route that finds nothing shows little."""

    def __init__(self, company: Company, chance: random.Random) -> None:
        self._ids, self._chance = company.ids, chance

    def _id(self, name: str) -> UUID | None:
        return self._ids.get(ID_OF.get(name, name)) if self._chance.random() < 0.8 else None

    def at(self, value: Any, name: str = "") -> Any:
        """A body with ids of this company in it."""
        if isinstance(value, dict):
            return {key: self.at(one, str(key)) for key, one in value.items()}
        if isinstance(value, list):
            return [self.at(one, name) for one in value]
        return str(self._id(name) or value) if isinstance(value, str) and name.endswith(("id", "ids")) else value

    def path(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {name: str(self._id(name) or value) for name, value in parameters.items()}


def wanted(case: Any) -> dict[str, Any]:
    """The request of a case, as a client sends it."""
    made = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1:8717")).prepare()
    kept = {name: value for name, value in made.headers.items() if name.lower() == "content-type"}
    return {"method": made.method, "url": made.url, "headers": kept, "content": made.body or b""}


def problems_of(case: Any, answer: httpx.Response) -> Iterator[str]:
    if answer.status_code >= 500 and answer.status_code != 503:
        yield f"{answer.status_code} {answer.text[:300]}"
        return
    if answer.status_code in UNTOLD and answer.headers["content-type"] == "application/problem+json":
        return
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        yield from (str(one)[:300] for one in group.exceptions)
    except Failure as failure:
        yield str(failure)[:300]


@pytest.mark.parametrize("part", ["/api/v1/bot", "/api/v1/knowledge", "/visitor", "/api/v1"])
async def test_no_answer_differs_from_its_description(stage: Stage, part: str) -> None:
    wrong = []
    aim = Aim(stage.home, random.Random(SEED))
    for operation in [one for one in operations() if part_of(one.path) == part]:
        for case in [case for mode in MODES for case in cases_of(operation, mode)]:
            case.path_parameters = aim.path(dict(case.path_parameters or {}))
            case.body = aim.at(case.body)
            async with await stage.signed_in(Role.OWNER) if part != "/visitor" else stage.visitor() as door:
                answer = await door.request(**wanted(case))
            wrong += [(operation.label, case.body or case.query, one) for one in problems_of(case, answer)]
    assert not wrong, f"seed {SEED}" + listed(wrong)


def part_of(path: str) -> str:
    """Which of the parts a route belongs to: the first that fits."""
    return next(part for part in ("/api/v1/bot", "/api/v1/knowledge", "/visitor", "/api/v1") if path.startswith(part))
