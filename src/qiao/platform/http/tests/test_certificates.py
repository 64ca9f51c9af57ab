"""Certificates that ran out, are for somebody else or come from nobody are refused; there is no way round them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qiao.platform.http import outbound
from qiao.platform.http.outbound import Outbound, OutboundFailed, OutboundRequest

pytestmark = [pytest.mark.slow, pytest.mark.fault("F-N14")]

NOW = datetime.now(UTC)
HOST = "shop.example"


class Authority:
    """Somebody who signs certificates."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        self.certificate = self._made(
            self.name, self.key, NOW + timedelta(days=1), x509.BasicConstraints(ca=True, path_length=None)
        )

    def _made(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime, more: x509.ExtensionType
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = (
            builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=30)).not_valid_after(until)
        )
        return builder.add_extension(more, critical=False).sign(self.key, hashes.SHA256())

    def server(self, folder: Path, host: str, until: datetime) -> ssl.SSLContext:
        """What a server of this name shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        shown = self._made(subject, key, until, x509.SubjectAlternativeName([x509.DNSName(host)]))
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "server.pem").write_bytes(private + shown.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        return context


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A shop behind a certificate, and what it was asked."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4_096))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], heard
        await asyncio.sleep(0.01)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that the program believes, and nobody else."""
    authority = Authority()
    believes = ssl.create_default_context(cadata=authority.certificate.public_bytes(serialization.Encoding.PEM).decode())
    monkeypatch.setattr(outbound, "_tls", lambda: believes)
    return authority


async def asked(port: int) -> bytes:
    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    request = OutboundRequest(url=f"https://{HOST}:{port}/", body=b"secret")
    return (await Outbound(allow_private=True, resolve=here).send(request)).body


async def test_a_good_certificate_is_taken(trusted: Authority, tmp_path: Path) -> None:
    async with serving(trusted.server(tmp_path, HOST, NOW + timedelta(days=1))) as (port, heard):
        assert await asked(port) == b"ok"
    assert b"secret" in heard[0]


@pytest.mark.parametrize(
    ("host", "days", "known"),
    [(HOST, -1, True), ("other.example", 1, True), (HOST, 1, False)],
    ids=["ran out", "for another", "from nobody"],
)
async def test_a_bad_certificate_is_no_answer_and_learns_nothing(
    trusted: Authority, tmp_path: Path, host: str, days: int, known: bool
) -> None:
    signer = trusted if known else Authority()
    async with serving(signer.server(tmp_path, host, NOW + timedelta(days=days))) as (port, heard):
        with pytest.raises(OutboundFailed) as failed:
            await asked(port)
    assert failed.value.details["reason"] == "tls"
    assert failed.value.details["retry_after"] > 0
    assert not any(b"secret" in one for one in heard)
