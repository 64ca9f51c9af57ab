"""Acts: no changing route that asks for more than an agent's rights is forgotten by the audit log."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.routes import Route, api_routes

from qiao.domains.audit.acts import ACTS, HIDDEN, LEFT_OUT, READS

pytestmark = pytest.mark.slow

DESK = {"conversations.write", "contacts.write"}
"""Rights of daily work: conversations, contacts and tickets keep a trail of their own."""
LOCALES = Path(__file__).resolve().parents[2] / "web/apps/console/src/locales"


def named(route: Route) -> str:
    return re.sub(r":\w+}", "}", route.name)


CHANGING = [
    named(route)
    for route in api_routes()
    if route.changing and route.permission not in DESK and (route.permission or "signed_in" in route.guards)
]
EVERY = {named(route) for route in api_routes()}


@pytest.mark.parametrize("route", CHANGING)
def test_what_changes_something_is_remembered_or_says_why_not(route: str) -> None:
    assert (route in ACTS) != (route in LEFT_OUT), f"{route}: name it in audit/acts.py, in ACTS, or in LEFT_OUT with the reason"


def test_nothing_is_named_that_is_not_there() -> None:
    assert {*ACTS, *READS, *LEFT_OUT} - EVERY == set()


def test_what_leaves_as_a_file_is_remembered() -> None:
    files = {route for route in EVERY if re.search(r"GET .*(export|\.csv)", route)}
    assert files - set(READS) == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_act_is_a_sentence_in_both_languages(language: str) -> None:
    told = json.loads((LOCALES / language / "audit.json").read_text())["told"]
    facts = {"people.signed_in", "people.sign_ins_refused", "people.session_ended", "people.joined"}
    facts |= {"inboxes.broken", "inboxes.mended", "webhooks.switched_off", "installation.backed_up", "installation.restored"}
    needed = {name.replace(".", "_") for name in {*ACTS.values(), *READS.values(), HIDDEN, *facts}}
    assert needed - set(told) == set()
