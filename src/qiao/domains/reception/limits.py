"""What takes longer than the database lets it, told apart from a database that is away."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from qiao.domains.reception.errors import TooLong
from qiao.platform.db.database import IDLE_SECONDS, LOST, STATEMENT_SECONDS

LONG_SECONDS = 0.9 * min(IDLE_SECONDS, STATEMENT_SECONDS)
"""What ends after so long was ended by a limit, its own doing or a database that stands still; what ends sooner lost its connection."""
MAX_LONG = 3
"""How often a receipt is tried that, alone, runs into a limit while the database does what others ask."""


@asynccontextmanager
async def within_limits() -> AsyncGenerator[None]:
    """One transaction. Raises TooLong in place of what a limit of the database's raises. Safe to repeat."""
    began = time.monotonic()
    try:
        yield
    except LOST as error:
        if time.monotonic() - began < LONG_SECONDS:
            raise
        raise TooLong("storing it takes longer than the database lets it") from error
