"""The table of promises."""

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

promises = Table(
    "bot_promises",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    # asking, then open, then kept or broken; dropped when the customer wanted none.
    Column("state", Text, nullable=False),
    Column("language", Text, nullable=False),
    # How far the bot has come in asking: the step, how often it asked, up to which message it has heard, what was offered.
    Column("step", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("heard_seq", Integer, nullable=False, server_default=text("0")),
    Column("offered", JSONB, nullable=False, server_default=text("'[]'")),
    Column("kind", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("starts_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("made_at", DateTime(timezone=True)),
    Column("reminded_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    Column("settled_by", Uuid),
    created_at_column(),
    Index("uq_bot_promises_asking", "workspace_id", "conversation_id", unique=True, postgresql_where=text("state = 'asking'")),
    Index("ix_bot_promises_conversation", "workspace_id", "conversation_id"),
    Index(
        "ix_bot_promises_due",
        "workspace_id",
        "due_at",
        postgresql_where=text("state in ('open', 'broken') and settled_at is null"),
    ),
)
