"""Tables of webhooks."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

_now = text("now()")
_OF_ENDPOINT = ["workspace_id", "endpoint_id"], ["webhook_endpoints.workspace_id", "webhook_endpoints.id"]

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("events", ARRAY(Text), nullable=False),
    # None of them: all inboxes.
    Column("inbox_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("ordered", Boolean, nullable=False, server_default=text("false")),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("off_reason", Text),
    # Sealed under the installation's key. Headers are a JSON object; their names are kept readable beside it.
    Column("secret", LargeBinary, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", DateTime(timezone=True)),
    Column("headers", LargeBinary),
    Column("header_names", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    created_at_column(),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

# What senders of all processes agree on: when an endpoint is due, how long it is left alone, how it fares. One lock an endpoint.
webhook_lanes = Table(
    "webhook_lanes",
    metadata,
    workspace_column(),
    Column("endpoint_id", Uuid, primary_key=True),
    Column("due_at", DateTime(timezone=True)),
    Column("rests_until", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("throttled", Integer, nullable=False, server_default=text("0")),
    # The first fact that found no room; from here on the log is read anew as there is room.
    Column("behind_from", BigInteger),
    Column("failing_since", DateTime(timezone=True)),
    Column("last_success_at", DateTime(timezone=True)),
    Column("last_reason", Text),
    ForeignKeyConstraint(*_OF_ENDPOINT, ondelete="cascade"),
    Index("ix_webhook_lanes_due", "due_at", postgresql_where=text("due_at is not null")),
    Index("ix_webhook_lanes_behind", "behind_from", postgresql_where=text("behind_from is not null")),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid, nullable=False),
    # The fact's; none for a test event.
    Column("position", BigInteger),
    Column("type", Text, nullable=False),
    # What its order is kept in: a conversation, else what the fact is about.
    Column("key", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    # Tries begun, also those that a process did not live to see the end of.
    Column("tries", Integer, nullable=False, server_default=text("0")),
    # When it may be taken. While somebody has it: when it may be taken from them. None: behind an earlier one of its key.
    Column("due_at", DateTime(timezone=True)),
    Column("holder", Uuid),
    Column("status", Integer),
    Column("reason", Text),
    Column("replays", Integer, nullable=False, server_default=text("0")),
    created_at_column(),
    Column("done_at", DateTime(timezone=True)),
    ForeignKeyConstraint(*_OF_ENDPOINT, ondelete="cascade"),
    Index("uq_webhook_deliveries_fact", "workspace_id", "endpoint_id", "position", unique=True),
    Index("ix_webhook_deliveries_listed", "workspace_id", "endpoint_id", "created_at", "id"),
    Index("ix_webhook_deliveries_due", "workspace_id", "endpoint_id", "due_at", postgresql_where=text("state = 'waiting'")),
    Index(
        "ix_webhook_deliveries_turn", "workspace_id", "endpoint_id", "key", "position", postgresql_where=text("state = 'waiting'")
    ),
    Index("ix_webhook_deliveries_held", "workspace_id", "endpoint_id", postgresql_where=text("holder is not null")),
    Index("ix_webhook_deliveries_failed", "workspace_id", "endpoint_id", postgresql_where=text("state = 'failed'")),
    Index("ix_webhook_deliveries_done", "done_at", postgresql_where=text("done_at is not null")),
)

webhook_tries = Table(
    "webhook_tries",
    metadata,
    workspace_column(),
    Column("delivery_id", Uuid, primary_key=True),
    Column("holder", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("status", Integer),
    Column("reason", Text),
    Column("milliseconds", Integer, nullable=False),
    Column("answer", Text, nullable=False, server_default=text("''")),
    ForeignKeyConstraint(
        ["workspace_id", "delivery_id"], ["webhook_deliveries.workspace_id", "webhook_deliveries.id"], ondelete="cascade"
    ),
)

webhook_days = Table(
    "webhook_days",
    metadata,
    workspace_column(),
    Column("endpoint_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("delivered", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    ForeignKeyConstraint(*_OF_ENDPOINT, ondelete="cascade"),
)
