"""Tables of files."""

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, text

from qiao.platform.db.schema import created_at_column, metadata, workspace_column

files = Table(
    "files",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("owner_id", Uuid),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("has_thumbnail", Integer, nullable=False, server_default="0"),
    # Only who is signed in here is given it, whoever has its address.
    Column("inside", Boolean, nullable=False, server_default=text("false")),
    created_at_column(),
)
