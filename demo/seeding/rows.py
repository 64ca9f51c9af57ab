"""Shapes of the past: what one told conversation becomes in the tables, column by column."""

import os
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


def id_at(moment: datetime) -> UUID:
    """A UUIDv7 of a moment of the past: old rows stand among old rows."""
    value = int(moment.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=value & ~(0x3 << 62) | (0x2 << 62))


class ConversationRow(msgspec.Struct, kw_only=True):
    """A row of `conversations`."""

    id: UUID
    number: int
    inbox_id: UUID
    contact_id: UUID
    status: str
    assignee_id: UUID | None
    team_id: UUID | None
    language: str
    tags: list[str]
    last_seq: int
    agent_seen_seq: int
    contact_seen_seq: int
    unread: int
    preview_text: str
    preview_author: str
    preview_kind: str
    preview_at: datetime
    waiting_since: datetime | None
    updated_at: datetime
    active_at: datetime
    resolved_at: datetime | None
    created_at: datetime


class MessageRow(msgspec.Struct, kw_only=True):
    """A row of `messages`."""

    conversation_id: UUID
    seq: int
    id: UUID
    author_kind: str
    author_id: UUID | None
    author_name: str | None
    kind: str
    text: str
    content: dict[str, Any] | None
    client_id: str
    created_at: datetime


class TurnRow(msgspec.Struct, kw_only=True):
    """A row of `bot_turns`."""

    id: UUID
    conversation_id: UUID
    question_seq: int
    message_id: UUID
    reply_seq: int
    question: str
    used_question: str
    language: str
    zone: str
    reason: str
    confidence: float
    handed_over: bool
    candidates: list[dict[str, Any]]
    thresholds: dict[str, float]
    index_version: str
    model_version: str | None
    timings: dict[str, float]
    helpful: bool | None
    created_at: datetime


class AssignmentRow(msgspec.Struct, kw_only=True):
    """A row of `routing_assignments`."""

    conversation_id: UUID
    assigned_at: datetime
    person_id: UUID
    team_id: UUID | None
    reason: str


class FigureRow(msgspec.Struct, kw_only=True):
    """A row of `analytics_conversations`, by the formulas of its reports."""

    conversation_id: UUID
    inbox_id: UUID
    opened_at: datetime
    status: str
    language: str
    assignee_id: UUID | None
    first_customer_at: datetime
    last_at: datetime
    bot_replied: bool
    bot_zone: str | None
    handed_over_at: datetime | None
    wait_started_at: datetime | None
    first_reply_at: datetime | None
    first_reply_by: UUID | None
    first_response_seconds: int | None
    resolved_at: datetime | None
    resolution_seconds: int | None


class Told(msgspec.Struct, frozen=True):
    """Everything that one conversation leaves behind."""

    conversation: ConversationRow
    messages: list[MessageRow]
    turns: list[TurnRow]
    assignments: list[AssignmentRow]
    figures: FigureRow
