"""The door of webhooks."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from qiao.domains.conversations.api import Conversations
from qiao.domains.webhooks import reading
from qiao.domains.webhooks.catalogue import PING, TYPES, body_of
from qiao.domains.webhooks.contracts import (
    KEPT_DAYS,
    MAX_ENDPOINTS,
    MAX_WAITING,
    Delivery,
    DeliveryDetails,
    DeliveryFilter,
    Endpoint,
    EndpointChanges,
    EndpointSecret,
    HeaderWish,
    NewEndpoint,
    Replayed,
    ReplayWish,
    settings_of,
)
from qiao.domains.webhooks.dispatching import Dispatcher
from qiao.domains.webhooks.doors import HEADERS, OLD_SECRET, SECRET, Place, Rooms
from qiao.domains.webhooks.endpoints import EndpointRows
from qiao.domains.webhooks.errors import TooManyWebhooks, WebhookDeliveryNotFound, WebhookInvalid, WebhookNotFound, WebhookOff
from qiao.domains.webhooks.events import WebhookChanged
from qiao.domains.webhooks.lanes import LaneRows
from qiao.domains.webhooks.payloads import PingData
from qiao.domains.webhooks.queueing import Queueing
from qiao.domains.webhooks.reading import DeliveryRows
from qiao.domains.webhooks.rules import checked_headers
from qiao.domains.webhooks.sending import Sending
from qiao.domains.webhooks.signing import new_signing_secret
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId, new_id
from qiao.platform.auth.sealing import SealBroken
from qiao.platform.db.acts import noted, replaced
from qiao.platform.db.database import Scope
from qiao.platform.http.outbound import AddressRefused, checked_url
from qiao.platform.observe.metrics import WEBHOOK_ENDPOINTS, WEBHOOK_FAILED, WEBHOOK_OLDEST, WEBHOOK_WAITING

OVERLAP_HOURS = 24.0
"""So long after a rotation deliveries carry the signature of the earlier secret too."""
CLEARED_AT_ONCE = 5_000


class Webhooks:
    """Keeps endpoints and sends them what they asked for. `by` is the person who acts."""

    def __init__(self, rooms: Rooms, conversations: Conversations) -> None:
        self._rooms = rooms
        self.queueing = Queueing(conversations)
        self._dispatcher = Dispatcher(rooms.database, Sending(rooms), self._catch_up)

    async def start(self) -> None:
        """Begin to send. Any number of processes may."""
        self._rooms.database.on_commit(self._woken)
        await self._dispatcher.start()

    async def stop(self) -> None:
        """Finish what is under way."""
        await self._dispatcher.stop()

    async def drain(self, workspace_id: WorkspaceId) -> None:
        """Send everything of a workspace that is due now, then return. For tests."""
        await self._dispatcher.drain(workspace_id)

    async def all(self, scope: Scope) -> list[Endpoint]:
        """Every endpoint, oldest first."""
        return await EndpointRows(scope).shown()

    async def get(self, scope: Scope, endpoint_id: UUID) -> Endpoint:
        """One endpoint. Raises WebhookNotFound."""
        found = await EndpointRows(scope).shown(endpoint_id)
        if not found:
            raise WebhookNotFound("no such endpoint")
        return found[0]

    async def create(self, scope: Scope, new: NewEndpoint, by: UUID | None) -> EndpointSecret:
        """A new endpoint and its secret, shown this once. Raises WebhookInvalid, TooManyWebhooks. Not idempotent."""
        rows, endpoint_id, secret = EndpointRows(scope), new_id(), new_signing_secret()
        if await rows.count() >= MAX_ENDPOINTS:
            raise TooManyWebhooks("a workspace has at most so many endpoints", limit=MAX_ENDPOINTS)
        values = await self._values(scope, endpoint_id, msgspec.structs.asdict(new), None)
        values["secret"] = self._rooms.seals.seal(secret, SECRET.at(scope.workspace_id, endpoint_id))
        await rows.add(endpoint_id, values)
        self._tell(scope, await self.get(scope, endpoint_id), "created", by)
        return EndpointSecret(endpoint=await self.get(scope, endpoint_id), secret=secret)

    async def change(self, scope: Scope, endpoint_id: UUID, changes: EndpointChanges, by: UUID | None) -> Endpoint:
        """Set the given fields. Raises WebhookNotFound, WebhookInvalid. Idempotent."""
        rows = EndpointRows(scope)
        lane = await self._held(scope, endpoint_id)
        before: Any = await rows.hold(endpoint_id)
        was = settings_of(await self.get(scope, endpoint_id))
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
        await rows.change(endpoint_id, await self._values(scope, endpoint_id, given, before))
        if given.get("enabled") and not before["enabled"]:
            await rows.refresh(endpoint_id)
            if before["off_reason"] != "failing":
                await lane.behind(None)
        if given.get("ordered") is False:
            await lane.release()
        await lane.due()
        after = await self.get(scope, endpoint_id)
        self._tell(scope, after, "changed", by)
        noted(was, settings_of(after))
        if given.get("headers"):
            replaced(["headers"])
        return after

    async def delete(self, scope: Scope, endpoint_id: UUID, by: UUID | None) -> None:
        """Away with an endpoint: nothing is sent to it any more, and what it had is not shown; `clear_deleted` frees the room.

        Raises WebhookNotFound.
        """
        await self._held(scope, endpoint_id)
        endpoint = await self.get(scope, endpoint_id)
        await EndpointRows(scope).remove(endpoint_id)
        self._tell(scope, endpoint, "deleted", by)

    async def rotate(self, scope: Scope, endpoint_id: UUID, by: UUID | None) -> EndpointSecret:
        """A new secret, shown this once; for a day deliveries are signed with the earlier one too, if that still opens.

        Raises WebhookNotFound.
        """
        await self._held(scope, endpoint_id)
        secret = new_signing_secret()
        rows, seals, place = EndpointRows(scope), self._rooms.seals, (scope.workspace_id, endpoint_id)
        held: Any = await rows.hold(endpoint_id)
        try:
            # It lies in another column from now on, and a seal is bound to its column.
            old = seals.seal(seals.open(held["secret"], SECRET.at(*place)), OLD_SECRET.at(*place))
        except SealBroken:
            old = None
        await rows.keep_old_secret(endpoint_id, seals.seal(secret, SECRET.at(*place)), old, OVERLAP_HOURS)
        endpoint = await self.get(scope, endpoint_id)
        self._tell(scope, endpoint, "rotated", by)
        return EndpointSecret(endpoint=endpoint, secret=secret)

    async def ping(self, scope: Scope, endpoint_id: UUID, by: UUID | None) -> Delivery:
        """Send a test event, the way all others go. Raises WebhookNotFound, WebhookOff."""
        lane = await self._held(scope, endpoint_id, on=True)
        delivery_id = new_id()
        await DeliveryRows(scope, endpoint_id).ping(
            delivery_id, PING, body_of(PING, utc_now(), PingData(endpoint_id=endpoint_id))
        )
        await lane.due()
        self._tell(scope, await self.get(scope, endpoint_id), "pinged", by)
        return (await self.delivery(scope, endpoint_id, delivery_id)).delivery

    async def deliveries(
        self, scope: Scope, endpoint_id: UUID, wanted: DeliveryFilter, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[Delivery]:
        """An endpoint's deliveries, newest first. Raises WebhookNotFound."""
        await self.get(scope, endpoint_id)
        return await DeliveryRows(scope, endpoint_id).listed(wanted, after, limit)

    async def delivery(self, scope: Scope, endpoint_id: UUID, delivery_id: UUID) -> DeliveryDetails:
        """One delivery with its tries. Raises WebhookNotFound, WebhookDeliveryNotFound."""
        await self.get(scope, endpoint_id)
        rows = DeliveryRows(scope, endpoint_id)
        found = await rows.one(delivery_id)
        if found is None:
            raise WebhookDeliveryNotFound("no such delivery")
        return DeliveryDetails(delivery=found[0], body=found[1], tries=await rows.tries(delivery_id))

    async def replay_one(self, scope: Scope, endpoint_id: UUID, delivery_id: UUID, by: UUID | None) -> Delivery:
        """Send a delivery again, or at once when it waits, under the id it had. Raises WebhookDeliveryNotFound, WebhookOff."""
        await self.delivery(scope, endpoint_id, delivery_id)
        await self._again(scope, endpoint_id, [delivery_id], by)
        return (await self.delivery(scope, endpoint_id, delivery_id)).delivery

    async def replay(self, scope: Scope, endpoint_id: UUID, wish: ReplayWish, by: UUID | None) -> Replayed:
        """Send deliveries that are over again, as many as fit in the queue. Raises WebhookNotFound, WebhookOff."""
        lane = await self._held(scope, endpoint_id, on=True)
        room = max(MAX_WAITING - await lane.waiting(), 0)
        meant = await DeliveryRows(scope, endpoint_id).meant(wish, room + 1)
        count = await self._again(scope, endpoint_id, meant[:room], by)
        return Replayed(count, more=len(meant) > room)

    async def clear(self) -> None:
        """Forget what is over for a month. Safe to repeat and to miss."""
        async with self._rooms.database.across() as connection:
            while await reading.clear(connection, KEPT_DAYS, CLEARED_AT_ONCE) == CLEARED_AT_ONCE:
                pass

    async def clear_deleted(self) -> None:
        """Free the room of endpoints that were deleted, a part at a time. Safe to repeat, to cut and in several processes."""
        async with self._rooms.database.across() as connection:
            while await reading.clear_deleted(connection, CLEARED_AT_ONCE) == CLEARED_AT_ONCE:
                pass

    async def measure(self) -> None:
        """Set the gauges for monitoring. Labels name nobody."""
        async with self._rooms.database.across() as connection:
            row: Any = await reading.measured(connection)
        WEBHOOK_WAITING.set(row["waiting"])
        WEBHOOK_OLDEST.set(row["oldest_seconds"])
        WEBHOOK_FAILED.set(row["failed"])
        for state in ("well", "failing", "behind", "off"):
            WEBHOOK_ENDPOINTS.labels(state).set(row[state])

    async def _again(self, scope: Scope, endpoint_id: UUID, deliveries: list[UUID], by: UUID | None) -> int:
        lane = await self._held(scope, endpoint_id, on=True)
        endpoint = await self.get(scope, endpoint_id)
        count = await DeliveryRows(scope, endpoint_id).again(deliveries, ordered=endpoint.ordered)
        await lane.next_turn()
        await lane.due()
        self._tell(scope, endpoint, "replayed", by)
        return count

    async def _held(self, scope: Scope, endpoint_id: UUID, *, on: bool = False) -> LaneRows:
        lane = LaneRows(scope, endpoint_id)
        now = await lane.hold()
        if now is None:
            raise WebhookNotFound("no such endpoint")
        if on and not now["enabled"]:
            raise WebhookOff("this endpoint is switched off")
        return lane

    async def _values(self, scope: Scope, endpoint_id: UUID, given: Mapping[str, Any], before: Any | None) -> dict[str, Any]:
        values = dict(given)
        if "url" in values:
            await self._check_url(values["url"])
        if not TYPES.issuperset(values.get("events", ())):
            raise WebhookInvalid("the catalogue has no such event", field="events", unknown=sorted({*values["events"]} - TYPES))
        if values.get("inbox_ids"):
            await self._rooms.inboxes.must_be_there(scope, values["inbox_ids"])
        for name in ("events", "inbox_ids"):
            if name in values:
                values[name] = list(dict.fromkeys(values[name]))
        if "enabled" in values and (before is None or values["enabled"] != before["enabled"]):
            values["off_reason"] = None if values["enabled"] else "by_hand"
        if "headers" in values:
            values |= self._sealed_headers(
                (scope.workspace_id, endpoint_id), values["headers"], before["headers"] if before else None
            )
        return values

    def _sealed_headers(self, place: Place, wishes: list[HeaderWish], sealed: bytes | None) -> dict[str, Any]:
        about = HEADERS.at(*place)
        try:
            kept = msgspec.json.decode(self._rooms.seals.open(sealed, about), type=dict[str, str]) if sealed else {}
        except SealBroken:
            kept = {}
        found = checked_headers(wishes, kept)
        hidden = self._rooms.seals.seal(msgspec.json.encode(found).decode(), about) if found else None
        return {"headers": hidden, "header_names": list(found)}

    async def _check_url(self, url: str) -> None:
        try:
            target = checked_url(url)
            if target.host.replace(".", "").isdigit() or ":" in target.host:
                await self._rooms.outbound.address(target.host, target.port)
        except AddressRefused:
            raise WebhookInvalid("this address cannot be used", field="url") from None
        if target.scheme != "https" and not self._rooms.plain_http:
            raise WebhookInvalid("an address begins with https", field="url", reason="https")

    def _tell(self, scope: Scope, endpoint: Endpoint, act: str, by: UUID | None) -> None:
        noted(None, settings_of(endpoint))
        scope.emit(WebhookChanged(endpoint_id=endpoint.id, url=endpoint.url, act=act, by=by))

    async def _catch_up(self, place: Place) -> int:
        async with self._rooms.database.scope(WorkspaceId(place[0])) as scope:
            count = await self.queueing.catch_up(scope, place[1])
        if count:
            self._dispatcher.wake()
        return count

    def _woken(self, _workspace_id: UUID, names: Collection[str]) -> None:
        if WebhookChanged.wire_name in names:
            self._dispatcher.wake()
