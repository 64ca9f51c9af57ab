"""Holding a mailbox: what a server that misbehaves means, and that a stop ends at once. The happy way is tried at real servers."""

import asyncio
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from qiao.channels.email_imap.adapter import Adapter
from qiao.channels.email_imap.tests.letters import MAILBOX, inbox, letter
from qiao.channels.email_imap.watching import MailboxAway
from qiao.channels.registry import read_manifest
from qiao.ports.channel import AccountBroken, RawReceipt, Rejected
from qiao.ports.testing.wire import MemoryWire

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


class Imap:
    """As much of RFC 3501 as one mailbox needs, and what it does at each command."""

    def __init__(self) -> None:
        self.mails = {1: letter(body="一"), 2: letter(body="二")}
        self.validity = 7
        self.login = "OK welcome"
        self.idles = True
        self.cut_at = ""
        self.heard: list[str] = []
        self.idling = threading.Event()

    def answer(self, tag: str, verb: str, line: str) -> list[str]:
        first = int((re.search(r"SEARCH UID (\d+):", line) or [0, "1"])[1])
        found = [uid for uid in self.mails if uid >= first] or [max(self.mails)]
        told = {
            "CAPABILITY": [f"* CAPABILITY IMAP4rev1 {'IDLE' if self.idles else 'CHILDREN'}"],
            "EXAMINE": [f"* OK [UIDVALIDITY {self.validity}] x", f"* OK [UIDNEXT {max(self.mails) + 1}] x"],
            "SEARCH": [f"* SEARCH {' '.join(map(str, found))}"],
            "FETCH": self.fetched(line) if verb == "FETCH" else [],
            "LOGOUT": ["* BYE"],
        }
        return [*told.get(verb, []), f"{tag} {self.login if verb == 'LOGIN' else 'OK done'}"]

    def fetched(self, line: str) -> list[str]:
        uid = int(line.split()[3])
        raw = self.mails.get(uid, b"").decode("latin-1")
        size = [f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})"]
        whole = [f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n{raw})"]
        return (size if "RFC822.SIZE" in line else whole) if raw else []


@contextmanager
def served(imap: Imap) -> Iterator[str]:
    """The mailbox on loopback: its address."""

    class Session(socketserver.StreamRequestHandler):
        def say(self, lines: list[str]) -> None:
            self.wfile.write("".join(f"{line}\r\n" for line in lines).encode("latin-1"))

        def handle(self) -> None:
            self.say(["* OK ready"])
            while line := self.rfile.readline().decode("latin-1").strip():
                tag, _, rest = line.partition(" ")
                verb = rest.removeprefix("UID ").split()[0].upper()
                imap.heard.append(verb)
                if verb == imap.cut_at:
                    return
                if verb != "IDLE":
                    self.say(imap.answer(tag, verb, line))
                    continue
                self.say(["+ idling"])
                imap.idling.set()
                self.rfile.readline()
                self.say([f"{tag} OK done"])

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = allow_reuse_address = True

    with Server(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def imap() -> Imap:
    return Imap()


@pytest.fixture
def mailbox(imap: Imap) -> Iterator[Callable[..., Any]]:
    with served(imap) as address:
        yield lambda **changes: inbox(imap_host=address, imap_security="none", **changes)


async def heard(account: Any, wire: MemoryWire, until: Callable[[list[RawReceipt]], bool]) -> list[RawReceipt]:
    """What a mailbox delivers, until it is enough; then listening is stopped."""
    came: list[RawReceipt] = []

    async def deliver(receipt: RawReceipt) -> None:
        came.append(receipt)

    task = asyncio.create_task(ADAPTER.listen(account, wire, deliver))
    async with asyncio.timeout(5):
        while not until(came) and not task.done():
            await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return came


async def test_what_is_there_already_is_left_unless_it_is_wanted(imap: Imap, mailbox: Callable[..., Any]):
    assert await heard(mailbox(), MemoryWire(), lambda _: imap.idling.is_set()) == []
    wanted = await heard(mailbox(history_days=3), MemoryWire(), lambda came: len(came) == 2)
    assert [one.query["uid"] for one in wanted] == ["1", "2"]


async def test_it_goes_on_where_it_was_and_marks_nothing(imap: Imap, mailbox: Callable[..., Any]):
    wire = MemoryWire()
    await heard(mailbox(), wire, lambda _: imap.idling.is_set())
    imap.mails[3] = letter(body="三")
    (one,) = await heard(mailbox(), wire, lambda came: len(came) == 1)
    assert (one.method, one.query) == ("LISTEN", {"uid": "3", "uidvalidity": "7", "folder": "INBOX"})
    assert one.body == letter(body="三")
    assert not {"STORE", "SELECT", "EXPUNGE"} & set(imap.heard)


@pytest.mark.fault("F-C3")
async def test_the_cursor_moves_only_when_the_mail_is_stored(imap: Imap, mailbox: Callable[..., Any]):
    wire = MemoryWire()
    await heard(mailbox(), wire, lambda _: imap.idling.is_set())
    imap.mails[3] = letter(body="三")
    before = dict(wire.memory)

    async def full(_receipt: RawReceipt) -> None:
        raise MailboxAway("the store is full")

    with pytest.raises(MailboxAway):
        await ADAPTER.listen(mailbox(), wire, full)
    assert wire.memory == before
    assert [one.query["uid"] for one in await heard(mailbox(), wire, bool)] == ["3"]


async def test_a_mail_that_somebody_took_meanwhile_holds_up_nobody(imap: Imap, mailbox: Callable[..., Any]):
    wire = MemoryWire()
    await heard(mailbox(), wire, lambda _: imap.idling.is_set())
    imap.mails |= {3: b"", 4: letter(body="四")}
    assert [one.query["uid"] for one in await heard(mailbox(), wire, bool)] == ["4"]


async def test_a_server_without_idle_is_looked_at(imap: Imap, mailbox: Callable[..., Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("qiao.channels.email_imap.watching.LOOK_SECONDS", 0.02)
    imap.idles = False
    await heard(mailbox(), MemoryWire(), lambda _: imap.heard.count("SEARCH") > 2)
    assert "IDLE" not in imap.heard


@pytest.mark.parametrize("verb", ["LOGIN", "EXAMINE", "SEARCH", "IDLE", "CAPABILITY"])
async def test_a_cut_is_said_so_that_it_is_begun_again(imap: Imap, mailbox: Callable[..., Any], verb: str):
    imap.cut_at = verb
    with pytest.raises(MailboxAway):
        await heard(mailbox(), MemoryWire(), lambda _: False)


@pytest.mark.parametrize("said", ["NO [AUTHENTICATIONFAILED] no", "NO LOGIN failed", "NO Invalid credentials"])
async def test_a_refused_password_is_for_the_admin(imap: Imap, mailbox: Callable[..., Any], said: str):
    imap.login = said
    (told,) = await heard(mailbox(), MemoryWire(), bool)
    assert list(ADAPTER.parse(told, mailbox())) == [AccountBroken(reason="imap_credentials_refused")]


async def test_a_server_that_lets_nobody_in_now_is_asked_again(imap: Imap, mailbox: Callable[..., Any]):
    imap.login = "NO [UNAVAILABLE] later"
    with pytest.raises(MailboxAway):
        await heard(mailbox(), MemoryWire(), bool)


async def test_no_server_and_no_name_are_told_when_connecting(mailbox: Callable[..., Any], imap: Imap):
    with pytest.raises(MailboxAway):
        await ADAPTER.listen(inbox(imap_host="127.0.0.1:9", imap_security="none"), MemoryWire(), lambda _: asyncio.sleep(0))
    assert await ADAPTER.connect(inbox(address="nobody"), MemoryWire()) == Rejected("mailbox_address")
    assert await ADAPTER.connect(inbox(address=MAILBOX, smtp_host=""), MemoryWire()) == Rejected("smtp_host_refused")


async def test_an_inbox_that_only_sends_waits_and_ends_when_told():
    task = asyncio.create_task(ADAPTER.listen(inbox(imap_host=""), MemoryWire(), lambda _: asyncio.sleep(0)))
    await asyncio.sleep(0.01)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
