"""Who hears of what. One table, fact -> subscribers in order; its page in the docs is generated from here."""

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import uuid4

import structlog

from qiao.app.hints import Hints
from qiao.app.house import House
from qiao.app.roles import WORK
from qiao.app.sealed import fillers
from qiao.app.session_ends import SessionEnds
from qiao.app.session_watch import SessionWatch
from qiao.domains.analytics import subscribers as analytics
from qiao.domains.audit import subscribers as audit
from qiao.domains.bot import subscribers as bot
from qiao.domains.bot.generating.jobs import timers as generating_timers
from qiao.domains.bot.jobs import timers as bot_timers
from qiao.domains.bot.learning import subscribers as bot_learning
from qiao.domains.conversations import subscribers as conversations
from qiao.domains.conversations.visitor_socket import VisitorSockets
from qiao.domains.delivery import subscribers as delivery
from qiao.domains.notifications import subscribers as notifications
from qiao.domains.people import subscribers as people
from qiao.domains.people.events import SessionEnded
from qiao.domains.reception import subscribers as reception
from qiao.domains.routing import subscribers as routing
from qiao.domains.routing.events import QueueChanged
from qiao.domains.tickets import subscribers as tickets
from qiao.domains.webhooks import subscribers as webhooks
from qiao.kit.ids import PersonId, WorkspaceId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.finishing import finish_a_little
from qiao.platform.db.nodes import Nodes
from qiao.platform.jobs.timers import Timer, Timers, in_each
from qiao.platform.live.feed import Feed, Telling
from qiao.platform.live.polling import Polls
from qiao.platform.live.socket import Socket
from qiao.platform.live.tail import Tail
from qiao.platform.log.facts import Entry
from qiao.platform.log.forgetting import forget
from qiao.platform.log.recent import Recent
from qiao.platform.log.runner import SubscriberRunner
from qiao.platform.log.subscribers import Subscriber
from qiao.platform.observe.metrics import SOCKETS
from qiao.platform.version import APP_VERSION

_log = structlog.get_logger("qiao.wiring")

PRESENCE_SECONDS = 20.0

# What a console needs to see facts of a domain; the first that fits decides. A person's own facts go to that person alone.
AUDIENCES: Sequence[tuple[str, str | None]] = (
    ("people.session_ended.", None),
    ("people.signed_in.", None),
    ("people.sign_ins_refused.", None),
    ("people.key_", "keys.write"),
    ("people.invited.", "people.write"),
    ("people.password_", "people.write"),
    ("notifications.", "person"),
    ("conversations.", "conversations.read"),
    ("contacts.", "contacts.read"),
    ("delivery.", "conversations.read"),
    ("tickets.", "conversations.read"),
    ("reception.", "conversations.read"),
    ("routing.", "conversations.read"),
    ("people.", "knowledge.read"),
    ("inboxes.", "knowledge.read"),
    ("workspaces.", "knowledge.read"),
    ("knowledge.", "knowledge.read"),
    ("bot.", "knowledge.read"),
    ("webhooks.", "webhooks.write"),
)

# To a console, everything said is a message, and everything done to a conversation a change of it.
_POSTED = ("message_received", "reply_posted", "note_posted", "event_posted")
_DONE = ("handed_over", "assigned", "requeued", "handed_to_bot", "snoozed", "woken", "resolved", "reopened", "tagged", "moved")
SHOWN_NAMES = {
    **{f"conversations.{name}.v1": "conversations.message_posted.v1" for name in _POSTED},
    **{f"conversations.{name}.v1": "conversations.changed.v1" for name in _DONE},
}


def shown_name(name: str) -> str:
    """The name under which consoles hear of a fact."""
    return SHOWN_NAMES.get(name, name)


def near_subscribers(house: House) -> list[Subscriber]:
    """Those a customer waits for: they run where the sockets are."""
    return [
        *bot.subscribers(house.bot),
        *routing.subscribers(house.routing),
        *delivery.subscribers(house.delivery),
    ]


def background_subscribers(house: House) -> list[Subscriber]:
    """Those that may come a moment later: `qiao.app.background` says where they run."""
    return [
        *people.subscribers(house.resets),
        *conversations.subscribers(house.conversations),
        *tickets.subscribers(house.tickets),
        *reception.subscribers(house.reception),
        *notifications.subscribers(house.notifications),
        *analytics.subscribers(house.analytics),
        *bot_learning.subscribers(house.bot.learning),
        *webhooks.subscribers(house.webhooks),
        *audit.subscribers(house.audit),
    ]


def all_subscribers(house: House) -> list[Subscriber]:
    """Every subscriber, in the order in which they are listed for a fact."""
    return [*near_subscribers(house), *background_subscribers(house)]


def audience(entry: Entry) -> str | None:
    """Who of the consoles may see a fact: a permission, one person, or nobody."""
    for prefix, permission in AUDIENCES:
        if entry.name.startswith(prefix):
            return f"person:{entry.subject}" if permission == "person" else permission
    return None


class Running:
    """Everything that runs at the doors, started and stopped in order."""

    def __init__(self, house: House, *, alone: bool = False) -> None:
        """`alone`: the background work is done here too."""
        self.house = house
        self._works = house.settings.role in WORK
        self._alone = self._works and (alone or house.settings.role == "worker")
        self._node = uuid4().hex[:12]
        self.nodes = Nodes(house.database, self._node, house.settings.role, _end)
        recent = Recent()
        self.tail = Tail(house.database, [self._project], recent)
        self.feed = Feed(house.database, house.hub, self.tail, Telling(audience, shown_name, house.people.still_in), APP_VERSION)
        self.tail.on_replaced(house.hub.close_all)
        self.polls = Polls(house.hub, self.tail)
        self.visitor_sockets = VisitorSockets(house.visitors, house.contacts, house.hub, self.tail, house.presence)
        self.runner = SubscriberRunner(house.database, (all_subscribers if self._alone else near_subscribers)(house), recent)
        self.hints = Hints(house, self._woken)
        self.ends = SessionEnds(house)
        self.timers = Timers(
            house.database,
            [
                Timer("routing", 5.0, self._every_workspace),
                Timer("schema", 15.0, self._finish_upgrade),
                Timer("sessions", 300.0, self._lapse),
                Timer("people.refused", 60.0, house.people.tell_refused),
                Timer("audit.anchors", 60.0, house.audit.anchor),
                Timer("commerce.calls", 3_600.0, house.commerce.forget_calls),
                Timer("webhooks.clear", 3_600.0, house.webhooks.clear),
                Timer("webhooks.clear_deleted", 60.0, house.webhooks.clear_deleted),
                Timer("log.forget", 3_600.0, self._forget),
                *tickets.timers(house.tickets),
                *bot_timers(house.bot),
                *generating_timers(house.generating),
            ],
        )
        self.watch = SessionWatch(house.hub, house.people)
        self._people: dict[Socket, Caller] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._connect()

    async def start(self) -> None:
        """Begin to serve sockets, follow the log and do jobs."""
        await self.nodes.start()
        self.tail.look_often(not self.house.bus.well)
        await self.house.ring.start()
        await self.house.bus.start()
        await self.hints.start()
        await self.house.reading.start()
        await self.tail.start()
        await self.watch.start()
        if self._works:
            await self.runner.start()
            await self.house.jobs.start(background=None if self._alone else False)
            await self.house.delivery.start()
            await self.timers.start()
        if self._alone:
            await self.house.reception.start()
            await self.house.webhooks.start()
        if self.house.settings.role != "live":
            self._tasks.append(asyncio.create_task(self.house.bot.start(), name="model"))
        self._tasks.append(asyncio.create_task(self._keep_presence(), name="presence"))

    async def stop(self) -> None:
        """Stop taking work, finish what was accepted, then let go."""
        await self.timers.stop()
        await self.house.delivery.stop()
        if self._alone:
            await self.house.webhooks.stop()
            await self.house.reception.stop()
        await self.house.beginnings.stop()
        await self.house.writer.stop()
        await self.house.jobs.stop()
        await self.runner.stop()
        await self.watch.stop()
        await self.tail.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.hints.stop()
        await self.house.reading.stop()
        self.house.bot.close()
        await self.house.generating.close()
        await self.house.bus.stop()
        await self.house.ring.stop()
        await self.nodes.stop()

    def _connect(self) -> None:
        presence = self.house.presence
        self.feed.on_frame("view", presence.view)
        self.feed.on_frame("typing", presence.typing)
        self.feed.on_leave(presence.left)
        self.feed.on_arrive(self.watch.arrived)
        self.feed.on_leave(self.watch.left)
        self.feed.on_arrive(self._arrived)
        self.feed.on_leave(self._left)
        self.house.bus.on_change(self._bus_changed)

    def _project(self, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> None:
        for entry in entries:
            # First: of what is read together with it nothing more is shown.
            if entry.name == SessionEnded.wire_name:
                self.ends.close(entry.subject)
        self.feed.project(workspace_id, entries)
        self.visitor_sockets.project(workspace_id, entries)
        self.house.bot.note(workspace_id, entries)
        for entry in entries:
            if entry.name == QueueChanged.wire_name:
                self.visitor_sockets.queue_moved(workspace_id, entry.read(QueueChanged).conversations)

    def _woken(self, workspace_id: WorkspaceId, names: Collection[str]) -> None:
        self.runner.wake(workspace_id, names)
        self.tail.wake(workspace_id)
        self.house.receipts.forget(workspace_id, names)
        self.house.people.heard(workspace_id, names)

    def _bus_changed(self, well: bool) -> None:
        """What was said meanwhile was not heard: look at once; and while no hint comes, look more often."""
        self.tail.look_often(not well)
        if well:
            self.house.presence.renew()

    async def _keep_presence(self) -> None:
        while True:
            await asyncio.sleep(PRESENCE_SECONDS)
            SOCKETS.set(self.house.hub.size)
            self.house.presence.renew()
            try:
                await self._renew()
            except Exception as error:  # noqa: BLE001 - whoever is connected stays so when the database comes back
                _log.warning("presence waits", error=f"{type(error).__name__}: {error}")

    async def _renew(self) -> None:
        here: defaultdict[WorkspaceId, set[PersonId]] = defaultdict(set)
        for caller in self._people.values():
            here[caller.workspace_id].add(caller.person_id)

        async def connected(workspace_id: WorkspaceId) -> None:
            for person_id in here[workspace_id]:
                async with self.house.database.scope(workspace_id) as scope:
                    await self.house.people.connected(scope, person_id, node=self._node)

        await in_each(here, connected)

    async def _arrived(self, caller: Caller, socket: Socket) -> None:
        if caller.program:
            return
        self._people[socket] = caller
        async with self.house.database.scope(caller.workspace_id) as scope:
            await self.house.people.connected(scope, caller.person_id, node=self._node)

    async def _left(self, caller: Caller, socket: Socket) -> None:
        if self._people.pop(socket, None) and all(other.person_id != caller.person_id for other in self._people.values()):
            async with self.house.database.scope(caller.workspace_id) as scope:
                await self.house.people.disconnected(scope, caller.person_id, node=self._node)

    async def _forget(self) -> None:
        names = [one.name for one in all_subscribers(self.house)]
        await forget(self.house.database, names, self.house.settings.log_days)

    async def _every_workspace(self) -> None:
        await in_each(await self.house.workspaces.all_ids(), self.house.routing.tick)

    async def _finish_upgrade(self) -> None:
        way_back = timedelta(hours=self.house.settings.way_back_hours)
        await finish_a_little(self.house.dsn, way_back, fillers(self.house.ring))

    async def _lapse(self) -> None:
        await self.house.people.end_lapsed_sessions()


def _end() -> None:
    """As an operator would: what is under way is finished, and whoever starts the program again is told why it may not."""
    os.kill(os.getpid(), signal.SIGTERM)
