"""Built faces: the right type, the smallest encoding that is accepted, once for good where the name has a hash, and nothing else."""

import gzip
import os
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from qiao.app.faces import IMMUTABLE, NO_CACHE, Faces
from qiao.app.pages import PageController
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.kit.errors import QiaoError
from qiao.platform.http.problems import answer_qiao_error

pytestmark = pytest.mark.slow

FILES = {
    "console/index.html": b"<!doctype html><title>Qiao</title>",
    "console/assets/app-1a2b.js": b"console.log('qiao')" * 50,
    "console/favicon.svg": b"<svg/>",
    "widget/qiao.js": b"(()=>{})()",
    "widget/panel/index.html": b"<!doctype html><title>Chat</title>",
    "widget/assets/panel-3c4d.css": b"body{}",
    "console/.secret": b"canary",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    script = tmp_path / "faces/console/assets/app-1a2b.js"
    script.with_name("app-1a2b.js.gz").write_bytes(gzip.compress(script.read_bytes()))
    script.with_name("app-1a2b.js.br").write_bytes(b"brotli bytes")
    (tmp_path / "outside.txt").write_text("canary")
    return tmp_path / "faces"


def serving(faces: Faces, inboxes: object) -> httpx.AsyncClient:
    app = Litestar(
        [PageController],
        dependencies={
            "faces": Provide(lambda: faces, sync_to_thread=False), "inboxes": Provide(lambda: inboxes, sync_to_thread=False)
        },
        exception_handlers={QiaoError: answer_qiao_error},
        openapi_config=None,
    )  # fmt: skip
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://desk.example", headers={"Accept-Encoding": "identity"})


@pytest.fixture
async def client(folder, house):
    async with serving(Faces(folder), house.inboxes) as client:
        yield client


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/inbox/123", "/app/settings"])
async def test_the_console_is_one_page_at_every_address(client, path):
    answer = await client.get(path)
    assert (answer.status_code, answer.content) == (200, FILES["console/index.html"])
    assert answer.headers["cache-control"] == NO_CACHE
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_a_name_with_a_hash_is_kept_for_good(client):
    answer = await client.get("/app/assets/app-1a2b.js")
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == (IMMUTABLE, "text/javascript; charset=utf-8")
    assert answer.headers["vary"] == "Accept-Encoding"
    style = await client.get("/widget/assets/panel-3c4d.css")
    assert (style.headers["cache-control"], style.headers["content-type"]) == (IMMUTABLE, "text/css; charset=utf-8")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br", "br"), ("gzip, br", "br"), ("gzip", "gzip"), ("gzip;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"), ("br; q=0.0", None),
        ("identity", None), ("", None), ("x-gzip", None), ("GZIP", "gzip"),
    ],
)  # fmt: skip
async def test_the_smallest_that_is_accepted_travels(folder, accepted, encoding):
    request = SimpleNamespace(headers={"accept-encoding": accepted})
    answer = Faces(folder).answer(request, "console/assets/app-1a2b.js", cache=IMMUTABLE)
    assert answer.headers.get("Content-Encoding") == encoding


async def test_what_the_browser_has_is_not_sent_again(client):
    tag = (await client.get("/app/assets/app-1a2b.js")).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        answer = await client.get("/app/assets/app-1a2b.js", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await client.get("/app/assets/app-1a2b.js", headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_new_build_has_a_new_tag(folder):
    path = folder / "console/index.html"
    before = Faces(folder).answer(SimpleNamespace(headers={}), "console/index.html", cache=NO_CACHE).headers["ETag"]
    os.utime(path, (1, 1))
    assert Faces(folder).answer(SimpleNamespace(headers={}), "console/index.html", cache=NO_CACHE).headers["ETag"] != before


@pytest.mark.parametrize(
    "path",
    [
        "/app/assets/nothing.js", "/app/assets/../index.html", "/app/assets/%2e%2e/%2e%2e/outside.txt", "/widget/../../outside.txt",
        "/widget/%2e%2e%2foutside.txt", "/widget//etc/passwd", "/widget/panel/", "/widget/assets/panel-3c4d.css.br", "/widget/.secret",
    ],
)  # fmt: skip
async def test_nothing_outside_of_the_faces_is_served(client, path):
    answer = await client.get(path)
    assert "canary" not in answer.text
    assert answer.status_code in {404, 200, 302}
    assert answer.status_code == 404 or answer.content in FILES.values()


async def test_hidden_and_packed_files_have_no_address(folder):
    names = set(Faces(folder)._files)
    assert names == set(FILES) - {"console/.secret"}


async def test_companies_may_load_the_widget_anywhere(client):
    answer = await client.get("/qiao.js")
    assert (answer.content, answer.headers["cross-origin-resource-policy"]) == (FILES["widget/qiao.js"], "cross-origin")


@pytest.mark.database
async def test_only_the_sites_of_an_inbox_frame_its_panel(client, house, database, workspace):
    async with database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=house.inboxes.channels()[0].name, name="官网"))
    for path in (f"/widget/panel/{inbox.key}", f"/chat/{inbox.key}"):
        assert "frame-ancestors *" in (await client.get(path)).headers["content-security-policy"]
    async with database.scope(workspace.id) as scope:
        sites = ["https://Shop.example/", "https://*.lanting.example"]
        await house.inboxes.change(scope, inbox.id, InboxChanges(settings={"allowed_origins": sites}))
    policy = (await client.get(f"/chat/{inbox.key}")).headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://shop.example https://*.lanting.example")
    assert "script-src 'self';" in policy
    unknown = await client.get("/chat/nothing")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "inboxes.not_found")


async def test_a_channel_has_a_picture_that_can_do_nothing(client, house):
    name = next(iter(house.channels))
    answer = await client.get(f"/api/v1/channels/{name}/icon.svg")
    assert (answer.headers["content-type"], answer.status_code) == ("image/svg+xml", 200)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await client.get("/api/v1/channels/nothing/icon.svg")).status_code == 404


async def test_faces_that_nobody_built_say_so(tmp_path, house):
    async with serving(Faces(tmp_path), house.inboxes) as client:
        answer = await client.get("/app/")
        assert (answer.status_code, "./dev run" in answer.text, "网页界面尚未构建" in answer.text) == (503, True, True)
        assert (await client.get("/qiao.js")).status_code == 404


async def test_what_a_new_build_took_away_is_not_found(client, folder):
    (folder / "widget/assets/panel-3c4d.css").unlink()
    assert (await client.get("/widget/assets/panel-3c4d.css")).status_code == 404
