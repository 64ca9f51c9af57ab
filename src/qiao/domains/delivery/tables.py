"""Tables of delivery."""

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, text

from qiao.platform.db.schema import metadata, workspace_column

deliveries = Table(
    "deliveries",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("provider_id", Text),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index("ix_deliveries_unsent", "workspace_id", "state", postgresql_where=text("state <> 'sent'")),
)
