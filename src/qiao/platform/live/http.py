"""The console's feed over HTTP, where no socket comes through."""

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import Parameter
from msgspec import Struct

from qiao.kit.errors import Conflict
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.throttle import Throttle
from qiao.platform.http.guards import signed_in
from qiao.platform.live.feed import Feed, Since, topics_of
from qiao.platform.live.polling import MAX_SECONDS, Asker, Polls
from qiao.platform.live.socket import understood

_asking = Throttle(rate=5.0, burst=60)


class Outdated(Conflict):
    """The page speaks a protocol that is not spoken here any more: it loads itself anew, as a socket's 4426 would have it."""

    code = "live.outdated"


class FeedPage(Struct, frozen=True):
    """What came after a number, as the frames `welcome` and `events` of the socket say it. Not `recovered`: reload."""

    epoch: str
    position: int
    recovered: bool
    app_version: str
    items: list[dict[str, Any]]


class LiveController(Controller):
    """The feed for those who cannot have a socket."""

    path = "/api/v1/live"
    tags = ("live",)

    @get("/", guards=[signed_in])
    async def events(
        self,
        caller: Caller,
        request: Request[Any, Any, Any],
        feed: Feed,
        polls: Polls,
        epoch: str = "",
        after: Annotated[int, Parameter(ge=0)] = 0,
        wait: Annotated[int, Parameter(ge=0, le=MAX_SECONDS)] = 0,
        protocol: Annotated[int, Parameter(ge=1)] = 1,
    ) -> FeedPage:
        """Facts after a number: at once when there are any, else as soon as there are, at latest after `wait` seconds."""
        _asking.check(caller.session_id.hex)
        if not await understood(protocol):
            raise Outdated("this page is too old to be understood here")

        async def ask() -> Since:
            return await feed.since(caller, epoch, after)

        asker = Asker(caller.workspace_id, caller.session_id.hex, topics_of(caller), wait)
        since = await polls.answer(asker, ask, lambda one: bool(one.entries) or not one.recovered, lambda: until_gone(request))
        return FeedPage(since.epoch, since.position, since.recovered, feed.version, feed.shown_items(since.entries))


async def until_gone(request: Request[Any, Any, Any]) -> None:
    """Wait until the client hangs up. Reading is what the server counts as waiting, not as work."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
