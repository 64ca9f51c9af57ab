"""The audit log: nobody changes it unseen, whatever rights they have in the database."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from qiao.domains.audit.api import Audit, Done, read_anchors
from qiao.domains.audit.contracts import AuditEntry, AuditFilter
from qiao.domains.audit.rules import as_csv
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid

KEY = "the installation's key"


@pytest.fixture
def audit(database, tmp_path):
    return Audit(database, [KEY], tmp_path / "heads.jsonl")


@pytest.fixture
async def written(audit, database, workspace):
    for number in range(1, 6):
        async with database.scope(workspace.id) as scope:
            await audit.record(
                scope, Done(action="people.changed", subject=f"person {number}", detail={"role": "admin", "n": number})
            )


async def faults_of(audit, workspace, anchors=()):
    _count, faults = await audit.verify(anchors)
    return [(fault.number, fault.what) for fault in faults if fault.workspace_id == workspace.id]


async def tamper(database, workspace, statement):
    """As an administrator of the database, who can switch a trigger off."""
    async with database.across() as connection, connection.transaction():
        await connection.execute("alter table audit_entries disable trigger audit_is_kept")
        await connection.execute(statement, workspace.id)
        await connection.execute("alter table audit_entries enable trigger audit_is_kept")


@pytest.mark.database
async def test_what_was_written_is_whole_and_numbered(audit, written, database, workspace):
    assert await faults_of(audit, workspace) == []
    async with database.scope(workspace.id) as scope:
        entries = await audit.entries(scope, AuditFilter(), 10)
    assert [entry.number for entry in entries] == [5, 4, 3, 2, 1]


@pytest.mark.database
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "update audit_entries set body = replace(body, 'admin', 'agent') where workspace_id = $1 and number = 3",
            (3, "changed"),
        ),
        ("update audit_entries set action = 'people.invited' where workspace_id = $1 and number = 2", (2, "changed")),
        ("update audit_entries set at = at - interval '1 day' where workspace_id = $1 and number = 4", (4, "changed")),
        ("update audit_entries set actor_id = gen_random_uuid() where workspace_id = $1 and number = 1", (1, "changed")),
        ("delete from audit_entries where workspace_id = $1 and number = 3", (3, "missing")),
        ("delete from audit_entries where workspace_id = $1 and number = 1", (1, "missing")),
        ("delete from audit_entries where workspace_id = $1 and number >= 4", (4, "cut off")),
        ("delete from audit_entries where workspace_id = $1", (1, "cut off")),
        (
            (
                "update audit_entries a set body = b.body, digest = b.digest, at = b.at from audit_entries b"
                " where a.workspace_id = $1 and b.workspace_id = $1 and a.number in (2, 3) and b.number = 5 - a.number"
            ),
            (2, "changed"),
        ),
        ("update audit_heads set number = 4 where workspace_id = $1", (5, "head does not fit")),
        ("delete from audit_heads where workspace_id = $1", (5, "unsigned")),
    ],
    ids=["body", "action", "time", "actor", "deleted", "first", "tail", "all", "swapped", "head", "no head"],
)
async def test_what_somebody_did_to_it_is_found(audit, written, database, workspace, statement, found):
    await audit.anchor()
    await tamper(database, workspace, statement)
    anchors = read_anchors(audit._anchors)
    assert await faults_of(audit, workspace, anchors) == [found]


@pytest.mark.database
async def test_a_log_that_grows_while_it_is_looked_through_is_whole(audit, written, database, workspace):
    async def write():
        while True:
            async with database.scope(workspace.id) as scope:
                await audit.record(scope, Done(action="people.changed"))

    writing = [asyncio.create_task(write()) for _ in range(3)]
    found = [await faults_of(audit, workspace) for _ in range(60)]
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, return_exceptions=True)
    assert found == [[]] * 60


@pytest.mark.database
async def test_a_tail_cut_off_with_its_head_shows_by_what_was_kept_outside(audit, written, database, workspace):
    await audit.anchor()
    kept = read_anchors(audit._anchors)
    await tamper(database, workspace, "delete from audit_entries where workspace_id = $1")
    await database.pool.execute("delete from audit_heads where workspace_id = $1", workspace.id)
    assert await faults_of(audit, workspace) == []
    assert await faults_of(audit, workspace, kept) == [(1, "cut off")]


@pytest.mark.database
async def test_a_log_written_anew_shows_by_what_was_kept_outside(audit, written, database, workspace):
    await audit.anchor()
    kept = read_anchors(audit._anchors)
    await tamper(database, workspace, "delete from audit_entries where workspace_id = $1")
    await database.pool.execute("delete from audit_heads where workspace_id = $1", workspace.id)
    for _ in range(5):
        async with database.scope(workspace.id) as scope:
            await audit.record(scope, Done(action="people.changed", detail={"role": "viewer"}))
    assert await faults_of(audit, workspace) == []
    assert await faults_of(audit, workspace, kept) == [(5, "written anew")]


@pytest.mark.database
async def test_a_head_signed_with_another_key_is_not_believed(audit, written, database, workspace, tmp_path):
    other = Audit(database, ["another key"], tmp_path / "other.jsonl")
    assert await faults_of(other, workspace) == [(5, "head does not fit")]
    assert await faults_of(Audit(database, ["another key", KEY], tmp_path / "x"), workspace) == []


@pytest.mark.database
@pytest.mark.parametrize(
    "statement", ["update audit_entries set action = 'x'", "delete from audit_entries", "truncate audit_entries"]
)
async def test_the_database_refuses_to_change_it(written, database, workspace, statement):
    async with database.across() as connection:
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await connection.execute(statement)


@pytest.mark.database
async def test_entries_are_found_by_who_what_and_when(audit, database, workspace):
    ann, began = uuid4(), utc_now()
    async with database.scope(workspace.id) as scope:
        await audit.record(scope, Done(action="people.key_made", actor_id=ann))
        await audit.record(scope, Done(action="people.signed_in", actor_id=ann, source="192.0.2.1"))
        await audit.record(scope, Done(action="inboxes.changed"))

        async def numbers(before=None, **fields):
            return [entry.number for entry in await audit.entries(scope, AuditFilter(**fields), 10, before)]

        assert await numbers(actor_id=ann) == [2, 1]
        assert await numbers(action="inboxes.") == [3]
        assert await numbers(action="people.", before=2) == [1]
        assert (await numbers(until=began), await numbers(since=began)) == ([], [3, 2, 1])


@pytest.mark.database
async def test_heads_are_written_outside_once_for_each_move(audit, written, workspace):
    await audit.anchor()
    await audit.anchor()
    assert [anchor.number for anchor in read_anchors(audit._anchors) if anchor.workspace_id == workspace.id] == [5]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1", "\u3000=1"])
def test_no_cell_is_a_formula(text):
    entry = AuditEntry(number=1, at=utc_now(), action="people.changed", actor_id=None, subject=text, source=text, detail={})
    row = as_csv([entry]).split("\r\n", 1)[1]
    assert f"'{text}" in row
    assert f",{text}" not in row and f',"{text}' not in row


@pytest.mark.parametrize("line", [b"{", b"{}", b"\xff", b'{"a":' + b"[" * 9_000])
def test_a_file_that_holds_no_heads_is_told_in_words(tmp_path, line: bytes):
    file = tmp_path / "heads"
    file.write_bytes(line + b"\n")
    with pytest.raises(Invalid, match="no file of heads"):
        read_anchors(file)
