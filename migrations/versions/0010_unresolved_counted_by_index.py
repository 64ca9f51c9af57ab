"""What is not resolved is counted in its index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index(
        "uq_conversations_one_unresolved",
        "conversations",
        ["workspace_id", "inbox_id", "contact_id", "thread"],
        unique=True,
        postgresql_include=["status", "assignee_id"],
        postgresql_where=sa.text("status <> 'resolved'"),
        postgresql_concurrently=True,
    )


def contract() -> None:
    op.drop_index("uq_conversations_unresolved", "conversations")
