"""The e-mail channel at a post office that others wrote: real delivery, real bounces, kills and mailboxes that are changed under it."""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP
from imapclient import IMAPClient

from qiao.channels.email_imap.adapter import Adapter
from qiao.channels.email_imap.tests.letters import CONVERSATION, inbox
from qiao.channels.email_imap.tests.post_office import MISSING, PASSWORD, PostOffice, can_open, opened
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Account, AccountBroken, InboundMessage, OutboundMessage, RawReceipt, Reported, Sent
from qiao.ports.testing.wire import MemoryWire

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not can_open(), reason=MISSING)]

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))
HELP, CUSTOMER = "help@lanting.example", "yutong@customers.example"
SECONDS = 15.0


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    folder = Path(tempfile.mkdtemp(prefix="qiao-post-"))
    with opened(folder) as office:
        yield office
    shutil.rmtree(folder, ignore_errors=True)


def mailbox(office: PostOffice, name: str = "help", **changes: Any) -> Account:
    """An inbox on a mailbox of its own: tests do not read each other's mail."""
    hosts = {"imap_host": f"127.0.0.1:{office.imap}", "smtp_host": f"127.0.0.1:{office.smtp}"}
    account = inbox(**hosts, imap_security="none", smtp_security="none", **{"address": f"{name}@lanting.example", **changes})
    return msgspec.structs.replace(account, secrets={"password": PASSWORD})


class Listening:
    """What came in so far."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.came: asyncio.Queue[RawReceipt] = asyncio.Queue()
        self.receipts: list[RawReceipt] = []

    async def next(self) -> Any:
        """The next contract; a receipt holds one of them here."""
        async with asyncio.timeout(SECONDS):
            receipt = await self.came.get()
        self.receipts.append(receipt)
        (held,) = ADAPTER.parse(receipt, self.account)
        return held


@asynccontextmanager
async def listening(account: Account, wire: MemoryWire) -> AsyncIterator[Listening]:
    """The channel holds the mailbox, until the end of the block."""
    held = Listening(account)
    task = asyncio.create_task(ADAPTER.listen(account, wire, held.came.put))
    async with asyncio.timeout(SECONDS):
        while "cursor" not in wire.memory and not task.done():
            await asyncio.sleep(0.02)
    yield held
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def letter(text: str, *headers: str, name: str = "", to: str = HELP) -> bytes:
    lines = [f"From: =?utf-8?B?5p6X6K+t5qGQ?= <{CUSTOMER}>", f"To: {to}", "Subject: =?utf-8?B?6Iy25aO2?=", *headers]
    lines += [f"Message-ID: <{name or abs(hash(text))}@customers.example>", "Content-Type: text/plain; charset=gb2312"]
    return "\r\n".join([*lines, "Content-Transfer-Encoding: 8bit", "", ""]).encode() + text.encode("gb18030")


def reply(text: str, **changes: Any) -> OutboundMessage:
    message = OutboundMessage(key="0190-key", conversation_id=CONVERSATION, to=CUSTOMER, text=text, by_person=True)
    return msgspec.structs.replace(message, **changes)


def first_mail(office: PostOffice, user: str) -> bytes:
    with IMAPClient("127.0.0.1", port=office.imap, ssl=False) as client:
        client.login(user, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        (found, *_) = client.fetch(client.search(), ["BODY.PEEK[]"]).values()
        return bytes(found[b"BODY[]"])


async def test_a_letter_arrives_the_answer_goes_and_the_next_letter_finds_its_conversation(office: PostOffice):
    account, wire = mailbox(office), MemoryWire()
    connected = await ADAPTER.connect(account, wire)
    assert getattr(connected, "title", connected) == HELP
    async with listening(account, wire) as held:
        await asyncio.to_thread(office.post, letter("茶壶漏水了"), HELP)
        message = await held.next()
        assert (message.text, message.subject, message.sender.address, message.sender.name) == (
            "茶壶漏水了",
            "茶壶",
            CUSTOMER,
            "林语桐",
        )
        sent = await ADAPTER.send(reply("换一个给您", subject="茶壶", reply_to=dict(message.reply_to)), account, wire)
        assert isinstance(sent, Sent)
        got = await _until(lambda: first_mail(office, CUSTOMER))
        assert f"Message-ID: <{sent.provider_id}>".encode() in got
        assert b"In-Reply-To: <" in got
        reply_to = next(line for line in got.decode().splitlines() if line.startswith("Reply-To:")).split()[1]
        # By the address alone: a program that keeps no references.
        await asyncio.to_thread(office.post, letter("谢谢", to=reply_to), reply_to)
        assert (await held.next()).conversation_ref == str(CONVERSATION)
        await asyncio.to_thread(office.post, letter("收到", f"In-Reply-To: <{sent.provider_id}>"), HELP)
        answer = await held.next()
        assert (answer.conversation_ref, answer.quoted) == (str(CONVERSATION), sent.provider_id)


async def _until(look: Any) -> Any:
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(Exception):
                return await asyncio.to_thread(look)
            await asyncio.sleep(0.1)


@pytest.mark.fault("F-C8")
async def test_a_real_bounce_is_bound_to_the_mail_it_is_about(office: PostOffice):
    class NobodyThere:
        async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802
            return "550 5.1.1 no such user"

    outside = await asyncio.get_running_loop().create_server(
        lambda: SMTP(NobodyThere(), hostname="mx.outside.example"), "127.0.0.1", office.outside
    )
    account, wire = mailbox(office, "sales"), MemoryWire()
    async with listening(account, wire) as held:
        sent = await ADAPTER.send(reply("您好", to="nobody@outside.example"), account, wire)
        assert isinstance(sent, Sent)
        told = await held.next()
    outside.close()
    await outside.wait_closed()
    assert isinstance(told, Reported)
    assert (told.provider_id, told.state, told.permanent) == (sent.provider_id, "failed", True)
    assert (told.reason or "").startswith("5.1.1")


@pytest.mark.fault("F-C4")
async def test_who_else_reads_marks_and_moves_is_not_in_the_way(office: PostOffice):
    account, wire = mailbox(office, "orders"), MemoryWire()
    async with listening(account, wire) as held:
        for text in ("一", "二"):
            await asyncio.to_thread(office.post, letter(text), "orders@lanting.example")
        assert [(await held.next()).text for _ in range(2)] == ["一", "二"]
    with IMAPClient("127.0.0.1", port=office.imap, ssl=False) as client:
        client.login("orders@lanting.example", PASSWORD)
        client.select_folder("INBOX")
        # Nothing was marked by us.
        assert [flags[b"FLAGS"] for flags in client.fetch(client.search(), ["FLAGS"]).values()] == [(b"\\Recent",)] * 2
        await asyncio.to_thread(office.post, letter("三"), "orders@lanting.example")
        await _until(lambda: client.noop() and client.search()[2])
        client.add_flags(client.search(), [b"\\Seen"])
        client.create_folder("Done")
        client.move(client.search()[:2], "Done")
    async with listening(account, wire) as held:
        assert (await held.next()).text == "三"
        assert held.came.empty()


@pytest.mark.fault("F-C4")
async def test_a_changed_uidvalidity_loses_nothing_and_doubles_nothing(office: PostOffice):
    account, wire = mailbox(office, "moved"), MemoryWire()
    async with listening(account, wire) as held:
        for text in ("一", "二"):
            await asyncio.to_thread(office.post, letter(text), "moved@lanting.example")
        before = [(await held.next()).provider_id for _ in range(2)]
    await asyncio.to_thread(office.post, letter("三"), "moved@lanting.example")
    folder = office.maildir("moved")
    await _until(lambda: min((folder / "new").iterdir()))
    cursor = json.loads(wire.memory["cursor"])
    # Dovecot takes the second for a new UIDVALIDITY.
    await asyncio.sleep(1.1)
    for file in folder.glob("dovecot*"):
        file.unlink()
    async with listening(account, wire) as held:
        after = [(await held.next()).provider_id for _ in range(3)]
        assert held.came.empty()
    assert json.loads(wire.memory["cursor"])["validity"] != cursor["validity"]
    assert sorted(after[:2]) == sorted(before)
    assert len({*before, *after}) == 3


_WORKER = """
import asyncio, json, os, signal, sys
from pathlib import Path
import msgspec
from qiao.channels.email_imap.tests.test_email_real_servers import ADAPTER
from qiao.ports.channel import Account
from qiao.ports.testing.wire import MemoryWire

kept, came, account, dies = Path(sys.argv[1]), Path(sys.argv[2]), msgspec.json.decode(sys.argv[3], type=Account), sys.argv[4] == "dies"

class Kept(MemoryWire):
    async def recall(self, name):
        return json.loads(kept.read_text()).get(name) if kept.exists() else None
    async def remember(self, name, value):
        kept.write_text(json.dumps({name: value}))

async def deliver(receipt):
    with came.open("a") as file:
        file.write(json.dumps({"uid": receipt.query["uid"], "id": ADAPTER.parse(receipt, account)[0].provider_id}) + "\\n")
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(ADAPTER.listen(account, Kept(), deliver))
"""


@pytest.mark.fault("F-C3")
async def test_a_kill_between_the_import_and_the_cursor_is_one_message(office: PostOffice, tmp_path: Path):
    account = mailbox(office, "killed", history_days=1)
    kept, came = tmp_path / "kept.json", tmp_path / "came.jsonl"

    async def run(last: str) -> asyncio.subprocess.Process:
        given = [str(kept), str(came), msgspec.json.encode(account).decode(), last]
        return await asyncio.create_subprocess_exec(sys.executable, "-c", _WORKER, *given, stderr=asyncio.subprocess.DEVNULL)

    await asyncio.to_thread(office.post, letter("一"), "killed@lanting.example")
    await asyncio.to_thread(office.post, letter("二"), "killed@lanting.example")
    await _until(lambda: sorted((office.maildir("killed") / "new").iterdir())[1])
    assert await asyncio.wait_for((await run("dies")).wait(), SECONDS) == -signal.SIGKILL
    assert not kept.exists()
    lives = await run("lives")
    await _until(lambda: came.read_text().splitlines()[2])
    lives.terminate()
    await lives.wait()
    written = [json.loads(line) for line in came.read_text().splitlines()]
    assert [one["uid"] for one in written] == ["1", "1", "2"]
    assert len({one["id"] for one in written}) == 2


async def test_a_refused_password_is_told_and_a_large_mail_comes_cut(office: PostOffice):
    account, wire = mailbox(office, "large", max_mail_mb=1), MemoryWire()
    refused = msgspec.structs.replace(account, secrets={"password": "wrong"})
    told = list[RawReceipt]()

    async def deliver(receipt: RawReceipt) -> None:
        told.append(receipt)

    await asyncio.wait_for(ADAPTER.listen(refused, wire, deliver), SECONDS)
    assert list(ADAPTER.parse(told[0], refused)) == [AccountBroken(reason="imap_credentials_refused")]
    async with listening(account, wire) as held:
        await asyncio.to_thread(office.post, letter(("长" * 200 + "\r\n") * 3_000), "large@lanting.example")
        message = await held.next()
    assert isinstance(message, InboundMessage)
    assert "cut" in message.notes
    assert len(held.receipts[0].body) == 1_000_000
