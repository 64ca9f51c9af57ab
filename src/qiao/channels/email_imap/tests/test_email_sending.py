"""What a mail of ours looks like to others, and what each end of a conversation with a server means for the reply."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from qiao.channels.email_imap.adapter import Adapter
from qiao.channels.email_imap.composing import compose, subject_of
from qiao.channels.email_imap.tests.letters import CONVERSATION, CUSTOMER, MAILBOX, inbox, letter, read
from qiao.channels.registry import read_manifest
from qiao.ports.channel import (
    Account,
    NeedsReauth,
    OutboundFile,
    OutboundMessage,
    Rejected,
    Retry,
    Sent,
    WireAnswer,
    WireFailed,
    WireRequest,
)
from qiao.ports.testing.wire import MemoryWire

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


def reply(**changes: Any) -> OutboundMessage:
    message = OutboundMessage(key="0190-key", conversation_id=CONVERSATION, to=CUSTOMER, text="已寄出", by_person=True)
    return msgspec.structs.replace(message, **changes)


def written(message: OutboundMessage, *files: tuple[OutboundFile, bytes]) -> EmailMessage:
    raw = compose(message, CUSTOMER, inbox(), files).raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def file(kind: str, name: str, content_type: str, data: bytes) -> tuple[OutboundFile, bytes]:
    return OutboundFile(
        id=UUID(int=9), kind=kind, name=name, content_type=content_type, size=len(data), url="https://x.example"
    ), data


def test_a_mail_is_threaded_named_and_marked():
    customer = read(letter())
    mail = written(
        reply(subject="Re: 回复：一只茶杯", references=["a@b.example", customer.provider_id], reply_to=dict(customer.reply_to))
    )
    assert mail["subject"] == "Re: 一只茶杯"
    assert mail["in-reply-to"] == "<1@example.com>"
    assert mail["references"] == "<a@b.example> <1@example.com>"
    assert mail["from"] == f"兰亭茶器 <{MAILBOX}>"
    assert mail["reply-to"].startswith("help+")
    assert mail["auto-submitted"] is None


def test_the_answer_to_it_comes_back_into_its_conversation():
    mail = written(reply())
    by_name = read(letter(f"In-Reply-To: {mail['message-id']}", body="好的"))
    by_address = read(letter(f"Cc: {mail['reply-to']}", body="好的"))
    assert by_name.conversation_ref == by_address.conversation_ref == str(CONVERSATION)


def test_without_leave_answers_go_to_the_mailbox_itself():
    raw = compose(reply(), CUSTOMER, inbox(plus_address=False), ()).raw
    assert b"Reply-To" not in raw
    assert b"From: =?utf-8?" in raw
    assert f"<{MAILBOX}>".encode() in raw


def test_a_machine_s_mail_says_so_and_repeats_no_stranger_s_words():
    bought = reply(by_person=False, subject="免费领奖 http://evil.example")
    mail = written(bought)
    assert mail["auto-submitted"] == "auto-replied"
    assert mail["subject"] == "兰亭茶器"
    assert subject_of(msgspec.structs.replace(bought, reply_to={"proven": "1"}), inbox()).startswith("Re: 免费")


def test_nothing_a_customer_wrote_becomes_a_header():
    hostile = "x\r\nBcc: all@lanting.example\r\n\r\nbody"
    mail = written(
        reply(subject=hostile, to_name=hostile, references=[hostile, "<>"], quoted=hostile), file("file", hostile, hostile, b"x")
    )
    assert mail["bcc"] is None
    assert mail.defects == []
    assert mail["references"] is None


def test_words_in_two_shapes_pictures_within_and_files_beside():
    mail = written(
        reply(text='看 https://a.example/?x=1&y="2" <b>\n第二行'),
        file("image", "壶.png", "image/png", b"\x89PNG"),
        file("file", "发票.pdf", "application/pdf", b"%PDF"),
        file("file", "x.eml", "message/rfc822", b"From: a"),
    )
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n").rstrip() == '看 https://a.example/?x=1&y="2" <b>\n第二行'
    assert '<a href="https://a.example/?x=1&amp;y=">' in html.get_content()
    assert "&lt;b&gt;" in html.get_content()
    assert 'src="cid:picture-0"' in html.get_content()
    named = {part.get_filename(): part for part in mail.walk() if part.get_filename()}
    assert set(named) == {"壶.png", "发票.pdf", "x.eml"}
    assert named["壶.png"]["content-id"] == "<picture-0>"
    assert named["x.eml"].get_content_type() == "application/octet-stream"


HUGE = OutboundFile(id=UUID(int=1), kind="file", name="x", content_type="a/b", size=30_000_000, url="https://x.example")


class Server:
    """A mail server written by others, that answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.rcpt = self.data = "250 OK"
        self.hold = 0.0
        self.password = b"p"
        self.by_md5 = 0

    async def auth_CRAM__MD5(self, _server: Any, _args: Any) -> AuthResult:  # noqa: N802
        self.by_md5 += 1
        return AuthResult(success=True)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope.content)
        await asyncio.sleep(self.hold)
        return self.data

    def sign_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == self.password, handled=False)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def account(server: Server) -> AsyncIterator[Account]:
    options = {"authenticator": server.sign_in, "auth_required": True, "auth_require_tls": False, "hostname": "mx.example.com"}
    listening = await asyncio.get_running_loop().create_server(lambda: SMTP(server, **options), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield inbox(smtp_host=f"127.0.0.1:{port}", smtp_security="none")
    listening.close()
    await listening.wait_closed()


pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


async def test_another_s_server_takes_it(server: Server, account: Account):
    sent = await ADAPTER.send(reply(), account, MemoryWire())
    assert isinstance(sent, Sent)
    assert f"<{sent.provider_id}>".encode() in server.taken[0]
    assert isinstance(await ADAPTER.send(reply(), account, MemoryWire()), Sent)
    assert f"<{sent.provider_id}>".encode() in server.taken[1]


@pytest.mark.fault("F-C7")
@pytest.mark.parametrize(
    ("step", "answer", "end"),
    [
        ("rcpt", "450 4.2.1 try later", Retry(300.0, "450")),
        ("rcpt", "550 5.1.1 no such user", Rejected("unknown_address")),
        ("rcpt", "550 5.7.1 not wanted", Rejected("blocked")),
        ("rcpt", "530 5.7.0 sign in first", NeedsReauth("smtp_credentials_refused")),
        ("data", "451 4.3.0 try later", Retry(300.0, "451")),
        ("data", "552 5.3.4 too big", Rejected("too_large")),
        ("data", "554 5.6.0 looks like spam", Rejected("554 5.6.0 looks like spam")),
    ],
)
async def test_each_answer_has_its_end(server: Server, account: Account, step: str, answer: str, end: object):
    setattr(server, step, answer)
    assert await ADAPTER.send(reply(), account, MemoryWire()) == end


@pytest.mark.fault("F-C7")
async def test_silence_after_the_dot_is_tried_again_under_the_same_name(
    server: Server, account: Account, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("qiao.channels.email_imap.submission.SECONDS", 0.2)
    server.hold = 0.4
    assert await ADAPTER.send(reply(), account, MemoryWire()) == Retry(60.0, "timeout")
    server.hold = 0.0
    sent = await ADAPTER.send(reply(), account, MemoryWire())
    assert isinstance(sent, Sent)
    assert [f"<{sent.provider_id}>".encode() in one for one in server.taken] == [True, True]


async def test_the_password_is_never_shown_as_an_md5(server: Server, account: Account):
    assert isinstance(await ADAPTER.send(reply(), account, MemoryWire()), Sent)
    assert server.by_md5 == 0


async def test_a_refused_password_is_for_the_admin(server: Server, account: Account):
    server.password = b"another"
    assert await ADAPTER.send(reply(), account, MemoryWire()) == NeedsReauth("smtp_credentials_refused")
    assert await ADAPTER.connect(account, MemoryWire()) == NeedsReauth("smtp_credentials_refused")


async def test_no_server_and_no_certificate(account: Account):
    closed = inbox(smtp_host="127.0.0.1:9", smtp_security="none")
    assert await ADAPTER.send(reply(), closed, MemoryWire()) == Retry(60.0, "connect")
    in_clear = inbox(smtp_host=account.settings["smtp_host"], smtp_security="starttls")
    assert await ADAPTER.send(reply(), in_clear, MemoryWire()) == NeedsReauth("smtp_sign_in_impossible")


async def test_only_near_servers_are_talked_to_in_clear_and_refused_ones_never():
    class Outside(MemoryWire):
        async def address(self, host: str, port: int) -> str:
            return "93.184.216.34"

    class Inside(MemoryWire):
        async def address(self, host: str, port: int) -> str:
            raise WireFailed("refused")

    where = inbox(smtp_host="mx.example", smtp_security="none")
    assert await ADAPTER.send(reply(), where, Outside()) == Rejected("smtp_host_refused")
    assert await ADAPTER.send(reply(), where, Inside()) == Rejected("smtp_host_refused")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"to": "nobody"}, "unknown_address"),
        ({"text": " "}, "empty"),
        ({"text": "长" * 100_001}, "too_long"),
        ({"thread_key": "t"}, "not_allowed"),
        ({"by_person": False, "reply_to": {"automatic": "1"}}, "automatic"),
        ({"files": (HUGE,)}, "too_large"),
    ],
)
async def test_what_cannot_go_is_refused_before_the_wire(changes: dict[str, Any], reason: str):
    assert await ADAPTER.send(reply(**changes), inbox(smtp_host="127.0.0.1:9", smtp_security="none"), MemoryWire()) == Rejected(
        reason
    )


@pytest.mark.fault("F-C6")
async def test_two_machines_stop_writing_to_each_other(server: Server, account: Account):
    wire = MemoryWire()
    ends = [await ADAPTER.send(reply(by_person=False, key=f"k{number}"), account, wire) for number in range(12)]
    assert [isinstance(one, Sent) for one in ends] == [True] * 10 + [False] * 2
    assert ends[-1] == Rejected("too_many_automatic")
    # A repeated send is the same one, another address has its own count, and a person may always write.
    assert isinstance(await ADAPTER.send(reply(by_person=False, key="k3"), account, wire), Sent)
    assert isinstance(await ADAPTER.send(reply(by_person=False, to="b@example.com"), account, wire), Sent)
    assert isinstance(await ADAPTER.send(reply(), account, wire), Sent)


class TokenServer(MemoryWire):
    """Gives tokens, and a new refresh token with each."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.answer: WireAnswer | None = None

    async def request(self, asked: WireRequest) -> WireAnswer:
        self.forms.append(dict(asked.form or {}))
        body = b'{"access_token": "t%d", "expires_in": 3600, "refresh_token": "r%d"}' % (len(self.forms), len(self.forms))
        return self.answer or WireAnswer(200, {}, body)


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (WireAnswer(400, {}, b'{"error": "invalid_grant"}'), NeedsReauth("oauth_refused")),
        (WireAnswer(200, {}, b"<html>"), Retry(300.0, "oauth_nonsense")),
    ],
)
async def test_a_token_that_cannot_be_had(account: Account, answer: WireAnswer, end: object):
    wire = TokenServer()
    wire.answer = answer
    settings = {**account.settings, "auth": "oauth2", "oauth_token_url": "https://login.example/token"}
    assert await ADAPTER.send(reply(), msgspec.structs.replace(account, settings=settings), wire) == end


async def test_a_token_that_is_not_believed_is_fetched_again_once():
    wire, shown = TokenServer(), list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx ESMTP\r\n")
        while line := await reader.readline():
            shown.append(line)
            is_auth = line.startswith(b"AUTH")
            told = b"250-mx\r\n250 AUTH XOAUTH2\r\n" if line.startswith(b"EHLO") else b"250 OK\r\n"
            refused = len([one for one in shown if one.startswith(b"AUTH")]) == 1
            writer.write((b"535 5.7.8 expired\r\n" if refused else b"235 OK\r\n") if is_auth else told)
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    where = inbox(smtp_host=f"127.0.0.1:{port}", smtp_security="none", auth="oauth2", oauth_token_url="https://login.example/t")
    where = msgspec.structs.replace(where, secrets={"oauth_refresh_token": "r0", "oauth_client_secret": "c"})
    connected = await ADAPTER.connect(where, wire)
    listening.close()
    await listening.wait_closed()
    assert getattr(connected, "title", connected) == MAILBOX
    assert [form["refresh_token"] for form in wire.forms] == ["r0", "r1"]
    assert len([one for one in shown if one.startswith(b"AUTH XOAUTH2")]) == 2
