"""Tables of reception."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

# What a provider calls a message. The key decides between deliveries of the same one; the place follows in the same transaction.
channel_messages = Table(
    "channel_messages",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("provider_id", Text, primary_key=True),
    Column("conversation_id", Uuid),
    Column("seq", Integer),
    Column("direction", Text, nullable=False),
    created_at_column(),
    Index("ix_channel_messages_place", "workspace_id", "conversation_id", "seq"),
)

# What is known of an address of an inbox: what lets us write there, and whether we may.
channel_addresses = Table(
    "channel_addresses",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("contact_id", Uuid),
    Column("name", Text),
    Column("reply_to", JSONB, nullable=False, server_default=text("'{}'")),
    Column("opened", JSONB, nullable=False, server_default=text("'{}'")),
    Column("left_reason", Text),
    Column("last_in_at", DateTime(timezone=True)),
    # When the provider was last asked who this is.
    Column("introduced_at", DateTime(timezone=True)),
    Index("ix_channel_addresses_contact", "workspace_id", "contact_id"),
)

channel_routes = Table(
    "channel_routes",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("address", Text, nullable=False),
    Column("thread_key", Text),
    Column("subject", Text),
    # Of a public thread alone; what lets us write privately belongs to the address.
    Column("reply_to", JSONB, nullable=False, server_default=text("'{}'")),
    Column("opened", JSONB, nullable=False, server_default=text("'{}'")),
    Column("private_reply_to", Text),
)

channel_reactions = Table(
    "channel_reactions",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("provider_id", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("emoji", Text, nullable=False),
)

# Reports that came before we knew what our message is called.
channel_early_reports = Table(
    "channel_early_reports",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("provider_id", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("reason", Text),
    created_at_column(),
    Index("ix_channel_early_reports_created", "workspace_id", "created_at"),
)

channel_cursors = Table(
    "channel_cursors",
    metadata,
    workspace_column(),
    Column("inbox_id", Uuid, primary_key=True),
    Column("cursor", Text),
    Column("moves", BigInteger, nullable=False, server_default=text("0")),
    Column("pulled_at", DateTime(timezone=True)),
)

channel_media = Table(
    "channel_media",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("nth", Integer, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("media", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'fetching'")),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    created_at_column(),
)
