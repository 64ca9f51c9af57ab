"""Tables of people."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

people = Table(
    "people",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    # What is compared: normalised and case-folded.
    Column("email_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("chat_limit", Integer, nullable=False),
    Column("locale", Text, nullable=False, server_default=text("'zh'")),
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    Column("preferences", JSONB, nullable=False, server_default=text("'{}'")),
    created_at_column(),
    Index("uq_people_email_key", "workspace_id", "email_key", unique=True),
    # Sign-in knows only the address.
    Index("ix_people_email_key", "email_key"),
)

teams = Table(
    "teams",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", JSONB, nullable=False),
    created_at_column(),
)

team_members = Table(
    "team_members",
    metadata,
    workspace_column(),
    Column("team_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    ForeignKeyConstraint(["workspace_id", "team_id"], ["teams.workspace_id", "teams.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"], ondelete="CASCADE"),
    Index("ix_team_members_person", "workspace_id", "person_id"),
)

sessions = Table(
    "sessions",
    metadata,
    workspace_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("ip", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"], ondelete="CASCADE"),
    Index("ix_sessions_person", "workspace_id", "person_id"),
)

refused_sign_ins = Table(
    "refused_sign_ins",
    metadata,
    workspace_column(),
    Column("person_id", Uuid, primary_key=True),
    # The address that tried, or its network; empty for those beyond the first few.
    Column("source", Text, primary_key=True),
    Column("tries", Integer, nullable=False, server_default=text("1")),
    Column("first_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("last_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"], ondelete="CASCADE"),
)

invites = Table(
    "invites",
    metadata,
    workspace_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("team_ids", ARRAY(Uuid), nullable=False),
    Column("invited_by", Uuid),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    created_at_column(),
    # At most one open invite for an address: a new one replaces the old one.
    Index("uq_invites_email_key", "workspace_id", "email_key", unique=True),
)

password_resets = Table(
    "password_resets",
    metadata,
    workspace_column(),
    # At most one open link for a person: a new one replaces the old one.
    Column("person_id", Uuid, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    # How it reached them: mail, colleague, command.
    Column("way", Text, nullable=False),
    Column("made_by", Uuid),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"], ondelete="CASCADE"),
    Index("uq_password_resets_digest", "workspace_id", "digest", unique=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    workspace_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    # Null: every inbox.
    Column("inbox_ids", ARRAY(Uuid)),
    Column("expires_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "made_by"], ["people.workspace_id", "people.id"], ondelete="CASCADE"),
    Index("uq_api_keys_id", "workspace_id", "id", unique=True),
    Index("ix_api_keys_made_by", "workspace_id", "made_by"),
)

people_presence = Table(
    "people_presence",
    metadata,
    workspace_column(),
    Column("person_id", Uuid, primary_key=True),
    Column("availability", Text, nullable=False, server_default=text("'online'")),
    Column("connected_until", DateTime(timezone=True)),
    # Node -> until when its sockets keep the person connected, in seconds of the epoch; the longest is connected_until.
    Column("nodes", JSONB, nullable=False, server_default=text("'{}'")),
    # What was last told to the others; the truth of the moment is availability and connected_until.
    Column("online", Boolean, nullable=False, server_default=text("false")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"], ondelete="CASCADE"),
    Index("ix_people_presence_online", "workspace_id", "connected_until", postgresql_where=text("online")),
)
