"""How every call is made: in its time, with a record, and with no other errors than the port's."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import structlog
from msgspec import Struct

from qiao.domains.commerce.contracts import CallRecord
from qiao.domains.commerce.masking import masked
from qiao.domains.commerce.proofs import counted_proof
from qiao.domains.commerce.repository import Repository
from qiao.kit.clock import utc_now
from qiao.kit.errors import QiaoError
from qiao.kit.ids import WorkspaceId, new_id
from qiao.platform.auth.sealing import SealBroken
from qiao.platform.db.database import LOST, TRANSIENT, Database
from qiao.ports.commerce import Commerce as CommercePort
from qiao.ports.commerce import CommerceRefused, CommerceUnavailable, Customer, Proof

_log = structlog.get_logger("qiao.commerce")

T = TypeVar("T")


class Ask(Struct, frozen=True, kw_only=True):
    """One call: whom it is for, who has it made, what it is. `arguments` is a struct of the port, for the record."""

    customer: Customer
    actor: str
    tool: str
    arguments: Any = None
    number: str | None = None
    proof: Proof | None = None


class Line(Struct, frozen=True, kw_only=True):
    """The provider a workspace uses, and how long it may take (seconds)."""

    name: str
    port: CommercePort
    timeout: float


OpenLine = Callable[[WorkspaceId], Awaitable[Line]]


class Caller:
    """Makes calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def call(self, ask: Ask, open_line: OpenLine, work: Callable[[CommercePort], Awaitable[T]]) -> T:
        """What the provider answers. Raises the port's errors; anything else is a bug and is raised as it is, with its record."""
        began, outcome, provider = time.perf_counter(), "qiao.bug", "store"
        try:
            with _unavailable(ask.tool):
                line = await open_line(WorkspaceId(ask.customer.workspace_id))
                provider = line.name
                result = await self._tried(ask, line, work)
            outcome = "ok"
        except QiaoError as error:
            outcome = f"{error.code}/{error.reason}" if isinstance(error, CommerceRefused) and error.reason else error.code
            raise
        finally:
            await self._record(ask, provider, outcome[:120], round((time.perf_counter() - began) * 1000))
        return result

    async def _tried(self, ask: Ask, line: Line, work: Callable[[CommercePort], Awaitable[T]]) -> T:
        guard: AbstractAsyncContextManager[None] = nullcontext()
        if ask.proof is not None and ask.number is not None:
            guard = counted_proof(self._database, ask.customer, ask.number)
        async with guard, asyncio.timeout(line.timeout):
            return await work(line.port)

    async def _record(self, ask: Ask, provider: str, outcome: str, milliseconds: int) -> None:
        call = CallRecord(
            id=new_id(),
            at=utc_now(),
            actor=ask.actor,
            contact_id=ask.customer.contact_id,
            provider="rest" if provider == "rest" else "store",
            tool=ask.tool,
            order_number=ask.number[:60].replace("\x00", "") if ask.number else None,
            arguments=masked(ask.arguments) | ({"proof": masked(ask.proof)} if ask.proof else {}),
            outcome=outcome,
            milliseconds=milliseconds,
        )
        try:
            async with self._database.scope(WorkspaceId(ask.customer.workspace_id)) as scope:
                await Repository(scope).record(call)
        except (*LOST, *TRANSIENT) as error:
            # The answer is not kept back for it: the wish was carried out, and the log has the line.
            _log.error("a call went unrecorded", tool=call.tool, call=str(call.id), outcome=outcome, error=type(error).__name__)


@contextmanager
def _unavailable(tool: str) -> Generator[None]:
    """What keeps a shop from answering, as the port says it."""
    try:
        yield
    except TimeoutError:
        raise CommerceUnavailable("the shop did not answer in time", reason="timeout", retry_after=5) from None
    except SealBroken:
        _log.error("the secret of the shop's service does not open", tool=tool)
        raise CommerceUnavailable("the shop cannot be asked now", reason="secret", retry_after=600) from None
    except (*LOST, *TRANSIENT) as error:
        _log.warning("the store does not answer", tool=tool, error=f"{type(error).__name__}: {error}")
        raise CommerceUnavailable("the shop does not answer", reason="store", retry_after=2) from None
