"""The chain of revisions as the runner reads it: what each says is done in which phase.

A revision is a module of `migrations/versions`. `upgrade()` is its expand phase: what the new program needs and the old one does not
mind. `backfills` fill rows that are there, while both run. `contract()` takes away what only the old program used, and is done
when that runs nowhere any more. All of it but `upgrade` may be missing.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec import Struct

from qiao.platform.db.migrate import HEAD, migrations_folder
from qiao.platform.db.steps import Phase


class Backfill(Struct, frozen=True):
    """The rows of `table` in the order of a unique `key`, `batch` at a time, each batch in a transaction of its own with its place.

    `change` is one statement that takes the keys from `batch`, for instance `update messages m set mood = 'calm' from batch b
    where (m.workspace_id, m.id) = (b.workspace_id, b.id) and m.mood is null`. It goes over all rows twice, beside the old
    program and again when that is gone, and must change nothing where nothing is wanting.

    What the database cannot do, for want of a key, the program does: `by` names it among the `fillers` of whoever finishes the
    upgrade, and it is called with the keys of each batch, in the batch's transaction.
    """

    table: str
    key: tuple[str, ...]
    change: str = ""
    batch: int = 500
    by: str = ""


class Revision:
    """One revision of the chain; its SQL is written when it is asked for."""

    def __init__(self, name: str, module: ModuleType) -> None:
        self.name = name
        self._module = module

    @property
    def backfills(self) -> tuple[Backfill, ...]:
        """What is filled, in order."""
        return tuple(getattr(self._module, "backfills", ()))

    @property
    def contracts(self) -> bool:
        """Whether it takes anything away in the end."""
        return hasattr(self._module, "contract")

    @property
    def later(self) -> tuple[Phase, ...]:
        """The phases that follow its expansion."""
        there: dict[Phase, bool] = {"backfill": bool(self.backfills), "sweep": bool(self.backfills), "contract": self.contracts}
        return tuple(phase for phase, wanted in there.items() if wanted)

    def expand(self) -> list[str]:
        """The statements of `upgrade()`."""
        return _written(self._module.upgrade)

    def contract(self) -> list[str]:
        """The statements of `contract()`."""
        return _written(self._module.contract) if self.contracts else []


def chain() -> list[Revision]:
    """Every revision up to this program's, oldest first: one that lies there and is not the program's yet is left out."""
    found = ScriptDirectory(str(migrations_folder())).walk_revisions()
    return [Revision(one.revision, one.module) for one in found if one.revision <= HEAD][::-1]


class _Statements:
    """Takes what Alembic writes, a statement at a time."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def write(self, text: str) -> None:
        if statement := text.strip().removesuffix(";"):
            self.found.append(statement)

    def flush(self) -> None:
        """Nothing waits."""


def _written(act: Callable[[], Any]) -> list[str]:
    statements = _Statements()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": statements, "literal_binds": True},
    )
    with Operations.context(context):
        act()
    return statements.found
