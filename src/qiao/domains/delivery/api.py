"""The door of delivery."""

from collections.abc import Collection, Sequence
from uuid import UUID

from qiao.domains.delivery.acting import Acting
from qiao.domains.delivery.contracts import (
    STUCK,
    WAITING,
    ApprovedTemplate,
    ReplyDelivery,
    ReplyLength,
    ReplyWindowView,
    State,
)
from qiao.domains.delivery.dispatching import LANES
from qiao.domains.delivery.doors import Rooms
from qiao.domains.delivery.errors import DeliveryNotFound, NotOffered, NotStuck
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.delivery.lanes import LaneRows
from qiao.domains.delivery.looking import reply_length, reply_window
from qiao.domains.delivery.repository import DeliveryRows, Row, view_of
from qiao.domains.delivery.rules import after_report
from qiao.domains.delivery.sending import Sending, moved
from qiao.domains.delivery.typing_out import TypingOut
from qiao.domains.inboxes.events import InboxBroken, InboxMended
from qiao.domains.reception.events import ReplyReported
from qiao.kit.ids import ConversationId, InboxId, WorkspaceId
from qiao.platform.db.database import Scope
from qiao.platform.jobs.lanes import LaneRunner
from qiao.platform.log.facts import Entry
from qiao.ports.channel import Capability


class Delivery:
    """Takes replies from the log to their channels, in order, and knows what became of each."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._lanes = LaneRunner(rooms.database, LANES, Sending(rooms).send_next)
        self.acting = Acting(rooms)
        self.typing = TypingOut(rooms)

    async def start(self) -> None:
        """Begin to send. Any number of processes may."""
        self._rooms.database.on_commit(self._woken)
        await self._lanes.start()

    async def stop(self) -> None:
        """Finish what is under way."""
        await self._lanes.stop()
        await self.typing.stop()

    async def drain(self, workspace_id: WorkspaceId) -> None:
        """Send everything of a workspace that is due now, then return. For tests and imports."""
        await self._lanes.drain(workspace_id)

    async def to_be_sent(self, scope: Scope, entries: Sequence[Entry]) -> list[Entry]:
        """Of replies, those that a provider must be given; what customers read from the log themselves is already there."""
        replies = {entry.subject for entry in entries if entry.name not in _OTHERS}
        holding = await self._rooms.conversations.status_of(scope, replies) if replies else {}
        sent = (
            {inbox.id for inbox in await self._rooms.inboxes.all(scope) if self._has_provider(inbox.channel)}
            if replies
            else set()
        )
        return [
            entry
            for entry in entries
            if entry.name in _OTHERS or (entry.subject in holding and holding[entry.subject].inbox_id in sent)
        ]

    async def queue(self, scope: Scope, entry: Entry) -> None:
        """A reply was committed: send it. Channels whose customers read the log themselves need no sending, and get no row."""
        seq = entry.seq or 0
        beside = (entry.fields().get("content") or {}).get("channel") or {}
        if beside.get(ELSEWHERE):
            return
        conversation = await self._rooms.conversations.get(scope, ConversationId(entry.subject))
        inbox = await self._rooms.inboxes.get(scope, conversation.inbox_id)
        if self._has_provider(inbox.channel) and await DeliveryRows(scope).queue(entry.subject, seq, inbox.id):
            scope.emit(DeliveryChanged(conversation_id=conversation.id, message_seq=seq, state=State.QUEUED))

    async def on_reported(self, scope: Scope, entry: Entry) -> None:
        """The provider told what became of a reply. Reports may come twice and in any order: a reply never goes backwards."""
        fact = entry.read(ReplyReported)
        row = await DeliveryRows(scope).one(fact.conversation_id, fact.message_seq)
        if row is None or not await self._is_of_the_last_send(scope, row, fact):
            return
        if fact.state == "failed" and State(row["state"]) in WAITING:
            await DeliveryRows(scope).change(row, State(row["state"]), failed=fact.reason or "failed")
        state = after_report(State(row["state"]), fact.state)
        if state is not None:
            await moved(scope, row, state, reason=fact.reason if state is State.REJECTED else None)

    async def _is_of_the_last_send(self, scope: Scope, row: Row, fact: ReplyReported) -> bool:
        """What was sent anew is called otherwise: a report on the earlier send, told once more, is not about it."""
        if not row["again"] or not fact.provider_id:
            return True
        return fact.provider_id in await DeliveryRows(scope).names_of_sent(row["conversation_id"], row["seq"])

    async def on_broken(self, scope: Scope, entry: Entry) -> None:
        """The inbox's replies wait, in their order."""
        await LaneRows(scope).stop(entry.read(InboxBroken).inbox_id, stopped=True)

    async def on_mended(self, scope: Scope, entry: Entry) -> None:
        """And go on."""
        await LaneRows(scope).stop(entry.read(InboxMended).inbox_id, stopped=False)
        self._lanes.wake()

    async def states(self, scope: Scope, conversation_id: ConversationId) -> list[ReplyDelivery]:
        """What became of every reply of a conversation, by number. Raises ConversationNotFound."""
        await self._rooms.conversations.row(scope, conversation_id)
        return await DeliveryRows(scope).of_conversation(conversation_id)

    async def window(self, scope: Scope, conversation_id: ConversationId) -> ReplyWindowView:
        """Whether one may write now. Raises ConversationNotFound."""
        return await reply_window(scope, self._rooms, conversation_id)

    async def length(self, scope: Scope, conversation_id: ConversationId, text: str) -> ReplyLength:
        """What a text would be sent as. Raises ConversationNotFound."""
        return await reply_length(scope, self._rooms, conversation_id, text)

    async def templates(self, scope: Scope, inbox_id: InboxId) -> list[ApprovedTemplate]:
        """The approved templates of an inbox. Raises InboxNotFound."""
        await self._rooms.inboxes.get(scope, inbox_id)
        return await DeliveryRows(scope).templates(inbox_id)

    async def keep_templates(self, scope: Scope, inbox_id: InboxId, templates: Sequence[ApprovedTemplate]) -> None:
        """Replace the approved templates of an inbox. Raises InboxNotFound, NotOffered. Idempotent."""
        inbox = await self._rooms.inboxes.get(scope, inbox_id)
        channel = self._rooms.channel_of(inbox.channel)
        if channel is None or Capability.TEMPLATES not in channel.manifest.capabilities:
            raise NotOffered("this channel has no templates", capability=str(Capability.TEMPLATES))
        await DeliveryRows(scope).keep_templates(inbox_id, templates)

    async def retry(self, scope: Scope, conversation_id: ConversationId, seq: int) -> ReplyDelivery:
        """Try again what was refused, held or waits for the channel: from the part that is not sent yet; all of it when it had arrived
        and failed afterwards. Raises DeliveryNotFound, NotStuck.
        """
        rows = DeliveryRows(scope)
        row = await rows.one(conversation_id, seq)
        if row is None:
            raise DeliveryNotFound("no provider was given a reply of this number")
        if State(row["state"]) not in STUCK:
            raise NotStuck("this reply is on its way, or has arrived", state=row["state"])
        values: dict[str, object] = {"attempts": 0, "reason": None, "failed": None}
        if row["parts"] is not None and row["sent"] >= row["parts"]:
            await rows.forget_parts(conversation_id, seq)
            values |= {"again": row["again"] + 1, "sent": 0}
        lanes = LaneRows(scope)
        await lanes.due_now(conversation_id, row["inbox_id"])
        if row["state"] == State.NEEDS_REAUTH:
            values["reason"] = row["reason"]
            await lanes.stop(row["inbox_id"], stopped=False)
        return view_of(await moved(scope, row, State.QUEUED, **values))

    def _has_provider(self, channel_name: str) -> bool:
        channel = self._rooms.channel_of(channel_name)
        return channel is not None and Capability.LIVE not in channel.manifest.capabilities

    def _woken(self, _workspace_id: UUID, names: Collection[str]) -> None:
        if DeliveryChanged.wire_name in names:
            self._lanes.wake()


ELSEWHERE = "elsewhere"
"""What the company wrote on the provider's own app is marked so: the customer has it."""
_OTHERS = frozenset({ReplyReported.wire_name, InboxBroken.wire_name, InboxMended.wire_name})
