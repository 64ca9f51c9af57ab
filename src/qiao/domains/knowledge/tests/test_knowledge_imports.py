"""What imports promise: whatever is sound is taken once, whatever is not is named with its row, and a cut import goes on."""

import asyncio
import io
import zipfile
from uuid import UUID

import pytest
from PIL import Image

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Filter, Import, ImportProblem, NewFaq, NewImport
from qiao.domains.knowledge.events import ImportProgressed
from qiao.domains.knowledge.faqs import Faqs
from qiao.domains.knowledge.import_job import ImportJob
from qiao.domains.knowledge.import_store import ImportStore
from qiao.domains.knowledge.imports import problems_csv
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Database
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database


async def begin(knowledge: Knowledge, database: Database, workspace: Workspace, name: str, data: bytes, **wishes) -> UUID:
    async with database.scope(workspace.id) as scope:
        return (await knowledge.imports.begin(scope, NewImport(file_name=name, data=data, **wishes), None)).id


async def told(database: Database, workspace: Workspace) -> list[ImportProgressed]:
    async with database.scope(workspace.id) as scope:
        entries = await read_after(scope.connection, workspace.id, 0, 10_000)
    return [entry.read(ImportProgressed) for entry in entries if entry.name == ImportProgressed.wire_name]


def sheet(rows: int) -> bytes:
    lines = [f"问题 {n} 怎么办？,答案 {n}" for n in range(rows)]
    return "\n".join(["问题,答案", *lines]).encode()


def archive(**entries: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writer:
        for name, data in entries.items():
            writer.writestr(name, data)
    return packed.getvalue()


def picture(colour: str = "teal") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(drawn, "PNG")
    return drawn.getvalue()


async def test_sound_rows_are_taken_and_each_bad_one_is_named(
    knowledge: Knowledge, jobs: Jobs, database: Database, workspace: Workspace
) -> None:
    async with database.scope(workspace.id) as scope:
        standing = await knowledge.faqs.create(scope, NewFaq(language="zh", question="能开发票吗", answer="能"), None)
    data = (
        "问题,相似问法,答案,分类\n怎么退货？,我想退货|退货流程,7 天内可以退,售后\n没有答案,,,\n能开发票吗？,,可以,\n"
        "怎么退货,,重复,\n多久发货,,48 小时内,物流\n"
    ).encode("gb18030")
    import_id = await begin(knowledge, database, workspace, "faq.csv", data, publish=True)
    await jobs.drain()
    async with database.scope(workspace.id) as scope:
        report = await knowledge.imports.report(scope, import_id)
        faqs, _ = await knowledge.faqs.page(scope, Filter(status="published"))
        shelves = [category.name for category in await knowledge.categories.all(scope)]
    assert (report.status, report.total, report.done, report.taken, report.refused) == ("done", 5, 5, 2, 3)
    assert {faq.question: faq.variants for faq in faqs} == {"怎么退货？": ["我想退货", "退货流程"], "多久发货": []}
    assert {one.code for one in report.problems} == {
        "imports.empty_answer",
        "imports.duplicate_question",
        "knowledge.duplicate_question",
    }
    assert [one.details.get("id") for one in report.problems if one.code.startswith("knowledge")] == [str(standing.id)]
    assert shelves == [{"zh": "售后"}, {"zh": "物流"}]


async def test_a_cut_import_goes_on_and_doubles_nothing(
    knowledge: Knowledge, database: Database, workspace: Workspace, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = await begin(knowledge, database, workspace, "faq.csv", sheet(180))
    job = ImportJob(database, ImportStore(files, knowledge.faqs, knowledge.articles, knowledge.categories), Workspaces(database))
    real, calls = Faqs.insert, iter((False, False, True))

    async def dies_in_the_third_chunk(self, scope, rows, by, from_unanswered=None):
        stored = await real(self, scope, rows, by, from_unanswered)
        return {False: lambda: stored, True: lambda: 1 / 0}[next(calls)]()

    monkeypatch.setattr(Faqs, "insert", dies_in_the_third_chunk)
    with pytest.raises(ZeroDivisionError):
        await job.run(workspace.id, {"import_id": str(import_id)})
    async with database.scope(workspace.id) as scope:
        cut = await knowledge.imports.get(scope, import_id)
    assert (cut.status, cut.done, cut.total) == ("running", 100, 180)
    monkeypatch.undo()
    for _ in range(2):
        await job.run(workspace.id, {"import_id": str(import_id)})
    async with database.scope(workspace.id) as scope:
        whole = await knowledge.imports.get(scope, import_id)
        stored = await scope.connection.fetchval("select count(*) from faqs where workspace_id = $1", workspace.id)
        left = await scope.connection.fetchval(
            "select count(*) from knowledge_import_uploads where workspace_id = $1", workspace.id
        )
    assert (whole.status, whole.taken, whole.refused, stored, left) == ("done", 180, 0, 180, 0)


async def test_a_failing_job_is_done_again_by_the_queue(
    knowledge: Knowledge, jobs: Jobs, database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = await begin(knowledge, database, workspace, "faq.csv", sheet(3))

    real, calls = ImportStore.store, iter((True, False))

    async def dies_once(self, *arguments):
        outcome = await real(self, *arguments)
        return {False: lambda: outcome, True: lambda: 1 / 0}[next(calls)]()

    monkeypatch.setattr(ImportStore, "store", dies_once)
    taken = 0
    async with asyncio.timeout(20):
        while taken < 3:
            await jobs.drain()
            await asyncio.sleep(0.2)
            async with database.scope(workspace.id) as scope:
                taken = (await knowledge.imports.get(scope, import_id)).taken
    assert taken == 3


async def test_what_never_gets_further_is_given_up(
    knowledge: Knowledge, database: Database, workspace: Workspace, files: Files
) -> None:
    import_id = await begin(knowledge, database, workspace, "faq.csv", sheet(3))
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute(
            "update knowledge_imports set attempts = 5 where workspace_id = $1 and id = $2", workspace.id, import_id
        )
    job = ImportJob(database, ImportStore(files, knowledge.faqs, knowledge.articles, knowledge.categories), Workspaces(database))
    await job.run(workspace.id, {"import_id": str(import_id)})
    async with database.scope(workspace.id) as scope:
        stuck = await knowledge.imports.get(scope, import_id)
    assert (stuck.status, stuck.error_code) == ("failed", "knowledge.import_stuck")


async def test_a_folder_of_two_languages_becomes_articles_with_their_pictures(
    knowledge: Knowledge, jobs: Jobs, files: Files, database: Database, workspace: Workspace
) -> None:
    packed = archive(
        **{
            "zh/size.md": "---\ntitle: 盖碗选多大\nslug: size\n---\n\n![大小](pictures/大 小.png)\n\n120 ml 起。".encode(),
            "en/size.md": b"---\ntitle: Which size\nslug: size\n---\n\n![sizes](../zh/pictures/gone.png)\n\nFrom 120 ml.",
            "zh/pictures/大 小.png": picture(),
            "zh/run.exe": b"MZ",
        }
    )
    import_id = await begin(knowledge, database, workspace, "help.zip", packed, publish=True)
    await jobs.drain()
    async with database.scope(workspace.id) as scope:
        report = await knowledge.imports.report(scope, import_id)
        articles, _ = await knowledge.articles.page(scope, Filter())
    assert (report.status, report.taken, report.refused) == ("done", 2, 1)
    assert {one.code for one in report.problems} == {"imports.missing_picture", "imports.not_in_archive"}
    assert [(one.slug, set(one.translations)) for one in articles] == [("size", {"zh", "en"})]
    assert {one.status for one in articles[0].translations.values()} == {"published"}
    url = articles[0].translations["zh"].body.partition("](")[2].partition(")")[0]
    _, _, space, file_id, secret = url.split("/")
    content = await files.read(UUID(hex=space), UUID(hex=file_id), secret.split(".")[0], small=False)
    assert content.content_type == "image/png"
    again = await begin(knowledge, database, workspace, "help.zip", packed)
    await jobs.drain()
    async with database.scope(workspace.id) as scope:
        assert (await knowledge.imports.get(scope, again)).taken == 0


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "imports.old_office"),
        ("x.xlsx", b"PK\x03\x04" + b"x" * 90, "imports.unreadable"),
    ],
)
async def test_what_cannot_be_read_fails_with_its_reason(
    knowledge: Knowledge, jobs: Jobs, database: Database, workspace: Workspace, name: str, data: bytes, code: str
) -> None:
    import_id = await begin(knowledge, database, workspace, name, data)
    await jobs.drain()
    async with database.scope(workspace.id) as scope:
        failed = await knowledge.imports.get(scope, import_id)
    assert failed.status == "failed"
    assert failed.error_code == code
    assert (await told(database, workspace))[-1].status == "failed"


async def test_progress_is_told_seldom_and_at_the_end(
    knowledge: Knowledge, jobs: Jobs, database: Database, workspace: Workspace
) -> None:
    await begin(knowledge, database, workspace, "faq.csv", sheet(400))
    await jobs.drain()
    facts = await told(database, workspace)
    assert [facts[0].status, facts[-1].status] == ["queued", "done"]
    assert (facts[-1].done, facts[-1].total) == (400, 400)
    assert len(facts) < 400 / 50


async def test_rows_of_other_languages_and_broken_slugs_do_not_stop_the_rest(
    knowledge: Knowledge, jobs: Jobs, database: Database, workspace: Workspace
) -> None:
    data = "question,answer,slug\nHow long?,Two days,same\nHow far?,Far,same\n返品できますか,はい、できますのでご安心ください,x\n".encode()
    import_id = await begin(knowledge, database, workspace, "faq.csv", data)
    await jobs.drain()
    async with database.scope(workspace.id) as scope:
        report = await knowledge.imports.report(scope, import_id)
        faqs, _ = await knowledge.faqs.page(scope, Filter())
    assert sorted((faq.slug or "", faq.language) for faq in faqs) == [("", "en"), ("same", "en")]
    assert [one.code for one in report.problems] == ["knowledge.language_not_supported"]


def test_no_cell_of_a_report_is_a_formula() -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    report = problems_csv([ImportProblem(source=one, code="x.y", message=one, details={}) for one in hostile], "en-GB")
    lines = report.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    assert lines[0] == "Where,Code,Why"
    assert all(line.lstrip('"').startswith("'") for line in report.decode("utf-8-sig").split("\r\n")[1:-1])
    assert "原因" in problems_csv([], "zh-CN").decode("utf-8-sig")


def test_the_contract_of_an_import_is_whole() -> None:
    assert set(Import.__struct_fields__) == set(ImportProgressed.__struct_fields__)
