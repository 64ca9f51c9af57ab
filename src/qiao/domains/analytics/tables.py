"""Tables of analytics."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text

from qiao.platform.db.schema import metadata, workspace_column

_OVER = "resolved_at is not null"


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


analytics_conversations = Table(
    "analytics_conversations",
    metadata,
    workspace_column(),
    Column("conversation_id", Uuid, primary_key=True),
    Column("inbox_id", Uuid, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("language", Text),
    Column("assignee_id", Uuid),
    _moment("first_customer_at"),
    _moment("last_at"),
    Column("bot_replied", Boolean, nullable=False, server_default=text("false")),
    # answer, offer or hand_over: how the bot's last reply to a question ended.
    Column("bot_zone", Text),
    # The log's number of the fact that set bot_zone: an older fact handled later does not change it. The same for the others.
    Column("bot_position", BigInteger, nullable=False, server_default=text("0")),
    _moment("handed_over_at"),
    _moment("wait_started_at"),
    _moment("first_reply_at"),
    Column("first_reply_by", Uuid),
    Column("first_response_seconds", Integer),
    _moment("resolved_at"),
    Column("resolution_seconds", Integer),
    Column("reopened", Integer, nullable=False, server_default=text("0")),
    Column("state_position", BigInteger, nullable=False, server_default=text("0")),
    Index(
        "ix_analytics_conversations_opened",
        "workspace_id",
        "opened_at",
        postgresql_include=[
            "inbox_id",
            "status",
            "last_at",
            "bot_replied",
            "bot_zone",
            "handed_over_at",
            "first_reply_at",
            "first_reply_by",
            "first_response_seconds",
        ],
    ),
    Index(
        "ix_analytics_conversations_resolved",
        "workspace_id",
        "resolved_at",
        postgresql_include=["inbox_id", "assignee_id", "resolution_seconds"],
        postgresql_where=text(_OVER),
    ),
    Index("ix_analytics_conversations_live", "workspace_id", "inbox_id", "status", postgresql_where=text("status <> 'resolved'")),
)
