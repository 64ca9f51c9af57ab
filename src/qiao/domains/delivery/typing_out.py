"""An agent types, and the customer sees it where the provider can show it. A hint: failures are passed over, nothing is kept."""

import asyncio
from collections import OrderedDict
from uuid import UUID

import structlog

from qiao.domains.delivery.doors import Place, Rooms
from qiao.domains.delivery.lanes import LaneRows
from qiao.kit.ids import ConversationId, WorkspaceId, new_id
from qiao.ports.channel import Account, Capability, Channel, OutboundMessage

EVERY_SECONDS = 5.0
SEND_SECONDS = 10.0
REMEMBERED = 5_000
MAX_AT_ONCE = 16

_log = structlog.get_logger("qiao.delivery")


class TypingOut:
    """Listens to presence. A provider is told at most every five seconds of a conversation, by one of all processes."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._wanted = any(_can_show(channel) for channel in rooms.channels.values())
        self._shown: OrderedDict[UUID, bool] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def agent_types(self, workspace_id: UUID, conversation_id: UUID, _name: str, on: bool) -> None:
        """Listener of `Presence.on_agent_typing`."""
        if not on or not self._wanted or not self._shown.get(conversation_id, True) or len(self._tasks) >= MAX_AT_ONCE:
            return
        task = asyncio.create_task(self.tell((workspace_id, conversation_id)), name="delivery-typing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Forget what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def tell(self, place: Place) -> None:
        """Tell the provider, if it can show it and was not told a moment ago."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                ready = await self._ready(WorkspaceId(place[0]), ConversationId(place[1]))
                if ready is not None:
                    channel, message, account = ready
                    await channel.typing(message, account, self._rooms.accounts.wire(account))
        except Exception as error:  # noqa: BLE001 - a hint
            _log.info("typing not shown", conversation=str(place[1]), error=type(error).__name__)

    async def _ready(
        self, workspace_id: WorkspaceId, conversation_id: ConversationId
    ) -> tuple[Channel, OutboundMessage, Account] | None:
        async with self._rooms.database.scope(workspace_id) as scope:
            conversation = await self._rooms.conversations.get(scope, conversation_id)
            inbox = await self._rooms.inboxes.get(scope, conversation.inbox_id)
            channel = self._rooms.channel_of(inbox.channel)
            self._remember(conversation_id, channel is not None and _can_show(channel))
            if channel is None or not _can_show(channel):
                return None
            route = await self._rooms.reception.route(scope, conversation_id)
            if route is None or not await LaneRows(scope).take_typing(conversation_id, inbox.id, EVERY_SECONDS):
                return None
            message = OutboundMessage(
                key=f"typing:{new_id()}",
                conversation_id=conversation_id,
                to=route.address,
                to_name=route.name,
                reply_to=route.reply_to,
                thread_key=route.thread_key,
                last_from_customer_at=route.opened.get("message"),
                by_person=True,
            )
            return channel, message, await self._rooms.accounts.account(scope, inbox.id)

    def _remember(self, conversation_id: UUID, shown: bool) -> None:
        self._shown[conversation_id] = shown
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)


def _can_show(channel: Channel) -> bool:
    return Capability.TYPING in channel.manifest.capabilities and Capability.LIVE not in channel.manifest.capabilities
