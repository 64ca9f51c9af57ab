"""Tables of notifications."""

from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

notifications = Table(
    "notifications",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("conversation_id", Uuid),
    # What it is told because of, so that a fact handled twice tells once.
    Column("cause", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("read_at", DateTime(timezone=True)),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"], ondelete="CASCADE"),
    Index("uq_notifications_cause", "workspace_id", "person_id", "cause", unique=True),
    Index("ix_notifications_person", "workspace_id", "person_id", "created_at", "id"),
    Index("ix_notifications_unread", "workspace_id", "person_id", postgresql_where=text("read_at is null")),
)
