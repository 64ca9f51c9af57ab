"""The door of delivery."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.domains.conversations.api import Conversations
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.inboxes.api import Accounts, Inboxes
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.facts import Entry
from qiao.ports.channel import Account, Capability, Channel, NeedsReauth, OutboundMessage, Rejected, Retry, SendResult, Sent

MAX_ATTEMPTS = 8
JOB = "delivery.send"


class Delivery:
    """Takes replies from the log to their channels."""

    def __init__(
        self, database: Database, accounts: Accounts, inboxes: Inboxes, conversations: Conversations, jobs: Jobs
    ) -> None:
        self._database = database
        self._inboxes = inboxes
        self._conversations = conversations
        self._jobs = jobs
        self._accounts = accounts
        jobs.register(JOB, self.send)

    async def to_be_sent(self, scope: Scope, entries: Sequence[Entry]) -> list[Entry]:
        """Those replies that a provider must be given; what customers read from the log themselves is already there."""
        holding = await self._conversations.status_of(scope, {entry.subject for entry in entries})
        live = {
            inbox.id
            for inbox in await self._inboxes.all(scope)
            if Capability.LIVE in self._accounts.channel(inbox).manifest.capabilities
        }
        return [entry for entry in entries if entry.subject in holding and holding[entry.subject].inbox_id not in live]

    async def queue(self, scope: Scope, entry: Entry) -> None:
        """A reply was committed: send it. Channels whose customers read the log themselves need no sending, and get no row."""
        conversation = await self._conversations.get(scope, ConversationId(entry.subject))
        inbox = await self._inboxes.get(scope, conversation.inbox_id)
        channel = self._accounts.channel(inbox)
        if Capability.LIVE in channel.manifest.capabilities:
            return
        await scope.connection.execute(
            "insert into deliveries (workspace_id, conversation_id, seq, state) values ($1, $2, $3, 'queued') on conflict do nothing",
            scope.workspace_id,
            entry.subject,
            entry.seq,
        )
        await self._jobs.enqueue(scope, JOB, {"conversation_id": str(entry.subject), "seq": entry.seq})

    async def send(self, workspace_id: WorkspaceId, arguments: dict[str, Any]) -> None:
        """Job: hand one reply to its channel. Safe to repeat: the key is the same, and what is sent is not sent again."""
        conversation_id, seq = ConversationId(UUID(arguments["conversation_id"])), int(arguments["seq"])
        async with self._database.scope(workspace_id) as scope:
            message = await self._outbound(scope, conversation_id, seq)
        if message is None:
            return
        channel, outbound, account = message
        result = await channel.send(outbound, account, self._accounts.wire(account))
        async with self._database.scope(workspace_id) as scope:
            await self._record(scope, conversation_id, seq, result)

    async def _outbound(
        self, scope: Scope, conversation_id: ConversationId, seq: int
    ) -> tuple[Channel, OutboundMessage, Account] | None:
        state = await scope.connection.fetchval(
            "select state from deliveries where workspace_id = $1 and conversation_id = $2 and seq = $3",
            scope.workspace_id,
            conversation_id,
            seq,
        )
        if state not in {"queued", "retrying"}:
            return None
        conversation = await self._conversations.get(scope, conversation_id)
        inbox = await self._inboxes.get(scope, conversation.inbox_id)
        page = await self._conversations.messages(scope, conversation_id, after=seq - 1, limit=1)
        message = page.items[0]
        account = await self._accounts.account(scope, inbox.id)
        outbound = OutboundMessage(
            key=str(message.id), conversation_id=conversation_id, to=conversation.contact.email or "", text=message.text
        )
        return self._accounts.channel(inbox), outbound, account

    async def _record(self, scope: Scope, conversation_id: ConversationId, seq: int, result: SendResult) -> None:
        state, reason = _state(result)
        row = await scope.connection.fetchrow(
            "update deliveries set state = case when $4 = 'retrying' and attempts + 1 >= $7 then 'rejected' else $4 end,"
            " reason = $5, provider_id = $6, attempts = attempts + 1, changed_at = now()"
            " where workspace_id = $1 and conversation_id = $2 and seq = $3 and state in ('queued', 'retrying') returning state",
            scope.workspace_id,
            conversation_id,
            seq,
            state,
            reason,
            result.provider_id if isinstance(result, Sent) else None,
            MAX_ATTEMPTS,
        )
        if row is None:
            return
        state = row["state"]
        scope.emit(DeliveryChanged(conversation_id=conversation_id, message_seq=seq, state=state, reason=reason))
        if isinstance(result, Retry) and state == "retrying":
            arguments = {"conversation_id": str(conversation_id), "seq": seq}
            await self._jobs.enqueue(scope, JOB, arguments, after_seconds=result.after_seconds)


def _state(result: SendResult) -> tuple[str, str | None]:
    match result:
        case Sent():
            return "sent", None
        case Retry(reason=reason):
            return "retrying", reason
        case Rejected(reason=reason):
            return "rejected", reason
        case NeedsReauth(reason=reason):
            return "needs_reauth", reason
