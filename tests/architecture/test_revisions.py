"""Revisions are such that the program before can go on beside them (docs/guide/upgrade.md): what each phase may hold."""

import re
from collections.abc import Iterator

import pytest

from qiao.app.sealed import fillers
from qiao.app.tables import metadata
from qiao.platform.db.polite import concurrent_index
from qiao.platform.db.revisions import Backfill, Revision, chain

FIRST = "0001"
"""Makes everything in an empty database."""
ALLOWED: dict[tuple[str, str], str] = {}
"""(revision, beginning of a statement) -> why the program before does not mind."""

_TABLE = r"(?:only\s+)?(?:public\.)?\"?(?P<table>\w+)\"?"
_MADE = re.compile(rf"create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?{_TABLE}", re.IGNORECASE)
_ON_TABLE = re.compile(
    rf"(?:alter\s+table|insert\s+into|update|delete\s+from|truncate(?:\s+table)?|lock\s+table|"
    rf"create\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?\S+\s+on)\s+(?:if\s+exists\s+)?{_TABLE}",
    re.IGNORECASE,
)
_TEXTS = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'", re.DOTALL)
_COLUMN = r"\badd\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(?!constraint\b)\w+\s[^,]*"

# Each: what must not be found, and what to do in its place.
ALWAYS = (
    (r";\s*\S", "several statements hold their locks together: one op.execute each"),
    (r"\b(?:vacuum|cluster|lock\s+table)\b", "locks the table for long"),
    (r"^(?!create\s+(?:unique\s+)?index\b).*\bconcurrently\b", "only `create index concurrently` is gone on from after a cut"),
)
# Of a table that is there already.
ON_WHAT_IS_THERE = (
    (r"\btruncate\b", "loses what the program before wrote"),
    (
        r"\balter\s+(?:column\s+)?\w+\s+(?:set\s+data\s+)?type\b",
        "rewrites the table: a new column, a backfill, and the old one goes in contract()",
    ),
    (r"^create\s+(?:unique\s+)?index\s+(?!concurrently)", "writers wait while it is made: postgresql_concurrently=True"),
    (
        rf"{_COLUMN}\bdefault\s+[^,]*\b(?:random|gen_random_uuid|clock_timestamp|nextval|uuidv7)\s*\(",
        "a default that differs for each row rewrites the table: a backfill",
    ),
    (r"\b(?:big|small)?serial\b|\bgenerated\b", "rewrites the table: a plain column and a backfill"),
    (
        r"\badd\s+(?:constraint\s+\w+\s+)?(?:check|foreign\s+key)\b(?!.*\bnot\s+valid\b)",
        "reads all rows in a strong lock: `not valid`, then `validate constraint` as a statement of its own",
    ),
    (
        r"\badd\s+(?:constraint\s+\w+\s+)?(?:unique|primary\s+key)\b(?!\s+using\s+index)",
        "makes its index in a strong lock: the index concurrently, then `using index`",
    ),
)
IN_EXPAND = (
    (r"\b(?:drop|rename)\b(?!\s+trigger)", "the program before still uses it: contract()"),
    (r"\bset\s+not\s+null\b", "the program before may write null: contract(), after a check that is validated"),
    (
        rf"^(?!.*\bdefault\b).*{_COLUMN}\bnot\s+null\b",
        "the program before does not fill it: with a default, or null until contract()",
    ),
    (r"^(?:insert|update|delete|merge)\b", "rows that are there are changed by a backfill, in batches"),
)


def faults(expand: list[str], contract: list[str]) -> Iterator[tuple[str, str]]:
    """(statement, what is wrong and what to do) of a revision."""
    own = {found["table"] for statement in expand if (found := _MADE.match(statement.strip()))}
    checked = False
    for phase, statements in (("expand", expand), ("contract", contract)):
        for statement in statements:
            bare = _TEXTS.sub("''", re.sub(r"\s+", " ", statement.strip()))
            found = _ON_TABLE.match(bare)
            there = not (found and found["table"] in own) and not _MADE.match(bare)
            rules = [*ALWAYS, *(ON_WHAT_IS_THERE if there else ()), *(IN_EXPAND if there and phase == "expand" else ())]
            for pattern, instead in rules:
                if re.search(pattern, bare, re.IGNORECASE):
                    yield statement, instead
            if there and phase == "contract" and re.search(r"\bset\s+not\s+null\b", bare, re.IGNORECASE) and not checked:
                yield statement, "reads all rows in a strong lock unless a check `is not null` is validated before"
            checked = checked or bool(re.search(r"\bvalidate\s+constraint\b", bare, re.IGNORECASE))


def backfill_faults(backfill: Backfill) -> Iterator[str]:
    table = metadata.tables.get(backfill.table)
    if table is not None:
        unique = [tuple(column.name for column in table.primary_key.columns)]
        unique += [tuple(column.name for column in index.columns) for index in table.indexes if index.unique]
        if backfill.key not in unique:
            yield f"{backfill.key} is no unique key of {backfill.table}: rows would be skipped, or all read for each batch"
    if bool(backfill.change) is bool(backfill.by):
        yield "one of `change` and `by`"
    if backfill.by and backfill.by not in fillers(None):  # type: ignore[arg-type] - only its names are looked at
        yield f"app/sealed.py has no filler {backfill.by}"
    if backfill.change and not re.search(r"\bbatch\b", backfill.change):
        yield "the change does not read `batch`: it would be done to all rows at once"
    if not 1 <= backfill.batch <= 5_000:
        yield "a batch holds its rows' locks: 1 to 5000"


@pytest.mark.parametrize("revision", [one for one in chain() if one.name > FIRST], ids=lambda one: one.name)
def test_the_program_before_goes_on_beside_it(revision: Revision) -> None:
    found = [
        f"{instead}: {statement}"
        for statement, instead in faults(revision.expand(), revision.contract())
        if not any(statement.startswith(beginning) for name, beginning in ALLOWED if name == revision.name)
    ]
    assert found + [one for backfill in revision.backfills for one in backfill_faults(backfill)] == []


@pytest.mark.parametrize(
    "statement",
    [
        "alter table messages drop column text",
        "drop table messages",
        "drop index ix_messages_x",
        "alter table messages rename column text to words",
        "alter table messages rename to words",
        "alter table messages alter column seq type bigint",
        "alter table messages alter column text set not null",
        "alter table messages add column mood text not null",
        "ALTER TABLE messages ADD COLUMN mood TEXT NOT NULL",
        "alter table messages add column code uuid default gen_random_uuid()",
        "alter table messages add column code bigserial",
        "alter table messages add constraint c check (seq > 0)",
        "alter table messages add constraint f foreign key (a) references people (b)",
        "alter table messages add constraint u unique (a)",
        "create index ix on messages (seq)",
        "CREATE UNIQUE INDEX ix ON messages (seq)",
        "update messages set text = ''",
        "delete from messages",
        "insert into messages select 1",
        "alter table a add column b int; alter table c add column d int",
        "drop index concurrently ix_messages_x",
        "lock table messages",
        "truncate messages",
    ],
)
def test_what_an_expansion_must_not_hold_is_found(statement: str) -> None:
    assert [one for one, _ in faults([statement], [])][:1] == [statement]


@pytest.mark.parametrize(
    "statement",
    [
        "create table moods (id int not null, name text not null)",
        "alter table messages add column mood text",
        "alter table messages add column mood text not null default 'calm; always'",
        "ALTER TABLE messages ADD COLUMN mood TEXT DEFAULT 'calm' NOT NULL",
        "alter table messages add column at timestamptz default now() not null",
        "create index concurrently ix on messages (mood)",
        "CREATE UNIQUE INDEX CONCURRENTLY ix ON messages (mood)",
        "alter table messages add constraint c check (seq > 0) not valid",
        "alter table messages validate constraint c",
        "alter table messages add constraint u unique using index ix",
        "alter table messages alter column mood set default 'x'",
        "create or replace function f() returns trigger language plpgsql as $$ begin delete from x; return new; end $$",
        "create trigger t after insert on messages for each row execute function f()",
    ],
)
def test_what_it_may_hold_is_let_through(statement: str) -> None:
    assert list(faults([statement], [])) == []


def test_a_table_of_its_own_is_free() -> None:
    own = ["create table moods (id int)", "create index ix on moods (id)", "insert into moods values (1)"]
    assert list(faults(own, [])) == []


def test_a_contraction_takes_away_but_does_not_read_everything_in_a_strong_lock() -> None:
    rows = ["alter table messages drop column mood", "drop table moods", "drop index ix_moods"]
    assert list(faults([], rows)) == []
    strict = "alter table messages alter column mood set not null"
    assert [one for one, _ in faults([], [strict])] == [strict]
    before = [
        "alter table messages add constraint c check (mood is not null) not valid",
        "alter table messages validate constraint c",
    ]
    assert list(faults([], [*before, strict])) == []
    assert list(faults([], ["alter table messages alter column seq type bigint"])) != []


def test_backfills_go_by_a_unique_key_and_read_their_batch() -> None:
    good = Backfill("people", ("workspace_id", "id"), "update people p set name = name from batch b where p.id = b.id")
    assert list(backfill_faults(good)) == []
    assert len(list(backfill_faults(Backfill("people", ("name",), "update people set name = name", batch=50_000)))) == 3


def test_what_a_backfill_leaves_to_the_program_the_program_does() -> None:
    key = ("workspace_id", "id")
    assert list(backfill_faults(Backfill("identity_keys", key, by="identity_keys.sealed"))) == []
    assert len(list(backfill_faults(Backfill("identity_keys", key, by="identity_keys.polished")))) == 1
    assert len(list(backfill_faults(Backfill("identity_keys", key)))) == 1


def test_indexes_that_are_gone_on_from_are_known_by_their_name() -> None:
    assert concurrent_index("CREATE INDEX CONCURRENTLY ix_a ON a (b)") == "ix_a"
    assert concurrent_index('create unique index concurrently if not exists "ix_a" on a (b)') == "ix_a"
    assert concurrent_index("create index ix_a on a (b)") is None
