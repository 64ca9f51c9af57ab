"""Whose turn to be sent is due: conversations, few of one inbox at once."""

from qiao.platform.jobs.lanes import Lanes

AT_ONCE = 48
AT_ONCE_OF_INBOX = 8
"""A provider that hangs holds up so many of its own, and nobody else's."""

_DUE = """
select l.workspace_id, l.conversation_id, l.inbox_id
from delivery_lanes l left join delivery_paces p on p.workspace_id = l.workspace_id and p.inbox_id = l.inbox_id
where l.due_at <= now() and (l.busy_until is null or l.busy_until < now())
  and coalesce(p.next_at <= clock_timestamp() and not p.stopped, true)
  and not l.inbox_id = any($1) and ($2::uuid is null or l.workspace_id = $2)
order by l.due_at limit $3
"""
_SOON = """
select coalesce(extract(epoch from min(greatest(l.due_at, p.next_at)) - clock_timestamp()), 60)::float8
from delivery_lanes l left join delivery_paces p on p.workspace_id = l.workspace_id and p.inbox_id = l.inbox_id
where l.due_at <= now() + interval '1 second' and (l.busy_until is null or l.busy_until < now()) and not coalesce(p.stopped, false)
  and not l.inbox_id = any($1) and ($2::uuid is null or l.workspace_id = $2)
"""

LANES = Lanes(name="delivery", due=_DUE, soon=_SOON, at_once=AT_ONCE, at_once_of_group=AT_ONCE_OF_INBOX)
