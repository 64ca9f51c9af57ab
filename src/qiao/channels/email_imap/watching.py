"""Holding a mailbox open: what comes is stored first, and only then the cursor moves on.

The cursor is remembered as {"validity", "uid", "day"}: everything up to `uid` under that UIDVALIDITY is stored. A kill between the two
has one mail stored twice, which its provider's id tells apart. When UIDVALIDITY changes, UIDs mean nothing any more: what came since
two days before the last look is handed over again, and what was there already is known by its name.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct

from qiao.channels.email_imap.mailbox import IMAP_ERRORS, LoginRefused, Mailbox
from qiao.channels.email_imap.signing_in import NotSignedIn, access_token, server, user, uses_oauth
from qiao.kit.clock import utc_now
from qiao.kit.errors import Unavailable
from qiao.ports.channel import Account, Deliver, NeedsReauth, RawReceipt, Wire, WireFailed

METHOD = "LISTEN"
WAIT_SECONDS = 120.0
"""How long one IDLE lasts: what a server forgot to tell is found then. RFC 2177 asks for less than 29 minutes."""
LOOK_SECONDS = 60.0
"""How often one looks where there is no IDLE."""
_CURSOR = "cursor"
_MARGIN = timedelta(days=2)
_MB = 1_000_000
T = TypeVar("T")


class _Cursor(Struct, frozen=True):
    validity: int
    uid: int
    day: date


class MailboxAway(Unavailable):
    """The mailbox cannot be reached now, or the connection was cut: it is made again."""

    code = "email.mailbox_away"


async def watch(account: Account, wire: Wire, deliver: Deliver) -> None:
    """Until cancelled or cut. Refused credentials are delivered as what they are; then this returns. Raises MailboxAway."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="mailbox") as threads:
        held = _Held(account, wire, deliver, threads)
        try:
            await held.run()
        except LoginRefused as refused:
            await deliver(broken(str(refused)))
        except NotSignedIn as missing:
            if not isinstance(missing.end, NeedsReauth):
                raise MailboxAway(f"no access token: {missing.end.reason}") from None
            await deliver(broken(missing.end.reason))
        except WireFailed as failed:
            raise MailboxAway(f"the incoming server cannot be asked: {failed.reason}") from None
        except (OSError, *IMAP_ERRORS) as error:
            raise MailboxAway(f"the connection to the incoming server ended: {type(error).__name__}") from error
        finally:
            await held.let_go()


async def try_mailbox(account: Account, wire: Wire) -> None:
    """Sign in and open the folder, once. Raises LoginRefused, NotSignedIn, WireFailed."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="mailbox") as threads:
        held = _Held(account, wire, _nowhere, threads)
        try:
            await held.begin()
        except (OSError, *IMAP_ERRORS) as error:
            raise WireFailed("connect") from error
        finally:
            await held.let_go()


def broken(reason: str) -> RawReceipt:
    """What is stored when the server no longer lets us in."""
    return RawReceipt(METHOD, {}, {"broken": reason}, b"")


async def _nowhere(_receipt: RawReceipt) -> None:
    """Nothing is fetched while trying."""


class _Held:
    def __init__(self, account: Account, wire: Wire, deliver: Deliver, threads: ThreadPoolExecutor) -> None:
        self._account = account
        self._wire = wire
        self._deliver = deliver
        self._threads = threads
        self._box: Mailbox | None = None
        self._folder = str(account.settings.get("folder") or "INBOX")
        self._most = int(account.settings.get("max_mail_mb") or 25) * _MB

    async def run(self) -> None:
        box, validity, following = await self.begin()
        cursor = await self._cursor(box, validity, following)
        while True:
            cursor = await self._take(box, await self._do(lambda at=cursor.uid: box.after(at)), cursor)
            if not box.can_wait:
                await asyncio.sleep(LOOK_SECONDS)
            await self._do(lambda: box.wait(WAIT_SECONDS))

    async def begin(self) -> tuple[Mailbox, int, int]:
        """Connected, signed in, the folder open."""
        where = await server(self._account, self._wire, "imap")
        box = self._box = await self._do(lambda: Mailbox(where))
        if not uses_oauth(self._account):
            secret = self._account.secrets.get("password", "")
            await self._do(lambda: box.sign_in(user(self._account), secret, is_token=False))
        else:
            box = await self._sign_in_by_token(box)
        return box, *await self._do(lambda: box.open(self._folder))

    async def _sign_in_by_token(self, box: Mailbox) -> Mailbox:
        token = await access_token(self._account, self._wire)
        try:
            await self._do(lambda: box.sign_in(user(self._account), token, is_token=True))
        except LoginRefused:
            fresh = await access_token(self._account, self._wire, stale=token)
            await self._do(lambda: box.sign_in(user(self._account), fresh, is_token=True))
        return box

    async def _cursor(self, box: Mailbox, validity: int, following: int) -> _Cursor:
        """Where we were; what a changed UIDVALIDITY or a first look asks for is taken on the way."""
        kept = await self._wire.recall(_CURSOR)
        known = msgspec.json.decode(kept, type=_Cursor) if kept else None
        if known and known.validity == validity:
            return known
        today = utc_now().date()
        days = int(self._account.settings.get("history_days") or 0)
        begins = known.day - _MARGIN if known else today - timedelta(days=days) if days else None
        uids = await self._do(lambda: box.since(begins)) if begins else []
        # Not kept before all of it is stored: a kill on the way has it handed over again.
        for uid in uids:
            await self._hand_over(box, uid, validity)
        cursor = _Cursor(validity, max([following - 1, *uids]), today)
        await self._wire.remember(_CURSOR, msgspec.json.encode(cursor).decode())
        return cursor

    async def _take(self, box: Mailbox, uids: list[int], cursor: _Cursor) -> _Cursor:
        for uid in uids:
            await self._hand_over(box, uid, cursor.validity)
            cursor = _Cursor(cursor.validity, uid, utc_now().date())
            await self._wire.remember(_CURSOR, msgspec.json.encode(cursor).decode())
        return cursor

    async def _hand_over(self, box: Mailbox, uid: int, validity: int) -> None:
        mail = await self._do(lambda: box.fetch(uid, self._most))
        if mail is None:
            return
        about = {"uid": str(uid), "uidvalidity": str(validity), "folder": self._folder}
        await self._deliver(RawReceipt(METHOD, {}, {**about, **({"cut": "1"} if mail.was_cut else {})}, mail.raw))

    async def _do(self, work: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if self._box:
                self._box.interrupt()
            await asyncio.wait([running])
            _ = running.cancelled() or running.exception()
            raise

    async def let_go(self) -> None:
        """Close the connection, whatever state it is in."""
        if self._box:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._box.close)
