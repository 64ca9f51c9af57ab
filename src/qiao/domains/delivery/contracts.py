"""What delivery tells: what became of a reply, whether one may write, which templates there are."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class State(StrEnum):
    """Where a reply is. The first three are still on their way; `held`, `rejected` and `unknown` stay until somebody tries again."""

    QUEUED = "queued"
    RETRYING = "retrying"
    NEEDS_REAUTH = "needs_reauth"
    """The channel no longer lets us in: it goes when an admin has connected it again."""
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    REJECTED = "rejected"
    HELD = "held"
    """A person's reply outside the reply window: never sent late by surprise."""
    UNKNOWN = "unknown"
    """It was on its way when the backup was taken that was restored since: the customer may have it. It goes only when somebody says so."""


WAITING = (State.QUEUED, State.RETRYING, State.NEEDS_REAUTH)
STUCK = (State.REJECTED, State.HELD, State.NEEDS_REAUTH, State.UNKNOWN)
"""What may be tried again by hand."""


class ReplyDelivery(Struct, frozen=True, kw_only=True):
    """What became of the reply with this number. `reason` is a stable word of docs/subsystems/delivery.md, or the provider's own."""

    seq: int
    state: State
    reason: str | None
    parts: int | None
    """How many sends it takes; None: not looked at yet."""
    sent: int
    changed_at: datetime


class ReplyWindowView(Struct, frozen=True, kw_only=True):
    """Whether one may write now: until when and how often; if not, why (closed, left, broken), and what may be done instead."""

    open: bool
    until: datetime | None = None
    left: int | None = None
    reason: str | None = None
    instead: list[str] = []


class ReplyText(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody is writing."""

    text: Annotated[str, Meta(max_length=10_000)]


class ReplyLength(Struct, frozen=True, kw_only=True):
    """How many messages a text goes as; where parts are counted, how many of them, in "gsm7" or "ucs2", and for how many characters of
    that alphabet the last part still has room.
    """

    sends: int
    parts: int | None = None
    alphabet: str | None = None
    left: int | None = None


class ApprovedTemplate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template as the provider approved it: its name and language there, and its words with places {{1}}, {{2}} ..."""

    name: Annotated[str, Meta(min_length=1, max_length=300)]
    language: Annotated[str, Meta(min_length=1, max_length=40)]
    body: Annotated[str, Meta(max_length=4_000)] = ""


class ApprovedTemplates(Struct, frozen=True, forbid_unknown_fields=True):
    """All of an inbox."""

    items: Annotated[list[ApprovedTemplate], Meta(max_length=200)]
