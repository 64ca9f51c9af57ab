"""Days of the report that are over are counted once and kept until one of their conversations changes, whichever program changes it.

Nothing is filled back: a day that is not kept is counted when somebody looks at it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "analytics_days",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("definitions", sa.Text(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "begins", "ends", "definitions", name=op.f("pk_analytics_days")),
    )
    op.execute("""create function analytics_days_change() returns trigger language plpgsql as $$
declare
  company uuid := case tg_op when 'DELETE' then old.workspace_id else new.workspace_id end;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('analytics_days:' || company, 0));
  delete from analytics_days d using unnest(array[old.opened_at, new.opened_at, old.resolved_at, new.resolved_at]) as moment
  where d.workspace_id = company and d.begins > moment - interval '2 days' and d.begins <= moment and d.ends > moment;
  return null;
end $$""")
    op.execute(
        "create trigger analytics_days_change after insert or update or delete on analytics_conversations for each row"
        " execute function analytics_days_change()"
    )
