"""Tables of routing."""

from sqlalchemy import ARRAY, Column, DateTime, Index, Integer, Table, Text, Uuid, text

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

rules = Table(
    "routing_rules",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # The first rule that fits counts.
    Column("position", Integer, nullable=False),
    Column("inbox_id", Uuid),
    Column("words", ARRAY(Text), nullable=False),
    Column("intent", Text),
    Column("team_id", Uuid),
    Column("priority", Text),
)

triage = Table(
    "routing_triage",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("priority", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("rule_id", Uuid),
    # Who chose it; empty when it was guessed.
    Column("set_by", Uuid),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
