"""Tables of routing."""

from sqlalchemy import Column, DateTime, Index, Table, Text, Uuid, text

from qiao.platform.db.schema import metadata, workspace_column

assignments = Table(
    "routing_assignments",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("assigned_at", DateTime(timezone=True), primary_key=True, server_default=text("now()")),
    Column("person_id", Uuid, nullable=False),
    Column("team_id", Uuid),
    Column("reason", Text, nullable=False),
    Index("ix_routing_assignments_at", "workspace_id", "assigned_at"),
    Index("ix_routing_assignments_person", "workspace_id", "person_id", "assigned_at"),
)
