"""docs/trust/access.md says how one comes in, when that ends and which words are no passwords; as the program has it."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import ROOT, python_files, text_of
from tables_of_pages import named, rows

from qiao.domains.people import rules
from qiao.platform.auth.common_passwords import WORDS, is_common

PAGE = "docs/trust/access.md"
PREFIX = re.compile(r'^(?:\w+_)?PREFIX = "(q\w*_)"', re.MULTILINE)


def test_every_kind_of_token_is_a_way_in_that_is_written() -> None:
    held = {found for path in python_files() for found in PREFIX.findall(text_of(path))}
    assert held == {one for row in rows(PAGE, "Ways in") for one in named(row[2])}


def test_every_way_says_how_strong_it_is_and_what_bounds_it() -> None:
    assert [row for row in rows(PAGE, "Ways in") if len(row) != 7 or not all(row)] == []


def test_sessions_end_when_it_is_written_and_why() -> None:
    said = {named(row[1])[0]: int(row[1].split()[-1]) for row in rows(PAGE, "How sessions end") if named(row[1])}
    assert said == {"SESSION_IDLE_DAYS": rules.SESSION_IDLE_DAYS, "SESSION_DAYS": rules.SESSION_DAYS}
    assert [row for row in rows(PAGE, "How sessions end") if not row[2]] == []


def test_the_words_that_are_no_passwords_are_those() -> None:
    listed = text_of(ROOT / PAGE).split("```words\n")[1].split("```")[0].split()
    assert listed == sorted(WORDS)
    assert [word for word in listed if not is_common(f"{word}2026!")] == []
