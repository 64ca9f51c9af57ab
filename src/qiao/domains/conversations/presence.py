"""Who looks at a conversation and who types in it, now. Carried by the bus, kept in memory, never stored."""

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from qiao.domains.contacts.contracts import Visitor
from qiao.platform.auth.caller import Caller
from qiao.platform.bus import Bus
from qiao.platform.live.feed import Frame
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import Socket

TOPIC = "conversations.presence"
EXPIRES_SECONDS = 10.0
VIEW_SECONDS = 45.0
"""A view that is not renewed ends: its node has died. Renewed every 20 s."""
MAX_PLACES = 20_000
"""Conversations with signs that are remembered at once; signs are hints, so the oldest may be lost."""

_encoder = msgspec.json.Encoder()
AgentTyping = Callable[[UUID, UUID, str, bool], None]


class Sign(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sign of somebody: `act` is view, leave, typing or still."""

    act: str
    workspace_id: UUID
    conversation_id: UUID
    kind: str
    id: UUID
    name: str | None = None
    length: int = 0
    window: str = ""
    """Of a view: which socket of which node. Somebody looks for as long as one of their windows does."""


_signs = msgspec.json.Decoder(Sign)


class Presence:
    """Gathers signs from every process and tells the consoles, and the customer of an agent who types."""

    def __init__(self, bus: Bus, hub: Hub, permission: str) -> None:
        self._bus = bus
        self._hub = hub
        self._permission = permission
        self._viewing: dict[Socket, Sign] = {}
        self._here: dict[tuple[UUID, UUID], dict[tuple[str, UUID, str], tuple[float, Sign]]] = {}
        self._agent_typing: list[AgentTyping] = []
        bus.subscribe(TOPIC, self._arrived)

    def on_agent_typing(self, listener: AgentTyping) -> None:
        """Be told (workspace, conversation, name, on) when an agent types or stops."""
        self._agent_typing.append(listener)

    def view(self, caller: Caller, socket: Socket, frame: Frame) -> None:
        """Handler of the console's "view" frames: the socket looks at one conversation, or at none."""
        before = self._viewing.get(socket)
        if before is not None and before.conversation_id != frame.conversation_id:
            self.left(caller, socket)
        if frame.conversation_id is not None and self._may_see(caller):
            window = before.window if before is not None else uuid4().hex
            sign = msgspec.structs.replace(_sign("view", caller, frame.conversation_id), window=window)
            self._viewing[socket] = sign
            self._send(sign)

    def renew(self) -> None:
        """Say again who looks at what here, for whoever missed it, and let go of those of whom nobody says it any more. Every 20 s."""
        for sign in self._viewing.values():
            self._send(sign)
        now = time.monotonic()
        for here in list(self._here.values()):
            over = [sign for until, sign in here.values() if until < now and sign.act == "view"]
            if over:
                self._take(msgspec.structs.replace(over[0], act="leave"))

    def typing(self, caller: Caller, _socket: Socket, frame: Frame) -> None:
        """Handler of the console's "typing" frames."""
        if frame.conversation_id is not None and self._may_see(caller):
            self._send(_sign("typing" if frame.on else "still", caller, frame.conversation_id))

    def left(self, _caller: Caller, socket: Socket) -> None:
        """The console's socket has gone."""
        before = self._viewing.pop(socket, None)
        if before is not None:
            self._send(msgspec.structs.replace(before, act="leave"))

    def contact_typing(
        self, workspace_id: UUID, conversation_id: UUID | None, visitor: Visitor, *, on: bool, length: int
    ) -> None:
        """The customer types, or stopped."""
        if conversation_id is not None:
            act = "typing" if on else "still"
            sign = Sign(
                act=act,
                workspace_id=workspace_id,
                conversation_id=conversation_id,
                kind="contact",
                id=visitor.contact_id,
                name=visitor.name,
                length=max(0, min(length, 10_000)),
            )
            self._send(sign)

    def customer_typing(self, workspace_id: UUID, conversation_id: UUID, contact_id: UUID, name: str | None) -> None:
        """A customer types in a channel that tells so; nobody tells when they stop."""
        self._send(
            Sign(
                act="typing", workspace_id=workspace_id, conversation_id=conversation_id, kind="contact", id=contact_id, name=name
            )
        )

    def bot_typing(self, workspace_id: UUID, conversation_id: UUID, name: str, on: bool) -> None:
        """The bot writes something that takes a moment, or has stopped: the customer sees it as they see an agent typing."""
        act = "typing" if on else "still"
        sign = Sign(
            act=act, workspace_id=workspace_id, conversation_id=conversation_id, kind="bot", id=conversation_id, name=name
        )
        self._send(sign)

    def contact_left(self, workspace_id: UUID, conversation_id: UUID | None) -> None:
        """The customer's socket has gone: whatever they typed has stopped."""
        if conversation_id is not None:
            here = self._here.get((workspace_id, conversation_id), {})
            for sign in [sign for (kind, _, _), (_, sign) in here.items() if kind == "contact"]:
                self._send(msgspec.structs.replace(sign, act="still"))

    def _may_see(self, caller: Caller) -> bool:
        # Whoever may read conversations may read all of their workspace's; a sign never leaves its workspace.
        return self._permission in caller.permissions

    def _send(self, sign: Sign) -> None:
        self._bus.publish(TOPIC, _encoder.encode(sign))

    def _arrived(self, _topic: str, payload: bytes) -> None:
        self._take(_signs.decode(payload))

    def _take(self, sign: Sign) -> None:
        place = (sign.workspace_id, sign.conversation_id)
        now = time.monotonic()
        if place not in self._here and len(self._here) >= MAX_PLACES:
            self._forget(now)
        here = self._here.pop(place, {})
        self._here[place] = here
        over = [here.pop(key)[1] for key in [key for key, (until, _) in here.items() if until < now]]
        typing = sign.act in {"typing", "still"}
        key = (sign.kind, sign.id, "typing" if typing else f"view {sign.window}")
        news = sign.act != "view" or key not in here or any(one.act == "view" for one in over)
        if sign.act in {"typing", "view"}:
            here[key] = (now + (EXPIRES_SECONDS if typing else VIEW_SECONDS), sign)
        else:
            here.pop(key, None)
        if not here:
            del self._here[place]
        if news:
            self._tell(sign, here)

    def _forget(self, now: float) -> None:
        """Make room: first what is over, then the place that was silent longest."""
        for place, here in list(self._here.items()):
            if all(until < now for until, _ in here.values()):
                del self._here[place]
        if len(self._here) >= MAX_PLACES:
            del self._here[next(iter(self._here))]

    def _tell(self, sign: Sign, here: dict[tuple[str, UUID, str], tuple[float, Sign]]) -> None:
        if sign.kind in {"agent", "bot"} and sign.act in {"typing", "still"}:
            for listener in self._agent_typing:
                listener(sign.workspace_id, sign.conversation_id, sign.name or "", sign.act == "typing")
        topic = f"{sign.workspace_id}/{self._permission}"
        if not self._hub.has(topic):
            return
        signs = [one for _, one in here.values()]
        frame = {
            "type": "presence",
            "conversation_id": sign.conversation_id,
            "viewers": list({one.id: {"id": one.id, "name": one.name} for one in signs if one.act == "view"}.values()),
            "typing": [
                {"kind": one.kind, "id": one.id, "name": one.name, "text_length": one.length}
                for one in signs
                if one.act == "typing" and one.kind != "bot"
            ],
        }
        self._hub.publish(topic, _encoder.encode(frame).decode())


def _sign(act: str, caller: Caller, conversation_id: UUID) -> Sign:
    return Sign(
        act=act,
        workspace_id=caller.workspace_id,
        conversation_id=conversation_id,
        kind="agent",
        id=caller.person_id,
        name=caller.name,
    )
