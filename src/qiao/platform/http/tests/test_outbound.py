"""Requests to addresses that somebody typed: the table of targets of the attack list, rebinding, redirects, and every bad answer."""

import asyncio
import ipaddress
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.http.outbound import (
    AddressRefused,
    Outbound,
    OutboundFailed,
    OutboundRequest,
    checked_url,
    is_near,
    is_outside,
)

pytestmark = pytest.mark.slow

MALFORMED = [
    "", "//evil.example/", "file:///etc/passwd", "gopher://x.example/", "ftp://x.example/", "javascript:alert(1)", "http://",
    "http:///path", "http://a@127.0.0.1/", "http://user:pass@shop.example/", "http://shop.example:0/", "http://shop.example:99999/",
    "http://shop.example\\@127.0.0.1/", "http://shop.example/#part", "http://shop .example/", "http://shop.example/\r\nX: 1",
    "http://2130706433/", "http://0x7f.1/", "http://017700000001/", "http://127.1/", "http://0x7f000001/", "http://[::1", "http://-x/",
    "http://[fe80::1%25eth0]/", "http://" + "a" * 64 + ".example/", "http://" + "a." * 200 + "example/", "http://x.example/" + "a" * 2_000,
    "http://[::ffff:127.0.0.1%lo]/", "http://..example/", "http://shop_\x00.example/", "http://shop..example/",
]  # fmt: skip
INSIDE = [
    "127.0.0.1", "127.255.0.9", "10.0.0.1", "172.16.3.4", "192.168.1.1", "0.0.0.0", "100.64.0.1", "169.254.169.254", "192.0.2.1",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fd00::1", "fe80::1",
    "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1", "2001::1", "::7f00:1", "2001:db8::1", "fec0::1",
    "192.0.0.192", "192.88.99.1", "3fff::1", "5f00::1",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]
NEVER = [
    "0.0.0.0",
    "192.0.0.192",
    "169.254.169.254",
    "fe80::1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
]


def resolving(*addresses):
    """Names lead to these addresses, in turn when several lists are given."""
    asked = []

    async def resolve(host, port):
        asked.append((host, port))
        return addresses

    resolve.asked = asked
    return resolve


@asynccontextmanager
async def saying(*parts, pause=0.0):
    """A server that answers anything with these bytes; gives its port and what it was sent."""
    heard = []

    async def answer(reader, writer):
        try:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            for part in parts:
                await asyncio.sleep(pause)
                writer.write(part)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


def http(body=b"{}", status="200 OK", *headers):
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def near() -> Outbound:
    return Outbound(allow_private=True, resolve=resolving("127.0.0.1"))


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_not_a_plain_address_is_refused_by_its_text(url):
    with pytest.raises(AddressRefused):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://Shop.Example/qiao?x=1", "shop.example", 443, "/qiao?x=1"),
        ("http://shop.example.:8080", "shop.example", 8080, "/"),
        ("https://茶.example/a", "xn--cl1a.example", 443, "/a"),
        ("http://127。0。0。1/", "127.0.0.1", 80, "/"),
        ("http://[2606:4700::1]:81/", "2606:4700::1", 81, "/"),
    ],
)
def test_an_address_is_taken_apart_as_it_will_be_used(url, host, port, path):
    target = checked_url(url)
    assert (target.host, target.port, target.path) == (host, port, path)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text):
    for url in (text, f"http://{text}", f"https://shop.example/{text}"):
        try:
            assert checked_url(url).scheme in {"http", "https"}
        except AddressRefused:
            continue


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_counts_as_outside(address):
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_public_internet_is_outside_and_not_near(address):
    assert is_outside(ipaddress.ip_address(address))
    assert not is_near(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_asked_whatever_is_allowed(address):
    assert not is_near(ipaddress.ip_address(address))


@given(st.ip_addresses())
def test_no_address_is_both(address):
    assert not (is_outside(address) and is_near(address))


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(address):
    with pytest.raises(AddressRefused):
        await Outbound(resolve=resolving(address)).send(OutboundRequest(url="https://shop.example/"))


async def test_one_address_inside_makes_the_whole_name_suspect():
    with pytest.raises(AddressRefused):
        await Outbound(resolve=resolving("93.184.216.34", "10.0.0.7")).send(OutboundRequest(url="https://shop.example/"))


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]", "localhost", "localhost.", "10.1.2.3", "[::ffff:127.0.0.1]"])
async def test_addresses_of_this_machine_and_its_net_are_refused_as_they_are(address):
    with pytest.raises(AddressRefused):
        await Outbound().send(OutboundRequest(url=f"http://{address}:9/"))


@pytest.mark.fault("F-N14")
async def test_a_name_that_does_not_exist_gives_the_same_answer_as_one_that_is_refused():
    async def unknown(host, port):
        raise OSError("no such host")

    said = []
    for resolve in (unknown, resolving("10.0.0.1"), resolving("169.254.169.254"), resolving(), resolving("noise")):
        with pytest.raises(AddressRefused) as refused:
            await Outbound(resolve=resolve).send(OutboundRequest(url="http://shop.example/"))
        said.append((refused.value.message, refused.value.details))
    assert said == [said[0]] * 5


async def test_link_local_is_refused_even_when_private_is_allowed():
    with pytest.raises(AddressRefused):
        await Outbound(allow_private=True, resolve=resolving("169.254.169.254")).send(OutboundRequest(url="http://meta.example/"))


@pytest.mark.fault("F-N14")
async def test_the_request_goes_to_the_address_that_was_judged_under_the_host_s_own_name():
    """The name is asked for once: what it leads to a moment later is not asked (DNS rebinding)."""
    resolve = resolving("127.0.0.1")
    async with saying(http(b'{"ok":1}')) as (port, heard):
        answer = await Outbound(allow_private=True, resolve=resolve).send(
            OutboundRequest(url=f"http://shop.example:{port}/q?a=1", headers={"X-One": "1"}, body=b"hello")
        )
    assert (answer.status, answer.body) == (200, b'{"ok":1}')
    assert resolve.asked == [("shop.example", port)]
    head = heard[0].decode()
    assert head.startswith("POST /q?a=1 HTTP/1.1\r\n")
    assert f"Host: shop.example:{port}\r\n" in head
    assert "X-One: 1\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


async def test_redirects_are_answers_and_are_not_followed():
    async with saying(http(b"", "302 Found", "Location: http://127.0.0.1:1/inside")) as (port, heard):
        answer = await near().send(OutboundRequest(url=f"http://shop.example:{port}/"))
    assert (answer.status, len(heard)) == (302, 1)


async def test_no_proxy_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with saying(http()) as (port, _):
        assert (await near().send(OutboundRequest(url=f"http://shop.example:{port}/"))).status == 200


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"x"), "too_large"),
        ((b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *[b"x" * 4_000] * 20), "too_large"),
        ((b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",), "compressed"),
        ((b"not http at all\r\n\r\n",), "broken"),
        ((), "broken"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",), "broken"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",), "broken"),
    ],
)
async def test_a_bad_answer_is_no_answer(parts, reason):
    async with saying(*parts) as (port, _):
        with pytest.raises(OutboundFailed) as failed:
            await near().send(OutboundRequest(url=f"http://shop.example:{port}/", max_bytes=20_000))
    assert failed.value.details["reason"] == reason


@pytest.mark.fault("F-C10")
async def test_a_slow_drip_ends_with_the_time():
    parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 100]
    async with saying(*parts, pause=0.05) as (port, _):
        began = asyncio.get_running_loop().time()
        with pytest.raises(OutboundFailed) as failed:
            await near().send(OutboundRequest(url=f"http://shop.example:{port}/", timeout=0.3))
    assert failed.value.details["reason"] == "timeout"
    assert asyncio.get_running_loop().time() - began < 2


@pytest.mark.fault("F-N14")
async def test_a_slow_name_ends_with_the_time_too():
    async def never(host, port):
        await asyncio.sleep(30)
        return ["127.0.0.1"]

    with pytest.raises(OutboundFailed):
        await Outbound(resolve=never).send(OutboundRequest(url="http://shop.example/", timeout=0.05))


@pytest.mark.fault("F-N14")
async def test_nobody_listening_and_somebody_without_tls_are_told_apart_by_reason_alone():
    async with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, _):
        with pytest.raises(OutboundFailed) as plain:
            await near().send(OutboundRequest(url=f"https://shop.example:{port}/", timeout=2))
    with pytest.raises(OutboundFailed) as nobody:
        await near().send(OutboundRequest(url=f"http://shop.example:{port}/", timeout=2))
    assert plain.value.message == nobody.value.message
    assert nobody.value.details["reason"] == "connect"


async def test_headers_that_would_break_the_line_are_not_sent():
    async with saying(http()) as (port, heard):
        with pytest.raises(OutboundFailed):
            await near().send(OutboundRequest(url=f"http://shop.example:{port}/", headers={"X-Note": "a\r\nX-Evil: 1"}))
    assert not any(b"X-Evil" in one for one in heard)


async def test_the_certificate_asked_for_is_the_host_s_and_not_the_address_s():
    """The name stands in the first bytes of the handshake (SNI), though the connection goes to an address."""
    heard = []

    async def listen(reader, writer):
        heard.append(await reader.read(4_096))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OutboundFailed):
            await near().send(OutboundRequest(url=f"https://shop.example:{port}/", timeout=2))
    assert b"shop.example" in heard[0]
    assert b"127.0.0.1" not in heard[0]
