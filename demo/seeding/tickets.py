"""What customers of the demo shop want done: a few tickets of their newest conversations, made and moved through the desk's own doors."""

from collections.abc import Sequence
from itertools import islice
from uuid import UUID

from msgspec import Struct

from demo.content import Lang
from demo.seeding.house import House
from demo.seeding.rows import ConversationRow, Told
from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.domains.tickets.contracts import NewTicket, Priority, TicketChanges, TicketState
from qiao.kit.ids import TicketId
from qiao.platform.db.database import Scope

_AGED = """
update tickets t set created_at = least(c.created_at + interval '12 minutes', now()), updated_at = least(c.active_at, now())
from conversations c where t.workspace_id = $1 and c.workspace_id = t.workspace_id and c.id = t.conversation_id
"""


class _Wanted(Struct, frozen=True):
    language: Lang
    subject: str
    state: TicketState = TicketState.OPEN
    priority: Priority = "normal"
    is_taken: bool = True


_WANTED = (
    _Wanted("zh", "盖碗到货有裂纹，请补发一只", priority="high"),
    _Wanted("en", "Teapot lid arrived chipped: send another", TicketState.PENDING, "high"),
    _Wanted("zh", "公司采购二十套，要合同和专用发票", is_taken=False),
    _Wanted("en", "Parcel stuck at customs since Monday", priority="urgent"),
    _Wanted("zh", "紫砂壶刻字内容要改", TicketState.PENDING),
    _Wanted("en", "Refund for the cancelled gift box", TicketState.SOLVED),
    _Wanted("zh", "快递上门取件没有来，改约时间", TicketState.SOLVED),
)


async def make_tickets(house: House, scope: Scope, told: Sequence[Told], person_id: UUID, name: str) -> int:
    """Tickets of the newest conversations of each language, oldest first; how many."""
    by = Author(AuthorKind.AGENT, person_id, name)
    newest = sorted((one.conversation for one in told), key=lambda one: one.created_at)
    pairs = list(_paired(newest))
    # What was done in the past is nobody's news.
    known = len(scope.facts)
    for nth, (row, wanted) in enumerate(sorted(pairs, key=lambda pair: pair[0].created_at)):
        new = NewTicket(conversation_id=row.id, client_id=f"demo {nth}", subject=wanted.subject, priority=wanted.priority)
        ticket = await house.tickets.open(scope, new, by)
        changes = TicketChanges(
            version=ticket.version, state=wanted.state, assignee_id=(row.assignee_id or person_id) if wanted.is_taken else None
        )
        await house.tickets.change(scope, TicketId(ticket.id), changes, by)
    del scope.facts[known:]
    await scope.connection.execute(_AGED, scope.workspace_id)
    return len(pairs)


def _paired(rows: Sequence[ConversationRow]) -> list[tuple[ConversationRow, _Wanted]]:
    pairs: list[tuple[ConversationRow, _Wanted]] = []
    for language in ("zh", "en"):
        wanted = [one for one in _WANTED if one.language == language]
        pairs += zip(islice((row for row in reversed(rows) if row.language == language), len(wanted)), wanted, strict=False)
    return pairs
