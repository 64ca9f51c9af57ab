"""Tables of delivery."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from qiao.platform.db.schema import metadata, workspace_column

deliveries = Table(
    "deliveries",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    # Tries of the part that is next; begun anew with each part.
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    # How often somebody had it sent anew after it had arrived and failed: part of the key.
    Column("again", Integer, nullable=False, server_default=text("0")),
    # Why a part that had gone failed while others still waited: known when all of it went.
    Column("failed", Text),
    Column("parts", Integer),
    Column("sent", Integer, nullable=False, server_default=text("0")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index(
        "ix_deliveries_waiting",
        "workspace_id",
        "conversation_id",
        "seq",
        postgresql_where=text("state in ('queued', 'retrying', 'needs_reauth')"),
    ),
)

delivery_sends = Table(
    "delivery_sends",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("address", Text, nullable=False),
    # Which send since the customer's last message: given before the first try, the same over all.
    Column("number", Integer, nullable=False),
    Column("provider_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("tried_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Index("ix_delivery_sends_address", "workspace_id", "inbox_id", "address", "tried_at"),
)

# A conversation's turn to send: one holder at a time over all processes, until `busy_until` at the latest.
delivery_lanes = Table(
    "delivery_lanes",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("busy_until", DateTime(timezone=True)),
    Column("holder", Uuid),
    Column("typed_at", DateTime(timezone=True)),
    Index("ix_delivery_lanes_due", "due_at", postgresql_where=text("due_at is not null")),
)

delivery_paces = Table(
    "delivery_paces",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("next_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("stopped", Boolean, nullable=False, server_default=text("false")),
)

delivery_templates = Table(
    "delivery_templates",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("templates", JSONB, nullable=False),
)
