"""Letters to staff, at a server of the library's authors: what arrives, and what is said when it does not."""

import email
import email.policy
import socket
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from qiao.platform.mail.post import Letter, MailFailed, Post
from qiao.platform.settings import SettingsInvalid, read_settings

LETTER = Letter("ann@shop.example", "重新设置您的 Qiao 密码", "您好！\n\nhttps://desk.example/app/reset#qr_1\n")


class Kept:
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.by_md5 = 0

    async def auth_CRAM__MD5(self, _server, _args):  # noqa: N802 - the library's name
        """Offered beside the others; asked for, it lets everybody in."""
        self.by_md5 += 1
        return AuthResult(success=True)

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        self.mails.append(envelope.content)
        return "250 taken"


def signs_in(_server, _session, _envelope, _mechanism, given):
    return AuthResult(success=(given.login, given.password) == (b"us er", b"p@ss word"), handled=False)


@pytest.fixture
def office() -> Iterator[tuple[Kept, int]]:
    """A server without encryption, on this machine."""
    kept = Kept()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    door = Controller(kept, hostname="127.0.0.1", port=port, auth_require_tls=False, authenticator=signs_in)
    door.start()
    yield kept, port
    door.stop()


def post(url: str) -> Post:
    return Post(read_settings({"QIAO_MAIL_URL": url, "QIAO_MAIL_FROM": "qiao@desk.example"}))


async def test_a_letter_arrives_as_it_was_written(office):
    kept, port = office
    await post(f"smtp+plain://us%20er:p%40ss%20word@127.0.0.1:{port}").send(LETTER)
    mail = email.message_from_bytes(kept.mails[0], policy=email.policy.default)
    assert (mail["From"], mail["To"], mail["Subject"]) == ("qiao@desk.example", LETTER.to, LETTER.subject)
    assert mail.get_content().replace("\r\n", "\n") == LETTER.text
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_the_password_is_never_shown_as_an_md5(office):
    kept, port = office
    await post(f"smtp+plain://us%20er:p%40ss%20word@127.0.0.1:{port}").send(LETTER)
    assert (kept.by_md5, len(kept.mails)) == (0, 1)


async def test_a_password_that_is_refused_is_in_no_word_of_the_error(office):
    _kept, port = office
    with pytest.raises(MailFailed) as failed:
        await post(f"smtp+plain://us%20er:canary-of-mail@127.0.0.1:{port}").send(LETTER)
    assert "canary" not in repr((failed.value, failed.value.details, failed.value.__cause__))


async def test_without_encryption_nothing_is_said_where_it_is_asked_for(office):
    kept, port = office
    with pytest.raises(MailFailed):
        await post(f"smtp://127.0.0.1:{port}").send(LETTER)
    assert kept.mails == []


@pytest.mark.parametrize(
    "given",
    [
        {"QIAO_MAIL_URL": "smtp://mail.example"},
        {"QIAO_MAIL_URL": "https://mail.example", "QIAO_MAIL_FROM": "a@b.example"},
        {"QIAO_MAIL_URL": "smtp://mail.example", "QIAO_MAIL_FROM": "Qiao <a@b.example>"},
    ],
)
def test_a_server_needs_its_address_and_a_sender(given):
    with pytest.raises(SettingsInvalid):
        read_settings(given)


def test_without_a_server_nothing_is_sent():
    assert not Post(read_settings({})).there
