"""Tables of workspaces."""

from sqlalchemy import Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, metadata

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", JSONB, nullable=False),
    Column("default_locale", Text, nullable=False, server_default=text("'zh'")),
    Column("timezone", Text, nullable=False, server_default=text("'Asia/Shanghai'")),
    Column("chat_limit_default", Integer, nullable=False, server_default=text("6")),
    Column("requeue_after_seconds", Integer, nullable=False, server_default=text("90")),
    created_at_column(),
    Index("uq_workspaces_slug", "slug", unique=True),
)
