"""One request: take what is due, sign it, send it, record what came of it. No connection of the pool is held while it is under way.

A process that dies in between leaves the delivery taken until its lease ends; then it is sent again, under the same `webhook-id`.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from qiao.domains.webhooks.catalogue import message_id
from qiao.domains.webhooks.contracts import ANSWER_BYTES, DeliveryState, Verdict
from qiao.domains.webhooks.doors import HEADERS, OLD_SECRET, SECRET, Place, Rooms
from qiao.domains.webhooks.events import WebhookChanged
from qiao.domains.webhooks.lanes import AT_ONCE, Ended, LaneRows
from qiao.domains.webhooks.queueing import SUBSCRIBER
from qiao.domains.webhooks.rules import OFF_AFTER_DAYS, rest_after, retry_after, verdict_of, wait_after
from qiao.domains.webhooks.signing import signed_headers
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId, new_id
from qiao.platform.auth.sealing import SealBroken
from qiao.platform.db.database import LOST, TRANSIENT, Scope
from qiao.platform.http.outbound import AddressRefused, OutboundFailed, OutboundRequest
from qiao.platform.log.read import cursor_of
from qiao.platform.observe.metrics import WEBHOOK_SECONDS, WEBHOOK_TRIES
from qiao.platform.version import APP_VERSION

TRY_SECONDS = 20.0
"""For all of a try: name, connection, answer."""
RECORD_PAUSES = (0.05, 0.2, 1.0, 3.0)
_CHANCE = random.SystemRandom()
_log = structlog.get_logger("qiao.webhooks")


class Taken(Struct, frozen=True, kw_only=True):
    """A delivery in hand, and the endpoint as it was when it was taken."""

    place: Place
    holder: UUID
    row: Any
    endpoint: Any


class Answered(Struct, frozen=True, kw_only=True):
    """What came of a request. `reason` is none for a success, else a word that faces translate."""

    verdict: Verdict
    status: int | None = None
    reason: str | None = None
    asked: float | None = None
    milliseconds: int = 0
    answer: str = ""


class Sending:
    """Sends to endpoints. Any number may, in any number of processes."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def send_next(self, place: Place) -> bool:
        """Send what is due first to an endpoint; False when nothing is, or it is to be left alone."""
        taken = await self._take(place)
        if taken is None:
            return False
        await self._end(taken, await self._try(taken))
        return True

    async def _take(self, place: Place) -> Taken | None:
        holder = new_id()
        async with self._rooms.database.scope(WorkspaceId(place[0])) as scope:
            lane = LaneRows(scope, place[1])
            now = await lane.hold()
            if now is None or now["rests"]:
                return None
            if not now["enabled"]:
                await lane.due_at(None)
                return None
            row = await lane.take(holder, AT_ONCE if now["failing_since"] is None else 1)
        return None if row is None else Taken(place=place, holder=holder, row=row, endpoint=now)

    async def _try(self, taken: Taken) -> Answered:
        began = time.perf_counter()
        try:
            found = await self._request(taken)
        except (AddressRefused, OutboundFailed, SealBroken) as error:
            found = Answered(verdict=Verdict.FAILED, reason=_reason(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again and told at last
            _log.exception("webhook not sent", endpoint=str(taken.place[1]), exc_info=error)
            found = Answered(verdict=Verdict.FAILED, reason="broken")
        took = time.perf_counter() - began
        WEBHOOK_SECONDS.observe(took)
        WEBHOOK_TRIES.labels(found.verdict).inc()
        return msgspec.structs.replace(found, milliseconds=round(took * 1000))

    async def _request(self, taken: Taken) -> Answered:
        endpoint, row = taken.endpoint, taken.row
        body = str(row["body"]).encode()
        own = {"content-type": "application/json", "user-agent": f"Qiao-Webhooks/{APP_VERSION}"}
        signed = signed_headers(self._secrets(taken), message_id(row["id"]), int(time.time()), body)
        request = OutboundRequest(
            url=endpoint["url"],
            headers={**self._headers(taken), **own, **signed},
            body=body,
            timeout=TRY_SECONDS,
            max_bytes=ANSWER_BYTES,
            cut=True,
        )
        answer = await self._rooms.outbound.send(request)
        verdict = verdict_of(answer.status)
        return Answered(
            verdict=verdict,
            status=answer.status,
            reason=None if verdict is Verdict.DELIVERED else _status_reason(answer.status),
            asked=retry_after(answer.headers.get("retry-after"), utc_now()) if verdict is Verdict.THROTTLED else None,
            answer=answer.body[:ANSWER_BYTES].decode(errors="replace").replace("\x00", "�"),
        )

    def _secrets(self, taken: Taken) -> list[str]:
        endpoint, opened = taken.endpoint, self._rooms.seals.open
        old = [opened(endpoint["old_secret"], OLD_SECRET.at(*taken.place))] if endpoint["old_secret_valid"] else []
        return [opened(endpoint["secret"], SECRET.at(*taken.place)), *old]

    def _headers(self, taken: Taken) -> Mapping[str, str]:
        sealed = taken.endpoint["headers"]
        opened = self._rooms.seals.open(sealed, HEADERS.at(*taken.place)) if sealed else "{}"
        return msgspec.json.decode(opened, type=dict[str, str])

    async def _end(self, taken: Taken, answered: Answered) -> None:
        """Record what came of it. What was sent must not be forgotten because the database was busy or away for a moment."""
        for pause in (*RECORD_PAUSES, None):
            try:
                async with self._rooms.database.scope(WorkspaceId(taken.place[0])) as scope:
                    await self._record(scope, taken, answered)
            except (*TRANSIENT, *LOST):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    async def _record(self, scope: Scope, taken: Taken, answered: Answered) -> None:
        lane = LaneRows(scope, taken.place[1])
        now = await lane.hold()
        if now is None:
            return
        await _note(scope, taken, answered)
        throttled = now["throttled"] + 1 if answered.verdict is Verdict.THROTTLED else 0
        rest = rest_after(throttled, answered.asked) if throttled else 0.0
        days = await lane.fared(well=answered.verdict is Verdict.DELIVERED, reason=answered.reason, throttled=throttled)
        await lane.end(taken.row["id"], taken.holder, _ended(taken.row["tries"], answered))
        if rest:
            await lane.rest(rest)
        off = "gone" if answered.verdict is Verdict.GONE else "failing" if days >= OFF_AFTER_DAYS else None
        if off is not None and await lane.switch_off(off):
            if off == "failing" and now["behind_from"] is None:
                # Nobody asked for silence: what happens meanwhile follows when it is switched on.
                await lane.behind(1 + await cursor_of(scope.connection, scope.workspace_id, SUBSCRIBER))
            scope.emit(WebhookChanged(endpoint_id=taken.place[1], url=taken.endpoint["url"], act=off))
            await self._rooms.tell_off(scope, taken.place[1], taken.endpoint["url"], off)


def _ended(tries: int, answered: Answered) -> Ended:
    if answered.verdict is Verdict.DELIVERED:
        return Ended(state=DeliveryState.DELIVERED, status=answered.status, reason=None)
    wait = wait_after(tries, _CHANCE.random())
    if wait is None:
        return Ended(state=DeliveryState.FAILED, status=answered.status, reason=answered.reason)
    wait = max(wait, answered.asked or 0.0)
    return Ended(state=DeliveryState.WAITING, wait=wait, status=answered.status, reason=answered.reason)


async def _note(scope: Scope, taken: Taken, answered: Answered) -> None:
    await scope.connection.execute(
        "insert into webhook_tries (workspace_id, delivery_id, holder, status, reason, milliseconds, answer)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        scope.workspace_id,
        taken.row["id"],
        taken.holder,
        answered.status,
        answered.reason,
        answered.milliseconds,
        answered.answer,
    )


def _reason(error: AddressRefused | OutboundFailed | SealBroken) -> str:
    if isinstance(error, OutboundFailed):
        return str(error.details.get("reason", "broken"))
    return "refused" if isinstance(error, AddressRefused) else "secret"


def _status_reason(status: int) -> str:
    if 300 <= status < 400:
        return "redirect"
    return {410: "gone", 429: "throttled", 502: "throttled", 503: "throttled", 504: "throttled"}.get(status, "status")
