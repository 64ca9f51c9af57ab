"""What a person does to a message at its provider: take a reply back, hide or delete a public comment. Each act leaves a line."""

from collections.abc import Mapping, Sequence
from typing import Literal

from qiao.domains.conversations.contracts import Amendment, Author, AuthorKind, MessageKind, NewMessage
from qiao.domains.delivery.contracts import WAITING, State
from qiao.domains.delivery.doors import Rooms
from qiao.domains.delivery.errors import DeliveryNotFound, NotOffered, ProviderAway, ProviderRefused
from qiao.domains.delivery.lanes import LaneRows
from qiao.domains.delivery.outgoing import RECALLED
from qiao.domains.delivery.repository import DeliveryRows
from qiao.domains.delivery.sending import moved
from qiao.kit.ids import ConversationId, InboxId, WorkspaceId, new_id
from qiao.platform.db.database import Scope
from qiao.ports.channel import Account, Capability, Channel, NeedsReauth, Rejected, Retry, SendResult

Act = Literal["hide", "show", "delete"]
EVENTS = {"recall": "recalled", "hide": "hidden", "show": "shown", "delete": "deleted"}
_MARKS: Mapping[str, Mapping[str, bool | None]] = {
    "recall": {"recalled": True},
    "hide": {"hidden": True},
    "show": {"hidden": None},
    "delete": {"deleted": True},
}


class Acting:
    """Acts at the provider, then tells. Repeating is safe: a provider that did it already says so or does nothing."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def recall(self, workspace_id: WorkspaceId, conversation_id: ConversationId, seq: int, by: Author) -> None:
        """Take back a reply: what was sent of it at the provider; what still waits never goes. Raises ConversationNotFound,
        DeliveryNotFound, NotOffered, ProviderRefused, ProviderAway.
        """
        async with self._rooms.database.scope(workspace_id) as scope:
            channel, account = await self._offering(scope, (conversation_id, seq), Capability.RECALL)
            ids = await DeliveryRows(scope).provider_ids(conversation_id, seq)
            if await self._stopped(scope, conversation_id, seq) and not ids:
                # Nobody is to be asked: that it does not go and that it is told are one.
                await self._tell(scope, conversation_id, (seq, "recall"), by)
                return
        await self._act("recall", ids, channel, account)
        async with self._rooms.database.scope(workspace_id) as scope:
            await self._tell(scope, conversation_id, (seq, "recall"), by)

    async def _stopped(self, scope: Scope, conversation_id: ConversationId, seq: int) -> bool:
        """Whether some of the reply was still to go when it was taken back, now or before; it does not any more."""
        rows = DeliveryRows(scope)
        row = await rows.one(conversation_id, seq)
        if row is None or State(row["state"]) not in (*WAITING, State.HELD):
            return row is not None and (row["state"], row["reason"]) == (State.REJECTED, RECALLED)
        busy = await LaneRows(scope).is_busy(conversation_id)
        first = await rows.next(conversation_id)
        if busy and first is not None and first["seq"] == seq:
            raise ProviderAway("this reply is being sent right now", reason="sending", retry_after=2)
        await moved(scope, row, State.REJECTED, reason=RECALLED)
        return True

    async def moderate(
        self, workspace_id: WorkspaceId, conversation_id: ConversationId, which: tuple[int, Act], by: Author
    ) -> None:
        """Hide, show or delete a public comment of either side. Raises as `recall` does."""
        seq, act = which
        async with self._rooms.database.scope(workspace_id) as scope:
            channel, account = await self._offering(scope, (conversation_id, seq), Capability.MODERATION)
            ids = await DeliveryRows(scope).provider_ids(conversation_id, seq)
            theirs = None if ids else await self._rooms.reception.provider_id_of(scope, conversation_id, seq)
        await self._act(act, [theirs] if theirs else ids, channel, account)
        async with self._rooms.database.scope(workspace_id) as scope:
            await self._tell(scope, conversation_id, (seq, act), by)

    async def _offering(self, scope: Scope, which: tuple[ConversationId, int], capability: Capability) -> tuple[Channel, Account]:
        conversation = await self._rooms.conversations.get(scope, which[0])
        await self._rooms.conversations.at(scope, *which)
        inbox = await self._rooms.inboxes.get(scope, conversation.inbox_id)
        channel = self._rooms.channel_of(inbox.channel)
        if channel is None or capability not in channel.manifest.capabilities:
            raise NotOffered("this channel has no such act", capability=str(capability))
        return channel, await self._rooms.accounts.account(scope, inbox.id)

    async def _act(self, act: str, ids: Sequence[str], channel: Channel, account: Account) -> None:
        if not ids:
            raise DeliveryNotFound("the provider knows no message of this number")
        for provider_id in ids:
            result = await channel.moderate(act, provider_id, account, self._rooms.accounts.wire(account))
            await self._check(account, result)

    async def _check(self, account: Account, result: SendResult) -> None:
        match result:
            case Rejected(reason=reason):
                raise ProviderRefused("the provider said no", reason=reason)
            case Retry(after_seconds=seconds, reason=reason):
                raise ProviderAway("the provider cannot be asked now", reason=reason, retry_after=max(1, round(seconds)))
            case NeedsReauth(reason=reason):
                async with self._rooms.database.scope(WorkspaceId(account.workspace_id)) as scope:
                    await self._rooms.accounts.broke(scope, InboxId(account.inbox_id), reason)
                raise ProviderAway("the channel must be connected again", reason=reason)
            case _:
                return

    async def _tell(self, scope: Scope, conversation_id: ConversationId, done: tuple[int, str], by: Author) -> None:
        seq, act = done
        # Once for good, or as often as somebody changes their mind.
        nth = f"{conversation_id.hex}:{seq}" if act in {"recall", "delete"} else new_id().hex
        line = {"type": "event", "event": EVENTS[act], "data": {"seq": seq, "by": by.name, "by_id": str(by.id or "")}}
        item = NewMessage(
            conversation_id=conversation_id,
            author=Author(AuthorKind.SYSTEM),
            text="",
            client_id=f"{EVENTS[act]}:{nth}",
            kind=MessageKind.EVENT,
            content=line,
        )
        await self._rooms.conversations.amend(scope, conversation_id, seq, Amendment(channel=_MARKS[act]))
        await self._rooms.conversations.post_in(scope, item)
