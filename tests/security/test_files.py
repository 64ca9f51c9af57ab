"""Files over HTTP, for people and for visitors: what is taken, what is refused, and how what was taken is served."""

import gc
import io
import struct
import sys
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.stage import Stage, open_stage, problem_of

from qiao.domains.people.contracts import Role
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
WHERE = b"GPS-CANARY-31.2304-121.4737"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, (31, 122, 109)).save(held, kind)
    return held.getvalue()


def photo_with_place() -> bytes:
    held = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = WHERE.decode()
    exif[0x010F] = "Canary Camera"
    Image.new("RGB", (40, 30)).save(held, "JPEG", exif=exif, comment=WHERE)
    return held.getvalue()


def picture_bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 30,000 x 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")


def packed(*entries: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return held.getvalue()


REFUSED = {
    "empty": ("a.txt", b""),
    "picture bomb": ("a.png", picture_bomb()),
    "svg": ("a.svg", SVG),
    "svg named png": ("a.png", SVG),
    "html": ("a.html", HTML),
    "html named png": ("a.png", HTML),
    "html after a picture's first bytes": ("a.gif", b"GIF89a" + HTML),
    "program": ("a.pdf", b"MZ\x90\x00" + bytes(200)),
    "linux program": ("a.txt", b"\x7fELF" + bytes(200)),
    "script": ("a.txt", b"#!/bin/sh\nrm -rf /\n" + bytes(3)),
    "cut picture": ("a.png", picture()[:60]),
    "cut pdf": ("a.pdf", b"%PDF-1.7\n1 0 obj\n"),
    "zip bomb": ("a.zip", packed(("zeros", bytes(30_000_000)))),
    "office with an xml bomb": (
        "a.docx",
        packed(
            ("[Content_Types].xml", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'),
            ("word/document.xml", b"<x/>"),
        ),
    ),
    "office with macros": ("a.docx", packed(("[Content_Types].xml", b"<x/>"), ("word/vbaProject.bin", b"x"))),
    "too large": ("a.txt", b"a" * (20 * 1024 * 1024 + 1)),
}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
NAMES = [
    "../../etc/passwd.txt",
    "..\\..\\windows\\win.ini.txt",
    "/etc/cron.d/x.txt",
    ".htaccess",
    "CON.txt",
    "invoice\u202etxt.exe",
    "a\u200b.php.txt",
    "长" * 300 + ".txt",
    "%2e%2e%2f%00.txt",
    "x'; drop table files; --.txt",
    "<img src=x onerror=alert(1)>.txt",
    "😀.txt",
    " ",
]


@pytest.fixture(scope="module")
async def stage(database: Database, postgres_dsn: str) -> AsyncIterator[Stage]:
    async with open_stage(database, postgres_dsn) as stage:
        yield stage


@pytest.fixture(scope="module")
async def person(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with await stage.signed_in(Role.AGENT) as door:
        yield door


async def fresh_visitor(stage: Stage) -> httpx.AsyncClient:
    """A visitor who has sent nothing yet: uploads of one visitor are counted."""
    async with stage.door() as door:
        begun = await door.post("/visitor/v1/sessions", json={"inbox_key": stage.home.inbox_key})
    return stage.door({"Authorization": f"Bearer {begun.json()['token']}"})


async def sent(door: httpx.AsyncClient, path: str, name: str, data: bytes) -> httpx.Response:
    return await door.post(path, files={"file": (name, data, "image/png")})


@pytest.mark.parametrize("what", REFUSED)
async def test_a_harmful_file_is_refused_by_its_content(stage: Stage, person: httpx.AsyncClient, what: str) -> None:
    name, data = REFUSED[what]
    before = await stage.picture_of(stage.home)
    async with await fresh_visitor(stage) as visitor:
        for door, path in ((person, "/api/v1/files"), (visitor, "/visitor/v1/files")):
            answer = await sent(door, path, name, data)
            assert answer.status_code in {413, 415, 422}
            assert problem_of(answer) == ""
            assert answer.json()["code"].startswith(("uploads.", "qiao."))
    assert (await stage.picture_of(stage.home))["files"] == before["files"]


@pytest.mark.parametrize("what", ["person", "visitor"])
async def test_where_a_photo_was_taken_is_not_kept(stage: Stage, person: httpx.AsyncClient, what: str) -> None:
    assert WHERE in photo_with_place()
    async with await fresh_visitor(stage) as visitor:
        door, path = {"person": (person, "/api/v1/files"), "visitor": (visitor, "/visitor/v1/files")}[what]
        stored = (await sent(door, path, "photo.jpg", photo_with_place())).json()
        served = await door.get(stored["url"])
    assert served.status_code == 200
    assert b"CANARY" not in served.content
    assert b"Canary" not in served.content
    assert Image.open(io.BytesIO(served.content)).size == (40, 30)


@pytest.mark.parametrize(
    ("name", "data", "disposition"),
    [
        ("a.png", picture(), "inline"),
        ("a.jpg", picture("JPEG"), "inline"),
        ("a.txt", b"oolong", "attachment"),
        ("a.csv", b"=HYPERLINK(1),b\n", "attachment"),
        ("a.md", b"# x", "attachment"),
        ("a.pdf", b"%PDF-1.4\n%%EOF\n", "attachment"),
        ("a.zip", packed(("a.txt", b"x")), "attachment"),
    ],
    ids=["png", "jpg", "txt", "csv", "md", "pdf", "zip"],
)
async def test_served_files_can_do_nothing(
    stage: Stage, person: httpx.AsyncClient, name: str, data: bytes, disposition: str
) -> None:
    stored = await sent(person, "/api/v1/files", name, data)
    assert stored.status_code == 201, stored.text
    async with stage.door() as anybody:
        served = await anybody.get(stored.json()["url"])
    assert served.status_code == 200
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["content-disposition"].startswith(disposition)
    assert served.headers["content-type"].split(";")[0] == stored.json()["content_type"]
    policy = served.headers["content-security-policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy
    assert "set-cookie" not in served.headers


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
async def test_a_name_is_only_ever_shown(stage: Stage, person: httpx.AsyncClient, name: str) -> None:
    answer = await sent(person, "/api/v1/files", name, b"oolong")
    assert answer.status_code == 201, answer.text
    stored = answer.json()
    assert 0 < len(stored["name"]) <= 120
    assert not set(stored["name"]) & set('/\\\u202e\u200b\x00<>"\n')
    assert stored["name"].endswith(".txt") and not stored["name"].startswith(".")
    assert Path(stored["url"]).name.split(".")[0] not in name
    served = await person.get(stored["url"])
    assert served.content == b"oolong"
    assert "\n" not in served.headers["content-disposition"]


async def test_names_on_disk_are_random_and_inside_the_folder(stage: Stage, person: httpx.AsyncClient) -> None:
    await sent(person, "/api/v1/files", "../../../escaped-canary.txt", b"oolong")
    folder = stage.house.settings.data_path / "files"
    assert "canary" not in str(sorted(folder.rglob("*")))
    assert list(folder.parent.rglob("*canary*")) == []


async def test_without_its_secret_a_file_is_not_there(stage: Stage, person: httpx.AsyncClient) -> None:
    stored = (await sent(person, "/api/v1/files", "a.png", picture(size=(900, 700)))).json()
    url = stored["url"].rsplit(".", 1)[0]
    workspace, file_id, secret = url.removeprefix("/files/").split("/")
    wrong = [
        f"/files/{workspace}/{file_id}/{secret[:-1]}x",
        f"/files/{workspace}/{file_id}/{secret[:-1]}",
        f"/files/{workspace}/{file_id}/{secret}x",
        f"/files/{workspace}/{file_id}/%00",
        f"/files/{workspace}/{file_id}/{secret.swapcase()}",
        f"/files/{workspace}/{file_id}/ü",
        f"/files/{workspace}/{uuid4().hex}/{secret}",
        f"/files/{stage.away.workspace.id.hex}/{file_id}/{secret}",
        f"/files/x/{file_id}/{secret}",
        f"/files/{workspace}/{file_id}/{'x' * 5_000}/thumbnail",
        "/files/../../etc/passwd/x",
        "/files/%2e%2e/%2e%2e/etc",
    ]
    async with stage.door() as anybody:
        for path in wrong:
            answer = await anybody.get(path)
            assert (answer.status_code, problem_of(answer)) == (404, ""), path
        assert (await anybody.get(f"{url}/thumbnail")).status_code == 200


async def test_only_ones_own_files_go_into_a_message(stage: Stage, person: httpx.AsyncClient) -> None:
    conversation = f"/api/v1/conversations/{stage.home.ids['conversation_id']}/messages"
    async with await fresh_visitor(stage) as visitor, await stage.signed_in(Role.AGENT, company=stage.away) as stranger:
        foreign = (await sent(stranger, "/api/v1/files", "a.txt", b"x")).json()["id"]
        of_visitor = (await sent(visitor, "/visitor/v1/files", "a.txt", b"x")).json()["id"]
        of_person = (await sent(person, "/api/v1/files", "a.txt", b"x")).json()["id"]
        for file_id in (foreign, of_visitor, str(uuid4())):
            answer = await person.post(conversation, json={"client_id": uuid4().hex, "text": "x", "attachments": [file_id]})
            assert (answer.status_code, problem_of(answer)) == (404, "")
        for file_id in (foreign, of_person, str(uuid4())):
            body = {"client_id": uuid4().hex, "text": "x", "attachments": [file_id]}
            answer = await visitor.post("/visitor/v1/messages", json=body)
            assert (answer.status_code, problem_of(answer)) == (404, "")
        own = {"client_id": uuid4().hex, "text": "x", "attachments": [of_visitor]}
        assert (await visitor.post("/visitor/v1/messages", json=own)).status_code == 201


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"files": [("file", (f"{number}.txt", b"x")) for number in range(2_000)]},
        {"data": {"file": "not a file"}},
        {"content": b"--x", "headers": FORM},
        {"content": b"x" * 100, "headers": {"Content-Type": "multipart/form-data"}},
        {
            "content": b'--x\r\nContent-Disposition: form-data; name=file; filename="\r\n',
            "headers": FORM,
        },
    ],
    ids=["nothing", "two thousand", "a text", "cut", "no boundary", "cut header"],
)
@pytest.mark.parametrize("path", ["/api/v1/files", "/visitor/v1/files", "/api/v1/knowledge/imports"])
async def test_a_form_that_is_none_is_refused(stage: Stage, path: str, form: dict[str, object]) -> None:
    async with await stage.signed_in(Role.EDITOR) as editor, await fresh_visitor(stage) as visitor:
        door = visitor if path.startswith("/visitor") else editor
        answer = await door.post(path, **form)  # type: ignore[arg-type]
    assert 400 <= answer.status_code < 500, answer.text
    assert problem_of(answer) == ""


# The framework leaves the half-read file to the garbage collector, which closes it and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", ["/api/v1/files", "/visitor/v1/files"])
async def test_a_form_without_end_is_cut_off(stage: Stage, person: httpx.AsyncClient, path: str) -> None:
    taken = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        while True:
            taken += 1
            yield b"a" * 1_000_000

    async with await fresh_visitor(stage) as visitor:
        door = visitor if path.startswith("/visitor") else person
        answer = await door.post(path, content=without_end(), headers=FORM)
    gc.collect()
    assert (answer.status_code, problem_of(answer)) == (413, "")
    assert taken < 25


async def test_a_colleagues_browser_keeps_no_file_and_a_shared_cache_nobodys(stage: Stage, person: httpx.AsyncClient) -> None:
    """What a customer sent stays in their own browser for as long as it likes; past a desk many people's files go by."""
    visitor = await fresh_visitor(stage)
    async with visitor, stage.door() as anybody:
        stored = (await sent(visitor, "/visitor/v1/files", "pot.png", picture(size=(900, 700)))).json()
        for path in (stored["url"], f"{stored['url']}/thumbnail"):
            kept = [(await one.get(path)).headers["cache-control"] for one in (person, visitor, anybody)]
            part = await person.get(path, headers={"Range": "bytes=0-9"})
            assert kept == ["no-store", "private, max-age=31536000, immutable", "private, max-age=31536000, immutable"]
            assert part.headers["cache-control"] == "no-store"
