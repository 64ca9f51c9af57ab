"""Files: no row without bytes, no bytes without the secret, pictures small where that helps."""

import io
import re
from uuid import UUID, uuid4

import obstore
import pytest
from obstore.store import MemoryStore
from PIL import Image

from qiao.kit.errors import QiaoError
from qiao.platform.blobs.files import PICTURE_OVER, FileNotFound, Files, FileStoreAway, open_store

pytestmark = pytest.mark.database


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def files(database, store) -> Files:
    return Files(database, store)


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (31, 122, 109)).save(out, kind)
    return out.getvalue()


def parts_of(url: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"/files/([0-9a-f]{32})/([0-9a-f]{32})/([\w-]{43})(\.\w+|/thumbnail)?", url)
    assert found, url
    return found[1], found[2], found[3]


@pytest.fixture
def keep(files, database, workspace):
    async def keep(name: str, data: bytes, owner=None):
        async with database.scope(workspace.id) as scope:
            return await files.store(scope, name, data, owner=owner)

    return keep


async def test_what_is_stored_is_served_behind_its_secret(files, keep, workspace):
    stored = await keep("清单.txt", "乌龙 oolong".encode())
    _, _, secret = parts_of(stored.url)
    content = await files.read(workspace.id, stored.id, secret, small=False)
    assert (content.data.decode(), content.name) == ("乌龙 oolong", "清单.txt")
    assert (stored.size, stored.thumbnail_url, stored.width) == (len("乌龙 oolong".encode()), None, None)


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "../../etc/passwd", "秘密"])
async def test_a_wrong_secret_finds_nothing(files, keep, workspace, secret):
    stored = await keep("a.txt", b"tea")
    with pytest.raises(FileNotFound):
        await files.read(workspace.id, stored.id, secret, small=False)


async def test_another_company_finds_nothing_even_with_the_secret(files, keep):
    stored = await keep("a.txt", b"tea")
    with pytest.raises(FileNotFound):
        await files.read(uuid4(), stored.id, parts_of(stored.url)[2], small=False)


async def test_a_large_picture_gets_a_small_one(files, keep, workspace):
    stored = await keep("茶.png", picture(1200, 800))
    assert (stored.content_type, stored.width, stored.height) == ("image/png", 1200, 800)
    assert stored.thumbnail_url == stored.url.removesuffix(".png") + "/thumbnail"
    small = await files.read(workspace.id, stored.id, parts_of(stored.url)[2], small=True)
    assert small.content_type == "image/webp"
    assert max(Image.open(io.BytesIO(small.data)).size) <= PICTURE_OVER


async def test_a_small_picture_is_its_own(files, keep, workspace):
    stored = await keep("dot.png", picture(20, 10))
    assert stored.thumbnail_url is None
    with pytest.raises(FileNotFound):
        await files.read(workspace.id, stored.id, parts_of(stored.url)[2], small=True)


async def test_a_picture_is_cleaned_of_what_it_tells_beside(files, keep, workspace):
    out, tags = io.BytesIO(), Image.Exif()
    tags[0x010E] = "taken at home: canary-4417"
    Image.new("RGB", (30, 30)).save(out, "JPEG", exif=tags)
    stored = await keep("me.jpg", out.getvalue())
    content = await files.read(workspace.id, stored.id, parts_of(stored.url)[2], small=False)
    assert b"canary-4417" in out.getvalue()
    assert b"canary-4417" not in content.data


@pytest.mark.fault("F-S12")
async def test_what_is_refused_leaves_neither_row_nor_bytes(keep, database, workspace, store):
    with pytest.raises(QiaoError):
        await keep("evil.exe", b"MZ\x90\x00" + b"\x00" * 200)
    async with database.across() as connection:
        assert await connection.fetchval("select count(*) from files where workspace_id = $1", workspace.id) == 0
    assert [one async for page in store.list() for one in page] == []


@pytest.mark.fault("F-S12")
async def test_no_row_is_written_when_the_bytes_were_not(keep, database, workspace, monkeypatch):
    async def full(*_arguments):
        raise OSError("no space left")

    monkeypatch.setattr(obstore, "put_async", full)
    with pytest.raises(FileStoreAway) as away:
        await keep("a.txt", b"tea")
    assert (away.value.status, away.value.details) == (503, {"retry_after": 30})
    async with database.across() as connection:
        assert await connection.fetchval("select count(*) from files where workspace_id = $1", workspace.id) == 0


@pytest.mark.fault("F-S12")
async def test_bytes_that_were_lost_are_no_such_file(files, keep, workspace, store):
    stored = await keep("a.txt", b"tea")
    for page in [page async for page in store.list()]:
        await store.delete_async([one["path"] for one in page])
    with pytest.raises(FileNotFound):
        await files.read(workspace.id, stored.id, parts_of(stored.url)[2], small=False)


async def test_files_come_in_the_order_asked_for_and_to_their_owner_alone(files, keep, database, workspace):
    me, other = uuid4(), uuid4()
    first, second, theirs = await keep("1.txt", b"1", me), await keep("2.txt", b"2", me), await keep("3.txt", b"3", other)
    async with database.scope(workspace.id) as scope:
        assert [one.id for one in await files.by_ids(scope, [second.id, first.id], owner=me)] == [second.id, first.id]
        assert [one.id for one in await files.by_ids(scope, [theirs.id])] == [theirs.id]
        for ids in ([first.id, theirs.id], [uuid4()]):
            with pytest.raises(FileNotFound):
                await files.by_ids(scope, ids, owner=me)


async def test_a_folder_is_made_when_it_is_not_there(tmp_path, database, workspace):
    folder = tmp_path / "new" / "files"
    files = Files(database, open_store("", folder))
    async with database.scope(workspace.id) as scope:
        stored = await files.store(scope, "a.txt", b"tea", owner=None)
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    assert names == [stored.id.hex]


async def test_over_the_front_door(door):
    agent, stranger = await door("agent"), await door()
    made = await agent.post("/api/v1/files", files={"data": ("茶.png", picture(1000, 20), "text/html")})
    assert made.status_code == 201
    stored = made.json()
    assert stored["content_type"] == "image/png"
    answer = await stranger.get(stored["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("inline")
    assert (await stranger.get(stored["thumbnail_url"])).headers["content-type"] == "image/webp"


PARTS = {
    "bytes=0-3": (206, b"0123", "bytes 0-3/10"),
    "bytes=4-": (206, b"456789", "bytes 4-9/10"),
    "bytes=-3": (206, b"789", "bytes 7-9/10"),
    "bytes=-99": (206, b"0123456789", "bytes 0-9/10"),
    "bytes=8-99": (206, b"89", "bytes 8-9/10"),
    "bytes=10-": (416, b"", "bytes */10"),
    "bytes=5-2": (416, b"", "bytes */10"),
    **dict.fromkeys(("bytes=0-1,4-5", "bytes=-", "lines=1-2", "bytes=x-1"), (200, b"0123456789", None)),
}


async def test_a_player_gets_the_part_it_asks_for(door):
    agent, stranger = await door("agent"), await door()
    stored = (await agent.post("/api/v1/files", files={"data": ("digits.txt", b"0123456789", "text/plain")})).json()
    answers = {wanted: await stranger.get(stored["url"], headers={"Range": wanted}) for wanted in PARTS}
    assert {wanted: (one.status_code, one.content, one.headers.get("content-range")) for wanted, one in answers.items()} == PARTS
    assert {one.headers.get("accept-ranges") for one in answers.values() if one.status_code != 416} == {"bytes"}


async def test_a_page_is_refused_and_a_text_stays_a_text(door):
    agent = await door("agent")
    refused = await agent.post("/api/v1/files", files={"data": ("a.txt", b"<script>alert(1)</script>", "text/plain")})
    assert refused.status_code in {415, 422}
    made = await agent.post("/api/v1/files", files={"data": ("a.html.txt", b"1 < 2", "text/html")})
    answer = await agent.get(made.json()["url"])
    assert answer.headers["content-type"].startswith("text/plain")
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/files/x/y/z", "/files/0/0/0", f"/files/{UUID(int=7).hex}/{UUID(int=7).hex}/secret", "/files/%00/a/b"]
)
async def test_made_up_addresses_are_not_found(door, path):
    answer = await (await door()).get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "files.not_found")


async def test_strangers_store_nothing(door):
    answer = await (await door()).post("/api/v1/files", files={"data": ("a.txt", b"x")})
    assert answer.status_code == 401
