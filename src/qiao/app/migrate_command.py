"""`qiao migrate`: the schema brought to this program, and said how far it is."""

import asyncio
from datetime import timedelta

from qiao.app.sealed import SEALED, fillers
from qiao.app.secret import with_own_secret_key
from qiao.app.server import open_database
from qiao.kit.errors import Conflict
from qiao.platform.auth.seal_ring import SealRing
from qiao.platform.auth.sealing import Seals
from qiao.platform.db.backfills import Fillers
from qiao.platform.db.database import Database
from qiao.platform.db.finishing import Went, finish_a_little, to_finish
from qiao.platform.db.migrate import HEAD, current_revision
from qiao.platform.db.nodes import ALIVE, older_nodes
from qiao.platform.db.steps import CLOSING, Step
from qiao.platform.settings import Settings

AGAIN_SECONDS = 0.5


class OlderProgramsRun(Conflict):
    """Processes of the former version are alive: what they use is not taken away."""

    code = "db.older_programs_run"


async def migrate_now(settings: Settings, *, contract: bool) -> None:
    """Expand; with `contract`, fill and take away as well. Prints where the database stands. Safe to run again.

    Raises OlderProgramsRun, SecretKeyMissing, and what migrating raises.
    """
    async with open_database(settings) as (database, dsn):
        if contract:
            async with database.across() as connection:
                left = await to_finish(connection)
            if left:
                await _finish(database, dsn, _fillers(settings, database))
        head = f"The database is at revision {await current_revision(dsn)}; this program needs {HEAD}."
        print("\n".join([head, *await _left(database)]))  # noqa: T201 - the terminal is where this is read


def _fillers(settings: Settings, database: Database) -> Fillers:
    # An upgrade may seal what lay open before.
    return fillers(SealRing(database, Seals(with_own_secret_key(settings).secret_key), SEALED))


async def _finish(database: Database, dsn: str, by: Fillers) -> None:
    while (went := await finish_a_little(dsn, timedelta(0), by, rest=0)) is not Went.FINISHED:
        if went is Went.WAITS:
            async with database.across() as connection:
                left = await to_finish(connection)
                older = await older_nodes(connection, left[0].revision) if left else []
            if older:
                raise OlderProgramsRun(
                    f"the former version still runs: {', '.join(map(str, older))}. Stop it and start again; a process that died is"
                    f" forgotten after {ALIVE.seconds} seconds.",
                )
            # Another process does it already.
            await asyncio.sleep(AGAIN_SECONDS)


async def _left(database: Database) -> list[str]:
    async with database.across() as connection:
        steps = await to_finish(connection)
        older = await older_nodes(connection, HEAD)
    lines = [_said(step) for step in steps]
    return [*lines, *(f"  the former version runs: {node}" for node in older)]


def _said(step: Step) -> str:
    if step.phase in CLOSING:
        return f"  {step.revision} {step.phase}: when the former version runs nowhere any more ({step.state}, {step.rows} rows)"
    return f"  {step.revision} {step.phase}: rows are filled while the desk runs ({step.state}, {step.rows} rows)"
