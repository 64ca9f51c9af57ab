"""Tables of identity's machinery."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, SmallInteger, Table, text

from qiao.platform.db.schema import metadata

attempts = Table(
    "attempts",
    metadata,
    # Of no workspace: a sign-in is bounded before anybody knows whose it is.
    Column("digest", LargeBinary, primary_key=True),
    Column("full_at", DateTime(timezone=True), nullable=False),
    Index("ix_attempts_full_at", "full_at"),
)

# The ring of keys that secrets are sealed with, each wrapped under the installation's secret key. Of no workspace.
seal_keys = Table(
    "seal_keys",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    # What is sealed now is sealed with the key of the latest moment here.
    Column("current_since", DateTime(timezone=True)),
    Column("retired_at", DateTime(timezone=True)),
)
