"""How often a proof may be wrong before no more are tried. Kept in the database: a restart forgets nothing, processes share it.

Four digits are ten thousand guesses. Bounded by contact, by order (whoever guesses takes new contacts) and by workspace (or one guess
at each of many orders). A right proof does not count.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.domains.commerce.checks import number_key
from qiao.domains.commerce.repository import Repository
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database
from qiao.ports.commerce import Customer, OrderNotFound, TooManyProofs

WINDOW = timedelta(hours=1)
BY_CONTACT = 5
BY_ORDER = 10
BY_WORKSPACE = 300


@asynccontextmanager
async def counted_proof(database: Database, customer: Customer, number: str) -> AsyncGenerator[None]:
    """Around a call that carries a proof. Raises TooManyProofs before it is tried; OrderNotFound from inside counts as wrong."""
    workspace_id, now, key = WorkspaceId(customer.workspace_id), utc_now(), number_key(number)[:60]
    # Counted first and in a transaction of its own, so that many at once see one another.
    async with database.scope(workspace_id) as scope:
        proof_id = await Repository(scope).try_proof(customer.contact_id, key, now)
    async with database.scope(workspace_id) as scope:
        tried = await Repository(scope).proofs_since(now - WINDOW)
    wait = seconds_to_wait(tried, customer.contact_id, key, now)
    if wait:
        await _forget(database, workspace_id, proof_id)
        raise TooManyProofs("too many wrong proofs; wait, or sign in to the shop", retry_after=wait)
    try:
        yield
    except OrderNotFound:
        raise
    except BaseException:
        await _forget(database, workspace_id, proof_id)
        raise
    await _forget(database, workspace_id, proof_id)


def seconds_to_wait(tried: Any, contact_id: UUID, key: str, now: datetime) -> int:
    """0 while another may be tried (the last of `tried` is this one), else until the oldest that counts is an hour old."""
    by_contact = [one["at"] for one in tried if one["contact_id"] == contact_id]
    by_order = [one["at"] for one in tried if one["number_key"] == key]
    everything = [one["at"] for one in tried]
    over = [
        times[-(most + 1)]
        for times, most in ((by_contact, BY_CONTACT), (by_order, BY_ORDER), (everything, BY_WORKSPACE))
        if len(times) > most
    ]
    return max((max(1, round((oldest + WINDOW - now).total_seconds())) for oldest in over), default=0)


async def _forget(database: Database, workspace_id: WorkspaceId, proof_id: UUID) -> None:
    async with database.scope(workspace_id) as scope:
        await Repository(scope).forget_proof(proof_id)
