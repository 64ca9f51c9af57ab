"""`qiao keys`: the ring of keys that secrets are sealed with, changed while the desk runs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from qiao.app.sealed import SEALED
from qiao.app.secret import with_own_secret_key
from qiao.app.server import open_database
from qiao.kit.errors import QiaoError
from qiao.platform.auth.resealing import reseal
from qiao.platform.auth.seal_ring import SealRing
from qiao.platform.auth.sealing import Seals
from qiao.platform.settings import Settings


class SecretsLeft(QiaoError):
    """Some secrets open with no key there is; they stand above and must be entered again."""

    code = "keys.secrets_left"


@asynccontextmanager
async def _ring(settings: Settings) -> AsyncGenerator[SealRing]:
    seals = Seals(with_own_secret_key(settings).secret_key)
    async with open_database(settings) as (database, _dsn):
        ring = SealRing(database, seals, SEALED)
        await ring.refresh()
        yield ring


async def list_keys(settings: Settings) -> None:
    """Print the keys: number, whether it seals, how many secrets it has sealed, since when it is there. Never a key."""
    async with _ring(settings) as ring:
        for one in await ring.keys():
            state = "current" if one.current else "retired" if one.retired_at else "root" if one.number == 0 else "added"
            made = f"{one.created_at:%Y-%m-%d %H:%M} UTC" if one.created_at else "from the secret key"
            print(f"{one.number:>5}  {state:<8} {one.secrets:>8} secrets  {made}")  # noqa: T201


async def add_key(settings: Settings) -> None:
    """Add a key that nothing is sealed with yet."""
    async with _ring(settings) as ring:
        print(f"Key {await ring.add()} is in the ring. Seal with it: qiao keys rotate")  # noqa: T201


async def rotate_keys(settings: Settings) -> None:
    """Seal with the newest key from now on, and everything there is again. Run again after a cut: it goes on. Raises SecretsLeft."""
    async with _ring(settings) as ring:
        # Every server knows the key before one seals with it, and all seal with it before the last look at what is left.
        await ring.settled()
        number = await ring.promote()
        print(f"Key {number} seals from now on.")  # noqa: T201
        first = await reseal(ring)
        await ring.settled()
        last = await reseal(ring)
    print(f"{first.rows + last.rows} secrets were sealed again.")  # noqa: T201
    for place in last.broken:
        print(f"does not open: {place}")  # noqa: T201
    if last.broken:
        raise SecretsLeft(f"{len(last.broken)} secrets open with no key; enter them again")


async def remove_key(settings: Settings, number: int) -> None:
    """Away with a key that nothing is sealed with. Raises NoSuchKey, KeyInUse."""
    async with _ring(settings) as ring:
        await ring.remove(number)
    print(f"Key {number} is gone. Backups of before hold it still.")  # noqa: T201
