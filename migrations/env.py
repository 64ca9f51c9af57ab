"""Alembic's environment: offline only. The program executes the SQL itself, over its own driver."""

from alembic import context
from qiao.app.tables import metadata

context.configure(
    dialect_name="postgresql",
    target_metadata=metadata,
    literal_binds=True,
    dialect_opts={"paramstyle": "named"},
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
