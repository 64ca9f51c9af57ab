"""Tables of the bot."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Float, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

_now = text("now()")

vectors = Table(
    "bot_vectors",
    metadata,
    workspace_column(),
    # Of the text as it is embedded, so that a text that moves or is written twice is embedded once.
    Column("text_hash", LargeBinary, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    created_at_column(),
)

index_versions = Table(
    "bot_index_versions",
    metadata,
    workspace_column(),
    Column("version", Integer, nullable=False, server_default=text("0")),
    # The version whose texts are all embedded; the one the zones were fitted on.
    Column("embedded", Integer, nullable=False, server_default=text("0")),
    Column("fitted", Integer, nullable=False, server_default=text("0")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

thresholds = Table(
    "bot_thresholds",
    metadata,
    workspace_column(),
    Column("thresholds", JSONB, nullable=False),
    Column("target_wrong", Float, nullable=False),
    Column("fitted_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

settings = Table(
    "bot_settings",
    metadata,
    workspace_column(),
    Column("settings", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

turns = Table(
    "bot_turns",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    Column("question_seq", Integer, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("reply_seq", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("used_question", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("handed_over", Boolean, nullable=False),
    Column("candidates", JSONB, nullable=False),
    Column("thresholds", JSONB, nullable=False),
    Column("index_version", Text, nullable=False),
    Column("model_version", Text),
    Column("timings", JSONB, nullable=False),
    Column("helpful", Boolean),
    created_at_column(),
    Index("uq_bot_turns_question", "workspace_id", "conversation_id", "question_seq", unique=True),
    Index("ix_bot_turns_message", "workspace_id", "message_id"),
    Index("ix_bot_turns_at", "workspace_id", "created_at"),
)

unanswered = Table(
    "bot_unanswered",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # The normal form of the question; other questions near enough are counted here too.
    Column("normal", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("count", Integer, nullable=False, server_default=text("1")),
    Column("examples", ARRAY(Text), nullable=False),
    Column("conversation_ids", ARRAY(Uuid), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("nearest", JSONB),
    Column("vector", LargeBinary),
    Column("model_version", Text),
    Column("last_at", DateTime(timezone=True), nullable=False, server_default=_now),
    created_at_column(),
    Index("uq_bot_unanswered_normal", "workspace_id", "normal", unique=True),
    Index("ix_bot_unanswered_list", "workspace_id", "status", "count", "last_at", "id"),
)
