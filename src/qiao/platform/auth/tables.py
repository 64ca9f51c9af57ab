"""Tables of identity's machinery."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, Table

from qiao.platform.db.schema import metadata

attempts = Table(
    "attempts",
    metadata,
    # Of no workspace: a sign-in is bounded before anybody knows whose it is.
    Column("digest", LargeBinary, primary_key=True),
    Column("full_at", DateTime(timezone=True), nullable=False),
    Index("ix_attempts_full_at", "full_at"),
)
