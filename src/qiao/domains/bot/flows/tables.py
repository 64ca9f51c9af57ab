"""Tables of flows, their runs and their tools."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

_now = text("now()")

flows = Table(
    "bot_flows",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # Of a flow that came with the program; one of each.
    Column("shipped", Text),
    Column("draft", JSONB, nullable=False),
    # Rises with each saved draft; a change names the one it was made from.
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("published", Integer),
    Column("published_revision", Integer),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
    created_at_column(),
    Index("uq_bot_flows_shipped", "workspace_id", "shipped", unique=True, postgresql_where=text("shipped is not null")),
)

flow_versions = Table(
    "bot_flow_versions",
    metadata,
    workspace_column(),
    Column("flow_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition", JSONB, nullable=False),
    Column("published_by", Uuid),
    # Only a share of the customers met it: not published, unless it was adopted.
    Column("tried", Boolean, nullable=False, server_default=text("false")),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "flow_id"], ["bot_flows.workspace_id", "bot_flows.id"]),
)

# How often flows were changed here: whoever holds them in memory compares it.
flow_marks = Table(
    "bot_flow_marks",
    metadata,
    workspace_column(),
    Column("version", Integer, nullable=False, server_default=text("0")),
)

flow_states = Table(
    "bot_flow_states",
    metadata,
    workspace_column(),
    # Made from the message that began it, so that beginning it twice is one run.
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    Column("flow_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", JSONB, nullable=False),
    # The customer's message it stands after.
    Column("seq", Integer, nullable=False),
    Column("outcome", Text),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
    created_at_column(),
    Index("uq_bot_flow_states_open", "workspace_id", "conversation_id", unique=True, postgresql_where=text("outcome is null")),
    Index("ix_bot_flow_states_flow", "workspace_id", "flow_id", "created_at"),
)

# Who said that a guide of the help centre solved it.
guide_ends = Table(
    "bot_guide_ends",
    metadata,
    workspace_column(),
    Column("flow_id", Uuid, primary_key=True),
    # A keyed digest of address and day: enough to count somebody once a day, not enough to know who.
    Column("voter", LargeBinary, primary_key=True),
    created_at_column(),
    Index("ix_bot_guide_ends_at", "workspace_id", "created_at"),
)

tool_calls = Table(
    "bot_tool_calls",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("node", Text, nullable=False),
    Column("visit", Integer, nullable=False),
    Column("tool", Text, nullable=False),
    Column("writes", Boolean, nullable=False),
    Column("arguments", JSONB, nullable=False),
    Column("key", Text, nullable=False),
    # started, ok, or a fault with its reason.
    Column("outcome", Text, nullable=False),
    Column("took_ms", Float, nullable=False, server_default=text("0")),
    created_at_column(),
    Index("ix_bot_tool_calls_conversation", "workspace_id", "conversation_id", "created_at"),
)

http_tools = Table(
    "bot_http_tools",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("definition", JSONB, nullable=False),
    # Header values, sealed; never given out.
    Column("secrets", LargeBinary),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
    created_at_column(),
    Index("uq_bot_http_tools_name", "workspace_id", "name", unique=True),
)

http_hosts = Table(
    "bot_http_hosts",
    metadata,
    workspace_column(),
    Column("host", Text, primary_key=True),
    created_at_column(),
)
