"""What is written in a code is read once: what comes out is not read again, wherever it came in. Attackers write in two codes."""

import io
import zipfile
from base64 import urlsafe_b64encode
from html import escape
from importlib import import_module
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.platform.http.paging import decode_cursor, encode_cursor
from qiao.platform.uploads.api import inspect_upload
from qiao.platform.uploads.archives import Archive
from qiao.platform.uploads.errors import DEFAULT_LIMITS
from qiao.platform.uploads.names import safe_name
from qiao.ports.channel import Capability
from qiao.ports.channel_form import ShowsForm

CHANNELS = load_channels()
MAIL = next(name for name, channel in CHANNELS.items() if channel.manifest.address == "email")
CHAT = next(name for name, channel in CHANNELS.items() if Capability.LIVE in channel.manifest.capabilities)
FORM = next(name for name, channel in CHANNELS.items() if isinstance(channel, ShowsForm))
TWICE = [
    "%253Cscript%253E", "%3Cscript%3E", "&amp;lt;script&amp;gt;", "&lt;script&gt;", "&#38;#60;b&#38;#62;", "\\u003cscript\\u003e",
    "=?utf-8?q?=3Cscript=3E?=", "PHNjcmlwdD4=", "a+b%2Bc", "%25252e%25252e%25252f", "\\x3cscript\\x3e", "&amp;amp;",
]  # fmt: skip
"""Texts that are something else when they are read once more, and again."""


def mail(*headers: str, body: str = "hello", subject: str = "x") -> Any:
    """A mail as the channel that has an address of mail reads it."""
    head = ["From: a@example.com", "To: help@lanting.example", f"Subject: {subject}", "Message-ID: <1@example.com>",
            "Date: Fri, 20 Nov 2026 10:00:00 +0800", "MIME-Version: 1.0", *headers]  # fmt: skip
    letters = import_module(f"qiao.channels.{MAIL}.tests.letters")
    return letters.read("\r\n".join(head).encode() + b"\r\n\r\n" + body.encode())


@pytest.mark.database
async def test_json_comes_back_as_it_was(house: Any, database: Any, workspace: Any, door: Any) -> None:
    stranger = await door()
    async with database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=CHAT, name=CHAT))
    token = (await stranger.post("/visitor/v1/sessions", json={"inbox_key": inbox.key})).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    for text in TWICE:
        sent = await stranger.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": text}, headers=bearer)
        assert sent.json()["message"]["text"] == text
    read = await stranger.get("/visitor/v1/messages", headers=bearer)
    assert [one["text"] for one in read.json()["items"] if one["text"] in TWICE] == TWICE


@pytest.mark.database
async def test_a_question_in_an_address_is_read_once(workspace: Any, door: Any) -> None:
    stranger = await door()
    for text in TWICE:
        page = await stranger.get(f"/help/{workspace.slug}/en/search", params={"q": text})
        assert page.status_code == 200
        assert f'value="{escape(text)}"' in page.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
        assert "<script>" not in page.text


@pytest.mark.database
async def test_a_form_is_read_once(house: Any, database: Any, workspace: Any, door: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(f"qiao.channels.{FORM}.stamps.MIN_SECONDS", 0)
    settings = msgspec.structs.replace(house.settings, secret_key="the secret key of this test")
    monkeypatch.setattr(house.accounts, "_house", msgspec.structs.replace(house.accounts._house, settings=settings))
    field = {"key": "message", "label": {"zh": "问题", "en": "Question"}, "type": "textarea", "required": True}
    async with database.scope(workspace.id) as scope:
        made = await house.inboxes.create(scope, NewInbox(channel=FORM, name=FORM))
        form = await house.inboxes.change(scope, made.id, InboxChanges(settings={"fields": [field]}))
    stranger = await door()
    stamp = (await stranger.get(f"/form/{form.key}")).text.split('name="stamp" value="', 1)[1].split('"', 1)[0]
    written = " ".join(TWICE)
    assert (
        await stranger.post(f"/form/{form.key}", data={"f_message": written, "website": "", "stamp": stamp})
    ).status_code == 303
    await house.reception.drain(workspace.id)
    async with database.across() as connection:
        told = await connection.fetchval("select string_agg(text, ' ') from messages where workspace_id = $1", workspace.id)
    assert written in told


@pytest.mark.database
async def test_an_address_of_the_faces_is_read_once(door: Any) -> None:
    stranger = await door()
    for path in ("%252e%252e/%252e%252e/etc/passwd", "..%252f..%252fetc%252fpasswd", "%255c..%255cx", "%2500"):
        for before in ("/widget/", "/files/", "/portal/1/", "/app/assets/"):
            answer = await stranger.get(before + path)
            assert answer.status_code == 404
            assert "root:" not in answer.text


@pytest.mark.parametrize("text", ["=?utf-8?q?=3Cscript=3E?=", "=?utf-8?b?PHNjcmlwdD4=?=", "&lt;b&gt;", "%3Cb%3E"])
def test_a_header_of_a_mail_is_read_once(text: str) -> None:
    quoted = "".join(f"={one:02X}" for one in text.encode())
    assert mail(subject=f"=?utf-8?q?{quoted}?=").subject == text


def test_the_body_of_a_mail_is_read_once() -> None:
    in_base64 = mail("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", body="UEhOamNtbHdkRDQ9")
    assert in_base64.text == "PHNjcmlwdD4="
    in_quoted = mail(
        "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", body="a=3D3Cb=3D3E"
    )
    assert in_quoted.text == "a=3Cb=3E"
    in_html = mail("Content-Type: text/html; charset=utf-8", body="<p>&amp;lt;script&amp;gt; &amp;amp;</p>")
    assert in_html.text.strip() == "&lt;script&gt; &amp;"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a%2fb.txt", "b.txt"),
        ("a%252fb.txt", "a%252fb.txt"),
        ("%252e%252e%252fx.txt", "%252e%252e%252fx.txt"),
        ("a&amp;lt;b.txt", "a&amp;lt;b.txt"),
        ("=?utf-8?q?=2E=2E=2Fx?=.txt", "=_utf-8_q_=2E=2E=2Fx_=.txt"),
        ("a%00.txt", "a.txt"),
        ("a%2500.txt", "a%2500.txt"),
    ],
)
def test_a_name_of_a_file_is_read_once(given: str, kept: str) -> None:
    assert safe_name(given) == kept
    assert inspect_upload(b"tea", given).safe_name == kept


def test_names_in_an_archive_are_not_read_at_all() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("%2e%2e%2fx.txt", "tea")
        archive.writestr("a&amp;lt;b.txt", "tea")
    assert [one.name for one in Archive(packed.getvalue(), DEFAULT_LIMITS).entries] == ["%2e%2e%2fx.txt", "a&amp;lt;b.txt"]


def test_a_cursor_is_read_once() -> None:
    made = encode_cursor("a%2fb")
    assert decode_cursor(made, str) == "a%2fb"
    again = urlsafe_b64encode(made.encode()).decode().rstrip("=")
    with pytest.raises(Exception, match="cursor"):
        decode_cursor(again, str)
