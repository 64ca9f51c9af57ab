"""The metadata that every domain's tables register in. Used for DDL, migrations and drift checks; queries are hand-written SQL."""

from sqlalchemy import Column, DateTime, MetaData, Uuid, text

from qiao.platform.db.walls import OWN

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

functions: list[str] = []
"""`create function` statements of the rooms, in the order of their registration: made after the tables."""


def search_function(name: str, table: str, arguments: str, condition: str) -> None:
    """Register a function that gathers the rows of `table` in the scope's workspace which meet `condition`.

    Inside a wall PostgreSQL asks an operator that might tell what it saw (`@@` is one) only of rows that have passed the wall, and
    so never its index. The function runs as the tables' owner, outside the wall, and takes the workspace from where the wall does;
    outside a scope it finds nothing.
    """
    _register(name, table, arguments, f"workspace_id = {OWN} and {condition}")


def word_function(name: str, table: str, arguments: str, words: str, condition: str) -> None:
    """As `search_function`, for a table so large that the words of one workspace must not be looked for among those of all.

    `words` is the tsvector that the argument `query` is asked of; the table has an index over `own_words(words)`. The workspace's
    id is compared so that no index of it comes into question: the planner would read the whole workspace by it.
    """
    own = f"{own_words(words)} @@ (query && quote_literal({OWN}::text)::tsquery)"
    _register(name, table, arguments, f"workspace_id is not distinct from {OWN} and {own} and {condition}")


def own_words(words: str) -> str:
    """SQL of a row's words with its workspace's id as one of them: an index over it finds a word in one workspace alone."""
    return f"({words} || array_to_tsvector(array[workspace_id::text]))"


def _register(name: str, table: str, arguments: str, condition: str) -> None:
    functions.append(
        f"create function {name}({arguments}) returns setof {table} language sql stable strict security definer rows 200\n"
        "set search_path from current set plan_cache_mode = force_custom_plan as "
        f"$$ select * from {table} where {condition} $$"
    )


def workspace_column() -> Column[object]:
    """First column of every tenant table and of each of its keys."""
    return Column("workspace_id", Uuid, primary_key=True)


def created_at_column() -> Column[object]:
    """When the row was written, by the database's clock."""
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))
