"""Tables of inboxes."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKeyConstraint, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

inboxes = Table(
    "inboxes",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # Public name in snippets: "<workspace hex>-<random>", so that it finds its workspace without an index across them.
    Column("key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("team_id", Uuid),
    Column("bot_enabled", Boolean, nullable=False, server_default=text("true")),
    Column("hours", JSONB),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    created_at_column(),
    Index("uq_inboxes_key", "workspace_id", "key", unique=True),
)

identity_keys = Table(
    "identity_keys",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("secret", Text, nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"]),
)
