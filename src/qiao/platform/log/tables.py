"""Tables of the log."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, SmallInteger, Table, Text, Uuid, text

from qiao.platform.db.schema import metadata, workspace_column

log_heads = Table(
    "log_heads",
    metadata,
    workspace_column(),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
    Column("epoch", Text, nullable=False),
)

log_events = Table(
    "log_events",
    metadata,
    workspace_column(),
    Column("position", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("seq", Integer),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("data", Text, nullable=False),
    Column("caused_by", Text),
    Column("depth", SmallInteger, nullable=False, server_default=text("0")),
)

log_cursors = Table(
    "log_cursors",
    metadata,
    workspace_column(),
    Column("subscriber", Text, primary_key=True),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
)

log_parked = Table(
    "log_parked",
    metadata,
    workspace_column(),
    Column("subscriber", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("replayed_at", DateTime(timezone=True)),
    Index("ix_log_parked_open", "workspace_id", "subscriber", postgresql_where=text("replayed_at is null")),
)
