"""Files that came along: those that are here are stored with their message, the others are fetched by jobs and added to it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Amendment, Arrival, Attachment, Message
from qiao.domains.inboxes.api import Accounts, Inboxes
from qiao.domains.reception.originals import ORIGINAL, keep_original
from qiao.domains.reception.rules import MAX_MEDIA
from qiao.domains.tickets.api import Tickets
from qiao.kit.errors import QiaoError, Unavailable
from qiao.kit.ids import ContactId, ConversationId, InboxId, WorkspaceId
from qiao.kit.text import storable
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.ports.channel import FetchedMedia, NeedsReauth, Rejected, Retry
from qiao.ports.channel import Media as Carried

JOB = "reception.fetch"
MAX_ATTEMPTS = 12
"""With waits that double up to half an hour, about three hours."""
LONGEST_WAIT = 1_800.0
MAX_WAITS = 336
"""How often a file of an inbox that needs its admin is asked for: a week, in half hours. Platforms keep files no longer."""
STORE_SECONDS = 30.0
EXTENSIONS = {"image": "jpg", "voice": "ogg", "video": "mp4", "file": "bin"}
_log = structlog.get_logger("qiao.reception")
_KEEP = """
insert into channel_media (workspace_id, conversation_id, seq, nth, inbox_id, contact_id, media, state, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
"""
_SETTLE = """
update channel_media set state = $5, reason = $6, attempts = attempts + 1
where workspace_id = $1 and conversation_id = $2 and seq = $3 and nth = $4 and state = 'fetching' returning attempts
"""


class Rooms(Struct, frozen=True, kw_only=True):
    """What the reception works with; handed in by the house."""

    database: Database
    accounts: Accounts
    inboxes: Inboxes
    conversations: Conversations
    tickets: Tickets
    files: Files
    jobs: Jobs


class Media:
    """Stores and fetches the files of customers' messages."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        rooms.jobs.register(JOB, self.fetch, background=True)

    async def with_those_here(self, scope: Scope, given: Sequence[Carried], arrival: Arrival) -> Arrival:
        """The arrival with the files that came with it; the others are named as on their way, or as lost with the reason."""
        files = [one for one in given if one.kind != ORIGINAL]
        stored: list[tuple[Carried, Attachment]] = []
        lost: list[dict[str, Any]] = []
        for one in files[:MAX_MEDIA]:
            if one.data is None:
                continue
            try:
                stored.append((one, await self._store(scope, one, FetchedMedia(data=one.data), arrival.contact_id)))
            except Unavailable:
                # That we cannot keep it now says nothing of the file: all of it waits.
                raise
            except QiaoError as error:
                lost.append({**_named(one), "reason": error.code, "here": True})
        lost += [{**_named(one), "reason": "too_many_files", "here": True} for one in files[MAX_MEDIA:]]
        marks = {
            "fetching": [_named(one) for one in files[:MAX_MEDIA] if one.data is None],
            "lost": lost,
            ORIGINAL: await keep_original(self._rooms.files, scope, given, stored),
        }
        content = {**(arrival.content or {}), **{key: value for key, value in marks.items() if value}} or None
        return msgspec.structs.replace(arrival, attachments=tuple(one for _, one in stored), content=content)

    async def to_be_fetched(
        self, scope: Scope, inbox_id: InboxId, message: Message, contact_id: ContactId, given: Sequence[Carried]
    ) -> None:
        """Have those files fetched after this transaction that did not come with their message."""
        for nth, one in enumerate(given[:MAX_MEDIA]):
            if one.data is not None:
                continue
            place = (message.conversation_id, message.seq, nth)
            await scope.connection.execute(
                _KEEP, scope.workspace_id, *place, inbox_id, contact_id, msgspec.to_builtins(one), "fetching", None
            )
            await self._rooms.jobs.enqueue(scope, JOB, _arguments(*place))

    async def fetch(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        """Job: fetch one file and add it to its message. Safe to repeat."""
        conversation_id = ConversationId(UUID(arguments["conversation_id"]))
        place = (conversation_id, int(arguments["seq"]), int(arguments["nth"]))
        rooms, waited = self._rooms, int(arguments.get("nth_wait", 0))
        async with rooms.database.scope(workspace_id) as scope:
            row = await scope.connection.fetchrow(
                "select * from channel_media where workspace_id = $1 and conversation_id = $2 and seq = $3 and nth = $4"
                " and state = 'fetching'",
                workspace_id,
                *place,
            )
            if row is None:
                return
            inbox = await rooms.inboxes.get(scope, row["inbox_id"])
            account = await rooms.accounts.account(scope, inbox.id)
        media = msgspec.convert(row["media"], Carried)
        try:
            result = await rooms.accounts.channel(inbox).fetch_media(media, account, rooms.accounts.wire(account))
        except Exception as error:  # noqa: BLE001 - an adapter's fault is tried again, and told at last
            _log.exception("fetching failed", conversation=str(conversation_id), exc_info=error)
            result = Retry(1, "failed")
        async with rooms.database.scope(workspace_id) as scope:
            match result:
                case FetchedMedia():
                    await self._arrived(scope, row, media, result)
                    await self._let_in(scope, inbox.id, waited)
                case Rejected(reason=reason):
                    await self._settle(scope, place, "lost", reason)
                case Retry(after_seconds=after, reason=reason):
                    await self._again(scope, row, after, reason)
                case NeedsReauth(reason=reason):
                    await rooms.accounts.broke(scope, inbox.id, reason, by="in")
                    await self._wait(scope, place, reason, waited + 1)

    async def _let_in(self, scope: Scope, inbox_id: InboxId, waited: int) -> None:
        """A file came; when this very one was refused before, the provider lets us in again."""
        if waited:
            await self._rooms.accounts.mended(scope, inbox_id, by="in")

    async def _wait(self, scope: Scope, place: tuple[ConversationId, int, int], reason: str, nth: int) -> None:
        """It comes when the inbox is mended, and is asked for now and then meanwhile."""
        if nth > MAX_WAITS:
            await self._settle(scope, place, "lost", reason)
        else:
            await self._ask_once(scope, place, f"wait{nth % 2}", after_seconds=LONGEST_WAIT, nth_wait=nth)

    async def resume(self, scope: Scope, inbox_id: InboxId) -> None:
        """Have everything fetched now that an inbox still waits for."""
        rows = await scope.connection.fetch(
            "select conversation_id, seq, nth from channel_media where workspace_id = $1 and inbox_id = $2 and state = 'fetching'",
            scope.workspace_id,
            inbox_id,
        )
        for row in rows:
            await self._ask_once(scope, tuple(row), "mended")

    async def _ask_once(
        self, scope: Scope, place: tuple[UUID, int, int], why: str, *, after_seconds: float = 0, nth_wait: int = 0
    ) -> None:
        """Have a file asked for, unless that is waiting for the same reason already. Whoever follows a running job has another name."""
        arguments = {**_arguments(*place), "nth_wait": nth_wait}
        once = f"{JOB}:{place[0]}/{place[1]}/{place[2]}:{why}"
        await self._rooms.jobs.enqueue(scope, JOB, arguments, after_seconds=after_seconds, once=once)

    async def _arrived(self, scope: Scope, row: Any, media: Carried, result: FetchedMedia) -> None:
        place = (row["conversation_id"], row["seq"], row["nth"])
        try:
            stored = await self._store(scope, media, result, row["contact_id"])
        except Unavailable as error:
            await self._again(scope, row, STORE_SECONDS, error.code)
        except QiaoError as error:
            await self._settle(scope, place, "lost", error.code)
        else:
            await self._settle(scope, place, "done", None, [stored])

    async def _again(self, scope: Scope, row: Any, after: float, reason: str) -> None:
        place = (row["conversation_id"], row["seq"], row["nth"])
        if row["attempts"] + 1 >= MAX_ATTEMPTS:
            await self._settle(scope, place, "lost", reason)
            return
        await scope.connection.execute(_SETTLE, scope.workspace_id, *place, "fetching", storable(reason)[:200])
        wait = min(LONGEST_WAIT, max(2.0 ** row["attempts"], after))
        await self._rooms.jobs.enqueue(scope, JOB, _arguments(*place), after_seconds=wait)

    async def _settle(
        self, scope: Scope, place: tuple[UUID, int, int], state: str, reason: str | None, files: Sequence[Attachment] = ()
    ) -> None:
        if (
            await scope.connection.fetchval(_SETTLE, scope.workspace_id, *place, state, storable(reason or "")[:200] or None)
            is None
        ):
            return
        conversation_id, seq = ConversationId(place[0]), place[1]
        # The message's row is held from here on: of two files that arrive together, the second sees what the first did.
        message = await self._rooms.conversations.hold(scope, conversation_id, seq)
        rows = await scope.connection.fetch(
            "select media, state, reason from channel_media where workspace_id = $1 and conversation_id = $2 and seq = $3 order by nth",
            scope.workspace_id,
            conversation_id,
            seq,
        )
        fetching = [_shown(row["media"]) for row in rows if row["state"] == "fetching"]
        kept: list[dict[str, Any]] = [one for one in (message.content or {}).get("lost", []) if one.get("here")]
        lost = kept + [{**_shown(row["media"]), "reason": row["reason"]} for row in rows if row["state"] == "lost"]
        change = Amendment(attachments=files, content={"fetching": fetching or None, "lost": lost or None})
        await self._rooms.conversations.amend(scope, conversation_id, seq, change)

    async def _store(self, scope: Scope, media: Carried, result: FetchedMedia, owner: UUID) -> Attachment:
        name = result.name or media.name or f"{media.kind}.{EXTENSIONS.get(media.kind, 'bin')}"
        stored = await self._rooms.files.store(scope, name[:200], result.data, owner=owner)
        return Attachment(**{field: getattr(stored, field) for field in Attachment.__struct_fields__})


def _named(one: Carried) -> dict[str, str | None]:
    return {"kind": one.kind, "name": one.name[:200] if one.name else None}


def _shown(media: dict[str, Any]) -> dict[str, str | None]:
    return {"kind": media["kind"], "name": (media.get("name") or "")[:200] or None}


def _arguments(conversation_id: UUID, seq: int, nth: int) -> dict[str, Any]:
    return {"conversation_id": str(conversation_id), "seq": seq, "nth": nth}
