"""Every expected outcome has a stable dotted code of its own and a status that fits."""

import importlib
import pkgutil
import re

import pytest

import qiao
from qiao.kit.errors import Conflict, Invalid, NotFound, QiaoError, Refused, TooLarge, TooMany, Unauthenticated, Unavailable

pytestmark = pytest.mark.slow


def every_error() -> list[type[QiaoError]]:
    for module in pkgutil.walk_packages(qiao.__path__, "qiao."):
        if module.name.rpartition(".")[2] == "errors" or module.name.startswith(("qiao.platform.", "qiao.kit.")):
            importlib.import_module(module.name)
    found, waiting = [], [QiaoError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if "tests" not in kind.__module__]


ERRORS = every_error()


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_has_a_dotted_code_a_status_and_a_sentence(kind: type[QiaoError]):
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", kind.code)
    assert 400 <= kind.status <= 503
    assert kind.__doc__


def test_no_two_errors_of_one_code_differ_in_status():
    statuses: dict[str, set[int]] = {}
    for kind in ERRORS:
        statuses.setdefault(kind.code, set()).add(kind.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (QiaoError, 400), (Unauthenticated, 401), (Refused, 403), (NotFound, 404), (Conflict, 409), (TooLarge, 413), (Invalid, 422),
        (TooMany, 429), (Unavailable, 503),
    ],
)  # fmt: skip
def test_the_status_is_the_one_that_http_means(kind: type[QiaoError], status: int):
    assert kind().status == status


def test_details_travel_with_the_message():
    error = TooMany("wait a little", retry_after=3)
    assert (str(error), error.message, error.details) == ("wait a little", "wait a little", {"retry_after": 3})


def test_without_a_message_the_code_speaks():
    assert str(NotFound()) == "qiao.not_found"
    assert NotFound().details == {}
