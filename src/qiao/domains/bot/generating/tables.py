"""Tables of generating: its settings, what was spent, what left and came back."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Float, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

_now = text("now()")

llm_settings = Table(
    "bot_llm_settings",
    metadata,
    workspace_column(),
    Column("settings", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

llm_usage = Table(
    "bot_llm_usage",
    metadata,
    workspace_column(),
    # In UTC, as endpoints count.
    Column("day", Date, primary_key=True),
    Column("tokens", BigInteger, nullable=False, server_default=text("0")),
    Column("requests", Integer, nullable=False, server_default=text("0")),
    Column("used", Integer, nullable=False, server_default=text("0")),
)

# What requests under way may spend yet. A promise lapses by itself: whoever was cut off keeps no tokens.
llm_promises = Table(
    "bot_llm_promises",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("day", Date, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

llm_log = Table(
    "bot_llm_log",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("conversation_id", Uuid),
    Column("person_id", Uuid),
    Column("language", Text, nullable=False),
    Column("model", Text, nullable=False),
    # As they went and came: masked.
    Column("prompt", JSONB, nullable=False),
    Column("answer", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("failed", ARRAY(Text), nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("answer_tokens", Integer, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("first_ms", Float),
    Column("total_ms", Float, nullable=False),
    created_at_column(),
    Index("ix_bot_llm_log_at", "workspace_id", "created_at", "id"),
)
