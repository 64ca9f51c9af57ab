"""Files in S3: kept, served and cleaned as in a folder; a store that is away or wrong is said to be, and loses no row."""

import io

import httpx
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from qiao.platform.blobs.files import Files, FileStoreAway, open_store

pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def s3():
    """A real S3 interface on loopback, with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/shop-files").raise_for_status()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def pointed(s3, monkeypatch):
    """The environment of a program that keeps its files there."""
    names = {"AWS_ENDPOINT_URL": s3, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    for name, value in {**names, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def in_bucket(pointed, database, tmp_path):
    def in_bucket(url: str) -> Files:
        return Files(database, open_store(url, tmp_path))

    return in_bucket


async def keep(files, database, workspace, name, data):
    async with database.scope(workspace.id) as scope:
        return await files.store(scope, name, data, owner=None)


def secret_of(url: str) -> str:
    return url.split("/")[4].split(".", maxsplit=1)[0]


async def test_a_file_is_kept_under_its_prefix_and_served(in_bucket, database, workspace, s3, tmp_path):
    files = in_bucket("s3://shop-files/desk")
    stored = await keep(files, database, workspace, "清单.txt", "乌龙 oolong".encode())
    content = await files.read(workspace.id, stored.id, secret_of(stored.url), small=False)
    assert (content.data.decode(), content.name) == ("乌龙 oolong", "清单.txt")
    listing = httpx.get(f"{s3}/shop-files?list-type=2&prefix=desk/{workspace.id.hex}").text
    assert listing.count("<Key>") == 1
    assert stored.id.hex in listing
    assert list(tmp_path.iterdir()) == []


async def test_a_picture_has_its_small_one_there_too(in_bucket, database, workspace):
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), "teal").save(out, "PNG")
    files = in_bucket("s3://shop-files/desk")
    stored = await keep(files, database, workspace, "茶.png", out.getvalue())
    small = await files.read(workspace.id, stored.id, secret_of(stored.url), small=True)
    assert (small.content_type, Image.open(io.BytesIO(small.data)).width) == ("image/webp", 640)
    assert await files.bytes_of(workspace.id, stored.id)


@pytest.mark.fault("F-S12")
async def test_a_bucket_that_is_not_there_keeps_nothing_and_says_so(in_bucket, database, workspace):
    with pytest.raises(FileStoreAway) as away:
        await keep(in_bucket("s3://no-such-bucket"), database, workspace, "a.txt", b"tea")
    assert away.value.status == 503
    assert "secret" not in str(away.value)
    async with database.across() as connection:
        assert await connection.fetchval("select count(*) from files where workspace_id = $1", workspace.id) == 0


async def test_a_store_that_is_away_is_not_waited_for_long(in_bucket, pointed, database, workspace):
    pointed.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(FileStoreAway):
        await keep(in_bucket("s3://shop-files"), database, workspace, "a.txt", b"tea")
