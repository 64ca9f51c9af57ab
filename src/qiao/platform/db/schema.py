"""The metadata that every domain's tables register in. Used for DDL, migrations and drift checks; queries are hand-written SQL."""

from sqlalchemy import Column, DateTime, MetaData, Uuid, text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def workspace_column() -> Column[object]:
    """First column of every tenant table and of each of its keys."""
    return Column("workspace_id", Uuid, primary_key=True)


def created_at_column() -> Column[object]:
    """When the row was written, by the database's clock."""
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))
