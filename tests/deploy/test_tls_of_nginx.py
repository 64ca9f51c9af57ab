"""A real nginx with our own listen.conf and a certificate of the test: what it takes and refuses, and where it sends those without TLS."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from certificate import own_certificate
from support.desk import free_port
from support.nginx import DEPLOY, PROGRAM, Proxy, behind_nginx

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")]

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nStrict-Transport-Security: max-age=1\r\n\r\nhi"
OLD = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1]
NEW = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A node that says the same to everything."""
    while await reader.readline() not in {b"\r\n", b""}:
        pass
    writer.write(ANSWER)
    writer.close()


@pytest.fixture(scope="module")
def plain() -> int:
    return free_port()


@pytest.fixture(scope="module")
async def proxy(tmp_path_factory: pytest.TempPathFactory, plain: int) -> AsyncIterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    own_certificate(folder / "tls")
    listen = (DEPLOY / "nginx" / "listen.conf").read_text()
    listen = listen.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace("listen 443 ssl;", "listen {} ssl;")
    node = await asyncio.start_server(answered, "127.0.0.1", 0)
    port = node.sockets[0].getsockname()[1]
    async with node, behind_nginx(folder, [port, port], listen) as proxy:
        proxy.certificate = folder / "tls" / "desk.crt"
        yield proxy


async def shaken(proxy: Proxy, version: ssl.TLSVersion, ciphers: str = "ALL:@SECLEVEL=0") -> str:
    """Which version the two agreed on. Raises OSError when they did not."""
    context = ssl.create_default_context(cafile=str(proxy.certificate))
    context.minimum_version = context.maximum_version = version
    context.set_ciphers(ciphers)
    _reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, ssl=context)
    agreed = writer.get_extra_info("ssl_object").version()
    writer.close()
    return agreed


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_only_tls_1_2_and_1_3_are_spoken(proxy: Proxy) -> None:
    assert [await shaken(proxy, one) for one in NEW] == ["TLSv1.2", "TLSv1.3"]
    for version in OLD:
        with pytest.raises(OSError, match=r"ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL"):
            await shaken(proxy, version)


@pytest.mark.parametrize("ciphers", ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "NULL"])
async def test_ciphers_that_notice_nothing_or_remember_keys_are_refused(proxy: Proxy, ciphers: str) -> None:
    with pytest.raises(OSError, match="HANDSHAKE_FAILURE"):
        await shaken(proxy, ssl.TLSVersion.TLSv1_2, f"{ciphers}:@SECLEVEL=0")


async def test_whoever_comes_without_is_sent_to_the_same_page_by_tls(plain: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plain}") as client:
        for path in ("/", "/help/a?b=c", "/live", "/metrics", "/app/assets/x.js"):
            told = await client.get(path, headers={"host": "desk.example.com"})
            assert (told.status_code, told.headers["location"]) == (301, f"https://desk.example.com{path}")


async def test_every_answer_says_once_that_there_is_only_tls_from_now_on(proxy: Proxy) -> None:
    context = ssl.create_default_context(cafile=str(proxy.certificate))
    async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{proxy.port}", verify=context) as client:
        answers = [await client.get(path) for path in ("/", "/metrics")]
    assert [one.status_code for one in answers] == [200, 404]
    kept = [one.headers.get_list("strict-transport-security") for one in answers]
    assert kept == [["max-age=31536000; includeSubDomains"]] * 2
