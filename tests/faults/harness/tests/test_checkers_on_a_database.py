"""Each checker bites on a real desk: its database is tampered with, read back, and put right again."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.targets import embedded_desk

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.faults_long]

_LAST = "(select conversation_id, max(seq) as seq from messages where author_kind = 'contact' group by 1 order by 1 limit 1)"
_KEEP = "create table kept as select m.* from messages m join {last} l using (conversation_id, seq)"
_COPY = """
insert into messages select k.* from jsonb_populate_record(null::messages, (select to_jsonb(k) || jsonb_build_object({changes})
  || jsonb_build_object('seq', (select max(seq) + 1 from messages where conversation_id = k.conversation_id)) from kept k)) k
"""
_OTHER = "00000000-0000-4000-8000-000000000001"

PLANTED = {
    # A row that was acknowledged goes; a row comes twice; two change places; one that nobody sent; another company's words; one less.
    "LOST": (["delete from messages m using kept k where m.id = k.id"], ["insert into messages select * from kept"]),
    "DUP": (
        [_COPY.format(changes=f"'id', '{_OTHER}', 'client_id', 'c:other:' || split_part(k.client_id, ':', 3)")],
        [f"delete from messages where id = '{_OTHER}'"],
    ),
    "ORDER": (
        ["update messages m set seq = 900000 from kept k where m.id = k.id"],
        ["update messages m set seq = k.seq from kept k where m.id = k.id"],
    ),
    "PHANTOM": (
        [_COPY.format(changes=f"'id', '{_OTHER}', 'client_id', 'c:other:nobody.1'")],
        [f"delete from messages where id = '{_OTHER}'"],
    ),
    "LEAK": (
        ["update messages m set text = m.text || {canary} from kept k where m.id = k.id"],
        ["update messages m set text = k.text from kept k where m.id = k.id"],
    ),
    "CONSERVE": (
        [
            "create table gone as select * from conversations limit 1",
            "delete from conversations c using gone g where c.id = g.id",
        ],
        ["insert into conversations select * from gone", "drop table gone"],
    ),
}


@pytest.fixture(scope="module")
async def load() -> AsyncIterator[Load]:
    async with embedded_desk() as target:
        async with Load(target, seed=5) as load:
            await load.until(40)
        verdict = await verdict_of(load)
        assert verdict.clean, verdict
        await target.sql(_KEEP.format(last=_LAST))
        yield load


def forget(load: Load) -> None:
    """Customers remember what they were shown, the planted too."""
    for one in load.customers:
        one.frames.clear()
        one.visitor.messages.clear()
        one.visitor.after = 0


async def other_canary(load: Load) -> str:
    """Of the company that the tampered message is not of."""
    workspace = str((await load.target.sql("select workspace_id from kept"))[0][0])
    return next(one.canary for one in load.target.companies if one.id != workspace)


@pytest.mark.parametrize("checker", PLANTED)
async def test_a_checker_bites_on_a_real_database(load: Load, checker: str) -> None:
    plant, mend = PLANTED[checker]
    canary = await other_canary(load)
    for statement in plant:
        await load.target.sql(statement.replace("{canary}", f"'{canary}'"))
    tampered = await verdict_of(load)
    for statement in mend:
        await load.target.sql(statement)
    assert tampered.found[checker], tampered
    forget(load)
    mended = await verdict_of(load)
    assert mended.clean, mended
