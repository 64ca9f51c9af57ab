"""What an endpoint, a delivery and a try are."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, ValidationError, convert

from qiao.domains.webhooks.errors import WebhookInvalid

MAX_ENDPOINTS = 20
"""Endpoints of a workspace."""
MAX_WAITING = 10_000
"""Deliveries of an endpoint that wait at once; what comes beyond stays in the log until there is room again."""
KEPT_DAYS = 30
"""How long a delivery that is over, and its tries, stay."""
ANSWER_BYTES = 1_024
"""So much of an answer is kept."""

Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$", extra_json_schema={"format": "date-time"}
    ),
]
"""RFC 3339, with its distance from UTC. As text: where a moment is asked for, the decoder would take any number for one."""
Description = Annotated[str, Meta(max_length=200)]
Address = Annotated[str, Meta(min_length=1, max_length=2_000)]
EventTypes = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=100)]
InboxIds = Annotated[list[UUID], Meta(max_length=200)]


class DeliveryState(StrEnum):
    """Waiting: not taken yet, or to be tried again. Failed: the schedule is over; it is sent again only by hand."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Verdict(StrEnum):
    """What an answer means for the delivery and its endpoint."""

    DELIVERED = "delivered"
    FAILED = "failed"
    THROTTLED = "throttled"
    GONE = "gone"


class HeaderWish(Struct, frozen=True, forbid_unknown_fields=True):
    """A header to send along. Without a value the one that it has is kept; values are stored and never shown."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    value: Annotated[str, Meta(max_length=2_000)] | None = None


Headers = Annotated[list[HeaderWish], Meta(max_length=10)]


class NewEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send what. No `inbox_ids`: of all inboxes."""

    url: Address
    events: EventTypes
    description: Description = ""
    inbox_ids: InboxIds = []
    ordered: bool = False
    """Events of a conversation one after another: one that fails holds back those behind it of its own conversation."""
    headers: Headers = []
    enabled: bool = True


class EndpointChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; absent fields stay. Switching on forgets why it was off."""

    url: Address | UnsetType = UNSET
    events: EventTypes | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    inbox_ids: InboxIds | UnsetType = UNSET
    ordered: bool | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class DayFigures(Struct, frozen=True):
    """Tries of a day (UTC) and how they ended."""

    day: date
    delivered: int
    failed: int


class Endpoint(Struct, frozen=True, kw_only=True):
    """An endpoint as admins see it: never its secret, of its headers the names alone."""

    id: UUID
    url: str
    description: str
    events: list[str]
    inbox_ids: list[UUID]
    ordered: bool
    header_names: list[str]
    enabled: bool
    off_reason: str | None
    """Why it is off: by_hand, gone (its receiver said so) or failing (nothing reached it for days)."""
    old_secret_until: datetime | None
    """Until when deliveries are signed with the earlier secret too."""
    waiting: int
    failed: int
    oldest_waiting_at: datetime | None
    behind: bool
    """More happened than may wait here: the rest follows from the log as there is room."""
    failing_since: datetime | None
    last_success_at: datetime | None
    last_reason: str | None
    days: list[DayFigures]
    created_at: datetime
    updated_at: datetime


_SETTINGS = ("id", "description", "events", "inbox_ids", "ordered", "header_names", "enabled")


def settings_of(endpoint: Endpoint) -> dict[str, object]:
    """What of an endpoint people set, for those who remember it. Of its address what stands before the question mark: a key may follow."""
    return {"url": endpoint.url.partition("?")[0], **{name: getattr(endpoint, name) for name in _SETTINGS}}


class EndpointSecret(Struct, frozen=True, kw_only=True):
    """An endpoint and its new secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


class Delivery(Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint. `message_id` is what its receiver knows as `webhook-id`, the same on every try."""

    id: UUID
    message_id: str
    type: str
    state: DeliveryState
    tries: int
    status: int | None
    reason: str | None
    created_at: datetime
    due_at: datetime | None
    """When it is tried next; none while it waits for an earlier one of its conversation, or is over."""
    done_at: datetime | None
    replays: int


class Try(Struct, frozen=True, kw_only=True):
    """One request. `status` is none when no answer came; `reason` says why it is not a success."""

    at: datetime
    status: int | None
    reason: str | None
    milliseconds: int
    answer: str
    """The first part of what was answered."""


class DeliveryDetails(Struct, frozen=True, kw_only=True):
    """A delivery, what is sent, and every try that is still kept, newest first."""

    delivery: Delivery
    body: str
    tries: list[Try]


class DeliveryFilter(Struct, frozen=True, kw_only=True):
    """Which deliveries to list, newest first."""

    state: DeliveryState | None = None
    type: str | None = None


class ReplayWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send again: deliveries that are over and were made within the span; only failed ones unless all are asked for."""

    since: Moment | None = None
    until: Moment | None = None
    delivered_too: bool = False

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """From when to when. Raises WebhookInvalid for what looks like a moment and is none (a 31st of February)."""
        return _moment(self.since), _moment(self.until)


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else convert(text, datetime)
    except ValidationError:
        raise WebhookInvalid("there is no such moment", field="since") from None


class Replayed(Struct, frozen=True):
    """How many are sent again. `more`: there are others that do not fit in the queue now; ask again later."""

    count: int
    more: bool


class CatalogueEntry(Struct, frozen=True, kw_only=True):
    """A public event: its name, what it means in both languages, the schema of its `data`, an example of what is sent."""

    type: str
    version: int
    group: str
    title: dict[str, str]
    text: dict[str, str]
    by_inbox: bool
    """Whether a choice of inboxes applies to it."""
    schema: dict[str, Any]
    example: Raw
