"""Special days: holidays and worked weekends that outrank the hours of the week."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "special_days",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("name", JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("spans", JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("like", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"],
            ["inboxes.workspace_id", "inboxes.id"],
            name=op.f("fk_special_days_workspace_id_inbox_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_special_days")),
    )
    op.create_index("ix_special_days_last", "special_days", ["workspace_id", "last"], unique=False)
    op.create_index(
        "uq_special_days_first",
        "special_days",
        ["workspace_id", "inbox_id", "first"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
