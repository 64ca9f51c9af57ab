"""`qiao parked`: facts that could not be handled and jobs that failed for good, listed and, once the cause is mended, done again."""

from qiao.app.house import House
from qiao.app.server import open_database, open_house
from qiao.app.wiring import all_subscribers
from qiao.kit.errors import NotFound, QiaoError
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database
from qiao.platform.jobs.jobs import Jobs, failed_jobs
from qiao.platform.log.subscribers import Subscriber, parked_facts, replay_parked
from qiao.platform.settings import Settings

_WHOSE = "select distinct workspace_id from log_parked where subscriber = $1 and replayed_at is null order by 1"


class NothingParked(NotFound):
    """Nothing of this name is put aside."""

    code = "parked.nothing"


class StillParked(QiaoError):
    """Some facts could not be handled again: the cause is not mended."""

    code = "parked.still"


async def list_parked(settings: Settings) -> None:
    """Print what is put aside: of whom, how much, since when, and the kind of error. No words of customers."""
    async with open_database(settings) as (database, _dsn):
        for one in await _parked(database):
            print(one)  # noqa: T201 - the terminal is where this is read


async def replay(settings: Settings, name: str | None) -> None:
    """Have it done again: facts here and now, each in a transaction of its own, jobs by whoever does the work. `name`: of this one alone.

    Safe to run again and beside a running desk. Raises NothingParked, and StillParked after everything was tried.
    """
    async with open_house(settings) as house:
        try:
            await _replay(house, name)
        finally:
            await house.writer.stop()
            house.bot.close()


async def _replay(house: House, name: str | None) -> None:
    database = house.database
    subscribers = [one for one in all_subscribers(house) if name in (None, one.name)]
    handled = [await _handled(database, one) for one in subscribers]
    jobs = await Jobs(database).retry_failed(name)
    async with database.across() as connection:
        left = [one for one in await parked_facts(connection) if name in (None, one.name)]
    if name is not None and not sum(handled) and not jobs and not left:
        raise NothingParked(f"nothing of {name} is put aside; see: qiao parked")
    print(f"{sum(handled)} facts were handled; {jobs} jobs are done again while the desk runs.")  # noqa: T201
    if left:
        names = ", ".join(f"{one.name} ({one.count}, {one.reason})" for one in left)
        raise StillParked(f"still put aside: {names}")


async def _handled(database: Database, subscriber: Subscriber) -> int:
    async with database.across() as connection:
        rows = await connection.fetch(_WHOSE, subscriber.name)
    return sum([await replay_parked(database, WorkspaceId(row["workspace_id"]), subscriber) for row in rows])


async def _parked(database: Database) -> list[str]:
    async with database.across() as connection:
        facts, jobs = await parked_facts(connection), await failed_jobs(connection)
    told = [f"{one.name:<28} {one.count:>6} facts since {one.since:%Y-%m-%d %H:%M} UTC  {one.reason}" for one in facts]
    return [*told, *(f"{name:<28} {count:>6} jobs" for name, count in jobs.items())] or ["Nothing is put aside."]
