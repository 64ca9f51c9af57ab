"""Tables of tickets."""

from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

tickets = Table(
    "tickets",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("conversation_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("priority", Text, nullable=False, server_default=text("'normal'")),
    Column("assignee_id", Uuid),
    Column("team_id", Uuid),
    Column("origin", Text, nullable=False),
    # What its channel calls it, with the inbox before it: further words under the same name are for the same ticket.
    Column("origin_key", Text),
    Column("follows_id", Uuid),
    Column("client_id", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    created_at_column(),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("state_since", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("solved_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"]),
    ForeignKeyConstraint(["workspace_id", "conversation_id"], ["conversations.workspace_id", "conversations.id"]),
    Index("uq_tickets_number", "workspace_id", "number", unique=True),
    Index("uq_tickets_client_id", "workspace_id", "client_id", unique=True),
    Index(
        "uq_tickets_origin_key",
        "workspace_id",
        "origin_key",
        unique=True,
        postgresql_where=text("origin_key is not null and state <> 'closed'"),
    ),
    Index("ix_tickets_origin", "workspace_id", "origin_key", "number", postgresql_where=text("origin_key is not null")),
    Index("ix_tickets_state", "workspace_id", "state", "number"),
    Index("ix_tickets_assignee", "workspace_id", "assignee_id", "number"),
    Index("ix_tickets_conversation", "workspace_id", "conversation_id"),
    Index("ix_tickets_contact", "workspace_id", "contact_id"),
)

ticket_types = Table(
    "ticket_types",
    metadata,
    workspace_column(),
    Column("key", Text, primary_key=True),
    Column("names", JSONB, nullable=False),
    Column("fields", JSONB, nullable=False),
    created_at_column(),
)

ticket_counters = Table(
    "ticket_counters",
    metadata,
    workspace_column(),
    Column("last_number", Integer, nullable=False),
)
