"""Calls that carry an access token which is fetched and runs out. Names no provider."""

from collections.abc import Awaitable, Callable

from qiao.channels.shared.asking import ask
from qiao.channels.shared.errcode_api import Ended
from qiao.ports.channel import NeedsReauth, Rejected, Retry, Token, Wire, WireAnswer, WireRequest

Fetch = Callable[[], Awaitable[Token]]
"""Gives a new token; raises Ended with what it means that it cannot."""

NOT_ACCEPTED = NeedsReauth("the access token is not accepted")


async def authorised(
    wire: Wire, fetch: Fetch, asking: Callable[[str], WireRequest], is_stale: Callable[[WireAnswer], bool]
) -> WireAnswer | Retry | Rejected | NeedsReauth:
    """The answer to one call. When the token is not believed any more, once again with a new one."""
    try:
        token = await wire.token("access", fetch)
        answer = await ask(wire, asking(token))
        if isinstance(answer, WireAnswer) and is_stale(answer):
            answer = await ask(wire, asking(await wire.token("access", fetch, stale=token)))
    except Ended as ended:
        return ended.result
    return NOT_ACCEPTED if isinstance(answer, WireAnswer) and is_stale(answer) else answer


async def proven(wire: Wire, fetch: Fetch) -> Retry | Rejected | NeedsReauth | None:
    """Fetch a new token though one may be kept: the credentials that were just entered are what is tried. None: they work."""
    fetched: list[Token] = []

    async def fetching() -> Token:
        fetched.append(await fetch())
        return fetched[-1]

    try:
        kept = await wire.token("access", fetching)
        if not fetched:
            await wire.token("access", fetching, stale=kept)
    except Ended as ended:
        return ended.result
    return None
