"""What the public reads is what was published, at once and in its language: articles, questions, categories, imports."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Process, eventually, processes

from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.contracts import Workspace

pytestmark = pytest.mark.database

ARTICLES, FAQS = "/api/v1/knowledge/articles", "/api/v1/knowledge/faqs"


class Shelf:
    """An editor at work, and a reader of the help centre."""

    def __init__(self, process: Process, editor: httpx.AsyncClient) -> None:
        self.process, self.editor, self.reader = process, editor, process.door()
        self.base = f"/help/{process.workspace.slug}"

    async def article(self, slug: str, **texts: str) -> str:
        made = await self.editor.post(ARTICLES, json={"slug": slug})
        assert made.status_code == 201, made.text
        for language, body in texts.items():
            await self.write(made.json()["id"], language, body)
        return made.json()["id"]

    async def write(self, article: str, language: str, body: str) -> None:
        text = {"title": f"{language} {body[:20]}", "summary": "", "body": body}
        answer = await self.editor.put(f"{ARTICLES}/{article}/translations/{language}", json=text)
        assert answer.status_code == 200, answer.text

    async def act(self, article: str, language: str, act: str) -> None:
        answer = await self.editor.post(f"{ARTICLES}/{article}/translations/{language}/{act}")
        assert answer.status_code in {200, 201}, answer.text

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.reader.get(f"{self.base}{path}")
        assert answer.status_code == status, answer.text[:300]
        return answer.text

    async def faq(self, question: str, answer: str, **more: Any) -> dict[str, Any]:
        body = {"language": "zh", "question": question, "answer": answer, "publish": True, **more}
        made = await self.editor.post(FAQS, json=body)
        assert made.status_code == 201, made.text
        return made.json()

    async def imported(self, name: str, data: bytes, **form: str) -> dict[str, Any]:
        begun = await self.editor.post("/api/v1/knowledge/imports", files={"file": (name, data)}, data=form)
        assert begun.status_code == 201, begun.text

        async def finished() -> dict[str, Any] | None:
            report = (await self.editor.get(f"/api/v1/knowledge/imports/{begun.json()['id']}")).json()
            return report if report["status"] in {"done", "failed"} else None

        return await eventually(finished)


@pytest.fixture
async def shelf(postgres_dsn: str, workspace: Workspace, tmp_path: Path) -> AsyncIterator[Shelf]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        yield Shelf(process, await process.person("编辑", Role.EDITOR))


async def test_a_draft_is_nobodys_business(shelf: Shelf) -> None:
    await shelf.article("gaiwan", zh="还没写完的盖碗")
    assert "还没写完" not in await shelf.page("/zh/articles/gaiwan", 404)
    assert "还没写完" not in await shelf.page("/zh/search?q=盖碗")


async def test_published_is_read_and_changes_wait_until_they_are_published(shelf: Shelf) -> None:
    article = await shelf.article("gaiwan", zh="第一版的盖碗")
    await shelf.act(article, "zh", "publish")
    assert "第一版" in await shelf.page("/zh/articles/gaiwan")
    await shelf.write(article, "zh", "第二版的盖碗")
    assert "第二版" not in await shelf.page("/zh/articles/gaiwan")
    await shelf.act(article, "zh", "publish")
    page = await shelf.page("/zh/articles/gaiwan")
    assert "第二版" in page
    assert "第一版" not in page


async def test_taken_back_is_gone_everywhere(shelf: Shelf) -> None:
    article = await shelf.article("gaiwan", zh="会消失的盖碗")
    await shelf.act(article, "zh", "publish")
    assert "gaiwan" in await shelf.page("/sitemap.xml")
    await shelf.act(article, "zh", "unpublish")
    await shelf.page("/zh/articles/gaiwan", 404)
    assert "gaiwan" not in await shelf.page("/sitemap.xml")
    assert "articles/gaiwan" not in await shelf.page("/zh/search?q=会消失的盖碗")


async def test_one_language_is_published_without_the_other(shelf: Shelf) -> None:
    article = await shelf.article("gaiwan", zh="中文的盖碗", en="The English gaiwan")
    await shelf.act(article, "en", "publish")
    assert "The English gaiwan" in await shelf.page("/en/articles/gaiwan")
    page = await shelf.page("/zh/articles/gaiwan")
    assert "中文的盖碗" not in page
    assert "The English gaiwan" in page


async def test_a_deleted_article_and_question_are_not_found(shelf: Shelf) -> None:
    article = await shelf.article("gaiwan", zh="盖碗")
    await shelf.act(article, "zh", "publish")
    faq = await shelf.faq("包邮吗？", "满 199 元包邮。", slug="postage")
    assert (await shelf.editor.delete(f"{ARTICLES}/{article}")).status_code == 204
    assert (await shelf.editor.delete(f"{FAQS}/{faq['id']}")).status_code == 204
    await shelf.page("/zh/articles/gaiwan", 404)
    await shelf.page("/zh/faq/postage", 404)
    assert (await shelf.editor.delete(f"{ARTICLES}/{article}")).status_code == 404


async def test_what_is_written_is_shown_as_text_and_never_run(shelf: Shelf) -> None:
    article = await shelf.article("bad", zh="<script>alert(1)</script> [x](javascript:alert(2)) ![y](https://spy.example/p.png)")
    await shelf.act(article, "zh", "publish")
    await shelf.faq("<img src=x onerror=alert(3)>", "**答** <iframe src=//evil.example></iframe>", slug="bad")
    for path in ("/zh/articles/bad", "/zh/faq/bad", "/zh/", "/zh/search?q=<script>alert(4)</script>"):
        page = await shelf.page(path)
        for harm in ("<script>alert", 'href="javascript:', 'src="https://spy.example', "<img src=x", "<iframe src"):
            assert harm not in page


async def test_a_category_that_goes_leaves_its_articles(shelf: Shelf) -> None:
    made = await shelf.editor.post(
        "/api/v1/knowledge/categories", json={"name": {"zh": "选购", "en": "Choosing"}, "slug": "choosing"}
    )
    category = made.json()["id"]
    article = await shelf.article("gaiwan", zh="盖碗")
    assert (await shelf.editor.patch(f"{ARTICLES}/{article}", json={"category_id": category})).status_code == 200
    await shelf.act(article, "zh", "publish")
    assert "gaiwan" in await shelf.page("/zh/categories/choosing")
    assert (await shelf.editor.delete(f"/api/v1/knowledge/categories/{category}")).status_code == 204
    await shelf.page("/zh/categories/choosing", 404)
    await shelf.page("/zh/articles/gaiwan")


async def test_an_imported_table_is_read_and_published_when_asked(shelf: Shelf) -> None:
    rows = "问题,答案\n可以开发票吗？,可以，随货寄出。\n包邮吗？,满 199 元包邮。\n".encode()
    report = await shelf.imported("faq.csv", rows, kind="faq", language="zh", publish="true")
    assert (report["status"], report["taken"], report["refused"]) == ("done", 2, 0)
    assert "随货寄出" in await shelf.page("/zh/search?q=发票")


async def test_an_import_that_is_not_published_is_a_draft(shelf: Shelf) -> None:
    report = await shelf.imported("faq.csv", "问题,答案\n保密的问题,保密的答案\n".encode(), kind="faq")
    assert report["taken"] == 1
    assert "保密的答案" not in await shelf.page("/zh/search?q=保密的问题")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_table_of_any_encoding_is_read(shelf: Shelf, encoding: str) -> None:
    rows = "问题,答案\n可以开发票吗？,可以，随货寄出。\n".encode(encoding)
    report = await shelf.imported("faq.csv", rows, kind="faq")
    assert (report["status"], report["taken"]) == ("done", 1)
    listed = (await shelf.editor.get(FAQS, params={"query": "发票"})).json()["items"]
    assert [one["answer"] for one in listed] == ["可以，随货寄出。"]


async def test_hostile_rows_are_text_and_broken_ones_are_named(shelf: Shelf) -> None:
    rows = [
        "问题,答案",
        '=cmd|calc!A1,"=HYPERLINK(""http://evil"")"',
        ",没有问题",
        "没有答案,",
        f"{'长' * 5_000},太长的问题",
        "好的问题,好的答案",
    ]
    report = await shelf.imported("faq.csv", "\n".join(rows).encode(), kind="faq", publish="true")
    assert report["status"] == "done"
    assert report["taken"] >= 1
    assert report["problems"]
    answer = await shelf.editor.get(f"/api/v1/knowledge/imports/{report['id']}/report.csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert not [line for line in answer.text.splitlines() if line.startswith(("=", "+", "-", "@"))]


async def test_the_same_table_again_makes_nothing_twice(shelf: Shelf) -> None:
    rows = "问题,答案\n可以开发票吗？,可以，随货寄出。\n".encode()
    first, again = [await shelf.imported("faq.csv", rows, kind="faq") for _ in range(2)]
    assert (first["taken"], again["taken"]) == (1, 0)
    assert len((await shelf.editor.get(FAQS)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("name", "data"), [("faq.exe", b"MZ\x90\x00"), ("faq.zip", b"PK\x03\x04broken"), ("faq.pdf", b"%PDF-1.7 cut off")]
)
async def test_what_is_no_table_fails_with_a_reason_and_makes_nothing(shelf: Shelf, name: str, data: bytes) -> None:
    report = await shelf.imported(name, data)
    assert (report["status"], report["taken"]) == ("failed", 0)
    assert report["error_code"].count(".") == 1
    assert (await shelf.editor.get(FAQS)).json()["items"] == []


async def test_an_empty_file_is_refused_at_once(shelf: Shelf) -> None:
    begun = await shelf.editor.post("/api/v1/knowledge/imports", files={"file": ("faq.csv", b"")})
    assert (begun.status_code, begun.json()["code"]) == (422, "uploads.empty")
    assert (await shelf.editor.get("/api/v1/knowledge/imports")).json()["items"] == []
