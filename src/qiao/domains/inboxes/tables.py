"""Tables of inboxes."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
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

# Of one inbox or of the whole company no two meet on a day: writers take turns, and the index holds what began on the same one.
special_days = Table(
    "special_days",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # Null: for every inbox that has hours.
    Column("inbox_id", Uuid),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("name", JSONB, nullable=False),
    Column("spans", JSONB, nullable=False, server_default=text("'[]'")),
    # The weekday whose hours count instead.
    Column("like", SmallInteger),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"]),
    Index("ix_special_days_last", "workspace_id", "last"),
    Index("uq_special_days_first", "workspace_id", "inbox_id", "first", unique=True, postgresql_nulls_not_distinct=True),
)

identity_keys = Table(
    "identity_keys",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    # What the console shows of it.
    Column("last_four", Text, nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"]),
)

# What a channel's account is opened with; sealed, never read back by anybody but the channel's own adapter.
inbox_secrets = Table(
    "inbox_secrets",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    ForeignKeyConstraint(["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"]),
)

# Tokens and the little that an adapter remembers; sealed. `expires_at` is there for tokens, and for the leases of those who fetch
# them.
inbox_memory = Table(
    "inbox_memory",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"]),
)

inbox_health = Table(
    "inbox_health",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False, server_default=text("'unconnected'")),
    Column("reason", Text),
    # Which way is broken: in, out or both; null: all of it.
    Column("broken_by", Text),
    Column("connected_title", Text),
    Column("todo", JSONB),
    Column("last_in_at", DateTime(timezone=True)),
    Column("last_out_at", DateTime(timezone=True)),
    Column("last_error", Text),
    Column("last_error_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"]),
)

# What providers delivered, as it came. No foreign key: it is written before anything else is done.
receipts = Table(
    "receipts",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("method", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("query", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("done_at", DateTime(timezone=True)),
    Index("ix_receipts_undone", "workspace_id", "inbox_id", "state", "id", postgresql_where=text("state <> 'done'")),
    Index("ix_receipts_received", "workspace_id", "received_at"),
)
