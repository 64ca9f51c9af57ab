"""Tables of conversations."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from qiao.platform.db.schema import created_at_column, metadata, own_words, word_function, workspace_column

conversations = Table(
    "conversations",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("inbox_id", Uuid, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    # A public thread's key at its provider; empty: private. The contact of a thread is whoever wrote first.
    Column("thread", Text, nullable=False, server_default=text("''")),
    Column("status", Text, nullable=False),
    Column("assignee_id", Uuid),
    Column("team_id", Uuid),
    Column("language", Text),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("last_seq", Integer, nullable=False, server_default=text("0")),
    Column("agent_seen_seq", Integer, nullable=False, server_default=text("0")),
    Column("contact_seen_seq", Integer, nullable=False, server_default=text("0")),
    Column("unread", Integer, nullable=False, server_default=text("0")),
    Column("preview_text", Text),
    Column("preview_author", Text),
    Column("preview_kind", Text),
    Column("preview_at", DateTime(timezone=True)),
    Column("waiting_since", DateTime(timezone=True)),
    Column("snoozed_until", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    # Indexed, so it moves at most every ten seconds: updates between stay heap-only.
    Column("active_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("resolved_at", DateTime(timezone=True)),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"]),
    ForeignKeyConstraint(["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"]),
    Index("uq_conversations_number", "workspace_id", "number", unique=True),
    Index("ix_conversations_status", "workspace_id", "status", "active_at"),
    Index("ix_conversations_active", "workspace_id", "active_at"),
    Index("ix_conversations_contact", "workspace_id", "contact_id"),
    Index(
        "ix_conversations_assignee",
        "workspace_id",
        "assignee_id",
        "active_at",
        postgresql_where=text("assignee_id is not null and status in ('open', 'snoozed')"),
    ),
    Index(
        "uq_conversations_unresolved",
        "workspace_id",
        "inbox_id",
        "contact_id",
        "thread",
        unique=True,
        postgresql_where=text("status <> 'resolved'"),
    ),
    Index("uq_conversations_thread", "workspace_id", "inbox_id", "thread", unique=True, postgresql_where=text("thread <> ''")),
)

# Conversations that came to another contact by a join, so that they can go back.
conversation_moves = Table(
    "conversation_moves",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("from_id", Uuid, primary_key=True),
    Column("to_id", Uuid, nullable=False),
    created_at_column(),
    Index("ix_conversation_moves_from", "workspace_id", "from_id"),
)

conversation_counters = Table(
    "conversation_counters",
    metadata,
    workspace_column(),
    Column("last_number", Integer, nullable=False, server_default=text("0")),
)

# No foreign key to conversations: a message is numbered under its conversation's row lock in the statement that inserts it.
messages = Table(
    "messages",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Uuid),
    Column("author_name", Text),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("attachments", JSONB),
    Column("content", JSONB),
    Column("client_id", Text, nullable=False),
    created_at_column(),
    Index("uq_messages_client_id", "workspace_id", "client_id", unique=True),
)

message_search = Table(
    "message_search",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("tokens", TSVECTOR, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_message_search_at", "workspace_id", "at"),
    Index("ix_message_search_own", text(own_words("tokens")), postgresql_using="gin"),
)

word_function("messages_matching", "message_search", "query tsquery, most int", "tokens", "true limit most")

drafts = Table(
    "drafts",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
