"""What an inbox is."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from qiao.domains.inboxes.schedule import ClockSpan, Hours, Opening, Schedule, Span, SpecialDay
from qiao.kit.ids import InboxId, TeamId, WorkspaceId
from qiao.ports.channel import Localised, MediaLimit, ReplyWindow, SettingField

__all__ = [
    "ChannelInfo",
    "ChannelState",
    "ClockSpan",
    "FoundInbox",
    "Hours",
    "IdentityKey",
    "Inbox",
    "InboxChanges",
    "LeftOut",
    "NewInbox",
    "NewSpecialDay",
    "NewSpecialDays",
    "Opening",
    "Plan",
    "ReadDays",
    "Schedule",
    "Snippet",
    "Span",
    "SpecialDay",
]


class NewSpecialDay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day, or several from `first` to `last`, on which the hours of the week do not count.

    Closed unless there are `spans` of its own, or `like` names the weekday (1 Monday to 7 Sunday) whose hours count instead: a Saturday
    that is worked. `inbox_id` null: for every inbox that has hours; an inbox's own day outranks that. `name` by language, at least one.
    """

    first: date
    last: date
    name: Localised
    spans: list[ClockSpan] = []
    like: int | None = None
    inbox_id: InboxId | None = None


class NewSpecialDays(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Special days to add: all of them or none."""

    items: list[NewSpecialDay]


class LeftOut(Struct, frozen=True, kw_only=True):
    """What a calendar file says and is not offered. `reason`: no_date, timed, too_long, outside, override, overlap, hours, name, many."""

    what: str
    reason: str


class ReadDays(Struct, frozen=True, kw_only=True):
    """What a calendar file holds, to be looked through and then added; nothing is kept yet."""

    items: list[NewSpecialDay]
    left_out: list[LeftOut]


class Plan(Struct, frozen=True, kw_only=True):
    """The public holidays of a country and a year as its government published them, `notice` by its number and date."""

    country: str
    year: int
    title: Localised
    notice: str
    days: list[NewSpecialDay]


class Inbox(Struct, frozen=True, kw_only=True):
    """One configured account of a channel."""

    id: InboxId
    key: str
    channel: str
    name: str
    enabled: bool
    team_id: TeamId | None
    bot_enabled: bool
    hours: Hours | None
    settings: dict[str, Any]
    created_at: datetime


class FoundInbox(Struct, frozen=True):
    """An inbox found by its public key, with the workspace it belongs to."""

    workspace_id: WorkspaceId
    inbox: Inbox


class InboxChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an admin may change; absent fields stay; `settings` is merged key by key."""

    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    team_id: TeamId | UnsetType | None = UNSET
    bot_enabled: bool | UnsetType = UNSET
    hours: Hours | UnsetType | None = UNSET
    settings: dict[str, Any] | UnsetType = UNSET


class NewInbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new inbox of a channel."""

    channel: str
    name: str


class IdentityKey(Struct, frozen=True, kw_only=True):
    """A key with which the company's own server signs who its visitor is. The secret is shown once."""

    id: UUID
    created_at: datetime
    last_four: str
    retired_at: datetime | None
    secret: str | UnsetType = UNSET


class ChannelInfo(Struct, frozen=True, kw_only=True):
    """What the console may know of a channel."""

    name: str
    title: Localised
    tier: str
    capabilities: list[str]
    settings: list[SettingField]
    icon_url: str
    windows: list[ReplyWindow]
    after_window: list[str]
    media: list[MediaLimit]
    max_text: int
    counted: bool
    markdown: bool
    max_files: int
    max_options: int
    webhook: bool


class Snippet(Struct, frozen=True, kw_only=True):
    """How to put an inbox on a page."""

    snippet: str
    page_url: str
    identity_example: dict[str, str]


class ChannelState(Struct, frozen=True, kw_only=True):
    """How an inbox stands with its provider. `state` is unconnected, ok or broken; secrets are named, never shown."""

    inbox_id: InboxId
    name: str
    channel: str
    enabled: bool
    webhook_url: str | None
    secrets_set: list[str]
    state: str
    reason: str | None = None
    connected_title: str | None = None
    todo: Localised | None = None
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    lag_seconds: float = 0.0
    """How long the oldest receipt that is not done has been waiting."""
    parked: int = 0
