"""How one signs in at both servers: encrypted, at whom one meant, with passwords or tokens that are fetched again once."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from qiao.channels.email_imap.adapter import Adapter
from qiao.channels.email_imap.signing_in import server
from qiao.channels.email_imap.tests.letters import CONVERSATION, CUSTOMER, inbox
from qiao.channels.email_imap.watching import MailboxAway
from qiao.channels.registry import read_manifest
from qiao.ports.channel import NeedsReauth, OutboundMessage, Retry, Sent, WireAnswer, WireFailed, WireRequest
from qiao.ports.testing.wire import MemoryWire

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))
LETTER = OutboundMessage(key="k", conversation_id=CONVERSATION, to=CUSTOMER, text="您好", by_person=True)
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class HereWire(MemoryWire):
    """Every name leads to this machine; tokens are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched = 0

    async def address(self, host: str, port: int) -> str:
        return "127.0.0.1"

    async def request(self, asked: WireRequest) -> WireAnswer:
        self.fetched += 1
        return WireAnswer(200, {}, b'{"access_token": "t%d"}' % self.fetched)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for mx.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.example")])
    now = dt.datetime.now(dt.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    built = built.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("mx.example"), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
    signed = built.add_extension(names, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "mx.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return path


@asynccontextmanager
async def listening(talk: Talk, certificate: Path | None = None) -> AsyncIterator[int]:
    """A server on loopback that talks like this: its port."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    opened = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    yield opened.sockets[0].getsockname()[1]
    opened.close()
    await opened.wait_closed()


def says(answers: dict[bytes, bytes], heard: list[bytes], hello: bytes) -> Talk:
    """Answers by the words in a line, "OK" otherwise; a tag stands where T does."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(hello)
        while line := await reader.readline():
            heard.append(line)
            told = next((answer for words, answer in answers.items() if words in line.upper()), b"250 OK\r\n")
            writer.write(told.replace(b"T ", line.split()[0] + b" ") if line.split() else told)
            await writer.drain()
        writer.close()

    return talk


SMTP = {b"EHLO": b"250-mx\r\n250 AUTH PLAIN\r\n", b"AUTH": b"235 OK\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


async def test_with_a_certificate_of_its_name_it_is_talked_to(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    heard: list[bytes] = []
    async with listening(says({**SMTP, b".\r\n": b"250 taken\r\n"}, heard, b"220 mx\r\n"), certificate) as port:
        sent = await ADAPTER.send(LETTER, inbox(smtp_host=f"mx.example:{port}", smtp_security="tls"), HereWire())
    assert isinstance(sent, Sent)
    assert any(line.startswith(b"AUTH PLAIN") for line in heard)


@pytest.mark.parametrize(("trusted", "name"), [(False, "mx.example"), (True, "other.example")])
async def test_with_any_other_not_a_word_is_said(certificate: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, name: str):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate) if trusted else "/dev/null")
    heard: list[bytes] = []
    async with listening(says(SMTP, heard, b"220 mx\r\n"), certificate) as port:
        hosts = {"smtp_host": f"{name}:{port}", "imap_host": f"{name}:{port}"}
        assert await ADAPTER.send(LETTER, inbox(**hosts), HereWire()) == Retry(300.0, "tls")
        with pytest.raises(MailboxAway):
            await ADAPTER.listen(inbox(**hosts), HereWire(), lambda _: asyncio.sleep(0))
    assert heard == []


async def test_a_server_that_takes_encryption_back_hears_no_password():
    heard: list[bytes] = []
    answers = {b"EHLO": b"250-mx\r\n250 AUTH PLAIN\r\n", b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nT OK done\r\n"}
    async with listening(says(answers, heard, b"* OK ready\r\n")) as port:
        with pytest.raises(MailboxAway):
            where = inbox(imap_host=f"mx.example:{port}", imap_security="starttls")
            await ADAPTER.listen(where, HereWire(), lambda _: asyncio.sleep(0))
    async with listening(says(answers, heard, b"220 mx\r\n")) as port:
        where = inbox(smtp_host=f"mx.example:{port}", smtp_security="starttls")
        assert await ADAPTER.send(LETTER, where, HereWire()) == NeedsReauth("smtp_sign_in_impossible")
    assert not any(b"AUTH" in line or b"LOGIN" in line for line in heard)


async def test_a_mailbox_by_token_fetches_a_fresh_one_once():
    wire, heard, came = HereWire(), list[bytes](), list[Any]()
    capable = b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\nT OK done\r\n"
    answers = {
        b"CAPABILITY": capable,
        b"AUTHENTICATE": b"T NO [AUTHENTICATIONFAILED] expired\r\n",
        b"LOGOUT": b"* BYE\r\nT OK done\r\n",
    }

    async def keep(receipt: Any) -> None:
        came.append(receipt)

    async with listening(says(answers, heard, b"* OK ready\r\n")) as port:
        where = inbox(
            imap_host=f"mx.example:{port}", imap_security="none", auth="oauth2", oauth_token_url="https://login.example/t"
        )
        await asyncio.wait_for(
            ADAPTER.listen(msgspec.structs.replace(where, secrets={"oauth_refresh_token": "r"}), wire, keep), 5
        )
    assert wire.fetched == 2
    assert [one.query for one in came] == [{"broken": "imap_credentials_refused"}]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"imap_host": "mx.example"}, ("mx.example", 993, "tls")),
        ({"imap_host": "mx.example", "imap_security": "starttls"}, ("mx.example", 143, "starttls")),
        ({"imap_host": "mx.example:1993"}, ("mx.example", 1993, "tls")),
        ({"imap_host": " MX.example ", "imap_security": "none"}, ("mx.example", 143, "none")),
        ({"imap_host": "[::1]:1143", "imap_security": "none"}, ("::1", 1143, "none")),
    ],
)
async def test_where_a_server_is(settings: dict[str, str], expected: tuple[str, int, str]):
    found = await server(inbox(**settings), HereWire(), "imap")
    assert (found.host, found.port, found.security) == expected
    assert found.ip == "127.0.0.1"


@pytest.mark.parametrize("written", ["", "mx.example:x", "mx.example:99999", ":25", "mx.example:0x19"])
async def test_what_names_no_server_is_refused(written: str):
    with pytest.raises(WireFailed):
        await server(inbox(imap_host=written), HereWire(), "imap")
