"""docs/trust/data.md sorts every table of the database by how sensitive it is; what must be sealed or a digest is."""

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tables_of_pages import named, rows

from qiao.app.sealed import SEALED
from qiao.app.tables import metadata

PAGE = "docs/trust/data.md"


def sorted_tables() -> dict[str, list[str]]:
    return {level: named(tables) for level, tables in rows(PAGE, "Tables")}


def test_every_table_has_one_level() -> None:
    said = [table for tables in sorted_tables().values() for table in tables]
    assert [name for name, times in Counter(said).items() if times > 1] == []
    assert sorted(set(said) ^ set(metadata.tables)) == []


def test_every_level_says_what_protects_it() -> None:
    said = rows(PAGE, "Levels")
    assert [row[0] for row in said] == list(sorted_tables())
    assert [row[0] for row in said if len(row) != 7 or not all(row)] == []


def test_what_holds_sealed_texts_is_secret() -> None:
    """And the other way round; the ring's own keys lie wrapped in theirs."""
    assert sorted(sorted_tables()["secret"]) == sorted({one.table for one in SEALED} | {"seal_keys"})


def test_what_opens_something_here_is_a_digest() -> None:
    tables = sorted_tables()["digest"]
    assert [name for name in tables if "digest" not in metadata.tables[name].columns] == []
    assert [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in ("token", "password", "secret"))
        and column.name not in {"password_hash", "old_secret_until", "tokens", "prompt_tokens", "answer_tokens"}
        and table.name not in sorted_tables()["secret"]
    ] == ["files.secret"]
