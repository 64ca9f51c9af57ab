"""Done once: what a key was answered the first time is answered again."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from qiao.domains.commerce.checks import checked_key
from qiao.platform.db.database import Scope
from qiao.ports.commerce import Customer

T = TypeVar("T")


def asker(customer: Customer) -> str:
    """Whose keys are one another's repetition."""
    return f"customer:{customer.external_id}" if customer.external_id else f"contact:{customer.contact_id}"


async def once(
    scope: Scope, customer: Customer, call: tuple[str, str], kind: type[T], carry_out: Callable[[], Awaitable[T]]
) -> T:
    """What `carry_out` gives, or gave when the same customer made this call (its name and key) before.

    Two at once: the second waits for the first's transaction and gets its answer. What was refused is not kept, so that it may be
    asked again when things have changed. Raises CommerceInvalid for a key that is none, and what `carry_out` raises.
    """
    name, key = call
    place = (scope.workspace_id, asker(customer), name, checked_key(key))
    made = await scope.connection.fetchval(
        "insert into commerce_writes (workspace_id, asker, call, key, contact_id) values ($1, $2, $3, $4, $5)"
        " on conflict do nothing returning true",
        *place,
        customer.contact_id,
    )
    if made is None:
        answer = await scope.connection.fetchval(
            "select answer from commerce_writes where workspace_id = $1 and asker = $2 and call = $3 and key = $4", *place
        )
        return msgspec.convert(answer, kind)
    result = await carry_out()
    await scope.connection.execute(
        "update commerce_writes set answer = $5 where workspace_id = $1 and asker = $2 and call = $3 and key = $4",
        *place,
        msgspec.to_builtins(result),
    )
    return result
