"""What the learning loop does about facts. Nobody waits for it: it runs with the background work."""

from collections.abc import Sequence

from qiao.domains.bot.events import IndexChanged
from qiao.domains.bot.learning.api import Learning
from qiao.domains.bot.learning.outcomes import WATCHED
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import LATER, Handler, Subscriber


def subscribers(learning: Learning) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def one(scope: Scope, entry: Entry) -> None:
        await learning.gather(scope, [entry])

    async def together(scope: Scope, entries: Sequence[Entry]) -> Sequence[Entry]:
        await learning.gather(scope, entries)
        return ()

    async def changed(scope: Scope, _entry: Entry) -> None:
        await learning.published(scope)

    handlers: dict[str, Handler] = dict.fromkeys(WATCHED, one)
    return [
        Subscriber("bot.outcomes", handlers, pace=LATER, together=together),
        Subscriber("bot.evaluate", {IndexChanged.wire_name: changed}, pace=LATER),
    ]
