"""Mail and the whole desk: redelivered letters are one message, threads hold, strangers stay out, poison stops nobody, bounces are seen."""

import asyncio
import threading

import msgspec
import pytest

from qiao.channels.email_imap.simulator import MAILBOX
from qiao.channels.email_imap.tests.corpus import letters
from qiao.channels.email_imap.tests.letters import CUSTOMER, letter, parted
from qiao.channels.email_imap.threads import message_id_of
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.ports.channel import RawReceipt

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def _keyed(house, monkeypatch):
    """An installation that serves has a secret key."""
    settings = msgspec.structs.replace(house.settings, secret_key="the secret key of this test")
    monkeypatch.setattr(house.accounts, "_house", msgspec.structs.replace(house.accounts._house, settings=settings))


class Desk:
    """A company with a mailbox."""

    def __init__(self, house, workspace) -> None:
        self.house, self.workspace, self.inbox = house, workspace, None

    async def open(self) -> "Desk":
        settings = {"address": MAILBOX, "smtp_host": "mx.example", "authserv_id": "mx.lanting.example"}
        async with self.scope() as scope:
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel="email_imap", name="兰亭茶器"))
            await self.house.inboxes.change(scope, self.inbox.id, InboxChanges(settings=settings))
            self.account = await self.house.accounts.account(scope, self.inbox.id)
        return self

    def scope(self):
        return self.house.database.scope(self.workspace.id)

    async def comes(self, *raw: bytes) -> None:
        for one in raw:
            await self.house.receipts.keep(self.workspace.id, self.inbox.id, RawReceipt("LISTEN", {}, {"uid": "1"}, one))

    async def reads(self, *raw: bytes) -> None:
        await self.comes(*raw)
        await self.house.reception.drain(self.workspace.id)

    async def rows(self, query: str):
        async with self.house.database.across() as connection:
            return await connection.fetch(query, self.workspace.id)

    async def messages(self):
        return await self.rows(
            "select conversation_id, text from messages where workspace_id = $1 and text <> '' order by created_at"
        )

    async def conversations(self):
        return await self.rows("select id, contact_id from conversations where workspace_id = $1 order by created_at")


@pytest.fixture
async def desk(house, workspace) -> Desk:
    return await Desk(house, workspace).open()


async def test_a_letter_that_comes_three_times_is_one_message(desk: Desk) -> None:
    await asyncio.gather(*(desk.comes(letter(body="一次")) for _ in range(3)))
    await desk.reads(letter("Received: from elsewhere", body="一次"))
    assert [one["text"] for one in await desk.messages()] == ["一次"]


async def test_the_same_name_with_other_words_is_not_lost(desk: Desk) -> None:
    await desk.reads(letter(body="一"), letter(body="二"))
    assert [one["text"] for one in await desk.messages()] == ["一", "二"]


async def test_an_answer_joins_its_conversation_and_a_stranger_with_its_name_does_not(desk: Desk) -> None:
    await desk.reads(letter(body="壶漏水"))
    (talk,) = await desk.conversations()
    ours = message_id_of(desk.account, talk["id"], CUSTOMER, "k1", "lanting.example")
    await desk.reads(letter(f"In-Reply-To: <{ours}>", body="还是漏", name="<2@example.com>"))
    assert len(await desk.conversations()) == 1
    await desk.reads(letter(f"In-Reply-To: <{ours}>", body="给我看看", name="<3@example.net>", sender="evil@example.net"))
    talks = await desk.conversations()
    assert len(talks) == 2
    assert talks[0]["contact_id"] != talks[1]["contact_id"]
    held = [one["text"] for one in await desk.messages() if one["conversation_id"] == talk["id"]]
    assert held == ["壶漏水", "还是漏"]


@pytest.mark.fault("F-C5")
async def test_poison_is_put_aside_with_its_reason_and_the_next_letter_is_read_at_once(desk: Desk) -> None:
    ugly = [raw for raw in letters(seed=4, count=60) if raw.strip()]
    await desk.reads(*ugly, letter(body="下一封", name="<last@example.com>"))
    assert "下一封" in [one["text"] for one in await desk.messages()]
    parked = await desk.rows("select reason from receipts where workspace_id = $1 and state = 'parked'")
    assert parked
    # For a reason that was foreseen, and not because somebody stumbled.
    assert all(one["reason"].startswith("email.unreadable: ") for one in parked)
    assert await desk.rows("select 1 from receipts where workspace_id = $1 and state = 'queued'") == []


async def test_an_unproven_sender_is_marked_and_a_proven_one_is_not(desk: Desk) -> None:
    proven = "Authentication-Results: mx.lanting.example; dmarc=pass header.from=example.com"
    await desk.reads(letter(body="一"), letter(proven, body="二", name="<2@example.com>"))
    rows = await desk.rows("select text, content from messages where workspace_id = $1 and text in ('一', '二') order by text")
    noted = {row["text"]: "unverified_sender" in str(row["content"]) for row in rows}
    assert noted == {"一": True, "二": False}


async def test_a_heavy_letter_is_read_beside_and_comes_whole(desk: Desk, house, monkeypatch) -> None:
    channel = house.accounts.channel(desk.inbox)
    parse, threads = channel.parse, []

    def watched(receipt, account):
        threads.append(threading.current_thread() is threading.main_thread())
        return parse(receipt, account)

    monkeypatch.setattr(channel, "parse", watched)
    page = b"%PDF-1.4\n" + bytes(200_000)
    heavy = parted([("Content-Type: text/plain", b"see file"), ("Content-Type: application/pdf; name=a.pdf", page)])
    await desk.reads(heavy, letter(body="short", name="<2@example.com>"))
    assert threads == [False, True]
    assert {one["text"] for one in await desk.messages()} == {"see file", "short"}
