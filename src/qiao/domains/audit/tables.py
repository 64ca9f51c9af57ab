"""Tables of the audit log."""

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, Table, Text, Uuid

from qiao.platform.db.schema import functions, metadata, workspace_column

audit_entries = Table(
    "audit_entries",
    metadata,
    workspace_column(),
    Column("number", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", Text, nullable=False),
    Column("actor_id", Uuid),
    # The whole entry as it was digested, byte for byte; the columns beside it are for finding and must say the same.
    Column("body", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Index("ix_audit_entries_action", "workspace_id", "action", "number"),
    Index("ix_audit_entries_actor", "workspace_id", "actor_id", "number"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    workspace_column(),
    Column("number", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

functions.append(
    "create function audit_is_kept() returns trigger language plpgsql as"
    " $$ begin raise exception 'entries of the audit log are never changed'; end $$"
)
functions.append(
    "create trigger audit_is_kept before update or delete or truncate on audit_entries for each statement"
    " execute function audit_is_kept()"
)
