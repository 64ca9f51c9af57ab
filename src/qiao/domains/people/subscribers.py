"""What people are told by mail of their own account."""

from qiao.domains.people.api import Resets
from qiao.domains.people.events import PasswordSet
from qiao.kit.ids import PersonId
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import Subscriber


def subscribers(resets: Resets) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def tell(scope: Scope, entry: Entry) -> None:
        await resets.tell_person(scope, PersonId(entry.subject), entry.at)

    return [Subscriber("people.letters", {PasswordSet.wire_name: tell})]
