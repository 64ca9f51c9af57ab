"""What reception does about facts: an inbox that works again is asked for what was missed."""

from qiao.domains.inboxes.events import InboxMended
from qiao.domains.reception.api import Reception
from qiao.domains.reception.pulling import MENDED
from qiao.kit.ids import InboxId
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import SHORTLY, Subscriber


def subscribers(reception: Reception) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def mended(scope: Scope, entry: Entry) -> None:
        await reception.pulling.enqueue_in(scope, InboxId(entry.subject), MENDED)
        await reception.media.resume(scope, InboxId(entry.subject))

    return [Subscriber("reception", {InboxMended.wire_name: mended}, pace=SHORTLY)]
