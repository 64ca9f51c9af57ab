"""How far the schema is, and which programs use it: kept by the runner of migrations, outside any workspace."""

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from qiao.platform.db.schema import metadata

_now = text("now()")

schema_steps = Table(
    "schema_steps",
    metadata,
    Column("revision", Text, primary_key=True),
    # expand, backfill, sweep, contract: in this order.
    Column("phase", Text, primary_key=True),
    # waiting, begun, done.
    Column("state", Text, nullable=False),
    # Statements that are done; or which backfill, and the key of the last row of it.
    Column("place", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("rows", BigInteger, nullable=False, server_default=text("0")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

schema_nodes = Table(
    "schema_nodes",
    metadata,
    Column("node", Text, primary_key=True),
    # The newest revision that its program knows.
    Column("revision", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("left_at", DateTime(timezone=True), nullable=True),
)
