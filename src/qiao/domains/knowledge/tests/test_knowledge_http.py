"""The routes of knowledge as the console calls them."""

import httpx
import pytest

from qiao.platform.jobs.jobs import Jobs

pytestmark = pytest.mark.database
ROOT = "/api/v1/knowledge"


async def test_an_article_from_nothing_to_shown(client: httpx.AsyncClient) -> None:
    shelf = (await client.post(f"{ROOT}/categories", json={"name": {"zh": "选购", "en": "Choosing"}})).json()
    made = await client.post(f"{ROOT}/articles", json={"category_id": shelf["id"], "slug": "size"})
    assert made.status_code == 201
    url = f"{ROOT}/articles/{made.json()['id']}"
    text = {"title": "盖碗", "summary": "", "body": "**好**"}
    draft = (await client.put(f"{url}/translations/zh", json=text)).json()
    assert draft["translations"]["zh"]["status"] == "draft"
    shown = await client.post(f"{url}/translations/zh/publish")
    assert shown.status_code == 200
    assert shown.json()["translations"]["zh"]["url"].endswith("/zh/articles/size")
    hidden = (await client.post(f"{url}/translations/zh/unpublish", json={})).json()
    assert hidden["translations"]["zh"]["status"] == "draft"
    found = (await client.get(f"{ROOT}/articles", params={"query": "盖碗", "category_id": shelf["id"]})).json()
    assert [one["slug"] for one in found["items"]] == ["size"]
    assert (await client.patch(url, json={"position": 3})).json()["position"] == 3
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404
    assert (await client.put(f"{url}/translations/fr", json=text)).status_code in {404, 422}


async def test_faqs_and_their_refusals(client: httpx.AsyncClient) -> None:
    body = {"language": "zh", "question": "怎么退货", "variants": ["退货流程"], "answer": "7 天内", "publish": True}
    made = await client.post(f"{ROOT}/faqs", json=body)
    assert (made.status_code, made.json()["status"], made.json()["embedded"]) == (201, "published", False)
    again = await client.post(f"{ROOT}/faqs", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "knowledge.duplicate_question")
    assert again.json()["id"] == made.json()["id"]
    changed = await client.patch(f"{ROOT}/faqs/{made.json()['id']}", json={"category_id": None, "publish": False})
    assert changed.json()["status"] == "draft"
    listed = await client.get(f"{ROOT}/faqs", params={"language": "zh", "status": "draft", "query": "流程"})
    assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]]
    assert (await client.post(f"{ROOT}/faqs", json={**body, "surprise": 1})).status_code in {400, 422}
    hits = (await client.get(f"{ROOT}/search", params={"q": "退货"})).json()["items"]
    assert [(hit["kind"], hit["url"]) for hit in hits] == [("faq", None)]


async def test_an_import_by_its_form(client: httpx.AsyncClient, jobs: Jobs) -> None:
    data = "问题,答案\n怎么退货,7 天内\n=没有答案,\n".encode()
    form = {"kind": "auto", "language": "auto", "publish": "true", "category_id": ""}
    begun = await client.post(f"{ROOT}/imports", data=form, files={"file": ("常见问题.csv", data, "text/csv")})
    assert (begun.status_code, begun.json()["status"], begun.json()["file_name"]) == (201, "queued", "常见问题.csv")
    await jobs.drain()
    url = f"{ROOT}/imports/{begun.json()['id']}"
    report = (await client.get(url)).json()
    assert (report["status"], report["taken"], [one["code"] for one in report["problems"]]) == (
        "done",
        1,
        ["imports.empty_answer"],
    )
    csv = await client.get(f"{url}/report.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert "没有答案" in csv.content.decode("utf-8-sig")
    assert [one["id"] for one in (await client.get(f"{ROOT}/imports")).json()["items"]] == [begun.json()["id"]]
    for wrong in ({"kind": "poem"}, {"category_id": "nonsense"}):
        refused = await client.post(f"{ROOT}/imports", data={**form, **wrong}, files={"file": ("a.csv", data)})
        assert refused.status_code in {400, 422}
    empty = await client.post(f"{ROOT}/imports", data=form, files={"file": ("a.csv", b"")})
    assert empty.status_code in {400, 413, 422}


async def test_a_file_larger_than_ten_megabytes_is_taken_in(client: httpx.AsyncClient) -> None:
    data = b"question,answer\n" + b"a,b\n" * 3_000_000
    begun = await client.post(f"{ROOT}/imports", files={"file": ("big.csv", data)})
    assert begun.status_code == 201
    assert (await client.post(f"{ROOT}/imports", files={"file": ("big.csv", b"x" * (50 * 1024 * 1024 + 1))})).status_code == 413


async def test_a_preview_is_safe(client: httpx.AsyncClient) -> None:
    body = "# 标题\n\n<script>alert(1)</script> ![x](https://spy.example/p.png) ![y](/files/a/b/c.png) [z](javascript:alert(1))"
    html = (await client.post(f"{ROOT}/preview", json={"body": body})).json()["html"]
    assert "<script" not in html
    assert "spy.example" not in html
    assert "javascript:" not in html
    assert 'src="/files/a/b/c.png"' in html


async def test_snippets(client: httpx.AsyncClient) -> None:
    made = await client.post(f"{ROOT}/snippets", json={"shortcut": "hi", "title": "问候", "body": {"zh": "您好"}})
    assert made.status_code == 201
    url = f"{ROOT}/snippets/{made.json()['id']}"
    assert (await client.patch(url, json={"title": "打招呼"})).json()["title"] == "打招呼"
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(f"{ROOT}/snippets")).json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("path", ["categories", "faqs", "articles", "snippets", "imports"])
async def test_who_may_only_read_changes_nothing(client: httpx.AsyncClient, path: str) -> None:
    client.cookies.set("qiao_session", "viewer", domain="desk.example")
    client.cookies.delete("qiao_session", domain="")
    assert (await client.get(f"{ROOT}/{path}")).status_code == 200
    assert (await client.post(f"{ROOT}/{path}", json={})).status_code == 403
