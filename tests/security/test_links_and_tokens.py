"""Every link and token opens its own door and no other one, for its own customer and nobody else. Attack 49."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.ports.channel import Capability
from qiao.ports.channel_form import ShowsForm

pytestmark = pytest.mark.database

Opens = Callable[[str], Awaitable[httpx.Response]]
CHANNELS = load_channels()
FORM = next(name for name, channel in CHANNELS.items() if isinstance(channel, ShowsForm))
CHAT = next(name for name, channel in CHANNELS.items() if Capability.LIVE in channel.manifest.capabilities)
MAIL = next(name for name, channel in CHANNELS.items() if channel.manifest.address == "email")
FIELD = {"key": "message", "label": {"zh": "问题", "en": "Question"}, "type": "textarea", "required": True}
GIVEN = {"f_message": "壶漏水", "website": ""}


class Company:
    """A company with a web chat, two forms and a mailbox."""

    def __init__(self, house: Any, workspace: Any, stranger: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
        self.house, self.workspace, self.stranger, self.admin = house, workspace, stranger, admin

    async def inbox(self, channel: str, **settings: Any) -> Any:
        async with self.house.database.scope(self.workspace.id) as scope:
            inbox = await self.house.inboxes.create(scope, NewInbox(channel=channel, name=channel))
            return await self.house.inboxes.change(scope, inbox.id, InboxChanges(settings=settings)) if settings else inbox

    async def account(self, inbox: Any) -> Any:
        async with self.house.database.scope(self.workspace.id) as scope:
            return await self.house.accounts.account(scope, inbox.id)

    async def stamp(self, form: Any) -> str:
        page = (await self.stranger.get(f"/form/{form.key}")).text
        return page.split('name="stamp" value="', 1)[1].split('"', 1)[0]

    async def submit(self, form: Any, stamp: str) -> httpx.Response:
        return await self.stranger.post(f"/form/{form.key}", data={**GIVEN, "stamp": stamp})

    async def ticket(self, form: Any) -> str:
        answer = await self.submit(form, await self.stamp(form))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].split("?")[0].rsplit("/", 1)[1]

    async def visit(self, chat: Any) -> str:
        return (await self.stranger.post("/visitor/v1/sessions", json={"inbox_key": chat.key})).json()["token"]

    async def invite(self) -> str:
        made = await self.admin.post("/api/v1/invites", json={"email": "new@shop.example", "role": "agent"})
        return made.json()["url"].rpartition("#")[2]

    async def file(self) -> str:
        files = {"file": ("note.txt", b"tea", "text/plain")}
        return (await self.admin.post("/api/v1/files", files=files)).json()["url"]


@pytest.fixture
async def company(house, workspace, door, monkeypatch):
    monkeypatch.setattr(f"qiao.channels.{FORM}.stamps.MIN_SECONDS", 0)
    settings = msgspec.structs.replace(house.settings, secret_key="the secret key of this test")
    monkeypatch.setattr(house.accounts, "_house", msgspec.structs.replace(house.accounts._house, settings=settings))
    return Company(house, workspace, await door(), await door("admin"))


async def test_a_token_opens_its_own_door_and_no_other(company, door):
    form, chat = await company.inbox(FORM, fields=[FIELD]), await company.inbox(CHAT)
    stranger, console = company.stranger, await door(**{"X-Qiao-Client": "tests"})
    file = await company.file()
    tokens = {
        "stamp": await company.stamp(form),
        "ticket": await company.ticket(form),
        "visit": await company.visit(chat),
        "session": company.admin.headers["Cookie"].removeprefix("qiao_session="),
        "invite": await company.invite(),
        "file": file.rsplit("/", 1)[1].split(".")[0],
        "inbox": chat.key,
    }
    doors: dict[str, Opens] = {
        "stamp": lambda token: company.submit(form, token),
        "ticket": lambda token: stranger.get(f"/form/{form.key}/{token}"),
        "visit": lambda token: stranger.get("/visitor/v1/messages", headers={"Authorization": f"Bearer {token}"}),
        "session": lambda token: stranger.get(
            "/api/v1/session", headers={"Cookie": f"qiao_session={token}", "X-Qiao-Client": "t"}
        ),
        "invite": lambda token: console.post("/api/v1/invites/lookup", json={"token": token}),
        "file": lambda token: stranger.get(f"{file.rsplit('/', 1)[0]}/{token}"),
        "inbox": lambda token: stranger.post("/visitor/v1/sessions", json={"inbox_key": token}),
    }
    opened = set()
    for kind, token in tokens.items():
        for name, opens in doors.items():
            answer = await opens(token)
            assert answer.status_code < 500
            opened |= {(kind, name)} if answer.status_code < 400 else set()
    assert opened == {(kind, kind) for kind in tokens}


async def test_the_page_of_one_customer_is_nobody_elses(company):
    form, other = await company.inbox(FORM, fields=[FIELD]), await company.inbox(FORM, fields=[FIELD])
    first, second = await company.ticket(form), await company.ticket(form)
    assert first != second
    nonce, mac = first.split(".")
    forged = [
        f"{second.split('.')[0]}.{mac}",
        f"{nonce}.{second.split('.')[1]}",
        nonce,
        f"{nonce}.",
        f"{nonce}.{'0' * 32}",
        f"{first}0",
    ]
    for ticket in forged:
        assert (await company.stranger.get(f"/form/{form.key}/{ticket}")).status_code == 404
        assert (await company.stranger.post(f"/form/{form.key}/{ticket}", data=GIVEN)).status_code in {404, 405}
    for form_of_others, ticket in ((other, first), (form, await company.ticket(other))):
        assert (await company.stranger.get(f"/form/{form_of_others.key}/{ticket}")).status_code == 404


async def test_a_stamp_is_for_its_own_form_and_makes_one_customer(company):
    form, other = await company.inbox(FORM, fields=[FIELD]), await company.inbox(FORM, fields=[FIELD])
    stamp = await company.stamp(form)
    assert (await company.submit(other, stamp)).status_code >= 400
    places = [(await company.submit(form, stamp)).headers.get("location", "").split("?")[0] for _ in range(2)]
    assert len(set(places) - {""}) == 1
    await company.house.reception.drain(company.workspace.id)
    async with company.house.database.across() as connection:
        told = await connection.fetchval("select count(*) from conversations where workspace_id = $1", company.workspace.id)
    assert told == 1


async def test_what_a_mail_is_called_opens_nothing_but_its_thread(company):
    threads = import_module(f"qiao.channels.{MAIL}.threads")
    mailbox, form = await company.inbox(MAIL), await company.inbox(FORM, fields=[FIELD])
    account, talk = await company.account(mailbox), UUID(int=7)
    token = threads.token_of(account, talk, "lin@example.com")
    name = threads.message_id_of(account, talk, "lin@example.com", "k1", "lanting.example")
    assert threads.conversation_in(account, threads.token_in(name), "lin@example.com") == talk
    assert threads.conversation_in(account, token, "other@example.com") is None
    assert threads.conversation_in(await company.account(form), token, "lin@example.com") is None
    for one in (token, name, name.split("@")[0]):
        assert (await company.stranger.get(f"/form/{form.key}/{one}")).status_code == 404
        answer = await company.stranger.get("/visitor/v1/messages", headers={"Authorization": f"Bearer {one}"})
        assert answer.status_code == 401
