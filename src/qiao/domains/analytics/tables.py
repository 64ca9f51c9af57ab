"""Tables of analytics."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid, text

from qiao.platform.db.schema import functions, metadata, workspace_column

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

# Days that are over, counted once (`days.py`): by inbox how many, and the times of which medians are made, in MessagePack.
analytics_days = Table(
    "analytics_days",
    metadata,
    workspace_column(),
    Column("begins", DateTime(timezone=True), primary_key=True),
    Column("ends", DateTime(timezone=True), primary_key=True),
    # The version of the formulas: programs of two versions keep their own.
    Column("definitions", Text, primary_key=True),
    Column("counts", LargeBinary, nullable=False),
    Column("times", LargeBinary, nullable=False),
)

# Who changes a conversation takes its days away. The lock lets many writers in and keeps out whoever counts a day meanwhile.
# No local day is longer than two.
functions.append("""create function analytics_days_change() returns trigger language plpgsql as $$
declare
  company uuid := case tg_op when 'DELETE' then old.workspace_id else new.workspace_id end;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('analytics_days:' || company, 0));
  delete from analytics_days d using unnest(array[old.opened_at, new.opened_at, old.resolved_at, new.resolved_at]) as moment
  where d.workspace_id = company and d.begins > moment - interval '2 days' and d.begins <= moment and d.ends > moment;
  return null;
end $$""")
functions.append(
    "create trigger analytics_days_change after insert or update or delete on analytics_conversations for each row"
    " execute function analytics_days_change()"
)
