"""What opens a connection: one client for addresses that somebody typed, and a short list of what speaks to a place the operator named."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import ROOT, SOURCE, nodes, python_files

pytestmark = pytest.mark.slow

OPENERS = frozenset({
    "AsyncClient", "Client", "AsyncHTTPTransport", "HTTPTransport", "ClientSession", "urlopen", "create_connection", "open_connection",
    "open_unix_connection", "create_unix_connection", "create_datagram_endpoint", "create_pool", "HTTPConnection", "HTTPSConnection",
    "SMTP", "SMTP_SSL", "IMAP4", "IMAP4_SSL", "POP3", "FTP", "Telnet", "getaddrinfo", "gethostbyname", "sock_connect", "from_url",
})  # fmt: skip
CONNECTING = frozenset({"asyncpg", "nats", "websockets", "aiohttp", "sockets", "socket"})
"""Modules whose `connect`, or whose `socket`, leads somewhere."""
IMPORTED = frozenset(
    {"aiohttp", "requests", "urllib3", "urllib.request", "http.client", "ftplib", "telnetlib", "poplib", "xmlrpc", "pycurl"}
)

OPERATOR = {
    "platform/http/outbound.py": "the one client: every address is judged before it is connected to",
    "platform/db/*": "the database, which the operator names",
    "platform/bus/*": "the bus of many nodes, which the operator names",
    "platform/jobs/*": "the database",
    "platform/blobs/files.py": "a folder or the operator's own store of files",
    "platform/mail/post.py": "the server of letters to staff, named in the operator's settings and by nobody else",
    "platform/backup/*": "the database and the operator's own store of backups",
    "providers/llm_openai/client.py": "a language model, named in the operator's settings and by nobody else",
    "app/server.py": "listens; connects to nothing",
    "app/replay.py": "a command of the operator: asks the desk it is pointed at",
    "app/doctor*.py": "a command of the operator: tries what the settings name",
}
JUDGED = {
    "channels/shared/lines.py": "web sockets of platforms",
    "channels/email_imap/signing_in.py": "mail servers: judges, for what connects beside it",
    "channels/email_imap/submission.py": "mail servers",
    "channels/email_imap/mailbox.py": "mail servers",
    "channels/sms_smpp/session.py": "message centres of SMS",
}
"""Protocols that are not HTTP: they connect to what `Wire.address` judged, never to a name."""
ELSEWHERE = {
    "channels/custom_api/sdk/qiao_channel.py": "given to companies, for their own programs; this one never runs it",
    "app/phones/*": "simulated phones of the demo, on this machine",
}


def listed(path: Path, *lists: dict[str, str]) -> bool:
    return any(path.relative_to(SOURCE).full_match(pattern) if hasattr(path, "full_match") else path.relative_to(SOURCE).match(pattern)
               for one in lists for pattern in one)  # fmt: skip


def opening(path: Path) -> Iterator[str]:
    """What in a file opens a connection, or brings something whose only use is to."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield from _called(node.func)
        elif isinstance(node, ast.ClassDef):
            yield from (found for one in node.bases for found in _called(one))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (name for name in names if name in IMPORTED)


def _called(function: ast.expr) -> Iterator[str]:
    if isinstance(function, ast.Attribute):
        of = function.value.id if isinstance(function.value, ast.Name) else ""
        if function.attr in OPENERS or (function.attr in {"connect", "socket"} and of in CONNECTING):
            yield f"{of}.{function.attr}"
    elif isinstance(function, ast.Name) and function.id in OPENERS:
        yield function.id


def test_nothing_opens_a_connection_but_the_one_client_and_what_is_listed() -> None:
    wrong = {
        str(path.relative_to(ROOT)): sorted(set(found))
        for path in python_files()
        if not listed(path, OPERATOR, JUDGED, ELSEWHERE)
        and not path.name.startswith("simulator")
        and (found := list(opening(path)))
    }
    assert wrong == {}


def test_every_name_on_the_list_still_opens_something() -> None:
    files = {path: list(opening(path)) for path in python_files()}
    for pattern in (*OPERATOR, *JUDGED):
        of = [path for path in files if listed(path, {pattern: ""})]
        asks = pattern in {"channels/email_imap/signing_in.py", "platform/jobs/*"}
        assert of and (asks or any(files[path] for path in of)), pattern


def test_what_is_not_http_connects_to_a_judged_address() -> None:
    """In each family of files that connect by themselves somebody asks `Wire.address` first."""
    for folder in {str(Path(name).parent) for name in JUDGED}:
        texts = [path.read_text(encoding="utf-8") for path in python_files() if str(path.parent.relative_to(SOURCE)) == folder]
        assert any("wire.address(" in text for text in texts), folder


@pytest.mark.parametrize(
    "code",
    [
        "import httpx\nhttpx.AsyncClient()", "import socket\nsocket.socket()", "from urllib.request import urlopen\nurlopen('x')",
        "import asyncio\nasyncio.open_connection('x', 1)", "import requests", "import smtplib\nsmtplib.SMTP('x')",
        "import imaplib\nclass Mine(imaplib.IMAP4): pass", "import websockets\nwebsockets.connect('ws://x')",
    ],
    ids=["httpx", "socket", "urlopen", "stream", "requests", "smtp", "imap", "websocket"],
)  # fmt: skip
def test_the_list_would_see_it(tmp_path: Path, code: str) -> None:
    path = tmp_path / "one.py"
    path.write_text(code, encoding="utf-8")
    assert list(opening(path))
